"""Shows what the witnesses counted, and runs the examples of the README and the documentation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.routes import ROUTES, taking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

settings.register_profile("ci", deadline=None, derandomize=True, max_examples=300)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="module", params=ROUTES)
def route(request: pytest.FixtureRequest) -> Iterator[str]:
    """Read bodies by each way in turn."""
    with taking(request.param):
        yield request.param


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the points on which table and oracle agree, and the mutants that were caught."""
    reports: Iterable[pytest.TestReport] = terminalreporter.stats.get("passed", [])
    counted = {
        name: sum(int(str(value)) for report in reports for key, value in report.user_properties if key == name)
        for name in ("points", "mutants")
    }
    if any(counted.values()):
        terminalreporter.write_line(
            f"table and oracle agree on {counted['points']} points; mutants of the rules caught: {counted['mutants']}"
        )
