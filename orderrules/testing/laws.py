"""The laws that every policy should keep, checked on a policy of one's own, each with a counterexample if it is broken.

The module is longer than most because each law is a function whose docstring is the law.
"""

from __future__ import annotations

import itertools
import pickle
from typing import TYPE_CHECKING, Any, Final

import attrs
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from orderrules.reading.bodies import read_body, write_body
from orderrules.testing.strategies import histories, orders, patches

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from hypothesis.strategies import SearchStrategy

    from orderrules.engine.decision import Decision
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.policy.policy import Policy


class BrokenLawError(AssertionError):
    """A policy breaks laws.

    Attributes:
        laws: the names of the laws, each with the smallest counterexample that was found.
    """

    def __init__(self, name: str, laws: dict[str, object]) -> None:
        self.laws = laws
        lines = [f"the {name} policy breaks {len(laws)} of {len(LAWS)} laws"]
        for law, counterexample in laws.items():
            lines += [f"  {LAWS[law].__doc__}", f"    {law}: {counterexample!r}"]
        super().__init__("\n".join(lines))


def check_laws(
    policy: Policy[Any, Any],
    *,
    without: Collection[str] = (),
    settings: settings | None = None,
) -> None:
    """See that a policy keeps the laws.

    Args:
        policy: the policy.
        without: the names of laws that it is not meant to keep: a policy whose rule on one section reads what another
            is asked for breaks ``dropping_a_key`` and ``union`` on purpose.
        settings: how hard Hypothesis tries; two hundred examples for each law, where nothing is said.

    Raises:
        BrokenLawError: with the smallest counterexample that was found for each law.
        TypeError: text was given for a collection.
        ValueError: there is no such law.
    """
    if isinstance(without, str):
        raise TypeError(f"expected a collection of names of laws, got the text {without!r}")
    strangers = set(without) - set(LAWS)
    if strangers:
        raise ValueError(f"no law is called {', '.join(sorted(strangers))}; they are {', '.join(LAWS)}")
    broken: dict[str, object] = {}
    for name, law in LAWS.items():
        if name not in without:
            found = _counterexample(policy, law, settings or _USUAL)
            if found is not None:
                broken[name] = found
    if broken:
        raise BrokenLawError(policy.name, broken)


_USUAL: Final = settings(
    max_examples=200,
    phases=[Phase.generate, Phase.shrink],  # To explain a counterexample takes hundreds of examples more.
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    derandomize=True,
)


def _counterexample(policy: Policy[Any, Any], law: Callable[..., bool], trying: settings) -> tuple[Any, ...] | None:
    """Find the smallest of what a law is about that breaks it: an order, and as many updates as it names."""
    drawn: SearchStrategy[tuple[Any, ...]]
    if law is history:
        drawn = histories(policy)
    else:
        drawn = st.tuples(orders(policy), *itertools.repeat(patches(policy), 2 if law is union else 1))
    try:
        return find(drawn, lambda given: not law(policy, *given), settings=trying)
    except NoSuchExample:
        return None


def _gist(decision: Decision) -> set[tuple[str, str]]:
    return {(violation.rule.id, key) for violation in decision.violations for key in violation.keys}


def empty(policy: Policy[Any, Any], order: OrderBase, _: PatchBase) -> bool:
    """An empty patch is allowed."""
    return bool(policy.can_update(order, policy.patch_type()))


def waiver(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """Where a waiver applies, nothing is refused."""
    point = {fact: fact.of(order) for fact in policy.order_type.__space__.facts}
    point |= {fact: fact.of(patch) for fact in policy.patch_type.__space__.facts}
    applies = any(waiver.when.holds(point) for waiver in policy.waivers)
    return not applies or bool(policy.can_update(order, patch))


def dropping_a_key(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """Dropping a key never adds a violation."""
    said = {key: getattr(patch, key) for key in patch.keys}
    refusing = _gist(policy.can_update(order, patch))
    return all(
        _gist(policy.can_update(order, policy.patch_type(**{key: said[key] for key in said if key != dropped})))
        <= refusing
        for dropped in said
    )


def union(policy: Policy[Any, Any], order: OrderBase, one: PatchBase, other: PatchBase) -> bool:
    """The violations of a union are the union of the violations."""
    first = {key: getattr(one, key) for key in one.keys}
    second = {key: getattr(other, key) for key in other.keys if key not in first}
    parts = [policy.can_update(order, policy.patch_type(**said)) for said in (first, second)]
    whole = policy.can_update(order, policy.patch_type(**first, **second))
    return _gist(whole) == _gist(parts[0]) | _gist(parts[1])


def order_of_rules(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """The order in which rules are listed changes nothing."""
    turned = attrs.evolve(policy, rules=policy.rules[::-1], waivers=policy.waivers[::-1])
    return _gist(turned.can_update(order, patch)) == _gist(policy.can_update(order, patch))


def touched_sections(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """Every violation names a section that the patch touches, and keys that it sends."""
    return all(
        violation.section in patch.sections and violation.keys and set(violation.keys) <= set(patch.keys)
        for violation in policy.can_update(order, patch).violations
    )


def determinism(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """Deciding changes nothing and repeats itself, also on a policy that is made anew."""
    before = pickle.dumps((order, patch))
    anew = attrs.evolve(policy)
    decisions = [asked.can_update(order, patch) for asked in (policy, anew, policy)]
    return decisions[0] == decisions[1] == decisions[2] and pickle.dumps((order, patch)) == before


def round_trip(_policy: Policy[Any, Any], _: OrderBase, patch: PatchBase) -> bool:
    """Written and read again is the same."""
    return read_body(type(patch), write_body(patch)) == patch


def guard(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """The guard of a patch holds for exactly the orders that allow it."""
    return policy.guard(patch).holds(order) is bool(policy.can_update(order, patch))


def split(policy: Policy[Any, Any], order: OrderBase, patch: PatchBase) -> bool:
    """What split allows is allowed, and together its parts are the whole."""
    parts = policy.split(order, patch)
    together = {key: getattr(part, key) for part in (parts.allowed, parts.refused) for key in part.keys}
    return bool(policy.can_update(order, parts.allowed)) and policy.patch_type(**together) == patch


def history(policy: Policy[Any, Any], first: OrderBase, sent: tuple[PatchBase, ...]) -> bool:
    """Whatever is accepted, one after the other, leaves an order of the platform that is decided on again."""
    present = first
    for patch in sent:
        present = policy.apply(present, patch)
    return type(present) is policy.order_type and bool(policy.can_update(present, policy.patch_type()))


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
"""The laws, by name; the docstring of each is its sentence."""
