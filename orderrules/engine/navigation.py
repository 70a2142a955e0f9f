"""What may be changed now, which part of an update is allowed, and which updates lead to a goal.

Every decision comes from the table, so the answers agree with ``can_update``. The methods of ``Policy`` document these
functions.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic

import attrs

from orderrules.engine.decision_table import table_of
from orderrules.grammar.advice import is_empty
from orderrules.grammar.conditions import UNKNOWN
from orderrules.grammar.orders import OrderT, PatchT, sections_by_key
from orderrules.languages.sentences import ENGLISH, AnyLanguage
from orderrules.reading.bodies import write_body
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
    """An update in two parts: the largest part that is allowed, and the rest. It is truthy if the rest is empty.

    Attributes:
        allowed: the part that is allowed. It may be empty.
        refused: the rest. It is empty if the whole update is allowed.
        decision: the decision on the whole update.
    """

    allowed: PatchT
    refused: PatchT
    decision: Decision

    def __bool__(self) -> bool:
        """Return whether the whole update is allowed."""
        return bool(self.decision)

    def to_dict(
        self, order: OrderBase[Any] | None = None, patch: PatchT | None = None, *, language: AnyLanguage = ENGLISH
    ) -> dict[str, object]:
        """Return the bodies of the two parts, and the decision, ready for JSON; see ``Decision.to_dict``."""
        return {
            "allowed": write_body(self.allowed),
            "refused": write_body(self.refused),
            "decision": self.decision.to_dict(order, patch, language=language),
        }


@attrs.frozen
class Plan(Generic[PatchT]):
    """The shortest sequence of updates that reaches a goal. It is truthy if there is one.

    Attributes:
        steps: the updates to send, one after the other. Empty if the order already has everything that the goal asks
            for, or if the goal cannot be reached.
        blocked: the decision that refuses the goal, or None if the goal can be reached.
    """

    steps: tuple[PatchT, ...] = ()
    blocked: Decision | None = None

    def __bool__(self) -> bool:
        return self.blocked is None

    def to_dict(self, order: OrderBase[Any] | None = None, *, language: AnyLanguage = ENGLISH) -> dict[str, object]:
        """Return the bodies of the steps, and the decision that blocks, ready for JSON; see ``Decision.to_dict``."""
        return {
            "steps": [write_body(step) for step in self.steps],
            "blocked": None if self.blocked is None else self.blocked.to_dict(order, language=language),
        }


def editable(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> Mapping[StrEnum, Decision]:
    """See ``Policy.editable``."""
    table = table_of(rulebook)
    return MappingProxyType({section: table.section(order, section) for section in rulebook.sections})


def next_statuses(rulebook: Rulebook[OrderT, PatchT], order: OrderT, key: str | None = None) -> frozenset[Any] | None:
    """See ``Policy.next_statuses``."""
    table_of(rulebook).index(order)  # Raises TypeError for an order of another platform.
    facts = table_of(rulebook).status_facts(key)
    if facts is None:
        return None
    current, asked = facts
    return frozenset(
        value
        for value in _other_values(current, asked, order)
        if table_of(rulebook).decide(order, _patch(rulebook, {asked.attribute: value}))
    )


def _other_values(current: Fact, asked: Fact, order: OrderBase[Any]) -> list[Hashable]:
    """Return the values that an update can ask for, without the present one."""
    present = current.of(order)
    return [value for value in asked.values if value is not UNSET and value != present]


def split(rulebook: Rulebook[OrderT, PatchT], patch: PatchT, decision: Decision, order: OrderT) -> Split[PatchT]:
    """Split an update on which was decided; see ``Policy.split``."""
    sections = patch.sections
    closed = {violation.section for violation in decision.violations}
    # If every rule reads only its own section, dropping the refused sections is enough. Otherwise all sets are tried.
    candidates = (
        [tuple(section for section in sections if section in closed)] if _is_local(rulebook) else _sets(sections)
    )
    for without in candidates:
        allowed, refused = _divide(rulebook, patch, without)
        if table_of(rulebook).decide(order, allowed):
            return Split(allowed, refused, decision)
    raise AssertionError  # pragma: no cover - the empty update is always allowed.


def _sets(sections: Iterable[StrEnum]) -> list[tuple[StrEnum, ...]]:
    """Return all sets of sections, smaller ones first."""
    given = tuple(sections)
    counts = range(len(given) + 1)
    return list(itertools.chain.from_iterable(itertools.combinations(given, count) for count in counts))


def _is_local(rulebook: Rulebook[OrderT, PatchT]) -> bool:
    """Return whether every rule reads only the keys of its own section from the update, and no waiver reads any."""
    sent = set(rulebook.patch_type.__space__.facts)
    section_of = sections_by_key(rulebook.patch_type)
    return not any(sent.intersection(waiver.when.facts) for waiver in rulebook.waivers) and all(
        section_of[fact.attribute] is rule.section
        for rule in rulebook.rules
        for fact in sent.intersection(rule.only_if.facts)
    )


def _is_independent(rulebook: Rulebook[OrderT, PatchT]) -> bool:
    """Return whether an update of a section never changes a fact of the order that others read.

    Others are the rules of other sections, and the waivers.
    """
    sent = set(rulebook.patch_type.__space__.facts)
    section_of = sections_by_key(rulebook.patch_type)
    changes = {key: section for key, section in section_of.items() if key in slots_of(rulebook.order_type)}
    changes.update({effect.attribute: section_of[effect.key] for effect in rulebook.effects})
    read: list[tuple[Fact, StrEnum | None]] = [
        (fact, rule.section) for rule in rulebook.rules for fact in rule.only_if.facts if fact not in sent
    ]
    read += [(fact, None) for waiver in rulebook.waivers for fact in waiver.when.facts if fact not in sent]
    return all(changes.get(fact.attribute, section) is section for fact, section in read)


def _divide(rulebook: Rulebook[OrderT, PatchT], patch: PatchT, without: Iterable[StrEnum]) -> tuple[PatchT, PatchT]:
    dropped = {key for section in without for key in rulebook.keys_of(section)}
    sent = {key: getattr(patch, key) for key in patch.keys}
    return (
        _patch(rulebook, {key: value for key, value in sent.items() if key not in dropped}),
        _patch(rulebook, {key: value for key, value in sent.items() if key in dropped}),
    )


def _patch(rulebook: Rulebook[OrderT, PatchT], values: Mapping[str, object]) -> PatchT:
    return rulebook.patch_type(**values)


def after(rulebook: Rulebook[OrderT, PatchT], order: OrderT, patch: PatchT) -> OrderT:
    """Return the order as it is after an update that is allowed; see ``Policy.apply``."""
    fields = slots_of(rulebook.order_type)
    effects = {effect.key: effect for effect in rulebook.effects}
    changed: dict[str, object] = {}
    hidden: dict[str, object] = {}  # Values that the fields of the order do not show.
    for key in patch.keys:
        value = getattr(patch, key)
        if _is_empty_object(value):
            continue
        if key in effects:
            hidden[key] = value
            changed[effects[key].attribute] = effects[key].value
        elif key in fields:
            changed[key] = value
        else:
            hidden[key] = value
    if patch.keys:
        changed.update({key: value for key, value in rulebook.defaults if key not in patch.keys})
    if hidden:
        changed["written"] = _previously_written(rulebook, order).replace(**hidden)
    return order.replace(**changed) if changed else order


def _is_empty_object(value: object) -> bool:
    """Return whether a value is an empty object, which changes nothing. An empty list is different: it means *none*."""
    return isinstance(value, Model) and is_empty(value)


def _previously_written(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> PatchT:
    """Return what earlier updates wrote and the fields of the order do not show."""
    if "written" not in slots_of(rulebook.order_type):
        raise TypeError(
            f"{rulebook.order_type.__name__} has no field for a key of the update, and no field written to store it in"
        )
    written: PatchT = getattr(order, "written") or rulebook.patch_type()  # noqa: B009 - the base class has no such attribute.
    return written


def _missing(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> dict[str, object]:
    """Return what the goal asks for and the order does not have, by key."""
    fields = slots_of(rulebook.order_type)
    effects = {effect.key for effect in rulebook.effects}
    asked = {key: getattr(goal, key) for key in goal.keys if not _is_empty_object(getattr(goal, key))}
    return {
        key: value
        for key, value in asked.items()
        if getattr(order if key in fields and key not in effects else _previously_written(rulebook, order), key)
        != value
    }


def plan(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> Plan[PatchT]:
    """See ``Policy.plan``."""
    table_of(rulebook).decide(order, goal)  # Raises TypeError for an order or a goal of another platform.
    steps = _find_steps(rulebook, order, goal)
    return Plan((), _blocking_decision(rulebook, order, goal)) if steps is None else Plan(steps)


def _find_steps(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> tuple[PatchT, ...] | None:
    """Return the shortest sequence of allowed updates that reaches the goal, or None (a breadth-first search)."""
    simple = _is_local(rulebook) and _is_independent(rulebook)
    queue: deque[tuple[OrderT, tuple[PatchT, ...]]] = deque([(order, ())])
    seen: set[object] = {_state(rulebook, order, goal)}
    while queue:
        present, steps = queue.popleft()
        if not _missing(rulebook, present, goal):
            return steps
        for step in _next_steps(rulebook, present, goal, simple=simple):
            reached = after(rulebook, present, step)
            state = _state(rulebook, reached, goal)
            if state not in seen:
                seen.add(state)
                queue.append((reached, (*steps, step)))
    return None


def _blocking_decision(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> Decision:
    """Return the decision on what is missing, with only those violations that block the goal.

    A violation blocks the goal if its keys alone cannot be reached either. If there is none, all violations are kept.
    """
    missing = _missing(rulebook, order, goal)
    decision = table_of(rulebook).decide(order, _patch(rulebook, missing))
    if decision:
        decision = table_of(rulebook).decide(order, goal)
    blocked = {
        violation.section
        for violation in decision.violations
        if _find_steps(
            rulebook, order, _patch(rulebook, {key: missing[key] for key in violation.keys if key in missing})
        )
        is None
    }
    remaining = tuple(violation for violation in decision.violations if violation.section in blocked)
    return attrs.evolve(decision, violations=remaining or decision.violations)


def _state(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT) -> object:
    """Return what a plan depends on: the facts of the order, and the keys of the goal that it does not have yet."""
    return rulebook.order_type.__space__.index(order), frozenset(_missing(rulebook, order, goal))


def _next_steps(rulebook: Rulebook[OrderT, PatchT], order: OrderT, goal: PatchT, *, simple: bool) -> Iterator[PatchT]:
    """Iterate over the allowed updates that may be sent next.

    Each sends one status or none, and with it as much of the goal as is allowed.

    Args:
        rulebook: the rulebook.
        order: the order at this step.
        goal: everything that the order should have in the end.
        simple: whether an update of one section never opens or closes another. If it may, every part of the goal is
            tried as the next update, and so are values that the order already has.
    """
    changing = {key: values for key, values in _fact_keys(rulebook, order).items() if key in goal.keys}
    section_of = sections_by_key(rulebook.patch_type)

    def shares_section(key: str) -> bool:
        return any(section_of[other] is section_of[key] for other in goal.keys if other != key)

    choices: list[list[tuple[str, Hashable] | None]] = []
    for key, (present, others) in changing.items():
        aim = getattr(goal, key)
        # The value of the goal is tried first, then no change, and other values last, so that none is sent needlessly.
        choices.append(
            [
                *((key, value) for value in others if value == aim),
                None,
                *((key, value) for value in others if value != aim),
                # Sending the present value again may open another section, or other keys of its own.
                *([] if simple and not shares_section(key) else [(key, present)]),
            ]
        )
    # A key that gets a default if it is left out is sent in every step.
    always_sent = {name: getattr(goal, name) for name, _ in rulebook.defaults if name in goal.keys}
    missing = _missing(rulebook, order, goal)
    wanted = {name: getattr(goal, name) for name in (missing if simple else goal.keys) if name not in changing}
    touched = dict.fromkeys(section_of[name] for name in wanted)

    def count_repeated(without: tuple[StrEnum, ...]) -> int:
        return sum(name not in missing and section_of[name] not in without for name in wanted)

    section_sets = [()] if simple else sorted(_sets(touched), key=count_repeated)
    for chosen in itertools.product(*choices):
        status = dict(filter(None, chosen))
        for without in section_sets:
            rest = {name: value for name, value in wanted.items() if section_of[name] not in without}
            whole = _try_patch(rulebook, {**rest, **always_sent, **status})
            if whole is None:
                continue
            decision = table_of(rulebook).decide(order, whole)
            step = split(rulebook, whole, decision, order).allowed if simple else whole
            if step.keys and all(name in step.keys for name in status) and table_of(rulebook).decide(order, step):
                yield step


def _fact_keys(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> dict[str, tuple[Hashable, list[Hashable]]]:
    """Return the keys that write a fact of the order, each with its present value and its other possible values."""
    current = {fact.attribute: fact for fact in rulebook.order_type.__space__.facts}
    asked = {fact.attribute: fact for fact in rulebook.patch_type.__space__.facts}
    effects = {effect.key for effect in rulebook.effects}
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
        if key in current and key not in effects
    }


def _try_patch(rulebook: Rulebook[OrderT, PatchT], values: Mapping[str, object]) -> PatchT | None:
    """Return an update that sends some values, or None if a value is not valid for its key."""
    with contextlib.suppress(InvalidInput):
        return _patch(rulebook, values)
    return None
