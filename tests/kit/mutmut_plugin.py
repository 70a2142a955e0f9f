"""A pytest plugin for mutation tests; only ``make mutants`` loads it.

mutmut runs all tests once, and then forks a process for each mutant. Two things must not be inherited: modules, which
hold the objects made on import, and caches, which hold the objects made later.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import pytest
from hypothesis import settings

_NO_MUTANT: Final = {"", "fail", "list_all_tests", "mutant_generation", "stats"}

settings.register_profile("mutants", deadline=None, derandomize=True, max_examples=25, database=None)


# Each mutant imports everything again, so byte code is written even if the environment turns it off.
sys.dont_write_bytecode = False


def _mutant() -> str:
    return os.environ.get("MUTANT_UNDER_TEST", "")


def pytest_configure() -> None:
    """Import the package and the tests again, so that the mutant makes the objects made on import."""
    settings.load_profile("mutants")
    for name in [*sys.modules]:
        if name.partition(".")[0] in {"orderrules", "tests"} and name != __name__:
            del sys.modules[name]


def pytest_runtest_setup() -> None:
    """Empty the caches before each test while mutmut records which tests reach which functions."""
    if _mutant() != "stats":
        return
    for name, module in [*sys.modules.items()]:
        if name.startswith("orderrules.") and module is not None:  # A test may mark a module as missing.
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
    from orderrules import awal, salla
    from orderrules.engine.decision_table import rows_of

    for policy in (salla.POLICY, awal.POLICY):
        rows = rows_of(policy)
        rows[:] = [None] * len(rows)
        policy._cache.pop("table", None)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Count a mutant that cannot be imported as killed, and one whose tests are not found as alive."""
    if _mutant() not in _NO_MUTANT:
        if session.testsfailed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif session.exitstatus == pytest.ExitCode.USAGE_ERROR:
            session.exitstatus = pytest.ExitCode.OK
