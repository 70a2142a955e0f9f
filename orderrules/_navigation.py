"""What may be changed instead, and how to get there: every answer is asked of the table.

It must never know a platform, nor decide anything that ``can_update`` does not.

The module is longer than most because its five questions lean on each other.
"""

from __future__ import annotations

import itertools
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic

import attrs

from orderrules._advice import is_hollow
from orderrules._conditions import Follows
from orderrules._models import UNSET, slots_of
from orderrules._rules import OrderT, PatchT

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping
    from enum import StrEnum

    from orderrules._decision import Decision
    from orderrules._order import OrderBase
    from orderrules._rules import Policy


@attrs.frozen
class Split(Generic[PatchT]):
    """An update in two: the largest part that may be sent, and the rest.

    Attributes:
        allowed: the part that may be sent; empty when there is none.
        refused: the rest; empty when all of it may be sent.
        decision: the decision on the whole, with the violations of the rest.
    """

    allowed: PatchT
    refused: PatchT
    decision: Decision


@attrs.frozen
class Plan(Generic[PatchT]):
    """The shortest way to a goal: truthy when there is one.

    Attributes:
        steps: the updates to send, one after the other; none when the order holds what the goal asks.
        blocked: the decision that stands in the way, or None.
    """

    steps: tuple[PatchT, ...] = ()
    blocked: Decision | None = None

    def __bool__(self) -> bool:
        return self.blocked is None


def editable(policy: Policy[OrderT, PatchT], order: OrderT) -> Mapping[StrEnum, Decision]:
    """See ``Policy.editable``."""
    table = policy.tabulated()
    return MappingProxyType({section: table.section(order, section) for section in policy.sections})


def transitions(policy: Policy[OrderT, PatchT]) -> Follows | None:
    """Give the transition table of a policy, if a rule has one."""
    found = (rule.only_if for rule in policy.rules)
    return next((condition for condition in found if isinstance(condition, Follows)), None)


def next_statuses(policy: Policy[OrderT, PatchT], order: OrderT) -> frozenset[Any] | None:
    """See ``Policy.next_statuses``."""
    policy.tabulated().index(order)  # Refuses an order of another platform.
    table = transitions(policy)
    if table is None:
        return None
    return frozenset(
        value
        for value in _others(table, order)
        if policy.can_update(order, _patch(policy, {table.asked.attribute: value}))
    )


def _others(table: Follows, order: OrderBase) -> list[Hashable]:
    """List the values that may be asked for, the present one left out, in their order."""
    present = table.current.of(order)
    return [value for value in table.asked.values if value is not UNSET and value != present]


def split(policy: Policy[OrderT, PatchT], order: OrderT, patch: PatchT) -> Split[PatchT]:
    """See ``Policy.split``."""
    decision = policy.can_update(order, patch)
    sections = patch.sections
    closed = {violation.section for violation in decision.violations}
    # Without the closed sections it is allowed, unless a rule reads what another section sends.
    ways = [tuple(section for section in sections if section in closed)] if _is_local(policy) else _ways(sections)
    for without in ways:
        allowed, refused = _parted(policy, patch, without)
        if policy.can_update(order, allowed):
            return Split(allowed, refused, decision)
    raise AssertionError  # pragma: no cover - the empty update is always allowed.


def _ways(sections: tuple[StrEnum, ...]) -> Iterator[tuple[StrEnum, ...]]:
    """Walk all sets of sections, the smaller ones first."""
    return itertools.chain.from_iterable(itertools.combinations(sections, count) for count in range(len(sections) + 1))


def _is_local(policy: Policy[OrderT, PatchT]) -> bool:
    """Say whether every rule reads, of the update, its own section only."""
    sent = {fact.attribute: fact for fact in policy.patch_type.__space__.facts}
    section_of = {key: section for section in policy.sections for key in policy.keys_of(section)}
    return not any(
        waiver.when.facts for waiver in policy.waivers if set(waiver.when.facts) & set(sent.values())
    ) and all(
        section_of[fact.attribute] is rule.section
        for rule in policy.rules
        for fact in rule.only_if.facts
        if sent.get(fact.attribute) == fact
    )


def _parted(policy: Policy[OrderT, PatchT], patch: PatchT, without: Iterable[StrEnum]) -> tuple[PatchT, PatchT]:
    dropped = {key for section in without for key in policy.keys_of(section)}
    said = {key: getattr(patch, key) for key in patch.keys}
    return (
        _patch(policy, {key: value for key, value in said.items() if key not in dropped}),
        _patch(policy, {key: value for key, value in said.items() if key in dropped}),
    )


def _patch(policy: Policy[OrderT, PatchT], said: Mapping[str, object]) -> PatchT:
    return policy.patch_type(**said)


def apply(policy: Policy[OrderT, PatchT], order: OrderT, patch: PatchT) -> OrderT:
    """See ``Policy.apply``."""
    policy.can_update(order, patch).require()
    fields = slots_of(policy.order_type)
    outcomes = {outcome.key: outcome for outcome in policy.outcomes}
    changed: dict[str, object] = {}
    kept: dict[str, object] = {}
    for key in patch.keys:
        value = getattr(patch, key)
        if key in outcomes:
            kept[key] = value
            if not is_hollow(value):
                changed[outcomes[key].attribute] = outcomes[key].value
        elif key in fields:
            changed[key] = value
        else:
            kept[key] = value
    if patch.keys:
        changed.update({key: value for key, value in policy.defaults if key not in patch.keys})
    if kept:
        changed["written"] = attrs.evolve(_written(policy, order), **kept)  # type: ignore[misc]  # models are attrs classes.
    return attrs.evolve(order, **changed) if changed else order  # type: ignore[misc]  # as above.


def _written(policy: Policy[OrderT, PatchT], order: OrderT) -> PatchT:
    """Give what updates are known to have written, which the order does not show."""
    if "written" not in slots_of(policy.order_type):
        raise TypeError(
            f"{policy.order_type.__name__} has no field for a key that it should keep, and no field written"
        )
    written: PatchT = getattr(order, "written") or policy.patch_type()  # noqa: B009 - it is no attribute of the base.
    return written


def _missing(policy: Policy[OrderT, PatchT], order: OrderT, goal: PatchT) -> dict[str, object]:
    """Give what a goal asks and the order does not hold."""
    fields = slots_of(policy.order_type)
    outcomes = {outcome.key for outcome in policy.outcomes}
    asked = {key: getattr(goal, key) for key in goal.keys}
    return {
        key: value
        for key, value in asked.items()
        if getattr(order if key in fields and key not in outcomes else _written(policy, order), key) != value
    }


def plan(policy: Policy[OrderT, PatchT], order: OrderT, goal: PatchT) -> Plan[PatchT]:
    """See ``Policy.plan``."""
    decision = policy.can_update(order, goal)
    waiting: deque[tuple[OrderT, tuple[PatchT, ...]]] = deque([(order, ())])
    seen: set[object] = {_state(policy, order, goal)}
    while waiting:
        present, steps = waiting.popleft()
        missing = _missing(policy, present, goal)
        if not missing:
            return Plan(steps)
        decision = policy.can_update(present, _patch(policy, missing))
        for step in _steps(policy, present, goal, missing):
            reached = apply(policy, present, step)
            state = _state(policy, reached, goal)
            if state not in seen:
                seen.add(state)
                waiting.append((reached, (*steps, step)))
    return Plan((), decision)


def _state(policy: Policy[OrderT, PatchT], order: OrderT, goal: PatchT) -> object:
    """What of an order a plan depends on: its facts, and what of the goal it lacks."""
    return policy.order_type.__space__.index(order), frozenset(_missing(policy, order, goal))


def _steps(
    policy: Policy[OrderT, PatchT], order: OrderT, goal: PatchT, missing: Mapping[str, object]
) -> Iterator[PatchT]:
    """Walk the updates that may be sent next: each status with as much of the goal as may go along, or that alone."""
    table = transitions(policy)
    key = "" if table is None else table.asked.attribute
    rest = {name: value for name, value in missing.items() if name != key}
    # A key that has a default when it is left out is said every time.
    said_always = {name: getattr(goal, name) for name, _ in policy.defaults if name in goal.keys}
    asked: list[dict[str, object]] = []
    if table is not None and key in goal.keys:
        for value in _others(table, order):
            asked.append({key: value})  # noqa: PERF401 - a list of it would be of another type.
    asked.append({})
    for status in asked:
        whole = _patch(policy, {**rest, **said_always, **status})
        step = split(policy, order, whole).allowed
        if step.keys and all(name in step.keys for name in status):
            yield step
