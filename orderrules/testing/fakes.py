"""Fakes of the two APIs: each enforces the rules and answers in the format of its documentation page.

``Fake.handle`` takes a request and returns an answer. ``httpx_transport`` and ``wsgi_app`` connect a fake to a client;
httpx is imported only when a transport is created. Sent values that the page's answer has no field for are kept in
``fake.orders[...].written``.
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

from orderrules.engine.decision import UpdateRefused
from orderrules.grammar.orders import OrderT, PatchT
from orderrules.platforms import awal, salla
from orderrules.reading.bodies import write_body
from orderrules.reading.problems import InvalidInput
from orderrules.testing.own_decisions import own_decisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import httpx

    from orderrules.policy.endpoint import Endpoint
    from orderrules.policy.policy import Policy


RETRY_AFTER: Final = 1
"""The seconds in the header ``Retry-After`` of a 429."""
_MAX_ID_DIGITS: Final = 18
"""The number of digits of the longest id that is looked up. For a longer id, the answer is 404."""
_ORDERS: Final = re.compile(r"(?:.*/)?orders/?")
_HEADERS: Final[Mapping[str, str]] = MappingProxyType({"content-type": "application/json; charset=utf-8"})


class Answer(NamedTuple):
    """An answer of a fake: the status, the headers, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Fault(StrEnum):
    """A failure that ``Fake.fail`` schedules for a request."""

    TOO_MANY_REQUESTS = "too many requests"
    """The request is not handled, and the answer is 429, with ``Retry-After``."""
    SERVER_ERROR = "server error"
    """The request is not handled, and the answer is 500."""
    TIMEOUT = "timeout"
    """The request is not handled, and there is no answer."""
    LOST_ANSWER = "lost answer"
    """The request is handled, and there is no answer."""
    STALE = "stale"
    """The answer shows an order as it was before its last update."""


class NoAnswerError(TimeoutError):
    """A request gets no answer, because of a scheduled ``Fault``."""


def json_answer(status: int, content: object) -> Answer:
    """Return an answer whose body is JSON."""
    return Answer(status, dict(_HEADERS), json.dumps(content, ensure_ascii=False).encode())


class Fake(abc.ABC, Generic[OrderT, PatchT]):
    """The common part of the two fakes: orders by their ids, requests, and faults. It is thread-safe.

    Attributes:
        policy: the rules that the fake enforces.
        orders: its current orders, by id.
    """

    _endpoint: Endpoint[OrderT, PatchT]

    def __init__(self, policy: Policy[OrderT, PatchT], orders: Iterable[OrderT] = ()) -> None:
        if policy.order_type is not self._order_type:
            raise TypeError(f"a {type(self).__name__} cannot enforce a policy of {policy.name}")
        self.policy = policy
        self.orders: dict[int, OrderT] = {}
        self._previous: dict[int, OrderT] = {}
        self._faults: list[tuple[Fault, str | None]] = []
        self._lock = threading.Lock()
        for order in orders:
            self.add(order)

    @property
    def _order_type(self) -> type[OrderT]:
        return self._endpoint.policy.order_type

    def read_order(self, payload: Mapping[str, object], *, guest: bool = False) -> OrderT:
        """Read an order as the API shows it; see ``Endpoint.read_order``.

        Raises:
            InvalidInput: it is no order.
            TypeError: the platform has no guests.
        """
        return self._endpoint.read_order(payload, guest=guest)

    def add(self, order: OrderT) -> int:
        """Store an order and return its id: its own, or the next free one if the order has no id.

        Raises:
            TypeError: the order is of another platform.
            ValueError: its id is not a positive integer, or another order has this id.
        """
        if type(order) is not self._order_type:
            raise TypeError(f"a {type(self).__name__} takes orders of its own platform, got {type(order).__qualname__}")
        given = getattr(order, "id", None)
        order_id = max(self.orders, default=0) + 1 if given is None else given
        if type(order_id) is not int or order_id < 1 or order_id in self.orders:
            raise ValueError(f"expected an id that is a positive integer and that no other order has, got {given!r}")
        self.orders[order_id] = order.replace(id=order_id)
        return order_id

    def fail(self, fault: Fault | str, *, method: str | None = None, times: int = 1) -> None:
        """Schedule a fault for the next requests. Scheduled faults happen in the order of the calls.

        Args:
            fault: the fault, or its value.
            method: ``GET`` or ``PUT``; by default the fault happens to any request.
            times: how many requests it happens to.

        Raises:
            ValueError: there is no such fault, the method is another one, or ``times`` is less than 1.
        """
        if method not in {None, "GET", "PUT"} or times < 1:
            raise ValueError(
                f"expected the method GET or PUT (or None) and times of 1 or more, got {method!r} and {times}"
            )
        self._faults += [(Fault(fault), method)] * times

    def handle(self, method: str, path: str, query: Mapping[str, str] | str, body: bytes | str) -> Answer:
        """Answer a request.

        Args:
            method: ``GET`` or ``PUT``.
            path: the path, with or without a prefix before ``/orders/``.
            query: the query, as a mapping or as the text after the question mark.
            body: the body; empty if the request has none.

        Raises:
            NoAnswerError: a scheduled fault says that there is no answer.
        """
        with self._lock:
            fault = self._next_fault(method)
            if fault is Fault.TIMEOUT:
                raise NoAnswerError("no answer, because of a scheduled fault: the request was not handled")
            if fault is Fault.TOO_MANY_REQUESTS:
                answer = self._answer_too_many_requests()
                return answer._replace(headers={**answer.headers, "Retry-After": str(RETRY_AFTER)})
            if fault is Fault.SERVER_ERROR:
                return self._answer_server_error()
            answer = self._dispatch(method, path, query, body, stale=fault is Fault.STALE)
            if fault is Fault.LOST_ANSWER:
                raise NoAnswerError("no answer, because of a scheduled fault: the request was handled")
            return answer

    def _next_fault(self, method: str) -> Fault | None:
        for index, (fault, fault_method) in enumerate(self._faults):
            if fault_method in {None, method} and (fault is not Fault.STALE or method == "GET"):
                del self._faults[index]
                return fault
        return None

    def _dispatch(  # noqa: PLR0911 - one answer for each kind of error.
        self, method: str, path: str, query: Mapping[str, str] | str, body: bytes | str, *, stale: bool
    ) -> Answer:
        if method == "GET" and _ORDERS.fullmatch(path):
            return self._answer_list(dict(parse_qsl(query)) if isinstance(query, str) else query)
        id_text = self._endpoint.order_id(path) or ""
        number = int(id_text) if 0 < len(id_text) <= _MAX_ID_DIGITS else 0
        if number not in self.orders:
            return self._answer_not_found()
        if method == "GET":
            return self._answer_order(self._previous.get(number, self.orders[number]) if stale else self.orders[number])
        if method != "PUT":
            return self._answer_wrong_method()
        try:
            query_text = query if isinstance(query, str) else urlencode(query)
            patch = self._endpoint.read_request(id_text, query_text, body).patch
        except InvalidInput as error:
            return json_answer(self._endpoint.unreadable_status, self._endpoint.unreadable(error))
        order = self.orders[number]
        try:
            with own_decisions():
                self.orders[number] = self.policy.apply(order, patch)
        except UpdateRefused as error:
            return json_answer(self._endpoint.refusal_status, self._endpoint.refusal(error.decision))
        self._previous[number] = order
        return self._answer_update(self.orders[number])

    @abc.abstractmethod
    def _answer_order(self, order: OrderT) -> Answer: ...

    def _answer_update(self, order: OrderT) -> Answer:
        return self._answer_order(order)

    @abc.abstractmethod
    def _answer_list(self, query: Mapping[str, str]) -> Answer: ...

    @abc.abstractmethod
    def _answer_not_found(self) -> Answer: ...

    @abc.abstractmethod
    def _answer_wrong_method(self) -> Answer: ...

    @abc.abstractmethod
    def _answer_too_many_requests(self) -> Answer: ...

    @abc.abstractmethod
    def _answer_server_error(self) -> Answer: ...


class FakeSalla(Fake[salla.Order, salla.Patch]):
    """A fake of Salla's API: Update Order, and reading an order back.

    It answers 200, 404, and 422. A 422 for a body that cannot be read has ``fields``; a 422 for an update that the
    rules refuse has none.
    """

    _endpoint = salla.ENDPOINT

    def __init__(
        self,
        orders: Iterable[salla.Order] = (),
        policy: Policy[salla.Order, salla.Patch] = salla.POLICY,
    ) -> None:
        super().__init__(policy, orders)

    def _answer_order(self, order: salla.Order) -> Answer:
        return json_answer(200, {"status": 200, "success": True, "data": self._order_data(order)})

    def _order_data(self, order: salla.Order) -> dict[str, object]:
        """Build the JSON object of an order as on the page. It shows written values as they were sent."""
        written = write_body(order.written) if isinstance(order.written, salla.Patch) else {}
        customer: Any = written.get("customer", {})
        payment: Any = written.get("payment", {})
        payload = salla.to_payload(order)
        if payload.get("customer"):
            payload["customer"] = {**payload["customer"], **customer}  # type: ignore[dict-item]  # a dict if it is there.
        return {
            **payload,
            "payment_method": payment.get("method"),
            "can_cancel": self._can(order, salla.Action.CANCEL),
            "is_pending_payment": self._can(order, salla.Action.PAY),
            "shipping": {
                "receiver": {key: value for key, value in _as_dict(written.get("receiver")).items() if key != "notify"},
                "branch_id": written.get("branch_id"),
            },
        }

    def _can(self, order: salla.Order, action: salla.Action) -> bool:
        with own_decisions():
            return self.policy.can(order, action).allowed

    def _answer_list(self, query: Mapping[str, str]) -> Answer:  # noqa: ARG002 - the page documents no list of orders.
        return self._answer_not_found()

    def _error(self, status: int, code: str, message: str) -> Answer:
        return json_answer(status, salla.error_body(status, code, message))

    def _answer_not_found(self) -> Answer:
        return self._error(404, "not_found", "there is no such order")

    def _answer_wrong_method(self) -> Answer:
        return self._error(405, "method_not_allowed", "an order is read with GET and updated with PUT")

    def _answer_server_error(self) -> Answer:
        return self._error(500, "server_error", "something went wrong")

    def _answer_too_many_requests(self) -> Answer:
        return json_answer(429, {"message": "Too Many Attempts."})


def _as_dict(value: Any) -> dict[str, object]:  # noqa: ANN401 - any value of a body.
    return value or {}


class FakeAwal(Fake[awal.Order, awal.Patch]):
    """A fake of Awal's API: Update Order, reading an order back, and listing orders by status.

    It answers 200, 404, 400 for a request that cannot be read, and 422 for an update that is refused (assumption A7).
    As on the page, the answer does not show an order's branch.
    """

    _endpoint = awal.ENDPOINT

    def __init__(
        self,
        orders: Iterable[awal.Order] = (),
        policy: Policy[awal.Order, awal.Patch] = awal.POLICY,
    ) -> None:
        super().__init__(policy, orders)

    def _answer_order(self, order: awal.Order) -> Answer:
        return json_answer(200, {"status": True, "data": self._order_data(order)})

    def _answer_update(self, order: awal.Order) -> Answer:
        content = {"status": True, "message": "Order updated successfully", "data": self._order_data(order)}
        return json_answer(200, content)

    def _order_data(self, order: awal.Order) -> dict[str, object]:
        payload = awal.to_payload(order)
        return {"order_number": f"ORD-{order.id:0>4}", **{key: payload[key] for key in payload if key != "branch_id"}}

    def _answer_list(self, query: Mapping[str, str]) -> Answer:
        orders = [order for order in self.orders.values() if query.get("status") in {None, order.status}]
        return json_answer(200, {"status": True, "data": [self._order_data(order) for order in orders]})

    def _error(self, status: int, error: str, message: str) -> Answer:
        return json_answer(status, awal.error_body(error, message))

    def _answer_not_found(self) -> Answer:
        return self._error(404, "Not Found", "Order not found")

    def _answer_wrong_method(self) -> Answer:
        return self._error(405, "Method Not Allowed", "an order is read with GET and updated with PUT")

    def _answer_server_error(self) -> Answer:
        return self._error(500, "Internal Server Error", "something went wrong")

    def _answer_too_many_requests(self) -> Answer:
        return self._error(429, "Too Many Requests", "try again later")


FAKES: Final[Mapping[str, type[FakeSalla | FakeAwal]]] = MappingProxyType({"salla": FakeSalla, "awal": FakeAwal})
"""The fakes by the names of their platforms."""


def httpx_transport(fake: Fake[Any, Any]) -> httpx.MockTransport:
    """Return a transport for a sync or async httpx client that sends its requests to a fake.

    Pass it to the client: ``httpx.Client(transport=httpx_transport(fake))``. If the fake does not answer a request,
    the client raises ``httpx.ReadTimeout``.

    Raises:
        TypeError: the argument is not a fake.
    """
    import httpx

    _check_fake(fake)

    def handle(request: httpx.Request) -> httpx.Response:
        query = request.url.query.decode("ascii")
        try:
            status, headers, body = fake.handle(request.method, request.url.path, query, request.content)
        except NoAnswerError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, content=body)

    return httpx.MockTransport(handle)


def _check_fake(fake: object) -> None:
    if not isinstance(fake, Fake):
        raise TypeError(f"expected a fake, got {type(fake).__name__}")


def wsgi_app(fake: Fake[Any, Any]) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Return a WSGI application that passes its requests to a fake. If the fake does not answer, it answers 504.

    Raises:
        TypeError: the argument is not a fake.
    """
    _check_fake(fake)

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
