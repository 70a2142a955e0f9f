"""Writes Markdown."""

from __future__ import annotations


def table(lines: list[list[str]]) -> str:
    """Return a table whose first line has the headings."""
    heads, *rows = lines
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, ["---"] * len(heads), *rows])
