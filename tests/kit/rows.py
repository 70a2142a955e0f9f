"""Every row that a store of orders may hold, with nulls and unknown statuses."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from orderrules import UNKNOWN, UNSET

if TYPE_CHECKING:
    from orderrules import Fact, Policy


def stored_values(fact: Fact) -> list[Any]:
    """Return what may be stored for a fact: every spelling, unknown values, and null."""
    spellings = (spelling for value in fact.values for spelling in fact.spellings(value))
    known = [spelling for spelling in spellings if spelling not in {UNKNOWN, UNSET}]
    plain = [str(value) if isinstance(value, str) else value for value in known]
    return [*plain, None, *(["for nura", "Completed", ""] if UNKNOWN in fact.values else [])]


def every_row(policy: Policy[Any, Any]) -> list[dict[str, Any]]:
    """Return a row for each combination of values that may be stored."""
    facts = policy.order_type.__space__.facts
    combinations = itertools.product(*(stored_values(fact) for fact in facts))
    return [{fact.attribute: value for fact, value in zip(facts, row, strict=True)} for row in combinations]
