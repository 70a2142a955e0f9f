"""Guards: the condition on an order under which an update is allowed, and conditions made as short as they can be.

What partial evaluation leaves of the rules when the update is known is called the residual by policy engines.
It must never know a platform.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from orderrules._conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Fact, Is, points

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from orderrules._conditions import Point

Box = tuple[frozenset["Hashable"], ...]
"""Some values of each fact: the points of which every value is among them."""


def guard(rules: tuple[Condition, ...], waivers: tuple[Condition, ...], known: Point) -> Condition:
    """Give the shortest condition on what is not known under which all rules hold or a waiver applies.

    Args:
        rules: the conditions of the rules on the sections that are touched.
        waivers: the conditions of the waivers.
        known: the facts of the update.
    """
    whole = AnyOf((*waivers, AllOf(rules)))
    facts = tuple(fact for fact in whole.facts if fact not in known)
    return _shortest(facts, {tuple(point.values()): whole.holds({**point, **known}) for point in points(facts)})


def shortest(condition: Condition) -> Condition:
    """Give the shortest condition that holds at the same points."""
    facts = condition.facts
    return _shortest(facts, {tuple(point.values()): condition.holds(point) for point in points(facts)})


def _shortest(facts: tuple[Fact, ...], holds: Mapping[tuple[Hashable, ...], bool]) -> Condition:
    """Write a table of points down in as few words as it takes; the same points always give the same words."""
    true = {point for point, verdict in holds.items() if verdict}
    if len(true) == len(holds):
        return ALWAYS
    if not true:
        return NEVER
    parts = [_written(facts, box) for box in _cover(true, _largest_boxes(facts, true))]
    parts.sort(key=lambda part: (len(part.facts), len(str(part)), str(part)))
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def _largest_boxes(facts: tuple[Fact, ...], true: set[tuple[Hashable, ...]]) -> list[Box]:
    """List the boxes of true points that grow in no direction."""
    found: dict[Box, None] = {}
    for point in sorted(true, key=repr):
        for order in itertools.permutations(range(len(facts))):
            box: list[frozenset[Hashable]] = [frozenset({value}) for value in point]
            for place in order:
                box[place] = frozenset(
                    value
                    for value in facts[place].values
                    if all(corner in true for corner in itertools.product(*box[:place], [value], *box[place + 1 :]))
                )
            found[tuple(box)] = None
    return list(found)


def _cover(true: set[tuple[Hashable, ...]], boxes: list[Box]) -> list[Box]:
    """Choose as few boxes as cover all points, and among as few those that say the least."""
    inside = {box: frozenset(point for point in true if all(map(_contains, box, point))) for box in boxes}
    ranked = sorted(boxes, key=lambda box: (-len(inside[box]), sorted(map(sorted, map(_words, box)))))
    for count in range(1, len(ranked) + 1):
        for chosen in itertools.combinations(ranked, count):
            if true.issubset(itertools.chain.from_iterable(inside[box] for box in chosen)):
                return list(chosen)
    raise AssertionError  # pragma: no cover - all of them together cover every point.


def _contains(values: frozenset[Hashable], value: Hashable) -> bool:
    return value in values


def _words(values: frozenset[Hashable]) -> list[str]:
    return [str(value) for value in values]


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
