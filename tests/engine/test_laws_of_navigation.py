"""The laws of splits, plans, guards and advice, for random bodies; each docstring is one law."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import UNSET, Condition, Fact, Policy, Rule, UpdateRefused, awal, salla
from orderrules.authoring import AllOf, AnyOf, TransitionTable
from orderrules.grammar.conditions import points
from tests.kit import strategies, toy
from tests.kit.strategies import pairs, said

pytestmark = pytest.mark.any_python

Question = tuple[Any, Any, Any, Any]


@given(pairs)
def test_splitting(question: Question) -> None:
    """A split is lossless, its allowed part is allowed, and no refused section can be added back."""
    policy, order, patch, _ = question
    parts = policy.split(order, patch)
    assert {**said(parts.allowed), **said(parts.refused)} == said(patch)
    assert policy.can_update(order, parts.allowed)
    assert bool(parts.decision) is not bool(parts.refused.keys)
    for section in parts.refused.sections:
        back = {key: value for key, value in said(patch).items() if key in policy.keys_of(section)}
        assert not policy.can_update(order, type(patch)(**said(parts.allowed), **back))


@given(pairs)
def test_applying(question: Question) -> None:
    """An update is applied exactly if it is allowed; afterwards, the plan for it has no steps."""
    policy, order, patch, _ = question
    before = attrs.evolve(order)
    if not policy.can_update(order, patch):
        with pytest.raises(UpdateRefused):
            policy.apply(order, patch)
        return
    after = policy.apply(order, patch)
    assert order == before
    assert after.id == order.id
    assert policy.plan(after, patch).steps == ()
    assert policy.plan(after, patch)


@given(pairs, st.data())
def test_planning(question: Question, data: st.DataObject) -> None:
    """Every step of a plan is allowed after the steps before it, and the last step reaches the goal."""
    policy, order, goal, _ = question
    plan = policy.plan(order, goal)
    if not plan:
        assert not plan.blocked
        assert plan.steps == ()
        return
    for step in plan.steps:
        assert policy.can_update(order, step)
        order = policy.apply(order, step)
    assert policy.plan(order, goal).steps == ()
    changed = data.draw(st.sampled_from(goal.keys or ("",)))
    smaller = type(goal)(**{key: value for key, value in said(goal).items() if key != changed})
    assert len(policy.plan(question[1], smaller).steps) <= len(plan.steps)


@given(pairs)
def test_guarding(question: Question) -> None:
    """A guard holds for an order exactly if the update is allowed, whatever the bodies contain."""
    policy, order, patch, other = question
    guard = policy.guard(patch)
    assert guard.holds(order) is bool(policy.can_update(order, patch))
    assert guard == guard.simplify()
    assert (policy.guard(other) == guard) is policy.guard(other).means(guard)


@given(st.lists(strategies.salla_orders, max_size=20), strategies.salla_patches)
def test_many_of_salla(orders: list[salla.Order], patch: salla.Patch) -> None:
    """Deciding many orders at once gives the same as deciding one by one."""
    one_by_one = [salla.POLICY.can_update(order, patch) for order in orders]
    assert salla.POLICY.decide_many(orders, patch) == one_by_one
    assert salla.POLICY.decide_indices(salla.POLICY.indices(orders), patch) == bytes(map(bool, one_by_one))


@given(strategies.awal_orders, strategies.awal_patches)
def test_advising(order: awal.Order, patch: awal.Patch) -> None:
    """Advice never changes a decision, and names keys that were sent or the one that was left out."""
    advice = awal.POLICY.advise(order, patch)
    quiet = attrs.evolve(awal.POLICY, advice_rules=())
    assert quiet.can_update(order, patch) == awal.POLICY.can_update(order, patch)
    assert quiet.advise(order, patch) == ()
    for entry in advice:
        assert set(entry.keys) <= {*patch.keys, "payment_status"}


FACTS = [Fact(f"fact {number}", values=range(size)) for number, size in enumerate((2, 3, 2, 3, 2, 2))]
simple = st.sampled_from(FACTS).flatmap(
    lambda fact: (
        st.builds(fact.is_in, st.sets(st.sampled_from(fact.values)))
        | st.builds(fact.is_not, st.sampled_from(fact.values))
    )
)
conditions = st.recursive(
    simple,
    lambda inner: st.builds(AllOf, st.lists(inner, max_size=3)) | st.builds(AnyOf, st.lists(inner, max_size=3)),
    max_leaves=6,
)


@given(conditions, conditions)
def test_simplifying(one: Condition, other: Condition) -> None:
    """Simplifying keeps the meaning, writes equal meanings alike, and changes nothing the second time."""
    short = one.simplify()
    facts = tuple(dict.fromkeys((*one.facts, *other.facts)))
    same = all(one.holds(point) is short.holds(point) for point in points(facts))
    assert same
    assert short.simplify() == short
    assert (~~one).simplify() == short
    equal = all(one.holds(point) is other.holds(point) for point in points(facts))
    assert one.means(other) is equal
    assert (one & other).means(other & one)
    assert (one | (one & other)).means(one)


def _conditions_on(*facts: Fact) -> st.SearchStrategy[Condition]:
    """Draw conditions of any form on some facts."""
    one = st.sampled_from(facts).flatmap(lambda fact: st.builds(fact.is_in, st.sets(st.sampled_from(fact.values))))
    return st.recursive(
        one,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(AllOf) | st.lists(inner, min_size=1, max_size=3).map(AnyOf)
        ),
        max_leaves=5,
    )


@st.composite
def _toy_policies(draw: st.DrawFn) -> Policy[toy.Order, toy.Patch]:
    """Draw rules on parcels: the stage by a table or any condition, the other sections by any condition."""
    table = st.fixed_dictionaries({stage: st.sets(st.sampled_from(toy.Stage)) for stage in toy.Stage}).map(
        lambda rows: TransitionTable(toy.STAGE, toy.ASKED, rows)
    )
    steps = st.lists(st.tuples(*[st.sampled_from(toy.Stage)] * 2), max_size=4).map(
        lambda pairs: AnyOf(tuple(toy.STAGE.is_(one) & toy.ASKED.is_(other) for one, other in pairs))
    )
    plain = _conditions_on(toy.STAGE, toy.ASKED, toy.FRAGILE) | _conditions_on(toy.STAGE)
    stage_conditions = st.one_of(table, steps, steps, plain)
    other_conditions = _conditions_on(toy.STAGE, toy.FRAGILE) | _conditions_on(toy.STAGE, toy.ASKED)
    rules = [
        Rule(id="X-STAGE", section=toy.Section.STAGE, only_if=draw(stage_conditions), reason="drawn"),
        Rule(id="X-ADDRESS", section=toy.Section.ADDRESS, only_if=draw(other_conditions), reason="drawn"),
        Rule(id="X-NOTE", section=toy.Section.NOTE, only_if=draw(other_conditions), reason="drawn"),
    ]
    return attrs.evolve(toy.POLICY, rules=rules, waivers=(), assumptions=(), advice_rules=())


def _shortest_length(policy: Policy[Any, Any], order: Any, goal: Any) -> int | None:
    """Return the number of updates to a goal, found by trying all: any stage, with any of its other keys."""
    others = {key: value for key, value in said(goal).items() if key != "stage"}
    stages = [*toy.Stage, UNSET] if "stage" in goal.keys else [UNSET]
    candidates = [
        toy.Patch(stage=stage, **{key: others[key] for key in keys})
        for stage in stages
        for size in range(len(others) + 1)
        for keys in itertools.combinations(others, size)
    ]
    level, visited, count = {order}, {order}, 0
    while level:
        if any(_reaches(reached, goal) for reached in level):
            return count
        level = {
            policy.apply(reached, patch)
            for reached in level
            for patch in candidates
            if policy.can_update(reached, patch)
        } - visited
        visited |= level
        count += 1
    return None


def _reaches(order: toy.Order, goal: toy.Patch) -> bool:
    stored = order.written or toy.Patch()
    return all(getattr(order if key == "stage" else stored, key) == value for key, value in said(goal).items())


@given(
    _toy_policies(),
    st.sampled_from(toy.Stage),
    st.booleans(),
    st.sets(st.sampled_from(["stage", "street", "note"])),
    st.data(),
)
def test_plans_are_as_short_as_a_brute_force_search_finds(
    policy: Policy[Any, Any], stage: toy.Stage, fragile: bool, keys: set[str], data: st.DataObject
) -> None:
    """For random rules, there is a plan exactly if some sequence of updates reaches the goal."""
    values = {"stage": data.draw(st.sampled_from(toy.Stage)), "street": "x", "note": "y"}
    order, goal = toy.Order(stage=stage, fragile=fragile), toy.Patch(**{key: values[key] for key in keys})
    plan, steps = policy.plan(order, goal), _shortest_length(policy, order, goal)
    assert (len(plan.steps) if plan else None) == steps
