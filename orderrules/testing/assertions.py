"""Assertions on decisions, which say in their message what was decided and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderrules.policy.policy import can_update

if TYPE_CHECKING:
    from orderrules.engine.decision import Decision
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.policy import Policy


def _policy_of(order: Any) -> Policy[Any, Any]:  # noqa: ANN401 - an order of any platform.
    policy: Policy[Any, Any] = order.__policy__()
    return policy


def _decide(order: OrderT, patch: PatchT, policy: Policy[OrderT, PatchT] | None) -> Decision:
    if policy is not None:
        return policy.can_update(order, patch)
    asked: Any = order
    return can_update(asked, patch)


def assert_allowed(order: OrderT, patch: PatchT, *, policy: Policy[OrderT, PatchT] | None = None) -> Decision:
    """See that an update is allowed, under the policy of the order's platform if no other is named.

    Raises:
        AssertionError: it is refused; the message says by which rules, and why.
    """
    __tracebackhide__ = True
    decision = _decide(order, patch, policy)
    if not decision:
        raise AssertionError(f"expected the update to be allowed\n{_about(order, patch, decision)}")
    return decision


def assert_refused(
    order: OrderT, patch: PatchT, *, rule: str | None = None, policy: Policy[OrderT, PatchT] | None = None
) -> Decision:
    """See that an update is refused, by this very rule and no other if one is named.

    Raises:
        AssertionError: it is allowed, or other rules refuse it; the message says which were expected and which do.
        ValueError: the policy has no such rule.
    """
    __tracebackhide__ = True
    decision = _decide(order, patch, policy)
    known = [entry.id for entry in (_policy_of(order) if policy is None else policy).rules]
    if rule is not None and rule not in known:
        raise ValueError(f"there is no rule {rule!r} to refuse it; there are {', '.join(known)}")
    found = [violation.rule.id for violation in decision.violations]
    if rule is None and not found:
        raise AssertionError(f"expected the update to be refused\n{_about(order, patch, decision)}")
    if rule is not None and found != [rule]:
        lines = [f"expected the update to be refused by {rule} alone"]
        lines += [f"  - {rule}"] * (rule not in found)
        lines += [f"  + {other}" for other in found if other != rule]
        raise AssertionError("\n".join([*lines, _about(order, patch, decision)]))
    return decision


def _about(order: object, patch: object, decision: Decision) -> str:
    return f"{decision.explain()}\n  order: {order!r}\n  patch: {patch!r}"
