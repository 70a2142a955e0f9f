# pyright: standard, reportAttributeAccessIssue=false
# Arrow has no type annotations.
"""Read orders from lines: CSV, JSON lines, and lines that are an order as an API returns it.

A block of lines is read at once if each line is a valid row. Otherwise its rows are read one by one, with the same
result, so that one unreadable line does not affect the others. Memory holds one block, or one line if that is longer.
"""

from __future__ import annotations

import base64
import csv
import functools
import json
import operator
import re
from codecs import BOM_UTF8
from collections import deque
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Protocol

import attrs
import pyarrow as pa

from orderrules.audit.files import UnusableError
from orderrules.audit.rows import NAMING, ROWS, Apart, Assembly, Batch, Encoded, Wanted, encode, key_of
from orderrules.reading.fields import UNSET
from orderrules.reading.limits import UPDATE_LIMITS
from orderrules.reading.problems import Code, InvalidInput, Problem
from orderrules.reading.strict_json import flaws_in, load_source, may_have_long_number
from orderrules.reading.values import invalid, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orderrules.grammar.orders import OrderBase


BLOCK: Final = 1 << 20
"""How many bytes are read at once."""
LONGEST: Final = 1 << 24
"""A row with this many bytes or more is not read."""


class Lines:
    """The lines of a stream, taken in blocks or one by one.

    Attributes:
        taken: the lines of the current row.
        number: how many lines were taken so far.
        done: how many bytes were taken so far.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._returned: deque[bytes] = deque()
        self._put_back = 0
        self._single_until = 0
        self.taken: list[bytes] = []
        self._size = 0
        self.number = 0
        self.done = 0

    def _fill(self) -> bool:
        """Read more bytes; return whether there were any."""
        more = self._stream.read(BLOCK)
        if more:
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
        return bool(more)

    @property
    def waiting(self) -> int:
        """The number of bytes in lines that were put back and not taken again."""
        return self._put_back

    def block(self) -> bytes:
        """Return the complete lines that were read but not taken, without taking them; read more if there are none.

        While lines that were put back are waiting, the result is empty.
        """
        if self._returned:
            return b""
        if self._buffer.find(b"\n", self._at) < 0:
            self._fill()
        return self._buffer[self._at : self._buffer.rfind(b"\n") + 1]

    def pass_by(self, block: bytes, lines: int) -> None:
        """Take a whole block, which has this number of lines."""
        self._at += len(block)
        self.done += len(block)
        self.number += lines

    def begin(self) -> None:
        """Start a new row."""
        self.taken = []
        self._size = 0

    def take(self) -> bytes:
        """Take the next line of the current row.

        Raises:
            InvalidInput: the line or the row is too long; the rest of a line that is too long is skipped.
            StopIteration: the stream has ended, or the row must end with its first line (see ``first``).
        """
        if self.taken and self.number < self._single_until:
            raise StopIteration
        if self._returned:
            line = self._returned.popleft()
            self._put_back -= len(line)
        else:
            line = self._next_line()
        if not line:
            raise StopIteration
        self.number += 1
        self.done += len(line)
        self._size += len(line)
        self.taken.append(line)
        if self._size >= LONGEST:
            raise invalid(Code.TOO_LARGE, reason="row", bound=LONGEST)
        return line

    def _next_line(self) -> bytes:
        """Take the next line from the buffer; ``b""`` at the end, and the first ``LONGEST`` bytes of a longer line."""
        end = self._buffer.find(b"\n", self._at)
        while end < 0 and len(self._buffer) - self._at < LONGEST and self._fill():
            end = self._buffer.find(b"\n", self._at)
        line = self._buffer[self._at : end + 1 if end >= 0 else self._at + LONGEST][:LONGEST]
        self._at += len(line)
        if len(line) == LONGEST and not line.endswith(b"\n"):
            self._skip_rest()
        return line

    def _skip_rest(self) -> None:
        """Skip the rest of a line."""
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            self.done += len(self._buffer) - self._at
            self._at = len(self._buffer)
            if not self._fill():
                return
        self.done += end + 1 - self._at
        self._at = end + 1

    def first(self) -> bytes:
        """Return the first line of the current row, and put its other lines back.

        The lines put back are then read as rows of one line each, except the last, which may start a longer row. So
        each line is read twice at most, even if every line opens a quote.
        """
        line, *others = self.taken
        self._single_until = max(self._single_until, self.number)
        self._put_back += sum(map(len, others))
        self._returned.extendleft(reversed(others))
        self.number -= len(others)
        self.done -= sum(map(len, others))
        return line


Columns = dict[str, "Encoded | pa.Array"]


class Format(Protocol):
    """A format of rows in lines."""

    def at_once(self, block: bytes) -> Columns | None:
        """Read a block in which each line is a row; return its columns, or None if it must be read row by row."""
        ...

    def one(self) -> Sequence[object] | None:
        """Take the next row, and return its values, or None for a blank line.

        Raises:
            InvalidInput: the row cannot be read.
            Misfit: the row is complete, but not a row of this file.
            StopIteration: there are no more rows.
        """
        ...


class Misfit(InvalidInput):
    """A complete row that does not belong in this file, for example one with too many fields."""


def batches(lines: Lines, wanted: Wanted, form: Format) -> Iterator[Batch]:
    """Yield batches of rows: each block is read at once if possible, otherwise row by row."""
    assembly = Assembly(wanted)
    more = True
    while more:
        block = lines.block()
        columns = form.at_once(block) if block else None
        if columns is None:
            end = lines.done + max(len(block), lines.waiting)
            batch, more = _row_by_row(lines, end, form, assembly, wanted)
        else:
            first, count = lines.number + 1, block.count(b"\n")
            lines.pass_by(block, count)
            places = pa.array(range(first, first + count), pa.int64())
            batch = assembly.batch(places, columns, _Block(block).raw, lines.done)
        yield batch


class _Block:
    """A block, split into lines only when one of them is needed."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    @functools.cached_property
    def _lines(self) -> list[bytes]:
        return self._block.split(b"\n")

    def raw(self, row: int) -> Mapping[str, object]:
        return _raw_row([self._lines[row] + b"\n"])


def _raw_row(lines: list[bytes]) -> Mapping[str, object]:
    """Return the content of a row, as ``Apart.raw`` has it."""
    raw = b"".join(lines)
    if len(raw) >= LONGEST:
        return {"text": None}
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _row_by_row(lines: Lines, end: int, form: Format, assembly: Assembly, wanted: Wanted) -> tuple[Batch, bool]:
    """Read rows one by one, up to a position in the stream; return them, and whether there may be more.

    Args:
        lines: the stream.
        end: the position, in bytes from the start. At least one row is read.
        form: the format.
        assembly: builds the batch.
        wanted: what is read from a row.
    """
    places: list[int] = []
    taken: list[list[bytes]] = []
    rows: list[Sequence[object]] = []
    apart: list[Apart] = []
    more = True
    while more and (lines.done < end or not (rows or apart)) and len(rows) + len(apart) < ROWS:
        lines.begin()
        place = lines.number + 1
        try:
            row = form.one()
        except StopIteration:
            more = False
        except InvalidInput as error:
            # A quote that is not closed takes in the following lines, which may be rows of their own.
            row_lines = lines.taken if isinstance(error, Misfit) else [lines.first()]
            apart.append(Apart(place, InvalidInput(error.problems, more=error.more), _raw_row(row_lines)))
        else:
            if row is not None:
                places.append(place)
                taken.append(lines.taken)
                rows.append(row)
    names = [*wanted.columns, "id"]
    columns: Columns = {name: _encode(values) for name, values in zip(names, zip(*rows, strict=True), strict=False)}
    batch = assembly.batch(pa.array(places, pa.int64()), columns, lambda row: _raw_row(taken[row]), lines.done)
    if apart:
        batch = attrs.evolve(batch, apart=sorted([*batch.apart, *apart], key=operator.attrgetter("place")))
    return batch, more


def _encode(values: Sequence[object]) -> Encoded:
    indices: dict[object, int] = {}
    distinct: list[object] = []
    column: list[int] = []
    for value in values:
        index = indices.setdefault(key_of(value), len(distinct))
        if index == len(distinct):
            distinct.append(value)
        column.append(index)
    return distinct, pa.array(column, pa.int32())


class _Csv:
    """CSV with a header line."""

    def __init__(self, lines: Lines, wanted: Wanted, delimiter: str) -> None:
        self._lines = lines
        self._reader = csv.reader(self, delimiter=delimiter, strict=True)
        self._delimiter = delimiter
        header = self._read_header()
        wanted.check_columns(header)
        self._width = len(header)
        self._indices = {name: header.index(column) for name, column in wanted.columns.items()}
        if wanted.identity is not None:
            self._indices["id"] = header.index(wanted.identity)

    def __iter__(self) -> _Csv:
        return self

    def __next__(self) -> str:
        line = self._lines.take()
        return (line.removeprefix(BOM_UTF8) if self._lines.number == 1 else line).decode()

    def _read_header(self) -> list[str]:
        try:
            header = next(self._reader, [])
        except (csv.Error, UnicodeDecodeError, InvalidInput) as error:
            raise UnusableError(f"the header line cannot be read: {error}") from error
        if not header:
            raise UnusableError("the first line is empty, expected a header line with the names of the columns")
        return header

    def at_once(self, block: bytes) -> Columns | None:
        """Read a block in which no row has several lines."""
        if b"\0" in block:
            return None
        try:
            texts = block.decode().split("\n")[:-1]
            rows = list(csv.reader(texts, delimiter=self._delimiter, strict=True))
        except (csv.Error, UnicodeDecodeError):
            return None
        if len(rows) != len(texts) or set(map(len, rows)) != {self._width}:
            return None
        columns: Columns = {}
        for name, index in self._indices.items():
            values = list(map(operator.itemgetter(index), rows))
            if name == "id":
                columns[name] = pa.array([value or None for value in values], pa.string())
            else:
                distinct, indices = encode(pa.array(values, pa.string()))
                columns[name] = [value or None for value in distinct], indices
        return columns

    def one(self) -> Sequence[object] | None:
        """Take the next row, which may have several lines."""
        try:
            row = next(self._reader)
        except csv.Error as error:
            params = {**self._params("syntax"), "error": str(error)}
        except UnicodeDecodeError as error:
            if len(self._lines.taken) == 1:
                raise invalid(Code.NOT_UTF8, reason="byte", at=error.start) from None
            params = {"reason": "not_utf8", "line": self._lines.number, "at": error.start}
        else:
            if not row or len(row) == self._width:
                return [row[index] or None for index in self._indices.values()] if row else None
            params = {**self._params("width"), "bound": self._width, "found": len(row)}
            raise Misfit([Problem("", Code.NOT_CSV, params)])
        raise invalid(Code.NOT_CSV, **params)

    def _params(self, reason: str) -> dict[str, Any]:
        """Return the reason of a problem, with the last line of the current row if the row has several lines."""
        return (
            {"reason": reason}
            if len(self._lines.taken) == 1
            else {"reason": f"{reason}_to", "line": self._lines.number}
        )


_KEY: Final = re.compile(r'"[ \t\r]*:')


def _reject_constant(name: str) -> NoReturn:
    """Reject ``NaN`` and ``Infinity``, which JSON does not have."""
    raise ValueError(name)


class _Json:
    """JSON lines, each an object."""

    def __init__(self, lines: Lines, wanted: Wanted) -> None:
        self._lines = lines
        self._names = {**wanted.columns, **({} if wanted.identity is None else {"id": wanted.identity})}
        self.missing = set(self._names.values())
        self.some = False

    def at_once(self, block: bytes) -> Columns | None:
        """Read a block of flat objects; return None if only the strict reader can judge it.

        The counts of braces and keys rule out nested objects, duplicate keys, and objects that span lines.
        """
        block = block.replace(b"\r\n", b"\n")
        longest = max(map(len, block.split(b"\n")))
        count = block.count(b"\n")
        # Each line is one object if it has one pair of braces, at its start and end.
        braces = (block.count(b"{"), block.count(b"}"), block.count(b"}\n{") + 1)
        if braces != (count, count, count) or not (block.startswith(b"{") and block.endswith(b"}\n")):
            return None
        if b"[" in block or b"\\u0000" in block or may_have_long_number(block, UPDATE_LIMITS.digits):
            return None
        try:
            text = block.decode()
            objects = json.loads(f"[{text[:-1].replace(chr(10), ',')}]", parse_constant=_reject_constant)
            if (
                len(objects) != count
                or len(_KEY.findall(text)) != sum(map(len, objects))
                or longest > UPDATE_LIMITS.size
            ):
                return None
            columns = {name: _column([row.get(column) for row in objects]) for name, column in self._names.items()}
        except (ValueError, OverflowError, pa.ArrowException):
            return None
        self._note_columns(objects)
        encoded: Columns = {name: encode(column) for name, column in columns.items()}
        if "id" in columns:
            if pa.types.is_boolean(columns["id"].type):
                return None
            encoded["id"] = columns["id"].cast(pa.string())
        return encoded

    def one(self) -> Sequence[object] | None:
        """Take the next line."""
        line = self._lines.take()
        if line.isspace():
            return None
        document, flawed = load_source(line.rstrip(b"\r\n"))
        if flawed:
            raise flaws_in(document).error()
        row = mapping(document)
        self._note_columns([row])
        return [row.get(column) for column in self._names.values()]

    def _note_columns(self, rows: list[dict[str, object]]) -> None:
        """Remove the columns of these rows from the missing ones."""
        self.some = True
        for row in rows:
            if not self.missing:
                break
            self.missing.difference_update(row)


def _column(values: list[object]) -> pa.Array:
    """Return values of one type as a column.

    Raises:
        ValueError: they are of another type than text, boolean, integer or null, or of several types.
    """
    column = pa.array(values)
    if column.type not in {pa.string(), pa.bool_(), pa.int64(), pa.null()}:
        raise ValueError(column.type)
    return column


class _Payloads:
    """JSON lines, each an order as the API returns it."""

    def __init__(self, lines: Lines, wanted: Wanted, read_order: Callable[[bytes], OrderBase[Any]]) -> None:
        self._lines = lines
        self._names = [*wanted.columns, "id"]
        self._not_shown = {
            fact.attribute: spelling for fact in wanted.facts for spelling, value in fact.aliases if value is UNSET
        }
        self._read_order = read_order

    def at_once(self, block: bytes) -> None:
        """Return None: the platform reads one order at a time."""

    def one(self) -> Sequence[object] | None:
        """Take the next line."""
        line = self._lines.take()
        if line.isspace():
            return None
        order = self._read_order(line.rstrip(b"\r\n"))
        # An order of a platform of one's own may have no id.
        attributes = [(name, getattr(order, name, None)) for name in self._names]
        return [
            self._not_shown.get(name) if value is UNSET else value.value if isinstance(value, StrEnum) else value
            for name, value in attributes
        ]


def of_csv(stream: IO[bytes], wanted: Wanted, delimiter: str) -> Iterator[Batch]:
    """Read CSV (RFC 4180) with a header line. An empty field is null, and a blank line is skipped.

    Raises:
        UnusableError: there is no header line, or a column is missing.
    """
    lines = Lines(stream)
    return batches(lines, wanted, _Csv(lines, wanted, delimiter))


def of_json(stream: IO[bytes], wanted: Wanted) -> Iterator[Batch]:
    """Read JSON lines, each an object. A missing key is null, and a blank line is skipped.

    Raises:
        UnusableError: no line has one of the columns.
    """
    lines = Lines(stream)
    form = _Json(lines, wanted)
    yield from batches(lines, wanted, form)
    if form.some and form.missing:
        raise UnusableError(f"no line has the column {', '.join(map(repr, sorted(form.missing)))}; {NAMING}")


def of_payloads(stream: IO[bytes], wanted: Wanted, read_order: Callable[[bytes], OrderBase[Any]]) -> Iterator[Batch]:
    """Read JSON lines, each an order as the API returns it. A blank line is skipped."""
    lines = Lines(stream)
    return batches(lines, wanted, _Payloads(lines, wanted, read_order))
