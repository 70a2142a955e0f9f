"""The state machine catches every wrong server with its default settings, and never accuses a right one."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from orderrules import awal
from orderrules.reading.fields import slots_of
from orderrules.testing import (
    DisagreementError,
    FakeAwal,
    FakeSalla,
    HarnessError,
    IncompleteWalkWarning,
    OrderMachine,
)
from tests.kit.servers import (
    RIGHT,
    WRONG,
    AcceptsChoicesInAnyCase,
    AppliesHalfOfARefusal,
    DropsFalsyValues,
    DropsNestedCoordinates,
    FailsOnNoEmployees,
    ForbidsEarlyDelivery,
    IgnoresCase,
    LooksAtTheFirstKey,
    LosesAnUpdateUnderRetry,
    OpensAGuestsReceiver,
    Skips,
    SkipsIfPaid,
    StripsText,
    WipesByAnEmptyObject,
    machine,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_python

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


@pytest.mark.parametrize("serve", WRONG, ids=lambda serve: serve.__name__)
def test_a_wrong_server_is_caught_and_shown_in_the_fewest_requests_and_keys(serve: Callable[[], Any]) -> None:
    """Only a mistake in a sequence needs more than one request, and only four need two keys."""
    error = find_disagreement(serve)
    bodies = [json.loads(line.partition(": ")[2].rpartition(" -> ")[0]) for line in error.script if "PUT" in line]
    assert len(bodies) == 1 + 2 * (serve is LosesAnUpdateUnderRetry) + (serve is WipesByAnEmptyObject)
    two = {SkipsIfPaid, AppliesHalfOfARefusal, LooksAtTheFirstKey, ForbidsEarlyDelivery}
    assert [len(body) for body in bodies] == [2 if serve in two else 1] * len(bodies)


@pytest.mark.parametrize("number", range(5))
def test_a_wrong_server_is_caught_whatever_the_seed(number: int) -> None:
    """With the default settings, also where chance plays a part. ``make machine`` does this for all of them."""
    for serve in (IgnoresCase, DropsFalsyValues, OpensAGuestsReceiver, LosesAnUpdateUnderRetry):
        kind = machine(serve)
        random.seed(number)
        assert find_disagreement(serve, settings(kind.TestCase.settings, database=None)).script


@pytest.mark.parametrize("serve", RIGHT, ids=["awal", "salla"])
def test_a_right_server_is_not_accused(serve: Callable[[], Any]) -> None:
    """``benchmarks/machine.py`` runs the machine twenty thousand times."""
    run_state_machine_as_test(machine(serve), settings=settings(QUIET, max_examples=40))


def test_a_disagreement_shows_a_script() -> None:
    """It lists what was created, sent and answered, and what the policy says."""
    error = find_disagreement(Skips)
    assert str(error).splitlines() == [
        "the service and the policy disagree",
        '  1. create order 1: {"status": "pending"} (status is pending)',
        '  2. PUT order 1: {"status": "shipped"} -> 200',
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
    """There are 29 of them, with one mistake each."""
    assert all(isinstance(serve(), FakeAwal | FakeSalla) for serve in WRONG)
    assert len(WRONG) == 29


@pytest.mark.parametrize(
    ("serve", "verdict"),
    [
        (StripsText, 'order 1 was read back with other values: /customer/name was sent as "  x ", and read as "x"'),
        (DropsNestedCoordinates, "/ship_to/geo_coordinates/lng was sent as 2, and read as nothing"),
        (FailsOnNoEmployees, "by the policy it is allowed: no restriction on employees is documented"),
        (AppliesHalfOfARefusal, 'receiver was nothing before, and is {"name": "x"} now'),
        (AcceptsChoicesInAnyCase, "a body that cannot be read: /payment_status: expected one of paid, unpaid"),
    ],
)
def test_a_verdict_tells_what_was_sent_and_what_was_read(serve: Callable[[], Any], verdict: str) -> None:
    """By place, as JSON, and whether a restriction is documented at all."""
    assert verdict in find_disagreement(serve).verdict


def test_a_walk_puts_the_whole_table_to_the_server() -> None:
    """Each kind of order with each section, in less than the time that it may take."""
    for serve, cells in ((FakeSalla, 768), (FakeAwal, 60)):
        kind = machine(serve)
        run_state_machine_as_test(kind, settings=settings(QUIET, max_examples=1))
        report = kind.walk_report
        assert report is not None
        assert (report.cells, report.total) == (cells, cells)


def test_each_run_walks_anew_and_a_failed_walk_fails_each_example() -> None:
    """A server that is repaired in the meantime passes."""
    kind = machine(FakeAwal)
    broken: Any = type("Broken", (kind,), {"send_update": lambda *_: 500})
    for _ in range(2):
        with pytest.raises(DisagreementError, match="the service failed on the update"):
            run_state_machine_as_test(broken, settings=settings(QUIET, max_examples=3))
    broken.send_update = kind.send_update
    run_state_machine_as_test(broken, settings=settings(QUIET, max_examples=3))


def test_a_slow_service_ends_the_walk_with_a_warning() -> None:
    """It says how much of the table was covered."""
    slow = type("Slow", (machine(FakeAwal),), {"walk_seconds": 0.0})
    with pytest.warns(IncompleteWalkWarning, match=r"0 of 60 cells of the table were put to the service"):
        run_state_machine_as_test(slow, settings=settings(QUIET, max_examples=1))


def test_starting_orders_may_be_a_list_or_a_strategy() -> None:
    """The walk covers their cells."""
    pending = awal.Order(status="pending")
    for orders in ([pending], st.just(pending)):
        kind: Any = type("One", (machine(FakeAwal),), {"starting_orders": lambda _, orders=orders: orders})
        run_state_machine_as_test(kind, settings=settings(QUIET, max_examples=2))
        assert kind.walk_report.total == 10


class Harness:
    """Mistakes in an adapter, each with what it says."""

    def misses_a_field(self, handle: Any) -> Any:
        """Ask for a field that the answer does not have."""
        return {"id": handle}["status"]

    def misspells(self, handle: Any) -> Any:
        """Give a field that an order does not have."""
        return awal.Order(status="pending").replace(sttatus=str(handle))

    def misspells_deeper(self, handle: Any) -> Any:
        """Fail in a function of the adapter's method."""

        def read() -> Any:
            return handle.status

        return read()


@pytest.mark.parametrize("name", ["misses_a_field", "misspells", "misspells_deeper"])
def test_a_mistake_of_the_adapter_is_no_mistake_of_the_service(name: str) -> None:
    """It is told as such, with the method and the script so far."""
    kind = type("Odd", (machine(FakeAwal),), {"read_order": getattr(Harness, name)})
    with pytest.raises(
        HarnessError, match=r"(?s)read_order itself failed while reading the order back.*create order 1"
    ):
        run_state_machine_as_test(kind, settings=settings(QUIET, max_examples=2))


def test_machines_of_two_platforms_do_not_know_what_the_other_shows() -> None:
    """A key that a Salla service shows is not expected of an Awal service."""
    for serve in (FakeSalla, FakeAwal, FakeSalla):
        kind = machine(serve)
        run_state_machine_as_test(kind, settings=settings(QUIET, max_examples=3))
        assert kind._shown_keys <= set(slots_of(kind.policy.patch_type))
    assert OrderMachine._shown_keys == set()


def test_initialize_rules_are_run_before_the_walk() -> None:
    """A machine may connect to its service there."""
    shipped: Any = machine(FakeAwal)

    class Late(shipped):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.late: Any = self.server
            self.server: Any = None

        @initialize()
        def connect(self) -> None:
            self.server = self.late

    run_state_machine_as_test(Late, settings=settings(QUIET, max_examples=2))
    assert Late.walk_report is not None
