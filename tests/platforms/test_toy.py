"""A platform written outside the package is decided as well as those inside."""

from __future__ import annotations

import pickle
from typing import Any, ClassVar

import attrs
import pytest

from orderrules import UNSET, Fact, InvalidInput, Rule, Unset, awal, can_update, salla
from orderrules.authoring import Hints, OrderBase, Space, TransitionTable, in_section, read_body, write_body
from tests.kit import toy
from tests.kit.toy import Order, Patch, Section, Stage


def closed(order: Order, patch: Patch) -> set[str]:
    """Say what the toy's rules close, as plain ifs."""
    if order.staff:
        return set()
    shut = set()
    if patch.stage is not UNSET and (order.stage, patch.stage) not in {
        (Stage.DESK, Stage.VAN),
        (Stage.VAN, Stage.DESK),
        (Stage.VAN, Stage.DOOR),
    }:
        shut.add("stage")
    if (patch.street is not UNSET or patch.door is not UNSET) and (
        order.stage is Stage.DOOR or (order.stage is Stage.VAN and order.fragile)
    ):
        shut.add("address")
    return shut


def test_every_point_is_decided_as_plain_ifs_would() -> None:
    """Every stage, sender and care, with every stage asked for and every set of keys."""
    orders = [
        Order(stage=stage, staff=staff, fragile=fragile)
        for stage in Stage
        for staff in (False, True)
        for fragile in (False, True)
    ]
    patches = [
        Patch(stage=stage, street=street, door=door, note=note)
        for stage in (UNSET, *Stage)
        for street in (UNSET, "Main Street")
        for door in (UNSET, 4)
        for note in (UNSET, "ring twice")
    ]
    for order in orders:
        for patch in patches:
            decision = can_update(order, patch)
            assert {str(violation.section) for violation in decision.violations} == closed(order, patch)
            waived = order.staff and bool(closed(attrs.evolve(order, staff=False), patch))
            assert bool(decision.waivers) is waived
    assert len(orders) * len(patches) == 12 * 32


def test_a_violation_names_only_the_keys_that_were_sent() -> None:
    """A section of two keys, of which one is touched."""
    (violation,) = can_update(Order(stage=Stage.DOOR), Patch(door=4, note="x")).violations
    assert violation.keys == ("door",)
    assert violation.section is Section.ADDRESS
    assert violation.message == (
        "address cannot be changed: stage is door and not fragile; "
        "it may change only while stage is desk or (stage is van and not fragile)"
    )


def test_an_action_is_open_or_not_and_no_waiver_opens_it() -> None:
    """Staff cannot recall what is delivered."""
    assert toy.POLICY.can(Order(stage=Stage.VAN), toy.Action.RECALL)
    assert not toy.POLICY.can(Order(stage=Stage.DOOR, staff=True), "recall")
    with pytest.raises(ValueError, match="'sell' is not an action of toy, which has recall"):
        toy.POLICY.can(Order(stage=Stage.VAN), "sell")


def test_its_models_are_checked_and_picklable() -> None:
    """What the package gives a platform's models, these have."""
    patch = Patch(door=4)
    assert pickle.loads(pickle.dumps(patch)) == patch
    assert can_update(pickle.loads(pickle.dumps(Order(stage=Stage.DESK))), patch)
    with pytest.raises(ValueError, match="/door: expected an integer, got a string"):
        Patch(door="4")  # type: ignore[arg-type]


def test_platforms_do_not_mix() -> None:
    """Orders and patches of three platforms, each pair but the right ones."""
    orders: list[Any] = [Order(stage=Stage.DESK), salla.Order(), awal.Order(status="pending")]
    patches: list[Any] = [Patch(), salla.Patch(), awal.Patch()]
    for place, order in enumerate(orders):
        for other, patch in enumerate(patches):
            if place == other:
                assert can_update(order, patch)
            else:
                with pytest.raises(
                    TypeError, match=r"policy accepts only its own orders and patches, got \S+\.Patch as the patch"
                ):
                    can_update(order, patch)
                with pytest.raises(TypeError, match="as the order"):
                    order.__policy__().can_update(orders[other], patches[place])


def test_a_field_without_a_section_is_refused() -> None:
    """A key that no rule could ever govern does not slip in."""

    @attrs.frozen
    class Loose(toy._Masked):
        stage: Stage | Unset = attrs.field(default=UNSET, metadata=in_section(Section.STAGE))
        extra: str | Unset = UNSET

    with pytest.raises(TypeError, match=r"Loose\.extra has no section"):
        attrs.evolve(toy.POLICY, patch_type=Loose)  # type: ignore[arg-type]


def test_a_policy_refuses_what_it_could_not_decide() -> None:
    """A section or fact of another platform, an id given twice, a fact of the patch for an action."""
    rule = toy.POLICY.rules[1]
    with pytest.raises(ValueError, match=r"TOY-ADDRESS-1 governs .* not a section or an action of toy"):
        attrs.evolve(toy.POLICY, rules=[attrs.evolve(rule, section=salla.Section.COUPON)])
    with pytest.raises(ValueError, match="duplicate ids: TOY-ADDRESS-1"):
        toy.POLICY.with_rules(rule)
    with pytest.raises(ValueError, match="TOY-ADDRESS-1 reads facts that are not available to it: status"):
        attrs.evolve(toy.POLICY, rules=[attrs.evolve(rule, only_if=salla.STATUS.is_("completed"))])
    with pytest.raises(ValueError, match="X reads facts that are not available to it: stage asked for"):
        toy.POLICY.with_rules(
            Rule(id="X", section=toy.Action.RECALL, only_if=toy.ASKED.is_(UNSET), reason="no"),
        )
    with pytest.raises(TypeError, match="these keys have no section of toy: customer"):
        attrs.evolve(toy.POLICY, patch_type=salla.Patch)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the toy policy has no rule or waiver TOY-NOTE-1"):
        toy.POLICY.without("TOY-NOTE-1")


def test_a_platform_wired_wrongly_is_told_so_when_its_policy_is_made() -> None:
    """A key that cannot be left out, a fact of nothing, a slot that is not there, a transition of nowhere."""

    @attrs.frozen
    class Eager(toy._Masked):
        stage: Stage | None = attrs.field(default=None, metadata=in_section(Section.STAGE))

    @attrs.frozen
    class Blind(toy._Indexed):
        stage: Stage

    @attrs.frozen
    class Slotless(OrderBase):
        stage: Stage
        staff: bool = False
        fragile: bool = False
        __space__: ClassVar = Space("_other_index", toy.Order.__space__.facts)

    with pytest.raises(TypeError, match=r"Eager\.stage must be optional"):
        attrs.evolve(toy.POLICY, patch_type=Eager)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Blind has no attribute staff, which the fact sent by staff reads"):
        attrs.evolve(toy.POLICY, order_type=Blind)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Slotless has no slot _other_index"):
        attrs.evolve(toy.POLICY, order_type=Slotless)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="stage has no value 'dsek'"):
        TransitionTable(toy.STAGE, toy.ASKED, {"dsek": ()})
    with pytest.raises(ValueError, match="stage asked for has no value 'vna'"):
        TransitionTable(toy.STAGE, toy.ASKED, {Stage.DESK: {"vna"}})
    for values in ((), ("a", "a")):
        with pytest.raises(ValueError, match="at least one value, and no value twice"):
            Fact("x", values=values)


def test_models_are_not_subclassed() -> None:
    """A key that a class below added would be numbered as another one."""
    with pytest.raises(TypeError, match="Patch is a model, which cannot be subclassed"):

        class More(Patch):  # pyright: ignore[reportUnusedClass]
            pass


def test_a_platform_reads_and_writes_its_bodies_as_ours_do() -> None:
    """Strictly, with what it says of itself."""
    patch = read_body(Patch, b'{"stage": "van", "door": 4}', what="parcel")
    assert patch == Patch(stage=Stage.VAN, door=4)
    assert write_body(patch) == {"stage": "van", "door": 4}
    with pytest.raises(InvalidInput, match="cannot read the parcel: 1 problem"):
        read_body(Patch, {"door": "4"}, what="parcel")
    with pytest.raises(InvalidInput, match="ask the office"):
        read_body(Patch, {"price": 4}, hints=Hints(keys={"price": "ask the office"}))
