"""A second implementation of the restrictions: plain ifs, written from the pages.

It imports nothing from the library on purpose, and repeats what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Set as AbstractSet

SALLA_STATUSES = (
    "payment_pending",
    "under_review",
    "in_progress",
    "completed",
    "delivering",
    "delivered",
    "shipped",
    "canceled",
    "restored",
    "restoring",
    "waiting_for_payment_confirmation",
    "payment_failed",
    "waiting to receive it",
    "request_quote",
)
SALLA_SECTIONS = {
    "customer": "customer",
    "receiver": "receiver",
    "delivery_method": "shipping",
    "branch_id": "shipping",
    "courier_id": "shipping",
    "ship_to": "shipping",
    "payment": "payment",
    "coupon_code": "coupon",
    "employees": "employees",
}
AWAL_STATUSES = ("pending", "accepted", "shipped", "delivered", "completed")


def salla_closed(  # noqa: PLR0913 - the facts of an order and the assumptions.
    status: str | None,
    keys: Collection[str],
    *,
    draft: bool,
    customer: str | None,
    pending: Collection[str] = ("payment_pending",),
    completed: Collection[str] = ("completed",),
    unknown_status: str = "open",
    locked: Collection[str] = (),
    missing_customer: str = "closed",
) -> AbstractSet[str]:
    """Return the sections of a Salla order that refuse an update of these keys; an unknown customer is None."""
    if draft or status == "draft":
        return set()
    if status == "pending":
        status = "payment_pending"
    known = status in SALLA_STATUSES
    settled = status in completed or status in locked or (not known and unknown_status == "closed")
    closed = set()
    if "customer" in keys and (customer == "registered" or (customer is None and missing_customer == "closed")):
        closed.add("customer")
    if "receiver" in keys and settled:
        closed.add("receiver")
    if settled and ("delivery_method" in keys or "branch_id" in keys or "courier_id" in keys or "ship_to" in keys):
        closed.add("shipping")
    if "payment" in keys and status not in pending:
        closed.add("payment")
    if "coupon_code" in keys and settled:
        closed.add("coupon")
    return closed


def salla_can(status: str | None, action: str, *, cancellation: bool | None = None, rating: bool | None = None) -> bool:
    """Return whether an action is allowed for a Salla order; a setting of the store is None if it is not known."""
    if (action == "cancel" and cancellation is False) or (action == "rate" and rating is False):
        return False
    if status == "pending":
        status = "payment_pending"
    if action == "cancel":
        return status in {"under_review", "in_progress"}
    if action == "rate":
        return status in {"completed", "delivered", "shipped"}
    return action == "pay" and status == "payment_pending"


def awal_closed(status: str, asked: str | None, *, skipping: bool = False) -> AbstractSet[str]:
    """Return the keys of an Awal order that refuse an update; ``asked`` is the status it asks for, or None."""
    if asked is None or asked == status:
        return set()
    if status == "pending":
        may = {"accepted"}
    elif status == "accepted":
        may = {"shipped"}
    elif status == "shipped":
        may = {"delivered"}
    elif status == "delivered":
        may = {"completed"}
    else:
        may = set()
    if skipping and status in AWAL_STATUSES and AWAL_STATUSES.index(asked) > AWAL_STATUSES.index(status):
        may.add(asked)
    return set() if asked in may else {"status"}
