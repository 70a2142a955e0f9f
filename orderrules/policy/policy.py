"""``Policy``, a rulebook with the methods that answer questions about orders and updates; and ``can_update``."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import attrs

from orderrules.engine.decision_table import lookup, name_of, rows_of, table_of
from orderrules.grammar.orders import OrderBase, OrderT, OrderT_contra, PatchT, PatchT_contra
from orderrules.grammar.rulebook import Rulebook
from orderrules.reading.hints import hint_close_to
from orderrules.reading.limits import UPDATE_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from enum import StrEnum

    from orderrules.analysis.diff import Diff
    from orderrules.analysis.lint import Finding
    from orderrules.engine.decision import Decision
    from orderrules.engine.navigation import Plan, Split
    from orderrules.engine.replay import Replay
    from orderrules.grammar.advice import Advice
    from orderrules.grammar.conditions import Condition
    from orderrules.grammar.rules import Rule
    from orderrules.reading.strict_json import Document


class CanUpdate(Protocol[OrderT_contra, PatchT_contra]):
    """A function that decides whether a patch may be sent for an order."""

    def __call__(self, order: OrderT_contra, patch: PatchT_contra) -> Decision:
        """Decide whether a patch may be sent for an order.

        Args:
            order: the order as it is now.
            patch: the update to send.

        Returns:
            The decision, which is truthy if the update is allowed.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        ...


Observer = Callable[["Policy[Any, Any]", Any, Any, "Decision"], object]
"""Is called with a policy, an order, the patch or the action that was asked about, and the decision."""
_OBSERVERS: Final[list[Observer]] = []
_POLICIES: Final[weakref.WeakValueDictionary[int, Policy[Any, Any]]] = weakref.WeakValueDictionary()
"""Every policy, so that an observer sees the decisions of those made before it."""


def observe(observer: Observer) -> Callable[[], None]:
    """Call a function with each decision of ``can_update`` and ``can``, of every policy, made before or later.

    It is for tools that record what a test suite asks, such as the pytest plugin. While no one observes, decisions cost
    what they cost anyway. A ``can_update`` that was taken from a policy before stays unobserved.

    Returns:
        A function that ends the observation.
    """
    _OBSERVERS.append(observer)
    _bind_all()

    def end() -> None:
        _OBSERVERS.remove(observer)
        _bind_all()

    return end


def _bind_all() -> None:
    for policy in list(_POLICIES.values()):
        policy._bind()  # pyright: ignore[reportPrivateUsage]


@attrs.frozen(kw_only=True, repr=False)
class Policy(Rulebook[OrderT, PatchT]):
    """A rulebook with methods that answer questions about orders and updates.

    It takes the same arguments as a ``Rulebook`` and raises the same errors. Two policies are equal if their data are
    equal. Decisions are looked up in a table, which is made from the data when it is first needed.
    """

    # This is a field that contains the lookup function. A method would cost a second call for each decision.
    can_update: CanUpdate[OrderT, PatchT] = attrs.field(init=False, eq=False)
    """Decide whether a patch may be sent for an order: ``can_update(order, patch) -> Decision``.

    Args:
        order: the order as it is now.
        patch: the update to send.

    Returns:
        The decision, which is truthy if the update is allowed.

    Raises:
        TypeError: the order or the patch is of another platform.
    """

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        _POLICIES[id(self)] = self
        self._bind()

    def _bind(self) -> None:
        """Set ``can_update``: the lookup itself, or, if someone observes, a function that reports each decision."""
        spaces = self.order_type.__space__, self.patch_type.__space__
        look_up = lookup(spaces[0].slot, spaces[1].slot, rows_of(self), self._decide)
        object.__setattr__(self, "can_update", self._report_from(look_up) if _OBSERVERS else look_up)

    def _report_from(self, look_up: Callable[[OrderT, PatchT], Decision]) -> CanUpdate[OrderT, PatchT]:
        def can_update(order: OrderT, patch: PatchT) -> Decision:
            decision = look_up(order, patch)
            for observer in _OBSERVERS:
                observer(self, order, patch, decision)
            return decision

        return can_update

    def _decide(self, order: OrderT, patch: PatchT) -> Decision:
        return table_of(self).decide(order, patch)

    def given(self, **values: Hashable) -> Self:
        """Return this policy with the values of some parameters.

        The conditions are narrowed to these values, so a decision takes no longer.

        Args:
            **values: the value of each parameter, by its keyword; those that are left out stay as they are.

        Raises:
            TypeError: the policy has no such parameter.
            ValueError: a parameter has no such value.
        """
        by_keyword = {parameter.attribute: parameter for parameter in self.parameters}
        for keyword in values:
            if keyword not in by_keyword:
                known, hint = ", ".join(by_keyword) or "none", hint_close_to(keyword, by_keyword)
                message = f"the {self.name} policy has no parameter {keyword}, its parameters are: {known}"
                raise TypeError(f"{message} - {hint}" if hint else message)
        named = {by_keyword[keyword]: value for keyword, value in values.items()}
        return self.settled({parameter: parameter.from_keyword(value) for parameter, value in named.items()})

    def can(self, order: OrderT, action: StrEnum | str) -> Decision:
        """Decide whether an action other than an update is possible for an order.

        Waivers do not apply to actions.

        Args:
            order: the order as it is now.
            action: a member of the platform's ``Action``, or its value.

        Returns:
            The decision, which is truthy if the action is possible.

        Raises:
            TypeError: the order is of another platform.
            ValueError: the platform has no such action.
        """
        decision = table_of(self).decide_action(order, action)
        for observer in _OBSERVERS:
            observer(self, order, action, decision)
        return decision

    def editable(self, order: OrderT) -> Mapping[StrEnum, Decision]:
        """Decide for every section whether it may change now.

        If the rule on a section reads the value asked for, such as a status, the section may change if at least one
        other value than the present one is allowed.

        Args:
            order: the order as it is now.

        Returns:
            A mapping of each section to its decision. A refusal contains the rules that refuse.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules.engine import navigation

        return navigation.editable(self, order)

    def next_statuses(self, order: OrderT, key: str | None = None) -> frozenset[StrEnum] | None:
        """Return the statuses that may follow the present status of an order.

        They follow from the transition table or, if there is none, from the rules that read the status asked for. If
        the rules read several facts that an update can change, the first one is taken.

        Args:
            order: the order as it is now.
            key: the body key of the status, if the platform has more than one; by default that of the first transition
                table.

        Returns:
            The statuses, without the present one. None if no rule reads the status asked for.

        Raises:
            TypeError: the order is of another platform.
            ValueError: the key is not that of a status.
        """
        from orderrules.engine import navigation

        return navigation.next_statuses(self, order, key)

    def split(self, order: OrderT, patch: PatchT) -> Split[PatchT]:
        """Split an update into the largest part that is allowed and the rest.

        Each section of the update goes as a whole into one of the two parts.

        Args:
            order: the order as it is now.
            patch: the update to split.

        Returns:
            The two parts, and the decision on the whole update.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        from orderrules.engine import navigation

        return navigation.split(self, patch, self.can_update(order, patch), order)

    def apply(self, order: OrderT, patch: PatchT) -> OrderT:
        """Return the order as it will be after an update, according to the page.

        Keys for which the order has no field are stored in ``order.written``.

        Args:
            order: the order as it is now. It is not changed.
            patch: the update.

        Returns:
            A new order, or the same one if the update changes nothing.

        Raises:
            UpdateRefused: the update is refused.
            TypeError: the order or the patch is of another platform, or the order has no field for a key and no field
                ``written``.
        """
        from orderrules.engine import navigation

        self.can_update(order, patch).require()
        return navigation.after(self, order, patch)

    def plan(self, order: OrderT, goal: PatchT) -> Plan[PatchT]:
        """Find the shortest sequence of allowed updates after which the order has everything that the goal asks for.

        Only keys of the goal are sent. Each key is sent in the first step that allows it, with the value of the goal.
        The status is different: if the goal asks for a status, the steps may send other statuses on the way. The same
        holds for every other key that is also a fact of the order.

        Args:
            order: the order as it is now.
            goal: an update with the values that the order should have in the end.

        Returns:
            The steps, or the decision that blocks the goal. The plan is truthy if the goal can be reached.

        Raises:
            TypeError: the order or the goal is of another platform, or the order has no field for a key and no field
                ``written``.
        """
        from orderrules.engine import navigation

        return navigation.plan(self, order, goal)

    def advise(self, order: OrderT, patch: PatchT) -> tuple[Advice, ...]:
        """Return advice about an update. Advice refuses nothing and is not part of a decision.

        Args:
            order: the order as it is now.
            patch: the update.

        Returns:
            The advice, in the order of ``advice_rules``.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        from orderrules.grammar.advice import advise

        self.can_update(order, patch)
        return advise(self.advice_rules, order, patch)

    def guard(self, patch: PatchT) -> Condition:
        """Return a short condition on an order under which an update is allowed.

        ``guard(patch).holds(order)`` equals ``bool(can_update(order, patch))`` for every order. Two updates that are
        allowed for the same orders have equal guards.

        Args:
            patch: the update.

        Returns:
            The condition, simplified.

        Raises:
            TypeError: the patch is of another platform.
        """
        return table_of(self).guard(patch)

    def guards(self, patch: PatchT) -> Mapping[Rule, Condition]:
        """Return each rule that may refuse an update, with the condition on an order under which it does not.

        A condition is false for exactly those orders for which its rule refuses the update. The waivers are included
        in each condition. All conditions together mean the same as ``guard(patch)``.

        Args:
            patch: the update.

        Returns:
            A mapping of each rule to its condition, sorted like the violations of a decision.

        Raises:
            TypeError: the patch is of another platform.
        """
        return table_of(self).guards(patch)

    def decide_many(self, orders: Iterable[OrderT], patch: PatchT) -> list[Decision]:
        """Decide whether one update may be sent for each of many orders.

        Args:
            orders: the orders.
            patch: the update.

        Returns:
            The decision of ``can_update`` for each order, in the same order.

        Raises:
            TypeError: an order or the patch is of another platform.
        """
        return table_of(self).decide_many(orders, patch)

    def indices(self, orders: Iterable[OrderT]) -> bytes:
        """Return the indices of many orders as bytes, which can be stored and passed to ``decide_indices`` later.

        Args:
            orders: the orders.

        Returns:
            One byte for each order: the number of the point of its facts.

        Raises:
            TypeError: an order is of another platform.
            ValueError: the facts of the platform span more than 256 points, which one byte cannot number.
        """
        return table_of(self).indices(orders)

    def decide_indices(self, indices: bytes, patch: PatchT) -> bytes:
        """Decide whether one update may be sent for each of many orders, given their indices.

        Args:
            indices: the bytes that ``indices`` returned.
            patch: the update.

        Returns:
            One byte for each index: 1 if the update is allowed, 0 if it is refused.

        Raises:
            TypeError: the patch is of another platform, or the indices are not bytes.
            ValueError: an index is too large for the platform, or its facts span more than 256 points.
        """
        return table_of(self).decide_indices(indices, patch)

    def replay(self, line: Mapping[str, object] | Document, *, limits: Limits = UPDATE_LIMITS) -> Replay:
        """Decide again on a decision that was logged, and compare the answers.

        The line is what ``decision.to_dict(order, patch)`` returned, or ``to_dict(order, action)``. Other keys beside
        its own are ignored.

        Args:
            line: the line: a mapping, or a JSON document as text or bytes.
            limits: the limits of this read, such as the size of a document.

        Returns:
            The comparison, which is truthy if the answer is still the same.

        Raises:
            InvalidInput: the line is not such a dict, is of another platform, or has facts that the policy does not
                have; lists every problem with its place.
        """
        from orderrules.engine import replay

        return replay.replay(self, line, limits)

    def lint(self) -> tuple[Finding[OrderT, PatchT], ...]:
        """Find what is wrong with the policy or worth knowing.

        Examples are rules that never refuse, sections without a rule and statuses that cannot be reached. Every finding
        is checked at every point.

        Returns:
            The findings, each with the smallest order and update that show it.
        """
        from orderrules.analysis import lint

        return lint.lint(self)

    def diff(self, other: Policy[OrderT, PatchT]) -> Diff[OrderT, PatchT]:
        """Find every decision that differs between this policy and another one.

        Two decisions are the same if the same rules refuse and the same waivers were needed. Their texts are not
        compared.

        Args:
            other: the other policy.

        Returns:
            The differences. The diff is empty if both policies decide the same.

        Raises:
            TypeError: the other policy is of another platform.
        """
        from orderrules.analysis import diff

        return diff.diff(self, other)

    def digest(self) -> str:
        """Return a digest of all decisions, which changes exactly if a decision changes.

        A decision changes if other rules refuse or other waivers are needed. Texts, assumptions, advice and the order
        in which the rules are listed make no difference.

        Returns:
            64 hexadecimal digits.
        """
        return table_of(self).digest()

    def schema(self, order: OrderT | None = None) -> dict[str, object]:
        """Return the JSON Schema (2020-12) of the body of an update.

        Args:
            order: if it is given, the schema describes only the updates that are allowed for this order now.

        Returns:
            The schema as a dict, ready for JSON.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules.analysis import schema

        return schema.schema(self, order)


_REGISTERED: Final[dict[type, Policy[Any, Any]]] = {}


def register(policy: Policy[OrderT, PatchT]) -> Policy[OrderT, PatchT]:
    """Make a policy the one by which ``can_update`` decides on orders of its platform, and return it.

    Raises:
        ValueError: the platform has such a policy already.
    """
    if policy.order_type in _REGISTERED:
        raise ValueError(
            f"{policy.order_type.__name__} has a registered policy already: {policy.name}; "
            "ask another one by its own can_update"
        )
    _REGISTERED[policy.order_type] = policy
    return policy


def policy_of(order: OrderBase[Any]) -> Policy[Any, Any]:
    """Return the policy by which ``can_update`` decides on an order.

    Raises:
        TypeError: it is not an order, or its platform has no registered policy.
    """
    policy = _REGISTERED.get(type(order))
    if policy is None:
        raise TypeError(f"expected an order of a platform with a registered policy, got {name_of(order)}")
    return policy


def can_update(order: OrderBase[PatchT], patch: PatchT) -> Decision:
    """Decide whether a patch may be sent for an order, under the default policy of the order's platform.

    ``POLICY.can_update`` of the platform gives the same decision faster. Other policies decide under other assumptions.

    Args:
        order: the order as it is now.
        patch: the update to send.

    Returns:
        The decision, which is truthy if the update is allowed.

    Raises:
        TypeError: ``order`` is not an order, or the patch is of another platform.
    """
    return policy_of(order).can_update(order, patch)
