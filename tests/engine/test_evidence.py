"""A decision as JSON has all of its evidence as data: verdict, sentences and conditions can be made again from it."""

from __future__ import annotations

import json
import pickle
import sys
from enum import IntEnum
from typing import Any, Final

import pytest

from orderrules import UNKNOWN, UNSET, Decision, InvalidInput, Policy, awal, salla
from orderrules.authoring import ALWAYS, NEVER, Condition, Fact, TransitionTable, condition_to_json, read_condition
from orderrules.engine.decision_table import table_of
from orderrules.grammar.conditions import points, say_point
from orderrules.languages import sentences
from orderrules.languages.sentences import ENGLISH
from tests.kit import toy
from tests.kit.schemas import DECISION, validator

MAKING: Final = {"fill", "render", "translate", "join_words"}
DECISIONS: Final = validator(DECISION)
GIVEN: Final = salla.POLICY.given(store_allows_cancellation=False, store_allows_rating=True)
POLICIES: Final[list[Policy[Any, Any]]] = [salla.POLICY, awal.POLICY, toy.POLICY, GIVEN]


def facts_of(policy: Policy[Any, Any]) -> dict[str, Fact]:
    """Return the facts of a policy by name."""
    return {fact.name: fact for fact in policy.facts}


def value_from(fact: Fact, value: object) -> object:
    """Return the value of a fact that has a JSON form."""
    special = {"unknown": UNKNOWN, "left out": UNSET, "not shown": UNSET}
    if isinstance(value, dict):
        return special[value["state"]]
    return next(known for known in fact.values if known == value and isinstance(known, bool) is isinstance(value, bool))


def sentence_of(violation: dict[str, Any], policy: Policy[Any, Any]) -> str:
    """Make the sentence of a violation again."""
    facts = facts_of(policy)
    point: dict[Fact, Any] = {
        facts[each["fact"]]: value_from(facts[each["fact"]], each["value"]) for each in violation["facts"]
    }
    condition = read_condition(violation["condition"], facts.values())
    assert set(condition.facts) - set(point) or not condition.holds(point)
    (rule,) = (rule for rule in policy.rules if rule.id == violation["rule"])
    refusal = "cannot be changed" if violation["keys"] else "is not possible"
    actual, expected = say_point(point, ENGLISH), condition.expected(point, is_change=bool(violation["keys"]))
    return f"{rule.subject} {refusal}: {actual}; {expected}"


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_cell_is_made_again_from_its_json(policy: Policy[Any, Any]) -> None:
    """The verdict, the keys, the waivers, the assumptions and the sentence of each cell."""
    decisions = {decision for cell in table_of(policy).cells() for decision in (cell.decision, cell.update)}
    assert len(decisions) > 1
    for decision in decisions:
        data = json.loads(json.dumps(decision.to_dict()))
        DECISIONS.validate(data)
        assert data["allowed"] is (not data["violations"]) is decision.allowed
        assert [sentence_of(each, policy) for each in data["violations"]] == [
            violation.message for violation in decision.violations
        ]
        assert [each["keys"] for each in data["violations"]] == [list(each.keys) for each in decision.violations]
        assert [each["waiver"] for each in data["waivers"]] == [waiver.id for waiver in decision.waivers]
        assert [each["assumption"] for each in data["assumptions"]] == [each.id for each in decision.assumptions]
        version = {"name": policy.name, "edition": policy.edition, "digest": policy.digest()}
        assert data["rulebook"].items() >= version.items()
        assert data["rulebook"].get("given", {}) == {each.name: value for each, value in policy.settings}


def conditions_of(policy: Policy[Any, Any]) -> list[Condition]:
    """Return all conditions of a policy, and their negations and simplified forms."""
    written = [*(rule.only_if for rule in policy.rules), *(waiver.when for waiver in policy.waivers)]
    return [other for each in written for other in (each, ~each, each.simplify(), each & ~each, each | each)]


def test_a_refusal_makes_no_text_until_it_is_read() -> None:
    """Neither the table nor a decision calls the functions that make sentences."""
    called: list[str] = []

    def note(frame: Any, event: str, _: object) -> None:
        # The words of a platform are made once, when a rulebook is.
        if event == "call" and frame.f_code.co_filename == sentences.__file__ and frame.f_code.co_name in MAKING:
            called.append(frame.f_code.co_name)

    policy = salla.policy()
    sys.setprofile(note)
    try:
        decisions = [cell.decision for cell in table_of(policy).cells()]
    finally:
        sys.setprofile(None)
    assert called == []
    assert any(decision.violations for decision in decisions)
    sys.setprofile(note)
    try:
        _ = next(decision for decision in decisions if not decision).messages
    finally:
        sys.setprofile(None)
    assert "fill" in called


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_a_condition_is_read_back_from_its_json(policy: Policy[Any, Any]) -> None:
    """It is equal, so it holds at the same points."""
    facts = facts_of(policy).values()
    for condition in [*conditions_of(policy), ALWAYS, NEVER]:
        data = json.loads(json.dumps(condition_to_json(condition)))
        again = read_condition(data, facts)
        assert again == condition
        assert all(again.holds(point) is condition.holds(point) for point in points(condition.facts))


class Fickle(Condition):
    """A condition of a kind of its own."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The fact that it reads."""
        return (toy.STAGE,)

    def _holds(self, point: Any) -> bool:
        return point[toy.STAGE] is toy.Stage.VAN


def test_a_condition_of_another_kind_is_written_by_its_points() -> None:
    """The form has no place for code."""
    assert condition_to_json(Fickle()) == {"fact": "stage", "in": ["van"]}


def problems_of(data: object) -> list[str]:
    """Return the problems of a condition's JSON."""
    with pytest.raises(InvalidInput) as caught:
        read_condition(data, [toy.STAGE, toy.ASKED, toy.FRAGILE])
    return [str(problem) for problem in caught.value.problems]


def nested(levels: int) -> dict[str, Any]:
    """Return a condition of so many levels."""
    data: dict[str, Any] = {"all": []}
    for _ in range(levels - 1):
        data = {"any": [data]}
    return data


def test_every_problem_of_a_condition_is_reported_at_its_place() -> None:
    """Nothing but an InvalidInput is raised."""
    form = "expected an object with all, any, or fact with in, not in or follows"
    assert problems_of([]) == ["(whole input): expected an object, got an array"]
    assert problems_of({}) == [f"(whole input): {form}"]
    assert problems_of({"all": {}}) == ["/all: expected an array, got an object"]
    assert problems_of({"any": [{"fact": "stge", "in": []}, {"fact": "stage", "not in": ["vna", True]}, 7]}) == [
        "/any/0/fact: expected one of stage, stage asked for, fragile (did you mean stage?)",
        "/any/1/not in/0: expected one of desk, van, door",
        "/any/1/not in/1: expected one of desk, van, door",
        "/any/2: expected an object, got an integer",
    ]
    assert problems_of({"fact": "fragile", "in": [1]}) == ["/in/0: expected one of false, true"]
    assert problems_of({"fact": [], "follows": 7, "table": [[], ["desk", "van"], 7], "staying": 1, "not": None}) == [
        "/fact: expected one of stage, stage asked for, fragile",
        "/follows: expected one of stage, stage asked for, fragile",
        "/staying: expected a boolean, got an integer",
        "/not: expected a boolean, got null",
        "/table/0: expected a value and the array of the values that may follow it",
        "/table/1/1: expected an array, got a string",
        "/table/2: expected an array, got an integer",
        "/table/2: expected a value and the array of the values that may follow it",
    ]
    assert problems_of(nested(33)) == [f"{'/any/0' * 32}: is nested more than 32 levels deep"]
    assert read_condition(nested(32), []) is not None


def test_problems_and_texts_stay_small() -> None:
    """A long list of mistakes is counted, and a deep condition is still printed."""
    with pytest.raises(InvalidInput) as caught:
        read_condition({"all": [1] * 100_000}, [])
    assert len(caught.value.problems) + caught.value.more == 100_000
    assert len(caught.value.problems) <= 100
    data: dict[str, Any] = {"any": [{"fact": "stage", "in": ["van", "desk"]}]}
    for _ in range(30):
        data = {"all": [data]}
    assert "stage is desk or van" in str(read_condition(data, [toy.STAGE]))
    rows = [["desk", []], ["desk", ["van"]]]
    assert problems_of(
        {"fact": "stage asked for", "follows": "stage", "table": rows, "staying": True, "not": False}
    ) == ["/table/1: is a second row of the same value"]


def test_a_row_of_an_unlisted_value_is_one_problem() -> None:
    """Two of them are not called rows of the same value."""
    rows = [["attic", []], ["cellar", []]]
    table = {"fact": "stage asked for", "follows": "stage", "table": rows, "staying": True, "not": False}
    expected = "expected one of desk, van, door"
    assert problems_of(table) == [f"/table/0/0: {expected}", f"/table/1/0: {expected}"]


def test_values_of_every_kind_are_read_back() -> None:
    """A value that JSON does not have is written as its text."""
    values = (False, "1", 1.5, None, float("inf"), Size.LARGE, (1, 2), b"x", UNKNOWN)
    fact = Fact("odd", values=values)
    for value in values:
        condition = fact.is_(value)
        assert read_condition(json.loads(json.dumps(condition_to_json(condition))), [fact]) == condition


class Size(IntEnum):
    """A choice that is a number."""

    LARGE = 7


def test_a_transition_table_is_read_back() -> None:
    """With its flags."""
    table = TransitionTable(toy.STAGE, toy.ASKED, {toy.Stage.DESK: {toy.Stage.VAN}}, staying=False, negated=True)
    assert read_condition(condition_to_json(table), [toy.STAGE, toy.ASKED]) == table


def test_an_unknown_value_is_told_apart_from_one_that_is_not_shown() -> None:
    """Only the order can tell; without it, both are unknown."""
    patch = salla.Patch(payment=salla.Payment())
    for order, shown in (
        (salla.Order(), {"state": "not shown"}),
        (salla.Order(status="on_the_moon"), {"state": "unknown", "shown": "on_the_moon"}),
        (salla.Order(status="completed"), "completed"),
    ):
        decision = salla.POLICY.can_update(order, patch)
        assert value_of(decision, order) == shown
        assert value_of(decision, None) == (shown if shown == "completed" else {"state": "unknown"})


def value_of(decision: Decision, order: salla.Order | None) -> object:
    """Return the value of the first fact of the first violation."""
    data: Any = decision.to_dict(order)
    return data["violations"][0]["facts"][0]["value"]


def test_a_pickled_decision_keeps_the_digest_of_its_rulebook() -> None:
    """A decision that was made by hand has no rulebook."""
    decision = salla.POLICY.can_update(salla.Order(), salla.Patch(payment=salla.Payment()))
    again = pickle.loads(pickle.dumps(decision))
    assert again == decision
    assert again.to_dict() == decision.to_dict()
    assert Decision().to_dict()["rulebook"] is None
