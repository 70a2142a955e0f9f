"""Each reader accepts the documented type only, and every other value is a problem with a message."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, Problem, Unset, awal
from orderrules.authoring import Model, model
from orderrules.errors import Part
from orderrules.reading.hints import Hint, close_to
from orderrules.reading.problems import read_with
from orderrules.reading.strict_json import Flaw
from orderrules.reading.values import (
    choice,
    day,
    flag,
    integer,
    kind_of,
    leaf,
    mapping,
    number,
    pairs_of,
    read_items,
    shorten,
    text,
    wrong_type,
)


@pytest.mark.parametrize(
    ("reader", "values"),
    [(text, ["", "x"]), (integer, [0, -7, 10**40]), (number, [0, 1.5, 10**40]), (flag, [True, False])],
    ids=["text", "integer", "number", "flag"],
)
def test_a_value_of_the_documented_type_is_returned_unchanged(reader: object, values: list[object]) -> None:
    """The same object is returned, not a copy."""
    for value in values:
        assert reader(value) is value  # type: ignore[operator]


class Text(str):
    """A subclass of str."""

    __slots__ = ()


class Whole(int):
    """A subclass of int."""


@pytest.mark.parametrize(
    ("reader", "values"),
    [
        (text, [1, 1.5, True, None, [], {}, b"x", Text("x")]),
        (integer, [1.0, True, "1", "١", None, [], Whole(1), Decimal(1)]),
        (number, [True, "1.5", None, Decimal("1.5"), Whole(1)]),
        (flag, [0, 1, "true", "false", None]),
        (day, [1, None, True]),
        (choice(awal.Status), [1, None, True, Text("pending"), awal.PaymentStatus.PAID]),
    ],
    ids=["text", "integer", "number", "flag", "day", "choice"],
)
def test_a_value_of_any_other_type_is_a_problem(reader: object, values: list[object]) -> None:
    """No value is converted, and null has its own code."""
    for value in values:
        with pytest.raises(InvalidInput) as caught:
            reader(value)  # type: ignore[operator]
        (problem,) = caught.value.problems
        assert problem.code is (Code.NULL if value is None else Code.WRONG_TYPE)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_must_be_finite(value: float) -> None:
    """JSON has no infinity and no NaN."""
    with pytest.raises(InvalidInput) as caught:
        number(value)
    assert caught.value.problems[0].code is Code.NOT_FINITE


def test_a_choice_is_read_by_its_exact_value() -> None:
    """The value is an enum member or its string, in the same case."""
    reader = choice(awal.Status)
    assert reader("pending") is awal.Status.PENDING
    assert reader(awal.Status.PENDING) is awal.Status.PENDING
    for wrong in ("Pending", "pending ", "PENDING", ""):
        with pytest.raises(InvalidInput, match="expected one of pending, accepted, shipped, delivered, completed"):
            reader(wrong)
    with pytest.raises(InvalidInput, match=r"\(whole input\): expected a string, got an integer$"):
        reader(7)


def test_types_are_named_as_json_names_them() -> None:
    """Other types have their names in Python."""
    values: list[object] = [None, True, 1, 1.5, "", [], (), {}]
    names = set(map(kind_of, values))
    assert names == {"null", "boolean", "integer", "number", "string", "array", "object"}
    assert kind_of(awal.Status.PENDING) == "Python Status"
    assert kind_of(b"") == "Python bytes"


class Size(StrEnum):
    """A choice."""

    SMALL = "small"


@model
class Lid(Model):
    """A part of a box."""

    colour: str


@model
class Box(Model):
    """A model with fields of every kind."""

    size: Size
    name: str | None = None
    lid: Lid | Unset = UNSET
    marks: tuple[tuple[int, ...], ...] = ()


def test_a_model_is_checked_field_by_field() -> None:
    """Nested arrays and models are checked, and null is accepted only if the annotation allows it."""
    assert Box(size="small", marks=[[1], (2, 3)]) == Box(size=Size.SMALL, marks=((1,), (2, 3)))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as caught:
        Box(size="large", name=7, lid={"colour": "red"}, marks=[[1, "2"], 3])  # type: ignore[arg-type]
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [
        ("/size", Code.NOT_A_CHOICE),
        ("/name", Code.WRONG_TYPE),
        ("/lid", Code.WRONG_TYPE),
        ("/marks/0/1", Code.WRONG_TYPE),
        ("/marks/1", Code.WRONG_TYPE),
    ]
    assert str(caught.value).startswith("cannot build a Box: 5 problems\n  /size: ")


@pytest.mark.parametrize("annotation", [Decimal, dict[str, int], tuple[int, str], "list[int]", Decimal | None])
def test_a_field_type_without_a_strict_reader_is_a_type_error(annotation: object) -> None:
    """The error is raised when the class is made."""
    with pytest.raises(TypeError, match=r"^Loose\.field is annotated .*; a field holds str, int"):
        model(type("Loose", (Model,), {"__annotations__": {"field": annotation}}))


def test_problems_and_their_error_are_values() -> None:
    """They are compared by value, can be pickled, and print one problem a line."""
    problem = Problem("/a", Code.MISSING, remedy=Hint("note", text="say a"), part=Part.QUERY)
    assert str(problem) == "query /a: is required (say a)"
    assert str(Problem("", Code.NOT_JSON, {"reason": "empty"})) == "(whole input): is empty"
    with pytest.raises(ValueError, match="InvalidInput needs at least one problem"):
        InvalidInput([])
    error = InvalidInput([problem], "read the thing")
    loaded = pickle.loads(pickle.dumps(error))
    assert loaded.problems == (problem,)
    assert str(loaded) == str(error) == "cannot read the thing: 1 problem\n  query /a: is required (say a)"


class DuplicateKeyMapping(Mapping[str, object]):
    """A mapping with two values for one key."""

    def __getitem__(self, key: str) -> object:
        raise KeyError(key)

    def __iter__(self) -> Any:
        return iter("ab")

    def __len__(self) -> int:
        return 2

    def items(self) -> Any:
        """Return two values for the key a."""
        return [("a", 1), (7, 2), ("a", 3)]


class CountingMapping(DuplicateKeyMapping):
    """An endless mapping that counts the items that were read."""

    items_read = 0

    def items(self) -> Any:
        """Yield new keys forever."""
        while True:
            self.items_read += 1
            yield (str(self.items_read), 1)


class UnhashableType(type):
    """A metaclass whose classes cannot be hashed."""

    def __hash__(cls) -> int:
        raise ZeroDivisionError


class UnhashableClass(metaclass=UnhashableType):
    """An object whose class cannot be hashed."""


class RaisingMapping(DuplicateKeyMapping):
    """A mapping that raises after its first item."""

    def items(self) -> Any:
        """Yield one item, and raise."""
        yield ("a", 1)
        raise ZeroDivisionError


ARRAY_OF_INTEGERS = lambda value: read_items(value, integer)  # noqa: E731 - the table below lists readers.


WRONG: list[tuple[Any, object, str]] = [
    (text, 7, "(whole input): expected a string, got an integer"),
    (text, None, "(whole input): expected a string, got null"),
    (text, Flaw(Code.NOT_FINITE, {"reason": "constant", "literal": "NaN"}), "(whole input): NaN is not a JSON number"),
    (text, "ab\0", "(whole input): contains a NUL character"),
    (text, "é\ud800", "(whole input): character 1 is an unpaired surrogate"),
    (text, "x" * 1234 + "\ud800", "(whole input): character 1 234 is an unpaired surrogate"),
    (integer, 7.0, "(whole input): expected an integer, got a number"),
    (integer, 10**100, "(whole input): has more than 100 digits"),
    (integer, -(10**100), "(whole input): has more than 100 digits"),
    (number, "7", "(whole input): expected a number, got a string"),
    (number, 10**100, "(whole input): has more than 100 digits"),
    (number, float("inf"), "(whole input): expected a finite number, got infinity or NaN"),
    (flag, 1, "(whole input): expected a boolean, got an integer"),
    (day, 7, "(whole input): expected a date written YYYY-MM-DD, got an integer"),
    (day, "x", "(whole input): expected a date written YYYY-MM-DD (write the date like 2024-01-20, without a time)"),
    (day, "2023-02-29", "(whole input): expected a date that exists (write the date like 2024-01-20, without a time)"),
    (choice(awal.PaymentStatus), 7, "(whole input): expected a string, got an integer"),
    (choice(awal.PaymentStatus), "piad", "(whole input): expected one of paid, unpaid (did you mean paid?)"),
    (choice(awal.PaymentStatus), "x", "(whole input): expected one of paid, unpaid"),
    (mapping, [], "(whole input): expected an object, got an array"),
    (pairs_of, [], "(whole input): expected an object, got an array"),
    (lambda value: mapping(value, "box"), 7, "(whole input): expected a box, got an integer"),
    (lambda value: pairs_of(value, "box"), 7, "(whole input): expected a box, got an integer"),
    (mapping, DuplicateKeyMapping(), "/a: appears more than once"),
    (mapping, RaisingMapping(), "(whole input): the mapping raised an error when its items were read"),
    (ARRAY_OF_INTEGERS, {}, "(whole input): expected an array, got an object"),
    (ARRAY_OF_INTEGERS, (1, 2, "3"), "/2: expected an integer, got a string"),
    (leaf(int | str), 7.0, "(whole input): expected a string, got a number"),
    (leaf(awal.PaymentStatus | None), "x", "(whole input): expected one of paid, unpaid"),
    (leaf(int | None), "x", "(whole input): expected an integer, got a string"),
    (leaf(int | str), None, "(whole input): expected a string, got null"),
]


@pytest.mark.parametrize(("reader", "value", "message"), WRONG, ids=[row[2] for row in WRONG])
def test_a_wrong_value_is_described_in_one_sentence(
    reader: Callable[[object], object], value: object, message: str
) -> None:
    """The message names what was expected and what was found, and the hint says what to do."""
    with pytest.raises(InvalidInput) as caught:
        reader(value)
    assert [str(problem) for problem in caught.value.problems] == [message]


def test_the_code_of_a_problem_names_its_kind() -> None:
    """Programs use the code, and people read the message."""
    for reader, value, code in (
        (text, "\0", Code.BAD_TEXT),
        (text, "\ud800", Code.BAD_TEXT),
        (integer, 10**100, Code.NUMBER_TOO_LONG),
        (day, "2023-02-29", Code.NOT_A_DATE),
        (choice(awal.Status), "x", Code.NOT_A_CHOICE),
        (pairs_of, RaisingMapping(), Code.UNREADABLE),
        (text, Flaw(Code.NUMBER_TOO_LONG, {"bound": 1}), Code.NUMBER_TOO_LONG),
    ):
        with pytest.raises(InvalidInput) as caught:
            reader(value)
        assert caught.value.problems[0].code is code
        assert caught.value.problems[0].pointer == ""


@pytest.mark.parametrize("digits", [1, 2, 3, 40, 100, 4300])
def test_a_number_has_at_most_as_many_digits_as_the_limit(digits: int) -> None:
    """The sign does not count."""
    largest = 10**digits - 1
    for reader in (integer, number):
        with read_with("read it", Limits(digits=digits)):
            assert reader(largest) == largest
            assert reader(-largest) == -largest
        for wrong in (largest + 1, -largest - 1, largest + 2):
            with pytest.raises(InvalidInput), read_with("read it", Limits(digits=digits)):
                reader(wrong)


def test_a_mapping_has_at_most_as_many_keys_as_the_limit() -> None:
    """At most one item more than the limit is read from it."""
    with read_with("read it", Limits(keys=3)):
        assert mapping({"a": 1, 7: 2, "c": 3}) == {"a": 1, "c": 3}
    with (
        pytest.raises(InvalidInput, match=r"cannot read it: 1 problem\n  \(whole input\): has more than 1 234 keys$"),
        read_with("read it", Limits(keys=1234)),
    ):
        pairs_of(dict.fromkeys(range(1235)))
    endless = CountingMapping()
    with pytest.raises(InvalidInput, match="has more than 3 keys"), read_with("read it", Limits(keys=3)):
        pairs_of(endless)
    assert endless.items_read == 4


def test_a_union_uses_its_first_member_that_accepts_the_value() -> None:
    """Null is accepted only if it is a member; arrays, models and unsupported types have no such reader."""
    choice_or_text = leaf(awal.PaymentStatus | str)
    assert choice_or_text is not None
    assert choice_or_text("paid") is awal.PaymentStatus.PAID
    assert choice_or_text("cash") == "cash"
    nullable = leaf(int | str | None)
    assert nullable is not None
    assert [nullable(value) for value in (None, 7, "7")] == [None, 7, "7"]
    numeric = leaf(int | float)
    assert numeric is not None
    assert [repr(numeric(value)) for value in (46, 46.0)] == ["46", "46.0"]
    assert leaf(tuple[int, ...]) is leaf(Lid) is leaf(int | Lid) is leaf(Decimal) is None


def test_a_similar_word_of_up_to_64_characters_is_suggested() -> None:
    """Case and surrounding blanks are ignored."""
    words = dict.fromkeys(["status", "branch_id", "x" * 64])
    assert close_to(" STAUTS\n", words) == "status"
    assert close_to("branchid", words) == "branch_id"
    assert close_to("colour", words) == ""
    assert close_to("y" + "x" * 63, words) == "x" * 64
    assert close_to("y" + "x" * 64, words) == ""


def test_values_are_shown_up_to_forty_characters_and_digits() -> None:
    """Strings are quoted, numbers and booleans are not, and any other value is shown by its type only."""
    assert shorten("x" * 40) == "x" * 40
    assert shorten("x" * 41) == "x" * 40 + "…"
    values: list[tuple[object, str]] = [
        ("x" * 41, f"a string, '{'x' * 40}…'"),
        (10**40 - 1, "an integer, " + "9" * 40),
        (10**40, "an integer"),
        (-(10**40), "an integer"),
        (1.5, "a number, 1.5"),
        (True, "a boolean, True"),
        (None, "null"),
        ([1], "an array"),
        ({"a": 1}, "an object"),
        (MappingProxyType({}), "an object"),
        (Text("x"), "a Python Text"),
        (Whole(7), "a Python Whole"),
    ]
    for value, description in values:
        assert wrong_type("box", value).problems[0].message == f"expected a box, got {description.partition(', ')[0]}"
        with read_with("read it", show_values=True):
            assert wrong_type("box", value).problems[0].message == f"expected a box, got {description}"
    with pytest.raises(InvalidInput, match=r"got 'x' \(write"), read_with("read it", show_values=True):
        day("x")
    assert str(wrong_type("box", "x").problems[0]) == "(whole input): expected a box, got a string"


def test_the_name_of_a_class_is_escaped_and_shortened() -> None:
    """A class may have any name."""
    assert kind_of(type("X" * 41, (), {})()) == "Python " + "X" * 40
    assert kind_of(UnhashableClass()) == "unknown"
    assert kind_of(type("a\nb", (), {})()) == "Python a\\nb"


def test_an_array_reports_the_problems_of_all_its_items() -> None:
    """Each problem has its pointer, and problems past the limit are counted."""
    assert read_items([1, 2], integer) == read_items((1, 2), integer) == [1, 2]
    with pytest.raises(InvalidInput) as caught:
        read_items(["x", 1, [None]], lambda item: item if item == 1 else read_items(item, text))
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [
        ("/0", Code.WRONG_TYPE),
        ("/2/0", Code.NULL),
    ]
    with pytest.raises(InvalidInput) as caught, read_with("read it", Limits(problems=2)):
        read_items(["x"] * 5, integer)
    assert (len(caught.value.problems), caught.value.more) == (2, 3)


def test_a_union_tries_its_members_in_their_own_order() -> None:
    """Unions of the same members are equal, but their order matters."""
    assert (date | str) == (str | date)
    day, text = leaf(date | str), leaf(str | date)
    assert day is not None
    assert text is not None
    assert (day("2024-01-01"), text("2024-01-01")) == (date(2024, 1, 1), "2024-01-01")


@pytest.mark.parametrize(
    ("value", "ending"),
    [
        ("x" * 40, f"got a string, {'x' * 40!r}"),
        ("x" * 41, f"got a string, '{'x' * 40}…'"),
        (10**39, f"got an integer, {10**39}"),
        (10**40, "got an integer"),
        (-(10**40), "got an integer"),
        (1.5, "got a number, 1.5"),
        (True, "got a boolean, True"),
        ([1], "got an array"),
        (None, "got null"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_messages_shorten_the_values_that_they_show(value: object, ending: str) -> None:
    """Long strings and integers are cut at 40 characters or digits."""
    with pytest.raises(InvalidInput) as caught, read_with("read it", show_values=True):
        day(value) if type(value) is not str else integer(value)
    assert caught.value.problems[0].message.endswith(ending)
