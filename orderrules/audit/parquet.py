# pyright: standard, reportAttributeAccessIssue=false
# Arrow brings no types.
"""Orders in Parquet, a batch of rows at a time, of which each value is read once; and verdicts.

It must never know what is decided of an order.
"""

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
from orderrules.reading.problems import group_thousands

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from pathlib import Path

_GROUP: Final = 1 << 18
_BYTES: Final = 1 << 26


def of_parquet(path: Path, wanted: Wanted) -> tuple[int, Iterator[Batch]]:
    """Open a Parquet file; give how many rows it has, and its batches.

    Raises:
        UnusableError: it is no such file, or lacks a column.
    """
    try:
        # What is buffered beforehand is kept as long as the file is open, which is all of it in the end.
        file = pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise UnusableError(f"is no Parquet that can be read: {_first_line(error)}") from error
    # A column within another is named with dots, as Parquet itself has it.
    whole = file.schema_arrow.names
    inner = [file.schema.column(place).path for place in range(len(file.schema))]
    wanted.see([*whole, *(name for name in inner if name not in whole)])
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
            yield assembly.batch(places, columns, functools.partial(_raw, rows, wanted.names), done)
    except (pa.ArrowException, OSError) as error:
        raise UnusableError(f"cannot be read behind row {group_thousands(done)}: {_first_line(error)}") from error


def _raw(rows: pa.RecordBatch, names: list[str], row: int) -> Mapping[str, object]:
    return {"values": {name: _json_value(_column(rows, name)[row]) for name in names}}


def _column(rows: pa.RecordBatch, name: str) -> pa.Array:
    """Give a column, or one within another where it is named with dots."""
    if name in rows.schema.names:
        return rows.column(name)
    first, *inner = name.split(".")
    return pc.struct_field(rows.column(first), inner)


def _encode(column: pa.Array, name: str) -> Encoded:
    try:
        return encode(column)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise UnusableError(f"the column {name!r}, of the type {column.type}, tells no fact") from error


def _as_text(column: pa.Array, name: str) -> Encoded | pa.Array:
    try:
        # Whoever wrote the file may have called text what is none, which is seen when bytes are made text.
        is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        try:
            return (column.cast(pa.large_binary()) if is_text else column).cast(pa.string())
        except pa.ArrowInvalid:
            return encode(column)
    except pa.ArrowException as error:
        raise UnusableError(f"the column {name!r}, of the type {column.type}, is no id") from error


def _json_value(scalar: pa.Scalar) -> object:
    """Give a value as JSON can hold it."""
    try:
        value = scalar.as_py()
    except UnicodeDecodeError:
        value = scalar.cast(pa.large_binary()).as_py()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return value if value is None or isinstance(value, str | bool | int) else str(value)


@contextlib.contextmanager
def verdict_writer(path: Path, wanted: Wanted, place: str, *, has_id: bool) -> Generator[Callable[[Any], None]]:
    """Open a file for verdicts, and give what writes a batch to it: a row for each order.

    Args:
        path: the file.
        wanted: what was read of a row.
        place: what its place is called.
        has_id: whether ids were read.
    """
    facts = [field for field in wanted.schema if field.name != "place" and (has_id or field.name != "id")]
    rules = pa.list_(pa.string())
    schema = pa.schema([(place, pa.int64()), *facts, ("allowed", pa.bool_()), ("violations", rules)])
    kept: list[pa.Table] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:

        def write(judged: Any) -> None:  # noqa: ANN401 - a table of Arrow.
            said = judged["violations"].combine_chunks().dictionary_encode()
            told = [violations.split(", ") if violations else [] for violations in said.dictionary.to_pylist()]
            allowed = pa.array([not violations for violations in told], pa.bool_())
            columns = [judged["place"], *(judged[field.name] for field in facts)]
            columns += [allowed.take(said.indices), pa.array(told, rules).take(said.indices)]
            kept.append(pa.table(columns, schema=schema))
            # What is written at once is a group of rows, which readers want large.
            if sum(map(len, kept)) >= _GROUP or sum(table.nbytes for table in kept) >= _BYTES:
                writer.write_table(pa.concat_tables(kept))
                kept.clear()

        yield write
        if kept:
            writer.write_table(pa.concat_tables(kept))
