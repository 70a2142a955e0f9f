"""A platform that is defined outside the package works like the platforms inside it."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from orderrules import UNSET, Fact, InvalidInput, Rule, awal, can_update, salla
from orderrules.authoring import Hints, TransitionTable, read_body, write_body
from orderrules.policy.policy import policy_of
from tests.kit import toy
from tests.kit.toy import Order, Patch, Section, Stage


def closed_sections(order: Order, patch: Patch) -> set[str]:
    """Return the sections that the toy's rules close, computed with plain ifs."""
    if order.staff:
        return set()
    sections = set()
    if patch.stage is not UNSET and (order.stage, patch.stage) not in {
        (Stage.DESK, Stage.VAN),
        (Stage.VAN, Stage.DESK),
        (Stage.VAN, Stage.DOOR),
    }:
        sections.add("stage")
    if (patch.street is not UNSET or patch.door is not UNSET) and (
        order.stage is Stage.DOOR or (order.stage is Stage.VAN and order.fragile)
    ):
        sections.add("address")
    return sections


def test_every_order_and_patch_is_decided_like_the_plain_ifs() -> None:
    """Every order of the toy meets every requested stage and every set of keys."""
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
            assert {str(violation.section) for violation in decision.violations} == closed_sections(order, patch)
            waived = order.staff and bool(closed_sections(order.replace(staff=False), patch))
            assert bool(decision.waivers) is waived
    assert len(orders) * len(patches) == 12 * 32


def test_a_violation_names_only_the_keys_that_were_sent() -> None:
    """The section has two keys, and the patch changes one of them."""
    (violation,) = can_update(Order(stage=Stage.DOOR), Patch(door=4, note="x")).violations
    assert violation.keys == ("door",)
    assert violation.section is Section.ADDRESS
    assert violation.message == (
        "address cannot be changed: stage is door and not fragile; "
        "it may change only while stage is desk or (stage is van and not fragile)"
    )


def test_a_waiver_does_not_allow_a_refused_action() -> None:
    """Staff cannot recall a delivered parcel."""
    assert toy.POLICY.can(Order(stage=Stage.VAN), toy.Action.RECALL)
    assert not toy.POLICY.can(Order(stage=Stage.DOOR, staff=True), "recall")
    with pytest.raises(ValueError, match="'sell' is not an action of toy, which has recall"):
        toy.POLICY.can(Order(stage=Stage.VAN), "sell")


def test_models_of_the_toy_are_checked_and_picklable() -> None:
    """They behave like the models of the shipped platforms."""
    patch = Patch(door=4)
    assert pickle.loads(pickle.dumps(patch)) == patch
    assert can_update(pickle.loads(pickle.dumps(Order(stage=Stage.DESK))), patch)
    with pytest.raises(ValueError, match="/door: expected an integer, got a string"):
        Patch(door="4")  # type: ignore[arg-type]


def test_a_policy_refuses_orders_and_patches_of_other_platforms() -> None:
    """Every pair of two different platforms is a TypeError."""
    orders: list[Any] = [Order(stage=Stage.DESK), salla.Order(), awal.Order(status="pending")]
    patches: list[Any] = [Patch(), salla.Patch(), awal.Patch()]
    for order_index, order in enumerate(orders):
        for patch_index, patch in enumerate(patches):
            if order_index == patch_index:
                assert can_update(order, patch)
            else:
                with pytest.raises(
                    TypeError, match=r"policy accepts only its own orders and patches, got \S+\.Patch as the patch"
                ):
                    can_update(order, patch)
                with pytest.raises(TypeError, match="as the order"):
                    policy_of(order).can_update(orders[patch_index], patches[order_index])


def test_a_policy_refuses_rules_that_it_cannot_decide() -> None:
    """Such rules use another platform's section or facts, repeat an id, or use a fact of the patch for an action."""
    rule = toy.POLICY.rules[1]
    with pytest.raises(ValueError, match=r"TOY-ADDRESS-1 governs .*; toy has stage"):
        attrs.evolve(toy.POLICY, rules=[attrs.evolve(rule, section=salla.Section.COUPON)])
    with pytest.raises(ValueError, match="duplicate ids: TOY-ADDRESS-1"):
        toy.POLICY.with_rules(rule)
    with pytest.raises(ValueError, match="TOY-ADDRESS-1 reads status, but may read only"):
        attrs.evolve(toy.POLICY, rules=[attrs.evolve(rule, only_if=salla.STATUS.is_("completed"))])
    with pytest.raises(ValueError, match="X reads stage asked for, but may read only"):
        toy.POLICY.with_rules(
            Rule(id="X", section=toy.Action.RECALL, only_if=toy.ASKED.is_(UNSET), reason="no"),
        )
    with pytest.raises(ValueError, match="; toy has customer, "):
        attrs.evolve(toy.POLICY, patch_type=salla.Patch)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the toy policy has no rule or waiver TOY-NOTE-1"):
        toy.POLICY.without("TOY-NOTE-1")


def test_mistakes_in_facts_and_tables_are_found_when_they_are_made() -> None:
    """They are unknown values in a transition table, and a fact without values or with a repeated one."""
    with pytest.raises(ValueError, match="stage has no value 'dsek' - did you mean desk"):
        TransitionTable(toy.STAGE, toy.ASKED, {"dsek": ()})
    with pytest.raises(ValueError, match="stage asked for has no value 'vna'"):
        TransitionTable(toy.STAGE, toy.ASKED, {Stage.DESK: {"vna"}})
    for values in ((), ("a", "a")):
        with pytest.raises(ValueError, match="at least one value, and no value twice"):
            Fact("x", values=values)


def test_a_model_cannot_be_subclassed() -> None:
    """A key that a subclass added would get the number of another key."""
    with pytest.raises(TypeError, match="Patch is a model, which cannot be subclassed"):

        class More(Patch):  # pyright: ignore[reportUnusedClass]
            pass


def test_bodies_of_the_toy_are_read_strictly_and_written() -> None:
    """The name of the input and the hints are those that the platform passes."""
    patch = read_body(Patch, b'{"stage": "van", "door": 4}', what="parcel")
    assert patch == Patch(stage=Stage.VAN, door=4)
    assert write_body(patch) == {"stage": "van", "door": 4}
    with pytest.raises(InvalidInput, match="cannot read the parcel: 1 problem"):
        read_body(Patch, {"door": "4"}, what="parcel")
    with pytest.raises(InvalidInput, match="ask the office"):
        read_body(Patch, {"price": 4}, hints=Hints(keys={"price": "ask the office"}))
