"""Bodies of updates, and the other parts of a request: read strictly, each problem with its place.

``read_body`` takes the quick way first (``generated``, or ``structs`` where msgspec is installed). Where that gives up,
the careful way (``careful``) starts again and reports every problem at once.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar
from urllib.parse import parse_qsl

import attrs

from orderrules.reading.generated import Source, can_generate, reader
from orderrules.reading.limits import EMPTY_ARRAY, ENCODED_TWICE, NO_HINTS, OPTIONS, UPDATE_LIMITS, Hints, Limits
from orderrules.reading.models import Model
from orderrules.reading.problems import Code, InvalidInput, Part, Problem, Problems, group_thousands, read_with
from orderrules.reading.strict_json import (
    BLANK,
    LONGEST,
    DuplicateKeys,
    UnsureError,
    flaws_in,
    keys_in,
    load_source,
    scan,
)
from orderrules.reading.values import integer, invalid, is_mapping, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderrules.reading.strict_json import Document

    Take = Callable[[str, str | bytes], tuple[Any, int]]
    """Takes a document, as text and as it was given; returns a model, and how many keys were taken."""


ModelT = TypeVar("ModelT", bound=Model)


def read_body(  # noqa: PLR0913 - all but two have defaults.
    model: type[ModelT],
    body: Mapping[str, object] | Document,
    *,
    what: str = "update",
    hints: Hints = NO_HINTS,
    limits: Limits = UPDATE_LIMITS,
    show_values: bool = False,
) -> ModelT:
    """Read a model, such as a platform's ``Patch``, from a body, strictly.

    Args:
        model: the class to read.
        body: a mapping, or a JSON document as text or bytes (``bytes``, ``bytearray`` or ``memoryview``).
        what: what is read, for the error.
        hints: what people send that belongs elsewhere or is called otherwise.
        limits: how far reading goes.
        show_values: whether messages show the values that cannot be read, shortened; they may be personal.

    Raises:
        InvalidInput: with every problem at once, each with a JSON pointer into the body.
    """
    made = read_quickly(model, body, limits)
    if made is not None:
        return made
    with read_with(f"read the {what}", limits, hints, show_values=show_values):
        return read_carefully(model, body)


def write_body(model: Model) -> dict[str, object]:
    """Write a model as the JSON-ready body it stands for; what is absent stays absent.

    Raises:
        TypeError: it is no model.
    """
    if not isinstance(model, Model):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a model, got a {type(model).__name__}")

    from orderrules.reading.careful import write_model

    return write_model(model)


_DEPTH: Final = 64

_KEYS: Final = 1024
"""More than any model has; what limits allow at least, if nothing is to be counted here."""

_RISKY: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""An escaped NUL, or half of an escaped pair of surrogates."""


def read_quickly(model: type[ModelT], body: object, limits: Limits) -> ModelT | None:
    """Read a model from a document or a dict; None where that is left to the careful way.

    Each key of a document stands before a colon. So where there are no more colons than documented keys were taken,
    no key is unknown, and none stands twice. A colon before two slashes, escaped or not, stands in a text.
    Where there are others, the keys are counted.
    """
    if limits is not UPDATE_LIMITS and not _are_enough(limits):
        return None
    made: ModelT
    try:
        if type(body) is bytes:
            text = body.decode()
        elif type(body) is str:
            text = body
            if not text.isascii():
                text.encode()  # It has no surrogates, or is left to the careful way.
        else:
            made, _ = reader(model, Source.DICT)(body, 0)
            return made
        # What is nested more deeply than is read has more brackets than that, and never comes to a parser.
        is_deep = text.count("{") + text.count("[") > _DEPTH
        if len(body) > limits.size or is_deep or ("\\" in text and _RISKY.search(text)):
            return None
        made, taken = (_TAKES.get(model) or _taker_of(model))(text, body)
        colons = text.count(":")
        if colons != taken and colons - text.count("://") - text.count(r":\/\/") != taken and keys_in(text) != taken:
            return None
    except (ValueError, KeyError, StopIteration, RuntimeError):  # The stack may be used up, or a dict change meanwhile.
        return None
    return made


def _are_enough(limits: Limits) -> bool:
    return limits.digits >= LONGEST and limits.depth >= _DEPTH and limits.keys >= _KEYS


def _taker_of(model: type[Model]) -> Take:
    """Give what takes a model from a document, and counts the keys taken: with msgspec, where it is installed."""
    try:
        from orderrules.reading.structs import take
    except ImportError:
        take = _take
    return _TAKES.setdefault(model, take(model) if can_generate(model) else _give_up)


def _take(model: type[Model]) -> Take:
    read = reader(model, Source.DOCUMENT)

    def take(text: str, _: str | bytes) -> tuple[Any, int]:
        found, end = scan(text, 0)
        if end != len(text) and text[end:].strip(BLANK):
            raise UnsureError
        return read(found, 0)

    return take


_TAKES: Final[dict[type, Take]] = {}


def _give_up(_: str, __: str | bytes) -> NoReturn:
    raise UnsureError


def read_carefully(model: type[ModelT], body: object) -> ModelT:
    """Read a model from a body, a mapping or a document, strictly.

    Raises:
        InvalidInput: with every problem at once, in the order of the body.
    """
    from orderrules.reading.careful import read_model

    found, flawed = load_source(body)
    problems = Problems()
    if type(found) is str and found.lstrip().startswith("{"):
        raise wrong_type("an object", found).each(lambda problem: attrs.evolve(problem, hint=ENCODED_TWICE))
    try:
        made = read_model(model, found)
        if not flawed:
            return made
    except InvalidInput as error:
        problems.add_error(error)
    if flawed:
        problems.add_flaws(flaws_in(found))
    raise add_hints(problems.error(), OPTIONS.get().hints)


def add_hints(error: InvalidInput, hints: Hints) -> InvalidInput:
    """Give the problems of a body the hints of a platform: one for each misplaced key, or one for a whole object."""
    unknown = {_split_pointer(problem) for problem in error.problems if problem.code is Code.UNKNOWN_KEY}
    shapes = {shape.at: shape.hint for shape in hints.shapes if any((shape.at, key) in unknown for key in shape.keys)}
    once = {EMPTY_ARRAY: 1, **dict.fromkeys(shapes.values(), 1)}

    def change(problem: Problem) -> Problem:
        hint = problem.hint
        if problem.code is Code.UNKNOWN_KEY:
            above, key = _split_pointer(problem)
            hint = shapes.get(above) or hints.keys.get(f"{above}.{key}".lstrip("."), hint)
        if hint in once:
            once[hint] -= 1
            hint = hint if once[hint] >= 0 else ""
        return attrs.evolve(problem, hint=hint)

    return error.each(change)


def _split_pointer(problem: Problem) -> tuple[str, str]:
    """Part the pointer of a problem into the keys that lead to its object, with dots between them, and its own key."""
    *above, key = problem.pointer.split("/")
    return ".".join(token for token in above if token and not token.isdigit()), key


def gather(*steps: Callable[[], object]) -> tuple[Any, ...]:
    """Take some steps of reading, all of them, and give what each returns.

    Raises:
        InvalidInput: with the problems of every step that failed, in their order.
    """
    results: list[object] = []
    problems = Problems()
    for step in steps:
        try:
            results.append(step())
        except InvalidInput as error:
            problems.add_error(error)
    if problems:
        raise problems.error()
    return tuple(results)


def at(*path: str, read: Callable[[object], Any], value: object, part: Part = Part.BODY) -> Any:  # noqa: ANN401 - whatever the reading gives.
    """Read a value, and report its problems at its place."""
    try:
        return read(value)
    except InvalidInput as error:
        raise error.each(lambda problem: attrs.evolve(problem.under(*path), part=part)) from None


def identifier(value: object, name: str) -> int:
    """Read an integer that stands in a path, where it is ASCII decimal text.

    Raises:
        InvalidInput: it is neither an integer nor such text, or has too many digits.
    """
    return at(name, read=_decimal, value=value, part=Part.PATH)  # type: ignore[no-any-return]


def _decimal(value: object) -> int:
    if type(value) is str and re.fullmatch(r"[0-9]+", value):
        if len(value) <= OPTIONS.get().limits.digits:
            with contextlib.suppress(ValueError):  # Python may have been told a lower limit of its own.
                return int(value)
        raise invalid(Code.NUMBER_TOO_LONG, "has more digits than are read")
    if type(value) is int:
        return integer(value)
    if type(value) is str:
        raise invalid(Code.WRONG_TYPE, "expected the decimal digits of an integer, got other text")
    raise wrong_type("an integer, or its decimal digits", value)


def read_query(model: type[ModelT], asked: object) -> ModelT:
    """Read the query of a request, strictly: a mapping, or text as it stands behind the question mark."""
    return at(read=functools.partial(_query, model), value=asked, part=Part.QUERY)  # type: ignore[no-any-return]


def _query(model: type[ModelT], asked: object) -> ModelT:
    from orderrules.reading.careful import read_model

    if type(asked) is not str:
        if not is_mapping(asked):
            raise wrong_type("an object", asked)
        return read_model(model, asked)
    if len(asked) > OPTIONS.get().limits.size:
        most = group_thousands(OPTIONS.get().limits.size)
        raise invalid(Code.TOO_LARGE, f"has {group_thousands(len(asked))} characters, and {most} are read at most")
    pairs: list[tuple[str, object]] | None = None
    with contextlib.suppress(UnicodeError):
        pairs = [*parse_qsl(asked, keep_blank_values=True, errors="strict")]
    if pairs is None:
        raise invalid(Code.NOT_UTF8, "holds bytes that are not UTF-8")
    found = dict(pairs)
    return read_model(model, found if len(found) == len(pairs) else DuplicateKeys(pairs))
