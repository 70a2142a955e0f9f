"""Vendure's orders: thirteen states, forty-five arrows. A worked example, and no shipped rulebook.

The facts are those of Vendure's own code (``vendure-ecommerce/vendure`` at 1633446f): ``default-order-process.ts`` and
``order.service.ts``. Addresses, coupons and the customer have no check of the state there, so they have no rule here.

Ask: ``orderrules next --policy examples/platforms/vendure.py:POLICY order.json``
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
    field,
    model,
    register,
)


class State(StrEnum):
    """The states of an order."""

    CREATED = "Created"
    DRAFT = "Draft"
    ADDING_ITEMS = "AddingItems"
    ARRANGING_PAYMENT = "ArrangingPayment"
    PAYMENT_AUTHORIZED = "PaymentAuthorized"
    PAYMENT_SETTLED = "PaymentSettled"
    PARTIALLY_SHIPPED = "PartiallyShipped"
    SHIPPED = "Shipped"
    PARTIALLY_DELIVERED = "PartiallyDelivered"
    DELIVERED = "Delivered"
    MODIFYING = "Modifying"
    ARRANGING_ADDITIONAL_PAYMENT = "ArrangingAdditionalPayment"
    CANCELLED = "Cancelled"


class Section(StrEnum):
    """What an update may change."""

    STATE = "state"
    LINES = "lines"
    ADDRESSES = "addresses"
    COUPON = "coupon"


class Action(StrEnum):
    """What else may be done."""

    MODIFY = "modify"
    ADD_PAYMENT = "add payment"
    ADD_MANUAL_PAYMENT = "add manual payment"
    REFUND = "refund"
    DELETE = "delete"


TRANSITIONS: dict[State, set[State]] = {
    State.CREATED: {State.ADDING_ITEMS, State.DRAFT},
    State.DRAFT: {State.CANCELLED, State.ARRANGING_PAYMENT},
    State.ADDING_ITEMS: {State.ARRANGING_PAYMENT, State.CANCELLED},
    State.ARRANGING_PAYMENT: {
        State.PAYMENT_AUTHORIZED,
        State.PAYMENT_SETTLED,
        State.ADDING_ITEMS,
        State.CANCELLED,
    },
    State.PAYMENT_AUTHORIZED: {
        State.PAYMENT_SETTLED,
        State.CANCELLED,
        State.MODIFYING,
        State.ARRANGING_ADDITIONAL_PAYMENT,
    },
    State.PAYMENT_SETTLED: {
        State.PARTIALLY_DELIVERED,
        State.DELIVERED,
        State.PARTIALLY_SHIPPED,
        State.SHIPPED,
        State.CANCELLED,
        State.MODIFYING,
        State.ARRANGING_ADDITIONAL_PAYMENT,
    },
    State.PARTIALLY_SHIPPED: {State.SHIPPED, State.PARTIALLY_DELIVERED, State.CANCELLED, State.MODIFYING},
    State.SHIPPED: {State.PARTIALLY_DELIVERED, State.DELIVERED, State.CANCELLED, State.MODIFYING},
    State.PARTIALLY_DELIVERED: {State.DELIVERED, State.CANCELLED, State.MODIFYING},
    State.DELIVERED: {State.CANCELLED},
    State.MODIFYING: {
        State.PAYMENT_AUTHORIZED,
        State.PAYMENT_SETTLED,
        State.PARTIALLY_SHIPPED,
        State.SHIPPED,
        State.PARTIALLY_DELIVERED,
        State.ARRANGING_ADDITIONAL_PAYMENT,
    },
    State.ARRANGING_ADDITIONAL_PAYMENT: {
        State.PAYMENT_AUTHORIZED,
        State.PAYMENT_SETTLED,
        State.PARTIALLY_SHIPPED,
        State.SHIPPED,
        State.PARTIALLY_DELIVERED,
        State.CANCELLED,
    },
    State.CANCELLED: set(),
}
STATE = Fact("state", values=tuple(State), says=("the order is {}", "the order is not {}", "the order is neither {}"))
ASKED = Fact("state asked for", values=(UNSET, *State), attribute="state")
TAKES_PAYMENT = {State.ARRANGING_PAYMENT} | {
    state for state, following in TRANSITIONS.items() if {State.PAYMENT_AUTHORIZED, State.PAYMENT_SETTLED} <= following
}
"""ArrangingPayment, and each state from which both payment states can be reached."""


@model
class Patch(PatchBase, sections=Section, facts=(ASKED,)):
    """What is to change."""

    state: State | Unset = UNSET
    lines: tuple[int, ...] | Unset = UNSET
    shipping_method: int | Unset = field(default=UNSET, section=Section.LINES)
    shipping_address: str | Unset = field(default=UNSET, section=Section.ADDRESSES)
    billing_address: str | Unset = field(default=UNSET, section=Section.ADDRESSES)
    coupon: str | Unset = UNSET


@model
class Order(OrderBase["Patch"], facts=(STATE,)):
    """What the rules read of an order."""

    id: int | str | None = None
    state: State
    written: Patch | Unset = UNSET


POLICY = register(
    Policy(
        name="vendure",
        order_type=Order,
        patch_type=Patch,
        actions=Action,
        rules=(
            Rule(
                id="VENDURE-STATE-1",
                section=Section.STATE,
                only_if=TransitionTable(STATE, ASKED, TRANSITIONS, staying=False),
                reason="an order moves along the transitions of its process",
                subject="the state",
            ),
            Rule(
                id="VENDURE-LINES-1",
                section=Section.LINES,
                only_if=STATE.is_in({State.ADDING_ITEMS, State.DRAFT}),
                reason="lines and shipping are chosen while items are added",
                subject="the lines",
            ),
            Rule(
                id="VENDURE-MODIFY-1",
                section=Action.MODIFY,
                only_if=STATE.is_(State.MODIFYING),
                reason="an order that was placed is modified in a state of its own",
            ),
            Rule(
                id="VENDURE-PAYMENT-1",
                section=Action.ADD_PAYMENT,
                only_if=STATE.is_in(TAKES_PAYMENT),
                reason="a payment may authorize or settle the order",
            ),
            Rule(
                id="VENDURE-PAYMENT-2",
                section=Action.ADD_MANUAL_PAYMENT,
                only_if=STATE.is_in({State.ARRANGING_ADDITIONAL_PAYMENT, State.ARRANGING_PAYMENT}),
                reason="a manual payment is added while payment is arranged",
            ),
            Rule(
                id="VENDURE-REFUND-1",
                section=Action.REFUND,
                only_if=STATE.is_not_in({State.ADDING_ITEMS, State.ARRANGING_PAYMENT, State.PAYMENT_AUTHORIZED}),
                reason="what is not settled cannot be refunded",
            ),
            Rule(
                id="VENDURE-DELETE-1",
                section=Action.DELETE,
                only_if=STATE.is_(State.DRAFT),
                reason="only a draft is deleted; other orders are cancelled",
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
    return {"errorCode": "ORDER_STATE_TRANSITION_ERROR", "message": "; ".join(decision.messages)}


ENDPOINT = Endpoint(
    policy=POLICY,
    path="/orders/{id}",
    request_type=UpdateRequest,
    payload=Payload(
        places=(
            Place(attribute="id", path=("id",), kind=int | str),
            Place(attribute="state", path=("state",), kind=State, required=True),
        )
    ),
    refusal=refusal,
    refusal_status=409,
    unreadable=lambda error: {"errorCode": "BAD_USER_INPUT", "message": str(error)},
    unreadable_status=400,
    code_of=lambda status, content: str(content.get("errorCode", "")) if status == 409 else None,  # noqa: PLR2004
)
