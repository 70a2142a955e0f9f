"""Decisions: whether something is allowed, with every rule that refuses it.

A decision contains neither the order nor the patch, only the facts that the rules read. So it contains no personal
data, and all questions with the same answer can share one object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from orderrules.grammar.condition_json import VERSION, condition_to_json, point_to_json, shown_to_json, value_to_json
from orderrules.grammar.conditions import UNKNOWN, Wording, describe_point, say_point, spelling_of
from orderrules.grammar.orders import OrderBase, PatchBase
from orderrules.languages.sentences import ENGLISH, AnyLanguage, Language, join_words, language_of, render, translate
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from enum import StrEnum

    from orderrules.grammar.conditions import Condition, Fact, Parameter, Point
    from orderrules.grammar.rules import Assumption, Rule, Waiver


@attrs.frozen
class Violation:
    """One rule that refuses.

    Attributes:
        rule: the rule.
        keys: the body keys of the update that touch its section. Empty if the decision is about an action.
        facts: the evidence: each fact that the rule read, with its value. ``UNKNOWN`` stands for every value that the
            page does not list.
    """

    rule: Rule
    keys: tuple[str, ...]
    facts: tuple[tuple[Fact, Hashable], ...]

    @property
    def section(self) -> StrEnum:
        """The section or the action that the rule governs."""
        return self.rule.section

    @property
    def condition(self) -> Condition:
        """What would have to hold for the rule to allow it."""
        return self.rule.only_if

    @property
    def actual(self) -> str:
        """The facts in the words of a merchant: ``the order is completed``."""
        return self._actual(ENGLISH)

    def _actual(self, language: Language) -> str:
        return say_point(dict(self.facts), language)

    @property
    def expected(self) -> str:
        """The condition in the words of a merchant: ``it may change only while the order is not completed``."""
        return self._expected(ENGLISH)

    def _expected(self, language: Language) -> str:
        return self.condition.expected(dict(self.facts), is_change=bool(self.keys), language=language)

    @property
    def message(self) -> str:
        """One sentence for a merchant."""
        return self.message_in(ENGLISH)

    def message_in(self, language: AnyLanguage) -> str:
        """Return the message in a language.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        code = "cannot_change" if self.keys else "not_possible"
        actual, needed = self._actual(chosen), self._expected(chosen)
        return render(chosen, "DECISIONS", code, subject=self.rule.subject, actual=actual, needed=needed)

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the id of the rule and the message in one sentence.

        Args:
            language: the code of a language, such as ``ar``.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        return render(chosen, "ERRORS", "place", place=self.rule.id, message=self.message_in(chosen))

    def __str__(self) -> str:
        return self.render()

    def to_dict(self, order: OrderBase[Any] | None = None, *, language: AnyLanguage = ENGLISH) -> dict[str, object]:
        """Return the violation ready for JSON, as it stands in ``Decision.to_dict``."""
        chosen = language_of(language)
        return {
            "rule": self.rule.id,
            "section": self.section.value,
            "keys": list(self.keys),
            "facts": [{"fact": fact.name, "value": _fact_to_json(fact, value, order)} for fact, value in self.facts],
            "condition": condition_to_json(self.condition),
            "actual": self._actual(chosen),
            "expected": self._expected(chosen),
            "message": self.message_in(chosen),
            "reason": translate(self.rule.reason, chosen),
        }


@attrs.frozen
class Note:
    """Something that an order does not show, or that a decision cannot know.

    Attributes:
        code: ``caveat`` (the decision cannot know something), ``not_given`` (a parameter whose value makes a difference
            is not given), or about a fact of the order: ``not_shown`` (it has no value), ``unreadable`` (its value is
            there, but not in a form that can be read) or ``not_listed`` (the page does not list its value).
        params: the parameters, ready for JSON: ``rule`` of a caveat, ``rule`` and ``parameter`` of one that is not
            given, otherwise ``fact``, and ``shown`` and ``suggestion`` of a value that is not listed.
        text: the sentence, if it is the rule's or the fact's own.
    """

    code: str
    params: Mapping[str, str] = attrs.field(hash=False)
    text: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What two notes with the same sentence share; no sentence is made for it."""
        return (self.text,) if self.text else (self.code, *self.params.values())

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the sentence in a language.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        code = "not_listed_but" if "suggestion" in self.params else self.code
        return translate(self.text, chosen) if self.text else render(chosen, "NOTES", code, **self.params)

    def __str__(self) -> str:
        return self.render()

    def to_dict(self, *, language: AnyLanguage = ENGLISH) -> dict[str, object]:
        """Return the code, the parameters and the sentence, ready for JSON.

        Args:
            language: the language of the sentence.

        Raises:
            ValueError: the language is not known.
        """
        params = {name: str(value) for name, value in self.params.items()}
        return {"note": self.code, "params": params, "message": self.render(language)}


@attrs.frozen
class RulebookVersion:
    """The rulebook by which was decided, so that an answer that was kept can be compared with later ones.

    Attributes:
        name: the name of the platform.
        edition: the edition of the documented rules.
        given: pairs of a parameter and its value.
    """

    name: str
    edition: str
    _digest: str | Callable[[], str] = attrs.field(eq=False, repr=False)
    given: tuple[tuple[Parameter, Hashable], ...] = ()

    @property
    def digest(self) -> str:
        """The digest of all decisions; see ``Policy.digest``. It is computed when it is first needed."""
        return self._digest if isinstance(self._digest, str) else self._digest()

    def __reduce__(self) -> tuple[object, ...]:
        return RulebookVersion, (self.name, self.edition, self.digest, self.given)

    def to_dict(self) -> dict[str, object]:
        """Return the three strings and, if parameters are given, their values by name."""
        given = point_to_json(dict(self.given))
        return {
            "name": self.name,
            "edition": self.edition,
            "digest": self.digest,
            **({"given": given} if given else {}),
        }


@attrs.frozen(repr=False)
class Decision:
    """Whether something is allowed, and why. It is truthy if it is allowed.

    Attributes:
        violations: every rule that refuses, sorted by section and then by the id of the rule.
        waivers: the waivers without which it would be refused.
        assumptions: the assumptions that the decision rests on. Under one of their alternatives it would be refused
            instead of allowed, or allowed instead of refused.
        caveats: what the decision cannot know; ``str`` of each is a sentence.
        rulebook: the rulebook by which was decided. It makes no difference when decisions are compared.
    """

    violations: tuple[Violation, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    caveats: tuple[Note, ...] = ()
    rulebook: RulebookVersion | None = attrs.field(default=None, eq=False)

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
        return self.messages_in(ENGLISH)

    def messages_in(self, language: AnyLanguage) -> tuple[str, ...]:
        """Return the messages in a language.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        refusals = tuple(violation.message_in(chosen) for violation in self.violations)
        return refusals or tuple(
            render(chosen, "DECISIONS", "this_rests_on", assumption=assumption.id, answer=assumption.answer)
            for assumption in self.assumptions
        )

    def require(self) -> None:
        """Raise an error unless it is allowed.

        Raises:
            UpdateRefused: it is refused.
        """
        if self.violations:
            raise UpdateRefused(self)

    def explain(self, order: OrderBase[Any] | None = None, *, language: AnyLanguage = ENGLISH) -> str:
        """Return the decision as text, with the rules, waivers and assumptions that it rests on.

        Args:
            order: the order that was decided on. If it is given and its status is not documented, a note shows how the
                order spells it.
            language: the code of a language, such as ``ar``.

        Raises:
            TypeError: ``order`` is not an order.
            ValueError: it is not the order that was decided on, or the language is not known.
        """
        self._check_evidence(order, None)
        return "\n".join(self._lines(notes_on(order), language_of(language)))

    def __str__(self) -> str:
        return self.explain()

    def _check_evidence(self, order: OrderBase[Any] | None, asked: PatchBase | StrEnum | str | None) -> None:
        """Raise an error if the evidence shows that another order, update or action was decided on."""
        for violation in self.violations:
            for fact, value in violation.facts:
                for thing in (order, asked):
                    known = thing.__space__.facts if isinstance(thing, OrderBase | PatchBase) else ()
                    if fact in known and fact.of(thing) != value:
                        raise ValueError(f"{violation.rule.id}: the decision was made about another {fact.name}")
            if asked is not None:
                keys = set(asked.keys) if isinstance(asked, PatchBase) else set[str]()
                if not keys.issuperset(violation.keys) or (not violation.keys and violation.section != asked):
                    raise ValueError(f"{violation.rule.id}: the decision was made about another update or action")

    def _lines(self, notes: tuple[Note, ...], language: Language) -> Iterator[str]:
        def line(code: str, indent: str, **parameters: str) -> str:
            return indent + render(language, "DECISIONS", code, **parameters)

        if self.violations:
            sections = dict.fromkeys(str(violation.section) for violation in self.violations)
            yield line("refused", "", sections=join_words(sections, "list", language))
        else:
            yield line("allowed", "")
        wording = Wording(language=language)
        for violation in self.violations:
            yield f"  {violation.render(language)}"
            yield line("why", "    ", reason=violation.rule.reason)
            yield line("facts", "    ", facts=describe_point(dict(violation.facts), wording))
        for waiver in self.waivers:
            yield f"  {waiver.render(language)}"
            yield line("why", "    ", reason=waiver.reason)
        for assumption in self.assumptions:
            yield line("rests_on", "  ", assumption=assumption.id, answer=assumption.answer)
        for note in (*notes, *self.caveats):
            yield line("note", "  ", note=note.render(language))

    def to_dict(
        self,
        order: OrderBase[Any] | None = None,
        asked: PatchBase | StrEnum | str | None = None,
        *,
        language: AnyLanguage = ENGLISH,
    ) -> dict[str, object]:
        """Return the decision as dicts, lists, strings and booleans, ready for JSON.

        Values and conditions have the form that :func:`orderrules.authoring.read_condition` reads. If both arguments
        are given, ``Policy.replay`` can decide again on the result; it has the facts of the order and the update, the
        keys that are sent, and no other value.

        Args:
            order: the order that was decided on. If it is given, a value that the page does not list is told apart from
                one that the order does not show, and a note shows how the order spells it.
            asked: the update that was decided on, or the action.
            language: the language of the sentences, such as ``ar``. Names, values and conditions stay as they are.

        Raises:
            TypeError: ``order`` is not an order.
            ValueError: the evidence shows that another order, update or action was decided on. If the answer is that
                it is allowed, there is no evidence, and nothing is checked. Or the language is not known.
        """
        chosen = language_of(language)
        notes = notes_on(order)
        self._check_evidence(order, asked)
        return {
            "version": VERSION,
            "rulebook": self.rulebook and self.rulebook.to_dict(),
            **_asked_to_dict(order, asked),
            "allowed": self.allowed,
            "violations": [violation.to_dict(order, language=chosen) for violation in self.violations],
            "waivers": [
                {
                    "waiver": waiver.id,
                    "condition": condition_to_json(waiver.when),
                    "when": waiver.when.render(chosen),
                    "reason": translate(waiver.reason, chosen),
                }
                for waiver in self.waivers
            ],
            "assumptions": [
                {
                    "assumption": assumption.id,
                    "question": translate(assumption.question, chosen),
                    "answer": translate(assumption.answer, chosen),
                    "alternatives": [alternative.name for alternative in assumption.alternatives],
                }
                for assumption in self.assumptions
            ],
            "notes": [note.to_dict(language=chosen) for note in (*notes, *self.caveats)],
        }


@attrs.frozen
class Cell:
    """The decision on one section or action at one point.

    Attributes:
        section: the section or the action.
        point: the facts of an order, and of an update that touches the section.
        decision: the decision on this section alone, even if an update with these facts must touch others as well.
        update: the decision on the smallest update with these facts that touches the section.
    """

    section: StrEnum
    point: Point
    decision: Decision
    update: Decision

    def under(self, settings: Point) -> Cell:
        """Return the cell with the values of parameters in its point."""
        return attrs.evolve(self, point={**self.point, **settings}) if settings else self


def _fact_to_json(fact: Fact, value: Hashable, order: OrderBase[Any] | None) -> object:
    """Return the value of a fact for JSON; if the order is given, tell what it shows of an unknown value."""
    if order is None or fact not in order.__space__.facts:
        return value_to_json(fact, value)
    return shown_to_json(fact, order)  # The value is the same: see _check_evidence.


def _facts_to_json(thing: OrderBase[Any] | PatchBase) -> dict[str, object]:
    """Return the facts of an order or an update by name."""
    return {fact.name: shown_to_json(fact, thing) for fact in thing.__space__.facts}


def _asked_to_dict(order: OrderBase[Any] | None, asked: PatchBase | StrEnum | str | None) -> dict[str, object]:
    """Return the facts of an order, and the facts and keys of an update or the name of an action."""
    data: dict[str, object] = {}
    if order is not None:
        data["order"] = _facts_to_json(order)
    if isinstance(asked, PatchBase):
        data["update"] = {"keys": list(asked.keys), "facts": _facts_to_json(asked)}
    elif asked is not None:
        data["action"] = str(asked)
    return data


def notes_on(order: OrderBase[Any] | None) -> tuple[Note, ...]:
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


def _note(fact: Fact, value: Hashable) -> Note:
    if value is None or value is UNSET:
        code = "not_shown" if value is None else "unreadable"
        return Note(code, {"fact": fact.title}, dict(fact.notes).get(value, ""))
    return Note("not_listed", {"fact": fact.title, **spelling_of(fact, value)}, dict(fact.notes).get(value, ""))


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
        # A task queue may rebuild the exception from the text of its arguments.
        return str(self.decision)
