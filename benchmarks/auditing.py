"""Measures audits of one and of ten million orders, each in another process: time and memory.

Memory should stay flat: a file with ten times as many orders should need no more.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import rich.progress
from engines import orders

SIZES = (1_000_000, 10_000_000)
PIECE = 250_000
HEADS = ("file", "orders", "size", "time", "orders a second", "peak memory", "against the smaller file")
BODY = '{"courier_id": 7, "coupon_code": "EID24"}'


def _write_file(folder: Path, kind: str, count: int) -> Path:
    """Write a file, piece by piece."""
    path = folder / f"orders.{kind}"
    piece = pl.from_arrow(orders(PIECE)[0])
    assert isinstance(piece, pl.DataFrame)
    numbers = (pl.Series("id", range(at, at + PIECE)) for at in range(0, count, PIECE))
    pieces = (piece.insert_column(0, ids) if at == 0 else piece.with_columns(ids) for at, ids in enumerate(numbers))
    if kind == "parquet":
        first = next(pieces).to_arrow()
        with pq.ParquetWriter(path, first.schema) as writer:
            writer.write_table(first)
            for following in pieces:
                writer.write_table(following.to_arrow())
        return path
    with path.open("wb") as file:
        for at, following in enumerate(pieces):
            if kind == "csv":
                following.write_csv(file, include_header=at == 0)
            else:
                following.write_ndjson(file)
    return path


_WATCHER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - start
print(json.dumps([status, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]))
"""
"""Runs a command. This process must be small, because a child process counts its parent's memory as its own."""


def _measure(path: Path, folder: Path) -> tuple[float, float]:
    """Audit a file, and return the seconds and the mebibytes that it took."""
    body = folder / "patch.json"
    body.write_text(BODY)
    command = [sys.executable, "-m", "orderrules", "audit", "--platform", "salla", "--order-columns", "id=id"]
    command += ["--verdicts", str(folder / "verdicts.parquet"), "--rejected", str(folder / "rejected.jsonl")]
    watched = [sys.executable, "-c", _WATCHER, *command, str(path), str(body)]
    result = subprocess.run(watched, capture_output=True, check=True)  # noqa: S603 - it runs this project.
    status, seconds, peak = json.loads(result.stdout)
    assert status == 1, status
    return seconds, peak


def auditing() -> list[list[str]]:
    """Return the rows of a table."""
    rows: list[list[str]] = []
    kinds = [(kind, count) for kind in ("parquet", "csv", "jsonl") for count in SIZES]
    peaks: dict[str, float] = {}
    for kind, count in rich.progress.track(kinds, "auditing files"):
        with tempfile.TemporaryDirectory() as away:
            path = _write_file(Path(away), kind, count)
            seconds, peak = _measure(path, Path(away))
            size = f"{path.stat().st_size / 1e6:,.0f} MB"
        smaller = peaks.setdefault(kind, peak)
        against = "" if count == SIZES[0] else f"{peak / smaller:.2f}"
        rate = f"{count / seconds / 1000:,.0f} 000".replace(",", " ")
        number = f"{count:,}".replace(",", " ")
        rows.append([kind, number, size, f"{seconds:.1f} s", rate, f"{peak:.0f} MiB", against])
    return rows
