"""Inputs whose shape was met in the field, each with what a user expects of it; all values are made up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import UNSET, Code, InvalidInput, awal, salla

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: Final = Path(__file__).parent.parent / "cases"
EMPTY_ARRAY: Final = "PHP encodes an empty array as []; send {} as the empty object, or leave out the key"
ELSEWHERE: Final = "use the endpoint Update Order Status to change a status or its note"
UNREADABLE: Final[dict[str, tuple[Callable[[bytes], object], list[tuple[str, Code, str]]]]] = {
    "awal_webhook_message_status": (awal.read_order, [("", Code.NOT_AN_ORDER, "")]),
    "order_app_function_flat_status": (
        salla.read_order,
        [
            (
                "/data/status",
                Code.WRONG_TYPE,
                "if the string is the slug of an order, build the order: salla.Order(id=..., status=...)",
            )
        ],
    ),
    "order_n8n_webhook_item": (
        salla.read_order,
        [("", Code.NOT_AN_ORDER, "the value at /body/data looks like an order: read that instead")],
    ),
    "patch_arabic_digits_id": (salla.read_patch, [("/courier_id", Code.WRONG_TYPE, "")]),
    "patch_create_order_payment_reference": (
        salla.read_patch,
        [
            (
                "/payment/reference_id",
                Code.UNKNOWN_KEY,
                "this is its name in Create Order: did you mean store_bank_id?",
            )
        ],
    ),
    "patch_from_webhook_customer": (
        salla.read_patch,
        [
            (
                "/customer/first_name",
                Code.UNKNOWN_KEY,
                "this looks like a customer from an answer: send name, email, and mobile as a string",
            ),
            ("/customer/last_name", Code.UNKNOWN_KEY, ""),
            ("/customer/mobile", Code.WRONG_TYPE, ""),
            ("/customer/mobile_code", Code.UNKNOWN_KEY, ""),
            ("/customer/avatar", Code.UNKNOWN_KEY, ""),
            ("/customer/gender", Code.UNKNOWN_KEY, ""),
            ("/customer/urls", Code.UNKNOWN_KEY, ""),
        ],
    ),
    "patch_geo_lang": (
        salla.read_patch,
        [("/ship_to/geo_coordinates/lang", Code.UNKNOWN_KEY, "did you mean lng?")],
    ),
    "patch_php_empty_arrays": (
        salla.read_patch,
        [("/customer", Code.WRONG_TYPE, EMPTY_ARRAY), ("/receiver", Code.WRONG_TYPE, "")],
    ),
    "patch_status_id_note": (
        salla.read_patch,
        [
            ("/status_id", Code.UNKNOWN_KEY, ELSEWHERE),
            ("/note", Code.UNKNOWN_KEY, ELSEWHERE),
            ("/restore_items", Code.UNKNOWN_KEY, ELSEWHERE),
        ],
    ),
    "patch_wrapped": (
        salla.read_patch,
        [("/order", Code.UNKNOWN_KEY, "the body of an update has no wrapper: send its content directly")],
    ),
    "webhook_customer_created": (salla.read_order, [("", Code.NOT_AN_ORDER, "")]),
}
READABLE: Final = {
    "order_list_item_status_without_slug": salla.Order(id=7000002, status=UNSET),
    "order_list_item_without_customer": salla.Order(id=7000001, status="in_progress"),
    "order_status_slug_processing": salla.Order(
        id=7000006, status="processing", customer=salla.CustomerKind.REGISTERED
    ),
}


def test_every_case_is_expected_to_give_something() -> None:
    """None is left out, and none is made up."""
    assert {path.stem for path in CASES.glob("*.json")} == {*UNREADABLE, *READABLE}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_with_what_to_do(name: str) -> None:
    """Every problem at its place, and a hint where something is known."""
    read, expected = UNREADABLE[name]
    with pytest.raises(InvalidInput) as caught:
        read((CASES / f"{name}.json").read_bytes())
    assert [(problem.pointer, problem.code, problem.hint) for problem in caught.value.problems] == expected


@pytest.mark.parametrize("name", READABLE)
def test_what_can_be_read_is_the_order_that_is_there(name: str) -> None:
    """And nothing that is not shown."""
    assert salla.read_order((CASES / f"{name}.json").read_bytes()) == READABLE[name]


def test_a_customer_that_is_not_shown_keeps_the_section_closed() -> None:
    """The refusal says what to do, and on what it rests."""
    order = READABLE["order_list_item_without_customer"]
    decision = salla.POLICY.can_update(order, salla.Patch(customer=salla.Customer(name="Sami")))
    (violation,) = decision.violations
    assert violation.message == (
        "customer cannot be changed: customer is not shown; it may change only while customer is absent or a guest; "
        "read the order's details, which show the customer, or mark the customer as a guest"
    )
    assert [assumption.id for assumption in decision.assumptions] == ["S15"]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("order_list_item_status_without_slug", "note: the order shows a status without a slug"),
        (
            "order_status_slug_processing",
            "note: the page does not list the order's status, 'processing' - did you mean in_progress?",
        ),
    ],
)
def test_a_status_that_is_not_known_is_told_as_what_it_is(name: str, note: str) -> None:
    """With the order, beside the decision."""
    order: Any = READABLE[name]
    decision = salla.POLICY.can_update(order, salla.Patch(coupon_code="EID24"))
    assert decision.allowed
    assert decision.explain(order).splitlines()[-1].strip() == note
