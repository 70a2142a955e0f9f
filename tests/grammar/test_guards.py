"""Conditions are written as short as possible, and equal meanings are written alike."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from orderrules import UNKNOWN, Condition, Fact, awal, salla
from orderrules.authoring import AllOf, AnyOf, TransitionTable
from orderrules.grammar.conditions import (
    ALWAYS,
    NEVER,
    Box,
    Values,
    _cover,
    _largest_boxes,
    drop_fact,
    guard,
    minimize,
    points,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

A = Fact("a", values=(1, 2, 3))
B = Fact("b", values=(1, 2, 3))
C = Fact("c", values=(1, 2, 3))
D = Fact("d", values=(1, 2, 3, 4))
E = Fact("e", values=(1, 2, 3, 4))
W = Fact("w", values=(False, True), flag=True)
X = Fact("x", values=(False, True), flag=True)
Y = Fact("y", values=(False, True), flag=True)
Z = Fact("z", values=(False, True), flag=True)
V = Fact("v", values=(False, True), flag=True)
U = Fact("u", values=(False, True), flag=True)
YES = {fact: fact.is_(value=True) for fact in (V, W, X, Y, Z)}
NO = {fact: fact.is_(value=False) for fact in (V, W, X, Y, Z)}


def at_points(facts: tuple[Fact, ...], *true: tuple[Any, ...]) -> Condition:
    """Build a condition from the points at which it holds."""
    return AnyOf(tuple(AllOf(tuple(map(Fact.is_, facts, point))) for point in true))


SHORT: list[tuple[Condition, str]] = [
    (ALWAYS, "always"),
    (NEVER, "never"),
    (A.is_in(()), "never"),
    (A.is_in({1, 2, 3}), "always"),
    (A.is_(1) | ~A.is_(1), "always"),
    (A.is_(1) & ~A.is_(1), "never"),
    (A.is_(1), "a is 1"),
    (A.is_in({1, 2}), "a is not 3"),
    (A.is_not(3), "a is not 3"),
    (A.is_not_in({1, 2}), "a is 3"),
    (W.is_not(value=False), "w"),
    (W.is_not(value=True), "not w"),
    (Fact("d", values=range(4)).is_in({1, 2}), "d is 1 or 2"),
    (Fact("d", values=range(4)).is_not_in({1, 2}), "d is 0 or 3"),
    (Fact("d", values=range(5)).is_not_in({1, 2}), "d is neither 1 nor 2"),
    (B.is_(1) & A.is_(1), "a is 1 and b is 1"),
    (B.is_(1) | A.is_(1), "a is 1 or b is 1"),
    ((A.is_(1) & B.is_(2)) | (A.is_(1) & B.is_not(2)), "a is 1"),
    ((A.is_(1) & YES[W]) | (A.is_(2) & YES[W]) | (A.is_(3) & YES[W]), "w"),
    ((A.is_(1) & YES[W]) | (A.is_(2) & NO[W]), "(a is 1 and w) or (a is 2 and not w)"),
    ((YES[W] & YES[X]) | (NO[W] & YES[Y]) | (YES[X] & YES[Y]), "(w and x) or (not w and y)"),
    ((A.is_(1) | B.is_(1)) & (A.is_(1) | B.is_(2)), "a is 1"),
    (A.is_(1) | (B.is_(1) & C.is_(1)), "a is 1 or (b is 1 and c is 1)"),
    ((A.is_in({1, 2}) & B.is_in({1, 2})) | A.is_(3), "a is 3 or b is not 3"),
    (YES[Z] | (YES[X] & YES[Y]) | A.is_(1), "z or a is 1 or (x and y)"),
    (~(YES[W] & YES[X] & YES[Y]), "not w or not x or not y"),
    (
        at_points((X, Y, Z), (True, False, False), (True, True, False), (False, True, False), (False, True, True)),
        "(not x and y) or (not z and x)",
    ),
    (
        at_points((D, E), (1, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3)),
        "(d is 2 and e is not 1) or ((d is 1 or 3) and e is 1) or ((d is 2 or 3) and (e is 2 or 3))",
    ),
    (
        (YES[X] & NO[Y]) | (YES[Y] & NO[Z]) | (YES[Z] & NO[X]),
        "(not x and z) or (not y and x) or (not z and y)",
    ),
]


@pytest.mark.parametrize(("condition", "words"), SHORT, ids=[row[1] for row in SHORT])
def test_a_condition_is_written_in_the_fewest_words(condition: Condition, words: str) -> None:
    """Values are listed or excluded, whichever is shorter; facts are sorted by name, and short parts come first."""
    short = minimize(condition)
    assert str(short) == words
    assert short.means(condition)
    for point in points(condition.facts):
        assert short.holds({**point}) is condition.holds(point)


def test_facts_that_make_no_difference_are_left_out() -> None:
    """They are dropped one after another, at any position."""
    everything: dict[Values, bool] = {
        point: point[1] == 2 for point in itertools.product((1, 2, 3), (1, 2, 3), (1, 2, 3))
    }
    facts, holds = drop_fact(A, (A, B, C), everything)
    assert (facts, holds) == ((B, C), {point: point[0] == 2 for point in itertools.product((1, 2, 3), (1, 2, 3))})
    assert drop_fact(C, facts, holds) == ((B,), {(1,): False, (2,): True, (3,): False})
    assert drop_fact(B, facts, holds) == (facts, holds)
    idle = AllOf((A.is_in({1, 2, 3}), B.is_in({1, 2, 3}), YES[W], YES[X] | NO[X], YES[Y] | NO[Y]))
    assert str(minimize(idle)) == "w"
    assert minimize(idle).facts == (W,)


def largest_by_trial(facts: tuple[Fact, ...], true: set[tuple[Any, ...]]) -> set[Box]:
    """Return every box of true points that is in no other such box, by trying all boxes."""
    sides = [
        [
            frozenset(chosen)
            for size in range(1, len(fact.values) + 1)
            for chosen in itertools.combinations(fact.values, size)
        ]
        for fact in facts
    ]
    boxes = [box for box in itertools.product(*sides) if true.issuperset(itertools.product(*box))]
    return {
        box for box in boxes if not any(box != other and all(map(frozenset.issubset, box, other)) for other in boxes)
    }


@pytest.mark.parametrize("pattern", [0x0000, 0xFFFF, 0xB5D7, 0x7EA3, 0xDBE6, 0x1357, 0xFACE, 0x9F3C])
def test_all_largest_boxes_of_a_few_flags_are_found(pattern: int) -> None:
    """Each is found once."""
    facts = (W, X, Y, Z)
    true: set[Values] = {
        point for bit, point in enumerate(itertools.product((False, True), repeat=4)) if pattern >> bit & 1
    }
    largest = _largest_boxes(facts, true)
    assert len(largest) == len(set(largest))
    assert set(largest) == largest_by_trial(facts, true)


def test_all_largest_boxes_of_four_facts_are_found() -> None:
    """One of them is found only if the facts are widened in one particular order."""
    wide = (frozenset({2, 3}), frozenset({1}), frozenset({1, 3}), frozenset({False}))
    true: set[Values] = {
        (1, 1, 2, False), (1, 1, 2, True), (1, 1, 3, False), (1, 2, 2, True), (1, 3, 2, True), (1, 3, 3, False),
        (2, 1, 1, False), (2, 1, 1, True), (2, 1, 3, False), (2, 1, 3, True), (2, 2, 1, False), (2, 2, 1, True),
        (2, 2, 2, False), (2, 3, 1, False), (3, 1, 1, False), (3, 1, 1, True), (3, 1, 2, False), (3, 1, 3, False),
        (3, 2, 1, False), (3, 3, 1, True), (3, 3, 3, False),
    }  # fmt: skip
    assert wide in _largest_boxes((A, B, C, W), true)


def test_enough_largest_boxes_of_many_flags_are_found() -> None:
    """They cover every point; one is missing, because not every order of the flags is tried."""
    facts = (U, V, W, X, Y, Z)
    none, wide, one = frozenset({False}), frozenset({False, True}), frozenset({True})
    boxes: list[Box] = [
        (wide, none, none, wide, none, none),
        (wide, wide, none, none, none, none),
        (wide, none, wide, one, none, none),
        (none, none, none, wide, wide, none),
        (one, none, none, wide, none, wide),
    ]
    true = {point for box in boxes for point in itertools.product(*box)}
    largest = set(_largest_boxes(facts, true))
    assert largest < largest_by_trial(facts, true)
    assert boxes[0] not in largest
    assert {point for box in largest for point in itertools.product(*box)} == true


def boxes_of(*sides: Iterable[int]) -> list[Box]:
    """Return boxes of one fact."""
    return [(frozenset(side),) for side in sides]


def choose_boxes(*sides: Iterable[int]) -> list[set[Any]]:
    """Return the boxes that are chosen to cover all points of some boxes of one fact."""
    every: set[Values] = {(value,) for side in sides for value in side}
    return [set(side) for (side,) in _cover(every, boxes_of(*sides))]


ROWS = (set(range(7)), set(range(7, 14)))
LONG, MIDDLE, SHORTER = {0, 1, 2, 3, 7, 8, 9, 10}, {4, 5, 11, 12}, {6, 13}
SINGLE = [{place} for place in range(7)]


def test_as_few_boxes_as_possible_are_chosen() -> None:
    """Up to twelve optional boxes are tried in all combinations; if there are more, the largest are taken first."""
    assert choose_boxes({1}, {2}, {1, 2}) == [{1, 2}]
    assert choose_boxes({1, 2}, {2, 3}, {3, 4}) == [{1, 2}, {3, 4}]
    assert choose_boxes(LONG, MIDDLE, SHORTER, *ROWS, *SINGLE) == list(ROWS)
    own = {100, 101, 102}
    assert choose_boxes(LONG, MIDDLE, SHORTER, *ROWS, *SINGLE, own, {101}, {102}) == [own, *ROWS]
    assert choose_boxes(LONG, MIDDLE, SHORTER, *ROWS, *SINGLE, {13}) == [LONG, MIDDLE, SHORTER]
    own |= {103}
    first, second, third = {1, 2, 101, 102, 103}, {1, 3, 4, 101, 102}, {2, 3, 4}
    assert choose_boxes(own, first, second, third) == [own, first, second]


def test_a_guard_fixes_the_facts_of_the_update() -> None:
    """It holds if all rules hold or a waiver applies, with the known facts fixed."""
    table = TransitionTable(A, B, {1: {2}, 2: {3}, 3: ()})
    for requested, words in ((1, "a is 1"), (2, "a is not 3"), (3, "a is not 1")):
        assert str(guard((table,), (), {B: requested})) == words
    assert guard((), (), {}) == guard((A.is_(1),), (ALWAYS,), {}) == ALWAYS
    assert guard((A.is_(1), A.is_(2)), (), {}) == guard((NEVER,), (), {A: 1}) == NEVER
    assert str(guard((A.is_(1), YES[W]), (B.is_(2), B.is_(3)), {B: 2})) == "always"
    assert str(guard((A.is_(1), YES[W]), (B.is_(2), B.is_(3)), {B: 1})) == "a is 1 and w"
    assert str(guard((A.is_(1), YES[W]), (B.is_(2),), {})) == "b is 2 or (a is 1 and w)"
    assert str(awal.POLICY.guard(awal.Patch(status=awal.Status.SHIPPED))) == "status is accepted or shipped"
    assert str(salla.STATUS.is_(UNKNOWN).simplify()) == "status is unknown"
