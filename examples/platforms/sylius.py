"""Sylius' orders: a state of the order, and one of its payment. A worked example, and no shipped rulebook.

The facts are those of Sylius' own workflows (``Sylius/Sylius`` at 3466cbab, ``CoreBundle/Resources/config/app``). Each
of the two states has a transition table; the totals change only in the cart.

Ask: ``orderrules next --policy examples/platforms/sylius.py:POLICY --key payment_state order.json``
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs

from orderrules import UNSET, Fact, Policy, Rule, Unset
from orderrules.authoring import (
    Endpoint,
    OrderBase,
    PatchBase,
    Payload,
    Place,
    TransitionTable,
    model,
    register,
)


class State(StrEnum):
    """The states of an order."""

    CART = "cart"
    NEW = "new"
    CANCELLED = "cancelled"
    FULFILLED = "fulfilled"


class PaymentState(StrEnum):
    """The states of a payment."""

    CART = "cart"
    NEW = "new"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


class Section(StrEnum):
    """What an update may change."""

    STATE = "state"
    PAYMENT_STATE = "payment_state"
    TOTALS = "totals"
    PAYMENT_METHOD = "payment_method"


TRANSITIONS: dict[State, set[State]] = {
    State.CART: {State.NEW},
    State.NEW: {State.CANCELLED, State.FULFILLED},
    State.CANCELLED: set(),
    State.FULFILLED: set(),
}
_ENDED = {PaymentState.COMPLETED, PaymentState.FAILED, PaymentState.CANCELLED}
PAYMENT_TRANSITIONS: dict[PaymentState, set[PaymentState]] = {
    PaymentState.CART: {PaymentState.NEW},
    PaymentState.NEW: {PaymentState.PROCESSING, PaymentState.AUTHORIZED, *_ENDED},
    PaymentState.PROCESSING: {PaymentState.AUTHORIZED, *_ENDED},
    PaymentState.AUTHORIZED: _ENDED,
    PaymentState.COMPLETED: {PaymentState.REFUNDED},
    PaymentState.FAILED: set(),
    PaymentState.CANCELLED: set(),
    PaymentState.REFUNDED: set(),
}
STATE = Fact("state", values=tuple(State), says=("the order is {}", "the order is not {}", "the order is neither {}"))
PAYMENT_STATE = Fact(
    "payment state",
    values=tuple(PaymentState),
    attribute="payment_state",
    says=("the payment is {}", "the payment is not {}", "the payment is neither {}"),
)
ASKED = Fact("state asked for", values=(UNSET, *State), attribute="state")
PAYMENT_ASKED = Fact("payment state asked for", values=(UNSET, *PaymentState), attribute="payment_state")


@model
class Patch(PatchBase, sections=Section, facts=(ASKED, PAYMENT_ASKED)):
    """What is to change."""

    state: State | Unset = UNSET
    payment_state: PaymentState | Unset = UNSET
    totals: int | Unset = UNSET
    payment_method: str | Unset = UNSET


@model
class Order(OrderBase["Patch"], facts=(STATE, PAYMENT_STATE)):
    """What the rules read of an order."""

    id: int | str | None = None
    state: State
    payment_state: PaymentState
    written: Patch | Unset = UNSET


POLICY = register(
    Policy(
        name="sylius",
        order_type=Order,
        patch_type=Patch,
        rules=(
            Rule(
                id="SYLIUS-STATE-1",
                section=Section.STATE,
                only_if=TransitionTable(STATE, ASKED, TRANSITIONS, staying=False),
                reason="an order moves along its workflow",
                subject="the state",
            ),
            Rule(
                id="SYLIUS-PAYMENT-1",
                section=Section.PAYMENT_STATE,
                only_if=TransitionTable(PAYMENT_STATE, PAYMENT_ASKED, PAYMENT_TRANSITIONS, staying=False),
                reason="a payment moves along its own workflow",
                subject="the state of the payment",
            ),
            Rule(
                id="SYLIUS-TOTALS-1",
                section=Section.TOTALS,
                only_if=STATE.is_(State.CART),
                reason="an order is priced while it is a cart",
                subject="the totals",
            ),
            Rule(
                id="SYLIUS-METHOD-1",
                section=Section.PAYMENT_METHOD,
                only_if=STATE.is_not(State.CANCELLED),
                reason="a cancelled order is not paid",
                subject="the payment method",
            ),
        ),
    )
)


@attrs.frozen
class UpdateRequest:
    """A request that was read."""

    order_id: int
    patch: Patch


def refusal(decision: Any) -> dict[str, object]:
    """Return an answer that refuses."""
    return {"code": 422, "message": "; ".join(decision.messages)}


ENDPOINT = Endpoint(
    policy=POLICY,
    path="/orders/{id}",
    request_type=UpdateRequest,
    payload=Payload(
        places=(
            Place(attribute="id", path=("id",), kind=int | str),
            Place(attribute="state", path=("state",), kind=State, required=True),
            Place(attribute="payment_state", path=("payment_state",), kind=PaymentState, required=True),
        )
    ),
    refusal=refusal,
    refusal_status=422,
    unreadable=lambda error: {"code": 400, "message": str(error)},
    unreadable_status=400,
    code_of=lambda status, content: str(content.get("code", "")) if status == 422 else None,  # noqa: PLR2004
)
