"""Shapes of input that users met in practice, each with the expected result; all values are invented."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import UNSET, Code, InvalidInput, awal, salla

if TYPE_CHECKING:
    from collections.abc import Callable

CASES: Final = Path(__file__).parent.parent / "cases"
EMPTY_ARRAY: Final = "PHP encodes an empty array as []; send {} as the empty object, or leave out the key"
OTHER_ENDPOINT: Final = "use the endpoint Update Order Status"
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
            ("/status_id", Code.UNKNOWN_KEY, OTHER_ENDPOINT),
            ("/note", Code.UNKNOWN_KEY, OTHER_ENDPOINT),
            ("/restore_items", Code.UNKNOWN_KEY, OTHER_ENDPOINT),
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


def test_every_case_has_an_expected_result() -> None:
    """Every expected result has a case."""
    assert {path.stem for path in CASES.glob("*.json")} == {*UNREADABLE, *READABLE}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_case_has_problems_with_hints(name: str) -> None:
    """Each problem has its pointer, and a hint if the remedy is known."""
    read, expected = UNREADABLE[name]
    with pytest.raises(InvalidInput) as caught:
        read((CASES / f"{name}.json").read_bytes())
    assert [(problem.pointer, problem.code, problem.hint) for problem in caught.value.problems] == expected


@pytest.mark.parametrize("name", READABLE)
def test_a_readable_case_is_the_expected_order(name: str) -> None:
    """Fields that the payload does not show are UNSET or None."""
    assert salla.read_order((CASES / f"{name}.json").read_bytes()) == READABLE[name]


def test_the_customer_cannot_be_changed_if_it_is_not_shown() -> None:
    """The refusal says what to do, and names the assumption that it rests on."""
    order = READABLE["order_list_item_without_customer"]
    decision = salla.POLICY.can_update(order, salla.Patch(customer=salla.Customer(name="Sami")))
    (violation,) = decision.violations
    assert violation.message == (
        "the customer cannot be changed: the order does not show its customer; "
        "it may change only while the order has no customer or a guest as its customer; "
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
def test_a_decision_notes_an_unknown_status(name: str, note: str) -> None:
    """The note appears if the order is passed to explain."""
    order: Any = READABLE[name]
    decision = salla.POLICY.can_update(order, salla.Patch(coupon_code="EID24"))
    assert decision.allowed
    assert decision.explain(order).splitlines()[-1].strip() == note
