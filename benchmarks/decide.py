"""Times a decision against the same rules written as ifs, on the same objects, in one process, in turn.

``make bench``. What counts is the ratio; the nanoseconds are this machine's, of this minute.
"""

from __future__ import annotations

import itertools
import platform
import statistics
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

from orderrules import UNSET, can_update, salla

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 41
CALLS = 20_000


def by_ifs(order: salla.Order, patch: salla.Patch) -> bool:
    """Answer as one would by hand: the first thing that refuses ends it, and nothing says what it was."""
    if order.draft:
        return True
    status = order.status
    if patch.customer is not UNSET and order.customer == "registered":
        return False
    if patch.payment is not UNSET and status != "payment_pending":
        return False
    if status == "completed":
        if patch.receiver is not UNSET or patch.coupon_code is not UNSET:
            return False
        if (
            patch.ship_to is not UNSET
            or patch.courier_id is not UNSET
            or patch.branch_id is not UNSET
            or patch.delivery_method is not UNSET
        ):
            return False
    return True


POLICY_CAN = salla.POLICY.can_update
CONTENDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "hand-written ifs, a bare bool": ("by_ifs(order, patch)", {"by_ifs": by_ifs}),
    "salla.POLICY.can_update(order, patch)": ("POLICY.can_update(order, patch)", {"POLICY": salla.POLICY}),
    "the same, bound once": ("can(order, patch)", {"can": POLICY_CAN}),
    "can_update(order, patch)": ("can_update(order, patch)", {"can_update": can_update}),
}
ORDER = salla.Order(status="under_review", customer=salla.CustomerKind.REGISTERED)
QUESTIONS = {
    "allowed": (ORDER, salla.Patch(receiver=salla.Receiver(name="Noura"), coupon_code="RAMADAN24")),
    "refused": (salla.Order(status="completed"), salla.Patch(coupon_code="RAMADAN24")),
}


def loop(statement: str, names: dict[str, Any]) -> Callable[[int], float]:
    """Make a function that runs a statement ten times for each of some rounds, and gives the seconds it took."""
    body = "\n".join([f"        {statement}"] * 10)
    source = (
        f"def run(times):\n    start = now()\n    for _ in repeat(None, times):\n{body}\n    return now() - start\n"
    )
    space = {"now": time.perf_counter, "repeat": itertools.repeat, **names}
    exec(compile(source, "<loop>", "exec"), space)  # noqa: S102 - our own text.
    run: Callable[[int], float] = space["run"]
    return run


def verify() -> None:
    """See that all contenders give the same answer on the questions asked, and on every status and key."""
    samples: dict[str, Any] = {
        "customer": salla.Customer(),
        "receiver": salla.Receiver(),
        "courier_id": 1,
        "payment": salla.Payment(),
        "coupon_code": "x",
        "employees": (),
    }
    patches = [
        salla.Patch(**{key: samples[key] for key in keys})
        for size in range(len(samples) + 1)
        for keys in itertools.combinations(samples, size)
    ]
    for status, draft, customer in itertools.product(salla.Status, (False, True), salla.CustomerKind):
        order = salla.Order(status=status, draft=draft, customer=customer)
        for patch in patches:
            assert by_ifs(order, patch) is POLICY_CAN(order, patch).allowed is can_update(order, patch).allowed  # noqa: S101


def main() -> None:
    """Print a table for each question, and what the table of decisions weighs."""
    verify()
    print(f"CPython {platform.python_version()}, {platform.machine()}, {ROUNDS} rounds of {CALLS} decisions, in turn\n")
    for question, (order, patch) in QUESTIONS.items():
        loops = {
            name: loop(statement, {"order": order, "patch": patch, **names})
            for name, (statement, names) in CONTENDERS.items()
        }
        empty = loop("pass", {})
        taken: dict[str, list[float]] = {name: [] for name in loops}
        for _ in range(ROUNDS):
            base = empty(CALLS // 10)
            for name, run in loops.items():
                taken[name].append((run(CALLS // 10) - base) / CALLS * 1e9)
        ifs = taken["hand-written ifs, a bare bool"]
        print(f"{question:42} median ns   ratio to the ifs: median (quartiles)")
        for name, times in taken.items():
            ratios = [mine / theirs for mine, theirs in zip(times, ifs, strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            print(f"  {name:40} {statistics.median(times):9.1f}   {middle:.2f} ({low:.2f} to {high:.2f})")
        print()
    tracemalloc.start()
    policy = salla.policy()
    policy.can_update(ORDER, salla.Patch())
    for status, draft, customer in itertools.product((*salla.Status, "draft", "?"), (False, True), salla.CustomerKind):
        policy.can_update(salla.Order(status=status, draft=draft, customer=customer), salla.Patch())
    held, _ = tracemalloc.get_traced_memory()
    print(f"Salla's policy with all its 49,152 decisions: {held / 1024:.0f} KiB")


if __name__ == "__main__":
    sys.exit(main())
