"""What is wrong with a rulebook, or worth knowing of it: every claim is checked at every point, none is sampled.

It must never know a platform, nor decide anything: it asks the table, and rulebooks with a rule less.

The module is longer than most because there are nine kinds of finding, each with its own search.
"""

from __future__ import annotations

import itertools
from enum import StrEnum
from typing import TYPE_CHECKING, Generic

import attrs

from orderrules.analysis.diff import example_dict, smallest_pair
from orderrules.engine.table import table_of
from orderrules.grammar.conditions import UNKNOWN, is_never
from orderrules.grammar.orders import OrderT, PatchT, sections_by_key
from orderrules.grammar.rules import Waiver
from orderrules.reading.fields import UNSET
from orderrules.reading.problems import join_words

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from orderrules.engine.decision import Decision
    from orderrules.engine.table import Cell
    from orderrules.grammar.rulebook import Rulebook
    from orderrules.grammar.rules import Rule


class FindingKind(StrEnum):
    """What a finding says."""

    IDLE = "idle"
    """A rule that refuses nothing, or a waiver that waives nothing: without it, every verdict is the same."""
    SHADOWED = "shadowed"
    """A rule or waiver that changes no verdict: whatever it refuses, or waives, others do as well."""
    CONTRADICTORY = "contradictory"
    """Two rules on one section that never hold at once, though each does."""
    HOPELESS = "hopeless"
    """A rule that nothing satisfies, a section or an action that nothing opens, or no way from the first status, or a
    value that is never accepted."""
    INCOMPLETE = "incomplete"
    """A transition table without a row for a status, so that nothing follows it; or one that moves a status by a key
    of another name, which never changes it."""
    UNGOVERNED = "ungoverned"
    """A section or an action that no rule governs."""
    UNREAD = "unread"
    """A fact that no rule and no waiver reads, or a section that no body key touches."""
    UNREACHED = "unreached"
    """A status that no order can be brought to from the first one, or that none leads to."""
    FINAL = "final"
    """A status that no order can leave."""

    @property
    def is_wrong(self) -> bool:
        """Whether it is a mistake, and not only worth knowing."""
        return self in {
            FindingKind.IDLE,
            FindingKind.SHADOWED,
            FindingKind.CONTRADICTORY,
            FindingKind.HOPELESS,
            FindingKind.INCOMPLETE,
        }


@attrs.frozen
class Finding(Generic[OrderT, PatchT]):
    """One thing that is wrong with a rulebook, or worth knowing.

    Attributes:
        kind: what it says.
        about: the ids, sections, facts or statuses it is said of.
        message: one sentence.
        order: the smallest order that shows it; None where no order can have such facts.
        patch: the smallest update that shows it with that order; None where an action is meant.
    """

    kind: FindingKind
    about: tuple[str, ...]
    message: str
    order: OrderT | None
    patch: PatchT | None

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.about)}: {self.message}"

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON-ready dicts, lists and strings; the order as its API answers it."""
        said = {"finding": self.kind.value, "about": list(self.about), "message": self.message}
        return {**said, **example_dict(self.order, self.patch)}


def lint(rulebook: Rulebook[OrderT, PatchT]) -> tuple[Finding[OrderT, PatchT], ...]:
    """See ``Policy.lint``."""
    cells = list(table_of(rulebook).cells())
    found = itertools.chain(
        _find_superfluous(rulebook, cells),
        _find_contradictions(rulebook, cells),
        _find_ungoverned(rulebook, cells),
        _find_unread(rulebook, cells),
        _find_closed(rulebook, cells),
        _find_incomplete(rulebook, cells),
        _find_unreachable(rulebook, cells),
    )
    # Two tables of one status find the same of it.
    once = {str(finding): finding for finding in found}
    return tuple(sorted(once.values(), key=lambda finding: list(FindingKind).index(finding.kind)))


def _find_superfluous(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find rules and waivers without which every decision, or every verdict, is the same."""
    for entry in rulebook.entries:
        if isinstance(entry, Waiver):
            verb = "waives"
            of_entry = [cell for cell in cells if isinstance(cell.section, rulebook.sections)]
            here = [cell for cell in of_entry if entry.when.holds(cell.point)]
        else:
            verb = "refuses"
            of_entry = [cell for cell in cells if cell.section is entry.section]
            here = [cell for cell in of_entry if not entry.only_if.holds(cell.point)]
        naming = [cell for cell in of_entry if entry.id in _names_in(cell.decision)]
        if not naming:
            message = f"it {verb} nothing: every verdict is the same without it"
            # An order where it might have, if there is one.
            yield _make_finding(rulebook, (FindingKind.IDLE, [entry.id], message), here or of_entry)
        elif all(
            cell.update.allowed is other.update.allowed
            for cell, other in zip(cells, table_of(rulebook.without(entry.id)).cells(), strict=True)
        ):
            others = sorted(_covering(entry, naming))
            so = f"so {'does' if len(others) == 1 else 'do'} {join_words(others, 'and')}"
            message = f"whatever {entry.id} {verb}, {so}: every verdict is the same without it"
            yield _make_finding(rulebook, (FindingKind.SHADOWED, [entry.id, *others], message), naming)


def _make_finding(
    rulebook: Rulebook[OrderT, PatchT], said: tuple[FindingKind, Iterable[object], str], cells: list[Cell]
) -> Finding[OrderT, PatchT]:
    """Make a finding that is shown at one of some cells, of the same section as the first of them."""
    kind, about, message = said
    order, patch = None, None
    if cells:
        section = cells[0].section
        order, patch, _ = smallest_pair(rulebook, section, [cell.point for cell in cells if cell.section is section])
    return Finding(kind, tuple(map(str, about)), message, order, patch)


def _names_in(decision: Decision) -> set[str]:
    """Give the rules that refuse and the waivers that were needed, by their ids."""
    refusing = {violation.rule.id for violation in decision.violations}
    return refusing | {waiver.id for waiver in decision.waivers}


def _covering(entry: Rule | Waiver, cells: list[Cell]) -> set[str]:
    """Give what refuses, or waives, wherever an entry does: one that does so alone, or else all that help."""
    # An update may have to touch other sections as well, whose rules then refuse it too.
    beside = [(_names_in(cell.decision) | _names_in(cell.update)) - {entry.id} for cell in cells]
    together = set(itertools.chain.from_iterable(beside))
    alone = together.intersection(*beside)
    return {min(alone)} if alone else together


def _find_contradictions(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find pairs of rules on one section that never hold at once."""
    for one, other in itertools.combinations(rulebook.rules, 2):
        own = [cell for cell in cells if cell.section is one.section] if one.section is other.section else []
        passed = [cell for cell in own if one.only_if.holds(cell.point)]
        allowing = [cell for cell in own if other.only_if.holds(cell.point)]
        if passed and allowing and not any(other.only_if.holds(cell.point) for cell in passed):
            message = f"where {one.id} lets {one.section} pass, {other.id} does not"
            refused = [cell for cell in passed if not cell.decision]
            yield _make_finding(rulebook, (FindingKind.CONTRADICTORY, [one.id, other.id], message), refused or passed)


def _find_ungoverned(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find sections and actions that no rule governs."""
    governed = {rule.section for rule in rulebook.rules}
    for section in dict.fromkeys(cell.section for cell in cells):
        if section not in governed:
            own = [cell for cell in cells if cell.section is section]
            yield _make_finding(rulebook, (FindingKind.UNGOVERNED, [section], "no rule governs it"), own)


def _find_unread(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find facts that nothing turns on, under any assumption."""
    conditions = [rule.only_if for rule in rulebook.rules]
    conditions += [waiver.when for waiver in rulebook.waivers]
    conditions += [
        rule.only_if
        for assumption in rulebook.assumptions
        for alternative in assumption.alternatives
        for rule in alternative.rules
    ]
    read = {fact for condition in conditions for fact in condition.facts}
    for fact in (*rulebook.order_type.__space__.facts, *rulebook.patch_type.__space__.facts):
        if fact not in read:
            telling = [cell for cell in cells if fact in cell.point]
            yield _make_finding(rulebook, (FindingKind.UNREAD, [fact.name], "no rule and no waiver reads it"), telling)
    touched = set(sections_by_key(rulebook.patch_type).values())
    for section in rulebook.sections:
        if section not in touched:
            yield _make_finding(rulebook, (FindingKind.UNREAD, [section], "no body key touches it"), [])


def _find_closed(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find sections and actions that nothing opens, and values that are never accepted."""
    for rule in rulebook.rules:
        if is_never(rule.only_if):
            refused = [cell for cell in cells if cell.section is rule.section and not cell.decision]
            yield _make_finding(
                rulebook,
                (FindingKind.HOPELESS, [rule.id], f"nothing satisfies it: {rule.section} is never open"),
                refused,
            )
    follows = {asked: current for current, asked in table_of(rulebook).followed}
    for section in dict.fromkeys(cell.section for cell in cells):
        own = [cell for cell in cells if cell.section is section]
        if not any(cell.update for cell in own):
            yield _make_finding(rulebook, (FindingKind.HOPELESS, [section], "no order opens it"), own)
            continue
        for fact in rulebook.patch_type.__space__.facts:
            if sections_by_key(rulebook.patch_type)[fact.attribute] is not section:
                continue
            for value in fact.values:
                asking = [cell for cell in own if cell.point.get(fact) == value]
                # Of a status it is said below that no other leads to it.
                is_status = fact in follows and value in follows[fact].values
                if value is not UNSET and not is_status and asking and not any(cell.update for cell in asking):
                    message = f"no order accepts it as the {fact.name}"
                    yield _make_finding(rulebook, (FindingKind.HOPELESS, [section, fact.label(value)], message), asking)


def _find_incomplete(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find transition tables that say nothing of a status, or that no update moves along."""
    for table in rulebook.transitions():
        current, asked = table.current, table.asked
        if current.attribute != asked.attribute:
            message = f"the key {asked.attribute} never changes the order's {current.attribute}: give both one name"
            yield _make_finding(rulebook, (FindingKind.INCOMPLETE, [asked.attribute], message), [])
        for value in current.values:
            if value is not UNKNOWN and value not in dict(table.table):
                message = f"the table of {asked.name} has no row for it: give it an empty one if nothing follows"
                here = [cell for cell in cells if cell.point.get(current) == value and asked in cell.point]
                yield _make_finding(rulebook, (FindingKind.INCOMPLETE, [current.label(value)], message), here)


def _find_unreachable(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find statuses that cannot be reached or left, and sections that no way from the first status opens.

    What may follow what is asked of the decisions, so that every rule counts and not only the table.
    """
    for current, asked in table_of(rulebook).followed:
        section = sections_by_key(rulebook.patch_type)[asked.attribute]
        moves = [
            cell
            for cell in cells
            if cell.section is section and cell.point[asked] is not UNSET and cell.point[asked] != cell.point[current]
        ]
        first = current.label(current.values[0])
        made = [(cell.point[current], cell.point[asked]) for cell in moves if cell.update]
        reached = _reachable(current.values[0], made)
        for status in current.values:
            if status is UNKNOWN:
                continue
            into = [cell for cell in moves if cell.point[asked] == status]
            away = [cell for cell in moves if cell.point[current] == status]
            is_led_to = any(cell.update for cell in into)
            if into and (status not in reached or not is_led_to):
                message = f"no way leads to it from {first}" if is_led_to else "no other status leads to it"
                said = (FindingKind.UNREACHED, [current.label(status)], message)
                yield _make_finding(rulebook, said, [cell for cell in into if not cell.update] or into)
            if away and not any(cell.update for cell in away):
                yield _make_finding(
                    rulebook, (FindingKind.FINAL, [current.label(status)], "no other status follows it"), away
                )
        for other in dict.fromkeys(cell.section for cell in cells):
            own = [cell for cell in cells if cell.section is other]
            there = [cell for cell in own if cell.point[current] in reached]
            if any(cell.update for cell in own) and not any(cell.update for cell in there):
                message = f"no order that starts as {first} comes to where it is open"
                start = [cell for cell in there if cell.point[current] == current.values[0]]
                yield _make_finding(rulebook, (FindingKind.HOPELESS, [other], message), start)


def _reachable(first: Hashable, moves: list[tuple[Hashable, Hashable]]) -> set[Hashable]:
    """Give the statuses that an order can come to, the first one included."""
    reached = {first}
    while more := {following for present, following in moves if present in reached} - reached:
        reached |= more
    return reached
