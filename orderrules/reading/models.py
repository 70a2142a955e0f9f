"""``Model``, the base class of orders, patches and their parts: each field is checked on construction."""

from __future__ import annotations

import functools
import weakref
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from orderrules.reading.code_generation import builder
from orderrules.reading.fields import UNSET, AnyModel, is_array, slots_of
from orderrules.reading.limits import MOST_DIGITS, OPTIONS, Limits, ReadOptions
from orderrules.reading.problems import InvalidInput, Problems
from orderrules.reading.values import leaf, read_items, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def hidden(value: object) -> str:
    """Return the text that ``repr`` shows in place of personal data: whether there is a value, but not the value."""
    return "None" if value is None else "<hidden>"


def _check_value(annotation: Any, value: object) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Check a value given to a model in Python, and return the value to store.

    An object of JSON corresponds to an instance of the model, and an array to a list or a tuple.
    """
    reading = leaf(annotation)
    if reading is not None:
        return reading(value)
    if is_array(annotation):
        (item, _) = get_args(annotation)
        return tuple(read_items(value, leaf(item) or functools.partial(_check_value, item)))
    if type(value) is not annotation:
        raise wrong_type(f"a {annotation.__qualname__}", value)
    return value


_HAS_GENERATED_INIT: Final[weakref.WeakKeyDictionary[type, bool]] = weakref.WeakKeyDictionary()
"""The models with at least one object; the value is whether an ``__init__`` was generated."""
_WIDEST: Final = ReadOptions(Limits(digits=MOST_DIGITS))


class Model(AnyModel):
    """The base class of all models. An object built in Python is checked in the same way as one that is read.

    Raises:
        InvalidInput: on construction, if a field is invalid; has the problems of all fields.
    """

    __slots__ = ("__weakref__",)

    def __init_subclass__(cls) -> None:
        """Refuse to subclass a model: the rules do not read the fields that a subclass adds.

        Raises:
            TypeError: a base is a model.
        """
        for base in cls.__bases__:
            if attrs.has(base):
                raise TypeError(f"{base.__name__} is a model, which cannot be subclassed")

    def __repr__(self) -> str:
        """Return the fields as text, without those that are ``UNSET``; personal data is hidden."""
        fields = [
            f"{field.name}={(field.repr if callable(field.repr) else repr)(value)}"
            for field in attrs.fields(type(self))  # type: ignore[arg-type]  # models are attrs classes.
            if (value := getattr(self, field.name)) is not UNSET
        ]
        return f"{type(self).__qualname__}({', '.join(fields)})"

    def __attrs_post_init__(self) -> None:
        """Check the new object the careful way.

        When a model gets its second object, a faster ``__init__`` is generated for it, which seldom calls this method.
        """
        kind = type(self)
        if kind not in _HAS_GENERATED_INIT:
            _HAS_GENERATED_INIT[kind] = False
        elif not _HAS_GENERATED_INIT[kind]:
            _HAS_GENERATED_INIT[kind] = True
            build = builder(kind)
            if build is not None:
                kind.__init__ = build  # type: ignore[method-assign]
        self.__check__()

    def __check__(self) -> None:
        """Check every field and store the value that its reader returns; raise one error with every problem."""
        problems = Problems()
        for name, slot in slots_of(type(self)).items():
            value = getattr(self, name)
            if value is UNSET and slot.absent:
                continue
            try:
                checked = _check_value(slot.annotation, value)
            except InvalidInput as error:
                problems.add_error(error, name)
                continue
            if checked is not value:
                object.__setattr__(self, name, checked)
        if problems:
            raise problems.error(f"build a {type(self).__qualname__}")


def rebuild(model: Callable[..., object], said: Mapping[str, object]) -> object:
    """Rebuild a model from its fields, with the widest limits: the values were accepted before.

    Derived values are computed again.
    """
    token = OPTIONS.set(_WIDEST)
    try:
        return model(**said)
    finally:
        OPTIONS.reset(token)
