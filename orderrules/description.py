"""A policy drawn as tables: every line of them comes from the rules.

It reads a policy and knows no platform; it must never hold a sentence about one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderrules._conditions import Follows, listed

__all__ = ["action_table", "advice_table", "reading_table", "rule_table", "transition_table", "waiver_table"]

if TYPE_CHECKING:
    from collections.abc import Iterable

    from orderrules._rules import OrderT, PatchT, Policy


def rule_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw every section, its body keys, and when it may change, as a Markdown table."""
    rows = [
        (f"**{section}**", listed((f"`{key}`" for key in policy.keys_of(section)), "and"), condition, rule)
        for section in policy.sections
        for condition, rule in _conditions(policy, section)
    ]
    return _table(("section", "body keys", "may change only while", "rule"), rows)


def action_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw every action and when it is open, as a Markdown table."""
    rows = [(f"**{action}**", *row) for action in policy.actions or () for row in _conditions(policy, action)]
    return _table(("action", "is open only while", "rule"), rows)


def waiver_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw every waiver, as a Markdown table."""
    rows = [(waiver.reason, str(waiver.when), f"`{waiver.id}`") for waiver in policy.waivers]
    return _table(("waiver", "applies while", "id"), rows)


def transition_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw which status may follow which, as a Markdown table; empty where no transitions are ruled."""
    rows = [
        (
            f"`{current}`",
            ", ".join(f"`{value}`" for value in condition.asked.values if value in following) or "nothing",
            f"`{rule.id}`",
        )
        for rule in policy.rules
        for condition in [rule.only_if]
        if isinstance(condition, Follows)
        for current, following in condition.table
    ]
    return _table(("status", "may be followed by", "rule"), rows)


def reading_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw every reading and what is offered instead, as a Markdown table."""
    rows = [
        (
            f"`{reading.id}`",
            reading.question,
            reading.answer,
            listed(other.name for other in reading.alternatives) if reading.alternatives else "none",
        )
        for reading in policy.readings
    ]
    return _table(("reading", "the page does not say", "we read", "offered instead"), rows)


def advice_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw every advice, as a Markdown table."""
    return _table(("id", "says"), [(f"`{advisory.id}`", advisory.message) for advisory in policy.advisories])


def _conditions(policy: Policy[OrderT, PatchT], section: object) -> list[tuple[str, str]]:
    governing = [(str(rule.only_if), f"`{rule.id}`") for rule in policy.rules if rule.section is section]
    return governing or [("*no restriction is documented*", "none")]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
