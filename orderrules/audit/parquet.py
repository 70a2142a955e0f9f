# pyright: standard, reportAttributeAccessIssue=false
# Arrow has no type annotations.
"""Read orders from Parquet, one batch of rows at a time, and write verdicts to Parquet."""

from __future__ import annotations

import base64
import contextlib
import functools
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orderrules.audit.files import UnusableError
from orderrules.audit.rows import ROWS, Assembly, Batch, Encoded, Wanted, encode
from orderrules.languages.sentences import group_thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from pathlib import Path

_ROW_GROUP: Final = 1 << 18
"""How many rows are written at once."""
_MAX_BUFFER: Final = 1 << 26
"""How many bytes of rows are kept before they are written."""


def of_parquet(path: Path, wanted: Wanted) -> tuple[int, Iterator[Batch]]:
    """Open a Parquet file; return the number of its rows, and its batches.

    Raises:
        UnusableError: the file is not Parquet, or lacks a column.
    """
    try:
        # A pre-buffer is kept until the file is closed: in the end it would hold the whole file in memory.
        file = pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise UnusableError(f"is not a readable Parquet file: {_first_line(error)}") from error
    # Parquet names a column inside another with dots.
    outer = file.schema_arrow.names
    inner = [file.schema.column(index).path for index in range(len(file.schema))]
    wanted.check_columns([*outer, *(name for name in inner if name not in outer)])
    return file.metadata.num_rows, _batches(file, wanted)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _batches(file: pq.ParquetFile, wanted: Wanted) -> Iterator[Batch]:
    assembly = Assembly(wanted)
    done = 0
    try:
        for rows in file.iter_batches(batch_size=ROWS, columns=wanted.names):
            places = pa.array(range(done + 1, done + 1 + len(rows)), pa.int64())
            columns: dict[str, Encoded | pa.Array] = {
                attribute: _encode(_column(rows, name), name) for attribute, name in wanted.columns.items()
            }
            if wanted.identity is not None:
                columns["id"] = _as_text(_column(rows, wanted.identity), wanted.identity)
            done += len(rows)
            yield assembly.batch(places, columns, functools.partial(_raw_row, rows, wanted.names), done)
    except (pa.ArrowException, OSError) as error:
        raise UnusableError(f"cannot be read after row {group_thousands(done)}: {_first_line(error)}") from error


def _raw_row(rows: pa.RecordBatch, names: list[str], row: int) -> Mapping[str, object]:
    """Return the content of a row, as ``Apart.raw`` has it."""
    return {"values": {name: _json_value(_column(rows, name)[row]) for name in names}}


def _column(rows: pa.RecordBatch, name: str) -> pa.Array:
    """Return a column; a name with dots may be that of a column inside another."""
    if name in rows.schema.names:
        return rows.column(name)
    first, *inner = name.split(".")
    return pc.struct_field(rows.column(first), inner)


def _encode(column: pa.Array, name: str) -> Encoded:
    try:
        return encode(column)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UnusableError(
            f"the column {name!r} has the type {column.type}, which cannot be read as a fact"
        ) from error


def _as_text(column: pa.Array, name: str) -> Encoded | pa.Array:
    try:
        # A text column may hold bytes that are not UTF-8: Arrow checks them when bytes are cast to text.
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        try:
            return (column.cast(pa.large_binary()) if is_text else column).cast(pa.string())
        except pa.ArrowInvalid:
            return encode(column)
    except pa.ArrowException as error:
        raise UnusableError(f"the column {name!r} has the type {column.type}, which cannot be an id") from error


def _json_value(scalar: pa.Scalar) -> object:
    """Return a value that JSON can hold."""
    try:
        value = scalar.as_py()
    except UnicodeDecodeError:
        value = scalar.cast(pa.large_binary()).as_py()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return value if value is None or isinstance(value, str | bool | int) else str(value)


@contextlib.contextmanager
def verdict_writer(path: Path, wanted: Wanted, place: str, *, has_id: bool) -> Generator[Callable[[Any], None]]:
    """Open a Parquet file for verdicts; yield a function that writes a batch, with a row for each order.

    Args:
        path: the file.
        wanted: what was read from a row.
        place: the name of the column with the place of an order: ``row`` or ``line``.
        has_id: whether ids were read.
    """
    facts = [field for field in wanted.schema if field.name != "place" and (has_id or field.name != "id")]
    rules = pa.list_(pa.string())
    schema = pa.schema([(place, pa.int64()), *facts, ("allowed", pa.bool_()), ("violations", rules)])
    waiting: list[pa.Table] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def write(judged: Any) -> None:  # noqa: ANN401 - a table of Arrow.
            encoded = judged["violations"].combine_chunks().dictionary_encode()
            verdicts = [violations.split(", ") if violations else [] for violations in encoded.dictionary.to_pylist()]
            allowed = pa.array([not violations for violations in verdicts], pa.bool_())
            columns = [judged["place"], *(judged[field.name] for field in facts)]
            columns += [allowed.take(encoded.indices), pa.array(verdicts, rules).take(encoded.indices)]
            waiting.append(pa.table(columns, schema=schema))
            # Each write makes a row group, and large row groups are faster to read.
            if sum(map(len, waiting)) >= _ROW_GROUP or sum(table.nbytes for table in waiting) >= _MAX_BUFFER:
                writer.write_table(pa.concat_tables(waiting))
                waiting.clear()

        yield write
        if waiting:
            writer.write_table(pa.concat_tables(waiting))
