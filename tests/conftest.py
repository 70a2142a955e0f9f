"""Sets Hypothesis, lets each test read by every route, and counts what ran."""

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

# Without the phase that explains a counterexample: it runs hundreds of examples more.
_PHASES = [phase for phase in Phase if phase is not Phase.explain]
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=300, phases=_PHASES)
settings.register_profile("here", deadline=None, phases=_PHASES)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="module", params=ROUTES)
def route(request: pytest.FixtureRequest) -> Iterator[str]:
    """Read bodies by each way in turn."""
    with taking(request.param):
        yield request.param


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what compares the numbers of a whole run with those that are written down."""
    group = parser.getgroup("counts", "numbers of tests, points and mutants")
    group.addoption("--counts", action="store_true", help="fail where they are not those in tests/counts.toml")
    group.addoption("--write-counts", action="store_true", help="write them down in tests/counts.toml")


class Counts:
    """Counts the tests that passed, and what the witnesses say they counted; at the end of a whole run."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.said: list[str] = []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Compare, or write down."""
        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        reports: list[pytest.TestReport] = reporter.stats.get("passed", [])
        found = {"passed": len(reports)} | {
            name: sum(int(str(value)) for report in reports for key, value in report.user_properties if key == name)
            for name in ("points", "mutants")
        }
        self.said = [
            f"table and oracle agree on {found['points']} points; mutants of the rules caught: {found['mutants']}"
        ]
        if session.exitstatus != pytest.ExitCode.OK:
            return
        if self.config.getoption("--write-counts"):
            COUNTS.write_text(
                HEAD + "".join(f"{name} = {number}\n" for name, number in found.items()), encoding="utf-8"
            )
        if self.config.getoption("--counts"):
            wanted = tomllib.loads(COUNTS.read_text(encoding="utf-8"))
            self.said += [
                f"FAIL {name}: {found[name]}, and tests/counts.toml says {wanted[name]}; if that is meant: make counts"
                for name in wanted
                if found[name] != wanted[name]
            ]
            if len(self.said) > 1:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was counted."""
        for line in self.said:
            terminalreporter.write_line(line, red=line.startswith("FAIL"))


def pytest_configure(config: pytest.Config) -> None:
    """Count where the tests are reported: not in a worker of pytest-xdist."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(config), "counts")
