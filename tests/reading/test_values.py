"""A value is the documented one, or a problem; a model says only what can be read strictly."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import attrs
import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, Problem, Unset, awal
from orderrules.authoring import Model
from orderrules.errors import Part
from orderrules.reading.problems import read_with
from orderrules.reading.strict_json import Flaw
from orderrules.reading.values import (
    choice,
    close_to,
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
    ("reading", "taken"),
    [(text, ["", "x"]), (integer, [0, -7, 10**40]), (number, [0, 1.5, 10**40]), (flag, [True, False])],
    ids=["text", "integer", "number", "flag"],
)
def test_the_documented_type_is_taken_as_it_is(reading: object, taken: list[object]) -> None:
    """The very value, not a copy of another type."""
    for value in taken:
        assert reading(value) is value  # type: ignore[operator]


class Text(str):
    """Text that could say anything of itself."""

    __slots__ = ()


class Whole(int):
    """A number that could."""


@pytest.mark.parametrize(
    ("reading", "refused"),
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
def test_any_other_type_is_a_problem(reading: object, refused: list[object]) -> None:
    """Nothing is coerced, and null has a code of its own."""
    for value in refused:
        with pytest.raises(InvalidInput) as caught:
            reading(value)  # type: ignore[operator]
        (problem,) = caught.value.problems
        assert problem.code is (Code.NULL if value is None else Code.WRONG_TYPE)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_number_is_finite(value: float) -> None:
    """JSON has no other."""
    with pytest.raises(InvalidInput) as caught:
        number(value)
    assert caught.value.problems[0].code is Code.NOT_FINITE


def test_a_choice_is_taken_by_its_exact_value() -> None:
    """A member or its text, in its own case."""
    read = choice(awal.Status)
    assert read("pending") is awal.Status.PENDING
    assert read(awal.Status.PENDING) is awal.Status.PENDING
    for wrong in ("Pending", "pending ", "PENDING", ""):
        with pytest.raises(InvalidInput, match="expected one of pending, accepted, shipped, delivered, completed"):
            read(wrong)
    with pytest.raises(InvalidInput, match=r"\(whole input\): expected a string, got an integer$"):
        read(7)


def test_types_are_named_as_json_names_them() -> None:
    """With their article."""
    values: list[object] = [None, True, 1, 1.5, "", [], (), {}]
    named = set(map(kind_of, values))
    assert named == {"null", "a boolean", "an integer", "a number", "a string", "an array", "an object"}
    assert kind_of(awal.Status.PENDING) == "a Python Status"
    assert kind_of(b"") == "a Python bytes"


class Size(StrEnum):
    """A choice."""

    SMALL = "small"


@attrs.frozen
class Lid(Model):
    """A part of a box."""

    colour: str


@attrs.frozen
class Box(Model):
    """A model of every kind of field."""

    size: Size
    name: str | None = None
    lid: Lid | Unset = UNSET
    marks: tuple[tuple[int, ...], ...] = ()


def test_a_model_is_checked_field_by_field() -> None:
    """Lists in lists, objects in objects, and null only where it is said."""
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
def test_a_model_of_a_type_that_cannot_be_read_strictly_is_a_mistake(annotation: object) -> None:
    """It is told at once, and never read by a default of another library."""
    model = attrs.make_class("Model", {"field": attrs.field()}, bases=(Model,), frozen=True)
    model.__annotations__ = {"field": annotation}
    with pytest.raises(TypeError, match="no strict reader for a field of type"):
        model(field=1)


def test_problems_and_their_error_are_values() -> None:
    """Comparable, picklable, and readable one to a line."""
    problem = Problem("/a", Code.MISSING, "is required", "say a", Part.QUERY)
    assert str(problem) == "query /a: is required (say a)"
    assert str(Problem("", Code.NOT_JSON, "is no JSON")) == "(whole input): is no JSON"
    with pytest.raises(ValueError, match="InvalidInput needs at least one problem"):
        InvalidInput([])
    error = InvalidInput([problem], "read the thing")
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == (problem,)
    assert str(again) == str(error) == "cannot read the thing: 1 problem\n  query /a: is required (say a)"


class Twice(Mapping[str, object]):
    """A mapping that gives one key twice."""

    def __getitem__(self, key: str) -> object:
        raise KeyError(key)

    def __iter__(self) -> Any:
        return iter("ab")

    def __len__(self) -> int:
        return 2

    def items(self) -> Any:
        """Give a, b, and a again."""
        return [("a", 1), (7, 2), ("a", 3)]


class Counting(Twice):
    """A mapping without an end, which counts how far it was asked."""

    asked = 0

    def items(self) -> Any:
        """Give one key after another."""
        while True:
            self.asked += 1
            yield (str(self.asked), 1)


class NoHash(type):
    """A class of classes that do not hash."""

    def __hash__(cls) -> int:
        raise ZeroDivisionError


class Nameless(metaclass=NoHash):
    """An object whose class does not hash."""


class Broken(Twice):
    """A mapping that fails at its second key."""

    def items(self) -> Any:
        """Give one key."""
        yield ("a", 1)
        raise ZeroDivisionError


AN_ARRAY_OF_WHOLE = lambda value: read_items(value, integer)  # noqa: E731 - it stands in a table.


WRONG: list[tuple[Any, object, str]] = [
    (text, 7, "(whole input): expected a string, got an integer"),
    (text, None, "(whole input): expected a string, got null"),
    (text, Flaw(Code.NOT_FINITE, "NaN is not a JSON number"), "(whole input): NaN is not a JSON number"),
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
    (lambda value: mapping(value, "a box"), 7, "(whole input): expected a box, got an integer"),
    (lambda value: pairs_of(value, "a box"), 7, "(whole input): expected a box, got an integer"),
    (mapping, Twice(), "/a: appears more than once"),
    (mapping, Broken(), "(whole input): the mapping raised an error when its items were read"),
    (AN_ARRAY_OF_WHOLE, {}, "(whole input): expected an array, got an object"),
    (AN_ARRAY_OF_WHOLE, (1, 2, "3"), "/2: expected an integer, got a string"),
    (leaf(int | str), 7.0, "(whole input): expected a string, got a number"),
    (leaf(awal.PaymentStatus | None), "x", "(whole input): expected one of paid, unpaid"),
    (leaf(int | None), "x", "(whole input): expected an integer, got a string"),
    (leaf(int | str), None, "(whole input): expected a string, got null"),
]


@pytest.mark.parametrize(("reading", "value", "said"), WRONG, ids=[row[2] for row in WRONG])
def test_what_is_wrong_with_a_value_is_one_sentence(
    reading: Callable[[object], object], value: object, said: str
) -> None:
    """What was expected, what came, and what to do about it."""
    with pytest.raises(InvalidInput) as caught:
        reading(value)
    assert [str(problem) for problem in caught.value.problems] == [said]


def test_the_code_of_a_problem_says_its_kind() -> None:
    """Where the message alone is for people."""
    for reading, value, code in (
        (text, "\0", Code.BAD_TEXT),
        (text, "\ud800", Code.BAD_TEXT),
        (integer, 10**100, Code.NUMBER_TOO_LONG),
        (day, "2023-02-29", Code.NOT_A_DATE),
        (choice(awal.Status), "x", Code.NOT_A_CHOICE),
        (pairs_of, Broken(), Code.UNREADABLE),
        (text, Flaw(Code.NUMBER_TOO_LONG, "x"), Code.NUMBER_TOO_LONG),
    ):
        with pytest.raises(InvalidInput) as caught:
            reading(value)
        assert caught.value.problems[0].code is code
        assert caught.value.problems[0].pointer == ""


@pytest.mark.parametrize("digits", [1, 2, 3, 40, 100, 4300])
def test_a_number_has_at_most_as_many_digits_as_the_limits_say(digits: int) -> None:
    """Whatever its sign, and not one more."""
    most = 10**digits - 1
    for reading in (integer, number):
        with read_with("read it", Limits(digits=digits)):
            assert reading(most) == most
            assert reading(-most) == -most
        for wrong in (most + 1, -most - 1, most + 2):
            with pytest.raises(InvalidInput), read_with("read it", Limits(digits=digits)):
                reading(wrong)


def test_a_mapping_has_at_most_as_many_keys_as_the_limits_say() -> None:
    """And is asked for one more than that, in no case for all."""
    with read_with("read it", Limits(keys=3)):
        assert mapping({"a": 1, 7: 2, "c": 3}) == {"a": 1, "c": 3}
    with (
        pytest.raises(InvalidInput, match=r"cannot read it: 1 problem\n  \(whole input\): has more than 1 234 keys$"),
        read_with("read it", Limits(keys=1234)),
    ):
        pairs_of(dict.fromkeys(range(1235)))
    endless = Counting()
    with pytest.raises(InvalidInput, match="has more than 3 keys"), read_with("read it", Limits(keys=3)):
        pairs_of(endless)
    assert endless.asked == 4


def test_a_union_takes_what_its_first_willing_member_takes() -> None:
    """Null only where it is one of them; what is no single value has no such reading."""
    both = leaf(awal.PaymentStatus | str)
    assert both is not None
    assert both("paid") is awal.PaymentStatus.PAID
    assert both("cash") == "cash"
    nullable = leaf(int | str | None)
    assert nullable is not None
    assert [nullable(value) for value in (None, 7, "7")] == [None, 7, "7"]
    numeric = leaf(int | float)
    assert numeric is not None
    assert [repr(numeric(value)) for value in (46, 46.0)] == ["46", "46.0"]
    assert leaf(tuple[int, ...]) is leaf(Lid) is leaf(int | Lid) is leaf(Decimal) is None


def test_a_guess_is_made_from_words_of_a_usual_length() -> None:
    """Whatever their case and the blanks around them."""
    known = dict.fromkeys(["status", "branch_id", "x" * 64])
    assert close_to(" STAUTS\n", known) == "did you mean status?"
    assert close_to("branchid", known) == "did you mean branch_id?"
    assert close_to("colour", known) == ""
    assert close_to("y" + "x" * 63, known) == f"did you mean {'x' * 64}?"
    assert close_to("y" + "x" * 64, known) == ""


def test_values_are_shown_up_to_forty_characters_and_digits() -> None:
    """Strings in quotes, numbers and booleans bare, anything else by its kind alone."""
    assert shorten("x" * 40) == repr("x" * 40)
    assert shorten("x" * 41) == repr("x" * 40) + "…"
    assert shorten("a\nb") == "'a\\nb'"
    shown: list[tuple[object, str]] = [
        ("x" * 41, f"a string, {'x' * 40!r}…"),
        (10**40 - 1, "an integer, " + "9" * 40),
        (10**40, "an integer, of more than 40 digits"),
        (-(10**40), "an integer, of more than 40 digits"),
        (1.5, "a number, 1.5"),
        (True, "a boolean, True"),
        (None, "null"),
        ([1], "an array"),
        ({"a": 1}, "an object"),
        (MappingProxyType({}), "an object"),
        (Text("x"), "a Python Text"),
        (Whole(7), "a Python Whole"),
    ]
    for value, kind in shown:
        assert kind_of(value) == kind.partition(", ")[0]
        with read_with("read it", show_values=True):
            assert kind_of(value) == kind
    with pytest.raises(InvalidInput, match=r"got 'x' \(write"), read_with("read it", show_values=True):
        day("x")
    assert str(wrong_type("a box", "x").problems[0]) == "(whole input): expected a box, got a string"


def test_a_type_is_named_in_few_printable_characters() -> None:
    """A class may have any name."""
    assert kind_of(type("X" * 41, (), {})()) == "a Python " + "X" * 40
    assert kind_of(Nameless()) == "a value of an unknown type"
    assert kind_of(type("a\nb", (), {})()) == "a Python a\\nb"


def test_an_array_reports_the_problems_of_all_its_items() -> None:
    """Each at its place, and as many as the limits say."""
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


def test_a_union_is_read_in_its_own_order() -> None:
    """Also where another lists the same members, to which it is equal."""
    assert (date | str) == (str | date)
    day, text = leaf(date | str), leaf(str | date)
    assert day is not None
    assert text is not None
    assert (day("2024-01-01"), text("2024-01-01")) == (date(2024, 1, 1), "2024-01-01")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("x" * 40, f"got a string, {'x' * 40!r}"),
        ("x" * 41, f"got a string, {'x' * 40!r}…"),
        (10**39, f"got an integer, {10**39}"),
        (10**40, "got an integer, of more than 40 digits"),
        (-(10**40), "got an integer, of more than 40 digits"),
        (1.5, "got a number, 1.5"),
        (True, "got a boolean, True"),
        ([1], "got an array"),
        (None, "got null"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_value_that_may_be_shown_is_shown_shortened(value: object, told: str) -> None:
    """In any message that says what stands somewhere."""
    with pytest.raises(InvalidInput) as caught, read_with("read it", show_values=True):
        day(value) if type(value) is not str else integer(value)
    assert caught.value.problems[0].message.endswith(told)
