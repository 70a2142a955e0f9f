"""Translate a condition on an order into tests of single columns, for SQL and for dataframes.

In SQL, a comparison with NULL is neither true nor false. Here a condition is always true or false, because each fact
says which of its values a NULL means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from orderrules.grammar.conditions import UNKNOWN, AllOf, AnyOf, Band, Is
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from orderrules.grammar.conditions import Condition, Fact

WrittenT = TypeVar("WrittenT")
BETWEEN: Final = ", "
"""The separator between the ids of the rules that refuse a row."""


@attrs.frozen
class ColumnTest:
    """A test of one column.

    Attributes:
        fact: the fact that the column holds.
        values: listed values of the fact, never ``UNKNOWN``.
        negated: if False, the column must hold one of the values. If True, it must hold another value, which includes
            every value that the fact does not list.
        bands: the ranges of numbers that pass, or that do not pass if the test is negated; each has numbers above a
            bound, at most another, or both.
        null: whether a NULL passes the test, because a NULL means one of the values that pass.
    """

    fact: Fact
    values: tuple[Hashable, ...]
    negated: bool
    null: bool
    bands: tuple[Band, ...] = ()

    @property
    def spellings(self) -> list[Hashable]:
        """The values, in each way in which a column may hold them."""
        return spellings(self.fact, self.values)


def spellings(fact: Fact, values: Iterable[Hashable]) -> list[Hashable]:
    """List the values of a fact in each way in which a column may hold them. Text is a plain str.

    ``UNKNOWN`` is not listed. ``UNSET`` is listed only by its aliases, because a NULL means the ``absent`` value.
    """
    all_spellings = (
        spelling
        for value in values
        if not isinstance(value, Band)
        for spelling in fact.spellings(value)
        if spelling not in {UNKNOWN, UNSET}
    )
    return [str(value) if isinstance(value, str) else value for value in all_spellings]


def bounds(column: Any, band: Band) -> list[Any]:  # noqa: ANN401 - a column of any engine, and its comparisons.
    """Return the comparisons that a number of a column is in a band."""
    compared = [(column.__gt__, band.above), (column.__le__, band.at_most)]
    return [compare(bound) for compare, bound in compared if bound is not None]


def column_test(condition: Is) -> ColumnTest:
    """Return the test of a column for a condition."""
    fact = condition.fact
    passing = tuple(value for value in fact.values if (value in condition.values) is not condition.negated)
    # A value that the fact does not list is unknown, so the test for unknown is "none of the other values".
    negated = UNKNOWN in passing
    values = tuple(value for value in fact.values if value not in passing) if negated else passing
    bands = tuple(value for value in values if isinstance(value, Band))
    return ColumnTest(fact, values, negated, fact.absent in passing, bands)


def build_expression(
    condition: Condition,
    one: Callable[[Is], WrittenT],
    every: Callable[[list[WrittenT]], WrittenT],
    some: Callable[[list[WrittenT]], WrittenT],
) -> WrittenT:
    """Build the expression of a condition in the language of an engine.

    Args:
        condition: the condition, such as ``policy.guard(patch)``.
        one: builds the expression of a condition on one fact.
        every: builds the expression that all parts hold. The list of parts may be empty.
        some: builds the expression that at least one part holds. The list of parts may be empty.

    Raises:
        TypeError: the argument is not a condition, or it is a condition that reads what an update asks for.
    """
    if isinstance(condition, AllOf):
        return every([build_expression(part, one, every, some) for part in condition.parts])
    if isinstance(condition, AnyOf):
        return some([build_expression(part, one, every, some) for part in condition.parts])
    if isinstance(condition, Is):
        return one(condition)
    kind = type(condition).__name__
    raise TypeError(f"expected a condition on an order alone, such as policy.guard(patch) returns, got {kind}")


def missing_column(fact: Fact, there: Iterable[str]) -> LookupError:
    """Return the error that no column is given for a fact. It lists the columns that are given."""
    return LookupError(f"there is no column for {fact.attribute}; columns are given for {', '.join(there)}")
