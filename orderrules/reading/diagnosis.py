"""The fast way to find the problems of a body: one check for each field of a model, made once.

The careful way (``strict_reader``) finds the same problems, and every other. A check adds the plain ones to a list, at
their place: an undocumented key, a value of another JSON type, null, an undocumented choice. At anything else it raises
``UnsureError``, and the careful way starts again.
"""

from __future__ import annotations

import functools
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from orderrules.reading.code_generation import LARGE, can_generate, is_plain
from orderrules.reading.fields import AnyModel, is_array, is_model, slots_of, strict_reader
from orderrules.reading.hints import EMPTY_ARRAY, LEAVE_OUT, Hint, hint_close_to
from orderrules.reading.limits import MAX_PROBLEMS
from orderrules.reading.problems import Code, InvalidInput, Problem, escape_token
from orderrules.reading.strict_json import UnsureError, give_up
from orderrules.reading.values import KINDS, enumeration_of, is_empty_list, members

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from orderrules.reading.hints import Hints

    Check = Callable[[object, str, "Found"], None]
    """Takes a value, its pointer, and the problems so far."""

_MOST: Final = 1024
"""Keys of an object or items of an array; more are left to the careful way."""
_KINDS: Final[Mapping[type, str]] = {kind: KINDS[kind] for kind in (bool, int, float, str, list, dict)}


class Found(list[Problem]):
    """The problems so far.

    Attributes:
        words: the words that are usually mistaken for a choice.
        needs_hints: whether a key is undocumented, or an empty array stands in place of an object.
    """

    __slots__ = ("needs_hints", "words")

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self.words = words
        self.needs_hints = False


def diagnose(model: type[AnyModel], value: object, hints: Hints) -> Found:
    """Return the problems of a decoded body, without the hints for undocumented keys.

    Raises:
        UnsureError: there are none, or only the careful way can tell.
    """
    found = Found(hints.words)
    if type(value) is not dict:
        raise UnsureError
    _object_check(model)(value, "", found)  # pyright: ignore[reportUnknownArgumentType]
    if not found or len(found) > MAX_PROBLEMS:
        raise UnsureError
    return found


def _make_object_check(model: type[AnyModel]) -> Check:
    if not can_generate(model):
        return give_up
    slots = slots_of(model)
    checks = {
        name: (f"/{name}", _field_check(slot.annotation), _expected(slot.annotation)) for name, slot in slots.items()
    }
    guess = functools.lru_cache(maxsize=256)(functools.partial(hint_close_to, known=slots))
    required = [name for name, slot in slots.items() if not slot.optional]

    def check(value: object, place: str, found: Found) -> None:
        if type(value) is not dict:
            hint = EMPTY_ARRAY if is_empty_list(value) else None
            found.needs_hints = found.needs_hints or hint is not None
            found.append(_wrong_type(place, "object", value, hint))
            return
        items = cast("dict[object, object]", value)
        if len(items) > _MOST:
            raise UnsureError
        for key, item in items.items():
            if type(key) is not str:
                raise UnsureError
            known = checks.get(key)
            if known is None:
                found.needs_hints = True
                hint = guess(key)
                found.append(Problem(place + escape_token(key), Code.UNKNOWN_KEY, hint.params if hint else {}, hint))
            else:
                token, check_field, expected = known
                if item is not None:
                    check_field(item, place + token, found)
                elif expected:
                    found.append(Problem(place + token, Code.NULL, {"expected": expected}, LEAVE_OUT))
                else:
                    raise UnsureError  # It may be valid.
        found += [Problem(f"{place}/{name}", Code.MISSING) for name in required if name not in items]

    return check


# Wrapped here and not with a decorator: type checkers do not see that a class is a hashable argument.
_object_check: Final[Callable[..., Check]] = functools.cache(_make_object_check)


def _expected(annotation: object) -> str:
    """Return the kind of value that an annotation expects, as it is named in a problem; ``""`` if there are several."""
    if is_model(annotation):
        return "object"
    if is_array(annotation):
        return "array"
    if set(members(annotation)) == {int, float}:
        return "number"
    expected: dict[object, str] = {int: "integer", bool: "boolean", str: "string", date: "date"}
    return "string" if enumeration_of(annotation) else expected.get(annotation, "")


def _field_check(annotation: Any) -> Check:  # noqa: ANN401 - an annotation can be any object.
    if is_model(annotation):
        return _object_check(annotation)
    if is_array(annotation):
        return _array_check(_field_check(get_args(annotation)[0]))
    choices = enumeration_of(annotation)
    if choices is not None:
        return _choice_check(choices)
    expected = _expected(annotation)
    return _plain_check(annotation, expected, *(members(annotation) if expected else ()))


def _array_check(check_item: Check) -> Check:
    def check(value: object, place: str, found: Found) -> None:
        if type(value) is not list:
            found.append(_wrong_type(place, "array", value))
            return
        items = cast("list[object]", value)
        if len(items) > _MOST:
            raise UnsureError
        for position, item in enumerate(items):
            check_item(item, f"{place}/{position}", found)

    return check


def _plain_check(annotation: object, expected: str, *kinds: object) -> Check:
    """Return the check of a value whose strict reader expects one kind of value.

    Args:
        annotation: the annotation.
        expected: the name of the kind in a problem; ``""`` if the reader has to find the problem.
        kinds: the Python types that may be valid.
    """
    reading = strict_reader(annotation)

    def check(value: object, place: str, found: Found) -> None:
        kind = type(value)
        if kind in kinds:
            if (
                kind is bool
                or (kind is int and -LARGE < cast("int", value) < LARGE)
                or (kind is str and is_plain(cast("str", value)))
            ):
                return
        elif expected and not (kind is str and date in kinds):
            found.append(_wrong_type(place, expected, value))
            return
        try:
            reading(value)
        except InvalidInput as error:
            (problem,) = error.problems
            found.append(Problem(place, problem.code, problem.params, problem.remedy))

    return check


def _choice_check(options: type[StrEnum]) -> Check:
    by_value = {member.value: member for member in options}

    def check(value: object, place: str, found: Found) -> None:
        if type(value) is not str:
            found.append(_wrong_type(place, "string", value))
        elif value not in by_value:
            hint = hint_close_to(value, by_value, found.words)
            found.append(Problem(place, Code.NOT_A_CHOICE, {"choices": list(by_value)}).with_hint(hint))

    return check


def _wrong_type(place: str, expected: str, value: object, hint: Hint | None = None) -> Problem:
    if value is None:
        return Problem(place, Code.NULL, {"expected": expected})
    kind = _KINDS.get(type(value))
    if kind is None:
        raise UnsureError  # It may be an object of the field's own class.
    return Problem(place, Code.WRONG_TYPE, {"expected": expected, "found": kind}, hint)
