"""Orders are read alike by every way: as a dict, as text and as bytes, with msgspec and without it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, Final, cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import InvalidInput, awal, salla
from orderrules.authoring import (
    UNKNOWN,
    Empty,
    Fact,
    OrderBase,
    Payload,
    Place,
    Policy,
    field,
    model,
)
from orderrules.reading.order_reader import make_order_reader, order_reader
from orderrules.reading.strict_json import UnsureError
from tests.kit import toy
from tests.kit.ways_to_read import outcomes

SLUGS: Final[list[Any]] = [
    "completed",
    "pending",
    "draft",
    "complete",
    "ملغي",
    "",
    "a\0b",
    "\ud800",
    "x" * 100,
    None,
    7,
    True,
    [],
    {},
]
STATUSES: Final = [*({"slug": slug, "id": 1} for slug in SLUGS), {"id": 7}, {}, [], None, "completed", 404, [1], False]
CUSTOMERS: Final = [{"id": 1}, {}, [], None, "x", 0, [1], {"a": {"a": 1}}]
PIECES: Final[dict[str, list[Any]]] = {
    "id": [1, 1 << 70, "A-1", "\ud800", "a\0", None, 1.0, True, [], {}],
    "reference_id": [1, None],
    "status": STATUSES,
    "draft": [True, False, None, 0, "true", [], 1.0],
    "customer": CUSTOMERS,
    "amounts": [{"total": {"amount": 1.5, "currency": "SAR"}}, []],
    "items": [[{"name": "قميص: أبيض", "url": "https://a/b"}, {"name": 'a "quoted": [text]'}], [], {"0": {}}],
    "event": ["order.created", "app.installed", 7, None],
    "success": [True, False, None],
    "data": [{"id": 1}, [], None],
    "order": [{"status": {"slug": "shipped"}, "id": 2}, "x", None, []],
    "colour": ["red", 10**30, 0.1, "٣", "\u2028"],
}
ORDERS: Final = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in PIECES.items()})
PAYLOADS: Final = st.one_of(
    ORDERS,
    st.fixed_dictionaries(
        {"data": ORDERS}, optional={key: st.sampled_from(PIECES[key]) for key in ("event", "success", "status")}
    ),
    st.fixed_dictionaries(
        {"data": st.fixed_dictionaries({"order": ORDERS, "status": st.sampled_from(["x", None, {}, 7])})},
        optional={"event": st.sampled_from(PIECES["event"])},
    ),
)


def documents_of(payload: Any) -> list[str]:
    """Return a payload as JSON: compact, indented, and escaped as PHP writes it."""
    return [
        json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
        json.dumps(payload, ensure_ascii=False, indent=2),
        json.dumps(payload).replace("/", "\\/"),
    ]


@given(PAYLOADS, st.booleans())
def test_every_way_reads_the_same_order_or_finds_the_same_problems(payload: Any, guest: bool) -> None:
    """Both platforms read it, as a dict and as a document."""
    for read in (lambda source: salla.read_order(source, guest=guest), awal.read_order):
        careful, *others = outcomes(read, payload)
        assert others == [careful] * len(others)
        for document in documents_of(payload):
            careful, *others = outcomes(read, document)
            assert others == [careful] * len(others)
            careful, *others = outcomes(read, document.encode(errors="surrogatepass"))
            assert others == [careful] * len(others)


@pytest.mark.parametrize(
    "document",
    [
        b'{"status": {"slug": "completed", "slug": "shipped"}}',
        b'{"draft": true, "x": {"a": 1, "a": 2}}',
        b'{"draft": true, "x": [{"a": 1, "\\u0061": ":"}]}',
        b'{"draft": true, "x": {"a": "\\u003a", "a": 1}}',
        b'{"draft": true, "x": {"a": ":", "a": "::"}}',
        b'{"draft": true, "x": NaN}',
        b'{"draft": true, "x": -Infinity}',
        b'{"draft": true, "x": 1e999}',
        b'{"draft": true, "x": "a\nb"}',
        b'{"draft": true, "x": "a\x1fb"}',
        b'{"draft": true, "x": "\\ud800"}',
        b'{"draft": true, "x": 01}',
        b'{"draft": true, "x": ' + b"7" * 40 + b"}",
        b'{"draft": true, "x": ' + b"7" * 101 + b"}",
        b'{"draft": true, "x": 0.' + b"7" * 101 + b"}",
        b'{"draft": true, "x": ' + b"[" * 63 + b"]" * 63 + b"}",
        b'{"draft": true, "x": ' + b"[" * 64 + b"]" * 64 + b"}",
        b'{"draft": true, "x": "' + b"[" * 100 + b'"}',
        b'{"draft": true, "x": "\\"' + b"[" * 100 + b'", "y": ' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"draft": true, "x": [' + b"[],{}," * 50 + b"1]}",
        b'{"draft": true, "x": [' + b"1," * 200 + b"1]}",
        b'{"draft": true} {}',
        b'  {"draft": true}\n ',
        b'\xef\xbb\xbf{"draft": true}',
        b'{"draft": true, "x": "\xff"}',
        b'{"draft" : true , "a:b": "c:d"}',
        b'{"draft": true',
        b"[" * 5000,
        b"",
        b"7",
        b"null",
    ],
    ids=repr,
)
def test_every_way_reads_the_same_document(document: bytes) -> None:
    """Equal keys, long numbers, deep nesting and what JSON does not allow are problems in every way."""
    careful, *others = outcomes(salla.read_order, document)
    assert others == [careful, careful]
    careful, *others = outcomes(salla.read_order, document.decode(errors="surrogateescape"))
    assert others == [careful, careful]


def test_orders_with_the_same_facts_have_their_own_attributes() -> None:
    """They are copies of one order, and equal to one that is built."""
    first = awal.read_order({"id": 1, "status": "pending", "admin_notes": "a", "shipping_date": "2024-03-12"})
    other = awal.read_order({"id": 2, "status": "pending", "payment_status": "paid"})
    assert first == awal.Order(id=1, status="pending", admin_notes="a", shipping_date="2024-03-12")
    assert other == awal.Order(id=2, status="pending", payment_status=awal.PaymentStatus.PAID)
    assert salla.read_order({"id": 1, "draft": True}, guest=True).customer is salla.CustomerKind.GUEST
    assert salla.read_order({"id": 1, "draft": True}).customer is not salla.CustomerKind.GUEST


def test_any_number_of_statuses_is_read() -> None:
    """Only some are kept, and no long one."""
    read = make_order_reader(salla.PAYLOAD, salla.Order, salla.ENDPOINT._build)
    for number in range(1100):
        assert read({"status": {"slug": f"own {number}"}}, guest=False).status == f"own {number}"
        assert read({"status": {"slug": "x" * (60 + number)}}, guest=False) == salla.Order(status="x" * (60 + number))


def test_endpoints_that_differ_in_their_policy_share_a_reader() -> None:
    """Making one takes a millisecond. A payload of its own has another."""
    other = salla.ENDPOINT.under(salla.policy(completed=salla.COMPLETED_FAMILY))
    assert other._read_quickly is salla.ENDPOINT._read_quickly
    own = attrs.evolve(salla.ENDPOINT, payload=attrs.evolve(salla.PAYLOAD, inside="content"))
    assert own.read_order({"content": {"draft": True}}).draft
    for _ in range(300):
        order_reader(attrs.evolve(salla.PAYLOAD), salla.Order, salla.ENDPOINT._build)
    assert order_reader(salla.PAYLOAD, salla.Order, salla.ENDPOINT._build)({"draft": True}, guest=False).draft


class Level(StrEnum):
    """A choice."""

    LOW = "low"
    HIGH = "high"


LEVEL: Final = Fact("level", values=(*Level, UNKNOWN))
RUSH: Final = Fact("rush", values=(False, True))
COUNT: Final = Fact("count", values=(1, 2, UNKNOWN))


@model
class Sale(OrderBase["toy.Patch"], facts=(LEVEL, RUSH, COUNT)):
    """An order whose facts are of other types."""

    level: Level | str | None = None
    rush: bool = False
    count: int | float | None = None
    name: str | None = None
    upper: str | None = field(default=None, converter=lambda value: value and value.upper())


PLACES: Final = (
    Place(attribute="level", path=("level",), kind=Level | str, empty=(Empty.NULL, Empty.ARRAY, Empty.OBJECT)),
    Place(attribute="rush", path=("urgent", "flag"), kind=bool, if_left_out=False, if_key_left_out=True),
    Place(attribute="count", path=("count",), kind=int | float, required=True),
)
VALUES: Final[list[Any]] = [
    None,
    [],
    {},
    "low",
    "other",
    1,
    2.0,
    2.5,
    1e400,
    True,
    {"flag": True},
    {"flag": 1},
    {"a": 1},
]


LINES: Final = Place(
    attribute="count", path=("lines",), kind=int, length=True, empty=(Empty.NULL,), if_left_out=-1, if_empty=-2
)


@pytest.mark.parametrize(
    ("payload", "count"),
    [
        ({"lines": [{"sku": "a"}, 7]}, 2),
        ({"lines": []}, 0),
        ({"lines": None}, -2),
        ({}, -1),
        ({"lines": {}}, "/lines: expected an array, got an object"),
        ({"lines": 3}, "/lines: expected an array, got an integer"),
    ],
)
def test_the_length_of_a_list_is_an_attribute(payload: dict[str, Any], count: Any) -> None:
    """Its items may be anything."""
    endpoint = sale_endpoint(Payload(places=(LINES,)))
    careful, *others = outcomes(endpoint.read_order, payload)
    assert others == [careful, careful]
    if isinstance(count, int):
        assert endpoint.read_order(payload).count == count
    else:
        with pytest.raises(InvalidInput) as caught:
            endpoint.read_order(payload)
        assert str(caught.value.problems[0]) == count


def sale_endpoint(payload: Payload, build: Any = None) -> Any:
    """Return an endpoint that reads sales; its rules do not matter."""
    policy = Policy(name="sales", order_type=Sale, patch_type=toy.Patch, rules=())
    return attrs.evolve(cast("Any", toy.ENDPOINT), policy=policy, payload=payload, build_order=build)


@pytest.mark.parametrize(
    "shown", [{}, {"name": str}, {"upper": str}, {"name": int}, {"name": str, "upper": str}], ids=repr
)
def test_places_of_other_types_are_read_alike(shown: dict[str, Any]) -> None:
    """An attribute that is converted, or is of a type that the order does not have, is left to the careful way."""
    endpoint = sale_endpoint(Payload(places=PLACES, shown=shown))
    for value in VALUES:
        for key in ("level", "urgent", "count", "name", "upper"):
            payload = {"count": 1, key: value}
            careful, *others = outcomes(endpoint.read_order, payload)
            assert others == [careful, careful]


NOTED: Final = Fact("noted", values=(False, True))


@model
class Note(OrderBase["toy.Patch"], facts=(NOTED,)):
    """An order with a fact that is read from a property."""

    text: str | None = None

    @property
    def noted(self) -> bool:
        """Whether there is a text."""
        return self.text is not None


@model
class Named(OrderBase["toy.Patch"], facts=(Fact("name", values=("Noura", UNKNOWN)),)):
    """An order with a fact that the payload only shows."""

    name: str | None = None


@pytest.mark.parametrize(("order_type", "key"), [(Note, "text"), (Named, "name")])
def test_a_fact_that_is_only_shown_is_read_for_each_order(order_type: Any, key: str) -> None:
    """A copy would have the fact of another order."""
    policy = Policy(name="notes", order_type=order_type, patch_type=toy.Patch, rules=())
    payload = Payload(places=(), shown={key: str})
    endpoint = attrs.evolve(cast("Any", toy.ENDPOINT), policy=policy, payload=payload, build_order=None)
    for value in (None, "Noura", "x", None, "Noura"):
        order = endpoint.read_order({key: value})
        assert order == order_type(**{key: value})
        assert policy.indices([order]) == policy.indices([order_type(**{key: value})])


def test_an_order_that_depends_on_more_than_its_facts_is_read_carefully() -> None:
    """A copy would have another value."""

    def build(**attributes: Any) -> Sale:
        return Sale(**{**attributes, "rush": attributes["name"] == "Noura"})

    endpoint = sale_endpoint(Payload(places=PLACES, shown={"name": str}), build)
    assert endpoint.read_order({"count": 1, "name": "Noura"}).rush
    assert not endpoint.read_order({"count": 1, "name": "Sami"}).rush
    with pytest.raises(UnsureError):
        make_order_reader(endpoint.payload, Sale, build)({"count": 1, "name": "Noura"}, guest=False)
