"""What every model is built on: absent keys, fields read off annotations, and checks on construction.

It must never know a platform or a rule.

The module is longer than most because the annotations of a model are read here as well as its values are kept.
"""

from __future__ import annotations

import functools
import weakref
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin, get_type_hints

import attrs

from orderrules._limits import MANNER, MOST_DIGITS, Limits, Manner
from orderrules._values import each, leaf, members, mistyped
from orderrules.errors import InvalidInput, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    Weights = tuple[str, str, Mapping[Hashable, int], int | None]
    Derived = tuple[str, tuple[Weights, ...], tuple[str, ...]]


class Unset(Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __str__(self) -> str:
        return "left out"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
"""Said of a key that an update leaves out. It is not null: null is a value, and no documented one."""


def hidden(value: object) -> str:
    """Write a personal value for ``repr``: that it is there, and not what it is."""
    return "None" if value is None else "<hidden>"


def is_array(annotation: object) -> bool:
    """Say whether an annotation stands for a list of values."""
    return get_origin(annotation) is tuple


def is_model(annotation: object) -> bool:
    """Say whether an annotation is one of our models."""
    return isinstance(annotation, type) and issubclass(annotation, Checked)


def unreadable(annotation: object) -> TypeError:
    """Make the error of a model that says a type for which there is no strict reading."""
    return TypeError(f"there is no strict reading of {annotation}")


def kept(annotation: object) -> Callable[[object], Any]:
    """Give the strict reading of an annotation that stands for one value."""
    reading = leaf(annotation)
    if reading is None:
        raise unreadable(annotation)
    return reading


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
    """One field of a model: its name, its annotation without ``Unset``, whether it may be left out, and be absent."""

    name: str
    annotation: Any
    optional: bool
    absent: bool


def _slots_of(model: type) -> Mapping[str, Slot]:
    """Read the fields of a model off its annotations, by name.

    Raises:
        TypeError: a field is of a type for which there is no strict reading.
    """
    hints = get_type_hints(model)
    slots: dict[str, Slot] = {}
    for field in attrs.fields(model):
        options = members(hints[field.name])
        annotation = _union(*(option for option in options if option is not Unset))
        if not _is_readable(annotation):
            raise unreadable(annotation)
        slots[field.name] = Slot(field.name, annotation, field.default is not attrs.NOTHING, Unset in options)
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
        return tuple(each(value, leaf(item) or functools.partial(_keep, item)))
    if type(value) is not annotation:
        raise mistyped(f"a {annotation.__qualname__}", value)
    return value


_IS_WRITTEN: Final[weakref.WeakKeyDictionary[type, bool]] = weakref.WeakKeyDictionary()
"""The models of which there was an object, and whether an ``__init__`` was written for them."""
_AGAIN: Final = Manner(Limits(digits=MOST_DIGITS))
# What was read once under wider limits is built again under the widest.


class Checked:
    """What every model is built on: an object built directly is as checked as one that is read.

    Raises:
        InvalidInput: on construction, with the problems of every field at once.
    """

    __slots__ = ("__weakref__",)

    def __init_subclass__(cls) -> None:
        """Refuse a class below a model: it could hold what no one who reads the model asks about."""
        for base in cls.__bases__:
            if attrs.has(base):
                raise TypeError(f"{base.__name__} is a model, and models are not subclassed")

    def __repr__(self) -> str:
        """Write what is there; what is absent is left out, and what is personal is hidden."""
        shown = [
            f"{field.name}={(field.repr if callable(field.repr) else repr)(value)}"
            for field in attrs.fields(type(self))  # type: ignore[arg-type]  # models are attrs classes.
            if (value := getattr(self, field.name)) is not UNSET
        ]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    @classmethod
    def __derived__(cls) -> Derived:
        """Say what an object keeps beside its fields: a number, in which slot, of which facts and which keys."""
        return "", (), ()

    def __attrs_post_init__(self) -> None:
        """Check what was built, the careful way; after the second object, a quicker ``__init__`` seldom comes here."""
        kind = type(self)
        if kind not in _IS_WRITTEN:
            _IS_WRITTEN[kind] = False
        elif not _IS_WRITTEN[kind]:
            from orderrules import _quick

            _IS_WRITTEN[kind] = True
            build = _quick.builder(kind)
            if build is not None:
                kind.__init__ = build  # type: ignore[method-assign]
        self.__check__()

    def __check__(self) -> None:
        """Check every field, and keep what it stands for; say every problem."""
        problems = Problems()
        for name, slot in slots_of(type(self)).items():
            value = getattr(self, name)
            if value is UNSET and slot.absent:
                continue
            try:
                kept = _keep(slot.annotation, value)
            except InvalidInput as error:
                problems.add_error(error, name)
                continue
            if kept is not value:
                object.__setattr__(self, name, kept)
        if problems:
            raise problems.error(f"build a {type(self).__qualname__}")


def rebuild(model: Callable[..., object], said: Mapping[str, object]) -> object:
    """Build a model again from what was said of it; what is derived is derived anew."""
    token = MANNER.set(_AGAIN)
    try:
        return model(**said)
    finally:
        MANNER.reset(token)
