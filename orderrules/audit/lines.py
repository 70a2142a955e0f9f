# pyright: standard, reportAttributeAccessIssue=false
# Arrow brings no types.
"""Orders in lines, read from a stream.

Blocks of lines that are plainly well, a row in each, are read at once; where one is not, its lines are read one by one,
with the same outcome, and a line that cannot be read costs itself and no other. No more is held than one block, or one
line that is longer. It must never know what is decided of an order.

The module is longer than most because a line can be too long, and a row that begins may never end.

---

How orders are written in lines: CSV, JSON lines, and JSON as an API answers it.

It must never know what is decided of an order.

The module is longer than most because each format is read at once, where that can be, and row by row.
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
from typing import IO, TYPE_CHECKING, Final, NoReturn, Protocol

import attrs
import pyarrow as pa

from orderrules.audit.files import UnusableError
from orderrules.audit.rows import NAMING, ROWS, Apart, Assembly, Batch, Encoded, Wanted, encode, key_of
from orderrules.reading.fields import UNSET
from orderrules.reading.limits import UPDATE_LIMITS
from orderrules.reading.problems import Code, InvalidInput, Problem, group_thousands
from orderrules.reading.strict_json import flaws_in, load_source, may_have_long_number
from orderrules.reading.values import invalid, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from orderrules.grammar.orders import OrderBase


BLOCK: Final = 1 << 20
"""Bytes that are read at once."""

LONGEST: Final = 1 << 24
"""Bytes of a row, at most."""


class Lines:
    """The lines of a stream: whole blocks of them, or one by one; those of the row under way can be put back."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._again: deque[bytes] = deque()
        self._put_back = 0
        self._alone = 0
        self.taken: list[bytes] = []
        self._size = 0
        self.number = 0
        self.done = 0

    def _fill(self) -> bool:
        """Read on; say whether there was anything."""
        more = self._stream.read(BLOCK)
        if more:
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
        return bool(more)

    @property
    def waiting(self) -> int:
        """How many bytes of lines were put back and not taken since."""
        return self._put_back

    def block(self) -> bytes:
        """Show the whole lines that were read and not taken, after reading on where there are none.

        There are none to show while there are lines that were put back.
        """
        if self._again:
            return b""
        if self._buffer.find(b"\n", self._at) < 0:
            self._fill()
        return self._buffer[self._at : self._buffer.rfind(b"\n") + 1]

    def pass_by(self, block: bytes, lines: int) -> None:
        """Take a whole block."""
        self._at += len(block)
        self.done += len(block)
        self.number += lines

    def begin(self) -> None:
        """Begin a row."""
        self.taken = []
        self._size = 0

    def take(self) -> bytes:
        """Take a line.

        Raises:
            InvalidInput: it is too long, or the row is; what is too long of a line is left out.
            StopIteration: there is none, or none for a row that is to end with its line.
        """
        if self.taken and self.number < self._alone:
            raise StopIteration
        if self._again:
            line = self._again.popleft()
            self._put_back -= len(line)
        else:
            line = self._next()
        if not line:
            raise StopIteration
        self.number += 1
        self.done += len(line)
        self._size += len(line)
        self.taken.append(line)
        if self._size >= LONGEST:
            raise invalid(Code.TOO_LARGE, f"has {group_thousands(LONGEST)} bytes or more")
        return line

    def _next(self) -> bytes:
        end = self._buffer.find(b"\n", self._at)
        while end < 0 and len(self._buffer) - self._at < LONGEST and self._fill():
            end = self._buffer.find(b"\n", self._at)
        line = self._buffer[self._at : end + 1 if end >= 0 else self._at + LONGEST][:LONGEST]
        self._at += len(line)
        if len(line) == LONGEST and not line.endswith(b"\n"):
            self._leave_out()
        return line

    def _leave_out(self) -> None:
        """Leave out the rest of a line."""
        while (end := self._buffer.find(b"\n", self._at)) < 0:
            self.done += len(self._buffer) - self._at
            self._at = len(self._buffer)
            if not self._fill():
                return
        self.done += end + 1 - self._at
        self._at = end + 1

    def first(self) -> bytes:
        """Give the first line of the row under way, and put the others back.

        Each of these is then read as a row of its own, up to the last, which may go on: so no line is read again and
        again, whatever is in it.
        """
        line, *others = self.taken
        self._alone = max(self._alone, self.number)
        self._put_back += sum(map(len, others))
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        self.done -= sum(map(len, others))
        return line


Columns = dict[str, "Encoded | pa.Array"]


class Format(Protocol):
    """How rows are written in lines."""

    def at_once(self, block: bytes) -> Columns | None:
        """Read a block in which each line is a row; give its columns, or None where it is not plainly well."""
        ...

    def one(self) -> Sequence[object] | None:
        """Take the next row; give its values, or None where it is no row.

        Raises:
            InvalidInput: it cannot be read.
            Misfit: it can, with all its lines, and is none that is wanted.
            StopIteration: there is none.
        """
        ...


class Misfit(InvalidInput):
    """A row that is whole in itself, and none of this file."""


def batches(lines: Lines, wanted: Wanted, form: Format) -> Iterator[Batch]:
    """Read block by block, at once where that can be, and else row by row."""
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
    """A block, parted into its lines when one is asked for."""

    def __init__(self, block: bytes) -> None:
        self._block = block

    @functools.cached_property
    def _lines(self) -> list[bytes]:
        return self._block.split(b"\n")

    def raw(self, row: int) -> Mapping[str, object]:
        return _raw([self._lines[row] + b"\n"])


def _raw(lines: list[bytes]) -> Mapping[str, object]:
    raw = b"".join(lines)
    if len(raw) >= LONGEST:
        return {"text": None}
    try:
        return {"text": raw.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _row_by_row(lines: Lines, end: int, form: Format, assembly: Assembly, wanted: Wanted) -> tuple[Batch, bool]:
    """Read rows one by one, as far as a place in the stream; say whether there may be more."""
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
            # The next line may begin a row, whatever this one began and did not end.
            taken_apart = lines.taken if isinstance(error, Misfit) else [lines.first()]
            apart.append(Apart(place, InvalidInput(error.problems, more=error.more), _raw(taken_apart)))
        else:
            if row is not None:
                places.append(place)
                taken.append(lines.taken)
                rows.append(row)
    names = [*wanted.columns, "id"]
    columns: Columns = {name: _encode(values) for name, values in zip(names, zip(*rows, strict=True), strict=False)}
    batch = assembly.batch(pa.array(places, pa.int64()), columns, lambda row: _raw(taken[row]), lines.done)
    if apart:
        batch = attrs.evolve(batch, apart=sorted([*batch.apart, *apart], key=operator.attrgetter("place")))
    return batch, more


def _encode(values: Sequence[object]) -> Encoded:
    numbers: dict[object, int] = {}
    distinct: list[object] = []
    places: list[int] = []
    for value in values:
        place = numbers.setdefault(key_of(value), len(distinct))
        if place == len(distinct):
            distinct.append(value)
        places.append(place)
    return distinct, pa.array(places, pa.int32())


class _Csv:
    """CSV, as its first line says."""

    def __init__(self, lines: Lines, wanted: Wanted, delimiter: str) -> None:
        self._lines = lines
        self._reader = csv.reader(self, delimiter=delimiter, strict=True)
        self._delimiter = delimiter
        heads = self._heads()
        wanted.see(heads)
        self._width = len(heads)
        self._places = {name: heads.index(column) for name, column in wanted.columns.items()}
        if wanted.identity is not None:
            self._places["id"] = heads.index(wanted.identity)

    def __iter__(self) -> _Csv:
        return self

    def __next__(self) -> str:
        line = self._lines.take()
        return (line.removeprefix(BOM_UTF8) if self._lines.number == 1 else line).decode()

    def _heads(self) -> list[str]:
        try:
            heads = next(self._reader, [])
        except (csv.Error, UnicodeDecodeError, InvalidInput) as error:
            raise UnusableError(f"the first line, which names the columns, cannot be read: {error}") from error
        if not heads:
            raise UnusableError("the first line names no columns")
        return heads

    def at_once(self, block: bytes) -> Columns | None:
        """Read a block without rows of several lines."""
        if b"\0" in block:
            return None
        try:
            texts = block.decode().split("\n")[:-1]
            rows = list(csv.reader(texts, delimiter=self._delimiter, strict=True))
        except (csv.Error, UnicodeDecodeError):
            return None
        if len(rows) != len(texts) or set(map(len, rows)) != {self._width}:
            return None
        found: Columns = {}
        for name, place in self._places.items():
            values = list(map(operator.itemgetter(place), rows))
            if name == "id":
                found[name] = pa.array([value or None for value in values], pa.string())
            else:
                distinct, numbers = encode(pa.array(values, pa.string()))
                found[name] = [value or None for value in distinct], numbers
        return found

    def one(self) -> Sequence[object] | None:
        """Take a row, of as many lines as it has."""
        try:
            row = next(self._reader)
        except csv.Error as error:
            why = f"is no CSV{self._reached}: {error}"
        except UnicodeDecodeError as error:
            why = f"byte {group_thousands(error.start)} is not UTF-8"
            if not self._reached:
                raise invalid(Code.NOT_UTF8, why) from None
            why = f"is no CSV{self._reached}: {why}"
        else:
            if not row or len(row) == self._width:
                return [row[place] or None for place in self._places.values()] if row else None
            why = f"has {len(row)} fields{self._reached}, and the first line of the file {self._width}"
            raise Misfit([Problem("", Code.NOT_CSV, why)])
        raise invalid(Code.NOT_CSV, why)

    @property
    def _reached(self) -> str:
        """Say how far the row under way was read, where that is more than a line."""
        return "" if len(self._lines.taken) == 1 else f", read as far as line {group_thousands(self._lines.number)}"


_KEY: Final = re.compile(r'"[ \t\r]*:')


def _never(name: str) -> NoReturn:
    raise ValueError(name)


class _Json:
    """JSON lines, an object each."""

    def __init__(self, lines: Lines, wanted: Wanted) -> None:
        self._lines = lines
        self._names = {**wanted.columns, **({} if wanted.identity is None else {"id": wanted.identity})}
        self.missing = set(self._names.values())
        self.some = False

    def at_once(self, block: bytes) -> Columns | None:
        """Read a block of flat objects without anything that a careful reader looks for."""
        block = block.replace(b"\r\n", b"\n")
        longest = max(map(len, block.split(b"\n")))
        count = block.count(b"\n")
        # One pair of braces in each line, around all of it: an object of its own.
        braces = (block.count(b"{"), block.count(b"}"), block.count(b"}\n{") + 1)
        if braces != (count, count, count) or not (block.startswith(b"{") and block.endswith(b"}\n")):
            return None
        if b"[" in block or b"\\u0000" in block or may_have_long_number(block, UPDATE_LIMITS.digits):
            return None
        try:
            text = block.decode()
            found = json.loads(f"[{text[:-1].replace(chr(10), ',')}]", parse_constant=_never)
            if len(found) != count or len(_KEY.findall(text)) != sum(map(len, found)) or longest > UPDATE_LIMITS.size:
                return None
            columns = {name: _column([row.get(column) for row in found]) for name, column in self._names.items()}
        except (ValueError, OverflowError, pa.ArrowException):
            return None
        self._see(found)
        made: Columns = {name: encode(column) for name, column in columns.items()}
        if "id" in columns:
            if pa.types.is_boolean(columns["id"].type):
                return None
            made["id"] = columns["id"].cast(pa.string())
        return made

    def one(self) -> Sequence[object] | None:
        """Take a line."""
        line = self._lines.take()
        if line.isspace():
            return None
        document, flawed = load_source(line.rstrip(b"\r\n"))
        if flawed:
            raise flaws_in(document).error()
        found = mapping(document)
        self._see([found])
        return [found.get(column) for column in self._names.values()]

    def _see(self, rows: list[dict[str, object]]) -> None:
        """See which columns there are."""
        self.some = True
        for row in rows:
            if not self.missing:
                break
            self.missing.difference_update(row)


def _column(values: list[object]) -> pa.Array:
    """Make a column of values that are all of one type; raise ``ValueError`` where they are not."""
    made = pa.array(values)
    if made.type not in {pa.string(), pa.bool_(), pa.int64(), pa.null()}:
        raise ValueError(made.type)
    return made


class _Payloads:
    """Lines of JSON, each an order as its API answers it."""

    def __init__(self, lines: Lines, wanted: Wanted, read_order: Callable[[bytes], OrderBase]) -> None:
        self._lines = lines
        self._names = [*wanted.columns, "id"]
        self._not_shown = {
            fact.attribute: spelling for fact in wanted.facts for spelling, value in fact.aliases if value is UNSET
        }
        self._read_order = read_order

    def at_once(self, block: bytes) -> None:
        """Leave it to the platform."""

    def one(self) -> Sequence[object] | None:
        """Take a line."""
        line = self._lines.take()
        if line.isspace():
            return None
        order = self._read_order(line.rstrip(b"\r\n"))
        told = [(name, getattr(order, name)) for name in self._names]
        return [
            self._not_shown.get(name) if value is UNSET else value.value if isinstance(value, StrEnum) else value
            for name, value in told
        ]


def of_csv(stream: IO[bytes], wanted: Wanted, delimiter: str) -> Iterator[Batch]:
    """Read CSV (RFC 4180) whose first line names its columns; a field that is empty is null, and a blank line no row.

    Raises:
        UnusableError: there are no names, or a column is not there.
    """
    lines = Lines(stream)
    return batches(lines, wanted, _Csv(lines, wanted, delimiter))


def of_json(stream: IO[bytes], wanted: Wanted) -> Iterator[Batch]:
    """Read lines of JSON, an object each; a key that is not there is null, and a blank line no row.

    Raises:
        UnusableError: a column is in none of the lines.
    """
    lines = Lines(stream)
    form = _Json(lines, wanted)
    yield from batches(lines, wanted, form)
    if form.some and form.missing:
        raise UnusableError(f"no line has the column {', '.join(map(repr, sorted(form.missing)))}; {NAMING}")


def of_payloads(stream: IO[bytes], wanted: Wanted, read_order: Callable[[bytes], OrderBase]) -> Iterator[Batch]:
    """Read lines of JSON, each an order as its API answers it."""
    lines = Lines(stream)
    return batches(lines, wanted, _Payloads(lines, wanted, read_order))
