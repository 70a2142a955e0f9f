"""Sentences are made of fragments and parameters."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Any, Final

import pytest

import orderrules
from orderrules import Code, InvalidInput, Problem, awal, salla
from orderrules.authoring import Hint, Hints, send_in, suggest, use_endpoint
from orderrules.languages import en, sentences
from orderrules.languages.sentences import fill, group_thousands, join_words
from orderrules.reading.bodies import read_body
from tests.kit.schemas import PROBLEMS, validator

TABLES: Final[dict[str, dict[str, Any]]] = {name: dict(getattr(en, name)) for name in sentences.TABLES}
FRAGMENTS: Final = [name for name in TABLES if name not in {"NOUNS", "JOINERS", "FORMS"}]
SOURCE: Final = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(orderrules.__file__).parent.rglob("*.py")
    if path.name not in {"en.py", "ar.py"}
)
WORDS: Final = {
    node.value
    for node in ast.walk(ast.parse(SOURCE.replace("from __future__ import annotations", "")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}


def test_a_fragment_is_filled_with_its_parameters() -> None:
    """Numbers are grouped, lists are joined, and a kind of value gets its article."""
    assert fill("expected {expected}, got {found}", {"expected": "integer", "found": "Python Box"}) == (
        "expected an integer, got a Python Box"
    )
    assert fill("has {found} of {bound}", {"found": 12345, "bound": 100}) == "has 12 345 of 100"
    assert fill(
        "one of {choices} or no {keys}{more}", {"choices": ["a", "b"], "keys": ["c", "d", "e"], "more": []}
    ) == ("one of a, b or no c, d or e")
    assert group_thousands(1234567) == "1 234 567"
    assert join_words(["a", "b", "c"], "and") == "a, b and c"


def test_every_code_of_a_problem_has_a_sentence() -> None:
    """A code with several sentences has one for each reason."""
    assert {code.partition(".")[0] for code in en.PROBLEMS} == {code.value for code in Code}


@pytest.mark.parametrize("name", [name for name in FRAGMENTS if name != "KINDS"])
def test_every_fragment_is_used(name: str) -> None:
    """Its code or its reason stands in the library."""
    for key in TABLES[name]:
        code, _, reason = key.partition(".")
        assert reason in {"only", "none"} | WORDS or reason.removesuffix("_to") in WORDS or not reason, (
            f"{name}: {code}.{reason}"
        )
        parts = ("_by_several", "_but", "_by")
        assert any(code.removesuffix(part) in WORDS for part in parts), f"{name}: {code}"


def test_every_kind_of_value_is_used() -> None:
    """A kind without an entry gets the article *a*."""
    assert set(en.KINDS) <= WORDS


def test_every_parameter_of_a_fragment_has_a_name() -> None:
    """A fragment never counts its parameters, because another language may need them in another order."""
    for name in FRAGMENTS:
        for fragment in TABLES[name].values():
            names = [name for _, name, _, _ in string.Formatter().parse(fragment) if name is not None]
            assert all(name.isidentifier() for name in names), fragment


def problems_of(body: Any, read: Any = salla.read_patch, **options: Any) -> tuple[Problem, ...]:
    """Return the problems of a body."""
    with pytest.raises(InvalidInput) as caught:
        read(body, **options)
    assert validator(PROBLEMS).is_valid(caught.value.to_dict())
    return caught.value.problems


@pytest.mark.parametrize(
    ("problem", "params", "remedy"),
    [
        (problems_of({"branch_id": "7"}), {"expected": "integer", "found": "string"}, ""),
        (problems_of({"branch_id": None}), {"expected": "integer"}, "leave_out"),
        (problems_of({"branch_id": 10**100}), {"bound": 100}, ""),
        (problems_of({"recever": {}}), {"suggestion": "receiver"}, "suggestion"),
        (problems_of({"customer": {"phone": "1"}}), {"suggestion": "mobile"}, "suggestion"),
        (problems_of({"geo_coordinates": {}}), {"place": ["ship_to"]}, "place"),
        (problems_of({"name": "x"}), {"place": ["customer", "receiver"]}, "place"),
        (problems_of({"status": "x"}), {"endpoint": "Update Order Status"}, "endpoint"),
        (problems_of({"data": {}}), {}, "no_wrapper"),
        (problems_of("{'a': 1}"), {"reason": "single_quotes", "line": 1, "column": 2}, "double_quotes"),
        (problems_of({"branch_id": "x" * 41}, show_values=True), {"value": "x" * 40 + "…"}, ""),
        (problems_of({"items": []}, awal.read_patch), {}, "items"),
        (problems_of({"payment_status": "payed"}, awal.read_patch), {"choices": ["paid", "unpaid"]}, "suggestion"),
        (problems_of({"event": "app.x", "data": {}}, salla.read_order), {"event": "app.x"}, ""),
        (problems_of([{"id": 1, "status": []}], salla.read_order), {"at": "/0"}, "one_order_at"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_problem_has_its_parameters_as_data(
    problem: tuple[Problem, ...], params: dict[str, Any], remedy: str
) -> None:
    """What was found and expected, the bound, the suggestion, and the place that a key belongs to."""
    data: Any = problem[0].to_dict()
    assert params.items() <= data["params"].items()
    assert data["remedy"] == remedy
    assert bool(data["hint"]) is bool(remedy)


def test_another_hint_replaces_the_parameters_of_the_first() -> None:
    """The parameters of the message stay."""
    problem = Problem("/a", Code.WRONG_TYPE, {"expected": "string", "found": "null"}).with_hint(suggest("b"))
    assert problem.params == {"expected": "string", "found": "null", "suggestion": "b"}
    assert problem.with_hint(send_in("c")).params == {"expected": "string", "found": "null", "place": ["c"]}
    assert problem.with_hint(None).params == {"expected": "string", "found": "null"}
    assert problem.with_hint(problem.remedy) is problem
    assert str(problem.with_hint(use_endpoint("Order Tags"))) == (
        "/a: expected a string, got null (use the endpoint Order Tags)"
    )


def test_a_hint_of_a_platform_may_be_a_sentence() -> None:
    """It has the code *note*."""
    with pytest.raises(InvalidInput) as caught:
        read_body(salla.Patch, {"colour": 1}, hints=Hints(keys={"colour": "ask the painter"}))
    assert caught.value.problems[0].remedy == Hint("note", text="ask the painter")
    assert caught.value.problems[0].hint == "ask the painter"
