"""The three clients against a server in a process of its own, and before a server that knows no rules."""

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
from tests.kit.http_clients import CARRIERS, served
from tests.kit.service_process import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

ASKED = {"phone_number_id": "1"}


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    """Serve two orders of Awal."""
    with serving("awal", "pending", "pending", "pending") as address:
        yield address


def walk(put: Callable[[dict[str, object]], int], gate: Gate[Any, Any]) -> None:
    """Move an order on, and try to move it back and too far."""
    assert put({"status": "accepted"}) == 200
    with pytest.raises(UpdateRefused):
        put({"status": "pending"})
    assert put({"status": "completed"}) == 422  # That rests on assumption A1, so it is sent.
    assert put({"status": "shipped", "shipping_date": "2024-01-20"}) == 200
    # What is refused was asked for anew each time, and what the platform refused is forgotten.
    counts = Counts(allowed=2, held_back=1, sent_refused=1, confirmed=1, asked=4)
    assert gate.counts == counts


def test_httpx(shop: str) -> None:
    """Over a real connection."""
    gate = Gate(awal.ENDPOINT)
    with httpx.Client(base_url=shop, transport=GuardedTransport(gate), params=ASKED) as client:
        walk(lambda body: client.put("/orders/1", json=body).status_code, gate)
        assert client.get("/orders/1").json()["data"]["status"] == "shipped"


def test_async_httpx(shop: str) -> None:
    """In one loop."""

    async def walking() -> None:
        gate = Gate(awal.ENDPOINT)
        async with httpx.AsyncClient(base_url=shop, transport=AsyncGuardedTransport(gate), params=ASKED) as client:
            assert (await client.put("/orders/2", json={"status": "accepted"})).status_code == 200
            with pytest.raises(UpdateRefused):
                await client.put("/orders/2", json={"status": "pending"})
            async with client.stream("PUT", "/orders/2", json={"status": "shipped"}) as answer:
                assert json.loads(b"".join([chunk async for chunk in answer.aiter_raw()]))["status"] is True
            assert (gate.counts.allowed, gate.counts.held_back) == (2, 1)

    asyncio.run(walking())


def test_requests(shop: str) -> None:
    """In one session, mounted for the host; another adapter can be wrapped."""
    gate = Gate(awal.ENDPOINT)
    with requests.Session() as session:
        session.mount(shop, GuardedAdapter(gate, HTTPAdapter(max_retries=2)))
        walk(lambda body: session.put(f"{shop}/orders/3", json=body, params=ASKED).status_code, gate)


def test_nobody_there_is_the_error_that_it_always_was() -> None:
    """And nothing is decided."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    gate = Gate(awal.ENDPOINT)
    with httpx.Client(transport=GuardedTransport(gate)) as client, pytest.raises(httpx.ConnectError):
        client.put(f"{address}/orders/1", params=ASKED, json={})
    session = requests.Session()
    session.mount("http://", GuardedAdapter(gate))
    with session, pytest.raises(requests.ConnectionError):
        session.put(f"{address}/orders/1", params=ASKED, json={})
    assert (gate.counts.asked, gate.counts.unjudged) == (2, 2)


class Reauthenticating(AuthBase):
    """Sends a request again by the connection of its answer, as those do that answer a challenge."""

    def __call__(self, given: Any) -> Any:
        """Ask to be told of the answer; and write a header in bytes, as some do."""
        given.register_hook("response", self._again)
        given.headers[b"x-name"] = b"bytes"
        return given

    def _again(self, answer: requests.Response, **options: Any) -> requests.Response:
        again = answer.request.copy()
        connection: Any = answer.connection
        sent: requests.Response = connection.send(again, **options)
        return sent


def test_an_update_that_is_sent_again_is_asked_about_again(shop: str) -> None:
    """By whatever connection an answer names, one that was held back too."""
    gate = Gate(awal.ENDPOINT, respond=True)
    with requests.Session() as session:
        session.mount(shop, GuardedAdapter(gate))
        session.auth = Reauthenticating()
        assert session.put(f"{shop}/orders/3", json={"payment_status": "paid"}, params=ASKED).status_code == 200
        assert session.put(f"{shop}/orders/3", json={"status": 1}, params=ASKED).status_code == 400
    assert (gate.counts.allowed, gate.counts.held_back) == (2, 2)


def test_who_asks_in_their_own_way_waits_no_longer() -> None:
    """The time-outs of the update are those of the request that asks for its order."""
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(404)

    def ask(request: httpx.Request) -> httpx.Request:
        return httpx.Request("GET", request.url)

    transport = GuardedTransport(Gate(salla.ENDPOINT), httpx.MockTransport(answer), ask=ask)
    with httpx.Client(transport=transport, base_url="http://shop.example", timeout=7) as client:
        client.put("/orders/1", json={})
    assert seen[0] == seen[1] == {"connect": 7, "read": 7, "write": 7, "pool": 7}


def test_an_update_that_is_redirected_is_asked_about_again() -> None:
    """Its body is the same, and there."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/old"):
            return httpx.Response(307, headers={"location": "/orders/1"})
        return httpx.Response(200, json={"id": 1, "status": {"slug": "completed"}})

    gate = Gate(salla.ENDPOINT, refuse="nothing")
    transport = GuardedTransport(gate, httpx.MockTransport(answer))
    with httpx.Client(transport=transport, base_url="http://shop.example", follow_redirects=True) as client:
        assert client.put("/old/orders/1", json={"coupon_code": "EID"}).status_code == 200
    assert gate.counts.sent_refused == 1


def test_an_answer_of_the_gate_is_like_any_other() -> None:
    """It can be streamed, and has taken some time; who enters the client enters what sends."""
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
            told = b"".join(answer.iter_raw())
        assert len(told) == int(answer.headers["content-length"])
        assert client.put("/orders/1", json={"coupon_code": 1}).elapsed.total_seconds() >= 0

    async def entering() -> None:
        async with httpx.AsyncClient(transport=AsyncGuardedTransport(gate, Inner())):
            pass

    asyncio.run(entering())
    assert entered == ["in", "out"] * 2


class Breaking(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks off, and knows whether it was closed."""

    def __init__(self, whole: list[bytes]) -> None:
        self._whole = whole
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self._whole
        raise httpx.ReadError("the connection broke off")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._whole:
            yield chunk
        raise httpx.ReadError("the connection broke off")

    def close(self) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


class Answering(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers every update with 422 and a body, and counts how often it was closed itself."""

    def __init__(self, body: Breaking) -> None:
        self.body = body
        self.closed = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return httpx.Response(422, stream=self.body, request=request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        return self.handle_request(request)

    def close(self) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


@pytest.mark.parametrize("whole", [[b'{"error"'], [b"x" * (1 << 17)]])
def test_a_refusal_that_breaks_off_is_the_error_that_it_always_was(whole: list[bytes]) -> None:
    """At once or later; and what was opened is closed."""
    orders = {1: salla.Order(status="in_progress")}.get
    update = {"coupon_code": "EID"}
    inner = Answering(Breaking(whole))
    transport = GuardedTransport(Gate(salla.ENDPOINT, orders=orders), inner)
    with pytest.raises(httpx.ReadError, match="the connection broke off"):
        httpx.Client(transport=transport, base_url="http://shop.example").put("/orders/1", json=update)
    transport.close()
    assert (inner.body.closed > 0, inner.closed) == (True, 1)

    async def asking() -> None:
        inner = Answering(Breaking(whole))
        transport = AsyncGuardedTransport(Gate(salla.ENDPOINT, orders=orders), inner)
        client = httpx.AsyncClient(transport=transport, base_url="http://shop.example")
        with pytest.raises(httpx.ReadError, match="the connection broke off"):
            await client.put("/orders/1", json=update)
        await transport.aclose()
        assert (inner.body.closed > 0, inner.closed) == (True, 1)

    asyncio.run(asking())


@pytest.mark.parametrize("name", CARRIERS)
@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_a_gate_before_a_server_without_rules_keeps_them(name: str, policy: Policy[Any, Any]) -> None:
    """The machine walks the two as one, and cannot tell them from a server with rules."""
    fake: Any
    endpoint: Any
    if policy.name == "salla":
        fake, endpoint = FakeSalla(policy=salla.POLICY.without(*ids(policy))), salla.ENDPOINT
    else:
        fake, endpoint = FakeAwal(policy=awal.POLICY.without(*ids(policy))), awal.ENDPOINT

    class Guarded(OrderMachine):
        write_only: ClassVar[frozenset[str]] = frozenset()

        def __init__(self) -> None:
            super().__init__()
            # A guest is known to nobody but the caller (assumption S3), so orders come from there.
            orders = fake.orders.get if policy.name == "salla" else None
            self.send = CARRIERS[name](Gate(endpoint, orders=orders, refuse="any", respond=True), served(fake))

        def create_order(self, order: Any) -> int:
            return int(fake.add(order))

        def send_update(self, handle: Any, body: dict[str, object]) -> int:
            return self.send("PUT", f"/orders/{handle}?phone_number_id=1", json.dumps(body)).status

        def read_order(self, handle: Any) -> Any:
            return fake.orders[handle]

    Guarded.policy = policy
    trying = settings(Guarded.TestCase.settings, max_examples=15, database=None, derandomize=True)
    run_state_machine_as_test(Guarded, settings=trying)


def ids(policy: Policy[Any, Any]) -> list[str]:
    """Name the rules on sections, so that a server can do without them."""
    return [rule.id for rule in policy.rules if isinstance(rule.section, policy.sections)]
