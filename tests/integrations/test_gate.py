"""Before an update leaves: what is held back, what passes and how, what is kept, and what is news."""

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
from tests.kit.http_clients import CARRIERS, TIMEOUTS, Answered, Recorded, Seen, served

if TYPE_CHECKING:
    from collections.abc import Callable

    Carrier = Callable[..., Callable[..., Answered]]

COUPON = b'{ "coupon_code":"EID24" }'
PACKED = gzip.compress(COUPON, mtime=0)
EMPLOYEES = b'{"employees": [1764372001]}'
ASKED = "?phone_number_id=1"
STRICT = salla.policy(completed=salla.COMPLETED_FAMILY)


@pytest.fixture(params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> Carrier:
    """Give each of the clients in turn."""
    return CARRIERS[request.param]


def shop(*orders: salla.Order) -> Recorded:
    """Serve Salla orders, numbered from 1."""
    return served(FakeSalla(orders))


OK: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")


def showing(status: str | None, answer: tuple[int, dict[str, str], bytes] = OK) -> Recorded:
    """Show whatever order is asked for in a status of Salla's, and answer everything else alike."""

    def answering(seen: Seen) -> Any:
        if seen.method != "GET":
            return answer
        number = int(seen.url.rsplit("/", 1)[1])
        told = {"data": {"id": number, "status": None if status is None else {"slug": status}}}
        return 200, {}, json.dumps(told).encode()

    return Recorded(answering)


def counted(gate: Gate[Any, Any]) -> dict[str, int]:
    """Give the counts that are not 0."""
    return {name: count for name, count in attrs.asdict(gate.counts).items() if count}


def test_what_is_refused_does_not_leave(carrier: Carrier) -> None:
    """The order is asked for, and nothing else is sent."""
    platform = shop(salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT)
    with pytest.raises(UpdateRefused) as caught:
        carrier(gate, platform)("PUT", "/orders/1", COUPON)
    assert [violation.rule.id for violation in caught.value.decision.violations] == ["SALLA-COUPON-1"]
    assert platform.methods == ["GET"]
    assert counted(gate) == {"asked": 1, "held_back": 1}


def test_what_cannot_be_read_does_not_leave(carrier: Carrier) -> None:
    """And the order is not asked for."""
    platform = shop(salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT)
    with pytest.raises(InvalidInput, match="coupon_code: expected a string"):
        carrier(gate, platform)("PUT", "/orders/1", b'{"coupon_code": 24}')
    with pytest.raises(InvalidInput):
        carrier(gate, platform)("PUT", "/orders/1")
    assert platform.seen == []
    assert counted(gate) == {"held_back": 2}


@pytest.mark.parametrize("body", [COUPON, b'{"coupon_code": 24}'])
def test_it_can_be_answered_as_the_platform_would(carrier: Carrier, body: bytes) -> None:
    """To the letter, but for a header that says who did."""
    fake = FakeSalla([salla.Order(status="completed")])
    status, headers, told = fake.handle("PUT", "/orders/1", "", body)
    answered = carrier(Gate(salla.ENDPOINT, respond=True), served(fake))("PUT", "/orders/1", body)
    assert (answered.status, json.loads(answered.body)) == (status, json.loads(told))
    assert answered.headers["content-type"] == headers["content-type"]
    assert answered.headers["x-held-back-by"] == "orderrules"


def test_a_request_for_awal_that_cannot_be_read_is_answered_400(carrier: Carrier) -> None:
    """And one that is refused 422: assumption A7."""
    send = carrier(Gate(awal.ENDPOINT, respond=True), served(FakeAwal([awal.Order(status="pending")])))
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "lost"}').status == 400
    assert send("PUT", "/orders/1", b'{"status": "accepted"}').status == 400
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "shipped"}').status == 422
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "accepted"}').status == 200


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
def test_everything_else_passes_byte_for_byte(
    carrier: Carrier, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    """Whatever the order is; and comes back as it was answered."""
    platform = Recorded(lambda _: (418, {"x-tea": "mint"}, b"\x00\xff"))
    answered = carrier(Gate(salla.ENDPOINT), platform)(method, path, body, headers)
    assert (answered.status, answered.body, answered.headers["x-tea"]) == (418, b"\x00\xff", "mint")
    (seen,) = platform.seen
    assert (seen.method, seen.url.removeprefix("https://shop.example/v2"), seen.body) == (method, path, body)
    for name, value in headers.items():
        assert seen.headers[name] == value


def test_what_is_allowed_passes_byte_for_byte(carrier: Carrier) -> None:
    """A signature over the body holds."""
    platform = shop(salla.Order(status="in_progress"))
    answered = carrier(Gate(salla.ENDPOINT), platform)(
        "PUT", "/orders/1", COUPON, {"x-signature": "sha256=abc", "content-type": "application/json"}
    )
    assert (answered.status, platform.methods) == (200, ["GET", "PUT"])
    assert platform.seen[1].body == COUPON
    assert platform.seen[1].headers["x-signature"] == "sha256=abc"


def test_a_body_that_is_streamed_is_left_alone(carrier: Carrier) -> None:
    """It is sent, and not judged."""
    platform = shop(salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT)
    assert carrier(gate, platform)("PUT", "/orders/1", iter([COUPON[:5], COUPON[5:]])).status == 422
    assert platform.seen[0].body == COUPON
    assert counted(gate) == {"unjudged": 1}


def test_the_order_is_asked_for_with_the_same_headers(carrier: Carrier) -> None:
    """Without those that are about the body; the query goes along."""
    platform = served(FakeAwal([awal.Order(status="pending")]))
    headers = {
        "x-client-id": "7",
        "x-store": "متجر".encode(),
        "content-type": "application/json",
        "if-match": '"1"',
        "range": "bytes=0-1",
        "x-http-method-override": "PUT",
    }
    carrier(Gate(awal.ENDPOINT), platform)("PUT", f"/orders/1{ASKED}", b'{"status": "accepted"}', headers)
    asked, sent = platform.seen
    assert (asked.method, asked.url, asked.body) == ("GET", sent.url, b"")
    assert asked.headers["x-client-id"] == "7"
    assert asked.headers["x-store"] == sent.headers["x-store"]
    of_the_update = {"content-type", "content-length", "if-match", "range", "x-http-method-override"}
    assert not of_the_update & {name.lower() for name in asked.headers}


def test_where_requests_are_signed_the_caller_makes_the_one_that_asks(carrier: Carrier) -> None:
    """And signs it."""
    platform = shop(salla.Order(status="in_progress"))

    def signed(request: Any) -> Any:
        if isinstance(request, httpx.Request):
            return httpx.Request("GET", request.url, headers={"x-signature": "of nothing"})
        return requests.Request("GET", request.url, headers={"x-signature": "of nothing"}).prepare()

    carrier(Gate(salla.ENDPOINT), platform, ask=signed)("PUT", "/orders/1", COUPON, {"x-signature": "of the body"})
    assert [seen.headers["x-signature"] for seen in platform.seen] == ["of nothing", "of the body"]


def test_a_refusal_that_rests_on_a_reading_is_sent_and_reported(carrier: Carrier) -> None:
    """For the page may mean the other thing; whether it does is news."""
    reports: list[Report] = []
    order = salla.Order(id=1, status="delivered")
    gate = Gate(salla.ENDPOINT.under(STRICT), report=reports.append)
    for platform, kind in (
        (served(FakeSalla([order])), ReportKind.ACCEPTED),
        (served(FakeSalla([order], STRICT)), ReportKind.CONFIRMED),
        (showing("delivered", (503, {}, b"")), ReportKind.UNANSWERED),
    ):
        carrier(gate, platform)("PUT", "/orders/1", COUPON)
        assert platform.methods == ["GET", "PUT"]
        assert reports[-1].kind is kind
        assert reports[-1].assumptions == ("S2",)
        assert reports[-1].rules == ("SALLA-COUPON-1",)
    assert counted(gate) == {"asked": 3, "sent_refused": 3, "accepted": 1, "confirmed": 1, "unanswered": 1}
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


def test_any_refusal_can_be_held_back(carrier: Carrier) -> None:
    """Those that rest on an assumption too."""
    platform = shop(salla.Order(status="delivered"))
    with pytest.raises(UpdateRefused):
        carrier(Gate(salla.ENDPOINT.under(STRICT), refuse="any"), platform)("PUT", "/orders/1", COUPON)
    assert platform.methods == ["GET"]


def test_nothing_has_to_be_held_back(carrier: Carrier) -> None:
    """In watch mode all is sent, and what the platform accepts although it is refused is reported."""
    reports: list[Report] = []
    platform = showing("completed")
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=reports.append)
    send = carrier(gate, platform)
    assert send("PUT", "/orders/1", COUPON).status == 200
    assert send("PUT", "/orders/1", b'{"gift": true}').status == 200
    assert [report.kind for report in reports] == [ReportKind.ACCEPTED, ReportKind.ACCEPTED]
    assert reports[0].rules == ("SALLA-COUPON-1",)
    assert reports[0].assumptions == ()
    assert reports[1].problems == ("unknown_key at /…",)
    assert str(reports[1]) == "salla accepted an update that the rules refuse (200): problems unknown_key at /…"
    assert counted(gate) == {"asked": 1, "sent_refused": 2, "accepted": 2}


def test_what_is_missing_in_a_query_is_named(carrier: Carrier) -> None:
    """And where."""
    reports: list[Report] = []
    platform = Recorded(lambda _: (400, {}, b"{}"))
    carrier(Gate(awal.ENDPOINT, refuse="nothing", report=reports.append), platform)("PUT", "/orders/1", b'{"x": 1}')
    assert [report.problems for report in reports] == [("missing at query /phone_number_id", "unknown_key at /…")]


def test_a_refusal_of_what_is_allowed_is_news(carrier: Carrier) -> None:
    """With the rules that govern what was touched, and the code of the answer."""
    reports: list[Report] = []
    told = {"status": 422, "success": False, "error": {"code": "order_locked", "message": "+966500000000"}}
    answer = 422, {"content-encoding": "gzip"}, gzip.compress(json.dumps(told).encode())
    gate = Gate(salla.ENDPOINT, report=reports.append)
    answered = carrier(gate, showing("in_progress", answer))("PUT", "/orders/1", COUPON)
    assert answered.status == 422
    (report,) = reports
    assert (report.kind, report.rules, report.code) == (ReportKind.REFUSED, ("SALLA-COUPON-1",), "order_locked")
    assert report.kind.is_disagreement
    assert "966" not in str(report)


def test_values_that_salla_refuses_are_no_news(carrier: Carrier) -> None:
    """A coupon that does not exist is nothing that a rule could know; its answer arrives as it was."""
    told = json.dumps({"error": {"code": "validation_failed", "fields": {"coupon_code": ["is none"]}}}).encode()
    gate = Gate(salla.ENDPOINT)
    assert carrier(gate, showing(None, (422, {}, told)))("PUT", "/orders/1", COUPON).body == told
    assert counted(gate) == {"asked": 1, "allowed": 1}


@pytest.mark.parametrize("size", [10, 70_000, 3_000_000])
def test_a_long_refusal_arrives_whole(carrier: Carrier, size: int) -> None:
    """Only its beginning is looked into."""
    told = json.dumps({"error": {"code": "locked", "message": "x" * size}}).encode()
    assert (
        carrier(Gate(salla.ENDPOINT, report=_ignore), showing(None, (422, {}, told)))("PUT", "/orders/1", COUPON).body
        == told
    )


def _ignore(_: Report) -> None:
    """Do nothing with a report."""


def test_an_order_is_kept_after_a_success_as_it_is_now(carrier: Carrier) -> None:
    """It is asked for once, and the steps after it are judged by what ``apply`` says."""
    platform = served(FakeAwal([awal.Order(status="pending")]))
    gate = Gate(awal.ENDPOINT)
    send = carrier(gate, platform)
    for status in ("accepted", "shipped", "delivered"):
        assert send("PUT", f"/orders/1{ASKED}", json.dumps({"status": status})).status == 200
    assert platform.methods == ["GET", "PUT", "PUT", "PUT"]


def test_a_refusal_of_what_was_allowed_for_an_order_that_was_kept_is_no_disagreement(carrier: Carrier) -> None:
    """Somebody else may have moved it; the next update asks for it anew."""
    fake = FakeAwal([awal.Order(status="pending")])
    reports: list[Report] = []
    gate = Gate(awal.ENDPOINT, report=reports.append)
    send = carrier(gate, served(fake))
    send("PUT", f"/orders/1{ASKED}", b'{"payment_status": "paid"}')
    fake.orders[1] = awal.Order(id=1, status="shipped")
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "accepted"}').status == 422
    assert [report.kind for report in reports] == [ReportKind.STALE]
    assert not reports[0].kind.is_disagreement
    assert str(reports[0]).startswith(
        "awal refused an update that the rules allow for the cached order (422), order 1: keys status"
    )
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "delivered"}').status == 200
    assert counted(gate) == {"asked": 2, "allowed": 3, "stale": 1}


def test_what_is_taken_and_not_yet_done_leaves_nothing_kept(carrier: Carrier) -> None:
    """202 says no more than that."""
    platform = showing(None, (202, {}, b""))
    send = carrier(Gate(salla.ENDPOINT), platform)
    send("PUT", "/orders/1", EMPLOYEES)
    send("PUT", "/orders/1", EMPLOYEES)
    assert platform.methods == ["GET", "PUT", "GET", "PUT"]


def test_an_order_is_kept_no_longer_than_stated(carrier: Carrier) -> None:
    """Its age counts from when it was asked for, or from the answer to an update that showed it."""
    platform = served(FakeAwal([awal.Order(status="pending")]))
    now = 0.0
    send = carrier(Gate(awal.ENDPOINT, max_age=10, clock=lambda: now), platform)
    for moment, status in ((0.0, "accepted"), (9.0, "shipped"), (18.0, "delivered"), (28.0, "completed")):
        now = moment
        send("PUT", f"/orders/1{ASKED}", json.dumps({"status": status}))
    assert platform.methods == ["GET", "PUT", "PUT", "PUT", "GET", "PUT"]


def test_an_order_that_is_kept_refuses_nothing(carrier: Carrier) -> None:
    """Somebody else may have moved it: before a refusal it is asked for anew."""
    fake = FakeAwal([awal.Order(status="pending")])
    platform = served(fake)
    send = carrier(Gate(awal.ENDPOINT), platform)
    send("PUT", f"/orders/1{ASKED}", b'{"status": "accepted"}')
    fake.orders[1] = awal.Order(id=1, status="shipped")
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "delivered"}').status == 200
    assert platform.methods == ["GET", "PUT", "GET", "PUT"]
    with pytest.raises(UpdateRefused):
        send("PUT", f"/orders/1{ASKED}", b'{"status": "pending"}')
    assert platform.methods[4:] == ["GET"]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
def test_an_answer_that_is_no_success_passes_and_leaves_nothing_kept(carrier: Carrier, status: int) -> None:
    """As it was answered."""
    failing = [False]

    def answer(seen: Seen) -> Any:
        if seen.method == "PUT" and failing[0]:
            return status, {"retry-after": "7"}, b"not now"
        return 200, {}, b'{"status": true, "data": {"id": 1, "status": "pending"}}'

    platform = Recorded(answer)
    send = carrier(Gate(awal.ENDPOINT, report=_ignore), platform)
    assert send("PUT", f"/orders/1{ASKED}", b"{}").status == 200
    failing[0] = True
    answered = send("PUT", f"/orders/1{ASKED}", b"{}")
    assert (answered.status, answered.body, answered.headers["retry-after"]) == (status, b"not now", "7")
    send("PUT", f"/orders/1{ASKED}", b"{}")
    assert platform.methods == ["GET", "PUT", "PUT", "GET", "PUT"]


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.LOST_ANSWER])
def test_no_answer_passes_and_leaves_nothing_kept(carrier: Carrier, fault: Fault) -> None:
    """The client sees the time-out that it would have seen."""
    fake = FakeAwal([awal.Order(status="pending")])
    platform = served(fake)
    send = carrier(Gate(awal.ENDPOINT), platform)
    send("PUT", f"/orders/1{ASKED}", b'{"payment_status": "paid"}')
    fake.fail(fault, method="PUT")
    with pytest.raises(TIMEOUTS):
        send("PUT", f"/orders/1{ASKED}", b'{"status": "accepted"}')
    send("PUT", f"/orders/1{ASKED}", b'{"payment_status": "paid"}')
    assert platform.methods == ["GET", "PUT", "PUT", "GET", "PUT"]


@pytest.mark.parametrize("fault", [Fault.TIMEOUT, Fault.SERVER_ERROR])
def test_an_order_that_is_not_to_be_had_holds_nothing_back(carrier: Carrier, fault: Fault) -> None:
    """The update is sent, and finds out for itself."""
    fake = FakeSalla([salla.Order(status="completed")])
    fake.fail(fault, method="GET")
    gate = Gate(salla.ENDPOINT)
    assert carrier(gate, served(fake))("PUT", "/orders/1", COUPON).status == 422
    assert counted(gate) == {"asked": 1, "unjudged": 1}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b'{"status": 200}', b'{"data": 7}', pytest.param(b"x" * 20_000_000, id="long")),
        *(b'{"message": "hi"}', b'{"data": {"id": 2, "status": {"slug": "completed"}}}'),
    ],
)
def test_an_order_that_cannot_be_read_holds_nothing_back(carrier: Carrier, body: bytes) -> None:
    """Nor one that is longer than is read, nor what is no order, nor another one."""
    platform = Recorded(lambda _: (200, {}, body))
    gate = Gate(salla.ENDPOINT)
    carrier(gate, platform)("PUT", "/orders/1", COUPON)
    assert platform.methods == ["GET", "PUT"]
    assert counted(gate) == {"asked": 1, "unjudged": 1}


def test_an_answer_that_grows_without_end_is_not_read_to_its_end(carrier: Carrier) -> None:
    """A small one that unpacks to far more than is read is no order."""
    bomb = gzip.compress(gzip.compress(b" " * 80_000_000))
    platform = Recorded(
        lambda seen: (200, {"content-encoding": "gzip, gzip"} if seen.method == "GET" else {}, bomb[: 1 << 20])
    )
    gate = Gate(salla.ENDPOINT)
    carrier(gate, platform)("PUT", "/orders/1", COUPON)
    assert counted(gate) == {"asked": 1, "unjudged": 1}


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/orders/1/status"), ("DELETE", "/orders/1"), ("PUT", "/orders/1/items/2")]
)
def test_whatever_may_change_an_order_makes_it_forgotten(carrier: Carrier, method: str, path: str) -> None:
    """A status is moved through another endpoint at Salla."""
    platform = showing(None)
    send = carrier(Gate(salla.ENDPOINT), platform)
    send("PUT", "/orders/1", EMPLOYEES)
    send("PUT", "/orders/001", EMPLOYEES)
    assert platform.methods == ["GET", "PUT", "PUT"]
    send(method, path)
    send("PUT", "/orders/1", EMPLOYEES)
    assert platform.methods[4:] == ["GET", "PUT"]


def test_what_one_account_was_shown_judges_no_other(carrier: Carrier) -> None:
    """Nor an order of the same id elsewhere."""
    platform = showing(None)
    send = carrier(Gate(salla.ENDPOINT), platform)
    for token in ("one", "two", "one"):
        send("PUT", "/orders/1", EMPLOYEES, {"authorization": f"Bearer {token}"})
    send("PUT", "/stores/2/orders/1", EMPLOYEES, {"authorization": "Bearer one"})
    assert platform.methods == ["GET", "PUT", "GET", "PUT", "PUT", "GET", "PUT"]


def test_no_more_orders_are_kept_than_stated(carrier: Carrier) -> None:
    """The one that was kept first is forgotten first; ``forget`` forgets all."""
    platform = showing(None)
    gate = Gate(salla.ENDPOINT, max_orders=2)
    send = carrier(gate, platform)
    for number in (1, 2, 3, 2, 3, 1):
        send("PUT", f"/orders/{number}", EMPLOYEES)
    assert gate.counts.asked == 4
    gate.forget()
    send("PUT", "/orders/1", EMPLOYEES)
    assert gate.counts.asked == 5


def test_what_no_answer_tells_refuses_nothing_for_certain(carrier: Carrier) -> None:
    """A guest is one only when the caller says so (assumption S3); what else refuses still does."""
    customer = b'{"customer": {"id": 5}}'
    guest = salla.Order(id=1, status="completed", customer=salla.CustomerKind.GUEST)
    reports: list[Report] = []
    gate = Gate(salla.ENDPOINT, report=reports.append)
    assert carrier(gate, served(FakeSalla([guest])))("PUT", "/orders/1", customer).status == 200
    assert [(report.kind, report.why) for report in reports] == [
        (ReportKind.UNJUDGED, "no answer of the platform shows its customer for certain")
    ]
    for strict in (Gate(salla.ENDPOINT, refuse="any"), Gate(salla.ENDPOINT, orders={1: guest}.get, refuse="any")):
        told = '{"customer": {"id": 5}, "coupon_code": "EID"}'
        with pytest.raises(UpdateRefused) as caught:
            carrier(strict, served(FakeSalla([guest])))("PUT", "/orders/1", told)
        assert len(caught.value.decision.violations) == (2 if strict.orders is None else 1)
    fake = FakeSalla([guest])
    respond = Gate(salla.ENDPOINT, respond=True)
    told = '{"customer": {"id": 5}, "coupon_code": "EID"}'
    assert (
        carrier(respond, served(fake))("PUT", "/orders/1", told).body == fake.handle("PUT", "/orders/1", "", told).body
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
def test_what_cannot_be_judged_is_told_and_can_be_held_back(
    carrier: Carrier, answer: Any, sent: tuple[Any, dict[str, str]], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """By default it is sent, with a warning in the log."""
    body, headers = sent

    def platform(seen: Seen) -> Any:
        if seen.method == "GET" and answer is None:
            raise TimeoutError
        return answer or (200, {}, b"")

    def content() -> Any:
        return iter(body) if isinstance(body, list) else body

    gate = Gate(salla.ENDPOINT)
    carrier(gate, Recorded(platform))("PUT", "/orders/1", content(), headers)
    assert gate.counts.unjudged == 1
    assert [(record.levelname, record.getMessage().split("because ")[1]) for record in caplog.records] == [
        ("WARNING", why)
    ]
    strict = Gate(salla.ENDPOINT, needs_order=True)
    recorded = Recorded(platform)
    with pytest.raises(OrderUnavailable, match=f"the update of order 1 cannot be judged: {why}"):
        carrier(strict, recorded)("PUT", "/orders/1", content(), headers)
    assert "PUT" not in recorded.methods
    assert {name: count for name, count in counted(strict).items() if name != "asked"} == {"unavailable": 1}
    assert len(caplog.records) == 2
    assert "salla did not get an update that could not be judged" in caplog.records[1].getMessage()


def test_what_is_raised_says_which_order_it_is_about(carrier: Carrier) -> None:
    """For many may be on their way at once."""
    with pytest.raises(UpdateRefused) as refused:
        carrier(Gate(salla.ENDPOINT), showing("completed"))("PUT", "/orders/17", COUPON)
    assert refused.value.order_id == 17
    assert refused.value.__notes__ == ["the update of order 17 was held back"]
    with pytest.raises(InvalidInput) as unreadable:
        carrier(Gate(salla.ENDPOINT), showing("completed"))("PUT", "/orders/17", b"{")
    assert unreadable.value.__notes__ == ["the update of order 17 was held back"]


def test_only_a_gate_decides() -> None:
    """An endpoint, say, does not."""
    for make in (GuardedTransport, AsyncGuardedTransport, GuardedAdapter):
        with pytest.raises(TypeError, match=r"expected a gate, such as Gate\(salla.ENDPOINT\), got Endpoint"):
            make(salla.ENDPOINT)  # type: ignore[arg-type]


def test_orders_can_come_from_elsewhere(carrier: Carrier) -> None:
    """Then the platform is never asked, and nothing is kept; of an order that is not known nothing is decided."""
    known = {1: salla.Order(status="completed"), 2: salla.Order(status="in_progress")}
    platform = shop(*known.values(), salla.Order(status="completed"))
    gate = Gate(salla.ENDPOINT, orders=known.get)
    send = carrier(gate, platform)
    with pytest.raises(UpdateRefused):
        send("PUT", "/orders/1", COUPON)
    assert send("PUT", "/orders/2", COUPON).status == 200
    known[2] = salla.Order(status="completed")
    with pytest.raises(UpdateRefused):
        send("PUT", "/orders/2", COUPON)
    assert send("PUT", "/orders/3", COUPON).status == 422
    assert platform.methods == ["PUT", "PUT"]
    assert counted(gate) == {"held_back": 2, "allowed": 1, "unjudged": 1}


def test_orders_can_be_awaited() -> None:
    """By an asynchronous client, and by no other."""

    async def given(order_id: int) -> salla.Order:
        return salla.Order(id=order_id, status="completed")

    gate = Gate(salla.ENDPOINT, orders=given)
    with pytest.raises(UpdateRefused):
        CARRIERS["async httpx"](gate, shop())("PUT", "/orders/1", COUPON)
    for name in ("httpx", "requests"):
        with pytest.raises(TypeError, match="orders is a coroutine function, and this client is not asynchronous"):
            CARRIERS[name](gate, shop())("PUT", "/orders/1", COUPON)


def test_what_orders_raises_reaches_the_caller(carrier: Carrier) -> None:
    """It is the caller's own, and the attempt is over."""

    def failing(order_id: int) -> salla.Order:
        raise LookupError(order_id)

    gate = Gate(salla.ENDPOINT, orders=failing)
    with pytest.raises(LookupError):
        carrier(gate, shop())("PUT", "/orders/1", COUPON)


def test_a_hook_that_fails_is_no_trouble_of_the_request(carrier: Carrier, caplog: pytest.LogCaptureFixture) -> None:
    """It is told in the log."""

    def failing(report: Report) -> None:
        raise RuntimeError(report)

    platform = showing("completed")
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=failing)
    assert carrier(gate, platform)("PUT", "/orders/1", COUPON).status == 200
    assert "the report function failed" in caplog.text


def test_by_default_news_are_one_record_of_the_log(carrier: Carrier, caplog: pytest.LogCaptureFixture) -> None:
    """A warning where it is a disagreement."""
    platform = showing("completed")
    with caplog.at_level(logging.INFO, "orderrules"):
        carrier(Gate(salla.ENDPOINT, refuse="nothing"), platform)("PUT", "/orders/1", COUPON)
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
def test_reports_hold_nothing_personal(
    carrier: Carrier, caplog: pytest.LogCaptureFixture, answer: int, unreadable: bool
) -> None:
    """Neither of the update, nor of the order or the answer, nor a status that a store made up."""
    reports: list[Report] = []

    def platform(seen: Seen) -> Any:
        if seen.method == "GET":
            told = {"id": 1, "status": {"slug": "for-nura"}, "customer": PERSONAL["customer"]}
            return 200, {}, json.dumps({"data": told}).encode()
        error = {"code": "Nura.Alharbi", "message": "Nura Alharbi"}
        return answer, {}, json.dumps({"error": error}).encode()

    body: dict[str, Any] = {**PERSONAL}
    if unreadable:
        body = {**body, "Nura_Alharbi": 1, "customer": {**body["customer"], "Olaya": 1, "+966500000001": 1}}
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=reports.append)
    with caplog.at_level(logging.DEBUG, "orderrules"):
        carrier(gate, Recorded(platform))("PUT", "/orders/1", json.dumps(body))
    (report,) = reports
    told = f"{report!r}{report}{caplog.text}".lower()
    for word in ("nura", "sami", "alharbi", "966", "5000", "@", "olaya", "77", "12211", "https"):
        assert word not in told, word


def test_a_platform_of_ones_own_needs_an_endpoint_and_no_more(carrier: Carrier) -> None:
    """Its parcels show no number, and what is written to them is kept."""
    platform = Recorded(lambda _: (200, {}, b'{"stage": "van", "fragile": true}'))
    gate = Gate(toy.ENDPOINT, respond=True)
    send = carrier(gate, platform)
    assert send("PUT", "/parcels/7", b'{"note": "ring twice"}').status == 200
    assert send("PUT", "/parcels/7", b'{"stage": "door"}').status == 200
    refused = send("PUT", "/parcels/7", b'{"street": "Olaya Street"}')
    assert (refused.status, json.loads(refused.body)["refused"][0][:7]) == (409, "address")
    assert send("PUT", "/parcels/7", b'{"street": 7}').status == 400
    assert platform.methods == ["GET", "PUT", "PUT", "GET"]
    assert counted(gate) == {"asked": 2, "allowed": 2, "held_back": 2}


def test_a_report_that_cannot_be_made_is_no_trouble_of_the_request(
    carrier: Carrier, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schema, say, that a platform of one's own does not have."""
    monkeypatch.setattr(type(toy.POLICY), "schema", _failing)
    platform = Recorded(lambda _: (200, {}, b'{"stage": "van", "fragile": true}'))
    assert carrier(Gate(toy.ENDPOINT, refuse="nothing"), platform)("PUT", "/parcels/7", b'{"street": 7}').status == 200
    assert "the report function failed" in caplog.text


def _failing(_: object) -> dict[str, object]:
    raise TypeError


async def _awaited(_: Report) -> None:
    """Do nothing with a report, when awaited."""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"refuse": "some"}, ValueError, "refuse must be one of certain, any, uncertain, nothing, got 'some'"),
        ({"max_age": -1}, ValueError, "max_age and max_orders must be 0 or more"),
        ({"max_age": float("nan")}, ValueError, "max_age and max_orders must be 0 or more"),
        ({"max_orders": -1}, ValueError, "max_age and max_orders must be 0 or more"),
        ({"report": _awaited}, TypeError, "report must be a function of a report; it is called, not awaited"),
        ({"report": 5}, TypeError, "report must be a function of a report"),
        ({"orders": {}}, TypeError, "orders must be a function of an order's id"),
        ({"orders": {1: None}}, TypeError, "orders must be a function of an order's id; if it is a dict, pass its get"),
        ({"endpoint": salla}, TypeError, "expected an endpoint, such as salla.ENDPOINT, got module"),
    ],
)
def test_options_that_make_no_gate_are_refused(options: Any, error: type[Exception], message: str) -> None:
    """When it is made."""
    with pytest.raises(error, match=message):
        Gate(**{"endpoint": salla.ENDPOINT, **options})
    assert repr(Gate(salla.ENDPOINT)) == "<Gate salla: refuse='certain'>"


def test_a_transport_is_itself_within_its_context() -> None:
    """As httpx has it."""

    async def entered() -> None:
        inner = httpx.MockTransport(lambda _: httpx.Response(200))
        async with AsyncGuardedTransport(Gate(salla.ENDPOINT), inner) as transport:
            assert type(transport) is AsyncGuardedTransport

    asyncio.run(entered())
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
def test_what_is_held_back_for_want_of_an_order_says_all_that_is_known(
    carrier: Carrier, headers: dict[str, str], waits: float | None
) -> None:
    """The order's id, what was answered, and how long to wait."""
    gate = Gate(salla.ENDPOINT, needs_order=True, report=lambda _: None)
    with pytest.raises(OrderUnavailable) as caught:
        carrier(gate, Recorded(lambda _: (429, headers, b"")))("PUT", "/orders/17", COUPON)
    assert (caught.value.order_id, caught.value.status, caught.value.retry_after) == (17, 429, waits)
    assert (
        str(caught.value) == "the update of order 17 cannot be judged: its order was asked for, and the answer was 429"
    )
    assert counted(gate) == {"asked": 1, "unavailable": 1}


def test_a_wait_that_is_a_day_and_an_hour_is_told_in_seconds() -> None:
    """From now on."""
    later = datetime.now(UTC) + timedelta(seconds=90)
    gate = Gate(salla.ENDPOINT, needs_order=True, report=lambda _: None)
    with pytest.raises(OrderUnavailable) as caught:
        CARRIERS["httpx"](gate, Recorded(lambda _: (503, {"retry-after": format_datetime(later, usegmt=True)}, b"")))(
            "PUT", "/orders/17", COUPON
        )
    assert caught.value.retry_after is not None
    assert 30 < caught.value.retry_after < 91


def test_what_went_wrong_when_the_order_was_asked_for_is_the_cause(carrier: Carrier) -> None:
    """An exception of the client's own."""

    def platform(_: Seen) -> Any:
        raise TimeoutError

    gate = Gate(salla.ENDPOINT, needs_order=True, report=lambda _: None)
    with pytest.raises(OrderUnavailable) as caught:
        carrier(gate, Recorded(platform))("PUT", "/orders/17", COUPON)
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout | requests.ReadTimeout)
    assert (caught.value.status, caught.value.retry_after) == (None, None)


def test_the_order_in_the_answer_to_an_update_is_the_newest_there_is(carrier: Carrier) -> None:
    """Somebody else has shipped it meanwhile, and the answer says so."""
    answers = iter(["pending", "shipped", "delivered"])

    def platform(_: Seen) -> Any:
        return 200, {}, json.dumps({"status": True, "data": {"id": 1, "status": next(answers)}}).encode()

    recorded = Recorded(platform)
    send = carrier(Gate(awal.ENDPOINT), recorded)
    send("PUT", f"/orders/1{ASKED}", b'{"status": "accepted"}')
    assert send("PUT", f"/orders/1{ASKED}", b'{"status": "delivered"}').status == 200
    assert recorded.methods == ["GET", "PUT", "PUT"]


@pytest.mark.parametrize(
    ("endpoint", "order", "told"),
    [
        (awal.ENDPOINT, {"id": 1, "status": "pending"}, {"status": False, "message": "no"}),
        (salla.ENDPOINT, {"id": 1, "status": {"slug": "in_progress"}}, {"status": 200, "success": False}),
    ],
    ids=["awal", "salla"],
)
def test_an_answer_that_says_false_is_no_success(
    carrier: Carrier, endpoint: Any, order: dict[str, Any], told: dict[str, Any]
) -> None:
    """Whatever its HTTP status: the order is not taken for changed, and what was refused not for accepted."""
    body = b'{"branch_id": "7"}' if endpoint is awal.ENDPOINT else b'{"branch_id": 7}'
    recorded = Recorded(lambda seen: (200, {}, json.dumps(order if seen.method == "GET" else told).encode()))
    gate = Gate(endpoint, report=lambda _: None)
    for _ in range(2):
        assert carrier(gate, recorded)("PUT", f"/orders/1{ASKED}", body).status == 200
    assert recorded.methods == ["GET", "PUT", "GET", "PUT"]
    assert counted(gate) == {"asked": 2, "allowed": 2}


def test_what_is_refused_and_answered_false_was_not_accepted(carrier: Carrier) -> None:
    """It tells nothing of the rules either."""
    order = {"id": 1, "status": {"slug": "completed"}}
    recorded = Recorded(
        lambda seen: (200, {}, json.dumps(order if seen.method == "GET" else {"success": False}).encode())
    )
    gate = Gate(salla.ENDPOINT, refuse="nothing", report=lambda _: None)
    carrier(gate, recorded)("PUT", "/orders/1", COUPON)
    assert counted(gate) == {"asked": 1, "sent_refused": 1, "unanswered": 1}


def test_what_is_allowed_only_under_a_reading_can_be_held_back(carrier: Carrier) -> None:
    """With what it rests on; what rests on none is sent."""
    gate = Gate(salla.ENDPOINT, refuse="uncertain", report=lambda _: None)
    with pytest.raises(UpdateUncertain) as caught:
        carrier(gate, showing("delivered"))("PUT", "/orders/1", COUPON)
    assert str(caught.value) == "allowed only under an assumption: S2: *completed* is read as completed alone"
    assert (caught.value.order_id, bool(caught.value.decision)) == (1, True)
    with pytest.raises(UpdateRefused):
        carrier(gate, showing("completed"))("PUT", "/orders/1", COUPON)
    assert carrier(gate, showing("in_progress"))("PUT", "/orders/1", COUPON).status == 200
    assert counted(gate) == {"asked": 3, "held_back": 2, "allowed": 1}
    answering = Gate(salla.ENDPOINT, refuse="uncertain", respond=True, report=lambda _: None)
    answer = carrier(answering, showing("delivered"))("PUT", "/orders/1", COUPON)
    assert answer.status == 422
    assert "S2: *completed* is read as completed alone" in json.loads(answer.body)["error"]["message"]


def test_each_update_is_counted_once(carrier: Carrier) -> None:
    """Whatever becomes of it, among those that say what was done with it."""
    chosen: list[dict[str, Any]] = [
        {},
        {"refuse": "any"},
        {"refuse": "uncertain"},
        {"refuse": "nothing"},
        {"needs_order": True},
    ]
    for options in chosen:
        gate = Gate(salla.ENDPOINT, report=lambda _: None, **options)
        sent = 0
        for platform in (showing("completed"), showing("delivered"), Recorded(lambda _: (500, {}, b""))):
            for body in (COUPON, b"{", b"{}", b'{"employees": [7]}'):
                with contextlib.suppress(UpdateRefused, InvalidInput, OrderUnavailable):
                    carrier(gate, platform)("PUT", "/orders/1", body)
                sent += 1
        counts = gate.counts
        first = (counts.allowed, counts.held_back, counts.unavailable, counts.sent_refused, counts.unjudged)
        assert sum(first) == sent


class _Retrying(httpx.BaseTransport):
    """Waits as long as it is asked to, and sends again."""

    def __init__(self, inner: httpx.BaseTransport, waits: list[float]) -> None:
        self._inner, self._waits = inner, waits

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        while (response := self._inner.handle_request(request)).status_code == 429:
            self._waits.append(float(response.headers["retry-after"]))
        return response


def test_a_transport_that_tries_again_stands_below_the_gate() -> None:
    """Then each update is decided on once, whatever it takes to send it."""
    fake = FakeSalla([salla.Order(id=1, status="in_progress")])
    seen: list[str] = []

    def platform(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if len(seen) % 3:
            return httpx.Response(429, headers={"retry-after": str(len(seen))})
        told = fake.handle(request.method, request.url.path, request.url.query.decode(), request.read())
        return httpx.Response(told.status, headers=told.headers, content=told.body)

    waits: list[float] = []
    gate = Gate(salla.ENDPOINT)
    client = httpx.Client(transport=GuardedTransport(gate, _Retrying(httpx.MockTransport(platform), waits)))
    assert client.put("https://shop.example/orders/1", json={"coupon_code": "EID24"}).status_code == 200
    assert seen == ["GET"] * 3 + ["PUT"] * 3
    assert waits == [1.0, 2.0, 4.0, 5.0]
    assert counted(gate) == {"asked": 1, "allowed": 1}


def test_requests_tries_again_below_the_gate() -> None:
    """As its adapter can, of urllib3's ``Retry``; ``Retry-After`` is kept to."""
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

        do_GET = do_PUT = _answer  # noqa: N815 - as the standard library calls them.

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - as above.
            """Say nothing."""

    retry = Retry(total=3, status_forcelist=[429, 503], allowed_methods=None, backoff_factor=0)
    gate = Gate(salla.ENDPOINT)
    with ThreadingHTTPServer(("127.0.0.1", 0), Busy) as server, requests.Session() as session:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        session.mount("http://", GuardedAdapter(gate, HTTPAdapter(max_retries=retry)))
        answer = session.put(f"http://127.0.0.1:{server.server_port}/orders/1", json={"coupon_code": "EID24"})
        server.shutdown()
    assert answer.status_code == 200
    assert counted(gate) == {"asked": 1, "allowed": 1}


def test_an_order_that_cannot_be_made_of_what_was_sent_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The update is gone by then: whoever sent it is told what came back, and not that it could not be read."""

    def fails(*_: object) -> None:
        raise InvalidInput([Problem("/status", Code.WRONG_TYPE, "expected a string")])

    monkeypatch.setattr(Policy, "apply", fails)
    sent: list[str] = []

    def answers(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        return httpx.Response(200, json={"id": 1, "status": "pending"} if request.method == "GET" else {})

    gate = Gate(awal.ENDPOINT)
    with httpx.Client(transport=GuardedTransport(gate, httpx.MockTransport(answers))) as client:
        url = "https://awal.example/orders/1?phone_number_id=1"
        assert client.put(url, json={"status": "accepted"}).status_code == 200
    assert (sent, gate.counts.allowed, gate.counts.held_back) == (["GET", "PUT"], 1, 0)
