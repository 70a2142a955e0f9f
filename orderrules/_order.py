"""What an order is to a rule: facts.

Every fact has finitely many values, so an order is one of finitely many points, and keeps the index of its own.
It must never know a platform, nor what follows from a fact.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, ClassVar, Final

import attrs

from orderrules._conditions import UNKNOWN, Fact, Point, points
from orderrules._models import Checked, rebuild, slots_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from orderrules._models import Derived, Weights


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


class OrderBase(Checked):
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
        from orderrules import _convert

        return {key: value for key, value in _convert.body(self).items() if key != "written" and value is not None}

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what was said; the index is derived again."""
        return rebuild, (type(self), {name: getattr(self, name) for name in slots_of(type(self))})
