"""Policies: a rulebook with every question that can be asked of it; and ``can_update``, the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

from orderrules.engine.table import lookup, name_of, rows_of, table_of
from orderrules.grammar.orders import OrderT, OrderT_contra, PatchT, PatchT_contra
from orderrules.grammar.rulebook import Rulebook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import StrEnum

    from orderrules.analysis.diff import Diff
    from orderrules.analysis.lint import Finding
    from orderrules.engine.decision import Decision
    from orderrules.engine.navigation import Plan, Split
    from orderrules.grammar.advice import Advice
    from orderrules.grammar.conditions import Condition
    from orderrules.grammar.rules import Rule


class CanUpdate(Protocol[OrderT_contra, PatchT_contra]):
    """What decides whether a patch may be sent for an order."""

    def __call__(self, order: OrderT_contra, patch: PatchT_contra) -> Decision:
        """Decide.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        ...


@attrs.frozen(kw_only=True, repr=False)
class Policy(Rulebook[OrderT, PatchT]):
    """A rulebook with every question that can be asked of it.

    It is made from the same arguments as a ``Rulebook``, and raises the same errors. Two policies are equal when their
    data are equal. Decisions are looked up in a table, which is made from the data when it is first needed.
    """

    # A field rather than a method, so that a decision costs one call: it holds the lookup itself.
    can_update: CanUpdate[OrderT, PatchT] = attrs.field(init=False, eq=False)
    """Decide whether a patch may be sent for an order: ``can_update(order, patch) -> Decision``.

    Raises:
        TypeError: the order or the patch is of another platform.
    """

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        found = lookup(self.order_type.__space__.slot, self.patch_type.__space__.slot, rows_of(self), self._decide)
        object.__setattr__(self, "can_update", found)

    def _decide(self, order: OrderT, patch: PatchT) -> Decision:
        return table_of(self).decide(order, patch)

    def can(self, order: OrderT, action: StrEnum | str) -> Decision:
        """Decide whether an action other than an update is open for an order; no waiver opens one.

        Raises:
            TypeError: the order is of another platform.
            ValueError: the platform rules no such action.
        """
        return table_of(self).ability(order, action)

    def editable(self, order: OrderT) -> Mapping[StrEnum, Decision]:
        """Say of every section whether it may change now, with the reasons for those that may not.

        A section whose rule reads what is asked for (a status) is open while something else may still be asked.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules.engine import navigation

        return navigation.editable(self, order)

    def next_statuses(self, order: OrderT) -> frozenset[StrEnum] | None:
        """Give the statuses that may follow the present one; None where the page documents no transitions.

        That is, where no rule reads a fact of the update that is a fact of the order as well. Where several are read,
        it is the first of them.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules.engine import navigation

        return navigation.next_statuses(self, order)

    def split(self, order: OrderT, patch: PatchT) -> Split[PatchT]:
        """Part an update into the largest part that may be sent and the rest; together they are the whole.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        from orderrules.engine import navigation

        return navigation.split(self, order, patch)

    def apply(self, order: OrderT, patch: PatchT) -> OrderT:
        """Return the order as the page says it will be after the update.

        What an order cannot show as it is written is kept in ``order.written``.

        Raises:
            UpdateRefused: the update is refused.
            TypeError: the order or the patch is of another platform, or the order has nowhere to keep a key.
        """
        from orderrules.engine import navigation

        return navigation.apply(self, order, patch)

    def plan(self, order: OrderT, goal: PatchT) -> Plan[PatchT]:
        """Find the shortest sequence of allowed updates after which the order holds everything the goal asks.

        Everything but the status goes into the first step in which it is allowed. Only keys of the goal are sent,
        and with the values it asks; the status alone takes others on its way, where the goal asks for one. That is
        each fact of the order that rules let an update change, by a transition table or by any other condition.

        Raises:
            TypeError: the order or the goal is of another platform, or the order has nowhere to keep a key.
        """
        from orderrules.engine import navigation

        return navigation.plan(self, order, goal)

    def advise(self, order: OrderT, patch: PatchT) -> tuple[Advice, ...]:
        """Say what is worth saying about an update and refuses nothing; it is never part of a decision.

        Raises:
            TypeError: the order or the patch is of another platform.
        """
        from orderrules.grammar.advice import advise

        self.can_update(order, patch)
        return advise(self.advice_rules, order, patch)

    def guard(self, patch: PatchT) -> Condition:
        """Give the condition on an order under which this update is allowed, in few words.

        ``guard(patch).holds(order)`` is ``bool(can_update(order, patch))`` for every order, and two updates
        that are allowed for the same orders have equal guards.

        Raises:
            TypeError: the patch is of another platform.
        """
        return table_of(self).guard(patch)

    def guards(self, patch: PatchT) -> Mapping[Rule, Condition]:
        """Give each rule that may refuse this update, with the condition on an order under which it does not.

        A waiver is a part of each. The rules stand in the order of a decision's violations; a condition is false for an
        order exactly where its rule is among those that refuse the update, and together they mean ``guard(patch)``.

        Raises:
            TypeError: the patch is of another platform.
        """
        return table_of(self).guards(patch)

    def decide_many(self, orders: Iterable[OrderT], patch: PatchT) -> list[Decision]:
        """Decide one update against many orders, each as ``can_update`` does.

        Raises:
            TypeError: an order or the patch is of another platform.
        """
        return table_of(self).decide_many(orders, patch)

    def indices(self, orders: Iterable[OrderT]) -> bytes:
        """Number the facts of many orders, a byte each, to be kept and decided on later.

        Raises:
            TypeError: an order is of another platform.
            ValueError: the platform's facts span more than 256 points, which a byte cannot number.
        """
        return table_of(self).indices(orders)

    def decide_indices(self, indices: bytes, patch: PatchT) -> bytes:
        """Decide one update against numbered orders: a byte of 1 for each that allows it, of 0 for each that does not.

        Raises:
            TypeError: the patch is of another platform, or the numbers are no bytes.
            ValueError: a number is none of the platform's, or its facts span more than 256 points.
        """
        return table_of(self).decide_indices(indices, patch)

    def lint(self) -> tuple[Finding[OrderT, PatchT], ...]:
        """Find what is wrong with a policy, or worth knowing: idle rules, sections without any, statuses without a way.

        Every claim is checked at every point, and comes with the smallest order and update that show it.
        """
        from orderrules.analysis import lint

        return lint.lint(self)

    def diff(self, other: Policy[OrderT, PatchT]) -> Diff[OrderT, PatchT]:
        """Find every decision that this policy and another give differently; empty means that they mean the same.

        Two decisions are the same when the same rules refuse and the same waivers were needed, in whatever words.

        Raises:
            TypeError: the other is of another platform.
        """
        from orderrules.analysis import diff

        return diff.diff(self, other)

    def digest(self) -> str:
        """Give 64 hexadecimal digits that change exactly when a decision changes, in which rules refuse or waive.

        Words, assumptions, advice and the order in which rules are listed make no difference.
        """
        from orderrules.analysis import diff

        return diff.digest(self)

    def schema(self, order: OrderT | None = None) -> dict[str, object]:
        """Give the JSON Schema (2020-12) of an update's body, or, with an order, of those that it allows now.

        Raises:
            TypeError: the order is of another platform.
        """
        from orderrules.analysis import schema

        return schema.schema(self, order)


class Decides(Protocol[PatchT_contra]):
    """The platform's standing answer to which updates of such an order it allows."""

    def can_update(self, order: Any, patch: PatchT_contra, /) -> Decision: ...  # noqa: ANN401 - the order is the one asked.


class Governed(Protocol[PatchT_contra]):
    """An order that knows the policy of its platform."""

    def __policy__(self) -> Decides[PatchT_contra]: ...


def can_update(order: Governed[PatchT], patch: PatchT) -> Decision:
    """Decide, under the policy of the order's platform as it is shipped, whether a patch may be sent for it.

    ``POLICY.can_update`` gives the same answer faster, and other policies answer under other assumptions.

    Raises:
        TypeError: the order is no order, or the patch is of another platform.
    """
    try:
        policy = order.__policy__()
    except AttributeError:
        message = f"expected an order of a platform, got {name_of(order)}"
        raise TypeError(message) from None
    return policy.can_update(order, patch)
