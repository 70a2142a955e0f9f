"""Salla's payloads, requests and samples are read; its keywords take what they say."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from orderrules import UNSET, Code, InvalidInput, Limits, can_update, salla
from orderrules.errors import Part
from orderrules.platforms.salla import CustomerKind, Order, Patch, Status
from tests.kit.samples import PAGE_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES: Final = Path(__file__).parent.parent.parent / "examples" / "salla"
ORDER: Final[dict[str, Any]] = {
    "id": 731204918,
    "status": {"id": 1, "name": "x", "slug": "completed"},
    "customer": {"id": 5},
}
READ: Final = Order(id=731204918, status=Status.COMPLETED, customer=CustomerKind.REGISTERED)


@pytest.mark.parametrize(
    "payload",
    [
        ORDER,
        json.dumps(ORDER),
        json.dumps(ORDER).encode(),
        {"status": 200, "success": True, "data": ORDER},
        {"event": "order.updated", "merchant": 7, "data": ORDER},
        {"event": "order.status.updated", "data": {"id": 9, "status": "Done", "customized": None, "order": ORDER}},
        {"id": 9, "status": "Done", "customized": None, "order": ORDER},
    ],
    ids=["bare", "text", "bytes", "envelope", "webhook", "status webhook", "status webhook unwrapped"],
)
def test_an_order_is_read_wherever_it_stands(payload: Any) -> None:
    """Bare, in its envelope, in a webhook, as a mapping, text or bytes."""
    assert salla.read_order(payload) == READ


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"status": []}, {"status": None}),
        ({"status": None}, {"status": None}),
        ({"status": {}}, {"status": UNSET}),
        ({"status": {"id": 3, "name": "gone", "slug": None}}, {"status": UNSET}),
        ({"status": {"slug": "on_the_moon"}}, {"status": "on_the_moon"}),
        ({"status": {"slug": "waiting to receive it"}}, {"status": Status.WAITING_TO_RECEIVE_IT}),
        ({"status": {"slug": "pending"}}, {"status": Status.PAYMENT_PENDING}),
        ({"status": {"slug": "draft"}}, {"status": "draft", "draft": True}),
        ({"status": [], "draft": True}, {"status": None, "draft": True}),
        ({"draft": False}, {}),
        ({"draft": None}, {}),
        ({"customer": None}, {"customer": CustomerKind.NONE}),
        ({"customer": []}, {"customer": CustomerKind.NONE}),
        ({"customer": {}}, {"customer": CustomerKind.NONE}),
        ({"customer": {"name": "Sami", "mobile": "+966500000002"}}, {}),
        ({"customer": {"first_name": "Sami", "mobile": 500000002, "mobile_code": "+966"}}, {}),
        ({"order": {"id": 5}}, {}),
        ({"order": []}, {}),
        ({"shipping": [], "items": None, "total_weight": "١١ كجم", "tags": 7}, {}),
        ({"shipping": {"id": 4}, "items": [{"id": 1}]}, {}),
        ({"is_pending_payment": "maybe", "can_cancel": None}, {}),
        ({"id": "A7-12"}, {"id": "A7-12"}),
        ({"id": [7]}, {"id": None}),
    ],
    ids=lambda value: json.dumps(value, default=str),
)
def test_every_shape_met_in_payloads_is_read(part: dict[str, Any], expected: dict[str, Any]) -> None:
    """What rules need is taken, the rest is ignored."""
    assert salla.read_order({**ORDER, **part}) == attrs.evolve(READ, **expected)


def test_absent_keys_mean_what_the_assumptions_say() -> None:
    """No draft, no status, and a customer that is not known; null is no customer, whoever says so."""
    assert salla.read_order({"reference_id": 7}) == Order()
    assert Order() == Order(id=None, status=None, draft=False, customer=UNSET)
    assert Order(customer=None, draft=None).customer is CustomerKind.NONE
    assert Order(customer=None, draft=None).draft is False


def test_names_that_are_more_than_text_are_read_as_text() -> None:
    """A row of a database may have such keys; an order that they were left out of would be another order."""

    class Name(str):
        __slots__ = ()

    row: Any = {Name("status"): {Name("slug"): "completed"}, Name("draft"): True, Name("customer"): {Name("id"): 7}}
    assert salla.read_order(row) == salla.Order(status="completed", draft=True, customer=salla.CustomerKind.REGISTERED)


def test_a_guest_is_one_only_when_said() -> None:
    """And only where there is a customer, or nothing is known of one."""
    assert salla.read_order(ORDER, guest=True).customer is CustomerKind.GUEST
    assert salla.read_order({"id": 7, "status": []}, guest=True).customer is CustomerKind.GUEST
    assert salla.read_order({**ORDER, "customer": None}, guest=True).customer is CustomerKind.NONE


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"status": 200, "data": []}, [("/data", Code.WRONG_TYPE)]),
        ({"status": 200, "data": None}, [("/data", Code.NULL)]),
        (
            {"data": {**ORDER, "status": 7, "draft": "no", "customer": 5}},
            [
                ("/data/status", Code.WRONG_TYPE),
                ("/data/draft", Code.WRONG_TYPE),
                ("/data/customer", Code.WRONG_TYPE),
            ],
        ),
        ({"data": {"order": {"status": {"slug": 7}}}}, [("/data/order/status/slug", Code.WRONG_TYPE)]),
        ({**ORDER, "status": "completed"}, [("/status", Code.WRONG_TYPE)]),
        ({**ORDER, "status": [1]}, [("/status", Code.WRONG_TYPE)]),
        ({**ORDER, "customer": [1]}, [("/customer", Code.WRONG_TYPE)]),
        ({"event": "order.updated", "merchant": 7}, [("", Code.NOT_AN_ORDER)]),
        ({}, [("", Code.NOT_AN_ORDER)]),
        ({"id": 3}, [("", Code.NOT_AN_ORDER)]),
        ({"data": {"id": 9, "status": "Done", "order": []}}, [("/data/order", Code.WRONG_TYPE)]),
        ([], [("", Code.WRONG_TYPE)]),
        (7, [("", Code.WRONG_TYPE)]),
        ("[]", [("", Code.WRONG_TYPE)]),
        (b"{", [("", Code.NOT_JSON)]),
        (b"\xff", [("", Code.NOT_UTF8)]),
        ('{"id": NaN, "draft": false}', [("/id", Code.NOT_FINITE)]),
        ('{"id": NaN}', [("", Code.NOT_AN_ORDER), ("/id", Code.NOT_FINITE)]),
        ("[" * 100_000, [("", Code.TOO_DEEP)]),
        ("1" * 10_000, [("", Code.NUMBER_TOO_LONG)]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_holds_no_order_is_invalid_input(payload: Any, expected: list[tuple[str, Code]]) -> None:
    """Every problem at once, each with its place in the payload."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(payload)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == expected
    assert str(caught.value).startswith("cannot read the Salla order: ")


@pytest.mark.parametrize("section", salla.Section)
def test_every_request_sample_of_the_page_is_read_and_decided(section: salla.Section) -> None:
    """Each touches the one section whose sample it is; a completed order opens only employees."""
    patch = salla.read_patch(PAGE_SAMPLES[section])
    assert patch.sections == (section,)
    assert patch.keys == tuple(PAGE_SAMPLES[section])
    decision = can_update(READ, patch)
    assert decision.allowed is (section is salla.Section.EMPLOYEES)
    assert can_update(salla.read_order({"status": [], "draft": True, "customer": {"id": 5}}), patch)


def test_a_completed_order_refuses_five_sections_and_allows_employees() -> None:
    """All samples of the page in one body."""
    body = {key: value for sample in PAGE_SAMPLES.values() for key, value in sample.items()}
    decision = can_update(READ, salla.read_patch(body))
    assert [str(violation.section) for violation in decision.violations] == [
        "customer",
        "receiver",
        "shipping",
        "payment",
        "coupon",
    ]


def test_numbers_stay_as_they_were_written() -> None:
    """46 is not 46.0, and twenty digits are twenty digits."""
    patch = salla.read_patch(
        '{"ship_to": {"geo_coordinates": {"lat": 46, "lng": 46.0}}, "branch_id": 12345678901234567890}'
    )
    assert repr(patch.ship_to.geo_coordinates.lat) == "46"  # type: ignore[union-attr]
    assert repr(patch.ship_to.geo_coordinates.lng) == "46.0"  # type: ignore[union-attr]
    assert patch.branch_id == 12345678901234567890


def test_keys_of_other_endpoints_say_where_they_belong() -> None:
    """A status is changed elsewhere, and so are items, tags and notes."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"status": "completed", "items": [], "tags": [], "notes": [], "colour": 1, "custommer": {}})
    problems = caught.value.problems
    assert [problem.code for problem in problems] == [Code.UNKNOWN_KEY] * 6
    assert "Update Order Status" in problems[0].hint
    assert all(problem.hint for problem in problems[:4])
    assert problems[4].hint == ""
    assert problems[5].hint == "did you mean customer?"


def test_pointers_are_escaped() -> None:
    """A key may hold what pointers are made of, and need not be text."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"a/b~c": 1, 7: 1, "receiver": {"~": 1}})  # type: ignore[dict-item]
    assert [problem.pointer for problem in caught.value.problems] == ["/a~1b~0c", "/7", "/receiver/~0"]


def test_a_request_is_read_whole() -> None:
    """The id of its path and its body, and the problems of both."""
    request = salla.read_request("731204918", {"coupon_code": "EID24"})
    assert request == salla.UpdateRequest(order_id=731204918, patch=Patch(coupon_code="EID24"))
    assert salla.read_request(731204918, "{}").order_id == 731204918
    for bad in ("", "-1", "1.0", "٢٨٩", " 1", "1\n", 1.0, True, None):
        with pytest.raises(InvalidInput) as caught:
            salla.read_request(bad, {"coupon_code": 1})  # type: ignore[arg-type]
        path, body = caught.value.problems
        assert (path.pointer, path.part) == ("/order_id", Part.PATH)
        assert path.code is (Code.NULL if bad is None else Code.WRONG_TYPE)
        assert (body.pointer, body.part, body.code) == ("/coupon_code", Part.BODY, Code.WRONG_TYPE)
    assert "path /order_id: expected an integer" in str(caught.value)


def test_an_object_built_directly_is_as_checked_as_one_that_is_read() -> None:
    """Every problem at once, with its place; lists become tuples, so that patches stay hashable."""
    with pytest.raises(InvalidInput) as caught:
        Patch(
            customer={"id": 5},  # type: ignore[arg-type]
            branch_id="7",  # type: ignore[arg-type]
            employees=(1, True, "2"),  # type: ignore[arg-type]
            coupon_code=None,  # type: ignore[arg-type]
        )
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [
        ("/customer", Code.WRONG_TYPE),
        ("/branch_id", Code.WRONG_TYPE),
        ("/coupon_code", Code.NULL),
        ("/employees/1", Code.WRONG_TYPE),
        ("/employees/2", Code.WRONG_TYPE),
    ]
    assert Patch(employees=[1, 2]).employees == (1, 2)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="/lat: expected a finite number, got infinity or NaN"):
        salla.GeoCoordinates(lat=float("inf"))
    with pytest.raises(InvalidInput, match="/draft: expected a boolean, got a string"):
        Order(draft="false")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="/status: expected a string, got an integer"):
        Order(status=200)  # type: ignore[arg-type]


def test_models_are_values() -> None:
    """Frozen, slotted, comparable, hashable, picklable, copied and evolved; absent is UNSET."""
    patch = salla.read_patch({key: value for sample in PAGE_SAMPLES.values() for key, value in sample.items()})
    for thing in (READ, patch, patch.customer, salla.UpdateRequest(order_id=1, patch=patch)):
        assert pickle.loads(pickle.dumps(thing)) == thing
        assert copy.copy(thing) == copy.deepcopy(thing) == thing
        assert len({thing, copy.deepcopy(thing)}) == 1
        assert not hasattr(thing, "__dict__")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            thing.id = 7  # type: ignore[union-attr, misc]
    assert Patch().customer is UNSET
    assert Patch() != Patch(employees=())
    assert attrs.evolve(patch, customer=UNSET).keys == patch.keys[1:]
    assert can_update(READ, attrs.evolve(Patch(), employees=(1,)))
    assert not can_update(attrs.evolve(Order(), status="completed"), Patch(coupon_code="x"))
    assert "_salla" not in repr(READ) + repr(attrs.asdict(READ)) + repr(pickle.dumps(READ))


def test_statuses_are_taken_as_members_or_their_text() -> None:
    """In an order, and by the keywords of policy."""
    assert Order(status="shipped") == Order(status=Status.SHIPPED)
    assert Order(status="shipped").status is Status.SHIPPED
    assert salla.policy(completed=["completed"]) == salla.policy(completed={Status.COMPLETED})  # type: ignore[list-item]
    with pytest.raises(TypeError, match="expected a collection of statuses, got the string 'completed'"):
        salla.policy(completed="completed")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'cancelled' is not a valid Status"):
        salla.policy(locked=["cancelled"])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="unknown_status"):
        salla.policy(unknown_status="shut")  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.name)
def test_every_example_file_is_read(path: Path) -> None:
    """Orders and webhooks as orders, updates as updates."""
    read = salla.read_patch if path.name.startswith("update") else salla.read_order
    read(path.read_bytes())


def test_a_custom_name_about_shipping_is_still_completed() -> None:
    """The rules read the slug."""
    order = salla.read_order((EXAMPLES / "order-completed-custom.json").read_bytes())
    assert order.status is Status.COMPLETED
    assert not can_update(order, salla.read_patch((EXAMPLES / "update-shipping.json").read_bytes()))


def test_every_reader_says_what_it_reads_and_hides_values_unless_they_are_asked_for() -> None:
    """An update, a request and an order, each by its name."""
    readers: dict[str, Callable[..., object]] = {
        "update": lambda **manner: salla.read_patch({"branch_id": "x"}, **manner),
        "request": lambda **manner: salla.read_request(1, {"branch_id": "x"}, **manner),
        "order": lambda **manner: salla.read_order({"draft": "x"}, **manner),
    }
    places = {"update": "/branch_id: expected an integer", "order": "/draft: expected a boolean"}
    for what, read in readers.items():
        place = places.get(what, places["update"])
        for manner, told in (({}, ""), ({"show_values": False}, ""), ({"show_values": True}, ", 'x'")):
            with pytest.raises(InvalidInput) as caught:
                read(**manner)
            assert str(caught.value) == f"cannot read the Salla {what}: 1 problem\n  {place}, got a string{told}"


def test_an_order_may_be_larger_than_an_update() -> None:
    """By as much as the limits say."""
    large = " " * (1 << 20)
    assert salla.read_order('{"draft": true}' + large).draft
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        salla.read_patch("{}" + large)
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        salla.read_request(1, "{}" + large)


def test_a_request_says_where_keys_of_other_endpoints_belong() -> None:
    """As an update does, word for word."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_request(1, {"status": "x", "items": [], "tags": [], "notes": []})
    assert [problem.hint for problem in caught.value.problems] == [
        "use the endpoint Update Order Status to change a status or its note",
        "use the endpoints of Order Items to change items",
        "use the endpoints of Order Tags to change tags",
        "use the endpoints of Order Histories to write notes",
    ]
    with pytest.raises(InvalidInput) as update:
        salla.read_patch({"status": "x", "items": [], "tags": [], "notes": []})
    assert update.value.problems == caught.value.problems


def test_every_reader_keeps_to_the_limits_that_it_is_given() -> None:
    """An update, a request and an order, up and down."""
    body = '{"coupon_code": "' + "7" * (1 << 20) + '"}'
    few, many = Limits(size=10), Limits(size=1 << 21)
    assert salla.read_patch(body, limits=many) == salla.read_request(1, body, limits=many).patch
    for read in (
        lambda: salla.read_patch('{"branch_id": 7}', limits=few),
        lambda: salla.read_request(1, '{"branch_id": 7}', limits=few),
        lambda: salla.read_order('{"draft": true}', limits=few),
    ):
        with pytest.raises(InvalidInput) as caught:
            read()
        assert caught.value.problems[0].code is Code.TOO_LARGE


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"data": []}, "/data: expected an order object, got an array"),
        ({"event": "order.updated"}, "(whole input): is not an order: it has no reference_id, status or draft"),
        (
            {"event": "app.installed", "data": {"id": 3, "status": []}},
            "(whole input): is a webhook for the event 'app.installed', not an order",
        ),
        ({"data": {"status": "x", "order": 7}}, "/data/order: expected an order object, got an integer"),
        (
            {"status": "x"},
            (
                "/status: expected an object with a slug, got a string "
                "(if the string is the slug of an order, build the order: salla.Order(id=..., status=...))"
            ),
        ),
        ({"status": [1]}, "/status: expected an object with a slug, got an array"),
        (
            {"status": 200},
            (
                "/status: expected an object with a slug, got an integer "
                "(this looks like the API's envelope, not an order: its status is a number)"
            ),
        ),
        ({"status": {"slug": 7}}, "/status/slug: expected a string, got an integer"),
        ({"draft": True, "customer": 7}, "/customer: expected an object, got an integer"),
        ([], "(whole input): expected an object, got an array"),
    ],
    ids=json.dumps,
)
def test_a_payload_without_an_order_is_told_in_one_sentence(payload: Any, said: str) -> None:
    """What was expected where, and what stands there."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(payload)
    assert str(caught.value) == f"cannot read the Salla order: 1 problem\n  {said}"


def test_mistakes_of_a_caller_are_told_word_for_word() -> None:
    """They are no problems of an input."""
    mistakes: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: salla.read_order({}, guest=1), TypeError, "guest must be True or False, got int"),  # type: ignore[arg-type]
        (lambda: salla.to_body(READ), TypeError, "expected a patch of Salla, got Order"),  # type: ignore[arg-type]
        (
            lambda: salla.policy(pending="completed"),  # type: ignore[arg-type]
            TypeError,
            "expected a collection of statuses, got the string 'completed'",
        ),
        (
            lambda: salla.policy(unknown_status="shut"),  # type: ignore[arg-type]
            ValueError,
            'unknown_status must be "open" or "closed", got \'shut\'',
        ),
        (
            lambda: salla.policy(missing_customer="open"),  # type: ignore[arg-type]
            ValueError,
            'missing_customer must be "closed" or "none", got \'open\'',
        ),
    ]
    for make, kind, said in mistakes:
        with pytest.raises(kind) as caught:
            make()
        assert str(caught.value) == said


CLOSED: Final[dict[str, Any]] = {
    "pending": salla.PENDING_FAMILY,
    "completed": salla.COMPLETED_FAMILY,
    "unknown_status": "closed",
    "locked": salla.CANCELED_FAMILY,
    "missing_customer": "none",
}
EMPTY: Final[dict[str, Any]] = {"pending": (), "completed": ()}


def test_rules_and_waivers_give_their_reasons() -> None:
    """In words for a merchant, with what the answer cannot see; the page's own words under every assumption."""
    waiver = ("SALLA-DRAFT-1", "a draft order has no restrictions", "")
    reasons = [(rule.id, rule.reason, rule.caveat) for rule in salla.policy().rules]
    assert [(entry.id, entry.reason, "") for entry in salla.policy().waivers] == [waiver]
    assert reasons == [
        ("SALLA-CUSTOMER-1", "an order that has a registered customer keeps that customer", ""),
        ("SALLA-RECEIVER-1", "the receiver is settled once the order is completed", ""),
        ("SALLA-SHIPPING-1", "shipping is settled once the order is completed", ""),
        ("SALLA-PAYMENT-1", "payment details are open only as long as the payment is pending", ""),
        ("SALLA-COUPON-1", "the coupon is settled once the order is completed", ""),
        (
            "SALLA-CANCEL-1",
            "a customer can cancel only while the order is under review or in progress",
            "this is the answer for the status alone; the store's settings are not seen, and may say no",
        ),
        (
            "SALLA-RATE-1",
            "an order can be rated once it is shipped, delivered or completed",
            "this is the answer for the status alone; the store's rating settings are not seen, and may say no",
        ),
        ("SALLA-PAY-1", "an order is shown as pending payment only while its payment is pending", ""),
    ]
    closing: list[dict[str, Any]] = [CLOSED, {"unknown_status": "closed"}, {"locked": salla.CANCELED_FAMILY}]
    for assumptions in closing:
        assert [rule.reason for rule in salla.policy(**assumptions).rules[1:5]] == [
            "the receiver is settled once the order is completed or closed",
            "shipping is settled once the order is completed or closed",
            "payment details are open only as long as the payment is pending",
            "the coupon is settled once the order is completed or closed",
        ]


@pytest.mark.parametrize(
    ("assumptions", "answers"),
    [
        (
            {},
            [
                ("S1", "*pending* is read as payment_pending"),
                ("S2", "*completed* is read as completed alone"),
                ("S4", "an unknown status does not count as completed, and is not *pending*"),
                ("S8", "canceled, restored and restoring do not close receiver, shipping and coupon"),
                ("S15", "a customer that is not shown may be a registered one"),
            ],
        ),
        (
            CLOSED,
            [
                ("S1", "*pending* is read as payment_pending, waiting_for_payment_confirmation or payment_failed"),
                ("S2", "*completed* is read as completed, delivering, delivered or shipped"),
                ("S4", "an unknown status closes every section bound to a status, and is not *pending*"),
                ("S8", "canceled, restored and restoring close receiver, shipping and coupon"),
                ("S15", "a customer that is not shown is none"),
            ],
        ),
        (
            EMPTY,
            [
                ("S1", "*pending* is read as no status"),
                ("S2", "*completed* is read as no status"),
                ("S4", "an unknown status does not count as completed, and is not *pending*"),
                ("S8", "canceled, restored and restoring do not close receiver, shipping and coupon"),
                ("S15", "a customer that is not shown may be a registered one"),
            ],
        ),
    ],
    ids=["ours", "the alternatives", "none at all"],
)
def test_assumptions_answer_as_they_were_chosen(assumptions: dict[str, Any], answers: list[tuple[str, str]]) -> None:
    """Those that can be chosen; the others stay as they are."""
    made = salla.policy(**assumptions).assumptions
    assert [(assumption.id, assumption.answer) for assumption in made if assumption.alternatives] == answers
    assert [assumption for assumption in made if not assumption.alternatives] == [
        assumption for assumption in salla.POLICY.assumptions if not assumption.alternatives
    ]


def test_alternatives_bring_the_rules_that_they_change() -> None:
    """And those alone, as a policy made so has them."""
    settled = ["SALLA-RECEIVER-1", "SALLA-SHIPPING-1", "SALLA-COUPON-1"]
    ours, closed, empty = (
        [
            (assumption.id, other.name, [rule.id for rule in other.rules])
            for assumption in salla.policy(**assumptions).assumptions
            for other in assumption.alternatives
        ]
        for assumptions in ({}, CLOSED, EMPTY)
    )
    family = "also waiting_for_payment_confirmation and payment_failed"
    assert ours == [
        ("S1", family, ["SALLA-PAYMENT-1"]),
        ("S2", "family", settled),
        ("S4", "closed", settled),
        ("S8", "locked", settled),
        ("S15", "none", ["SALLA-CUSTOMER-1"]),
    ]
    assert closed == [
        ("S1", "payment_pending", ["SALLA-PAYMENT-1"]),
        ("S2", "exact", settled),
        ("S4", "open", settled),
        ("S8", "open", settled),
        ("S15", "closed", ["SALLA-CUSTOMER-1"]),
    ]
    assert empty == [
        ("S1", "payment_pending", ["SALLA-PAYMENT-1"]),
        ("S1", family, ["SALLA-PAYMENT-1"]),
        ("S2", "exact", settled),
        ("S2", "family", settled),
        ("S4", "closed", settled),
        ("S8", "locked", settled),
        ("S15", "none", ["SALLA-CUSTOMER-1"]),
    ]
    (family_of_pending,) = salla.policy().assumptions[0].alternatives
    assert family_of_pending.rules == (salla.policy(pending=salla.PENDING_FAMILY).rules[3],)


def test_a_policy_is_made_of_everything_that_the_page_says() -> None:
    """Its name, its models, its outcomes and its advice."""
    made = salla.policy()
    assert (made.name, made.order_type, made.patch_type) == ("salla", Order, Patch)
    assert (made.sections, made.actions, made.defaults) == (salla.Section, salla.Action, ())
    assert [(outcome.key, outcome.attribute, outcome.value) for outcome in made.effects] == [
        ("customer", "customer", CustomerKind.REGISTERED)
    ]
    assert [advisory.id for advisory in made.advice_rules] == [f"SALLA-ADVICE-{number}" for number in range(1, 6)]
    assert Order().__policy__() is salla.POLICY
