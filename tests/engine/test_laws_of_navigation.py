"""The laws of what may be changed instead, where bodies matter."""

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
    """An update is applied exactly when it is allowed; what it sends is then there, and sending it again is no plan."""
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
    """Every step of a plan is allowed on the order that the steps before it leave; at the end nothing is missing."""
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
    """A guard holds for an order exactly when the update is allowed, whatever the bodies hold."""
    policy, order, patch, other = question
    guard = policy.guard(patch)
    assert guard.holds(order) is bool(policy.can_update(order, patch))
    assert guard == guard.simplify()
    assert (policy.guard(other) == guard) is policy.guard(other).means(guard)


@given(st.lists(strategies.salla_orders, max_size=20), strategies.salla_patches)
def test_many_of_salla(orders: list[salla.Order], patch: salla.Patch) -> None:
    """Many orders are decided as one by one."""
    one_by_one = [salla.POLICY.can_update(order, patch) for order in orders]
    assert salla.POLICY.decide_many(orders, patch) == one_by_one
    assert salla.POLICY.decide_indices(salla.POLICY.indices(orders), patch) == bytes(map(bool, one_by_one))


@given(strategies.awal_orders, strategies.awal_patches)
def test_advising(order: awal.Order, patch: awal.Patch) -> None:
    """Advice is never part of a decision, and names keys that were sent, or one that was left out."""
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
    """What is simplified holds at the same points, is written as anything of that meaning is, and stays as it is."""
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


def _conditions_over(*facts: Fact) -> st.SearchStrategy[Condition]:
    """Draw conditions of any form over some facts."""
    one = st.sampled_from(facts).flatmap(lambda fact: st.builds(fact.is_in, st.sets(st.sampled_from(fact.values))))
    return st.recursive(
        one,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3).map(AllOf) | st.lists(inner, min_size=1, max_size=3).map(AnyOf)
        ),
        max_leaves=5,
    )


@st.composite
def _platforms(draw: st.DrawFn) -> Policy[toy.Order, toy.Patch]:
    """Draw rules on parcels: the stage by a table or by any condition, the other sections by what they like."""
    table = st.fixed_dictionaries({stage: st.sets(st.sampled_from(toy.Stage)) for stage in toy.Stage}).map(
        lambda rows: TransitionTable(toy.STAGE, toy.ASKED, rows)
    )
    steps = st.lists(st.tuples(*[st.sampled_from(toy.Stage)] * 2), max_size=4).map(
        lambda pairs: AnyOf(tuple(toy.STAGE.is_(one) & toy.ASKED.is_(other) for one, other in pairs))
    )
    plain = _conditions_over(toy.STAGE, toy.ASKED, toy.FRAGILE) | _conditions_over(toy.STAGE)
    asked = st.one_of(table, steps, steps, plain)
    others = _conditions_over(toy.STAGE, toy.FRAGILE) | _conditions_over(toy.STAGE, toy.ASKED)
    rules = [
        Rule(id="X-STAGE", section=toy.Section.STAGE, only_if=draw(asked), reason="drawn"),
        Rule(id="X-ADDRESS", section=toy.Section.ADDRESS, only_if=draw(others), reason="drawn"),
        Rule(id="X-NOTE", section=toy.Section.NOTE, only_if=draw(others), reason="drawn"),
    ]
    return attrs.evolve(toy.POLICY, rules=rules, waivers=(), assumptions=(), advice_rules=())


def _shortest(policy: Policy[Any, Any], order: Any, goal: Any) -> int | None:
    """Find how many updates lead to a goal, by trying all there are: any stage, with any of the goal's other keys."""
    others = {key: value for key, value in said(goal).items() if key != "stage"}
    stages = [*toy.Stage, UNSET] if "stage" in goal.keys else [UNSET]
    tried = [
        toy.Patch(stage=stage, **{key: others[key] for key in keys})
        for stage in stages
        for size in range(len(others) + 1)
        for keys in itertools.combinations(others, size)
    ]
    level, seen, count = {order}, {order}, 0
    while level:
        if any(_holds(reached, goal) for reached in level):
            return count
        level = {
            policy.apply(reached, patch) for reached in level for patch in tried if policy.can_update(reached, patch)
        } - seen
        seen |= level
        count += 1
    return None


def _holds(order: toy.Order, goal: toy.Patch) -> bool:
    written = order.written or toy.Patch()
    return all(getattr(order if key == "stage" else written, key) == value for key, value in said(goal).items())


@given(
    _platforms(),
    st.sampled_from(toy.Stage),
    st.booleans(),
    st.sets(st.sampled_from(["stage", "street", "note"])),
    st.data(),
)
def test_plans_are_those_of_a_search_by_force(
    policy: Policy[Any, Any], stage: toy.Stage, fragile: bool, keys: set[str], data: st.DataObject
) -> None:
    """On platforms of any rules: there is a plan where any way leads there, and none is shorter."""
    values = {"stage": data.draw(st.sampled_from(toy.Stage)), "street": "x", "note": "y"}
    order, goal = toy.Order(stage=stage, fragile=fragile), toy.Patch(**{key: values[key] for key in keys})
    plan, steps = policy.plan(order, goal), _shortest(policy, order, goal)
    assert (len(plan.steps) if plan else None) == steps
