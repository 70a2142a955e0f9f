"""Mistakes in a rulebook, and facts about it that are worth knowing.

Every finding is checked on all cells of the decision table; nothing is sampled. To test whether a rule is needed, the
table is compared with that of the rulebook without the rule.
"""

from __future__ import annotations

import itertools
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic

import attrs

from orderrules.analysis.diff import example_dict, smallest_pair
from orderrules.analysis.words import languages_of
from orderrules.engine.decision_table import table_of
from orderrules.grammar.conditions import UNKNOWN, is_never
from orderrules.grammar.orders import OrderT, PatchT, sections_by_key
from orderrules.grammar.rulebook import assignments
from orderrules.grammar.rules import Waiver, condition_of
from orderrules.languages.sentences import fill, join_words
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    from orderrules.engine.decision import Cell, Decision
    from orderrules.grammar.conditions import Condition
    from orderrules.grammar.rulebook import Rulebook
    from orderrules.grammar.rules import Rule


class FindingKind(StrEnum):
    """The kind of a finding."""

    IDLE = "idle"
    """A rule that refuses nothing, or a waiver that waives nothing. Without it, every verdict is the same."""
    SHADOWED = "shadowed"
    """A rule or waiver that changes no verdict, because others refuse or waive the same."""
    CONTRADICTORY = "contradictory"
    """Two rules on one section that can each be satisfied, but never both at once."""
    HOPELESS = "hopeless"
    """A rule that nothing satisfies; a section or an action that no order opens, or no order that starts in the first
    status; or a value that is never accepted."""
    INCOMPLETE = "incomplete"
    """A transition table without a row for a status, so that no status follows it; or a table for a status whose body
    key has another name, so that updates never change the status."""
    UNGOVERNED = "ungoverned"
    """A section or an action that no rule governs."""
    UNREAD = "unread"
    """A fact that no rule or waiver reads, or a section without a body key."""
    UNREACHED = "unreached"
    """A status that cannot be reached from the first status, or from any other."""
    FINAL = "final"
    """A status that no order can leave."""
    UNTRANSLATED = "untranslated"
    """Words that are not given in a language in which others are."""

    @property
    def is_wrong(self) -> bool:
        """Whether the finding is a mistake; the other kinds are only worth knowing."""
        return self in {
            FindingKind.IDLE,
            FindingKind.SHADOWED,
            FindingKind.CONTRADICTORY,
            FindingKind.HOPELESS,
            FindingKind.INCOMPLETE,
        }


_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "refuses_nothing": "it refuses nothing: every verdict is the same without it",
        "waives_nothing": "it waives nothing: every verdict is the same without it",
        "rule_covered": "every verdict is the same without {entry}: whenever it refuses, so does {others}",
        "rule_covered_by_several": "every verdict is the same without {entry}: whenever it refuses, so do {others}",
        "waiver_covered": "every verdict is the same without {entry}: whenever it waives, so does {others}",
        "waiver_covered_by_several": "every verdict is the same without {entry}: whenever it waives, so do {others}",
        "never_both": "{entry} and {other} never both allow {section}: each refuses whenever the other allows",
        "no_rule": "no rule governs it",
        "fact_unread": "no rule and no waiver reads it",
        "parameter_unread": "no rule and no waiver reads this parameter",
        "no_key": "no body key touches it",
        "unsatisfied": "no order satisfies it: it refuses {section} unless a waiver applies",
        "never_open": "no order opens it",
        "never_accepted": "no order accepts it as the {fact}",
        "open_too_late": "no order that starts as {status} reaches a status in which it is open",
        "key_differs": "the key {key} never changes the order's {attribute}: give both the same name",
        "no_row": "the table of {fact} has no row for it: add an empty row if no status follows",
        "unreached_from_first": "it cannot be reached from {status}",
        "unreached": "no other status leads to it",
        "final": "no other status follows it",
        "untranslated": "no words in the language {language}: sentences have the English ones",
    }
)
"""The sentence of each reason of a finding."""


@attrs.frozen
class Finding(Generic[OrderT, PatchT]):
    """A mistake in a rulebook, or a fact about it that is worth knowing.

    Attributes:
        kind: the kind of the finding.
        about: the ids, sections, facts or statuses that it is about.
        reason: what is found, as a key of ``_SENTENCES``.
        params: the parameters of the message, ready for JSON.
        order: the smallest order that shows it; None if no order can have such facts.
        patch: the smallest update of that order that shows it; None for an action.
    """

    kind: FindingKind
    about: tuple[str, ...]
    reason: str
    params: Mapping[str, Any] = attrs.field(hash=False)
    order: OrderT | None
    patch: PatchT | None

    @property
    def message(self) -> str:
        """One sentence."""
        return fill(_SENTENCES[self.reason], self.params)

    def __str__(self) -> str:
        return f"{self.kind}: {', '.join(self.about)}: {self.message}"

    def to_dict(self) -> dict[str, object]:
        """Return the finding as JSON-ready dicts, lists and strings; the order looks as in the API's answers."""
        return {
            "finding": self.kind.value,
            "about": list(self.about),
            "reason": self.reason,
            "params": dict(self.params),
            "message": self.message,
            **example_dict(self.order, self.patch),
        }


_MOST_SETTINGS: Final = 64
"""Parameters that are not given are tried in so many combinations of their values at most."""


def lint(rulebook: Rulebook[OrderT, PatchT]) -> tuple[Finding[OrderT, PatchT], ...]:
    """See ``Policy.lint``."""
    found: dict[tuple[FindingKind, tuple[str, ...], str], Finding[OrderT, PatchT]] | None = None
    for settings in itertools.islice(assignments(rulebook.unknown), _MOST_SETTINGS):
        given = rulebook.settled(settings).narrowed()
        here = {(finding.kind, finding.about, finding.reason): finding for finding in _findings(given)}
        # A finding counts if it is one whatever the settings of a store.
        found = here if found is None else {key: finding for key, finding in found.items() if key in here}
    unread: list[Finding[OrderT, PatchT]] = [
        Finding(FindingKind.UNREAD, (parameter.name,), "parameter_unread", {}, None, None)
        for parameter in rulebook.parameters
        if not any(parameter in condition.facts for condition in _conditions(rulebook))
    ]
    untranslated: list[Finding[OrderT, PatchT]] = [
        Finding(FindingKind.UNTRANSLATED, tuple(lacking), "untranslated", {"language": language}, None, None)
        for language, lacking in languages_of(rulebook).items()
        if lacking
    ]
    findings = [*(found or {}).values(), *unread, *untranslated]
    return tuple(sorted(findings, key=lambda finding: list(FindingKind).index(finding.kind)))


def _findings(rulebook: Rulebook[OrderT, PatchT]) -> Iterator[Finding[OrderT, PatchT]]:
    """Iterate over the findings of a rulebook without parameters."""
    cells = list(table_of(rulebook).cells())
    return itertools.chain(
        _find_superfluous(rulebook, cells),
        _find_contradictions(rulebook, cells),
        _find_ungoverned(rulebook, cells),
        _find_unread(rulebook, cells),
        _find_closed(rulebook, cells),
        _find_incomplete(rulebook, cells),
        _find_unreachable(rulebook, cells),
    )


def _find_superfluous(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find rules and waivers that can be removed without a change of any verdict."""
    for entry in rulebook.entries:
        if isinstance(entry, Waiver):
            of_entry = [cell for cell in cells if isinstance(cell.section, rulebook.sections)]
            applicable = [cell for cell in of_entry if entry.when.holds(cell.point)]
        else:
            of_entry = [cell for cell in cells if cell.section is entry.section]
            applicable = [cell for cell in of_entry if not entry.only_if.holds(cell.point)]
        naming = [cell for cell in of_entry if entry.id in _ids_in(cell.decision)]
        if not naming:
            reason = "waives_nothing" if isinstance(entry, Waiver) else "refuses_nothing"
            # If possible, show an order that meets the condition of the entry.
            yield _make_finding(rulebook, (FindingKind.IDLE, [entry.id], reason), applicable or of_entry)
        elif all(
            cell.update.allowed is other.update.allowed
            for cell, other in zip(cells, table_of(rulebook.without(entry.id)).cells(), strict=True)
        ):
            others = sorted(_covering_ids(entry, naming))
            covered = "waiver_covered" if isinstance(entry, Waiver) else "rule_covered"
            claim = (FindingKind.SHADOWED, [entry.id, *others], covered + "_by_several" * (len(others) > 1))
            yield _make_finding(rulebook, claim, naming, entry=entry.id, others=join_words(others, "and"))


def _make_finding(
    rulebook: Rulebook[OrderT, PatchT],
    claim: tuple[FindingKind, Iterable[object], str],
    cells: list[Cell],
    **params: object,
) -> Finding[OrderT, PatchT]:
    """Return a finding with the smallest example among those cells that are of the first cell's section.

    Args:
        rulebook: the rulebook.
        claim: the kind of the finding, what it is about, and its reason.
        cells: the cells that show it.
        params: the parameters of its message.
    """
    kind, about, reason = claim
    order, patch = None, None
    if cells:
        section = cells[0].section
        order, patch, _ = smallest_pair(rulebook, section, [cell.point for cell in cells if cell.section is section])
    texts = {name: str(value) for name, value in params.items()}
    return Finding(kind, tuple(map(str, about)), reason, texts, order, patch)


def _ids_in(decision: Decision) -> set[str]:
    """Return the ids of the rules that refuse and of the waivers that were needed."""
    refusing = {violation.rule.id for violation in decision.violations}
    return refusing | {waiver.id for waiver in decision.waivers}


def _covering_ids(entry: Rule | Waiver, cells: list[Cell]) -> set[str]:
    """Return the ids of the rules and waivers that make an entry superfluous.

    That is a single id if one entry covers all cells, and otherwise the ids of all that cover some of them.
    """
    # An update may have to touch other sections as well, and their rules may refuse it too.
    others = [(_ids_in(cell.decision) | _ids_in(cell.update)) - {entry.id} for cell in cells]
    every = set(itertools.chain.from_iterable(others))
    common = every.intersection(*others)
    return {min(common)} if common else every


def _find_contradictions(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find pairs of rules on one section that are never satisfied at once."""
    for one, other in itertools.combinations(rulebook.rules, 2):
        own = [cell for cell in cells if cell.section is one.section] if one.section is other.section else []
        passed = [cell for cell in own if one.only_if.holds(cell.point)]
        allowing = [cell for cell in own if other.only_if.holds(cell.point)]
        if passed and allowing and not any(other.only_if.holds(cell.point) for cell in passed):
            refused = [cell for cell in passed if not cell.decision]
            claim = (FindingKind.CONTRADICTORY, [one.id, other.id], "never_both")
            params = {"entry": one.id, "other": other.id, "section": one.section}
            yield _make_finding(rulebook, claim, refused or passed, **params)


def _find_ungoverned(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find sections and actions that no rule governs."""
    governed = {rule.section for rule in rulebook.rules}
    for section in dict.fromkeys(cell.section for cell in cells):
        if section not in governed:
            own = [cell for cell in cells if cell.section is section]
            yield _make_finding(rulebook, (FindingKind.UNGOVERNED, [section], "no_rule"), own)


def _find_unread(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find facts that no rule or waiver reads, under any assumption, and sections without a body key."""
    read = {fact for condition in _conditions(rulebook) for fact in condition.facts}
    for fact in rulebook.facts:
        if fact not in read:
            with_fact = [cell for cell in cells if fact in cell.point]
            yield _make_finding(rulebook, (FindingKind.UNREAD, [fact.name], "fact_unread"), with_fact)
    touched = set(sections_by_key(rulebook.patch_type).values())
    for section in rulebook.sections:
        if section not in touched:
            yield _make_finding(rulebook, (FindingKind.UNREAD, [section], "no_key"), [])


def _conditions(rulebook: Rulebook[Any, Any]) -> list[Condition]:
    """Return all conditions of a rulebook, also those of the alternatives of its assumptions."""
    alternatives = (other for assumption in rulebook.assumptions for other in assumption.alternatives)
    return [
        *map(condition_of, rulebook.entries),
        *(rule.only_if for other in alternatives for rule in other.rules),
    ]


def _find_closed(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find rules that nothing satisfies, sections that no order opens, and values that are never accepted."""
    for rule in rulebook.rules:
        if is_never(rule.only_if):
            refused = [cell for cell in cells if cell.section is rule.section and not cell.decision]
            claim = (FindingKind.HOPELESS, [rule.id], "unsatisfied")
            yield _make_finding(rulebook, claim, refused, section=rule.section)
    follows = {asked: current for current, asked in table_of(rulebook).followed}
    for section in dict.fromkeys(cell.section for cell in cells):
        own = [cell for cell in cells if cell.section is section]
        if not any(cell.update for cell in own):
            yield _make_finding(rulebook, (FindingKind.HOPELESS, [section], "never_open"), own)
            continue
        for fact in rulebook.patch_type.__space__.facts:
            if sections_by_key(rulebook.patch_type)[fact.attribute] is not section:
                continue
            for value in fact.values:
                asking = [cell for cell in own if cell.point.get(fact) == value]
                # Statuses are left to _find_unreachable.
                is_status = fact in follows and value in follows[fact].values
                if value is not UNSET and not is_status and asking and not any(cell.update for cell in asking):
                    claim = (FindingKind.HOPELESS, [section, fact.label(value)], "never_accepted")
                    yield _make_finding(rulebook, claim, asking, fact=fact.name)


def _find_incomplete(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find transition tables without a row for a status, and those whose body key never changes the status."""
    for table in rulebook.transitions():
        current, asked = table.current, table.asked
        if current.attribute != asked.attribute:
            claim = (FindingKind.INCOMPLETE, [asked.attribute], "key_differs")
            yield _make_finding(rulebook, claim, [], key=asked.attribute, attribute=current.attribute)
        for value in current.values:
            if value is not UNKNOWN and value not in dict(table.table):
                with_status = [cell for cell in cells if cell.point.get(current) == value and asked in cell.point]
                claim = (FindingKind.INCOMPLETE, [current.label(value)], "no_row")
                yield _make_finding(rulebook, claim, with_status, fact=asked.name)


def _find_unreachable(rulebook: Rulebook[OrderT, PatchT], cells: list[Cell]) -> Iterator[Finding[OrderT, PatchT]]:
    """Find statuses that cannot be reached or left, and sections that cannot be opened from the first status.

    The moves are those that the decisions allow, so that all rules count, and not only the transition table.
    """
    for current, asked in table_of(rulebook).followed:
        section = sections_by_key(rulebook.patch_type)[asked.attribute]
        moves = [
            cell
            for cell in cells
            if cell.section is section and cell.point[asked] is not UNSET and cell.point[asked] != cell.point[current]
        ]
        first = current.label(current.values[0])
        allowed = [(cell.point[current], cell.point[asked]) for cell in moves if cell.update]
        reached = _reachable(current.values[0], allowed)
        for status in current.values:
            if status is UNKNOWN:
                continue
            into = [cell for cell in moves if cell.point[asked] == status]
            away = [cell for cell in moves if cell.point[current] == status]
            is_led_to = any(cell.update for cell in into)
            if into and (status not in reached or not is_led_to):
                reason = "unreached_from_first" if is_led_to else "unreached"
                claim = (FindingKind.UNREACHED, [current.label(status)], reason)
                refused = [cell for cell in into if not cell.update]
                yield _make_finding(rulebook, claim, refused or into, **({"status": first} if is_led_to else {}))
            if away and not any(cell.update for cell in away):
                yield _make_finding(rulebook, (FindingKind.FINAL, [current.label(status)], "final"), away)
        for other in dict.fromkeys(cell.section for cell in cells):
            own = [cell for cell in cells if cell.section is other]
            reachable = [cell for cell in own if cell.point[current] in reached]
            if any(cell.update for cell in own) and not any(cell.update for cell in reachable):
                start = [cell for cell in reachable if cell.point[current] == current.values[0]]
                yield _make_finding(rulebook, (FindingKind.HOPELESS, [other], "open_too_late"), start, status=first)


def _reachable(first: Hashable, moves: list[tuple[Hashable, Hashable]]) -> set[Hashable]:
    """Return the statuses that can be reached from the first one, including itself."""
    reached = {first}
    while more := {following for present, following in moves if present in reached} - reached:
        reached |= more
    return reached
