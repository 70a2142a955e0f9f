"""Strategies for orders, patches and JSON."""

from __future__ import annotations

import string
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import attrs
from hypothesis import strategies as st

from orderrules import UNSET, Policy, awal, salla

if TYPE_CHECKING:
    from collections.abc import Callable

texts: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
integers: Final = st.integers(-(10**20), 10**20)
numbers: Final = integers | st.floats(allow_nan=False, allow_infinity=False)


def some(model: Callable[..., Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy for a model with any subset of its fields."""
    return st.fixed_dictionaries({}, optional=fields).map(lambda values: model(**values))


salla_orders: Final = st.builds(
    salla.Order,
    id=st.none() | st.integers(1, 10**9) | st.text(string.ascii_letters + string.digits, min_size=1, max_size=8),
    status=st.sampled_from([*salla.Status, "draft", "pending", None, UNSET]) | texts,
    draft=st.booleans(),
    customer=st.sampled_from([*salla.CustomerKind, UNSET]),
)
salla_patches: Final = some(
    salla.Patch,
    customer=some(salla.Customer, id=integers, name=texts, mobile=texts, email=texts),
    receiver=some(salla.Receiver, name=texts, country_code=texts, phone=texts, email=texts, notify=st.booleans()),
    delivery_method=texts,
    branch_id=integers,
    courier_id=integers,
    ship_to=some(
        salla.ShipTo,
        country=integers,
        city=integers,
        block=texts,
        postal_code=texts,
        district=integers,
        geo_coordinates=some(salla.GeoCoordinates, lat=numbers, lng=numbers),
    ),
    payment=some(
        salla.Payment,
        status=texts,
        method=texts,
        store_bank_id=integers,
        accepted_methods=st.lists(texts, max_size=3).map(tuple),
        cash_on_delivery=some(salla.CashOnDelivery, amount=numbers, currency=texts),
    ),
    coupon_code=texts,
    employees=st.lists(integers, max_size=3).map(tuple),
)
awal_orders: Final = st.builds(
    awal.Order,
    id=st.none() | st.integers(1, 10**9),
    status=st.sampled_from(awal.Status) | texts,
    payment_status=st.none() | st.sampled_from(awal.PaymentStatus),
    shipping_date=st.none() | st.dates(),
    delivery_date=st.none() | st.dates(),
    admin_notes=st.none() | texts,
)
awal_patches: Final = some(
    awal.Patch,
    admin_notes=texts,
    status=st.sampled_from(awal.Status),
    payment_status=st.sampled_from(awal.PaymentStatus),
    shipping_date=st.dates(),
    delivery_date=st.dates(),
    branch_id=texts,
)
pairs: Final = st.tuples(st.just(salla.POLICY), salla_orders, salla_patches, salla_patches) | st.tuples(
    st.just(awal.POLICY), awal_orders, awal_patches, awal_patches
)
"""A policy, an order and two patches of its platform."""
json_values: Final = st.recursive(
    st.none() | st.booleans() | integers | st.floats() | texts | st.dates().map(date.isoformat),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*salla.Section, *awal.Section, "ship_to", "id", "notify"]) | texts, inner, max_size=4
        )
    ),
    max_leaves=12,
)


def said(patch: Any) -> dict[str, Any]:
    """Return the values of a patch by key."""
    return {key: getattr(patch, key) for key in patch.keys}


def to_json(value: Any) -> Any:
    """Return the JSON body that a patch stands for."""
    if attrs.has(type(value)):
        fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        return {name: to_json(item) for name, item in fields.items() if item is not UNSET}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def module_of(policy: Policy[Any, Any]) -> Any:
    """Return the module of the policy's platform."""
    return {"salla": salla, "awal": awal}[policy.name]
