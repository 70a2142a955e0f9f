"""Bands: a fact that divides numbers into ranges, or counts a list."""

from __future__ import annotations

import itertools
import json
import math
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import attrs
import duckdb
import jsonschema
import narwhals as nw
import pandas as pd
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from orderrules import UNKNOWN, UNSET, Fact, InvalidInput, Policy, Rule, Unset
from orderrules.authoring import (
    OrderBase,
    PatchBase,
    condition_to_json,
    model,
    read_condition,
    write_body,
)
from orderrules.engine.samples import orders_of
from orderrules.grammar.conditions import Band
from orderrules.integrations.narwhals import to_narwhals, verdicts
from orderrules.integrations.sqlalchemy import to_sqlalchemy
from orderrules.testing import check_laws, orders, patches


class Section(StrEnum):
    """What an update may change."""

    NOTE = "note"
    DISCOUNT = "discount"


TOTAL: Final = Fact(
    "total",
    values=(UNKNOWN,),
    bands=(0, 100),
    says=("the total is {}", "the total is not {}", "the total is neither {}"),
)
LINES: Final = Fact("lines", bands=(0, 2), attribute="items", counts=True)
DISCOUNT: Final = Fact("discount asked for", values=(UNSET,), bands=(50,), attribute="discount")


@model
class Patch(PatchBase, sections=Section, facts=(DISCOUNT,)):
    """What is to change."""

    note: str | Unset = UNSET
    discount: int | float | Unset = UNSET


@model
class Order(OrderBase["Patch"], facts=(TOTAL, LINES)):
    """An order with an amount and lines."""

    total: int | float | None = None
    items: tuple[int, ...] = ()
    written: Patch | Unset = UNSET


POLICY: Final = Policy(
    name="till",
    order_type=Order,
    patch_type=Patch,
    rules=(
        Rule(
            id="N", section=Section.NOTE, only_if=TOTAL.above(0) & LINES.above(0), reason="an empty order has no note"
        ),
        Rule(
            id="D",
            section=Section.DISCOUNT,
            only_if=DISCOUNT.at_most(50) | (TOTAL.above(100) & LINES.at_most(2)),
            reason="only a large order of few lines has a large discount",
        ),
    ),
)
NUMBERS: Final = [None, -1, -0.0, 0, 0.5, 1, 100, 100.5, 101, 10**12]
DISCOUNTS: Final[list[int | float | Unset]] = [UNSET, 0, 50, 50.5, 51]
LISTS: Final = [(), (1,), (1, 1), (1, 2, 3)]


def refusing(order: Order, patch: Patch) -> set[str]:
    """Return the rules that refuse, by plain ifs."""
    found = set()
    total, lines = order.total, len(order.items)
    if patch.note is not UNSET and not (total is not None and total > 0 and lines > 0):
        found.add("N")
    if patch.discount is not UNSET and patch.discount > 50 and not (total is not None and total > 100 and lines <= 2):
        found.add("D")
    return found


def test_decisions_are_those_of_plain_ifs() -> None:
    """At and around each bound."""
    for total, items, discount in itertools.product(NUMBERS, LISTS, DISCOUNTS):
        order = Order(total=total, items=items)
        for patch in (Patch(discount=discount), Patch(discount=discount, note="x")):
            decision = POLICY.can_update(order, patch)
            assert {violation.rule.id for violation in decision.violations} == refusing(order, patch)
            assert POLICY.guard(patch).holds(order) is decision.allowed
            line = json.dumps(decision.to_dict(order, patch))
            assert POLICY.replay(line)
            assert str(10**12) not in line  # A band, and no amount.


@settings(max_examples=200)
@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)), st.floats(min_value=0, max_value=99))
def test_each_number_is_in_one_band(number: float, bound: float) -> None:
    """Also at the bounds."""
    fact = Fact("x", bands=(0, bound, 200) if bound > 0 else (0, 200))
    order = type("Thing", (), {"x": number})()
    holding = [value for value in fact.values if isinstance(value, Band) and _is_in(number, value)]
    assert [fact.of(order)] == holding
    assert fact.above(0).holds({fact: fact.of(order)}) is (number > 0)
    assert fact.at_most(200).holds({fact: fact.of(order)}) is (number <= 200)


def _is_in(number: float, band: Band) -> bool:
    return (band.above is None or number > band.above) and (band.at_most is None or number <= band.at_most)


def test_conditions_read_as_sentences() -> None:
    """Bands that touch are one."""
    assert str(TOTAL.above(0)) == "total is above 0"
    assert str(TOTAL.at_most(100)) == "total is at most 100"
    assert str(TOTAL.above(0) & TOTAL.at_most(100)) == "total is above 0 and total is at most 100"
    assert str((TOTAL.above(0) & TOTAL.at_most(100)).simplify()) == "total is above 0 and at most 100"
    assert str(~TOTAL.above(0)) == "total is not above 0"
    (violation,) = POLICY.can_update(Order(total=0, items=(1,)), Patch(note="x")).violations
    assert violation.message == (
        "note cannot be changed: the total is at most 0 and lines is above 0 and at most 2; "
        "it may change only while the total is above 0 and lines is above 0"
    )
    assert repr(TOTAL.values[1]) == "<Band above 0 and at most 100>"
    assert str(Band()) == "any number"


def test_a_condition_is_read_back_from_its_json() -> None:
    """A bound that JSON has no number for is text."""
    exact = Fact("price", bands=(Decimal("9.90"),))
    for fact, condition in ((TOTAL, TOTAL.above(0)), (LINES, LINES.at_most(2)), (exact, exact.above(Decimal("9.90")))):
        data = json.loads(json.dumps(condition_to_json(condition)))
        assert read_condition(data, [fact]) == condition
    assert condition_to_json(TOTAL.at_most(100)) == {
        "fact": "total",
        "in": [{"at most": 0}, {"above": 0, "at most": 100}],
    }
    with pytest.raises(InvalidInput, match="expected one of"):
        read_condition({"fact": "total", "in": [{"above": 7}]}, [TOTAL])


UPDATES: Final = [Patch(note="x"), Patch(discount=60), Patch(discount=60, note="x")]


@pytest.mark.parametrize("patch", UPDATES, ids=lambda patch: "+".join(patch.keys))
def test_sql_and_dataframes_compare_the_column(patch: Patch) -> None:
    """A column of a fact that counts has the number. Null and NaN are unknown."""
    rows = [(total, len(items)) for total in NUMBERS for items in LISTS]
    allowed = [POLICY.can_update(Order(total=total, items=(7,) * count), patch).allowed for total, count in rows]
    guard = POLICY.guard(patch)
    columns = {"total": "total", "items": "lines"}
    data = {
        "total": [None if total is None else float(total) for total, _ in rows],
        "lines": [each for _, each in rows],
    }
    for frame in (pl.DataFrame(data), pd.DataFrame(data), pl.DataFrame(data).to_arrow()):
        native = nw.from_native(frame).with_columns(to_narwhals(guard, columns).alias("allowed"))
        assert native.get_column("allowed").to_list() == allowed
        ids = nw.from_native(frame).with_columns(verdicts(POLICY, patch, columns)).get_column("violations").to_list()
        assert [not each for each in ids] == allowed
    relation = duckdb.from_arrow(pl.DataFrame(data).with_row_index().to_arrow())
    told = nw.from_native(relation).with_columns(to_narwhals(guard, columns).alias("allowed")).to_native()
    assert [row[-1] for row in told.order("index").fetchall()] == allowed
    engine = sa.create_engine("sqlite://")
    table = sa.Table("orders", sa.MetaData(), sa.Column("total", sa.Float), sa.Column("lines", sa.Integer))
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(table.insert(), [{"total": total, "lines": lines} for total, lines in rows])
        test = to_sqlalchemy(guard, {"total": table.c.total, "items": table.c.lines})
        assert [bool(row[0]) for row in connection.execute(sa.select(test))] == allowed
    engine.dispose()


def test_the_schema_of_an_order_has_the_bounds() -> None:
    """A body validates exactly if it is readable and allowed."""
    for order, discount in itertools.product(
        [Order(total=0), Order(total=101, items=(1,)), Order(total=101, items=(1, 2, 3))], [0, 50, 50.5, 1000]
    ):
        validator = jsonschema.Draft202012Validator(POLICY.schema(order))
        body: Any = write_body(Patch(discount=discount))
        assert validator.is_valid(body) is POLICY.can_update(order, Patch(discount=discount)).allowed
    assert not jsonschema.Draft202012Validator(POLICY.schema()).is_valid({"discount": "5"})


def test_samples_strategies_and_laws_know_bands() -> None:
    """Each combination of bands has an order."""
    assert len(list(orders_of(Order))) == Order.__space__.size == 4 * 3
    check_laws(POLICY, settings=settings(max_examples=30))
    seen: set[Any] = set()

    @settings(max_examples=100, database=None)
    @given(orders(POLICY), patches(POLICY))
    def look(order: Order, patch: Patch) -> None:
        seen.add((TOTAL.of(order), LINES.of(order)))
        assert {violation.rule.id for violation in POLICY.can_update(order, patch).violations} == refusing(order, patch)

    look()
    assert len(seen) == 4 * 3
    assert not [finding for finding in POLICY.lint() if finding.kind.is_wrong]
    moved = POLICY.without("N").with_rules(attrs.evolve(POLICY.rules[0], only_if=TOTAL.above(100)))
    assert POLICY.digest() != moved.digest()
    assert {difference.section for difference in POLICY.diff(moved)} == {Section.NOTE}


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Fact("x", bands=(1, 1)), ValueError, "numbers in rising order"),
        (lambda: Fact("x", bands=(math.inf,)), ValueError, "numbers in rising order"),
        (lambda: Fact("x", bands=(True,)), ValueError, "numbers in rising order"),
        (lambda: Fact("x", bands=("1",)), ValueError, "numbers in rising order"),  # type: ignore[arg-type]
        (lambda: Fact("x"), ValueError, "at least one value"),
        (lambda: TOTAL.above(7), ValueError, "total has no bound 7; its bounds are: 0 and 100"),
        (lambda: Fact("x", values=(1,)).at_most(7), ValueError, "its bounds are: none"),
        (lambda: Order(total=math.nan), InvalidInput, "/total"),
    ],
)
def test_mistakes_are_named(make: Any, error: type[Exception], message: str) -> None:
    """When the fact, the condition or the order is made."""
    with pytest.raises(error, match=message):
        make()


def test_a_field_that_may_be_null_needs_unknown() -> None:
    """A number of any size is in a band, and nothing else is."""
    bare = Fact("total", bands=(0,))
    with pytest.raises(TypeError, match=r"may hold None, which the fact total does not list: add UNKNOWN"):

        @model
        class Lost(OrderBase["Patch"], facts=(bare,)):
            total: int | float | None = None

    assert attrs.evolve(TOTAL, absent=UNKNOWN) == TOTAL
