"""A policy is tabulated when it is first asked, and looked up after that."""

from __future__ import annotations

import itertools
import pickle
import threading
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from orderrules import UNSET, Decision, Fact, Policy, Rule, Violation, Waiver, awal, can_update, salla
from orderrules.authoring import AllOf, Alternative, AnyOf, Space, TransitionTable
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
    Kettle,
    Part,
    Verb,
    kettles,
    rule_on,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def test_nothing_is_tabulated_before_it_is_asked() -> None:
    """Rows are made one by one, and kept."""
    policy = salla.policy()
    order = salla.Order(status="completed")
    assert all(row is None for row in rows_of(policy))
    policy.can_update(order, salla.Patch())
    assert sum(row is not None for row in table_of(policy).rows) == 1
    row = table_of(policy).rows[table_of(policy)._order_space.index(order)]
    policy.can_update(order, salla.Patch(coupon_code="EID24"))
    assert table_of(policy).rows[table_of(policy)._order_space.index(order)] is row


def test_equal_decisions_are_one_object() -> None:
    """Some four hundred of them fill all of Salla's cells."""
    table = table_of(salla.policy())
    cells = [decision for index in range(128) for decision in table.row(index)]
    assert len(cells) == 65_536
    assert len({id(decision) for decision in cells}) == len(set(cells)) < 450


def test_threads_that_ask_at_once_get_the_same() -> None:
    """Each may make a row, and all are right."""
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


def test_what_is_no_order_is_a_type_error() -> None:
    """It says what was expected and what came."""
    with pytest.raises(TypeError, match=r"expected an order of a platform, got builtins\.dict"):
        can_update({"status": "pending"}, awal.Patch())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"got builtins\.dict as the patch"):
        can_update(salla.Order(), {"coupon_code": "EID24"})  # type: ignore[misc]
    with pytest.raises(
        TypeError, match=r"the salla policy accepts .* got orderrules\.platforms\.awal\.Order as the order"
    ):
        salla.POLICY.can(awal.Order(status="pending"), "cancel")  # type: ignore[arg-type]


def test_a_policy_is_a_value() -> None:
    """Equal where it says the same, picklable whether or not it was tabulated, and without other attributes."""
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


def test_a_service_adds_a_rule_and_drops_one() -> None:
    """Both are new policies; the shipped one stays."""
    rule = Rule(
        id="SHOP-COURIER-1",
        section=salla.Section.SHIPPING,
        only_if=salla.STATUS.is_not(salla.Status.DELIVERING),
        reason="the courier has the parcel",
    )
    house = salla.POLICY.without("SALLA-COUPON-1").with_rules(rule)
    assert house.can_update(salla.Order(status="completed"), salla.Patch(coupon_code="EID24"))
    refused = house.can_update(salla.Order(status="delivering"), salla.Patch(courier_id=7))
    assert [violation.rule for violation in refused.violations] == [rule]
    assert salla.POLICY.can_update(salla.Order(status="delivering"), salla.Patch(courier_id=7))
    assert not salla.POLICY.can_update(salla.Order(status="completed"), salla.Patch(coupon_code="EID24"))
    assert str(rule) == "SHOP-COURIER-1: shipping only if status is not delivering"


def test_two_rules_on_one_section_both_speak() -> None:
    """Every rule that refuses is named, in the order of their ids."""
    second = attrs.evolve(
        salla.POLICY.rules[1],
        id="A-RECEIVER-9",
        only_if=salla.STATUS.is_not("canceled") & salla.STATUS.is_not("completed"),
    )
    policy = salla.POLICY.with_rules(second)
    decision = policy.can_update(salla.Order(status="completed"), salla.Patch(receiver=salla.Receiver()))
    assert [violation.rule.id for violation in decision.violations] == ["A-RECEIVER-9", "SALLA-RECEIVER-1"]


def test_a_rule_that_is_dropped_or_rewritten_is_not_brought_back_by_a_reading() -> None:
    """Alternatives change only the rules of the page that are still there."""
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
    """They are entries like rules."""
    strict = salla.POLICY.without("SALLA-DRAFT-1")
    draft = salla.Order(status="completed", draft=True)
    patch = salla.Patch(coupon_code="EID24")
    assert not strict.can_update(draft, patch)
    assert strict.with_rules(*salla.POLICY.waivers) == salla.POLICY
    assert strict.with_rules(*salla.POLICY.waivers).can_update(draft, patch)


def test_a_section_and_an_action_cannot_share_a_word() -> None:
    """A decision would not say which it is about."""

    class Verb(StrEnum):
        COUPON = "coupon"

    with pytest.raises(ValueError, match="a section and an action of salla have the same name: coupon"):
        attrs.evolve(salla.POLICY, actions=Verb, rules=())


def test_a_space_numbers_its_points() -> None:
    """Each order has one number, which is the place of its point in the walk."""
    space = salla.Order.__space__
    numbers = [space.index(order) for order in samples.salla_orders()]
    assert sorted(numbers) == list(range(space.size)) == list(range(128))
    for order in samples.salla_orders():
        point = list(space.points())[space.index(order)]
        assert point == {fact: fact.of(order) for fact in space.facts}
    with pytest.raises(ValueError, match="status asked for cannot be 'lost'"):
        awal.Patch.__space__.index(SimpleNamespace(status="lost"))
    with pytest.raises(ValueError, match="expected a slot name like _platform_word, in lower case, got"):
        Space("x.index")


def test_entries_read_as_sentences() -> None:
    """Rules, waivers and assumptions, each with its id."""
    assert str(salla.POLICY.rules[1]) == "SALLA-RECEIVER-1: receiver only if status is not completed"
    assert str(salla.POLICY.waivers[0]) == "SALLA-DRAFT-1: no restriction while draft or status is draft"
    assert str(salla.POLICY.assumptions[12]) == "S13: whether the list of employees may be empty: it may"
    assert [entry.id for entry in awal.POLICY.entries] == ["AWAL-STATUS-1"]


def test_a_caveat_is_said_with_every_answer_on_its_section() -> None:
    """Allowed or refused, and not where the section is not touched."""
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
        assert decision.caveats == ("who is asking is not seen",)
        assert policy.can_update(awal.Order(status=status), awal.Patch(branch_id="7")).caveats == ()
    assert "  note: who is asking is not seen" in decision.explain().splitlines()


def test_a_rule_that_nothing_meets_says_so() -> None:
    """A condition without parts reads no facts, and still has something to say."""
    for nothing in (AnyOf(()), salla.STATUS.is_in(())):
        rule = Rule(id="SHOP-COUPON-1", section=salla.Section.COUPON, only_if=nothing, reason="no coupons here")
        refused = salla.POLICY.with_rules(rule).can_update(salla.Order(status="shipped"), salla.Patch(coupon_code="x"))
        assert refused.violations[0].message.endswith("; nothing allows it")
    (violation,) = salla.policy(pending=()).can_update(salla.Order(), salla.Patch(payment=salla.Payment())).violations
    assert violation.message == "payment cannot be changed: status is unknown; nothing allows it"
    assert salla.POLICY.with_rules(
        Rule(id="SHOP-COUPON-2", section=salla.Section.COUPON, only_if=AllOf(()), reason="always")
    ).can_update(salla.Order(), salla.Patch(coupon_code="x"))


def test_what_is_no_rule_is_refused_where_it_is_given() -> None:
    """A list instead of rules, a rule instead of its id, a condition that is none, an entry without words."""
    rule = salla.POLICY.rules[0]
    for wrong in ([rule], "SALLA", None):
        with pytest.raises(TypeError, match="expected a rule or a waiver, got "):
            salla.POLICY.with_rules(wrong)  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError), match=r"expected the id of|has no rule or waiver SALLA"):
            salla.POLICY.without(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="X: expected a condition, got bool"):
        Rule(id="X", section=salla.Section.COUPON, only_if=True, reason="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a rule or a waiver needs a reason: a string that is not blank"):
        Rule(id="X", section=salla.Section.COUPON, only_if=AllOf(()), reason=" ")
    with pytest.raises(TypeError, match="a rule or a waiver needs an id: a string that is not blank"):
        attrs.evolve(salla.POLICY.waivers[0], id=7)  # type: ignore[arg-type]


KETTLES: Final = [
    Kettle(state=state, full=full, goal=goal)
    for state in ("cold", "hot", "cracked")
    for full in (False, True)
    for goal in ("cold", "hot")
]
CHANGES: Final = [
    Change(tint=tint, label=label, cover=cover, grip=grip, note=note)
    for tint in (UNSET, "red", "blue")
    for label in (UNSET, "x")
    for cover in (UNSET, "cold", "hot")
    for grip in (UNSET, 1, 2)
    for note in (UNSET, "x")
]
_BODY: Final = {
    "while nothing is red": TINT.is_not("red"),
    "while no tint is asked for": TINT.is_(UNSET),
    "while no grip is asked for": GRIP.is_(UNSET),
    "while it is cold, or the grip is the second": STATE.is_("cold") | GRIP.is_(2),
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
    """Read the facts off a kettle, and off what is to change of it."""
    facts: dict[Fact, Any] = {STATE: kettle.state, FULL: kettle.full, GOAL: kettle.goal}
    if change is not None:
        facts |= {TINT: change.tint, COVER: change.cover, GRIP: change.grip}
    return facts


def refusing(policy: Policy[Kettle, Change], kettle: Kettle, change: Change) -> list[Rule]:
    """List the rules that refuse, whether or not they are waived, in the order in which they are told."""
    rules = sorted(policy.rules, key=lambda rule: ([*Part, *Verb].index(rule.section), rule.id))
    at = point_of(kettle, change)
    return [rule for rule in rules if rule.section in change.sections and not rule.only_if.holds(at)]


def expected(policy: Policy[Kettle, Change], kettle: Kettle, change: Change) -> Decision:
    """Decide by assumption every rule, waiver and alternative anew."""
    at = point_of(kettle, change)
    refused = refusing(policy, kettle, change)
    waivers = tuple(waiver for waiver in policy.waivers if waiver.when.holds(at)) if refused else ()
    decision = can_update_by(policy, at, change, [] if waivers else refused)
    assumptions = tuple(
        assumption
        for assumption in policy.assumptions
        if any(
            bool(refusing(under(policy, other), kettle, change) and not waivers_at(policy, at)) is decision.allowed
            for other in assumption.alternatives
            if other.rules
        )
    )
    caveats = [rule.caveat for rule in policy.rules if rule.caveat and rule.section in change.sections]
    return attrs.evolve(decision, waivers=waivers, assumptions=assumptions, caveats=tuple(caveats))


def waivers_at(policy: Policy[Kettle, Change], at: dict[Fact, Any]) -> list[Waiver]:
    """List the waivers that hold at a point."""
    return [waiver for waiver in policy.waivers if waiver.when.holds(at)]


def under(policy: Policy[Kettle, Change], other: Alternative) -> Policy[Kettle, Change]:
    """Give a policy under an alternative."""
    changed = {rule.id: rule for rule in other.rules}
    return attrs.evolve(policy, rules=[changed.get(rule.id, rule) for rule in policy.rules])


def can_update_by(policy: Policy[Kettle, Change], at: dict[Fact, Any], change: Change, rules: list[Rule]) -> Decision:
    """Write a refusal by some rules down."""
    return Decision(
        tuple(
            Violation(
                rule,
                tuple(key for key in change.keys if key in policy.keys_of(rule.section)),
                rule.only_if.actual(at),
                rule.only_if.expected(at, "may change"),
            )
            for rule in rules
        )
    )


@pytest.mark.parametrize("policy", POLICIES[::8])
def test_every_cell_is_what_reading_the_rules_one_by_one_gives(policy: Policy[Kettle, Change]) -> None:
    """Violations with keys and evidence, waivers, assumptions and caveats, each in its order."""
    for kettle in KETTLES:
        for change in CHANGES:
            assert policy.can_update(kettle, change) == expected(policy, kettle, change)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_section_is_open_while_an_update_of_it_alone_is_allowed(policy: Policy[Kettle, Change]) -> None:
    """One that asks for something that is not there; where none is, every rule that refuses one of them is told."""
    for kettle in KETTLES:
        told = policy.editable(kettle)
        assert told[Part.LABEL] == policy.can_update(kettle, Change(label="x"))
        for section, facts in ((Part.BODY, ("tint", "grip")), (Part.LID, ("cover",))):
            asking = [
                change
                for change in CHANGES
                if change.sections == (section,)
                and any(getattr(change, fact) is not UNSET for fact in facts)
                and not (change.cover == kettle.state and policy.rules[4].only_if.transitions())
            ]
            decisions = [policy.can_update(kettle, change) for change in asking]
            assert bool(told[section]) is any(decisions)
            if told[section]:
                assert told[section] in decisions
            else:
                names = {violation.rule.id for decision in decisions for violation in decision.violations}
                assert {violation.rule.id for violation in told[section].violations} == names
                here = point_of(kettle)
                assert [violation.actual for violation in told[section].violations] == [
                    violation.rule.only_if.actual(here) for violation in told[section].violations
                ]


def test_a_section_that_can_be_asked_for_one_thing_alone_is_refused_as_that_is() -> None:
    """Waived by nothing, and without what was asked among the evidence."""
    policy = attrs.evolve(
        toy.with_patch_fact(Fact("note asked for", values=(UNSET, "x"), attribute="note")),
        rules=[rule_on("TOY-NOTE-1", toy.Section.NOTE, toy.STAGE.is_not(toy.Stage.DOOR), "the pen is not seen")],
    )
    told = policy.editable(toy.Order(stage=toy.Stage.DOOR))[toy.Section.NOTE]
    assert told.explain().splitlines() == [
        "refused: note",
        "  TOY-NOTE-1: note cannot be changed: stage is door; it may change only while stage is not door",
        "    why: because of TOY-NOTE-1",
        "  note: the pen is not seen",
    ]
    assert policy.editable(toy.Order(stage=toy.Stage.DESK))[toy.Section.NOTE].allowed


def test_an_action_is_decided_by_its_own_rules() -> None:
    """With evidence, assumptions and caveats of its own, no keys and no waivers; the same answer is one object."""
    policy = kettles(AllOf(()), AllOf(()))
    nothing = Policy(name="bare", order_type=Kettle, patch_type=Change, sections=Part, rules=())
    ship, pour = policy.rules[1], policy.rules[2]
    for kettle in KETTLES:
        open_for = kettle.state != "cracked" and (kettle.state in (kettle.goal, "cold"))
        shipped = policy.can(kettle, Verb.SHIP)
        assert shipped is policy.can(kettle, "ship")
        assert shipped.allowed is open_for
        assert [assumption.id for assumption in shipped.assumptions] == (["K1"] if open_for else [])
        assert shipped.caveats == ("the road is not seen", "the weather is not seen")
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
            nothing.can(kettle, Verb.SHIP)
        assert str(caught.value) == "<Verb.SHIP: 'ship'> is not an action of bare, which has no actions"
    cracked = Kettle(state="cracked", goal="hot")
    assert policy.can(cracked, "ship").violations == (
        Violation(ship, (), "state is cracked and goal is hot", "the page does not say what may follow it"),
        Violation(policy.rules[0], (), "state is cracked", "it is possible only while state is not cracked"),
    )
    assert policy.can(cracked, "pour").violations == (
        Violation(pour, (), "state is cracked and not full", "it is possible only while state is hot and full"),
    )


@pytest.mark.parametrize("policy", POLICIES[::4])
def test_a_guard_holds_where_the_update_is_allowed(policy: Policy[Kettle, Change]) -> None:
    """It is kept for all updates that touch the same rules and ask for the same."""
    for change in CHANGES[::5]:
        guard = policy.guard(change)
        assert policy.guard(attrs.evolve(change)) is guard
        for kettle in KETTLES:
            assert guard.holds(kettle) is policy.can_update(kettle, change).allowed
    assert policy.guard(Change(note="x")) is policy.guard(Change(note="y"))


def test_many_orders_are_numbered_and_decided_at_once() -> None:
    """As one by one, and what is no number of an order says so."""
    policy = kettles(AllOf(()), AllOf(()))
    change = Change(cover="hot")
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
    strange = "tests.kit.toy.Order"
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
            f"the kettle policy accepts only its own orders and patches, got {strange} as the order",
        ),
        (
            lambda: policy.decide_many([parcel], change),  # type: ignore[list-item]
            TypeError,
            f"the kettle policy accepts only its own orders and patches, got {strange} as the order",
        ),
        (
            lambda: policy.decide_many([], toy.Patch()),  # type: ignore[arg-type]
            TypeError,
            "the kettle policy accepts only its own orders and patches, got tests.kit.toy.Patch as the patch",
        ),
        (
            lambda: policy.can_update(parcel, change),  # type: ignore[arg-type]
            TypeError,
            f"the kettle policy accepts only its own orders and patches, got {strange} as the order",
        ),
        (
            lambda: can_update({}, change),  # type: ignore[arg-type]
            TypeError,
            "expected an order of a platform, got builtins.dict",
        ),
    ]
    for ask, kind, said in mistakes:
        with pytest.raises(kind) as caught:
            ask()
        assert str(caught.value) == said


def decisions_of(policy: Policy[Kettle, Change]) -> Iterator[Decision]:
    """Walk all cells of a policy."""
    for kettle in KETTLES:
        yield from table_of(policy).row(table_of(policy).index(kettle))


def test_what_is_said_twice_is_one_object() -> None:
    """Rows, decisions, and the violations in them."""
    policy = kettles(_BODY["while nothing is red"], _LID["by a table"])
    assert table_of(policy).row(3) is table_of(policy).row(3)
    decisions = list(decisions_of(policy))
    assert len({id(decision) for decision in decisions}) == len(set(decisions))
    violations = [violation for decision in decisions for violation in decision.violations]
    assert len({id(violation) for violation in violations}) == len(set(violations))
    assert len(decisions) == 12 * 27 * 32
