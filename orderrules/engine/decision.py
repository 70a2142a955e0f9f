"""Decisions: the answer to a question, with every rule that refuses.

A decision holds no order and no patch, only the facts that the rules read. So it carries no personal data, and one
object serves every question that has the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from orderrules.grammar.conditions import UNKNOWN, describe_spelling
from orderrules.grammar.orders import OrderBase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.rules import Assumption, Rule, Waiver


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
    actual: str
    expected: str

    @property
    def section(self) -> StrEnum:
        """The section that the rule closes, or the action."""
        return self.rule.section

    @property
    def message(self) -> str:
        """One sentence that a merchant can read."""
        refusal = "cannot be changed" if self.keys else "is not possible"
        return f"{self.section} {refusal}: {self.actual}; {self.expected}"

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.message}"


@attrs.frozen(repr=False)
class Decision:
    """Whether something may be done, and why: truthy when it may.

    Attributes:
        violations: every rule that refuses, in the order of the sections and of the rules' ids.
        waivers: the waivers without which it would have been refused.
        assumptions: the assumptions on which this answer rests: under one of their alternatives,
            what is allowed would be refused, or the other way round.
        caveats: what the answer cannot see.
    """

    violations: tuple[Violation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether no rule refuses."""
        return not self.violations

    def __bool__(self) -> bool:
        return not self.violations

    def __repr__(self) -> str:
        refused = ", ".join(violation.rule.id for violation in self.violations)
        return f"<Decision refused: {refused}>" if refused else "<Decision allowed>"

    @property
    def messages(self) -> tuple[str, ...]:
        """What stands in the way, a sentence each: the violations, or of what is allowed the assumptions it rests on."""
        said = tuple(violation.message for violation in self.violations)
        return said or tuple(f"this rests on {assumption.id}: {assumption.answer}" for assumption in self.assumptions)

    def require(self) -> None:
        """Return when allowed.

        Raises:
            UpdateRefused: it is refused.
        """
        if self.violations:
            raise UpdateRefused(self)

    def explain(self, order: OrderBase | None = None) -> str:
        """Say the answer in a few lines, one for each rule, waiver and assumption that it rests on.

        With the order it was made for, it also says how the order spells a status that no page names.

        Raises:
            TypeError: what is given is no order.
        """
        return "\n".join(self._lines(notes_on(order)))

    def __str__(self) -> str:
        return self.explain()

    def _lines(self, notes: tuple[str, ...]) -> Iterator[str]:
        sections = dict.fromkeys(str(violation.section) for violation in self.violations)
        yield f"refused: {', '.join(sections)}" if sections else "allowed"
        for violation in self.violations:
            yield f"  {violation}"
            yield f"    why: {violation.rule.reason}"
        for waiver in self.waivers:
            yield f"  {waiver}"
            yield f"    why: {waiver.reason}"
        for assumption in self.assumptions:
            yield f"  rests on {assumption.id}: {assumption.answer}"
        for note in (*notes, *self.caveats):
            yield f"  note: {note}"

    def to_dict(self, order: OrderBase | None = None) -> dict[str, object]:
        """Return the answer as JSON-ready dicts, lists, strings and booleans; the order adds what it adds to explain.

        Raises:
            TypeError: what is given is no order.
        """
        return {
            "allowed": self.allowed,
            "violations": [
                {
                    "rule": violation.rule.id,
                    "section": violation.section.value,
                    "keys": list(violation.keys),
                    "saw": violation.actual,
                    "needed": violation.expected,
                    "message": violation.message,
                    "reason": violation.rule.reason,
                }
                for violation in self.violations
            ],
            "waivers": [
                {"waiver": waiver.id, "when": str(waiver.when), "reason": waiver.reason} for waiver in self.waivers
            ],
            "assumptions": [
                {
                    "assumption": assumption.id,
                    "question": assumption.question,
                    "answer": assumption.answer,
                    "alternatives": [alternative.name for alternative in assumption.alternatives],
                }
                for assumption in self.assumptions
            ],
            "notes": [*notes_on(order), *self.caveats],
        }


def notes_on(order: OrderBase | None) -> tuple[str, ...]:
    """Say how an order spells what the rules know only as unknown."""
    if order is None:
        return ()
    if not isinstance(order, OrderBase):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected the order that was decided on, got a {type(order).__name__}")
    return tuple(
        _note(fact, getattr(order, fact.attribute))
        for fact in order.__space__.facts
        if UNKNOWN in fact.values and fact.of(order) is UNKNOWN
    )


def _note(fact: Fact, value: object) -> str:
    told = dict(fact.notes).get(value, "" if value is not None else f"the order shows no {fact.name}")
    return told or f"no page names the order's {fact.name}, {describe_spelling(fact, value)}"


class UpdateRefused(Exception):  # noqa: N818 - the public name is fixed, and says what happened.
    """An update that had to be allowed is refused.

    Attributes:
        decision: the ``Decision``, with every violation.
        order_id: the order's id, where whoever raised it knew that.
    """

    order_id: int | None = None

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__(decision)

    def __str__(self) -> str:
        return self.decision.explain()
