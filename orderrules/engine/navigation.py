"""What may be changed instead, and how to get there: every answer is asked of the table.

It must never know a platform, nor decide anything that ``can_update`` does not.

The module is longer than most because its five questions lean on each other.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic

import attrs

from orderrules.engine.table import table_of
from orderrules.grammar.advice import is_empty
from orderrules.grammar.conditions import UNKNOWN
from orderrules.grammar.orders import OrderT, PatchT, sections_by_key
from orderrules.reading.fields import UNSET, slots_of
from orderrules.reading.models import Model
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.orders import OrderBase
    from orderrules.grammar.rulebook import Rulebook


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

    def __bool__(self) -> bool:
        """Say whether all of it may be sent."""
        return bool(self.decision)


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


def editable(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> Mapping[StrEnum, Decision]:
    """See ``Policy.editable``."""
    table = table_of(rulebook)
    return MappingProxyType({section: table.section(order, section) for section in rulebook.sections})


def next_statuses(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> frozenset[Any] | None:
    """See ``Policy.next_statuses``."""
    table_of(rulebook).index(order)  # Refuses an order of another platform.
    followed = table_of(rulebook).followed
    if not followed:
        return None
    _, asked = followed[0]
    return frozenset(
        value
        for value in _others(*followed[0], order)
        if table_of(rulebook).decide(order, _patch(rulebook, {asked.attribute: value}))
    )


def _others(current: Fact, asked: Fact, order: OrderBase) -> list[Hashable]:
    """List the values that may be asked for, the present one left out, in their order."""
    present = current.of(order)
    return [value for value in asked.values if value is not UNSET and value != present]


def split(rulebook: Rulebook[OrderT, PatchT], order: OrderT, patch: PatchT) -> Split[PatchT]:
    """See ``Policy.split``."""
    decision = table_of(rulebook).decide(order, patch)
    sections = patch.sections
    closed = {violation.section for violation in decision.violations}
    # Without the closed sections it is allowed, unless a rule reads what another section sends.
    ways = [tuple(section for section in sections if section in closed)] if _is_local(rulebook) else _sets(sections)
    for without in ways:
        allowed, refused = _divide(rulebook, patch, without)
        if table_of(rulebook).decide(order, allowed):
            return Split(allowed, refused, decision)
    raise AssertionError  # pragma: no cover - the empty update is always allowed.


def _sets(sections: Iterable[StrEnum]) -> list[tuple[StrEnum, ...]]:
    """List all sets of sections, the smaller ones first."""
    given = tuple(sections)
    counts = range(len(given) + 1)
    return list(itertools.chain.from_iterable(itertools.combinations(given, count) for count in counts))


def _is_local(rulebook: Rulebook[OrderT, PatchT]) -> bool:
    """Say whether every rule reads, of the update, its own section only."""
    sent = set(rulebook.patch_type.__space__.facts)
    section_of = sections_by_key(rulebook.patch_type)
    return not any(sent.intersection(waiver.when.facts) for waiver in rulebook.waivers) and all(
        section_of[fact.attribute] is rule.section
        for rule in rulebook.rules
        for fact in sent.intersection(rule.only_if.facts)
    )


def _is_independent(rulebook: Rulebook[OrderT, PatchT]) -> bool:
    """Say whether no section's update changes what another section's rule, or a waiver, reads of the order."""
    sent = set(rulebook.patch_type.__space__.facts)
    section_of = sections_by_key(rulebook.patch_type)
    changes = {key: section for key, section in section_of.items() if key in slots_of(rulebook.order_type)}
    changes.update({outcome.attribute: section_of[outcome.key] for outcome in rulebook.effects})
    read: list[tuple[Fact, StrEnum | None]] = [
        (fact, rule.section) for rule in rulebook.rules for fact in rule.only_if.facts if fact not in sent
    ]
    read += [(fact, None) for waiver in rulebook.waivers for fact in waiver.when.facts if fact not in sent]
    return all(changes.get(fact.attribute, section) is section for fact, section in read)


def _divide(rulebook: Rulebook[OrderT, PatchT], patch: PatchT, without: Iterable[StrEnum]) -> tuple[PatchT, PatchT]:
    dropped = {key for section in without for key in rulebook.keys_of(section)}
    said = {key: getattr(patch, key) for key in patch.keys}
    return (
        _patch(rulebook, {key: value for key, value in said.items() if key not in dropped}),
        _patch(rulebook, {key: value for key, value in said.items() if key in dropped}),
    )


def _patch(rulebook: Rulebook[OrderT, PatchT], said: Mapping[str, object]) -> PatchT:
    return rulebook.patch_type(**said)


def apply(rulebook: Rulebook[OrderT, PatchT], order: OrderT, patch: PatchT) -> OrderT:
    """See ``Policy.apply``."""
    table_of(rulebook).decide(order, patch).require()
    fields = slots_of(rulebook.order_type)
    outcomes = {outcome.key: outcome for outcome in rulebook.effects}
    changed: dict[str, object] = {}
    kept: dict[str, object] = {}
    for key in patch.keys:
        value = getattr(patch, key)
        if _says_nothing(value):
            continue
        if key in outcomes:
            kept[key] = value
            changed[outcomes[key].attribute] = outcomes[key].value
        elif key in fields:
            changed[key] = value
        else:
            kept[key] = value
    if patch.keys:
        changed.update({key: value for key, value in rulebook.defaults if key not in patch.keys})
    if kept:
        changed["written"] = attrs.evolve(_written_so_far(rulebook, order), **kept)  # type: ignore[misc]  # models are attrs classes.
    return attrs.evolve(order, **changed) if changed else order  # type: ignore[misc]  # as above.


def _says_nothing(value: object) -> bool:
    """Say whether a value is an object without anything in it, which changes nothing; an empty list says *none*."""
    return isinstance(value, Model) and is_empty(value)


def _written_so_far(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> PatchT:
    """Give what updates are known to have written, which the order does not show."""
    if "written" not in slots_of(rulebook.order_type):
        raise TypeError(
            f"{rulebook.order_type.__name__} has no field for a key that it should keep, and no field written"
        )
    written: PatchT = getattr(order, "written") or rulebook.patch_type()  # noqa: B009 - it is no attribute of the base.
    return written


def _missing(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> dict[str, object]:
    """Give what a goal asks and the order does not hold."""
    fields = slots_of(rulebook.order_type)
    outcomes = {outcome.key for outcome in rulebook.effects}
    asked = {key: getattr(goal, key) for key in goal.keys if not _says_nothing(getattr(goal, key))}
    return {
        key: value
        for key, value in asked.items()
        if getattr(order if key in fields and key not in outcomes else _written_so_far(rulebook, order), key) != value
    }


def plan(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> Plan[PatchT]:
    """See ``Policy.plan``."""
    table_of(rulebook).decide(order, goal)  # Refuses what is of another platform.
    steps = _find_way(rulebook, order, goal)
    return Plan((), _blocking_decision(rulebook, order, goal)) if steps is None else Plan(steps)


def _find_way(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> tuple[PatchT, ...] | None:
    """Search the updates that may be sent, all of the same number before any of more, for a way to the goal."""
    simple = _is_local(rulebook) and _is_independent(rulebook)
    waiting: deque[tuple[OrderT, tuple[PatchT, ...]]] = deque([(order, ())])
    seen: set[object] = {_state(rulebook, order, goal)}
    while waiting:
        present, steps = waiting.popleft()
        if not _missing(rulebook, present, goal):
            return steps
        for step in _steps(rulebook, present, goal, simple=simple):
            reached = apply(rulebook, present, step)
            state = _state(rulebook, reached, goal)
            if state not in seen:
                seen.add(state)
                waiting.append((reached, (*steps, step)))
    return None


def _blocking_decision(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> Decision:
    """Give the decision on what is missing, with those refusals to which there is no way by itself."""
    missing = _missing(rulebook, order, goal)
    decision = table_of(rulebook).decide(order, _patch(rulebook, missing))
    if decision:
        decision = table_of(rulebook).decide(order, goal)
    apart = {
        violation.section
        for violation in decision.violations
        if _find_way(rulebook, order, _patch(rulebook, {key: missing[key] for key in violation.keys})) is None
    }
    remaining = tuple(violation for violation in decision.violations if violation.section in apart)
    return attrs.evolve(decision, violations=remaining or decision.violations)


def _state(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> object:
    """What of an order a plan depends on: its facts, and what of the goal it lacks."""
    return rulebook.order_type.__space__.index(order), frozenset(_missing(rulebook, order, goal))


def _steps(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT, *, simple: bool) -> Iterator[PatchT]:
    """Walk the updates that may be sent next: each status, or none, with as much of the goal as may go along.

    Where one section's update may open or close another, each part of the goal may be the right one to send,
    what the order holds already included.
    """
    changing = {key: values for key, values in _changing(rulebook, order).items() if key in goal.keys}
    ways: list[list[tuple[str, Hashable] | None]] = []
    for key, (present, others) in changing.items():
        aim = getattr(goal, key)
        # What the goal asks comes first, and then leaving it as it is, so that no other value is sent without need.
        ways.append(
            [
                *((key, value) for value in others if value == aim),
                None,
                *((key, value) for value in others if value != aim),
                # Asking for the present one again may be what opens another section.
                *([] if simple else [(key, present)]),
            ]
        )
    # A key that has a default when it is left out is said every time.
    said_always = {name: getattr(goal, name) for name, _ in rulebook.defaults if name in goal.keys}
    missing = _missing(rulebook, order, goal)
    wanted = {name: getattr(goal, name) for name in (missing if simple else goal.keys) if name not in changing}
    section_of = sections_by_key(rulebook.patch_type)
    touched = dict.fromkeys(section_of[name] for name in wanted)

    def repeated(without: tuple[StrEnum, ...]) -> int:
        return sum(name not in missing and section_of[name] not in without for name in wanted)

    leaving_out = [()] if simple else sorted(_sets(touched), key=repeated)
    for chosen in itertools.product(*ways):
        status = dict(filter(None, chosen))
        for without in leaving_out:
            rest = {name: value for name, value in wanted.items() if section_of[name] not in without}
            whole = _try_patch(rulebook, {**rest, **said_always, **status})
            if whole is None:
                continue
            step = split(rulebook, order, whole).allowed if simple else whole
            if step.keys and all(name in step.keys for name in status) and table_of(rulebook).decide(order, step):
                yield step


def _changing(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> dict[str, tuple[Hashable, list[Hashable]]]:
    """Give the keys that write a fact of the order, each with its present value and the others there are."""
    current = {fact.attribute: fact for fact in rulebook.order_type.__space__.facts}
    asked = {fact.attribute: fact for fact in rulebook.patch_type.__space__.facts}
    outcomes = {outcome.key for outcome in rulebook.effects}
    return {
        key: (
            current[key].of(order),
            [
                value
                for value in asked.get(key, current[key]).values
                if value is not UNSET and value is not UNKNOWN and value != current[key].of(order)
            ],
        )
        for key in sections_by_key(rulebook.patch_type)
        if key in current and key not in outcomes
    }


def _try_patch(rulebook: Rulebook[OrderT, PatchT], said: Mapping[str, object]) -> PatchT | None:
    """Make an update; None where a key does not take a value."""
    with contextlib.suppress(InvalidInput):
        return _patch(rulebook, said)
    return None
