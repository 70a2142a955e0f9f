"""The state machine catches a wrong server in few requests, and never accuses a right one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from orderrules import awal
from orderrules.testing import DisagreementError, FakeAwal, FakeSalla, OrderMachine
from tests.kit.servers import RIGHT, WRONG, Skips, machine

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET = settings(
    OrderMachine.TestCase.settings,
    max_examples=300,
    stateful_step_count=20,
    phases=[phase for phase in Phase if phase is not Phase.explain],
    database=None,
    derandomize=True,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


def find_disagreement(serve: Callable[[], Any], run_settings: settings = QUIET) -> DisagreementError:
    """Run the machine on a server until they disagree, and return the error."""
    with pytest.raises((DisagreementError, ExceptionGroup)) as raised:
        run_state_machine_as_test(machine(serve), settings=run_settings)
    error: BaseException = raised.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, DisagreementError)
    return error


@pytest.mark.parametrize("serve", WRONG, ids=lambda serve: serve.__doc__.split(",")[0])
def test_a_wrong_server_is_caught_within_300_examples_and_shown_in_three_requests(serve: Callable[[], Any]) -> None:
    """Creating an order does not count as a request."""
    error = find_disagreement(serve)
    assert sum(line.startswith("PUT") for line in error.script) <= 3


@pytest.mark.parametrize("serve", RIGHT, ids=["awal", "salla"])
def test_a_right_server_is_not_accused(serve: Callable[[], Any]) -> None:
    """``benchmarks/machine.py`` runs the machine twenty thousand times."""
    run_state_machine_as_test(machine(serve), settings=settings(QUIET, max_examples=40))


def test_a_disagreement_shows_a_script() -> None:
    """It lists what was created, sent and answered, and what the policy says."""
    error = find_disagreement(Skips)
    assert [line.split(":")[0] for line in error.script] == ["create order 1", "PUT order 1"]
    assert '"status": "shipped"' in error.script[1]
    assert error.script[1].endswith("} -> 200")
    assert str(error).splitlines() == [
        "the service and the policy disagree",
        '  1. create order 1: {"status": "pending"} (status is pending)',
        f"  2. {error.script[1]}",
        "the service accepted the update; by the policy it is refused: status",
        (
            "  AWAL-STATUS-1: the status cannot be changed: the order is pending and the update asks for shipped; "
            "only accepted may follow pending"
        ),
        "    why: the status moves on step by step: pending, accepted, shipped, delivered, completed",
        "    facts: status is pending and status asked for is shipped",
        "  rests on A1: *progressively* is read as one step at a time",
    ]


class Failing(FakeAwal):
    """A server that answers every request with 500."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Any:
        """Answer with 500."""
        return super().handle(method, path, query, body)._replace(status=500)


class Crashing(FakeAwal):
    """A server that raises an exception instead of refusing."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Any:
        """Answer, or raise an exception."""
        answer = super().handle(method, path, query, body)
        if answer.status == 422:
            raise KeyError("address")
        return answer


class Lenient(FakeAwal):
    """A server that accepts bodies that cannot be read."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Any:
        """Answer 200 to a body that cannot be read."""
        answer = super().handle(method, path, query, body)
        return answer._replace(status=200) if answer.status == 400 else answer


@pytest.mark.parametrize(
    ("serve", "message"),
    [
        (Failing, "the service failed on"),
        (Lenient, "the service accepted a body that cannot be read"),
        (Crashing, "while updating the order, the service raised KeyError: 'address'"),
    ],
)
def test_a_failing_server_and_a_lenient_server_disagree_with_the_policy(serve: Callable[[], Any], message: str) -> None:
    """Each disagreement has its own message."""
    assert find_disagreement(serve).verdict.startswith(message)


def test_a_machine_can_tolerate_a_lenient_server() -> None:
    """Its ``invalid_body_codes`` is empty then."""
    tolerant = type("Tolerant", (machine(Lenient),), {"invalid_body_codes": ()})
    run_state_machine_as_test(tolerant, settings=settings(QUIET, max_examples=20))


class YesOrNo(OrderMachine):
    """A service that only says yes or no, and whose orders cannot be read back; all orders start as pending."""

    policy = awal.POLICY

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeAwal()

    def starting_orders(self) -> Any:
        """Return the only starting order."""
        return st.just(awal.Order(status="pending"))

    def create_order(self, order: Any) -> int:
        """Store the order."""
        return self.fake.add(order)

    def send_update(self, handle: Any, body: dict[str, object]) -> bool:
        """Return whether the update was accepted."""
        return self.fake.handle("PUT", f"/orders/{handle}", "phone_number_id=1", json.dumps(body)).status == 200

    def read_order(self, handle: Any) -> None:
        """Return None, because orders cannot be read back."""
        del handle


def test_a_service_may_answer_yes_and_no() -> None:
    """It need not show its orders."""
    run_state_machine_as_test(YesOrNo, settings=settings(QUIET, max_examples=20))


def test_a_method_that_is_not_overridden_raises_not_implemented_error() -> None:
    """The message asks to override it."""

    class Bare(OrderMachine):
        policy = awal.POLICY

    bare = Bare()
    for call in (lambda: bare.create_order(None), lambda: bare.send_update(1, {}), lambda: bare.read_order(1)):
        with pytest.raises(NotImplementedError, match="override"):
            call()


def test_a_machine_with_invalid_members_raises_type_error() -> None:
    """The policy is missing, the answer is not a status, or the order is not of the platform."""

    class WithoutPolicy(OrderMachine):
        """A machine without a policy."""

    with pytest.raises(TypeError, match="the machine has no policy"):
        WithoutPolicy()
    for name, wrong, message in (
        ("send_update", "200", "send_update must return an HTTP status or a bool, got str"),
        ("read_order", {"id": 1}, "read_order must return an order of awal or None, got dict"),
    ):
        wrong_machine = type("Odd", (machine(FakeAwal),), {name: lambda *_, wrong=wrong: wrong})
        with pytest.raises(TypeError, match=message):
            run_state_machine_as_test(wrong_machine, settings=settings(QUIET, max_examples=20))


def test_every_wrong_server_is_a_fake() -> None:
    """There are ten of them, with one mistake each."""
    assert all(isinstance(serve(), FakeAwal | FakeSalla) for serve in WRONG)
    assert len(WRONG) == 10
