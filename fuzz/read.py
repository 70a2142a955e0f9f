"""An Atheris target for everything that reads: any bytes become an object, or one ``InvalidInput`` of limited size.

``make fuzz`` runs it for a minute, ``make fuzz SECONDS=600`` for ten. Besides raw bytes, it reads documents made of the
pages' own words, to reach the deeper checks. What can be read must be the same after it is written and read again, and
the policy must decide on it.
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
    """Make a JSON value, or something close to it."""
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
    """Read something with every reader, and check the results."""
    for module, order in zip(MODULES, ORDERS, strict=True):
        try:
            patch = module.read_patch(source)
        except InvalidInput as error:
            check_error(error)
        else:
            body = module.to_body(patch)
            again = module.read_patch(json.dumps(body))
            if again != patch or repr(again) != repr(patch):
                raise AssertionError(body)
            can_update(order, patch).explain(order)
        try:
            result = module.read_order(source)
        except InvalidInput as error:
            check_error(error)
        else:
            module.POLICY.can_update(result, module.Patch()).explain(result)


def check_error(error: InvalidInput) -> None:
    """Check that an error is short and can be encoded."""
    text = str(error)
    text.encode()
    if not error.problems or len(error.problems) > 100 or len(text) > 16_384:
        raise AssertionError(text[:1000])


def target(data: bytes) -> None:
    """Read the bytes as they are, or a value made from them."""
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
    """Return whether bytes are UTF-8; surrogates are allowed."""
    try:
        source.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


if __name__ == "__main__":
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
