"""Configure Hypothesis, run tests with each reading route, and count the results."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import Phase, settings

from tests.kit.ways_to_read import ROUTES, taking

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTS: Final = Path(__file__).parent / "counts.toml"
HEAD: Final = """\
# What `make test` counts on Python 3.11, written by `make counts`. It may only grow, or the change says why.
# passed: tests; points: decisions on which table and oracle agree; mutants: of the rules, all caught.
"""

# Leave out the phase that explains a counterexample: it runs hundreds of extra examples.
_PHASES = [phase for phase in Phase if phase is not Phase.explain]
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=300, phases=_PHASES)
settings.register_profile("here", deadline=None, phases=_PHASES)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="module", params=ROUTES)
def route(request: pytest.FixtureRequest) -> Iterator[str]:
    """Read bodies by each route in turn."""
    with taking(request.param):
        yield request.param


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that compare or write the counts of a whole run."""
    group = parser.getgroup("counts", "numbers of tests, points and mutants")
    group.addoption("--counts", action="store_true", help="fail if the counts differ from tests/counts.toml")
    group.addoption("--write-counts", action="store_true", help="write the counts to tests/counts.toml")


class Counts:
    """The counts of a whole run: passed tests, and the points and mutants that the tests recorded."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.report_lines: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare the counts with the file, or write them to it."""
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        reports: list[pytest.TestReport] = reporter.stats.get("passed", [])
        counts = {"passed": len(reports)} | {
            name: sum(int(str(value)) for report in reports for key, value in report.user_properties if key == name)
            for name in ("points", "mutants")
        }
        self.report_lines = [
            f"table and oracle agree on {counts['points']} points; mutants of the rules caught: {counts['mutants']}"
        ]
        if session.exitstatus != pytest.ExitCode.OK:
            return
        if self.config.getoption("--write-counts"):
            COUNTS.write_text(
                HEAD + "".join(f"{name} = {number}\n" for name, number in counts.items()), encoding="utf-8"
            )
        if self.config.getoption("--counts"):
            expected = tomllib.loads(COUNTS.read_text(encoding="utf-8"))
            self.report_lines += [
                f"FAIL {name}: counted {counts[name]}, tests/counts.toml has {expected[name]}; to accept: make counts"
                for name in expected
                if counts[name] != expected[name]
            ]
            if len(self.report_lines) > 1:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the counts."""
        for line in self.report_lines:
            terminalreporter.write_line(line, red=line.startswith("FAIL"))


def pytest_configure(config: pytest.Config) -> None:
    """Count only in the process that reports the tests, not in a worker of pytest-xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(config), "counts")
