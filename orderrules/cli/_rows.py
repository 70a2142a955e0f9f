# pyright: standard, reportAttributeAccessIssue=false
# Arrow brings no types.
"""Rows of orders: what is wanted of them, and how they come out, batch by batch.

Every row comes out once: in a table of values that the facts can have, or apart, with what is wrong with it and where.
It must never know what is decided of an order, nor how a file is laid out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import pyarrow as pa

from orderrules._conditions import listed
from orderrules._values import close_to
from orderrules.errors import spaced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orderrules import Fact, InvalidInput

ROWS: Final = 1 << 16
"""Rows of a batch, at most."""
_SHOWN: Final = 20
NAMING: Final = "say --order-columns FACT=COLUMN, or FACT= where no order has any"


class UnusableError(Exception):
    """A file as a whole is of no use: it lacks a column, or is none of its kind."""


@attrs.frozen
class Apart:
    """A row that cannot be read.

    Attributes:
        place: its line, or its row, from one.
        error: what is wrong with it.
        raw: the row itself: its ``text``, or its ``base64`` where it is not UTF-8; the ``values`` that were asked for,
            where it has no text; or that it is too long to be kept.
    """

    place: int
    error: InvalidInput
    raw: Mapping[str, object]


@attrs.frozen
class Batch:
    """Some rows in their order.

    Attributes:
        table: those that could be read, a table of Arrow: their ``place``, their ``id`` as text, and their facts.
        apart: those that could not.
        done: how much of the file was read so far, in bytes, or in rows of Parquet.
    """

    table: Any
    apart: list[Apart]
    done: int


@attrs.frozen
class Wanted:
    """What is to be read of a row.

    Attributes:
        facts: the facts.
        columns: the column that tells each, by the name of the order's attribute; those that none tells are left out.
        identity: the column with the order's id, or None.
    """

    facts: tuple[Fact, ...]
    columns: Mapping[str, str]
    identity: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns: of the facts that have one, and of the id behind them."""
        return [*self.columns.values(), *([] if self.identity is None else [self.identity])]

    @property
    def schema(self) -> pa.Schema:
        """The columns of a batch."""
        kinds = {fact.attribute: pa.bool_() if is_flag(fact) else pa.string() for fact in self.facts}
        return pa.schema({"place": pa.int64(), "id": pa.string(), **kinds})

    def see(self, there: Sequence[str]) -> None:
        """See that each column is there, once.

        Raises:
            UnusableError: one is not.
        """
        for name in self.names:
            if name not in there:
                # A line that names no columns may hold anything, and only what is like a name is shown.
                known = [column for column in there if column.isidentifier()][:_SHOWN]
                others = len(there) - len(known)
                told = listed([*map(repr, known), *([f"{spaced(others)} others"] if others else [])], "and")
                hint = close_to(name, dict.fromkeys(known))
                parted = len(there) == 1 and any(mark in there[0] for mark in ";\t|")
                naming = "are the fields parted by another --delimiter?" if parted else NAMING
                raise UnusableError(
                    f"there is no column {name!r}{' - ' * bool(hint)}{hint}; there are {told}; {naming}"
                )
            if there.count(name) > 1:
                raise UnusableError(f"there are {there.count(name)} columns {name!r}")


def is_flag(fact: Fact) -> bool:
    """Say whether a fact is a boolean."""
    return all(isinstance(value, bool) for value in fact.values)
