"""WooCommerce's orders: which may be edited, paid and cancelled. A worked example, and no shipped rulebook.

The facts are those of WooCommerce's own code (``woocommerce/woocommerce`` at 00f8aacd): ``class-wc-order.php``
(``is_editable``, ``needs_payment``, ``payment_complete``), ``OrderStatus.php`` and ``wc-order-functions.php``. Any
status may follow any other, so the status has no rule. Only orders with something to pay need a payment: the total is a
number, of which the rules read one *band*.

Ask: ``orderrules check --policy examples/platforms/woocommerce.py:POLICY order.json update.json``
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs

from orderrules import UNKNOWN, UNSET, Fact, Policy, Rule, Unset
from orderrules.authoring import Endpoint, Model, OrderBase, PatchBase, Payload, Place, field, model, register


class Status(StrEnum):
    """The statuses of an order; the last five are internal."""

    PENDING = "pending"
    PROCESSING = "processing"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    FAILED = "failed"
    CHECKOUT_DRAFT = "checkout-draft"
    AUTO_DRAFT = "auto-draft"
    DRAFT = "draft"
    NEW = "new"
    TRASH = "trash"


class Section(StrEnum):
    """What an update may change."""

    STATUS = "status"
    ITEMS = "items"


class Action(StrEnum):
    """What else may be done."""

    PAY = "pay"
    CANCEL = "cancel"
    COMPLETE_PAYMENT = "complete payment"


STATUS = Fact(
    "status", values=(*Status, UNKNOWN), says=("the order is {}", "the order is not {}", "the order is neither {}")
)
TOTAL = Fact(
    "total",
    values=(UNKNOWN,),
    bands=(0,),
    says=("the total is {}", "the total is not {}", "the total is neither {}"),
)


@model
class LineItem(Model):
    """A line of the order."""

    id: int | Unset = UNSET
    product_id: int | Unset = UNSET
    quantity: int | Unset = UNSET


@model
class Patch(PatchBase, sections=Section):
    """The body of ``PUT /orders/{id}``."""

    status: Status | Unset = UNSET
    line_items: tuple[LineItem, ...] | Unset = field(default=UNSET, section=Section.ITEMS)


@model
class Order(OrderBase["Patch"], facts=(STATUS, TOTAL)):
    """What the rules read of an order; a total that is not shown is None."""

    id: int | None = None
    status: Status | str
    total: int | float | None = None
    written: Patch | Unset = UNSET

    def __payload__(self) -> dict[str, object]:
        payload = super().__payload__()
        return payload if self.total is None else {**payload, "total": str(self.total)}


POLICY = register(
    Policy(
        name="woocommerce",
        order_type=Order,
        patch_type=Patch,
        actions=Action,
        rules=(
            Rule(
                id="WOO-EDIT-1",
                section=Section.ITEMS,
                only_if=STATUS.is_in({Status.PENDING, Status.ON_HOLD, Status.AUTO_DRAFT}),
                reason="the items of an order can be edited until it is paid",
                subject="the items",
            ),
            Rule(
                id="WOO-PAY-1",
                section=Action.PAY,
                only_if=STATUS.is_in({Status.PENDING, Status.FAILED}) & TOTAL.above(0),
                reason="an order needs a payment if it waits for one, and there is something to pay",
                subject="paying for the order",
            ),
            Rule(
                id="WOO-CANCEL-1",
                section=Action.CANCEL,
                only_if=STATUS.is_in({Status.PENDING, Status.FAILED}),
                reason="a customer can cancel an order that is not paid",
                subject="canceling the order",
            ),
            Rule(
                id="WOO-COMPLETE-1",
                section=Action.COMPLETE_PAYMENT,
                only_if=STATUS.is_in({Status.ON_HOLD, Status.PENDING, Status.FAILED, Status.CANCELLED}),
                reason="a payment completes an order that waits for it, also if it failed or was cancelled meanwhile",
                subject="completing the payment",
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
    return {"code": "not_editable", "message": "; ".join(decision.messages)}


ENDPOINT = Endpoint(
    policy=POLICY,
    path="/orders/{id}",
    request_type=UpdateRequest,
    payload=Payload(
        places=(
            Place(attribute="id", path=("id",), kind=int),
            Place(attribute="status", path=("status",), kind=str, required=True),
            Place(attribute="total", path=("total",), kind=str, quoted=True),
        )
    ),
    refusal=refusal,
    refusal_status=400,
    unreadable=lambda error: {"code": "rest_invalid_param", "message": str(error)},
    unreadable_status=400,
    code_of=lambda status, content: str(content.get("code", "")) if status == 400 else None,  # noqa: PLR2004
)
