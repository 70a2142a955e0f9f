"""The counts of an audit: orders by status, and by the rules that refuse the update.

Memory does not grow with the number of orders: statuses and problems are kept up to a limit.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from orderrules.grammar.conditions import UNKNOWN
from orderrules.languages.sentences import group_thousands
from orderrules.reading.limits import MAX_VALUE
from orderrules.reading.values import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orderrules.audit.rows import Apart
    from orderrules.grammar.conditions import Fact


MOST: Final = 1000
"""How many unknown statuses are counted separately; the others are counted together as ``OTHERS``."""
OTHERS: Final = "other statuses"
SHOWN: Final = 20
"""How many statuses are shown separately."""
_MAX_STATUS: Final = 256
"""How many characters of an unknown status are kept."""
NONE: Final = "no status"
KEPT: Final = 100
"""How many unreadable rows are kept with their problems."""


class Tally:
    """The counts of orders by status and verdict.

    A verdict is the ids of the rules that refuse, joined with ``", "``; ``""`` means allowed.

    Args:
        by: the fact that is the status.

    Attributes:
        named: the labels of the documented statuses, in the order of the documentation.
        unread: the number of rows that could not be read.
        apart: the first ``KEPT`` of these rows, without their content.
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
        """Count orders that have the same status and verdict."""
        label = self._labels.get(self._by.canonical(status))
        if label is None:
            word = str(status)
            label = repr(shorten(word))
            if len(word) > MAX_VALUE:
                label += f" of {group_thousands(len(word))} characters"
            if len(self._unlisted) < MOST:
                self._unlisted[label] = word[:_MAX_STATUS]
            elif label not in self._unlisted:
                label = OTHERS
        self._counts[label, violations] += orders

    def set_apart(self, apart: list[Apart]) -> None:
        """Count rows that could not be read; the problems of the first ones are kept."""
        self.unread += len(apart)
        self.apart += [attrs.evolve(row, raw={}) for row in apart[: max(0, KEPT - len(self.apart))]]

    @property
    def orders(self) -> int:
        """The number of orders that could be read."""
        return self._counts.total()

    @property
    def allowed(self) -> int:
        """The number of orders that allow the update."""
        return sum(orders for (_, violations), orders in self._counts.items() if not violations)

    def value_of(self, label: str) -> str | None:
        """Return the status that a label stands for, shortened if it is very long; None for ``NONE``."""
        return None if label == NONE else self._unlisted.get(label, label)

    @property
    def unlisted(self) -> int:
        """The number of orders with an unknown status or none."""
        return sum(orders for (label, _), orders in self._counts.items() if label not in self.named)

    def refused_by(self, rule: str) -> int:
        """Return the number of orders that a rule refuses."""
        return sum(refused_by(rule, verdicts) for _, verdicts in self.statuses())

    def statuses(self) -> Iterator[tuple[str, Counter[str]]]:
        """Iterate over the labels of statuses, each with the number of its orders by verdict.

        Documented statuses come first, in the order of the documentation, then the unknown ones, most frequent first.
        """
        verdicts: dict[str, Counter[str]] = {}
        for (label, violations), orders in self._counts.items():
            verdicts.setdefault(label, Counter())[violations] += orders
        last = [OTHERS, NONE]
        unknown = [label for label in verdicts if label not in {*self.named, *last}]
        unknown.sort(key=lambda label: (-verdicts[label].total(), label))
        for label in (*self.named, *unknown, *last):
            if label in verdicts:
                yield label, verdicts[label]


def refused_by(rule: str, verdicts: Counter[str]) -> int:
    """Return the number of orders that a rule refuses, from numbers of orders by verdict."""
    return sum(orders for violations, orders in verdicts.items() if rule in violations.split(", "))


def few(statuses: Iterable[tuple[str, Counter[str]]]) -> list[tuple[str, Counter[str]]]:
    """Return the first ``SHOWN`` statuses, and the others added up as one."""
    every = list(statuses)
    if len(every) <= SHOWN:
        return every
    others: Counter[str] = Counter()
    for _, verdicts in every[SHOWN:]:
        others.update(verdicts)
    return [*every[:SHOWN], (f"{len(every) - SHOWN} more", others)]
