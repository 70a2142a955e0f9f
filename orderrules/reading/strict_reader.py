"""The careful way to read models from JSON values, and the way to write them: a cattrs converter with strict hooks.

``bodies`` uses it if the fast way (``code_generation``, ``msgspec_reader``) is unsure. It reports every problem. Hooks
are registered for every type, because the defaults of cattrs would turn ``null`` into ``"None"`` and ``"false"`` into
``True``. This is the only module that imports cattrs.
"""

from __future__ import annotations

import functools
from datetime import date
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

import cattrs

from orderrules.reading.fields import UNSET, is_array, is_model, slots_of, strict_reader
from orderrules.reading.hints import EMPTY_ARRAY, LEAVE_OUT, hint_close_to
from orderrules.reading.models import Model
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems
from orderrules.reading.strict_json import DuplicateKeys, duplicate_key
from orderrules.reading.values import LEAVES, is_empty_list, kind_of, leaf, pairs_of, read_items, wrong_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from orderrules.reading.fields import Slot

ModelT = TypeVar("ModelT", bound=Model)


def _unknown_key(key: str, known: Mapping[str, Slot]) -> Problem:
    """Return the problem of an undocumented key, with a guess at the key that is meant."""
    return Problem("", Code.UNKNOWN_KEY).with_hint(hint_close_to(key, known)).under(key)


def _key_not_text(key: object) -> Problem:
    name = str(key) if type(key) is bool or (type(key) is int and abs(key) < 1 << 64) else f"({kind_of(key)})"
    return Problem("", Code.KEY_NOT_TEXT, {"found": kind_of(key)}).under(name)


def read_model(model: type[ModelT], value: object) -> ModelT:
    """Read a model: every key must be one of its fields, and every value must be valid for its field."""
    if is_empty_list(value):
        raise wrong_type("object", value, EMPTY_ARRAY)
    slots = slots_of(model)
    fields: dict[str, Any] = {}
    problems = Problems()
    twice: AbstractSet[str] = value.twice if type(value) is DuplicateKeys else frozenset()
    for key, item in pairs_of(value):
        if type(key) is not str or (key not in slots and key not in twice):
            if problems.full:
                problems.more += 1
            else:
                problems.add(_unknown_key(key, slots) if type(key) is str else _key_not_text(key))
        elif key in twice or key in fields:
            problems.add(duplicate_key(key))
            problems.flaws += key in twice
            fields[key] = UNSET
        else:
            try:
                annotation = slots[key].annotation
                reading = leaf(annotation)
                fields[key] = reading(item) if reading else _converter.structure(item, annotation)
            except InvalidInput as error:
                fields[key] = UNSET
                problems.add_error(_with_null_hint(error) if item is None else error, key)
    for name, slot in slots.items():
        if not slot.optional and name not in fields:
            problems.add(Problem("", Code.MISSING).under(name))
    if problems:
        raise problems.error()
    return model(**fields)


def _with_null_hint(error: InvalidInput) -> InvalidInput:
    return error.each(lambda problem: problem.with_hint(LEAVE_OUT))


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
    """Return a model as a JSON-ready dict; fields that are ``UNSET`` are left out."""
    body: dict[str, object] = _converter.unstructure(model)
    return body


def _write_object(model: Model) -> dict[str, object]:
    fields = {name: getattr(model, name) for name in slots_of(type(model))}
    return {name: _converter.unstructure(value) for name, value in fields.items() if value is not UNSET}


def _write_array(values: tuple[object, ...]) -> list[object]:
    return [_converter.unstructure(value) for value in values]


_converter: Final = cattrs.Converter(detailed_validation=False)
# cattrs tries hooks by type before hooks by predicate, so each type that it can read itself gets a hook by type.
# It tries the predicates from the last registered to the first.
for _type in (*LEAVES, Enum):
    _converter.register_structure_hook(_type, _read_leaf)
_converter.register_structure_hook_func(lambda _: True, _read_leaf)
_converter.register_structure_hook_func(is_array, _read_array)
_converter.register_structure_hook_func(is_model, _read_object)
_converter.register_unstructure_hook(date, date.isoformat)
_converter.register_unstructure_hook(StrEnum, lambda member: member.value)
_converter.register_unstructure_hook(tuple, _write_array)
_converter.register_unstructure_hook_func(is_model, _write_object)
