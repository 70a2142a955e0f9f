"""The counts of an audit: orders by status, and by the rules that refuse the update.

Its size does not grow with the number of orders.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from orderrules.grammar.conditions import UNKNOWN
from orderrules.reading.limits import MAX_VALUE
from orderrules.reading.problems import group_thousands
from orderrules.reading.values import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orderrules.audit.rows import Apart
    from orderrules.grammar.conditions import Fact


MOST: Final = 1000
"""Statuses that no page names, of which each is counted by itself."""

OTHERS: Final = "other statuses"

SHOWN: Final = 20
"""Statuses that are shown each by itself."""

_LONGEST: Final = 256

NONE: Final = "none shown"

KEPT: Final = 100
"""Rows that cannot be read, of which the problems are kept."""


class Tally:
    """Counts orders.

    Attributes:
        named: what the statuses that the page names are called, in its order.
        unread: how many rows could not be read.
        apart: the first of them.
    """

    def __init__(self, by: Fact) -> None:
        self._by = by
        self._labels: dict[object, str] = {value: by.label(value) for value in by.values if value is not UNKNOWN}
        self.named = tuple(self._labels.values())
        self._labels[None] = NONE
        self._unlisted: dict[str, str] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self.unread = 0
        self.apart: list[Apart] = []

    def add(self, status: object, violations: str, orders: int) -> None:
        """Count orders of one status that had one verdict: the rules that refuse, or nothing."""
        label = self._labels.get(self._by.canonical(status))
        if label is None:
            word = str(status)
            label = shorten(word)
            if len(word) > MAX_VALUE:
                label += f" of {group_thousands(len(word))} characters"
            if len(self._unlisted) < MOST:
                self._unlisted[label] = word[:_LONGEST]
            elif label not in self._unlisted:
                label = OTHERS
        self._counts[label, violations] += orders

    def set_apart(self, apart: list[Apart]) -> None:
        """Count rows that could not be read; of the first, what is wrong is kept, and not the row."""
        self.unread += len(apart)
        self.apart += [attrs.evolve(row, raw={}) for row in apart[: max(0, KEPT - len(self.apart))]]

    @property
    def orders(self) -> int:
        """How many orders were decided on."""
        return self._counts.total()

    @property
    def allowed(self) -> int:
        """How many of them allow the update."""
        return sum(orders for (_, violations), orders in self._counts.items() if not violations)

    def value_of(self, label: str) -> str | None:
        """Give the status that a label stands for, cut where it is very long; none is None."""
        return None if label == NONE else self._unlisted.get(label, label)

    @property
    def unlisted(self) -> int:
        """How many orders were in a status that no page names, or in none."""
        return sum(orders for (label, _), orders in self._counts.items() if label not in self.named)

    def refused_by(self, rule: str) -> int:
        """How many of them a rule refuses."""
        return sum(refused_by(rule, verdicts) for _, verdicts in self.statuses())

    def statuses(self) -> Iterator[tuple[str, Counter[str]]]:
        """Walk the statuses there are, each with its verdicts: those of the page in its order, the others by number."""
        found: dict[str, Counter[str]] = {}
        for (label, violations), orders in self._counts.items():
            found.setdefault(label, Counter())[violations] += orders
        last = [OTHERS, NONE]
        between = [label for label in found if label not in {*self.named, *last}]
        between.sort(key=lambda label: (-found[label].total(), label))
        for label in (*self.named, *between, *last):
            if label in found:
                yield label, found[label]


def refused_by(rule: str, verdicts: Counter[str]) -> int:
    """Count the orders that a rule refuses, of those with some verdicts."""
    return sum(orders for violations, orders in verdicts.items() if rule in violations.split(", "))


def few(statuses: Iterable[tuple[str, Counter[str]]]) -> list[tuple[str, Counter[str]]]:
    """Put together those that come last, where there are many."""
    found = list(statuses)
    if len(found) <= SHOWN:
        return found
    others: Counter[str] = Counter()
    for _, verdicts in found[SHOWN:]:
        others.update(verdicts)
    return [*found[:SHOWN], (f"{len(found) - SHOWN} more", others)]
