"""What every model is built on: absent keys, fields read off annotations, and checks on construction.

It must never know a platform or a rule.

The module is longer than most because the annotations of a model are read here as well as its values are kept.
"""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from orderrules.reading.fields import UNSET, AnyModel, is_array, slots_of
from orderrules.reading.generated import builder
from orderrules.reading.limits import MOST_DIGITS, OPTIONS, Limits, ReadOptions
from orderrules.reading.problems import InvalidInput, Problems
from orderrules.reading.values import leaf, read_items, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def hidden(value: object) -> str:
    """Write a personal value for ``repr``: that it is there, and not what it is."""
    return "None" if value is None else "<hidden>"


def _keep(annotation: Any, value: object) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Check a value given directly to a model: objects are instances, lists may be any sequence of values."""
    reading = leaf(annotation)
    if reading is not None:
        return reading(value)
    if is_array(annotation):
        (item, _) = get_args(annotation)
        return tuple(read_items(value, leaf(item) or functools.partial(_keep, item)))
    if type(value) is not annotation:
        raise wrong_type(f"a {annotation.__qualname__}", value)
    return value


_IS_WRITTEN: Final[weakref.WeakKeyDictionary[type, bool]] = weakref.WeakKeyDictionary()
"""The models of which there was an object, and whether an ``__init__`` was written for them."""

_AGAIN: Final = ReadOptions(Limits(digits=MOST_DIGITS))


class Model(AnyModel):
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

    def __attrs_post_init__(self) -> None:
        """Check what was built, the careful way; after the second object, a quicker ``__init__`` seldom comes here."""
        kind = type(self)
        if kind not in _IS_WRITTEN:
            _IS_WRITTEN[kind] = False
        elif not _IS_WRITTEN[kind]:
            _IS_WRITTEN[kind] = True
            build = builder(kind)
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
    token = OPTIONS.set(_AGAIN)
    try:
        return model(**said)
    finally:
        OPTIONS.reset(token)
