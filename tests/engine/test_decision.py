"""A decision is truthy if it allows, explains itself, and converts to JSON."""

from __future__ import annotations

import json
import pickle
from typing import Any, Final, cast

import attrs
import pytest

from orderrules import Decision, Note, Parameter, Rule, UpdateRefused, awal, salla

COMPLETED = salla.Order(status="completed", customer=salla.CustomerKind.REGISTERED)
EVERYTHING = salla.Patch(
    customer=salla.Customer(name="Huda"), coupon_code="EID24", courier_id=3, branch_id=4, employees=(1,)
)


def test_a_refusal_lists_every_violation_with_its_evidence() -> None:
    """Violations have the order of the sections, and name the keys that were sent."""
    decision = salla.POLICY.can_update(COMPLETED, EVERYTHING)
    assert not decision
    assert decision.allowed is False
    assert [(v.rule.id, v.section, v.keys, v.actual) for v in decision.violations] == [
        ("SALLA-CUSTOMER-1", salla.Section.CUSTOMER, ("customer",), "the order has a registered customer"),
        ("SALLA-SHIPPING-1", salla.Section.SHIPPING, ("branch_id", "courier_id"), "the order is completed"),
        ("SALLA-COUPON-1", salla.Section.COUPON, ("coupon_code",), "the order is completed"),
    ]
    assert decision.violations[1].message == (
        "the shipping details cannot be changed: the order is completed; "
        "it may change only while the order is not completed"
    )


def test_explain_lists_verdict_rules_and_assumptions() -> None:
    """Each rule is followed by its reason."""
    decision = awal.POLICY.can_update(awal.Order(status="pending"), awal.Patch(status=awal.Status.SHIPPED))
    assert decision.explain().splitlines() == [
        "refused: status",
        (
            "  AWAL-STATUS-1: the status cannot be changed: the order is pending and the update asks for shipped; "
            "only accepted may follow pending"
        ),
        "    why: the status moves on step by step: pending, accepted, shipped, delivered, completed",
        "    facts: status is pending and status asked for is shipped",
        "  rests on A1: *progressively* is read as one step at a time",
    ]
    assert str(decision) == decision.explain()


def test_explain_with_the_order_names_an_unlisted_status() -> None:
    """All unknown statuses share one decision, so only the order has the status itself."""
    order = salla.Order(status="on_the_moon")
    decision = salla.POLICY.can_update(order, salla.Patch(payment=salla.Payment(status="paid")))
    assert "status is unknown" in decision.explain()
    assert "on_the_moon" not in decision.explain()
    assert "  note: the page does not list the order's status, 'on_the_moon'" in decision.explain(order).splitlines()
    without_status = salla.Order()
    assert (
        "  note: the order shows no status"
        in salla.POLICY.can_update(without_status, salla.Patch(payment=salla.Payment()))
        .explain(without_status)
        .splitlines()
    )
    assert "note" not in salla.POLICY.can_update(COMPLETED, EVERYTHING).explain(COMPLETED)
    allowed = salla.POLICY.can_update(order, salla.Patch())
    assert allowed.explain(order).splitlines() == [
        "allowed",
        "  note: the page does not list the order's status, 'on_the_moon'",
    ]
    assert allowed.to_dict(order)["notes"] == [
        {
            "note": "not_listed",
            "params": {"fact": "status", "shown": "on_the_moon"},
            "message": "the page does not list the order's status, 'on_the_moon'",
        }
    ]
    long = salla.Order(status="completd" * 1000)
    assert len(allowed.explain(long)) < 200
    for wrong in ("order", 5, awal.Patch()):
        with pytest.raises(TypeError, match="expected the order that was decided on, got "):
            allowed.explain(wrong)  # type: ignore[arg-type]


def test_repr_is_short() -> None:
    """It has the verdict and the ids, not their contents."""
    assert repr(salla.POLICY.can_update(COMPLETED, salla.Patch())) == "<Decision allowed>"
    refused = salla.POLICY.can_update(COMPLETED, EVERYTHING)
    assert repr(refused) == "<Decision refused: SALLA-CUSTOMER-1, SALLA-SHIPPING-1, SALLA-COUPON-1>"
    assert len(repr(salla.POLICY)) < 200
    assert repr(salla.POLICY.rules[1]) == "<Rule SALLA-RECEIVER-1: receiver only if status is not completed>"
    assert repr(salla.STATUS) == "<Fact status: 16 values>"
    assert repr(salla.Patch(courier_id=7)) == "Patch(courier_id=7)"


def test_a_waiver_is_named_only_if_it_made_a_difference() -> None:
    """Without it, a rule would refuse the update."""
    draft = salla.Order(status="completed", draft=True)
    decision = salla.POLICY.can_update(draft, EVERYTHING)
    assert [waiver.id for waiver in decision.waivers] == ["SALLA-DRAFT-1"]
    assert decision.explain().splitlines() == [
        "allowed",
        "  SALLA-DRAFT-1: no restriction while the order is a draft",
        "    why: a draft order has no restrictions",
    ]
    assert salla.POLICY.can_update(draft, salla.Patch(employees=(1,))).waivers == ()


def test_a_decision_on_an_action_names_what_it_cannot_see() -> None:
    """The store's settings may forbid the action, if the status allows it."""
    decision = salla.POLICY.can(salla.Order(status="in_progress"), salla.Action.CANCEL)
    assert [(note.code, dict(note.params)) for note in decision.caveats] == [
        ("not_given", {"rule": "SALLA-CANCEL-1", "parameter": "store allows cancellation"})
    ]
    assert decision.explain().splitlines() == [
        "allowed",
        "  note: this is the answer for the status alone; the store's settings are not given, and may not allow it",
    ]
    assert salla.POLICY.can(salla.Order(status="payment_pending"), "pay").caveats == ()
    refused = salla.POLICY.can(salla.Order(status="shipped"), "cancel")
    assert refused.caveats == ()
    assert refused.violations[0].message == (
        "canceling the order is not possible: the order is shipped; it is possible only while "
        "(the order is under review or in progress) and the store lets its customers cancel"
    )


def test_a_setting_that_is_given_is_evidence() -> None:
    """It is named where it refuses, and no note is left."""
    order = salla.Order(status="in_progress")
    allowing, refusing = (salla.POLICY.given(store_allows_cancellation=value) for value in (True, False))
    assert allowing.can(order, "cancel") == Decision()
    decision = refusing.can(order, "cancel")
    assert decision.violations[0].actual == "the order is in progress and the store does not let its customers cancel"
    data: Any = decision.to_dict(order, "cancel")
    assert data["rulebook"]["given"] == {"store allows cancellation": False}
    assert data["violations"][0]["facts"][1] == {"fact": "store allows cancellation", "value": False}
    assert refusing.replay(data)
    assert not allowing.replay(data)
    assert refusing.given(store_allows_cancellation=True) == allowing
    assert salla.POLICY.given() is salla.POLICY


def test_to_dict_is_ready_for_json() -> None:
    """It contains every part of the decision, with ids."""
    decision = salla.POLICY.can_update(salla.Order(status="payment_failed"), salla.Patch(payment=salla.Payment()))
    result = decision.to_dict()
    assert json.loads(json.dumps(result)) == result
    assert result == {
        "version": 1,
        "rulebook": {"name": "salla", "edition": "2", "digest": salla.POLICY.digest()},
        "allowed": False,
        "violations": [
            {
                "rule": "SALLA-PAYMENT-1",
                "section": "payment",
                "keys": ["payment"],
                "facts": [{"fact": "status", "value": "payment_failed"}],
                "condition": {"fact": "status", "in": ["payment_pending"]},
                "actual": "the order is marked as payment failed",
                "expected": "it may change only while the order is waiting for payment",
                "message": decision.violations[0].message,
                "reason": "payment details are open only as long as the payment is pending",
            }
        ],
        "waivers": [],
        "assumptions": [
            {
                "assumption": "S1",
                "question": "which status is *pending*, a word that is not a slug of the catalogue",
                "answer": "*pending* is read as payment_pending",
                "alternatives": ["family"],
            }
        ],
        "notes": [],
    }
    waived = salla.POLICY.can_update(salla.Order(draft=True), salla.Patch(payment=salla.Payment())).to_dict()
    assert waived["waivers"] == [
        {
            "waiver": "SALLA-DRAFT-1",
            "condition": {"any": [{"fact": "draft", "in": [True]}, {"fact": "status", "in": ["draft"]}]},
            "when": "draft or status is draft",
            "reason": "a draft order has no restrictions",
        }
    ]


def test_require_raises_a_refused_decision() -> None:
    """If the update is allowed, it returns None."""
    salla.POLICY.can_update(COMPLETED, salla.Patch()).require()
    decision = salla.POLICY.can_update(COMPLETED, EVERYTHING)
    with pytest.raises(UpdateRefused) as caught:
        decision.require()
    assert caught.value.decision is decision
    assert str(caught.value) == decision.explain()
    assert pickle.loads(pickle.dumps(caught.value)).decision == decision


def test_decisions_are_values() -> None:
    """They are compared and hashed by content, and contain no personal data."""
    one = salla.POLICY.can_update(COMPLETED, EVERYTHING)
    other = salla.policy().can_update(COMPLETED, EVERYTHING)
    assert one == other
    assert hash(one) == hash(other)
    assert one is not other
    assert "Huda" not in repr(one)


def test_explain_has_a_fixed_order() -> None:
    """The verdict comes first, then rules, waivers, assumptions and notes; a section is named once."""
    rule, other, *_ = salla.POLICY.rules[1:]
    second = attrs.evolve(rule, id="A-RECEIVER-9", caveat="who asks is not seen")
    policy = salla.policy().with_rules(second)
    order = salla.Order(status="completed")
    decision = policy.can_update(order, salla.Patch(receiver=salla.Receiver(), courier_id=7))
    needed = "it may change only while the order is not completed"
    assert decision.explain().splitlines() == [
        "refused: receiver, shipping",
        f"  A-RECEIVER-9: the receiver cannot be changed: the order is completed; {needed}",
        f"    why: {rule.reason}",
        "    facts: status is completed",
        f"  SALLA-RECEIVER-1: the receiver cannot be changed: the order is completed; {needed}",
        f"    why: {rule.reason}",
        "    facts: status is completed",
        f"  SALLA-SHIPPING-1: the shipping details cannot be changed: the order is completed; {needed}",
        f"    why: {other.reason}",
        "    facts: status is completed",
        "  note: who asks is not seen",
    ]
    caveat = {"note": "caveat", "params": {"rule": "A-RECEIVER-9"}, "message": "who asks is not seen"}
    assert decision.to_dict()["notes"] == [caveat]
    handmade = Decision(
        waivers=salla.POLICY.waivers,
        assumptions=salla.POLICY.assumptions[:2],
        caveats=(Note("caveat", {}, "nothing is seen"), Note("caveat", {}, "nor heard")),
    )
    assert str(handmade).splitlines() == [
        "allowed",
        "  SALLA-DRAFT-1: no restriction while the order is a draft",
        "    why: a draft order has no restrictions",
        "  rests on S1: *pending* is read as payment_pending",
        "  rests on S2: *completed* is read as completed alone",
        "  note: nothing is seen",
        "  note: nor heard",
    ]
    assert handmade
    assert handmade.allowed is True


DAY: Final = Parameter("day", values=("workday", "holiday"))
UNKNOWING: Final = attrs.evolve(
    salla.POLICY.without("SALLA-CANCEL-1"), parameters=(*salla.POLICY.parameters, DAY)
).with_rules(Rule(id="MY-1", section=salla.Action.CANCEL, only_if=DAY.is_("workday"), reason="the staff is at work"))


def test_an_unlisted_status_is_noted_with_a_suggestion() -> None:
    """Notes on the order come before the caveats of the rules."""
    allowed = salla.POLICY.can_update(salla.Order(), salla.Patch())
    for status, notes in (
        ("complete", ["the page does not list the order's status, 'complete' - did you mean completed?"]),
        ("on_the_moon", ["the page does not list the order's status, 'on_the_moon'"]),
        (None, ["the order shows no status"]),
        ("completed", []),
    ):
        found: Any = allowed.to_dict(salla.Order(status=status))["notes"]
        assert [note["message"] for note in found] == notes
    lost = salla.Order(customer=salla.CustomerKind.REGISTERED)
    data: Any = UNKNOWING.can(lost, "cancel").to_dict(lost)
    first, caveat = data["notes"]
    assert first == {"note": "not_shown", "params": {"fact": "status"}, "message": "the order shows no status"}
    assert caveat["message"] == "MY-1 also depends on day, which is not given"
    with pytest.raises(TypeError) as caught:
        allowed.to_dict(7)  # type: ignore[arg-type]
    assert str(caught.value) == "expected the order that was decided on, got int"


def test_a_refused_action_has_its_own_wording() -> None:
    """An action *is not possible*; a section *cannot be changed*."""
    (violation,) = salla.POLICY.can(salla.Order(status="shipped"), "pay").violations
    assert str(violation) == (
        "SALLA-PAY-1: paying for the order is not possible: the order is shipped; "
        "it is possible only while the order is waiting for payment"
    )
    assert violation.section is salla.Action.PAY
    assert violation.keys == ()


def test_a_refusal_that_was_rebuilt_from_text_can_be_printed() -> None:
    """A task queue with a JSON backend passes the arguments of an exception as text."""
    assert str(UpdateRefused(cast("Any", "refused: coupon"))) == "refused: coupon"
