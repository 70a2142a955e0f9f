"""Compares the times of two statements: in one process, in turn, in many short rounds.

The speed of a shared machine changes all the time, and everything on it slows down alike. So the result is the ratio of
two times that were measured within the same few milliseconds: its median and its quartiles over all rounds.
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
"""The seconds that a round takes at least, for each statement."""
Statement = tuple[str, dict[str, Any]]
"""A Python statement, and the names in it."""


@attrs.frozen
class Row:
    """One comparison.

    Attributes:
        what: what was measured.
        against: what it was compared with.
        ratio: its time divided by the other time, the median of all rounds; below one it is faster.
        low: the lower quartile of the ratio.
        high: the upper quartile of the ratio.
        nanoseconds: its own time, the median.
        theirs: the other time, the median.
        reach: the greatest ratio that meets the goal, or None.
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
    """Return a function that runs a statement ten times in each of some rounds, and returns the seconds it took."""
    text, names = statement
    body = "\n".join([f"        {text}"] * 10)
    source = (
        f"def run(times):\n    start = now()\n    for _ in repeat(None, times):\n{body}\n    return now() - start\n"
    )
    space = {"now": time.perf_counter, "repeat": itertools.repeat, **names}
    exec(compile(source, "<loop>", "exec"), space)  # noqa: S102 - our own text.
    run: Callable[[int], float] = space["run"]
    return run


def calibrate(run: Callable[[int], float]) -> int:
    """Return how often to run something so that a round takes long enough."""
    times = 1
    while run(times) < AT_LEAST:
        times *= 2
    return times


def compare(mine: Statement, theirs: Statement) -> tuple[list[float], list[float]]:
    """Return the nanoseconds of each statement in every round, less those of an empty loop."""
    runs = [loop(mine), loop(theirs)]
    empty = loop(("pass", {}))
    counts = [calibrate(run) for run in runs]
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for turn in range(ROUNDS):
            for place in (0, 1) if turn % 2 else (1, 0):
                base = empty(counts[place])
                times[place].append((runs[place](counts[place]) - base) / counts[place] / 10 * 1e9)
    finally:
        gc.enable()
    return times


def row(what: str, mine: Statement, against: str, theirs: Statement, reach: float | None = None) -> Row:
    """Compare two statements."""
    return summarize(what, against, *compare(mine, theirs), reach)


def summarize(what: str, against: str, mine: list[float], theirs: list[float], reach: float | None = None) -> Row:
    """Summarize two series of nanoseconds."""
    low, middle, high = statistics.quantiles([one / other for one, other in zip(mine, theirs, strict=True)], n=4)
    return Row(what, against, middle, low, high, statistics.median(mine), statistics.median(theirs), reach)


def ratio(value: float) -> str:
    """Format a ratio; a small one says how many times faster it is."""
    return f"{value:.3g}" if value >= 0.1 else f"1/{1 / value:,.0f}"  # noqa: PLR2004 - smaller ratios are easier to read as fractions.


def time_of(nanoseconds: float) -> str:
    """Format a time in a suitable unit."""
    units = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
    size, unit = next((size, unit) for size, unit in units if nanoseconds >= size or size == 1)
    return f"{nanoseconds / size:.3g} {unit}"
