"""Orders and updates as the rules see them: the facts of an order, and the sections that an update touches.

Every fact has finitely many values, so the facts of an order are one of finitely many *points*. A ``Space`` numbers
these points, and an order stores the number of its point, its *index*. A patch stores the number of its own point in
the upper bits, and one bit for each key that it sends in the lower bits. A table looks up a decision by these two
numbers.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

import attrs

from orderrules.grammar.conditions import UNKNOWN, Fact, Point, points
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET, slots_of
from orderrules.reading.models import Model, rebuild
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
    from enum import StrEnum

    from orderrules.reading.fields import Derived, Weights


OrderT = TypeVar("OrderT", bound="OrderBase")
PatchT = TypeVar("PatchT", bound="PatchBase")
OrderT_contra = TypeVar("OrderT_contra", bound="OrderBase", contravariant=True)
PatchT_contra = TypeVar("PatchT_contra", bound="PatchBase", contravariant=True)
_SLOT: Final = re.compile(r"_[a-z][a-z0-9]*(_[a-z0-9]+)+")


def _weights(space: Space) -> tuple[Weights, ...]:
    """Return, for each fact, its name, its attribute and the number that each of its values adds to the index."""
    weight = space.size
    rows: list[Weights] = []
    for fact in space.facts:
        weight //= len(fact.values)
        added: dict[Hashable, int] = {value: place * weight for place, value in enumerate(fact.values)}
        added.update({alias: added[value] for alias, value in fact.aliases})
        rows.append((fact.name, fact.attribute, added, added.get(UNKNOWN)))
    return tuple(rows)


def _as_facts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(facts)


@attrs.frozen
class Space:
    """The numbered points of some facts.

    Attributes:
        slot: the name of the slot in which an order or a patch stores the number of its point. It contains the name
            of the platform, so a policy finds no such slot on an order of another platform.
        facts: the facts. The value of the last one changes fastest from one number to the next.
        weights: for each fact, its name, its attribute, the number that each listed value adds to the index, and the
            number that any other value adds, or None if the fact has no ``UNKNOWN``.

    Raises:
        ValueError: the slot is not named like ``_platform_word``.
    """

    slot: str
    facts: tuple[Fact, ...] = attrs.field(default=(), converter=_as_facts)
    weights: tuple[Weights, ...] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_weights, takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        if not _SLOT.fullmatch(self.slot):
            raise ValueError(f"expected a slot name like _platform_word, in lower case, got {self.slot!r}")

    @property
    def size(self) -> int:
        """The number of points."""
        return math.prod(len(fact.values) for fact in self.facts)

    def index(self, thing: object) -> int:
        """Return the number of the point of an order or a patch.

        Raises:
            ValueError: a value is not listed by its fact, and the fact has no ``UNKNOWN``.
        """
        total = 0
        for name, attribute, added, unknown in self.weights:
            value = getattr(thing, attribute)
            place = added.get(value, unknown)
            if place is None:
                message = f"{name} cannot be {value!r}"
                raise ValueError(message)
            total += place
        return total

    def points(self) -> Iterator[Point]:
        """Iterate over all points, in the order of their numbers."""
        return points(self.facts)


class OrderBase(Model):
    """The base class of every platform's ``Order``. It stores the index of the order's facts.

    A platform derives one class with a slot of its own for the index (``_<platform>_index``). The fields are on an
    ``attrs.frozen`` subclass of that class.
    """

    __slots__ = ()

    __space__: ClassVar[Space]

    @classmethod
    def __derived__(cls) -> Derived:
        return cls.__space__.slot, cls.__space__.weights, ()

    def __check__(self) -> None:
        super().__check__()
        object.__setattr__(self, self.__space__.slot, self.__space__.index(self))

    def __payload__(self) -> dict[str, object]:
        """Return the order as its API returns it. A platform overrides this if its payloads have another layout."""
        return {key: value for key, value in write_body(self).items() if key != "written" and value is not None}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the fields; the index is computed again on loading."""
        return rebuild, (type(self), {name: getattr(self, name) for name in slots_of(type(self))})


_SECTION: Final = "orderrules.section"


def in_section(section: StrEnum) -> Mapping[str, StrEnum]:
    """Return the attrs metadata that puts a body key into a section.

    Every field of a patch needs it: ``customer: Customer | Unset = attrs.field(default=UNSET,
    metadata=in_section(Section.CUSTOMER))``.
    """
    return {_SECTION: section}


def _sections_by_key(patch_type: type) -> Mapping[str, StrEnum]:
    """Map each body key of a patch to its section, in the order of the fields.

    Raises:
        TypeError: a field has no section, so that no rule would check it; or its default is not ``UNSET``.
    """
    sections: dict[str, StrEnum] = {}
    for field in attrs.fields(patch_type):
        section = field.metadata.get(_SECTION)
        if section is None:
            message = f"{patch_type.__name__}.{field.name} has no section: give it metadata=in_section(...)"
            raise TypeError(message)
        if field.default is not UNSET:
            raise TypeError(f"{patch_type.__name__}.{field.name} must be optional: give it default=UNSET")
        sections[field.name] = section
    return sections


# The type is repeated here because a type checker does not accept a class as the hashable argument of a cache.
sections_by_key: Final[Callable[[type], Mapping[str, StrEnum]]] = functools.cache(_sections_by_key)


def free_keys(patch_type: type[PatchBase]) -> tuple[str, ...]:
    """Return the body keys that no fact reads. The rules see only whether such a key is sent, not its value."""
    read = {fact.attribute for fact in patch_type.__space__.facts}
    return tuple(key for key in sections_by_key(patch_type) if key not in read)


def _unlisted_values(space: Space, patch: PatchBase) -> InvalidInput | None:
    """Return an error with a problem for each key whose value is not listed by its fact, or None."""
    problems = Problems()
    for fact in space.facts:
        value = fact.canonical(getattr(patch, fact.attribute))
        if value not in fact.values and UNKNOWN not in fact.values:
            listed = ", ".join(fact.label(known) for known in fact.values if known is not UNSET)
            problems.add(Problem("", Code.NOT_A_CHOICE, f"expected one of {listed}").under(fact.attribute))
    return problems.error(f"build a {type(patch).__qualname__}") if problems else None


class PatchBase(Model):
    """The base class of every platform's ``Patch``. It stores a mask with one bit for each key that the patch sends.

    A platform derives one class with a slot of its own for the mask (``_<platform>_mask``). The fields are on an
    ``attrs.frozen`` subclass of that class, and the default of each is ``UNSET``. If rules read facts of the patch
    (the status asked for), the number of their point is stored in the bits above the mask.
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
            raise _unlisted_values(self.__space__, self) or error from None
        object.__setattr__(self, self.__space__.slot, (number << len(keys)) | mask)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the keys that are sent; the mask is computed again on loading."""
        return rebuild, (type(self), {key: getattr(self, key) for key in self.keys})

    @property
    def keys(self) -> tuple[str, ...]:
        """The body keys that this patch sends, in the order of the fields."""
        return tuple(key for key in sections_by_key(type(self)) if getattr(self, key) is not UNSET)

    @property
    def sections(self) -> tuple[StrEnum, ...]:
        """The sections that these keys touch, each once."""
        section_of = sections_by_key(type(self))
        return tuple(dict.fromkeys(section_of[key] for key in self.keys))


def keys_at(patch_type: type[PatchT], section: StrEnum, point: Point) -> tuple[str, ...] | None:
    """Return the keys of the smallest update that touches a section and has the facts of a point.

    Return None if there is no such update, because the point leaves out every key of the section.
    """
    sent = tuple(fact.attribute for fact in patch_type.__space__.facts if point[fact] is not UNSET)
    own = [key for key, of in sections_by_key(patch_type).items() if of is section]
    if any(key in sent for key in own):
        return sent
    other = next((key for key in free_keys(patch_type) if key in own), None)
    return None if other is None else (*sent, other)
