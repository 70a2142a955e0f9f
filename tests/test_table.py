"""A policy is tabulated when it is first asked, and looked up after that."""

from __future__ import annotations

import pickle
import threading
from enum import StrEnum
from types import SimpleNamespace

import attrs
import pytest

from orderrules import AllOf, AnyOf, Rule, Space, awal, can_update, salla
from tests import samples


def test_nothing_istabulated_before_it_is_asked() -> None:
    """Rows are made one by one, and kept."""
    policy = salla.policy()
    order = salla.Order(status="completed")
    assert all(row is None for row in policy._rows)
    policy.can_update(order, salla.Patch())
    assert sum(row is not None for row in policy.tabulated().rows) == 1
    row = policy.tabulated().rows[policy.tabulated()._order_space.index(order)]
    policy.can_update(order, salla.Patch(coupon_code="EID24"))
    assert policy.tabulated().rows[policy.tabulated()._order_space.index(order)] is row


def test_equal_decisions_are_one_object() -> None:
    """Some three hundred of them fill all of Salla's cells."""
    table = salla.policy().tabulated()
    cells = [decision for index in range(96) for decision in table.row(index)]
    assert len(cells) == 49_152
    assert len({id(decision) for decision in cells}) == len(set(cells)) < 400


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
    with pytest.raises(TypeError, match=r"this patch is of builtins\.dict"):
        can_update(salla.Order(), {"coupon_code": "EID24"})  # type: ignore[misc]
    with pytest.raises(
        TypeError, match=r"the salla policy decides .* this order is of orderrules\.platforms\.awal\.Order"
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
    assert [reading.id for reading in salla.POLICY.can_update(delivered, coupon).readings] == ["S2"]
    dropped = salla.POLICY.without("SALLA-COUPON-1")
    assert dropped.can_update(delivered, coupon).readings == ()
    rewritten = dropped.with_rules(
        Rule(id="SALLA-COUPON-1", section=salla.Section.COUPON, only_if=salla.DRAFT.is_(value=True), reason="ours")
    )
    assert not rewritten.can_update(delivered, coupon)
    assert rewritten.can_update(delivered, coupon).readings == ()


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

    with pytest.raises(ValueError, match="both a section and an action of salla: coupon"):
        attrs.evolve(salla.POLICY, actions=Verb, rules=())


def test_a_space_numbers_its_points() -> None:
    """Each order has one number, which is the place of its point in the walk."""
    space = salla.Order.__space__
    numbers = [space.index(order) for order in samples.salla_orders()]
    assert sorted(numbers) == list(range(space.size)) == list(range(96))
    for order in samples.salla_orders():
        point = list(space.points())[space.index(order)]
        assert point == {fact: fact.of(order) for fact in space.facts}
    with pytest.raises(ValueError, match="status asked for cannot be 'lost'"):
        awal.Patch.__space__.index(SimpleNamespace(status="lost"))
    with pytest.raises(ValueError, match="a slot is named _platform_word, in small letters, and not"):
        Space("x.index")


def test_entries_read_as_sentences() -> None:
    """Rules, waivers and readings, each with its id."""
    assert str(salla.POLICY.rules[1]) == "SALLA-RECEIVER-1: receiver only if status is not completed"
    assert str(salla.POLICY.waivers[0]) == "SALLA-DRAFT-1: no restriction while draft or status is draft"
    assert str(salla.POLICY.readings[12]) == "S13: whether the list of employees may be empty: it may"
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
        assert refused.violations[0].message.endswith("; nothing opens it")
    (violation,) = salla.policy(pending=()).can_update(salla.Order(), salla.Patch(payment=salla.Payment())).violations
    assert violation.message == "payment cannot be changed: status is unknown; nothing opens it"
    assert salla.POLICY.with_rules(
        Rule(id="SHOP-COUPON-2", section=salla.Section.COUPON, only_if=AllOf(()), reason="always")
    ).can_update(salla.Order(), salla.Patch(coupon_code="x"))


def test_what_is_no_rule_is_refused_where_it_is_given() -> None:
    """A list instead of rules, a rule instead of its id, a condition that is none, an entry without words."""
    rule = salla.POLICY.rules[0]
    for wrong in ([rule], "SALLA", None):
        with pytest.raises(TypeError, match="expected a rule or a waiver, got a "):
            salla.POLICY.with_rules(wrong)  # type: ignore[arg-type]
        with pytest.raises((TypeError, ValueError), match=r"expected the id of|has no SALLA"):
            salla.POLICY.without(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="X: expected a condition, got a bool"):
        Rule(id="X", section=salla.Section.COUPON, only_if=True, reason="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an entry of a policy has a reason, which is text"):
        Rule(id="X", section=salla.Section.COUPON, only_if=AllOf(()), reason=" ")
    with pytest.raises(TypeError, match="an entry of a policy has an id, which is text"):
        attrs.evolve(salla.POLICY.waivers[0], id=7)  # type: ignore[arg-type]
