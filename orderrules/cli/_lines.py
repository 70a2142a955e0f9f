# pyright: standard, reportAttributeAccessIssue=false
# Arrow brings no types.
"""Orders in lines, read from a stream.

Blocks of lines that are plainly well, a row in each, are read at once; where one is not, its lines are read one by one,
with the same outcome, and a line that cannot be read costs itself and no other. No more is held than one block, or one
line that is longer. It must never know what is decided of an order.

The module is longer than most because a line can be too long, and a row that begins may never end.
"""

from __future__ import annotations

import base64
import functools
import operator
from collections import deque
from typing import IO, TYPE_CHECKING, Final, Protocol

import attrs
import pyarrow as pa

from orderrules import Code, InvalidInput
from orderrules._values import refuse
from orderrules.cli._assembly import Assembly, Encoded, key_of
from orderrules.cli._rows import ROWS, Apart, Batch, Wanted
from orderrules.errors import spaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


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
            raise refuse(Code.TOO_LARGE, f"has {spaced(LONGEST)} bytes or more")
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
    columns: Columns = {name: _encoded(values) for name, values in zip(names, zip(*rows, strict=True), strict=False)}
    batch = assembly.batch(pa.array(places, pa.int64()), columns, lambda row: _raw(taken[row]), lines.done)
    if apart:
        batch = attrs.evolve(batch, apart=sorted([*batch.apart, *apart], key=operator.attrgetter("place")))
    return batch, more


def _encoded(values: Sequence[object]) -> Encoded:
    numbers: dict[object, int] = {}
    distinct: list[object] = []
    places: list[int] = []
    for value in values:
        place = numbers.setdefault(key_of(value), len(distinct))
        if place == len(distinct):
            distinct.append(value)
        places.append(place)
    return distinct, pa.array(places, pa.int32())
