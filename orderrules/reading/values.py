"""What one documented value may be: text, whole and other numbers, flags, days and choices.

One strict reading per kind, used where a body is read and where an object is built directly,
so that both are checked alike. Nothing is coerced: a value is the documented one or a ``Problem``.
It must never know a platform, a rule, or what a value is for.

The module is longer than most because each kind of value has a reading of its own.
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
from types import MappingProxyType
from typing import Final, Union, cast, get_args, get_origin

import attrs

from orderrules.reading.limits import MAX_VALUE, OPTIONS
from orderrules.reading.problems import (
    Code,
    Counted,
    InvalidInput,
    Problem,
    Problems,
    escape_unprintable,
    group_thousands,
)
from orderrules.reading.strict_json import Flaw, duplicate_key

Leaf = Callable[[object], object]
"""Takes a value and returns the one that is kept; raises ``InvalidInput`` with one problem at ``""``."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DAY_HINT: Final = "write a day as YYYY-MM-DD"
_LONGEST_GUESS: Final = 64
_CLOSE: Final = 0.75
"""How alike two words are of which one is meant: *piad* is *paid* (0.75), *delivering* not *delivered* (0.74)."""
_BITS_PER_DIGIT: Final = math.log2(10)

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
    try:
        kind = _KINDS.get(type(value)) or ("an object" if is_mapping(value) else _python_type(type(value)))
    except Exception:  # noqa: BLE001 - it is a stranger's class.
        return "something that cannot be named"
    can_be_shown = type(value) is str or type(value) is int or type(value) is float or type(value) is bool
    return f"{kind}, {_format(value)}" if can_be_shown and OPTIONS.get().show_values else kind


def _python_type(kind: type) -> str:
    return f"a Python {escape_unprintable(kind.__name__[:MAX_VALUE])}"


def shorten(value: str) -> str:
    """Write text in quotes, with whatever does not print escaped, and cut where it is long."""
    return repr(value[:MAX_VALUE]) + "…" * (len(value) > MAX_VALUE)


def _format(value: object) -> str:
    """Write a string, a number or a boolean, shortened."""
    if isinstance(value, str):
        return shorten(value)
    if isinstance(value, int) and _is_longer(value, MAX_VALUE):
        return f"of more than {MAX_VALUE} digits"
    return repr(value)


def is_mapping(value: object) -> bool:
    """Say whether a value is a mapping, whatever it says of its class."""
    try:
        return issubclass(type(value), Mapping)
    except Exception:  # noqa: BLE001 - it is a stranger's class.
        return False


def is_empty_list(value: object) -> bool:
    """Say whether a value is what PHP makes of an empty object."""
    return type(value) is list and not cast("list[object]", value)


def invalid(code: Code, message: str, hint: str = "") -> InvalidInput:
    """Make the exception of a single value; whoever knows its place moves it there."""
    return Counted() if OPTIONS.get().counts_only else InvalidInput([Problem("", code, message, hint)])


def wrong_type(expected: str, value: object) -> InvalidInput:
    """Say that a value is of another type than expected, null, or what no strict reader of JSON takes."""
    if type(value) is Flaw:
        error = invalid(value.code, value.message)
        error.flaws = 1
        return error
    if OPTIONS.get().counts_only:
        return Counted()
    if value is None:
        return invalid(Code.NULL, f"expected {expected}, got null")
    return invalid(Code.WRONG_TYPE, f"expected {expected}, got {kind_of(value)}")


def text(value: object) -> str:
    """Read a string that UTF-8 can carry and that holds no NUL."""
    if type(value) is not str:
        raise wrong_type("a string", value)
    if "\0" in value:
        raise invalid(Code.BAD_TEXT, "holds a NUL character")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            place = error.start
        else:
            return value
        raise invalid(Code.BAD_TEXT, f"character {group_thousands(place)} is a surrogate without its pair")
    return value


def _is_longer(value: int, digits: int) -> bool:
    # The first half spares the comparison to all but the longest.
    return value.bit_length() > int(digits * _BITS_PER_DIGIT) and abs(value) >= _power_of_ten(digits)


@functools.lru_cache(maxsize=8)
def _power_of_ten(digits: int) -> int:
    power: int = 10**digits
    return power


@functools.lru_cache(maxsize=8)
def _too_long(digits: int) -> str:
    return f"has more than {group_thousands(digits)} digits"


def integer(value: object) -> int:
    """Read an integer; a boolean is none, and neither is a number with a fraction of zero."""
    if type(value) is not int:
        raise wrong_type("an integer", value)
    return _short(value)


def _short(value: int) -> int:
    digits = OPTIONS.get().limits.digits
    if _is_longer(value, digits):
        raise invalid(Code.NUMBER_TOO_LONG, _too_long(digits))
    return value


def number(value: object) -> int | float:
    """Read a finite number, and keep it as it was written: an integer stays one."""
    if type(value) is int:
        return _short(value)
    if type(value) is not float:
        raise wrong_type("a number", value)
    if not math.isfinite(value):
        raise invalid(Code.NOT_FINITE, "expected a finite number")
    return value


def flag(value: object) -> bool:
    """Read a boolean."""
    if type(value) is not bool:
        raise wrong_type("a boolean", value)
    return value


def day(value: object) -> date:
    """Read a calendar day written ``YYYY-MM-DD``; a ``date`` is kept as it is, a ``datetime`` is none."""
    if type(value) is date:
        return value
    if type(value) is not str:
        raise wrong_type("a date written YYYY-MM-DD", value)
    message = "expected a date written YYYY-MM-DD"
    if _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            message = "the calendar has no such day"
    raise invalid(Code.NOT_A_DATE, message + _quote(value), _DAY_HINT)


def _quote(value: str) -> str:
    return f", got {shorten(value)}" if OPTIONS.get().show_values else ""


def mapping(value: object, expected: str = "an object") -> dict[str, object]:
    """Read an object, whatever it holds, and leave out what has no text for a key."""
    found: dict[str, object] = {}
    for given, item in pairs_of(value, expected):
        if issubclass(type(given), str):  # The type is asked, for a stranger's object may lie or fail.
            key = str.__str__(cast("str", given))  # A row of a database may have names that are more than text.
            if key in found:
                raise InvalidInput([duplicate_key(key)])
            found[key] = item
    return found


def pairs_of(value: object, expected: str = "an object") -> list[tuple[object, object]]:
    """List the keys and values of a mapping, which may be one that fails when it is asked."""
    if not is_mapping(value):
        raise wrong_type(expected, value)
    most = OPTIONS.get().limits.keys
    if type(value) is dict and len(cast("dict[object, object]", value)) <= most:
        return list(cast("dict[object, object]", value).items())
    try:
        items = iter(cast("Mapping[object, object]", value).items())
        found = [(key, item) for key, item in itertools.islice(items, most + 1)]
    except Exception:  # noqa: BLE001 - it is a stranger's code.
        found = None
    if found is None:
        raise invalid(Code.UNREADABLE, "the mapping fails when it is asked for what it holds")
    if len(found) > most:
        raise invalid(Code.TOO_LARGE, f"has more than {group_thousands(most)} keys")
    return found


def close_to(word: str, known: Mapping[str, object], words: Mapping[str, str] = MappingProxyType({})) -> str:
    """Say which known word may have been meant, or nothing.

    Args:
        word: the word.
        known: the words that are known.
        words: other words that are met for them, each with the known one that is meant.
    """
    if len(word) > _LONGEST_GUESS:
        return ""
    plain = word.strip().lower()
    meant = words.get(plain) or words.get(plain.replace(" ", "_").replace("-", "_"))
    return f"did you mean {meant}?" if meant in known else _close_to(plain, tuple(known))


@functools.lru_cache(maxsize=1024)
def _close_to(word: str, known: tuple[str, ...]) -> str:
    # Kept, because whoever misspells a key does so in every request.
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=_CLOSE)
    return f"did you mean {close[0]}?" if close else ""


def choice(options: type[StrEnum]) -> Leaf:
    """Make the reading of one of the documented values of an enumeration."""
    by_value = {member.value: member for member in options}

    def read(value: object) -> StrEnum:
        if type(value) is options:
            return value
        if type(value) is not str:
            raise wrong_type("a string", value)
        member = by_value.get(value)
        if member is None:
            message = f"expected one of {', '.join(by_value)}{_quote(value)}"
            raise invalid(Code.NOT_A_CHOICE, message, close_to(value, by_value, OPTIONS.get().hints.words))
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


def leaf(annotation: object) -> Leaf | None:
    """Give the reading of an annotation that stands for one value; None for lists and objects.

    A union is read as its first member that takes the value; ``int | float`` is a number.
    """
    return _leaf(*members(annotation))


@functools.cache
def _leaf(*options: object) -> Leaf | None:
    # Of the members, because two unions are equal in whatever order they list them.
    if len(options) == 1:
        choices = _enumeration(options[0])
        return LEAVES.get(options[0]) if choices is None else choice(choices)  # type: ignore[call-overload]  # any object may be looked up.
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
    """List the members of a union; anything else is its own only member."""
    if get_origin(annotation) in {Union, types.UnionType}:
        return get_args(annotation)
    return (annotation,)


def read_items(value: object, reading: Leaf) -> list[object]:
    """Read every item of an array, and report the problems of all of them, each under its position."""
    if type(value) is not list and type(value) is not tuple:
        raise wrong_type("an array", value)
    given = cast("list[object]", value)
    most = OPTIONS.get().limits.keys
    if len(given) > most:
        raise invalid(
            Code.TOO_LARGE, f"has {group_thousands(len(given))} items, and {group_thousands(most)} are read at most"
        )
    items: list[object] = []
    problems = Problems()
    for position, item in enumerate(given):
        try:
            items.append(reading(item))
        except InvalidInput as error:
            problems.add_error(error, str(position))
            if problems.full:
                _count(problems, itertools.islice(given, position + 1, None), reading)
                break
    if problems:
        raise problems.error()
    return items


def _count(problems: Problems, others: Iterable[object], reading: Leaf) -> None:
    """Count what is wrong with other items, and keep nothing of it: a million wrong items are a million exceptions."""
    with count_only():
        for item in others:
            try:
                reading(item)
            except InvalidInput as error:
                problems.more += error.more
                problems.flaws += error.flaws


@contextlib.contextmanager
def count_only() -> Generator[None]:
    """Count what is wrong from now on, and keep nothing of it: a million wrong items are a million exceptions."""
    token = OPTIONS.set(attrs.evolve(OPTIONS.get(), counts_only=True))
    try:
        yield
    finally:
        OPTIONS.reset(token)
