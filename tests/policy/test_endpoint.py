"""Endpoints recognise the path of an order, and write and recognise refusals."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from orderrules import InvalidInput, awal, can_update, salla

PLATFORMS = pytest.mark.parametrize("platform", [salla, awal], ids=["salla", "awal"])


@PLATFORMS
@pytest.mark.parametrize(
    ("path", "digits"),
    [
        ("/orders/7", "7"),
        ("orders/7", "7"),
        ("/admin/v2/orders/7/", "7"),
        ("/orders/8/orders/7", "7"),
        ("/orders/007", "007"),
        ("/orders/", None),
        ("/orders", None),
        ("/orders/7/status", None),
        ("/reorders/7", None),
        ("/orders/seven", None),
        ("/orders/\u0667", None),
        ("/orders/-7", None),
        ("/orders/7//", None),
        ("", None),
    ],
)
def test_a_path_names_an_order_if_it_ends_as_documented(platform: Any, path: str, digits: str | None) -> None:
    """Any segments may come before it."""
    assert platform.ENDPOINT.order_id(path) == digits


@PLATFORMS
def test_a_refusal_is_recognised_as_one(platform: Any) -> None:
    """It is unchanged when it is written and read as JSON."""
    endpoint = platform.ENDPOINT
    order: Any
    order, body = (
        (salla.Order(status="completed"), {"coupon_code": "EID"})
        if platform is salla
        else (awal.Order(status="pending"), {"status": "shipped"})
    )
    decision = can_update(order, platform.read_patch(body))
    response = json.loads(json.dumps(endpoint.refusal(decision)))
    assert response == endpoint.refusal(decision)
    assert decision.violations[0].message in json.dumps(response)
    assert endpoint.code_of(endpoint.refusal_status, response) is not None
    assert endpoint.code_of(200, response) is None
    assert endpoint.code_of(404, response) is None


def test_salla_distinguishes_invalid_values_from_refusals_by_rules() -> None:
    """There ``fields`` names the invalid values; Awal's responses do not differ."""
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch({"receiver": {"notify": 1}})
    response = salla.ENDPOINT.unreadable(caught.value)
    assert response["error"] == {
        "code": "validation_failed",
        "message": "the body cannot be read",
        "fields": {"receiver.notify": [caught.value.problems[0].message]},
    }
    assert salla.ENDPOINT.code_of(422, response) is None
    assert salla.ENDPOINT.code_of(422, {"error": {"code": "locked"}}) == "locked"
    assert salla.ENDPOINT.code_of(422, {}) == ""
    assert awal.ENDPOINT.code_of(400, {}) == awal.ENDPOINT.code_of(422, {}) == ""


def test_requests_are_read_from_id_query_and_body() -> None:
    """Both platforms take the same arguments."""
    assert salla.ENDPOINT.read_request("7", "any=1", b"{}") == salla.UpdateRequest(order_id=7, patch=salla.Patch())
    assert awal.ENDPOINT.read_request("7", "phone_number_id=1", "{}").patch == awal.Patch()
    assert repr(awal.ENDPOINT) == "<Endpoint awal: PUT /orders/{id}>"
    assert (salla.ENDPOINT.parameter, awal.ENDPOINT.parameter) == ("order_id", "id")


@pytest.mark.parametrize("path", ["orders/{id}", "/orders/7", "{id}", ""])
def test_a_path_without_a_place_for_the_id_is_a_value_error(path: str) -> None:
    """It is raised when the endpoint is built."""
    with pytest.raises(ValueError, match="the path of an endpoint must look like"):
        attrs.evolve(awal.ENDPOINT, path=path)


def test_an_endpoint_can_use_another_policy_of_its_platform() -> None:
    """The policy may have other assumptions or extra rules."""
    strict = salla.policy(completed=salla.COMPLETED_FAMILY)
    assert salla.ENDPOINT.under(strict).policy is strict
    assert salla.ENDPOINT.policy is salla.POLICY
    with pytest.raises(TypeError, match="expected a policy of the platform salla, got one of awal"):
        salla.ENDPOINT.under(awal.POLICY)  # type: ignore[arg-type]
