"""Assertions about decisions. Their messages show the decision and its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderrules.policy.policy import can_update, observe, policy_of

__all__ = ["assert_allowed", "assert_refused", "observe"]

if TYPE_CHECKING:
    from orderrules.engine.decision import Decision
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.policy import Policy


def _decide(order: OrderT, patch: PatchT, policy: Policy[OrderT, PatchT] | None) -> Decision:
    if policy is not None:
        return policy.can_update(order, patch)
    any_order: Any = order
    return can_update(any_order, patch)


def assert_allowed(order: OrderT, patch: PatchT, *, policy: Policy[OrderT, PatchT] | None = None) -> Decision:
    """Check that an update is allowed.

    Args:
        order: the order.
        patch: the update.
        policy: the rules; by default the policy of the order's platform.

    Returns:
        The decision.

    Raises:
        AssertionError: the update is refused; the message names the rules that refuse it and their reasons.
    """
    __tracebackhide__ = True
    decision = _decide(order, patch, policy)
    if not decision:
        raise AssertionError(f"expected the update to be allowed\n{_describe(order, patch, decision)}")
    return decision


def assert_refused(
    order: OrderT, patch: PatchT, *, rule: str | None = None, policy: Policy[OrderT, PatchT] | None = None
) -> Decision:
    """Check that an update is refused.

    Args:
        order: the order.
        patch: the update.
        rule: the id of the only rule that should refuse it; by default, any rules may.
        policy: the rules; by default the policy of the order's platform.

    Returns:
        The decision.

    Raises:
        AssertionError: the update is allowed, or other rules refuse it; the message compares the expected rule with
            the rules that refuse it.
        ValueError: the policy has no such rule.
    """
    __tracebackhide__ = True
    decision = _decide(order, patch, policy)
    rule_ids = [entry.id for entry in (policy_of(order) if policy is None else policy).rules]
    if rule is not None and rule not in rule_ids:
        raise ValueError(f"the policy has no rule {rule!r}; its rules are {', '.join(rule_ids)}")
    refusing = [violation.rule.id for violation in decision.violations]
    if rule is None and not refusing:
        raise AssertionError(f"expected the update to be refused\n{_describe(order, patch, decision)}")
    if rule is not None and refusing != [rule]:
        lines = [f"expected the update to be refused by {rule} alone"]
        lines += [f"  - {rule}"] * (rule not in refusing)
        lines += [f"  + {other}" for other in refusing if other != rule]
        raise AssertionError("\n".join([*lines, _describe(order, patch, decision)]))
    return decision


def _describe(order: object, patch: object, decision: Decision) -> str:
    return f"{decision.explain()}\n  order: {order!r}\n  patch: {patch!r}"
