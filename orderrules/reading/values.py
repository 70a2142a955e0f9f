"""Strict readers of single values: strings, integers, numbers, booleans, dates and choices, and lists of them.

Each kind of value has one reader, used when a body is read and when an object is built in Python, so that both are
checked alike. A reader converts nothing: it returns the documented value or raises ``InvalidInput``.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import re
import types
from collections.abc import Callable, Generator, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, Union, cast, get_args, get_origin

import attrs

from orderrules.reading.hints import Hint, hint_close_to
from orderrules.reading.limits import MAX_VALUE, OPTIONS
from orderrules.reading.problems import Code, Counted, InvalidInput, Problem, Problems, escape_unprintable
from orderrules.reading.strict_json import Flaw, duplicate_key

Leaf = Callable[[object], object]
"""Takes a value and returns the value to store; raises ``InvalidInput`` with one problem at ``""``."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_WRITE_DATE: Final = Hint("write_date")
_BITS_PER_DIGIT: Final = math.log2(10)
KINDS: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    tuple: "array",
    dict: "object",
    date: "Python date",
}


def kind_of(value: object) -> str:
    """Return the name of the JSON type of a value; for a type that JSON lacks, ``Python`` and its name there."""
    try:
        return KINDS.get(type(value)) or ("object" if is_mapping(value) else _python_type(type(value)))
    except Exception:  # noqa: BLE001 - the class is not ours, and may raise anything.
        return "unknown"


def _python_type(kind: type) -> str:
    return f"Python {escape_unprintable(kind.__name__[:MAX_VALUE])}"


def shorten(value: str) -> str:
    """Return the text cut to ``MAX_VALUE`` characters; an ellipsis shows that it was cut."""
    return value if len(value) <= MAX_VALUE else value[:MAX_VALUE] + "…"


def as_parameter(value: str) -> str:
    """Return a text that was read as a parameter of a problem: cut, and with unpaired surrogates escaped."""
    return shorten(value).encode(errors="backslashreplace").decode()


def _shown(value: object) -> dict[str, Any]:
    """Return a string, a number or a boolean as the parameter ``value``, if values are shown; a text is shortened."""
    if not OPTIONS.get().show_values:
        return {}
    if type(value) is str:
        return {"value": as_parameter(value)}
    is_short = type(value) is int and not _is_longer(value, MAX_VALUE)
    is_finite = type(value) is float and math.isfinite(value)
    return {"value": value} if is_short or is_finite or type(value) is bool else {}


def is_mapping(value: object) -> bool:
    """Return whether a value is a mapping, judged by its real type and not by ``__class__``."""
    try:
        return issubclass(type(value), Mapping)
    except Exception:  # noqa: BLE001 - the class is not ours, and may raise anything.
        return False


def is_empty_list(value: object) -> bool:
    """Return whether a value is an empty list, which PHP writes in place of an empty object."""
    return type(value) is list and not cast("list[object]", value)


def invalid(code: Code, hint: Hint | None = None, **params: Any) -> InvalidInput:  # noqa: ANN401 - any JSON value.
    """Return an error with one problem at ``""``; the caller moves it to its place with ``each`` and ``under``.

    Args:
        code: the kind of problem.
        hint: how to fix it.
        params: the parameters of its message.
    """
    if OPTIONS.get().counts_only:
        return Counted()
    return InvalidInput([Problem("", code, {**params, **hint.params} if hint else params, hint)])


def wrong_type(expected: str, value: object, hint: Hint | None = None) -> InvalidInput:
    """Return the error for a value of the wrong type, for null, or for a flaw of a JSON document.

    Args:
        expected: the kind of value that is expected: a key of ``languages.en.KINDS``, or the name of a class.
        value: the value.
        hint: how to fix it, if the type is wrong.
    """
    if type(value) is Flaw:
        error = invalid(value.code, **value.params)
        error.flaws = 1
        return error
    if OPTIONS.get().counts_only:
        return Counted()
    if value is None:
        return invalid(Code.NULL, expected=expected)
    return invalid(Code.WRONG_TYPE, hint, expected=expected, found=kind_of(value), **_shown(value))


def text(value: object) -> str:
    """Read a string that has no NUL and no unpaired surrogate, which UTF-8 cannot encode."""
    if type(value) is not str:
        raise wrong_type("string", value)
    if "\0" in value:
        raise invalid(Code.BAD_TEXT, reason="nul")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            place = error.start
        else:
            return value
        raise invalid(Code.BAD_TEXT, reason="surrogate", at=place)
    return value


def _is_longer(value: int, digits: int) -> bool:
    # The bit length is checked first because it is cheap, and settles all but the longest numbers.
    return value.bit_length() > int(digits * _BITS_PER_DIGIT) and abs(value) >= _power_of_ten(digits)


@functools.lru_cache(maxsize=8)
def _power_of_ten(digits: int) -> int:
    power: int = 10**digits
    return power


def integer(value: object) -> int:
    """Read an integer; ``True`` and ``7.0`` are errors."""
    if type(value) is not int:
        raise wrong_type("integer", value)
    return _check_length(value)


def _check_length(value: int) -> int:
    digits = OPTIONS.get().limits.digits
    if _is_longer(value, digits):
        raise invalid(Code.NUMBER_TOO_LONG, bound=digits)
    return value


def number(value: object) -> int | float:
    """Read a finite number; an integer stays an integer."""
    if type(value) is int:
        return _check_length(value)
    if type(value) is not float:
        raise wrong_type("number", value)
    if not math.isfinite(value):
        raise invalid(Code.NOT_FINITE)
    return value


def flag(value: object) -> bool:
    """Read a boolean."""
    if type(value) is not bool:
        raise wrong_type("boolean", value)
    return value


def day(value: object) -> date:
    """Read a date written ``YYYY-MM-DD``, or a ``date``; a ``datetime`` is an error."""
    if type(value) is date:
        return value
    if type(value) is not str:
        raise wrong_type("date", value)
    reason: dict[str, str] = {}
    if _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            reason = {"reason": "no_such_day"}
    raise invalid(Code.NOT_A_DATE, _WRITE_DATE, **reason, **_shown(value))


def mapping(value: object, expected: str = "object") -> dict[str, object]:
    """Read an object with values of any type; keys that are not strings are left out."""
    items: dict[str, object] = {}
    for name, item in pairs_of(value, expected):
        if issubclass(type(name), str):  # Not isinstance: it asks ``__class__``, which may be wrong or raise.
            key = str.__str__(cast("str", name))  # The names in a database row may be of a subclass of str.
            if key in items:
                raise InvalidInput([duplicate_key(key)])
            items[key] = item
    return items


def pairs_of(value: object, expected: str = "object") -> list[tuple[object, object]]:
    """List the keys and values of a mapping; if the mapping itself raises, raise ``InvalidInput``."""
    if not is_mapping(value):
        raise wrong_type(expected, value)
    most = OPTIONS.get().limits.keys
    if type(value) is dict and len(cast("dict[object, object]", value)) <= most:
        return list(cast("dict[object, object]", value).items())
    try:
        items = iter(cast("Mapping[object, object]", value).items())
        pairs = [(key, item) for key, item in itertools.islice(items, most + 1)]
    except Exception:  # noqa: BLE001 - the mapping is not ours, and may raise anything.
        pairs = None
    if pairs is None:
        raise invalid(Code.UNREADABLE)
    if len(pairs) > most:
        raise invalid(Code.TOO_LARGE, reason="keys", bound=most)
    return pairs


def choice(options: type[StrEnum]) -> Leaf:
    """Return a reader of the values of an enumeration."""
    by_value = {member.value: member for member in options}

    def read(value: object) -> StrEnum:
        if type(value) is options:
            return value
        if type(value) is not str:
            raise wrong_type("string", value)
        member = by_value.get(value)
        if member is None:
            hint = hint_close_to(value, by_value, OPTIONS.get().hints.words)
            raise invalid(Code.NOT_A_CHOICE, hint, choices=list(by_value), **_shown(value))
        return member

    return read


LEAVES: Final[Mapping[type, Leaf]] = {
    str: text,
    int: integer,
    float: number,
    bool: flag,
    date: day,
}


def enumeration_of(annotation: object) -> type[StrEnum] | None:
    """Return an annotation that is an enumeration of strings; None for any other."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, StrEnum) else None


def leaf(annotation: object) -> Leaf | None:
    """Return the reader of an annotation of a single value; None for lists and objects.

    The members of a union are tried in order, and the first that accepts the value is used.
    ``int | float`` is a number.
    """
    return _leaf(*members(annotation))


@functools.cache
def _leaf(*options: object) -> Leaf | None:
    # Takes the members and not the union: unions that differ only in order are equal, so the cache would mix them.
    if len(options) == 1:
        choices = enumeration_of(options[0])
        return LEAVES.get(options[0]) if choices is None else choice(choices)  # type: ignore[call-overload]  # any object can be looked up.
    nullable = type(None) in options
    leaves = [leaf(option) for option in options if option is not type(None)]
    readers = [reader for reader in leaves if reader is not None]
    if len(readers) != len(leaves):
        return None

    def read(value: object) -> object:
        if nullable and value is None:
            return None
        errors: list[InvalidInput] = []
        for reader in readers:
            try:
                return reader(value)
            except InvalidInput as error:
                errors.append(error)
        raise errors[-1]

    return read


def members(annotation: object) -> tuple[object, ...]:
    """List the members of a union; for any other annotation, list only itself."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return get_args(annotation)
    return (annotation,)


def read_items(value: object, reading: Leaf) -> list[object]:
    """Read every item of an array; the error has the problems of all items, each with its position."""
    if type(value) is not list and type(value) is not tuple:
        raise wrong_type("array", value)
    values = cast("list[object]", value)
    most = OPTIONS.get().limits.keys
    if len(values) > most:
        raise invalid(Code.TOO_LARGE, reason="items", found=len(values), bound=most)
    items: list[object] = []
    problems = Problems()
    for position, item in enumerate(values):
        try:
            items.append(reading(item))
        except InvalidInput as error:
            problems.add_error(error, str(position))
            if problems.full:
                _count_problems(problems, itertools.islice(values, position + 1, None), reading)
                break
    if problems:
        raise problems.error()
    return items


def _count_problems(problems: Problems, items: Iterable[object], reading: Leaf) -> None:
    """Count the problems of further items."""
    with count_only():
        for item in items:
            try:
                reading(item)
            except InvalidInput as error:
                problems.more += error.more
                problems.flaws += error.flaws


@contextlib.contextmanager
def count_only() -> Generator[None]:
    """Only count the problems that are found in the ``with`` block, which keeps a million invalid items fast."""
    token = OPTIONS.set(attrs.evolve(OPTIONS.get(), counts_only=True))
    try:
        yield
    finally:
        OPTIONS.reset(token)
