"""Measures how ``OrderMachine`` catches the wrong servers of the tests, and checks that it never accuses a right one.

Run it with ``make machine``; 20000 runs on each right server take some minutes.
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


def catch(serve: Any) -> tuple[int, int, float]:
    """Return the number of examples, the number of requests in the shrunk script, and the seconds."""
    statistics: list[Any] = []
    machine_type = machine(serve)
    run_settings = settings(machine_type.TestCase.settings, database=None)  # Otherwise the default settings.
    start = time.perf_counter()
    try:
        with collector.with_value(statistics.append):
            run_state_machine_as_test(machine_type, settings=run_settings)
    except DisagreementError as error:
        cases = statistics[0].get("generate-phase", {}).get("test-cases", []) if statistics else []
        requests = sum(line.startswith("PUT") for line in error.script)
        return len(cases), requests, time.perf_counter() - start
    raise SystemExit(f"{serve.__name__} was not caught")


def main() -> None:
    """Print a line for each server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2000, help="number of examples for each right server")
    parser.add_argument("--runs", type=int, default=5, help="number of runs for each wrong server")
    options = parser.parse_args()
    for serve in WRONG:
        runs = [catch(serve) for _ in range(options.runs)]
        most = [max(column) for column in zip(*runs, strict=True)]
        print(
            f"{serve.__name__:28} examples <= {most[0]:3}  requests <= {most[1]}  seconds <= {most[2]:.1f}", flush=True
        )
    for serve in RIGHT:
        start = time.perf_counter()
        machine_type = machine(serve)
        run_settings = settings(machine_type.TestCase.settings, max_examples=options.examples, database=None)
        run_state_machine_as_test(machine_type, settings=run_settings)
        seconds = time.perf_counter() - start
        print(f"{serve.__name__:28} not accused in {options.examples} examples, {seconds:.0f} seconds", flush=True)


if __name__ == "__main__":
    main()
