"""The gate before each HTTP client: what it holds back, sends, caches and reports."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from orderrules import Code, InvalidInput, Policy, Problem, UpdateRefused, awal, salla
from orderrules.integrations import Gate, OrderUnavailable, Report, ReportKind, UpdateUncertain
from orderrules.integrations.httpx import AsyncGuardedTransport, GuardedTransport
from orderrules.integrations.requests import GuardedAdapter
from orderrules.testing import FakeAwal, FakeSalla, Fault
from tests.kit import toy
from tests.kit.http_clients import CLIENTS, TIMEOUTS, Answer, Platform, Request, platform_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., Callable[..., Answer]]

COUPON = b'{ "coupon_code":"EID24" }'
PACKED = gzip.compress(COUPON, mtime=0)
EMPLOYEES = b'{"employees": [1764372001]}'
QUERY = "?phone_number_id=1"
STRICT = salla.policy(completed=salla.COMPLETED_FAMILY)


@pytest.fixture(params=CLIENTS)
def connect(request: pytest.FixtureRequest) -> Connect:
    """Return a function that connects one of the clients to a platform; each client is tested in turn."""
    return CLIENTS[request.param]


def shop(*orders: salla.Order) -> Platform:
    """Return a platform with orders of Salla, numbered from 1."""
    return platform_of(FakeSalla(orders))


OK: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")


def shop_showing(status: str | None, answer: tuple[int, dict[str, str], bytes] = OK) -> Platform:
    """Return a platform that shows every order in one status of Salla, and gives one answer to everything else."""

    def answer_request(request: Request) -> Any:
        if request.method != "GET":
            return answer
        number = int(request.url.rsplit("/", 1)[1])
        document = {"data": {"id": number, "status": None if status is None else {"slug": status}}}
        return 200, {}, json.dumps(document).encode()

    return Platform(answer_request)


def nonzero_counts(gate: Gate[Any, Any]) -> dict[str, int]:
    """Return the counts of a gate that are not 0."""
    return {name: count for name, count in attrs.asdict(gate.counts).items() if count}


def test_a_refused_update_is_not_sent(connect: Connect) -> None:
    """The gate asks for the order, and sends nothing else."""
    platform = shop(salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT)
    with pytest.raises(UpdateRefused) as caught:
        connect(gate, platform)("PUT", "/orders/1", COUPON)
    assert [violation.rule.id for violation in caught.value.decision.violations] == ["SALLA-COUPON-1"]
    assert platform.methods == ["GET"]
    assert nonzero_counts(gate) == {"asked": 1, "held_back": 1}


def test_an_unreadable_update_is_not_sent(connect: Connect) -> None:
    """The gate does not even ask for the order."""
    platform = shop(salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT)
    with pytest.raises(InvalidInput, match="coupon_code: expected a string"):
        connect(gate, platform)("PUT", "/orders/1", b'{"coupon_code": 24}')
    with pytest.raises(InvalidInput):
        connect(gate, platform)("PUT", "/orders/1")
    assert platform.requests == []
    assert nonzero_counts(gate) == {"held_back": 2}


@pytest.mark.parametrize("body", [COUPON, b'{"coupon_code": 24}'])
def test_the_gate_can_answer_as_the_platform_would(connect: Connect, body: bytes) -> None:
    """The answers are equal, except for a header that names the gate."""
    fake = FakeSalla([salla.Order(status="completed")])
    status, headers, expected = fake.handle("PUT", "/orders/1", "", body)
    answer = connect(Gate(salla.ENDPOINT, respond=True), platform_of(fake))("PUT", "/orders/1", body)
    assert (answer.status, json.loads(answer.body)) == (status, json.loads(expected))
    assert answer.headers["content-type"] == headers["content-type"]
    assert answer.headers["x-held-back-by"] == "orderrules"


def test_an_unreadable_request_for_awal_is_answered_400(connect: Connect) -> None:
    """A refused request is answered 422 (assumption A7)."""
    send = connect(Gate(awal.ENDPOINT, respond=True), platform_of(FakeAwal([awal.Order(status="pending")])))
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "lost"}').status == 400
    assert send("PUT", "/orders/1", b'{"status": "accepted"}').status == 400
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "shipped"}').status == 422
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "accepted"}').status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("GET", "/orders/1", b"", {}),
        ("GET", "/orders", b"", {}),
        ("POST", "/orders", COUPON, {}),
        ("POST", "/orders/1/status", COUPON, {}),
        ("DELETE", "/orders/1", b"", {}),
        ("PATCH", "/orders/1", COUPON, {}),
        ("PUT", "/customers/1", COUPON, {}),
        ("PUT", "/orders/first", COUPON, {}),
        ("PUT", "/orders/1/items/2", COUPON, {}),
        ("PUT", "/files/a%2Forders%2F7", COUPON, {}),
        ("PUT", "/orders/1", b"coupon_code=EID24", {"content-type": "application/x-www-form-urlencoded"}),
        ("PUT", "/orders/1", PACKED, {"content-encoding": "gzip"}),
    ],
)
def test_other_requests_are_sent_byte_for_byte(
    connect: Connect, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    """The order does not matter, and the answer is passed on unchanged."""
    platform = Platform(lambda _: (418, {"x-tea": "mint"}, b"\x00\xff"))
    answer = connect(Gate(salla.ENDPOINT), platform)(method, path, body, headers)
    assert (answer.status, answer.body, answer.headers["x-tea"]) == (418, b"\x00\xff", "mint")
    (request,) = platform.requests
    assert (request.method, request.url.removeprefix("https://shop.example/v2"), request.body) == (method, path, body)
    for name, value in headers.items():
        assert request.headers[name] == value


def test_an_allowed_update_is_sent_byte_for_byte(connect: Connect) -> None:
    """So a signature of the body stays valid."""
    platform = shop(salla.Order(status="in_progress"))
    answer = connect(Gate(salla.ENDPOINT), platform)(
        "PUT", "/orders/1", COUPON, {"x-signature": "sha256=abc", "content-type": "application/json"}
    )
    assert (answer.status, platform.methods) == (200, ["GET", "PUT"])
    assert platform.requests[1].body == COUPON
    assert platform.requests[1].headers["x-signature"] == "sha256=abc"


def test_a_streamed_body_is_sent_and_not_judged(connect: Connect) -> None:
    """The gate does not read the stream."""
    platform = shop(salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT)
    assert connect(gate, platform)("PUT", "/orders/1", iter([COUPON[:5], COUPON[5:]])).status == 422
    assert platform.requests[0].body == COUPON
    assert nonzero_counts(gate) == {"unjudged": 1}


def test_the_order_is_asked_for_with_the_same_headers(connect: Connect) -> None:
    """Headers about the body are left out, and the query is kept."""
    platform = platform_of(FakeAwal([awal.Order(status="pending")]))
    headers = {
        "x-client-id": "7",
        "x-store": "متجر".encode(),
        "content-type": "application/json",
        "if-match": '"1"',
        "range": "bytes=0-1",
        "x-http-method-override": "PUT",
    }
    connect(Gate(awal.ENDPOINT), platform)("PUT", f"/orders/1{QUERY}", b'{"status": "accepted"}', headers)
    get, update = platform.requests
    assert (get.method, get.url, get.body) == ("GET", update.url, b"")
    assert get.headers["x-client-id"] == "7"
    assert get.headers["x-store"] == update.headers["x-store"]
    body_headers = {"content-type", "content-length", "if-match", "range", "x-http-method-override"}
    assert not body_headers & {name.lower() for name in get.headers}


def test_the_caller_can_build_the_request_for_the_order(connect: Connect) -> None:
    """A caller that signs its requests needs this."""
    platform = shop(salla.Order(status="in_progress"))

    def build_request(request: Any) -> Any:
        if isinstance(request, httpx.Request):
            return httpx.Request("GET", request.url, headers={"x-signature": "of nothing"})
        return requests.Request("GET", request.url, headers={"x-signature": "of nothing"}).prepare()

    connect(Gate(salla.ENDPOINT), platform, ask=build_request)(
        "PUT", "/orders/1", COUPON, {"x-signature": "of the body"}
    )
    assert [request.headers["x-signature"] for request in platform.requests] == ["of nothing", "of the body"]


def test_a_refusal_that_rests_on_an_assumption_is_sent_and_reported(connect: Connect) -> None:
    """The answer shows whether the assumption is right."""
    reports: list[Report] = []
    order = salla.Order(id=1, status="delivered")
    gate = Gate(salla.ENDPOINT.under(STRICT), report=reports.append)
    for platform, kind in (
        (platform_of(FakeSalla([order])), ReportKind.ACCEPTED),
        (platform_of(FakeSalla([order], STRICT)), ReportKind.CONFIRMED),
        (shop_showing("delivered", (503, {}, b"")), ReportKind.UNANSWERED),
    ):
        connect(gate, platform)("PUT", "/orders/1", COUPON)
        assert platform.methods == ["GET", "PUT"]
        assert reports[-1].kind is kind
        assert reports[-1].assumptions == ("S2",)
        assert reports[-1].rules == ("SALLA-COUPON-1",)
    assert nonzero_counts(gate) == {"asked": 3, "sent_refused": 3, "accepted": 1, "confirmed": 1, "unanswered": 1}
    assert reports[0] == Report(
        kind=ReportKind.ACCEPTED,
        platform="salla",
        order_id=1,
        rules=("SALLA-COUPON-1",),
        assumptions=("S2",),
        facts=("status is delivered", "not draft"),
        keys=("coupon_code",),
        status=200,
    )
    assert str(reports[0]) == (
        "salla accepted an update that the rules refuse (200), order 1: keys coupon_code; rules SALLA-COUPON-1; "
        "assumptions S2; facts status is delivered, not draft"
    )


def test_any_refusal_can_be_held_back(connect: Connect) -> None:
    """With ``refuse="any"``, this includes refusals that rest on an assumption."""
    platform = shop(salla.Order(status="delivered"))
    with pytest.raises(UpdateRefused):
        connect(Gate(salla.ENDPOINT.under(STRICT), refuse="any"), platform)("PUT", "/orders/1", COUPON)
    assert platform.methods == ["GET"]


def test_the_gate_can_hold_nothing_back(connect: Connect) -> None:
    """It then reports what the platform accepts although the rules refuse it."""
    reports: list[Report] = []
    platform = shop_showing("completed")
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=reports.append)
    send = connect(gate, platform)
    assert send("PUT", "/orders/1", COUPON).status == 200
    assert send("PUT", "/orders/1", b'{"gift": true}').status == 200
    assert [report.kind for report in reports] == [ReportKind.ACCEPTED, ReportKind.ACCEPTED]
    assert reports[0].rules == ("SALLA-COUPON-1",)
    assert reports[0].assumptions == ()
    assert reports[1].problems == ("unknown_key at /…",)
    assert str(reports[1]) == "salla accepted an update that the rules refuse (200): problems unknown_key at /…"
    assert nonzero_counts(gate) == {"asked": 1, "sent_refused": 2, "accepted": 2}


def test_a_report_names_a_missing_query_parameter(connect: Connect) -> None:
    """It also says that the parameter belongs to the query."""
    reports: list[Report] = []
    platform = Platform(lambda _: (400, {}, b"{}"))
    connect(Gate(awal.ENDPOINT, refuse="nothing", report=reports.append), platform)("PUT", "/orders/1", b'{"x": 1}')
    assert [report.problems for report in reports] == [("missing at query /phone_number_id", "unknown_key at /…")]


def test_a_refusal_of_an_allowed_update_is_reported(connect: Connect) -> None:
    """The report has the rules on the sent keys and the error code of the answer."""
    reports: list[Report] = []
    document = {"status": 422, "success": False, "error": {"code": "order_locked", "message": "+966500000000"}}
    answer = 422, {"content-encoding": "gzip"}, gzip.compress(json.dumps(document).encode())
    gate = Gate(salla.ENDPOINT, report=reports.append)
    received = connect(gate, shop_showing("in_progress", answer))("PUT", "/orders/1", COUPON)
    assert received.status == 422
    (report,) = reports
    assert (report.kind, report.rules, report.code) == (ReportKind.REFUSED, ("SALLA-COUPON-1",), "order_locked")
    assert report.kind.is_disagreement
    assert "966" not in str(report)


def test_a_refused_value_is_not_reported(connect: Connect) -> None:
    """The rules cannot know, for example, whether a coupon exists."""
    answer = json.dumps({"error": {"code": "validation_failed", "fields": {"coupon_code": ["is none"]}}}).encode()
    gate = Gate(salla.ENDPOINT)
    assert connect(gate, shop_showing(None, (422, {}, answer)))("PUT", "/orders/1", COUPON).body == answer
    assert nonzero_counts(gate) == {"asked": 1, "allowed": 1}


@pytest.mark.parametrize("size", [10, 70_000, 3_000_000])
def test_a_long_refusal_arrives_whole(connect: Connect, size: int) -> None:
    """The gate reads only its beginning."""
    answer = json.dumps({"error": {"code": "locked", "message": "x" * size}}).encode()
    assert (
        connect(Gate(salla.ENDPOINT, report=_ignore), shop_showing(None, (422, {}, answer)))(
            "PUT", "/orders/1", COUPON
        ).body
        == answer
    )


def _ignore(_: Report) -> None:
    """Ignore a report."""


def test_an_accepted_update_changes_the_cached_order(connect: Connect) -> None:
    """The order is asked for once, and later updates are judged by what ``apply`` returns."""
    platform = platform_of(FakeAwal([awal.Order(status="pending")]))
    gate = Gate(awal.ENDPOINT)
    send = connect(gate, platform)
    for status in ("accepted", "shipped", "delivered"):
        assert send("PUT", f"/orders/1{QUERY}", json.dumps({"status": status})).status == 200
    assert platform.methods == ["GET", "PUT", "PUT", "PUT"]


def test_a_refusal_is_not_a_disagreement_if_the_order_was_cached(connect: Connect) -> None:
    """Someone else may have changed the order, so the next update asks for it again."""
    fake = FakeAwal([awal.Order(status="pending")])
    reports: list[Report] = []
    gate = Gate(awal.ENDPOINT, report=reports.append)
    send = connect(gate, platform_of(fake))
    send("PUT", f"/orders/1{QUERY}", b'{"payment_status": "paid"}')
    fake.orders[1] = awal.Order(id=1, status="shipped")
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "accepted"}').status == 422
    assert [report.kind for report in reports] == [ReportKind.STALE]
    assert not reports[0].kind.is_disagreement
    assert str(reports[0]).startswith(
        "awal refused an update that the rules allow for the cached order (422), order 1: keys status"
    )
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "delivered"}').status == 200
    assert nonzero_counts(gate) == {"asked": 2, "allowed": 3, "stale": 1}


def test_an_order_is_not_cached_after_status_202(connect: Connect) -> None:
    """The platform has accepted the update, but may not have applied it yet."""
    platform = shop_showing(None, (202, {}, b""))
    send = connect(Gate(salla.ENDPOINT), platform)
    send("PUT", "/orders/1", EMPLOYEES)
    send("PUT", "/orders/1", EMPLOYEES)
    assert platform.methods == ["GET", "PUT", "GET", "PUT"]


def test_a_cached_order_expires_after_max_age(connect: Connect) -> None:
    """Its age counts from the request for the order, or from the answer to an update that showed it."""
    platform = platform_of(FakeAwal([awal.Order(status="pending")]))
    now = 0.0
    send = connect(Gate(awal.ENDPOINT, max_age=10, clock=lambda: now), platform)
    for moment, status in ((0.0, "accepted"), (9.0, "shipped"), (18.0, "delivered"), (28.0, "completed")):
        now = moment
        send("PUT", f"/orders/1{QUERY}", json.dumps({"status": status}))
    assert platform.methods == ["GET", "PUT", "PUT", "PUT", "GET", "PUT"]


def test_a_cached_order_never_refuses_an_update(connect: Connect) -> None:
    """Someone else may have changed the order, so the gate asks for it again before it refuses."""
    fake = FakeAwal([awal.Order(status="pending")])
    platform = platform_of(fake)
    send = connect(Gate(awal.ENDPOINT), platform)
    send("PUT", f"/orders/1{QUERY}", b'{"status": "accepted"}')
    fake.orders[1] = awal.Order(id=1, status="shipped")
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "delivered"}').status == 200
    assert platform.methods == ["GET", "PUT", "GET", "PUT"]
    with pytest.raises(UpdateRefused):
        send("PUT", f"/orders/1{QUERY}", b'{"status": "pending"}')
    assert platform.methods[4:] == ["GET"]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
def test_an_answer_that_is_not_a_success_drops_the_cached_order(connect: Connect, status: int) -> None:
    """The answer is passed on unchanged."""
    failing = [False]

    def answer(request: Request) -> Any:
        if request.method == "PUT" and failing[0]:
            return status, {"retry-after": "7"}, b"not now"
        return 200, {}, b'{"status": true, "data": {"id": 1, "status": "pending"}}'

    platform = Platform(answer)
    send = connect(Gate(awal.ENDPOINT, report=_ignore), platform)
    assert send("PUT", f"/orders/1{QUERY}", b"{}").status == 200
    failing[0] = True
    received = send("PUT", f"/orders/1{QUERY}", b"{}")
    assert (received.status, received.body, received.headers["retry-after"]) == (status, b"not now", "7")
    send("PUT", f"/orders/1{QUERY}", b"{}")
    assert platform.methods == ["GET", "PUT", "PUT", "GET", "PUT"]


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.LOST_ANSWER])
def test_a_timeout_is_raised_and_drops_the_cached_order(connect: Connect, fault: Fault) -> None:
    """The client gets the exception that it would get without the gate."""
    fake = FakeAwal([awal.Order(status="pending")])
    platform = platform_of(fake)
    send = connect(Gate(awal.ENDPOINT), platform)
    send("PUT", f"/orders/1{QUERY}", b'{"payment_status": "paid"}')
    fake.fail(fault, method="PUT")
    with pytest.raises(TIMEOUTS):
        send("PUT", f"/orders/1{QUERY}", b'{"status": "accepted"}')
    send("PUT", f"/orders/1{QUERY}", b'{"payment_status": "paid"}')
    assert platform.methods == ["GET", "PUT", "PUT", "GET", "PUT"]


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.SERVER_ERROR])
def test_an_update_is_sent_if_its_order_is_unavailable(connect: Connect, fault: Fault) -> None:
    """The platform decides then."""
    fake = FakeSalla([salla.Order(status="completed")])
    fake.fail(fault, method="GET")
    gate = Gate(salla.ENDPOINT)
    assert connect(gate, platform_of(fake))("PUT", "/orders/1", COUPON).status == 422
    assert nonzero_counts(gate) == {"asked": 1, "unjudged": 1}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b'{"status": 200}', b'{"data": 7}', pytest.param(b"x" * 20_000_000, id="long")),
        *(b'{"message": "hi"}', b'{"data": {"id": 2, "status": {"slug": "completed"}}}'),
    ],
)
def test_an_update_is_sent_if_its_order_cannot_be_read(connect: Connect, body: bytes) -> None:
    """The same holds if the answer is too long, is not an order, or is another order."""
    platform = Platform(lambda _: (200, {}, body))
    gate = Gate(salla.ENDPOINT)
    connect(gate, platform)("PUT", "/orders/1", COUPON)
    assert platform.methods == ["GET", "PUT"]
    assert nonzero_counts(gate) == {"asked": 1, "unjudged": 1}


def test_a_decompression_bomb_is_not_unpacked_completely(connect: Connect) -> None:
    """It counts as an order that cannot be read."""
    bomb = gzip.compress(gzip.compress(b" " * 80_000_000))
    platform = Platform(
        lambda request: (200, {"content-encoding": "gzip, gzip"} if request.method == "GET" else {}, bomb[: 1 << 20])
    )
    gate = Gate(salla.ENDPOINT)
    connect(gate, platform)("PUT", "/orders/1", COUPON)
    assert nonzero_counts(gate) == {"asked": 1, "unjudged": 1}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/orders/1/status"), ("DELETE", "/orders/1"), ("PUT", "/orders/1/items/2")]
)
def test_any_request_that_may_change_an_order_drops_it_from_the_cache(connect: Connect, method: str, path: str) -> None:
    """Salla, for example, changes the status through another endpoint."""
    platform = shop_showing(None)
    send = connect(Gate(salla.ENDPOINT), platform)
    send("PUT", "/orders/1", EMPLOYEES)
    send("PUT", "/orders/001", EMPLOYEES)
    assert platform.methods == ["GET", "PUT", "PUT"]
    send(method, path)
    send("PUT", "/orders/1", EMPLOYEES)
    assert platform.methods[4:] == ["GET", "PUT"]


def test_each_account_has_its_own_cached_orders(connect: Connect) -> None:
    """An order with the same id under another URL is also cached separately."""
    platform = shop_showing(None)
    send = connect(Gate(salla.ENDPOINT), platform)
    for token in ("one", "two", "one"):
        send("PUT", "/orders/1", EMPLOYEES, {"authorization": f"Bearer {token}"})
    send("PUT", "/stores/2/orders/1", EMPLOYEES, {"authorization": "Bearer one"})
    assert platform.methods == ["GET", "PUT", "GET", "PUT", "PUT", "GET", "PUT"]


def test_the_cache_holds_at_most_max_orders(connect: Connect) -> None:
    """The oldest order is dropped first, and ``forget`` drops all orders."""
    platform = shop_showing(None)
    gate = Gate(salla.ENDPOINT, max_orders=2)
    send = connect(gate, platform)
    for number in (1, 2, 3, 2, 3, 1):
        send("PUT", f"/orders/{number}", EMPLOYEES)
    assert gate.counts.asked == 4
    gate.forget()
    send("PUT", "/orders/1", EMPLOYEES)
    assert gate.counts.asked == 5


def test_headers_of_an_attempt_are_named_in_any_case() -> None:
    """Accounts are told apart by them, and bodies that are not JSON are not read."""
    gate = Gate(salla.ENDPOINT)
    url, body = "https://api.example/orders/1", b'{"coupon_code": "EID"}'
    keys = set()
    for name, token in (("Authorization", "one"), ("authorization", "one"), ("Authorization", "two")):
        attempt = gate.attempt("PUT", url, {name: token, "Content-Type": "application/json"}, body)
        assert attempt is not None
        assert attempt.needs_order
        keys.add(attempt._key)
    assert len(keys) == 2
    other = gate.attempt("PUT", url, {"Content-Type": "text/plain"}, body)
    assert other is not None
    assert not other.needs_order


def test_a_fact_that_no_answer_shows_causes_no_certain_refusal(connect: Connect) -> None:
    """Only the caller can say that a customer is a guest (assumption S3); other rules still refuse."""
    customer = b'{"customer": {"id": 5}}'
    guest = salla.Order(id=1, status="completed", customer=salla.CustomerKind.GUEST)
    reports: list[Report] = []
    gate = Gate(salla.ENDPOINT, report=reports.append)
    assert connect(gate, platform_of(FakeSalla([guest])))("PUT", "/orders/1", customer).status == 200
    assert [(report.kind, report.why) for report in reports] == [
        (ReportKind.UNJUDGED, "no answer of the platform shows its customer for certain")
    ]
    for strict in (Gate(salla.ENDPOINT, refuse="any"), Gate(salla.ENDPOINT, orders={1: guest}.get, refuse="any")):
        body = '{"customer": {"id": 5}, "coupon_code": "EID"}'
        with pytest.raises(UpdateRefused) as caught:
            connect(strict, platform_of(FakeSalla([guest])))("PUT", "/orders/1", body)
        assert len(caught.value.decision.violations) == (2 if strict.orders is None else 1)
    # S1's alternative allows the payment. The customer makes the refusal no more certain.
    failed = salla.Order(id=1, status="payment_failed", customer=salla.CustomerKind.REGISTERED)
    for body in ('{"payment": {"status": "paid"}}', '{"customer": {"id": 5}, "payment": {"status": "paid"}}'):
        gate = Gate(salla.ENDPOINT, report=reports.append)
        assert connect(gate, platform_of(FakeSalla([failed])))("PUT", "/orders/1", body).status == 422
        assert reports[-1].kind is ReportKind.CONFIRMED
        assert (reports[-1].rules, reports[-1].assumptions) == (("SALLA-PAYMENT-1",), ("S1",))
    fake = FakeSalla([guest])
    answering = Gate(salla.ENDPOINT, respond=True)
    body = '{"customer": {"id": 5}, "coupon_code": "EID"}'
    assert (
        connect(answering, platform_of(fake))("PUT", "/orders/1", body).body
        == fake.handle("PUT", "/orders/1", "", body).body
    )
    assert not any("customer" in fact for fact in reports[0].facts)


@pytest.mark.parametrize(
    ("answer", "sent", "why"),
    [
        ((401, {}, b""), (COUPON, {}), "its order was asked for, and the answer was 401"),
        ((200, {}, b"{"), (COUPON, {}), "its order cannot be read: not_json"),
        (
            (200, {}, b'{"id": 2, "status": []}'),
            (COUPON, {}),
            "its order was asked for, and the answer was another order",
        ),
        (None, (COUPON, {}), "its order was asked for, and there was no answer"),
        ((200, {}, b""), ([COUPON], {}), "its body is a stream"),
        ((200, {}, b""), (b"x", {"content-encoding": "gzip"}), "its body is encoded"),
        ((200, {}, b""), (b"x", {"content-type": "text/plain"}), "its content-type is not JSON"),
    ],
)
def test_an_update_that_cannot_be_judged_is_logged_and_can_be_held_back(
    connect: Connect, answer: Any, sent: tuple[Any, dict[str, str]], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By default it is sent, and a warning is logged."""
    body, headers = sent

    def respond(request: Request) -> Any:
        if request.method == "GET" and answer is None:
            raise TimeoutError
        return answer or (200, {}, b"")

    def content() -> Any:
        return iter(body) if isinstance(body, list) else body

    gate = Gate(salla.ENDPOINT)
    connect(gate, Platform(respond))("PUT", "/orders/1", content(), headers)
    assert gate.counts.unjudged == 1
    assert [(record.levelname, record.getMessage().split("because ")[1]) for record in caplog.records] == [
        ("WARNING", why)
    ]
    strict = Gate(salla.ENDPOINT, needs_order=True)
    platform = Platform(respond)
    with pytest.raises(OrderUnavailable, match=f"the update of order 1 cannot be judged: {why}"):
        connect(strict, platform)("PUT", "/orders/1", content(), headers)
    assert "PUT" not in platform.methods
    assert {name: count for name, count in nonzero_counts(strict).items() if name != "asked"} == {"unavailable": 1}
    assert len(caplog.records) == 2
    assert "salla was not sent an update, because it could not be judged" in caplog.records[1].getMessage()


def test_an_exception_names_its_order(connect: Connect) -> None:
    """Many updates may be under way at once."""
    with pytest.raises(UpdateRefused) as refused:
        connect(Gate(salla.ENDPOINT), shop_showing("completed"))("PUT", "/orders/17", COUPON)
    assert refused.value.order_id == 17
    assert refused.value.__notes__ == ["the update of order 17 was held back"]
    with pytest.raises(InvalidInput) as unreadable:
        connect(Gate(salla.ENDPOINT), shop_showing("completed"))("PUT", "/orders/17", b"{")
    assert unreadable.value.__notes__ == ["the update of order 17 was held back"]


def test_a_transport_accepts_only_a_gate() -> None:
    """An endpoint is a type error, for example."""
    for make in (GuardedTransport, AsyncGuardedTransport, GuardedAdapter):
        with pytest.raises(TypeError, match=r"expected a gate, such as Gate\(salla.ENDPOINT\), got Endpoint"):
            make(salla.ENDPOINT)  # type: ignore[arg-type]


def test_orders_can_come_from_a_function(connect: Connect) -> None:
    """The platform is then never asked, nothing is cached, and updates of unknown orders are not judged."""
    known = {1: salla.Order(status="completed"), 2: salla.Order(status="in_progress")}
    platform = shop(*known.values(), salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT, orders=known.get)
    send = connect(gate, platform)
    with pytest.raises(UpdateRefused):
        send("PUT", "/orders/1", COUPON)
    assert send("PUT", "/orders/2", COUPON).status == 200
    known[2] = salla.Order(status="completed")
    with pytest.raises(UpdateRefused):
        send("PUT", "/orders/2", COUPON)
    assert send("PUT", "/orders/3", COUPON).status == 422
    assert platform.methods == ["PUT", "PUT"]
    assert nonzero_counts(gate) == {"held_back": 2, "allowed": 1, "unjudged": 1}


def test_orders_can_come_from_a_coroutine_function() -> None:
    """Only an asynchronous client accepts one."""

    async def get_order(order_id: int) -> salla.Order:
        return salla.Order(id=order_id, status="completed")

    gate = Gate(salla.ENDPOINT, orders=get_order)
    with pytest.raises(UpdateRefused):
        CLIENTS["async httpx"](gate, shop())("PUT", "/orders/1", COUPON)
    for name in ("httpx", "requests"):
        with pytest.raises(TypeError, match="orders is a coroutine function, and this client is not asynchronous"):
            CLIENTS[name](gate, shop())("PUT", "/orders/1", COUPON)


def test_an_exception_of_the_orders_function_reaches_the_caller(connect: Connect) -> None:
    """The gate does not catch it."""

    def fail(order_id: int) -> salla.Order:
        raise LookupError(order_id)

    gate = Gate(salla.ENDPOINT, orders=fail)
    with pytest.raises(LookupError):
        connect(gate, shop())("PUT", "/orders/1", COUPON)


def test_a_failing_report_function_does_not_affect_the_request(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The failure is logged."""

    def fail(report: Report) -> None:
        raise RuntimeError(report)

    platform = shop_showing("completed")
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=fail)
    assert connect(gate, platform)("PUT", "/orders/1", COUPON).status == 200
    assert "the report function failed" in caplog.text


def test_by_default_a_report_is_one_log_record(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """A disagreement is logged as a warning."""
    platform = shop_showing("completed")
    with caplog.at_level(logging.INFO, "orderrules"):
        connect(Gate(salla.ENDPOINT, refuse="nothing"), platform)("PUT", "/orders/1", COUPON)
    (record,) = [record for record in caplog.records if record.name.startswith("orderrules")]
    assert (record.name, record.levelno) == ("orderrules.integrations", logging.WARNING)
    assert record.getMessage().startswith(
        "salla accepted an update that the rules refuse (200), order 1: keys coupon_code"
    )


PERSONAL = {
    "customer": {"name": "Nura Alharbi", "mobile": "+966500000001", "email": "nura@example.org"},
    "receiver": {"name": "Sami Alharbi", "phone": "500000002", "email": "sami@example.org"},
    "ship_to": {"street_number": "77", "address": "Olaya Street", "postal_code": "12211"},
    "payment": {"receipt_image_path": "https://example.org/receipt"},
}


@pytest.mark.parametrize("answer", [200, 422, 500])
@pytest.mark.parametrize("unreadable", [False, True])
def test_reports_and_logs_contain_no_personal_data(
    connect: Connect, caplog: pytest.LogCaptureFixture, answer: int, unreadable: bool
) -> None:
    """This covers the update, the order, the answer, and a status that a store has made up."""
    reports: list[Report] = []

    def respond(request: Request) -> Any:
        if request.method == "GET":
            order = {"id": 1, "status": {"slug": "for-nura"}, "customer": PERSONAL["customer"]}
            return 200, {}, json.dumps({"data": order}).encode()
        error = {"code": "Nura.Alharbi", "message": "Nura Alharbi"}
        return answer, {}, json.dumps({"error": error}).encode()

    body: dict[str, Any] = {**PERSONAL}
    if unreadable:
        body = {**body, "Nura_Alharbi": 1, "customer": {**body["customer"], "Olaya": 1, "+966500000001": 1}}
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=reports.append)
    with caplog.at_level(logging.DEBUG, "orderrules"):
        connect(gate, Platform(respond))("PUT", "/orders/1", json.dumps(body))
    (report,) = reports
    text = f"{report!r}{report}{caplog.text}".lower()
    for word in ("nura", "sami", "alharbi", "966", "5000", "@", "olaya", "77", "12211", "https"):
        assert word not in text, word


def test_a_gate_for_your_own_platform_needs_only_an_endpoint(connect: Connect) -> None:
    """The parcels show no id, and are cached after an update."""
    platform = Platform(lambda _: (200, {}, b'{"stage": "van", "fragile": true}'))
    gate = Gate(toy.ENDPOINT, respond=True)
    send = connect(gate, platform)
    assert send("PUT", "/parcels/7", b'{"note": "ring twice"}').status == 200
    assert send("PUT", "/parcels/7", b'{"stage": "door"}').status == 200
    refused = send("PUT", "/parcels/7", b'{"street": "Olaya Street"}')
    assert (refused.status, json.loads(refused.body)["refused"][0][:7]) == (409, "address")
    assert send("PUT", "/parcels/7", b'{"street": 7}').status == 400
    assert platform.methods == ["GET", "PUT", "PUT", "GET"]
    assert nonzero_counts(gate) == {"asked": 2, "allowed": 2, "held_back": 2}


def test_a_report_that_cannot_be_made_does_not_affect_the_request(
    connect: Connect, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails here because the policy has no schema."""
    monkeypatch.setattr(type(toy.POLICY), "schema", _raise_type_error)
    platform = Platform(lambda _: (200, {}, b'{"stage": "van", "fragile": true}'))
    assert connect(Gate(toy.ENDPOINT, refuse="nothing"), platform)("PUT", "/parcels/7", b'{"street": 7}').status == 200
    assert "the report function failed" in caplog.text


def _raise_type_error(_: object) -> dict[str, object]:
    raise TypeError


async def _ignore_async(_: Report) -> None:
    """Ignore a report, as a coroutine function."""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"refuse": "some"}, ValueError, "refuse must be one of certain, any, uncertain, nothing, got 'some'"),
        ({"max_age": -1}, ValueError, "max_age and max_orders must be 0 or more"),
        ({"max_age": float("nan")}, ValueError, "max_age and max_orders must be 0 or more"),
        ({"max_orders": -1}, ValueError, "max_age and max_orders must be 0 or more"),
        ({"report": _ignore_async}, TypeError, "report must be a function of a report; it is called, not awaited"),
        ({"report": 5}, TypeError, "report must be a function of a report"),
        ({"orders": {}}, TypeError, "orders must be a function of an order's id"),
        ({"orders": {1: None}}, TypeError, "orders must be a function of an order's id; if it is a dict, pass its get"),
        ({"endpoint": salla}, TypeError, "expected an endpoint, such as salla.ENDPOINT, got module"),
    ],
)
def test_invalid_options_of_a_gate_are_refused(options: Any, error: type[Exception], message: str) -> None:
    """They are refused when the gate is created."""
    with pytest.raises(error, match=message):
        Gate(**{"endpoint": salla.ENDPOINT, **options})
    assert repr(Gate(salla.ENDPOINT)) == "<Gate salla: refuse='certain'>"


def test_entering_a_transport_returns_the_transport() -> None:
    """The transports of httpx do the same."""

    async def enter() -> None:
        inner = httpx.MockTransport(lambda _: httpx.Response(200))
        async with AsyncGuardedTransport(Gate(salla.ENDPOINT), inner) as transport:
            assert type(transport) is AsyncGuardedTransport

    asyncio.run(enter())
    guarded = GuardedTransport(Gate(salla.ENDPOINT), httpx.MockTransport(lambda _: httpx.Response(200)))
    with guarded as transport:
        assert transport is guarded


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "Wed, 01 Jan 2020 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_order_unavailable_has_the_order_id_the_status_and_the_wait(
    connect: Connect, headers: dict[str, str], waits: float | None
) -> None:
    """The wait is None if ``Retry-After`` is missing or cannot be read."""
    gate = Gate(salla.ENDPOINT, needs_order=True, report=lambda _: None)
    with pytest.raises(OrderUnavailable) as caught:
        connect(gate, Platform(lambda _: (429, headers, b"")))("PUT", "/orders/17", COUPON)
    assert (caught.value.order_id, caught.value.status, caught.value.retry_after) == (17, 429, waits)
    assert (
        str(caught.value) == "the update of order 17 cannot be judged: its order was asked for, and the answer was 429"
    )
    assert nonzero_counts(gate) == {"asked": 1, "unavailable": 1}


def test_a_retry_after_date_is_converted_to_seconds_from_now() -> None:
    """The date is 90 seconds ahead here."""
    later = datetime.now(UTC) + timedelta(seconds=90)
    gate = Gate(salla.ENDPOINT, needs_order=True, report=lambda _: None)
    with pytest.raises(OrderUnavailable) as caught:
        CLIENTS["httpx"](gate, Platform(lambda _: (503, {"retry-after": format_datetime(later, usegmt=True)}, b"")))(
            "PUT", "/orders/17", COUPON
        )
    assert caught.value.retry_after is not None
    assert 30 < caught.value.retry_after < 91


def test_the_cause_of_order_unavailable_is_an_exception_of_the_client(connect: Connect) -> None:
    """The client raised it when the gate asked for the order."""

    def respond(_: Request) -> Any:
        raise TimeoutError

    gate = Gate(salla.ENDPOINT, needs_order=True, report=lambda _: None)
    with pytest.raises(OrderUnavailable) as caught:
        connect(gate, Platform(respond))("PUT", "/orders/17", COUPON)
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout | requests.ReadTimeout)
    assert (caught.value.status, caught.value.retry_after) == (None, None)


def test_the_order_in_the_answer_to_an_update_replaces_the_cached_one(connect: Connect) -> None:
    """Someone else has shipped the order in the meantime."""
    answers = iter(["pending", "shipped", "delivered"])

    def respond(_: Request) -> Any:
        return 200, {}, json.dumps({"status": True, "data": {"id": 1, "status": next(answers)}}).encode()

    platform = Platform(respond)
    send = connect(Gate(awal.ENDPOINT), platform)
    send("PUT", f"/orders/1{QUERY}", b'{"status": "accepted"}')
    assert send("PUT", f"/orders/1{QUERY}", b'{"status": "delivered"}').status == 200
    assert platform.methods == ["GET", "PUT", "PUT"]


@pytest.mark.parametrize(
    ("endpoint", "order", "answer"),
    [
        (awal.ENDPOINT, {"id": 1, "status": "pending"}, {"status": False, "message": "no"}),
        (salla.ENDPOINT, {"id": 1, "status": {"slug": "in_progress"}}, {"status": 200, "success": False}),
    ],
    ids=["awal", "salla"],
)
def test_an_answer_that_says_false_is_not_a_success(
    connect: Connect, endpoint: Any, order: dict[str, Any], answer: dict[str, Any]
) -> None:
    """Even with HTTP status 200, the update counts as not made."""
    body = b'{"branch_id": "7"}' if endpoint is awal.ENDPOINT else b'{"branch_id": 7}'
    platform = Platform(lambda request: (200, {}, json.dumps(order if request.method == "GET" else answer).encode()))
    gate = Gate(endpoint, report=lambda _: None)
    for _ in range(2):
        assert connect(gate, platform)("PUT", f"/orders/1{QUERY}", body).status == 200
    assert platform.methods == ["GET", "PUT", "GET", "PUT"]
    assert nonzero_counts(gate) == {"asked": 2, "allowed": 2}


def test_a_refused_update_that_is_answered_false_was_not_accepted(connect: Connect) -> None:
    """The answer says nothing about the rules."""
    order = {"id": 1, "status": {"slug": "completed"}}
    platform = Platform(
        lambda request: (200, {}, json.dumps(order if request.method == "GET" else {"success": False}).encode())
    )
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=lambda _: None)
    connect(gate, platform)("PUT", "/orders/1", COUPON)
    assert nonzero_counts(gate) == {"asked": 1, "sent_refused": 1, "unanswered": 1}


def test_an_update_that_is_allowed_only_under_an_assumption_can_be_held_back(connect: Connect) -> None:
    """The exception names the assumption."""
    gate = Gate(salla.ENDPOINT, refuse="uncertain", report=lambda _: None)
    with pytest.raises(UpdateUncertain) as caught:
        connect(gate, shop_showing("delivered"))("PUT", "/orders/1", COUPON)
    assert str(caught.value) == "allowed only under an assumption: S2: *completed* is read as completed alone"
    assert (caught.value.order_id, bool(caught.value.decision)) == (1, True)
    with pytest.raises(UpdateRefused):
        connect(gate, shop_showing("completed"))("PUT", "/orders/1", COUPON)
    assert connect(gate, shop_showing("in_progress"))("PUT", "/orders/1", COUPON).status == 200
    assert nonzero_counts(gate) == {"asked": 3, "held_back": 2, "allowed": 1}
    answering = Gate(salla.ENDPOINT, refuse="uncertain", respond=True, report=lambda _: None)
    answer = connect(answering, shop_showing("delivered"))("PUT", "/orders/1", COUPON)
    assert answer.status == 422
    assert "S2: *completed* is read as completed alone" in json.loads(answer.body)["error"]["message"]


def test_each_update_is_counted_once(connect: Connect) -> None:
    """Exactly one of the five counts says what was done with it."""
    choices: list[dict[str, Any]] = [
        {},
        {"refuse": "any"},
        {"refuse": "uncertain"},
        {"refuse": "nothing"},
        {"needs_order": True},
    ]
    for options in choices:
        gate = Gate(salla.ENDPOINT, report=lambda _: None, **options)
        sent = 0
        for platform in (shop_showing("completed"), shop_showing("delivered"), Platform(lambda _: (500, {}, b""))):
            for body in (COUPON, b"{", b"{}", b'{"employees": [7]}'):
                with contextlib.suppress(UpdateRefused, InvalidInput, OrderUnavailable):
                    connect(gate, platform)("PUT", "/orders/1", body)
                sent += 1
        counts = gate.counts
        outcomes = (counts.allowed, counts.held_back, counts.unavailable, counts.sent_refused, counts.unjudged)
        assert sum(outcomes) == sent


class _RetryingTransport(httpx.BaseTransport):
    """A transport that sends a request again after the wait that the answer asks for."""

    def __init__(self, inner: httpx.BaseTransport, waits: list[float]) -> None:
        self._inner, self._waits = inner, waits

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        while (response := self._inner.handle_request(request)).status_code == 429:
            self._waits.append(float(response.headers["retry-after"]))
        return response


def test_a_retrying_transport_belongs_below_the_gate() -> None:
    """Then each update is judged once, however often it is sent."""
    fake = FakeSalla([salla.Order(id=1, status="in_progress")])
    methods: list[str] = []

    def platform(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if len(methods) % 3:
            return httpx.Response(429, headers={"retry-after": str(len(methods))})
        answer = fake.handle(request.method, request.url.path, request.url.query.decode(), request.read())
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

    waits: list[float] = []
    gate = Gate(salla.ENDPOINT)
    client = httpx.Client(transport=GuardedTransport(gate, _RetryingTransport(httpx.MockTransport(platform), waits)))
    assert client.put("https://shop.example/orders/1", json={"coupon_code": "EID24"}).status_code == 200
    assert methods == ["GET"] * 3 + ["PUT"] * 3
    assert waits == [1.0, 2.0, 4.0, 5.0]
    assert nonzero_counts(gate) == {"asked": 1, "allowed": 1}


def test_requests_can_retry_below_the_gate() -> None:
    """Its adapter uses ``Retry`` of urllib3, which respects ``Retry-After``."""
    answers = iter([429, 200, 503, 200])

    class Busy(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            status = next(answers)
            body = json.dumps({"id": 1, "status": {"slug": "in_progress"}}).encode()
            self.send_response(status)
            self.send_header("retry-after", "0")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = _answer  # noqa: N815 - names of the standard library.

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - as above.
            """Log nothing."""

    retry = Retry(total=3, status_forcelist=[429, 503], allowed_methods=None, backoff_factor=0)
    gate = Gate(salla.ENDPOINT)
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server, requests.Session() as session:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        session.mount("http://", GuardedAdapter(gate, HTTPAdapter(max_retries=retry)))
        answer = session.put(f"http://127.0.0.1:{server.server_port}/orders/1", json={"coupon_code": "EID24"})
        server.shutdown()
    assert answer.status_code == 200
    assert nonzero_counts(gate) == {"asked": 1, "allowed": 1}


def test_an_order_is_dropped_if_the_update_cannot_be_applied_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The update was already sent, so the caller gets the answer and no exception."""

    def fail(*_: object) -> None:
        raise InvalidInput([Problem("/status", Code.WRONG_TYPE, {"expected": "string", "found": "integer"})])

    monkeypatch.setattr(Policy, "apply", fail)
    methods: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(200, json={"id": 1, "status": "pending"} if request.method == "GET" else {})

    gate = Gate(awal.ENDPOINT)
    with httpx.Client(transport=GuardedTransport(gate, httpx.MockTransport(answer))) as client:
        url = "https://awal.example/orders/1?phone_number_id=1"
        assert client.put(url, json={"status": "accepted"}).status_code == 200
    assert (methods, gate.counts.allowed, gate.counts.held_back) == (["GET", "PUT"], 1, 0)
