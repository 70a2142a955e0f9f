"""The smallest orders and updates: one for each point of their facts and each set of keys.

They serve as examples for what the analysis finds in a rulebook.
"""

from __future__ import annotations

import contextlib
from datetime import date
from enum import StrEnum
from types import NoneType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from orderrules.grammar.conditions import UNKNOWN, Band
from orderrules.reading.fields import UNSET, is_array, is_model, slots_of, unsupported_type
from orderrules.reading.problems import InvalidInput
from orderrules.reading.values import leaf, members

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from orderrules.grammar.conditions import Fact, Point
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.reading.fields import Slot


_LEAVES: Final[Mapping[object, tuple[object, object]]] = {
    str: ("x", "y"),
    int: (1, 2),
    float: (1, 2.5),
    bool: (False, True),
    date: (date(2024, 1, 1), date(2024, 1, 2)),
}


def sample(annotation: Any, *, full: bool = False) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Return a small value of an annotated type. An object or a list is never empty.

    Args:
        annotation: the type.
        full: return another value, in which every field of an object is set.

    Raises:
        TypeError: a value of this type cannot be read strictly.
    """
    first = next((option for option in members(annotation) if option is not NoneType), None)
    if is_array(first):
        item = get_args(first)[0]
        return (sample(item, full=True), sample(item)) if full else (sample(item),)
    if isinstance(first, type) and is_model(first):
        slots = list(slots_of(first).values())
        chosen = slots if full else [slot for slot in slots if not slot.optional] or slots[:1]
        return first(**{slot.name: sample(slot.annotation, full=full) for slot in chosen})
    if isinstance(first, type) and issubclass(first, StrEnum):
        return list(first)[-1 if full else 0]
    if first not in _LEAVES:
        raise unsupported_type(annotation)
    return _LEAVES[first][full]


def order_at(order_type: type[OrderT], point: Point) -> OrderT | None:
    """Return an order with the facts of a point, or None if no order can have all of them."""
    space = order_type.__space__
    fields = {
        slot.name: sample(slot.annotation)
        for slot in slots_of(order_type).values()
        if not slot.optional  # A field without a default needs a value.
    }
    fields.update({fact.attribute: _spell(fact, point, slots_of(order_type)[fact.attribute]) for fact in space.facts})
    with contextlib.suppress(InvalidInput):
        order = order_type(**fields)
        if all(fact.of(order) == point[fact] for fact in space.facts):
            return order
    return None


def orders_of(order_type: type[OrderT]) -> Iterator[tuple[Point, OrderT]]:
    """Iterate over the points that an order can have, each with such an order."""
    for point in order_type.__space__.points():
        order = order_at(order_type, point)
        if order is not None:
            yield point, order


def _spell(fact: Fact, point: Point, slot: Slot) -> object:
    return spell(fact, point[fact], slot.annotation)


def spell(fact: Fact, value: Hashable, annotation: Any) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Return a value of an attribute for which a fact has this value."""
    if value is UNKNOWN:
        return unlisted_example(fact, annotation)
    if not isinstance(value, Band):
        return value
    number = value.above + 1 if value.at_most is None and value.above is not None else value.at_most
    if not fact.counts:
        return number
    (array,) = [option for option in members(annotation) if is_array(option)]
    return (sample(get_args(array)[0]),) * int(cast("Any", number))


def unlisted_example(fact: Fact, annotation: Any) -> object:  # noqa: ANN401 - an annotation can be any object.
    """Return an example of a value that a fact treats as unknown.

    It is the example of the fact if a field of this type accepts it, otherwise a small integer, otherwise None.
    """
    reading = leaf(annotation)
    for example in (fact.unlisted, *range(len(fact.values) + 1), None):
        with contextlib.suppress(InvalidInput):
            if reading is not None and fact.of(SimpleNamespace(**{fact.attribute: reading(example)})) is UNKNOWN:
                return example
    return fact.unlisted


def patch_at(patch_type: type[PatchT], point: Point, keys: Iterable[str]) -> PatchT | None:
    """Return an update with the facts of a point that also sends some other keys, or None if there is none."""
    fields: dict[str, object] = {key: sample(slots_of(patch_type)[key].annotation) for key in keys}
    fields.update(asked_at(patch_type, point))
    with contextlib.suppress(InvalidInput):
        return patch_type(**fields)
    return None


def asked_at(patch_type: type[PatchT], point: Point) -> dict[str, object]:
    """Return the values that an update sends to have the facts of a point, by key."""
    return {
        fact.attribute: _spell(fact, point, slots_of(patch_type)[fact.attribute])
        for fact in patch_type.__space__.facts
        if point[fact] is not UNSET
    }


def rank(facts: Iterable[Fact], point: Point) -> tuple[int, tuple[int, ...]]:
    """Return a sort key of a point, by which the simplest points come first.

    The key counts the facts of the order that do not have their first value, and the facts of the patch that are sent.
    """
    places = tuple(0 if point[fact] is UNSET else 1 + fact.values.index(point[fact]) for fact in facts)
    thresholds = tuple(1 if UNSET in fact.values else 2 for fact in facts)
    return sum(place >= least for place, least in zip(places, thresholds, strict=True)), places
