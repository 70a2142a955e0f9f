"""The differences between the decisions of two rulebooks.

Two rulebooks mean the same if each pair of their decisions names the same rules and the same waivers. The wording of
reasons does not count.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Generic

import attrs

from orderrules.engine.decision_table import Outline, table_of
from orderrules.engine.digest import Gist, cells_by_section, gist_of
from orderrules.engine.samples import order_at, patch_at, rank
from orderrules.grammar.condition_json import condition_to_json
from orderrules.grammar.conditions import Condition, Values, fix, from_truth_table, sort_by_name
from orderrules.grammar.orders import OrderT, PatchT, keys_at
from orderrules.grammar.rulebook import Rulebook, assignments
from orderrules.grammar.rules import Waiver, condition_of
from orderrules.languages.sentences import fill, join_words
from orderrules.reading.bodies import write_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from enum import StrEnum

    from orderrules.engine.decision import Cell, Decision
    from orderrules.grammar.conditions import Fact, Parameter, Point
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.grammar.rules import Rule


_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": "no difference in {total} decisions",
        "some": "{count} of {total} decisions differ",
        "one": "{section}, while {condition}: ours {ours}, theirs {theirs}",
        "refuses": "refuses ({ids})",
        "allows": "allows",
        "allows_by": "allows ({ids})",
    }
)
"""The parts of the difference between two policies."""


@attrs.frozen
class Difference(Generic[OrderT, PatchT]):
    """A section or an action, and a condition under which two rulebooks decide differently on it.

    Attributes:
        section: the section or the action.
        condition: the condition under which they differ, over the facts of the order and of the update.
        ours: the decision of the first rulebook on the order and the update below, or on the action.
        theirs: the decision of the second rulebook.
        order: the smallest order on which they differ; None if no order can have such facts.
        patch: the smallest update of that order on which they differ; None for an action.
    """

    section: StrEnum
    condition: Condition
    ours: Decision
    theirs: Decision
    order: OrderT | None
    patch: PatchT | None

    @property
    def verdicts(self) -> bool:
        """Whether one allows what the other refuses; otherwise, they only name different rules or waivers."""
        return self.ours.allowed is not self.theirs.allowed

    def __str__(self) -> str:
        parts = {"ours": _verdict_of(self.ours), "theirs": _verdict_of(self.theirs)}
        return fill(_SENTENCES["one"], {"section": str(self.section), "condition": str(self.condition), **parts})

    def to_dict(self) -> dict[str, object]:
        """Return the difference as JSON-ready dicts, lists and strings; the order looks as in the API's answers."""
        return {
            "section": self.section.value,
            "condition": condition_to_json(self.condition),
            "when": str(self.condition),
            "ours": self.ours.to_dict(),
            "theirs": self.theirs.to_dict(),
            **example_dict(self.order, self.patch),
        }


def example_dict(order: OrderBase[Any] | None, patch: PatchBase | None) -> dict[str, object]:
    """Return an order and an update as JSON-ready values; keys of the order whose value is None are left out."""
    return {
        "order": None
        if order is None
        else {key: value for key, value in order.__payload__().items() if value is not None},
        "patch": None if patch is None else write_body(patch),
    }


def _verdict_of(decision: Decision) -> str:
    if decision.violations:
        refusing = join_words((violation.rule.id for violation in decision.violations), "and")
        return fill(_SENTENCES["refuses"], {"ids": refusing})
    if decision.waivers:
        return fill(_SENTENCES["allows_by"], {"ids": join_words((waiver.id for waiver in decision.waivers), "and")})
    return _SENTENCES["allows"]


@attrs.frozen
class Diff(Generic[OrderT, PatchT]):
    """All differences between the decisions of two rulebooks; empty and falsy if they decide the same.

    Attributes:
        differences: the differences, by section; those that change a verdict come first. Every update on which the
            two rulebooks differ touches the section of one of them, under its condition.
        count: the number of decisions that differ. If a rule that differs reads parameters that are not given, each
            combination of their values counts.
        total: the number of decisions: for each point of an order, one for each update that the rules can distinguish,
            and one for each action.
    """

    differences: tuple[Difference[OrderT, PatchT], ...]
    count: int
    total: int

    def __bool__(self) -> bool:
        return bool(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    def __iter__(self) -> Iterator[Difference[OrderT, PatchT]]:
        return iter(self.differences)

    def __str__(self) -> str:
        if not self.differences:
            return fill(_SENTENCES["none"], {"total": str(self.total)})
        totals = {"count": str(self.count), "total": str(self.total)}
        lines = [fill(_SENTENCES["some"], totals), *map(str, self.differences)]
        return "\n  ".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the differences as JSON-ready dicts, lists, strings and numbers."""
        differences = [difference.to_dict() for difference in self.differences]
        return {"count": self.count, "total": self.total, "differences": differences}


def diff(ours: Rulebook[OrderT, PatchT], theirs: Rulebook[OrderT, PatchT]) -> Diff[OrderT, PatchT]:
    """See ``Policy.diff``."""
    if not isinstance(theirs, Rulebook):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a policy to compare with, got {type(theirs).__name__}")
    for name in ("order_type", "patch_type", "sections", "actions"):
        if getattr(ours, name) is not getattr(theirs, name):
            raise TypeError(
                f"the {ours.name} and {theirs.name} policies are of different platforms: they differ in {name}"
            )
    parameters = _parameters_of(ours, theirs)
    settled = [(settings, ours.supplied(settings), theirs.supplied(settings)) for settings in assignments(parameters)]
    differing, total = 0, 0
    for _, one, another in settled:
        count, of = _count(one, another)
        differing, total = differing + count, total + of
    their_cells = cells_by_section(_cells((settings, another) for settings, _, another in settled))
    differences: list[Difference[OrderT, PatchT]] = []
    for section, cells in cells_by_section(_cells((settings, one) for settings, one, _ in settled)).items():
        facts = sort_by_name(next(iter(cells.values())).point)
        groups: dict[tuple[Gist, ...], list[Values]] = {}
        for values, cell in cells.items():
            other = their_cells[section][values]
            gists = gist_of(cell.decision, cell.update), gist_of(other.decision, other.update)
            if gists[0] != gists[1]:
                groups.setdefault((*gists, gist_of(cell.update), gist_of(other.update)), []).append(values)
        for group in groups.values():
            condition = from_truth_table(facts, dict.fromkeys(cells, False) | dict.fromkeys(group, True))
            order, patch, point = smallest_pair(ours, section, [cells[values].point for values in group])
            at = tuple(point[fact] for fact in facts)
            differences.append(
                Difference(section, condition, cells[at].update, their_cells[section][at].update, order, patch)
            )
    differences.sort(key=lambda difference: not difference.verdicts)
    return Diff(tuple(differences), differing, total)


def _count(ours: Rulebook[Any, Any], theirs: Rulebook[Any, Any]) -> tuple[int, int]:
    """Return how many decisions differ, and how many there are: on every update that rules can tell apart, and action.

    Nothing is enumerated that grows with the number of keys.
    """
    mine, others = table_of(ours), table_of(theirs)
    differing, total = 0, 0
    for index, number, sent, free in mine.spaces():
        differing += _count_updates(mine.outline(index, number), others.outline(index, number), sent, free)
        total += 1 << free.bit_count()
    for index in range(ours.order_type.__space__.size):
        for name, decision in mine.abilities(index).items():
            differing += gist_of(decision) != gist_of(others.abilities(index)[name])
            total += 1
    return differing, total


def _count_updates(one: Outline, other: Outline, sent: int, free: int) -> int:
    """Count the sets of keys on which two rulebooks decide differently at one point.

    Args:
        one: what decides in the first.
        other: what decides in the second.
        sent: the keys that are always sent.
        free: the other keys that may be sent.
    """

    def missing(keys: int) -> int:
        """Count the sets that have none of some keys."""
        return 0 if keys & sent else 1 << (free & ~keys).bit_count()

    every = 1 << free.bit_count()
    if not one.waivers and not other.waivers:
        changed = 0
        for _, keys in one.broken ^ other.broken:
            changed |= keys
        return every - missing(changed)
    both = missing(one.closed | other.closed)
    if one.waivers == other.waivers:
        # A waiver is named if a rule would refuse: by one of the rulebooks alone.
        return (missing(one.closed) - both) + (missing(other.closed) - both)
    return every - both


def _parameters_of(ours: Rulebook[Any, Any], theirs: Rulebook[Any, Any]) -> tuple[Parameter, ...]:
    """Return the parameters that one rulebook does not know, and that what is different in the two depends on."""
    mine, others = (set(_fixed_conditions(rulebook)) for rulebook in (ours, theirs))
    changed = mine ^ others
    conditions = [condition for _, condition in changed]
    if changed and (ours.waivers or theirs.waivers):
        # A waiver may waive what is different, and is named only where a rule on a section refuses.
        entries = [entry for each in (ours, theirs) for entry in each.entries]
        waived = [entry for entry in entries if isinstance(entry, Waiver) or isinstance(entry.section, ours.sections)]
        conditions += map(condition_of, waived)
    read = {fact for condition in conditions for fact in condition.facts}
    return tuple(dict.fromkeys(each for each in (*ours.unknown, *theirs.unknown) if each in read))


def _fixed_conditions(rulebook: Rulebook[Any, Any]) -> Iterator[tuple[Rule | Waiver, Condition]]:
    """Iterate over the rules and waivers, each with its condition, in which the given values are."""
    known: dict[Fact, Any] = dict(rulebook.settings)
    for entry in rulebook.entries:
        yield entry, fix(condition_of(entry), known)


def _cells(settled: Iterable[tuple[Point, Rulebook[Any, Any]]]) -> Iterator[Cell]:
    """Iterate over the cells of a rulebook under some settings, which are part of each cell's point."""
    for settings, rulebook in settled:
        for cell in table_of(rulebook).cells():
            yield cell.under(settings)


def smallest_pair(
    rulebook: Rulebook[OrderT, PatchT], section: StrEnum, points: Iterable[Point]
) -> tuple[OrderT | None, PatchT | None, Point]:
    """Return the smallest order and the smallest update of a section among some points, and the point.

    The update is None for an action. Both are None if no order can have such facts.
    """
    order_facts, patch_facts = rulebook.order_type.__space__.facts, rulebook.patch_type.__space__.facts
    is_action = not isinstance(section, rulebook.sections)
    ranked = sorted(
        points,
        key=lambda point: (rank(order_facts, point), () if is_action else rank(patch_facts, point)),
    )
    for point in ranked:
        order = order_at(rulebook.order_type, point)
        keys = None if is_action else keys_at(rulebook.patch_type, section, point)
        patch = None if keys is None else patch_at(rulebook.patch_type, point, keys)
        if order is not None and (is_action or patch is not None):
            return order, patch, point
    return None, None, ranked[0]
