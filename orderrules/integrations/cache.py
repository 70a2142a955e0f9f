"""A cache of orders, in which an order is kept only while no other request may have changed it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic

import attrs

from orderrules.grammar.orders import OrderT

if TYPE_CHECKING:
    from collections.abc import Callable

Key = tuple[str, ...]
"""Identifies an order: the host and the path before its id, the id, and the account on whose behalf it was read."""


@attrs.frozen
class CachedOrder(Generic[OrderT]):
    """An order, and the time at which the platform was asked for it."""

    order: OrderT
    at: float


@attrs.define
class _Requests:
    """The requests about one order that are under way: how many, and whether there were ever two at once."""

    count: int = 0
    overlapped: bool = False


class OrderCache(Generic[OrderT]):
    """A cache of orders. Threads may share it.

    Args:
        max_age: for how many seconds an order is valid.
        max_orders: how many orders are kept at most; the oldest one is dropped first.
        clock: returns the time in seconds.

    Raises:
        ValueError: ``max_age`` or ``max_orders`` is negative.
    """

    def __init__(self, max_age: float, max_orders: int, clock: Callable[[], float]) -> None:
        if not (max_age >= 0 and max_orders >= 0):
            raise ValueError(f"max_age and max_orders must be 0 or more, got {max_age!r} and {max_orders!r}")
        self.clock = clock
        self._max_age = max_age
        self._max_orders = max_orders
        self._lock = threading.Lock()
        self._orders: OrderedDict[Key, CachedOrder[OrderT]] = OrderedDict()
        self._requests: dict[Key, _Requests] = {}

    def take(self, key: Key) -> CachedOrder[OrderT] | None:
        """Begin a request: return the order if it is cached and valid, and remove it from the cache."""
        with self._lock:
            requests = self._requests.setdefault(key, _Requests())
            requests.count += 1
            requests.overlapped |= requests.count > 1
            cached = self._orders.pop(key, None)
        return cached if cached is not None and self.clock() - cached.at < self._max_age else None

    def put_back(self, key: Key, order: CachedOrder[OrderT] | None) -> None:
        """End a request: cache the order as it is now, unless another request overlapped this one."""
        with self._lock:
            requests = self._requests[key]
            requests.count -= 1
            if not requests.count:
                del self._requests[key]
            if order is not None and not requests.overlapped:
                self._orders[key] = order
                if len(self._orders) > self._max_orders:
                    self._orders.popitem(last=False)

    def clear(self) -> None:
        """Remove every order."""
        with self._lock:
            self._orders.clear()
