"""The pytest plugin reports what a suite decided and can fail the run; failed assertions give reasons."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import orderrules.testing
from orderrules import Decision, awal, salla
from orderrules.testing import assert_allowed, assert_refused, observe

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

SUITE = """
from orderrules import awal, can_update, salla

keep = awal.POLICY.can_update
MINE = awal.policy(skipping=True)
CHAIN = list(awal.Status)

def test_steps():
    for one, other in zip(CHAIN, CHAIN[1:]):
        assert keep(awal.Order(status=one), awal.Patch(status=other))

def test_skipping():
    assert not can_update(awal.Order(status="pending"), awal.Patch(status="completed"))
    assert MINE.can_update(awal.Order(status="pending"), awal.Patch(status="completed", branch_id="7"))

def test_a_policy_without_a_rule_says_nothing_of_it():
    house = salla.POLICY.without("SALLA-PAYMENT-1")
    assert house.can_update(salla.Order(status="shipped"), salla.Patch(payment=salla.Payment()))

def test_salla():
    assert not salla.POLICY.can_update(salla.Order(status="completed"), salla.Patch(coupon_code="x"))
    assert salla.POLICY.can_update(salla.Order(draft=True), salla.Patch(payment=salla.Payment()))
    assert salla.POLICY.can(salla.Order(status="under_review"), "cancel")
"""


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the suite in another process, and return its exit status and its output."""
    (folder / "test_shop.py").write_text(SUITE, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        "--rootdir",
        str(folder),
    ]
    command += ["-p", "orderrules.testing.plugin"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = subprocess.run(
        [*command, *arguments, str(folder)], capture_output=True, check=False, text=True, cwd=folder, env=environment
    )
    return result.returncode, result.stdout + result.stderr


def row(text: str, first_cell: str) -> list[str]:
    """Return the cells of a row of a printed table."""
    (line,) = [line for line in text.splitlines() if re.match(rf"│ {first_cell} ", line)]
    return [cell.strip() for cell in line.strip("│").split("│")]


@pytest.mark.parametrize(
    "workers", [[], ["-p", "xdist"], ["-p", "xdist", "-n", "2"]], ids=["without xdist", "alone", "xdist"]
)
def test_the_plugin_reports_what_a_suite_decided(tmp_path: Path, workers: list[str]) -> None:
    """This includes tests in several processes, and policies that the suite itself created."""
    status, text = run(tmp_path, "--orderrules-cov=awal", "--orderrules-cov=salla", *workers)
    assert status == 0, text
    assert row(text, "AWAL-STATUS-1")[2:] == ["seen", "seen"]
    assert row(text, "delivered")[:3] == ["delivered", "completed", "seen"]
    assert row(text, "pending")[3] == "completed"
    assert row(text, "SALLA-COUPON-1")[2:] == ["seen", "MISSED"]
    assert row(text, "SALLA-CANCEL-1")[2:] == ["MISSED", "seen"]
    assert row(text, "SALLA-PAYMENT-1")[2:] == ["MISSED", "MISSED"]
    assert row(text, "SALLA-DRAFT-1")[3] == "seen"
    # Awal: 2 outcomes of its rule, 4 transitions. Salla: 3 of 17, which are 2 outcomes of 8 rules each, and a waiver.
    assert f"{100 * (2 + 4 + 3) / (2 + 4 + 17):.0f} % of the rules, waivers and transitions seen" in text
    assert "6 of 41 cells seen" in text
    assert "2 of 768 cells seen" in text


def test_too_little_coverage_fails_the_run(tmp_path: Path) -> None:
    """Enough coverage does not."""
    status, text = run(tmp_path, "--orderrules-cov=salla", "--orderrules-fail-under=100")
    assert status == 1
    assert "100 % is asked for" in text
    assert run(tmp_path, "--orderrules-cov=awal", "--orderrules-fail-under=100")[0] == 0


def test_the_plugin_reports_nothing_unless_it_is_asked(tmp_path: Path) -> None:
    """Invalid options are usage errors."""
    status, text = run(tmp_path)
    assert status == 0
    assert "coverage of rules" not in text
    status, text = run(tmp_path, "--orderrules-fail-under=100")
    assert status == 4
    assert "needs --orderrules-cov" in text
    assert run(tmp_path, "--orderrules-cov=awal", "--orderrules-fail-under=101")[0] == 4
    assert run(tmp_path, "--orderrules-cov=awal", "--orderrules-fail-under=100", "--collect-only")[0] == 0
    status, text = run(tmp_path, "--orderrules-cov=shopify")
    assert status == 4
    assert "--orderrules-cov=shopify: expected salla, awal or the MODULE:NAME of a policy" in text
    status, text = run(tmp_path, "--orderrules-cov=shop.rules:POLICY")
    assert status == 4
    assert "No module named 'shop'" in text


KIT_SUITE = """
import json
from orderrules import awal, salla
from orderrules.testing import FakeAwal, FakeSalla, OrderMachine, check_laws

MINE = salla.POLICY.without("SALLA-DRAFT-1")

def test_laws():
    check_laws(awal.POLICY)

def test_fake():
    FakeSalla([salla.Order(id=1, status="completed")]).handle("PUT", "/orders/1", "", '{"coupon_code": "x"}')

class Machine(OrderMachine):
    policy = awal.POLICY

    def __init__(self):
        super().__init__()
        self.fake = FakeAwal()

    def create_order(self, order):
        return self.fake.add(order)

    def send_update(self, handle, body):
        return self.fake.handle("PUT", f"/orders/{handle}", "phone_number_id=1", json.dumps(body)).status

    def read_order(self, handle):
        return self.fake.orders[handle]

TestMachine = Machine.TestCase

def test_own():
    assert not MINE.can_update(salla.Order(status="completed", draft=True), salla.Patch(coupon_code="x"))
"""


def test_what_the_kit_decides_for_itself_is_told_apart(tmp_path: Path) -> None:
    """A machine that walked through the whole table says nothing of what the suite asked."""
    (tmp_path / "test_kit.py").write_text(KIT_SUITE, encoding="utf-8")
    status, text = run(
        tmp_path, "--orderrules-cov=awal", "-p", "hypothesispytest", "--deselect=test_shop.py", "-k", "not test_s"
    )
    assert status == 0, text
    assert row(text, "AWAL-STATUS-1")[2:] == ["only by the kit", "only by the kit"]
    assert "0 % of the rules, waivers and transitions seen" in text
    assert "0 of 61 cells seen" in text or re.search(r"0 of \d+ cells seen", text)


def test_a_policy_of_ones_own_is_counted_by_its_own_rules(tmp_path: Path) -> None:
    """A cell is a kind of order: status, draft and customer. Only updates count, if that is asked."""
    (tmp_path / "test_kit.py").write_text(KIT_SUITE, encoding="utf-8")
    arguments = ["--orderrules-cov=test_kit:MINE", "--orderrules-cov-only=updates", "-k", "test_own"]
    status, text = run(tmp_path, *arguments)
    assert status == 0, text
    assert row(text, "SALLA-COUPON-1")[2:] == ["seen", "MISSED"]
    assert "SALLA-CANCEL-1" not in text
    assert "SALLA-DRAFT-1" not in text
    assert f"{100 * 1 / 10:.0f} % of the rules, waivers and transitions seen" in text
    assert "1 of 768 cells seen" in text
    status, text = run(tmp_path, "--orderrules-cov=salla", "--orderrules-cov-only=actions", "-k", "test_salla")
    assert f"{100 * 1 / 6:.0f} % of the rules" in text
    assert "cells seen" not in text
    assert run(tmp_path, "--orderrules-cov-only=updates")[0] == 4


COMPLETED = salla.Order(status="completed")
COUPON = salla.Patch(coupon_code="RAMADAN24")


def test_assertions_pass_and_return_the_decision() -> None:
    """The test can check the decision further."""
    assert isinstance(assert_allowed(salla.Order(), COUPON), Decision)
    assert assert_refused(COMPLETED, COUPON, rule="SALLA-COUPON-1").violations[0].keys == ("coupon_code",)
    assert not assert_refused(COMPLETED, COUPON)
    lenient = awal.policy(skipping=True)
    assert assert_allowed(awal.Order(status="pending"), awal.Patch(status=awal.Status.COMPLETED), policy=lenient)


def test_a_failed_assertion_says_what_was_expected_and_what_happened() -> None:
    """It lists the rules and the reasons, and no personal data."""
    both = salla.Patch(
        coupon_code="RAMADAN24", payment=salla.Payment(status="paid"), receiver=salla.Receiver(name="Noura")
    )
    with pytest.raises(AssertionError) as caught:
        assert_refused(COMPLETED, both, rule="SALLA-CUSTOMER-1")
    lines = str(caught.value).splitlines()
    assert lines[:5] == [
        "expected the update to be refused by SALLA-CUSTOMER-1 alone",
        "  - SALLA-CUSTOMER-1",
        "  + SALLA-RECEIVER-1",
        "  + SALLA-PAYMENT-1",
        "  + SALLA-COUPON-1",
    ]
    assert "Noura" not in str(caught.value)
    with pytest.raises(ValueError, match="the policy has no rule 'SALLA-COPON-1'; its rules are SALLA-CUSTOMER-1"):
        assert_refused(COMPLETED, COUPON, rule="SALLA-COPON-1")
    with pytest.raises(AssertionError, match="expected the update to be allowed\nrefused: coupon"):
        assert_allowed(COMPLETED, COUPON)
    with pytest.raises(AssertionError, match="expected the update to be refused\nallowed"):
        assert_refused(salla.Order(), COUPON)


def test_the_testing_package_imports_its_modules_on_first_use() -> None:
    """Importing it loads neither Hypothesis nor pytest, and an unknown name raises AttributeError."""
    program = "import sys, orderrules.testing; print({'hypothesis', 'pytest', 'httpx', 'rich'} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert result.stdout == "set()\n"
    assert set(orderrules.testing.__all__) <= set(dir(orderrules.testing))
    for name in orderrules.testing.__all__:
        assert getattr(orderrules.testing, name).__doc__ if name != "LAWS" else orderrules.testing.LAWS
    with pytest.raises(AttributeError, match="has no attribute 'colour'"):
        orderrules.testing.colour  # noqa: B018 - the access is what is tested.


def test_decisions_of_every_policy_can_be_observed() -> None:
    """Policies made earlier and later are observed; afterwards, ``can_update`` is the plain lookup again."""
    before = awal.policy()
    events: list[tuple[object, ...]] = []
    end = observe(lambda *event: events.append(event))
    after = salla.policy()
    pending, accepted = awal.Order(status="pending"), awal.Patch(status=awal.Status.ACCEPTED)
    decision = before.can_update(pending, accepted)
    order = salla.Order(status="completed")
    cannot = after.can(order, salla.Action.CANCEL)
    assert before.apply(pending, accepted).status == "accepted"
    assert before.split(pending, accepted)
    end()
    made = (before, pending, accepted, decision)
    assert events == [made, (after, order, "cancel", cannot), made, made]
    assert before.can_update(pending, accepted) is decision
    assert len(events) == 4
