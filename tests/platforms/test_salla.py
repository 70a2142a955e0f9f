"""Salla's payloads, requests and samples are read, and the keywords of its functions accept only documented values."""

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
from orderrules.policy.policy import policy_of
from tests.kit.samples import PAGE_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES: Final = Path(__file__).parent.parent.parent / "examples" / "salla"
ORDER: Final[dict[str, Any]] = {
    "id": 731204918,
    "status": {"id": 1, "name": "x", "slug": "completed"},
    "customer": {"id": 5},
}
READ_ORDER: Final = Order(id=731204918, status=Status.COMPLETED, customer=CustomerKind.REGISTERED)


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
def test_an_order_is_read_from_every_kind_of_payload(payload: Any) -> None:
    """It may be bare, in an envelope or in a webhook, and a dict, a string or bytes."""
    assert salla.read_order(payload) == READ_ORDER


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
def test_every_known_shape_of_a_payload_is_read(part: dict[str, Any], expected: dict[str, Any]) -> None:
    """The facts of the rules are read, and the rest is ignored."""
    assert salla.read_order({**ORDER, **part}) == READ_ORDER.replace(**expected)


def test_absent_keys_mean_what_the_assumptions_say() -> None:
    """The order is not a draft, has no status, and its customer is unknown; null means no customer."""
    assert salla.read_order({"reference_id": 7}) == Order()
    assert Order() == Order(id=None, status=None, draft=False, customer=UNSET)
    nulls: dict[str, Any] = {"customer": None, "draft": None}
    assert Order(**nulls) == Order(customer=CustomerKind.NONE, draft=False)


def test_keys_of_a_subclass_of_str_are_read() -> None:
    """A database row may have such keys; if they were ignored, the order would be a different one."""

    class Name(str):
        __slots__ = ()

    row: Any = {Name("status"): {Name("slug"): "completed"}, Name("draft"): True, Name("customer"): {Name("id"): 7}}
    assert salla.read_order(row) == salla.Order(status="completed", draft=True, customer=salla.CustomerKind.REGISTERED)


def test_guest_marks_the_customer_as_a_guest() -> None:
    """It has no effect if the payload says that there is no customer."""
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
def test_a_payload_without_a_readable_order_is_invalid_input(payload: Any, expected: list[tuple[str, Code]]) -> None:
    """All problems are reported at once, each with its pointer."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(payload)
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == expected
    assert str(caught.value).startswith("cannot read the Salla order: ")


@pytest.mark.parametrize("section", salla.Section)
def test_every_request_sample_of_the_page_is_read_and_decided(section: salla.Section) -> None:
    """Each sample touches one section; a completed order opens only employees."""
    patch = salla.read_patch(PAGE_SAMPLES[section])
    assert patch.sections == (section,)
    assert patch.keys == tuple(PAGE_SAMPLES[section])
    decision = can_update(READ_ORDER, patch)
    assert decision.allowed is (section is salla.Section.EMPLOYEES)
    assert can_update(salla.read_order({"status": [], "draft": True, "customer": {"id": 5}}), patch)


def test_a_completed_order_refuses_five_sections_and_allows_employees() -> None:
    """The body has the samples of all sections."""
    body = {key: value for sample in PAGE_SAMPLES.values() for key, value in sample.items()}
    decision = can_update(READ_ORDER, salla.read_patch(body))
    assert [str(violation.section) for violation in decision.violations] == [
        "customer",
        "receiver",
        "shipping",
        "payment",
        "coupon",
    ]


def test_numbers_keep_their_type_and_digits() -> None:
    """46 is not 46.0, and an integer of twenty digits is not rounded."""
    patch = salla.read_patch(
        '{"ship_to": {"geo_coordinates": {"lat": 46, "lng": 46.0}}, "branch_id": 12345678901234567890}'
    )
    assert repr(patch.ship_to.geo_coordinates.lat) == "46"  # type: ignore[union-attr]
    assert repr(patch.ship_to.geo_coordinates.lng) == "46.0"  # type: ignore[union-attr]
    assert patch.branch_id == 12345678901234567890


def test_keys_of_other_endpoints_have_hints() -> None:
    """Statuses, items, tags and notes have their own endpoints."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"status": "completed", "items": [], "tags": [], "notes": [], "colour": 1, "custommer": {}})
    problems = caught.value.problems
    assert [problem.code for problem in problems] == [Code.UNKNOWN_KEY] * 6
    assert "Update Order Status" in problems[0].hint
    assert all(problem.hint for problem in problems[:4])
    assert problems[4].hint == ""
    assert problems[5].hint == "did you mean customer?"


def test_pointers_are_escaped() -> None:
    """A key may contain slashes and tildes, and may be an integer."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"a/b~c": 1, 7: 1, "receiver": {"~": 1}})  # type: ignore[dict-item]
    assert [problem.pointer for problem in caught.value.problems] == ["/a~1b~0c", "/7", "/receiver/~0"]


def test_a_request_is_read_from_its_path_and_body() -> None:
    """The problems of both are reported."""
    request = salla.read_request("731204918", {"coupon_code": "EID24"})
    assert request == salla.UpdateRequest(order_id=731204918, patch=Patch(coupon_code="EID24"))
    assert salla.read_request(731204918, "{}").order_id == 731204918
    for wrong in ("", "-1", "1.0", "٢٨٩", " 1", "1\n", 1.0, True, None):
        with pytest.raises(InvalidInput) as caught:
            salla.read_request(wrong, {"coupon_code": 1})  # type: ignore[arg-type]
        path, body = caught.value.problems
        assert (path.pointer, path.part) == ("/order_id", Part.PATH)
        assert path.code is (Code.NULL if wrong is None else Code.WRONG_TYPE)
        assert (body.pointer, body.part, body.code) == ("/coupon_code", Part.BODY, Code.WRONG_TYPE)
    assert "path /order_id: expected an integer" in str(caught.value)


def test_an_object_built_in_python_is_checked_like_one_that_is_read() -> None:
    """All problems are reported at once; lists become tuples, so patches stay hashable."""
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
    """They are frozen, slotted, comparable, hashable, picklable and copyable; absent fields are UNSET."""
    patch = salla.read_patch({key: value for sample in PAGE_SAMPLES.values() for key, value in sample.items()})
    for value in (READ_ORDER, patch, patch.customer, salla.UpdateRequest(order_id=1, patch=patch)):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.copy(value) == copy.deepcopy(value) == value
        assert len({value, copy.deepcopy(value)}) == 1
        assert not hasattr(value, "__dict__")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            value.id = 7  # type: ignore[union-attr, misc]
    assert Patch().customer is UNSET
    assert Patch() != Patch(employees=())
    assert patch.replace(customer=UNSET).keys == patch.keys[1:]
    assert can_update(READ_ORDER, Patch().replace(employees=(1,)))
    assert not can_update(Order().replace(status="completed"), Patch(coupon_code="x"))
    assert Order.__space__.slot not in repr(READ_ORDER) + repr(attrs.asdict(READ_ORDER)) + repr(
        pickle.dumps(READ_ORDER)
    )


def test_a_status_is_an_enum_member_or_its_string() -> None:
    """This holds for an order and for the keywords of policy."""
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
    """A file whose name begins with update is an update, and any other file is an order or a webhook."""
    read = salla.read_patch if path.name.startswith("update") else salla.read_order
    read(path.read_bytes())


def test_the_slug_of_a_status_decides_and_not_its_name() -> None:
    """The order is completed, and its status has a custom name about shipping."""
    order = salla.read_order((EXAMPLES / "order-completed-custom.json").read_bytes())
    assert order.status is Status.COMPLETED
    assert not can_update(order, salla.read_patch((EXAMPLES / "update-shipping.json").read_bytes()))


def test_every_reader_names_its_input_and_shows_values_only_if_asked() -> None:
    """The input is an update, a request or an order."""
    readers: dict[str, Callable[..., object]] = {
        "update": lambda **options: salla.read_patch({"branch_id": "x"}, **options),
        "request": lambda **options: salla.read_request(1, {"branch_id": "x"}, **options),
        "order": lambda **options: salla.read_order({"draft": "x"}, **options),
    }
    places = {"update": "/branch_id: expected an integer", "order": "/draft: expected a boolean"}
    for what, read in readers.items():
        place = places.get(what, places["update"])
        for options, suffix in (({}, ""), ({"show_values": False}, ""), ({"show_values": True}, ", 'x'")):
            with pytest.raises(InvalidInput) as caught:
                read(**options)
            assert str(caught.value) == f"cannot read the Salla {what}: 1 problem\n  {place}, got a string{suffix}"


def test_an_order_may_be_larger_than_an_update() -> None:
    """Orders and updates have different default limits of size."""
    large = " " * (1 << 20)
    assert salla.read_order('{"draft": true}' + large).draft
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        salla.read_patch("{}" + large)
    with pytest.raises(InvalidInput, match="has 1 048 578 characters, the limit is 1 048 576"):
        salla.read_request(1, "{}" + large)


def test_a_request_has_hints_for_keys_of_other_endpoints() -> None:
    """An update has the same problems."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_request(1, {"status": "x", "items": [], "tags": [], "notes": []})
    assert [problem.hint for problem in caught.value.problems] == [
        "use the endpoint Update Order Status",
        "use the endpoint Order Items",
        "use the endpoint Order Tags",
        "use the endpoint Order Histories",
    ]
    with pytest.raises(InvalidInput) as update:
        salla.read_patch({"status": "x", "items": [], "tags": [], "notes": []})
    assert update.value.problems == caught.value.problems


def test_every_reader_applies_the_limits_argument() -> None:
    """The limits can be lower or higher than the defaults."""
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
    ("payload", "message"),
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
def test_a_payload_without_an_order_is_described_in_one_sentence(payload: Any, message: str) -> None:
    """The sentence names the place, what was expected and what was found."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_order(payload)
    assert str(caught.value) == f"cannot read the Salla order: 1 problem\n  {message}"


def test_wrong_arguments_have_exact_error_messages() -> None:
    """They raise a TypeError or a ValueError, not InvalidInput."""
    mistakes: list[tuple[Callable[[], object], type[Exception], str]] = [
        (lambda: salla.read_order({}, guest=1), TypeError, "guest must be True or False, got int"),  # type: ignore[arg-type]
        (lambda: salla.to_body(READ_ORDER), TypeError, "expected a patch of Salla, got Order"),  # type: ignore[arg-type]
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
    for call, kind, message in mistakes:
        with pytest.raises(kind) as caught:
            call()
        assert str(caught.value) == message


ALTERNATIVES: Final[dict[str, Any]] = {
    "pending": salla.PENDING_FAMILY,
    "completed": salla.COMPLETED_FAMILY,
    "unknown_status": "closed",
    "locked": salla.CANCELED_FAMILY,
    "missing_customer": "none",
}
NO_STATUSES: Final[dict[str, Any]] = {"pending": (), "completed": ()}


def test_rules_and_waivers_give_their_reasons() -> None:
    """The reasons are written for a merchant."""
    waiver = ("SALLA-DRAFT-1", "a draft order has no restrictions")
    assert [(waiver_rule.id, waiver_rule.reason) for waiver_rule in salla.policy().waivers] == [waiver]
    assert [(rule.id, rule.reason) for rule in salla.policy().rules] == [
        ("SALLA-CUSTOMER-1", "an order that has a registered customer keeps that customer"),
        ("SALLA-RECEIVER-1", "the receiver is settled once the order is completed"),
        ("SALLA-SHIPPING-1", "shipping is settled once the order is completed"),
        ("SALLA-PAYMENT-1", "payment details are open only as long as the payment is pending"),
        ("SALLA-COUPON-1", "the coupon is settled once the order is completed"),
        (
            "SALLA-CANCEL-1",
            "a customer can cancel only while the order is under review or in progress, if the store allows it",
        ),
        ("SALLA-RATE-1", "an order can be rated once it is shipped, delivered or completed, if the store allows it"),
        ("SALLA-PAY-1", "an order can be paid only while its payment is pending"),
    ]
    closing_choices: list[dict[str, Any]] = [
        ALTERNATIVES,
        {"unknown_status": "closed"},
        {"locked": salla.CANCELED_FAMILY},
    ]
    for assumptions in closing_choices:
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
            ALTERNATIVES,
            [
                ("S1", "*pending* is read as payment_pending, waiting_for_payment_confirmation or payment_failed"),
                ("S2", "*completed* is read as completed, delivering, delivered or shipped"),
                ("S4", "an unknown status closes every section bound to a status, and is not *pending*"),
                ("S8", "canceled, restored and restoring close receiver, shipping and coupon"),
                ("S15", "a customer that is not shown is none"),
            ],
        ),
        (
            NO_STATUSES,
            [
                ("S1", "*pending* is read as no status"),
                ("S2", "*completed* is read as no status"),
                ("S4", "an unknown status does not count as completed, and is not *pending*"),
                ("S8", "canceled, restored and restoring do not close receiver, shipping and coupon"),
                ("S15", "a customer that is not shown may be a registered one"),
            ],
        ),
    ],
    ids=["our answers", "the alternatives", "no statuses"],
)
def test_the_answers_of_assumptions_follow_the_arguments(
    assumptions: dict[str, Any], answers: list[tuple[str, str]]
) -> None:
    """Assumptions without alternatives do not change."""
    all_assumptions = salla.policy(**assumptions).assumptions
    assert [(assumption.id, assumption.answer) for assumption in all_assumptions if assumption.alternatives] == answers
    assert [assumption for assumption in all_assumptions if not assumption.alternatives] == [
        assumption for assumption in salla.POLICY.assumptions if not assumption.alternatives
    ]


def test_an_alternative_has_exactly_the_rules_that_it_changes() -> None:
    """They are the rules of a policy that is built with this alternative."""
    completed_rules = ["SALLA-RECEIVER-1", "SALLA-SHIPPING-1", "SALLA-COUPON-1"]
    ours, alternatives, no_statuses = (
        [
            (assumption.id, alternative.name, [rule.id for rule in alternative.rules])
            for assumption in salla.policy(**assumptions).assumptions
            for alternative in assumption.alternatives
        ]
        for assumptions in ({}, ALTERNATIVES, NO_STATUSES)
    )
    family = "family"
    assert ours == [
        ("S1", family, ["SALLA-PAYMENT-1"]),
        ("S2", "family", completed_rules),
        ("S4", "closed", completed_rules),
        ("S8", "family", completed_rules),
        ("S15", "none", ["SALLA-CUSTOMER-1"]),
    ]
    assert alternatives == [
        ("S1", "payment_pending", ["SALLA-PAYMENT-1"]),
        ("S2", "exact", completed_rules),
        ("S4", "open", completed_rules),
        ("S8", "open", completed_rules),
        ("S15", "closed", ["SALLA-CUSTOMER-1"]),
    ]
    assert no_statuses == [
        ("S1", "payment_pending", ["SALLA-PAYMENT-1"]),
        ("S1", family, ["SALLA-PAYMENT-1"]),
        ("S2", "exact", completed_rules),
        ("S2", "family", completed_rules),
        ("S4", "closed", completed_rules),
        ("S8", "family", completed_rules),
        ("S15", "none", ["SALLA-CUSTOMER-1"]),
    ]
    (pending_family,) = salla.policy().assumptions[0].alternatives
    assert pending_family.rules == (salla.policy(pending=salla.PENDING_FAMILY).rules[3],)


def test_the_policy_has_all_its_parts() -> None:
    """These are its name, its models, its sections, its effects and its advice."""
    policy = salla.policy()
    assert (policy.name, policy.order_type, policy.patch_type) == ("salla", Order, Patch)
    assert (policy.sections, policy.actions, policy.defaults) == (salla.Section, salla.Action, ())
    assert [(effect.key, effect.attribute, effect.value) for effect in policy.effects] == [
        ("customer", "customer", CustomerKind.REGISTERED)
    ]
    assert [advisory.id for advisory in policy.advice_rules] == [f"SALLA-ADVICE-{number}" for number in range(1, 6)]
    assert policy_of(Order()) is salla.POLICY
