# pyright: standard, reportAttributeAccessIssue=false
# Arrow brings no types.
"""Rows of orders: what is wanted of them, and how they come out, batch by batch.

Every row comes out once: in a table of values that the facts can have, or apart, with what is wrong with it and where.
It must never know what is decided of an order, nor how a file is laid out.

---

Batches put together: each value that a column holds is read once, and what cannot be read is set apart.

It must never know what is decided of an order, nor how a file is laid out.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, Final

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from orderrules.audit.files import UnusableError
from orderrules.grammar.conditions import UNKNOWN
from orderrules.reading.fields import UNSET
from orderrules.reading.problems import Code, InvalidInput, group_thousands, join_words
from orderrules.reading.values import close_to, invalid, text, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orderrules.grammar.conditions import Fact


ROWS: Final = 1 << 16
"""Rows of a batch, at most."""

_SHOWN: Final = 20

NAMING: Final = "say --order-columns FACT=COLUMN, or FACT= where no order has any"


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
                told = join_words(
                    [*map(repr, known), *([f"{group_thousands(others)} others"] if others else [])], "and"
                )
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


_FLAGS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}
"""How tables write flags, in small letters."""

_REMEMBERED: Final = 1 << 12

_SHORT: Final = 256

Encoded = tuple[list[object], "pa.Array"]
"""A column: its values, each once, and the number of each row's."""


class Assembly:
    """Puts batches together, and remembers what it read of each column."""

    def __init__(self, wanted: Wanted) -> None:
        facts = {fact.attribute: fact for fact in wanted.facts}
        self._wanted = wanted
        self._readers: dict[str, tuple[str, Callable[[object], object]]] = {
            attribute: (name, functools.partial(_read_fact, facts[attribute]))
            for attribute, name in wanted.columns.items()
        }
        self._readers["id"] = (wanted.identity or "id", identity)
        self._known: dict[str, dict[object, object]] = {name: {} for name in self._readers}

    def batch(
        self,
        places: pa.Array,
        columns: Mapping[str, Encoded | pa.Array],
        raw: Callable[[int], Mapping[str, object]],
        done: int,
    ) -> Batch:
        """Put a batch together.

        Args:
            places: the place of each row.
            columns: what was in the column of each fact, and of the id; an array is taken as it is.
            raw: gives a row itself, by its number in the batch.
            done: how much of the file was read.
        """
        schema = self._wanted.schema
        made = {field.name: pa.nulls(len(places), field.type) for field in schema}
        made["place"] = places
        wrong: dict[int, list[InvalidInput]] = {}
        for attribute, column in columns.items():
            if isinstance(column, pa.Array):
                made[attribute] = column
                continue
            distinct, numbers = column
            read = [self._read(attribute, value) for value in distinct]
            errors = {number: value for number, value in enumerate(read) if type(value) is InvalidInput}
            kept = [None if number in errors else value for number, value in enumerate(read)]
            made[attribute] = pa.array(kept, schema.field(attribute).type).take(numbers)
            if errors:
                found = pc.is_in(numbers, value_set=pa.array(errors, numbers.type))
                for row in pc.indices_nonzero(found).to_pylist():
                    wrong.setdefault(row, []).append(errors[numbers[row].as_py()])
        table = pa.table([made[name] for name in schema.names], schema=schema)
        if wrong:
            table = table.filter(pa.array([row not in wrong for row in range(len(places))]))
        apart = [
            Apart(
                places[row].as_py(),
                InvalidInput(problem for error in wrong[row] for problem in error.problems),
                raw(row),
            )
            for row in sorted(wrong)
        ]
        return Batch(table, apart, done)

    def _read(self, attribute: str, value: object) -> object:
        """Read a value; give an ``InvalidInput`` where it cannot be read."""
        known = self._known[attribute]
        key = key_of(value)
        if key in known:
            return known[key]
        name, reading = self._readers[attribute]
        try:
            read = reading(value)
        except InvalidInput as error:
            read = InvalidInput(problem.under(name) for problem in error.problems)
        if len(str(key)) <= _SHORT:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[key] = read
        return read


def encode(column: pa.Array) -> Encoded:
    """Encode a column; raise what Arrow does where it is of a type that cannot be."""
    if pa.types.is_null(column.type):
        return [None], pa.array([0] * len(column), pa.int32())
    if pa.types.is_dictionary(column.type):
        # Its dictionary may be that of a whole file.
        column = column.dictionary_decode()
    found = column.dictionary_encode()
    try:
        distinct = found.dictionary.to_pylist()
    except UnicodeDecodeError:
        distinct = found.dictionary.cast(pa.large_binary()).to_pylist()
    return [None, *distinct], pc.fill_null(pc.add(found.indices.cast(pa.int32()), 1), 0)


def _decode(value: object) -> object:
    """Read bytes as text."""
    if type(value) is not bytes:
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        pass
    raise invalid(Code.NOT_UTF8, "holds bytes that are not UTF-8")


def key_of(value: object) -> object:
    """Give what tells a value from others: a boolean is equal to a number, and a list can be looked up nowhere."""
    return value if value is None or type(value) is str else (type(value), repr(value))


def identity(value: object) -> str | None:
    """Read an order's id, and write it as text."""
    value = _decode(value)
    if value is None or type(value) is int:
        return None if value is None else str(value)
    return text(value)


def _read_fact(fact: Fact, value: object) -> object:
    """Read a value; raise ``InvalidInput`` where it is none that the fact can have."""
    value = _decode(value)
    if value is None:
        pass
    elif is_flag(fact):
        # pandas keeps flags with gaps among them as numbers, and a gap as none.
        if isinstance(value, float) and math.isnan(value):
            return None
        found = _FLAGS.get(str(value).lower()) if isinstance(value, str | int | float) else None
        if found is None:
            raise wrong_type("true or false, yes or no, 1 or 0", value)
        value = found
    else:
        value = text(value)
    try:
        fact.from_database(value)
    except ValueError:
        known = ", ".join(str(listed) for listed in fact.values if listed not in {UNKNOWN, UNSET})
    else:
        return value
    raise invalid(Code.NOT_A_CHOICE, f"expected one of {known}")
