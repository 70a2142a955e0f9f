"""The example service on a local port agrees with the state machine and with its OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import CHECKS

from orderrules import awal
from orderrules.testing import OrderMachine
from orderrules.testing.walk import kinds_of_orders
from tests.kit.service_process import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the service in another process with its orders in a database, and yield its URL."""
    with serving("service", ORDERS=f"sqlite:///{tmp_path_factory.mktemp('service')}/orders.sqlite") as address:
        yield address


@pytest.mark.any_python
def test_the_state_machine_agrees_with_the_service(address: str) -> None:
    """Every answer and every order read back must be what the policy says."""
    awal_orders = kinds_of_orders(awal.POLICY)
    with httpx.Client(base_url=address) as client:

        class Service(OrderMachine):
            policy = awal.POLICY
            walk_seconds = 60.0

            def starting_orders(self) -> list[Any]:
                return [order for order in awal_orders if order.status in set(awal.Status)]

            def create_order(self, order: Any) -> int:
                body = {key: value for key, value in awal.to_payload(order).items() if value is not None}
                return int(client.post("/orders", json=body).json()["data"]["id"])

            def send_update(self, handle: Any, body: dict[str, object]) -> int:
                return client.put(f"/orders/{handle}", params={"phone_number_id": "1"}, json=body).status_code

            def read_order(self, handle: Any) -> awal.Order:
                return awal.read_order(client.get(f"/orders/{handle}").content)

        run_settings = settings(
            Service.TestCase.settings,
            max_examples=8,
            stateful_step_count=12,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
        )
        run_state_machine_as_test(Service, settings=run_settings)
        assert Service.walk_report is not None
        assert Service.walk_report.is_complete


def test_every_answer_is_documented_in_the_openapi_document(address: str) -> None:
    """The requests are generated from its schemas, and no answer is a server error."""
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    checks = [
        CHECKS.get_one(name)
        for name in ("not_a_server_error", "status_code_conformance", "response_schema_conformance")
    ]
    run_settings = settings(
        max_examples=25,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    operations: set[str] = set()
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # an error would be raised here.
        operations.add(operation.label)

        @run_settings
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            case.call_and_validate(base_url=address, checks=checks)

        run()
    assert operations == {"GET /orders/{number}", "POST /orders", "PUT /orders/{number}"}
