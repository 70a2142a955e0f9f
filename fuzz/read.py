"""An Atheris target over all that reads: any bytes are an object of ours or one bounded InvalidInput.

``make fuzz`` runs it for a minute, ``make fuzz SECONDS=600`` for ten. Beside the bytes as they come, it reads
documents made of the pages' own words, so that the deeper checks are reached; what is read must be written
and read again as the same, and decided.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["orderrules"]):
    from orderrules import InvalidInput, awal, can_update, salla

WORDS = [
    *salla.POLICY.sections,
    *awal.POLICY.sections,
    *salla.Status,
    *awal.Status,
    *(
        "delivery_method",
        "courier_id",
        "ship_to",
        "coupon_code",
        "geo_coordinates",
        "lat",
        "lng",
        "id",
        "name",
        "notify",
    ),
    *("accepted_methods", "cash_on_delivery", "amount", "currency", "data", "order", "event", "slug", "draft", "paid"),
    *("2024-01-20", "", "\0", "\ud800", "a/b~c", "١٢"),
]
ORDERS = (salla.Order(status="completed"), awal.Order(status="pending"))
MODULES = (salla, awal)


def value(data: atheris.FuzzedDataProvider, depth: int) -> Any:
    """Make a value of JSON, or near it."""
    kinds = 8 if depth else 6
    match data.ConsumeIntInRange(0, kinds):
        case 0:
            return None
        case 1:
            return data.ConsumeBool()
        case 2:
            return data.ConsumeInt(10)
        case 3:
            return data.ConsumeFloat()
        case 4:
            return data.ConsumeUnicode(8)
        case 5 | 6:
            return data.PickValueInList(WORDS)
        case 7:
            return [value(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 3))]
        case _:
            return {data.PickValueInList(WORDS): value(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 4))}


def check(source: Any) -> None:
    """Read something in every way."""
    for module, order in zip(MODULES, ORDERS, strict=True):
        try:
            patch = module.read_patch(source)
        except InvalidInput as error:
            bounded(error)
        else:
            body = module.to_body(patch)
            again = module.read_patch(json.dumps(body))
            if again != patch or repr(again) != repr(patch):
                raise AssertionError(body)
            can_update(order, patch).explain(order)
        try:
            found = module.read_order(source)
        except InvalidInput as error:
            bounded(error)
        else:
            module.POLICY.can_update(found, module.Patch()).explain(found)


def bounded(error: InvalidInput) -> None:
    """See that an error is short and can be written anywhere."""
    text = str(error)
    text.encode()
    if not error.problems or len(error.problems) > 100 or len(text) > 16_384:
        raise AssertionError(text[:1000])


def target(data: bytes) -> None:
    """Read the bytes as they come, or what is made of them."""
    provider = atheris.FuzzedDataProvider(data)
    if provider.ConsumeBool():
        source = provider.ConsumeBytes(len(data))
        check(source)
        check(source.decode("utf-8", "surrogatepass") if is_text(source) else source.decode("latin-1"))
        return
    made = value(provider, 4)
    check(made)
    check(json.dumps(made))


def is_text(source: bytes) -> bool:
    """Say whether bytes are text, surrogates among it."""
    try:
        source.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


if __name__ == "__main__":
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
