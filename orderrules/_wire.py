"""JSON to objects, strictly: the one place that turns what came over a wire into a model.

cattrs carries the reading from type to type, with our own strict hooks on a converter of our own;
its defaults would turn ``null`` into ``"None"`` and ``"false"`` into ``True``.
It must never know a platform or a rule.

The module is longer than most because a request has four parts, and each is read at its own place.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, NoReturn, TypeVar, get_args
from urllib.parse import parse_qsl

import attrs
import cattrs

from orderrules._values import LEAVES, each, is_array, is_model, kind_of, leaf, mapping, refuse, slots_of, unreadable
from orderrules.errors import Code, InvalidInput, Part, Problem

ModelT = TypeVar("ModelT")

_LONGEST_GUESS: Final = 64
_KEEP: Final = "leave the key out to leave it as it is"
_ID: Final = re.compile(r"[0-9]{1,100}", re.ASCII)


def parse(source: object, what: str) -> Mapping[str, object]:
    """Return the JSON object that a mapping, text or bytes stand for.

    Raises:
        InvalidInput: the text is no JSON, or not an object.
    """
    try:
        return mapping(_load(source) if isinstance(source, str | bytes) else source)
    except InvalidInput as error:
        raise InvalidInput(error.problems, what) from None


def _load(document: str | bytes) -> object:
    try:
        return json.loads(
            document.decode("utf-8") if isinstance(document, bytes) else document, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        raise refuse(Code.NOT_JSON, f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise refuse(Code.NOT_JSON, f"line {error.lineno}, column {error.colno}: {error.msg.lower()}") from error
    except RecursionError as error:
        raise refuse(Code.NOT_JSON, "nested too deeply") from error
    except ValueError as error:
        raise refuse(Code.NOT_JSON, "a number is too long") from error


def _no_constant(name: str) -> NoReturn:
    raise refuse(Code.NOT_JSON, f"{name} is no JSON")


def read(model: type[ModelT], body: object, *, what: str, elsewhere: Mapping[str, str] | None = None) -> ModelT:
    """Read a model from a body, strictly.

    Args:
        model: the class to read.
        body: a mapping, text or bytes.
        what: what the body is, for the error: ``Salla update``.
        elsewhere: keys that belong to another endpoint, each with the hint that says to which.

    Raises:
        InvalidInput: with every problem at once, in the order of the body.
    """
    try:
        return _object(model, parse(body, what), elsewhere or {})
    except InvalidInput as error:
        raise InvalidInput(error.problems, what) from None


def identifier(value: object, name: str) -> int:
    """Read an integer that stands in a path, where it is ASCII decimal text.

    Raises:
        InvalidInput: it is neither an integer nor such text.
    """
    if type(value) is int:
        return value
    if type(value) is str and _ID.fullmatch(value):
        return int(value)
    got = "other text" if type(value) is str else kind_of(value)
    message = f"expected an integer, or its decimal digits, got {got}"
    raise InvalidInput([Problem(f"/{name}", Code.WRONG_TYPE, message, part=Part.PATH)])


def gather(what: str, *steps: Callable[[], object]) -> tuple[Any, ...]:
    """Take some steps of reading, all of them, and give what each returns.

    Raises:
        InvalidInput: with the problems of every step that failed, in their order.
    """
    results: list[object] = []
    problems: list[Problem] = []
    for step in steps:
        try:
            results.append(step())
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems, what)
    return tuple(results)


def at(*path: str, reading: Callable[[object], Any], value: object, part: Part = Part.BODY) -> Any:  # noqa: ANN401 - whatever the reading gives.
    """Read a value, and report its problems at its place."""
    try:
        return reading(value)
    except InvalidInput as error:
        problems = error.problems
        for token in reversed(path):
            problems = tuple(problem.under(token) for problem in problems)
        raise InvalidInput(attrs.evolve(problem, part=part) for problem in problems) from None


def unwrap(
    payload: Mapping[str, object], wrappers: tuple[str, ...], what: str
) -> tuple[tuple[str, ...], Mapping[str, object]]:
    """Find the order in a payload, and the path to it.

    Args:
        payload: the order itself, or what is around it.
        wrappers: the keys under which an order may stand, from the outside in. The first is only ever a wrapper;
            the others are followed where an object stands.
        what: what is looked for, for the error.

    Raises:
        InvalidInput: the first wrapper holds no object.
    """
    path: tuple[str, ...] = ()
    for key in wrappers:
        if isinstance(payload.get(key), Mapping) or (key == wrappers[0] and key in payload):
            (payload,) = gather(what, functools.partial(at, key, reading=_order, value=payload[key]))
            path = (*path, key)
    return path, payload


def _order(value: object) -> Mapping[str, object]:
    return mapping(value, "an order, an object")


def required(key: str, found: Mapping[str, object], path: tuple[str, ...], reading: Callable[[object], Any]) -> Any:  # noqa: ANN401 - as above.
    """Read a value that must be there."""
    if key not in found:
        return at(*path, key, reading=_missing, value=None)
    return at(*path, key, reading=reading, value=found[key])


def _missing(_: object) -> NoReturn:
    raise refuse(Code.MISSING, "is required")


def shown(value: object, annotation: object) -> Any:  # noqa: ANN401 - of the type annotated.
    """Take what a response shows where it can be read as annotated; None where not, for no rule needs it."""
    reading = leaf(annotation)
    try:
        return None if reading is None else reading(value)
    except InvalidInput:
        return None


def query(model: type[ModelT], asked: Mapping[str, object] | str) -> ModelT:
    """Read the query of a request, strictly: a mapping, or text as it stands behind the question mark."""
    if isinstance(asked, str):
        pairs = parse_qsl(asked, keep_blank_values=True)
        asked = dict(pairs)
        twice = [key for key in asked if [name for name, _ in pairs].count(key) > 1]
        if twice:
            problems = [Problem("", Code.UNKNOWN_KEY, "is given more than once").under(key) for key in twice]
            raise InvalidInput(attrs.evolve(problem, part=Part.QUERY) for problem in problems)
    return at(reading=functools.partial(_object, model), value=asked, part=Part.QUERY)  # type: ignore[no-any-return]


def _unknown(key: object, known: Mapping[str, object], elsewhere: Mapping[str, str]) -> Problem:
    """Say that a key is documented nowhere, and what may have been meant."""
    hint = elsewhere.get(key, "") if isinstance(key, str) else ""
    if not hint and isinstance(key, str) and len(key) <= _LONGEST_GUESS:
        close = get_close_matches(key, known, n=1)
        hint = f"did you mean {close[0]}?" if close else ""
    return Problem("", Code.UNKNOWN_KEY, "is no documented key here", hint).under(str(key))


def _object(model: type[ModelT], value: object, elsewhere: Mapping[str, str] | None = None) -> ModelT:
    """Read one of our models: every key must be one of its fields, every value the documented one."""
    found = mapping(value)
    slots = slots_of(model)
    said: dict[str, object] = {}
    problems: list[Problem] = []
    for key, item in found.items():
        slot = slots.get(key)
        if slot is None:
            problems.append(_unknown(key, slots, elsewhere or {}))
            continue
        try:
            said[key] = _converter.structure(item, slot.annotation)
        except InvalidInput as error:
            hint = _KEEP if item is None else ""
            problems += [attrs.evolve(problem.under(key), hint=problem.hint or hint) for problem in error.problems]
    problems += [
        Problem("", Code.MISSING, "is required").under(name)
        for name, slot in slots.items()
        if not slot.optional and name not in found
    ]
    if problems:
        raise InvalidInput(problems)
    return model(**said)


def _structure(annotation: Any, value: object) -> object:  # noqa: ANN401 - an annotation can be any object.
    return _converter.structure(value, annotation)


def _read_leaf(value: object, annotation: object) -> object:
    reading = leaf(annotation)
    if reading is None:
        raise unreadable(annotation)
    return reading(value)


def _read_array(value: object, annotation: object) -> object:
    return tuple(each(value, functools.partial(_structure, get_args(annotation)[0])))


def _read_object(value: object, model: type[ModelT]) -> ModelT:
    return value if type(value) is model else _object(model, value)


_converter: Final = cattrs.Converter(detailed_validation=False)
# Hooks by type come before hooks by predicate, so each type that cattrs reads by itself is taken from it by name;
# the predicates are asked from the last to the first.
for _type in (*LEAVES, Enum):
    _converter.register_structure_hook(_type, _read_leaf)
_converter.register_structure_hook_func(lambda _: True, _read_leaf)
_converter.register_structure_hook_func(is_array, _read_array)
_converter.register_structure_hook_func(is_model, _read_object)
