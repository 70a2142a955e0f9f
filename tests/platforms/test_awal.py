"""Awal's payloads, requests and samples are read, and the updates of its walk-through are allowed in order."""

from __future__ import annotations

import json
import pickle
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, awal, can_update
from orderrules.errors import Part
from orderrules.platforms.awal import Order, Patch, PaymentStatus, Status
from orderrules.policy.policy import policy_of

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES: Final = Path(__file__).parent.parent.parent / "examples" / "awal"
PAGE_REQUEST: Final = {
    "admin_notes": "Shipped via express courier",
    "status": "shipped",
    "payment_status": "paid",
    "shipping_date": "2024-01-20",
    "delivery_date": "2024-01-25",
    "branch_id": "1",
}
PAGE_DATA: Final[dict[str, Any]] = {
    "id": 1,
    "order_number": "ORD-2024-001",
    "status": "shipped",
    "payment_status": "paid",
    "shipping_date": "2024-01-20",
    "delivery_date": "2024-01-25",
    "admin_notes": "Shipped via express courier",
    "updated_at": "2024-01-20T14:30:00Z",
}
PAGE_RESPONSE: Final = {"status": True, "message": "Order updated successfully", "data": PAGE_DATA}
SHIPPED: Final = Order(
    id=1,
    status=Status.SHIPPED,
    payment_status=PaymentStatus.PAID,
    shipping_date=date(2024, 1, 20),
    delivery_date=date(2024, 1, 25),
    admin_notes="Shipped via express courier",
)


@pytest.mark.parametrize(
    "payload",
    [PAGE_RESPONSE, PAGE_DATA, json.dumps(PAGE_RESPONSE), json.dumps(PAGE_RESPONSE).encode()],
    ids=["envelope", "bare", "text", "bytes"],
)
def test_an_order_is_read_from_every_kind_of_payload(payload: Any) -> None:
    """The payload is the response on the page."""
    assert awal.read_order(payload) == SHIPPED


def test_only_the_status_decides_the_request_of_the_page() -> None:
    """It is allowed for accepted and shipped orders; one rule refuses it for a pending order."""
    patch = awal.read_patch(PAGE_REQUEST)
    assert patch == Patch(
        admin_notes="Shipped via express courier",
        status=Status.SHIPPED,
        payment_status=PaymentStatus.PAID,
        shipping_date=date(2024, 1, 20),
        delivery_date=date(2024, 1, 25),
        branch_id="1",
    )
    assert can_update(Order(status="accepted"), patch)
    assert can_update(Order(status="shipped"), patch)
    refused = can_update(Order(status="pending"), patch)
    assert [(violation.rule.id, violation.keys) for violation in refused.violations] == [("AWAL-STATUS-1", ("status",))]


def test_the_walk_through_is_allowed_step_by_step() -> None:
    """Every step is refused if the step before it was not made."""
    steps = [
        {"status": "accepted", "payment_status": "paid"},
        {"status": "shipped", "shipping_date": "2024-01-20"},
        {"status": "delivered", "delivery_date": "2024-01-25"},
        {"status": "completed"},
    ]
    order = Order(status="pending")
    for number, body in enumerate(steps):
        for later in steps[number + 1 :]:
            assert not can_update(order, awal.read_patch(later))
        patch = awal.read_patch(body)
        assert can_update(order, patch)
        order = Order(status=body["status"])
    assert order.status is Status.COMPLETED


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"status": "returned"}, {"status": "returned"}),
        ({"shipping_date": None, "delivery_date": None}, {"shipping_date": None, "delivery_date": None}),
        ({"shipping_date": "20/01/2024"}, {"shipping_date": "20/01/2024"}),
        ({"shipping_date": 7}, {"shipping_date": None}),
        ({"payment_status": "refunded"}, {"payment_status": "refunded"}),
        ({"id": "1"}, {"id": "1"}),
        ({"admin_notes": None, "branch_id": "7", "new_key": {}}, {"admin_notes": None, "branch_id": "7"}),
    ],
    ids=lambda value: json.dumps(value, default=str),
)
def test_keys_that_no_rule_needs_never_make_reading_fail(part: dict[str, Any], expected: dict[str, Any]) -> None:
    """Their value is kept if it can be read, and is None otherwise."""
    assert awal.read_order({**PAGE_DATA, **part}) == SHIPPED.replace(**expected)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"id": 1}, ("/status", Code.MISSING)),
        ({"id": 1, "status": None}, ("/status", Code.NULL)),
        ({"status": True, "message": "x"}, ("/status", Code.WRONG_TYPE)),
        ({"status": True, "data": {"id": 1}}, ("/data/status", Code.MISSING)),
        ({"status": True, "data": []}, ("/data", Code.WRONG_TYPE)),
        ([], ("", Code.WRONG_TYPE)),
    ],
    ids=repr,
)
def test_an_order_without_a_status_is_refused(payload: Any, expected: tuple[str, Code]) -> None:
    """The status is not guessed."""
    with pytest.raises(InvalidInput) as caught:
        awal.read_order(payload)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [expected]


def test_a_request_is_read_from_its_path_query_and_body() -> None:
    """The problems of all three are reported, in that order."""
    request = awal.read_request("1", {"phone_number_id": "123456"}, PAGE_REQUEST)
    assert request == awal.UpdateRequest(order_id=1, phone_number_id="123456", patch=awal.read_patch(PAGE_REQUEST))
    assert request == awal.read_request(1, "phone_number_id=123456", json.dumps(PAGE_REQUEST))
    assert pickle.loads(pickle.dumps(request)) == request
    with pytest.raises(InvalidInput) as caught:
        awal.read_request("one", {"phone": "1"}, {"status": "lost", "branch_id": 1})
    assert [(problem.part, problem.pointer, problem.code) for problem in caught.value.problems] == [
        (Part.PATH, "/id", Code.WRONG_TYPE),
        (Part.QUERY, "/phone", Code.UNKNOWN_KEY),
        (Part.QUERY, "/phone_number_id", Code.MISSING),
        (Part.BODY, "/status", Code.NOT_A_CHOICE),
        (Part.BODY, "/branch_id", Code.WRONG_TYPE),
    ]
    with pytest.raises(InvalidInput, match="query /phone_number_id: appears more than once"):
        awal.read_request(1, "phone_number_id=1&phone_number_id=2", {})
    with pytest.raises(InvalidInput, match="query /phone_number_id: expected a string, got an integer"):
        awal.read_request(1, {"phone_number_id": 1}, {})


def test_a_date_is_a_date_object_or_a_string_in_one_format() -> None:
    """A datetime and every other format are refused."""
    assert Patch(shipping_date=date(2024, 1, 20)) == awal.read_patch({"shipping_date": "2024-01-20"})
    for wrong in ("20240120", "2024-W03-6", "2024-1-2", "2023-02-29", "٢٠٢٤-٠١-٢٠", "2024-01-20T00:00:00", ""):
        with pytest.raises(InvalidInput) as caught:
            awal.read_patch({"shipping_date": wrong})
        assert caught.value.problems[0].code is Code.NOT_A_DATE
    for other in (datetime(2024, 1, 20), 20240120):  # noqa: DTZ001 - no time zone would make it a day.
        with pytest.raises(InvalidInput) as caught:
            awal.read_patch({"shipping_date": other})
        assert caught.value.problems[0].code is Code.WRONG_TYPE


def test_policy_accepts_only_documented_values_of_its_keywords() -> None:
    """The defaults of a policy follow from payment_default."""
    with pytest.raises(TypeError, match="skipping"):
        awal.policy(skipping="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="payment_default"):
        awal.policy(payment_default="drop")  # type: ignore[arg-type]
    assert awal.policy(payment_default="reset").defaults == (("payment_status", PaymentStatus.UNPAID),)
    assert awal.POLICY.defaults == ()
    assert awal.policy(payment_default="reset") != awal.POLICY
    assert Patch(status=Status.SHIPPED).payment_status is UNSET


def test_awal_has_no_actions() -> None:
    """The page names none."""
    with pytest.raises(ValueError, match="'cancel' is not an action of awal, which has no actions"):
        awal.POLICY.can(Order(status="pending"), "cancel")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_every_example_file_is_read(path: Path) -> None:
    """A file whose name begins with update is an update, and any other file is an order."""
    read = awal.read_patch if path.name.startswith("update") else awal.read_order
    read(path.read_bytes())


def test_every_reader_names_its_input_and_shows_values_only_if_asked() -> None:
    """The input is an update, a request or an order."""
    readers: dict[str, Callable[..., object]] = {
        "update": lambda **options: awal.read_patch({"branch_id": 7}, **options),
        "request": lambda **options: awal.read_request(1, "phone_number_id=1", {"branch_id": 7}, **options),
        "order": lambda **options: awal.read_order({"status": 7}, **options),
    }
    for what, read in readers.items():
        place = "/status" if what == "order" else "/branch_id"
        message = f"cannot read the Awal {what}: 1 problem\n  {place}: expected a string, got an integer"
        for options, suffix in (({}, ""), ({"show_values": False}, ""), ({"show_values": True}, ", 7")):
            with pytest.raises(InvalidInput) as caught:
                read(**options)
            assert str(caught.value) == message + suffix


def test_an_order_may_be_larger_than_an_update() -> None:
    """Orders and updates have different default limits of size."""
    large = " " * (1 << 20)
    assert awal.read_order('{"status": "pending"}' + large).status is Status.PENDING
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        awal.read_patch("{}" + large)
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        awal.read_request(1, "phone_number_id=1", "{}" + large)


def test_a_request_has_hints_for_keys_of_other_endpoints() -> None:
    """An update has the same problems."""
    with pytest.raises(InvalidInput) as caught:
        awal.read_request(1, "phone_number_id=1", {"items": [], "tags": [], "notes": []})
    assert [problem.hint for problem in caught.value.problems] == [
        "this endpoint does not change the items of an order",
        "orders have no documented tags",
        "did you mean admin_notes?",
    ]
    with pytest.raises(InvalidInput) as update:
        awal.read_patch({"items": [], "tags": [], "notes": []})
    assert update.value.problems == caught.value.problems


def test_every_reader_applies_the_limits_argument() -> None:
    """The limits can be lower or higher than the defaults."""
    body = '{"branch_id": "' + "7" * (1 << 20) + '"}'
    few, many = Limits(size=10), Limits(size=1 << 21)
    assert awal.read_patch(body, limits=many) == awal.read_request(1, "phone_number_id=1", body, limits=many).patch
    for read in (
        lambda: awal.read_patch('{"branch_id": "7"}', limits=few),
        lambda: awal.read_request(1, "phone_number_id=1", {}, limits=few),
        lambda: awal.read_order('{"status": "pending"}', limits=few),
    ):
        with pytest.raises(InvalidInput) as caught:
            read()
        assert caught.value.problems[0].code is Code.TOO_LARGE


def test_each_key_of_an_order_is_read_independently() -> None:
    """A key that cannot be read is None."""
    payload: dict[str, Any] = {
        "id": 7,
        "payment_status": "paid",
        "shipping_date": "2024-03-12",
        "delivery_date": "2024-03-14",
        "admin_notes": "call first",
        "branch_id": "7",
    }
    order = awal.read_order({"status": "pending", **payload})
    assert order == Order(
        status=Status.PENDING,
        id=7,
        payment_status=PaymentStatus.PAID,
        shipping_date=date(2024, 3, 12),
        delivery_date=date(2024, 3, 14),
        admin_notes="call first",
        branch_id="7",
    )
    for key in payload:
        assert awal.read_order({"status": "pending", **payload, key: []}) == order.replace(**{key: None})


def test_wrong_arguments_have_exact_error_messages() -> None:
    """They raise a TypeError or a ValueError, not InvalidInput."""
    mistakes: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: awal.to_body(SHIPPED), TypeError, "expected a patch of Awal, got Order"),  # type: ignore[arg-type]
        (lambda: awal.policy(skipping=1), TypeError, "skipping must be True or False, got 1"),  # type: ignore[arg-type]
        (
            lambda: awal.policy(payment_default="drop"),  # type: ignore[arg-type]
            ValueError,
            'payment_default must be "keep" or "reset", got \'drop\'',
        ),
    ]
    for call, kind, message in mistakes:
        with pytest.raises(kind) as caught:
            call()
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("assumptions", "reason", "answers", "alternatives"),
    [
        (
            {},
            "the status moves on step by step: pending, accepted, shipped, delivered, completed",
            [("A1", "*progressively* is read as one step at a time"), ("A4", "left out means untouched")],
            [("forward", ["AWAL-STATUS-1"]), ("reset", [])],
        ),
        (
            {"skipping": True, "payment_default": "reset"},
            "the status moves only forward: pending, accepted, shipped, delivered, completed",
            [("A1", "*progressively* is read as any later status may follow"), ("A4", "left out means unpaid")],
            [("step", ["AWAL-STATUS-1"]), ("keep", [])],
        ),
    ],
    ids=["our answers", "the alternatives"],
)
def test_the_answers_of_assumptions_follow_the_arguments(
    assumptions: dict[str, Any], reason: str, answers: list[tuple[str, str]], alternatives: list[tuple[str, list[str]]]
) -> None:
    """Each assumption that has alternatives names its rules, and the others do not change."""
    policy = awal.policy(**assumptions)
    assert [(rule.id, rule.section, rule.reason) for rule in policy.rules] == [
        ("AWAL-STATUS-1", awal.Section.STATUS, reason)
    ]
    assert [
        (assumption.id, assumption.answer) for assumption in policy.assumptions if assumption.alternatives
    ] == answers
    assert [
        (other.name, [rule.id for rule in other.rules])
        for assumption in policy.assumptions
        for other in assumption.alternatives
    ] == alternatives
    assert [assumption for assumption in policy.assumptions if not assumption.alternatives] == [
        assumption for assumption in awal.POLICY.assumptions if not assumption.alternatives
    ]


def test_the_policy_has_all_its_parts() -> None:
    """These are its name, its models, its sections and its advice."""
    policy = awal.policy()
    assert (policy.name, policy.order_type, policy.patch_type) == ("awal", Order, Patch)
    assert (policy.sections, policy.actions, policy.effects) == (awal.Section, None, ())
    assert [advisory.id for advisory in policy.advice_rules] == [f"AWAL-ADVICE-{number}" for number in range(1, 6)]
    assert policy_of(Order(status="pending")) is awal.POLICY
