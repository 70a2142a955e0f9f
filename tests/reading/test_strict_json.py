"""A document must be strict JSON within limits; otherwise the problem names what is wrong and where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import Code, InvalidInput, Limits, salla
from orderrules.reading.problems import read_with
from orderrules.reading.strict_json import (
    DuplicateKeys,
    Flaw,
    flaws_in,
    has_more_keys,
    is_surely_within,
    is_too_deep,
    keys_in,
    load,
)

if TYPE_CHECKING:
    from orderrules import Problem


def problems_of(document: str | bytes, **limits: int) -> tuple[Problem, ...]:
    """Read a document within limits, and return its problems, flaws included."""

    def read() -> None:
        value, _ = load(document)
        raise flaws_in(value).error()

    with pytest.raises(InvalidInput) as caught, read_with("read it", Limits(**limits)):
        read()
    return caught.value.problems


def read_without_flaws(document: str | bytes, **limits: int) -> Any:
    """Read a document without flaws, within limits."""
    with read_with("read it", Limits(**limits)):
        value, flawed = load(document)
    assert flawed is False
    return value


@pytest.mark.parametrize(
    ("document", "limits", "message"),
    [
        ("x", {}, "(whole input): is not valid JSON: syntax error at line 1, column 1"),
        ('{"a": x}', {}, "(whole input): is not valid JSON: syntax error at line 1, column 7"),
        ('{"a": x}\n\n', {}, "(whole input): is not valid JSON: syntax error at line 1, column 7"),
        ('{\n"a":  x}', {}, "(whole input): is not valid JSON: syntax error at line 2, column 7"),
        ("\n\nx", {}, "(whole input): is not valid JSON: syntax error at line 3, column 1"),
        ("\nx", {}, "(whole input): is not valid JSON: syntax error at line 2, column 1"),
        ("\n" * 1234 + "x", {}, "(whole input): is not valid JSON: syntax error at line 1 235, column 1"),
        (" " * 1234 + "x", {}, "(whole input): is not valid JSON: syntax error at line 1, column 1 235"),
        ("[1]\n {}", {}, "(whole input): has text after the JSON document, at line 2, column 2"),
        ("[1] \t\r\n, \n", {}, "(whole input): has text after the JSON document, at line 2, column 1"),
        ("[1]\x0b", {}, "(whole input): has text after the JSON document, at line 1, column 4"),
        ("[1]\u00a0", {}, "(whole input): has text after the JSON document, at line 1, column 4"),
        ("\x0b[1]", {}, "(whole input): is not valid JSON: syntax error at line 1, column 1"),
        (
            "[" * 500_000,
            {"depth": 1 << 20},
            "(whole input): is nested too deeply for the rest of the Python stack",
        ),
        ("\ufeff[1]", {}, "(whole input): begins with a byte order mark, which JSON does not allow"),
        (b"\xef\xbb\xbf[1]", {}, "(whole input): begins with a byte order mark, which JSON does not allow"),
        (b'["\xff"]', {}, "(whole input): byte 2 is not valid UTF-8"),
        (b'["' + b"x" * 1232 + b'\xff"]', {}, "(whole input): byte 1 234 is not valid UTF-8"),
        ("[1]", {"size": 2}, "(whole input): has 3 characters, the limit is 2"),
        (b"[1]", {"size": 2}, "(whole input): has 3 bytes, the limit is 2"),
        (" " * 1235, {"size": 1234}, "(whole input): has 1 235 characters, the limit is 1 234"),
        ("[[[1]]]", {"depth": 2}, "(whole input): is nested more than 2 levels deep"),
        ('{"a": [{}]}', {"depth": 2}, "(whole input): is nested more than 2 levels deep"),
        ('["\\"", [[1]]]', {"depth": 2}, "(whole input): is nested more than 2 levels deep"),
        ("[] [[[1]]]", {"depth": 2}, "(whole input): is nested more than 2 levels deep"),
        ("[" * 1235, {"depth": 1234}, "(whole input): is nested more than 1 234 levels deep"),
        ("[0, 1234]", {"digits": 3}, "/1: has more than 3 digits"),
        ("[-1234]", {"digits": 3}, "/0: has more than 3 digits"),
        ("[1.23e4]", {"digits": 3}, "/0: has more than 3 digits"),
        ('["1234", 1234]', {"digits": 3}, "/1: has more than 3 digits"),
        (b"[12345]", {"digits": 4}, "/0: has more than 4 digits"),
        ("[" + "7" * 1235 + "]", {"digits": 1234}, "/0: has more than 1 234 digits"),
        ('{"a": NaN}', {}, "/a: NaN is not a JSON number"),
        ('{"a": [Infinity]}', {}, "/a/0: Infinity is not a JSON number"),
        ('{"a": {"b": -Infinity}}', {}, "/a/b: -Infinity is not a JSON number"),
        ('[{"a": 1, "b": 2, "a": 3}]', {}, "/0/a: appears more than once"),
        ("7777", {"digits": 3}, "(whole input): has more than 3 digits"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_document_that_is_not_strict_json_is_a_problem_with_a_place(
    document: str | bytes, limits: dict[str, int], message: str
) -> None:
    """A syntax error has a line and a column, and a flaw of a value has a pointer."""
    assert [str(problem) for problem in problems_of(document, **limits)] == [message]


@pytest.mark.parametrize(
    ("document", "limits"),
    [
        ("[1]", {"size": 3}),
        (b"[1]", {"size": 3}),
        ("[[1]]", {"depth": 2}),
        ("[[], [], {}]", {"depth": 2}),
        ('["[[[", "\\"[[[", {}]', {"depth": 2}),
        ("[123, -123, 1.23, 12e3]", {"digits": 3}),
        (b"[1234, 0.123]", {"digits": 4}),
        ('["12345", "1\u0662345"]', {"digits": 3}),
        (' \t\r\n{"a": "\\ud800", "b": "\u00e9"} \t\r\n', {}),
        ('["\ud800"]', {}),
        ("1", {"size": 1, "depth": 1, "digits": 1}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_document_within_the_limits_is_read_as_the_json_module_reads_it(
    document: str | bytes, limits: dict[str, int]
) -> None:
    """Each limit is reached exactly, and brackets and digits in strings do not count."""
    assert read_without_flaws(document, **limits) == json.loads(document)


def test_numbers_have_the_same_type_under_every_limit_of_digits() -> None:
    """An integer stays an integer, and a number with a fraction or an exponent stays a float."""
    document = '["00000000", 7, -7, 7.0, 1e2]'
    for digits in (8, 100):
        assert [(type(value), value) for value in read_without_flaws(document, digits=digits)[1:]] == [
            (int, 7),
            (int, -7),
            (float, 7.0),
            (float, 100.0),
        ]


def test_flaws_are_reported_in_the_order_of_the_document() -> None:
    """Flaws at different depths and after valid values are found."""
    problems = problems_of(
        '{"ok": [1, {"fine": "x"}], "in": {"deep": [[NaN], 1, [2, NaN]]}, '
        '"twice": {"b": 1, "a": 2, "a": [NaN], "b": {}}, "then": [{}, {"c": 1, "c": 2}], "last": Infinity}'
    )
    assert [(problem.pointer, problem.code.value) for problem in problems] == [
        ("/in/deep/0/0", "not_finite"),
        ("/in/deep/2/1", "not_finite"),
        ("/twice/b", "duplicate_key"),
        ("/twice/a", "duplicate_key"),
        ("/twice/a/0", "not_finite"),
        ("/then/1/c", "duplicate_key"),
        ("/last", "not_finite"),
    ]


def test_load_returns_the_document_and_whether_it_has_a_flaw() -> None:
    """A Flaw takes the place of a wrong number; a duplicate key keeps its last value."""
    for document, expected in (
        ("[NaN]", [Flaw]),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("[" + "7" * 101 + "]", [Flaw]),
    ):
        content, flawed = load(document)
        assert flawed is True
        assert (content if isinstance(content, dict) else [type(item) for item in content]) == expected  # type: ignore[attr-defined]
    assert load('{"a": 1, "b": 1}') == ({"a": 1, "b": 1}, False)
    pairs = DuplicateKeys([("a", 1), ("b", 1), ("a", 2), ("a", 3)])
    assert (dict(pairs), pairs.twice) == ({"a": 3, "b": 1}, {"a"})


def test_flaws_past_the_limit_are_counted() -> None:
    """Wrong numbers and duplicate keys count alike, at every depth."""
    document = '[NaN, {"a": 1, "a": 2, "b": 1, "b": 2}, [NaN, {"c": 1, "c": 2}], NaN, {"d": 1, "d": 2, "e": 1, "e": 2}]'
    for limit in range(1, 9):
        with read_with("read it", Limits(problems=limit)):
            flaws = flaws_in(load(document)[0])
        assert (len(flaws.kept), flaws.more) == (limit, 8 - limit)
    assert [problem.pointer for problem in problems_of(document)] == [
        "/0",
        "/1/a",
        "/1/b",
        "/2/0",
        "/2/1/c",
        "/3",
        "/4/d",
        "/4/e",
    ]


TEXTS = st.text(alphabet='a":\\ \t\n{}[],', max_size=6)
TREES = st.recursive(
    st.one_of(TEXTS, st.integers(0, 9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def keys_of(tree: Any) -> int:
    """Count the keys of a tree."""
    if isinstance(tree, dict):
        return len(tree) + sum(map(keys_of, tree.values()))
    return sum(map(keys_of, tree)) if isinstance(tree, list) else 0


@given(TREES, st.sampled_from([":", ": ", " : ", "\t:", "\r\n:\n"]))
def test_keys_are_counted_whatever_the_texts_hold(tree: Any, colon: str) -> None:
    """Quotes, colons, backslashes and blanks make no difference."""
    text, count = json.dumps(tree, separators=(",", colon)), keys_of(tree)
    assert keys_in(text) == count
    assert has_more_keys(text, count - 1)
    plain = json.dumps({"a": 1, "b": ["c: d", '"', '": e']})
    assert not has_more_keys(plain, 2)


@given(TREES, st.integers(1, 6))
def test_depth_is_counted_whatever_the_texts_hold(tree: Any, limit: int) -> None:
    """Brackets and quotes in a text make no difference."""

    def depth_of(value: Any) -> int:
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return isinstance(value, dict | list) + max(map(depth_of, children), default=0)

    raw = json.dumps(tree).encode()
    assert is_too_deep(raw, limit) is (depth_of(tree) > limit)
    assert is_surely_within(raw, Limits(depth=limit)) is (depth_of(tree) <= limit)
    assert is_surely_within(raw + b" " * 200, Limits(depth=limit)) is (depth_of(tree) <= limit)


@pytest.mark.parametrize("text", ['{"x": 1 , \n }', '["x", \n ]'])
def test_a_comma_at_the_end_is_told_at_one_place(text: str) -> None:
    """Where something is missing after it, on every version of Python."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.params) == (Code.NOT_JSON, {"reason": "syntax", "line": 2, "column": 2})
