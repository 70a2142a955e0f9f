"""The fields of a model, taken from its annotations; and ``UNSET``, the value of a field that is left out.

A field holds one value (a string, a number, a boolean, a choice or a date), a model, or a tuple of either. Any other
annotation is an error when the model is first used.
"""

from __future__ import annotations

import functools
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args, get_origin, get_type_hints

import attrs

from orderrules.reading.values import leaf, members

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    Weights = tuple[str, str, Mapping[Hashable, int], int | None]
    Derived = tuple[str, tuple[Weights, ...], tuple[str, ...]]


class CanonicalWeights(dict["Hashable", int]):
    """Numbers by value, in which a value is looked up by its canonical form, such as the band of a number.

    Args:
        weights: the number of each canonical value.
        canonical: returns the canonical form of a value.
    """

    def __init__(self, weights: Mapping[Hashable, int], canonical: Callable[[object], Any]) -> None:
        super().__init__(weights)
        self._canonical = canonical

    def get(self, value: object, otherwise: Any = None) -> Any:  # noqa: ANN401 - an integer, or what is given.
        """Return the number of a value."""
        return super().get(self._canonical(value), otherwise)

    def shifted(self, bits: int) -> CanonicalWeights:
        """Return all numbers shifted to the left."""
        return CanonicalWeights({value: weight << bits for value, weight in self.items()}, self._canonical)


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
"""The value of a key that an update leaves out. It is not null: null is a value that is sent."""


class AnyModel:
    """The root of all models: an annotation is a model if it is a subclass of this class."""

    __slots__ = ()

    __attrs_attrs__: ClassVar[Any]

    @classmethod
    def __derived__(cls) -> Derived:
        """Return how an object numbers its point: the slot of the number, and the facts and keys that it depends on."""
        return "", (), ()

    def __check__(self) -> None:
        """Check every field; ``Model`` implements this."""


def is_array(annotation: object) -> bool:
    """Return whether an annotation is a tuple of values."""
    return get_origin(annotation) is tuple


def is_model(annotation: object) -> bool:
    """Return whether an annotation is a model."""
    return isinstance(annotation, type) and issubclass(annotation, AnyModel)


def unsupported_type(annotation: object) -> TypeError:
    """Return the error for a field of a type that has no strict reader."""
    return TypeError(f"no strict reader for a field of type {annotation}")


def strict_reader(annotation: object) -> Callable[[object], Any]:
    """Return the strict reader of an annotation of a single value.

    Raises:
        TypeError: there is no strict reader of the type.
    """
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
    """One field of a model.

    Attributes:
        name: the name of the field, which is also its key.
        annotation: its annotation, without ``Unset``.
        optional: whether it has a default, so that its key may be left out.
        absent: whether its value may be ``UNSET``.
    """

    name: str
    annotation: Any
    optional: bool
    absent: bool


def _slots_of(model: type) -> Mapping[str, Slot]:
    """Return the fields of a model, by name.

    Raises:
        TypeError: there is no strict reader of the type of a field.
    """
    try:
        hints = get_type_hints(model, localns={model.__name__: model})
    except NameError as error:
        raise TypeError(
            f"{model.__qualname__}: {error.name} is not defined in its module; "
            f"define it there, above {model.__name__}, and not in a function"
        ) from None
    slots: dict[str, Slot] = {}
    for field in attrs.fields(model):
        options = members(hints[field.name])
        others = [option for option in options if option is not Unset]
        annotation = _union(*others) if others else Unset
        if not _is_readable(annotation):
            raise TypeError(
                f"{model.__qualname__}.{field.name} is annotated {annotation}; a field holds str, int, float, bool, "
                "date, a StrEnum, a model, a tuple of one of these (tuple[int, ...]), or a union of them"
            )
        slots[field.name] = Slot(field.name, annotation, field.default is not attrs.NOTHING, Unset in options)
    return slots


# Wrapped here and not with a decorator: type checkers do not see that a class is a hashable argument.
slots_of: Final[Callable[[type], Mapping[str, Slot]]] = functools.cache(_slots_of)
