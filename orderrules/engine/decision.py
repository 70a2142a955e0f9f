"""Decisions: whether something is allowed, with every rule that refuses it.

A decision contains neither the order nor the patch, only the facts that the rules read. So it contains no personal
data, and all questions with the same answer can share one object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        keys: the body keys of the update that touch its section. Empty if the decision is about an action.
        actual: the evidence, which is the values of the facts that the rule reads: ``status is completed``.
        expected: what must be true for the rule to allow it.
    """

    rule: Rule
    keys: tuple[str, ...]
    actual: str
    expected: str

    @property
    def section(self) -> StrEnum:
        """The section or the action that the rule governs."""
        return self.rule.section

    @property
    def message(self) -> str:
        """One sentence for a merchant."""
        refusal = "cannot be changed" if self.keys else "is not possible"
        return f"{self.section} {refusal}: {self.actual}; {self.expected}"

    def __str__(self) -> str:
        return f"{self.rule.id}: {self.message}"


@attrs.frozen(repr=False)
class Decision:
    """Whether something is allowed, and why. It is truthy if it is allowed.

    Attributes:
        violations: every rule that refuses, sorted by section and then by the id of the rule.
        waivers: the waivers without which it would be refused.
        assumptions: the assumptions that the decision rests on. Under one of their alternatives it would be refused
            instead of allowed, or allowed instead of refused.
        caveats: what the decision cannot know.
    """

    violations: tuple[Violation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether it is allowed, which means that no rule refuses it."""
        return not self.violations

    def __bool__(self) -> bool:
        return not self.violations

    def __repr__(self) -> str:
        refused = ", ".join(violation.rule.id for violation in self.violations)
        return f"<Decision refused: {refused}>" if refused else "<Decision allowed>"

    @property
    def messages(self) -> tuple[str, ...]:
        """One sentence for each violation or, if it is allowed, for each assumption that this rests on."""
        refusals = tuple(violation.message for violation in self.violations)
        return refusals or tuple(
            f"this rests on {assumption.id}: {assumption.answer}" for assumption in self.assumptions
        )

    def require(self) -> None:
        """Raise an error unless it is allowed.

        Raises:
            UpdateRefused: it is refused.
        """
        if self.violations:
            raise UpdateRefused(self)

    def explain(self, order: OrderBase[Any] | None = None) -> str:
        """Return the decision as text, with the rules, waivers and assumptions that it rests on.

        Args:
            order: the order that was decided on. If it is given and its status is not documented, a note shows how the
                order spells it.

        Raises:
            TypeError: ``order`` is not an order.
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

    def to_dict(self, order: OrderBase[Any] | None = None) -> dict[str, object]:
        """Return the decision as dicts, lists, strings and booleans, ready for JSON.

        Args:
            order: the order that was decided on. If it is given and its status is not documented, a note shows how the
                order spells it.

        Raises:
            TypeError: ``order`` is not an order.
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


def notes_on(order: OrderBase[Any] | None) -> tuple[str, ...]:
    """Return a note for each fact of an order that is ``UNKNOWN``, which shows how the order spells it."""
    if order is None:
        return ()
    if not isinstance(order, OrderBase):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected the order that was decided on, got {type(order).__name__}")
    return tuple(
        _note(fact, getattr(order, fact.attribute))
        for fact in order.__space__.facts
        if UNKNOWN in fact.values and fact.of(order) is UNKNOWN
    )


def _note(fact: Fact, value: object) -> str:
    note = dict(fact.notes).get(value, "" if value is not None else f"the order shows no {fact.name}")
    return note or f"the page does not list the order's {fact.name}, {describe_spelling(fact, value)}"


class UpdateRefused(Exception):  # noqa: N818 - the public name is fixed, and says what happened.
    """Raised if an update is refused and the caller required that it is allowed.

    Attributes:
        decision: the ``Decision``, with every violation.
        order_id: the id of the order, or None if it was not known where the error was raised.
    """

    order_id: int | None = None

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        super().__init__(decision)

    def __str__(self) -> str:
        return self.decision.explain()
