"""Measures guards on dataframe engines: a million orders, with nulls and unknown statuses among them.

Each guard is compared with the same filter written by hand for the engine, and with a Python loop.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
from ifs import by_ifs
from measure import Row, summarize
from pyarrow.compute import field

from orderrules import salla
from orderrules.integrations.narwhals import to_narwhals, verdicts
from tests.kit.dataframe_engines import spark

PATCH = salla.Patch(courier_id=7, coupon_code="EID24")
COLUMNS = {name: name for name in ("status", "draft", "customer")}
COLUMN_GOALS = {"polars": 1.05, "pyarrow": 1.05}
STATUSES = [*(status.value for status in salla.Status), "draft", "for nura", "Completed", None]
ROUNDS = 15
LOOP = "a loop over the ifs, of objects at hand"
REASONS = "decide_many and a loop over its violations, of objects at hand"
ROWS = "a loop that makes an order of each row, and decides"


def orders(count: int) -> tuple[pa.Table, list[salla.Order]]:
    """Return random orders, as a table and as objects."""
    rng = random.Random(9)  # noqa: S311 - not used for security.
    rows = [
        (rng.choice(STATUSES), rng.choice((None, False, False, True)), rng.choice((None, *salla.CustomerKind)))
        for _ in range(count)
    ]
    statuses, drafts, customers = (list(column) for column in zip(*rows, strict=True))
    table = pa.table(
        {
            "status": pa.array(statuses, pa.string()),
            "draft": pa.array(drafts, pa.bool_()),
            "customer": pa.array([None if kind is None else str(kind) for kind in customers], pa.string()),
        }
    )
    made = {
        row: salla.Order(
            status=row[0], draft=bool(row[1]) or row[0] == "draft", customer=row[2] or salla.CustomerKind.NONE
        )
        for row in set(rows)
    }
    return table, [made[row] for row in rows]


def _duckdb(table: pa.Table) -> Any:
    connection = duckdb.connect()
    connection.register("given", table)
    connection.execute("CREATE TABLE orders AS SELECT * FROM given")
    return connection.table("orders")


def _count_duckdb(relation: Any) -> int:
    count: int = relation.aggregate("count(*)").fetchall()[0][0]
    return count


def _count_spark(frame: Any) -> int:
    count: int = frame.count()
    return count


def engines_of(table: pa.Table, to_frame: Callable[[pa.Table], Any] | None) -> dict[str, tuple[Any, Any, Any]]:
    """Return for each engine a frame, the filter by hand, and a function that counts the remaining orders."""
    frame = pl.from_arrow(table)
    by_hand: dict[str, tuple[Any, Any, Any]] = {
        "polars": (
            frame,
            lambda frame: frame.filter(pl.col("status").ne_missing("completed") | pl.col("draft")),
            len,
        ),
        "pandas": (
            table.to_pandas(),
            lambda frame: frame[(frame["status"] != "completed") | frame["draft"].eq(other=True)],
            len,
        ),
        "pyarrow": (
            table,
            lambda table: table.filter((field("status") != "completed") | field("status").is_null() | field("draft")),
            len,
        ),
        "duckdb": (
            _duckdb(table),
            lambda relation: relation.filter("status IS DISTINCT FROM 'completed' OR draft"),
            _count_duckdb,
        ),
    }  # fmt: skip
    if to_frame is not None:
        by_hand["pyspark"] = (
            to_frame(table),
            lambda frame: frame.filter("NOT (status <=> 'completed') OR draft"),
            _count_spark,
        )
    return by_hand


def time_calls(*calls: Callable[[], object], rounds: int = ROUNDS) -> list[list[float]]:
    """Run the calls in turn, and return the nanoseconds of each call in every round but the first."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(1 + rounds):
        for place in range(len(calls)) if turn % 2 else reversed(range(len(calls))):
            start = time.perf_counter_ns()
            calls[place]()
            if turn:
                times[place].append(time.perf_counter_ns() - start)
    return times


def engines(count: int = 1_000_000) -> Iterator[Row]:
    """Measure a million orders on each engine."""
    table, objects = orders(count)
    allowed = sum(map(bool, salla.POLICY.decide_many(objects, PATCH)))
    guard = to_narwhals(salla.POLICY.guard(PATCH), COLUMNS)
    why = verdicts(salla.POLICY, PATCH, COLUMNS)
    rows = list(zip(*(table[name].to_pylist() for name in COLUMNS), strict=True))

    def by_loop() -> int:
        return sum(by_ifs(order, PATCH) for order in objects)

    def by_reasons() -> int:
        decisions = salla.POLICY.decide_many(objects, PATCH)
        why = [", ".join(violation.rule.id for violation in decision.violations) for decision in decisions]
        return sum(map(bool, why))

    def by_rows() -> int:
        decide, none = salla.POLICY.can_update, salla.CustomerKind.NONE
        made = (
            salla.Order(status=status, draft=bool(draft), customer=salla.CustomerKind(customer or none))
            for status, draft, customer in rows
        )
        return sum(bool(decide(order, PATCH)) for order in made)

    with contextlib.ExitStack() as stack:
        to_frame = None
        if shutil.which("java"):
            to_frame = stack.enter_context(contextlib.contextmanager(spark)())
        else:
            print("Java is not installed, so Spark is left out", file=sys.stderr)
        for name, (frame, filter_rows, count_rows) in engines_of(table, to_frame).items():

            def by_guard(frame: Any = frame, count_rows: Any = count_rows) -> int:
                number: int = count_rows(nw.from_native(frame).filter(guard).to_native())
                return number

            def by_hand(frame: Any = frame, filter_rows: Any = filter_rows, count_rows: Any = count_rows) -> int:
                number: int = count_rows(filter_rows(frame))
                return number

            def with_reasons(frame: Any = frame, count_rows: Any = count_rows) -> int:
                refused = nw.from_native(frame).with_columns(why).filter(nw.col("violations") != "")
                number: int = count_rows(refused.to_native())
                return number

            assert by_guard() == by_hand() == by_loop() == by_rows() == allowed
            assert with_reasons() == by_reasons() == count - allowed
            ours, theirs, reasons, loop, reasoned = time_calls(by_guard, by_hand, with_reasons, by_loop, by_reasons)
            yield summarize(f"{name}, a guard", f"{name}, the filter by hand", ours, theirs, COLUMN_GOALS.get(name))
            yield summarize(f"{name}, a guard", LOOP, ours, loop)
            yield summarize(f"{name}, verdicts", REASONS, reasons, reasoned)
            yield summarize(f"{name}, a guard", ROWS, *time_calls(by_guard, by_rows, rounds=3))
