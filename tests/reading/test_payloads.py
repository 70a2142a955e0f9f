"""A payload that is not an order is refused, with a hint at where the order is; null means the same everywhere."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from orderrules import UNKNOWN, Code, InvalidInput, Limits, awal, salla
from orderrules.integrations.narwhals import to_narwhals
from orderrules.integrations.sqlalchemy import to_sqlalchemy

ORDER: Final[dict[str, Any]] = {"id": 7, "reference_id": 31, "status": {"slug": "completed"}, "customer": {"id": 5}}
EVENT: Final = {"event": "order.updated", "merchant": 1, "data": ORDER}
LOOKS_LIKE_AN_ORDER: Final = "the value at {} looks like an order: read that instead"


def problem_of(payload: object, platform: Any = salla) -> tuple[str, str, str, str]:
    """Read a payload that is not an order, and return its one problem."""
    with pytest.raises(InvalidInput) as caught:
        platform.read_order(payload)
    (problem,) = caught.value.problems
    return problem.pointer, problem.code.value, problem.message, problem.hint


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"headers": {}, "body": EVENT}, "/body/data"),
        ({"payload": EVENT}, "/payload/data"),
        ({"body": {"payload": EVENT}}, "/body/payload/data"),
        ({"result": ORDER}, "/result"),
        ({"response": {"status": 200, "data": ORDER}}, "/response/data"),
        ({"data": {"orders": [ORDER]}}, "/data/orders/0"),
        ([{"json": ORDER}], "/0/json"),
        ({"a/b": ORDER}, "/a~1b"),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_an_order_elsewhere_in_the_payload_is_named_in_the_hint(payload: Any, place: str) -> None:
    """Any wrapper may surround it."""
    hint = problem_of(payload)[3]
    prefix = "read one order at a time; " if place.endswith("/0") else ""
    assert hint == prefix + LOOKS_LIKE_AN_ORDER.format(place)
    assert problem_of(json.dumps(payload).encode())[3] == hint


@pytest.mark.parametrize(
    ("payload", "pointer", "first_order"),
    [
        ({"status": 200, "success": True, "data": [ORDER, ORDER]}, "/data", "/data/0"),
        ([ORDER], "", "/0"),
        ({"status": 200, "data": []}, "/data", ""),
        ([], "", ""),
    ],
    ids=["a list's envelope", "a list", "an empty list's envelope", "an empty list"],
)
def test_a_list_of_orders_is_refused(payload: Any, pointer: str, first_order: str) -> None:
    """If it holds an order, the hint says to read one at a time."""
    place, code, _, hint = problem_of(payload)
    assert (place, code) == (pointer, "wrong_type")
    assert hint == (f"read one order at a time; {LOOKS_LIKE_AN_ORDER.format(first_order)}" if first_order else "")


@pytest.mark.parametrize("family", salla.PAYLOAD.others)
def test_a_webhook_of_another_kind_is_not_an_order(family: str) -> None:
    """This holds even if its data looks like an order or contains one."""
    event = f"{family}created"
    expected = ("", "not_an_order", f"is a webhook for the event {event!r}, not an order", "")
    assert problem_of({"event": event, "data": ORDER}) == expected
    assert problem_of({"event": event, "data": {"id": 1, "order": ORDER}}) == expected


def test_a_webhook_with_an_unknown_event_is_judged_by_its_data() -> None:
    """In a bare order, a key named event is ignored."""
    assert salla.read_order({"event": "order.of.some.kind", "data": ORDER}) == salla.read_order(ORDER)
    assert salla.read_order({"event": 7, "data": ORDER}) == salla.read_order(ORDER)
    assert salla.read_order({**ORDER, "event": "app.installed"}) == salla.read_order(ORDER)
    expected = ("/data", "not_an_order", "is not an order: it has no reference_id, status or draft", "")
    assert problem_of({"event": "order.of.some.kind", "data": {"id": 3}}) == expected


@pytest.mark.parametrize("key", salla.PAYLOAD.beside_id)
def test_an_id_needs_a_key_of_an_order_to_be_an_order(key: str) -> None:
    """An id or such a key alone is not enough."""
    assert salla.read_order({"id": 3, key: None}).id == 3
    assert problem_of({key: []})[1] == "not_an_order"


@pytest.mark.parametrize("key", salla.PAYLOAD.shows)
def test_some_keys_are_enough_to_recognize_an_order(key: str) -> None:
    """Their value may be null."""
    assert salla.read_order({key: None}) == salla.Order()


@pytest.mark.parametrize("payload", [{}, {"message": "Too Many Attempts."}, {"id": 3}, {"error": {"code": 1}}])
def test_any_other_object_is_not_an_order(payload: Any) -> None:
    """Examples are an error and an object with an id."""
    assert problem_of(payload) == ("", "not_an_order", "is not an order: it has no reference_id, status or draft", "")


def test_a_string_that_may_hold_an_order_is_named_in_the_hint() -> None:
    """Queues and cloud functions pass webhooks on as strings; a real order elsewhere is named first."""
    assert problem_of({"body": json.dumps(EVENT)})[3] == "the string at /body looks like JSON: read that instead"
    assert problem_of({"event": "order.updated", "data": json.dumps(ORDER)})[0] == "/data"
    assert problem_of({"text": "{", "other": ORDER})[3] == LOOKS_LIKE_AN_ORDER.format("/other")
    assert problem_of({"text": "order"})[3] == ""


def test_a_document_that_was_encoded_twice_has_a_hint() -> None:
    """Orders and updates have the same hint."""
    twice = "this is a string that contains JSON: the document was encoded twice"
    assert problem_of(json.dumps(json.dumps(ORDER)))[3] == twice
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(json.dumps(json.dumps({"coupon_code": "x"})))
    assert [problem.hint for problem in caught.value.problems] == [twice]


@pytest.mark.parametrize("response", [{"status": 422, "success": False, "data": ORDER}, {"success": False, "data": {}}])
def test_the_response_to_a_failed_request_is_not_an_order(response: Any) -> None:
    """This holds even if its data is an order."""
    assert problem_of(response)[1:3] == ("not_an_order", "is the response to a failed request, not an order")
    order = {"id": 1, "status": "pending"}
    assert problem_of({"status": False, "data": order}, awal)[1] == "not_an_order"


def test_a_wrapped_webhook_of_another_kind_is_named_in_the_hint() -> None:
    """If the status is a number, the hint names an order elsewhere in the payload."""
    event = {"event": "customer.created", "data": {"id": 3}}
    assert problem_of({"body": event})[3] == "the value at /body is a webhook for the event 'customer.created'"
    assert problem_of({"status": 200, "body": ORDER}) == (
        "/status",
        "wrong_type",
        "expected an object with a slug, got an integer",
        LOOKS_LIKE_AN_ORDER.format("/body"),
    )


def test_the_search_for_an_order_is_bounded() -> None:
    """It gives up in a large list and at a great depth."""
    assert problem_of({"x": [{}] * 100_000 + [ORDER]})[3] == ""
    deep: Any = ORDER
    for _ in range(40):
        deep = {"x": deep}
    assert problem_of(deep)[3] == ""


@pytest.mark.parametrize(
    "payload",
    [
        {"event": "message.status.updated", "data": {"message_id": "x", "status": "delivered"}},
        {"event": "contact.created", "data": {"id": 1, "status": "pending"}},
        {"event": "conversation.closed", "data": {"id": 1, "status": "completed"}},
        {"event": "ticket.closed", "data": {"id": 1, "status": "completed"}},
        {"event": "anything", "data": {"message_id": "x", "status": "delivered"}},
        {"message_id": "x", "status": "delivered"},
    ],
    ids=json.dumps,
)
def test_other_objects_of_awal_are_not_read_as_orders(payload: Any) -> None:
    """Messages, contacts, conversations and tickets have a status too."""
    assert problem_of(payload, awal)[1] == "not_an_order"


def test_an_awal_order_elsewhere_in_the_payload_is_named_in_the_hint() -> None:
    """The payload has no status, or has a list of orders."""
    order = {"id": 1, "status": "pending"}
    assert problem_of({"result": order}, awal) == (
        "/status",
        "missing",
        "is required",
        LOOKS_LIKE_AN_ORDER.format("/result"),
    )
    prefix = "read one order at a time; "
    assert problem_of({"status": True, "data": [order]}, awal)[3] == prefix + LOOKS_LIKE_AN_ORDER.format("/data/0")
    assert awal.read_order({"event": "order.created", "data": order}).status == "pending"


@pytest.mark.parametrize(
    ("payload", "pointer", "hint"),
    [
        ({"id": 1, "status": "completed"}, "/status", salla.PAYLOAD.places[0].hints["string"].text),
        ({"status": 401, "success": False}, "/status", salla.PAYLOAD.places[0].hints["integer"].text),
        ({"id": 1, "status": [1]}, "/status", ""),
    ],
)
def test_a_status_of_a_wrong_type_has_a_fitting_hint(payload: Any, pointer: str, hint: str) -> None:
    """A string may be a slug, and an integer may be the status of an HTTP response."""
    place, code, _, actual_hint = problem_of(payload)
    assert (place, code, actual_hint) == (pointer, "wrong_type", hint)


# --- Null ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fact", salla.Order.__space__.facts, ids=lambda fact: fact.name)
def test_null_means_the_same_in_json_in_sql_and_in_python(fact: Any) -> None:
    """Each fact of Salla's orders is checked, and so are guards on a database column."""
    fields: dict[str, Any] = {fact.attribute: None}
    order = salla.read_order({"reference_id": 1, **fields})
    assert fact.of(order) == fact.of(salla.Order(**fields)) == fact.from_database(None) == fact.absent
    for value in fact.values:
        if value is UNKNOWN:
            continue
        guard = fact.is_(value)
        sql = str(to_sqlalchemy(guard, {fact.attribute: _column(fact)}).compile())
        assert ("IS NULL" in sql) is (value == fact.absent)
        assert to_narwhals(guard, {fact.attribute: "x"}) is not None


def _column(fact: Any) -> Any:
    sqlalchemy: Any = pytest.importorskip("sqlalchemy")
    return sqlalchemy.column(fact.attribute, sqlalchemy.Boolean if fact.flag else sqlalchemy.String)


def test_null_is_not_a_status_of_awal() -> None:
    """It cannot be read or built; a NULL in a column is treated as an unknown status."""
    assert problem_of({"id": 1, "status": None}, awal)[:2] == ("/status", "null")
    with pytest.raises(InvalidInput, match="/status: expected a string, got null"):
        awal.Order(status=None)  # type: ignore[arg-type]
    assert awal.STATUS.from_database(None) is UNKNOWN


def test_a_column_has_a_word_for_a_customer_that_is_not_shown() -> None:
    """A NULL means that the order has no customer."""
    assert salla.CUSTOMER.from_database("not shown") == salla.CUSTOMER.of(salla.Order())
    assert salla.CUSTOMER.from_database(None) is salla.CustomerKind.NONE


# --- Documents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        ("", Code.NOT_JSON, "is empty"),
        (b" \n", Code.NOT_JSON, "is empty"),
        (b"", Code.NOT_JSON, "is empty"),
        ('{"coupon_code": "x"', Code.NOT_JSON, "is not valid JSON: incomplete at line 1"),
        ('{"coupon_code": "x', Code.NOT_JSON, "is not valid JSON: incomplete at line 1"),
        ('{"coupon_code": ', Code.NOT_JSON, "is not valid JSON: incomplete at line 1"),
        ("{", Code.NOT_JSON, "is not valid JSON: incomplete at line 1"),
        ("{'coupon_code': 'x'}", Code.NOT_JSON, "is not valid JSON: single quotes at line 1"),
        ("'x'", Code.NOT_JSON, "is not valid JSON: single quotes at line 1"),
        ('{"coupon_code": x}', Code.NOT_JSON, "is not valid JSON: syntax error at line 1"),
        ('{"coupon_code": "x"}'.encode("utf-16"), Code.NOT_UTF8, "is encoded as UTF-16 or UTF-32, expected UTF-8"),
        ('{"coupon_code": "x"}'.encode("utf-16-le"), Code.NOT_UTF8, "is encoded as UTF-16 or UTF-32, expected UTF-8"),
        ('{"coupon_code": "x"}'.encode("utf-16-be"), Code.NOT_UTF8, "is encoded as UTF-16 or UTF-32, expected UTF-8"),
        ('{"coupon_code": "x"}'.encode("utf-32"), Code.NOT_UTF8, "is encoded as UTF-16 or UTF-32, expected UTF-8"),
        (b'{"coupon_code": "\xff"}', Code.NOT_UTF8, "byte 17 is not valid UTF-8"),
    ],
    ids=repr,
)
def test_the_message_says_why_a_document_is_not_valid_json(document: Any, code: Code, message: str) -> None:
    """It may be empty, cut off, in single quotes or in another encoding."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(document)
    (problem,) = caught.value.problems
    assert problem.code is code
    assert message in problem.message


def test_a_buffer_is_a_document() -> None:
    """A bytearray or a memoryview is read, as an update and as an order."""
    body = b'{"coupon_code": "x"}'
    for document in (
        bytearray(body),
        memoryview(body),
        memoryview(bytearray(body)),
        memoryview(body * 2)[::1][: len(body)],
    ):
        assert salla.read_patch(document) == salla.read_patch(body)
    assert salla.read_order(bytearray(json.dumps(ORDER).encode())) == salla.read_order(ORDER)
    assert awal.read_order(memoryview(b'{"status": "pending"}')).status == "pending"
    with pytest.raises(InvalidInput, match="has 20 bytes, the limit is 10"):
        salla.read_patch(memoryview(body), limits=Limits(size=10))
    with pytest.raises(InvalidInput, match="has 20 bytes, the limit is 10"):
        salla.read_patch(bytearray(body), limits=Limits(size=10))


@pytest.mark.parametrize("document", ['{"x":' + "[" * 5000 + "]" * 5000 + "}", b"[" * 5000])
def test_depth_is_checked_before_parsing(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recursive parser crashes the process if the stack is small."""

    def parse(*_: object) -> None:
        raise AssertionError

    for place in ("orderrules.reading.bodies._document_reader", "orderrules.reading.strict_json.scan_warily"):
        monkeypatch.setattr(place, parse)
    monkeypatch.setattr("orderrules.reading.bodies._DOCUMENT_READERS", {})
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(document)
    assert caught.value.problems[0].code is Code.TOO_DEEP


def test_each_flaw_is_counted_once() -> None:
    """The reader of values and the search for flaws both find a flaw."""
    for count in (1, 100, 101, 150, 250):
        with pytest.raises(InvalidInput) as caught:
            salla.read_patch(f'{{"employees": [{", ".join(["NaN"] * count)}]}}')
        assert len(caught.value.problems) + caught.value.more == count
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch('{"employees": ["x", NaN, "y"], "zz": NaN, "coupon_code": 7, "a": 1, "a": 2}')
    assert len(caught.value.problems) + caught.value.more == 7
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch('{"ship_to": {"geo_coordinates": {"lat": 1e999}}, "zz": NaN}')
    assert [problem.pointer for problem in caught.value.problems] == ["/ship_to/geo_coordinates/lat", "/zz", "/zz"]
    assert caught.value.more == 0
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch("{" + ", ".join(f'"{n}": NaN' for n in range(150)) + "}", limits=Limits(problems=7))
    assert (len(caught.value.problems), caught.value.more) == (7, 293)


def test_wrong_items_past_the_limit_are_counted_exactly() -> None:
    """Wrong items of every type stand among valid items."""
    body: dict[str, Any] = {"employees": [1, "x", None, 2.5, 10**200, True] * 50}
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(body)
    assert (len(caught.value.problems), caught.value.more) == (100, 150)
    assert caught.value.problems[99].pointer == "/employees/119"
    assert salla.read_patch({"employees": [1, 2]}).employees == (1, 2)
