"""Measures reading at growing sizes of input: twice the size may take twice the time, but not four times.

Run it with ``make growth``. It prints the times for each kind of input, and the exponent that fits them: about one.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from orderrules import InvalidInput, Limits, awal, salla

WIDE = Limits(size=1 << 30, digits=4300, depth=1 << 30)
SIZES = (4_000, 8_000, 16_000, 32_000, 64_000)
Input = tuple[Callable[..., object], Any]


def time_reading(read: Callable[..., object], source: Any, limits: Limits) -> float:
    """Return the seconds that it took to read something, or to refuse it."""
    start = time.perf_counter()
    try:
        read(source, limits=limits)
    except InvalidInput as error:
        str(error)
    return time.perf_counter() - start


KINDS: dict[str, tuple[Callable[[int], Input], Limits]] = {
    "unknown keys, a mapping": (lambda n: (salla.read_patch, {f"k{i}": 1 for i in range(n)}), WIDE),
    "unknown keys, a document": (
        lambda n: (salla.read_patch, "{" + ",".join(f'"k{i}":1' for i in range(n)) + "}"),
        WIDE,
    ),
    "equal keys": (lambda n: (salla.read_patch, "{" + ",".join(['"k":1'] * n) + "}"), WIDE),
    "equal keys of an order": (lambda n: (salla.read_order, '{"x":{' + ",".join(['"k":1'] * n) + "}}"), WIDE),
    "depth, refused": (lambda n: (salla.read_patch, "[" * n), Limits(size=1 << 30)),
    "depth, of brackets in text": (lambda n: (salla.read_order, '{"x":"' + '[\\"' * n + '"}'), WIDE),
    "depth, of quotes without end": (lambda n: (salla.read_order, '[{"' + '\\"[{' * n), Limits(size=1 << 30, depth=1)),
    "depth, of a string without end": (
        lambda n: (salla.read_patch, "[" * 65 + '"' + '\\"' * n + "\\"),
        Limits(size=1 << 30),
    ),
    "flaws deep down": (
        lambda n: (salla.read_order, '{"a":' * 60 + "[" + ",".join(["NaN"] * n) + "]" + "}" * 60),
        Limits(size=1 << 30),
    ),
    "digits, refused": (lambda n: (salla.read_patch, '{"branch_id":' + "7" * n + "}"), Limits(size=1 << 30)),
    "runs of digits in text": (
        lambda n: (salla.read_patch, '{"coupon_code":"' + ("7" * 99 + "x") * (n // 100) + '"}'),
        WIDE,
    ),
    "text": (lambda n: (salla.read_patch, '{"coupon_code":"' + "é" * n + '"}'), WIDE),
    "a long key": (lambda n: (salla.read_patch, {"k" * n: 1}), WIDE),
    "a list of wrong items": (lambda n: (salla.read_patch, {"employees": ["x"] * n}), WIDE),
    "a query": (lambda n: (read_query, "&".join(f"k{i}=1" for i in range(n))), WIDE),
}


def read_query(query: str, limits: Limits) -> object:
    """Read a request whose query is the input."""
    return awal.read_request(1, query, {}, limits=limits)


def exponent(times: list[float]) -> float:
    """Return the exponent that fits the times to a power of the sizes."""
    points = [(math.log(size), math.log(taken)) for size, taken in zip(SIZES, times, strict=True)]
    return statistics.linear_regression([x for x, _ in points], [y for _, y in points]).slope


def main() -> None:
    """Print a row for each kind of input, and the time for a million unknown keys."""
    head = "".join(f"{size:>10,}" for size in SIZES)
    print(f"{'milliseconds at size':32}{head}   exponent")
    for name, (make, limits) in KINDS.items():
        inputs = [make(size) for size in SIZES]
        times = [min(time_reading(read, source, limits) for _ in range(7)) for read, source in inputs]
        row = "".join(f"{taken * 1e3:10.2f}" for taken in times)
        print(f"{name:32}{row}   {exponent(times):8.2f}")
    body = {f"key{number}": 1 for number in range(1_000_000)}
    taken = statistics.median(time_reading(salla.read_patch, body, Limits()) for _ in range(5))
    try:
        salla.read_patch(body)
    except InvalidInput as error:
        print(f"\na million unknown keys: refused in {taken:.2f} s, with {len(str(error)):,} characters of text")


if __name__ == "__main__":
    sys.exit(main())
