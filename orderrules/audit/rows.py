# pyright: standard, reportAttributeAccessIssue=false
# Arrow has no type annotations.
"""Rows of orders: what is read from them, and the batches that they become.

Every row of a file ends up in one of two places of its batch: in the table, with values that the facts can have, or in
``apart``, with its problems. Each distinct value of a column is read only once.
"""

from __future__ import annotations

import contextlib
import functools
import math
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import pyarrow as pa
import pyarrow.compute as pc

from orderrules.audit.files import UnusableError
from orderrules.grammar.conditions import UNKNOWN
from orderrules.languages.sentences import group_thousands, join_words
from orderrules.reading.fields import UNSET
from orderrules.reading.hints import hint_close_to
from orderrules.reading.problems import Code, InvalidInput
from orderrules.reading.values import invalid, text, wrong_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orderrules.grammar.conditions import Fact


ROWS: Final = 1 << 16
"""How many rows a batch has at most."""
_MAX_NAMES: Final = 20
"""How many names of columns are shown in a message."""
NAMING: Final = "name it with --order-columns FACT=COLUMN, or give FACT= if no column has it"


@attrs.frozen
class Apart:
    """A row that cannot be read.

    Attributes:
        place: its line, or its row of Parquet, counted from one.
        error: its problems.
        raw: its content: ``text``, or ``base64`` if it is not UTF-8, or for Parquet the ``values`` of the columns that
            were read. If the row is too long to be kept, ``text`` is None.
    """

    place: int
    error: InvalidInput
    raw: Mapping[str, object]


@attrs.frozen
class Batch:
    """Consecutive rows of a file.

    Attributes:
        table: an Arrow table of the rows that could be read: ``place``, ``id`` as text, and a column for each fact.
        apart: the rows that could not be read.
        done: how much of the file was read so far, in bytes, or in rows of Parquet.
    """

    table: Any
    apart: list[Apart]
    done: int


@attrs.frozen
class Wanted:
    """What is read from a row.

    Attributes:
        facts: the facts.
        columns: the column of each fact, by the fact's attribute; a fact without a column is left out.
        identity: the column of the order's id, or None.
    """

    facts: tuple[Fact, ...]
    columns: Mapping[str, str]
    identity: str | None = None

    @property
    def names(self) -> list[str]:
        """The columns of the facts, then the column of the id."""
        return [*self.columns.values(), *([] if self.identity is None else [self.identity])]

    @property
    def schema(self) -> pa.Schema:
        """The schema of a batch's table."""
        kinds = {
            fact.attribute: pa.bool_() if is_flag(fact) else pa.float64() if fact.bands else pa.string()
            for fact in self.facts
        }
        return pa.schema({"place": pa.int64(), "id": pa.string(), **kinds})

    def check_columns(self, found: Sequence[str]) -> None:
        """Check that a file has each column exactly once.

        Args:
            found: the names of the file's columns.

        Raises:
            UnusableError: a column is missing, or there are several of its name.
        """
        for name in self.names:
            if name not in found:
                # Without a header line, the first line may hold personal data: show only what looks like a name.
                known = [column for column in found if column.isidentifier()][:_MAX_NAMES]
                others = len(found) - len(known)
                columns = join_words(
                    [*map(repr, known), *([f"{group_thousands(others)} others"] if others else [])], "and"
                )
                hint = hint_close_to(name, dict.fromkeys(known))
                other_delimiter = len(found) == 1 and any(mark in found[0] for mark in ";\t|")
                remedy = "the file seems to need another --delimiter" if other_delimiter else NAMING
                raise UnusableError(
                    f"there is no column {name!r}{f' - {hint}' if hint else ''}; the columns are {columns}; {remedy}"
                )
            if found.count(name) > 1:
                raise UnusableError(f"expected one column {name!r}, got {found.count(name)}")


def is_flag(fact: Fact) -> bool:
    """Return whether a fact is a boolean."""
    return all(isinstance(value, bool) for value in fact.values)


_FLAGS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}
"""How files write booleans, in lower case."""
_CACHE_SIZE: Final = 1 << 12
"""How many values of a column are cached."""
_MAX_CACHED: Final = 256
"""How many characters a value has at most if it is cached."""
Encoded = tuple[list[object], "pa.Array"]
"""A column: its distinct values, and for each row the index of its value."""


class Assembly:
    """Builds batches; it caches what the values of each column are read as."""

    def __init__(self, wanted: Wanted) -> None:
        facts = {fact.attribute: fact for fact in wanted.facts}
        self._wanted = wanted
        self._readers: dict[str, tuple[str, Callable[[object], object]]] = {
            attribute: (name, functools.partial(_read_fact, facts[attribute]))
            for attribute, name in wanted.columns.items()
        }
        self._readers["id"] = (wanted.identity or "id", identity)
        self._cache: dict[str, dict[object, object]] = {name: {} for name in self._readers}

    def batch(
        self,
        places: pa.Array,
        columns: Mapping[str, Encoded | pa.Array],
        raw: Callable[[int], Mapping[str, object]],
        done: int,
    ) -> Batch:
        """Build a batch.

        Args:
            places: the place of each row.
            columns: the column of each fact, by attribute, and of the ``id``; an array is taken without reading.
            raw: returns the content of a row, by its index in the batch.
            done: how much of the file was read.
        """
        schema = self._wanted.schema
        arrays = {field.name: pa.nulls(len(places), field.type) for field in schema}
        arrays["place"] = places
        errors_by_row: dict[int, list[InvalidInput]] = {}
        for attribute, column in columns.items():
            if isinstance(column, pa.Array):
                arrays[attribute] = column
                continue
            distinct, indices = column
            results = [self._read(attribute, value) for value in distinct]
            errors = {index: value for index, value in enumerate(results) if type(value) is InvalidInput}
            values = [None if index in errors else value for index, value in enumerate(results)]
            arrays[attribute] = pa.array(values, schema.field(attribute).type).take(indices)
            if errors:
                has_error = pc.is_in(indices, value_set=pa.array(errors, indices.type))
                for row in pc.indices_nonzero(has_error).to_pylist():
                    errors_by_row.setdefault(row, []).append(errors[indices[row].as_py()])
        table = pa.table([arrays[name] for name in schema.names], schema=schema)
        if errors_by_row:
            table = table.filter(pa.array([row not in errors_by_row for row in range(len(places))]))
        apart = [
            Apart(
                places[row].as_py(),
                InvalidInput(problem for error in errors_by_row[row] for problem in error.problems),
                raw(row),
            )
            for row in sorted(errors_by_row)
        ]
        return Batch(table, apart, done)

    def _read(self, attribute: str, value: object) -> object:
        """Read a value; return an ``InvalidInput`` if it cannot be read."""
        cache = self._cache[attribute]
        key = key_of(value)
        if key in cache:
            return cache[key]
        name, read = self._readers[attribute]
        try:
            result = read(value)
        except InvalidInput as error:
            result = InvalidInput(problem.under(name) for problem in error.problems)
        if len(str(key)) <= _MAX_CACHED:
            if len(cache) >= _CACHE_SIZE:
                cache.clear()
            cache[key] = result
        return result


def encode(column: pa.Array) -> Encoded:
    """Return the distinct values of a column, and the index of each row's value; index 0 is null.

    Raises:
        pa.ArrowException: the type of the column cannot be encoded.
    """
    if pa.types.is_null(column.type):
        return [None], pa.array([0] * len(column), pa.int32())
    if pa.types.is_dictionary(column.type):
        # Its dictionary may hold the values of the whole file.
        column = column.dictionary_decode()
    encoded = column.dictionary_encode()
    try:
        distinct = encoded.dictionary.to_pylist()
    except UnicodeDecodeError:
        distinct = encoded.dictionary.cast(pa.large_binary()).to_pylist()
    return [None, *distinct], pc.fill_null(pc.add(encoded.indices.cast(pa.int32()), 1), 0)


def _decode(value: object) -> object:
    """Decode bytes as UTF-8, and return any other value as it is."""
    if type(value) is not bytes:
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        pass
    raise invalid(Code.NOT_UTF8, reason="bytes")


def key_of(value: object) -> object:
    """Return a dict key for a value.

    The value itself would not do: ``True`` and ``1`` are equal, and a list is not hashable.
    """
    return value if value is None or type(value) is str else (type(value), repr(value))


def identity(value: object) -> str | None:
    """Read an order's id: text or an integer, returned as text, or None for null."""
    value = _decode(value)
    if value is None or type(value) is int:
        return None if value is None else str(value)
    return text(value)


def _read_number(fact: Fact, value: object) -> float:
    """Read the number of a fact that has bands.

    The column of a fact that counts holds the number itself, an order in a payload the list.

    Raises:
        InvalidInput: it is not a number, or not a finite one.
    """
    number: Any = len(cast("tuple[object, ...]", value)) if fact.counts and type(value) is tuple else value
    if type(number) is str:
        with contextlib.suppress(ValueError):
            number = float(number)
    if type(number) is not int and type(number) is not float:
        raise wrong_type("number", value)
    if not math.isfinite(number):
        raise invalid(Code.NOT_FINITE)
    return float(number)


def _read_fact(fact: Fact, value: object) -> object:
    """Read a value of a fact.

    Raises:
        InvalidInput: the fact cannot have this value.
    """
    value = _decode(value)
    if value is None:
        pass
    elif is_flag(fact):
        # pandas stores booleans with missing values as floats, and a missing value as NaN.
        if isinstance(value, float) and math.isnan(value):
            return None
        flag = _FLAGS.get(str(value).lower()) if isinstance(value, str | int | float) else None
        if flag is None:
            raise wrong_type("flag", value)
        value = flag
    elif fact.bands:
        return _read_number(fact, value)
    else:
        value = text(value)
    try:
        fact.from_database(value)
    except ValueError:
        spellings = (spelling for each in fact.values for spelling in fact.spellings(each))
        choices = [str(spelling) for spelling in spellings if spelling not in {UNKNOWN, UNSET}]
    else:
        return value
    raise invalid(Code.NOT_A_CHOICE, choices=choices)
