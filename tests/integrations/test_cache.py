"""Orders that are kept, only while no two requests about one of them have met."""

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
    """Keep orders where the clock stands still."""
    return OrderCache(max_age, max_orders, lambda: 0.0)


def test_an_order_is_kept_until_the_next_request_departs() -> None:
    """From then on it is not known what it is, until the request arrives."""
    orders = cache()
    assert orders.take(KEY) is None
    orders.put_back(KEY, PENDING)
    assert orders.take(KEY) == PENDING
    assert orders.take(KEY) is None


def test_requests_that_cross_leave_nothing_cache() -> None:
    """Whichever arrives last, and however many there were: neither knows what the other did."""
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


def test_nothing_is_kept_for_no_time_and_no_place() -> None:
    """A limit of 0 is one."""
    for orders in (cache(max_age=0.0), cache(max_orders=0)):
        orders.take(KEY)
        orders.put_back(KEY, PENDING)
        assert orders.take(KEY) is None


def test_what_is_kept_under_threads_is_what_the_last_of_them_left() -> None:
    """Each takes a step from what it was shown or else from the truth, and no step is taken from what was overtaken."""
    orders: OrderCache[awal.Order] = OrderCache(60.0, 8, lambda: 0.0)
    truth = [0]
    wrong: list[tuple[int, int]] = []
    chance = random.Random(7)  # noqa: S311 - to mix threads, not to hide anything.

    def step(_: int) -> None:
        done = truth[0]
        seen = orders.take(KEY)
        if seen is not None and seen.at < done:
            wrong.append((int(seen.at), done))
        truth[0] += 1  # What another does at the same time makes the two cross.
        after = truth[0]
        time.sleep(chance.choice([0.0, 0.0, 0.0001]))  # Others may run meanwhile.
        orders.put_back(KEY, CachedOrder(awal.Order(status="pending"), float(after)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(step, range(2000)))
    assert not wrong
    assert not orders._requests


def test_the_order_that_was_kept_first_is_given_up_first() -> None:
    """Where there are more than may be kept."""
    orders = cache(max_orders=2)
    keys = [(*KEY[:3], str(number)) for number in range(3)]
    for key in keys:
        orders.take(key)
        orders.put_back(key, PENDING)
    assert [orders.take(key) for key in keys] == [None, PENDING, PENDING]
