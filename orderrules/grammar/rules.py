"""Rules, waivers and assumptions: the entries of a rulebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import attrs

from orderrules.grammar.conditions import AllOf, AnyOf, Condition, Is, Wording
from orderrules.languages.sentences import ENGLISH, AnyLanguage, as_words, language_of, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from enum import StrEnum


ChoicesT = TypeVar("ChoicesT", bound=attrs.AttrsInstance)


def _check_entry(identity: object, condition: object, reason: object) -> None:
    """Check that an entry has an id, a condition and a reason."""
    for name, value in (("an id", identity), ("a reason", reason)):
        if not isinstance(value, str) or not value.strip():
            raise TypeError(f"a rule or a waiver needs {name}: a string that is not blank")
    if not isinstance(condition, Condition):
        hint = "; compare with fact.is_(value) instead of ==" if isinstance(condition, bool) else ""
        raise TypeError(f"{identity}: expected a condition, got {type(condition).__name__}{hint}")


@attrs.frozen(repr=False)
class Rule:
    """One documented restriction: a section may change only if a condition holds.

    Attributes:
        id: the id of its clause in ``specs/``.
        section: the section that it governs, or the action.
        only_if: the condition under which the section may change, or under which the action is possible.
        reason: the reason for the rule, in words for a merchant; or a dict of them by language, ``{"en": …, "ar": …}``.
            The caveat and the subject may be such dicts, too.
        caveat: what a decision on this section cannot know, or ``""``. Every such decision includes it.
        subject: what a message says cannot be changed or is not possible: ``the receiver``. The default is the section.

    Raises:
        TypeError: the id or the reason is not a string or is blank, or the condition is not a condition.
    """

    id: str = attrs.field(kw_only=True)
    section: StrEnum = attrs.field(kw_only=True)
    only_if: Condition = attrs.field(kw_only=True)
    reason: str = attrs.field(kw_only=True, converter=as_words)
    caveat: str = attrs.field(default="", kw_only=True, converter=as_words)
    subject: str = attrs.field(
        default=attrs.Factory(lambda self: str(self.section), takes_self=True), kw_only=True, converter=as_words
    )

    def __attrs_post_init__(self) -> None:
        _check_entry(self.id, self.only_if, self.reason)

    def __str__(self) -> str:
        return f"{self.id}: {self.section} only if {self.only_if}"

    def __repr__(self) -> str:
        return f"<Rule {self}>"


@attrs.frozen(repr=False)
class Waiver:
    """A condition under which no rule on a section applies. Rules on actions still apply.

    Attributes:
        id: the id of its clause in ``specs/``.
        when: the condition under which the rules are waived.
        reason: the reason for the waiver, in words for a merchant; or a dict of them by language.

    Raises:
        TypeError: the id or the reason is not a string or is blank, or the condition is not a condition.
    """

    id: str = attrs.field(kw_only=True)
    when: Condition = attrs.field(kw_only=True)
    reason: str = attrs.field(kw_only=True, converter=as_words)

    def __attrs_post_init__(self) -> None:
        _check_entry(self.id, self.when, self.reason)

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the id and the condition in one sentence.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        wording = Wording(language=chosen, for_merchants=True, required=True)
        sentence = render(chosen, "DECISIONS", "waived", condition=self.when.text(wording))
        return render(chosen, "ERRORS", "place", place=self.id, message=sentence)

    def __str__(self) -> str:
        return self.render()

    def __repr__(self) -> str:
        return f"<Waiver {self}>"


def condition_of(entry: Rule | Waiver) -> Condition:
    """Return the condition of a rule or a waiver."""
    return entry.only_if if isinstance(entry, Rule) else entry.when


def as_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return rules as a tuple."""
    return tuple(rules)


@attrs.frozen
class Alternative:
    """Another answer to the question of an assumption.

    Attributes:
        name: the name of the answer.
        rules: the rules that would be different under this answer, in their changed form.
        answer: the answer as a sentence; or a dict of it by language. Without it, ``""``.
    """

    name: str
    rules: tuple[Rule, ...] = attrs.field(default=(), converter=as_rules)
    answer: str = attrs.field(default="", converter=as_words)


def _as_alternatives(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    return tuple(alternatives)


@attrs.frozen(repr=False)
class Assumption:
    """A place where the page is silent or contradicts itself: the question, our answer, the alternatives.

    Attributes:
        id: the id of its entry in ``specs/assumptions.toml``.
        question: the question that the page leaves open; or a dict of it by language.
        answer: the answer that this policy assumes; or a dict of it by language.
        alternatives: the other answers that a policy can be built with.
        name: the name of our answer, if it has one beside those of the alternatives.
    """

    id: str
    question: str = attrs.field(converter=as_words)
    answer: str = attrs.field(converter=as_words)
    alternatives: tuple[Alternative, ...] = attrs.field(default=(), converter=_as_alternatives)
    name: str = ""

    def __str__(self) -> str:
        return f"{self.id}: {self.question}: {self.answer}"

    def __repr__(self) -> str:
        return f"<Assumption {self.id}: {self.answer}>"


def own_answer(assumption: Assumption) -> Alternative:
    """Return our answer to an assumption, which changes no rule; it may have no name."""
    return Alternative(assumption.name, (), assumption.answer)


def answers_to(assumption: Assumption) -> tuple[Alternative, ...]:
    """Return all answers to an assumption that have a name."""
    return (*([own_answer(assumption)] if assumption.name else []), *assumption.alternatives)


def combine_answers(rules: Iterable[Rule], answers: Iterable[Alternative]) -> tuple[Rule, ...]:
    """Return rules under some answers. A rule that several of them change differs wherever one makes it differ."""
    changed: dict[str, list[Rule]] = {}
    for answer in answers:
        for rule in answer.rules:
            changed.setdefault(rule.id, []).append(rule)
    return tuple(_combine(rule, changed.get(rule.id, [])) for rule in rules)


def _combine(rule: Rule, others: list[Rule]) -> Rule:
    if len(others) < 2:  # noqa: PLR2004 - one alone is as it is.
        return others[0] if others else rule
    told = next((other for other in others if other.reason != rule.reason), others[0])
    every = AllOf([other.only_if for other in others])
    some = AnyOf([other.only_if for other in others])
    combined = (rule.only_if & every | ~rule.only_if & some).simplify()
    if isinstance(combined, Is) and isinstance(rule.only_if, Is) and combined.negated is not rule.only_if.negated:
        # A condition that lists what it excludes goes on to do so, and the other way round.
        others_of = frozenset(combined.fact.values) - combined.values
        combined = Is(combined.fact, others_of, negated=rule.only_if.negated)
    return attrs.evolve(told, only_if=combined)


def _choose(chosen: ChoicesT, keyword: str, value: object) -> ChoicesT:
    return attrs.evolve(chosen, **{keyword: value})  # type: ignore[misc]  # ChoicesT is bound to attrs classes.


def offer(  # noqa: PLR0913 - what an assumption is made of.
    id: str,  # noqa: A002 - as in Assumption.
    question: str | Mapping[str, str],
    answer: Callable[[ChoicesT], str | Mapping[str, str]],
    *,
    make: Callable[[ChoicesT], Iterable[Rule]],
    chosen: ChoicesT,
    keyword: str,
    options: Mapping[str, object],
) -> Assumption:
    """Return an assumption whose alternatives are every named answer but the chosen one, with the rules it changes.

    Args:
        id: the id of the assumption.
        question: the question that the page leaves open; or a dict of it by language.
        answer: says the answer that some choices give.
        make: makes the rules of a platform from choices.
        chosen: the choices of the policy, an attrs object.
        keyword: the attribute of the choices that this assumption is about.
        options: for each named answer, the value of that attribute.
    """
    present = frozenset(make(chosen))
    alternatives: list[Alternative] = []
    own = ""
    for name, value in options.items():
        if value == getattr(chosen, keyword):
            own = name
        else:
            other = _choose(chosen, keyword, value)
            alternatives.append(Alternative(name, [rule for rule in make(other) if rule not in present], answer(other)))
    return Assumption(id, question, answer(chosen), alternatives, own)
