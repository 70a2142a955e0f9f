"""Counts what ``OrderMachine`` takes to catch ten wrong servers, and that it never accuses a right one.

Run it with ``make machine``; 20000 walks of each right server take some minutes.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from hypothesis.statistics import collector

from orderrules.testing import DisagreementError
from tests.kit.servers import RIGHT, WRONG, machine


def caught(serve: Any) -> tuple[int, int, float]:
    """Give how many examples it took, how many requests the shrunk script has, and the seconds."""
    told: list[Any] = []
    walker = machine(serve)
    trying = settings(walker.TestCase.settings, max_examples=300, database=None, report_multiple_bugs=False)
    before = time.perf_counter()
    try:
        with collector.with_value(told.append):
            run_state_machine_as_test(walker, settings=trying)
    except DisagreementError as error:
        cases = told[0]["generate-phase"]["test-cases"]
        requests = sum(line.startswith("PUT") for line in error.script)
        return len(cases), requests, time.perf_counter() - before
    raise SystemExit(f"{serve.__name__} was not caught")


def main() -> None:
    """Print a line for each server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="walks of each right server")
    parser.add_argument("--runs", type=int, default=5, help="runs on each wrong server")
    asked = parser.parse_args()
    for serve in WRONG:
        runs = [caught(serve) for _ in range(asked.runs)]
        most = [max(column) for column in zip(*runs, strict=True)]
        print(
            f"{serve.__name__:28} examples <= {most[0]:3}  requests <= {most[1]}  seconds <= {most[2]:.1f}", flush=True
        )
    for serve in RIGHT:
        before = time.perf_counter()
        walker = machine(serve)
        trying = settings(walker.TestCase.settings, max_examples=asked.examples, database=None)
        run_state_machine_as_test(walker, settings=trying)
        seconds = time.perf_counter() - before
        print(f"{serve.__name__:28} not accused in {asked.examples} examples, {seconds:.0f} seconds", flush=True)


if __name__ == "__main__":
    main()
