"""The digest of what a rulebook decides.

Two rulebooks mean the same if each pair of their decisions names the same rules and the same waivers. The wording of
reasons does not count.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orderrules.grammar.conditions import UNKNOWN, Values, drop_fact, sort_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from orderrules.engine.decision import Cell, Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.rulebook import Rulebook

Gist = tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, ...]]
"""The parts of a decision that are compared: the rules that refuse, each with its keys, and the waivers used."""


def gist_of(decision: Decision, update: Decision | None = None) -> Gist:
    """Return the gist of a decision.

    For a cell of the table, pass its decision, which holds the rules of its section alone, and its smallest update,
    whose waivers are used. The smallest update may have to touch a second section. If that section needs a waiver,
    it makes no difference whether the first one needs it too.
    """
    return (
        tuple((violation.rule.id, violation.keys) for violation in decision.violations),
        tuple(sorted(waiver.id for waiver in (update or decision).waivers)),
    )


def cells_by_section(cells: Iterable[Cell]) -> dict[StrEnum, dict[Values, Cell]]:
    """Return the cells of each section and action, by the values of all facts, which are sorted by name."""
    by_section: dict[StrEnum, dict[Values, Cell]] = {}
    for cell in cells:
        values = tuple(cell.point[fact] for fact in sort_by_name(cell.point))
        by_section.setdefault(cell.section, {})[values] = cell
    return by_section


def facts_of(rulebook: Rulebook[Any, Any], section: StrEnum) -> tuple[Fact, ...]:
    """List the facts and parameters on which the decisions on a section or an action may depend, sorted by name."""
    of_order = rulebook.order_type.__space__.facts
    of_patch = rulebook.patch_type.__space__.facts if isinstance(section, rulebook.sections) else ()
    return sort_by_name((*of_order, *of_patch, *rulebook.parameters_of(section)))


def digest_of_cells(rulebook: Rulebook[Any, Any], cells: Iterable[Cell]) -> str:
    """Return the digest of a rulebook, of which all cells are given; see ``Policy.digest``."""
    import hashlib

    lines: list[str] = []
    for section, own in cells_by_section(cells).items():
        names = rulebook.keys_of(section) if isinstance(section, rulebook.sections) else (f"({section})",)
        facts = facts_of(rulebook, section)
        gists = {values: gist_of(cell.decision, cell.update) for values, cell in own.items()}
        # Drop facts that change no decision, and values that are decided like an unknown value.
        for fact in facts:
            facts, gists = drop_fact(fact, facts, gists)
        for position, fact in enumerate(facts):
            gists = _drop_ordinary_values(position, fact, gists)
        for values, gist in gists.items():
            point = [[fact.name, _tag_with_type(value)] for fact, value in zip(facts, values, strict=True)]
            lines += [json.dumps([name, point, *gist]) for name in names]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _tag_with_type(value: object) -> list[str]:
    """Return the type and the text of a value of a fact, so that ``1`` and ``"1"`` differ."""
    type_name = "str" if isinstance(value, str) else type(value).__name__
    return [type_name, str(value)]


def _drop_ordinary_values(position: int, fact: Fact, gists: dict[Values, Gist]) -> dict[Values, Gist]:
    """Drop the values of a fact that are decided like ``UNKNOWN`` at every point."""
    slices: dict[object, dict[Values, Gist]] = {value: {} for value in fact.values}
    for values, gist in gists.items():
        slices[values[position]][(*values[:position], *values[position + 1 :])] = gist
    ordinary = {value for value in fact.values if value is not UNKNOWN and slices[value] == slices.get(UNKNOWN)}
    return {values: gist for values, gist in gists.items() if values[position] not in ordinary}
