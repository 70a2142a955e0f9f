"""Guards: the condition on an order under which an update is allowed, and conditions made as short as they can be.

What partial evaluation leaves of the rules when the update is known is called the residual by policy engines.
It must never know a platform.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final, TypeVar

from orderrules._conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Fact, Is, by_name, points

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from orderrules._conditions import Point

_FEW_FACTS: Final = 4
_FEW_BOXES: Final = 12

Values = tuple["Hashable", ...]
"""A value for each of some facts, in their order."""
Box = tuple[frozenset["Hashable"], ...]
"""Some values of each fact: the points of which every value is among them."""
ToldT = TypeVar("ToldT", bound="Hashable")


def guard(rules: tuple[Condition, ...], waivers: tuple[Condition, ...], known: Point) -> Condition:
    """Give a short condition on what is not known under which all rules hold or a waiver applies.

    Args:
        rules: the conditions of the rules on the sections that are touched.
        waivers: the conditions of the waivers.
        known: the facts of the update.
    """
    return _shortest(AnyOf((*waivers, AllOf(rules))), known)


def shortest(condition: Condition) -> Condition:
    """Give a condition that holds at the same points, as short as can be, or nearly; see ``Condition.simplified``."""
    return _shortest(condition, {})


def _shortest(condition: Condition, known: Point) -> Condition:
    """Write down where a condition holds in few words; the same points always give the same words."""
    facts = by_name(fact for fact in condition.facts if fact not in known)
    return written(facts, {tuple(point.values()): condition.holds({**point, **known}) for point in points(facts)})


def written(facts: tuple[Fact, ...], holds: dict[Values, bool]) -> Condition:
    """Write down, in few words, the condition that holds where a table of points says so.

    Args:
        facts: the facts, by name.
        holds: a verdict for the values of the facts; it does not hold at a point that is left out.
    """
    for fact in facts:
        facts, holds = without(fact, facts, holds)
    true = {point for point, verdict in holds.items() if verdict}
    if not facts:
        return ALWAYS if true else NEVER
    parts = [_written(facts, box) for box in _cover(true, _largest_boxes(facts, true))]
    parts.sort(key=lambda part: (len(part.facts), len(str(part)), str(part)))
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def without(
    fact: Fact, facts: tuple[Fact, ...], holds: dict[Values, ToldT]
) -> tuple[tuple[Fact, ...], dict[Values, ToldT]]:
    """Leave a fact out of a table of points, where it makes no difference."""
    place = facts.index(fact)
    fewer: dict[Values, ToldT] = {}
    for point, verdict in holds.items():
        if fewer.setdefault((*point[:place], *point[place + 1 :]), verdict) != verdict:
            return facts, holds
    return (*facts[:place], *facts[place + 1 :]), fewer


def _largest_boxes(facts: tuple[Fact, ...], true: set[Values]) -> list[Box]:
    """List boxes of true points that grow in no direction: all of them for a few flags, and else enough to cover."""
    places = range(len(facts))
    turned = [(*places[turn:], *places[:turn]) for turn in places]
    orders = list(itertools.permutations(places)) if len(facts) <= _FEW_FACTS else turned
    found: dict[Box, None] = {}
    for point in sorted(true, key=repr):
        for order in orders:
            box: list[frozenset[Hashable]] = [frozenset({value}) for value in point]
            for place in order:
                box[place] = frozenset(
                    value
                    for value in facts[place].values
                    if all(corner in true for corner in itertools.product(*box[:place], [value], *box[place + 1 :]))
                )
            found[tuple(box)] = None
    return list(found)


def _cover(true: set[Values], boxes: list[Box]) -> list[Box]:
    """Choose as few boxes as cover all points; where there are many to choose from, nearly as few."""
    inside = {box: frozenset(point for point in true if all(map(_contains, box, point))) for box in boxes}
    ranked = sorted(boxes, key=lambda box: (-len(inside[box]), [sorted(map(str, values)) for values in box]))
    # A box with a point of its own is needed in any case.
    needed = [
        box for box in ranked if inside[box] - frozenset().union(*(inside[other] for other in ranked if other != box))
    ]
    left = true.difference(*(inside[box] for box in needed))
    others = [box for box in ranked if box not in needed and inside[box] & left]
    if len(others) <= _FEW_BOXES:
        for count in range(len(others) + 1):
            for chosen in itertools.combinations(others, count):
                if left.issubset(itertools.chain.from_iterable(inside[box] for box in chosen)):
                    return [*needed, *chosen]
    while left:
        best = max(others, key=lambda box: len(inside[box] & left))
        needed.append(best)
        left = left - inside[best]
    return needed


def _contains(values: frozenset[Hashable], value: Hashable) -> bool:
    return value in values


def _written(facts: tuple[Fact, ...], box: Box) -> Condition:
    """Write a box as the facts that it narrows, each with the values it has or, where that is shorter, has not."""
    parts = sorted(_narrowed(facts, box), key=str)
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _narrowed(facts: tuple[Fact, ...], box: Box) -> Iterator[Is]:
    for fact, values in zip(facts, box, strict=True):
        others = frozenset(fact.values) - values
        if others and len(others) < len(values):
            yield Is(fact, others, negated=True)
        elif others:
            yield Is(fact, values)
