"""The cache of orders: an order is cached only while no two requests about it overlap."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor

from orderrules import awal
from orderrules.integrations.cache import CachedOrder, OrderCache

KEY = ("https", "shop.example", "/v2", "1")
PENDING = CachedOrder(awal.Order(status="pending"), 0.0)
ACCEPTED = CachedOrder(awal.Order(status="accepted"), 0.0)


def cache(max_age: float = 60.0, max_orders: int = 8) -> OrderCache[awal.Order]:
    """Return a cache whose clock stands still."""
    return OrderCache(max_age, max_orders, lambda: 0.0)


def test_an_order_is_cached_until_the_next_request_is_sent() -> None:
    """While a request is under way, the state of its order is unknown."""
    orders = cache()
    assert orders.take(KEY) is None
    orders.put_back(KEY, PENDING)
    assert orders.take(KEY) == PENDING
    assert orders.take(KEY) is None


def test_overlapping_requests_leave_nothing_in_the_cache() -> None:
    """No request knows what the others changed, whichever answer arrives last."""
    orders = cache()
    orders.take(KEY)
    orders.take(KEY)
    orders.put_back(KEY, PENDING)
    orders.take(KEY)
    orders.put_back(KEY, ACCEPTED)
    orders.put_back(KEY, ACCEPTED)
    assert orders.take(KEY) is None
    orders.put_back(KEY, ACCEPTED)
    assert orders.take(KEY) == ACCEPTED


def test_a_limit_of_zero_turns_the_cache_off() -> None:
    """This holds for the age and for the number of orders."""
    for orders in (cache(max_age=0.0), cache(max_orders=0)):
        orders.take(KEY)
        orders.put_back(KEY, PENDING)
        assert orders.take(KEY) is None


def test_threads_never_get_an_outdated_order_from_the_cache() -> None:
    """Each thread takes the order, makes one update and puts the order back."""
    orders: OrderCache[awal.Order] = OrderCache(60.0, 8, lambda: 0.0)
    updates = [0]
    outdated: list[tuple[int, int]] = []
    rng = random.Random(7)  # noqa: S311 - it varies the delays and is not used for security.

    def step(_: int) -> None:
        expected = updates[0]
        cached = orders.take(KEY)
        if cached is not None and cached.at < expected:
            outdated.append((int(cached.at), expected))
        updates[0] += 1  # If two threads do this at the same time, their requests overlap.
        number = updates[0]
        time.sleep(rng.choice([0.0, 0.0, 0.0001]))  # Let other threads run.
        orders.put_back(KEY, CachedOrder(awal.Order(status="pending"), float(number)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(step, range(2000)))
    assert not outdated
    assert not orders._requests


def test_a_full_cache_drops_its_oldest_order() -> None:
    """The limit is two orders here."""
    orders = cache(max_orders=2)
    keys = [(*KEY[:3], str(number)) for number in range(3)]
    for key in keys:
        orders.take(key)
        orders.put_back(key, PENDING)
    assert [orders.take(key) for key in keys] == [None, PENDING, PENDING]
