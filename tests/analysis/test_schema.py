"""A schema accepts what the strict reader accepts; the schema for an order, what is allowed now."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import UNKNOWN, UNSET, Fact, InvalidInput, Policy, Rule, awal, salla
from orderrules.authoring import write_body
from tests.kit import samples, toy
from tests.kit.policies import ACROSS, SPACES
from tests.kit.schemas import validator
from tests.kit.specs import POLICIES
from tests.kit.strategies import json_values, module_of, said, salla_patches, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator


BODIES = {platform: validator(policy.schema()) for platform, policy in POLICIES.items()}


def numbers_in(value: Any) -> Iterator[float]:
    """Yield the floats in a JSON value."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from numbers_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from numbers_in(item)


def is_readable(platform: str, body: object) -> bool:
    """Return whether the reader accepts a body."""
    try:
        module_of(POLICIES[platform]).read_patch(body)
    except InvalidInput:
        return False
    return True


bodies = st.dictionaries(
    st.sampled_from([key for platform in POLICIES for key in samples.SALLA | samples.AWAL] + ["status", "extra"]),
    json_values | st.sampled_from([to_json(value) for value in (*samples.SALLA.values(), *samples.AWAL.values())]),
    max_size=4,
)


@given(st.sampled_from(list(POLICIES)), bodies | json_values)
def test_schema_and_reader_agree_on_any_json(platform: str, body: object) -> None:
    """Left out: ``1.0``, which is not an integer here, and numbers that are not finite."""
    if any(number.is_integer() or not math.isfinite(number) for number in numbers_in(body)):
        return
    plain_body = json.loads(json.dumps(body))  # All keys are now plain strings, as in JSON.
    assert BODIES[platform].is_valid(plain_body) is is_readable(platform, plain_body)


@given(salla_patches)
def test_every_patch_of_salla_is_valid(patch: salla.Patch) -> None:
    """Its body is checked."""
    assert BODIES["salla"].is_valid(salla.to_body(patch))


@pytest.mark.parametrize(
    ("platform", "body", "valid"),
    [
        ("salla", {}, True),
        ("salla", {"coupon_code": "a\0b"}, False),
        ("salla", {"coupon_code": 1}, False),
        ("salla", {"coupon_code": None}, False),
        ("salla", {"branch_id": True}, False),
        ("salla", {"ship_to": {"geo_coordinates": {"lat": 1, "lng": 1.5}}}, True),
        ("salla", {"ship_to": {"colour": "red"}}, False),
        ("salla", {"employees": [1, "2"]}, False),
        ("salla", {"receiver": {"notify": 1}}, False),
        ("salla", {"status": "completed"}, False),
        ("awal", {"status": "shipped"}, True),
        ("awal", {"status": "canceled"}, False),
        ("awal", {"shipping_date": "2024-01-20"}, True),
        ("awal", {"shipping_date": "2024-02-30"}, False),
        ("awal", {"shipping_date": "20240120"}, False),
        ("awal", {"branch_id": 1}, False),
        ("awal", [], False),
    ],
)
def test_a_body_is_valid_exactly_if_it_is_readable(platform: str, body: Any, valid: bool) -> None:
    """There is one case for each kind of value."""
    assert BODIES[platform].is_valid(body) is valid
    assert is_readable(platform, body) is valid


@pytest.mark.parametrize("policy", [*POLICIES.values(), toy.POLICY, ACROSS], ids=["salla", "awal", "toy", "across"])
def test_the_schema_for_an_order_accepts_exactly_the_allowed_updates(policy: Policy[Any, Any]) -> None:
    """All orders, with every set of up to two keys, and with all keys."""
    orders, patches = SPACES[policy.name]
    checked = [patch for patch in patches if len(patch.keys) <= 2 or len(patch.keys) == len(attrs.fields(type(patch)))]
    for order in orders:
        narrowed = validator(policy.schema(order))
        for patch in checked:
            assert narrowed.is_valid(write_body(patch)) is policy.can_update(order, patch).allowed, (order, patch)


def test_a_requested_value_may_open_and_close_other_keys() -> None:
    """The schema then has an alternative for each group of requested values."""
    alternatives = ACROSS.schema(toy.Order(stage=toy.Stage.VAN))["anyOf"]
    assert isinstance(alternatives, list)
    assert [(sorted(alternative["properties"]), alternative.get("required", [])) for alternative in alternatives] == [
        (["door", "note", "street"], []),
        (["door", "note", "stage", "street"], ["stage"]),
        (["door", "stage", "street"], ["stage"]),
    ]


@pytest.mark.parametrize(("refused", "accepted"), [("long", {"short", "any"}), (UNKNOWN, {"short", "long"})])
def test_a_fact_with_any_value_is_narrowed_to_the_allowed_values(refused: Any, accepted: set[str]) -> None:
    """Listed values are named; of all other values, the closed ones are excluded."""
    fact = Fact("kind of note", values=(UNSET, "short", "long", UNKNOWN), attribute="note")
    open_to_all = toy.with_patch_fact(fact)
    policy = open_to_all.with_rules(
        Rule(id="SHOP-1", section=toy.Section.NOTE, only_if=fact.is_not(refused), reason="no more than that")
    )
    schema = validator(policy.schema(toy.Order(stage=toy.Stage.DESK)))
    assert {word for word in ("short", "long", "any") if schema.is_valid({"note": word})} == accepted
    assert not schema.is_valid({"note": 1})
    assert schema.is_valid({})
    every = validator(open_to_all.schema(toy.Order(stage=toy.Stage.DESK)))
    assert all(every.is_valid({"note": word}) for word in ("short", "long", "any"))


def test_schema_descriptions_name_the_rules() -> None:
    """Each key has its section, its rule, and the rule's id."""
    schema: Any = salla.POLICY.schema(salla.Order(status="completed", customer=salla.CustomerKind.NONE))
    assert schema["title"] == "salla: update of an order, as this order allows it now"
    assert list(schema["properties"]) == ["customer", "employees"]
    assert schema["properties"]["customer"]["description"] == (
        "part of customer; may change only while customer is absent or a guest (SALLA-CUSTOMER-1)"
    )
    pending: Any = awal.POLICY.schema(awal.Order(status="pending"))
    assert pending["properties"]["status"]["enum"] == ["pending", "accepted"]
    assert "status" not in awal.POLICY.schema(awal.Order(status="lost"))["properties"]  # type: ignore[operator]


def test_a_schema_for_an_order_of_another_platform_is_a_type_error() -> None:
    """The other methods behave in the same way."""
    with pytest.raises(TypeError, match="the salla policy accepts only its own orders"):
        salla.POLICY.schema(awal.Order(status="pending"))  # type: ignore[arg-type]


def test_said_returns_the_keys_of_a_patch() -> None:
    """Other tests rely on this function."""
    assert said(salla.Patch(coupon_code="x")) == {"coupon_code": "x"}


def test_integers_and_numbers_have_different_types() -> None:
    """Items of lists and fields of objects have types too."""
    properties: Any = salla.POLICY.schema()["properties"]
    assert properties["branch_id"]["type"] == "integer"
    assert properties["employees"]["items"] == {"type": "integer"}
    place: Any = properties["ship_to"]["properties"]["geo_coordinates"]["properties"]
    assert place["lat"] == {"type": "number"}
