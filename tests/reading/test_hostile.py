"""Hostile input gives the right object or an InvalidInput, never another error; each table row is one attack."""

from __future__ import annotations

import json
import pickle
import sys
from collections import ChainMap, OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, awal, salla
from orderrules.authoring import write_body
from orderrules.platforms.awal import Status
from tests.kit.mappings import Failing

pytestmark = pytest.mark.usefixtures("route")
Row = tuple[str, Callable[..., object], Any, list[tuple[str, Code]]]


class Text(str):
    """A subclass of str whose comparison lies."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Whole(int):
    """A subclass of int whose index lies."""

    def __index__(self) -> int:
        return 7


WHOLE: Final[Any] = Whole(7)


class ChangingMapping(dict[str, object]):
    """A dict whose items differ from its content."""

    def items(self) -> Any:
        """Return the same items for any content."""
        return {"coupon_code": 7}.items()


class EndlessMapping(Failing):
    """A mapping whose items never end."""

    def items(self) -> Any:
        """Yield one key forever."""
        while True:
            yield ("coupon_code", "x")


class DuplicateKeyMapping(Failing):
    """A mapping with two values for one key."""

    def items(self) -> Any:
        """Return the key twice."""
        return [("status", None), ("status", {"slug": "completed"})]


class TripleMapping(Failing):
    """A mapping whose items are not pairs."""

    def items(self) -> Any:
        """Return one item of three values."""
        return [(1, 2, 3)]


class RaisingClass:
    """An object whose ``__class__`` raises."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise ZeroDivisionError


class Loud:
    """An object whose attributes, comparison, truth value and text raise."""

    def __getattribute__(self, name: str) -> Any:
        raise ZeroDivisionError

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __hash__(self) -> int:
        return hash("coupon_code")

    def __bool__(self) -> bool:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise ZeroDivisionError

    __repr__ = __str__


class CollidingKey:
    """A key that has the same hash as every other of its class."""

    def __hash__(self) -> int:
        return 7


class UnhashableType(type):
    """A metaclass whose classes cannot be hashed."""

    def __hash__(cls) -> int:
        raise ZeroDivisionError


class UnhashableClass(metaclass=UnhashableType):
    """An object whose class cannot be hashed."""


CYCLE: Final[dict[str, Any]] = {}
CYCLE.update(customer=CYCLE, loop=CYCLE, receiver={"name": [CYCLE]})
DEEP: Final[list[Any]] = []
_inner = DEEP
for _ in range(100_000):
    _inner.append([])
    _inner = _inner[0]

WRONG: Final = Code.WRONG_TYPE
SCALARS: Final[list[Row]] = [
    ("a boolean for an integer", salla.read_patch, {"branch_id": True}, [("/branch_id", WRONG)]),
    ("a float for an integer", salla.read_patch, {"branch_id": 7.0}, [("/branch_id", WRONG)]),
    ("digits in a string", salla.read_patch, {"branch_id": "7"}, [("/branch_id", WRONG)]),
    ("Arabic-Indic digits", salla.read_patch, {"branch_id": "١٢"}, [("/branch_id", WRONG)]),
    ("fullwidth digits", salla.read_patch, {"branch_id": "７"}, [("/branch_id", WRONG)]),
    ("a decimal", salla.read_patch, {"branch_id": Decimal(7)}, [("/branch_id", WRONG)]),
    ("a fraction", salla.read_patch, {"ship_to": {"geo_coordinates": {"lat": Fraction(1, 2)}}}, [("/ship_to/geo_coordinates/lat", WRONG)]),
    ("a subclass of int", salla.read_patch, {"branch_id": Whole(7)}, [("/branch_id", WRONG)]),
    ("a subclass of str", salla.read_patch, {"coupon_code": Text("x")}, [("/coupon_code", WRONG)]),
    ("a subclass of str for a choice", awal.read_patch, {"status": Text("shipped")}, [("/status", WRONG)]),
    ("a number for text", awal.read_patch, {"branch_id": 7}, [("/branch_id", WRONG)]),
    ("text for a boolean", salla.read_patch, {"receiver": {"notify": "false"}}, [("/receiver/notify", WRONG)]),
    ("a number for a boolean", salla.read_patch, {"receiver": {"notify": 0}}, [("/receiver/notify", WRONG)]),
    ("bytes for text", salla.read_patch, {"coupon_code": b"x"}, [("/coupon_code", WRONG)]),
    ("null", salla.read_patch, {"coupon_code": None}, [("/coupon_code", Code.NULL)]),
    ("null for an object", salla.read_patch, {"customer": None}, [("/customer", Code.NULL)]),
    ("null in an array", salla.read_patch, {"employees": [None]}, [("/employees/0", Code.NULL)]),
    ("UNSET", salla.read_patch, {"coupon_code": UNSET}, [("/coupon_code", WRONG)]),
    ("infinity", salla.read_patch, {"payment": {"cash_on_delivery": {"amount": float("inf")}}}, [("/payment/cash_on_delivery/amount", Code.NOT_FINITE)]),
    ("not a number", salla.read_patch, {"payment": {"cash_on_delivery": {"amount": float("nan")}}}, [("/payment/cash_on_delivery/amount", Code.NOT_FINITE)]),
    ("an integer of thousands of digits", salla.read_patch, {"branch_id": 10**5000}, [("/branch_id", Code.NUMBER_TOO_LONG)]),
    ("a huge integer for a number", salla.read_patch, {"payment": {"cash_on_delivery": {"amount": 10**5000}}}, [("/payment/cash_on_delivery/amount", Code.NUMBER_TOO_LONG)]),
    ("a lone surrogate", salla.read_patch, {"coupon_code": "a\ud800"}, [("/coupon_code", Code.BAD_TEXT)]),
    ("a lone surrogate in JSON", salla.read_patch, r'{"coupon_code": "\ud800"}', [("/coupon_code", Code.BAD_TEXT)]),
    ("a NUL", salla.read_patch, {"coupon_code": "a\0"}, [("/coupon_code", Code.BAD_TEXT)]),
    ("a NUL in JSON", salla.read_patch, r'{"coupon_code": "\u0000"}', [("/coupon_code", Code.BAD_TEXT)]),
    ("a compact date", awal.read_patch, {"shipping_date": "20240120"}, [("/shipping_date", Code.NOT_A_DATE)]),
    ("a week date", awal.read_patch, {"shipping_date": "2024-W03-6"}, [("/shipping_date", Code.NOT_A_DATE)]),
    ("a date in other digits", awal.read_patch, {"shipping_date": "٢٠٢٤-٠١-٢٠"}, [("/shipping_date", Code.NOT_A_DATE)]),
    ("a day that does not exist", awal.read_patch, {"shipping_date": "2023-02-29"}, [("/shipping_date", Code.NOT_A_DATE)]),
    ("the year zero", awal.read_patch, {"shipping_date": "0000-01-01"}, [("/shipping_date", Code.NOT_A_DATE)]),
    ("a date with a line break", awal.read_patch, {"shipping_date": "2024-01-20\n"}, [("/shipping_date", Code.NOT_A_DATE)]),
    ("a date and a time", awal.read_patch, {"shipping_date": datetime(2024, 1, 20)}, [("/shipping_date", WRONG)]),  # noqa: DTZ001 - with a time zone it would still not be a date.
    ("a choice in another case", awal.read_patch, {"payment_status": "PAID"}, [("/payment_status", Code.NOT_A_CHOICE)]),
    ("a choice with a blank", awal.read_patch, {"status": "shipped "}, [("/status", Code.NOT_A_CHOICE)]),
    ("a choice of another enumeration", awal.read_patch, {"status": awal.PaymentStatus.PAID}, [("/status", WRONG)]),
]  # fmt: skip
DOCUMENTS: Final[list[Row]] = [
    ("equal keys", salla.read_patch, '{"coupon_code": "a", "branch_id": 7, "coupon_code": "b"}', [("/coupon_code", Code.DUPLICATE_KEY)]),
    ("equal keys, one with an escape", salla.read_patch, r'{"coupon_code": "a", "coupon\u005fcode": "b"}', [("/coupon_code", Code.DUPLICATE_KEY)]),
    ("equal keys in a nested object", salla.read_patch, '{"receiver": {"name": "a", "name": "a"}}', [("/receiver/name", Code.DUPLICATE_KEY)]),
    ("equal unknown keys", salla.read_patch, '{"x": 1, "x": 2}', [("/x", Code.DUPLICATE_KEY)]),
    ("equal keys and other problems", salla.read_patch, '{"branch_id": "7", "coupon_code": "a", "coupon_code": "b", "x": 1}', [("/branch_id", WRONG), ("/coupon_code", Code.DUPLICATE_KEY), ("/x", Code.UNKNOWN_KEY)]),
    ("equal keys inside an unknown key", salla.read_patch, '{"zz": {"a": 1, "a": 2}}', [("/zz", Code.UNKNOWN_KEY), ("/zz/a", Code.DUPLICATE_KEY)]),
    ("a flaw and facts that cannot be read", salla.read_order, '{"draft": "x", "status": 5, "z": NaN}', [("/status", WRONG), ("/draft", WRONG), ("/z", Code.NOT_FINITE)]),
    ("a flaw as the value of a fact", awal.read_order, '{"status": NaN}', [("/status", Code.NOT_FINITE)]),
    ("a number with a point, too long", salla.read_patch, '{"ship_to": {"geo_coordinates": {"lat": 0.' + "7" * 98 + "e10}}}", [("/ship_to/geo_coordinates/lat", Code.NUMBER_TOO_LONG)]),
    ("equal keys anywhere in an order", salla.read_order, '{"data": {"status": [], "items": [{"id": 1, "id": 2}]}}', [("/data/items/0/id", Code.DUPLICATE_KEY)]),
    ("NaN", salla.read_patch, '{"ship_to": {"geo_coordinates": {"lat": NaN}}}', [("/ship_to/geo_coordinates/lat", Code.NOT_FINITE)]),
    ("Infinity", salla.read_patch, '{"branch_id": -Infinity}', [("/branch_id", Code.NOT_FINITE)]),
    ("a number larger than the largest float", salla.read_patch, '{"ship_to": {"geo_coordinates": {"lat": 1e400}}}', [("/ship_to/geo_coordinates/lat", Code.NOT_FINITE)]),
    ("NaN in an ignored part of an order", awal.read_order, '{"status": "pending", "x": [0, {"y": NaN}]}', [("/x/1/y", Code.NOT_FINITE)]),
    ("NaN for text", salla.read_patch, '{"coupon_code": NaN}', [("/coupon_code", Code.NOT_FINITE)]),
    ("NaN alone", salla.read_patch, "NaN", [("", Code.NOT_FINITE)]),
    ("a byte-order mark", salla.read_patch, b"\xef\xbb\xbf{}", [("", Code.BYTE_ORDER_MARK)]),
    ("a byte-order mark in text", salla.read_patch, "\ufeff{}", [("", Code.BYTE_ORDER_MARK)]),
    ("UTF-16", salla.read_patch, "{}".encode("utf-16"), [("", Code.NOT_UTF8)]),
    ("trailing text", salla.read_patch, "{} {}", [("", Code.TRAILING_TEXT)]),
    ("a trailing NUL", salla.read_patch, b"{}\0", [("", Code.TRAILING_TEXT)]),
    ("invalid UTF-8", salla.read_patch, b'{"coupon_code": "\xff"}', [("", Code.NOT_UTF8)]),
    ("an overlong encoding", salla.read_patch, b'{"coupon_code": "\xc0\xaf"}', [("", Code.NOT_UTF8)]),
    ("an encoded surrogate", salla.read_patch, b'{"coupon_code": "\xed\xa0\x80"}', [("", Code.NOT_UTF8)]),
    ("nothing", salla.read_patch, "", [("", Code.NOT_JSON)]),
    ("blanks", salla.read_patch, b" \n ", [("", Code.NOT_JSON)]),
    ("half a document", salla.read_patch, '{"coupon_code": "', [("", Code.NOT_JSON)]),
    ("single quotes", salla.read_patch, "{'coupon_code': 'x'}", [("", Code.NOT_JSON)]),
    ("a trailing comma", salla.read_patch, '{"coupon_code": "x",}', [("", Code.NOT_JSON)]),
    ("a line break in a string", salla.read_patch, '{"coupon_code": "\n"}', [("", Code.NOT_JSON)]),
    ("a leading zero", salla.read_patch, '{"branch_id": 07}', [("", Code.NOT_JSON)]),
    ("arrays in arrays", salla.read_patch, "[" * 100_000, [("", Code.TOO_DEEP)]),
    ("objects in objects", salla.read_patch, '{"a":' * 100_000, [("", Code.TOO_DEEP)]),
    ("deep in an ignored part of an order", salla.read_order, '{"x":' + "[" * 65 + "]" * 65 + "}", [("", Code.TOO_DEEP)]),
    ("too many bytes", salla.read_patch, b" " * (1 << 20) + b"{}", [("", Code.TOO_LARGE)]),
    ("too much text", salla.read_patch, '{"coupon_code": "' + "x" * (1 << 20) + '"}', [("", Code.TOO_LARGE)]),
    ("an integer of thousands of digits", salla.read_patch, '{"branch_id": ' + "7" * 5000 + "}", [("/branch_id", Code.NUMBER_TOO_LONG)]),
    ("a negative integer of thousands of digits", salla.read_patch, '{"branch_id": -' + "7" * 5000 + "}", [("/branch_id", Code.NUMBER_TOO_LONG)]),
    ("a fraction of thousands of digits", salla.read_patch, '{"ship_to": {"geo_coordinates": {"lat": 0.' + "7" * 5000 + "}}}", [("/ship_to/geo_coordinates/lat", Code.NUMBER_TOO_LONG)]),
    ("too long in an ignored part of an order", salla.read_order, '{"draft": true, "x": ' + "7" * 101 + "}", [("/x", Code.NUMBER_TOO_LONG)]),
    ("text for a document", salla.read_patch, Text("{}"), [("", WRONG)]),
    ("a list", awal.read_patch, "[]", [("", WRONG)]),
    ("a number", awal.read_patch, "7", [("", WRONG)]),
    ("null", awal.read_patch, "null", [("", Code.NULL)]),
]  # fmt: skip
OBJECTS: Final[list[Row]] = [
    ("None", salla.read_patch, None, [("", Code.NULL)]),
    ("an object", salla.read_patch, object(), [("", WRONG)]),
    ("a class", salla.read_patch, dict, [("", WRONG)]),
    ("a list of pairs", salla.read_patch, [("coupon_code", "x")], [("", WRONG)]),
    ("an object whose class raises", salla.read_patch, RaisingClass(), [("", WRONG)]),
    ("an object whose class raises, nested", salla.read_patch, {"branch_id": RaisingClass()}, [("/branch_id", WRONG)]),
    ("an object that always fails", salla.read_patch, {"branch_id": Loud(), "employees": [Loud()], "receiver": Loud()}, [("/branch_id", WRONG), ("/employees/0", WRONG), ("/receiver", WRONG)]),
    ("an object whose class does not hash", salla.read_patch, {"branch_id": UnhashableClass()}, [("/branch_id", WRONG)]),
    ("a mapping whose methods raise", salla.read_patch, Failing(), [("", Code.UNREADABLE)]),
    ("a mapping whose methods raise, nested", salla.read_patch, {"customer": Failing()}, [("/customer", Code.UNREADABLE)]),
    ("a mapping whose methods raise, in an order", salla.read_order, {"status": Failing(), "customer": Failing()}, [("/status", Code.UNREADABLE), ("/customer", Code.UNREADABLE)]),
    ("a mapping of triples", salla.read_patch, TripleMapping(), [("", Code.UNREADABLE)]),
    ("a mapping without an end", salla.read_patch, EndlessMapping(), [("", Code.TOO_LARGE)]),
    ("a dict whose items differ from its content", salla.read_patch, ChangingMapping(coupon_code="x"), [("/coupon_code", WRONG)]),
    ("a cycle", salla.read_patch, CYCLE, [("/customer/customer", Code.UNKNOWN_KEY), ("/customer/loop", Code.UNKNOWN_KEY), ("/customer/receiver", Code.UNKNOWN_KEY), ("/loop", Code.UNKNOWN_KEY), ("/receiver/name", WRONG)]),
    ("a deep list", salla.read_patch, {"employees": DEEP, "x": DEEP}, [("/employees/0", WRONG), ("/x", Code.UNKNOWN_KEY)]),
    ("a key that is a number", salla.read_patch, {7: 1, True: 2}, [("/7", Code.KEY_NOT_TEXT), ("/True", Code.KEY_NOT_TEXT)]),
    ("a key that is null", salla.read_patch, {None: 1}, [("/(null)", Code.KEY_NOT_TEXT)]),
    ("a key that fails", salla.read_patch, {Loud(): "x"}, [("/(Python Loud)", Code.KEY_NOT_TEXT)]),
    ("a key of a subclass of str", salla.read_patch, {Text("coupon_code"): "x"}, [("/(Python Text)", Code.KEY_NOT_TEXT)]),
    ("a key that is a huge number", salla.read_patch, {10**5000: 1}, [("/(integer)", Code.KEY_NOT_TEXT)]),
    ("a set", salla.read_patch, {"employees": {1, 2}}, [("/employees", WRONG)]),
    ("a generator", salla.read_patch, {"employees": (number for number in (1, 2))}, [("/employees", WRONG)]),
    ("text for an array", salla.read_patch, {"employees": "12"}, [("/employees", WRONG)]),
    ("an object for an array", salla.read_patch, {"employees": {"0": 1}}, [("/employees", WRONG)]),
    ("an array for an object", salla.read_patch, {"customer": []}, [("/customer", WRONG)]),
    ("an object of another model", salla.read_patch, {"customer": salla.Receiver()}, [("/customer", WRONG)]),
    ("an object whose class does not hash, for objects", salla.read_patch, {"customer": UnhashableClass(), "employees": UnhashableClass()}, [("/customer", WRONG), ("/employees", WRONG)]),
    ("an object whose class does not hash, for a body", salla.read_patch, UnhashableClass(), [("", WRONG)]),
    ("an object whose class does not hash, in an order", salla.read_order, {"status": UnhashableClass(), "customer": UnhashableClass()}, [("/status", WRONG), ("/customer", WRONG)]),
    ("a mapping with a duplicate key", salla.read_order, DuplicateKeyMapping(), [("/status", Code.DUPLICATE_KEY)]),
    ("a patch for an order", salla.read_order, salla.Patch(), [("", WRONG)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in (*SCALARS, *DOCUMENTS, *OBJECTS)],
)
def test_hostile_input_is_a_problem_at_its_place(
    reader: Callable[..., object], value: Any, expected: list[tuple[str, Code]]
) -> None:
    """The problem has its own code and a short message, and only InvalidInput is raised."""
    with pytest.raises(InvalidInput) as caught:
        reader(value)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == expected
    assert len(str(caught.value)) < 1000
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("order_id", "query", "expected"),
    [
        (Loud(), Loud(), [("path", "/id", WRONG), ("query", "", WRONG)]),
        (Whole(7), Text("phone_number_id=1"), [("path", "/id", WRONG), ("query", "", WRONG)]),
        ("７", Failing(), [("path", "/id", WRONG), ("query", "", Code.UNREADABLE)]),
        (
            10**5000,
            {"phone_number_id": None},
            [("path", "/id", Code.NUMBER_TOO_LONG), ("query", "/phone_number_id", Code.NULL)],
        ),
        ("7" * 5000, "", [("path", "/id", Code.NUMBER_TOO_LONG), ("query", "/phone_number_id", Code.MISSING)]),
        (True, "phone_number_id=%FF", [("path", "/id", WRONG), ("query", "", Code.NOT_UTF8)]),
        (1, "phone_number_id=%00", [("query", "/phone_number_id", Code.BAD_TEXT)]),
        (1, "phone_number_id=1&phone_number_id=2", [("query", "/phone_number_id", Code.DUPLICATE_KEY)]),
        (1, {7: "1"}, [("query", "/7", Code.KEY_NOT_TEXT), ("query", "/phone_number_id", Code.MISSING)]),
        (1, {"phone_number_id": Text("1")}, [("query", "/phone_number_id", WRONG)]),
    ],
    ids=[
        "loud",
        "subclasses",
        "fullwidth",
        "huge",
        "long",
        "percent",
        "nul",
        "twice",
        "a number for a key",
        "a subclass",
    ],
)
def test_hostile_paths_and_queries_are_problems_at_their_place(
    order_id: Any, query: Any, expected: list[tuple[str, str, Code]]
) -> None:
    """They are handled in the same way as bodies."""
    with pytest.raises(InvalidInput) as caught:
        awal.read_request(order_id, query, {})
    assert [(problem.part, problem.pointer, problem.code) for problem in caught.value.problems] == expected
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("wrap", [dict, OrderedDict, MappingProxyType, ChainMap])
def test_a_mapping_of_any_class_is_read(wrap: Callable[[dict[str, object]], Mapping[str, object]]) -> None:
    """Nested mappings are read too."""
    body = wrap({"customer": wrap({"id": 7}), "employees": [1]})
    assert salla.read_patch(body) == salla.Patch(customer=salla.Customer(id=7), employees=(1,))
    assert salla.read_order(wrap({"status": wrap({"slug": "completed"})})).status is salla.Status.COMPLETED


def test_enum_members_tuples_and_models_are_accepted_in_a_dict() -> None:
    """A dict that is built in Python may hold them."""
    assert awal.read_patch({"status": Status.SHIPPED}) == awal.read_patch({"status": "shipped"})
    assert salla.read_patch({"employees": (1, 2)}) == salla.read_patch({"employees": [1, 2]})
    assert salla.read_patch({"customer": salla.Customer(id=7)}) == salla.read_patch({"customer": {"id": 7}})


def test_keys_that_are_not_strings_are_never_looked_up() -> None:
    """One key has the hash of a documented key, and ten thousand keys have the same hash."""
    order = {Loud(): "x", "status": {Loud(): 1, "slug": "completed"}}
    assert salla.read_order(order).status is salla.Status.COMPLETED  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({CollidingKey(): 1 for _ in range(10_000)})  # type: ignore[misc]
    assert len(caught.value.problems) + caught.value.more == 10_000


def test_a_million_unknown_keys_give_a_short_error() -> None:
    """The error lists the first problems and counts the rest."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({f"key{number}": 1 for number in range(1_000_000)})
    assert len(caught.value.problems) == 100
    assert caught.value.more == 999_900
    lines = str(caught.value).splitlines()
    assert lines[0] == "cannot read the Salla update: 1 000 000 problems"
    assert lines[-1] == "  and 999 980 more"
    assert len(lines) == 22
    assert len(str(caught.value)) < 64 * 1024


def test_a_key_of_a_megabyte_is_shortened_in_the_pointer() -> None:
    """No hint is computed for it."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"k" * 1_000_000: 1, "status" * 20: 1})
    first, second = caught.value.problems
    assert first.pointer == "/" + "k" * 100 + "…(1 000 000 characters)"
    assert first.hint == second.hint == ""


def test_a_key_cannot_add_lines_to_an_error() -> None:
    """Line breaks and control characters are escaped in the text of the error, and kept in the pointer."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"a\n  /b: all is well": 1, "\ud800": 1, "\x1b[2J": 1, "مفتاح": 1})
    assert len(str(caught.value).splitlines()) == 5
    assert [problem.pointer for problem in caught.value.problems] == [
        "/a\n  ~1b: all is well",
        "/\\ud800",
        "/\x1b[2J",
        "/مفتاح",
    ]
    assert "\x1b" not in str(caught.value)
    assert "/مفتاح" in str(caught.value)


def test_limits_are_set_per_call() -> None:
    """Each limit can be lowered and raised, and later calls are not affected."""
    nested = '{"draft": true, "x": [[[1]]]}'
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(nested, limits=Limits(depth=3))
    assert caught.value.problems[0].code is Code.TOO_DEEP
    salla.read_order(nested, limits=Limits(depth=4))
    salla.read_order(nested)
    brackets_in_text = json.dumps({"draft": True, "x": '[[[["' * 100 + "\\"})
    salla.read_order(brackets_in_text, limits=Limits(depth=1))

    with pytest.raises(InvalidInput):
        salla.read_patch('{"coupon_code": "abc"}', limits=Limits(size=10))
    long = f'{{"branch_id": {"7" * 120}}}'
    with pytest.raises(InvalidInput):
        salla.read_patch(long)
    assert salla.read_patch(long, limits=Limits(digits=120)).branch_id == int("7" * 120)
    with pytest.raises(InvalidInput):
        salla.read_patch({"branch_id": 12345678}, limits=Limits(digits=6))
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({str(number): 1 for number in range(10)}, limits=Limits(problems=3, characters=120))
    assert (len(caught.value.problems), caught.value.more) == (3, 7)
    assert str(caught.value).endswith("\n  and 8 more")
    with pytest.raises(InvalidInput, match="has more than 2 keys"):
        salla.read_patch({"a": 1, "b": 1, "c": 1}, limits=Limits(keys=2))
    with pytest.raises(InvalidInput, match=r"characters, the limit is"):
        awal.read_request(1, "phone_number_id=123", {}, limits=Limits(size=10))
    with pytest.raises(InvalidInput, match="has more than 100 digits"):
        awal.read_request("1" * 101, "phone_number_id=123", {})


def test_an_almost_full_stack_raises_no_other_error() -> None:
    """A document within the limit of depth is read or refused."""
    document = '{"draft":true,"x":' + "[" * 60 + "]" * 60 + "}"
    outcomes: set[str] = set()

    def descend(depth: int) -> None:
        if depth:
            descend(depth - 1)
            return
        try:
            salla.read_order(document)
            outcomes.add("read")
        except InvalidInput as error:
            outcomes.add(error.problems[0].code)

    limit = sys.getrecursionlimit()
    for left in (400, 200, 120, 100, 80):
        descend(limit - left)
    assert outcomes <= {"read", Code.TOO_DEEP}


def test_an_integer_of_forty_digits_is_not_rounded() -> None:
    """Reading and writing keep every digit."""
    digits = "1234567890" * 4
    assert salla.read_patch(f'{{"branch_id": {digits}}}').branch_id == int(digits)
    assert salla.to_body(salla.read_patch(f'{{"branch_id": {digits}}}')) == {"branch_id": int(digits)}


PERSONAL: Final = {
    "customer": {"id": 7, "name": "Huda", "mobile": "+966500000001", "email": "huda@shop.example"},
    "receiver": {"name": "Noura", "country_code": "SA", "phone": "966500000002", "email": "noura@shop.example"},
    "ship_to": {
        "block": "Rawdah", "street_number": "8231", "address": "Palm", "address_line": "West", "postal_code": "51434",
        "short_address": "RRRD2929", "building_number": "2929", "additional_number": "8118",
        "geo_coordinates": {"lat": 21.5626, "lng": 39.1497},
    },
}  # fmt: skip
SECRETS: Final = (
    "Huda", "+966500000001", "huda@", "Noura", "966500000002", "noura@", "Rawdah", "8231", "Palm", "West", "51434",
    "RRRD2929", "2929", "8118", "21.5626", "39.1497",
)  # fmt: skip


def test_personal_values_stay_out_of_repr() -> None:
    """Names, phones, e-mails, addresses and notes are hidden, and absent values are shown as absent."""
    patch = salla.read_patch(PERSONAL)
    assert not [secret for secret in SECRETS if secret in repr(patch)]
    assert "name=<hidden>" in repr(patch)
    assert repr(salla.Patch(customer=salla.Customer(id=7))) == "Patch(customer=Customer(id=7))"
    notes = awal.read_patch({"admin_notes": "left with Sami", "status": "delivered"})
    order = awal.read_order({"status": "delivered", "admin_notes": "left with Sami"})
    assert "Sami" not in repr(notes) + repr(order) + repr(
        awal.UpdateRequest(order_id=1, phone_number_id="1", patch=notes)
    )
    assert "admin_notes=None" in repr(awal.Order(status="pending"))
    decision = salla.POLICY.can_update(salla.Order(status="completed", customer=salla.CustomerKind.REGISTERED), patch)
    assert not [secret for secret in SECRETS if secret in decision.explain() + repr(decision) + str(decision.to_dict())]


def test_messages_show_values_only_with_show_values() -> None:
    """The values are shortened."""
    body = {
        "customer": {"id": "Huda " * 100, "name": 500000001},
        "receiver": {"notify": "Noura"},
        "coupon_code": 10**60,
        "ship_to": {"geo_coordinates": {"lat": True}},
    }
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(body)
    assert not [secret for secret in ("Huda", "500000001", "Noura", "000") if secret in str(caught.value)]
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(body, show_values=True)
    assert [problem.message for problem in caught.value.problems] == [
        "expected an integer, got a string, 'Huda Huda Huda Huda Huda Huda Huda Huda …'",
        "expected a string, got an integer, 500000001",
        "expected a boolean, got a string, 'Noura'",
        "expected a string, got an integer",
        "expected a number, got a boolean, True",
    ]
    with pytest.raises(InvalidInput, match=r"YYYY-MM-DD, got '20\.1\.24' \(write the date"):
        awal.read_patch({"shipping_date": "20.1.24"}, show_values=True)
    with pytest.raises(InvalidInput, match=r"expected one of paid, unpaid, got 'payed' \(did you mean paid\?\)"):
        awal.read_patch({"payment_status": "payed"}, show_values=True)
    with pytest.raises(InvalidInput) as caught:
        awal.read_patch({"payment_status": "payed"})
    assert "payed" not in str(caught.value)
    assert caught.value.problems[0].hint == "did you mean paid?"


def test_hints_suggest_similar_keys_and_values() -> None:
    """If nothing is similar, there is no hint."""
    with pytest.raises(InvalidInput) as caught:
        awal.read_patch({"stauts": "x", "status": "SHIPPED", "payment_status": "cash", "notes": "x"})
    assert [problem.hint for problem in caught.value.problems] == [
        "did you mean status?",
        "did you mean shipped?",
        "",
        "did you mean admin_notes?",
    ]


def test_guest_must_be_a_boolean() -> None:
    """Other falsy values are refused."""
    for wrong in ("false", 0, None):
        with pytest.raises(TypeError, match="guest must be True or False"):
            salla.read_order({}, guest=wrong)  # type: ignore[arg-type]


def test_errors_do_not_hold_the_document() -> None:
    """No cause or context of the error holds it, so logging the error does not leak it."""
    for document in ('{"coupon_code": "Huda"', '{"coupon_code": "Huda"} x', b'{"coupon_code": "Huda\xff"}'):
        with pytest.raises(InvalidInput) as caught:
            salla.read_patch(document)
        error: BaseException | None = caught.value
        while error is not None:
            assert "Huda" not in repr(error) + repr(error.args) + repr(getattr(error, "doc", ""))
            assert not isinstance(error, json.JSONDecodeError | UnicodeDecodeError)
            error = error.__cause__ or error.__context__


HOSTILE_VALUES: Final[dict[str, Any]] = {
    "loud": Loud(),
    "raising class": RaisingClass(),
    "unhashable class": UnhashableClass(),
    "text": Text("x"),
    "whole": WHOLE,
    "failing": Failing(),
    "object": object(),
}


@pytest.mark.parametrize("name", HOSTILE_VALUES)
def test_showing_a_value_runs_none_of_its_code(name: str) -> None:
    """Its repr, its length and its ``__class__`` are not used."""
    value = HOSTILE_VALUES[name]
    for body in (value, {"branch_id": value, "coupon_code": value, "customer": value, "employees": [value]}):
        with pytest.raises(InvalidInput) as caught:
            salla.read_patch(body, show_values=True)
        assert len(str(caught.value)) < 1000
    with pytest.raises(InvalidInput):
        salla.read_order({"status": value, "draft": value}, show_values=True)
    with pytest.raises(InvalidInput):
        salla.Patch(branch_id=value, employees=value, customer=value)
    with pytest.raises(InvalidInput):
        awal.read_request(Text("1") if value is WHOLE else value, value, value, show_values=True)


def test_a_limit_is_an_integer_within_its_range() -> None:
    """The widest limits work, and the limit of characters bounds the text of an error."""
    for name in ("size", "depth", "digits", "keys", "problems", "characters"):
        for wrong in (None, 1.5, True, "7", float("inf")):
            with pytest.raises(TypeError, match=f"the limit {name} must be an integer"):
                Limits(**{name: wrong})  # type: ignore[arg-type]
        for wrong in (0, -1, 1 << 40):
            with pytest.raises(ValueError, match=f"the limit {name} must be from 1 to "):
                Limits(**{name: wrong})
    widest = Limits(size=(1 << 31) - 1, depth=(1 << 31) - 1, digits=4300, keys=(1 << 31) - 1)
    assert salla.read_patch('{"branch_id": 7}', limits=widest) == salla.read_patch({"branch_id": 7}, limits=widest)
    patch = salla.read_patch('{"branch_id": ' + "7" * 4300 + "}", limits=widest)
    assert pickle.loads(pickle.dumps(patch)) == patch
    with pytest.raises(InvalidInput, match="has more than 4 300 digits"):
        salla.read_patch('{"branch_id": ' + "7" * 4301 + "}", limits=widest)
    number = salla.read_request("1" * 150, {"branch_id": int("1" * 150)}, limits=Limits(digits=200)).order_id
    assert number == awal.read_request("1" * 150, "phone_number_id=1", {}, limits=Limits(digits=200)).order_id
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch('{"x":' * 63 + "1" + "}" * 63, limits=Limits(characters=200, depth=100))
    assert len(str(caught.value)) <= 240
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(
            "{" + ('"' + "\U000e0001" * 100 + '":{') * 50 + '"x":NaN' + "}" * 51, limits=Limits(characters=200)
        )
    assert len(str(caught.value)) <= 240


def test_a_lower_digit_limit_of_python_applies_too() -> None:
    """Too many digits are a problem, not a ValueError."""
    previous = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        for read in (
            lambda: salla.read_patch('{"branch_id": ' + "7" * 700 + "}", limits=Limits(digits=1000)),
            lambda: salla.read_patch('{"branch_id": ' + "7" * 700 + "}", limits=Limits(digits=4300)),
            lambda: salla.read_request("7" * 700, {}, limits=Limits(digits=1000)),
        ):
            with pytest.raises(InvalidInput) as caught:
                read()
            assert caught.value.problems[0].code is Code.NUMBER_TOO_LONG
    finally:
        sys.set_int_max_str_digits(previous)


def test_unset_is_accepted_only_for_fields_that_may_be_absent() -> None:
    """A field of an order has a value or None; only a status and a customer may be UNSET."""
    for field in ("id", "draft"):
        with pytest.raises(InvalidInput) as caught:
            salla.Order(**{field: UNSET})  # type: ignore[arg-type]
        assert [problem.pointer for problem in caught.value.problems] == [f"/{field}"]
    with pytest.raises(InvalidInput):
        awal.Order(status="pending", admin_notes=UNSET)  # type: ignore[arg-type]


def test_an_order_in_a_dict_may_hold_enum_members() -> None:
    """An update may hold them too."""
    assert salla.read_order({"status": {"slug": salla.Status.COMPLETED}}) == salla.Order(status="completed")
    assert awal.read_order({"status": Status.SHIPPED}) == awal.Order(status="shipped")
    assert salla.read_order({"draft": False, "customer": {7: 1}}).customer is salla.CustomerKind.REGISTERED


def test_to_body_accepts_only_a_patch_of_its_platform() -> None:
    """Anything else is a TypeError."""
    for wrong in (5, None, salla.Order(), awal.Patch()):
        with pytest.raises(TypeError, match="expected a patch of Salla, got "):
            salla.to_body(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a patch of Awal, got Patch"):
        awal.to_body(salla.Patch())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a model, got int"):
        write_body(5)  # type: ignore[arg-type]


def test_flaws_past_the_limit_are_counted() -> None:
    """Flaws of every kind count, at any depth."""
    numbers = "[" + ",".join(["NaN"] * 150) + "]"
    doubles = "[" + ",".join(['{"a": 1, "a": 2, "b": 3, "b": 4}'] * 10) + "]"
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(f'{{"draft": true, "x": {numbers}, "y": {{"z": {doubles}}}}}')
    assert len(caught.value.problems) == 100
    assert caught.value.more == 50 + 20
    assert caught.value.problems[99].pointer == "/x/99"
