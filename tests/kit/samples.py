"""Sample values for every body key, and sample orders and patches of both platforms."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from orderrules import UNSET, awal, salla

if TYPE_CHECKING:
    from collections.abc import Iterator

SALLA: Final[dict[str, Any]] = {
    "customer": salla.Customer(id=1209555001, name="Sami"),
    "receiver": salla.Receiver(name="Noura", notify=True),
    "delivery_method": "shipping",
    "branch_id": 1120458833,
    "courier_id": 1433870001,
    "ship_to": salla.ShipTo(city=1939592358, geo_coordinates=salla.GeoCoordinates(lat=21, lng=39.1497)),
    "payment": salla.Payment(
        status="paid", accepted_methods=("bank",), cash_on_delivery=salla.CashOnDelivery(amount=15)
    ),
    "coupon_code": "RAMADAN24",
    "employees": (1764372001,),
}
AWAL: Final[dict[str, Any]] = {
    "admin_notes": "call first",
    "payment_status": awal.PaymentStatus.PAID,
    "shipping_date": date(2024, 3, 12),
    "delivery_date": date(2024, 3, 14),
    "branch_id": "7",
}
UNKNOWN_STATUS: Final = "on_the_moon"


def subsets(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every subset of the keys with their values."""
    for size in range(len(values) + 1):
        for keys in itertools.combinations(values, size):
            yield {key: values[key] for key in keys}


def salla_orders() -> Iterator[salla.Order]:
    """Yield an order for every point of Salla: all statuses, *draft*, and an unknown status."""
    for status in (*salla.Status, "draft", UNKNOWN_STATUS):
        for draft in (False, True):
            for customer in (*salla.CustomerKind, UNSET):
                yield salla.Order(status=status, draft=draft, customer=customer)


def salla_patches() -> list[salla.Patch]:
    """Return a patch for every set of keys."""
    return [salla.Patch(**values) for values in subsets(SALLA)]


def awal_orders() -> Iterator[awal.Order]:
    """Yield an order for every point of Awal: the five statuses, and an unknown one."""
    for status in (*awal.Status, UNKNOWN_STATUS):
        yield awal.Order(status=status)


def awal_patches() -> list[awal.Patch]:
    """Return a patch for every status asked for, or none, with every set of the other keys."""
    return [awal.Patch(**values, status=asked) for asked in (UNSET, *awal.Status) for values in subsets(AWAL)]


PAGE_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "customer": {
        "customer": {"id": 1209983424, "name": "new name", "mobile": "+966566666666", "email": "someone@shop.example"}
    },
    "receiver": {
        "receiver": {
            "name": "i am the one",
            "country_code": "SA",
            "phone": "966566666666",
            "email": "someone@shop.example",
            "notify": False,
        }
    },
    "shipping": {
        "delivery_method": "shipping",
        "branch_id": 203948803,
        "courier_id": 1433878184,
        "ship_to": {
            "country": 1473353380,
            "city": 1939592358,
            "block": "Apt. 836",
            "street_number": "8230",
            "address": "24453 Rosalinda Well",
            "address_line": "West",
            "postal_code": "51434",
            "geo_coordinates": {"lat": 79.0225, "lng": 53.5041},
        },
    },
    "payment": {
        "payment": {
            "status": "paid",
            "method": "bank",
            "store_bank_id": 234234,
            "receipt_image_path": "url",
            "accepted_methods": ["bank", "credit_card"],
            "cash_on_delivery": {"amount": 10, "currency": "SAR"},
        }
    },
    "coupon": {"coupon_code": "CO123123"},
    "employees": {"employees": [1764372897, 187291202]},
}
"""The samples on Salla's page, by section."""
