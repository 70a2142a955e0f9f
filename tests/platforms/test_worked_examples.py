"""The worked examples of other platforms: each against plain ifs, and through the command line."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings

from orderrules import InvalidInput
from orderrules.analysis.tables_and_diagrams import TABLES, dot, mermaid
from orderrules.testing import check_laws
from tests.kit.command_line import run
from tests.kit.examples import platform_example

FOLDER: Final = Path(__file__).parent.parent.parent / "examples" / "platforms"
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.py"))


WOO: Final = platform_example("woocommerce")
VENDURE: Final = platform_example("vendure")
SYLIUS: Final = platform_example("sylius")


def woo_may(status: str, total: float | None, asked: str) -> bool:
    """Return whether something may be done to an order of WooCommerce, by plain ifs."""
    if asked == "items":
        return status in {"pending", "on-hold", "auto-draft"}
    if asked == "pay":
        return (status in {"pending", "failed"}) and total is not None and total > 0
    if asked == "cancel":
        return status in {"pending", "failed"}
    if asked == "complete payment":
        return status in {"on-hold", "pending", "failed", "cancelled"}
    return asked == "status"


def test_woocommerce_is_that_of_plain_ifs() -> None:
    """Every status, also unknown ones, with totals around nothing."""
    policy = WOO.POLICY
    sections = {WOO.Section.ITEMS: WOO.Patch(line_items=()), WOO.Section.STATUS: WOO.Patch(status=WOO.Status.NEW)}
    for status, total in itertools.product((*WOO.Status, "lost"), (None, -1, 0, 0.01, 500)):
        order = WOO.Order(status=status, total=total)
        for section, patch in sections.items():
            assert policy.can_update(order, patch).allowed is woo_may(status, total, section)
        for action in WOO.Action:
            assert policy.can(order, action).allowed is woo_may(status, total, action)
    assert str(policy.can(WOO.Order(status="pending", total=0), "pay").violations[0]) == (
        "WOO-PAY-1: paying for the order is not possible: the order is pending and the total is at most 0; "
        "it is possible only while (the order is pending or failed) and the total is above 0"
    )


@pytest.mark.parametrize(
    ("text", "may"), [("12.50", True), ("0.00", False), ("-3", False), ("nan", False), ("x", False)]
)
def test_woocommerce_writes_a_total_as_text(text: str, may: bool) -> None:
    """It is read as a number, and what is none is not known."""
    order = WOO.ENDPOINT.read_order({"id": 7, "status": "pending", "total": text, "currency": "SAR"})
    assert WOO.POLICY.can(order, "pay").allowed is may
    with pytest.raises(InvalidInput, match="/total"):
        WOO.ENDPOINT.read_order({"id": 7, "status": "pending", "total": 12.5})


ARROWS: Final = """
Created AddingItems Draft
Draft Cancelled ArrangingPayment
AddingItems ArrangingPayment Cancelled
ArrangingPayment PaymentAuthorized PaymentSettled AddingItems Cancelled
PaymentAuthorized PaymentSettled Cancelled Modifying ArrangingAdditionalPayment
PaymentSettled PartiallyDelivered Delivered PartiallyShipped Shipped Cancelled Modifying ArrangingAdditionalPayment
PartiallyShipped Shipped PartiallyDelivered Cancelled Modifying
Shipped PartiallyDelivered Delivered Cancelled Modifying
PartiallyDelivered Delivered Cancelled Modifying
Delivered Cancelled
Modifying PaymentAuthorized PaymentSettled PartiallyShipped Shipped PartiallyDelivered ArrangingAdditionalPayment
ArrangingAdditionalPayment PaymentAuthorized PaymentSettled PartiallyShipped Shipped PartiallyDelivered Cancelled
Cancelled
"""
"""Each state of Vendure with those that may follow, copied apart from the example."""


def vendure_may(state: str, asked: str) -> bool:  # noqa: PLR0911 - one answer for each question.
    """Return whether something may be done to an order of Vendure, by plain ifs."""
    if asked == "lines":
        return state in {"AddingItems", "Draft"}
    if asked == "modify":
        return state == "Modifying"
    if asked == "add payment":
        return state in {"ArrangingPayment", "Modifying", "ArrangingAdditionalPayment"}
    if asked == "add manual payment":
        return state in {"ArrangingAdditionalPayment", "ArrangingPayment"}
    if asked == "refund":
        return state not in {"AddingItems", "ArrangingPayment", "PaymentAuthorized"}
    if asked == "delete":
        return state == "Draft"
    return asked in {"addresses", "coupon"}


def test_vendure_is_that_of_plain_ifs() -> None:
    """Every state with every other state, and everything else."""
    rows = {state: following for state, *following in map(str.split, ARROWS.strip().splitlines())}
    assert sum(map(len, rows.values())) == 45
    policy = VENDURE.POLICY
    samples: dict[str, dict[str, Any]] = {
        "lines": {"lines": (1,)},
        "addresses": {"billing_address": "x"},
        "coupon": {"coupon": "x"},
    }
    for state in VENDURE.State:
        order = VENDURE.Order(state=state)
        for other in VENDURE.State:
            assert policy.can_update(order, VENDURE.Patch(state=other)).allowed is (other in rows[state])
        assert policy.next_statuses(order) == set(rows[state])
        for section, fields in samples.items():
            assert policy.can_update(order, VENDURE.Patch(**fields)).allowed is vendure_may(state, section)
        for action in VENDURE.Action:
            assert policy.can(order, action).allowed is vendure_may(state, action)


def test_vendure_has_a_way_from_a_cart_to_a_delivery() -> None:
    """The shortest one."""
    plan = VENDURE.POLICY.plan(VENDURE.Order(state="Created"), VENDURE.Patch(state="Delivered", lines=(7,)))
    assert [VENDURE.ENDPOINT.to_body(step) for step in plan.steps] == [
        {"state": "Draft"},
        {"state": "ArrangingPayment", "lines": [7]},
        {"state": "PaymentSettled"},
        {"state": "Delivered"},
    ]


PAYMENTS: Final = """
cart new
new processing authorized completed failed cancelled
processing authorized completed failed cancelled
authorized completed failed cancelled
completed refunded
failed
cancelled
refunded
"""
"""Each state of a payment of Sylius with those that may follow, copied apart from the example."""


def test_sylius_has_two_machines() -> None:
    """Each moves by its own table, alone and at once."""
    payments = {state: following for state, *following in map(str.split, PAYMENTS.strip().splitlines())}
    states = {"cart": ["new"], "new": ["cancelled", "fulfilled"], "cancelled": [], "fulfilled": []}
    policy = SYLIUS.POLICY
    for state, payment in itertools.product(SYLIUS.State, SYLIUS.PaymentState):
        order = SYLIUS.Order(state=state, payment_state=payment)
        assert policy.next_statuses(order) == set(states[state])
        assert policy.next_statuses(order, "state") == set(states[state])
        assert policy.next_statuses(order, "payment_state") == set(payments[payment])
        for asked, payment_asked in itertools.product(SYLIUS.State, SYLIUS.PaymentState):
            patch = SYLIUS.Patch(state=asked, payment_state=payment_asked, totals=7, payment_method="card")
            closed = {violation.section for violation in policy.can_update(order, patch).violations}
            assert closed == {
                *(["state"] if asked not in states[state] else []),
                *(["payment_state"] if payment_asked not in payments[payment] else []),
                *(["totals"] if state != "cart" else []),
                *(["payment_method"] if state == "cancelled" else []),
            }
    with pytest.raises(
        ValueError, match="'totals' is not the key of a status of sylius, whose keys are: state, payment"
    ):
        policy.next_statuses(SYLIUS.Order(state="new", payment_state="new"), "totals")


def test_both_machines_of_sylius_are_planned_and_drawn() -> None:
    """One plan moves both."""
    order = SYLIUS.Order(state="cart", payment_state="cart")
    plan = SYLIUS.POLICY.plan(order, SYLIUS.Patch(state="fulfilled", payment_state="refunded", totals=7))
    assert len(plan.steps) == 3
    reached = order
    for step in plan.steps:
        reached = SYLIUS.POLICY.apply(reached, step)
    assert (reached.state, reached.payment_state, reached.written.totals) == ("fulfilled", "refunded", 7)
    for key, count in ((None, 3), ("state", 3), ("payment_state", 14)):
        assert mermaid(SYLIUS.POLICY, key).count("-->") == dot(SYLIUS.POLICY, key).count("->") == count
    chosen = ["--policy", f"{FOLDER / 'sylius'}.py:POLICY"]
    assert run("diagram", *chosen, "--key", "payment_state").stdout.count("-->") == 14
    result = run("next", *chosen, "--key", "payment_state", "-", given='{"state": "new", "payment_state": "completed"}')
    assert (result.exit_code, result.stdout) == (0, "refunded\n")
    result = run("next", *chosen, "--key", "x", "-", given='{"state": "new", "payment_state": "completed"}')
    assert (result.exit_code, "whose keys are: state, payment_state" in result.stderr) == (2, True)
    assert len(TABLES["transitions"](SYLIUS.POLICY).records) == 4 + 8


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_sound(name: str) -> None:
    """Nothing is wrong with it, and the laws hold."""
    policy = platform_example(name).POLICY
    assert not [str(finding) for finding in policy.lint() if finding.kind.is_wrong]
    check_laws(policy, settings=settings(max_examples=20))


ORDER: Final = json.dumps({"id": 5, "status": "pending", "total": "0.00", "state": "Shipped", "payment_state": "new"})


@pytest.mark.parametrize("name", NAMES)
def test_every_command_takes_an_example(name: str, tmp_path: Path) -> None:
    """By its file."""
    order, patch = tmp_path / "order.json", tmp_path / "patch.json"
    order.write_text(ORDER.replace("Shipped", "new" if name == "sylius" else "Shipped"), encoding="utf-8")
    patch.write_text("{}", encoding="utf-8")
    chosen = ["--policy", f"{FOLDER / name}.py:POLICY"]
    for command in ("check", "split", "plan", "advise"):
        assert run(command, *chosen, str(order), str(patch)).exit_code == 0
    for command in ("editable", "next"):
        assert run(command, *chosen, str(order)).exit_code == 0
    assert run("guard", *chosen, str(patch)).exit_code == 0
    for command in ("schema", "vectors", "lint"):
        assert run(command, *chosen).exit_code == 0
    for table in ("statuses", "rules", "fields", "actions", "transitions"):
        assert run("table", table, *chosen).exit_code == 0
    assert run("diff", *chosen, "--against", chosen[1]).exit_code == 0
