"""Guards as dataframe expressions, on whichever engine narwhals knows: Polars, pandas, DuckDB, PySpark, PyArrow.

An expression is made of comparisons alone, so that each engine runs it as it runs any filter. It must never know a
platform, nor what a guard is about.
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
    """For each fact, by the name of the order's attribute, the name of a column, or an expression."""

__all__ = ["to_narwhals", "verdicts"]


def to_narwhals(guard: Condition, columns: Columns) -> nw.Expr:
    """Write a condition on an order as an expression over columns; it is true or false for every row, and never null.

    A null is read as the fact's ``absent`` value: Salla's as a status never seen, no draft, and no customer; Awal's as
    a status never seen. Whatever a fact does not list counts as unknown, or is none of its values where nothing does.

    Args:
        guard: such as ``policy.guard(patch)``.
        columns: for each fact that the guard reads, by the name of the order's attribute, a column's name or an
            expression. A guard that reads none takes any column, to give a verdict for each row.

    Raises:
        LookupError: a fact has no column, or there is no column at all.
        TypeError: it is no condition, or one that reads what an update asks for; or a column is neither name nor
            expression.
        ValueError: a column's name is a pattern to one of the engines.
    """

    def one(part: Is) -> nw.Expr:
        return _compare(part, columns)

    def every(parts: list[nw.Expr]) -> nw.Expr:
        return functools.reduce(_both, parts) if parts else _ever(columns)

    def some(parts: list[nw.Expr]) -> nw.Expr:
        return functools.reduce(_either, parts) if parts else ~_ever(columns)

    return _columns.build_expression(guard, one, every, some)


def _both(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    return one & other


def _either(one: nw.Expr, other: nw.Expr) -> nw.Expr:
    return one | other


def verdicts(policy: Policy[OrderT, PatchT], patch: PatchT, columns: Columns) -> nw.Expr:
    """Say for every row which rules refuse an update, from the same conditions: ``SALLA-RECEIVER-1, SALLA-COUPON-1``.

    The ids stand in the order of a decision's violations, with a comma and a space between them; the text is empty
    where the update is allowed. The column is called ``violations``.

    Args:
        policy: the rules.
        patch: what the update asks to change.
        columns: as for ``to_narwhals``.

    Raises:
        LookupError: a fact has no column, or there is no column at all.
        TypeError: the patch is of another platform; or a column is neither name nor expression.
        ValueError: a column's name is a pattern to one of the engines, or a rule's id holds a comma and a space.
    """
    guards = policy.guards(patch)
    for rule in guards:
        if _columns.BETWEEN in rule.id:
            raise ValueError(f"the id {rule.id!r} holds what stands between ids")
    # Without nulls, because engines differ in what they make of a separator beside one.
    said = [
        nw.when(to_narwhals(guard, columns)).then(nw.lit("")).otherwise(nw.lit(f"{_columns.BETWEEN}{rule.id}"))
        for rule, guard in guards.items()
    ]
    told = nw.concat_str(said).str.slice(len(_columns.BETWEEN)) if said else nw.when(_ever(columns)).then(nw.lit(""))
    return told.alias("violations")


def _compare(condition: Is, columns: Columns) -> nw.Expr:
    asked = _columns.column_test(condition)
    name = condition.fact.attribute
    if name not in columns:
        raise _columns.missing_column(condition.fact, columns)
    column = _expression(name, columns[name])
    if not asked.values:
        among = column.is_null() & ~column.is_null()
    else:
        among = functools.reduce(_either, (_is(column, value) for value in asked.spellings))
    written = ~among if asked.negated else among
    # A comparison with null is null in some engines and false in others, and either way decided here.
    return written | column.is_null() if asked.null else written & ~column.is_null()


def _is(column: nw.Expr, value: object) -> nw.Expr:
    # Flags with nulls are objects in pandas, where they are compared one by one, and looked for at once.
    return column.is_in([value]) if isinstance(value, bool) else column == value


def _ever(columns: Columns) -> nw.Expr:
    """Say something that is true for every row."""
    for name in columns:
        column = _expression(name, columns[name])
        return column.is_null() | ~column.is_null()
    raise LookupError("there is no column at all, and a verdict for each row needs one, whichever it is")


def _expression(name: str, column: str | nw.Expr) -> nw.Expr:
    if isinstance(column, str):
        if column == "*" or (column.startswith("^") and column.endswith("$")):
            raise ValueError(f"for {name}, {column!r} is a pattern to Polars: rename the column, or give an expression")
        return nw.col(column)
    if not isinstance(column, nw.Expr):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"for {name}, expected a column's name or an expression, got a {type(column).__name__}")
    return column
