"""Every row that a store of orders may hold, nulls and strange statuses included."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from orderrules import UNKNOWN, UNSET

if TYPE_CHECKING:
    from orderrules import Fact, Policy


def stored(fact: Fact) -> list[Any]:
    """List what may be stored of a fact: every spelling, what no page names, and nothing at all."""
    every = (spelling for value in fact.values for spelling in fact.spellings(value))
    spelt = [spelling for spelling in every if spelling not in {UNKNOWN, UNSET}]
    plain = [str(value) if isinstance(value, str) else value for value in spelt]
    return [*plain, None, *(["for nura", "Completed", ""] if UNKNOWN in fact.values else [])]


def every_row(policy: Policy[Any, Any]) -> list[dict[str, Any]]:
    """List a row for each combination of what may be stored."""
    facts = policy.order_type.__space__.facts
    held = itertools.product(*(stored(fact) for fact in facts))
    return [{fact.attribute: value for fact, value in zip(facts, row, strict=True)} for row in held]
