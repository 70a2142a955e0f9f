"""Table and oracle agree at every point of both platforms, and the oracle catches every mutant of the rules."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from orderrules import UNSET, Policy, awal, salla
from tests.kit import oracle, samples
from tests.kit.rule_mutants import EQUIVALENT, mutants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

pytestmark = pytest.mark.any_python

SALLA_ASSUMPTIONS: list[dict[str, Any]] = [
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


SETTINGS: list[dict[str, bool]] = [
    {name: value for name, value in zip(("cancellation", "rating"), values, strict=True) if value is not None}
    for values in itertools.product((None, True, False), repeat=2)
]
"""All combinations of the store's settings; one that is not known is left out."""


def under(policy: Policy[Any, Any], settings: dict[str, bool]) -> Policy[Any, Any]:
    """Return a policy of Salla with some settings of the store."""
    return policy.given(**{f"store_allows_{name}": value for name, value in settings.items()})


def slug_of(order: salla.Order) -> str | None:
    """Return the slug of an order's status, or None if the order has none."""
    return None if order.status is UNSET else order.status


def closed_by_oracle(order: salla.Order, patch: salla.Patch, **assumptions: Any) -> set[str]:
    """Return the sections that the oracle closes."""
    customer = None if order.customer is UNSET else order.customer
    return set(oracle.salla_closed(slug_of(order), patch.keys, draft=order.draft, customer=customer, **assumptions))


def requested_status(patch: awal.Patch) -> str | None:
    """Return the status that a patch asks for, or None."""
    return None if patch.status is UNSET else patch.status


def closed_by_table(policy: Policy[Any, Any], order: object, patch: object) -> set[str]:
    """Return the sections that the table closes."""
    return {str(violation.section) for violation in policy.can_update(order, patch).violations}


@pytest.mark.parametrize("assumptions", SALLA_ASSUMPTIONS, ids=lambda assumptions: " ".join(assumptions) or "ours")
def test_salla_table_and_oracle_agree_on_every_point(
    assumptions: dict[str, Any], record_property: Callable[[str, object], None]
) -> None:
    """All statuses, unknown and draft included, with all customers and all sets of keys."""
    policy = salla.policy(**assumptions)
    patches = samples.salla_patches()
    points = 0
    for order in samples.salla_orders():
        for patch in patches:
            decision = policy.can_update(order, patch)
            closed = {str(violation.section) for violation in decision.violations}
            assert closed == closed_by_oracle(order, patch, **assumptions), (order, patch)
            assert decision.allowed is (not closed)
            points += 1
    assert points == 16 * 2 * 4 * 512
    record_property("points", points)


@pytest.mark.parametrize("skipping", [False, True], ids=["step", "forward"])
def test_awal_table_and_oracle_agree_on_every_point(
    skipping: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """All statuses with all requested statuses and all sets of the other keys."""
    policy = awal.policy(skipping=skipping)
    patches = samples.awal_patches()
    points = 0
    for order in samples.awal_orders():
        for patch in patches:
            expected = oracle.awal_closed(order.status, requested_status(patch), skipping=skipping)
            assert closed_by_table(policy, order, patch) == expected, (order, patch)
            points += 1
    assert points == 6 * 6 * 32
    record_property("points", points)


def test_actions_and_oracle_agree_on_every_point(record_property: Callable[[str, object], None]) -> None:
    """All orders with all actions, under all settings of the store; drafts and customers make no difference."""
    points = 0
    for order, action, settings in itertools.product(samples.salla_orders(), salla.Action, SETTINGS):
        decision = under(salla.POLICY, settings).can(order, action)
        assert decision.allowed is oracle.salla_can(slug_of(order), action, **settings)
        # A setting is named exactly if it is not known and makes a difference.
        name = {"cancel": "cancellation", "rate": "rating"}.get(action, "")
        is_named = bool(name) and name not in settings and decision.allowed
        assert [note.params.get("parameter") for note in decision.caveats] == [f"store allows {name}"] * is_named
        points += 1
    assert points == 16 * 2 * 4 * 3 * 9
    record_property("points", points)


def test_statuses_and_sections_are_those_of_the_oracle() -> None:
    """The oracle has lists of its own."""
    assert tuple(salla.Status) == oracle.SALLA_STATUSES
    assert tuple(awal.Status) == oracle.AWAL_STATUSES
    assert {key: str(salla.POLICY.sections(section)) for key, section in oracle.SALLA_SECTIONS.items()} == {
        key: str(section) for section in salla.Section for key in salla.POLICY.keys_of(section)
    }


def single_section_patches(patches: Iterable[Any]) -> list[Any]:
    """Return the patches that touch exactly one section; together they show what a rule closes."""
    return [patch for patch in patches if len(patch.sections) == 1]


def survivors(policy: Policy[Any, Any], caught: Callable[[Policy[Any, Any]], bool]) -> tuple[int, list[str]]:
    """Count the mutants, and list the names of those that are not caught."""
    all_mutants = list(mutants(policy))
    return len(all_mutants), [name for name, mutant in all_mutants if not caught(mutant)]


def test_every_mutant_of_salla_dies(record_property: Callable[[str, object], None]) -> None:
    """If a rule, a status or a part of the waiver is changed, the oracle disagrees."""
    orders = list(samples.salla_orders())
    questions = [(order, patch) for order in orders for patch in single_section_patches(samples.salla_patches())]
    expected = [closed_by_oracle(order, patch) for order, patch in questions]

    def caught(mutant: Policy[Any, Any]) -> bool:
        return any(
            closed_by_table(mutant, *question) != answer for question, answer in zip(questions, expected, strict=True)
        ) or any(
            under(mutant, settings).can(order, action).allowed
            is not oracle.salla_can(slug_of(order), action, **settings)
            for settings in SETTINGS
            for order in orders
            for action in salla.Action
        )

    assert not caught(salla.POLICY)
    count, alive = survivors(salla.POLICY, caught)
    assert count > 100
    assert alive == EQUIVALENT
    record_property("mutants", count - len(EQUIVALENT))


def test_every_mutant_of_awal_dies(record_property: Callable[[str, object], None]) -> None:
    """If the rule or a transition is changed, the oracle disagrees."""
    questions = [
        (order, patch) for order in samples.awal_orders() for patch in single_section_patches(samples.awal_patches())
    ]

    def caught(mutant: Policy[Any, Any]) -> bool:
        return any(
            closed_by_table(mutant, order, patch) != oracle.awal_closed(order.status, requested_status(patch))
            for order, patch in questions
        )

    assert not caught(awal.POLICY)
    count, alive = survivors(awal.POLICY, caught)
    assert count > 25
    assert alive == []
    record_property("mutants", count)


@pytest.mark.parametrize("assumptions", SALLA_ASSUMPTIONS, ids=lambda assumptions: " ".join(assumptions) or "ours")
def test_a_decision_names_exactly_the_assumptions_that_could_reverse_it(
    assumptions: dict[str, Any],
) -> None:
    """It is compared with a policy for each alternative, one keyword changed at a time."""
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
    patches = [salla.Patch(**values) for values in samples.subsets(samples.SALLA) if len(values) <= 2]
    for order in samples.salla_orders():
        for patch in patches:
            decision = policy.can_update(order, patch)
            expected = dict.fromkeys(
                assumption
                for assumption, other in others
                if other.can_update(order, patch).allowed is not decision.allowed
            )
            assert [assumption.id for assumption in decision.assumptions] == list(expected), (order, patch)


def test_awal_decisions_name_a1_if_skipping_would_change_them() -> None:
    """No other assumption changes a decision of Awal."""
    step, forward = awal.policy(), awal.policy(skipping=True)
    for order in samples.awal_orders():
        for patch in samples.awal_patches():
            differs = step.can_update(order, patch).allowed is not forward.can_update(order, patch).allowed
            for policy in (step, forward):
                assert [assumption.id for assumption in policy.can_update(order, patch).assumptions] == ["A1"] * differs
