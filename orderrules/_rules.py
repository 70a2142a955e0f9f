"""The grammar in which rules are written: Rule, Waiver, Reading, Policy.

Everything here is immutable data that can be listed, printed, compared and cited.
It must never know a platform, nor how decisions are made: the methods that ``Policy`` offers
are doors to the rooms that do, opened on first use.

The module is longer than most because its records are documented field by field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import attrs

from orderrules._conditions import Condition, Fact, Follows, listed
from orderrules._lookup import written
from orderrules._models import UNSET, rebuild, slots_of
from orderrules._patch import PatchBase, sections_by_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from enum import StrEnum

    from orderrules._advice import Advice, Advisory
    from orderrules._decision import Decision
    from orderrules._lint import Finding
    from orderrules._meaning import Diff
    from orderrules._navigation import Plan, Split
    from orderrules._order import OrderBase
    from orderrules._table import Table

OrderT = TypeVar("OrderT", bound="OrderBase")
PatchT = TypeVar("PatchT", bound="PatchBase")
OrderT_contra = TypeVar("OrderT_contra", bound="OrderBase", contravariant=True)
PatchT_contra = TypeVar("PatchT_contra", bound="PatchBase", contravariant=True)
ChoicesT = TypeVar("ChoicesT", bound=attrs.AttrsInstance)


def _written(identity: object, condition: object, reason: object) -> None:
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
        _written(self.id, self.only_if, self.reason)

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
        _written(self.id, self.when, self.reason)

    def __str__(self) -> str:
        return f"{self.id}: no restriction while {self.when}"

    def __repr__(self) -> str:
        return f"<Waiver {self}>"


def _rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(rules)


def _waivers(waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    return tuple(waivers)


@attrs.frozen
class Alternative:
    """Another answer to a reading: the rules as they would be under it, those that it leaves alone left out."""

    name: str
    rules: tuple[Rule, ...] = attrs.field(default=(), converter=_rules)


def _alternatives(alternatives: Iterable[Alternative]) -> tuple[Alternative, ...]:
    return tuple(alternatives)


@attrs.frozen(repr=False)
class Reading:
    """A place where the page is silent or at odds: the question, our answer, the alternatives.

    Attributes:
        id: its handle, which is the id of its entry in ``specs/readings.toml``.
        question: what the page leaves open.
        answer: how this policy reads it.
        alternatives: the answers offered instead of this one.
    """

    id: str
    question: str
    answer: str
    alternatives: tuple[Alternative, ...] = attrs.field(default=(), converter=_alternatives)

    def __str__(self) -> str:
        return f"{self.id}: {self.question}: {self.answer}"

    def __repr__(self) -> str:
        return f"<Reading {self.id}: {self.answer}>"


@attrs.frozen(kw_only=True)
class Outcome:
    """What an update of a key makes of the order beside what it writes: a fact of it changes.

    Attributes:
        key: the body key; an empty object in it changes nothing.
        attribute: the attribute of the order that changes.
        value: what it is afterwards.
    """

    key: str
    attribute: str
    value: Hashable


def _outcomes(outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    return tuple(outcomes)


def _advisories(advisories: Iterable[Advisory]) -> tuple[Advisory, ...]:
    return tuple(advisories)


def _defaults(defaults: Iterable[tuple[str, Hashable]]) -> tuple[tuple[str, Hashable], ...]:
    return tuple(defaults)


def _readings(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    return tuple(readings)


def _choose(chosen: ChoicesT, keyword: str, value: object) -> ChoicesT:
    return attrs.evolve(chosen, **{keyword: value})  # type: ignore[misc]  # bound to attrs classes, as it should be.


def offer(
    make: Callable[[ChoicesT], Iterable[Rule]], chosen: ChoicesT, keyword: str, options: Mapping[str, object]
) -> tuple[Alternative, ...]:
    """Give the named answers to one reading that are not the chosen one, each with the rules that it changes.

    Args:
        make: gives the rules of a platform under some choices, an attrs object.
        chosen: the choices of the policy.
        keyword: the choice that this reading is about.
        options: the named answers, each with its value for the keyword.
    """
    ours = frozenset(make(chosen))
    return tuple(
        Alternative(name, tuple(rule for rule in make(_choose(chosen, keyword, value)) if rule not in ours))
        for name, value in options.items()
        if value != getattr(chosen, keyword)
    )


class CanUpdate(Protocol[OrderT_contra, PatchT_contra]):
    """What decides whether a patch may be sent for an order."""

    def __call__(self, order: OrderT_contra, patch: PatchT_contra) -> Decision:
        """Decide.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        ...


class _Doors(Generic[OrderT, PatchT]):
    """Where a policy keeps what it derives from its data, once it is first asked for."""

    __slots__ = {  # noqa: RUF023 - a mapping, for the docstrings.
        "can_update": """Decide whether a patch may be sent for an order: ``can_update(order, patch) -> Decision``.

        Raises:
            TypeError: the order or the patch is of another platform.
        """,
        "_rows": "The rows of the table, None where one is not made yet.",
        "_made": "The table, once it was needed.",
    }

    _rows: list[list[Decision] | None]
    _made: dict[str, Table[OrderT, PatchT]]

    # A slot rather than a method, so that a decision costs one call: it holds the look-up itself.
    can_update: CanUpdate[OrderT, PatchT]


@attrs.frozen(kw_only=True, repr=False)
class Policy(_Doors[OrderT, PatchT]):
    """One platform's sections, rules, waivers, transitions and readings.

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
        readings: how the silences of the page are read.
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
    rules: tuple[Rule, ...] = attrs.field(converter=_rules)
    waivers: tuple[Waiver, ...] = attrs.field(default=(), converter=_waivers)
    actions: type[StrEnum] | None = None
    readings: tuple[Reading, ...] = attrs.field(default=(), converter=_readings)
    defaults: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), converter=_defaults)
    outcomes: tuple[Outcome, ...] = attrs.field(default=(), converter=_outcomes)
    advisories: tuple[Advisory, ...] = attrs.field(default=(), converter=_advisories)

    def __attrs_post_init__(self) -> None:
        _validate(self)
        orders, patches = self.order_type.__space__, self.patch_type.__space__
        rows: list[list[Decision] | None] = [None] * orders.size
        object.__setattr__(self, "_rows", rows)
        object.__setattr__(self, "_made", {})
        object.__setattr__(self, "can_update", written(orders.slot, patches.slot, rows, self._decide))

    def __repr__(self) -> str:
        return f"<Policy {self.name}: {', '.join(entry.id for entry in self.entries)}>"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what was said; the table is made again."""
        return rebuild, (type(self), {field.name: getattr(self, field.name) for field in attrs.fields(type(self))})

    def _decide(self, order: OrderT, patch: PatchT) -> Decision:
        return self.tabulated().decide(order, patch)

    @property
    def entries(self) -> tuple[Rule | Waiver, ...]:
        """Every rule and every waiver: whatever has an id."""
        return (*self.rules, *self.waivers)

    def transitions(self) -> tuple[Follows, ...]:
        """The transition tables in the rules on sections."""
        rules = (rule for rule in self.rules if isinstance(rule.section, self.sections))
        return tuple(table for rule in rules for table in rule.only_if.transitions())

    def keys_of(self, section: StrEnum) -> tuple[str, ...]:
        """The body keys that touch a section, in the order of the body."""
        return tuple(key for key, of in sections_by_key(self.patch_type).items() if of is section)

    def with_rules(self, *rules: Rule | Waiver) -> Policy[OrderT, PatchT]:
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

    def without(self, *ids: str) -> Policy[OrderT, PatchT]:
        """Return this policy with some rules or waivers dropped, under the alternatives of its readings too.

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
            readings=tuple(
                attrs.evolve(
                    reading,
                    alternatives=tuple(attrs.evolve(other, rules=kept(other.rules)) for other in reading.alternatives),
                )
                for reading in self.readings
            ),
        )

    def can(self, order: OrderT, action: StrEnum | str) -> Decision:
        """Decide whether an action other than an update is open for an order; no waiver opens one.

        Raises:
            TypeError: the order is of another platform.
            ValueError: the platform rules no such action.
        """
        return self.tabulated().ability(order, action)

    def editable(self, order: OrderT) -> Mapping[StrEnum, Decision]:
        """Say of every section whether it may change now, with the reasons for those that may not.

        A section whose rule reads what is asked for (a status) is open while something else may still be asked.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules import _navigation

        return _navigation.editable(self, order)

    def next_statuses(self, order: OrderT) -> frozenset[StrEnum] | None:
        """Give the statuses that may follow the present one; None where the page documents no transitions.

        That is, where no rule reads a fact of the update that is a fact of the order as well. Where several are read,
        it is the first of them.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules import _navigation

        return _navigation.next_statuses(self, order)

    def split(self, order: OrderT, patch: PatchT) -> Split[PatchT]:
        """Part an update into the largest part that may be sent and the rest; together they are the whole.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        from orderrules import _navigation

        return _navigation.split(self, order, patch)

    def apply(self, order: OrderT, patch: PatchT) -> OrderT:
        """Return the order as the page says it will be after the update.

        What an order cannot show as it is written is kept in ``order.written``.

        Raises:
            UpdateRefused: the update is refused.
            TypeError: the order or the patch is of another platform, or the order has nowhere to keep a key.
        """
        from orderrules import _navigation

        return _navigation.apply(self, order, patch)

    def plan(self, order: OrderT, goal: PatchT) -> Plan[PatchT]:
        """Find the shortest sequence of allowed updates after which the order holds everything the goal asks.

        Everything but the status goes into the first step in which it is allowed. Only keys of the goal are sent,
        and with the values it asks; the status alone takes others on its way, where the goal asks for one. That is
        each fact of the order that rules let an update change, by a transition table or by any other condition.

        Raises:
            TypeError: the order or the goal is of another platform, or the order has nowhere to keep a key.
        """
        from orderrules import _navigation

        return _navigation.plan(self, order, goal)

    def advise(self, order: OrderT, patch: PatchT) -> tuple[Advice, ...]:
        """Say what is worth saying about an update and refuses nothing; it is never part of a decision.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        from orderrules._advice import advise

        self.can_update(order, patch)
        return advise(self.advisories, order, patch)

    def guard(self, patch: PatchT) -> Condition:
        """Give the condition on an order under which this update is allowed, in few words.

        ``guard(patch).holds(order)`` is ``bool(can_update(order, patch))`` for every order, and two updates
        that are allowed for the same orders have equal guards.

        Raises:
            TypeError: the patch is of another platform.
        """
        return self.tabulated().guard(patch)

    def guards(self, patch: PatchT) -> Mapping[Rule, Condition]:
        """Give each rule that may refuse this update, with the condition on an order under which it does not.

        A waiver is a part of each. The rules stand in the order of a decision's violations; a condition is false for an
        order exactly where its rule is among those that refuse the update, and together they mean ``guard(patch)``.

        Raises:
            TypeError: the patch is of another platform.
        """
        return self.tabulated().guards(patch)

    def decide_many(self, orders: Iterable[OrderT], patch: PatchT) -> list[Decision]:
        """Decide one update against many orders, each as ``can_update`` does.

        Raises:
            TypeError: an order or the patch is of another platform.
        """
        return self.tabulated().decide_many(orders, patch)

    def indices(self, orders: Iterable[OrderT]) -> bytes:
        """Number the facts of many orders, a byte each, to be kept and decided on later.

        Raises:
            TypeError: an order is of another platform.
            ValueError: the platform's facts span more than 256 points, which a byte cannot number.
        """
        return self.tabulated().indices(orders)

    def decide_indices(self, indices: bytes, patch: PatchT) -> bytes:
        """Decide one update against numbered orders: a byte of 1 for each that allows it, of 0 for each that does not.

        Raises:
            TypeError: the patch is of another platform, or the numbers are no bytes.
            ValueError: a number is none of the platform's, or its facts span more than 256 points.
        """
        return self.tabulated().decide_indices(indices, patch)

    def lint(self) -> tuple[Finding[OrderT, PatchT], ...]:
        """Find what is wrong with a policy, or worth knowing: idle rules, sections without any, statuses without a way.

        Every claim is checked at every point, and comes with the smallest order and update that show it.
        """
        from orderrules import _lint

        return _lint.lint(self)

    def diff(self, other: Policy[OrderT, PatchT]) -> Diff[OrderT, PatchT]:
        """Find every decision that this policy and another give differently; empty means that they mean the same.

        Two decisions are the same when the same rules refuse and the same waivers were needed, in whatever words.

        Raises:
            TypeError: the other is of another platform.
        """
        from orderrules import _meaning

        return _meaning.diff(self, other)

    def digest(self) -> str:
        """Give 64 hexadecimal digits that change exactly when a decision changes, in which rules refuse or waive.

        Words, readings, advice and the order in which rules are listed make no difference.
        """
        from orderrules import _meaning

        return _meaning.digest(self)

    def schema(self, order: OrderT | None = None) -> dict[str, object]:
        """Give the JSON Schema (2020-12) of an update's body, or, with an order, of those that it allows now.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules import _schema

        return _schema.schema(self, order)

    def tabulated(self) -> Table[OrderT, PatchT]:
        """Give the table to the rooms that ask it, made when it is first needed; it is no part of the API."""
        table = self._made.get("table")
        if table is None:
            from orderrules._table import Table

            # In one step, so that threads which make it at once keep the same one.
            table = self._made.setdefault("table", Table(self, self._rows))
        return table


def _validate(policy: Policy[Any, Any]) -> None:
    """See that a policy says nothing impossible; raise what ``Policy`` documents."""
    for model in (policy.order_type, policy.patch_type):
        _validate_model(model)
    of_section = sections_by_key(policy.patch_type)
    astray = [key for key, section in of_section.items() if type(section) is not policy.sections]
    if astray:
        message = f"in no section of {policy.name}: {', '.join(astray)}"
        raise TypeError(message)
    shared = {str(section) for section in policy.sections}.intersection(map(str, policy.actions or ()))
    if shared:
        message = f"both a section and an action of {policy.name}: {', '.join(sorted(shared))}"
        raise ValueError(message)
    ids = [entry.id for entry in (*policy.entries, *policy.readings, *policy.advisories)]
    twice = sorted({identity for identity in ids if ids.count(identity) > 1})
    if twice:
        message = f"ids given twice: {', '.join(twice)}"
        raise ValueError(message)
    _validate_facts(policy)
    order_facts = set(policy.order_type.__space__.facts)
    all_facts = order_facts.union(policy.patch_type.__space__.facts)
    for rule in policy.rules:
        if type(rule.section) not in {policy.sections, policy.actions}:
            message = f"{rule.id} governs {rule.section!r}, which is no section or action of {policy.name}"
            raise ValueError(message)
        _see(rule.id, rule.only_if, all_facts if type(rule.section) is policy.sections else order_facts)
    for waiver in policy.waivers:
        _see(waiver.id, waiver.when, all_facts)


def _validate_facts(policy: Policy[Any, Any]) -> None:
    """See that facts can be told apart, and that those of a patch may be left out."""
    for fact in policy.patch_type.__space__.facts:
        if UNSET not in fact.values:
            raise ValueError(f"the fact {fact.name} is read off a patch, so UNSET is one of its values")
    names = [fact.name for model in (policy.order_type, policy.patch_type) for fact in model.__space__.facts]
    if len(set(names)) < len(names):
        twice = listed(sorted({name for name in names if names.count(name) > 1}), "and")
        raise ValueError(
            f"two facts of {policy.name} share a name: {twice}; the order and the patch each have facts of their own"
        )
    for table in policy.transitions():
        if (
            table.current not in policy.order_type.__space__.facts
            or table.asked not in policy.patch_type.__space__.facts
        ):
            raise ValueError("a transition table leads from a fact of the order to a fact of the patch")


def _validate_model(model: type[OrderBase | PatchBase]) -> None:
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


def _see(identity: str, condition: Condition, told: set[Fact]) -> None:
    strangers = [fact.name for fact in condition.facts if fact not in told]
    if strangers:
        message = f"{identity} reads what the platform does not tell: {', '.join(strangers)}"
        raise ValueError(message)
