"""Draws how many vectors there are, and which of them notice which planted mistake."""

from __future__ import annotations

import json
from typing import Any

from orderrules.analysis import vectors
from orderrules.cli.app import PLATFORMS
from orderrules.languages.sentences import group_thousands
from tests.kit.markdown import table
from tests.kit.planted_mistakes import NOTICED

LISTS = ("updates", "actions", "orders", "bodies", "answers")


def draw_vectors() -> str:
    """Return a table of the number of vectors in each list."""
    suites: dict[str, Any] = {name: vectors.suite(each.policy, each) for name, each in PLATFORMS.items()}
    rows = [[f"`{part}`", *(group_thousands(len(suite[part])) for suite in suites.values())] for part in LISTS]
    return table([["list", *(name.title() for name in suites)], *rows])


def draw_planted() -> str:
    """Return how many mistakes are noticed, and a table of the lists of vectors that notice each."""
    noticed: dict[str, dict[str, list[str]]] = json.loads(NOTICED.read_text(encoding="utf-8"))["noticed"]
    found = sum(1 for parts in noticed.values() if parts)
    rows = [
        [says, *(", ".join(part.split()[0] for part in parts.get(name, [])) or "none" for name in PLATFORMS)]
        for says, parts in noticed.items()
    ]
    heads = ["planted mistake", *(f"noticed by {name.title()}'s" for name in PLATFORMS)]
    return f"{found} of {len(noticed)} mistakes are noticed.\n\n{table([heads, *rows])}"
