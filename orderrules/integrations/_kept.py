"""Orders as they are known to be, kept for a while, and only while nobody else may have moved them.

It must never know a rule, nor what an update is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic

import attrs

from orderrules._rules import OrderT

if TYPE_CHECKING:
    from collections.abc import Callable

Key = tuple[str, ...]
"""What tells an order from others: where it is, its id, and on whose behalf it was asked for."""


@attrs.frozen
class Seen(Generic[OrderT]):
    """An order, and when the platform was asked for it."""

    order: OrderT
    at: float


@attrs.define
class _Flight:
    """How many requests about an order are on their way, and whether they were ever more than one."""

    count: int = 0
    crossed: bool = False


class Kept(Generic[OrderT]):
    """Orders that are kept for ``max_age`` seconds, ``max_orders`` at most. Threads may share it."""

    def __init__(self, max_age: float, max_orders: int, clock: Callable[[], float]) -> None:
        if not (max_age >= 0 and max_orders >= 0):
            raise ValueError(f"max_age and max_orders are 0 or more, and not {max_age!r} and {max_orders!r}")
        self.clock = clock
        self._max_age = max_age
        self._max_orders = max_orders
        self._lock = threading.Lock()
        self._orders: OrderedDict[Key, Seen[OrderT]] = OrderedDict()
        self._flights: dict[Key, _Flight] = {}

    def depart(self, key: Key) -> Seen[OrderT] | None:
        """Take note of a request about an order, and give the order as it is kept, which from now on it is not."""
        with self._lock:
            flight = self._flights.setdefault(key, _Flight())
            flight.count += 1
            flight.crossed |= flight.count > 1
            seen = self._orders.pop(key, None)
        return seen if seen is not None and self.clock() - seen.at < self._max_age else None

    def arrive(self, key: Key, seen: Seen[OrderT] | None) -> None:
        """Take note that a request is over, and keep the order as it is now, unless another request crossed it."""
        with self._lock:
            flight = self._flights[key]
            flight.count -= 1
            if not flight.count:
                del self._flights[key]
            if seen is not None and not flight.crossed:
                self._orders[key] = seen
                if len(self._orders) > self._max_orders:
                    self._orders.popitem(last=False)

    def forget(self) -> None:
        """Forget every order."""
        with self._lock:
            self._orders.clear()
