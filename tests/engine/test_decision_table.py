"""A policy builds its table when it is first asked, and looks decisions up afterwards."""

from __future__ import annotations

import itertools
import pickle
import threading
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from orderrules import UNSET, Decision, Fact, Note, Policy, Rule, Violation, Waiver, awal, can_update, salla
from orderrules.authoring import AllOf, Alternative, AnyOf, TransitionTable
from orderrules.engine.decision_table import rows_of, table_of
from tests.kit import samples, toy
from tests.kit.kettles import (
    COVER,
    FULL,
    GOAL,
    GRIP,
    STATE,
    TINT,
    Change,
    Grip,
    Kettle,
    Part,
    State,
    Tint,
    Verb,
    Warmth,
    kettles,
    rule_on,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_rows_are_built_when_first_needed() -> None:
    """Each row is built once, and kept."""
    policy = salla.policy()
    order = salla.Order(status="completed")
    assert all(row is None for row in rows_of(policy))
    policy.can_update(order, salla.Patch())
    assert sum(row is not None for row in table_of(policy).rows) == 1
    row = table_of(policy).rows[table_of(policy)._order_space.index(order)]
    policy.can_update(order, salla.Patch(coupon_code="EID24"))
    assert table_of(policy).rows[table_of(policy)._order_space.index(order)] is row


def test_equal_decisions_are_one_object() -> None:
    """Fewer than 450 decisions fill all cells of Salla."""
    table = table_of(salla.policy())
    cells = [decision for index in range(128) for decision in table.row(index)]
    assert len(cells) == 65_536
    assert len({id(decision) for decision in cells}) == len(set(cells)) < 450


def test_threads_that_ask_at_once_get_the_same() -> None:
    """Several threads may build the same row; their results are equal."""
    policy = salla.policy()
    questions = [(order, patch) for order in samples.salla_orders() for patch in samples.salla_patches()[::64]]
    expected = [salla.POLICY.can_update(*question) for question in questions]
    start = threading.Barrier(8)
    wrong: list[object] = []

    def ask() -> None:
        start.wait()
        for question, answer in zip(questions, expected, strict=True):
            if policy.can_update(*question) != answer:
                wrong.append(question)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_value_that_is_not_an_order_is_a_type_error() -> None:
    """The message has the expected and the actual type."""
    with pytest.raises(TypeError, match=r"expected an order of a platform with a .* policy, got builtins\.dict"):
        can_update({"status": "pending"}, awal.Patch())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"got builtins\.dict as the patch"):
        can_update(salla.Order(), {"coupon_code": "EID24"})  # type: ignore[misc]
    with pytest.raises(
        TypeError, match=r"the salla policy accepts .* got orderrules\.platforms\.awal\.Order as the order"
    ):
        salla.POLICY.can(awal.Order(status="pending"), "cancel")  # type: ignore[arg-type]


def test_a_policy_is_a_value() -> None:
    """It is compared by content, can be pickled with or without its table, and has no other attributes."""
    policy = salla.policy()
    assert policy == salla.POLICY
    assert hash(policy) == hash(salla.POLICY)
    assert policy != salla.policy(completed=salla.COMPLETED_FAMILY)
    assert pickle.loads(pickle.dumps(policy)) == policy
    policy.can_update(salla.Order(), salla.Patch())
    again = pickle.loads(pickle.dumps(policy))
    assert again == policy
    assert again.can_update(salla.Order(), salla.Patch())
    with pytest.raises(AttributeError, match="'Policy' object has no attribute 'decide'"):
        policy.decide  # type: ignore[attr-defined]  # noqa: B018 - the access is the test.
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        policy.rules = ()  # type: ignore[misc]


def test_rules_can_be_added_and_dropped() -> None:
    """Each change returns a new policy, and leaves the old one as it was."""
    rule = Rule(
        id="SHOP-COURIER-1",
        section=salla.Section.SHIPPING,
        only_if=salla.STATUS.is_not(salla.Status.DELIVERING),
        reason="the courier has the parcel",
    )
    shop = salla.POLICY.without("SALLA-COUPON-1").with_rules(rule)
    assert shop.can_update(salla.Order(status="completed"), salla.Patch(coupon_code="EID24"))
    refused = shop.can_update(salla.Order(status="delivering"), salla.Patch(courier_id=7))
    assert [violation.rule for violation in refused.violations] == [rule]
    assert salla.POLICY.can_update(salla.Order(status="delivering"), salla.Patch(courier_id=7))
    assert not salla.POLICY.can_update(salla.Order(status="completed"), salla.Patch(coupon_code="EID24"))
    assert str(rule) == "SHOP-COURIER-1: shipping only if status is not delivering"


def test_two_rules_on_one_section_are_both_named() -> None:
    """Every rule that refuses is named, in the order of the ids."""
    second = attrs.evolve(
        salla.POLICY.rules[1],
        id="A-RECEIVER-9",
        only_if=salla.STATUS.is_not("canceled") & salla.STATUS.is_not("completed"),
    )
    policy = salla.POLICY.with_rules(second)
    decision = policy.can_update(salla.Order(status="completed"), salla.Patch(receiver=salla.Receiver()))
    assert [violation.rule.id for violation in decision.violations] == ["A-RECEIVER-9", "SALLA-RECEIVER-1"]


def test_a_dropped_or_rewritten_rule_is_not_restored_by_an_alternative() -> None:
    """Alternatives change only those original rules that are still in the policy."""
    delivered, coupon = salla.Order(status="delivered"), salla.Patch(coupon_code="EID24")
    assert [assumption.id for assumption in salla.POLICY.can_update(delivered, coupon).assumptions] == ["S2"]
    dropped = salla.POLICY.without("SALLA-COUPON-1")
    assert dropped.can_update(delivered, coupon).assumptions == ()
    rewritten = dropped.with_rules(
        Rule(id="SALLA-COUPON-1", section=salla.Section.COUPON, only_if=salla.DRAFT.is_(value=True), reason="ours")
    )
    assert not rewritten.can_update(delivered, coupon)
    assert rewritten.can_update(delivered, coupon).assumptions == ()


def test_a_waiver_can_be_dropped_and_added() -> None:
    """Waivers are entries, as rules are."""
    strict = salla.POLICY.without("SALLA-DRAFT-1")
    draft = salla.Order(status="completed", draft=True)
    patch = salla.Patch(coupon_code="EID24")
    assert not strict.can_update(draft, patch)
    assert strict.with_rules(*salla.POLICY.waivers) == salla.POLICY
    assert strict.with_rules(*salla.POLICY.waivers).can_update(draft, patch)


def test_a_section_and_an_action_cannot_share_a_name() -> None:
    """A decision could not say which of the two it is about."""

    class Verb(StrEnum):
        COUPON = "coupon"

    with pytest.raises(ValueError, match="a section and an action of salla have the same name: coupon"):
        attrs.evolve(salla.POLICY, actions=Verb, rules=())


def test_a_space_numbers_its_points() -> None:
    """The number of an order is the position of its point in the iteration."""
    space = salla.Order.__space__
    numbers = [space.index(order) for order in samples.salla_orders()]
    assert sorted(numbers) == list(range(space.size)) == list(range(128))
    for order in samples.salla_orders():
        point = list(space.points())[space.index(order)]
        assert point == {fact: fact.of(order) for fact in space.facts}
    with pytest.raises(ValueError, match="status asked for cannot be 'lost'"):
        awal.Patch.__space__.index(SimpleNamespace(status="lost"))


def test_entries_read_as_sentences() -> None:
    """The text of a rule, a waiver or an assumption begins with its id."""
    assert str(salla.POLICY.rules[1]) == "SALLA-RECEIVER-1: receiver only if status is not completed"
    assert str(salla.POLICY.waivers[0]) == "SALLA-DRAFT-1: no restriction while the order is a draft"
    assert str(salla.POLICY.assumptions[12]) == "S13: whether the list of employees may be empty: it may"
    assert [entry.id for entry in awal.POLICY.entries] == ["AWAL-STATUS-1"]


def test_a_caveat_is_part_of_every_decision_on_its_section() -> None:
    """The section must be touched; the update may be allowed or refused."""
    rule = Rule(
        id="SHOP-NOTES-1",
        section=awal.Section.ADMIN_NOTES,
        only_if=awal.STATUS.is_not(awal.Status.COMPLETED),
        reason="the books are closed",
        caveat="who is asking is not seen",
    )
    policy = awal.POLICY.with_rules(rule)
    for status in ("pending", "completed"):
        decision = policy.can_update(awal.Order(status=status), awal.Patch(admin_notes="x", branch_id="7"))
        assert decision.allowed is (status == "pending")
        assert [str(caveat) for caveat in decision.caveats] == ["who is asking is not seen"]
        assert policy.can_update(awal.Order(status=status), awal.Patch(branch_id="7")).caveats == ()
    assert "  note: who is asking is not seen" in decision.explain().splitlines()


def test_a_rule_that_never_holds_says_so() -> None:
    """Its condition may read no facts."""
    for never in (AnyOf(()), salla.STATUS.is_in(())):
        rule = Rule(id="SHOP-COUPON-1", section=salla.Section.COUPON, only_if=never, reason="no coupons here")
        refused = salla.POLICY.with_rules(rule).can_update(salla.Order(status="shipped"), salla.Patch(coupon_code="x"))
        assert refused.violations[0].message.endswith("; nothing allows it")
    (violation,) = salla.policy(pending=()).can_update(salla.Order(), salla.Patch(payment=salla.Payment())).violations
    assert (
        violation.message
        == "the payment details cannot be changed: the order is in an unknown status; nothing allows it"
    )
    assert salla.POLICY.with_rules(
        Rule(id="SHOP-COUPON-2", section=salla.Section.COUPON, only_if=AllOf(()), reason="always")
    ).can_update(salla.Order(), salla.Patch(coupon_code="x"))


def test_an_invalid_rule_id_or_condition_is_rejected() -> None:
    """The error is raised when the rule or the policy is built."""
    rule = salla.POLICY.rules[0]
    for wrong in ([rule], "SALLA", None):
        with pytest.raises(TypeError, match="expected a rule or a waiver, got "):
            salla.POLICY.with_rules(wrong)  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError), match=r"expected the id of|has no rule or waiver SALLA"):
            salla.POLICY.without(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="X: expected a condition, got bool; compare with"):
        Rule(id="X", section=salla.Section.COUPON, only_if=True, reason="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a rule or a waiver needs a reason: a string that is not blank"):
        Rule(id="X", section=salla.Section.COUPON, only_if=AllOf(()), reason=" ")
    with pytest.raises(TypeError, match="a rule or a waiver needs an id: a string that is not blank"):
        attrs.evolve(salla.POLICY.waivers[0], id=7)  # type: ignore[arg-type]


KETTLES: Final = [
    Kettle(state=state, full=full, goal=goal) for state in State for full in (False, True) for goal in Warmth
]
CHANGES: Final = [
    Change(tint=tint, label=label, cover=cover, grip=grip, note=note)
    for tint in (UNSET, *Tint)
    for label in (UNSET, "x")
    for cover in (UNSET, *Warmth)
    for grip in (UNSET, *Grip)
    for note in (UNSET, "x")
]
_BODY: Final = {
    "while nothing is red": TINT.is_not("red"),
    "while no tint is asked for": TINT.is_(UNSET),
    "while no grip is asked for": GRIP.is_(UNSET),
    "while it is cold, or the grip is the second": STATE.is_("cold") | GRIP.is_(Grip.SECOND),
    "while it is not full and both are asked for": FULL.is_(value=False) & TINT.is_not(UNSET) & GRIP.is_not(UNSET),
    "never": AnyOf(()),
}
_LID: Final = {
    "by a table": TransitionTable(STATE, COVER, {"cold": {"hot"}, "hot": {"cold"}, "cracked": ()}),
    "by a table without a way": TransitionTable(STATE, COVER, {"cold": (), "hot": {"cold"}}),
    "while it is empty": FULL.is_(value=False),
}


POLICIES: Final = [
    pytest.param(kettles(body, lid), id=f"body {on_body}, lid {on_lid}")
    for (on_body, body), (on_lid, lid) in itertools.product(_BODY.items(), _LID.items())
]


def point_of(kettle: Kettle, change: Change | None = None) -> dict[Fact, Any]:
    """Return the facts of a kettle, and those of a change if there is one."""
    facts: dict[Fact, Any] = {STATE: kettle.state, FULL: kettle.full, GOAL: kettle.goal}
    if change is not None:
        facts |= {TINT: change.tint, COVER: change.cover, GRIP: change.grip}
    return facts


def refusing_rules(policy: Policy[Kettle, Change], kettle: Kettle, change: Change) -> list[Rule]:
    """List the rules that refuse, waived or not, in the order in which a decision names them."""
    rules = sorted(policy.rules, key=lambda rule: ([*Part, *Verb].index(rule.section), rule.id))
    at = point_of(kettle, change)
    return [rule for rule in rules if rule.section in change.sections and not rule.only_if.holds(at)]


def expected(policy: Policy[Kettle, Change], kettle: Kettle, change: Change) -> Decision:
    """Compute the decision from every rule, waiver and alternative, one by one."""
    at = point_of(kettle, change)
    refused = refusing_rules(policy, kettle, change)
    waivers = tuple(waiver for waiver in policy.waivers if waiver.when.holds(at)) if refused else ()
    decision = refusal_by(policy, at, change, [] if waivers else refused)
    assumptions = tuple(
        assumption
        for assumption in policy.assumptions
        if any(
            bool(refusing_rules(with_alternative(policy, other), kettle, change) and not waivers_at(policy, at))
            is decision.allowed
            for other in assumption.alternatives
            if other.rules
        )
    )
    caveats = [
        Note("caveat", {"rule": rule.id}, rule.caveat)
        for rule in policy.rules
        if rule.caveat and rule.section in change.sections
    ]
    return attrs.evolve(decision, waivers=waivers, assumptions=assumptions, caveats=tuple(caveats))


def waivers_at(policy: Policy[Kettle, Change], at: dict[Fact, Any]) -> list[Waiver]:
    """List the waivers that hold at a point."""
    return [waiver for waiver in policy.waivers if waiver.when.holds(at)]


def with_alternative(policy: Policy[Kettle, Change], other: Alternative) -> Policy[Kettle, Change]:
    """Return a policy under an alternative."""
    changed = {rule.id: rule for rule in other.rules}
    return attrs.evolve(policy, rules=[changed.get(rule.id, rule) for rule in policy.rules])


def refusal_by(policy: Policy[Kettle, Change], at: dict[Fact, Any], change: Change, rules: list[Rule]) -> Decision:
    """Build the decision in which some rules refuse."""
    return Decision(
        tuple(
            Violation(
                rule,
                tuple(key for key in change.keys if key in policy.keys_of(rule.section)),
                tuple((fact, at[fact]) for fact in rule.only_if.facts),
            )
            for rule in rules
        )
    )


@pytest.mark.parametrize("policy", POLICIES[::8])
def test_every_cell_equals_the_decision_computed_rule_by_rule(policy: Policy[Kettle, Change]) -> None:
    """Violations, waivers, assumptions and caveats are equal, also in their order."""
    for kettle in KETTLES:
        for change in CHANGES:
            assert policy.can_update(kettle, change) == expected(policy, kettle, change)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_section_is_open_if_an_update_of_it_alone_is_allowed(policy: Policy[Kettle, Change]) -> None:
    """The update must ask for a change; if the section is closed, every rule that refuses one is named."""
    for kettle in KETTLES:
        sections = policy.editable(kettle)
        assert sections[Part.LABEL] == policy.can_update(kettle, Change(label="x"))
        for section, facts in ((Part.BODY, ("tint", "grip")), (Part.LID, ("cover",))):
            requests = [
                change
                for change in CHANGES
                if change.sections == (section,)
                and any(getattr(change, fact) is not UNSET for fact in facts)
                and not (str(change.cover) == str(kettle.state) and policy.rules[4].only_if.transitions())
            ]
            decisions = [policy.can_update(kettle, change) for change in requests]
            assert bool(sections[section]) is any(decisions)
            if sections[section]:
                assert sections[section] in decisions
            else:
                names = {violation.rule.id for decision in decisions for violation in decision.violations}
                assert {violation.rule.id for violation in sections[section].violations} == names
                here = point_of(kettle)
                for violation in sections[section].violations:
                    read = [fact for fact in violation.rule.only_if.facts if fact in here]
                    assert violation.facts == tuple((fact, here[fact]) for fact in read)


def test_a_section_with_one_possible_value_is_refused_like_that_value() -> None:
    """It is not waived, and the requested value is not part of the evidence."""
    policy = attrs.evolve(
        toy.with_patch_fact(Fact("note asked for", values=(UNSET, "x"), attribute="note")),
        rules=[rule_on("TOY-NOTE-1", toy.Section.NOTE, toy.STAGE.is_not(toy.Stage.DOOR), "the pen is not seen")],
    )
    decision = policy.editable(toy.Order(stage=toy.Stage.DOOR))[toy.Section.NOTE]
    assert decision.explain().splitlines() == [
        "refused: note",
        "  TOY-NOTE-1: note cannot be changed: stage is door; it may change only while stage is not door",
        "    why: because of TOY-NOTE-1",
        "    facts: stage is door",
        "  note: the pen is not seen",
    ]
    assert policy.editable(toy.Order(stage=toy.Stage.DESK))[toy.Section.NOTE].allowed


def test_an_action_is_decided_by_its_own_rules() -> None:
    """The decision has evidence, assumptions and caveats, but no keys and no waivers; equal ones are one object."""
    policy = kettles(AllOf(()), AllOf(()))
    bare = Policy(name="bare", order_type=Kettle, patch_type=Change, rules=())
    ship, pour = policy.rules[1], policy.rules[2]
    for kettle in KETTLES:
        open_for = kettle.state != "cracked" and (kettle.state in (kettle.goal, "cold"))
        shipped = policy.can(kettle, Verb.SHIP)
        assert shipped is policy.can(kettle, "ship")
        assert shipped.allowed is open_for
        assert [assumption.id for assumption in shipped.assumptions] == (["K1"] if open_for else [])
        assert [str(caveat) for caveat in shipped.caveats] == ["the road is not seen", "the weather is not seen"]
        assert shipped.waivers == ()
        poured = policy.can(kettle, Verb.POUR)
        assert poured.allowed is (kettle.state == "hot" and kettle.full)
        assert [assumption.id for assumption in poured.assumptions] == (
            ["K3"] if kettle.state == "hot" and not kettle.full else []
        )
        assert policy.can(kettle, Verb.SELL) == Decision()
        with pytest.raises(ValueError, match="not an action") as caught:
            policy.can(kettle, "wash")
        assert str(caught.value) == "'wash' is not an action of kettle, which has pour, ship, sell"
        with pytest.raises(ValueError, match="not an action") as caught:
            bare.can(kettle, Verb.SHIP)
        assert str(caught.value) == "<Verb.SHIP: 'ship'> is not an action of bare, which has no actions"
    cracked = Kettle(state=State.CRACKED, goal=Warmth.HOT)
    assert policy.can(cracked, "ship").violations == (
        Violation(ship, (), ((STATE, State.CRACKED), (GOAL, Warmth.HOT))),
        Violation(policy.rules[0], (), ((STATE, State.CRACKED),)),
    )
    assert policy.can(cracked, "pour").violations == (Violation(pour, (), ((STATE, State.CRACKED), (FULL, False))),)


@pytest.mark.parametrize("policy", POLICIES[::4])
def test_a_guard_holds_exactly_if_the_update_is_allowed(policy: Policy[Kettle, Change]) -> None:
    """Updates that touch the same rules and ask for the same values share one guard."""
    for change in CHANGES[::5]:
        guard = policy.guard(change)
        assert policy.guard(change.replace()) is guard
        for kettle in KETTLES:
            assert guard.holds(kettle) is policy.can_update(kettle, change).allowed
    assert policy.guard(Change(note="x")) is policy.guard(Change(note="y"))


def test_many_orders_are_numbered_and_decided_at_once() -> None:
    """The results equal deciding one by one; a wrong argument raises an error."""
    policy = kettles(AllOf(()), AllOf(()))
    change = Change(cover=Warmth.HOT)
    numbers = policy.indices(KETTLES)
    assert list(numbers) == list(range(12))
    assert policy.decide_indices(numbers, change) == bytes(
        policy.can_update(kettle, change).allowed for kettle in KETTLES
    )
    assert policy.decide_many(iter(KETTLES), change) == [policy.can_update(kettle, change) for kettle in KETTLES]
    assert (policy.indices(()), policy.decide_indices(b"", change), policy.decide_many([], change)) == (b"", b"", [])
    large, small = toy.platform_of(257), toy.platform_of(256)
    parcel, crate = toy.Order(stage=toy.Stage.DESK), small.order_type(size=255)
    assert small.indices([crate]) == b"\xff"
    assert small.decide_indices(b"\xff", small.patch_type()) == b"\x01"
    other_order = "tests.kit.toy.Order"
    mistakes: list[tuple[Callable[[], object], type[Exception], str]] = [
        (
            lambda: policy.decide_indices([0], change),  # type: ignore[arg-type]
            TypeError,
            "expected the bytes that Policy.indices returns, got list",
        ),
        (
            lambda: policy.decide_indices(b"\x00\x0c", change),
            ValueError,
            "expected indices of kettle below 12, got 12",
        ),
        (
            lambda: large.indices([]),
            ValueError,
            "the facts of large span 257 points, but one byte can number only 256",
        ),
        (
            lambda: large.decide_indices(b"", large.patch_type()),
            ValueError,
            "the facts of large span 257 points, but one byte can number only 256",
        ),
        (
            lambda: policy.indices([KETTLES[0], parcel]),  # type: ignore[list-item]
            TypeError,
            f"the kettle policy accepts only its own orders and patches, got {other_order} as the order",
        ),
        (
            lambda: policy.decide_many([parcel], change),  # type: ignore[list-item]
            TypeError,
            f"the kettle policy accepts only its own orders and patches, got {other_order} as the order",
        ),
        (
            lambda: policy.decide_many([], toy.Patch()),  # type: ignore[arg-type]
            TypeError,
            "the kettle policy accepts only its own orders and patches, got tests.kit.toy.Patch as the patch",
        ),
        (
            lambda: policy.can_update(parcel, change),  # type: ignore[arg-type]
            TypeError,
            f"the kettle policy accepts only its own orders and patches, got {other_order} as the order",
        ),
        (
            lambda: can_update({}, change),  # type: ignore[arg-type]
            TypeError,
            "expected an order of a platform with a registered policy, got builtins.dict",
        ),
    ]
    for ask, kind, message in mistakes:
        with pytest.raises(kind) as caught:
            ask()
        assert str(caught.value) == message


def decisions_of(policy: Policy[Kettle, Change]) -> Iterator[Decision]:
    """Yield the decisions in all cells of a policy."""
    for kettle in KETTLES:
        row = table_of(policy).row(table_of(policy).index(kettle))
        assert isinstance(row, list)
        yield from row


def test_equal_rows_decisions_and_violations_are_one_object() -> None:
    """There are 12 rows of 27 * 32 cells."""
    policy = kettles(_BODY["while nothing is red"], _LID["by a table"])
    assert table_of(policy).row(3) is table_of(policy).row(3)
    decisions = list(decisions_of(policy))
    assert len({id(decision) for decision in decisions}) == len(set(decisions))
    violations = [violation for decision in decisions for violation in decision.violations]
    assert len({id(violation) for violation in violations}) == len(set(violations))
    assert len(decisions) == 12 * 27 * 32
