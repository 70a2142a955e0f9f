"""``check_service`` walks through a whole table without Hypothesis; ``check_races`` sends two updates at once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from orderrules import UNSET, Code, InvalidInput, Policy, awal, salla
from orderrules.testing import (
    FakeAwal,
    FakeSalla,
    HarnessError,
    IncompleteWalkWarning,
    check_races,
    check_service,
)
from orderrules.testing.walk import kinds_of_orders, unreadable_bodies
from tests.kit import toy
from tests.kit.servers import WRONG, LosesAnUpdateUnderRetry, WipesByAnEmptyObject, machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderrules.testing import Fake, RaceReport, Report

pytestmark = pytest.mark.any_python

RIGHT = [(FakeSalla, salla.POLICY), (FakeAwal, awal.POLICY)]


def check(serve: Callable[[], Fake[Any, Any]], **options: Any) -> Report:
    """Walk with a fake that is reached by functions."""
    server = serve()
    policy: Policy[Any, Any] = machine(serve).policy
    query = {"phone_number_id": "1"} if policy.name == "awal" else {}

    def send(handle: Any, body: dict[str, object]) -> int:
        return server.handle("PUT", f"/orders/{handle}", query, json.dumps(body)).status

    options = {"seconds": 60, **options}
    return check_service(policy, send, create=server.add, read=server.orders.__getitem__, **options)


@pytest.mark.parametrize("serve", [serve for serve, _ in RIGHT])
def test_a_right_service_passes(serve: Any) -> None:
    """The report says how much was sent."""
    report = check(serve)
    assert report
    assert report.is_complete
    assert f"{report.total} of {report.total} cells of the table were put to the service, with " in str(report)


@pytest.mark.parametrize("serve", WRONG, ids=lambda serve: serve.__name__)
def test_a_wrong_service_is_reported(serve: Any) -> None:
    """Each disagreement once, in its shortest script. One mistake shows only in a sequence, for which a machine is."""
    report = check(serve)
    if serve is LosesAnUpdateUnderRetry:
        assert report
        return
    assert not report
    assert 1 <= len(report.disagreements) <= 10
    assert all(len(error.script) == 2 + (serve is WipesByAnEmptyObject) for error in report.disagreements)
    assert str(report.disagreements[0]) in str(report)


def test_the_options_of_a_walk_are_followed() -> None:
    """Orders, codes, what is not shown, and the time."""
    pending = [awal.Order(status="pending")]
    assert check(FakeAwal, orders=pending).total == 10
    with pytest.warns(IncompleteWalkWarning, match="0 of 60 cells .*; for more, set seconds"):
        assert check(FakeAwal, seconds=0).cells == 0
    with pytest.raises(ValueError, match="needs at least one order"):
        check(FakeAwal, orders=[])
    with pytest.raises(ValueError, match=r"no body key brnch_id - did you mean branch_id\?"):
        check(FakeAwal, write_only={"brnch_id"})
    with pytest.raises(TypeError, match="got the string 'branch_id'"):
        check(FakeAwal, write_only="branch_id")
    lenient = check(FakeAwal, orders=pending, invalid_body_codes=())
    assert lenient.probes < check(FakeAwal, orders=pending).probes
    with pytest.raises(ValueError, match="a machine cannot send bodies with a problem of the code not_json"):
        check(FakeAwal, invalid_body_codes=("not_json",))


def hide(order: salla.Order) -> salla.Order:
    """Return an order as a service shows it that tells neither the coupon nor whether the receiver is notified."""
    if not isinstance(order.written, salla.Patch):
        return order
    shown = order.written.replace(coupon_code=UNSET)
    if isinstance(shown.receiver, salla.Receiver):
        shown = shown.replace(receiver=shown.receiver.replace(notify=UNSET))
    return order.replace(written=shown)


def test_what_a_service_does_not_show_is_not_compared() -> None:
    """A key that is never shown; and a place in a body, if it is named."""
    server = FakeSalla()

    def send(handle: Any, body: dict[str, object]) -> int:
        return server.handle("PUT", f"/orders/{handle}", {}, json.dumps(body)).status

    def check_it(*write_only: str) -> Report:
        orders = [salla.Order(status="in_progress")]
        return check_service(
            salla.POLICY,
            send,
            create=server.add,
            read=lambda number: hide(server.orders[number]),
            orders=orders,
            write_only=write_only,
        )

    assert check_it("receiver/notify")
    (error, *_) = check_it().disagreements
    assert "/receiver/notify was sent as false, and read as nothing" in error.verdict
    assert check_it("receiver")
    assert check_it("written")


def test_a_service_may_show_nothing() -> None:
    """Then only the answers are compared."""
    server = FakeAwal()

    def send(handle: Any, body: dict[str, object]) -> bool:
        return server.handle("PUT", f"/orders/{handle}", "phone_number_id=1", json.dumps(body)).status == 200

    assert check_service(awal.POLICY, send, create=server.add)


def test_a_function_that_fails_itself_is_told_as_that() -> None:
    """Nothing is known about the service then."""

    def send(handle: Any, body: dict[str, object]) -> int:
        del handle
        return dict[str, int]()[str(body)]

    with pytest.raises(HarnessError, match=r"send itself failed while updating the order, .*KeyError"):
        check_service(awal.POLICY, send, create=lambda order: order)


def test_a_walk_needs_no_hypothesis() -> None:
    """It can run where only the library is installed."""
    code = (
        "import sys; sys.modules['hypothesis'] = sys.modules['pytest'] = None\n"
        "from orderrules.testing import check_service, check_races\nprint(check_service.__name__, check_races.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "check_service check_races\n", done.stderr


def test_choices_in_another_case_are_among_the_bodies_that_cannot_be_read() -> None:
    """And among the statuses that are not known."""
    bodies = unreadable_bodies(awal.POLICY, (Code.NOT_A_CHOICE,))
    assert {"payment_status": "Paid"} in bodies
    assert {"payment_status": " paid"} in bodies
    assert {order.status for order in kinds_of_orders(salla.POLICY)} >= {"Completed", "Waiting to receive it"}
    assert len(kinds_of_orders(toy.POLICY)) == 12


class Careless:
    """A service in memory that reads an order, decides, and writes it, without a lock."""

    def __init__(self, policy: Policy[Any, Any], read: Any, pause: float) -> None:
        self.policy, self.read_patch, self.pause = policy, read, pause
        self.orders: dict[int, Any] = {}

    def create(self, order: Any) -> int:
        """Store an order."""
        number = len(self.orders) + 1
        self.orders[number] = order.replace(id=number)
        return number

    def send(self, number: int, body: dict[str, object]) -> int:
        """Update an order."""
        try:
            patch = self.read_patch(body)
        except InvalidInput:
            return 400
        order = self.orders[number]
        if not self.policy.can_update(order, patch):
            return 422
        time.sleep(self.pause)
        self.orders[number] = self.policy.apply(order, patch)
        return 200

    async def send_task(self, number: int, body: dict[str, object]) -> int:
        """Update an order in a task."""
        order, patch = self.orders[number], self.read_patch(body)
        if not self.policy.can_update(order, patch):
            return 422
        await asyncio.sleep(0)
        self.orders[number] = self.policy.apply(order, patch)
        return 200


PLATFORMS: list[tuple[Policy[Any, Any], Any]] = [(salla.POLICY, salla.read_patch), (awal.POLICY, awal.read_patch)]


@pytest.mark.parametrize(("policy", "read"), PLATFORMS, ids=["salla", "awal"])
def test_a_race_is_caught_in_threads_and_in_tasks(policy: Any, read: Any) -> None:
    """Something is let through or lost, and the script says which."""
    careless = Careless(policy, read, 0.0005)
    report = check_races(policy, careless.send, create=careless.create, read=careless.orders.__getitem__, seconds=60)
    assert not report
    assert any("lost" in str(error) or "no order of the two explains" in str(error) for error in report.disagreements)
    assert all(line.startswith("PUT order 1, at once: ") for error in report.disagreements for line in error.script[1:])
    again = check_races(
        policy, careless.send_task, create=careless.create, read=careless.orders.__getitem__, seconds=60
    )
    assert not again
    assert f"{again.pairs} pairs of updates were sent at once" in str(again)


def test_a_customer_that_is_replaced_twice_at_once_is_caught_by_the_answers_alone() -> None:
    """A guest may become a registered customer once."""
    careless = Careless(salla.POLICY, salla.read_patch, 0.0005)
    orders = [salla.Order(status="in_progress", customer=salla.CustomerKind.GUEST)]
    report = check_races(salla.POLICY, careless.send, create=careless.create, orders=orders, seconds=60)
    assert [error.script[1] for error in report.disagreements] == [
        'PUT order 1, at once: {"customer": {"id": 1}} -> 200'
    ]
    assert "no order of the two explains both answers; by the policy they are 200/refused or refused/200" in str(report)


@pytest.mark.parametrize(("serve", "policy"), RIGHT, ids=["salla", "awal"])
def test_a_right_service_has_no_race(serve: Any, policy: Any) -> None:
    """The fakes have a lock."""
    server = serve()

    def send(handle: Any, body: dict[str, object]) -> int:
        return int(server.handle("PUT", f"/orders/{handle}", {"phone_number_id": "1"}, json.dumps(body)).status)

    report = check_races(policy, send, create=server.add, read=server.orders.__getitem__, rounds=10, seconds=60)
    assert report, str(report)
    assert report.rounds == 10 * report.pairs
    assert sys.getswitchinterval() > 1e-4
    assert threading.active_count() < 10


def test_races_stop_in_time() -> None:
    """What does not fit is left out, and the report says so."""
    careless = Careless(awal.POLICY, awal.read_patch, 0)
    with pytest.warns(IncompleteWalkWarning, match="0 pairs of updates were sent at once, 0 times"):
        report = check_races(awal.POLICY, careless.send, create=careless.create, seconds=0)
    assert (report.pairs, report.rounds, report.is_complete) == (0, 0, False)
    with pytest.raises(ValueError, match="rounds must be 1 or more"):
        check_races(awal.POLICY, careless.send, create=careless.create, rounds=0)


class Optimistic(Careless):
    """A right service that answers 409 to an update that met another one."""

    def send(self, number: int, body: dict[str, object]) -> int:
        """Write only if nobody has written meanwhile."""
        order, patch = self.orders[number], self.read_patch(body)
        if not self.policy.can_update(order, patch):
            return 422
        time.sleep(self.pause)
        with self.lock:
            if self.orders[number] is not order:
                return 409
            self.orders[number] = self.policy.apply(order, patch)
        return 200

    lock = threading.Lock()


@pytest.mark.parametrize("hidden", ["receiver/name", "receiver", "ship_to/country", "written"])
def test_a_race_with_a_service_that_hides_something(hidden: str) -> None:
    """What is write-only is not compared; without that it is found to be lost, unless the whole key is never shown."""
    key, _, name = hidden.partition("/")
    service = Optimistic(salla.POLICY, salla.read_patch, 0)

    def read(number: int) -> Any:
        order = service.orders[number]
        if order.written is UNSET:
            return order
        shown = {} if hidden == "written" else salla.to_body(order.written)
        if name and isinstance(inner := shown.get(key), dict):
            inner.pop(name, None)
        elif not name:
            shown.pop(key, None)
        return order.replace(written=salla.read_patch(shown))

    def race(*write_only: str) -> RaceReport:
        orders = [salla.Order(status="in_progress")]
        return check_races(
            salla.POLICY,
            service.send,
            create=service.create,
            read=read,
            orders=orders,
            write_only=write_only,
            rounds=2,
            seconds=60,
        )

    assert race(hidden), str(race(hidden))
    assert bool(race()) is (name == ""), str(race())


@pytest.mark.parametrize(("policy", "read"), PLATFORMS, ids=["salla", "awal"])
def test_a_conflict_is_no_mistake(policy: Any, read: Any) -> None:
    """An update that is answered with 409 was not taken."""
    service = Optimistic(policy, read, 0.0005)
    report = check_races(
        policy, service.send, create=service.create, read=service.orders.__getitem__, rounds=3, seconds=60
    )
    assert report, str(report)


def test_an_exception_of_the_services_own_method_is_its_mistake() -> None:
    """A function of the caller's own is an adapter, a method of the service is not."""

    class Broken(Careless):
        def send(self, number: int, body: dict[str, object]) -> int:
            return {"status": 200}[str(body.get("x", number))]

    service = Broken(awal.POLICY, awal.read_patch, 0)
    report = check_service(awal.POLICY, service.send, create=service.create)
    assert "while updating the order, the service raised KeyError" in report.disagreements[0].verdict
