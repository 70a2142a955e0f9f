"""``Model``, the base class of orders, patches and their parts: each field is checked on construction."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast, dataclass_transform, get_args

import attrs

from orderrules.languages.sentences import with_article
from orderrules.reading.code_generation import make_init
from orderrules.reading.fields import UNSET, AnyModel, is_array, slots_of
from orderrules.reading.limits import MOST_DIGITS, OPTIONS, Limits, ReadOptions
from orderrules.reading.problems import InvalidInput, Problems
from orderrules.reading.values import leaf, read_items, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum


ModelT = TypeVar("ModelT", bound="Model")


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
        raise wrong_type(annotation.__qualname__, value)
    return value


_WIDEST: Final = ReadOptions(Limits(digits=MOST_DIGITS))
_SECTION: Final = "orderrules.section"
_STEPS: Final = ("__init__", "__new__", "__attrs_pre_init__", "__attrs_post_init__", "__post_init__")


def field(
    *,
    default: Any = attrs.NOTHING,  # noqa: ANN401 - of the field's type.
    personal: bool = False,
    section: StrEnum | None = None,
    converter: Callable[[Any], Any] | None = None,
) -> Any:  # noqa: ANN401 - so that a checker accepts it for a field of any type.
    """Describe a field of a model.

    Args:
        default: its value if it is left out; without a default it is required.
        personal: whether it is personal data, which ``repr`` hides.
        section: the section of a body key, if its name is not that of the section.
        converter: converts a value given in Python before it is checked; a model that has converters is read slowly.
    """
    metadata = {} if section is None else {_SECTION: section}
    shown = hidden if personal else True
    return cast("Any", attrs.field(default=default, repr=shown, converter=converter, metadata=metadata))


def section_of(described: attrs.Attribute[Any]) -> StrEnum | None:
    """Return the section that a field names, if it names one."""
    section: StrEnum | None = described.metadata.get(_SECTION)
    return section


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def model(cls: type[ModelT]) -> type[ModelT]:
    """Make a model of a class below ``Model``, ``OrderBase`` or ``PatchBase``.

    Its objects are frozen, have slots, take their fields by keyword, are checked when they are built, and compare by
    their fields. The class does not change afterwards.

    Raises:
        TypeError: the class has another base, a constructor of its own, a field of a type that has no strict reader,
            or of a type that is not defined yet, a name or a default that no field can have, or facts or sections
            that do not fit its fields.
        ValueError: facts do not fit its fields.
    """
    if not issubclass(cls, Model):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{cls.__name__} needs a base: Model, OrderBase or PatchBase")
    if attrs.has(cls):
        raise TypeError(f"{cls.__name__} is a model already")
    steps = [name for name in _STEPS if name in cls.__dict__]
    if steps:
        raise TypeError(f"{cls.__name__} is built from its fields alone: remove {', '.join(steps)}")
    try:
        made: type[ModelT] = attrs.frozen(init=False, repr=False, kw_only=True, auto_attribs=True)(cls)
    except SyntaxError:
        raise TypeError(f"{cls.__qualname__} has a field that no class can have, such as self") from None
    described = attrs.fields(made)
    # The number of an object's point has a slot, but it is not a field: asdict, evolve and others shall not see it.
    made.__attrs_attrs__ = type(described)(each for each in described if each.init)
    made.__complete__()
    made.__init__ = make_init(made, _set_carefully)  # type: ignore[method-assign]
    return made


def _set_carefully(self: Model, **values: Any) -> None:  # noqa: ANN401 - values of any type.
    """Convert, check and set the fields of a new object; raise one error with every problem."""
    kind = type(self)
    for described in attrs.fields(kind):
        value = values[described.name]
        converted = value if described.converter is None else described.converter(value)
        object.__setattr__(self, described.name, converted)
    self.__check__()


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
        super().__init_subclass__()
        for base in cls.__bases__:
            if attrs.has(base):
                raise TypeError(f"{base.__name__} is a model, which cannot be subclassed")

    def __init__(self, **values: Any) -> None:  # noqa: ANN401, ARG002 - the decorator replaces it.
        """Refuse to build an object of a class without the decorator."""
        raise TypeError(f"{type(self).__name__} is not a model yet: put @model above its class")

    @classmethod
    def __complete__(cls) -> None:
        """Check the class when its fields are known; orders and patches have more to check.

        No field may hide what models need, and every default must be valid.
        """
        needed = {name for base in cls.__bases__ for kind in base.__mro__ for name in vars(kind)}
        for described in attrs.fields(cls):
            name, default = described.name, described.default
            if name.startswith("_") or name in needed:
                message = f"{cls.__qualname__} cannot have a field {name}: models use this name, or it begins with _"
                raise TypeError(message)
            slot = slots_of(cls)[name]
            if default is attrs.NOTHING or (default is UNSET and slot.absent) or described.converter is not None:
                continue
            try:
                _check_value(slot.annotation, default)
            except InvalidInput as error:
                raise TypeError(f"the default of {cls.__qualname__}.{name}: {error.problems[0].message}") from None

    def __repr__(self) -> str:
        """Return the fields as text, without those that are ``UNSET``; personal data is hidden."""
        fields = [
            f"{described.name}={(described.repr if callable(described.repr) else repr)(value)}"
            for described in attrs.fields(type(self))
            if (value := getattr(self, described.name)) is not UNSET
        ]
        return f"{type(self).__qualname__}({', '.join(fields)})"

    def replace(self, **changes: Any) -> Self:  # noqa: ANN401 - values of any type.
        """Return a copy with other values; ``copy.replace`` of Python 3.13 and ``attrs.evolve`` do the same.

        Args:
            **changes: the new value of each field that changes.

        Raises:
            InvalidInput: a value is invalid.
            TypeError: there is no field of such a name.
        """
        return cast("Self", attrs.evolve(cast("Any", self), **changes))

    __replace__ = replace

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
            raise problems.error(f"build {with_article(type(self).__qualname__)}")


def rebuild(model: Callable[..., object], said: Mapping[str, object]) -> object:
    """Rebuild a model from its fields, with the widest limits: the values were accepted before.

    Derived values are computed again.
    """
    token = OPTIONS.set(_WIDEST)
    try:
        return model(**said)
    finally:
        OPTIONS.reset(token)
