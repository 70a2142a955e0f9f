"""What came over a wire, read at its place: the parts of a request, and the order in what an API answered or sent.

Models in it are read by ``_convert``. It must never know a platform or a rule.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl

import attrs

from orderrules._json import Doubled, flaws_in, load
from orderrules._limits import EMPTY_ARRAY, ENCODED_TWICE, MANNER, NO_HINTS, UPDATE_LIMITS, Hints, Limits, Manner
from orderrules._models import Checked
from orderrules._values import integer, is_mapping, mistyped, refuse
from orderrules.errors import Code, InvalidInput, Part, Problem, Problems, spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from orderrules._json import Document

ModelT = TypeVar("ModelT", bound=Checked)


@contextlib.contextmanager
def manner(
    what: str, limits: Limits = UPDATE_LIMITS, hints: Hints = NO_HINTS, *, show_values: bool = False
) -> Generator[None]:
    """Read in a manner, and say in the error what was read."""
    token = MANNER.set(Manner(limits, show_values, hints))
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.problems, what, error.more, limits.characters) from None
    finally:
        MANNER.reset(token)


def loaded(source: object) -> tuple[object, bool]:
    """Give what a document holds, and whether it has flaws; a mapping is what it is.

    Raises:
        InvalidInput: it is no JSON document, or past a limit.
    """
    kind = type(source)
    if kind is str or kind is bytes or kind is bytearray or kind is memoryview:
        return load(cast("Document", source))
    return source, False


def read(model: type[ModelT], body: object) -> ModelT:
    """Read a model from a body, a mapping or a document, strictly.

    Raises:
        InvalidInput: with every problem at once, in the order of the body.
    """
    from orderrules._convert import read_model

    found, flawed = loaded(body)
    problems = Problems()
    if type(found) is str and found.lstrip().startswith("{"):
        raise mistyped("an object", found).each(lambda problem: attrs.evolve(problem, hint=ENCODED_TWICE))
    try:
        made = read_model(model, found)
        if not flawed:
            return made
    except InvalidInput as error:
        problems.add_error(error)
    if flawed:
        problems.add_flaws(flaws_in(found))
    raise hinted(problems.error(), MANNER.get().hints)


def hinted(error: InvalidInput, hints: Hints) -> InvalidInput:
    """Give the problems of a body the hints of a platform: one for each misplaced key, or one for a whole object."""
    unknown = {_dotted(problem) for problem in error.problems if problem.code is Code.UNKNOWN_KEY}
    shapes = {shape.at: shape.hint for shape in hints.shapes if any((shape.at, key) in unknown for key in shape.keys)}
    once = {EMPTY_ARRAY: 1, **dict.fromkeys(shapes.values(), 1)}

    def change(problem: Problem) -> Problem:
        hint = problem.hint
        if problem.code is Code.UNKNOWN_KEY:
            above, key = _dotted(problem)
            hint = shapes.get(above) or hints.keys.get(f"{above}.{key}".lstrip("."), hint)
        if hint in once:
            once[hint] -= 1
            hint = hint if once[hint] >= 0 else ""
        return attrs.evolve(problem, hint=hint)

    return error.each(change)


def _dotted(problem: Problem) -> tuple[str, str]:
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


def at(*path: str, reading: Callable[[object], Any], value: object, part: Part = Part.BODY) -> Any:  # noqa: ANN401 - whatever the reading gives.
    """Read a value, and report its problems at its place."""
    try:
        return reading(value)
    except InvalidInput as error:
        raise error.each(lambda problem: attrs.evolve(problem.under(*path), part=part)) from None


def identifier(value: object, name: str) -> int:
    """Read an integer that stands in a path, where it is ASCII decimal text.

    Raises:
        InvalidInput: it is neither an integer nor such text, or has too many digits.
    """
    return at(name, reading=_decimal, value=value, part=Part.PATH)  # type: ignore[no-any-return]


def _decimal(value: object) -> int:
    if type(value) is str and re.fullmatch(r"[0-9]+", value):
        if len(value) <= MANNER.get().limits.digits:
            with contextlib.suppress(ValueError):  # Python may have been told a lower limit of its own.
                return int(value)
        raise refuse(Code.NUMBER_TOO_LONG, "has more digits than are read")
    if type(value) is int:
        return integer(value)
    if type(value) is str:
        raise refuse(Code.WRONG_TYPE, "expected the decimal digits of an integer, got other text")
    raise mistyped("an integer, or its decimal digits", value)


def query(model: type[ModelT], asked: object) -> ModelT:
    """Read the query of a request, strictly: a mapping, or text as it stands behind the question mark."""
    return at(reading=functools.partial(_query, model), value=asked, part=Part.QUERY)  # type: ignore[no-any-return]


def _query(model: type[ModelT], asked: object) -> ModelT:
    from orderrules._convert import read_model

    if type(asked) is not str:
        if not is_mapping(asked):
            raise mistyped("an object", asked)
        return read_model(model, asked)
    if len(asked) > MANNER.get().limits.size:
        most = spaced(MANNER.get().limits.size)
        raise refuse(Code.TOO_LARGE, f"has {spaced(len(asked))} characters, and {most} are read at most")
    pairs: list[tuple[str, object]] | None = None
    with contextlib.suppress(UnicodeError):
        pairs = [*parse_qsl(asked, keep_blank_values=True, errors="strict")]
    if pairs is None:
        raise refuse(Code.NOT_UTF8, "holds bytes that are not UTF-8")
    found = dict(pairs)
    return read_model(model, found if len(found) == len(pairs) else Doubled(pairs))
