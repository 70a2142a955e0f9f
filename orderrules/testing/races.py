"""``check_races`` sends two updates of one order at once, and holds the outcome against both orders of the two.

Whichever the service took first, one of the two ways must explain both answers and what is read back. Otherwise the
service let something through that no order of the two allows, or lost what it answered with a success.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import attrs

from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET, slots_of
from orderrules.testing.own_decisions import own_decisions
from orderrules.testing.sessions import (
    AnswerStatus,
    Body,
    DisagreementError,
    is_accepted,
    read_otherwise,
    script_line,
    told,
)
from orderrules.testing.walk import (
    IncompleteWalkWarning,
    check_names,
    groups_of_orders,
    kinds_of_orders,
    single_updates,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator

    from orderrules.grammar.orders import OrderT, PatchBase, PatchT
    from orderrules.policy.policy import Policy

_ROUNDS: Final = 100
_SECONDS: Final = 5.0
_CONFLICTS: Final = frozenset({409, 412, 423, 429, 503})
"""Statuses that say that an update was not taken because of another one."""
_WAIT: Final = 30.0
"""How many seconds two threads wait for each other, or for an answer, at most."""
_SWITCH: Final = 1e-6
"""How many seconds a thread runs before another one may, so that two in one process meet in the middle of an update."""


@attrs.frozen
class RaceReport:
    """What came of sending updates at once. It is truthy if every outcome had an order of the two that explains it.

    Attributes:
        pairs: how many pairs of updates were sent.
        rounds: how often pairs were sent in all.
        seconds: how long it took.
        disagreements: for each pair with an outcome that no order of the two explains, the first such outcome.
        is_complete: whether all rounds fitted into the time.
    """

    pairs: int
    rounds: int
    seconds: float
    disagreements: tuple[DisagreementError, ...] = ()
    is_complete: bool = True

    def __bool__(self) -> bool:
        return not self.disagreements

    def __str__(self) -> str:
        summary = f"{self.pairs} pairs of updates were sent at once, {self.rounds} times in {self.seconds:.1f} s"
        return "\n".join([summary, *map(str, self.disagreements)])


@attrs.frozen
class _Pair:
    """Two updates of one order that may both be allowed if they are sent alone."""

    order: Any
    one: Any
    other: Any


def check_races(  # noqa: PLR0913 - all but three have defaults.
    policy: Policy[OrderT, PatchT],
    send: Callable[[Any, Body], Any],
    *,
    create: Callable[[OrderT], Any],
    read: Callable[[Any], Any] | None = None,
    orders: Iterable[OrderT] | None = None,
    write_only: Collection[str] = (),
    rounds: int = _ROUNDS,
    seconds: float = _SECONDS,
) -> RaceReport:
    """Send pairs of updates of one order at once, in two threads, or in two tasks if ``send`` is a coroutine function.

    Args:
        policy: the rules that the service must keep.
        send: sends an update; see ``check_service``. Two threads or two tasks call it at once.
        create: creates an order in the service, and returns its handle.
        read: reads an order back by its handle; without it, only the answers are compared.
        orders: the orders that the service can have; by default, one of every kind.
        write_only: what the service does not show; see ``check_service``.
        rounds: how often each pair is sent, since not every time two updates meet.
        seconds: how long it takes at most; rounds that do not fit are left out.

    Returns:
        The report, which is truthy if each outcome could have come from one update after the other. An update that is
        answered with 409, 412, 423, 429 or 503 counts as not taken.

    Raises:
        TypeError: ``write_only`` is a string.
        ValueError: ``write_only`` names what is not there, or ``rounds`` is less than 1.
    """
    check_names(policy, write_only)
    if rounds < 1:
        raise ValueError(f"rounds must be 1 or more, got {rounds}")
    listed = kinds_of_orders(policy) if orders is None else orders
    pairs = _pairs(policy, list(listed))
    race = _Race(policy, write_only, seconds)
    if inspect.iscoroutinefunction(send):
        asyncio.run(race.run_tasks(pairs, rounds, send, create, read))
    else:
        with _switching_often():
            race.run_threads(pairs, rounds, send, create, read)
    report = race.report()
    if not report.is_complete:
        warnings.warn(f"{str(report).splitlines()[0]}; for more, set seconds", IncompleteWalkWarning, stacklevel=2)
    return report


def _pairs(policy: Policy[OrderT, PatchT], orders: list[OrderT]) -> list[_Pair]:
    """Return pairs of updates, those first of which the second is refused after the first."""
    found: dict[tuple[object, ...], tuple[bool, _Pair]] = {}
    with own_decisions():
        for group in groups_of_orders(policy, orders):
            order = group[0]
            allowed = [patch for patch in single_updates(policy) if policy.can_update(order, patch)]
            for one, other in itertools.combinations_with_replacement(allowed, 2):
                meets = one is not other or len(_results(policy, _Pair(order, one, other))) == 1
                excludes = not policy.can_update(policy.apply(order, one), other)
                if meets or excludes:
                    found.setdefault((one, other, excludes), (not excludes, _Pair(order, one, other)))
    return [pair for _, pair in sorted(found.values(), key=lambda entry: entry[0])]


def _results(policy: Policy[Any, Any], pair: _Pair) -> list[tuple[tuple[bool, bool], Any]]:
    """Return what may come of a pair, for either order of the two: which are allowed, and the order afterwards."""
    results: list[tuple[tuple[bool, bool], Any]] = []
    with own_decisions():
        for places in ((0, 1), (1, 0)):
            order, verdicts = pair.order, [False, False]
            for place in places:
                patch = (pair.one, pair.other)[place]
                verdicts[place] = policy.can_update(order, patch).allowed
                order = policy.apply(order, patch) if verdicts[place] else order
            verdict = (verdicts[0], verdicts[1])
            if (verdict, order) not in results:
                results.append((verdict, order))
    return results


def _results_of_one(
    policy: Policy[Any, Any], pair: _Pair, left_out: tuple[bool, ...]
) -> list[tuple[tuple[bool | None, ...], Any]]:
    """Return what comes of a pair of which some updates were not taken; these count as refused or failed."""
    with own_decisions():
        order, verdicts = pair.order, list[bool]()
        for patch, is_left_out in zip((pair.one, pair.other), left_out, strict=True):
            is_taken = not is_left_out and policy.can_update(order, patch).allowed
            verdicts.append(is_taken)
            order = policy.apply(order, patch) if is_taken else order
    return [(tuple(verdicts), order)]


class _Race:
    """The pairs that were sent, and the outcomes that nothing explains."""

    def __init__(self, policy: Policy[Any, Any], write_only: Collection[str], seconds: float) -> None:
        self._policy = policy
        self._write_only = frozenset({"id", *write_only})
        self._start = time.monotonic()
        self._seconds = seconds
        self._sent: set[int] = set()
        self._rounds = 0
        self._complete = True
        self._shown_keys: set[str] = set()
        self._found: dict[int, DisagreementError] = {}

    def report(self) -> RaceReport:
        """Return what was sent and found."""
        seconds = time.monotonic() - self._start
        return RaceReport(
            len(self._sent), self._rounds, seconds, tuple(self._found.values()), is_complete=self._complete
        )

    def _turns(self, pairs: list[_Pair], rounds: int) -> Iterator[tuple[int, _Pair]]:
        """Iterate over all pairs, again and again, without those that were found to fail."""
        for _ in range(rounds):
            for number, pair in enumerate(pairs):
                if number not in self._found:
                    if time.monotonic() - self._start > self._seconds:
                        self._complete = False
                        return
                    self._sent.add(number)
                    self._rounds += 1
                    yield number, pair

    def run_threads(
        self,
        pairs: list[_Pair],
        rounds: int,
        send: Callable[[Any, Body], AnswerStatus],
        create: Callable[[Any], Any],
        read: Callable[[Any], Any] | None,
    ) -> None:
        """Send each pair in two threads."""
        gate = threading.Barrier(2, timeout=_WAIT)

        def put(handle: object, patch: PatchBase) -> AnswerStatus:
            body = write_body(patch)
            gate.wait()
            return send(handle, body)

        with ThreadPoolExecutor(2) as pool:
            for number, pair in self._turns(pairs, rounds):
                handle = create(_without_id(pair.order))
                before = None if read is None else read(handle)
                answers = [pool.submit(put, handle, patch) for patch in (pair.one, pair.other)]
                statuses = tuple(answer.result(_WAIT) for answer in answers)
                self._judge(number, pair, statuses, (before, None if read is None else read(handle)))

    async def run_tasks(
        self,
        pairs: list[_Pair],
        rounds: int,
        send: Callable[[Any, Body], Any],
        create: Callable[[Any], Any],
        read: Callable[[Any], Any] | None,
    ) -> None:
        """Send each pair in two tasks."""
        for number, pair in self._turns(pairs, rounds):
            handle = await _result(create(_without_id(pair.order)))
            before = None if read is None else await _result(read(handle))
            statuses = await asyncio.gather(*(send(handle, write_body(patch)) for patch in (pair.one, pair.other)))
            after = None if read is None else await _result(read(handle))
            self._judge(number, pair, tuple(statuses), (before, after))

    def _judge(self, number: int, pair: _Pair, statuses: tuple[AnswerStatus, ...], observed: tuple[Any, Any]) -> None:
        """Note a disagreement if no order of the two updates explains the outcome."""
        accepted = tuple(is_accepted(status) for status in statuses)
        results: list[tuple[tuple[bool | None, ...], Any]] = [*_results(self._policy, pair)]
        if any(status in _CONFLICTS for status in statuses):
            # A service may answer that it did not take an update because of the other one.
            results = _results_of_one(self._policy, pair, tuple(status in _CONFLICTS for status in statuses))
        accepted = tuple(
            False if status in _CONFLICTS else each for status, each in zip(statuses, accepted, strict=True)
        )
        same_answers = [order for verdict, order in results if verdict == accepted]
        lost = [self._lost(pair, accepted, observed, order) for order in same_answers]
        if same_answers and not all(lost):
            return
        script = [
            f"create order 1: {script_line(pair.order)}",
            *(
                f"PUT order 1, at once: {told(write_body(patch))} -> {status}"
                for patch, status in zip((pair.one, pair.other), statuses, strict=True)
            ),
        ]
        ways = " or ".join("/".join("200" if each else "refused" for each in verdict) for verdict, _ in results)
        verdict = (
            f"no order of the two explains what was read back: {min(lost, key=len)}"
            if same_answers
            else f"no order of the two explains both answers; by the policy they are {ways}"
        )
        self._found[number] = DisagreementError(script, verdict)

    def _lost(self, pair: _Pair, accepted: tuple[bool | None, ...], observed: tuple[Any, Any], expected: object) -> str:
        """Return what is not as it should be after the two updates; ``""`` if all is, or if nothing is shown."""
        slots = slots_of(self._policy.order_type)
        before, after = observed
        if after is None or before is None:
            return ""
        # A field that the order did not have when it was created has the value that the service chose.
        chosen = {name: getattr(before, name) for name in slots if getattr(pair.order, name) is None}
        differences = [
            f"{name} is {told(getattr(after, name))}, expected {told(getattr(expected, name))}"
            for name in slots
            if name not in self._write_only
            and name != "written"
            and getattr(after, name) != getattr(expected, name)
            and not (getattr(expected, name) is None and getattr(after, name) == chosen.get(name))
        ]
        written = getattr(after, "written", UNSET)
        if written is not UNSET and written is not None and "written" not in self._write_only:
            shown: dict[str, Any] = write_body(written)
            self._shown_keys.update(shown)
            sent = [write_body(patch) for patch, ok in zip((pair.one, pair.other), accepted, strict=True) if ok]
            for body in sent:
                for key, value in body.items():
                    if key in self._shown_keys and sum(key in other for other in sent) == 1:
                        differences += read_otherwise(key, value, shown, self._write_only)
        return "; ".join(differences)


async def _result(value: Any) -> Any:  # noqa: ANN401 - what a function of the caller returned.
    return await value if inspect.isawaitable(value) else value


def _without_id(order: Any) -> Any:  # noqa: ANN401 - an order of any platform; the service assigns its id.
    return order.replace(id=None) if hasattr(order, "id") else order


@contextlib.contextmanager
def _switching_often() -> Generator[None]:
    """Let threads take turns often in the ``with`` block."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
