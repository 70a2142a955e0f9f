# pyright: standard, reportAttributeAccessIssue=false
# Arrow brings no types.
"""How orders are written in lines: CSV, JSON lines, and JSON as an API answers it.

It must never know what is decided of an order.

The module is longer than most because each format is read at once, where that can be, and row by row.
"""

from __future__ import annotations

import csv
import json
import operator
import re
from codecs import BOM_UTF8
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Final, NoReturn

import pyarrow as pa

from orderrules import UNSET, UPDATE_LIMITS, Code, InvalidInput, Problem
from orderrules._json import flaws_in, may_have_long_number
from orderrules._values import mapping, refuse
from orderrules._wire import loaded
from orderrules.cli._assembly import encoded
from orderrules.cli._lines import Lines, Misfit, batches
from orderrules.cli._rows import NAMING, UnusableError, Wanted
from orderrules.errors import spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orderrules import OrderBase
    from orderrules.cli._lines import Columns
    from orderrules.cli._rows import Batch


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
                distinct, numbers = encoded(pa.array(values, pa.string()))
                found[name] = [value or None for value in distinct], numbers
        return found

    def one(self) -> Sequence[object] | None:
        """Take a row, of as many lines as it has."""
        try:
            row = next(self._reader)
        except csv.Error as error:
            why = f"is no CSV{self._reached}: {error}"
        except UnicodeDecodeError as error:
            why = f"byte {spaced(error.start)} is not UTF-8"
            if not self._reached:
                raise refuse(Code.NOT_UTF8, why) from None
            why = f"is no CSV{self._reached}: {why}"
        else:
            if not row or len(row) == self._width:
                return [row[place] or None for place in self._places.values()] if row else None
            why = f"has {len(row)} fields{self._reached}, and the first line of the file {self._width}"
            raise Misfit([Problem("", Code.NOT_CSV, why)])
        raise refuse(Code.NOT_CSV, why)

    @property
    def _reached(self) -> str:
        """Say how far the row under way was read, where that is more than a line."""
        return "" if len(self._lines.taken) == 1 else f", read as far as line {spaced(self._lines.number)}"


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
        made: Columns = {name: encoded(column) for name, column in columns.items()}
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
        document, flawed = loaded(line.rstrip(b"\r\n"))
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
