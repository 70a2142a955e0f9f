"""Tables and diagrams of a rulebook, generated from its rules.

A table is records and headings; it prints as Markdown. Transition diagrams are Mermaid or Graphviz DOT.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import attrs

from orderrules.analysis.schema import schema
from orderrules.engine.decision_table import table_of
from orderrules.grammar.conditions import ALWAYS, NEVER, Fact, from_truth_table, sort_by_name
from orderrules.grammar.orders import sections_by_key
from orderrules.languages.sentences import join_words
from orderrules.reading.fields import UNSET

__all__ = ["TABLES", "Column", "RuleTable", "dot", "mermaid"]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orderrules.engine.decision import Cell
    from orderrules.grammar.conditions import Condition, Values
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.grammar.rulebook import Rulebook


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        key: the key of the records, or the keys that lead into nested ones.
        heading: the heading.
        mark: the Markdown mark of its values: a backtick, two asterisks, or nothing.
        empty: the text for null and for an empty list.
        conjunction: the word between the last two values of a list; a comma only if empty.
    """

    key: str | tuple[str, ...]
    heading: str
    mark: str = ""
    empty: str = "none"
    conjunction: str = "and"

    def cell(self, record: Mapping[str, Any], *, markdown: bool) -> str:
        """Return the text of a cell."""
        value: Any = record
        for key in (self.key,) if isinstance(self.key, str) else self.key:
            value = value[key]
        if value is None or value == []:
            return self.empty if markdown else self.empty.strip("*")
        mark = self.mark if markdown else ""
        values = cast("list[object]", value if isinstance(value, list) else [value])
        words = [f"{mark}{word}{mark}" for word in values]
        return join_words(words, self.conjunction) if self.conjunction else ", ".join(words)


@attrs.frozen
class RuleTable:
    """A table about a rulebook. ``str`` writes it as Markdown.

    Attributes:
        columns: the columns, as they are printed.
        records: a JSON-ready record for each row.
    """

    columns: tuple[Column, ...]
    records: list[dict[str, Any]]

    @property
    def headings(self) -> list[str]:
        """The headings of the columns."""
        return [column.heading for column in self.columns]

    def rows(self, *, markdown: bool = False) -> list[list[str]]:
        """Return the text of all cells, row by row."""
        return [[column.cell(record, markdown=markdown) for column in self.columns] for record in self.records]

    def __str__(self) -> str:
        lines = [self.headings, ["---"] * len(self.columns), *self.rows(markdown=True)]
        return "\n".join(f"| {' | '.join(map(_escape_cell, line))} |" for line in lines)


def _escape_cell(text: str) -> str:
    """Escape text for a cell of a Markdown table: on one line, with ``|`` escaped."""
    return " ".join(text.split()).replace("|", "\\|")


_UNGOVERNED: Final = "*no restriction is documented*"


def _rules(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The sections: their body keys, and when they may change."""
    return RuleTable(
        (
            Column("section", "section", "**"),
            Column("keys", "body keys", "`"),
            Column("only_if", "may change only while", empty=_UNGOVERNED),
            Column("rule", "rule", "`"),
        ),
        [
            {"section": str(section), "keys": list(rulebook.keys_of(section)), **rule}
            for section in rulebook.sections
            for rule in _rules_of(rulebook, section)
        ],
    )


def _actions(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The actions, and when they are open."""
    return RuleTable(
        (
            Column("action", "action", "**"),
            Column("only_if", "is open only while", empty=_UNGOVERNED),
            Column("rule", "rule", "`"),
        ),
        [{"action": str(action), **rule} for action in rulebook.actions or () for rule in _rules_of(rulebook, action)],
    )


def _rules_of(rulebook: Rulebook[Any, Any], section: object) -> list[dict[str, str | None]]:
    rules: list[dict[str, str | None]] = [
        {"only_if": str(rule.only_if), "rule": rule.id} for rule in rulebook.rules if rule.section is section
    ]
    return rules or [{"only_if": None, "rule": None}]


def _parameters(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The parameters, their values, and the value that is given."""
    given = dict(rulebook.settings)
    return RuleTable(
        (
            Column("parameter", "parameter", "`"),
            Column("about", "says"),
            Column("values", "values", "`", conjunction="or"),
            Column("given", "given", "`", empty=""),
        ),
        [
            {
                "parameter": parameter.attribute,
                "about": parameter.about or parameter.name,
                "values": [parameter.label(value) for value in parameter.values],
                "given": parameter.label(given[parameter]) if parameter in given else None,
            }
            for parameter in rulebook.parameters
        ],
    )


def _waivers(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The waivers, and when they apply."""
    return RuleTable(
        (Column("reason", "waiver"), Column("when", "applies while"), Column("waiver", "id", "`")),
        [{"waiver": entry.id, "when": str(entry.when), "reason": entry.reason} for entry in rulebook.waivers],
    )


def _transition_rows(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The statuses that may follow each status by the transition tables; other rules and waivers are ignored."""
    return RuleTable(
        (
            Column("from", "status", "`"),
            Column("to", "may be followed by", "`", "nothing", ""),
            Column("rule", "rule", "`"),
        ),
        [
            {
                "rule": rule.id,
                "from": table.current.label(current),
                "to": [table.asked.label(value) for value in table.asked.values if value in following],
            }
            for rule in rulebook.rules
            for table in rule.only_if.transitions()
            for current, following in table.table
        ],
    )


def _assumptions(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The assumptions and their alternatives."""
    return RuleTable(
        (
            Column("assumption", "assumption", "`"),
            Column("question", "the page does not say"),
            Column("answer", "our answer"),
            Column("alternatives", "alternatives", "`", conjunction="or"),
        ),
        [
            {
                "assumption": assumption.id,
                "question": assumption.question,
                "answer": assumption.answer,
                "alternatives": [other.name for other in assumption.alternatives],
            }
            for assumption in rulebook.assumptions
        ],
    )


def _advice(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The rules of advice."""
    return RuleTable(
        (Column("advice", "id", "`"), Column("message", "says")),
        [{"advice": rule.id, "message": rule.message} for rule in rulebook.advice_rules],
    )


def _statuses(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The sections that are open in each value of the first fact of the orders, by all rules and waivers.

    A cell says *open*, *closed*, or the condition under which the section is open. For the section that changes the
    status, it lists the statuses that may follow.

    Raises:
        ValueError: the orders of the rulebook have no facts.
    """
    if not rulebook.order_type.__space__.facts:
        raise ValueError(f"the orders of {rulebook.name} have no facts, so there is no status table")
    cells: dict[tuple[object, object], list[Cell]] = {}
    status = rulebook.order_type.__space__.facts[0]
    for cell in table_of(rulebook).cells():
        cells.setdefault((cell.point[status], cell.section), []).append(cell)
    return RuleTable(
        (
            Column(status.name, status.name, "`"),
            *(Column(("sections", str(each)), str(each)) for each in rulebook.sections),
        ),
        [
            {
                status.name: status.label(value),
                "sections": {
                    str(section): _describe_state(rulebook, status, cells.get((value, section), []))
                    for section in rulebook.sections
                },
            }
            for value in status.values
        ],
    )


def _describe_state(rulebook: Rulebook[OrderT, PatchT], status: Fact, cells: list[Cell]) -> str:
    """Return the text of a cell of the status table, from the cells of one section in one status."""
    if not cells:
        return "no body key"
    section = cells[0].section
    own = {fact for rule in rulebook.rules if rule.section is section for fact in rule.only_if.facts}
    followed = {asked for current, asked in table_of(rulebook).followed if current is status and asked in own}
    asked = next((fact for fact in followed if rulebook.keys_of(section) == (fact.attribute,)), None)
    if asked is None:
        condition = _condition_of(cells, status)
        return "open" if condition == ALWAYS else "closed" if condition == NEVER else f"if {condition}"
    values_by_condition: dict[str, list[str]] = {}
    for value in asked.values:
        asking = [cell for cell in cells if cell.point[asked] == value]
        condition = NEVER if value in {UNSET, cells[0].point[status]} else _condition_of(asking, status, asked)
        if condition != NEVER:
            values_by_condition.setdefault("" if condition == ALWAYS else f" if {condition}", []).append(
                asked.label(value)
            )
    return (
        ", ".join(f"to {join_words(values)}{condition}" for condition, values in values_by_condition.items())
        or "closed"
    )


def _condition_of(cells: list[Cell], *known: Fact) -> Condition:
    """Return the condition under which some cells are open, over all facts except the known ones."""
    if not cells:
        return NEVER
    facts = sort_by_name(fact for fact in cells[0].point if fact not in known)
    verdicts: dict[Values, bool] = {tuple(cell.point[fact] for fact in facts): bool(cell.decision) for cell in cells}
    return from_truth_table(facts, verdicts)


def _fields(rulebook: Rulebook[Any, Any]) -> RuleTable:
    """The body keys of an update, with those of nested objects, their types and their sections."""
    schemas = cast("Mapping[str, Any]", schema(rulebook, None)["properties"])
    return RuleTable(
        (
            Column("key", "body key", "`"),
            Column("type", "type"),
            Column("values", "values", "`", empty="", conjunction="or"),
            Column("section", "section", "**"),
        ),
        [
            {"section": str(section), **field}
            for section in rulebook.sections
            for key in rulebook.keys_of(section)
            for field in _fields_below(key, schemas[key])
        ],
    )


def _fields_below(key: str, its_schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the records of a body key and of the keys in its object."""
    items = its_schema.get("items", its_schema)
    kind = str(items.get("format", items["type"]))
    name = f"list of {kind}s" if items is not its_schema else kind
    yield {"key": key, "type": name, "values": items.get("enum", [])}
    for part, below in items.get("properties", {}).items():
        yield from _fields_below(f"{key}.{part}", below)


TABLES: Final[dict[str, Callable[[Rulebook[Any, Any]], RuleTable]]] = {
    "statuses": _statuses,
    "rules": _rules,
    "fields": _fields,
    "actions": _actions,
    "waivers": _waivers,
    "parameters": _parameters,
    "transitions": _transition_rows,
    "assumptions": _assumptions,
    "advice": _advice,
}
"""What makes each table, by name."""


def _transitions(rulebook: Rulebook[OrderT, PatchT], key: str | None) -> tuple[list[str], list[tuple[int, int, str]]]:
    """List the names of the statuses, and the allowed transitions between them, by all rules and waivers.

    A transition is the positions of both statuses in the list, and its condition, which is empty if it is always
    allowed.

    Raises:
        ValueError: the rulebook has no transition tables, or none for the key.
    """
    facts = table_of(rulebook).status_facts(key)
    if facts is None:
        raise ValueError(f"the {rulebook.name} policy has no transition tables, so there is no diagram")
    current, asked = facts
    section = sections_by_key(rulebook.patch_type)[asked.attribute]
    cells: dict[tuple[object, object], list[Cell]] = {}
    for cell in table_of(rulebook).cells():
        if cell.section is section:
            cells.setdefault((cell.point[current], cell.point[asked]), []).append(cell)
    values = [value for value in current.values if value in asked.values]
    transitions: list[tuple[int, int, str]] = []
    for one, other in itertools.permutations(range(len(values)), 2):
        condition = _condition_of(cells.get((values[one], values[other]), []), current, asked)
        if condition != NEVER:
            transitions.append((one, other, "" if condition == ALWAYS else str(condition)))
    return [current.label(value) for value in values], transitions


def mermaid(rulebook: Rulebook[OrderT, PatchT], key: str | None = None) -> str:
    """Return a Mermaid state diagram of the transitions between statuses, with their conditions.

    Args:
        rulebook: the rulebook.
        key: the body key of the status, if there is more than one; by default that of the first transition table.

    Raises:
        ValueError: the rulebook has no transition tables, or none for the key.
    """
    names, transitions = _transitions(rulebook, key)
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_escape_mermaid(name)}" as s{number}' for number, name in enumerate(names)]
    lines += [
        f"    s{one} --> s{other}" + f": {_escape_mermaid(condition)}" * bool(condition)
        for one, other, condition in transitions
    ]
    return "\n".join(lines)


def _escape_mermaid(text: str) -> str:
    """Escape text for Mermaid: on one line, with quotes, ``#`` and ``:`` as entities."""
    return " ".join(text.split()).replace("#", "#35;").replace('"', "#34;").replace(":", "#58;")


def dot(rulebook: Rulebook[OrderT, PatchT], key: str | None = None) -> str:
    """Return a diagram of the transitions between statuses, with their conditions, in Graphviz' language DOT.

    Args:
        rulebook: the rulebook.
        key: as for ``mermaid``.

    Raises:
        ValueError: the rulebook has no transition tables, or none for the key.
    """
    names, transitions = _transitions(rulebook, key)
    lines = [f'    s{number} [label="{_escape_dot(name)}"];' for number, name in enumerate(names)]
    for one, other, condition in transitions:
        label = f' [label="{_escape_dot(condition)}"]' if condition else ""
        lines.append(f"    s{one} -> s{other}{label};")
    return "\n".join([f'digraph "{_escape_dot(rulebook.name)}" {{', "    rankdir=LR;", *lines, "}"])


def _escape_dot(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
