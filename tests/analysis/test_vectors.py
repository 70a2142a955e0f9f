"""The vectors are what the policy and the oracle say, cover every cell, and keep to their own schema."""

from __future__ import annotations

import itertools
import json
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from orderrules import awal, salla
from orderrules.analysis import vectors
from tests.kit import oracle, toy
from tests.kit.draw_tables import POLICIES
from tests.kit.schemas import validator

SUITES: Final[dict[str, Any]] = {platform: vectors.suite(policy) for platform, policy in POLICIES.items()}


@pytest.mark.parametrize("platform", POLICIES)
def test_a_suite_keeps_to_its_schema_and_is_json(platform: str) -> None:
    """Written and read again, it is the same."""
    suite = SUITES[platform]
    assert validator(vectors.SCHEMA).is_valid(suite)
    assert json.loads(json.dumps(suite)) == suite


def test_the_schema_refuses_what_is_no_suite() -> None:
    """A key less, a key more, a verdict that is no boolean."""
    schema = Draft202012Validator(vectors.SCHEMA)
    suite = SUITES["awal"]
    assert not schema.is_valid({key: value for key, value in suite.items() if key != "digest"})
    assert not schema.is_valid({**suite, "more": 1})
    assert not schema.is_valid({**suite, "updates": [{**suite["updates"][0], "allowed": "yes"}]})


@pytest.mark.parametrize("platform", POLICIES)
def test_every_vector_is_decided_as_it_says(platform: str) -> None:
    """By the policy, from the order's payload and the body alone; what no payload tells, the facts do."""
    policy = POLICIES[platform]
    for vector in SUITES[platform]["updates"]:
        decision = policy.can_update(order_of(platform, vector), read_patch(platform, vector["body"]))
        assert vector["allowed"] is decision.allowed
        assert vector["violated"] == [violation.rule.id for violation in decision.violations]
        assert vector["waived"] == [waiver.id for waiver in decision.waivers]
        assert vector["rests_on"] == [assumption.id for assumption in decision.assumptions]
    for vector in SUITES[platform]["actions"]:
        assert vector["allowed"] is policy.can(order_of(platform, vector), vector["action"]).allowed


def order_of(platform: str, vector: Any) -> Any:
    """Read the order of a vector."""
    if platform == "awal":
        return awal.read_order(vector["order"])
    return salla.read_order(vector["order"], guest=vector["facts"].get("customer") == "guest")


def read_patch(platform: str, body: Any) -> Any:
    """Read the body of a vector."""
    return (salla if platform == "salla" else awal).read_patch(body)


def test_every_vector_is_as_the_oracle_says() -> None:
    """Which imports no rule."""
    for vector in SUITES["salla"]["updates"]:
        facts = vector["facts"]
        shown = facts.get("customer")
        closed = oracle.salla_closed(facts["status"], vector["body"], draft=facts["draft"], customer=shown)
        assert set(vector["closed"]) == closed
    for vector in SUITES["salla"]["actions"]:
        assert vector["allowed"] is oracle.salla_can(vector["facts"]["status"], vector["action"])
    for vector in SUITES["awal"]["updates"]:
        closed = oracle.awal_closed(vector["facts"]["status"], vector["body"].get("status"))
        assert set(vector["closed"]) == closed


@pytest.mark.parametrize("policy", [*POLICIES.values(), toy.POLICY], ids=lambda policy: policy.name)
def test_the_vectors_cover_every_cell(policy: Any) -> None:
    """Each section and each thing asked for, at every point of an order; each action as well."""
    suite: Any = vectors.suite(policy)
    seen = {
        (tuple(vector["facts"].values()), key, str(value) if key in {"status", "stage"} else "")
        for vector in suite["updates"]
        if len(vector["body"]) == 1
        for key, value in vector["body"].items()
    }
    asked: list[str] = {"salla": [], "awal": list(awal.Status), "toy": list(toy.Stage)}[policy.name]  # type: ignore[assignment]
    orders = {tuple(vector["facts"].values()) for vector in suite["updates"]}
    keys = [key for key in itertools.chain(*suite["sections"].values()) if key not in {"status", "stage"}]
    followed = "stage" if policy.name == "toy" else "status"
    assert len(orders) == policy.order_type.__space__.size
    for facts in orders:
        assert all((facts, key, "") in seen for key in keys)
        assert all((facts, followed, value) in seen for value in asked)
    assert len(suite["actions"]) == len(orders) * len(policy.actions or ())
    assert any(len(vector["body"]) == len(keys) + bool(asked) for vector in suite["updates"])
    assert any(vector["body"] == {} for vector in suite["updates"])
