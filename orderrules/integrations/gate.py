"""The gate: checks each update before it is sent, stops those that the rules refuse, and compares the answers.

A gate sends nothing. ``Gate.attempt`` recognises a request that changes an order, and ``exchange`` is what every client
does with it, step by step: ask for the order if it is needed, decide, send or hold back, and look at the answer. A
client is a ``Carrier``, which knows how its library sends; ``run`` and ``run_async`` run the steps.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, Protocol, TypeVar, get_args
from urllib.parse import unquote, urlsplit

import attrs

from orderrules.engine.decision import UpdateRefused
from orderrules.engine.navigation import after
from orderrules.grammar.orders import OrderT, PatchT
from orderrules.integrations.cache import CachedOrder, OrderCache
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
from orderrules.languages.sentences import join_words
from orderrules.policy.endpoint import UPDATE, Endpoint
from orderrules.reading.limits import ORDER_LIMITS
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping
    from types import TracebackType

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.integrations.cache import Key
    from orderrules.integrations.reports import Counts

NameT = TypeVar("NameT", bound=str | bytes)
ValueT = TypeVar("ValueT")
ResponseT = TypeVar("ResponseT")
Refuse = Literal["certain", "any", "uncertain", "nothing"]
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_UPDATE_HEADERS: Final = (
    *("content-", "transfer-", "digest", "expect", "if-", "prefer", "range"),
    *("idempotency-", "x-idempotency-", "x-http-method", "x-method-override"),
)
"""The first letters of headers that describe the update, and are not sent when its order is asked for."""
_SUCCESS: Final = ("status", "success")
"""The keys of an answer that are false if nothing was done, whatever its HTTP status is."""
_MAX_WAIT_DIGITS: Final = 9
"""Digits of a number of seconds."""
_DONE: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})
_PEEK: Final = 1 << 16
"""How many bytes of an answer to an update are looked at."""


class Held(NamedTuple):
    """The answer to an update that is held back, laid out as the platform would."""

    status: int
    headers: dict[str, str]
    body: bytes


class OrderUnavailable(LookupError):  # noqa: N818 - the name says what happened.
    """An update is held back because its order is not known, so nothing can be decided; the text says why.

    Its ``__cause__`` is the exception raised when the platform was asked for the order, if there was one.

    Attributes:
        order_id: the order's id; 0 if the request could not be read.
        status: the HTTP status of the answer when the order was asked for; None if there was no answer.
        retry_after: how many seconds that answer asked to wait; None if it did not say.
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
    """An update is allowed only under an assumption, and the gate holds back what is uncertain."""

    def __str__(self) -> str:
        answers = "; ".join(f"{assumption.id}: {assumption.answer}" for assumption in self.decision.assumptions)
        return f"allowed only under an assumption: {answers}"


class Gate(Generic[OrderT, PatchT]):
    """Checks each update before it is sent, and stops those that the rules refuse. Threads may share one.

    The order that an update is about comes from ``orders``, or else from the platform, which is asked for it. After an
    update that succeeded, the order is cached as ``Policy.apply`` says it is now. After an update that failed, was
    refused or overlapped another request, it is removed from the cache. A cached order never refuses: before a
    refusal, the platform is asked again.

    Args:
        endpoint: the platform's endpoint, such as ``salla.ENDPOINT``.
        orders: returns the order with an id, or None if it is not known; a coroutine function is possible with an
            asynchronous client. If left out, the platform is asked.
        max_age: for how many seconds a cached order is valid.
        refuse: which updates are held back. ``"certain"``: those that cannot be read, and refusals that rest on no
            assumption; ``"any"``: every refusal; ``"uncertain"``: every refusal, and what is allowed only under an
            assumption; ``"nothing"``: everything is sent, and only reported.
        needs_order: whether an update that cannot be judged is held back as well, with ``OrderUnavailable``.
        respond: whether an update that is held back gets an answer laid out as the platform's, and not an exception.
        report: is called with a ``Report`` of each answer that is news; if left out, reports are written to the log
            ``orderrules.integrations``.
        max_orders: how many orders are cached at most.
        clock: returns the time in seconds.

    Raises:
        TypeError: ``endpoint`` is not an endpoint, ``orders`` or ``report`` is not a function, or ``report`` is a
            coroutine function.
        ValueError: ``refuse`` is another word, or ``max_age`` or ``max_orders`` is negative.
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
            raise TypeError(f"expected an endpoint, such as salla.ENDPOINT, got {type(endpoint).__name__}")
        if refuse not in get_args(Refuse):
            raise ValueError(f"refuse must be one of {', '.join(get_args(Refuse))}, got {refuse!r}")
        if orders is not None and not callable(orders):
            raise TypeError("orders must be a function of an order's id; if it is a dict, pass its get method")
        if report is not None and (not callable(report) or inspect.iscoroutinefunction(report)):  # type: ignore[redundant-expr]  # callers may be untyped.
            raise TypeError("report must be a function of a report; it is called, not awaited")
        self.endpoint = endpoint
        self.orders = orders
        self.refuse: Refuse = refuse
        self.needs_order = needs_order
        self.respond = respond
        self.cache: OrderCache[OrderT] = OrderCache(max_age, max_orders if orders is None else 0, clock)
        self.counter = ReportCounter(report)

    def __repr__(self) -> str:
        return f"<Gate {self.endpoint.policy.name}: refuse={self.refuse!r}>"

    @property
    def counts(self) -> Counts:
        """How many updates had which outcome so far."""
        return self.counter.counts

    def forget(self) -> None:
        """Remove every order from the cache."""
        self.cache.clear()

    def attempt(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None
    ) -> Attempt[OrderT, PatchT] | None:
        """Look at a request before it is sent; return None if it cannot change an order.

        Args:
            method: its method, in capital letters.
            url: its whole URL.
            headers: its headers; names in any case.
            body: its body; None if it is a stream, which is not read before it is sent.
        """
        if method in _SAFE:
            return None
        parts = urlsplit(url)
        # An escaped slash does not separate parts of a path.
        path = "/".join(unquote(part).replace("/", "%2F") for part in parts.path.split("/"))
        place = self.endpoint.place(path.removesuffix("/"))
        if place is None:
            return None
        before, digits, after = place
        headers = {name.lower(): value for name, value in headers.items()}
        account = (headers.get(name, "") for name in self.endpoint.account)
        key = (parts.scheme, parts.netloc, before, digits.lstrip("0"), *account)
        if method != UPDATE or after:
            return Attempt(self, key)
        reason = _why_not_read(headers, body)
        return Attempt(self, key, _Update(digits, parts.query, b"" if body is None else body, reason))

    def headers_to_ask(self, headers: Iterable[tuple[NameT, ValueT]]) -> Iterator[tuple[NameT, ValueT]]:
        """Iterate over the headers of an update that are sent when its order is asked for."""
        return ((name, value) for name, value in headers if not text_of(name).lower().startswith(_UPDATE_HEADERS))


def check_gate(gate: Gate[OrderT, PatchT]) -> Gate[OrderT, PatchT]:
    """Return a gate.

    Raises:
        TypeError: it is not a gate.
    """
    if not isinstance(gate, Gate):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a gate, such as Gate(salla.ENDPOINT), got {type(gate).__name__}")
    return gate


def text_of(header: str | bytes) -> str:
    """Return a header's name or value as text."""
    return header.decode("latin-1") if isinstance(header, bytes) else header


def _why_not_read(headers: Mapping[str, str], body: bytes | str | None) -> str:
    """Return the reason why a body is not read, or ``""``."""
    kind = headers.get("content-type", "")
    if kind and "json" not in kind.lower():
        return "its content-type is not JSON"
    if "content-encoding" in headers:
        return "its body is encoded"
    return "its body is a stream" if body is None else ""


def _lay_out(status: int, content: dict[str, object]) -> Held:
    """Lay out an answer, with a header that distinguishes it from one of the platform's."""
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {"content-type": "application/json; charset=utf-8", "content-length": str(len(body))}
    return Held(status, {**headers, "x-held-back-by": "orderrules"}, body)


class Carrier(Protocol[ResponseT]):
    """How a client library sends one update. ``ask``, ``send``, ``peek`` and ``close`` may be coroutine functions."""

    @property
    def failures(self) -> type[Exception]:
        """The exception of the library that says that a request got no answer."""
        ...

    def ask(self) -> Any:  # noqa: ANN401 - a response, or an awaitable of one.
        """Send the request for the order, and return the response."""
        ...

    def send(self) -> Any:  # noqa: ANN401 - as above.
        """Send the update, and return the response."""
        ...

    def peek(self, response: ResponseT, most: int) -> Any:  # noqa: ANN401 - bytes, or None, or an awaitable of either.
        """Return the first bytes of a response's body, and leave the response as it was; None if it is a stream."""
        ...

    def close(self, response: ResponseT) -> Any:  # noqa: ANN401 - None, or an awaitable of it.
        """Close a response."""
        ...

    def status(self, response: ResponseT) -> int:
        """Return the HTTP status of a response."""
        ...

    def retry_after(self, response: ResponseT) -> str | None:
        """Return the header ``Retry-After`` of a response."""
        ...

    def respond(self, held: Held) -> ResponseT:
        """Build a response out of the answer to an update that is held back."""
        ...


def exchange(attempt: Attempt[Any, Any], carrier: Carrier[ResponseT]) -> Generator[Any, Any, ResponseT]:
    """Carry out an attempt, step by step: yield each step, expect its result, and return the response.

    Raises:
        InvalidInput: the update is held back because it cannot be read.
        UpdateRefused: it is held back because it is refused, or allowed only under an assumption.
        OrderUnavailable: it is held back because nothing can be decided, and the gate needs the order.
    """
    gate = attempt.gate
    with attempt:
        if attempt.needs_order and gate.orders is not None:
            attempt.show((yield gate.orders(attempt.order_id)))
        elif attempt.needs_order:
            attempt.asking()
            try:
                response = yield carrier.ask()
                try:
                    body = yield carrier.peek(response, ORDER_LIMITS.size)
                    attempt.show_answer(carrier.status(response), body, carrier.retry_after(response))
                finally:
                    yield carrier.close(response)
            except carrier.failures as error:
                attempt.failed_to_ask(error)  # The update cannot be judged; it is sent, and fails for itself.
        held = attempt.hold_back()
        if held is not None:
            return carrier.respond(held)
        answer: ResponseT = yield carrier.send()
        status = carrier.status(answer)
        attempt.take_answer(status, (yield carrier.peek(answer, _PEEK)) if attempt.listens(status) else None)
        return answer


def run(steps: Generator[Any, Any, ResponseT]) -> ResponseT:
    """Run the steps of an exchange.

    Raises:
        TypeError: a step must be awaited: the gate's ``orders`` is a coroutine function.
    """
    try:
        result = next(steps)
        while True:
            if inspect.isawaitable(result):
                if inspect.iscoroutine(result):
                    result.close()
                steps.throw(TypeError("orders is a coroutine function, and this client is not asynchronous"))
            result = steps.send(result)
    except StopIteration as end:
        response: ResponseT = end.value
        return response


async def run_async(steps: Generator[Any, Any, ResponseT]) -> ResponseT:
    """Run the steps of an exchange, and await those that must be awaited."""
    try:
        step = next(steps)
        while True:
            try:
                result = await step if inspect.isawaitable(step) else step
            except BaseException as error:  # noqa: BLE001 - the exchange handles it, or raises it.
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        response: ResponseT = end.value
        return response


class _Update(NamedTuple):
    """The parts of a request that updates an order, and the reason why it is not read, if there is one."""

    digits: str
    query: str
    body: bytes | str
    reason: str


class Attempt(Generic[OrderT, PatchT]):
    """One request that may change an order, from before it is sent until its answer: a context manager.

    ``exchange`` uses it in this order: ``show`` the order if it ``needs_order``; ``hold_back`` or send; and
    ``take_answer``. An attempt that ends without an answer counts as unanswered.

    Attributes:
        gate: the gate that decides.
        order_id: the order's id; 0 if the request is not an update that can be read.
    """

    def __init__(self, gate: Gate[OrderT, PatchT], key: Key, update: _Update | None = None) -> None:
        self.gate = gate
        self.order_id = 0
        self._policy = gate.endpoint.policy
        self._key = key
        self._number = "" if update is None else update.digits
        self._is_update = update is not None
        self._patch: PatchT | None = None
        self._asked_at: float | None = None
        self._order: CachedOrder[OrderT] | None = None
        self._order_afterwards: CachedOrder[OrderT] | None = None
        self._decision: Decision | None = None
        self._refusal: InvalidInput | UpdateRefused | None = None
        self._is_pending = False
        self._is_from_cache = False
        self._is_withheld = False
        self._succeeded = False
        self._status: int | None = None
        self._retry_after: float | None = None
        self._cause: Exception | None = None
        self._reason = "its order is not known"
        if update is not None and update.reason:
            self._reason = update.reason
        elif update is not None:
            try:
                request = gate.endpoint.read_request(update.digits, update.query, update.body)
            except InvalidInput as error:
                self._refusal = error
            else:
                self._patch, self.order_id = request.patch, request.order_id

    def __enter__(self) -> Attempt[OrderT, PatchT]:
        cached = self.gate.cache.take(self._key)
        # Someone else may have changed the order since: a cached order never refuses.
        if cached is not None and self._patch is not None:
            decision = self._policy.can_update(cached.order, self._patch)
            if decision and (_is_certain(decision) or self.gate.refuse != "uncertain"):
                self._order = cached
                self._is_from_cache = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.gate.cache.put_back(self._key, self._order_afterwards)
        if self._is_pending:
            self._report(None, None)

    @property
    def needs_order(self) -> bool:
        """Whether the order is needed before anything can be decided."""
        return self._patch is not None and self._order is None

    def show(self, order: OrderT | None) -> None:
        """Show the order; None if it is not known."""
        if order is not None:
            self._order = CachedOrder(order, self.gate.cache.clock() if self._asked_at is None else self._asked_at)

    def asking(self) -> None:
        """Note that the platform is asked for the order now; the age of the order counts from here."""
        self._reason = "its order was asked for, and there was no answer"
        self._asked_at = self.gate.cache.clock()
        self.gate.counter.count("asked")

    def show_answer(self, status: int, body: bytes, retry_after: str | None = None) -> None:
        """Show what the platform answered when it was asked for the order.

        Args:
            status: the HTTP status.
            body: the body. An order with another id is ignored.
            retry_after: the header ``Retry-After``, if there is one.
        """
        self._status, self._retry_after = status, _seconds(retry_after)
        if status != HTTPStatus.OK:
            self._reason = f"its order was asked for, and the answer was {status}"
            return
        try:
            order = self.gate.endpoint.read_order(body)
        except InvalidInput as error:
            codes = ", ".join(dict.fromkeys(problem.code.value for problem in error.problems))
            self._reason = f"its order cannot be read: {codes}"
            return
        if self._is_the_order(order):
            self.show(order)
        else:
            self._reason = "its order was asked for, and the answer was another order"

    def failed_to_ask(self, error: Exception) -> None:
        """Note the exception that was raised when the platform was asked for the order."""
        self._cause = error

    def _is_the_order(self, order: OrderT) -> bool:
        """Return whether an order is the one that the update is about."""
        return str(getattr(order, "id", self.order_id)) == str(self.order_id)

    def hold_back(self) -> Held | None:
        """Decide; return the answer to an update that is held back, and None if it is to be sent.

        Raises:
            InvalidInput: it is held back because it cannot be read.
            UpdateRefused: it is held back because it is refused, or allowed only under an assumption.
            OrderUnavailable: it is held back because nothing can be decided, and the gate needs the order.
        """
        gate = self.gate
        if self._patch is not None and self._order is not None:
            self._decide(self._order.order, self._patch)
        is_uncertain = self._decision is not None and not _is_certain(self._decision)
        if gate.refuse == "uncertain" and is_uncertain and self._decision:
            self._refusal = UpdateUncertain(self._decision)
        holds = gate.refuse in {"any", "uncertain"} or (gate.refuse == "certain" and not is_uncertain)
        if self._refusal is not None and holds:
            gate.counter.count("held_back")
            self._order_afterwards = self._order
            return self._answer(self._refusal)
        if self._is_unjudged and gate.needs_order:
            self._is_withheld = True
            self._report(None, None)
            message = f"the update of order {self._number} cannot be judged: {self._reason}"
            raise OrderUnavailable(message, self.order_id, self._status, self._retry_after) from self._cause
        if self._refusal is not None:
            gate.counter.count("sent_refused")
        elif self._decision is not None:
            gate.counter.count("allowed")
        self._is_pending = True
        return None

    def _decide(self, order: OrderT, patch: PatchT) -> None:
        decision = self._policy.can_update(order, patch)
        uncertain = self._uncertain_facts
        if uncertain and self.gate.refuse == "certain":
            certain = tuple(each for each in decision.violations if not uncertain & {*each.rule.only_if.facts})
            if decision.violations and not certain:
                names = join_words(fact.name for fact in uncertain)
                self._reason = f"no answer of the platform shows its {names} for certain"
                return
            if len(certain) < len(decision.violations):
                # The assumptions are those of what is certain, so the rest of the update is left out.
                kept = {key for each in certain for key in each.keys}
                left = {key for each in decision.violations for key in each.keys} - kept
                rest = type(patch)(**{key: getattr(patch, key) for key in patch.keys if key not in left})
                decision = attrs.evolve(self._policy.can_update(order, rest), violations=certain)
        self._decision = decision
        self._refusal = None if decision else UpdateRefused(decision)

    @property
    def _uncertain_facts(self) -> frozenset[Fact]:
        """The facts that the order does not show for certain, because it comes from the platform."""
        return frozenset(self.gate.endpoint.hidden_facts if self.gate.orders is None else ())

    @property
    def _is_unjudged(self) -> bool:
        return self._is_update and self._refusal is None and self._decision is None

    def _answer(self, refusal: InvalidInput | UpdateRefused) -> Held:
        endpoint = self.gate.endpoint
        if not self.gate.respond:
            if isinstance(refusal, UpdateRefused):
                refusal.order_id = self.order_id
            refusal.add_note(f"the update of order {self._number} was held back")
            raise refusal
        if isinstance(refusal, UpdateRefused):
            return _lay_out(endpoint.refusal_status, endpoint.refusal(refusal.decision))
        return _lay_out(endpoint.unreadable_status, endpoint.unreadable(refusal))

    def listens(self, status: int) -> bool:
        """Return whether the body of an answer with this status matters."""
        endpoint = self.gate.endpoint
        is_judged = self._refusal is not None or self._decision is not None
        return is_judged and (_is_success(status) or status in {endpoint.refusal_status, endpoint.unreadable_status})

    def take_answer(self, status: int, body: bytes | None = None) -> None:
        """Compare the platform's answer with the decision, and cache the order as it is now.

        Args:
            status: the HTTP status.
            body: the first bytes of the body, if the attempt ``listens`` to it.
        """
        self._is_pending = False
        content: Mapping[str, object] = {} if body is None else object_in(body)
        self._succeeded = _is_success(status) and not any(content.get(key) is False for key in _SUCCESS)
        caches = self.gate.orders is None and self._decision and self._succeeded and status in _DONE
        if caches and self._order is not None and self._patch is not None:
            self._order_afterwards = self._after(self._order, self._patch, body)
        self._report(status, None if body is None else self._code(status, content))

    def _after(self, before: CachedOrder[OrderT], patch: PatchT, body: bytes | None) -> CachedOrder[OrderT] | None:
        """Return the order as it is after the update: as the answer shows it, or else as the rules say."""
        if body:
            with contextlib.suppress(InvalidInput):
                order = self.gate.endpoint.read_order(body)
                if self._is_the_order(order):
                    return CachedOrder(order, self.gate.cache.clock())
        # The order of a platform of one's own may have no field for a key. The update was sent by now: nothing is
        # raised, and the order is not cached.
        with contextlib.suppress(TypeError, InvalidInput):
            return attrs.evolve(before, order=after(self._policy, before.order, patch))
        return None

    def _code(self, status: int, content: Mapping[str, object]) -> str | None:
        """Return the code of an answer that refuses; None if it does not."""
        if _is_success(status):
            return None
        code = self.gate.endpoint.code_of(status, content)
        # What cannot be read is refused for its values, and not by rule.
        return code_in("" if code is None and isinstance(self._refusal, InvalidInput) else code)

    def _report(self, status: int | None, code: str | None) -> None:
        kind = self._kind(code)
        if kind is not None:
            self.gate.counter.report(kind, lambda: self._make_report(kind, status, code))

    def _make_report(self, kind: ReportKind, status: int | None, code: str | None) -> Report:
        endpoint, decision, patch = self.gate.endpoint, self._decision, self._patch
        return Report(
            kind=kind,
            platform=self._policy.name,
            order_id=self.order_id or None,
            rules=rules_of(self._policy, patch, decision),
            assumptions=() if decision is None else tuple(assumption.id for assumption in decision.assumptions),
            facts=facts_of(None if self._order is None else self._order.order, patch, without=self._uncertain_facts),
            keys=() if patch is None else patch.keys,
            problems=places_of(endpoint, self._refusal) if isinstance(self._refusal, InvalidInput) else (),
            status=status,
            code=code or "",
            why=self._reason if kind in {ReportKind.UNJUDGED, ReportKind.UNAVAILABLE} else "",
        )

    def _kind(self, code: str | None) -> ReportKind | None:
        """Return the kind of news that an answer is; None if it is not news."""
        if self._is_unjudged:
            return ReportKind.UNAVAILABLE if self._is_withheld else ReportKind.UNJUDGED
        if self._refusal is None:
            if self._decision is None or code is None:
                return None
            return ReportKind.STALE if self._is_from_cache else ReportKind.REFUSED
        if self._succeeded:
            return ReportKind.ACCEPTED
        return ReportKind.UNANSWERED if code is None else ReportKind.CONFIRMED


def _is_certain(decision: Decision) -> bool:
    """Return whether a decision rests on no assumption, and is the same whatever the parameters that are not given."""
    return not decision.assumptions and not any(note.code == "not_given" for note in decision.caveats)


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _seconds(retry_after: str | None) -> float | None:
    """Read a ``Retry-After`` header: a number of seconds, or a date (RFC 9110)."""
    if retry_after is None:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:_MAX_WAIT_DIGITS])
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    return None
