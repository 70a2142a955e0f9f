"""What a rulebook means, which is what it decides without the words it says it in: its digest, and how two differ.

Two rulebooks mean the same when every decision of one refuses, by the same rules, and waives, by the same waivers,
as that of the other. It must never know a platform, nor decide anything: it reads the table.

The module is longer than most because what differs is told as well as found.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Generic

import attrs

from orderrules.engine.samples import order_at, patch_at, rank
from orderrules.engine.table import table_of
from orderrules.grammar.conditions import UNKNOWN, Condition, Values, drop_fact, from_truth_table, sort_by_name
from orderrules.grammar.orders import OrderT, PatchT, keys_at
from orderrules.grammar.rulebook import Rulebook
from orderrules.reading.bodies import write_body
from orderrules.reading.problems import join_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.engine.table import Cell
    from orderrules.grammar.conditions import Fact, Point
    from orderrules.grammar.orders import OrderBase, PatchBase

Gist = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]
"""What a decision says: the rules that refuse, with the keys they refuse, and the waivers that were needed."""


def _gist(decision: Decision, update: Decision | None = None) -> Gist:
    """Give what a decision says; of a cell, what it says of its section, and the waivers of the smallest update.

    Where an update must touch another section as well, and that needs a waiver anyway, it makes no difference
    to any update whether this section needs one too.
    """
    return (
        tuple((violation.rule.id, violation.keys) for violation in decision.violations),
        tuple(sorted(waiver.id for waiver in (update or decision).waivers)),
    )


def _cells_by_section(rulebook: Rulebook[Any, Any]) -> dict[StrEnum, dict[Values, Cell]]:
    """Tabulate what a rulebook decides on each section and action, by the values of all facts, sorted by name."""
    found: dict[StrEnum, dict[Values, Cell]] = {}
    for cell in table_of(rulebook).cells():
        values = tuple(cell.point[fact] for fact in sort_by_name(cell.point))
        found.setdefault(cell.section, {})[values] = cell
    return found


def _facts(rulebook: Rulebook[Any, Any], section: StrEnum) -> tuple[Fact, ...]:
    """List the facts that the decisions on a section, or an action, may depend on, by name."""
    of_order = rulebook.order_type.__space__.facts
    of_patch = rulebook.patch_type.__space__.facts if isinstance(section, rulebook.sections) else ()
    return sort_by_name((*of_order, *of_patch))


def digest(rulebook: Rulebook[Any, Any]) -> str:
    """See ``Policy.digest``."""
    lines: list[str] = []
    for section, cells in _cells_by_section(rulebook).items():
        names = rulebook.keys_of(section) if isinstance(section, rulebook.sections) else (f"({section})",)
        facts = _facts(rulebook, section)
        told = {values: _gist(cell.decision, cell.update) for values, cell in cells.items()}
        # What makes no difference is left out: facts that nothing turns on, and values that count as any unknown one.
        for fact in facts:
            facts, told = drop_fact(fact, facts, told)
        for place, fact in enumerate(facts):
            told = _without_ordinary(place, fact, told)
        for values, gist in told.items():
            point = [[fact.name, _tag(value)] for fact, value in zip(facts, values, strict=True)]
            lines += [json.dumps([name, point, *gist]) for name in names]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _tag(value: object) -> list[str]:
    """Write a value of a fact so that no other is written alike: ``1`` is no ``"1"``, and ``UNKNOWN`` no text."""
    kind = "str" if isinstance(value, str) else type(value).__name__
    return [kind, str(value)]


def _without_ordinary(place: int, fact: Fact, told: dict[Values, Gist]) -> dict[Values, Gist]:
    """Leave those values of a fact out under which everything is as under a value that nobody knows."""
    slices: dict[object, dict[Values, Gist]] = {value: {} for value in fact.values}
    for values, gist in told.items():
        slices[values[place]][(*values[:place], *values[place + 1 :])] = gist
    ordinary = {value for value in fact.values if value is not UNKNOWN and slices[value] == slices.get(UNKNOWN)}
    return {values: gist for values, gist in told.items() if values[place] not in ordinary}


@attrs.frozen
class Difference(Generic[OrderT, PatchT]):
    """One section, or action, and where two rulebooks decide in the same two ways on an update of it.

    Attributes:
        section: the section, or the action.
        condition: where they differ, over the facts of the order and of the update.
        ours: the decision of the one rulebook on the order and the update below, or on the action.
        theirs: the decision of the other.
        order: the smallest order at which they differ; None where no order can have such facts.
        patch: the smallest update with it; None where an action is asked about.
    """

    section: StrEnum
    condition: Condition
    ours: Decision
    theirs: Decision
    order: OrderT | None
    patch: PatchT | None

    @property
    def verdicts(self) -> bool:
        """Whether one allows what the other refuses; if not, they only name other rules or waivers."""
        return self.ours.allowed is not self.theirs.allowed

    def __str__(self) -> str:
        return f"{self.section}, while {self.condition}: {_verdict(self.ours)} here, {_verdict(self.theirs)} there"

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON-ready dicts, lists and strings; the order as its API answers it."""
        return {
            "section": self.section.value,
            "condition": str(self.condition),
            "ours": self.ours.to_dict(),
            "theirs": self.theirs.to_dict(),
            **example_dict(self.order, self.patch),
        }


def example_dict(order: OrderBase | None, patch: PatchBase | None) -> dict[str, object]:
    """Write an order, as far as it says anything, and an update as JSON-ready values."""
    return {
        "order": None
        if order is None
        else {key: said for key, said in order.__payload__().items() if said is not None},
        "patch": None if patch is None else write_body(patch),
    }


def _verdict(decision: Decision) -> str:
    if decision.violations:
        return f"refused by {join_words((violation.rule.id for violation in decision.violations), 'and')}"
    if decision.waivers:
        return f"allowed by {join_words((waiver.id for waiver in decision.waivers), 'and')}"
    return "allowed"


@attrs.frozen
class Diff(Generic[OrderT, PatchT]):
    """Everything that two rulebooks decide differently: empty, and falsy, when they mean the same.

    Attributes:
        differences: where they differ, by section; those that change a verdict come first. Every update on which
            they differ touches such a section there.
        count: how many of all decisions differ.
        total: how many decisions there are: points of an order times updates told apart, and times actions.
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
            return f"no difference in {self.total} decisions"
        lines = [f"{self.count} of {self.total} decisions differ", *map(str, self.differences)]
        return "\n  ".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON-ready dicts, lists, strings and numbers."""
        differences = [difference.to_dict() for difference in self.differences]
        return {"count": self.count, "total": self.total, "differences": differences}


def diff(ours: Rulebook[OrderT, PatchT], theirs: Rulebook[OrderT, PatchT]) -> Diff[OrderT, PatchT]:
    """See ``Policy.diff``."""
    if not isinstance(theirs, Rulebook):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a policy to compare with, got a {type(theirs).__name__}")
    for name in ("order_type", "patch_type", "sections", "actions"):
        if getattr(ours, name) is not getattr(theirs, name):
            raise TypeError(f"the {ours.name} and {theirs.name} policies are of different platforms ({name})")
    # Decisions are shared, so the pairs that there are are few.
    pairs = zip(table_of(ours).decisions(), table_of(theirs).decisions(), strict=True)
    counted = Counter((id(one), id(other)) for one, other in pairs)
    by_id = {id(decision): decision for rulebook in (ours, theirs) for decision in table_of(rulebook).decisions()}
    differing = sum(count for (one, other), count in counted.items() if _gist(by_id[one]) != _gist(by_id[other]))
    there = _cells_by_section(theirs)
    found: list[Difference[OrderT, PatchT]] = []
    for section, cells in _cells_by_section(ours).items():
        facts = _facts(ours, section)
        groups: dict[tuple[Gist, ...], list[Values]] = {}
        for values, cell in cells.items():
            other = there[section][values]
            gists = _gist(cell.decision, cell.update), _gist(other.decision, other.update)
            if gists[0] != gists[1]:
                groups.setdefault((*gists, _gist(cell.update), _gist(other.update)), []).append(values)
        for group in groups.values():
            condition = from_truth_table(facts, dict.fromkeys(cells, False) | dict.fromkeys(group, True))
            order, patch, point = smallest_pair(ours, section, [cells[values].point for values in group])
            at = tuple(point[fact] for fact in facts)
            found.append(Difference(section, condition, cells[at].update, there[section][at].update, order, patch))
    found.sort(key=lambda difference: not difference.verdicts)
    return Diff(tuple(found), differing, counted.total())


def smallest_pair(
    rulebook: Rulebook[OrderT, PatchT], section: StrEnum, points: Iterable[Point]
) -> tuple[OrderT | None, PatchT | None, Point]:
    """Make the smallest order, and the smallest update of a section, among some points; no update for an action."""
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
