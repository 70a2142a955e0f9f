"""Awal's payloads, requests and samples are read; its walk-through is walked."""

from __future__ import annotations

import json
import pickle
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, awal, can_update
from orderrules.errors import Part
from orderrules.platforms.awal import Order, Patch, PaymentStatus, Status

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
def test_an_order_is_read_wherever_it_stands(payload: Any) -> None:
    """The page's own response."""
    assert awal.read_order(payload) == SHIPPED


def test_the_page_s_request_is_decided_by_the_status_alone() -> None:
    """Allowed on accepted and on shipped, refused by the one rule on pending."""
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
    """And no step of it before its time."""
    steps = [
        {"status": "accepted", "payment_status": "paid"},
        {"status": "shipped", "shipping_date": "2024-01-20"},
        {"status": "delivered", "delivery_date": "2024-01-25"},
        {"status": "completed"},
    ]
    order = Order(status="pending")
    for place, body in enumerate(steps):
        for later in steps[place + 1 :]:
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
def test_what_no_rule_needs_never_breaks_reading(part: dict[str, Any], expected: dict[str, Any]) -> None:
    """It is taken where it can be read, as it stands."""
    assert awal.read_order({**PAGE_DATA, **part}) == attrs.evolve(SHIPPED, **expected)


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
def test_an_order_without_a_status_is_not_read(payload: Any, expected: tuple[str, Code]) -> None:
    """It is not guessed."""
    with pytest.raises(InvalidInput) as caught:
        awal.read_order(payload)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [expected]


def test_a_request_is_read_whole() -> None:
    """Path, query and body, and the problems of all three, in that order."""
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


def test_days_are_days() -> None:
    """A date is one, a datetime is none, and neither is any other way to write one."""
    assert Patch(shipping_date=date(2024, 1, 20)) == awal.read_patch({"shipping_date": "2024-01-20"})
    for wrong in ("20240120", "2024-W03-6", "2024-1-2", "2023-02-29", "٢٠٢٤-٠١-٢٠", "2024-01-20T00:00:00", ""):
        with pytest.raises(InvalidInput) as caught:
            awal.read_patch({"shipping_date": wrong})
        assert caught.value.problems[0].code is Code.NOT_A_DATE
    for other in (datetime(2024, 1, 20), 20240120):  # noqa: DTZ001 - no time zone would make it a day.
        with pytest.raises(InvalidInput) as caught:
            awal.read_patch({"shipping_date": other})
        assert caught.value.problems[0].code is Code.WRONG_TYPE


def test_the_keywords_take_what_they_say() -> None:
    """And nothing else."""
    with pytest.raises(TypeError, match="skipping"):
        awal.policy(skipping="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="payment_default"):
        awal.policy(payment_default="drop")  # type: ignore[arg-type]
    assert awal.policy(payment_default="reset").defaults == (("payment_status", PaymentStatus.UNPAID),)
    assert awal.POLICY.defaults == ()
    assert awal.policy(payment_default="reset") != awal.POLICY
    assert Patch(status=Status.SHIPPED).payment_status is UNSET


def test_awal_rules_no_action() -> None:
    """The page names none."""
    with pytest.raises(ValueError, match="'cancel' is not an action of awal, which has no actions"):
        awal.POLICY.can(Order(status="pending"), "cancel")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_every_example_file_is_read(path: Path) -> None:
    """Orders as orders, updates as updates."""
    read = awal.read_patch if path.name.startswith("update") else awal.read_order
    read(path.read_bytes())


def test_every_reader_says_what_it_reads_and_hides_values_unless_they_are_asked_for() -> None:
    """An update, a request and an order, each by its name."""
    readers: dict[str, Callable[..., object]] = {
        "update": lambda **manner: awal.read_patch({"branch_id": 7}, **manner),
        "request": lambda **manner: awal.read_request(1, "phone_number_id=1", {"branch_id": 7}, **manner),
        "order": lambda **manner: awal.read_order({"status": 7}, **manner),
    }
    for what, read in readers.items():
        place = "/status" if what == "order" else "/branch_id"
        said = f"cannot read the Awal {what}: 1 problem\n  {place}: expected a string, got an integer"
        for manner, told in (({}, ""), ({"show_values": False}, ""), ({"show_values": True}, ", 7")):
            with pytest.raises(InvalidInput) as caught:
                read(**manner)
            assert str(caught.value) == said + told


def test_an_order_may_be_larger_than_an_update() -> None:
    """By as much as the limits say."""
    large = " " * (1 << 20)
    assert awal.read_order('{"status": "pending"}' + large).status is Status.PENDING
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        awal.read_patch("{}" + large)
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        awal.read_request(1, "phone_number_id=1", "{}" + large)


def test_a_request_says_where_keys_of_other_endpoints_belong() -> None:
    """As an update does, word for word."""
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


def test_every_reader_keeps_to_the_limits_that_it_is_given() -> None:
    """An update, a request and an order, up and down."""
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


def test_what_an_order_shows_is_taken_key_by_key() -> None:
    """Each where it can be read, and None where not."""
    shown: dict[str, Any] = {
        "id": 7,
        "payment_status": "paid",
        "shipping_date": "2024-03-12",
        "delivery_date": "2024-03-14",
        "admin_notes": "call first",
        "branch_id": "7",
    }
    order = awal.read_order({"status": "pending", **shown})
    assert order == Order(
        status=Status.PENDING,
        id=7,
        payment_status=PaymentStatus.PAID,
        shipping_date=date(2024, 3, 12),
        delivery_date=date(2024, 3, 14),
        admin_notes="call first",
        branch_id="7",
    )
    for key in shown:
        assert awal.read_order({"status": "pending", **shown, key: []}) == attrs.evolve(order, **{key: None})  # type: ignore[arg-type]


def test_mistakes_of_a_caller_are_told_word_for_word() -> None:
    """They are no problems of an input."""
    mistakes: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: awal.to_body(SHIPPED), TypeError, "expected a patch of Awal, got Order"),  # type: ignore[arg-type]
        (lambda: awal.policy(skipping=1), TypeError, "skipping must be True or False, got 1"),  # type: ignore[arg-type]
        (
            lambda: awal.policy(payment_default="drop"),  # type: ignore[arg-type]
            ValueError,
            'payment_default must be "keep" or "reset", got \'drop\'',
        ),
    ]
    for make, kind, said in mistakes:
        with pytest.raises(kind) as caught:
            make()
        assert str(caught.value) == said


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
    ids=["ours", "the alternatives"],
)
def test_assumptions_answer_as_they_were_chosen(
    assumptions: dict[str, Any], reason: str, answers: list[tuple[str, str]], alternatives: list[tuple[str, list[str]]]
) -> None:
    """Those that can be chosen, with the rule that they are about; the others stay as they are."""
    made = awal.policy(**assumptions)
    assert [(rule.id, rule.section, rule.reason) for rule in made.rules] == [
        ("AWAL-STATUS-1", awal.Section.STATUS, reason)
    ]
    assert [(assumption.id, assumption.answer) for assumption in made.assumptions if assumption.alternatives] == answers
    assert [
        (other.name, [rule.id for rule in other.rules])
        for assumption in made.assumptions
        for other in assumption.alternatives
    ] == alternatives
    assert [assumption for assumption in made.assumptions if not assumption.alternatives] == [
        assumption for assumption in awal.POLICY.assumptions if not assumption.alternatives
    ]


def test_a_policy_is_made_of_everything_that_the_page_says() -> None:
    """Its name, its models and its advice."""
    made = awal.policy()
    assert (made.name, made.order_type, made.patch_type) == ("awal", Order, Patch)
    assert (made.sections, made.actions, made.effects) == (awal.Section, None, ())
    assert [advisory.id for advisory in made.advice_rules] == [f"AWAL-ADVICE-{number}" for number in range(1, 6)]
    assert Order(status="pending").__policy__() is awal.POLICY
