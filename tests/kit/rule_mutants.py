"""Mutants of rules: policies that differ from a policy in a single rule or waiver."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from orderrules import Condition, Policy, awal
from orderrules.authoring import AllOf, AnyOf, Is, TransitionTable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum


EQUIVALENT = [
    # An order with the slug *draft* is a draft, and no rule on a section applies to it, so these change no decision.
    "SALLA-RECEIVER-1 with 'draft' turned round",
    "SALLA-SHIPPING-1 with 'draft' turned round",
    "SALLA-PAYMENT-1 with 'draft' turned round",
    "SALLA-COUPON-1 with 'draft' turned round",
]


def mutate(condition: Condition) -> Iterator[tuple[str, Condition]]:
    """Yield every small change to a condition: its negation, one value or transition more or less, one part less."""
    yield "negated", ~condition
    if isinstance(condition, Is):
        for value in condition.fact.values:
            yield f"with {value!r} turned round", attrs.evolve(condition, values=condition.values ^ {value})
    if isinstance(condition, TransitionTable):
        yield "without staying", attrs.evolve(condition, staying=False)
        for current, following in condition.table:
            for asked in awal.Status:
                if asked is not current:
                    table = {**dict(condition.table), current: following ^ {asked}}
                    yield f"{current} to {asked} turned round", attrs.evolve(condition, table=table)
    if isinstance(condition, AllOf | AnyOf):
        for place, part in enumerate(condition.parts):
            others = condition.parts[:place] + condition.parts[place + 1 :]
            yield f"without {part}", attrs.evolve(condition, parts=others)
            for change, other in mutate(part):
                parts = (*condition.parts[:place], other, *condition.parts[place + 1 :])
                yield f"{part} {change}", attrs.evolve(condition, parts=parts)


def mutants(policy: Policy[Any, Any]) -> Iterator[tuple[str, Policy[Any, Any]]]:
    """Yield every policy that differs from this one in a single rule or waiver."""
    for rule in policy.rules:
        yield f"{rule.id} removed", policy.without(rule.id)
        for change, condition in mutate(rule.only_if):
            other = attrs.evolve(rule, only_if=condition)
            yield f"{rule.id} {change}", policy.without(rule.id).with_rules(other)
        enum: type[StrEnum] = policy.sections if type(rule.section) is policy.sections else type(rule.section)
        for section in enum:
            if section is not rule.section:
                moved = attrs.evolve(rule, section=section)
                yield f"{rule.id} moved to {section}", policy.without(rule.id).with_rules(moved)
    for waiver in policy.waivers:
        yield f"{waiver.id} removed", policy.without(waiver.id)
        for change, condition in mutate(waiver.when):
            changed = attrs.evolve(waiver, when=condition)
            yield f"{waiver.id} {change}", policy.without(waiver.id).with_rules(changed)
