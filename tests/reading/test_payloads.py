"""What is no order is not read as one, and what seems to be one is named; null means the same wherever it stands."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from orderrules import UNKNOWN, Code, InvalidInput, Limits, awal, salla
from orderrules.integrations.narwhals import to_narwhals
from orderrules.integrations.sqlalchemy import to_sqlalchemy

ORDER: Final[dict[str, Any]] = {"id": 7, "reference_id": 31, "status": {"slug": "completed"}, "customer": {"id": 5}}
EVENT: Final = {"event": "order.updated", "merchant": 1, "data": ORDER}
SEEMS: Final = "the value at {} looks like an order: read that instead"


def problem_of(payload: object, module: Any = salla) -> tuple[str, str, str, str]:
    """Read what is no order, and give its one problem."""
    with pytest.raises(InvalidInput) as caught:
        module.read_order(payload)
    (problem,) = caught.value.problems
    return problem.pointer, problem.code.value, problem.message, problem.hint


@pytest.mark.parametrize(
    ("payload", "seeming"),
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
def test_an_order_that_stands_elsewhere_is_named(payload: Any, seeming: str) -> None:
    """Whatever is wrapped around it."""
    hint = problem_of(payload)[3]
    one = "read one order at a time; " if seeming.endswith("/0") else ""
    assert hint == one + SEEMS.format(seeming)
    assert problem_of(json.dumps(payload).encode())[3] == hint


@pytest.mark.parametrize(
    ("payload", "pointer", "seeming"),
    [
        ({"status": 200, "success": True, "data": [ORDER, ORDER]}, "/data", "/data/0"),
        ([ORDER], "", "/0"),
        ({"status": 200, "data": []}, "/data", ""),
        ([], "", ""),
    ],
    ids=["a list's envelope", "a list", "an empty list's envelope", "an empty list"],
)
def test_a_list_is_read_one_order_at_a_time(payload: Any, pointer: str, seeming: str) -> None:
    """And says so where there is one."""
    place, code, _, hint = problem_of(payload)
    assert (place, code) == (pointer, "wrong_type")
    assert hint == (f"read one order at a time; {SEEMS.format(seeming)}" if seeming else "")


@pytest.mark.parametrize("family", salla.PAYLOAD.others)
def test_a_webhook_of_another_kind_is_no_order_whatever_it_shows(family: str) -> None:
    """Not even where its data could be one, or holds one."""
    event = f"{family}created"
    expected = ("", "not_an_order", f"is a webhook for the event {event!r}, not an order", "")
    assert problem_of({"event": event, "data": ORDER}) == expected
    assert problem_of({"event": event, "data": {"id": 1, "order": ORDER}}) == expected


def test_an_event_is_judged_by_its_data_where_its_name_is_not_known() -> None:
    """And a key of that name in a bare order means nothing."""
    assert salla.read_order({"event": "order.of.some.kind", "data": ORDER}) == salla.read_order(ORDER)
    assert salla.read_order({"event": 7, "data": ORDER}) == salla.read_order(ORDER)
    assert salla.read_order({**ORDER, "event": "app.installed"}) == salla.read_order(ORDER)
    nothing = ("/data", "not_an_order", "is not an order: it has no reference_id, status or draft", "")
    assert problem_of({"event": "order.of.some.kind", "data": {"id": 3}}) == nothing


@pytest.mark.parametrize("key", salla.PAYLOAD.beside_id)
def test_an_id_is_an_orders_beside_what_only_orders_have(key: str) -> None:
    """And by itself it is anything's."""
    assert salla.read_order({"id": 3, key: None}).id == 3
    assert problem_of({key: []})[1] == "not_an_order"


@pytest.mark.parametrize("key", salla.PAYLOAD.shows)
def test_some_keys_show_an_order_by_themselves(key: str) -> None:
    """Whatever they hold, if it can be read."""
    assert salla.read_order({key: None}) == salla.Order()


@pytest.mark.parametrize("payload", [{}, {"message": "Too Many Attempts."}, {"id": 3}, {"error": {"code": 1}}])
def test_anything_else_is_no_order(payload: Any) -> None:
    """An error, or something with an id."""
    assert problem_of(payload) == ("", "not_an_order", "is not an order: it has no reference_id, status or draft", "")


def test_a_text_that_may_hold_the_order_is_named() -> None:
    """A queue or a function of a cloud hands a webhook on as text; an object that is an order comes first."""
    assert problem_of({"body": json.dumps(EVENT)})[3] == "the string at /body looks like JSON: read that instead"
    assert problem_of({"event": "order.updated", "data": json.dumps(ORDER)})[0] == "/data"
    assert problem_of({"text": "{", "other": ORDER})[3] == SEEMS.format("/other")
    assert problem_of({"text": "order"})[3] == ""


def test_what_was_encoded_twice_is_told() -> None:
    """Of an order as of an update."""
    twice = "this is a string that contains JSON: the document was encoded twice"
    assert problem_of(json.dumps(json.dumps(ORDER)))[3] == twice
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(json.dumps(json.dumps({"coupon_code": "x"})))
    assert [problem.hint for problem in caught.value.problems] == [twice]


@pytest.mark.parametrize("told", [{"status": 422, "success": False, "data": ORDER}, {"success": False, "data": {}}])
def test_the_answer_to_what_failed_is_no_order(told: Any) -> None:
    """Whatever it holds."""
    assert problem_of(told)[1:3] == ("not_an_order", "is the response to a failed request, not an order")
    order = {"id": 1, "status": "pending"}
    assert problem_of({"status": False, "data": order}, awal)[1] == "not_an_order"


def test_a_webhook_of_another_kind_is_named_where_it_is_wrapped() -> None:
    """And where a number stands for a status, an order elsewhere is named."""
    event = {"event": "customer.created", "data": {"id": 3}}
    assert problem_of({"body": event})[3] == "the value at /body is a webhook for the event 'customer.created'"
    assert problem_of({"status": 200, "body": ORDER}) == (
        "/status",
        "wrong_type",
        "expected an object with a slug, got an integer",
        SEEMS.format("/body"),
    )


def test_the_search_for_an_order_ends() -> None:
    """However large what is searched, and however deep the order."""
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
def test_what_is_no_order_of_awal_is_not_read_as_one(payload: Any) -> None:
    """A message has a status as well."""
    assert problem_of(payload, awal)[1] == "not_an_order"


def test_an_order_of_awal_that_stands_elsewhere_is_named() -> None:
    """Where none has a status, or a list has several."""
    order = {"id": 1, "status": "pending"}
    assert problem_of({"result": order}, awal) == ("/status", "missing", "is required", SEEMS.format("/result"))
    one = "read one order at a time; "
    assert problem_of({"status": True, "data": [order]}, awal)[3] == one + SEEMS.format("/data/0")
    assert awal.read_order({"event": "order.created", "data": order}).status == "pending"


@pytest.mark.parametrize(
    ("payload", "pointer", "hint"),
    [
        ({"id": 1, "status": "completed"}, "/status", salla.PAYLOAD.places[0].hints["string"]),
        ({"status": 401, "success": False}, "/status", salla.PAYLOAD.places[0].hints["integer"]),
        ({"id": 1, "status": [1]}, "/status", ""),
    ],
)
def test_a_status_of_another_kind_is_told_as_what_it_is(payload: Any, pointer: str, hint: str) -> None:
    """A text, or the status of an answer."""
    place, code, _, given = problem_of(payload)
    assert (place, code, given) == (pointer, "wrong_type", hint)


# --- Null ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fact", salla.Order.__space__.facts, ids=lambda fact: fact.name)
def test_null_means_the_same_in_json_in_sql_and_in_python(fact: Any) -> None:
    """On every fact of Salla's orders; in a database too, where a guard is written for its columns."""
    said: dict[str, Any] = {fact.attribute: None}
    read = salla.read_order({"reference_id": 1, **said})
    assert fact.of(read) == fact.of(salla.Order(**said)) == fact.from_database(None) == fact.absent
    for value in fact.values:
        if value is UNKNOWN:
            continue
        guard = fact.is_(value)
        written = str(to_sqlalchemy(guard, {fact.attribute: _column(fact)}).compile())
        assert ("IS NULL" in written) is (value == fact.absent)
        assert to_narwhals(guard, {fact.attribute: "x"}) is not None


def _column(fact: Any) -> Any:
    sqlalchemy: Any = pytest.importorskip("sqlalchemy")
    return sqlalchemy.column(fact.attribute, sqlalchemy.Boolean if fact.flag else sqlalchemy.String)


def test_null_is_no_status_of_awal_anywhere() -> None:
    """It cannot be read or built; of a column it counts as a status that no page names."""
    assert problem_of({"id": 1, "status": None}, awal)[:2] == ("/status", "null")
    with pytest.raises(InvalidInput, match="/status: expected a string, got null"):
        awal.Order(status=None)  # type: ignore[arg-type]
    assert awal.STATUS.from_database(None) is UNKNOWN


def test_a_column_says_that_a_customer_is_not_shown_by_a_word() -> None:
    """For its null says that there is none."""
    assert salla.CUSTOMER.from_database("not shown") == salla.CUSTOMER.of(salla.Order())
    assert salla.CUSTOMER.from_database(None) is salla.CustomerKind.NONE


# --- Documents -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "code", "said"),
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
def test_what_is_no_json_is_told_apart(document: Any, code: Code, said: str) -> None:
    """Empty, cut off, in single quotes, of another encoding."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(document)
    (problem,) = caught.value.problems
    assert problem.code is code
    assert said in problem.message


def test_a_buffer_is_a_document() -> None:
    """A bytearray and a view of memory, of whatever is read."""
    body = b'{"coupon_code": "x"}'
    for given in (
        bytearray(body),
        memoryview(body),
        memoryview(bytearray(body)),
        memoryview(body * 2)[::1][: len(body)],
    ):
        assert salla.read_patch(given) == salla.read_patch(body)
    assert salla.read_order(bytearray(json.dumps(ORDER).encode())) == salla.read_order(ORDER)
    assert awal.read_order(memoryview(b'{"status": "pending"}')).status == "pending"
    with pytest.raises(InvalidInput, match="has 20 bytes, the limit is 10"):
        salla.read_patch(memoryview(body), limits=Limits(size=10))
    with pytest.raises(InvalidInput, match="has 20 bytes, the limit is 10"):
        salla.read_patch(bytearray(body), limits=Limits(size=10))


@pytest.mark.parametrize("document", ['{"x":' + "[" * 5000 + "]" * 5000 + "}", b"[" * 5000])
def test_nesting_is_counted_before_anything_parses(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parser that calls itself as often ends the process where the stack is small."""

    def parse(*_: object) -> None:
        raise AssertionError

    for place in ("orderrules.reading.bodies._document_reader", "orderrules.reading.strict_json.scan_warily"):
        monkeypatch.setattr(place, parse)
    monkeypatch.setattr("orderrules.reading.bodies._DOCUMENT_READERS", {})
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(document)
    assert caught.value.problems[0].code is Code.TOO_DEEP


def test_flaws_are_counted_once() -> None:
    """Of an update, where they are met by whoever reads the values and by whoever looks for flaws."""
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


def test_what_is_only_counted_is_counted_right() -> None:
    """Wrong items among right ones, of every kind, and of a model in a list."""
    given: dict[str, Any] = {"employees": [1, "x", None, 2.5, 10**200, True] * 50}
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(given)
    assert (len(caught.value.problems), caught.value.more) == (100, 150)
    assert caught.value.problems[99].pointer == "/employees/119"
    assert salla.read_patch({"employees": [1, 2]}).employees == (1, 2)
