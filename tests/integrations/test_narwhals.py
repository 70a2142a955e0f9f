"""Guards on dataframes: every engine selects the rows that the policy allows, and names the refusing rules."""

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
from tests.kit.dataframe_engines import ENGINES, evaluate, select_ids, spark
from tests.kit.rows import every_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.any_python

COLUMNS: Final = {name: name for name in ("status", "draft", "customer")}
MANY: Final = 1_000_000


@pytest.fixture(scope="module")
def on_spark() -> Iterator[Callable[[pa.Table], Any]]:
    """Yield a function that turns a table into a frame of Spark."""
    yield from spark()


@pytest.fixture(params=[*ENGINES, pytest.param("spark", marks=pytest.mark.spark)])
def to_frame(request: pytest.FixtureRequest) -> Callable[[pa.Table], Any]:
    """Return a function that turns a table into a frame of one engine; each engine is tested in turn."""
    function: Callable[[pa.Table], Any] = (
        request.getfixturevalue("on_spark") if request.param == "spark" else ENGINES[request.param]
    )
    return function


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as a table, numbered from 0."""
    columns = [("id", pa.int64()), ("status", pa.string()), ("draft", pa.bool_()), ("customer", pa.string())]
    names = {"id", *rows[0]}
    numbered = [{"id": number, **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=pa.schema([column for column in columns if column[0] in names]))


@functools.cache
def million_orders() -> tuple[pa.Table, list[salla.Order]]:
    """Return a million random orders as a table and as objects, with nulls and unknown statuses among them."""
    rng = random.Random(9)  # noqa: S311 - not used for security.
    rows = every_row(salla.POLICY)
    facts = salla.POLICY.order_type.__space__.facts
    orders = [order_at(salla.Order, {fact: fact.from_database(row[fact.attribute]) for fact in facts}) for row in rows]
    numbers = [rng.randrange(len(rows)) for _ in range(MANY)]
    made = [order for number in numbers if (order := orders[number]) is not None]
    assert len(made) == MANY
    return table_of([rows[number] for number in numbers]), made


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_every_engine_agrees_with_the_policy(to_frame: Callable[[pa.Table], Any], policy: Policy[Any, Any]) -> None:
    """Guards, their negations and the refusing rules are compared for every update and every possible row."""
    rows = every_row(policy)
    facts = policy.order_type.__space__.facts
    points = [{fact: fact.from_database(row[fact.attribute]) for fact in facts} for row in rows]
    orders = [order_at(policy.order_type, point) for point in points]
    patches = list({policy.guard(patch): patch for patch in updates(policy)}.values())
    expressions: dict[str, nw.Expr] = {}
    for number, patch in enumerate(patches):
        guard = to_narwhals(policy.guard(patch), COLUMNS)
        expressions |= {f"yes{number}": guard, f"no{number}": ~guard, f"why{number}": verdicts(policy, patch, COLUMNS)}
    values = evaluate(to_frame(table_of(rows)), expressions)
    for number, patch in enumerate(patches):
        decisions = policy.decide_many(orders, patch)
        assert values[f"yes{number}"] == [bool(decision) for decision in decisions]
        assert values[f"no{number}"] == [not decision for decision in decisions]
        ids = [", ".join(violation.rule.id for violation in decision.violations) for decision in decisions]
        assert values[f"why{number}"] == ids
    assert len(patches) > 2


@pytest.mark.parametrize("name", ["polars", "pandas", "duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def test_the_guard_selects_the_orders_that_decide_many_allows(name: str, request: pytest.FixtureRequest) -> None:
    """A million orders are checked, under the shipped assumptions and under others."""
    to_frame = request.getfixturevalue("on_spark") if name == "spark" else ENGINES[name]
    table, orders = million_orders()
    frame = to_frame(table)
    strict = salla.policy(completed=salla.COMPLETED_FAMILY, unknown_status="closed")
    for policy, patch in (
        (salla.POLICY, salla.Patch(courier_id=7)),
        (salla.POLICY, salla.Patch(payment=salla.Payment(method="bank"), customer=salla.Customer(id=1))),
        (strict, salla.Patch(coupon_code="EID24")),
    ):
        allowed = [number for number, decision in enumerate(policy.decide_many(orders, patch)) if decision]
        assert 0 < len(allowed) < MANY
        assert select_ids(frame, to_narwhals(policy.guard(patch), COLUMNS)) == allowed


def test_a_null_means_the_same_on_every_engine(to_frame: Callable[[pa.Table], Any]) -> None:
    """It means an unknown status, no draft and no customer, for any type of column."""
    frame = to_frame(table_of([{"status": None, "draft": None, "customer": None}] * 2 + every_row(salla.POLICY)[:1]))
    for patch, why in (
        (salla.Patch(payment=salla.Payment(method="bank")), "SALLA-PAYMENT-1"),
        (salla.Patch(coupon_code="E", customer=salla.Customer(id=1)), ""),
    ):
        guard = to_narwhals(salla.POLICY.guard(patch), COLUMNS)
        values = evaluate(frame, {"yes": guard, "why": verdicts(salla.POLICY, patch, COLUMNS)})
        assert values["yes"][:2] == [not why] * 2
        assert values["why"][:2] == [why] * 2


def test_a_value_that_no_fact_lists_is_refused(to_frame: Callable[[pa.Table], Any]) -> None:
    """The column for the customer holds an undocumented value here."""
    frame = to_frame(table_of([{"status": "x", "draft": False, "customer": "vip"}]))
    patch = salla.Patch(customer=salla.Customer(id=1))
    guard = to_narwhals(salla.POLICY.guard(patch), COLUMNS)
    values = evaluate(frame, {"yes": guard, "why": verdicts(salla.POLICY, patch, COLUMNS)})
    assert values == {"yes": [False], "why": ["SALLA-CUSTOMER-1"]}


def test_a_guard_that_reads_no_fact_has_a_value_for_each_row(to_frame: Callable[[pa.Table], Any]) -> None:
    """So every engine accepts it as a filter, which selects all rows or none."""
    frame = to_frame(table_of([{"status": "completed"}, {"status": None}]))
    assert select_ids(frame, to_narwhals(ALWAYS, {"status": "status"})) == [0, 1]
    assert select_ids(frame, to_narwhals(NEVER, {"status": "status"})) == []
    never_refused = verdicts(salla.POLICY, salla.Patch(employees=(1,)), {"draft": "status"})
    assert evaluate(frame, {"why": never_refused}) == {"why": ["", ""]}


@pytest.mark.spark
def test_spark_runs_a_plain_filter(on_spark: Callable[[pa.Table], Any], capfd: pytest.CaptureFixture[str]) -> None:
    """The plan contains no Python function, and the condition on the status is pushed down to the file."""
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
    """The SQL is what one would write by hand."""
    frame = ENGINES["duckdb"](table_of([{"status": "completed"}]))
    guard = to_narwhals(awal.POLICY.guard(awal.Patch(status=awal.Status.SHIPPED)), COLUMNS)
    query = nw.from_native(frame).filter(guard).to_native().sql_query()
    condition = query.translate(str.maketrans("", "", '()"')).partition(" WHERE ")[2]
    assert condition == "status = 'accepted' OR status = 'shipped' AND NOT status IS NULL"


def test_columns_may_have_other_names_or_be_expressions() -> None:
    """An expression converts what a store keeps in another form."""
    frame = pl.DataFrame({"slug": ["completed", "shipped"], "customer_id": [None, 5], "is_guest": [False, True]})
    kind = nw.when(nw.col("is_guest")).then(nw.lit("guest")).otherwise(nw.lit("registered"))
    columns: dict[str, str | nw.Expr] = {"status": "slug", "draft": nw.col("slug") == "draft", "customer": kind}
    guard = salla.POLICY.guard(salla.Patch(customer=salla.Customer(id=1)))
    assert nw.from_native(frame).filter(to_narwhals(guard, columns)).to_native()["slug"].to_list() == ["shipped"]


def test_expressions_work_in_the_stable_api_of_narwhals() -> None:
    """Narwhals recommends this API to libraries."""
    frame = pl.DataFrame({"status": ["completed", "shipped"]})
    guard = to_narwhals(salla.STATUS.is_not(salla.Status.COMPLETED), {"status": "status"})
    assert stable.from_native(frame).filter(guard).to_native()["status"].to_list() == ["shipped"]


def test_the_column_of_verdicts_is_named_violations() -> None:
    """This also holds for an update that no rule can refuse."""
    frame = nw.from_native(pl.DataFrame({"status": ["completed"], "draft": [False]}))
    for patch in (salla.Patch(coupon_code="E"), salla.Patch(employees=(1,))):
        assert frame.select(verdicts(salla.POLICY, patch, COLUMNS)).columns == ["violations"]


def test_a_null_satisfies_no_condition_on_a_fact_without_a_value_for_null() -> None:
    """It satisfies neither the condition nor the opposite condition."""
    size = Fact("size", values=(1, 2))
    frame = pl.DataFrame({"id": [0, 1, 2, 3], "size": [1, 2, None, 3]})
    assert select_ids(frame, to_narwhals(size.is_(1), {"size": "size"})) == [0]
    assert select_ids(frame, to_narwhals(size.is_not(1), {"size": "size"})) == [1]
    strange = Fact("strange", values=(UNKNOWN, 1))
    assert select_ids(frame, to_narwhals(strange.is_(UNKNOWN), {"strange": "size"})) == [1, 2, 3]
    assert select_ids(frame, to_narwhals(strange.is_in([1, UNKNOWN]), {"strange": "size"})) == [0, 1, 2, 3]


def test_invalid_columns_and_conditions_are_refused() -> None:
    """The message says what is given or expected."""
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


def test_ambiguous_names_are_refused() -> None:
    """Polars would read a pattern as several columns, and an id with a comma would look like two ids."""
    guard = salla.STATUS.is_(salla.Status.PAYMENT_PENDING)
    for pattern in ("*", "^status.*$"):
        with pytest.raises(ValueError, match=r"Polars reads .* as a pattern"):
            to_narwhals(guard, {"status": pattern})
    rule = Rule(id="SHOP, 1", section=salla.Section.COUPON, only_if=guard, reason="x")
    with pytest.raises(ValueError, match="contains a comma and a space"):
        verdicts(salla.POLICY.with_rules(rule), salla.Patch(coupon_code="E"), COLUMNS)


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_the_guard_of_a_rule_fails_where_the_rule_refuses(policy: Policy[Any, Any]) -> None:
    """Combined, the guards of all rules mean the guard of the policy."""
    orders = [order for point in policy.order_type.__space__.points() if (order := order_at(policy.order_type, point))]
    for patch in updates(policy):
        guards = policy.guards(patch)
        assert functools.reduce(operator.and_, guards.values(), ALWAYS).means(policy.guard(patch))
        for order in orders:
            refusing = [rule for rule, guard in guards.items() if not guard.holds(order)]
            assert refusing == [violation.rule for violation in policy.can_update(order, patch).violations]
