"""A fake of each API: it enforces the rules, and answers in the shapes of the page, without a network.

``handle`` takes a request and gives an answer; adapters carry it to what a client speaks. What a page's answer has no
field for is kept in ``fake.orders[...].written``.

The module is longer than most because each of the two APIs answers in its own way.

---

What carries a request to a fake: an httpx transport, and a WSGI application.

The only place that imports httpx, and only where a transport is made.
"""

from __future__ import annotations

import abc
import json
import re
import threading
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple
from urllib.parse import parse_qsl, urlencode

import attrs

from orderrules.grammar.orders import OrderT, PatchT
from orderrules.platforms import awal, salla
from orderrules.reading.bodies import write_body
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import httpx

    from orderrules.policy.endpoint import Endpoint
    from orderrules.policy.policy import Policy


_DIGITS: Final = 18
"""An id of more digits is no order's."""

_ORDERS: Final = re.compile(r"(?:.*/)?orders/?")

_HEADERS: Final[Mapping[str, str]] = MappingProxyType({"content-type": "application/json; charset=utf-8"})


class Answer(NamedTuple):
    """What is answered: the status, the headers, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Fault(StrEnum):
    """What can go wrong with a request, if the fake is told so."""

    SERVER_ERROR = "server error"
    """Nothing is done, and the answer is 500."""
    TIMEOUT = "timeout"
    """Nothing is done, and nothing is answered."""
    LOST_ANSWER = "lost answer"
    """It is done, and nothing is answered."""
    STALE = "stale"
    """An order is answered as it was before its last update."""


class NoAnswerError(TimeoutError):
    """The fake was told not to answer."""


def _answer(status: int, told: object) -> Answer:
    return Answer(status, dict(_HEADERS), json.dumps(told, ensure_ascii=False).encode())


class Fake(abc.ABC, Generic[OrderT, PatchT]):
    """What the two fakes share: orders by their ids, requests, and faults. It may be used by several threads.

    Attributes:
        policy: the rules that it enforces.
        orders: its orders, by id, as they are now.
    """

    _endpoint: Endpoint[OrderT, PatchT]

    def __init__(self, policy: Policy[OrderT, PatchT], orders: Iterable[OrderT] = ()) -> None:
        if policy.order_type is not self._order_type:
            raise TypeError(f"a {type(self).__name__} enforces no policy of {policy.name}")
        self.policy = policy
        self.orders: dict[int, OrderT] = {}
        self._before: dict[int, OrderT] = {}
        self._faults: list[tuple[Fault, str | None]] = []
        self._lock = threading.Lock()
        for order in orders:
            self.add(order)

    @property
    def _order_type(self) -> type[OrderT]:
        return self._endpoint.policy.order_type

    def add(self, order: OrderT) -> int:
        """Take an order in, and give its id: its own, or where it has none the next one that is free.

        Raises:
            TypeError: it is of another platform.
            ValueError: its id is no positive integer, or there is such an order already.
        """
        if type(order) is not self._order_type:
            raise TypeError(f"a {type(self).__name__} takes its own orders, and no {type(order).__qualname__}")
        given = getattr(order, "id", None)
        number = max(self.orders, default=0) + 1 if given is None else given
        if type(number) is not int or number < 1 or number in self.orders:
            raise ValueError(f"an order's id is a positive integer that no other has, and not {given!r}")
        self.orders[number] = attrs.evolve(order, id=number)  # type: ignore[misc]  # models are attrs classes.
        return number

    def fail(self, fault: Fault | str, *, method: str | None = None, times: int = 1) -> None:
        """Let something go wrong with the next requests, of one method only if one is named; faults queue up.

        Raises:
            ValueError: there is no such fault or method, or it is to happen less than once.
        """
        if method not in {None, "GET", "PUT"} or times < 1:
            raise ValueError(f"a fault happens to GET or PUT, once or more often, and not to {method!r} {times} times")
        self._faults += [(Fault(fault), method)] * times

    def handle(self, method: str, path: str, query: Mapping[str, str] | str, body: bytes | str) -> Answer:
        """Answer a request.

        Args:
            method: ``GET`` or ``PUT``.
            path: the path, with whatever stands before ``/orders/``.
            query: the query, as a mapping or as it stands behind the question mark.
            body: the body; empty where there is none.

        Raises:
            NoAnswerError: the fake was told not to answer.
        """
        with self._lock:
            fault = self._next_fault(method)
            if fault is Fault.TIMEOUT:
                raise NoAnswerError("the fake was told to answer nothing, and did nothing")
            if fault is Fault.SERVER_ERROR:
                return self._failed()
            answer = self._handled(method, path, query, body, stale=fault is Fault.STALE)
            if fault is Fault.LOST_ANSWER:
                raise NoAnswerError("the fake was told to answer nothing, and did what it was asked")
            return answer

    def _next_fault(self, method: str) -> Fault | None:
        for place, (fault, wanted) in enumerate(self._faults):
            if wanted in {None, method} and (fault is not Fault.STALE or method == "GET"):
                del self._faults[place]
                return fault
        return None

    def _handled(  # noqa: PLR0911 - an answer for each thing that can be wrong.
        self, method: str, path: str, query: Mapping[str, str] | str, body: bytes | str, *, stale: bool
    ) -> Answer:
        if method == "GET" and _ORDERS.fullmatch(path):
            return self._listed(dict(parse_qsl(query)) if isinstance(query, str) else query)
        found = self._endpoint.order_id(path) or ""
        number = int(found) if 0 < len(found) <= _DIGITS else 0
        if number not in self.orders:
            return self._missing()
        if method == "GET":
            return self._shown(self._before.get(number, self.orders[number]) if stale else self.orders[number])
        if method != "PUT":
            return self._not_allowed()
        try:
            asked = query if isinstance(query, str) else urlencode(query)
            patch = self._endpoint.read_request(found, asked, body).patch
        except InvalidInput as error:
            return _answer(self._endpoint.unreadable_status, self._endpoint.unreadable(error))
        decision = self.policy.can_update(self.orders[number], patch)
        if not decision:
            return _answer(self._endpoint.refusal_status, self._endpoint.refusal(decision))
        self._before[number] = self.orders[number]
        self.orders[number] = self.policy.apply(self.orders[number], patch)
        return self._updated(self.orders[number])

    @abc.abstractmethod
    def _shown(self, order: OrderT) -> Answer: ...

    def _updated(self, order: OrderT) -> Answer:
        return self._shown(order)

    @abc.abstractmethod
    def _listed(self, query: Mapping[str, str]) -> Answer: ...

    @abc.abstractmethod
    def _missing(self) -> Answer: ...

    @abc.abstractmethod
    def _not_allowed(self) -> Answer: ...

    @abc.abstractmethod
    def _failed(self) -> Answer: ...


class FakeSalla(Fake[salla.Order, salla.Patch]):
    """Salla's Update Order, and the order read back: 200, 404, and 422 for what cannot be read and what is refused.

    A body that cannot be read is answered with ``fields``, a refusal by rule without.
    """

    _endpoint = salla.ENDPOINT

    def __init__(
        self,
        orders: Iterable[salla.Order] = (),
        policy: Policy[salla.Order, salla.Patch] = salla.POLICY,
    ) -> None:
        super().__init__(policy, orders)

    def _shown(self, order: salla.Order) -> Answer:
        return _answer(200, {"status": 200, "success": True, "data": self._data(order)})

    def _data(self, order: salla.Order) -> dict[str, object]:
        """Lay an order out as the page does, with what was written under the fields that show it as it was sent."""
        written = write_body(order.written) if isinstance(order.written, salla.Patch) else {}
        customer: Any = written.get("customer", {})
        payment: Any = written.get("payment", {})
        told = salla.to_payload(order)
        if told.get("customer"):
            told["customer"] = {**told["customer"], **customer}  # type: ignore[dict-item]  # an object, where there is one.
        return {
            **told,
            "payment_method": payment.get("method"),
            "can_cancel": self.policy.can(order, salla.Action.CANCEL).allowed,
            "is_pending_payment": self.policy.can(order, salla.Action.PAY).allowed,
            "shipping": {
                "receiver": {key: value for key, value in _object(written.get("receiver")).items() if key != "notify"},
                "branch_id": written.get("branch_id"),
            },
        }

    def _listed(self, query: Mapping[str, str]) -> Answer:  # noqa: ARG002 - the page lists nothing.
        return self._missing()

    def _error(self, status: int, code: str, message: str) -> Answer:
        return _answer(status, salla.error_body(status, code, message))

    def _missing(self) -> Answer:
        return self._error(404, "not_found", "there is no such order")

    def _not_allowed(self) -> Answer:
        return self._error(405, "method_not_allowed", "an order is read with GET and updated with PUT")

    def _failed(self) -> Answer:
        return self._error(500, "server_error", "something went wrong")


def _object(value: Any) -> dict[str, object]:  # noqa: ANN401 - a body's value.
    return value or {}


class FakeAwal(Fake[awal.Order, awal.Patch]):
    """Awal's Update Order, the order read back, and orders by status.

    It answers 200, 404, 400 for a request that cannot be read, and 422 for an update that is refused (assumption A7).
    As on the page, an order's branch is not shown.
    """

    _endpoint = awal.ENDPOINT

    def __init__(
        self,
        orders: Iterable[awal.Order] = (),
        policy: Policy[awal.Order, awal.Patch] = awal.POLICY,
    ) -> None:
        super().__init__(policy, orders)

    def _shown(self, order: awal.Order) -> Answer:
        return _answer(200, {"status": True, "data": self._data(order)})

    def _updated(self, order: awal.Order) -> Answer:
        told = {"status": True, "message": "Order updated successfully", "data": self._data(order)}
        return _answer(200, told)

    def _data(self, order: awal.Order) -> dict[str, object]:
        shown = awal.to_payload(order)
        return {"order_number": f"ORD-{order.id:0>4}", **{key: shown[key] for key in shown if key != "branch_id"}}

    def _listed(self, query: Mapping[str, str]) -> Answer:
        orders = [order for order in self.orders.values() if query.get("status") in {None, order.status}]
        return _answer(200, {"status": True, "data": [self._data(order) for order in orders]})

    def _error(self, status: int, error: str, message: str) -> Answer:
        return _answer(status, awal.error_body(error, message))

    def _missing(self) -> Answer:
        return self._error(404, "Not Found", "Order not found")

    def _not_allowed(self) -> Answer:
        return self._error(405, "Method Not Allowed", "an order is read with GET and updated with PUT")

    def _failed(self) -> Answer:
        return self._error(500, "Internal Server Error", "something went wrong")


def httpx_transport(fake: Fake[Any, Any]) -> httpx.MockTransport:
    """Give the transport of an httpx client, sync or async, that asks a fake: ``httpx.Client(transport=...)``.

    A request that the fake does not answer is a ``httpx.ReadTimeout``.
    """
    import httpx

    _see(fake)

    def handle(request: httpx.Request) -> httpx.Response:
        query = request.url.query.decode("ascii")
        try:
            status, headers, body = fake.handle(request.method, request.url.path, query, request.content)
        except NoAnswerError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, content=body)

    return httpx.MockTransport(handle)


def _see(fake: object) -> None:
    if not isinstance(fake, Fake):
        raise TypeError(f"expected a fake, got a {type(fake).__name__}")


def wsgi_app(fake: Fake[Any, Any]) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Give a WSGI application that asks a fake; a request that the fake does not answer is answered with 504."""
    _see(fake)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        content = environ["wsgi.input"].read(length) if length else b""
        try:
            status, headers, body = fake.handle(
                environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), content
            )
        except NoAnswerError as error:
            status, headers, body = 504, {"content-type": "text/plain; charset=utf-8"}, str(error).encode()
        start_response(f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("content-length", str(len(body)))])
        return [body]

    return app
