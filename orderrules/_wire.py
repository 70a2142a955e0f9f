"""What came over a wire, read at its place: the parts of a request, and the order in what an API answered or sent.

Models in it are read by ``_convert``. It must never know a platform or a rule.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

import attrs

from orderrules._json import Doubled, flaws_in, load
from orderrules._limits import MANNER, UPDATE_LIMITS, Limits, Manner
from orderrules._models import Checked, kept
from orderrules._values import integer, mapping, mistyped, refuse
from orderrules.errors import Code, InvalidInput, Part, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

ModelT = TypeVar("ModelT", bound=Checked)


@contextlib.contextmanager
def manner(what: str, limits: Limits = UPDATE_LIMITS, *, show_values: bool = False) -> Generator[None]:
    """Read in a manner, and say in the error what was read."""
    token = MANNER.set(Manner(limits, show_values))
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.problems, what, error.more, limits.characters) from None
    finally:
        MANNER.reset(token)


def _loaded(source: object) -> tuple[object, bool]:
    """Give what a document holds, and whether it has flaws; a mapping is what it is."""
    return load(source) if type(source) is str or type(source) is bytes else (source, False)


def read(model: type[ModelT], body: object, elsewhere: Mapping[str, str] | None = None) -> ModelT:
    """Read a model from a body, a mapping, text or bytes, strictly.

    Args:
        model: the class to read.
        body: the body.
        elsewhere: keys that belong to another endpoint, each with the hint that says to which.

    Raises:
        InvalidInput: with every problem at once, in the order of the body.
    """
    from orderrules._convert import read_model

    found, flawed = _loaded(body)
    if not flawed:
        return read_model(model, found, elsewhere or {})
    return gather(lambda: read_model(model, found, elsewhere or {}), lambda: _flawless(found))[0]  # type: ignore[no-any-return]


def _flawless(found: object) -> None:
    """Refuse a document that has a flaw or a doubled key anywhere in it."""
    problems = flaws_in(found)
    if problems:
        raise problems.error()


def _nothing() -> None:
    """Find nothing to refuse."""


def root(source: object) -> tuple[tuple[str, ...], dict[str, object], Callable[[], None]]:
    """Give the way into what the API answered or sent, of which anything may be ignored.

    That is the path to it, which is empty; the object itself; and a step of reading that refuses it
    where its JSON has a flaw anywhere.

    Raises:
        InvalidInput: it is no object.
    """
    found, flawed = _loaded(source)
    return (), mapping(found), functools.partial(_flawless, found) if flawed else _nothing


def inside(key: str, path: tuple[str, ...], found: dict[str, object]) -> tuple[tuple[str, ...], dict[str, object]]:
    """Follow a wrapper's key to the order, or what else is in it, and give the path to that.

    Raises:
        InvalidInput: there is no object.
    """
    return (*path, key), required(key, found, path, _order)


def _order(value: object) -> dict[str, object]:
    return mapping(value, "an order, an object")


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
            # A flaw is found by whoever reads the value, and by whoever looks for flaws.
            problems.add(*(problem for problem in error.problems if problem not in problems.kept))
            problems.more += error.more
    if problems:
        raise problems.error()
    return tuple(results)


def at(*path: str, reading: Callable[[object], Any], value: object, part: Part = Part.BODY) -> Any:  # noqa: ANN401 - whatever the reading gives.
    """Read a value, and report its problems at its place."""
    try:
        return reading(value)
    except InvalidInput as error:
        problems = (attrs.evolve(problem.under(*path), part=part) for problem in error.problems)
        raise InvalidInput(problems, more=error.more) from None


def required(key: str, found: Mapping[str, object], path: tuple[str, ...], reading: Callable[[object], Any]) -> Any:  # noqa: ANN401 - as above.
    """Read a value that must be there."""
    if key not in found:
        return at(*path, key, reading=_missing, value=None)
    return at(*path, key, reading=reading, value=found[key])


def _missing(_: object) -> NoReturn:
    raise refuse(Code.MISSING, "is required")


def shown(value: object, annotation: object) -> Any:  # noqa: ANN401 - of the type annotated.
    """Take what a response shows where it can be read as annotated; None where not, for no rule needs it."""
    if value is None:
        return None
    try:
        return kept(annotation)(value)
    except InvalidInput:
        return None


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
        return read_model(model, asked)
    if len(asked) > MANNER.get().limits.size:
        raise refuse(Code.TOO_LARGE, "is larger than is read")
    pairs: list[tuple[str, object]] | None = None
    with contextlib.suppress(UnicodeError):
        pairs = [*parse_qsl(asked, keep_blank_values=True, errors="strict")]
    if pairs is None:
        raise refuse(Code.NOT_UTF8, "holds bytes that are not UTF-8")
    found = dict(pairs)
    return read_model(model, found if len(found) == len(pairs) else Doubled(pairs))
