"""The answer: Decision and Violation, and how they read aloud.

An answer holds no order and no patch, only what of them the rules read, so it carries no personal data
and one object serves every question that has the same answer. It must never know how it was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from orderrules._conditions import UNKNOWN
from orderrules.errors import UpdateRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

    from orderrules._rules import Reading, Rule, Waiver


@attrs.frozen
class Violation:
    """One rule that refuses.

    Attributes:
        rule: the rule.
        keys: the body keys that touch its section; empty when an action was asked about.
        saw: the evidence, what the facts that the rule reads are: ``status is completed``.
        needed: what would have to be.
    """

    rule: Rule
    keys: tuple[str, ...]
    saw: str
    needed: str

    @property
    def section(self) -> StrEnum:
        """The section that the rule closes, or the action."""
        return self.rule.section

    @property
    def message(self) -> str:
        """One sentence that a merchant can read."""
        refusal = "cannot be changed" if self.keys else "is not possible"
        return f"{self.section} {refusal}: {self.saw}; {self.needed}"

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.message}"


@attrs.frozen
class Decision:
    """Whether something may be done, and why: truthy when it may.

    Attributes:
        violations: every rule that refuses, in the order of the sections and of the rules' ids.
        waivers: the waivers without which it would have been refused.
        readings: the readings on which this answer rests: under one of their alternatives,
            what is allowed would be refused, or the other way round.
        caveats: what the answer cannot see.
    """

    violations: tuple[Violation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    readings: tuple[Reading, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether no rule refuses."""
        return not self.violations

    def __bool__(self) -> bool:
        return not self.violations

    def require(self) -> None:
        """Return when allowed.

        Raises:
            UpdateRefused: it is refused.
        """
        if self.violations:
            raise UpdateRefused(self)

    def explain(self, order: object = None) -> str:
        """Say the answer in a few lines, one for each rule, waiver and reading that it rests on.

        With the order it was made for, a status that no page names is shown as the order spells it.
        """
        return "\n".join(self._lines(order))

    def __str__(self) -> str:
        return self.explain()

    def _lines(self, order: object) -> Iterator[str]:
        sections = dict.fromkeys(str(violation.section) for violation in self.violations)
        yield f"refused: {', '.join(sections)}" if sections else "allowed"
        for violation in self.violations:
            yield f"  {violation}"
            yield f"    why: {violation.rule.reason}"
        seen: dict[str, None] = {}
        for violation in self.violations:
            seen.update(dict.fromkeys(_unnamed(violation, order)))
        yield from (f"  note: {line}" for line in seen)
        for waiver in self.waivers:
            yield f"  {waiver}"
            yield f"    why: {waiver.reason}"
        for reading in self.readings:
            yield f"  rests on {reading.id}: {reading.answer}"
        for caveat in self.caveats:
            yield f"  note: {caveat}"

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON-ready dicts, lists, strings and booleans."""
        return {
            "allowed": self.allowed,
            "violations": [
                {
                    "rule": violation.rule.id,
                    "section": violation.section.value,
                    "keys": list(violation.keys),
                    "saw": violation.saw,
                    "needed": violation.needed,
                    "message": violation.message,
                    "reason": violation.rule.reason,
                }
                for violation in self.violations
            ],
            "waivers": [
                {"waiver": waiver.id, "when": str(waiver.when), "reason": waiver.reason} for waiver in self.waivers
            ],
            "readings": [
                {
                    "reading": reading.id,
                    "question": reading.question,
                    "answer": reading.answer,
                    "alternatives": [alternative.name for alternative in reading.alternatives],
                }
                for reading in self.readings
            ],
            "caveats": list(self.caveats),
        }


def _unnamed(violation: Violation, order: object) -> Iterator[str]:
    """Say how an order spells what the rules know only as unknown."""
    for fact in violation.rule.only_if.facts:
        if order is not None and UNKNOWN in fact.values and fact.of(order) is UNKNOWN:
            spelt = getattr(order, fact.attribute)
            yield f"the order shows no {fact.name}" if spelt is None else f"the order's {fact.name} reads {spelt!r}"
