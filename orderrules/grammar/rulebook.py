"""A rulebook: one platform's rules, waivers, assumptions and advice, as plain data.

``Policy`` is a rulebook with methods that answer questions about it. The layers below ``policy/`` take a rulebook. What
they compute from it, such as the table of decisions, they cache with ``Rulebook.keep``.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import attrs

from orderrules.grammar.conditions import fix, weaken
from orderrules.grammar.orders import OrderBase, OrderT, PatchBase, PatchT, sections_by_key
from orderrules.grammar.rules import (
    Alternative,
    Assumption,
    Rule,
    Waiver,
    answers_to,
    as_rules,
    combine_answers,
    own_answer,
)
from orderrules.languages.sentences import as_words, join_words
from orderrules.reading.models import rebuild

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
    from enum import StrEnum

    from orderrules.grammar.advice import AdviceRule
    from orderrules.grammar.conditions import Condition, Fact, Parameter, Point, TransitionTable

CachedT = TypeVar("CachedT")


@attrs.frozen(kw_only=True)
class Effect:
    """A side effect of an update: if it sends a key, another attribute of the order changes.

    Attributes:
        key: the body key. An empty object as its value changes nothing.
        attribute: the attribute of the order that changes.
        value: the value of the attribute after the update.
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


def _as_effects(effects: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(effects)


def _as_parameters(parameters: Iterable[Parameter]) -> tuple[Parameter, ...]:
    return tuple(parameters)


def _as_settings(settings: Iterable[tuple[Parameter, Hashable]]) -> tuple[tuple[Parameter, Hashable], ...]:
    return tuple(settings)


def _as_advice_rules(advice_rules: Iterable[AdviceRule]) -> tuple[AdviceRule, ...]:
    return tuple(advice_rules)


def _as_titles(
    titles: Mapping[Any, str | Mapping[str, str]] | Iterable[tuple[str, str]],
) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), as_words(title)) for name, title in dict(titles).items())


@attrs.frozen(kw_only=True, repr=False)
class Rulebook(Generic[OrderT, PatchT]):
    """One platform's sections, rules, waivers, transitions and assumptions.

    A rulebook is data. Two rulebooks are equal if their data are equal.

    Attributes:
        name: the name of the platform.
        edition: the edition of the documented rules that this rulebook was made from, or ``""``. A changed digest shows
            that it no longer gives the decisions of its edition.
        order_type: the class of the orders.
        patch_type: the class of the patches.
        titles: what answers call sections and actions, by their names; each may be a dict of words by language. The
            default is the name.
        rules: every restriction, on sections and on actions.
        waivers: the conditions under which the rules on sections do not apply.
        actions: the enumeration of the actions other than an update, or None if there are no rules on actions.
        assumptions: our answers to questions that the page leaves open.
        defaults: pairs of a body key and the value that the order gets if an update leaves the key out. A key that
            is not listed keeps its value.
        effects: the side effects of updates on the order.
        advice_rules: the rules that yield advice, which refuses nothing.
        parameters: the parameters that rules and waivers may read besides the facts.
        settings: pairs of a parameter and its value; a parameter that is not listed is not known. ``Policy.given``
            sets them.

    Raises:
        TypeError: a key of the patch has no section of this platform or is not optional; a fact reads an attribute
            that the class does not have; or a class lacks the slot for the number of its point.
        ValueError: two entries share an id; two facts share a name or an attribute; a section and an action share a
            name; a fact of the patch cannot be ``UNSET``; a transition table does not lead from a fact of the order to
            a fact of the patch; a rule reads a fact or governs a section that does not exist; or a setting is of
            another parameter or has another value.
    """

    name: str
    edition: str = ""
    order_type: type[OrderT]
    patch_type: type[PatchT]
    titles: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=_as_titles)
    rules: tuple[Rule, ...] = attrs.field(converter=as_rules)
    waivers: tuple[Waiver, ...] = attrs.field(default=(), converter=_as_waivers)
    actions: type[StrEnum] | None = None
    assumptions: tuple[Assumption, ...] = attrs.field(default=(), converter=_as_assumptions)
    defaults: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), converter=_as_defaults)
    effects: tuple[Effect, ...] = attrs.field(default=(), converter=_as_effects)
    advice_rules: tuple[AdviceRule, ...] = attrs.field(default=(), converter=_as_advice_rules)

    parameters: tuple[Parameter, ...] = attrs.field(default=(), converter=_as_parameters)
    settings: tuple[tuple[Parameter, Hashable], ...] = attrs.field(default=(), converter=_as_settings)

    _cache: dict[object, Any] = attrs.field(init=False, eq=False, factory=dict[object, Any])

    def __attrs_post_init__(self) -> None:
        _check(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {', '.join(entry.id for entry in self.entries)}>"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the data; the table is made again on loading."""
        return rebuild, (
            type(self),
            {field.name: getattr(self, field.name) for field in attrs.fields(type(self)) if field.init},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the rulebook as JSON-ready dicts, lists, strings, numbers and booleans.

        ``orderrules.export`` adds what an endpoint knows: the payload of an order and the schema of a body.
        """
        from orderrules.grammar.rulebook_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Make a rulebook of its JSON, with classes of orders and patches of its own. It decides the same.

        The types of the body keys are those of the member ``body``, a JSON Schema; without it, any plain value.

        Args:
            data: what ``to_json`` or ``orderrules export --to json`` returned.

        Raises:
            ValueError: it is no rulebook, or one of another format.
        """
        from orderrules.grammar.rulebook_json import from_json

        rulebook: Self = from_json(cls, Effect, data)
        return rulebook

    def title_of(self, section: StrEnum | str) -> str:
        """Return what answers call a section or an action."""
        return dict(self.titles).get(str(section), str(section))

    @property
    def entries(self) -> tuple[Rule | Waiver, ...]:
        """Every rule and every waiver."""
        return (*self.rules, *self.waivers)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact of the orders and the updates, and every parameter."""
        return (*self.order_type.__space__.facts, *self.patch_type.__space__.facts, *self.parameters)

    @property
    def unknown(self) -> tuple[Parameter, ...]:
        """The parameters that are not given."""
        return tuple(parameter for parameter in self.parameters if parameter not in dict(self.settings))

    def parameters_of(self, *sections: StrEnum) -> tuple[Parameter, ...]:
        """Return the parameters that are not given, and that the decisions on some sections or actions depend on."""
        conditions = [rule.only_if for rule in self.rules if rule.section in sections]
        if any(isinstance(section, self.sections) for section in sections):
            conditions += [waiver.when for waiver in self.waivers]
        return tuple(each for each in self.unknown if any(each in condition.facts for condition in conditions))

    def settled(self, settings: Point) -> Self:
        """Return this rulebook with the values of some parameters; parameters of other rulebooks are left out."""
        known: dict[Fact, Hashable] = {**dict(self.settings), **settings}
        ordered = tuple((parameter, known[parameter]) for parameter in self.parameters if parameter in known)
        if ordered == self.settings:
            return self
        return self.keep(("settled", ordered), lambda: attrs.evolve(self, settings=ordered))

    def supplied(self, settings: Point) -> Self:
        """Return this rulebook with values of the parameters that it does not know yet; those it knows stay."""
        return self.settled({parameter: settings[parameter] for parameter in self.unknown if parameter in settings})

    def narrowed(self) -> Self:
        """Return a rulebook without parameters that decides the same.

        Each condition has the given values in it. If it reads a parameter that is not given, it holds where some value
        of that parameter satisfies it.
        """
        return self.keep("narrowed", self._narrow) if self.parameters else self

    def _narrow(self) -> Self:
        known: dict[Fact, Any] = dict(self.settings)
        unknown = self.unknown

        def narrow(condition: Condition) -> Condition:
            return weaken(fix(condition, known), unknown)

        def narrow_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
            return tuple(attrs.evolve(rule, only_if=narrow(rule.only_if)) for rule in rules)

        return attrs.evolve(
            self,
            rules=narrow_rules(self.rules),
            waivers=tuple(attrs.evolve(waiver, when=narrow(waiver.when)) for waiver in self.waivers),
            assumptions=_change_alternatives(self.assumptions, narrow_rules),
            parameters=(),
            settings=(),
        )

    @property
    def sections(self) -> type[StrEnum]:
        """The enumeration of the sections, which is that of the patch."""
        return self.patch_type.__sections__

    def transitions(self) -> tuple[TransitionTable, ...]:
        """Return the transition tables in the rules on sections."""
        rules = (rule for rule in self.rules if isinstance(rule.section, self.sections))
        return tuple(table for rule in rules for table in rule.only_if.transitions())

    def keys_of(self, section: StrEnum) -> tuple[str, ...]:
        """Return the body keys of a section, in the order of the fields."""
        return tuple(key for key, of in sections_by_key(self.patch_type).items() if of is section)

    def with_rules(self, *rules: Rule | Waiver) -> Self:
        """Return a copy with rules or waivers added.

        Args:
            *rules: the rules and waivers to add.

        Raises:
            TypeError: an argument is not a rule or a waiver.
            ValueError: an id is already used, or a condition reads a fact that is not available to it.
        """
        for entry in rules:
            if not isinstance(entry, Rule | Waiver):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"expected a rule or a waiver, got {type(entry).__name__}")
        return attrs.evolve(
            self,
            rules=(*self.rules, *(entry for entry in rules if isinstance(entry, Rule))),
            waivers=(*self.waivers, *(entry for entry in rules if isinstance(entry, Waiver))),
        )

    def without(self, *ids: str) -> Self:
        """Return a copy without some rules or waivers.

        The rules are also removed from the alternatives of the assumptions.

        Args:
            *ids: the ids of the rules and waivers to remove.

        Raises:
            TypeError: an argument is not a string.
            ValueError: no rule or waiver has this id.
        """
        for identity in ids:
            if not isinstance(identity, str):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(f"expected the id of a rule or a waiver, got {type(identity).__name__}")
        missing = [identity for identity in ids if identity not in {entry.id for entry in self.entries}]
        if missing:
            message = f"the {self.name} policy has no rule or waiver {', '.join(missing)}"
            raise ValueError(message)

        def drop_from(rules: Iterable[Rule]) -> tuple[Rule, ...]:
            return tuple(rule for rule in rules if rule.id not in ids)

        return attrs.evolve(
            self,
            rules=drop_from(self.rules),
            waivers=tuple(waiver for waiver in self.waivers if waiver.id not in ids),
            assumptions=_change_alternatives(self.assumptions, drop_from),
        )

    def assuming(self, **answers: str) -> Self:
        """Return a copy with other answers to some of its assumptions.

        A rule that several answers change differs wherever one of them makes it differ.

        Args:
            **answers: the name of the answer to each assumption, by its id: an alternative's, or that of our own.

        Raises:
            ValueError: there is no such assumption, it has no such answer, or the answer changes more than rules.
        """
        unknown = answers.keys() - {assumption.id for assumption in self.assumptions}
        if unknown:
            raise ValueError(f"the {self.name} policy has no assumption {join_words(sorted(unknown), 'or')}")
        choices = {assumption: answers_to(assumption) for assumption in self.assumptions}
        present = {each: _answer(each, of, answers.get(each.id)) for each, of in choices.items()}
        rules = combine_answers(self.rules, present.values())
        return attrs.evolve(
            self,
            rules=rules,
            assumptions=tuple(
                attrs.evolve(
                    each,
                    answer=present[each].answer,
                    name=present[each].name,
                    alternatives=tuple(
                        attrs.evolve(
                            other,
                            rules=[
                                rule
                                for rule in combine_answers(self.rules, {**present, each: other}.values())
                                if rule not in rules
                            ],
                        )
                        for other in of
                        if other.name != present[each].name
                    ),
                )
                for each, of in choices.items()
            ),
        )

    def keep(self, key: object, make: Callable[[], CachedT]) -> CachedT:
        """Return an object that is computed from this rulebook, and cache it.

        Threads that call this at the same time get the same object.

        Args:
            key: the key in the cache. Each kind of object needs its own key.
            make: computes the object on the first call.
        """
        if key not in self._cache:
            self._cache.setdefault(key, make())
        cached: CachedT = self._cache[key]
        return cached


def _answer(assumption: Assumption, of: tuple[Alternative, ...], name: str | None) -> Alternative:
    """Return the answer to an assumption that has a name; without a name, our own."""
    if name is None:
        return own_answer(assumption)
    found = next((each for each in of if each.name == name), None)
    if found is None:
        raise ValueError(
            f"{assumption.id} has no answer {name!r}, its answers are: {', '.join(each.name for each in of)}"
        )
    if not found.rules and name != assumption.name:
        raise ValueError(
            f"{assumption.id}: the answer {name!r} is about more than rules; make a policy of the platform"
        )
    return found


def _change_alternatives(
    assumptions: Iterable[Assumption], change: Callable[[tuple[Rule, ...]], tuple[Rule, ...]]
) -> tuple[Assumption, ...]:
    """Return assumptions with the rules of their alternatives changed."""
    return tuple(
        attrs.evolve(
            assumption,
            alternatives=tuple(attrs.evolve(other, rules=change(other.rules)) for other in assumption.alternatives),
        )
        for assumption in assumptions
    )


def assignments(parameters: Iterable[Parameter]) -> Iterator[dict[Fact, Hashable]]:
    """Iterate over all combinations of the values of some parameters."""
    listed = tuple(parameters)
    for values in itertools.product(*(parameter.values for parameter in listed)):
        yield dict(zip(listed, values, strict=True))


def _check(rulebook: Rulebook[Any, Any]) -> None:
    """Check that a rulebook is consistent, and raise the errors that ``Rulebook`` documents."""
    for kind, base in ((rulebook.order_type, OrderBase), (rulebook.patch_type, PatchBase)):
        if not issubclass(kind, base) or not attrs.has(kind):  # pyright: ignore[reportUnknownArgumentType]
            raise TypeError(f"{kind.__name__} of {rulebook.name} must be a class below {base.__name__} with @model")
    shared = {str(section) for section in rulebook.sections}.intersection(map(str, rulebook.actions or ()))
    if shared:
        message = f"a section and an action of {rulebook.name} have the same name: {', '.join(sorted(shared))}"
        raise ValueError(message)
    ids = [entry.id for entry in (*rulebook.entries, *rulebook.assumptions, *rulebook.advice_rules)]
    duplicates = sorted({identity for identity in ids if ids.count(identity) > 1})
    if duplicates:
        message = f"duplicate ids: {', '.join(duplicates)}"
        raise ValueError(message)
    _check_names(rulebook)
    _check_rules(rulebook)


def _check_rules(rulebook: Rulebook[Any, Any]) -> None:
    """Check what the rules govern, and which facts they read."""
    order, patch = rulebook.order_type, rulebook.patch_type
    order_facts: set[Fact] = {*order.__space__.facts, *rulebook.parameters}
    all_facts = set(rulebook.facts)
    both = f"{order.__name__} and {patch.__name__}"
    for rule in rulebook.rules:
        if type(rule.section) not in {rulebook.sections, rulebook.actions}:
            listed = ", ".join([*rulebook.sections, *(rulebook.actions or ())])
            raise ValueError(f"{rule.id} governs {rule.section!r}; {rulebook.name} has {listed}")
        if type(rule.section) is rulebook.sections:
            _check_facts(rule.id, rule.only_if, all_facts, both)
        else:
            _check_facts(rule.id, rule.only_if, order_facts, f"{order.__name__} for an action")
    for waiver in rulebook.waivers:
        _check_facts(waiver.id, waiver.when, all_facts, both)
    for table in rulebook.transitions():
        if table.current not in order.__space__.facts or table.asked not in patch.__space__.facts:
            raise ValueError("a transition table needs a fact of the order as current and a fact of the patch as asked")


def _check_names(rulebook: Rulebook[Any, Any]) -> None:
    """Check that no two facts have the same name."""
    names = [fact.name for fact in rulebook.facts]
    if len(set(names)) < len(names):
        duplicates = join_words(sorted({name for name in names if names.count(name) > 1}), "and")
        raise ValueError(
            f"every fact of {rulebook.name} needs its own name, in the order and the patch; duplicate: {duplicates}"
        )
    keywords = [parameter.attribute for parameter in rulebook.parameters]
    if len(set(keywords)) < len(keywords):
        raise ValueError(f"two parameters of {rulebook.name} have the same keyword")
    for parameter, value in rulebook.settings:
        if parameter not in rulebook.parameters:
            raise ValueError(f"{rulebook.name} has no parameter {parameter.name}")
        parameter.check_values((value,))


def _check_facts(identity: str, condition: Condition, available: set[Fact], owners: str) -> None:
    """Check that a condition reads only facts of the owners."""
    others = [fact.name for fact in condition.facts if fact not in available]
    if others:
        raise ValueError(f"{identity} reads {join_words(others, 'and')}, but may read only the facts=(...) of {owners}")
