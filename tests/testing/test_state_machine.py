"""A wrong server is caught, and shown in few requests; a right one is never accused."""

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


def caught(serve: Callable[[], Any], trying: settings = QUIET) -> DisagreementError:
    """Run the machine on a server until they disagree."""
    with pytest.raises((DisagreementError, ExceptionGroup)) as raised:
        run_state_machine_as_test(machine(serve), settings=trying)
    error: BaseException = raised.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, DisagreementError)
    return error


@pytest.mark.parametrize("serve", WRONG, ids=lambda serve: serve.__doc__.split(",")[0])
def test_a_wrong_server_is_caught_within_300_examples_and_shown_in_three_requests(serve: Callable[[], Any]) -> None:
    """At most; an order that is created is no request."""
    error = caught(serve)
    assert sum(line.startswith("PUT") for line in error.script) <= 3


@pytest.mark.parametrize("serve", RIGHT, ids=["awal", "salla"])
def test_a_right_server_is_not_accused(serve: Callable[[], Any]) -> None:
    """``benchmarks/machine.py`` walks it twenty thousand times."""
    run_state_machine_as_test(machine(serve), settings=settings(QUIET, max_examples=40))


def test_a_disagreement_is_a_script() -> None:
    """What was created, what was sent, what was answered, and what the policy says."""
    error = caught(Skips)
    assert [line.split(":")[0] for line in error.script] == ["create order 1", "PUT order 1"]
    assert '"status": "shipped"' in error.script[1]
    assert error.script[1].endswith("} -> 200")
    assert str(error).splitlines() == [
        "the service and the policy disagree",
        '  1. create order 1: {"status": "pending"} (status is pending)',
        f"  2. {error.script[1]}",
        "the service accepted the update; by the policy it is refused: status",
        (
            "  AWAL-STATUS-1: status cannot be changed: status is pending and status asked for is shipped; "
            "only accepted may follow pending"
        ),
        "    why: the status moves on step by step: pending, accepted, shipped, delivered, completed",
        "  rests on A1: *progressively* is read as one step at a time",
    ]


class Failing(FakeAwal):
    """Answers nothing but that it failed."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Any:
        """Fail."""
        return super().handle(method, path, query, body)._replace(status=500)


class Crashing(FakeAwal):
    """Falls over what it refuses."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Any:
        """Answer, or raise."""
        answer = super().handle(method, path, query, body)
        if answer.status == 422:
            raise KeyError("address")
        return answer


class Lenient(FakeAwal):
    """Takes bodies that cannot be read."""

    def handle(self, method: str, path: str, query: Any, body: bytes | str) -> Any:
        """Answer what is unreadable as if it were read."""
        answer = super().handle(method, path, query, body)
        return answer._replace(status=200) if answer.status == 400 else answer


@pytest.mark.parametrize(
    ("serve", "said"),
    [
        (Failing, "the service failed on"),
        (Lenient, "the service accepted a body that cannot be read"),
        (Crashing, "while updating the order, the service raised KeyError: 'address'"),
    ],
)
def test_a_failure_and_leniency_are_disagreements(serve: Callable[[], Any], said: str) -> None:
    """Each in its own words."""
    assert caught(serve).verdict.startswith(said)


def test_a_lenient_server_may_be_lenient() -> None:
    """Where the machine is told so."""
    tolerant = type("Tolerant", (machine(Lenient),), {"invalid_body_codes": ()})
    run_state_machine_as_test(tolerant, settings=settings(QUIET, max_examples=20))


class Verdicts(OrderMachine):
    """Of a service that only says yes or no, and whose orders cannot be read back; all begin as pending."""

    policy = awal.POLICY

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeAwal()

    def starting_orders(self) -> Any:
        """Give the only one."""
        return st.just(awal.Order(status="pending"))

    def create_order(self, order: Any) -> int:
        """Store it."""
        return self.fake.add(order)

    def send_update(self, handle: Any, body: dict[str, object]) -> bool:
        """Say yes or no."""
        return self.fake.handle("PUT", f"/orders/{handle}", "phone_number_id=1", json.dumps(body)).status == 200

    def read_order(self, handle: Any) -> None:
        """Show nothing."""
        del handle


def test_a_service_may_answer_yes_and_no() -> None:
    """And show nothing."""
    run_state_machine_as_test(Verdicts, settings=settings(QUIET, max_examples=20))


def test_what_is_not_overridden_says_so() -> None:
    """By name."""

    class Bare(OrderMachine):
        policy = awal.POLICY

    bare = Bare()
    for call in (lambda: bare.create_order(None), lambda: bare.send_update(1, {}), lambda: bare.read_order(1)):
        with pytest.raises(NotImplementedError, match="override"):
            call()


def test_what_a_machine_cannot_use_is_told() -> None:
    """A policy that is none, an answer that is no status, an order of no platform."""

    class Nameless(OrderMachine):
        """Forgets its policy."""

    with pytest.raises(TypeError, match="the machine has no policy"):
        Nameless()
    for name, wrong, said in (
        ("send_update", "200", "send_update must return an HTTP status or a bool, got str"),
        ("read_order", {"id": 1}, "read_order must return an order of awal or None, got dict"),
    ):
        odd = type("Odd", (machine(FakeAwal),), {name: lambda *_, wrong=wrong: wrong})
        with pytest.raises(TypeError, match=said):
            run_state_machine_as_test(odd, settings=settings(QUIET, max_examples=20))


def test_servers_are_reached_as_http_would() -> None:
    """The wrong ones are fakes with one mistake each."""
    assert all(isinstance(serve(), FakeAwal | FakeSalla) for serve in WRONG)
    assert len(WRONG) == 10
