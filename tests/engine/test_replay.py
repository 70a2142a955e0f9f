"""A decision that was logged is decided again from its facts."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

from orderrules import InvalidInput, Policy, awal, salla
from orderrules.authoring import UNSET, read_condition, read_facts
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
STATUSES: Final = ", ".join([*salla.Status, "draft", '{"state": "unknown"}'])
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
    assert str(without) == "it allows by a waiver (SALLA-DRAFT-1), now it refuses (SALLA-COUPON-1)"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"version": 2}, ["/version: expected 1"]),
        ({"rulebook": None}, ["/rulebook: expected an object, got null"]),
        ({"rulebook": {"name": "salla", "edition": 1}}, [
            "/rulebook/edition: expected a string, got an integer",
            "/rulebook/digest: is required",
        ]),
        ({"rulebook": {"name": "awal", "edition": "1", "digest": ""}, "order": 7}, ["/rulebook/name: expected salla"]),
        ({"allowed": 1}, ["/allowed: expected a boolean, got an integer"]),
        ({"order": UNSET}, ["/order: is required"]),
        ({"order": {"status": "shipped", "draft": 0, "colour": 1}}, [
            "/order/colour: is not a documented key here",
            "/order/draft: expected one of false, true",
            "/order/customer: is required",
        ]),
        ({"update": UNSET}, ["/update: is required"]),
        ({"update": {"keys": ["coupon", 7], "facts": []}}, [
            "/update/keys/1: expected a string, got an integer",
            f"/update/keys/0: expected one of {', '.join(KEYS)}",
            "/update/facts: expected an object, got an array",
        ]),
        ({"action": "cancel"}, ["/action: is not a documented key here"]),
        ({"action": "wash", "update": UNSET}, ["/action: expected one of cancel, rate, pay"]),
        ({"action": 7, "update": UNSET}, ["/action: expected a string, got an integer"]),
        ({"allowed": False}, ["/allowed: expected false if there are violations, and true if there are none"]),
        ({"order": {**LINE["order"], "status": "shiped"}}, [  # type: ignore[dict-item]
            f"/order/status: expected one of {STATUSES} (did you mean shipped?)",
        ]),
        ({"violations": [7, {"keys": []}]}, [
            "/violations/0: expected an object, got an integer",
            "/violations/1/rule: is required",
            "/allowed: expected false if there are violations, and true if there are none",
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


def test_a_change_of_keys_or_waivers_is_named() -> None:
    """The rules alone would not tell what has changed."""
    order = salla.Order(status="completed")
    patch = salla.Patch(branch_id=7, courier_id=7)
    line: Any = salla.POLICY.can_update(order, patch).to_dict(order, patch)
    line["violations"][0]["keys"] = ["branch_id"]
    assert str(salla.POLICY.replay(line)) == (
        "it refuses (SALLA-SHIPPING-1 for branch_id), now it refuses (SALLA-SHIPPING-1 for branch_id, courier_id)"
    )
    draft = salla.Order(status="in_progress", draft=True)
    line = salla.POLICY.can_update(draft, PATCH).to_dict(draft, PATCH)
    line["waivers"] = [{"waiver": "SALLA-DRAFT-1"}]
    assert str(salla.POLICY.replay(line)) == "it allows by a waiver (SALLA-DRAFT-1), now it allows"


def test_only_what_was_decided_on_can_be_written() -> None:
    """The evidence shows that another order, update or action was decided on."""
    order = salla.Order(status="completed")
    decision = salla.POLICY.can_update(order, PATCH)
    for other, asked in (
        (salla.Order(status="in_progress"), PATCH),
        (order, salla.Patch(branch_id=7)),
        (order, "cancel"),
    ):
        with pytest.raises(ValueError, match="SALLA-COUPON-1: the decision was made about another"):
            decision.to_dict(other, asked)
    with pytest.raises(ValueError, match="the decision was made about another status"):
        decision.explain(salla.Order(status="shipped"))
    refused = salla.POLICY.can(order, "cancel")
    assert refused.to_dict(order, "cancel")["action"] == "cancel"
    for asked in ("pay", PATCH):
        with pytest.raises(ValueError, match="SALLA-CANCEL-1: the decision was made about another update or action"):
            refused.to_dict(order, asked)


def test_a_condition_is_evaluated_on_the_facts_of_a_line() -> None:
    """The facts of the order and the update are read back, and every problem has its place."""
    order, patch = awal.Order(status="pending"), awal.Patch(status=awal.Status.SHIPPED)
    line: Any = awal.POLICY.can_update(order, patch).to_dict(order, patch)
    condition = read_condition(line["violations"][0]["condition"], awal.POLICY.facts)
    point = {
        **read_facts(line["order"], awal.POLICY.facts),
        **read_facts(line["update"]["facts"], awal.POLICY.facts),
    }
    assert condition.holds(point) is condition.holds(order, patch) is False
    assert condition.holds(order, awal.Patch(status=awal.Status.ACCEPTED))
    with pytest.raises(InvalidInput) as caught:
        read_facts({"colour": 1, "status": 7}, awal.POLICY.facts)
    assert [problem.pointer for problem in caught.value.problems] == ["/colour", "/status"]
    with pytest.raises(InvalidInput, match="expected an object, got null"):
        read_facts(None, awal.POLICY.facts)


def test_a_condition_does_not_hold_for_orders_of_another_platform() -> None:
    """An attribute of the same name is not enough."""
    for condition, things in (
        (awal.POLICY.rules[0].only_if, [awal.Order(status="completed")]),
        (awal.POLICY.rules[0].only_if, [salla.Order(status="completed"), awal.Patch()]),
        (salla.STATUS.is_(salla.Status.COMPLETED), [awal.Order(status="completed")]),
        (salla.STATUS.is_(salla.Status.COMPLETED), []),
    ):
        with pytest.raises(TypeError, match="has no status"):
            condition.holds(*things)
    with pytest.raises(TypeError, match="the point has no value of status, which the condition reads"):
        salla.STATUS.is_(salla.Status.COMPLETED).holds({salla.DRAFT: True})


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
