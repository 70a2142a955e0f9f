"""What a condition asks of the columns in which orders are kept, said once for every engine.

SQL knows a third truth, null; here a condition is true or false, because it is said what a null stands for.
It must never know an engine, a platform, nor what a condition is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from orderrules.grammar.conditions import UNKNOWN, AllOf, AnyOf, Is
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from orderrules.grammar.conditions import Condition, Fact

WrittenT = TypeVar("WrittenT")
BETWEEN: Final = ", "
"""What stands between the ids of the rules that refuse a row."""


@attrs.frozen
class ColumnTest:
    """What is asked of one column.

    Attributes:
        fact: the fact that the column tells.
        values: some of the values that the fact lists, never ``UNKNOWN``.
        negated: whether it is to hold any but these, which whatever is not listed does, rather than one of them.
        null: whether it may be null, as a null stands for one of the values that are asked for.
    """

    fact: Fact
    values: tuple[Hashable, ...]
    negated: bool
    null: bool

    @property
    def spellings(self) -> list[Hashable]:
        """The values as they may be spelt in a column."""
        return spellings(self.fact, self.values)


def spellings(fact: Fact, values: Iterable[Hashable]) -> list[Hashable]:
    """List how the values of a fact may be spelt in a column, text as plain text.

    What is unknown has no spelling, and what is not shown has only its aliases: a null stands for what is ``absent``.
    """
    spelt = (spelling for value in values for spelling in fact.spellings(value) if spelling not in {UNKNOWN, UNSET})
    return [str(value) if isinstance(value, str) else value for value in spelt]


def column_test(condition: Is) -> ColumnTest:
    """Say what a condition asks of a column."""
    fact = condition.fact
    taken = tuple(value for value in fact.values if (value in condition.values) is not condition.negated)
    # What is not listed is unknown, so that what is unknown is told by the others.
    negated = UNKNOWN in taken
    values = tuple(value for value in fact.values if value not in taken) if negated else taken
    return ColumnTest(fact, values, negated, fact.absent in taken)


def build_expression(
    condition: Condition,
    one: Callable[[Is], WrittenT],
    every: Callable[[list[WrittenT]], WrittenT],
    some: Callable[[list[WrittenT]], WrittenT],
) -> WrittenT:
    """Write a condition in the language of an engine.

    Args:
        condition: such as ``policy.guard(patch)``.
        one: writes what is asked of one column.
        every: writes that all parts hold, of which there may be none.
        some: writes that at least one part holds, of which there may be none.

    Raises:
        TypeError: it is no condition, or one that reads what an update asks for.
    """
    if isinstance(condition, AllOf):
        return every([build_expression(part, one, every, some) for part in condition.parts])
    if isinstance(condition, AnyOf):
        return some([build_expression(part, one, every, some) for part in condition.parts])
    if isinstance(condition, Is):
        return one(condition)
    kind = type(condition).__name__
    raise TypeError(f"expected a condition on an order alone, such as policy.guard(patch) gives, got a {kind}")


def missing_column(fact: Fact, there: Iterable[str]) -> LookupError:
    """Say that no column tells a fact, and for what there are columns."""
    return LookupError(f"there is no column for {fact.attribute}; columns are given for {', '.join(there)}")
