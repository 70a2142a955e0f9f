"""Guards on dataframes: on every engine the rows that the policy allows, and why not the others."""

from __future__ import annotations

import functools
import operator
import random
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import narwhals.stable.v2 as stable
import polars as pl
import pyarrow as pa
import pytest

from orderrules import UNKNOWN, Fact, Policy, Rule, awal, salla
from orderrules.authoring import ALWAYS, NEVER
from orderrules.engine.samples import order_at
from orderrules.integrations.narwhals import to_narwhals, verdicts
from orderrules.testing.state_machine import updates
from tests.kit.dataframe_engines import ENGINES, selected, spark, told
from tests.kit.rows import every_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS: Final = {name: name for name in ("status", "draft", "customer")}
MANY: Final = 1_000_000


@pytest.fixture(scope="module")
def on_spark() -> Iterator[Callable[[pa.Table], Any]]:
    """Give what makes a frame of Spark."""
    yield from spark()


@pytest.fixture(params=[*ENGINES, pytest.param("spark", marks=pytest.mark.spark)])
def framed(request: pytest.FixtureRequest) -> Callable[[pa.Table], Any]:
    """Give what makes a frame of each engine, in turn."""
    found: Callable[[pa.Table], Any] = (
        request.getfixturevalue("on_spark") if request.param == "spark" else ENGINES[request.param]
    )
    return found


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Make a table of rows, numbered."""
    kinds = [("id", pa.int64()), ("status", pa.string()), ("draft", pa.bool_()), ("customer", pa.string())]
    named = {"id", *rows[0]}
    numbered = [{"id": number, **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=pa.schema([kind for kind in kinds if kind[0] in named]))


@functools.cache
def a_million() -> tuple[pa.Table, list[salla.Order]]:
    """Make a million orders, nulls and statuses never seen among them, as rows and as objects."""
    chosen = random.Random(9)  # noqa: S311 - nothing secret.
    rows = every_row(salla.POLICY)
    facts = salla.POLICY.order_type.__space__.facts
    orders = [order_at(salla.Order, {fact: fact.from_database(row[fact.attribute]) for fact in facts}) for row in rows]
    picked = [chosen.randrange(len(rows)) for _ in range(MANY)]
    found = [order for number in picked if (order := orders[number]) is not None]
    assert len(found) == MANY
    return table_of([rows[number] for number in picked]), found


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_every_engine_gives_the_verdicts_of_the_policy(
    framed: Callable[[pa.Table], Any], policy: Policy[Any, Any]
) -> None:
    """For every update there is, every row there can be: guards, their negations, and which rules refuse."""
    rows = every_row(policy)
    facts = policy.order_type.__space__.facts
    points = [{fact: fact.from_database(row[fact.attribute]) for fact in facts} for row in rows]
    orders = [order_at(policy.order_type, point) for point in points]
    patches = list({policy.guard(patch): patch for patch in updates(policy)}.values())
    asked: dict[str, nw.Expr] = {}
    for number, patch in enumerate(patches):
        guard = to_narwhals(policy.guard(patch), COLUMNS)
        asked |= {f"yes{number}": guard, f"no{number}": ~guard, f"why{number}": verdicts(policy, patch, COLUMNS)}
    found = told(framed(table_of(rows)), asked)
    for number, patch in enumerate(patches):
        decisions = policy.decide_many(orders, patch)
        assert found[f"yes{number}"] == [bool(decision) for decision in decisions]
        assert found[f"no{number}"] == [not decision for decision in decisions]
        ids = [", ".join(violation.rule.id for violation in decision.violations) for decision in decisions]
        assert found[f"why{number}"] == ids
    assert len(patches) > 2


@pytest.mark.parametrize("name", ["polars", "pandas", "duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def test_a_million_orders_are_selected_as_the_policy_decides(name: str, request: pytest.FixtureRequest) -> None:
    """Exactly those that ``decide_many`` allows, under our assumptions and under others."""
    framed = request.getfixturevalue("on_spark") if name == "spark" else ENGINES[name]
    table, orders = a_million()
    frame = framed(table)
    strict = salla.policy(completed=salla.COMPLETED_FAMILY, unknown_status="closed")
    for policy, patch in (
        (salla.POLICY, salla.Patch(courier_id=7)),
        (salla.POLICY, salla.Patch(payment=salla.Payment(method="bank"), customer=salla.Customer(id=1))),
        (strict, salla.Patch(coupon_code="EID24")),
    ):
        allowed = [number for number, decision in enumerate(policy.decide_many(orders, patch)) if decision]
        assert 0 < len(allowed) < MANY
        assert selected(frame, to_narwhals(policy.guard(patch), COLUMNS)) == allowed


def test_columns_without_any_value_open_nothing(framed: Callable[[pa.Table], Any]) -> None:
    """Whatever type an engine gives them: a status never seen, no draft, and no customer."""
    nothing = framed(table_of([{"status": None, "draft": None, "customer": None}] * 2 + every_row(salla.POLICY)[:1]))
    for patch, why in (
        (salla.Patch(payment=salla.Payment(method="bank")), "SALLA-PAYMENT-1"),
        (salla.Patch(coupon_code="E", customer=salla.Customer(id=1)), ""),
    ):
        guard = to_narwhals(salla.POLICY.guard(patch), COLUMNS)
        found = told(nothing, {"yes": guard, "why": verdicts(salla.POLICY, patch, COLUMNS)})
        assert found["yes"][:2] == [not why] * 2
        assert found["why"][:2] == [why] * 2


def test_what_no_fact_lists_opens_nothing(framed: Callable[[pa.Table], Any]) -> None:
    """A customer that is neither of those there are is not let pass, and has a verdict."""
    frame = framed(table_of([{"status": "x", "draft": False, "customer": "vip"}]))
    patch = salla.Patch(customer=salla.Customer(id=1))
    guard = to_narwhals(salla.POLICY.guard(patch), COLUMNS)
    found = told(frame, {"yes": guard, "why": verdicts(salla.POLICY, patch, COLUMNS)})
    assert found == {"yes": [False], "why": ["SALLA-CUSTOMER-1"]}


def test_a_guard_that_reads_nothing_has_a_verdict_for_each_row(framed: Callable[[pa.Table], Any]) -> None:
    """So that it selects all or none, as a filter of any engine takes it."""
    frame = framed(table_of([{"status": "completed"}, {"status": None}]))
    assert selected(frame, to_narwhals(ALWAYS, {"status": "status"})) == [0, 1]
    assert selected(frame, to_narwhals(NEVER, {"status": "status"})) == []
    never_refused = verdicts(salla.POLICY, salla.Patch(employees=(1,)), {"draft": "status"})
    assert told(frame, {"why": never_refused}) == {"why": ["", ""]}


@pytest.mark.spark
def test_spark_runs_a_plain_filter(on_spark: Callable[[pa.Table], Any], capfd: pytest.CaptureFixture[str]) -> None:
    """No function of Python's is in the plan, and what a status is asked is asked of the file."""
    frame = on_spark(table_of(every_row(salla.POLICY)))
    strict = salla.policy(completed=salla.COMPLETED_FAMILY)
    for patch in (salla.Patch(courier_id=7), salla.Patch(customer=salla.Customer(id=1))):
        guard = to_narwhals(strict.guard(patch), COLUMNS)
        nw.from_native(frame).filter(guard).with_columns(verdicts(strict, patch, COLUMNS)).to_native().explain()
        plan = capfd.readouterr().out
        assert "Filter" in plan
        assert "Python" not in plan
        assert "UDF" not in plan
    statuses_only = to_narwhals(salla.STATUS.is_not_in(salla.COMPLETED_FAMILY), COLUMNS)
    nw.from_native(frame).filter(statuses_only).to_native().explain()
    assert "PushedFilters: [Or(" in capfd.readouterr().out


def test_duckdb_runs_a_plain_filter() -> None:
    """As one would write it by hand."""
    frame = ENGINES["duckdb"](table_of([{"status": "completed"}]))
    guard = to_narwhals(awal.POLICY.guard(awal.Patch(status=awal.Status.SHIPPED)), COLUMNS)
    asked = nw.from_native(frame).filter(guard).to_native().sql_query()
    condition = asked.translate(str.maketrans("", "", '()"')).partition(" WHERE ")[2]
    assert condition == "status = 'accepted' OR status = 'shipped' AND NOT status IS NULL"


def test_columns_may_be_named_otherwise_and_be_expressions() -> None:
    """What a store keeps in another way is said by an expression."""
    frame = pl.DataFrame({"slug": ["completed", "shipped"], "customer_id": [None, 5], "is_guest": [False, True]})
    kind = nw.when(nw.col("is_guest")).then(nw.lit("guest")).otherwise(nw.lit("registered"))
    columns: dict[str, str | nw.Expr] = {"status": "slug", "draft": nw.col("slug") == "draft", "customer": kind}
    guard = salla.POLICY.guard(salla.Patch(customer=salla.Customer(id=1)))
    assert nw.from_native(frame).filter(to_narwhals(guard, columns)).to_native()["slug"].to_list() == ["shipped"]


def test_expressions_work_in_the_stable_interface_of_narwhals() -> None:
    """Which libraries are told to use."""
    frame = pl.DataFrame({"status": ["completed", "shipped"]})
    guard = to_narwhals(salla.STATUS.is_not(salla.Status.COMPLETED), {"status": "status"})
    assert stable.from_native(frame).filter(guard).to_native()["status"].to_list() == ["shipped"]


def test_the_violations_are_named_so() -> None:
    """Until another name is given."""
    frame = nw.from_native(pl.DataFrame({"status": ["completed"], "draft": [False]}))
    for patch in (salla.Patch(coupon_code="E"), salla.Patch(employees=(1,))):
        assert frame.select(verdicts(salla.POLICY, patch, COLUMNS)).columns == ["violations"]


def test_a_fact_that_lists_nothing_else_and_knows_no_null_is_asked_for_what_it_lists() -> None:
    """A null is none of its values then, and neither its condition nor the opposite one takes it."""
    size = Fact("size", values=(1, 2))
    frame = pl.DataFrame({"id": [0, 1, 2, 3], "size": [1, 2, None, 3]})
    assert selected(frame, to_narwhals(size.is_(1), {"size": "size"})) == [0]
    assert selected(frame, to_narwhals(size.is_not(1), {"size": "size"})) == [1]
    strange = Fact("strange", values=(UNKNOWN, 1))
    assert selected(frame, to_narwhals(strange.is_(UNKNOWN), {"strange": "size"})) == [1, 2, 3]
    assert selected(frame, to_narwhals(strange.is_in([1, UNKNOWN]), {"strange": "size"})) == [0, 1, 2, 3]


def test_what_cannot_be_written_is_refused() -> None:
    """With what is there instead."""
    guard = salla.POLICY.guard(salla.Patch(coupon_code="E"))
    with pytest.raises(LookupError, match="no column for draft; columns are given for status"):
        to_narwhals(guard, {"status": "status"})
    with pytest.raises(LookupError, match="no column is given"):
        to_narwhals(ALWAYS, {})
    with pytest.raises(TypeError, match="for draft, expected a column's name or an expression, got int"):
        to_narwhals(guard, {"status": "status", "draft": 7})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="expected a condition on an order alone"):
        to_narwhals(awal.POLICY.rules[0].only_if, COLUMNS)
    with pytest.raises(TypeError, match="salla policy accepts only its own"):
        verdicts(salla.POLICY, awal.Patch(), COLUMNS)  # type: ignore[misc]


def test_names_that_an_engine_would_take_for_something_else_are_refused() -> None:
    """A pattern would ask other columns, and an id with a comma would be two."""
    guard = salla.STATUS.is_(salla.Status.PAYMENT_PENDING)
    for pattern in ("*", "^status.*$"):
        with pytest.raises(ValueError, match=r"Polars reads .* as a pattern"):
            to_narwhals(guard, {"status": pattern})
    rule = Rule(id="SHOP, 1", section=salla.Section.COUPON, only_if=guard, reason="x")
    with pytest.raises(ValueError, match="contains a comma and a space"):
        verdicts(salla.POLICY.with_rules(rule), salla.Patch(coupon_code="E"), COLUMNS)


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_each_rules_guard_tells_whether_it_refuses(policy: Policy[Any, Any]) -> None:
    """At every point, in the order of the violations; and all of them mean the guard."""
    orders = [order for point in policy.order_type.__space__.points() if (order := order_at(policy.order_type, point))]
    for patch in updates(policy):
        guards = policy.guards(patch)
        assert functools.reduce(operator.and_, guards.values(), ALWAYS).means(policy.guard(patch))
        for order in orders:
            refusing = [rule for rule, guard in guards.items() if not guard.holds(order)]
            assert refusing == [violation.rule for violation in policy.can_update(order, patch).violations]
