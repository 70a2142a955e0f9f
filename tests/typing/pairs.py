"""What the types promise, and that a mixed pair fails; mypy and pyright check this file, and it is never run."""

from __future__ import annotations

from datetime import date
from typing import assert_type

from orderrules import Decision, Policy, Unset, awal, can_update, salla

salla_order = salla.read_order({}, guest=False)
salla_patch = salla.read_patch(b"{}")
awal_order = awal.read_order("{}")
awal_patch = awal.read_patch({})

assert_type(salla_order, salla.Order)
assert_type(awal_patch, awal.Patch)
assert_type(salla.POLICY, Policy[salla.Order, salla.Patch])
assert_type(can_update(salla_order, salla_patch), Decision)
assert_type(awal.POLICY.can_update(awal_order, awal_patch), Decision)
assert_type(
    salla.policy(completed={salla.Status.SHIPPED}).without("SALLA-COUPON-1").can(salla_order, "cancel"), Decision
)
assert_type(awal_patch.shipping_date, date | Unset)
assert_type(salla_order.replace(status="shipped"), salla.Order)
assert_type(awal_order.status, awal.Status | str)

can_update(salla_order, awal_patch)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
can_update(awal_order, salla_patch)  # type: ignore[misc]  # pyright: ignore[reportArgumentType]
salla.POLICY.can_update(awal_order, salla_patch)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
salla.POLICY.can_update(salla_order, awal_patch)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
salla.Patch(branch_id="7")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
awal.Patch(branch_id=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
