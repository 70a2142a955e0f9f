"""A value is the documented one, or a problem; a model says only what can be read strictly."""

from __future__ import annotations

import pickle
from decimal import Decimal
from enum import StrEnum

import attrs
import pytest

from orderrules import UNSET, Checked, Code, InvalidInput, Part, Problem, Unset, awal
from orderrules._values import choice, day, flag, integer, kind_of, number, text


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
class Lid(Checked):
    """A part of a box."""

    colour: str


@attrs.frozen
class Box(Checked):
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
    model = attrs.make_class("Model", {"field": attrs.field()}, bases=(Checked,), frozen=True)
    model.__annotations__ = {"field": annotation}
    with pytest.raises(TypeError, match="there is no strict reading of"):
        model(field=1)


def test_problems_and_their_error_are_values() -> None:
    """Comparable, picklable, and readable one to a line."""
    problem = Problem("/a", Code.MISSING, "is required", "say a", Part.QUERY)
    assert str(problem) == "query /a: is required (say a)"
    assert str(Problem("", Code.NOT_JSON, "is no JSON")) == "(the whole): is no JSON"
    with pytest.raises(ValueError, match="no invalid input without a problem"):
        InvalidInput([])
    error = InvalidInput([problem], "read the thing")
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == (problem,)
    assert str(again) == str(error) == "cannot read the thing: 1 problem\n  query /a: is required (say a)"
