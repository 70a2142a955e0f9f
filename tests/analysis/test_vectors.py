"""The vectors agree with the policy and the oracle, cover every cell, and match their own schema."""

from __future__ import annotations

import itertools
import json
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from orderrules import awal, salla
from orderrules.analysis import vectors
from tests.kit import oracle, toy
from tests.kit.schemas import validator
from tests.kit.specs import POLICIES

SUITES: Final[dict[str, Any]] = {platform: vectors.suite(policy) for platform, policy in POLICIES.items()}


@pytest.mark.parametrize("platform", POLICIES)
def test_a_suite_matches_its_schema_and_is_json(platform: str) -> None:
    """A suite that is written and read again is the same."""
    suite = SUITES[platform]
    assert validator(vectors.SCHEMA).is_valid(suite)
    assert json.loads(json.dumps(suite)) == suite


def test_the_schema_rejects_an_invalid_suite() -> None:
    """Missing keys, extra keys and wrong types are rejected."""
    schema = Draft202012Validator(vectors.SCHEMA)
    suite = SUITES["awal"]
    assert not schema.is_valid({key: value for key, value in suite.items() if key != "digest"})
    assert not schema.is_valid({**suite, "more": 1})
    assert not schema.is_valid({**suite, "updates": [{**suite["updates"][0], "allowed": "yes"}]})


@pytest.mark.parametrize("platform", POLICIES)
def test_the_policy_decides_every_vector_as_recorded(platform: str) -> None:
    """It needs the payload and the body; a fact that is not in the payload is read from the vector."""
    policy = POLICIES[platform]
    for vector in SUITES[platform]["updates"]:
        decision = policy.can_update(order_of(platform, vector), read_patch(platform, vector["body"]))
        assert vector["allowed"] is decision.allowed
        assert vector["violated"] == [violation.rule.id for violation in decision.violations]
        assert vector["waived"] == [waiver.id for waiver in decision.waivers]
        assert vector["rests_on"] == [assumption.id for assumption in decision.assumptions]
    for vector in SUITES[platform]["actions"]:
        given = policy.given(**vector["given"])
        assert vector["allowed"] is given.can(order_of(platform, vector), vector["action"]).allowed


def test_vectors_of_a_policy_with_settings_name_them() -> None:
    """Each vector says what was given."""
    suite: Any = vectors.suite(salla.POLICY.given(store_allows_cancellation=False))
    given = {"store_allows_cancellation": False}
    assert all(vector["given"].items() >= given.items() for vector in (*suite["updates"], *suite["actions"]))
    assert not any(vector["allowed"] for vector in suite["actions"] if vector["action"] == "cancel")


def order_of(platform: str, vector: Any) -> Any:
    """Read the order of a vector."""
    if platform == "awal":
        return awal.read_order(vector["order"])
    return salla.read_order(vector["order"], guest=vector["facts"].get("customer") == "guest")


def read_patch(platform: str, body: Any) -> Any:
    """Read the body of a vector."""
    return (salla if platform == "salla" else awal).read_patch(body)


def test_the_oracle_decides_every_vector_as_recorded() -> None:
    """The oracle imports no rules."""
    for vector in SUITES["salla"]["updates"]:
        facts = vector["facts"]
        customer = facts.get("customer")
        closed = oracle.salla_closed(status_of(vector), vector["body"], draft=facts["draft"], customer=customer)
        assert set(vector["closed"]) == closed
    for vector in SUITES["salla"]["actions"]:
        settings = {name.removeprefix("store_allows_"): value for name, value in vector["given"].items()}
        assert vector["allowed"] is oracle.salla_can(status_of(vector), vector["action"], **settings)
    for vector in SUITES["awal"]["updates"]:
        closed = oracle.awal_closed(status_of(vector), vector["body"].get("status"))
        assert set(vector["closed"]) == closed


def status_of(vector: Any) -> str:
    """Return the status of a vector's order; one that the page does not list is an object."""
    status = vector["facts"]["status"]
    assert status == {"state": "unknown"} or isinstance(status, str)
    return status if isinstance(status, str) else "unknown"


@pytest.mark.parametrize("policy", [*POLICIES.values(), toy.POLICY], ids=lambda policy: policy.name)
def test_the_vectors_cover_every_cell(policy: Any) -> None:
    """Every section, requested value and action occurs at every point of an order."""
    suite: Any = vectors.suite(policy)
    covered = {
        (json.dumps(vector["facts"]), key, str(value) if key in {"status", "stage"} else "")
        for vector in suite["updates"]
        if len(vector["body"]) == 1
        for key, value in vector["body"].items()
    }
    requested: list[str] = {"salla": [], "awal": list(awal.Status), "toy": list(toy.Stage)}[policy.name]  # type: ignore[assignment]
    orders = {json.dumps(vector["facts"]) for vector in suite["updates"]}
    keys = [key for key in itertools.chain(*suite["sections"].values()) if key not in {"status", "stage"}]
    status_key = "stage" if policy.name == "toy" else "status"
    assert len(orders) == policy.order_type.__space__.size
    for facts in orders:
        assert all((facts, key, "") in covered for key in keys)
        assert all((facts, status_key, value) in covered for value in requested)
    # An action is asked about without its setting, and with each value of it.
    settings = sum(len(parameter.values) for parameter in policy.parameters)
    assert len(suite["actions"]) == len(orders) * (len(policy.actions or ()) + settings)
    assert any(len(vector["body"]) == len(keys) + bool(requested) for vector in suite["updates"])
    assert any(vector["body"] == {} for vector in suite["updates"])
