"""A rulebook: one platform's rules, waivers, assumptions and advice, as plain data.

``Policy`` is a rulebook with the questions that can be asked of it. Everything below ``policy/`` takes a rulebook, and
keeps what it derives from it (its table, above all) with ``Rulebook.keep``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from orderrules.grammar.orders import OrderBase, OrderT, PatchBase, PatchT, sections_by_key
from orderrules.grammar.rules import Assumption, Rule, Waiver, as_rules
from orderrules.reading.fields import UNSET, slots_of
from orderrules.reading.models import rebuild
from orderrules.reading.problems import join_words

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from enum import StrEnum

    from orderrules.grammar.advice import AdviceRule
    from orderrules.grammar.conditions import Condition, Fact, TransitionTable

KeptT = TypeVar("KeptT")


@attrs.frozen(kw_only=True)
class Effect:
    """What an update of a key makes of the order beside what it writes: a fact of it changes.

    Attributes:
        key: the body key; an empty object in it changes nothing.
        attribute: the attribute of the order that changes.
        value: what it is afterwards.
    """

    key: str
    attribute: str
    value: Hashable


def _as_waivers(waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    return tuple(waivers)


def _as_assumptions(assumptions: Iterable[Assumption]) -> tuple[Assumption, ...]:
    return tuple(assumptions)


def _as_defaults(defaults: Iterable[tuple[str, Hashable]]) -> tuple[tuple[str, Hashable], ...]:
    return tuple(defaults)


def _as_outcomes(outcomes: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(outcomes)


def _as_advisories(advisories: Iterable[AdviceRule]) -> tuple[AdviceRule, ...]:
    return tuple(advisories)


@attrs.frozen(kw_only=True, repr=False)
class Rulebook(Generic[OrderT, PatchT]):
    """One platform's sections, rules, waivers, transitions and assumptions.

    A policy is data: two of them are equal when they say the same. Everything that is asked of it
    is looked up in a table made from that data when it is first needed.

    Attributes:
        name: the platform's name.
        edition: the edition of the rulebook that it was made from, or ``""``; its digest says whether it still
            means the same.
        order_type: the class of its orders.
        patch_type: the class of its patches.
        sections: the enumeration of its sections.
        actions: the enumeration of what else may be done to an order; None where nothing is ruled.
        rules: every restriction, of sections and of actions.
        waivers: the conditions under which the rules on sections do not apply.
        assumptions: how the silences of the page are read.
        defaults: what a body key that is left out is taken for, where that is not *as it was*.
        outcomes: what an update makes of the order beside what it writes.
        advisories: what is worth saying about an update, and refuses nothing.

    Raises:
        TypeError: a key of the patch belongs to no section of this platform, or may not be left out;
            a fact is read off an attribute that is not there, or the slot for the number of a point is missing.
        ValueError: two rules or waivers share an id, or two facts a name or an attribute; or a rule reads a fact or
            governs a section that is not there.
    """

    name: str
    edition: str = ""
    order_type: type[OrderT]
    patch_type: type[PatchT]
    sections: type[StrEnum]
    rules: tuple[Rule, ...] = attrs.field(converter=as_rules)
    waivers: tuple[Waiver, ...] = attrs.field(default=(), converter=_as_waivers)
    actions: type[StrEnum] | None = None
    assumptions: tuple[Assumption, ...] = attrs.field(default=(), converter=_as_assumptions)
    defaults: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), converter=_as_defaults)
    effects: tuple[Effect, ...] = attrs.field(default=(), converter=_as_outcomes)
    advice_rules: tuple[AdviceRule, ...] = attrs.field(default=(), converter=_as_advisories)

    _kept: dict[object, Any] = attrs.field(init=False, eq=False, factory=dict[object, Any])

    def __attrs_post_init__(self) -> None:
        _check(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {', '.join(entry.id for entry in self.entries)}>"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what was said; the table is made again."""
        return rebuild, (
            type(self),
            {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.init},
        )

    @property
    def entries(self) -> tuple[Rule | Waiver, ...]:
        """Every rule and every waiver: whatever has an id."""
        return (*self.rules, *self.waivers)

    def transitions(self) -> tuple[TransitionTable, ...]:
        """The transition tables in the rules on sections."""
        rules = (rule for rule in self.rules if isinstance(rule.section, self.sections))
        return tuple(table for rule in rules for table in rule.only_if.transitions())

    def keys_of(self, section: StrEnum) -> tuple[str, ...]:
        """The body keys that touch a section, in the order of the body."""
        return tuple(key for key, of in sections_by_key(self.patch_type).items() if of is section)

    def with_rules(self, *rules: Rule | Waiver) -> Self:
        """Return this policy with rules or waivers added.

        Raises:
            TypeError: something else is given than rules and waivers.
            ValueError: an id is there already, or a rule reads what this platform does not tell.
        """
        for entry in rules:
            if not isinstance(entry, Rule | Waiver):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"expected a rule or a waiver, got a {type(entry).__name__}")
        return attrs.evolve(
            self,
            rules=(*self.rules, *(entry for entry in rules if isinstance(entry, Rule))),
            waivers=(*self.waivers, *(entry for entry in rules if isinstance(entry, Waiver))),
        )

    def without(self, *ids: str) -> Self:
        """Return this policy with some rules or waivers dropped, under the alternatives of its assumptions too.

        Raises:
            TypeError: something else is given than ids.
            ValueError: there is no such id.
        """
        for identity in ids:
            if not isinstance(identity, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"expected the id of a rule or a waiver, got a {type(identity).__name__}")
        strangers = [identity for identity in ids if identity not in {entry.id for entry in self.entries}]
        if strangers:
            message = f"the {self.name} policy has no {', '.join(strangers)}"
            raise ValueError(message)

        def kept(rules: Iterable[Rule]) -> tuple[Rule, ...]:
            return tuple(rule for rule in rules if rule.id not in ids)

        return attrs.evolve(
            self,
            rules=kept(self.rules),
            waivers=tuple(waiver for waiver in self.waivers if waiver.id not in ids),
            assumptions=tuple(
                attrs.evolve(
                    assumption,
                    alternatives=tuple(
                        attrs.evolve(other, rules=kept(other.rules)) for other in assumption.alternatives
                    ),
                )
                for assumption in self.assumptions
            ),
        )

    def keep(self, key: object, make: Callable[[], KeptT]) -> KeptT:
        """Return what is derived from this rulebook, made when it is first asked for.

        Threads that ask at once get the same object.

        Args:
            key: names what is derived, and is never the key of something else.
            make: makes it.
        """
        if key not in self._kept:
            self._kept.setdefault(key, make())
        found: KeptT = self._kept[key]
        return found


def _check(rulebook: Rulebook[Any, Any]) -> None:
    """See that a rulebook says nothing impossible; raise what ``Rulebook`` documents."""
    for model in (rulebook.order_type, rulebook.patch_type):
        _check_model(model)
    of_section = sections_by_key(rulebook.patch_type)
    astray = [key for key, section in of_section.items() if type(section) is not rulebook.sections]
    if astray:
        message = f"in no section of {rulebook.name}: {', '.join(astray)}"
        raise TypeError(message)
    shared = {str(section) for section in rulebook.sections}.intersection(map(str, rulebook.actions or ()))
    if shared:
        message = f"both a section and an action of {rulebook.name}: {', '.join(sorted(shared))}"
        raise ValueError(message)
    ids = [entry.id for entry in (*rulebook.entries, *rulebook.assumptions, *rulebook.advice_rules)]
    twice = sorted({identity for identity in ids if ids.count(identity) > 1})
    if twice:
        message = f"ids given twice: {', '.join(twice)}"
        raise ValueError(message)
    _check_all_facts(rulebook)
    order_facts = set(rulebook.order_type.__space__.facts)
    all_facts = order_facts.union(rulebook.patch_type.__space__.facts)
    for rule in rulebook.rules:
        if type(rule.section) not in {rulebook.sections, rulebook.actions}:
            message = f"{rule.id} governs {rule.section!r}, which is no section or action of {rulebook.name}"
            raise ValueError(message)
        _check_facts(rule.id, rule.only_if, all_facts if type(rule.section) is rulebook.sections else order_facts)
    for waiver in rulebook.waivers:
        _check_facts(waiver.id, waiver.when, all_facts)


def _check_all_facts(rulebook: Rulebook[Any, Any]) -> None:
    """See that facts can be told apart, and that those of a patch may be left out."""
    for fact in rulebook.patch_type.__space__.facts:
        if UNSET not in fact.values:
            raise ValueError(f"the fact {fact.name} is read off a patch, so UNSET is one of its values")
    names = [fact.name for model in (rulebook.order_type, rulebook.patch_type) for fact in model.__space__.facts]
    if len(set(names)) < len(names):
        twice = join_words(sorted({name for name in names if names.count(name) > 1}), "and")
        raise ValueError(
            f"two facts of {rulebook.name} share a name: {twice}; the order and the patch each have facts of their own"
        )
    for table in rulebook.transitions():
        if (
            table.current not in rulebook.order_type.__space__.facts
            or table.asked not in rulebook.patch_type.__space__.facts
        ):
            raise ValueError("a transition table leads from a fact of the order to a fact of the patch")


def _check_model(model: type[OrderBase | PatchBase]) -> None:
    """See that a model has what its space numbers, and where to keep the number."""
    space, fields = model.__space__, slots_of(model)
    attributes = [fact.attribute for fact in space.facts]
    if len(set(attributes)) < len(attributes):
        raise ValueError(f"two facts of {model.__name__} are read off one attribute: {', '.join(sorted(attributes))}")
    for fact in space.facts:
        if fact.attribute not in fields:
            raise TypeError(f"{model.__name__} has no {fact.attribute}, which the fact {fact.name} is read off")
    if not hasattr(model, space.slot):
        raise TypeError(f"{model.__name__} has no slot {space.slot}, where its space keeps the number of its point")


def _check_facts(identity: str, condition: Condition, told: set[Fact]) -> None:
    strangers = [fact.name for fact in condition.facts if fact not in told]
    if strangers:
        message = f"{identity} reads what the platform does not tell: {', '.join(strangers)}"
        raise ValueError(message)
