"""Orders as they are known to be, kept for a while, and only while nobody else may have moved them.

It must never know a rule, nor what an update is.

---

The gate: what is asked before an update leaves, and what is made of its answer.

It sends nothing: whoever carries a request shows it the request, the order and the answer. It must never know a
platform, nor the library that sends.

The module is longer than most because a request is followed from before it leaves until it is answered.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import threading
import time
from collections import OrderedDict
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Generic, Literal, NamedTuple, TypeVar, get_args
from urllib.parse import unquote, urlsplit

import attrs

from orderrules.engine.decision import UpdateRefused
from orderrules.grammar.orders import OrderT, PatchT
from orderrules.integrations.reports import (
    Report,
    ReportCounter,
    ReportKind,
    code_in,
    facts_of,
    object_in,
    places_of,
    rules_of,
)
from orderrules.policy.endpoint import UPDATE, Endpoint
from orderrules.reading.problems import InvalidInput, join_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.integrations.reports import Counts


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


NameT = TypeVar("NameT", bound=str | bytes)

ValueT = TypeVar("ValueT")

Refuse = Literal["certain", "any", "uncertain", "nothing"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_OF_THE_UPDATE: Final = (
    *("content-", "transfer-", "digest", "expect", "if-", "prefer", "range"),
    *("idempotency-", "x-idempotency-", "x-http-method", "x-method-override"),
)
"""How the names of headers begin that are about the update, and are not sent along when its order is asked for."""

_SUCCESS: Final = ("status", "success")
"""The keys of an answer that are false where it says that nothing was done, whatever its HTTP status is."""

_LONGEST_WAIT: Final = 9
"""Digits of a number of seconds."""

_DONE: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})


class Held(NamedTuple):
    """The answer to an update that is held back, laid out as the platform would."""

    status: int
    headers: dict[str, str]
    body: bytes


class OrderUnavailable(LookupError):  # noqa: N818 - it says what happened.
    """An update is held back because nothing could be decided of its order; the text says why.

    Its ``__cause__`` is what was raised when the platform was asked for the order, if anything was.

    Attributes:
        order_id: the order's id; 0 where the request could not be read.
        status: the HTTP status that was answered when the order was asked for; None where nothing was.
        retry_after: for how many seconds that answer asked to wait; None where it did not say.
    """

    def __init__(
        self, message: str, order_id: int, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.order_id = order_id
        self.status = status
        self.retry_after = retry_after
        super().__init__(message, order_id, status, retry_after)

    def __str__(self) -> str:
        return str(self.args[0])


class UpdateUncertain(UpdateRefused):
    """An update that is allowed only as we read the page is held back, because the gate refuses what is uncertain."""

    def __str__(self) -> str:
        rests = "; ".join(f"{assumption.id}: {assumption.answer}" for assumption in self.decision.assumptions)
        return f"allowed only as the page is read: {rests}"


class Gate(Generic[OrderT, PatchT]):
    """What stands before a platform's endpoint, and holds back what its rules refuse. Threads may share one.

    An order is judged as ``orders`` gives it, or else as the platform answers when it is asked. After an update that
    succeeded it is kept as ``Policy.apply`` says it is now; after one that failed, was refused or met another on
    its way it is forgotten. An order that is kept refuses nothing: before that, the platform is asked anew.

    Args:
        endpoint: the platform's, such as ``salla.ENDPOINT``.
        orders: gives the order of an id, or None where it is not known; may be a coroutine function where the
            client is asynchronous. When left out, the platform is asked.
        max_age: for how many seconds an order that the platform showed is taken for true.
        refuse: what is held back. ``"certain"``: requests that cannot be read, and refusals that rest on no
            assumption; ``"any"``: every refusal; ``"uncertain"``: every refusal, and what is allowed only under an assumption;
            ``"nothing"``: all is sent, and only what came of it is reported.
        needs_order: whether an update that cannot be judged is held back as well, with ``OrderUnavailable``.
        respond: whether an update that is held back is answered as the platform would, and not with an exception.
        report: is called with a ``Report`` when an answer is news; writes to the log ``orderrules.integrations`` when
            left out.
        max_orders: how many orders are kept at most.
        clock: gives the time in seconds.

    Raises:
        TypeError: the endpoint is none, or ``orders`` or ``report`` no function, or ``report`` a coroutine function.
        ValueError: an option is not among those named, or negative.
    """

    def __init__(  # noqa: PLR0913 - all but one have defaults.
        self,
        endpoint: Endpoint[OrderT, PatchT],
        *,
        orders: Callable[[int], OrderT | Awaitable[OrderT | None] | None] | None = None,
        max_age: float = 60.0,
        refuse: Refuse = "certain",
        needs_order: bool = False,
        respond: bool = False,
        report: Callable[[Report], object] | None = None,
        max_orders: int = 1024,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not isinstance(endpoint, Endpoint):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"expected an endpoint, such as salla.ENDPOINT, got a {type(endpoint).__name__}")
        if refuse not in get_args(Refuse):
            raise ValueError(f"refuse is one of {', '.join(get_args(Refuse))}, and not {refuse!r}")
        if orders is not None and not callable(orders):
            raise TypeError("orders is a function of an order's id; of a dict, give its get")
        if report is not None and (not callable(report) or inspect.iscoroutinefunction(report)):  # type: ignore[redundant-expr]  # as above.
            raise TypeError("report is a function of a report, which is called and not awaited")
        self.endpoint = endpoint
        self.orders = orders
        self.refuse: Refuse = refuse
        self.needs_order = needs_order
        self.respond = respond
        self.kept: Kept[OrderT] = Kept(max_age, max_orders if orders is None else 0, clock)
        self.tally = ReportCounter(report)

    def __repr__(self) -> str:
        return f"<Gate {self.endpoint.policy.name}: refuse={self.refuse!r}>"

    @property
    def counts(self) -> Counts:
        """How many updates went which way so far."""
        return self.tally.counts

    def forget(self) -> None:
        """Forget every order that is kept."""
        self.kept.forget()

    def given(self, order_id: int) -> OrderT | None:
        """Give the order as ``orders`` does, where nothing can be awaited.

        Raises:
            TypeError: it is a coroutine function.
        """
        order = None if self.orders is None else self.orders(order_id)
        if inspect.isawaitable(order):
            if inspect.iscoroutine(order):
                order.close()
            raise TypeError("orders is a coroutine function, and this client is not asynchronous")
        return order

    def attempt(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None
    ) -> Attempt[OrderT, PatchT] | None:
        """Look at a request that is about to leave; None where it can change no order.

        Args:
            method: its method, in capital letters.
            url: its whole URL.
            headers: its headers, by names in any case.
            body: its body; None where it is not to be had before it is sent.
        """
        if method in _SAFE:
            return None
        parts = urlsplit(url)
        # A slash that is escaped parts no path.
        path = "/".join(unquote(part).replace("/", "%2F") for part in parts.path.split("/"))
        place = self.endpoint.place(path.removesuffix("/"))
        if place is None:
            return None
        before, digits, behind = place
        account = (headers.get(name, "") for name in self.endpoint.account)
        key = (parts.scheme, parts.netloc, before, digits.lstrip("0"), *account)
        if method != UPDATE or behind:
            return Attempt(self, key)
        why = _why_not_read(headers, body)
        return Attempt(self, key, _Update(digits, parts.query, b"" if body is None else body, why))

    def headers_to_ask(self, headers: Iterable[tuple[NameT, ValueT]]) -> Iterator[tuple[NameT, ValueT]]:
        """Give the headers of a request that asks for the order that another would update: those not about it."""
        return ((name, value) for name, value in headers if not text_of(name).lower().startswith(_OF_THE_UPDATE))


def check_gate(gate: Gate[OrderT, PatchT]) -> Gate[OrderT, PatchT]:
    """See that what decides is a gate, and give it.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(gate, Gate):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a gate, such as Gate(salla.ENDPOINT), got a {type(gate).__name__}")
    return gate


def text_of(header: str | bytes) -> str:
    """Give a header's name or value as text."""
    return header.decode("latin-1") if isinstance(header, bytes) else header


def _why_not_read(headers: Mapping[str, str], body: bytes | str | None) -> str:
    """Say why a body is not read here, where it is not."""
    kind = headers.get("content-type", "")
    if kind and "json" not in kind.lower():
        return "its body is not JSON, by its content-type"
    if "content-encoding" in headers:
        return "its body is encoded"
    return "its body is streamed" if body is None else ""


def _lay_out(status: int, told: dict[str, object]) -> Held:
    """Lay out an answer, with a header that tells it from one of the platform's."""
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
    return Held(status, {**headers, "x-held-back-by": "orderrules"}, body)


class _Update(NamedTuple):
    """The parts of a request that updates an order, and why it is not read, if it is not."""

    digits: str
    query: str
    body: bytes | str
    why: str


class Attempt(Generic[OrderT, PatchT]):
    """One request that may change an order, from before it leaves until it is answered: a context manager.

    Inside it: show the order where ``needs_order``; ask what is ``held`` back; send what is not; and tell what was
    ``answered``. What is not told counts as not answered.

    Attributes:
        order_id: the order's id; 0 where the request is no update that can be read.
    """

    def __init__(self, gate: Gate[OrderT, PatchT], key: Key, update: _Update | None = None) -> None:
        self.order_id = 0
        self._gate = gate
        self._policy = gate.endpoint.policy
        self._key = key
        self._number = "" if update is None else update.digits
        self._is_update = update is not None
        self._patch: PatchT | None = None
        self._asked_at: float | None = None
        self._seen: Seen[OrderT] | None = None
        self._now: Seen[OrderT] | None = None  # The order as it is known to be when the attempt is over.
        self._decision: Decision | None = None
        self._refusal: InvalidInput | UpdateRefused | None = None
        self._pending = False
        self._is_kept = False
        self._is_withheld = False
        self._succeeded = False
        self._status: int | None = None
        self._retry_after: float | None = None
        self._cause: Exception | None = None
        self._why = "its order is not known"
        if update is not None and update.why:
            self._why = update.why
        elif update is not None:
            try:
                asked = gate.endpoint.read_request(update.digits, update.query, update.body)
            except InvalidInput as error:
                self._refusal = error
            else:
                self._patch, self.order_id = asked.patch, asked.order_id

    def __enter__(self) -> Attempt[OrderT, PatchT]:
        kept = self._gate.kept.depart(self._key)
        # Somebody else may have moved an order that is kept: what it refuses is decided by a fresh one.
        if kept is not None and self._patch is not None:
            decision = self._policy.can_update(kept.order, self._patch)
            if decision and not (decision.assumptions and self._gate.refuse == "uncertain"):
                self._seen = kept
                self._is_kept = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._gate.kept.arrive(self._key, self._now)
        if self._pending:
            self._tell(None, None)

    @property
    def needs_order(self) -> bool:
        """Whether the order has to be shown before anything can be decided."""
        return self._patch is not None and self._seen is None

    def show(self, order: OrderT | None) -> None:
        """Show the order; None where it is not known."""
        if order is not None:
            self._seen = Seen(order, self._gate.kept.clock() if self._asked_at is None else self._asked_at)

    def asking(self) -> None:
        """Say that the platform is asked for the order now; its age counts from here."""
        self._why = "its order was asked for, and not answered"
        self._asked_at = self._gate.kept.clock()
        self._gate.tally.count("asked")

    def show_answer(self, status: int, body: bytes, retry_after: str | None = None) -> None:
        """Show what the platform answered when it was asked for the order; what shows another id is no such answer.

        Args:
            status: the HTTP status.
            body: the body.
            retry_after: the header of that name, if there is one.
        """
        self._status, self._retry_after = status, _seconds(retry_after)
        if status != HTTPStatus.OK:
            self._why = f"its order was asked for, and answered {status}"
            return
        try:
            order = self._gate.endpoint.read_order(body)
        except InvalidInput as error:
            codes = ", ".join(dict.fromkeys(problem.code.value for problem in error.problems))
            self._why = f"its order cannot be read: {codes}"
            return
        if self._is_it(order):
            self.show(order)
        else:
            self._why = "its order was asked for, and something else answered"

    def failed_to_ask(self, error: Exception) -> None:
        """Tell what was raised when the platform was asked for the order."""
        self._cause = error

    def _is_it(self, order: OrderT) -> bool:
        """Say whether an order that was answered is the one that the update is about."""
        return str(getattr(order, "id", self.order_id)) == str(self.order_id)

    def held(self) -> Held | None:
        """Decide, and give the answer to an update that is held back; None where it is to be sent.

        Raises:
            InvalidInput: it is held back because it cannot be read.
            UpdateRefused: it is held back because it is refused, or allowed only under an assumption.
            OrderUnavailable: it is held back because nothing could be decided, and the gate needs the order.
        """
        gate = self._gate
        if self._patch is not None and self._seen is not None:
            self._decide(self._seen.order, self._patch)
        rests = self._decision is not None and bool(self._decision.assumptions)
        if gate.refuse == "uncertain" and rests and self._decision:
            self._refusal = UpdateUncertain(self._decision)
        holds = gate.refuse in {"any", "uncertain"} or (gate.refuse == "certain" and not rests)
        if self._refusal is not None and holds:
            gate.tally.count("held_back")
            self._now = self._seen
            return self._answer(self._refusal)
        if self._is_unjudged and gate.needs_order:
            self._is_withheld = True
            self._tell(None, None)
            message = f"the update of order {self._number} cannot be judged: {self._why}"
            raise OrderUnavailable(message, self.order_id, self._status, self._retry_after) from self._cause
        if self._refusal is not None:
            gate.tally.count("sent_refused")
        elif self._decision is not None:
            gate.tally.count("allowed")
        self._pending = True
        return None

    def _decide(self, order: OrderT, patch: PatchT) -> None:
        decision = self._policy.can_update(order, patch)
        if self._untold and self._gate.refuse == "certain":
            certain = tuple(found for found in decision.violations if not self._untold & {*found.rule.only_if.facts})
            if decision.violations and not certain:
                self._why = f"no answer tells its {join_words(fact.name for fact in self._untold)} for certain"
                return
            decision = attrs.evolve(decision, violations=certain)
        self._decision = decision
        self._refusal = None if decision else UpdateRefused(decision)

    @property
    def _untold(self) -> frozenset[Fact]:
        """The facts that the order does not tell for certain, because the platform was asked for it."""
        return frozenset(self._gate.endpoint.untold if self._gate.orders is None else ())

    @property
    def _is_unjudged(self) -> bool:
        return self._is_update and self._refusal is None and self._decision is None

    def _answer(self, refusal: InvalidInput | UpdateRefused) -> Held:
        endpoint = self._gate.endpoint
        if not self._gate.respond:
            if isinstance(refusal, UpdateRefused):
                refusal.order_id = self.order_id
            refusal.add_note(f"the update of order {self._number} was held back")
            raise refusal
        if isinstance(refusal, UpdateRefused):
            return _lay_out(endpoint.refusal_status, endpoint.refusal(refusal.decision))
        return _lay_out(endpoint.unreadable_status, endpoint.unreadable(refusal))

    def listens(self, status: int) -> bool:
        """Say whether the body of an answer has to be told, or its status does."""
        endpoint = self._gate.endpoint
        judged = self._refusal is not None or self._decision is not None
        return judged and (_is_success(status) or status in {endpoint.refusal_status, endpoint.unreadable_status})

    def answered(self, status: int, body: bytes | None = None) -> None:
        """Tell how the platform answered; the body, or its beginning, if it ``listens`` to that and it can be had."""
        self._pending = False
        told: Mapping[str, object] = {} if body is None else object_in(body)
        self._succeeded = _is_success(status) and not any(told.get(key) is False for key in _SUCCESS)
        keeps = self._gate.orders is None and self._decision and self._succeeded and status in _DONE
        if keeps and self._seen is not None and self._patch is not None:
            self._now = self._after(self._seen, self._patch, body)
        self._tell(status, None if body is None else self._code(status, told))

    def _after(self, seen: Seen[OrderT], patch: PatchT, body: bytes | None) -> Seen[OrderT] | None:
        """Give the order as it is after the update: as the answer shows it, or else as the rules say."""
        if body:
            with contextlib.suppress(InvalidInput):
                shown = self._gate.endpoint.read_order(body)
                if self._is_it(shown):
                    return Seen(shown, self._gate.kept.clock())
        # An order of somebody's own platform may have nowhere to keep a key, or not keep what an update sends. The
        # update has been sent by now: the order is forgotten, and nothing raised.
        with contextlib.suppress(TypeError, InvalidInput):
            return attrs.evolve(seen, order=self._policy.apply(seen.order, patch))
        return None

    def _code(self, status: int, told: Mapping[str, object]) -> str | None:
        """Give the code of an answer that refuses; None where it is no such answer."""
        if _is_success(status):
            return None
        code = self._gate.endpoint.code_of(status, told)
        # What cannot be read is refused for its values, and not by rule.
        return code_in("" if code is None and isinstance(self._refusal, InvalidInput) else code)

    def _tell(self, status: int | None, code: str | None) -> None:
        kind = self._kind(code)
        if kind is not None:
            self._gate.tally.tell(kind, lambda: self._reported(kind, status, code))

    def _reported(self, kind: ReportKind, status: int | None, code: str | None) -> Report:
        endpoint, decision, patch = self._gate.endpoint, self._decision, self._patch
        return Report(
            kind=kind,
            platform=self._policy.name,
            order_id=self.order_id or None,
            rules=rules_of(self._policy, patch, decision),
            assumptions=() if decision is None else tuple(assumption.id for assumption in decision.assumptions),
            facts=facts_of(None if self._seen is None else self._seen.order, patch, without=self._untold),
            keys=() if patch is None else patch.keys,
            problems=places_of(endpoint, self._refusal) if isinstance(self._refusal, InvalidInput) else (),
            status=status,
            code=code or "",
            why=self._why if kind in {ReportKind.UNJUDGED, ReportKind.UNAVAILABLE} else "",
        )

    def _kind(self, code: str | None) -> ReportKind | None:
        """Say what kind of news an answer is; None where it is none."""
        if self._is_unjudged:
            return ReportKind.UNAVAILABLE if self._is_withheld else ReportKind.UNJUDGED
        if self._refusal is None:
            if self._decision is None or code is None:
                return None
            return ReportKind.STALE if self._is_kept else ReportKind.REFUSED
        if self._succeeded:
            return ReportKind.ACCEPTED
        return ReportKind.UNANSWERED if code is None else ReportKind.CONFIRMED


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _seconds(retry_after: str | None) -> float | None:
    """Read a ``Retry-After``, which is a number of seconds or a day and an hour (RFC 9110)."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:_LONGEST_WAIT])
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    return None
