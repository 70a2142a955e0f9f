"""A rulebook drawn as tables and diagrams: every line of them comes from the rules.

It reads a rulebook and knows no platform; it must never hold a sentence about one.
Tables are Markdown, transition diagrams Mermaid or Graphviz DOT.

The module is longer than most because each table and diagram has a function of its own.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from orderrules.engine.table import table_of
from orderrules.grammar.conditions import ALWAYS, NEVER, Fact, TransitionTable, from_truth_table, sort_by_name
from orderrules.grammar.orders import sections_by_key
from orderrules.reading.fields import UNSET
from orderrules.reading.problems import join_words

__all__ = [
    "action_table",
    "advice_table",
    "assumption_table",
    "dot",
    "mermaid",
    "rule_table",
    "status_rows",
    "status_table",
    "transition_table",
    "waiver_table",
]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orderrules.engine.table import Cell
    from orderrules.grammar.conditions import Condition, Values
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.grammar.rulebook import Rulebook


def rule_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw every section, its body keys, and when it may change, as a Markdown table."""
    rows = [
        (
            f"**{section}**",
            join_words([f"`{key}`" for key in rulebook.keys_of(section)] or ["none"], "and"),
            condition,
            rule,
        )
        for section in rulebook.sections
        for condition, rule in _conditions(rulebook, section)
    ]
    return _table(("section", "body keys", "may change only while", "rule"), rows)


def status_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw what each section may do in each status, decided and not only ruled, as a Markdown table."""
    (heads, *rows) = status_rows(rulebook)
    return _table(heads, ((f"`{status}`", *cells) for status, *cells in rows))


def status_rows(rulebook: Rulebook[OrderT, PatchT]) -> list[tuple[str, ...]]:
    """List, under a line of heads, what is open in each value of the first fact of the orders, their status.

    A cell says *open*, *closed*, or if what it is open; of a section whose value follows the status, what may follow.

    Raises:
        ValueError: the orders of the rulebook tell no fact.
    """
    if not rulebook.order_type.__space__.facts:
        raise ValueError(f"the orders of {rulebook.name} tell no fact, so there is no table by one")
    sections = list(rulebook.sections)
    cells: dict[tuple[object, object], list[Cell]] = {}
    by = rulebook.order_type.__space__.facts[0]
    for cell in table_of(rulebook).cells():
        cells.setdefault((cell.point[by], cell.section), []).append(cell)
    heads = (by.name, *map(str, sections))
    rows = [[_state(rulebook, by, cells.get((value, section), [])) for section in sections] for value in by.values]
    return [heads, *((by.label(value), *row) for value, row in zip(by.values, rows, strict=True))]


def _state(rulebook: Rulebook[OrderT, PatchT], by: Fact, cells: list[Cell]) -> str:
    """Say while what a section is open, where the status is known."""
    if not cells:
        return "no body key"
    section = cells[0].section
    own = {fact for rule in rulebook.rules if rule.section is section for fact in rule.only_if.facts}
    followed = {asked for current, asked in table_of(rulebook).followed if current is by and asked in own}
    asked = next((fact for fact in followed if rulebook.keys_of(section) == (fact.attribute,)), None)
    if asked is None:
        condition = _condition_of(cells, by)
        return "open" if condition == ALWAYS else "closed" if condition == NEVER else f"if {condition}"
    to: dict[str, list[str]] = {}
    for value in asked.values:
        asking = [cell for cell in cells if cell.point[asked] == value]
        condition = NEVER if value in {UNSET, cells[0].point[by]} else _condition_of(asking, by, asked)
        if condition != NEVER:
            to.setdefault("" if condition == ALWAYS else f" if {condition}", []).append(asked.label(value))
    return ", ".join(f"to {join_words(values)}{condition}" for condition, values in to.items()) or "closed"


def _condition_of(cells: list[Cell], *known: Fact) -> Condition:
    """Give the condition on all facts but those that are known under which some cells are open."""
    if not cells:
        return NEVER
    facts = sort_by_name(fact for fact in cells[0].point if fact not in known)
    verdicts: dict[Values, bool] = {tuple(cell.point[fact] for fact in facts): bool(cell.decision) for cell in cells}
    return from_truth_table(facts, verdicts)


def action_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw every action and when it is open, as a Markdown table."""
    rows = [(f"**{action}**", *row) for action in rulebook.actions or () for row in _conditions(rulebook, action)]
    return _table(("action", "is open only while", "rule"), rows)


def waiver_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw every waiver, as a Markdown table."""
    rows = [(waiver.reason, str(waiver.when), f"`{waiver.id}`") for waiver in rulebook.waivers]
    return _table(("waiver", "applies while", "id"), rows)


def transition_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw which status may follow which by the transition tables of the rules, other rules and waivers left aside.

    A Markdown table; empty where no transitions are ruled.
    """
    rows = [
        (
            f"`{table.current.label(current)}`",
            ", ".join(f"`{table.asked.label(value)}`" for value in table.asked.values if value in following)
            or "nothing",
            f"`{identity}`",
        )
        for identity, table in _tables(rulebook)
        for current, following in table.table
    ]
    return _table(("status", "may be followed by", "rule"), rows)


def _tables(rulebook: Rulebook[OrderT, PatchT]) -> Iterator[tuple[str, TransitionTable]]:
    """Walk the transition tables of a rulebook, each with the id of its rule."""
    for rule in rulebook.rules:
        for table in rule.only_if.transitions():
            yield rule.id, table


def _arrows(rulebook: Rulebook[OrderT, PatchT]) -> tuple[list[str], list[tuple[int, int, str]]]:
    """List the statuses, and by their places which may follow which, and while what: by all rules and waivers.

    Raises:
        ValueError: no transitions are ruled.
    """
    if not table_of(rulebook).followed:
        raise ValueError(f"the {rulebook.name} policy rules no transitions, so there is no diagram of them")
    current, asked = table_of(rulebook).followed[0]
    section = sections_by_key(rulebook.patch_type)[asked.attribute]
    cells: dict[tuple[object, object], list[Cell]] = {}
    for cell in table_of(rulebook).cells():
        if cell.section is section:
            cells.setdefault((cell.point[current], cell.point[asked]), []).append(cell)
    values = [value for value in current.values if value in asked.values]
    arrows: list[tuple[int, int, str]] = []
    for one, other in itertools.permutations(range(len(values)), 2):
        condition = _condition_of(cells.get((values[one], values[other]), []), current, asked)
        if condition != NEVER:
            arrows.append((one, other, "" if condition == ALWAYS else str(condition)))
    return [current.label(value) for value in values], arrows


def mermaid(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw which status may follow which, and while what if not always, as a Mermaid state diagram.

    Raises:
        ValueError: no transitions are ruled.
    """
    names, arrows = _arrows(rulebook)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_quote(name)}" as s{place}' for place, name in enumerate(names)]
    lines += [f"    s{one} --> s{other}" + f": {_quote(said)}" * bool(said) for one, other, said in arrows]
    return "\n".join(lines)


def _quote(text: str) -> str:
    """Write text as Mermaid takes it: on one line, with quotes and what ends a statement as entities."""
    return " ".join(text.split()).replace("#", "#35;").replace('"', "#34;").replace(":", "#58;")


def dot(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw which status may follow which, and while what if not always, in Graphviz' language DOT.

    Raises:
        ValueError: no transitions are ruled.
    """
    names, arrows = _arrows(rulebook)
    lines = [f'    s{place} [label="{_escape(name)}"];' for place, name in enumerate(names)]
    for one, other, said in arrows:
        label = f' [label="{_escape(said)}"]' if said else ""
        lines.append(f"    s{one} -> s{other}{label};")
    return "\n".join([f'digraph "{_escape(rulebook.name)}" {{', "    rankdir=LR;", *lines, "}"])


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def assumption_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw every assumption and what is offered instead, as a Markdown table."""
    rows = [
        (
            f"`{assumption.id}`",
            assumption.question,
            assumption.answer,
            join_words(f"`{other.name}`" for other in assumption.alternatives)
            if assumption.alternatives
            else "nothing",
        )
        for assumption in rulebook.assumptions
    ]
    return _table(("assumption", "the page does not say", "we read", "offered instead"), rows)


def advice_table(rulebook: Rulebook[OrderT, PatchT]) -> str:
    """Draw every advice, as a Markdown table."""
    return _table(("id", "says"), [(f"`{advisory.id}`", advisory.message) for advisory in rulebook.advice_rules])


def _conditions(rulebook: Rulebook[OrderT, PatchT], section: object) -> list[tuple[str, str]]:
    governing = [(str(rule.only_if), f"`{rule.id}`") for rule in rulebook.rules if rule.section is section]
    return governing or [("*no restriction is documented*", "none")]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    """Write text as a Markdown table takes it: on one line, and without an end of the cell in it."""
    return " ".join(text.split()).replace("|", "\\|")
