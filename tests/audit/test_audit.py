"""Audits decide every order of a file as the policy does, set bad rows apart, and write files whole or not at all."""

from __future__ import annotations

import base64
import bz2
import contextlib
import gzip
import json
import lzma
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from multiprocessing.reduction import DupFd
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple
from unittest import mock
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orderrules import Policy, awal, salla
from orderrules.audit import chart as _chart
from orderrules.audit import counts as _counts
from orderrules.audit import lines as _lines
from orderrules.audit import parquet as _parquet
from orderrules.audit.rows import Apart
from orderrules.cli import main
from orderrules.engine.samples import order_at
from orderrules.grammar.condition_json import condition_to_json
from orderrules.reading.problems import Code, InvalidInput, Problem
from tests.kit.command_line import EXAMPLES, Result, run
from tests.kit.rows import every_row

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from pathlib import Path

pytestmark = pytest.mark.any_python

SHIPPING: Final = EXAMPLES / "salla" / "update-shipping.json"
BOTH: Final = {"courier_id": 7, "customer": {"id": 5}}
KINDS: Final = ("parquet", "csv", "jsonl")


def write_patch(folder: Path, body: object) -> str:
    """Write the body of an update to a file, and return its path."""
    path = folder / "patch.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return str(path)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> str:
    """Write rows in the format of the suffix, and return the path."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    else:
        lines = [list(rows[0]), *([_csv_field(value) for value in row.values()] for row in rows)]
        path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    return str(path)


def _csv_field(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def audit(platform: str, orders: str, patch: str, *more: str, given: bytes = b"") -> Result:
    """Run the audit command on a file of orders."""
    return run("audit", "--platform", platform, *more, orders, patch, given=given)


def audit_json(*arguments: str, given: bytes = b"") -> dict[str, Any]:
    """Run the audit command, and return its JSON report."""
    report: dict[str, Any] = json.loads(audit(*arguments, "--format", "json", given=given).stdout)
    return report


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("policy", "body"),
    [
        (salla.POLICY, BOTH),
        (salla.POLICY, {"payment": {"method": "bank"}, "coupon_code": "E"}),
        (salla.POLICY, {"employees": [1]}),
        (awal.POLICY, {"status": "shipped"}),
    ],
    ids=["both", "payment", "employees", "awal"],
)
def test_every_order_has_the_verdict_of_the_policy(
    tmp_path: Path, kind: str, policy: Policy[Any, Any], body: dict[str, Any]
) -> None:
    """All possible rows are audited, with nulls and unlisted statuses, and keep their order."""
    # In CSV an empty field is a null, so the empty status is left out.
    rows = [{"number": number, **row} for number, row in enumerate(every_row(policy)) if row["status"] != ""]
    orders = write_rows(tmp_path / f"orders.{kind}", rows)
    column_options = [
        "--order-columns",
        ",".join(f"{name}={name}" for name in rows[0] if name != "number") + ",id=number",
    ]
    verdicts = tmp_path / "verdicts.parquet"
    result = audit(policy.name, orders, write_patch(tmp_path, body), *column_options, "--verdicts", str(verdicts))
    patch: Any = (salla.read_patch if policy is salla.POLICY else awal.read_patch)(body)
    facts = policy.order_type.__space__.facts
    expected = []
    for number, row in enumerate(rows):
        order: Any = order_at(policy.order_type, {fact: fact.from_database(row[fact.attribute]) for fact in facts})
        ids = [violation.rule.id for violation in policy.can_update(order, patch).violations]
        read = {fact.attribute: row[fact.attribute] for fact in facts}
        place = {"row" if kind == "parquet" else "line": number + 1 + (kind == "csv")}
        expected.append({**place, "id": str(row["number"]), **read, "allowed": not ids, "violations": ids})
    assert pq.read_table(verdicts).to_pylist() == expected
    assert result.exit_code == int(not all(row["allowed"] for row in expected))
    assert not result.stderr


def test_counts_are_reported_by_status_and_rule(tmp_path: Path) -> None:
    """The report is a table for people, or JSON for programs."""
    rows: list[dict[str, Any]] = [
        *[{"status": "completed", "draft": False, "customer": "registered"}] * 3,
        *[{"status": "completed", "draft": True, "customer": "registered"}] * 2,
        *[{"status": "pending", "draft": None, "customer": "guest"}] * 4,
        {"status": "payment_pending", "draft": None, "customer": None},
        {"status": "for nura", "draft": False, "customer": "registered"},
        {"status": None, "draft": False, "customer": None},
    ]
    orders, patch = write_rows(tmp_path / "orders.jsonl", rows), write_patch(tmp_path, BOTH)
    report = audit_json("salla", orders, patch)
    assert report == {
        "platform": "salla",
        "edition": "2",
        "digest": salla.POLICY.digest(),
        "condition": condition_to_json(salla.POLICY.guard(salla.read_patch(BOTH))),
        "when": "draft or status is draft or ((customer is absent or a guest) and status is not completed)",
        "orders": 12,
        "allowed": 8,
        "refused": 4,
        "unread": 0,
        "rules": {"SALLA-CUSTOMER-1": 4, "SALLA-SHIPPING-1": 3},
        "statuses": [
            {"status": "payment_pending", "named": True, "orders": 5, "allowed": 5, "rules": {}},
            {
                "status": "completed",
                "named": True,
                "orders": 5,
                "allowed": 2,
                "rules": {"SALLA-CUSTOMER-1": 3, "SALLA-SHIPPING-1": 3},
            },
            {"status": "for nura", "named": False, "orders": 1, "allowed": 0, "rules": {"SALLA-CUSTOMER-1": 1}},
            {"status": None, "named": False, "orders": 1, "allowed": 1, "rules": {}},
        ],
        "problems": [],
        "more": 0,
        "assumptions": ["S2", "S4", "S8", "S15"],
        "not_given": [],
        "written": {},
    }
    lines = [line.split() for line in audit("salla", orders, patch).stdout.splitlines()]
    assert ["completed", "5", "2", "3", "3"] in lines
    assert ["all", "12", "8", "4", "3"] in lines
    output = audit("salla", orders, patch).stdout
    assert "rests on S2: *completed* is read as completed alone" in output
    assert "note: orders with an unknown status or none: 2" in output


def test_other_assumptions_and_policies_can_be_used(tmp_path: Path) -> None:
    """The options are those of every command."""
    orders = write_rows(tmp_path / "orders.csv", [{"status": "delivered", "draft": False}])
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    assert audit("salla", orders, patch).exit_code == 0
    assert audit("salla", orders, patch, "--completed", "family").exit_code == 1
    assert run("audit", "--policy", "orderrules.platforms.salla:POLICY", orders, patch).exit_code == 0
    assert run("audit", "--policy", "tests.kit.toy:POLICY", orders, patch).exit_code == 2


CSV: Final = (
    b'id,status,draft,customer,"a note"\n'
    b'1,completed,false,guest,"two\nlines"\n'  # 2 and 3
    b"2,completed,false,vip,\n"  # 4
    b"3,completed,maybe,vip,\n"
    b"4,completed,false\n"
    b'5,"completed,false,guest,\n'  # 7: the quote is not closed
    b"6,completed,false,guest,\n"
    b"7,completed,false,guest,\xff\n"  # 9
    b"\n"
    b'8,completed,false,guest,"a"b\n'  # 11
    b"9,completed,T,guest,the end"
)


@pytest.mark.parametrize("block", [1, 60, 1 << 20])
def test_unreadable_csv_rows_are_set_apart(tmp_path: Path, block: int) -> None:
    """Each has its line and all its problems; the other rows are read, whatever the size of a block."""
    orders = tmp_path / "orders.csv"
    orders.write_bytes(CSV)
    rejected, verdicts = tmp_path / "rejected.jsonl", tmp_path / "verdicts.parquet"
    with mock.patch.object(_lines, "BLOCK", block):
        result = audit(
            *("salla", str(orders), write_patch(tmp_path, BOTH), "--order-columns", "id=id"),
            *("--rejected", str(rejected), "--verdicts", str(verdicts)),
        )
    lines = [json.loads(line) for line in rejected.read_text(encoding="utf-8").splitlines()]
    assert [(row["line"], [(problem["pointer"], problem["code"]) for problem in row["problems"]]) for row in lines] == [
        (4, [("/customer", "not_a_choice")]),
        (5, [("/draft", "wrong_type"), ("/customer", "not_a_choice")]),
        (6, [("", "not_csv")]),
        (7, [("", "not_csv")]),
        (9, [("", "not_utf8")]),
        (11, [("", "not_csv")]),
    ]
    raw = [base64.b64decode(row["base64"]) if "base64" in row else row["text"].encode() for row in lines]
    assert raw == [CSV.splitlines(keepends=True)[row["line"] - 1] for row in lines]
    assert [(row["line"], row["id"]) for row in pq.read_table(verdicts).to_pylist()] == [(2, "1"), (8, "6"), (12, "9")]
    assert result.exit_code == 2
    assert "6 rows could not be read; see the file of --rejected" in result.stdout
    assert "line 5: /draft: expected true or false, yes or no, 1 or 0, got a string; /customer: " in result.stdout
    assert "and 1 more" in result.stdout
    assert "vip" not in result.output


JSON: Final = (
    b'{"status": "completed", "draft": false, "customer": "guest"}\n'
    b"{\n"
    b'{"status": "completed", "status": "draft"}\n'
    b'{"status": 7, "draft": "perhaps", "customer": ["guest"], "id": 1.5}\n'
    b'{"status": "completed"} {"status": "completed"}\n'
    b"\n"
    b'{"status": "comp\xffleted"}\n'
    b"[]\n"
    b'{"status": NaN}\n'
    b'{"status": "\\u0000"}\n'
    b'{"customer": "none", "draft": 0, "id": 12}\r\n'
    b'{"status": "\\ud800", "id": "\\ud800"}\n'
    b'{"id": true}\n'
    b'{"status": "draft", "id": "a", "draft": true}'
)


@pytest.mark.parametrize("block", [1, 70, 1 << 20])
def test_unreadable_json_lines_are_set_apart(tmp_path: Path, block: int) -> None:
    """Nothing is guessed: a duplicate key, or a number instead of a string, is a problem."""
    orders = tmp_path / "orders.jsonl"
    orders.write_bytes(JSON)
    rejected, verdicts = tmp_path / "rejected.jsonl", tmp_path / "verdicts.parquet"
    with mock.patch.object(_lines, "BLOCK", block):
        audit(
            *("salla", str(orders), write_patch(tmp_path, BOTH), "--order-columns", "id=id"),
            *("--rejected", str(rejected), "--verdicts", str(verdicts)),
        )
    lines = [json.loads(line) for line in rejected.read_text(encoding="utf-8").splitlines()]
    assert [(row["line"], [(problem["pointer"], problem["code"]) for problem in row["problems"]]) for row in lines] == [
        (2, [("", "not_json")]),
        (3, [("/status", "duplicate_key")]),
        (
            4,
            [
                ("/status", "wrong_type"),
                ("/draft", "wrong_type"),
                ("/customer", "wrong_type"),
                ("/id", "wrong_type"),
            ],
        ),
        (5, [("", "trailing_text")]),
        (7, [("", "not_utf8")]),
        (8, [("", "wrong_type")]),
        (9, [("/status", "not_finite")]),
        (10, [("/status", "bad_text")]),
        (12, [("/status", "bad_text"), ("/id", "bad_text")]),
        (13, [("/id", "wrong_type")]),
    ]
    assert [tuple(row.values())[:5] for row in pq.read_table(verdicts).to_pylist()] == [
        (1, None, "completed", False, "guest"),
        (11, "12", None, False, "none"),
        (14, "a", "draft", True, None),
    ]


def test_unreadable_parquet_values_are_set_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The columns may have any type, and a batch may have any number of unreadable rows."""
    monkeypatch.setattr(_parquet, "ROWS", 1 << 10)
    table = pa.table(
        {
            "status": pa.array(["completed", None, "x", "draft"] * 1_000).dictionary_encode(),
            "draft": pa.array(["true", "f", None, "perhaps"] * 1_000),
            "customer": pa.array([b"gu\xffest", b"guest", None, None] * 1_000),
        }
    )
    pq.write_table(table, tmp_path / "orders.parquet")
    rejected = tmp_path / "rejected.jsonl"
    report = audit_json(
        "salla", str(tmp_path / "orders.parquet"), write_patch(tmp_path, BOTH), "--rejected", str(rejected)
    )
    assert (report["orders"], report["unread"]) == (2_000, 2_000)
    lines = [json.loads(line) for line in rejected.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2_000
    assert (lines[-1]["row"], lines[-1]["values"]) == (
        4_000,
        {"status": "draft", "draft": "perhaps", "customer": None},
    )
    assert [(problem["pointer"], problem["code"]) for problem in lines[0]["problems"]] == [("/customer", "not_utf8")]
    assert lines[0]["values"]["customer"] == {"base64": base64.b64encode(b"gu\xffest").decode()}
    assert len(report["problems"]) == _counts.KEPT


def test_parquet_columns_may_have_other_types(tmp_path: Path) -> None:
    """Flags may be numbers, and a column may be all null."""
    table = pa.table(
        {
            "slug": pa.array(["completed", "x"], pa.large_string()),
            "flag": pa.array([1, 0], pa.int8()),
            "kind": pa.nulls(2),
            "key": pa.array([7, None], pa.uint64()),
        }
    )
    pq.write_table(table, tmp_path / "orders.parquet")
    verdicts = tmp_path / "verdicts.parquet"
    column_options = ("--order-columns", "status=slug,draft=flag", "--order-columns", "customer=kind,id=key")
    audit(
        "salla",
        str(tmp_path / "orders.parquet"),
        write_patch(tmp_path, BOTH),
        *column_options,
        "--verdicts",
        str(verdicts),
    )
    assert [tuple(row.values()) for row in pq.read_table(verdicts).to_pylist()] == [
        (1, "7", "completed", True, None, True, []),
        (2, None, "x", False, None, True, []),
    ]


def test_orders_may_be_payloads_of_the_api(tmp_path: Path) -> None:
    """Each line is one payload; standard input is read too."""
    payloads = [
        {"id": 1, "status": {"slug": "completed"}, "draft": False, "customer": {"id": 5}},
        {"data": {"id": 2, "status": {"slug": "in_progress"}}},
        {"status": 7},
        {"id": 3, "status": [], "draft": True},
    ]
    given = "".join(json.dumps(payload) + "\n" for payload in payloads).encode() + b"\n"
    verdicts = tmp_path / "verdicts.parquet"
    result = audit("salla", "-", write_patch(tmp_path, BOTH), "--payloads", "--verdicts", str(verdicts), given=given)
    assert [tuple(row.values()) for row in pq.read_table(verdicts).to_pylist()] == [
        (1, "1", "completed", False, "registered", False, ["SALLA-CUSTOMER-1", "SALLA-SHIPPING-1"]),
        (2, "2", "in_progress", False, "not shown", False, ["SALLA-CUSTOMER-1"]),
        (4, "3", None, True, "not shown", True, []),
    ]
    assert "line 3: /status: expected an object with a slug" in result.stdout
    shipped = json.dumps({"status": True, "data": {"id": 1, "status": "accepted"}}).encode()
    assert audit("awal", "-", write_patch(tmp_path, {"status": "shipped"}), "--payloads", given=shipped).exit_code == 0


def test_a_fact_may_have_no_column(tmp_path: Path) -> None:
    """Every order then has the value of a null; a fact that the rules do not read needs no column."""
    orders = write_rows(tmp_path / "orders.csv", [{"slug": "completed"}, {"slug": "shipped"}])
    report = audit_json("salla", orders, write_patch(tmp_path, BOTH), "--order-columns", "status=slug,draft=,customer=")
    assert (report["allowed"], report["refused"]) == (1, 1)
    assert (
        audit_json("salla", orders, write_patch(tmp_path, {"employees": []}), "--order-columns", "status=slug")[
            "allowed"
        ]
        == 2
    )


def test_orders_are_counted_if_no_column_is_read(tmp_path: Path) -> None:
    """They are read in blocks, or row by row."""
    patch = write_patch(tmp_path, {"employees": []})
    for kind, line in (("csv", b"x\n"), ("jsonl", b"{}\n")):
        orders = tmp_path / f"orders.{kind}"
        orders.write_bytes(b"a\n" * (kind == "csv") + line * 3)
        for block in (1 << 20, 1):
            with mock.patch.object(_lines, "BLOCK", block):
                assert audit_json("salla", str(orders), patch, "--order-columns", "status=")["orders"] == 3


@pytest.mark.parametrize(
    ("name", "content", "more", "message"),
    [
        ("a.csv", b"stauts\nx\n", (), "no column 'status' - did you mean stauts?; the columns are 'stauts'; name it"),
        ("a.csv", b"status,status\nx,y\n", (), "expected one column 'status', got 2"),
        ("a.csv", b"status;draft\nx;t\n", (), "the file seems to need another --delimiter"),
        ("a.csv", b"", (), "the first line is empty, expected a header line"),
        ("a.csv", b'"status\nx\n', (), "the header line cannot be read"),
        ("a.csv", b"stat\xffus\nx\n", (), "the header line cannot be read"),
        ("a.jsonl", b'{"stauts": "x"}\n{}\n', (), "no line has the column 'draft', 'status'"),
        ("a.parquet", b"PAR1", (), "is not a readable Parquet file"),
        ("a.txt", b"", (), "unknown type of file; give --orders-as"),
        ("a.csv", b"", ("--payloads",), "--payloads expects a file of JSON lines, got csv"),
        ("a.csv", b"", ("--delimiter", ", "), "--delimiter is for CSV only: one character"),
        ("a.jsonl", b"", ("--delimiter", ","), "--delimiter is for CSV only: one character"),
        ("a.csv", b"", ("--order-columns", "stauts=x"), "FACT is one of status, draft, customer, id"),
        ("a.csv", b"", ("--order-columns", "status=x,status=y"), "each fact once; this one is repeated"),
        ("a.csv", b"", ("--order-columns", "status"), "expected FACT=COLUMN"),
        ("a.jsonl", b"", ("--payloads", "--order-columns", "status=x"), "--order-columns cannot be used together"),
        ("a.csv", b"", ("--verdicts", "/nowhere/at/all.parquet"), "its folder does not exist"),
        ("a.csv", b"", ("--verdicts", "/"), "exists, and is not a regular file"),
    ],
)  # fmt: skip
def test_an_unusable_file_or_option_is_an_error(
    tmp_path: Path, name: str, content: bytes, more: tuple[str, ...], message: str
) -> None:
    """The message is printed on standard error, and no file is written."""
    (tmp_path / name).write_bytes(content)
    picture = tmp_path / "picture.svg"
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    result = audit("salla", str(tmp_path / name), patch, "--picture", str(picture), *more)
    assert message in result.stderr.replace("\n", " ")
    assert (result.exit_code, result.stdout) == (2, "")
    assert {path.name for path in tmp_path.iterdir()} == {name, "patch.json"}


def test_a_column_of_lists_is_an_error(tmp_path: Path) -> None:
    """A list can be neither a status nor an id."""
    pq.write_table(pa.table({"status": [["a"]], "draft": [True]}), tmp_path / "orders.parquet")
    arguments = (str(tmp_path / "orders.parquet"), write_patch(tmp_path, {"coupon_code": "E"}))
    assert "the column 'status' has the type list" in audit("salla", *arguments).stderr.replace("\n", " ")
    column_options = ("--order-columns", "status=,id=status")
    assert "has the type list" in audit("salla", *arguments, *column_options).stderr.replace("\n", " ")


def test_output_files_must_not_be_input_files(tmp_path: Path) -> None:
    """Two output files must differ too, under any name."""
    orders = write_rows(tmp_path / "orders.csv", [{"status": "x", "draft": False}])
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    (tmp_path / "link.csv").symlink_to(orders)
    for more in (
        ("--verdicts", str(tmp_path / "link.csv")),
        ("--rejected", str(tmp_path / "." / "patch.json")),
        ("--picture", str(tmp_path / "new"), "--rejected", str(tmp_path / "new")),
    ):
        result = audit("salla", orders, patch, *more)
        assert (result.exit_code, "another file of this command" in result.stderr.replace("\n", " ")) == (2, True)
    assert audit("salla", "-", "-").exit_code == 2
    assert audit("salla", "-", patch, "--orders-as", "parquet").exit_code == 2


def test_problems_of_the_update_are_reported_first(tmp_path: Path) -> None:
    """Every command does so."""
    orders = write_rows(tmp_path / "orders.csv", [{"status": "x"}])
    result = audit("salla", orders, write_patch(tmp_path, {"courier_id": "7"}))
    assert (result.exit_code, "/courier_id: expected an integer" in result.stderr) == (2, True)


def test_a_broken_input_file_leaves_the_old_output(tmp_path: Path) -> None:
    """The second half of the Parquet file is broken, so some verdicts were written before the error."""
    rows = [{"status": "completed", "draft": False}] * 20_000
    orders = tmp_path / "orders.parquet"
    pq.write_table(pa.Table.from_pylist(rows), orders, row_group_size=5_000, compression="none", use_dictionary=False)
    whole = orders.read_bytes()
    middle = len(whole) // 2
    orders.write_bytes(whole[:middle] + b"\xff" * (len(whole) // 4) + whole[middle + len(whole) // 4 :])
    verdicts = tmp_path / "verdicts.parquet"
    verdicts.write_text("what was there", encoding="utf-8")
    result = audit("salla", str(orders), write_patch(tmp_path, {"coupon_code": "E"}), "--verdicts", str(verdicts))
    assert result.exit_code == 2
    assert "cannot be read after row" in result.stderr.replace("\n", " ")
    assert verdicts.read_text(encoding="utf-8") == "what was there"
    assert {path.name for path in tmp_path.iterdir()} == {"orders.parquet", "patch.json", "verdicts.parquet"}


class Process(NamedTuple):
    """An audit in its own process, and the pipes to and from it."""

    process: BaseProcess
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def communicate(self, given: bytes = b"") -> tuple[int | None, bytes, bytes]:
        """Write the rest of the input, wait for the end, and return the exit status and both outputs."""
        with contextlib.suppress(BrokenPipeError), self.stdin:
            self.stdin.write(given)
        with self.stdout, self.stderr:
            out, err = self.stdout.read(), self.stderr.read()
        self.process.join(60)
        return self.process.exitcode, out, err

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it has not ended."""
        assert self.process.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)


FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["orderrules.audit.run", "orderrules.audit.chart", "pandas", "tests.audit.test_audit"])
"""Arrow and pandas take seconds to import: this server imports them once, and each audit is forked from it."""


def _main(arguments: list[str], pipes: list[Any], limit: int | None, mask: int) -> None:
    """Run the command line in a forked process."""
    for number, pipe in enumerate(pipes):
        os.dup2(pipe.detach(), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 - the process owns them.
    os.umask(mask)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    sys.argv = ["orderrules", *arguments]
    main()


def start_audit(folder: Path, *more: str, limit: int | None = None, mask: int = 0o022) -> Process:
    """Start an audit of standard input that writes two files."""
    body = write_patch(folder, {"coupon_code": "E"})
    files = ("--verdicts", str(folder / "verdicts.parquet"), "--rejected", str(folder / "rejected.jsonl"))
    arguments = ["audit", "--platform", "salla", "--orders-as", "csv", *files, *more, "-", body]
    (theirs, stdin), (stdout, out), (stderr, err) = (os.pipe() for _ in range(3))
    process = FORKS.Process(target=_main, args=(arguments, [DupFd(end) for end in (theirs, out, err)], limit, mask))
    process.start()
    for end in (theirs, out, err):
        os.close(end)
    return Process(process, open(stdin, "wb"), open(stdout, "rb"), open(stderr, "rb"))  # noqa: PTH123 - closed by communicate.


def files_in(folder: Path) -> set[str]:
    """List the files in a folder, without the file of the update."""
    return {path.name for path in folder.iterdir()} - {"patch.json"}


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 2)])
def test_a_stopped_audit_leaves_no_partial_files(tmp_path: Path, number: signal.Signals, status: int) -> None:
    """Existing files are unchanged."""
    (tmp_path / "verdicts.parquet").write_text("what was there", encoding="utf-8")
    process = start_audit(tmp_path)
    process.stdin.write(b"status,draft\n" + b"completed,false\n" * 100_000)
    process.stdin.flush()
    start = time.monotonic()
    while not any(name.endswith(".part") for name in files_in(tmp_path)) and time.monotonic() < start + 60:
        time.sleep(0.02)
    assert len(files_in(tmp_path)) == 3
    time.sleep(0.3)  # By now it waits for input: between two reads of one block CPython handles no signal.
    process.send(number)
    process.process.join(60)
    assert process.communicate()[0] == status
    assert files_in(tmp_path) == {"verdicts.parquet"}
    assert (tmp_path / "verdicts.parquet").read_text(encoding="utf-8") == "what was there"


def test_an_audit_without_disk_space_leaves_no_partial_files(tmp_path: Path) -> None:
    """The message names the error of the system."""
    process = start_audit(tmp_path, limit=1 << 12)
    lines = b"".join(b"%d,completed,false\n" % number for number in range(10_000))
    status, out, err = process.communicate(b"id,status,draft\n" + lines + b"x\n" * 5_000)
    assert (status, out) == (2, b"")
    assert b"File too large" in err
    assert files_in(tmp_path) == set()


def test_a_finished_audit_writes_all_its_files(tmp_path: Path) -> None:
    """They have the permissions of any new file, and a file without rows is written too."""
    process = start_audit(tmp_path, "--picture", str(tmp_path / "picture.svg"), mask=0o027)
    assert process.communicate(b"status,draft\ncompleted,true\n")[0] == 0
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.suffix != ".json"} == {
        "verdicts.parquet": 0o640,
        "rejected.jsonl": 0o640,
        "picture.svg": 0o640,
    }
    assert (tmp_path / "rejected.jsonl").read_bytes() == b""


def test_progress_is_shown_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is printed on standard error only."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    orders = write_rows(tmp_path / "orders.csv", [{"status": "x", "draft": False}] * 10)
    result = audit("salla", orders, write_patch(tmp_path, {"coupon_code": "E"}))
    assert "auditing" in result.stderr
    assert "auditing" not in result.stdout
    monkeypatch.delenv("FORCE_COLOR")
    assert audit("salla", orders, write_patch(tmp_path, {"coupon_code": "E"})).stderr == ""


def test_the_picture_has_a_bar_for_each_status(tmp_path: Path) -> None:
    """Any status is escaped, there are no scripts, and equal counts give an equal picture."""
    rows = [{"status": status, "draft": False} for status in ("completed", "<b>&\u0001", "في الطريق", None)]
    orders, picture = write_rows(tmp_path / "orders.jsonl", rows), tmp_path / "picture.svg"
    arguments = ("salla", orders, write_patch(tmp_path, {"coupon_code": "E"}), "--picture", str(picture))
    audit(*arguments)
    first = picture.read_bytes()
    audit(*arguments)
    assert picture.read_bytes() == first
    root = ET.fromstring(first)  # noqa: S314 - our own file.
    texts = [element.text for element in root.iter() if element.text]
    for text in ("completed", "'<b>&\\x01'", "'في الطريق'", "no status", "allowed", "refused by SALLA-COUPON-1"):
        assert text in texts
    assert "salla: 3 of 4 orders allow the update" in texts
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    assert b"href" not in first


def test_a_picture_without_orders_says_so() -> None:
    """A file without orders gives such a picture."""
    assert b"no orders" in _chart.picture("salla", [])


def test_an_empty_file_has_no_orders(tmp_path: Path) -> None:
    """All kinds of files may be empty."""
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    (tmp_path / "a.jsonl").write_bytes(b"\n")
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfstatus,draft\r\n\r\n")
    pq.write_table(
        pa.table({"status": pa.array([], pa.string()), "draft": pa.array([], pa.bool_())}), tmp_path / "a.parquet"
    )
    for kind in KINDS:
        assert audit_json("salla", str(tmp_path / f"a.{kind}"), patch)["orders"] == 0


def test_other_delimiters_are_read(tmp_path: Path) -> None:
    """In a file with the suffix ``.tsv`` the delimiter is a tab."""
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    (tmp_path / "a.tsv").write_bytes(b"status\tdraft\ncompleted\tt\n")
    (tmp_path / "a.csv").write_bytes(b'status;draft\n"completed";1\n')
    assert audit_json("salla", str(tmp_path / "a.tsv"), patch)["allowed"] == 1
    assert audit_json("salla", str(tmp_path / "a.csv"), patch, "--delimiter", ";")["allowed"] == 1


def test_counts_are_limited_in_size() -> None:
    """Unlisted statuses are counted one by one up to a limit, and then together."""
    tally = _counts.Tally(salla.STATUS)
    for number in range(_counts.MOST + 500):
        tally.add(f"own {number}", "", 1)
    tally.add("completed", "A, B", 3)
    tally.add("pending", "", 1)
    tally.add("payment_pending", "A", 1)
    statuses = list(tally.statuses())
    assert len(statuses) == _counts.MOST + 3
    assert [label for label, _ in statuses[:2]] == ["payment_pending", "completed"]
    assert statuses[-1] == (_counts.OTHERS, {"": 500})
    assert (tally.orders, tally.allowed) == (_counts.MOST + 505, _counts.MOST + 501)
    assert (tally.refused_by("A"), tally.refused_by("B")) == (4, 3)
    apart = Apart(1, InvalidInput([Problem("", Code.NOT_CSV, {"reason": "syntax", "error": "x"})]), {})
    tally.set_apart([apart] * 5000)
    tally.set_apart([apart] * 5000)
    assert (tally.unread, len(tally.apart)) == (10_000, _counts.KEPT)


def test_many_statuses_are_shown_in_few_lines(tmp_path: Path) -> None:
    """The rarest statuses share one line."""
    rows = [{"status": f"own {number}", "draft": False} for number in range(200) for _ in range(200 - number)]
    orders = write_rows(tmp_path / "orders.csv", rows)
    output = audit("salla", orders, write_patch(tmp_path, {"coupon_code": "E"})).stdout
    assert "'own 0'" in output
    assert "180 more" in output
    assert len(output.splitlines()) < 40


def _csv_with_long_line(count: int, width: int) -> Callable[[], bytes]:
    return lambda: b"status,draft\n" + b"x,true\n" * count + b"y" * width + b"\n" + b"x,true\n" * count


@pytest.mark.parametrize("width", [5000, 6999, 7000, 7001, 30_000])
def test_a_line_that_is_too_long_is_the_only_one_lost(tmp_path: Path, width: int) -> None:
    """It is reported with its number, and its text is not kept."""
    orders = tmp_path / "orders.csv"
    orders.write_bytes(_csv_with_long_line(300, width)())
    rejected = tmp_path / "rejected.jsonl"
    with mock.patch.object(_lines, "BLOCK", 1000), mock.patch.object(_lines, "LONGEST", 7000):
        report = audit_json(
            "salla", str(orders), write_patch(tmp_path, {"coupon_code": "E"}), "--rejected", str(rejected)
        )
    assert (report["orders"], report["unread"]) == (600, 1)
    (line,) = map(json.loads, rejected.read_text(encoding="utf-8").splitlines())
    assert line["line"] == 302
    assert line["problems"][0]["code"] == ("too_large" if width >= 6999 else "not_csv")
    assert line["text"] == (None if width >= 6999 else "y" * width + "\n")


def test_a_row_that_never_ends_loses_one_line(tmp_path: Path) -> None:
    """The number of lines inside its quote makes no difference."""
    orders = tmp_path / "orders.csv"
    orders.write_bytes(b"status,draft\n" + b'"x,true\n' + b"x,true\n" * 10_000)
    for longest in (1 << 10, 1 << 24):
        with mock.patch.object(_lines, "LONGEST", longest), mock.patch.object(_lines, "BLOCK", 1 << 14):
            report = audit_json("salla", str(orders), write_patch(tmp_path, {"coupon_code": "E"}))
        assert (report["orders"], report["unread"]) == (10_000, 1)
        assert report["problems"][0]["line"] == 2


def test_invalid_utf8_in_parquet_text_loses_only_its_row(tmp_path: Path) -> None:
    """A column declared as text may contain other bytes, in a status or in an id."""
    offsets = pa.py_buffer(b"".join(number.to_bytes(4, "little") for number in (0, 1, 2, 3)))
    invalid = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"a\xffb")])
    orders, verdicts, rejected = (tmp_path / name for name in ("o.parquet", "v.parquet", "r.jsonl"))
    for column in ("status", "key"):
        columns = {"status": ["x", "y", "z"], "key": ["1", "2", "3"], "draft": [True] * 3}
        pq.write_table(pa.table({**columns, column: invalid}), orders)
        options = ("--order-columns", "id=key", "--verdicts", str(verdicts), "--rejected", str(rejected))
        assert audit_json("salla", str(orders), write_patch(tmp_path, {"coupon_code": "E"}), *options)["unread"] == 1
        (line,) = map(json.loads, rejected.read_text(encoding="utf-8").splitlines())
        assert (line["row"], line["values"][column]) == (2, {"base64": base64.b64encode(b"\xff").decode()})
        assert line["problems"][0]["code"] == "not_utf8"
        assert [row["row"] for row in pq.read_table(verdicts).to_pylist()] == [1, 3]


@pytest.mark.parametrize("block", [1, 1 << 20])
def test_a_broken_object_loses_only_its_own_line(tmp_path: Path, block: int) -> None:
    """Two lines that together form an object are two lines; a key followed by a space is still a key."""
    lines = [
        b'{"status":"a","draft":false}',
        b'{"status":"x}',
        b'{y"}',
        b'{"status":"completed","status"\r:"x","draft":false}',
    ]
    (tmp_path / "orders.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    with mock.patch.object(_lines, "BLOCK", block):
        report = audit_json("salla", str(tmp_path / "orders.jsonl"), write_patch(tmp_path, {"coupon_code": "E"}))
    assert (report["orders"], report["unread"]) == (1, 3)
    assert [(row["line"], row["code"]) for row in report["problems"]] == [
        (2, "not_json"),
        (3, "not_json"),
        (4, "duplicate_key"),
    ]


def test_the_size_of_a_line_is_measured_in_bytes(tmp_path: Path) -> None:
    """The lines around it make no difference."""
    large = '{"status": "x", "draft": false, "note": "' + "س" * 600_000 + '"}\n'
    good = '{"status": "x", "draft": false}\n'
    for before, after in (("", ""), (good * 5, ""), (good, "{}}\n")):
        (tmp_path / "orders.jsonl").write_text(before + large + after, encoding="utf-8")
        report = audit_json("salla", str(tmp_path / "orders.jsonl"), write_patch(tmp_path, {"coupon_code": "E"}))
        assert report["problems"][0]["code"] == "too_large"


def test_a_row_of_another_width_is_set_apart_as_a_whole(tmp_path: Path) -> None:
    """No order is read from the text of a note, and lines inside a quote are read at most twice."""
    orders, rejected = tmp_path / "orders.csv", tmp_path / "rejected.jsonl"
    row = b'7,completed,false,"line one\n8,shipped,false,x\nend",EXTRA\n'
    orders.write_bytes(b'\xef\xbb\xbf"id","status",draft,note\n' + row + b'9,"x",t,"a\nb"\n')
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    report = audit_json("salla", str(orders), patch, "--rejected", str(rejected))
    assert (report["orders"], report["unread"]) == (1, 1)
    (line,) = map(json.loads, rejected.read_text(encoding="utf-8").splitlines())
    assert (line["line"], line["text"]) == (2, row.decode())
    orders.write_bytes(b"status,draft\n" + b'x","y\n' * 4_000)
    assert audit_json("salla", str(orders), patch)["unread"] == 4_000


def test_only_what_is_shown_is_kept(tmp_path: Path) -> None:
    """The text of unreadable rows is dropped, and long statuses are shortened."""
    tally = _counts.Tally(salla.STATUS)
    tally.set_apart(
        [Apart(1, InvalidInput([Problem("", Code.NOT_CSV, {"reason": "syntax", "error": "x"})]), {"text": "x" * 1000})]
    )
    assert not tally.apart[0].raw
    for number in range(3):
        tally.add("x" * 1000 + str(number), "", 1)
    assert dict(tally.statuses()) == {f"'{'x' * 40}…' of 1 001 characters": {"": 3}}
    orders = write_rows(tmp_path / "orders.jsonl", [{"status": "y" * 1000, "draft": False}] * 3)
    assert audit_json("salla", orders, write_patch(tmp_path, {"coupon_code": "E"}))["statuses"][0]["orders"] == 3


def test_output_has_no_control_characters_and_no_personal_data(tmp_path: Path) -> None:
    """Names of columns and types may contain anything, and a first line without a header may be a row."""
    patch = write_patch(tmp_path, {"coupon_code": "E"})
    (tmp_path / "orders.csv").write_bytes(b"status\x1b[31mX,Noura Ali,+966501234567,draft\n")
    result = audit("salla", str(tmp_path / "orders.csv"), patch)
    assert "the columns are 'draft' and 3 others" in result.stderr.replace("\n", " ")
    pq.write_table(pa.table({"status": [{"\x1b[2J": 1}], "draft": [True]}), tmp_path / "orders.parquet")
    for refused in (result, audit("salla", str(tmp_path / "orders.parquet"), patch)):
        assert refused.exit_code == 2
        assert "\x1b" not in refused.output


def test_an_existing_output_file_keeps_its_permissions(tmp_path: Path) -> None:
    """Its name may have the maximum length."""
    orders = write_rows(tmp_path / "orders.csv", [{"status": "x", "draft": False}])
    rejected = tmp_path / ("订" * 80 + ".jsonl")
    rejected.touch(mode=0o600)
    assert (
        audit("salla", orders, write_patch(tmp_path, {"coupon_code": "E"}), "--rejected", str(rejected)).exit_code == 0
    )
    assert rejected.stat().st_mode & 0o777 == 0o600


def test_an_output_file_must_not_be_standard_output(tmp_path: Path) -> None:
    """The report would be lost when the file is moved to its place."""
    orders = write_rows(tmp_path / "orders.csv", [{"status": "x", "draft": False}])
    patch, printed = write_patch(tmp_path, {"coupon_code": "E"}), tmp_path / "printed"
    command = [sys.executable, "-m", "orderrules", "audit", "--platform", "salla", orders, patch, "--rejected"]
    for name in (str(printed), "/dev/stdout"):
        with printed.open("w") as out:
            process = subprocess.run([*command, name], stdout=out, stderr=subprocess.PIPE, check=False)
        assert (process.returncode, b"is where this command prints" in process.stderr.replace(b"\n", b" ")) == (2, True)
    assert "an output file needs a name" in audit("salla", orders, patch, "--verdicts", "-").stderr


def test_repeated_signals_leave_no_partial_files(tmp_path: Path) -> None:
    """The later ones arrive during the clean-up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start_audit(tmp_path)
        process.stdin.write(b"status,draft\n" + b"completed,false\n" * 100_000)
        process.stdin.flush()
        start = time.monotonic()
        while len(files_in(tmp_path)) < 2 and time.monotonic() < start + 60:
            time.sleep(0.02)
        for _ in range(20):
            process.send(number)
            time.sleep(0.001)
        _, _, err = process.communicate()
        assert files_in(tmp_path) == set()
        assert b"Traceback" not in err


def test_parquet_is_read_from_a_regular_file_only(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever."""
    os.mkfifo(tmp_path / "orders.parquet")
    result = audit("salla", str(tmp_path / "orders.parquet"), write_patch(tmp_path, {"coupon_code": "E"}))
    assert (result.exit_code, "Parquet is read from a regular file only" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", lambda content: pa.compress(content, "zstd", asbytes=True)),
        ("", gzip.compress),
    ],
    ids=["gzip", "bzip2", "xz", "zstd", "gzip, by its first bytes"],
)
def test_compressed_files_are_read(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    """CSV and JSON lines, from files and standard input; the format is recognised by the first bytes."""
    lines = b"status,draft,customer\ncompleted,0,registered\nshipped,1.0,none\n"
    orders = tmp_path / f"orders.csv{suffix}"
    orders.write_bytes(compress(lines))
    patch = write_patch(tmp_path, BOTH)
    report = audit_json("salla", str(orders), patch)
    assert (report["orders"], report["allowed"]) == (2, 1)
    payloads = compress(b'{"id": 1, "status": "pending"}\n' * 3)
    result = audit("awal", "-", write_patch(tmp_path, {"status": "accepted"}), "--payloads", given=payloads)
    assert (result.exit_code, "3 of 3 orders allow the update" in result.stdout) == (0, True)


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b\x08rubbish", gzip.compress(b"status\n" + b"x\n" * 9999)[:-30]], ids=["rubbish", "cut off"]
)
def test_an_error_names_the_file(tmp_path: Path, content: bytes) -> None:
    """The compressed file is invalid, or cut off."""
    orders = tmp_path / "orders.csv.gz"
    orders.write_bytes(content)
    result = audit("awal", str(orders), write_patch(tmp_path, {"status": "accepted"}))
    assert result.exit_code == 2
    assert str(orders) in result.stderr
    assert "Traceback" not in result.stderr


def test_flags_may_be_floats_with_gaps(tmp_path: Path) -> None:
    """A flag with missing values, as pandas stores it, is 1.0, 0.0, NaN or null."""
    drafts = pa.array([1.0, 0.0, None, float("nan")], pa.float64())
    frame = pa.table({"status": ["completed"] * 4, "draft": drafts, "customer": ["none"] * 4})
    orders = tmp_path / "orders.parquet"
    pq.write_table(frame, orders)
    report = audit_json("salla", str(orders), write_patch(tmp_path, BOTH))
    assert (report["orders"], report["allowed"], report["unread"]) == (4, 1, 0)
    pq.write_table(frame.set_column(1, "draft", pa.array([0.5, 2.0, 1.0, 0.0])), orders)
    assert audit_json("salla", str(orders), write_patch(tmp_path, BOTH))["unread"] == 2


def test_nested_columns_are_named_with_dots(tmp_path: Path) -> None:
    """In Parquet, payloads of the API are stored in this way."""
    orders = tmp_path / "orders.parquet"
    slugs = ["completed", None, "shipped"]
    rows = [{"status": {"id": 1, "slug": slug}, "of": {"who": {"id": number}}} for number, slug in enumerate(slugs)]
    pq.write_table(pa.Table.from_pylist([*rows, {"status": None, "of": None}]), orders)
    columns = ("--order-columns", "status=status.slug,draft=,customer=,id=of.who.id")
    verdicts, patch = tmp_path / "verdicts.parquet", write_patch(tmp_path, {"coupon_code": "x"})
    result = audit("salla", str(orders), patch, *columns, "--verdicts", str(verdicts))
    assert result.exit_code == 1
    verdict_rows = pq.read_table(verdicts).to_pylist()
    assert [(row["id"], row["status"], row["allowed"]) for row in verdict_rows] == [
        ("0", "completed", False),
        ("1", None, True),
        ("2", "shipped", True),
        (None, None, True),
    ]
    misspelt = audit("salla", str(orders), patch, "--order-columns", "status=status.slog,draft=,customer=")
    assert "there is no column 'status.slog'" in misspelt.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_file_without_orders_is_an_error(tmp_path: Path, form: str) -> None:
    """The report is printed, and standard error says why the exit status is 2."""
    orders = tmp_path / "orders.csv"
    orders.write_text("status\n", encoding="utf-8")
    result = audit("awal", str(orders), write_patch(tmp_path, {"status": "accepted"}), "--format", form)
    assert (result.exit_code, result.stderr) == (2, f"{orders}: there are no orders\n")
    assert ("0 of 0 orders allow the update" if form == "text" else '"orders": 0') in result.stdout


def test_standard_input_without_orders_is_an_error(tmp_path: Path) -> None:
    """The message names standard input."""
    result = audit("awal", "-", write_patch(tmp_path, {"status": "accepted"}), "--payloads")
    assert (result.exit_code, result.stderr) == (2, "standard input: there are no orders\n")


def test_a_file_without_readable_orders_needs_no_such_message(tmp_path: Path) -> None:
    """The report names the rows that could not be read."""
    orders = tmp_path / "orders.csv"
    orders.write_text("status\naccepted,1\n", encoding="utf-8")
    result = audit("awal", str(orders), write_patch(tmp_path, {"status": "accepted"}))
    assert (result.exit_code, result.stderr) == (2, "")
    assert "1 row could not be read" in result.stdout


def test_the_json_report_names_the_rulebook(tmp_path: Path) -> None:
    """It has the edition of the rulebook and its digest."""
    orders = write_rows(tmp_path / "orders.csv", [{"status": "pending"}])
    report = audit_json("awal", orders, write_patch(tmp_path, {"status": "accepted"}))
    assert (report["edition"], report["digest"]) == (awal.POLICY.edition, awal.POLICY.digest())


def test_a_parameter_that_is_not_given_is_named(tmp_path: Path) -> None:
    """Given, it decides."""
    (tmp_path / "house_rules.py").write_text(
        "import attrs\n"
        "from orderrules import Parameter, Rule, awal\n"
        "BY = Parameter('asked by', values=('staff', 'customer'))\n"
        "RULE = Rule(id='H', section=awal.Section.BRANCH_ID, only_if=BY.is_('staff'), reason='x')\n"
        "POLICY = attrs.evolve(awal.POLICY, parameters=(BY,)).with_rules(RULE)\n",
        encoding="utf-8",
    )
    orders, patch = tmp_path / "orders.csv", tmp_path / "patch.json"
    orders.write_text("status\npending\nshipped\n", encoding="utf-8")
    patch.write_text('{"branch_id": "7"}', encoding="utf-8")
    chosen = ["--policy", f"{tmp_path / 'house_rules.py'}:POLICY"]
    result = run("audit", *chosen, str(orders), str(patch))
    assert result.exit_code == 0
    assert "asked by is not given: an order that some value of it allows counts as allowed" in result.stdout
    data = json.loads(run("audit", *chosen, "--format", "json", str(orders), str(patch)).stdout)
    assert data["not_given"] == ["asked by"]
    given = run("audit", *chosen, "--given", "asked_by=customer", "--format", "json", str(orders), str(patch))
    assert (given.exit_code, json.loads(given.stdout)["not_given"]) == (1, [])


TILL = """
from orderrules import UNKNOWN, Fact, Policy, Rule
from orderrules.authoring import *
from enum import StrEnum

class Section(StrEnum):
    NOTE = "note"

STATUS = Fact("status", values=("open", UNKNOWN))
TOTAL = Fact("total", values=(UNKNOWN,), bands=(100,))
LINES = Fact("lines", bands=(0,), attribute="items", counts=True)

@model
class Patch(PatchBase, sections=Section):
    note: str | Unset = UNSET

@model
class Order(OrderBase["Patch"], facts=(STATUS, TOTAL, LINES)):
    status: str | None = None
    total: int | float | None = None
    items: tuple[int, ...] = ()

POLICY = Policy(name="till", order_type=Order, patch_type=Patch, rules=(
    Rule(id="T", section=Section.NOTE, only_if=TOTAL.above(100) & LINES.above(0), reason="x"),
))

def build(status, total, lines):
    return Order(status=status, total=total, items=(1,) * (lines or 0))

ENDPOINT = Endpoint(
    policy=POLICY, path="/orders/{id}", request_type=Patch, build_order=build,
    payload=Payload(places=(
        Place(attribute="status", path=("status",), kind=str | None),
        Place(attribute="total", path=("total",), kind=int | float),
        Place(attribute="lines", path=("lines",), kind=int, length=True),
    )),
    refusal=lambda decision: {}, refusal_status=422, unreadable=lambda error: {}, unreadable_status=400,
    code_of=lambda status, content: None,
)
"""


def test_bands_and_counts_are_read_from_columns_and_from_payloads(tmp_path: Path) -> None:
    """A number in text is one; one that is not finite is a problem."""
    (tmp_path / "till_rules.py").write_text(TILL, encoding="utf-8")
    chosen = ["--policy", f"{tmp_path / 'till_rules.py'}:ENDPOINT", "--format", "json"]
    patch = tmp_path / "patch.json"
    patch.write_text('{"note": "x"}', encoding="utf-8")
    rows = [("open", 101, 2), ("open", 100, 2), ("open", 101, 0), ("", 500.5, 1)]
    table = tmp_path / "orders.csv"
    lines = [f"{status},{total},{count}" for status, total, count in rows]
    table.write_text("\n".join(["status,total,items", *lines, "open,nan,1", "open,many,1"]), encoding="utf-8")
    payloads = tmp_path / "orders.jsonl"
    orders: list[dict[str, object]] = [
        {"status": status or None, "total": total, "lines": [{}] * count} for status, total, count in rows
    ]
    payloads.write_text("\n".join(map(json.dumps, orders)), encoding="utf-8")
    for arguments, problems in (
        ([str(table)], [("not_finite", "/total"), ("wrong_type", "/total")]),
        (["--payloads", str(payloads)], []),
    ):
        data = json.loads(run("audit", *chosen, *arguments, str(patch)).stdout)
        assert (data["orders"], data["allowed"]) == (4, 2)
        assert [(problem["code"], problem["pointer"]) for problem in data["problems"]] == problems
