"""The smallest orders and updates there are: one for any point of their facts and any set of keys.

What is found about a policy is shown with them. It must never know a platform, nor what a rule says.
"""

from __future__ import annotations

import contextlib
from datetime import date
from enum import StrEnum
from types import NoneType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, get_args

from orderrules._conditions import UNKNOWN
from orderrules._models import UNSET, is_array, is_model, slots_of, unreadable
from orderrules._patch import sections_by_key
from orderrules._values import leaf, members
from orderrules.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderrules._conditions import Fact, Point
    from orderrules._models import Slot
    from orderrules._rules import OrderT, PatchT

_SMALLEST: Final[dict[type, object]] = {str: "x", int: 1, float: 1, bool: False, date: date(2024, 1, 1)}


def smallest(annotation: Any) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Give a small value of an annotated type, and one that says something: no empty object, no empty list.

    Raises:
        TypeError: there is no strict reading of the type.
    """
    first = next((option for option in members(annotation) if option is not NoneType), None)
    if is_array(first):
        return (smallest(get_args(first)[0]),)
    if isinstance(first, type) and is_model(first):
        slots = slots_of(first)
        needed = [slot for slot in slots.values() if not slot.optional] or list(slots.values())[:1]
        return first(**{slot.name: smallest(slot.annotation) for slot in needed})
    if isinstance(first, type) and issubclass(first, StrEnum):
        return next(iter(first))
    if first not in _SMALLEST:
        raise unreadable(annotation)
    return _SMALLEST[first]


def order_at(order_type: type[OrderT], point: Point) -> OrderT | None:
    """Make an order whose facts are those of a point; None where no order can have them all."""
    space = order_type.__space__
    said = {
        slot.name: smallest(slot.annotation)
        for slot in slots_of(order_type).values()
        if not slot.optional  # What has no default must be said.
    }
    said.update({fact.attribute: _spelt(fact, point, slots_of(order_type)[fact.attribute]) for fact in space.facts})
    with contextlib.suppress(InvalidInput):
        order = order_type(**said)
        if all(fact.of(order) == point[fact] for fact in space.facts):
            return order
    return None


def _spelt(fact: Fact, point: Point, slot: Slot) -> object:
    value = point[fact]
    return unlisted(fact, slot.annotation) if value is UNKNOWN else value


def unlisted(fact: Fact, annotation: Any) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Give an example of what counts as unknown: the fact's own, where a field takes it, or a number, or nothing."""
    reading = leaf(annotation)
    for example in (fact.unlisted, *range(len(fact.values) + 1), None):
        with contextlib.suppress(InvalidInput):
            if reading is not None and fact.of(SimpleNamespace(**{fact.attribute: reading(example)})) is UNKNOWN:
                return example
    return fact.unlisted


def patch_at(patch_type: type[PatchT], point: Point, keys: Iterable[str]) -> PatchT | None:
    """Make an update whose facts are those of a point, and that sends some other keys as well; None if none can."""
    said: dict[str, object] = {key: smallest(slots_of(patch_type)[key].annotation) for key in keys}
    for fact in patch_type.__space__.facts:
        if point[fact] is not UNSET:
            said[fact.attribute] = _spelt(fact, point, slots_of(patch_type)[fact.attribute])
    with contextlib.suppress(InvalidInput):
        return patch_type(**said)
    return None


def keys_at(patch_type: type[PatchT], section: StrEnum, point: Point) -> tuple[str, ...] | None:
    """Give the keys that the smallest update of a section sends where its facts are those of a point.

    None where there is no such update: the section is touched by nothing but keys that the point leaves out.
    """
    facts = patch_type.__space__.facts
    sent = tuple(dict.fromkeys(fact.attribute for fact in facts if point[fact] is not UNSET))
    told = {fact.attribute for fact in facts}
    own = [key for key, of in sections_by_key(patch_type).items() if of is section]
    if any(key in sent for key in own):
        return sent
    other = next((key for key in own if key not in told), None)
    return None if other is None else (*sent, other)


def rank(facts: Iterable[Fact], point: Point) -> tuple[int, tuple[int, ...]]:
    """Order points by how far they are from the first values of some facts, and from sending nothing."""
    places = tuple(0 if point[fact] is UNSET else 1 + fact.values.index(point[fact]) for fact in facts)
    told = tuple(1 if UNSET in fact.values else 2 for fact in facts)
    return sum(place >= least for place, least in zip(places, told, strict=True)), places
