"""Runs mutation tests, and prints which mutants survive: ``python -m tests.kit.mutants``, or with ``--sample 200``.

A mutant that survives is listed in ``tests/kit/mutants.toml``, with the reason why no test can tell it from the
source; otherwise a test is missing. It is listed by what it changes, so the list stays valid when other code changes.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import random
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent.parent
LISTED: Final = Path(__file__).parent / "mutants.toml"
CORE: Final = ("reading", "grammar", "engine", "platforms")
"""The folders whose mutants are all tested."""
_MUTMUT: Final = [sys.executable, "-m", "mutmut", "run"]
_KILLED: Final = {1, 3, 24, 36, 152, 255, -24}
"""Exit codes of mutmut for a killed mutant: a test failed, pytest failed, or the mutant ran for too long."""


class Change(NamedTuple):
    """What a mutant changes: lines of a function, without their indentation."""

    module: str
    function: str
    removed: str
    added: str

    def __str__(self) -> str:
        lines = [f"  - {line}" for line in self.removed.splitlines()] + [
            f"  + {line}" for line in self.added.splitlines()
        ]
        return "\n".join([f"{self.module}.{self.function}", *lines])


def change_of(module: str, function: str, before: str, after: str) -> Change:
    """Return the change between two texts of a function."""
    lines = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    removed, added = ("\n".join(line[2:].strip() for line in lines if line[:2] == mark) for mark in ("- ", "+ "))
    return Change(module, function, removed, added)


class Listed(NamedTuple):
    """The contents of the list."""

    changes: dict[Change, str]
    """Changes, each with the reason why no test can detect it."""
    forms: dict[re.Pattern[str], str]
    """Patterns for parts of a line that may change in any way, each with the reason."""

    def knows(self, change: Change) -> bool:
        """Return whether a change is listed, or changes only what may change in any way."""
        return change in self.changes or any(
            form.sub("", change.removed) == form.sub("", change.added) for form in self.forms
        )


def listed() -> Listed:
    """Read the list."""
    entries = tomllib.loads(LISTED.read_text(encoding="utf-8"))
    return Listed(
        {
            Change(entry["module"], entry["function"], entry["removed"].strip(), entry["added"].strip()): entry[
                "reason"
            ]
            for entry in entries.get("mutant", [])
        },
        {re.compile(entry["pattern"]): entry["reason"] for entry in entries.get("form", [])},
    )


def verdicts() -> dict[str, dict[str, int | None]]:
    """Read the results of mutmut: for each module, the exit code of each mutant's tests."""
    places = sorted((ROOT / "mutants").rglob("*.py.meta"))
    names = [place.relative_to(ROOT / "mutants").as_posix().removesuffix(".py.meta") for place in places]
    return {
        name: json.loads(place.read_text(encoding="utf-8"))["exit_code_by_key"]
        for name, place in zip(names, places, strict=True)
    }


def change(module: str, mutant: str) -> Change:
    """Return what a mutant changes, as mutmut shows it."""
    reader: Any = importlib.import_module("mutmut.mutation.diff_apply")
    functions = reader.read_functions_from_index(mutant, f"{module}.py")
    before, after = (importlib.import_module("libcst").Module([function]).code for function in functions)
    name = mutant.rpartition(".")[2].partition("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return change_of(module.replace("/", "."), name, before, after)


def sample(size: int) -> list[str]:
    """Let mutmut create the mutants of the whole package, and return a random sample of them."""
    # mutmut creates them all and runs the tests once, before it notices that no mutant has this name.
    subprocess.run([*_MUTMUT, "none of them"], cwd=ROOT, check=False, stderr=subprocess.DEVNULL)
    names = [mutant for results in verdicts().values() for mutant in results]
    return sorted(random.sample(names, min(size, len(names))))


def main() -> int:
    """Run mutmut, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", default="2", help="number of mutants to test at the same time")
    parser.add_argument("--sample", type=int, help="test a random sample of this size from the whole package")
    options = parser.parse_args()
    names = sample(options.sample) if options.sample else [f"orderrules.{name}.*" for name in CORE]
    subprocess.run([*_MUTMUT, "--max-children", options.workers, *names], cwd=ROOT, check=False)
    return report(complete=not options.sample)


def report(*, complete: bool) -> int:
    """Print the score of each module, and every mutant that survives and is not listed."""
    known = listed()
    not_seen = dict.fromkeys(known.changes)
    holes: list[Change] = []
    total: Counter[str] = Counter()
    print(f"{'module':<28}{'mutants':>9}{'killed':>9}{'equivalent':>12}{'survived':>10}")
    for module, codes in verdicts().items():
        score: Counter[str] = Counter()
        for mutant, code in codes.items():
            if code is None:
                continue  # It was not tested.
            if code in _KILLED:
                score["killed"] += 1
                continue
            mutation = change(module, mutant)
            not_seen.pop(mutation, None)
            score["equivalent" if known.knows(mutation) else "survived"] += 1
            if not known.knows(mutation):
                holes.append(mutation)
        if score:
            print(_row(module.removeprefix("orderrules/"), score))
        total += score
    print(_row("total", total))
    for hole in holes:
        print(f"\nsurvives, and is not listed: {hole}")
    for entry in not_seen if complete else ():
        print(f"\nis listed, and no longer survives: {entry}")
    return 1 if holes or not total else 0


def _row(name: str, score: Counter[str]) -> str:
    return f"{name:<28}{score.total():>9}{score['killed']:>9}{score['equivalent']:>12}{score['survived']:>10}"


if __name__ == "__main__":
    sys.exit(main())
