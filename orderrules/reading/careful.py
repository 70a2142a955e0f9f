"""JSON to models, strictly, and back: cattrs carries the reading from type to type.

The hooks are our own, on a converter of our own; its defaults would turn ``null`` into ``"None"`` and ``"false"``
into ``True``. This is the careful way to read: it is taken where ``_quick`` is unsure, and says every problem.
It must never know a platform or a rule; it is the only importer of cattrs.
"""

from __future__ import annotations

import functools
from datetime import date
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

import attrs
import cattrs

from orderrules.reading.fields import UNSET, is_array, is_model, slots_of, strict_reader
from orderrules.reading.limits import EMPTY_ARRAY
from orderrules.reading.models import Model
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems
from orderrules.reading.strict_json import DuplicateKeys, duplicate_key
from orderrules.reading.values import LEAVES, close_to, invalid, is_empty_list, kind_of, leaf, pairs_of, read_items

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from orderrules.reading.fields import Slot

ModelT = TypeVar("ModelT", bound=Model)

_KEEP: Final = "leave the key out to leave it as it is"


def _unknown(key: str, known: Mapping[str, Slot]) -> Problem:
    """Say that a key is documented nowhere, and what may have been meant."""
    return Problem("", Code.UNKNOWN_KEY, "is no documented key here", close_to(key, known)).under(key)


def _not_text(key: object) -> Problem:
    name = str(key) if type(key) is bool or (type(key) is int and abs(key) < 1 << 64) else f"({kind_of(key)})"
    return Problem("", Code.KEY_NOT_TEXT, f"a key is a string, this one is {kind_of(key)}").under(name)


def read_model(model: type[ModelT], value: object) -> ModelT:
    """Read one of our models: every key must be one of its fields, every value the documented one."""
    if is_empty_list(value):
        raise invalid(Code.WRONG_TYPE, "expected an object, got an array", EMPTY_ARRAY)
    slots = slots_of(model)
    said: dict[str, Any] = {}
    problems = Problems()
    twice: AbstractSet[str] = value.twice if type(value) is DuplicateKeys else frozenset()
    for key, item in pairs_of(value):
        if type(key) is not str or (key not in slots and key not in twice):
            if problems.full:
                problems.more += 1
            else:
                problems.add(_unknown(key, slots) if type(key) is str else _not_text(key))
        elif key in twice or key in said:
            problems.add(duplicate_key(key))
            problems.flaws += key in twice
            said[key] = UNSET
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
    return error.each(lambda problem: attrs.evolve(problem, hint=_KEEP))


def _read_leaf(value: object, annotation: object) -> object:
    return strict_reader(annotation)(value)


def _structure(annotation: Any, value: object) -> object:  # noqa: ANN401 - an annotation can be any object.
    return _converter.structure(value, annotation)


def _read_array(value: object, annotation: object) -> object:
    (item, _) = get_args(annotation)
    return tuple(read_items(value, leaf(item) or functools.partial(_structure, item)))


def _read_object(value: object, model: type[ModelT]) -> ModelT:
    return value if type(value) is model else read_model(model, value)


def write_model(model: Model) -> dict[str, object]:
    """Write a model as the JSON-ready body it stands for: what is absent stays absent."""
    written: dict[str, object] = _converter.unstructure(model)
    return written


def _write_object(model: Model) -> dict[str, object]:
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
