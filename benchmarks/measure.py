"""Times things against one another: in one process, in turn, many short rounds, and the ratio of each round.

A machine that others use is now fast and now slow, and everything on it alike. So what is told is the ratio of two
things timed within the same few milliseconds: its median over all rounds, and its quartiles.
"""

from __future__ import annotations

import gc
import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import attrs

ROUNDS = 101
AT_LEAST = 1e-3
"""Seconds that a round takes, for each contender."""
Statement = tuple[str, dict[str, Any]]
"""A statement of Python, and the names in it."""


@attrs.frozen
class Row:
    """One comparison.

    Attributes:
        what: what was timed.
        against: what it was timed against.
        ratio: its time in theirs, the median of all rounds; below one it is faster.
        low: the lower quartile.
        high: the upper quartile.
        nanoseconds: its own time, the median.
        theirs: theirs.
        reach: what the ratio was to be at most.
    """

    what: str
    against: str
    ratio: float
    low: float
    high: float
    nanoseconds: float
    theirs: float
    reach: float | None = None


def loop(statement: Statement) -> Callable[[int], float]:
    """Make a function that runs a statement ten times for each of some rounds, and gives the seconds it took."""
    text, names = statement
    body = "\n".join([f"        {text}"] * 10)
    source = (
        f"def run(times):\n    start = now()\n    for _ in repeat(None, times):\n{body}\n    return now() - start\n"
    )
    space = {"now": time.perf_counter, "repeat": itertools.repeat, **names}
    exec(compile(source, "<loop>", "exec"), space)  # noqa: S102 - our own text.
    run: Callable[[int], float] = space["run"]
    return run


def calibrated(run: Callable[[int], float]) -> int:
    """Find how often to run something for a round to take long enough."""
    times = 1
    while run(times) < AT_LEAST:
        times *= 2
    return times


def compare(mine: Statement, theirs: Statement) -> tuple[list[float], list[float]]:
    """Give the nanoseconds that each took in every round, less those of the bare loop."""
    runs = [loop(mine), loop(theirs)]
    empty = loop(("pass", {}))
    counts = [calibrated(run) for run in runs]
    found: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for turn in range(ROUNDS):
            for place in (0, 1) if turn % 2 else (1, 0):
                base = empty(counts[place])
                found[place].append((runs[place](counts[place]) - base) / counts[place] / 10 * 1e9)
    finally:
        gc.enable()
    return found


def row(what: str, mine: Statement, against: str, theirs: Statement, reach: float | None = None) -> Row:
    """Compare two things."""
    return summed(what, against, *compare(mine, theirs), reach)


def summed(what: str, against: str, mine: list[float], theirs: list[float], reach: float | None = None) -> Row:
    """Sum two series of nanoseconds up."""
    low, middle, high = statistics.quantiles([one / other for one, other in zip(mine, theirs, strict=True)], n=4)
    return Row(what, against, middle, low, high, statistics.median(mine), statistics.median(theirs), reach)


def ratio(found: float) -> str:
    """Write a ratio: a small one as how many times faster that is."""
    return f"{found:.3g}" if found >= 0.1 else f"1/{1 / found:,.0f}"  # noqa: PLR2004 - where digits end to tell.


def time_of(nanoseconds: float) -> str:
    """Write a time in the unit that suits it."""
    units = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
    size, unit = next((size, unit) for size, unit in units if nanoseconds >= size or size == 1)
    return f"{nanoseconds / size:.3g} {unit}"
