"""The specification is followed: every example runs, and clauses and rules match one to one."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from orderrules import InvalidInput, Policy, Problem, Waiver, awal, salla
from tests.kit import oracle
from tests.kit.specs import ASSUMPTIONS, CLAUSES, ENTRIES, MAKERS, POLICIES, load

LEVELS: Final = {"refuses", "waives", "advises", "open", "format"}


EXAMPLES: Final = [
    pytest.param(entry["platform"], example, id=f"{entry['id']}: {example['says']}")
    for entry in (*CLAUSES, *ASSUMPTIONS)
    for example in entry["example"]
]


def problems_of(platform: str, example: dict[str, Any]) -> tuple[Problem, ...]:
    """Read every part of an example, and return the problems."""
    module = salla if platform == "salla" else awal
    try:
        if "order" in example:
            module.read_order(example["order"])
        if "order_id" in example and platform == "salla":
            salla.read_request(example["order_id"], example["patch"])
        elif "order_id" in example:
            awal.read_request(example["order_id"], example["query"], example["patch"])
        elif "patch" in example:
            module.read_patch(example["patch"])
    except InvalidInput as error:
        return error.problems
    return ()


def oracle_allows(platform: str, example: dict[str, Any], order: Any, patch: Any) -> bool:
    """Return whether the oracle allows the update or the action of an example."""
    settings = example.get("settings", {})
    if "action" in example:
        return oracle.salla_can(order.status, example["action"])
    if platform == "salla":
        customer = order.customer or None
        return not oracle.salla_closed(
            order.status or None, patch.keys, draft=order.draft, customer=customer, **settings
        )
    return not oracle.awal_closed(order.status, patch.status or None, **settings)


@pytest.mark.parametrize(("platform", "example"), EXAMPLES)
def test_an_example_has_the_expected_result(platform: str, example: dict[str, Any]) -> None:
    """It is read, and decided if it can be read."""
    expect = example["expect"]
    if expect in {"readable", "unreadable"}:
        problems = problems_of(platform, example)
        assert [[problem.pointer, problem.code] for problem in problems] == example.get("problems", [])
        assert bool(problems) is (expect == "unreadable")
        for words, problem in zip(example.get("hints", []), problems, strict=True) if "hints" in example else ():
            assert words in problem.hint
        return
    settings = example.get("settings", {})
    policy: Policy[Any, Any]
    order: Any
    if platform == "salla":
        policy, order = salla.policy(**settings), salla.read_order(example["order"], guest=example.get("guest", False))
    else:
        policy, order = awal.policy(**settings), awal.read_order(example["order"])
    module = salla if platform == "salla" else awal
    patch = None if "action" in example else module.read_patch(example["patch"])
    decision = policy.can(order, example["action"]) if patch is None else policy.can_update(order, patch)
    assert decision.allowed is (expect == "allowed")
    assert decision.allowed is oracle_allows(platform, example, order, patch)
    assert [violation.rule.id for violation in decision.violations] == example.get("violates", [])
    assert [waiver.id for waiver in decision.waivers] == example.get("waived", [])
    if "keys" in example:
        assert [key for violation in decision.violations for key in violation.keys] == example["keys"]
    if "assumptions" in example:
        assert [assumption.id for assumption in decision.assumptions] == example["assumptions"]
    if "advice" in example:
        assert patch is not None
        assert [advice.id for advice in policy.advise(order, patch)] == example["advice"]
    if "caveat" in example:
        assert any(example["caveat"] in str(caveat) for caveat in decision.caveats)


def test_ids_are_unique() -> None:
    """No clause and no assumption shares an id with another."""
    ids = [entry["id"] for entry in (*CLAUSES, *ASSUMPTIONS)]
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause["id"])
def test_a_clause_is_complete(clause: dict[str, Any]) -> None:
    """A clause has a known level, a sentence, a source and at least two examples, and its assumptions exist."""
    assert re.fullmatch(rf"{clause['platform'].upper()}-[A-Z]+-[1-9]", clause["id"])
    assert clause["level"] in LEVELS
    assert clause["text"].endswith(".")
    assert set(clause["source"]) == {"page", "section"}
    assert len(clause["example"]) >= 2
    assert set(clause.get("assumptions", ())) <= {assumption["id"] for assumption in ASSUMPTIONS}


@pytest.mark.parametrize("platform", POLICIES)
def test_clauses_and_rules_match_one_to_one(platform: str) -> None:
    """Each clause that refuses, waives or advises is one rule, waiver or advice rule, and the reverse."""
    policy = POLICIES[platform]
    for level, entries in (("refuses", policy.rules), ("waives", policy.waivers), ("advises", policy.advice_rules)):
        clause_ids = {clause["id"] for clause in CLAUSES if clause["platform"] == platform and clause["level"] == level}
        assert clause_ids == {entry.id for entry in entries}


@pytest.mark.parametrize("platform", POLICIES)
def test_every_rule_has_an_allowed_and_a_refused_example(platform: str) -> None:
    """A waiver has an example in which it applies."""
    by_id = {clause["id"]: clause for clause in CLAUSES}
    for entry in POLICIES[platform].entries:
        examples = by_id[entry.id]["example"]
        outcomes = {example["expect"] for example in examples}
        if isinstance(entry, Waiver):
            assert any(entry.id in example.get("waived", ()) for example in examples)
        else:
            assert outcomes == {"allowed", "refused"}


@pytest.mark.parametrize("platform", POLICIES)
def test_assumptions_are_those_of_the_specification(platform: str) -> None:
    """The questions, answers and alternatives are the same, in the same order."""
    specified = [assumption for assumption in ASSUMPTIONS if assumption["platform"] == platform]
    policy: Policy[Any, Any] = MAKERS[platform]()
    assert policy == POLICIES[platform]
    assert [
        (assumption.id, assumption.question, assumption.answer, [other.name for other in assumption.alternatives])
        for assumption in policy.assumptions
    ] == [
        (entry["id"], entry["question"], entry["answer"], [other["name"] for other in entry.get("alternatives", [])])
        for entry in specified
    ]


@pytest.mark.parametrize(
    "assumption", [entry for entry in ASSUMPTIONS if "keyword" in entry], ids=lambda entry: entry["id"]
)
def test_an_alternative_can_be_chosen_and_then_offers_the_default(assumption: dict[str, Any]) -> None:
    """The keyword takes the alternative's value, and the new policy answers the assumption with it."""
    make = MAKERS[assumption["platform"]]
    ours = POLICIES[assumption["platform"]]
    for other in assumption["alternatives"]:
        policy = make(**{assumption["keyword"]: other["value"]})
        (chosen,) = [entry for entry in policy.assumptions if entry.id == assumption["id"]]
        assert chosen.answer != assumption["answer"]
        assert other["name"] not in {alternative.name for alternative in chosen.alternatives}
        assert len(chosen.alternatives) == 1
        assert policy != ours


@pytest.mark.parametrize(
    "entry", ENTRIES, ids=lambda entry: f"{entry['page'].split(',')[0]}: {entry['section']}: {entry['item']}"
)
def test_every_statement_of_the_pages_has_a_clause_or_a_reason(entry: dict[str, Any]) -> None:
    """No statement of the pages is left out without a reason."""
    assert set(entry) - {"clauses", "none"} == {"page", "section", "kind", "item", "says"}
    assert ("clauses" in entry) is not ("none" in entry)
    assert entry["kind"] in {"heading", "parameter", "field", "statement", "sample"}
    assert entry["page"] in {load(platform)["title"] for platform in POLICIES}
    if "clauses" in entry:
        assert entry["clauses"]
        known = {known_entry["id"] for known_entry in (*CLAUSES, *ASSUMPTIONS)}
        assert set(entry["clauses"]) <= known
    else:
        assert entry["none"].strip()


def test_every_clause_covers_a_statement() -> None:
    """Each clause is cited by at least one statement of a page."""
    cited = {identity for entry in ENTRIES for identity in entry.get("clauses", ())}
    assert {clause["id"] for clause in CLAUSES} <= cited


def test_examples_given_as_text_are_json() -> None:
    """TOML has no null, so an example that needs one is text."""
    for entry in (*CLAUSES, *ASSUMPTIONS):
        for example in entry["example"]:
            for role in ("order", "patch"):
                if isinstance(example.get(role), str):
                    assert "null" in example[role]
                    json.loads(example[role])
