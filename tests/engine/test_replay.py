"""A decision that was logged is decided again from its facts."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from orderrules import InvalidInput, Policy, awal, salla
from orderrules.authoring import UNSET
from orderrules.engine.digest import gist_of
from orderrules.engine.samples import orders_of, patch_at
from orderrules.grammar.orders import free_keys
from tests.kit import toy
from tests.kit.schemas import DECISION, validator

DECISIONS: Final = validator(DECISION)
LOCKED: Final = salla.policy(completed=salla.COMPLETED_FAMILY, locked=salla.CANCELED_FAMILY, pending=salla.NONE_LOCKED)
PAIRS: Final[list[tuple[Policy[Any, Any], Policy[Any, Any]]]] = [
    (salla.POLICY, LOCKED),
    (awal.POLICY, awal.policy(skipping=True)),
    (toy.POLICY, toy.POLICY.without(toy.POLICY.rules[0].id)),
]


def updates_of(policy: Policy[Any, Any]) -> list[Any]:
    """Return an update of each value and key alone, of all keys, and of none."""
    free = free_keys(policy.patch_type)
    points = list(policy.patch_type.__space__.points())
    keys = [(), *((key,) for key in free), free]
    patches = [patch_at(policy.patch_type, point, some) for point in points for some in keys]
    return [patch for patch in patches if patch is not None]


@pytest.mark.parametrize(("policy", "other"), PAIRS, ids=lambda policy: policy.name)
def test_every_decision_is_the_same_when_it_is_replayed(policy: Policy[Any, Any], other: Policy[Any, Any]) -> None:
    """Another policy gives its own decision on the same facts, and says whether the answer differs."""
    changed, is_valid = 0, True
    patches = updates_of(policy)
    for _, order in orders_of(policy.order_type):
        questions = [(patch, policy.can_update(order, patch), other.can_update(order, patch)) for patch in patches]
        questions += [(action, policy.can(order, action), other.can(order, action)) for action in policy.actions or ()]
        for asked, decision, differently in questions:
            line = json.loads(json.dumps(decision.to_dict(order, asked)))
            is_valid = is_valid and (asked is not patches[-1] or DECISIONS.is_valid(line))
            again = policy.replay(line)
            assert again
            assert again.decision is decision
            compared = other.replay(line)
            assert compared.decision is differently
            assert bool(compared) is (gist_of(decision) == gist_of(differently))
            changed += not compared
    assert changed > 0
    assert is_valid


ORDER: Final = salla.Order(status="shipped", customer=salla.CustomerKind.REGISTERED)
KEYS: Final = [key for section in salla.Section for key in salla.POLICY.keys_of(section)]
PATCH: Final = salla.Patch(coupon_code="EID24")
LINE: Final = salla.POLICY.can_update(ORDER, PATCH).to_dict(ORDER, PATCH)


def test_a_line_has_facts_and_keys_but_no_other_value() -> None:
    """A status that the page does not list is there as the order spells it."""
    assert LINE["order"] == {"status": "shipped", "draft": False, "customer": "registered"}
    assert LINE["update"] == {"keys": ["coupon_code"], "facts": {}}
    assert "EID24" not in json.dumps(LINE)
    strange = salla.Order(status="complete")
    data = salla.POLICY.can_update(strange, PATCH).to_dict(strange, PATCH)
    assert data["order"] == {
        "status": {"state": "unknown", "shown": "complete", "suggestion": "completed"},
        "draft": False,
        "customer": {"state": "not shown"},
    }
    assert salla.POLICY.replay(json.dumps(data))
    hidden = salla.Order()
    assert salla.POLICY.can_update(hidden, PATCH).to_dict(hidden)["order"] == {
        "status": {"state": "not shown"},
        "draft": False,
        "customer": {"state": "not shown"},
    }


def test_a_changed_answer_says_what_it_was_and_is() -> None:
    """Both are there as data."""
    replay = LOCKED.replay({**LINE, "time": "12:00", "level": "info"})
    assert str(replay) == "it allows, now it refuses (SALLA-COUPON-1)"
    assert str(salla.POLICY.replay(LINE)) == "still allows"
    data: Any = replay.to_dict()
    assert data["same"] is False
    assert data["then"] == {
        "edition": "2",
        "digest": salla.POLICY.digest(),
        "allowed": True,
        "violations": [],
        "waivers": [],
    }
    assert data["now"]["allowed"] is False
    draft = salla.Order(status="completed", draft=True)
    line = salla.POLICY.can_update(draft, PATCH).to_dict(draft, PATCH)
    without = salla.POLICY.without("SALLA-DRAFT-1").replay(line)
    assert str(without) == "it allows (SALLA-DRAFT-1), now it refuses (SALLA-COUPON-1)"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"version": 2}, ["/version: expected one of 1"]),
        ({"rulebook": None}, ["/rulebook: expected an object, got null"]),
        ({"rulebook": {"name": "awal", "edition": "1"}}, [
            "/rulebook/digest: is required",
            "/rulebook/name: expected one of salla",
        ]),
        ({"allowed": 1}, ["/allowed: expected a boolean, got an integer"]),
        ({"order": UNSET}, ["/order: is required"]),
        ({"order": {"status": "shipped", "draft": 0, "colour": 1}}, [
            "/order: expected one of status, draft, customer",
            "/order/draft: expected one of False, True",
            "/order/customer: is required",
        ]),
        ({"update": UNSET}, ["/update: is required"]),
        ({"update": {"keys": ["coupon", 7], "facts": []}}, [
            "/update/keys/1: expected a string, got an integer",
            f"/update/keys/0: expected one of {', '.join(KEYS)}",
            "/update/facts: expected an object, got an array",
        ]),
        ({"action": "wash"}, ["/action: expected one of cancel, rate, pay"]),
        ({"action": 7}, ["/action: expected a string, got an integer"]),
        ({"violations": [7, {"keys": []}]}, [
            "/violations/0: expected an object, got an integer",
            "/violations/1/rule: is required",
        ]),
        ({"waivers": {}}, ["/waivers: expected an array, got an object"]),
    ],
)  # fmt: skip
def test_a_line_that_is_no_decision_lists_every_problem(changes: dict[str, Any], problems: list[str]) -> None:
    """Each has its place."""
    line = {key: value for key, value in {**LINE, **changes}.items() if value is not UNSET}
    with pytest.raises(InvalidInput) as caught:
        salla.POLICY.replay(line)
    assert str(caught.value).splitlines()[0].startswith("cannot replay the decision: ")
    assert [str(problem) for problem in caught.value.problems] == problems


def test_facts_and_keys_must_agree() -> None:
    """A fact of a key that is sent has a value, and a fact of another key is left out."""
    order, patch = awal.Order(status="pending"), awal.Patch(status=awal.Status.ACCEPTED)
    line: Any = awal.POLICY.can_update(order, patch).to_dict(order, patch)
    for update in (
        {"keys": [], "facts": {"status asked for": "accepted"}},
        {"keys": ["status"], "facts": {"status asked for": {"state": "left out"}}},
    ):
        with pytest.raises(InvalidInput) as caught:
            awal.POLICY.replay({**line, "update": update})
        assert [str(problem) for problem in caught.value.problems] == [
            "/update/facts/status asked for: expected a value if the key is sent, and left out otherwise"
        ]


@pytest.mark.parametrize("line", ["", "[]", "{", b"\xff", '{"version": 1, "version": 1}', 7, None, "[" * 1000])
def test_anything_else_is_invalid_input(line: Any) -> None:
    """Nothing else is raised, and a duplicate key is a problem."""
    with pytest.raises(InvalidInput):
        salla.POLICY.replay(line)
