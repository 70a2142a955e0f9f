"""The laws that every policy should keep, and ``check_laws``, which finds a counterexample for each broken law.

Each law is a function that returns whether the law holds for its arguments. Its docstring is the law.
"""

from __future__ import annotations

import functools
import itertools
import pickle
from typing import TYPE_CHECKING, Any, Final

import attrs
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from orderrules.engine.samples import asked_at, sample
from orderrules.grammar.orders import free_keys, sections_by_key
from orderrules.reading.bodies import read_body, write_body
from orderrules.reading.fields import slots_of
from orderrules.testing.own_decisions import own_decisions
from orderrules.testing.strategies import orders, patches
from orderrules.testing.walk import kinds_of_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from orderrules.engine.decision import Decision
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.policy.policy import Policy


class BrokenLawError(AssertionError):
    """A policy breaks laws.

    Attributes:
        laws: the smallest counterexample that was found for each broken law, by the name of the law.
    """

    def __init__(self, name: str, laws: dict[str, object], across: tuple[str, ...] = ()) -> None:
        self.laws = laws
        lines = [f"the {name} policy breaks {len(laws)} of {len(LAWS)} laws"]
        for law, counterexample in laws.items():
            lines += [f"  {LAWS[law].__doc__}", f"    {law}: {counterexample!r}"]
        if across and laws.keys() & {"union", "dropping_a_key"}:
            meant = ", ".join(sorted(laws.keys() & {"union", "dropping_a_key"}))
            lines.append(f"  {', '.join(across)} reads a key of another section; if that is meant: without {meant}")
        super().__init__("\n".join(lines))


def check_laws(
    policy: Policy[Any, Any],
    *,
    without: Collection[str] = (),
    settings: settings | None = None,
) -> None:
    """Check that a policy keeps the laws.

    What is finite is enumerated: every kind of order, with every set of sections (with each two, if there are more than
    eight) and every value that a fact reads. Only ``round_trip`` depends on other values, and draws them.

    Args:
        policy: the policy.
        without: the names of laws that are not checked. For example, a rule on one section that reads the value sent
            for another section breaks ``dropping_a_key`` and ``union`` on purpose.
        settings: the settings of Hypothesis for ``round_trip``; by default 200 examples.

    Raises:
        BrokenLawError: the policy breaks at least one law. The error has the smallest counterexample found for each.
        TypeError: ``without`` is a str.
        ValueError: ``without`` has a name that is not the name of a law.
    """
    if isinstance(without, str):
        raise TypeError(f"expected a collection of names of laws, got the str {without!r}")
    unknown = set(without) - set(LAWS)
    if unknown:
        raise ValueError(f"unknown laws: {', '.join(sorted(unknown))}; the laws are {', '.join(LAWS)}")
    broken: dict[str, object] = {}
    with own_decisions():
        for name, law in LAWS.items():
            if name not in without:
                counterexample = _find_counterexample(policy, law, settings or _DEFAULT_SETTINGS)
                if counterexample is not None:
                    broken[name] = counterexample
    if broken:
        raise BrokenLawError(policy.name, broken, _rules_across(policy))


def _rules_across(policy: Policy[Any, Any]) -> tuple[str, ...]:
    """Return the ids of the rules that read a key of another section than their own."""
    section_of, asked = sections_by_key(policy.patch_type), policy.patch_type.__space__.facts
    return tuple(
        rule.id
        for rule in policy.rules
        if any(fact in asked and section_of[fact.attribute] is not rule.section for fact in rule.only_if.facts)
    )


_MOST_SECTIONS: Final = 8
_COPIES: Final = 5
_DEFAULT_SETTINGS: Final = settings(
    max_examples=200,
    phases=[Phase.generate, Phase.shrink],  # The phase "explain" would run hundreds of further examples.
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    derandomize=True,
)


def _find_counterexample(
    policy: Policy[Any, Any], law: Callable[..., bool], search_settings: settings
) -> tuple[Any, ...] | None:
    """Return the smallest arguments of a law that break it, an order and its updates; None if there are none."""
    if law is round_trip:
        arguments = st.tuples(orders(policy), patches(policy))
        try:
            return find(arguments, lambda values: not law(policy, *values), settings=search_settings)
        except NoSuchExample:
            return None
    return next((values for values in _arguments(policy, law) if not law(policy, *values)), None)


def _arguments(policy: Policy[Any, Any], law: Callable[..., bool]) -> Iterator[tuple[Any, ...]]:
    """Iterate over everything that a law may be asked about, the smallest first."""
    kinds, updates = kinds_of_orders(policy), _updates(policy)
    if law is history:
        yield from _histories(policy, kinds, updates)
        return
    for patch in updates:
        # If the violations of an update and of one section add up, those of any two updates do.
        others = [other for other in updates if len(other.sections) == 1] if law is union else []
        for order in kinds:
            yield from ((order, patch, other) for other in others) if law is union else ((order, patch),)


def _updates(policy: Policy[Any, Any]) -> list[PatchBase]:
    """List an update of every set of sections, for each value that a fact reads, the smallest first."""
    return policy.keep(_updates, functools.partial(_make_updates, policy))


def _make_updates(policy: Policy[Any, Any]) -> list[PatchBase]:
    slots, section_of = slots_of(policy.patch_type), sections_by_key(policy.patch_type)
    free = {section_of[key]: key for key in reversed(free_keys(policy.patch_type))}
    sections = list(reversed(free))
    most = len(sections) if len(sections) <= _MOST_SECTIONS else 2
    return [
        policy.patch_type(
            **{free[section]: sample(slots[free[section]].annotation) for section in chosen},
            **asked_at(policy.patch_type, point),
        )
        for count in range(most + 1)
        for chosen in itertools.combinations(sections, count)
        for point in policy.patch_type.__space__.points()
    ]


def _histories(
    policy: Policy[Any, Any], kinds: list[Any], updates: list[PatchBase]
) -> Iterator[tuple[Any, tuple[PatchBase, ...]]]:
    """Iterate over orders with two updates that are allowed one after the other, from every kind of order."""
    small = [patch for patch in updates if len(patch.sections) <= 1]
    for order in kinds:
        for one in small:
            if policy.can_update(order, one):
                after = policy.apply(order, one)
                yield from ((order, (one, other)) for other in small if policy.can_update(after, other))


def _refused_keys(decision: Decision) -> set[tuple[str, str]]:
    return {(violation.rule.id, key) for violation in decision.violations for key in violation.keys}


def empty(policy: Policy[Any, Any], order: OrderBase[Any], _: PatchBase) -> bool:
    """An empty patch is allowed."""
    return bool(policy.can_update(order, policy.patch_type()))


def waiver(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """If a waiver applies, nothing is refused."""
    point = {fact: fact.of(order) for fact in policy.order_type.__space__.facts}
    point |= {fact: fact.of(patch) for fact in policy.patch_type.__space__.facts}
    applies = any(waiver.when.holds(point) for waiver in policy.narrowed().waivers)
    return not applies or bool(policy.can_update(order, patch))


def dropping_a_key(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """Dropping a key never adds a violation."""
    values = {key: getattr(patch, key) for key in patch.keys}
    refused_before = _refused_keys(policy.can_update(order, patch))
    return all(
        _refused_keys(
            policy.can_update(order, policy.patch_type(**{key: values[key] for key in values if key != dropped}))
        )
        <= refused_before
        for dropped in values
    )


def union(policy: Policy[Any, Any], order: OrderBase[Any], one: PatchBase, other: PatchBase) -> bool:
    """The violations of a union are the union of the violations."""
    first = {key: getattr(one, key) for key in one.keys}
    second = {key: getattr(other, key) for key in other.keys if key not in first}
    parts = [policy.can_update(order, policy.patch_type(**values)) for values in (first, second)]
    whole = policy.can_update(order, policy.patch_type(**first, **second))
    return _refused_keys(whole) == _refused_keys(parts[0]) | _refused_keys(parts[1])


def order_of_rules(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """The order in which rules are listed changes nothing."""
    reversed_policy = policy.keep(
        order_of_rules, lambda: attrs.evolve(policy, rules=policy.rules[::-1], waivers=policy.waivers[::-1])
    )
    return _refused_keys(reversed_policy.can_update(order, patch)) == _refused_keys(policy.can_update(order, patch))


def touched_sections(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """Every violation names a section that the patch touches and keys that the patch sends."""
    return all(
        violation.section in patch.sections and violation.keys and set(violation.keys) <= set(patch.keys)
        for violation in policy.can_update(order, patch).violations
    )


def determinism(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """Deciding again gives the same decision and changes nothing, also with a copy of the policy."""
    before = pickle.dumps((order, patch))
    copies = policy.keep(determinism, lambda: [attrs.evolve(policy) for _ in range(_COPIES)])
    decisions = [each.can_update(order, patch) for each in (policy, *copies, policy)]
    return all(decision == decisions[0] for decision in decisions) and pickle.dumps((order, patch)) == before


def round_trip(_policy: Policy[Any, Any], _: OrderBase[Any], patch: PatchBase) -> bool:
    """A patch that is written and read again is the same."""
    return read_body(type(patch), write_body(patch)) == patch


def guard(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """The guard of a patch holds for exactly the orders for which the patch is allowed."""
    return policy.guard(patch).holds(order) is bool(policy.can_update(order, patch))


def split(policy: Policy[Any, Any], order: OrderBase[Any], patch: PatchBase) -> bool:
    """The allowed part of a split is allowed, and the two parts together are the whole patch."""
    parts = policy.split(order, patch)
    values = {key: getattr(part, key) for part in (parts.allowed, parts.refused) for key in part.keys}
    return bool(policy.can_update(order, parts.allowed)) and policy.patch_type(**values) == patch


def history(policy: Policy[Any, Any], first: OrderBase[Any], sent: tuple[PatchBase, ...]) -> bool:
    """Applying allowed updates one after another gives an order that the policy can decide on again."""
    current = first
    for patch in sent:
        current = policy.apply(current, patch)
    return type(current) is policy.order_type and bool(policy.can_update(current, policy.patch_type()))


LAWS: Final[dict[str, Callable[..., bool]]] = {
    law.__name__: law
    for law in (
        empty,
        waiver,
        dropping_a_key,
        union,
        order_of_rules,
        touched_sections,
        determinism,
        round_trip,
        guard,
        split,
        history,
    )
}
"""The laws by name."""
