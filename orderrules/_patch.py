"""What an update asks to change: which keys belong to which section, and which sections a patch touches.

It must never know a platform, a rule or an order.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import attrs

from orderrules import _quick
from orderrules._conditions import UNKNOWN
from orderrules._limits import NO_HINTS, UPDATE_LIMITS, Hints, Limits
from orderrules._models import UNSET, Checked, rebuild
from orderrules._order import Space  # noqa: RUF100, TC001 - annotations of models are read at run time.
from orderrules.errors import Code, InvalidInput, Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from orderrules._json import Document
    from orderrules._models import Derived

ModelT = TypeVar("ModelT", bound=Checked)

_SECTION: Final = "orderrules.section"


def in_section(section: StrEnum) -> Mapping[str, StrEnum]:
    """Give the attrs metadata that puts a body key into a section.

    Every field of a patch carries it: ``customer: Customer | Unset = attrs.field(default=UNSET,
    metadata=in_section(Section.CUSTOMER))``.
    """
    return {_SECTION: section}


def _sections_by_key(patch_type: type) -> Mapping[str, StrEnum]:
    """Map each body key of a patch to its section, in the order of the fields.

    Raises:
        TypeError: a field says no section, and would be changed without any rule being asked; or cannot be left out.
    """
    placed: dict[str, StrEnum] = {}
    for field in attrs.fields(patch_type):
        section = field.metadata.get(_SECTION)
        if section is None:
            message = f"{patch_type.__name__}.{field.name} belongs to no section: give it metadata=in_section(...)"
            raise TypeError(message)
        if field.default is not UNSET:
            raise TypeError(f"{patch_type.__name__}.{field.name} cannot be left out: give it default=UNSET")
        placed[field.name] = section
    return placed


# Named apart and typed anew, because a checker sees no hashable argument in a class.
sections_by_key: Final[Callable[[type], Mapping[str, StrEnum]]] = functools.cache(_sections_by_key)


def free_keys(patch_type: type[PatchBase]) -> tuple[str, ...]:
    """List the body keys off which no fact is read: whatever they hold, the rules see only that they are sent."""
    told = {fact.attribute for fact in patch_type.__space__.facts}
    return tuple(key for key in sections_by_key(patch_type) if key not in told)


def read_body(  # noqa: PLR0913 - all but two have defaults.
    model: type[ModelT],
    body: Mapping[str, object] | Document,
    *,
    what: str = "update",
    hints: Hints = NO_HINTS,
    limits: Limits = UPDATE_LIMITS,
    show_values: bool = False,
) -> ModelT:
    """Read a model, such as a platform's ``Patch``, from a body, strictly.

    Args:
        model: the class to read.
        body: a mapping, or a JSON document as text or bytes (``bytes``, ``bytearray`` or ``memoryview``).
        what: what is read, for the error.
        hints: what people send that belongs elsewhere or is called otherwise.
        limits: how far reading goes.
        show_values: whether messages show the values that cannot be read, shortened; they may be personal.

    Raises:
        InvalidInput: with every problem at once, each with a JSON pointer into the body.
    """
    made = _quick.read(model, body, limits)
    if made is not None:
        return made
    from orderrules import _wire

    with _wire.manner(f"read the {what}", limits, hints, show_values=show_values):
        return _wire.read(model, body)


def write_body(model: Checked) -> dict[str, object]:
    """Write a model as the JSON-ready body it stands for; what is absent stays absent.

    Raises:
        TypeError: it is no model.
    """
    if not isinstance(model, Checked):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a model, got a {type(model).__name__}")
    from orderrules import _convert

    return _convert.body(model)


def _unlisted(space: Space, patch: PatchBase) -> InvalidInput | None:
    """Say which keys have a value that their facts do not list."""
    problems = Problems()
    for fact in space.facts:
        value = fact.canonical(getattr(patch, fact.attribute))
        if value not in fact.values and UNKNOWN not in fact.values:
            listed = ", ".join(fact.label(known) for known in fact.values if known is not UNSET)
            problems.add(Problem("", Code.NOT_A_CHOICE, f"expected one of {listed}").under(fact.attribute))
    return problems.error(f"build a {type(patch).__qualname__}") if problems else None


class PatchBase(Checked):
    """What every platform's ``Patch`` is built on: it keeps the mask of the keys it touches.

    A platform derives one class with a slot named apart (``_<platform>_mask``) and puts its fields,
    all of them ``attrs`` fields that default to ``UNSET``, on an ``attrs.frozen`` class below that one.
    Where rules read facts of the patch (the status asked for), their number stands above the mask.
    """

    __slots__ = ()

    __space__: ClassVar[Space]

    @classmethod
    def __derived__(cls) -> Derived:
        return cls.__space__.slot, cls.__space__.weights, tuple(sections_by_key(cls))

    def __check__(self) -> None:
        super().__check__()
        keys = sections_by_key(type(self))
        mask = sum(1 << bit for bit, key in enumerate(keys) if getattr(self, key) is not UNSET)
        try:
            number = self.__space__.index(self)
        except ValueError as error:
            raise _unlisted(self.__space__, self) or error from None
        object.__setattr__(self, self.__space__.slot, (number << len(keys)) | mask)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what was said; the mask is derived again."""
        return rebuild, (type(self), {key: getattr(self, key) for key in self.keys})

    @property
    def keys(self) -> tuple[str, ...]:
        """The body keys that this patch sends, in the order of the fields."""
        return tuple(key for key in sections_by_key(type(self)) if getattr(self, key) is not UNSET)

    @property
    def sections(self) -> tuple[StrEnum, ...]:
        """The sections that those keys touch, each once."""
        placed = sections_by_key(type(self))
        return tuple(dict.fromkeys(placed[key] for key in self.keys))
