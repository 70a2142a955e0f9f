"""The problems of a body are the same in every way of reading."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import InvalidInput, awal, salla
from orderrules.reading.diagnosis import diagnose
from orderrules.reading.strict_json import UnsureError
from tests.kit import toy
from tests.kit.ways_to_read import outcomes

VALUES: Final[list[Any]] = [
    *(None, True, 0, 7, 1 << 70, 10**101, 1.5, float("nan"), float("inf"), "", "7", "a\0", "\ud800", "قميص"),
    *("paid", "payed", "PAID", "pending", "2024-03-12", "2024-02-30", "12.3.2024"),
    *([], [1], [None, "x"], [[]], {}, {"name": 1}, {"phone": "1", "lat": 1}, {"geo_coordinates": {"lon": 1}}),
    *({"mobile_code": 1, "avatar": 2}, {"event": 1}, {"notify": 1, "name": None, "nmae": "x"}, {"amount": "1"}),
]
KEYS: Final = [
    *(key for section in salla.Section for key in salla.POLICY.keys_of(section)),
    *(key for section in awal.Section for key in awal.POLICY.keys_of(section)),
    *("street", "stage", "reciever", "event", "success", "data", "status_id", "a/b~c", "ü", "x" * 200, ""),
]
BODIES: Final = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=6)


@given(BODIES)
def test_every_way_finds_the_same_problems(body: dict[str, Any]) -> None:
    """The codes, parameters, places, hints and their order are the same, for a dict and for a document."""
    for read in (salla.read_patch, awal.read_patch, toy.ENDPOINT.read_patch):
        for given_body in (body, json.dumps(body), json.dumps(body).encode()):
            careful, *others = outcomes(read, given_body)
            assert others == [careful, careful]


@pytest.mark.parametrize(
    "body",
    [
        dict.fromkeys(map(str, range(101)), 1),
        {"employees": ["x"] * 101},
        {"employees": [1] * 2000 + ["x"]},
        dict.fromkeys(map(str, range(2000)), 1),
        {"branch_id": "12", 7: 1},
        {"branch_id": "12", "customer": salla.Customer(name="x")},
        {"branch_id": "12", "coupon_code": salla.Section.COUPON},
        [],
        "{}",
        None,
    ],
    ids=lambda body: str(body)[:30],
)
def test_what_is_unusual_is_left_to_the_careful_way(body: Any) -> None:
    """The result is the same all the same."""
    careful, *others = outcomes(salla.read_patch, body)
    assert others == [careful, careful]
    with pytest.raises(UnsureError):
        diagnose(salla.Patch, body, salla.HINTS)


def test_plain_problems_are_found_without_it() -> None:
    """The problems are at their places, in the order of the body."""
    body = {"branch_id": "12", "courier_id": None, "receiver": {"notify": 1}, "employees": [1, "x"], "coupn_code": "x"}
    found = diagnose(salla.Patch, body, salla.HINTS)
    assert [(problem.pointer, problem.code.value) for problem in found] == [
        ("/branch_id", "wrong_type"),
        ("/courier_id", "null"),
        ("/receiver/notify", "wrong_type"),
        ("/employees/1", "wrong_type"),
        ("/coupn_code", "unknown_key"),
    ]
    with pytest.raises(InvalidInput) as caught:
        salla.read_patch(body)
    assert list(caught.value.problems) == found
