"""The fields of a model, read off its annotations; and ``UNSET``, the value of a field that is left out.

A field holds one value (text, a number, a choice, a day), a model, or a tuple of either. Any other annotation is an
error when the model is first used.
"""

from __future__ import annotations

import functools
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin, get_type_hints

import attrs

from orderrules.reading.values import leaf, members

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


class AnyModel:
    """The root of all models: an annotation is a model when it is a class below this one."""

    __slots__ = ()

    @classmethod
    def __derived__(cls) -> Derived:
        """Return what an object keeps beside its fields: a number, in which slot, of which facts and which keys."""
        return "", (), ()

    def __check__(self) -> None:
        """Check every field; a model does."""


def is_array(annotation: object) -> bool:
    """Say whether an annotation stands for a list of values."""
    return get_origin(annotation) is tuple


def is_model(annotation: object) -> bool:
    """Say whether an annotation is one of our models."""
    return isinstance(annotation, type) and issubclass(annotation, AnyModel)


def unsupported_type(annotation: object) -> TypeError:
    """Make the error of a model that says a type for which there is no strict reading."""
    return TypeError(f"there is no strict reading of {annotation}")


def strict_reader(annotation: object) -> Callable[[object], Any]:
    """Give the strict reading of an annotation that stands for one value."""
    reading = leaf(annotation)
    if reading is None:
        raise unsupported_type(annotation)
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
            raise unsupported_type(annotation)
        slots[field.name] = Slot(field.name, annotation, field.default is not attrs.NOTHING, Unset in options)
    return slots


# Named apart and typed anew, because a checker sees no hashable argument in a class.
slots_of: Final[Callable[[type], Mapping[str, Slot]]] = functools.cache(_slots_of)
