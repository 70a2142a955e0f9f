"""The three clients with a server in another process, and a gate before a server without rules."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest
import requests
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from orderrules import Policy, UpdateRefused, awal, salla
from orderrules.integrations import Counts, Gate
from orderrules.integrations.httpx import AsyncGuardedTransport, GuardedTransport
from orderrules.integrations.requests import GuardedAdapter
from orderrules.testing import FakeAwal, FakeSalla, OrderMachine
from tests.kit.http_clients import CLIENTS, platform_of
from tests.kit.service_process import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

pytestmark = pytest.mark.any_python

QUERY = {"phone_number_id": "1"}


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """Yield the URL of a server with three orders of Awal."""
    with serving("awal", "pending", "pending", "pending") as address:
        yield address


def check_updates(put: Callable[[dict[str, object]], int], gate: Gate[Any, Any]) -> None:
    """Move an order on, then try to move it back and to skip a status."""
    assert put({"status": "accepted"}) == 200
    with pytest.raises(UpdateRefused):
        put({"status": "pending"})
    assert put({"status": "completed"}) == 422  # The refusal rests on assumption A1, so the update is sent.
    assert put({"status": "shipped", "shipping_date": "2024-01-20"}) == 200
    # The gate asks for the order again before a refusal, and drops it after a refusal by the platform.
    counts = Counts(allowed=2, held_back=1, sent_refused=1, confirmed=1, asked=4)
    assert gate.counts == counts


def test_the_gate_works_with_httpx(shop: str) -> None:
    """The requests go over a real connection."""
    gate = Gate(awal.ENDPOINT)
    with httpx.Client(base_url=shop, transport=GuardedTransport(gate), params=QUERY) as client:
        check_updates(lambda body: client.put("/orders/1", json=body).status_code, gate)
        assert client.get("/orders/1").json()["data"]["status"] == "shipped"


def test_the_gate_works_with_async_httpx(shop: str) -> None:
    """A streamed answer arrives whole."""

    async def send_updates() -> None:
        gate = Gate(awal.ENDPOINT)
        async with httpx.AsyncClient(base_url=shop, transport=AsyncGuardedTransport(gate), params=QUERY) as client:
            assert (await client.put("/orders/2", json={"status": "accepted"})).status_code == 200
            with pytest.raises(UpdateRefused):
                await client.put("/orders/2", json={"status": "pending"})
            async with client.stream("PUT", "/orders/2", json={"status": "shipped"}) as answer:
                assert json.loads(b"".join([chunk async for chunk in answer.aiter_raw()]))["status"] is True
            assert (gate.counts.allowed, gate.counts.held_back) == (2, 1)

    asyncio.run(send_updates())


def test_the_gate_works_with_requests(shop: str) -> None:
    """The adapter is mounted for one host, and wraps another adapter."""
    gate = Gate(awal.ENDPOINT)
    with requests.Session() as session:
        session.mount(shop, GuardedAdapter(gate, HTTPAdapter(max_retries=2)))
        check_updates(lambda body: session.put(f"{shop}/orders/3", json=body, params=QUERY).status_code, gate)


def test_a_missing_server_raises_the_exception_of_the_client() -> None:
    """The updates are counted as unjudged."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    gate = Gate(awal.ENDPOINT)
    with httpx.Client(transport=GuardedTransport(gate)) as client, pytest.raises(httpx.ConnectError):
        client.put(f"{address}/orders/1", params=QUERY, json={})
    session = requests.Session()
    session.mount("http://", GuardedAdapter(gate))
    with session, pytest.raises(requests.ConnectionError):
        session.put(f"{address}/orders/1", params=QUERY, json={})
    assert (gate.counts.asked, gate.counts.unjudged) == (2, 2)


class Reauthenticating(AuthBase):
    """An authentication that sends a request again over the connection of its answer, as digest authentication does."""

    def __call__(self, request: Any) -> Any:
        """Register for the answer, and set a header whose name is in bytes, as some clients do."""
        request.register_hook("response", self._send_again)
        request.headers[b"x-name"] = b"bytes"
        return request

    def _send_again(self, answer: requests.Response, **options: Any) -> requests.Response:
        copy = answer.request.copy()
        connection: Any = answer.connection
        sent: requests.Response = connection.send(copy, **options)
        return sent


def test_an_update_that_is_sent_again_is_judged_again(shop: str) -> None:
    """This also holds for an update that was held back."""
    gate = Gate(awal.ENDPOINT, respond=True)
    with requests.Session() as session:
        session.mount(shop, GuardedAdapter(gate))
        session.auth = Reauthenticating()
        assert session.put(f"{shop}/orders/3", json={"payment_status": "paid"}, params=QUERY).status_code == 200
        assert session.put(f"{shop}/orders/3", json={"status": 1}, params=QUERY).status_code == 400
    assert (gate.counts.allowed, gate.counts.held_back) == (2, 2)


def test_a_request_built_by_the_caller_gets_the_timeouts_of_the_update() -> None:
    """The function of the caller sets no timeout itself."""
    timeouts: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        timeouts.append(request.extensions["timeout"])
        return httpx.Response(404)

    def ask(request: httpx.Request) -> httpx.Request:
        return httpx.Request("GET", request.url)

    transport = GuardedTransport(Gate(salla.ENDPOINT), httpx.MockTransport(answer), ask=ask)
    with httpx.Client(transport=transport, base_url="http://shop.example", timeout=7) as client:
        client.put("/orders/1", json={})
    assert timeouts[0] == timeouts[1] == {"connect": 7, "read": 7, "write": 7, "pool": 7}


def test_a_redirected_update_is_judged_again() -> None:
    """The redirect sends the same body to another URL."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/old"):
            return httpx.Response(307, headers={"location": "/orders/1"})
        return httpx.Response(200, json={"id": 1, "status": {"slug": "completed"}})

    gate = Gate(salla.ENDPOINT, refuse="nothing")
    transport = GuardedTransport(gate, httpx.MockTransport(answer))
    with httpx.Client(transport=transport, base_url="http://shop.example", follow_redirects=True) as client:
        assert client.put("/old/orders/1", json={"coupon_code": "EID"}).status_code == 200
    assert gate.counts.sent_refused == 1


def test_an_answer_of_the_gate_behaves_like_any_other_answer() -> None:
    """It can be streamed and has an elapsed time, and entering the client enters the inner transport."""
    entered: list[str] = []

    class Inner(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def __enter__(self) -> Any:
            entered.append("in")
            return self

        def __exit__(self, *_: object) -> None:
            entered.append("out")

        async def __aenter__(self) -> Any:
            entered.append("in")
            return self

        async def __aexit__(self, *_: object) -> None:
            entered.append("out")

    gate = Gate(salla.ENDPOINT, respond=True)
    with httpx.Client(transport=GuardedTransport(gate, Inner()), base_url="http://shop.example") as client:
        with client.stream("PUT", "/orders/1", json={"coupon_code": 1}) as answer:
            content = b"".join(answer.iter_raw())
        assert len(content) == int(answer.headers["content-length"])
        assert client.put("/orders/1", json={"coupon_code": 1}).elapsed.total_seconds() >= 0

    async def enter_client() -> None:
        async with httpx.AsyncClient(transport=AsyncGuardedTransport(gate, Inner())):
            pass

    asyncio.run(enter_client())
    assert entered == ["in", "out"] * 2


class BreakingBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off, and counts how often it is closed."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks
        raise httpx.ReadError("the connection broke off")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            yield chunk
        raise httpx.ReadError("the connection broke off")

    def close(self) -> None:
        """Count the call."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count the call."""
        self.closed += 1


class RefusingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that answers every update with 422, and counts how often it is closed."""

    def __init__(self, body: BreakingBody) -> None:
        self.body = body
        self.closed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with 422."""
        return httpx.Response(422, stream=self.body, request=request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer with 422."""
        return self.handle_request(request)

    def close(self) -> None:
        """Count the call."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count the call."""
        self.closed += 1


@pytest.mark.parametrize("chunks", [[b'{"error"'], [b"x" * (1 << 17)]])
def test_an_answer_that_breaks_off_raises_the_exception_of_the_client(chunks: list[bytes]) -> None:
    """The body and the transport are closed, however early the body breaks off."""
    orders = {1: salla.Order(status="in_progress")}.get
    update = {"coupon_code": "EID"}
    inner = RefusingTransport(BreakingBody(chunks))
    transport = GuardedTransport(Gate(salla.ENDPOINT, orders=orders), inner)
    with pytest.raises(httpx.ReadError, match="the connection broke off"):
        httpx.Client(transport=transport, base_url="http://shop.example").put("/orders/1", json=update)
    transport.close()
    assert (inner.body.closed > 0, inner.closed) == (True, 1)

    async def send_update() -> None:
        inner = RefusingTransport(BreakingBody(chunks))
        transport = AsyncGuardedTransport(Gate(salla.ENDPOINT, orders=orders), inner)
        client = httpx.AsyncClient(transport=transport, base_url="http://shop.example")
        with pytest.raises(httpx.ReadError, match="the connection broke off"):
            await client.put("/orders/1", json=update)
        await transport.aclose()
        assert (inner.body.closed > 0, inner.closed) == (True, 1)

    asyncio.run(send_update())


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_a_gate_before_a_server_without_rules_enforces_the_rules(name: str, policy: Policy[Any, Any]) -> None:
    """The state machine cannot tell the two from a server with rules."""
    fake: Any
    endpoint: Any
    if policy.name == "salla":
        fake, endpoint = FakeSalla(policy=salla.POLICY.without(*section_rule_ids(policy))), salla.ENDPOINT
    else:
        fake, endpoint = FakeAwal(policy=awal.POLICY.without(*section_rule_ids(policy))), awal.ENDPOINT

    class Guarded(OrderMachine):
        walk_seconds = 60.0
        write_only: ClassVar[frozenset[str]] = frozenset()

        def __init__(self) -> None:
            super().__init__()
            # Only the caller knows that a customer is a guest (assumption S3), so the caller provides the orders.
            orders = fake.orders.get if policy.name == "salla" else None
            self.send = CLIENTS[name](Gate(endpoint, orders=orders, refuse="any", respond=True), platform_of(fake))

        def create_order(self, order: Any) -> int:
            return int(fake.add(order))

        def send_update(self, handle: Any, body: dict[str, object]) -> int:
            return self.send("PUT", f"/orders/{handle}?phone_number_id=1", json.dumps(body)).status

        def read_order(self, handle: Any) -> Any:
            return fake.orders[handle]

    Guarded.policy = policy
    run_settings = settings(Guarded.TestCase.settings, max_examples=15, database=None, derandomize=True)
    run_state_machine_as_test(Guarded, settings=run_settings)


def section_rule_ids(policy: Policy[Any, Any]) -> list[str]:
    """Return the ids of the rules on sections, so that a server can leave them out."""
    return [rule.id for rule in policy.rules if isinstance(rule.section, policy.sections)]
