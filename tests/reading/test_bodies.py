"""Bodies, queries and path parameters are read strictly, each problem names its place, and models are written back."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, Unset, awal, salla
from orderrules.authoring import Model
from orderrules.errors import Part
from orderrules.reading.bodies import at, gather, identifier, read_carefully, read_query
from orderrules.reading.hints import EMPTY_ARRAY, Hint, Hints
from orderrules.reading.limits import OPTIONS, UPDATE_LIMITS, ReadOptions
from orderrules.reading.models import model
from orderrules.reading.problems import Problem, read_with
from orderrules.reading.strict_reader import write_model

if TYPE_CHECKING:
    from collections.abc import Callable


@model
class Lid(Model):
    """A part of a box."""

    colour: str | Unset = UNSET


@model
class Box(Model):
    """A model with a required field and fields of every type."""

    name: str
    size: int | Unset = UNSET
    lid: Lid | Unset = UNSET
    marks: tuple[tuple[int, ...], ...] | Unset = UNSET
    lids: tuple[Lid, ...] | Unset = UNSET
    packed: date | Unset = UNSET
    state: awal.PaymentStatus | Unset = UNSET


def problems_of(read: Callable[[], object]) -> list[str]:
    """Call a function that raises InvalidInput, and return its problems as strings."""
    with pytest.raises(InvalidInput) as caught:
        read()
    return [str(problem) for problem in caught.value.problems]


KEEP: Final = "(leave out the key to keep the current value)"


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, ["/name: is required"]),
        ({"name": None}, [f"/name: expected a string, got null {KEEP}"]),
        ({"name": "x", "lid": None}, [f"/lid: expected an object, got null {KEEP}"]),
        ({"name": "x", "lid": {"colour": None}}, [f"/lid/colour: expected a string, got null {KEEP}"]),
        ({"name": "x", "lids": [{}, None]}, ["/lids/1: expected an object, got null"]),
        ({"name": "x", "lids": [{"colour": 7}]}, ["/lids/0/colour: expected a string, got an integer"]),
        ({"name": "x", "marks": [[1], [2, "3"]]}, ["/marks/1/1: expected an integer, got a string"]),
        ({"name": "x", "siez": 1}, ["/siez: is not a documented key here (did you mean size?)"]),
        ({"name": "x", "colour": 1}, ["/colour: is not a documented key here (ask the joiner)"]),
        ({"name": "x", "lid": {"colour": "x", "price": 1}}, ["/lid/price: is not a documented key here"]),
        ({"name": "x", "lid": {"wood": 1}}, ["/lid/wood: is not a documented key here"]),
        ({7: 1, "name": "x"}, ["/7: expected a string as key, got an integer"]),
        ({True: 1, "name": "x"}, ["/True: expected a string as key, got a boolean"]),
        ({None: 1, "name": "x"}, ["/(null): expected a string as key, got null"]),
        ({-(1 << 64) + 1: 1, "name": "x"}, [f"/{-(1 << 64) + 1}: expected a string as key, got an integer"]),
        ({1 << 64: 1, "name": "x"}, ["/(integer): expected a string as key, got an integer"]),
        ('{"name": "x", "size": 1, "size": 2}', ["/size: appears more than once"]),
        ('{"name": "x", "name": 2}', ["/name: appears more than once"]),
        ([], [f"(whole input): expected an object, got an array ({EMPTY_ARRAY})"]),
        (
            {"size": "7", "colour": 1, 7: 1},
            [
                "/size: expected an integer, got a string",
                "/colour: is not a documented key here (ask the joiner)",
                "/7: expected a string as key, got an integer",
                "/name: is required",
            ],
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_problem_of_a_body_has_a_pointer(body: object, problems: list[str]) -> None:
    """The problems are in the order of the body, and missing keys come last."""

    def read() -> object:
        with read_with("read it", hints=Hints(keys={"colour": "ask the joiner", "wood": "as above"})):
            return read_carefully(Box, body)

    assert problems_of(read) == problems


def test_a_body_is_read_and_written_back() -> None:
    """Fields of every type are used, and absent fields stay absent."""
    body: dict[str, Any] = {
        "name": "x",
        "size": 7,
        "lid": {"colour": "red"},
        "marks": [[1], [2, 3], []],
        "lids": [{}, {"colour": "blue"}],
        "packed": "2024-03-12",
        "state": "paid",
    }
    box = read_carefully(Box, body)
    assert box == Box(
        name="x",
        size=7,
        lid=Lid(colour="red"),
        marks=((1,), (2, 3), ()),
        lids=(Lid(), Lid(colour="blue")),
        packed=date(2024, 3, 12),
        state=awal.PaymentStatus.PAID,
    )
    assert write_model(box) == body
    assert type(write_model(box)["state"]) is str
    assert write_model(Box(name="x")) == {"name": "x"}
    assert read_carefully(Box, {"name": "x", "lid": box.lid}).lid is box.lid


def test_a_duplicate_key_is_one_problem() -> None:
    """Known and unknown keys are treated alike, and no other problem of the key is reported."""
    problems = problems_of(
        lambda: read_carefully(Box, '{"size": "x", "name": "x", "size": 1, "colour": 1, "colour": 2}')
    )
    assert problems == ["/size: appears more than once", "/colour: appears more than once"]


def test_problems_past_the_limit_are_counted() -> None:
    """Problems of every kind count, and the first ones are kept."""
    wrong: dict[Any, object] = {"size": "x", "a": 1, 7: 1, "b": 1, "lid": {"c": 1, "d": 1}, "packed": None}
    with pytest.raises(InvalidInput) as caught, read_with("read it", Limits(problems=2)):
        read_carefully(Box, wrong)
    assert [problem.pointer for problem in caught.value.problems] == ["/size", "/a"]
    assert caught.value.more == 6
    with pytest.raises(InvalidInput) as caught, read_with("read it", Limits(problems=100)):
        read_carefully(Box, wrong)
    assert (len(caught.value.problems), caught.value.more) == (8, 0)


def test_read_options_are_restored_after_reading() -> None:
    """The limits and the name of what is read apply only inside the block, even if another error is raised."""
    before = OPTIONS.get()
    with read_with("read it"):
        assert OPTIONS.get() == ReadOptions(UPDATE_LIMITS, show_values=False)
    limits = Limits(characters=50, problems=1)

    def fail() -> None:
        assert OPTIONS.get() == ReadOptions(limits, show_values=True)
        raise InvalidInput([Problem("/a", Code.MISSING)], "read it", more=3)

    with pytest.raises(InvalidInput) as caught, read_with("read the box", limits, show_values=True):
        fail()
    assert (caught.value.what, caught.value.more, caught.value.characters) == ("read the box", 3, 50)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(ZeroDivisionError), read_with("read it", limits):
        raise ZeroDivisionError
    assert OPTIONS.get() is before


def test_gather_runs_every_step_and_collects_all_problems() -> None:
    """The problems stay in the order of the steps, and the numbers of further problems are added."""

    def fail(*names: str, more: int = 0) -> Callable[[], object]:
        def step() -> object:
            raise InvalidInput([Problem(name, Code.MISSING) for name in names], more=more)

        return step

    assert gather(lambda: 1, lambda: None, lambda: "x") == (1, None, "x")
    with pytest.raises(InvalidInput) as caught:
        gather(fail("/a", "/b", more=2), lambda: 1, fail("/b", "/c", more=3))
    assert [problem.pointer for problem in caught.value.problems] == ["/a", "/b", "/b", "/c"]
    assert caught.value.more == 5


def test_at_prefixes_the_pointer_and_sets_the_part() -> None:
    """The number of further problems is kept."""

    def fail(_: object) -> object:
        raise InvalidInput([Problem("/c", Code.MISSING, remedy=Hint("note", text="say it"))], more=4)

    with pytest.raises(InvalidInput) as caught:
        at("a", "b", read=fail, value=1, part=Part.QUERY)
    assert caught.value.problems == (Problem("/a/b/c", Code.MISSING, {}, Hint("note", text="say it"), Part.QUERY),)
    assert caught.value.more == 4
    assert caught.value.__suppress_context__
    with pytest.raises(InvalidInput) as caught:
        at(read=fail, value=1)
    assert caught.value.problems[0] == Problem("/c", Code.MISSING, {}, Hint("note", text="say it"), Part.BODY)
    assert at("a", read=lambda value: [value], value=1) == [1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "path /id: expected an integer in decimal digits, got another string"),
        ("", "path /id: expected an integer in decimal digits, got another string"),
        ("7\n", "path /id: expected an integer in decimal digits, got another string"),
        ("-7", "path /id: expected an integer in decimal digits, got another string"),
        (7.0, "path /id: expected an integer or a string of decimal digits, got a number"),
        (None, "path /id: expected an integer or a string of decimal digits, got null"),
        ("7" * 101, "path /id: has more than 100 digits"),
        (10**100, "path /id: has more than 100 digits"),
    ],
    ids=lambda value: str(value)[:20].strip(),
)
def test_a_wrong_identifier_is_a_problem_of_the_path(value: object, message: str) -> None:
    """The problem uses the name of the parameter on the page."""
    assert problems_of(lambda: identifier(value, "id")) == [message]


def test_an_identifier_is_an_integer_or_its_digits() -> None:
    """It has at most as many digits as the limits allow."""
    assert identifier("0123456789", "id") == identifier(123456789, "id") == 123456789
    assert identifier("7" * 100, "id") == identifier(int("7" * 100), "id")
    with pytest.raises(InvalidInput) as caught:
        identifier("7" * 101, "id")
    assert caught.value.problems[0].code is Code.NUMBER_TOO_LONG


@pytest.mark.parametrize(
    ("query", "message", "code"),
    [
        ("", "query /name: is required", Code.MISSING),
        ("name=x&name=y", "query /name: appears more than once", Code.DUPLICATE_KEY),
        ("name=%FF", "query: contains bytes that are not valid UTF-8", Code.NOT_UTF8),
        ("name=12345678901", "query: has 16 characters, the limit is 15", Code.TOO_LARGE),
        ("name=x&nam=", "query /nam: is not a documented key here (did you mean name?)", Code.UNKNOWN_KEY),
        ("name=%00", "query /name: contains a NUL character", Code.BAD_TEXT),
        ({"name": 7}, "query /name: expected a string, got an integer", Code.WRONG_TYPE),
        ({}, "query /name: is required", Code.MISSING),
        ([], "query: expected a dict or the text of a query, got an array", Code.WRONG_TYPE),
        (b"name=x", "query: expected a dict or the text of a query, got a Python bytes", Code.WRONG_TYPE),
    ],
    ids=str,
)
def test_a_wrong_query_is_a_problem_of_the_query(query: object, message: str, code: Code) -> None:
    """Strings and mappings are treated alike."""
    with pytest.raises(InvalidInput) as caught, read_with("read it", Limits(size=15)):
        read_query(Box, query)
    (problem,) = caught.value.problems
    assert re.sub(r" \(whole input\)", "", str(problem)) == message
    assert problem.code is code


def test_a_query_is_a_string_or_a_mapping() -> None:
    """Percent and plus signs are decoded, an empty value is allowed, and so is a query as long as the limit."""
    with read_with("read it", Limits(size=15)):
        assert read_query(Box, "name=12345+%2B%") == Box(name="12345 +%")
    assert read_query(Box, "name=") == read_query(Box, {"name": ""}) == Box(name="")
    assert read_query(Box, "name=%D8%A3") == Box(name="أ")


def test_flaws_of_the_document_and_wrong_values_are_reported_together() -> None:
    """Each flaw is reported once, although it is found twice."""
    assert problems_of(lambda: read_carefully(Box, '{"name": NaN, "size": "x", "z": [NaN]}')) == [
        "/name: NaN is not a JSON number",
        "/size: expected an integer, got a string",
        "/z: is not a documented key here",
        "/z/0: NaN is not a JSON number",
    ]
    assert problems_of(lambda: read_carefully(Box, '{"name": "x", "y": 1, "z": NaN}')) == [
        "/y: is not a documented key here",
        "/z: is not a documented key here",
        "/z: NaN is not a JSON number",
    ]
    assert salla.read_patch('{"coupon_code": "x"}') == salla.read_patch(b'{"coupon_code": "x"}')
