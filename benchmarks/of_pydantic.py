"""The same models in pydantic, strict and without extra keys: a key may be left out, but is never null."""

from __future__ import annotations

from typing import Any

import pydantic


def by_ifs_of_none(order: Any, patch: Any) -> bool:
    """Return whether an update is allowed, if None means that a key is left out."""
    if order.draft:
        return True
    status = order.status
    if patch.customer is not None and order.customer == "registered":
        return False
    if patch.payment is not None and status != "payment_pending":
        return False
    if status == "completed":
        if patch.receiver is not None or patch.coupon_code is not None:
            return False
        if (
            patch.ship_to is not None
            or patch.courier_id is not None
            or patch.branch_id is not None
            or patch.delivery_method is not None
        ):
            return False
    return True


class Strict(pydantic.BaseModel):
    """The base class: strict, frozen, and without extra keys."""

    model_config = pydantic.ConfigDict(strict=True, extra="forbid", frozen=True)


class Customer(Strict):
    """The body's ``customer``."""

    id: int = None
    name: str = None
    mobile: str = None
    email: str = None


class Receiver(Strict):
    """The body's ``receiver``."""

    name: str = None
    country_code: str = None
    phone: str = None
    email: str = None
    notify: bool = None


class GeoCoordinates(Strict):
    """The coordinates of the address."""

    lat: int | float = None
    lng: int | float = None


class ShipTo(Strict):
    """The body's ``ship_to``."""

    country: int = None
    city: int = None
    block: str = None
    street_number: str = None
    address: str = None
    address_line: str = None
    postal_code: str = None
    geo_coordinates: GeoCoordinates = None
    district: int = None
    short_address: str = None
    building_number: str = None
    additional_number: str = None


class CashOnDelivery(Strict):
    """The amount to pay on delivery."""

    amount: int | float = None
    currency: str = None


class Payment(Strict):
    """The body's ``payment``."""

    status: str = None
    method: str = None
    store_bank_id: int = None
    receipt_image_path: str = None
    accepted_methods: tuple[str, ...] = None
    cash_on_delivery: CashOnDelivery = None


class Patch(Strict):
    """The body of the request."""

    customer: Customer = None
    receiver: Receiver = None
    delivery_method: str = None
    branch_id: int = None
    courier_id: int = None
    ship_to: ShipTo = None
    payment: Payment = None
    coupon_code: str = None
    employees: tuple[int, ...] = None


class Status(pydantic.BaseModel):
    """The status of an order; only its slug is read."""

    slug: str


class Order(pydantic.BaseModel):
    """The parts of an order that are read."""

    status: Status
    draft: bool = False
    customer: Any = None
