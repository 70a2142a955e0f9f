"""The fakes answer in the formats of the pages, enforce the rules, and fail on request."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest
import requests
import responses
import respx

from orderrules import awal, salla
from orderrules.testing import FakeAwal, FakeSalla, Fault, NoAnswerError, httpx_transport, wsgi_app

if TYPE_CHECKING:
    from collections.abc import Callable

QUERY = "phone_number_id=123456"


def put(fake: Any, number: object, body: object, query: str = QUERY) -> tuple[int, Any]:
    """Send an update, and return the status and the parsed answer."""
    content = body if isinstance(body, bytes) else json.dumps(body)
    status, headers, answer = fake.handle("PUT", f"/v1/orders/{number}", query, content)
    assert headers["content-type"].startswith("application/json")
    return status, json.loads(answer)


def get(fake: Any, path: str, query: Any = "") -> tuple[int, Any]:
    """Send a GET request, and return the status and the parsed answer."""
    status, _, answer = fake.handle("GET", path, query, b"")
    return status, json.loads(answer)


def test_awal_answers_as_its_page_does() -> None:
    """The updates are made, refused, unreadable, or for a missing order."""
    fake = FakeAwal([awal.Order(status="pending")])
    status, document = put(fake, 1, {"status": "accepted", "payment_status": "paid"})
    assert (status, document["status"], document["message"]) == (200, True, "Order updated successfully")
    assert set(document["data"]) == {
        "id",
        "order_number",
        "status",
        "payment_status",
        "shipping_date",
        "delivery_date",
        "admin_notes",
    }
    assert awal.read_order(document) == awal.Order(id=1, status="accepted", payment_status="paid")
    status, document = put(fake, 1, {"status": "completed"})
    assert status == 422
    assert set(document) == {"error", "message", "details", "request_id"}
    assert "only shipped may follow accepted" in document["message"]
    assert put(fake, 1, {"status": "lost"})[0] == 400
    assert put(fake, 1, b"{", "")[0] == 400
    assert put(fake, 1, {}, "")[1]["details"] == ["query /phone_number_id: is required"]
    assert put(fake, 2, {})[0] == 404
    assert put(fake, "one", {})[0] == 404
    assert fake.handle("DELETE", "/orders/1", "", b"").status == 405
    assert fake.orders[1].status == "accepted"


def test_awal_lists_orders_by_status() -> None:
    """The query may be text or a dict."""
    fake = FakeAwal([awal.Order(status="pending"), awal.Order(status="shipped"), awal.Order(status="shipped")])
    assert len(get(fake, "/orders")[1]["data"]) == 3
    document = get(fake, "/orders", "status=shipped&phone_number_id=1")[1]
    assert [order["id"] for order in document["data"]] == [2, 3]
    assert get(fake, "/orders", {"status": "completed"})[1]["data"] == []


def test_salla_answers_as_its_page_does() -> None:
    """A refusal by a rule has no ``fields``; a body that cannot be read has them."""
    fake = FakeSalla([salla.Order(id=77, status="in_progress", customer=salla.CustomerKind.NONE)])
    status, document = put(
        fake, 77, {"customer": {"id": 5, "name": "Huda"}, "branch_id": 9, "receiver": {"name": "Sami"}}
    )
    assert (status, document["status"], document["success"]) == (200, 200, True)
    assert document["data"]["customer"] == {"id": 5, "name": "Huda"}
    assert document["data"]["shipping"] == {"receiver": {"name": "Sami"}, "branch_id": 9}
    assert document["data"]["can_cancel"] is True
    assert document["data"]["is_pending_payment"] is False
    assert salla.read_order(document) == salla.Order(
        id=77, status="in_progress", customer=salla.CustomerKind.REGISTERED
    )
    status, document = put(fake, 77, {"payment": {"status": "paid"}, "customer": {"id": 6}})
    assert (status, document["success"], "fields" in document["error"]) == (422, False, False)
    assert "payment details cannot be changed" in document["error"]["message"]
    status, document = put(fake, 77, {"employees": [1, "2"], "colour": "red"})
    assert status == 422
    assert set(document["error"]["fields"]) == {"employees.1", "colour"}
    assert put(fake, 1, {})[1] == {
        "status": 404,
        "success": False,
        "error": {"code": "not_found", "message": "there is no such order"},
    }
    assert get(fake, "/admin/v2/orders/77")[1]["data"]["id"] == 77
    assert get(fake, "/admin/v2/orders")[0] == 404
    assert fake.handle("POST", "/orders/77", "", b"{}").status == 405
    assert fake.orders[77].written == salla.Patch(
        customer=salla.Customer(id=5, name="Huda"), branch_id=9, receiver=salla.Receiver(name="Sami")
    )


def test_an_id_is_given_or_assigned() -> None:
    """Two orders never have the same id."""
    fake = FakeAwal([awal.Order(status="pending", id=5)])
    assert fake.add(awal.Order(status="pending")) == 6
    for taken in (5, 0, -1, "7"):
        with pytest.raises(ValueError, match="a positive integer and that no other order has"):
            fake.add(awal.Order(status="pending", id=taken))


def test_invalid_arguments_of_a_fake_are_refused() -> None:
    """They are refused at once, not at the next request."""
    with pytest.raises(TypeError, match="a FakeSalla takes orders of its own platform, got Order"):
        FakeSalla([cast("Any", awal.Order(status="pending"))])
    with pytest.raises(TypeError, match="a FakeSalla cannot enforce a policy of awal"):
        FakeSalla([], policy=cast("Any", awal.POLICY))
    for wrong in ({"method": "put"}, {"method": "FROB"}, {"times": 0}):
        with pytest.raises(ValueError, match="expected the method GET or PUT"):
            FakeAwal().fail(Fault.TIMEOUT, **cast("Any", wrong))
    for adapt in (httpx_transport, wsgi_app):
        with pytest.raises(TypeError, match="expected a fake, got Policy"):
            adapt(cast("Any", salla.POLICY))


@pytest.mark.parametrize("make", [lambda: FakeAwal([awal.Order(status="pending")]), lambda: FakeSalla([salla.Order()])])
def test_faults_happen_in_the_requested_order(make: Callable[[], Any]) -> None:
    """Each fault happens as often as requested, and only to requests of its method."""
    fake = make()
    body = {"branch_id": "7"} if isinstance(fake, FakeAwal) else {"branch_id": 7}
    before = fake.orders[1]
    fake.fail(Fault.TOO_MANY_REQUESTS, method="PUT")
    fake.fail(Fault.SERVER_ERROR, method="PUT")
    fake.fail("timeout", method="PUT")
    assert get(fake, "/orders/1")[0] == 200
    refused = fake.handle("PUT", "/orders/1", "phone_number_id=1", json.dumps(body))
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
    assert put(fake, 1, body)[0] == 500
    with pytest.raises(NoAnswerError, match="was not handled"):
        put(fake, 1, body)
    assert fake.orders[1] == before
    fake.fail(Fault.LOST_ANSWER, times=2)
    for _ in range(2):
        with pytest.raises(NoAnswerError, match="was handled"):
            put(fake, 1, body)
    assert fake.orders[1] != before
    assert put(fake, 1, body)[0] == 200


def test_a_stale_answer_shows_the_order_before_its_last_update() -> None:
    """Only an answer to a GET request can be stale."""
    fake = FakeAwal([awal.Order(status="pending")])
    fake.fail(Fault.STALE)
    put(fake, 1, {"status": "accepted"})
    assert get(fake, "/orders/1")[1]["data"]["status"] == "pending"
    assert get(fake, "/orders/1")[1]["data"]["status"] == "accepted"


def test_a_fake_enforces_the_policy_that_it_is_given() -> None:
    """The policy here has another assumption."""
    fake = FakeAwal([awal.Order(status="pending")], policy=awal.policy(skipping=True))
    assert put(fake, 1, {"status": "completed"})[0] == 200


def test_a_fake_can_answer_httpx() -> None:
    """A request without an answer times out."""
    fake = FakeAwal([awal.Order(status="pending")])
    with httpx.Client(transport=httpx_transport(fake), base_url="https://shop.example/v1") as client:
        answer = client.put("/orders/1", params={"phone_number_id": "1"}, json={"status": "accepted"})
        assert (answer.status_code, answer.json()["data"]["status"]) == (200, "accepted")
        assert client.get("/orders/9").status_code == 404
        fake.fail(Fault.TIMEOUT)
        with pytest.raises(httpx.ReadTimeout):
            client.get("/orders/1")


def test_a_fake_can_answer_respx() -> None:
    """It is the side effect of a route."""
    fake = FakeAwal([awal.Order(status="pending")])
    with respx.mock:
        respx.route(host="shop.example").mock(side_effect=httpx_transport(fake).handle_request)
        assert httpx.get("https://shop.example/orders/1").json()["data"]["status"] == "pending"


def test_a_fake_can_answer_responses() -> None:
    """It is the callback of a request."""
    fake = FakeSalla([salla.Order(status="completed")])

    def answer(request: Any) -> Any:
        return fake.handle(request.method, request.path_url.partition("?")[0], request.params, request.body or b"")

    with responses.RequestsMock() as mocked:
        mocked.add_callback(responses.PUT, "https://shop.example/orders/1", callback=answer, content_type=None)
        refused = requests.put("https://shop.example/orders/1", json={"coupon_code": "x"}, timeout=1)
    assert refused.status_code == 422


def test_a_fake_can_be_a_wsgi_application() -> None:
    """An answer has a content length, and a missing answer is status 504."""
    fake = FakeAwal([awal.Order(status="pending")])
    app, starts = wsgi_app(fake), []

    def ask(method: str, body: bytes = b"") -> tuple[str, bytes]:
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": "/orders/1",
            "QUERY_STRING": QUERY,
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.input": io.BytesIO(body),
        }
        content = b"".join(app(environ, lambda *arguments: starts.append(arguments)))
        line, headers = starts[-1]
        assert ("content-length", str(len(content))) in headers
        return line, content

    assert ask("GET")[0] == "200 OK"
    assert ask("PUT", b'{"status": "completed"}')[0].startswith("422 Unprocessable ")
    assert json.loads(ask("PUT", b'{"status": "accepted"}')[1])["data"]["status"] == "accepted"
    fake.fail(Fault.TIMEOUT)
    assert ask("GET")[0] == "504 Gateway Timeout"


def test_a_fake_is_thread_safe() -> None:
    """Many threads ask for the same step at once: all are answered, and the order moves one step."""
    fake = FakeAwal([awal.Order(status="pending")])
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: put(fake, 1, {"status": "accepted"})[0], range(64)))
    assert set(statuses) == {200}
    assert fake.orders[1].status == "accepted"


def test_a_list_has_the_envelope_of_the_page() -> None:
    """Its status is a boolean."""
    fake = FakeAwal([awal.Order(id=1, status="pending")])
    status, document = get(fake, "/orders")
    assert (status, list(document), document["status"]) == (200, ["status", "data"], True)


def test_an_id_has_at_most_eighteen_digits() -> None:
    """No order has a longer id."""
    longest = 10**18 - 1
    fake = FakeAwal([awal.Order(id=longest, status="pending"), awal.Order(id=10**18, status="pending")])
    assert get(fake, f"/orders/{longest}")[0] == 200
    assert get(fake, f"/orders/{10**18}")[0] == 404
