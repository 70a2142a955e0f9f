"""Reading orders in blocks or row by row gives the same result, whatever is in the file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from orderrules import salla
from orderrules.audit import lines as _formats
from orderrules.audit import lines as _lines
from orderrules.audit.files import UnusableError
from orderrules.audit.rows import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orderrules.audit.rows import Batch

WANTED: Final = Wanted(
    (salla.STATUS, salla.DRAFT, salla.CUSTOMER), {"status": "status", "draft": "draft", "customer": "kind"}, "id"
)
HEADS: Final = b"id,status,draft,kind\n"
FIELDS: Final = st.sampled_from(
    [*b'7 completed true guest "a" "a""b" " a"b \xff \xc3\xa9 \0'.split(b" "), b"", b"\r", b'"a\nb"']
)
ROWS: Final = st.one_of(
    st.just(b"1,completed,true,guest\n"),
    st.lists(FIELDS, min_size=4, max_size=4).map(lambda fields: b",".join(fields) + b"\n"),
    st.lists(FIELDS, max_size=6).map(lambda fields: b",".join(fields) + b"\r\n"),
)
TOKENS: Final = st.sampled_from(
    [
        *b'{ } [ "status" "draft" "id" : , "completed" true 1 1.5 null NaN " \\u0000 "\\ud800" \xff'.split(b" "),
        *(b"\n", b"\r\n", b" ", b'"a\\":b"', b"9" * 40, b"9" * 120),
    ]
)
PLAIN: Final = b'{"id": 1, "status": "completed", "draft": true, "kind": "guest"}\n'
MEMBERS: Final = st.sampled_from(
    [
        *(
            b'"id": 7',
            b'"id": "a"',
            b'"id": 1.5',
            b'"": 99999999999999999999',
            b'"status": "completed"',
            b'"status" : "x"',
        ),
        *(b'"draft": null', b'"draft": 0', b'"kind": "vip"', b'"kind":"none"', b'"a\\":b": 1'),
        *(b'"more": {"status": 1}', b'"more": [1]'),
    ]
)
OBJECTS: Final = st.one_of(
    st.just(PLAIN),
    st.lists(MEMBERS, max_size=5).map(lambda members: b"{" + b", ".join(members) + b"}\n"),
    st.lists(TOKENS, max_size=12).map(b"".join),
)


def outcome(batches: Iterator[Batch]) -> tuple[list[Any], list[Any], str]:
    """Return the rows that could be read, the rows that could not, and the error that error_text the file."""
    read: list[Any] = []
    apart: list[Any] = []
    error_text = ""
    done = 0
    try:
        for batch in batches:
            read += batch.table.to_pylist()
            apart += [(row.place, row.error.problems, row.raw) for row in batch.apart]
            assert batch.done >= done
            done = batch.done
    except UnusableError as error:
        error_text = str(error)
    return read, apart, error_text


def read_each_way(content: bytes, form: str, block: int) -> Iterator[tuple[list[Any], list[Any], str]]:
    """Read a file in large blocks, in small blocks, and row by row."""

    def read() -> tuple[list[Any], list[Any], str]:
        stream = io.BytesIO(content)
        return outcome(_formats.of_csv(stream, WANTED, ",") if form == "csv" else _formats.of_json(stream, WANTED))

    yield read()
    with mock.patch.object(_lines, "BLOCK", block):
        yield read()
    with mock.patch.object(_formats._Csv if form == "csv" else _formats._Json, "at_once", return_value=None):
        yield read()


@given(st.lists(ROWS, max_size=12).map(b"".join), st.integers(1, 80))
@example(b"1,completed,true,guest\n" * 3, 1000)
def test_csv_gives_the_same_rows_each_way(rows: bytes, block: int) -> None:
    """No row is read twice, and none is lost."""
    first, *others = read_each_way(HEADS + rows, "csv", block)
    assert all(other == first for other in others)
    places = sorted([row["place"] for row in first[0]] + [place for place, _, _ in first[1]])
    assert len(set(places)) == len(places)
    if b'"' not in rows and b"\r" not in rows:
        lines = rows.split(b"\n")
        assert places == [number for number, line in enumerate(lines, 2) if line]


@given(st.lists(OBJECTS, max_size=12).map(b"".join), st.integers(1, 80))
@example(PLAIN * 3, 1000)
@example(b'{"id": 1}\n{"id": 2,\n"draft": true}\n{"id": 3},{"id": 4}\n', 1000)
@example(b'{"status": "a", "status": "b"}\n' + PLAIN, 1000)
def test_json_lines_give_the_same_rows_each_way(content: bytes, block: int) -> None:
    """No line is read twice, and none is lost."""
    first, *others = read_each_way(content, "json", block)
    assert all(other == first for other in others)
    places = sorted([row["place"] for row in first[0]] + [place for place, _, _ in first[1]])
    assert places == [number for number, line in enumerate(content.split(b"\n"), 1) if line.strip()]
