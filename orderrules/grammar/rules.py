"""Rules, waivers and assumptions: the records of which a rulebook consists."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import attrs

from orderrules.grammar.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from enum import StrEnum


ChoicesT = TypeVar("ChoicesT", bound=attrs.AttrsInstance)


def _check_entry(identity: object, condition: object, reason: object) -> None:
    """See that an entry has an id, a condition and a reason."""
    for name, value in (("an id", identity), ("a reason", reason)):
        if not isinstance(value, str) or not value.strip():
            raise TypeError(f"an entry of a policy has {name}, which is text")
    if not isinstance(condition, Condition):
        raise TypeError(f"{identity}: expected a condition, got a {type(condition).__name__}")


@attrs.frozen(repr=False)
class Rule:
    """One documented restriction: this section may change only if this condition holds.

    Attributes:
        id: its handle, which is the id of its clause in ``specs/``.
        section: what it governs: a member of the platform's sections, or of its actions.
        only_if: the condition under which it may change (or be done).
        reason: why, in words for a merchant.
        caveat: what the answer cannot see, or ``""``; said with every answer on that section.
    """

    id: str = attrs.field(kw_only=True)
    section: StrEnum = attrs.field(kw_only=True)
    only_if: Condition = attrs.field(kw_only=True)
    reason: str = attrs.field(kw_only=True)
    caveat: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_entry(self.id, self.only_if, self.reason)

    def __str__(self) -> str:
        return f"{self.id}: {self.section} only if {self.only_if}"

    def __repr__(self) -> str:
        return f"<Rule {self}>"


@attrs.frozen(repr=False)
class Waiver:
    """A condition under which no rule on a section applies; it opens no action.

    Attributes:
        id: its handle, which is the id of its clause in ``specs/``.
        when: the condition under which the rules are waived.
        reason: why, in words for a merchant.
    """

    id: str = attrs.field(kw_only=True)
    when: Condition = attrs.field(kw_only=True)
    reason: str = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_entry(self.id, self.when, self.reason)

    def __str__(self) -> str:
        return f"{self.id}: no restriction while {self.when}"

    def __repr__(self) -> str:
        return f"<Waiver {self}>"


def as_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Convert what is given as rules."""
    return tuple(rules)


@attrs.frozen
class Alternative:
    """Another answer to an assumption: the rules as they would be under it, those that it leaves alone left out."""

    name: str
    rules: tuple[Rule, ...] = attrs.field(default=(), converter=as_rules)


def _as_alternatives(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    return tuple(alternatives)


@attrs.frozen(repr=False)
class Assumption:
    """A place where the page is silent or at odds: the question, our answer, the alternatives.

    Attributes:
        id: its handle, which is the id of its entry in ``specs/assumptions.toml``.
        question: what the page leaves open.
        answer: how this policy reads it.
        alternatives: the answers offered instead of this one.
    """

    id: str
    question: str
    answer: str
    alternatives: tuple[Alternative, ...] = attrs.field(default=(), converter=_as_alternatives)

    def __str__(self) -> str:
        return f"{self.id}: {self.question}: {self.answer}"

    def __repr__(self) -> str:
        return f"<Assumption {self.id}: {self.answer}>"


def _choose(chosen: ChoicesT, keyword: str, value: object) -> ChoicesT:
    return attrs.evolve(chosen, **{keyword: value})  # type: ignore[misc]  # bound to attrs classes, as it should be.


def offer(
    make: Callable[[ChoicesT], Iterable[Rule]], chosen: ChoicesT, keyword: str, options: Mapping[str, object]
) -> tuple[Alternative, ...]:
    """Give the named answers to one assumption that are not the chosen one, each with the rules that it changes.

    Args:
        make: gives the rules of a platform under some choices, an attrs object.
        chosen: the choices of the policy.
        keyword: the choice that this assumption is about.
        options: the named answers, each with its value for the keyword.
    """
    ours = frozenset(make(chosen))
    return tuple(
        Alternative(name, tuple(rule for rule in make(_choose(chosen, keyword, value)) if rule not in ours))
        for name, value in options.items()
        if value != getattr(chosen, keyword)
    )
