"""Orders and updates as the rules see them: the facts of an order, and the sections that an update touches.

Every fact has finitely many values, so the facts of an order are one of finitely many *points*. A ``Space`` numbers
these points, and an order stores the number of its point, its *index*. A patch stores the number of its own point in
the upper bits, and one bit for each key that it sends in the lower bits. A table looks up a decision by these two
numbers.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, TypeVar

import attrs

from orderrules.grammar.conditions import UNKNOWN, Fact, Point, points
from orderrules.languages.sentences import join_words, with_article
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET, CanonicalWeights, is_array, slots_of
from orderrules.reading.hints import hint_close_to
from orderrules.reading.models import Model, rebuild, section_of
from orderrules.reading.problems import Code, InvalidInput, Problem, Problems
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from orderrules.reading.fields import Derived, Weights


OrderT = TypeVar("OrderT", bound="OrderBase[Any]")
PatchT = TypeVar("PatchT", bound="PatchBase")
OrderT_contra = TypeVar("OrderT_contra", bound="OrderBase[Any]", contravariant=True)
PatchT_contra = TypeVar("PatchT_contra", bound="PatchBase", contravariant=True)
_SPACE_NUMBERS: Final = itertools.count(1)
"""Makes each slot name unique."""


def _weights(space: Space) -> tuple[Weights, ...]:
    """Return, for each fact, its name, its attribute and the number that each of its values adds to the index."""
    weight = space.size
    rows: list[Weights] = []
    for fact in space.facts:
        weight //= len(fact.values)
        added: dict[Hashable, int] = {value: place * weight for place, value in enumerate(fact.values)}
        added.update({alias: added[value] for alias, value in fact.aliases})
        unknown = added.get(UNKNOWN)
        if fact.bands:
            added = CanonicalWeights(added, fact.canonical)
        rows.append((fact.name, fact.attribute, added, unknown))
    return tuple(rows)


def _as_facts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(facts)


@attrs.frozen
class Space:
    """The numbered points of some facts.

    Attributes:
        slot: the name of the slot in which an order or a patch stores the number of its point. No two classes share
            it, so a policy finds no such slot on an order of another platform.
        facts: the facts. The value of the last one changes fastest from one number to the next.
        weights: for each fact, its name, its attribute, the number that each listed value adds to the index, and the
            number that any other value adds, or None if the fact has no ``UNKNOWN``.
    """

    slot: str
    facts: tuple[Fact, ...] = attrs.field(default=(), converter=_as_facts)
    weights: tuple[Weights, ...] = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_weights, takes_self=True)
    )

    @functools.cached_property
    def size(self) -> int:
        """The number of points."""
        return math.prod(len(fact.values) for fact in self.facts)

    def point(self, number: int) -> Point:
        """Return the point with a number."""
        values: list[Hashable] = []
        for fact in reversed(self.facts):
            number, place = divmod(number, len(fact.values))
            values.append(fact.values[place])
        return dict(zip(self.facts, reversed(values), strict=True))

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

    def number(self, point: Point) -> int:
        """Return the number of a point."""
        return sum(added[point[fact]] for fact, (_, _, added, _) in zip(self.facts, self.weights, strict=True))

    def points(self) -> Iterator[Point]:
        """Iterate over all points, in the order of their numbers."""
        return points(self.facts)


def _add_space(cls: type[Any], facts: Iterable[Fact]) -> None:
    """Give a class its space, and a field for the number of an object's point."""
    space = Space(f"_{cls.__name__.lower()}_{next(_SPACE_NUMBERS)}", facts)
    cls.__space__ = space
    cls.__annotations__ = {**inspect.get_annotations(cls), space.slot: "int"}
    setattr(cls, space.slot, attrs.field(init=False, repr=False, eq=False))


def _check_facts(cls: type[OrderBase[Any] | PatchBase]) -> None:
    """Check that each fact has a field, and lists every value that the field may hold."""
    slots = slots_of(cls)
    attributes = [fact.attribute for fact in cls.__space__.facts]
    if len(set(attributes)) < len(attributes):
        twice = sorted({name for name in attributes if attributes.count(name) > 1})
        raise ValueError(f"two facts of {cls.__name__} read the same field: {', '.join(twice)}")
    for fact in cls.__space__.facts:
        if isinstance(getattr(cls, fact.attribute, None), property):
            continue
        if fact.attribute not in slots:
            hint = hint_close_to(fact.attribute, slots)
            raise TypeError(
                f"{cls.__name__} has no field {fact.attribute}, which the fact {fact.name} reads"
                + (f" - {hint}" if hint else "")
            )
        slot = slots[fact.attribute]
        possible = [*_values_of(slot.annotation, fact), *([UNSET] if slot.absent else [])]
        others = [value for value in possible if value is UNKNOWN or fact.canonical(value) not in fact.values]
        if others and UNKNOWN not in fact.values:
            example = "any other value" if UNKNOWN in others else join_words(map(repr, others))
            raise TypeError(
                f"the field {fact.attribute} of {cls.__name__} may hold {example}, which the fact {fact.name} does not "
                "list: add UNKNOWN to its values, or annotate the field with the listed values only"
            )


def _values_of(annotation: object, fact: Fact) -> Iterator[Hashable]:
    """Yield the values that a field may hold; ``UNKNOWN`` stands for any value of an open type."""
    for option in members(annotation):
        if fact.bands and (is_array(option) if fact.counts else option is int or option is float):
            continue  # Every number is in a band.
        if isinstance(option, type) and issubclass(option, StrEnum):
            yield from option
        elif option is bool:
            yield from (False, True)
        elif option is NoneType:
            yield None
        else:
            yield UNKNOWN


class OrderBase(Model, Generic[PatchT]):
    """The base class of every platform's ``Order``, which declares its ``Patch`` and its facts.

    ::

        @model
        class Order(OrderBase["Patch"], facts=(STATUS,)):
            status: Status | str

    An order stores the index of its facts.
    """

    __slots__ = ()

    __space__: ClassVar[Space]

    def __init_subclass__(cls, *, facts: Iterable[Fact] | None = None) -> None:
        """Take the facts that rules read of the order.

        Raises:
            TypeError: no facts are given.
        """
        super().__init_subclass__()
        if "__space__" in cls.__dict__:
            return  # attrs creates the class again, with slots.
        if facts is None:
            raise TypeError(
                f"{cls.__name__} needs the facts that rules read: class {cls.__name__}(OrderBase[Patch], facts=(...))"
            )
        _add_space(cls, facts)

    @classmethod
    def __complete__(cls) -> None:
        super().__complete__()
        _check_facts(cls)

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
        return rebuild, (type(self), attrs.asdict(self, recurse=False))


def _sections_by_key(patch_type: type[PatchBase]) -> Mapping[str, StrEnum]:
    """Map each body key of a patch to its section, in the order of the fields.

    Raises:
        TypeError: a field has no section, so that no rule would check it; or its default is not ``UNSET``.
    """
    sections: dict[str, StrEnum] = {}
    by_name = {str(section): section for section in patch_type.__sections__}
    for described in attrs.fields(patch_type):
        section = section_of(described) or by_name.get(described.name)
        if section is None or type(section) is not patch_type.__sections__:
            raise TypeError(
                f"{patch_type.__name__}.{described.name} has no section: name it like a member of "
                f"{patch_type.__sections__.__name__}, or give it field(default=UNSET, section=...)"
            )
        if described.default is not UNSET:
            raise TypeError(f"{patch_type.__name__}.{described.name} must be optional: give it the default UNSET")
        sections[described.name] = section
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
            choices = [fact.label(known) for known in fact.values if known is not UNSET]
            problems.add(Problem("", Code.NOT_A_CHOICE, {"choices": choices}).under(fact.attribute))
    return problems.error(f"build {with_article(type(patch).__qualname__)}") if problems else None


class PatchBase(Model):
    """The base class of every platform's ``Patch``, which declares its sections and its facts.

    ::

        @model
        class Patch(PatchBase, sections=Section, facts=(ASKED,)):
            status: Status | Unset = UNSET

    A key is in the section of its name, or in the one that ``field(default=UNSET, section=...)`` names. A patch stores
    a mask with one bit for each key that it sends, and the number of its facts' point in the bits above.
    """

    __slots__ = ()

    __space__: ClassVar[Space]
    __sections__: ClassVar[type[StrEnum]]

    def __init_subclass__(cls, *, sections: type[StrEnum] | None = None, facts: Iterable[Fact] = ()) -> None:
        """Take the sections of the body keys, and the facts that rules read of the patch.

        Raises:
            TypeError: no sections are given.
        """
        super().__init_subclass__()
        if "__space__" in cls.__dict__:
            return  # attrs creates the class again, with slots.
        if sections is None:
            raise TypeError(f"{cls.__name__} needs its sections: class {cls.__name__}(PatchBase, sections=Section)")
        cls.__sections__ = sections
        _add_space(cls, facts)

    @classmethod
    def __complete__(cls) -> None:
        super().__complete__()
        for fact in cls.__space__.facts:
            if UNSET not in fact.values:
                raise ValueError(f"the fact {fact.name} belongs to the patch, so its values must include UNSET")
        sections_by_key(cls)
        _check_facts(cls)

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
        by_key = sections_by_key(type(self))
        return tuple(dict.fromkeys(by_key[key] for key in self.keys))


def keys_at(patch_type: type[PatchT], section: StrEnum, point: Point) -> tuple[str, ...] | None:
    """Return the keys of the smallest update that touches a section and has the facts of a point.

    Return None if there is no such update, because the point leaves out every key of the section.
    """
    sent = tuple(fact.attribute for fact in patch_type.__space__.facts if point[fact] is not UNSET)
    own = [key for key, its_section in sections_by_key(patch_type).items() if its_section is section]
    if any(key in sent for key in own):
        return sent
    other = next((key for key in free_keys(patch_type) if key in own), None)
    return None if other is None else (*sent, other)
