"""JSON to objects, strictly, and back: the one place that turns what came over a wire into a model.

cattrs carries the reading from type to type, with our own strict hooks on a converter of our own;
its defaults would turn ``null`` into ``"None"`` and ``"false"`` into ``True``.
It must never know a platform or a rule.

The module is longer than most because a request has four parts, and each is read at its own place.
"""

from __future__ import annotations

import contextlib
import functools
import re
from datetime import date
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, get_args
from urllib.parse import parse_qsl

import attrs
import cattrs

from orderrules._json import Doubled, duplicate, flaws_in, load
from orderrules._limits import MANNER, UPDATE_LIMITS, Limits, Manner
from orderrules._models import UNSET, Checked, is_array, is_model, slots_of, unreadable
from orderrules._values import LEAVES, close_to, each, integer, kind_of, leaf, mapping, mistyped, pairs_of, refuse
from orderrules.errors import Code, InvalidInput, Part, Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

ModelT = TypeVar("ModelT", bound=Checked)

_KEEP: Final = "leave the key out to leave it as it is"


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
    found, flawed = _loaded(body)
    if not flawed:
        return _object(model, found, elsewhere or {})
    return gather(lambda: _object(model, found, elsewhere or {}), lambda: _flawless(found))[0]  # type: ignore[no-any-return]


def _flawless(found: object) -> None:
    """Refuse a document that has a flaw or a doubled key anywhere in it."""
    problems = flaws_in(found)
    if problems:
        raise problems.error()


def root(source: object) -> tuple[tuple[str, ...], dict[str, object], Callable[[], None]]:
    """Give the way into what the API answered or sent, of which anything may be ignored.

    That is the path to it, which is empty; the object itself; and a step of reading that refuses it
    where its JSON has a flaw anywhere.

    Raises:
        InvalidInput: it is no object.
    """
    found, flawed = _loaded(source)
    return (), mapping(found), functools.partial(_flawless, found if flawed else None)


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
    try:
        return kept(annotation)(value)
    except InvalidInput:
        return None


def kept(annotation: object) -> Callable[[object], Any]:
    """Give the strict reading of an annotation that stands for one value."""
    reading = leaf(annotation)
    if reading is None:
        raise unreadable(annotation)
    return reading


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
    raise mistyped("an integer, or its decimal digits", value)


def query(model: type[ModelT], asked: object) -> ModelT:
    """Read the query of a request, strictly: a mapping, or text as it stands behind the question mark."""
    return at(reading=functools.partial(_query, model), value=asked, part=Part.QUERY)  # type: ignore[no-any-return]


def _query(model: type[ModelT], asked: object) -> ModelT:
    if type(asked) is not str:
        return _object(model, asked)
    if len(asked) > MANNER.get().limits.size:
        raise refuse(Code.TOO_LARGE, "is larger than is read")
    pairs: list[tuple[str, object]] | None = None
    with contextlib.suppress(UnicodeError):
        pairs = [*parse_qsl(asked, keep_blank_values=True, errors="strict")]
    if pairs is None:
        raise refuse(Code.NOT_UTF8, "holds bytes that are not UTF-8")
    found = dict(pairs)
    return _object(model, found if len(found) == len(pairs) else Doubled(pairs))


def _unknown(key: str, known: Mapping[str, object], elsewhere: Mapping[str, str]) -> Problem:
    """Say that a key is documented nowhere, and what may have been meant."""
    hint = elsewhere.get(key) or close_to(key, known)
    return Problem("", Code.UNKNOWN_KEY, "is no documented key here", hint).under(key)


def _not_text(key: object) -> Problem:
    name = str(key) if type(key) is bool or (type(key) is int and abs(key) < 1 << 64) else f"({kind_of(key)})"
    return Problem("", Code.KEY_NOT_TEXT, f"a key is a string, this one is {kind_of(key)}").under(name)


def _object(model: type[ModelT], value: object, elsewhere: Mapping[str, str] | None = None) -> ModelT:
    """Read one of our models: every key must be one of its fields, every value the documented one."""
    slots = slots_of(model)
    said: dict[str, Any] = {}
    problems = Problems()
    twice: set[str] = value.twice if type(value) is Doubled else set()
    for key, item in pairs_of(value):
        if type(key) is not str:
            problems.add(_not_text(key))
        elif key in twice or key in said:
            problems.add(duplicate(key))
            said[key] = UNSET
        elif key not in slots:
            if problems.full:
                problems.more += 1
            else:
                problems.add(_unknown(key, slots, elsewhere or {}))
        else:
            try:
                annotation = slots[key].annotation
                reading = leaf(annotation)
                said[key] = reading(item) if reading else _converter.structure(item, annotation)
            except InvalidInput as error:
                said[key] = UNSET
                problems.add_error(_with_hint(error) if item is None else error, key)
    for name, slot in slots.items():
        if not slot.optional and name not in said:
            problems.add(Problem("", Code.MISSING, "is required").under(name))
    if problems:
        raise problems.error()
    return model(**said)


def _with_hint(error: InvalidInput) -> InvalidInput:
    return InvalidInput(attrs.evolve(problem, hint=_KEEP) for problem in error.problems)


def _read_leaf(value: object, annotation: object) -> object:
    return kept(annotation)(value)


def _structure(annotation: Any, value: object) -> object:  # noqa: ANN401 - an annotation can be any object.
    return _converter.structure(value, annotation)


def _read_array(value: object, annotation: object) -> object:
    return tuple(each(value, functools.partial(_structure, get_args(annotation)[0])))


def _read_object(value: object, model: type[ModelT]) -> ModelT:
    return value if type(value) is model else _object(model, value)


def body(patch: Checked) -> dict[str, object]:
    """Write a model as the JSON-ready body it stands for: what is absent stays absent."""
    written: dict[str, object] = _converter.unstructure(patch)
    return written


def _write_object(model: Checked) -> dict[str, object]:
    said = {name: getattr(model, name) for name in slots_of(type(model))}
    return {name: _converter.unstructure(value) for name, value in said.items() if value is not UNSET}


def _write_array(values: tuple[object, ...]) -> list[object]:
    return [_converter.unstructure(value) for value in values]


_converter: Final = cattrs.Converter(detailed_validation=False)
# Hooks by type come before hooks by predicate, so each type that cattrs reads by itself is taken from it by name;
# the predicates are asked from the last to the first.
for _type in (*LEAVES, Enum):
    _converter.register_structure_hook(_type, _read_leaf)
_converter.register_structure_hook_func(lambda _: True, _read_leaf)
_converter.register_structure_hook_func(is_array, _read_array)
_converter.register_structure_hook_func(is_model, _read_object)
_converter.register_unstructure_hook(date, date.isoformat)
_converter.register_unstructure_hook(StrEnum, lambda member: member.value)
_converter.register_unstructure_hook(tuple, _write_array)
_converter.register_unstructure_hook_func(is_model, _write_object)
