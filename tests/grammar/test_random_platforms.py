"""Platforms drawn at random: every answer against brute force."""

from __future__ import annotations

import itertools
import json
import random
from enum import StrEnum
from typing import Any

import jsonschema
import narwhals as nw
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from orderrules import UNKNOWN, UNSET, Fact, Parameter, Policy, Rule, Unset, Waiver
from orderrules.authoring import ALWAYS, OrderBase, PatchBase, TransitionTable, field, model
from orderrules.engine.digest import gist_of
from orderrules.grammar.rulebook import assignments
from orderrules.integrations.narwhals import to_narwhals
from orderrules.integrations.sqlalchemy import to_sqlalchemy
from orderrules.reading.bodies import write_body
from tests.kit.random_platforms import Column, Platform, clean, platforms, refusing

pytestmark = pytest.mark.any_python


class Section(StrEnum):
    """The one group of keys of a platform on which brute force found two faults."""

    ALL = "all"


class Stage(StrEnum):
    """Two stages."""

    FIRST = "first"
    LAST = "last"


STAGE = Fact("stage", values=tuple(Stage))
ASKED = Fact("stage asked for", values=(UNSET, *Stage), attribute="stage")
OWNER = Parameter("asked by the owner", values=(True, False))


@model
class Patch(PatchBase, sections=Section, facts=(ASKED,)):
    """A stage and a note, which are opened and closed together."""

    stage: Stage | Unset = field(default=UNSET, section=Section.ALL)
    note: str | Unset = field(default=UNSET, section=Section.ALL)


@model
class Order(OrderBase["Patch"], facts=(STAGE,)):
    """An order in a stage."""

    stage: Stage
    written: Patch | Unset = UNSET


def policy_of(*entries: Rule | Waiver) -> Policy[Any, Any]:
    """Return a policy of that platform."""
    policy: Policy[Any, Any] = Policy(name="found", order_type=Order, patch_type=Patch, rules=(), parameters=(OWNER,))
    return policy.with_rules(*entries)


def test_a_plan_sends_the_present_status_if_its_section_asks_for_it() -> None:
    """A note may be sent only along with a status that may follow."""
    rule = Rule(id="R", section=Section.ALL, only_if=TransitionTable(STAGE, ASKED, {}), reason="x")
    order, goal = Order(stage=Stage.FIRST), Patch(stage=Stage.FIRST, note="x")
    policy = policy_of(rule)
    assert policy.can_update(order, goal)
    assert not policy.can_update(order, Patch(note="x"))
    assert policy.plan(order, goal).steps == (goal,)


def test_a_difference_under_a_waiver_of_a_parameter_is_found() -> None:
    """Two rules refuse the same; for the owner, neither does."""
    rules = [Rule(id=name, section=Section.ALL, only_if=STAGE.is_(Stage.FIRST), reason="x") for name in "AB"]
    waiver = Waiver(id="W", when=OWNER.is_(value=True), reason="x")
    both, one = policy_of(*rules, waiver), policy_of(rules[1], waiver)
    assert both.digest() != one.digest()
    differences = list(both.diff(one))
    assert differences
    assert all("asked by the owner is no" in str(difference.condition) for difference in differences)


def test_a_waiver_that_is_named_whatever_a_parameter_is_makes_no_difference() -> None:
    """Without rule A, one of the others refuses all the same, for the owner or for anybody else."""
    rules = [
        Rule(id="A", section=Section.ALL, only_if=STAGE.is_(Stage.FIRST), reason="x"),
        Rule(id="B", section=Section.ALL, only_if=OWNER.is_(value=True), reason="x"),
        Rule(id="C", section=Section.ALL, only_if=OWNER.is_(value=False), reason="x"),
    ]
    waiver = Waiver(id="W", when=ALWAYS, reason="x")
    three, two = policy_of(*rules, waiver), policy_of(*rules[1:], waiver)
    assert three.digest() == two.digest()
    assert not three.diff(two)


MOST_ORDERS, MOST_PATCHES = 24, 24


def some(things: Any, most: int) -> list[Any]:
    """Return all of some things, or as many of them as there may be, always the same."""
    listed = list(things)
    return listed if len(listed) <= most else random.Random(0).sample(listed, most)  # noqa: S311 - no secret.


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(platforms())
def test_every_answer_is_that_of_brute_force(platform: Platform) -> None:
    """Decisions, guards, SQL, dataframes, schemas, parts, plans, replays, differences and digests."""
    try:
        orders, patches = some(platform.orders(), MOST_ORDERS), some(platform.patches(), MOST_PATCHES)
        check_decisions(platform, orders, patches)
        check_columns(platform, orders, patches)
        check_answers(platform, orders, patches)
        check_differences(platform)
    finally:
        clean(platform)


def check_decisions(platform: Platform, orders: list[Any], patches: list[Any]) -> None:
    """Under no settings, and under some of them."""
    for chosen in some(itertools.chain([{}], assignments(platform.policy.parameters)), 4):
        policy = platform.policy.settled(chosen)
        for order, patch in itertools.product(orders, patches):
            decision = policy.can_update(order, patch)
            assert {violation.rule.id for violation in decision.violations} == refusing(platform, order, patch, chosen)
            assert policy.guard(patch).holds(order) is decision.allowed
            for note in decision.caveats:
                assert note.params["parameter"] in {parameter.name for parameter in policy.unknown}


def check_columns(platform: Platform, orders: list[Any], patches: list[Any]) -> None:
    """A guard as SQL and as an expression of a dataframe, over a column for each fact."""

    def stored(column: Column, order: Any) -> Any:
        value = getattr(order, column.fact.attribute)
        return len(value) if column.fact.counts else None if value is None else value

    rows = [{column.fact.attribute: stored(column, order) for column in platform.columns} for order in orders]
    kinds: dict[str, tuple[Any, Any]] = {}
    for column in platform.columns:
        number, flag = bool(column.fact.bands), column.annotation == "bool"
        kinds[column.fact.attribute] = (
            (sa.Float, pl.Float64) if number else (sa.Boolean, pl.Boolean) if flag else (sa.Text, pl.String)
        )
    frame = pl.DataFrame(
        {
            name: [row[name] if kind[1] is not pl.String else row[name] and str(row[name]) for row in rows]
            for name, kind in kinds.items()
        },
        schema={name: kind[1] for name, kind in kinds.items()},
        strict=False,
    )
    table = sa.Table(
        "orders", sa.MetaData(), sa.Column("n", sa.Integer), *(sa.Column(name, kind[0]) for name, kind in kinds.items())
    )
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"n": number, **row} for number, row in enumerate(frame.to_dicts())])
        for patch in patches:
            guard = platform.policy.guard(patch)
            allowed = [platform.policy.can_update(order, patch).allowed for order in orders]
            expression = to_narwhals(guard, {name: name for name in kinds})
            assert nw.from_native(frame).select(a=expression).get_column("a").to_list() == allowed
            selected = connection.execute(
                sa.select(to_sqlalchemy(guard, table.c)).select_from(table).order_by(table.c.n)
            )
            assert [bool(row[0]) for row in selected] == allowed
    engine.dispose()


def check_answers(platform: Platform, orders: list[Any], patches: list[Any]) -> None:
    """The schema of each order, the parts and the plan of each update, and its line of a log."""
    policy = platform.policy
    for order in orders:
        validator = jsonschema.Draft202012Validator(policy.schema(order))
        for patch in patches:
            decision = policy.can_update(order, patch)
            body: Any = write_body(patch)
            assert validator.is_valid(body) is decision.allowed, (policy.rules, order, patch)
            line = json.dumps(decision.to_dict(order, patch))
            assert policy.replay(line)
            parts = policy.split(order, patch)
            assert policy.can_update(order, parts.allowed)
            assert {*parts.allowed.keys, *parts.refused.keys} == set(patch.keys)
            if decision:
                assert parts.allowed == patch
    for order, goal in zip(orders[:3], patches[:3], strict=False):
        plan = policy.plan(order, goal)
        reached = order
        for step in plan.steps:
            reached = policy.apply(reached, step)
        assert plan or not policy.can_update(order, goal)


def check_differences(platform: Platform) -> None:
    """Against the same rules without one of them."""
    policy = platform.policy
    other = policy.without(policy.rules[0].id)
    diff = policy.diff(other)
    assert bool(diff) is (policy.digest() != other.digest())
    assert not policy.diff(policy)
    if policy.parameters:
        return  # The count is then one for each setting.
    orders, patches = list(platform.orders()), list(platform.patches())
    by_point: dict[Any, bool] = {}
    for order, patch in itertools.product(orders, patches):
        point = tuple(fact.of(order) for fact in policy.order_type.__space__.facts)
        asked = tuple(fact.of(patch) for fact in policy.patch_type.__space__.facts)
        differs = gist_of(policy.can_update(order, patch)) != gist_of(other.can_update(order, patch))
        assert by_point.setdefault((point, asked, patch.keys), differs) is differs
    assert diff.count == sum(by_point.values())
    assert diff.total == len(by_point)
    assert UNKNOWN not in policy.patch_type.__space__.facts
