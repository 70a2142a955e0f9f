"""Orders and updates as the rules see them: an order's facts, and the sections that an update touches.

Every fact has finitely many values, so an order is one of finitely many *points*. A ``Space`` numbers them, and an
order keeps the number of its own point. A patch keeps the number of its facts, and below it one bit for each key that
it sends. Tables look decisions up by these two numbers.
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
    """Give, for each fact, its name, its attribute, and what each of its values adds to the index."""
    weight = space.size
    rows: list[Weights] = []
    for fact in space.facts:
        weight //= len(fact.values)
        added: dict[Hashable, int] = {value: place * weight for place, value in enumerate(fact.values)}
        added.update({alias: added[value] for alias, value in fact.aliases})
        rows.append((fact.name, fact.attribute, added, added.get(UNKNOWN)))
    return tuple(rows)


def _facts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(facts)


@attrs.frozen
class Space:
    """All the points that some facts span, numbered.

    Attributes:
        slot: the name of the slot in which an order or a patch keeps its number. It carries the platform's
            name, so that an order of one platform has nothing that a policy of another would look up.
        facts: the facts; the last one varies fastest.
        weights: for each fact, its name, its attribute, what each of its values adds to the number of a point,
            and what a value adds that it does not list, if it may have one.
    """

    slot: str
    facts: tuple[Fact, ...] = attrs.field(default=(), converter=_facts)
    weights: tuple[Weights, ...] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_weights, takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        if not _SLOT.fullmatch(self.slot):
            raise ValueError(f"a slot is named _platform_word, in small letters, and not {self.slot!r}")

    @property
    def size(self) -> int:
        """How many points there are."""
        return math.prod(len(fact.values) for fact in self.facts)

    def index(self, thing: object) -> int:
        """Number the point of an order or a patch.

        Raises:
            ValueError: a fact has a value that it does not list, and no ``UNKNOWN``.
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
        """Walk all points, in the order of their numbers."""
        return points(self.facts)


class OrderBase(Model):
    """What every platform's ``Order`` is built on: it keeps the index of its facts.

    A platform derives one class with a slot named apart (``_<platform>_index``) and puts its fields
    on an ``attrs.frozen`` class below that one.
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
        """Write the order as its API answers it; a platform whose payloads are laid out otherwise says how."""
        return {key: value for key, value in write_body(self).items() if key != "written" and value is not None}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what was said; the index is derived again."""
        return rebuild, (type(self), {name: getattr(self, name) for name in slots_of(type(self))})


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


def _unlisted_values(space: Space, patch: PatchBase) -> InvalidInput | None:
    """Say which keys have a value that their facts do not list."""
    problems = Problems()
    for fact in space.facts:
        value = fact.canonical(getattr(patch, fact.attribute))
        if value not in fact.values and UNKNOWN not in fact.values:
            listed = ", ".join(fact.label(known) for known in fact.values if known is not UNSET)
            problems.add(Problem("", Code.NOT_A_CHOICE, f"expected one of {listed}").under(fact.attribute))
    return problems.error(f"build a {type(patch).__qualname__}") if problems else None


class PatchBase(Model):
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
            raise _unlisted_values(self.__space__, self) or error from None
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


def keys_at(patch_type: type[PatchT], section: StrEnum, point: Point) -> tuple[str, ...] | None:
    """Give the keys that the smallest update of a section sends where its facts are those of a point.

    None where there is no such update: the section is touched by nothing but keys that the point leaves out.
    """
    sent = tuple(fact.attribute for fact in patch_type.__space__.facts if point[fact] is not UNSET)
    own = [key for key, of in sections_by_key(patch_type).items() if of is section]
    if any(key in sent for key in own):
        return sent
    other = next((key for key in free_keys(patch_type) if key in own), None)
    return None if other is None else (*sent, other)
