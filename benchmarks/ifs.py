"""What one would write by hand: models without checks, and ifs that return a bare bool."""

from __future__ import annotations

from typing import Any

import attrs

from orderrules import UNSET


def by_ifs(order: Any, patch: Any) -> bool:
    """Return whether an update is allowed; the first refusal ends it, and nothing says which one it was."""
    if order.draft:
        return True
    status = order.status
    if patch.customer is not UNSET and order.customer == "registered":
        return False
    if patch.payment is not UNSET and status != "payment_pending":
        return False
    if status == "completed":
        if patch.receiver is not UNSET or patch.coupon_code is not UNSET:
            return False
        if (
            patch.ship_to is not UNSET
            or patch.courier_id is not UNSET
            or patch.branch_id is not UNSET
            or patch.delivery_method is not UNSET
        ):
            return False
    return True


@attrs.frozen(kw_only=True)
class PlainOrder:
    """An order without checks."""

    id: Any = None
    status: Any = None
    draft: Any = False
    customer: Any = None


@attrs.frozen(kw_only=True)
class PlainPatch:
    """A patch without checks."""

    customer: Any = UNSET
    receiver: Any = UNSET
    delivery_method: Any = UNSET
    branch_id: Any = UNSET
    courier_id: Any = UNSET
    ship_to: Any = UNSET
    payment: Any = UNSET
    coupon_code: Any = UNSET
    employees: Any = UNSET


@attrs.frozen(kw_only=True)
class PlainReceiver:
    """A receiver without checks."""

    name: Any = UNSET
    country_code: Any = UNSET
    phone: Any = UNSET
    email: Any = UNSET
    notify: Any = UNSET
