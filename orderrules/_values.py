"""What a documented value may be: text, whole and other numbers, flags, days, choices, lists and objects of these.

One strict reading per kind, used where a body is read and where an object is built directly,
so that both are checked alike. Nothing is coerced: a value is the documented one or a ``Problem``.
It must never know a platform, a rule, or what a value is for.

The module is longer than most because each kind of value has a reading of its own.
"""

from __future__ import annotations

import functools
import math
import re
import types
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum, StrEnum
from typing import Any, Final, Union, cast, get_args, get_origin, get_type_hints

import attrs

from orderrules.errors import Code, InvalidInput, Problem


class Unset(Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
"""Said of a key that an update leaves out. It is not null: null is a value, and no documented one."""

Leaf = Callable[[object], object]
"""Takes a value and returns the one that is kept; raises ``InvalidInput`` with one problem at ``""``."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

_KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "an array",
    tuple: "an array",
    dict: "an object",
    date: "a date",
}


def kind_of(value: object) -> str:
    """Name the JSON type of a value, with its article; a type that JSON lacks is named as Python names it."""
    if isinstance(value, Enum):
        return f"a {type(value).__qualname__}"
    if isinstance(value, Mapping):
        return "an object"
    return _KINDS.get(type(value)) or f"a Python {type(value).__name__}"


def refuse(code: Code, message: str, hint: str = "") -> InvalidInput:
    """Make the exception of a single value; whoever knows its place moves it there."""
    return InvalidInput([Problem("", code, message, hint)])


def _mistyped(expected: str, value: object) -> InvalidInput:
    if value is None:
        return refuse(Code.NULL, f"expected {expected}, got null")
    return refuse(Code.WRONG_TYPE, f"expected {expected}, got {kind_of(value)}")


def text(value: object) -> str:
    """Read a string."""
    if type(value) is not str:
        raise _mistyped("a string", value)
    return value


def integer(value: object) -> int:
    """Read an integer; a boolean is none, and neither is a number with a fraction of zero."""
    if type(value) is not int:
        raise _mistyped("an integer", value)
    return value


def number(value: object) -> int | float:
    """Read a finite number, and keep it as it was written: an integer stays one."""
    if type(value) is int:
        return value
    if type(value) is not float:
        raise _mistyped("a number", value)
    if not math.isfinite(value):
        raise refuse(Code.NOT_FINITE, f"expected a finite number, got {value}")
    return value


def flag(value: object) -> bool:
    """Read a boolean."""
    if type(value) is not bool:
        raise _mistyped("a boolean", value)
    return value


def day(value: object) -> date:
    """Read a calendar day written ``YYYY-MM-DD``; a ``date`` is kept as it is, a ``datetime`` is none."""
    if type(value) is date:
        return value
    if type(value) is not str:
        raise _mistyped("a date written YYYY-MM-DD", value)
    if _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise refuse(Code.NOT_A_DATE, "the calendar has no such day", "write a day as YYYY-MM-DD") from error
    raise refuse(Code.NOT_A_DATE, "expected a date written YYYY-MM-DD", "write a day as YYYY-MM-DD")


def mapping(value: object, expected: str = "an object") -> Mapping[str, object]:
    """Read an object, whatever it holds."""
    if not isinstance(value, Mapping):
        raise _mistyped(expected, value)
    return cast("Mapping[str, object]", value)


def choice(options: type[StrEnum]) -> Leaf:
    """Make the reading of one of the documented values of an enumeration."""
    by_value = {member.value: member for member in options}

    def read(value: object) -> StrEnum:
        if type(value) is options:
            return value
        if type(value) is not str:
            raise _mistyped("a string", value)
        member = by_value.get(value)
        if member is None:
            raise refuse(Code.NOT_A_CHOICE, "expected one of " + ", ".join(by_value))
        return member

    return read


LEAVES: Final[Mapping[type, Leaf]] = {
    str: text,
    int: integer,
    float: number,
    bool: flag,
    date: day,
}


def _enumeration(annotation: object) -> type[StrEnum] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, StrEnum) else None


@functools.cache
def leaf(annotation: object) -> Leaf | None:
    """Give the reading of an annotation that stands for one value; None for lists and objects.

    A union is read as its first member that takes the value; ``int | float`` is a number.
    """
    choices = _enumeration(annotation)
    if choices is not None:
        return choice(choices)
    options = members(annotation)
    if len(options) == 1:
        return LEAVES.get(annotation)  # type: ignore[call-overload, no-any-return]  # any object may be looked up.
    nullable = type(None) in options
    leaves = [leaf(option) for option in options if option is not type(None)]
    readings = [reading for reading in leaves if reading is not None]
    if len(readings) != len(leaves):
        return None

    def read(value: object) -> object:
        if nullable and value is None:
            return None
        found: list[InvalidInput] = []
        for reading in readings:
            try:
                return reading(value)
            except InvalidInput as error:
                found.append(error)
        raise found[-1]

    return read


def members(annotation: object) -> tuple[object, ...]:
    """List the members of a union, ``Unset`` left out; anything else is its own only member."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return tuple(option for option in get_args(annotation) if option is not Unset)
    return (annotation,)


def is_array(annotation: object) -> bool:
    """Say whether an annotation stands for a list of values."""
    return get_origin(annotation) is tuple


def is_model(annotation: object) -> bool:
    """Say whether an annotation is one of our models."""
    return isinstance(annotation, type) and issubclass(annotation, Checked)


def unreadable(annotation: object) -> TypeError:
    """Make the error of a model that says a type for which there is no strict reading."""
    return TypeError(f"there is no strict reading of {annotation}")


def _is_readable(annotation: object) -> bool:
    if is_array(annotation):
        item, *rest = get_args(annotation)
        return rest == [Ellipsis] and _is_readable(item)
    return is_model(annotation) or leaf(annotation) is not None


def _union(first: object, *others: object) -> object:
    union: Any = first
    for other in others:
        union |= other
    return union


@attrs.frozen
class Slot:
    """One field of a model: its name, the annotation without ``Unset``, and whether it may be left out."""

    name: str
    annotation: Any
    optional: bool


def _slots_of(model: type) -> Mapping[str, Slot]:
    """Read the fields of a model off its annotations, by name.

    Raises:
        TypeError: a field is of a type for which there is no strict reading.
    """
    hints = get_type_hints(model)
    slots: dict[str, Slot] = {}
    for field in attrs.fields(model):
        options = members(hints[field.name])
        optional = field.default is not attrs.NOTHING
        annotation = _union(*options)
        if not _is_readable(annotation):
            raise unreadable(annotation)
        slots[field.name] = Slot(field.name, annotation, optional)
    return slots


# Named apart and typed anew, because a checker sees no hashable argument in a class.
slots_of: Final[Callable[[type], Mapping[str, Slot]]] = functools.cache(_slots_of)


def _keep(annotation: Any, value: object) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Check a value given directly to a model: objects are instances, lists may be any sequence of values."""
    reading = leaf(annotation)
    if reading is not None:
        return reading(value)
    if is_array(annotation):
        (item, _) = get_args(annotation)
        return tuple(each(value, functools.partial(_keep, item)))
    if type(value) is not annotation:
        raise _mistyped(f"a {annotation.__qualname__}", value)
    return value


def each(value: object, reading: Leaf) -> list[object]:
    """Read every item of an array, and report the problems of all of them, each under its position."""
    if type(value) not in {list, tuple}:
        raise _mistyped("an array", value)
    items: list[object] = []
    problems: list[Problem] = []
    for position, item in enumerate(cast("list[object]", value)):
        try:
            items.append(reading(item))
        except InvalidInput as error:
            problems += [problem.under(str(position)) for problem in error.problems]
    if problems:
        raise InvalidInput(problems)
    return items


class Checked:
    """What every model is built on: an object built directly is as checked as one that is read.

    Raises:
        InvalidInput: on construction, with the problems of every field at once.
    """

    __slots__ = ()

    def __attrs_post_init__(self) -> None:
        problems: list[Problem] = []
        for name, slot in slots_of(type(self)).items():
            value = getattr(self, name)
            if value is UNSET and slot.optional:
                continue
            try:
                kept = _keep(slot.annotation, value)
            except InvalidInput as error:
                problems += [problem.under(name) for problem in error.problems]
                continue
            if kept is not value:
                object.__setattr__(self, name, kept)
        if problems:
            raise InvalidInput(problems, what=type(self).__qualname__)


def rebuild(model: Callable[..., object], said: Mapping[str, object]) -> object:
    """Build a model again from what was said of it; what is derived is derived anew."""
    return model(**said)
