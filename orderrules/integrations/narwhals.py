"""Guards as dataframe expressions, for the engines of narwhals: Polars, pandas, DuckDB, PySpark, PyArrow.

An expression consists only of comparisons, so each engine runs it as a filter of its own.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from orderrules.integrations.extras import extra

with extra("narwhals"):
    import narwhals as nw

from orderrules.integrations import columns as _columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderrules.grammar.conditions import Condition, Is
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.policy import Policy

    Columns = Mapping[str, str | nw.Expr]
    """The column of each fact, as a name or an expression. The keys are the names of the order's attributes."""

__all__ = ["to_narwhals", "verdicts"]


def to_narwhals(guard: Condition, columns: Columns) -> nw.Expr:
    """Build the expression of a condition on an order. It is true or false for every row, and never null.

    A null means the fact's ``absent`` value. For Salla, a null status is an unknown status, a null draft flag means no
    draft, and a null customer means no customer; for Awal, a null status is an unknown status. A value that the fact
    does not list counts as unknown. If the fact has no unknown value, such a value is different from all its values.

    Args:
        guard: the condition, such as ``policy.guard(patch)``.
        columns: for each fact that the guard reads, by the name of the order's attribute, a column's name or an
            expression. A guard that reads no fact needs any one column, to return a value for each row.

    Raises:
        LookupError: a fact has no column, or no column is given.
        TypeError: the guard is not a condition, or it reads what an update asks for; or a column is neither a name nor
            an expression.
        ValueError: one of the engines would read a column's name as a pattern.
    """

    def one(part: Is) -> nw.Expr:
        return _compare(part, columns)

    def every(parts: list[nw.Expr]) -> nw.Expr:
        return functools.reduce(_and, parts) if parts else _always_true(columns)

    def some(parts: list[nw.Expr]) -> nw.Expr:
        return functools.reduce(_or, parts) if parts else ~_always_true(columns)

    return _columns.build_expression(guard, one, every, some)


def _and(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    return one & other


def _or(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    return one | other


def verdicts(policy: Policy[OrderT, PatchT], patch: PatchT, columns: Columns) -> nw.Expr:
    """Build the expression that lists, for each row, the rules that refuse an update.

    A value is text such as ``SALLA-RECEIVER-1, SALLA-COUPON-1``. The ids have the order of a decision's violations,
    separated by a comma and a space. If the update is allowed, the text is empty. The column is called ``violations``.

    Args:
        policy: the rules.
        patch: what the update asks to change.
        columns: as for ``to_narwhals``.

    Raises:
        LookupError: a fact has no column, or no column is given.
        TypeError: the patch is of another platform; or a column is neither a name nor an expression.
        ValueError: one of the engines would read a column's name as a pattern, or a rule's id contains a comma and a
            space.
    """
    guards = policy.guards(patch)
    for rule in guards:
        if _columns.BETWEEN in rule.id:
            raise ValueError(f"the rule id {rule.id!r} contains a comma and a space, which separate the ids")
    # Each part is text and never null, because engines join a null and a separator differently.
    parts = [
        nw.when(to_narwhals(guard, columns)).then(nw.lit("")).otherwise(nw.lit(f"{_columns.BETWEEN}{rule.id}"))
        for rule, guard in guards.items()
    ]
    text = (
        nw.concat_str(parts).str.slice(len(_columns.BETWEEN))
        if parts
        else nw.when(_always_true(columns)).then(nw.lit(""))
    )
    return text.alias("violations")


def _compare(condition: Is, columns: Columns) -> nw.Expr:
    test = _columns.column_test(condition)
    name = condition.fact.attribute
    if name not in columns:
        raise _columns.missing_column(condition.fact, columns)
    column = _column_expression(name, columns[name])
    tests = [
        *(_equals(column, value) for value in test.spellings),
        *(functools.reduce(_and, _columns.bounds(column, band)) for band in test.bands),
    ]
    matches = functools.reduce(_or, tests) if tests else column.is_null() & ~column.is_null()
    result = ~matches if test.negated else matches
    # A comparison with null is null in some engines and false in others. Here the null is tested explicitly.
    return result | column.is_null() if test.null else result & ~column.is_null()


def _equals(column: nw.Expr, value: object) -> nw.Expr:
    # In pandas, a boolean column with nulls has the dtype object, for which is_in is faster than ==.
    return column.is_in([value]) if isinstance(value, bool) else column == value


def _always_true(columns: Columns) -> nw.Expr:
    """Return an expression that is true for every row."""
    for name in columns:
        column = _column_expression(name, columns[name])
        return column.is_null() | ~column.is_null()
    raise LookupError(
        "no column is given, and the expression needs one, to return a value for each row: give any column"
    )


def _column_expression(name: str, column: str | nw.Expr) -> nw.Expr:
    if isinstance(column, str):
        if column == "*" or (column.startswith("^") and column.endswith("$")):
            raise ValueError(
                f"for {name}, Polars reads {column!r} as a pattern: rename the column, or give an expression"
            )
        return nw.col(column)
    if not isinstance(column, nw.Expr):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"for {name}, expected a column's name or an expression, got {type(column).__name__}")
    return column
