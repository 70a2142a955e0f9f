"""Table and oracle agree on every point of both spaces, and every mutant of the rules is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from orderrules import UNSET, Policy, awal, salla
from tests.kit import oracle, samples
from tests.kit.rule_mutants import EQUIVALENT, mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SALLA_READINGS: list[dict[str, Any]] = [
    {},
    {"pending": salla.PENDING_FAMILY},
    {"completed": salla.COMPLETED_FAMILY},
    {"unknown_status": "closed"},
    {"locked": salla.CANCELED_FAMILY},
    {
        "pending": {salla.Status.REQUEST_QUOTE},
        "completed": salla.COMPLETED_FAMILY,
        "unknown_status": "closed",
        "locked": salla.CANCELED_FAMILY,
    },
    {"pending": (), "completed": ()},
    {"missing_customer": "none"},
]


def slug_of(order: salla.Order) -> str | None:
    """Give the slug of an order's status, None where it shows none."""
    return None if order.status is UNSET else order.status


def salla_says(order: salla.Order, patch: salla.Patch, **assumptions: Any) -> set[str]:
    """Ask the oracle about an order and a patch."""
    customer = None if order.customer is UNSET else order.customer
    return set(oracle.salla_closed(slug_of(order), patch.keys, draft=order.draft, customer=customer, **assumptions))


def asked_of(patch: awal.Patch) -> str | None:
    """Say which status a patch asks for."""
    return None if patch.status is UNSET else patch.status


def closed(policy: Policy[Any, Any], order: object, patch: object) -> set[str]:
    """Ask the table which sections are closed."""
    return {str(violation.section) for violation in policy.can_update(order, patch).violations}


@pytest.mark.parametrize("assumptions", SALLA_READINGS, ids=lambda assumptions: " ".join(assumptions) or "ours")
def test_salla_table_and_oracle_agree_on_every_point(
    assumptions: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """Every status, unknown and draft ones too, with every customer and every set of keys."""
    policy = salla.policy(**assumptions)
    patches = samples.salla_patches()
    points = 0
    for order in samples.salla_orders():
        for patch in patches:
            decision = policy.can_update(order, patch)
            found = {str(violation.section) for violation in decision.violations}
            assert found == salla_says(order, patch, **assumptions), (order, patch)
            assert decision.allowed is (not found)
            points += 1
    assert points == 16 * 2 * 4 * 512
    record_property("points", points)


@pytest.mark.parametrize("skipping", [False, True], ids=["step", "forward"])
def test_awal_table_and_oracle_agree_on_every_point(
    skipping: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """Every status with every status asked for and every set of the other keys."""
    policy = awal.policy(skipping=skipping)
    patches = samples.awal_patches()
    points = 0
    for order in samples.awal_orders():
        for patch in patches:
            expected = oracle.awal_closed(order.status, asked_of(patch), skipping=skipping)
            assert closed(policy, order, patch) == expected, (order, patch)
            points += 1
    assert points == 6 * 6 * 32
    record_property("points", points)


def test_abilities_and_oracle_agree_on_every_point(record_property: Callable[[str, object], None]) -> None:
    """Every order with every action; drafts and customers change nothing."""
    points = 0
    for order in samples.salla_orders():
        for action in salla.Action:
            assert salla.POLICY.can(order, action).allowed is oracle.salla_can(slug_of(order), action)
            points += 1
    assert points == 16 * 2 * 4 * 3
    record_property("points", points)


def test_the_statuses_are_those_of_the_oracle() -> None:
    """Two lists, written apart."""
    assert tuple(salla.Status) == oracle.SALLA_STATUSES
    assert tuple(awal.Status) == oracle.AWAL_STATUSES
    assert {key: str(salla.POLICY.sections(section)) for key, section in oracle.SALLA_SECTIONS.items()} == {
        key: str(section) for section in salla.Section for key in salla.POLICY.keys_of(section)
    }


def single_section_patches(patches: Iterable[Any]) -> list[Any]:
    """Keep the patches that touch one section: what a rule closes shows there."""
    return [patch for patch in patches if len(patch.sections) == 1]


def survivors(policy: Policy[Any, Any], caught: Callable[[Policy[Any, Any]], bool]) -> tuple[int, list[str]]:
    """Count the mutants, and name those that nothing catches."""
    made = list(mutants(policy))
    return len(made), [name for name, mutant in made if not caught(mutant)]


def test_every_mutant_of_salla_dies(record_property: Callable[[str, object], None]) -> None:
    """A rule removed, negated or moved, a status turned round, a part of the waiver dropped: the oracle disagrees."""
    orders = list(samples.salla_orders())
    asked = [(order, patch) for order in orders for patch in single_section_patches(samples.salla_patches())]
    expected = [salla_says(order, patch) for order, patch in asked]

    def caught(mutant: Policy[Any, Any]) -> bool:
        return any(
            closed(mutant, *question) != answer for question, answer in zip(asked, expected, strict=True)
        ) or any(
            mutant.can(order, action).allowed is not oracle.salla_can(slug_of(order), action)
            for order in orders
            for action in salla.Action
        )

    assert not caught(salla.POLICY)
    made, alive = survivors(salla.POLICY, caught)
    assert made > 100
    assert alive == EQUIVALENT
    record_property("mutants", made - len(EQUIVALENT))


def test_every_mutant_of_awal_dies(record_property: Callable[[str, object], None]) -> None:
    """The rule removed or negated, a transition added or dropped: the oracle disagrees."""
    asked = [
        (order, patch) for order in samples.awal_orders() for patch in single_section_patches(samples.awal_patches())
    ]

    def caught(mutant: Policy[Any, Any]) -> bool:
        return any(
            closed(mutant, order, patch) != oracle.awal_closed(order.status, asked_of(patch)) for order, patch in asked
        )

    assert not caught(awal.POLICY)
    made, alive = survivors(awal.POLICY, caught)
    assert made > 25
    assert alive == []
    record_property("mutants", made)


@pytest.mark.parametrize("assumptions", SALLA_READINGS, ids=lambda assumptions: " ".join(assumptions) or "ours")
def test_a_decision_names_the_assumptions_under_whose_alternative_it_would_be_the_other(
    assumptions: dict[str, Any],
) -> None:
    """Held against policies made with each named alternative, one keyword changed at a time."""
    offered: dict[str, list[tuple[str, Any]]] = {
        "S1": [("pending", salla.PENDING_ONLY), ("pending", salla.PENDING_FAMILY)],
        "S2": [("completed", salla.COMPLETED_ONLY), ("completed", salla.COMPLETED_FAMILY)],
        "S4": [("unknown_status", "open"), ("unknown_status", "closed")],
        "S8": [("locked", ()), ("locked", salla.CANCELED_FAMILY)],
        "S15": [("missing_customer", "closed"), ("missing_customer", "none")],
    }
    policy = salla.policy(**assumptions)
    others = [
        (assumption, salla.policy(**{**assumptions, keyword: value}))
        for assumption, options in offered.items()
        for keyword, value in options
    ]
    patches = [salla.Patch(**said) for said in samples.subsets(samples.SALLA) if len(said) <= 2]
    for order in samples.salla_orders():
        for patch in patches:
            decision = policy.can_update(order, patch)
            expected = dict.fromkeys(
                assumption
                for assumption, other in others
                if other.can_update(order, patch).allowed is not decision.allowed
            )
            assert [assumption.id for assumption in decision.assumptions] == list(expected), (order, patch)


def test_awal_decisions_name_a1_where_skipping_would_change_them() -> None:
    """And no other assumption, for no other changes a decision."""
    step, forward = awal.policy(), awal.policy(skipping=True)
    for order in samples.awal_orders():
        for patch in samples.awal_patches():
            differs = step.can_update(order, patch).allowed is not forward.can_update(order, patch).allowed
            for policy in (step, forward):
                assert [assumption.id for assumption in policy.can_update(order, patch).assumptions] == ["A1"] * differs
