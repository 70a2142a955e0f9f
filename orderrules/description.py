"""A policy drawn as tables and diagrams: every line of them comes from the rules.

It reads a policy and knows no platform; it must never hold a sentence about one.
Tables are Markdown, transition diagrams Mermaid or Graphviz DOT.

The module is longer than most because each table and diagram has a function of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderrules._conditions import ALWAYS, NEVER, Fact, Follows, listed
from orderrules._guards import written
from orderrules._models import UNSET

__all__ = [
    "action_table",
    "advice_table",
    "dot",
    "mermaid",
    "reading_table",
    "rule_table",
    "status_rows",
    "status_table",
    "transition_table",
    "waiver_table",
]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orderrules._guards import Values
    from orderrules._rules import OrderT, PatchT, Policy
    from orderrules._table import Cell


def rule_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw every section, its body keys, and when it may change, as a Markdown table."""
    rows = [
        (f"**{section}**", listed((f"`{key}`" for key in policy.keys_of(section)), "and"), condition, rule)
        for section in policy.sections
        for condition, rule in _conditions(policy, section)
    ]
    return _table(("section", "body keys", "may change only while", "rule"), rows)


def status_table(policy: Policy[OrderT, PatchT]) -> str:
    """Draw what each section may do in each status, decided and not only ruled, as a Markdown table."""
    (heads, *rows) = status_rows(policy)
    return _table(heads, ((f"`{status}`", *cells) for status, *cells in rows))


def status_rows(policy: Policy[OrderT, PatchT]) -> list[tuple[str, ...]]:
    """List, under a line of heads, what is open in each value of the first fact of the orders, their status.

    A cell says *open*, *closed*, or if what it is open; of a section whose value follows the status, what may follow.

    Raises:
        ValueError: the orders of the policy tell no fact.
    """
    if not policy.order_type.__space__.facts:
        raise ValueError(f"the orders of {policy.name} tell no fact, so there is no table by one")
    sections = list(policy.sections)
    cells: dict[tuple[object, object], list[Cell]] = {}
    by = policy.order_type.__space__.facts[0]
    for cell in policy.tabulated().cells():
        cells.setdefault((cell.point[by], cell.section), []).append(cell)
    heads = (by.name, *map(str, sections))
    rows = (
        (by.label(value), *(_state(policy, by, cells[value, section]) for section in sections)) for value in by.values
    )
    return [heads, *rows]


def _state(policy: Policy[OrderT, PatchT], by: Fact, cells: list[Cell]) -> str:
    """Say while what a section is open, where the status is known."""
    section = cells[0].section
    followed = {table.asked for rule in policy.rules if rule.section is section for table in rule.only_if.transitions()}
    asked = [fact for fact in policy.patch_type.__space__.facts if fact in followed]
    if asked:
        may = dict.fromkeys(
            asked[0].label(value)
            for cell in cells
            if cell.decision and (value := cell.point[asked[0]]) not in {UNSET, cell.point[by]}
        )
        return f"to {listed(may)}" if may else "closed"
    facts = tuple(sorted((fact for fact in cells[0].point if fact is not by), key=lambda fact: fact.name))
    verdicts: dict[Values, bool] = {tuple(cell.point[fact] for fact in facts): bool(cell.decision) for cell in cells}
    condition = written(facts, verdicts)
    return "open" if condition == ALWAYS else "closed" if condition == NEVER else f"if {condition}"


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
            f"`{table.current.label(current)}`",
            ", ".join(f"`{table.asked.label(value)}`" for value in table.asked.values if value in following)
            or "nothing",
            f"`{identity}`",
        )
        for identity, table in _tables(policy)
        for current, following in table.table
    ]
    return _table(("status", "may be followed by", "rule"), rows)


def _tables(policy: Policy[OrderT, PatchT]) -> Iterator[tuple[str, Follows]]:
    """Walk the transition tables of a policy, each with the id of its rule."""
    for rule in policy.rules:
        for table in rule.only_if.transitions():
            yield rule.id, table


def _arrows(policy: Policy[OrderT, PatchT]) -> tuple[list[str], list[tuple[int, int, str]]]:
    """List the statuses of the transition tables, and which may follow which by which rule, by their places.

    Raises:
        ValueError: no transitions are ruled.
    """
    tables = list(_tables(policy))
    if not tables:
        raise ValueError(f"the {policy.name} policy rules no transitions, so there is no diagram of them")
    names: dict[str, int] = {}
    for _, table in tables:
        for value, _ in table.table:
            names.setdefault(table.current.label(value), len(names))
    arrows = [
        (names[table.current.label(value)], names.setdefault(table.asked.label(other), len(names)), identity)
        for identity, table in tables
        for value, following in table.table
        for other in table.asked.values
        if other in following
    ]
    return list(names), arrows


def mermaid(policy: Policy[OrderT, PatchT]) -> str:
    """Draw which status may follow which, as a Mermaid state diagram.

    Raises:
        ValueError: no transitions are ruled.
    """
    names, arrows = _arrows(policy)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{name}" as s{place}' for place, name in enumerate(names)]
    lines += [f"    s{one} --> s{other}: {identity}" for one, other, identity in arrows]
    return "\n".join(lines)


def dot(policy: Policy[OrderT, PatchT]) -> str:
    """Draw which status may follow which, in Graphviz' language DOT.

    Raises:
        ValueError: no transitions are ruled.
    """
    names, arrows = _arrows(policy)
    lines = [f'    s{place} [label="{_escaped(name)}"];' for place, name in enumerate(names)]
    lines += [f'    s{one} -> s{other} [label="{_escaped(identity)}"];' for one, other, identity in arrows]
    return "\n".join([f'digraph "{_escaped(policy.name)}" {{', "    rankdir=LR;", *lines, "}"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


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
