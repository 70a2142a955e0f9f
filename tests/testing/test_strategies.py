"""The strategies draw exactly what they promise, and throw no draw away."""

from __future__ import annotations

import ast
import functools
import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.statistics import collector

import orderrules.testing.strategies as strategies_module
from orderrules import Code, InvalidInput, Policy, awal, salla
from orderrules.testing import (
    allowed_patches,
    bodies,
    broken_bodies,
    histories,
    orders,
    patches,
    refused_pairs,
    refused_patches,
)
from tests.kit import samples, toy
from tests.kit.policies import ACROSS
from tests.kit.specs import POLICIES
from tests.kit.strategies import module_of

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_POLICIES: Final[list[Any]] = [
    pytest.param(policy, id=name) for name, policy in (*POLICIES.items(), ("toy", toy.POLICY), ("across", ACROSS))
]
RULES: Final = [
    pytest.param(policy, rule.id, id=f"{name} {rule.id}")
    for name, policy in (*POLICIES.items(), ("toy", toy.POLICY), ("across", ACROSS))
    for rule in policy.rules
    if isinstance(rule.section, policy.sections)
]
ANY: Final = settings(database=None, phases=[Phase.generate])
"""Any value will do, so Hypothesis need not shrink it."""
CODES: Final = [
    pytest.param(platform, code, id=f"{platform} {code}")
    for platform, policy in POLICIES.items()
    for code in strategies_module._body_codes(policy)
]


def draw(strategy: st.SearchStrategy[Any], check: Callable[[Any], object], examples: int = 25) -> Counter[str]:
    """Draw values, check each, and count how the draws ended."""
    statistics: list[Any] = []

    @settings(
        max_examples=examples,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
        deadline=None,
    )
    @given(strategy)
    def run(value: Any) -> None:
        check(value)

    with collector.with_value(statistics.append):  # type: ignore[arg-type]  # a callback or None.
        run()
    return Counter(case["status"] for case in statistics[0]["generate-phase"]["test-cases"])


@pytest.mark.parametrize("policy", ALL_POLICIES)
def test_no_draw_is_rejected_by_a_filter(policy: Policy[Any, Any]) -> None:
    """Hypothesis itself ends some draws early when it looks for small examples."""

    def accept(_: Any) -> None:
        """Accept every value."""

    strategies = [orders(policy), patches(policy), bodies(policy), refused_pairs(policy), broken_bodies(policy)]
    for strategy in (*strategies, histories(policy)):
        assert draw(strategy, accept)["invalid"] == 0


def test_the_strategies_use_no_filter() -> None:
    """They use neither ``assume`` nor ``reject``, either."""
    source = Path(strategies_module.__file__).read_text(encoding="utf-8")
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"filter", "assume", "reject"}


@pytest.mark.parametrize("policy", ALL_POLICIES)
def test_orders_are_drawn_from_most_points(policy: Policy[Any, Any]) -> None:
    """More than 70 % of the points occur in 400 draws."""
    indices: set[int] = set()
    draw(orders(policy), lambda order: indices.add(policy.order_type.__space__.index(order)), examples=400)
    assert len(indices) > 0.7 * policy.order_type.__space__.size


@pytest.mark.parametrize("policy", ALL_POLICIES)
def test_an_allowed_patch_is_allowed(policy: Policy[Any, Any]) -> None:
    """The policy allows it for its order, and the patches differ in size."""
    sizes: set[int] = set()

    def check(pair: Any) -> None:
        order, patch = pair
        assert policy.can_update(order, patch)
        sizes.add(len(patch.keys))

    draw(orders(policy).flatmap(lambda order: st.tuples(st.just(order), allowed_patches(policy, order))), check, 200)
    assert len(sizes) > 2


@pytest.mark.parametrize("policy", ALL_POLICIES)
def test_a_refused_patch_is_refused(policy: Policy[Any, Any]) -> None:
    """An order of which no update is refused raises ValueError."""
    for point in list(policy.order_type.__space__.points())[::11]:
        order = find(strategies_module._order_at(policy, point), lambda _: True, settings=ANY)
        decisions = [policy.can_update(order, patch) for patch in _all_patches(policy)]
        if all(decisions):
            with pytest.raises(ValueError, match="no update of this order is refused"):
                refused_patches(policy, order)
        else:
            draw(refused_patches(policy, order), functools.partial(_check_refused, policy, order), 2)


def _all_patches(policy: Policy[Any, Any]) -> list[Any]:
    if policy.name == "toy":
        return [toy.Patch(stage=stage, street="x", note="x") for stage in toy.Stage] + [toy.Patch(street="x", note="x")]
    return samples.salla_patches() if policy.name == "salla" else samples.awal_patches()


def _check_refused(policy: Policy[Any, Any], order: Any, patch: Any) -> None:
    assert not policy.can_update(order, patch)


@pytest.mark.parametrize(("policy", "rule"), RULES)
def test_a_pair_is_refused_by_the_requested_rule_alone(policy: Policy[Any, Any], rule: str) -> None:
    """So is a patch that is drawn for the order of such a pair."""

    def check(pair: Any) -> None:
        assert [violation.rule.id for violation in policy.can_update(*pair).violations] == [rule]

    draw(refused_pairs(policy, rule=rule), check)
    order, _ = find(refused_pairs(policy, rule=rule), lambda _: True, settings=ANY)
    draw(refused_patches(policy, order, rule=rule), lambda patch: check((order, patch)), 5)


@pytest.mark.parametrize("platform", POLICIES)
def test_bodies_can_be_read(platform: str) -> None:
    """They are written as JSON, and read as a patch."""
    read = module_of(POLICIES[platform]).read_patch
    draw(bodies(POLICIES[platform]), lambda body: read(json.dumps(body)))


@pytest.mark.parametrize(("platform", "code"), CODES)
def test_a_broken_body_has_problems_of_the_requested_code_only(platform: str, code: Code) -> None:
    """A body may have several problems."""
    read = module_of(POLICIES[platform]).read_patch

    def check(body: Any) -> None:
        with pytest.raises(InvalidInput) as caught:
            read(body)
        assert {problem.code for problem in caught.value.problems} == {code}

    draw(broken_bodies(POLICIES[platform], code=code), check)


def test_every_code_that_a_body_can_have_is_offered() -> None:
    """The others need an unusual Python mapping, a number that JSON lacks, a required key, an order or rows."""
    offered = {code for policy in POLICIES.values() for code in strategies_module._body_codes(policy)}
    others = {Code.KEY_NOT_TEXT, Code.MISSING, Code.UNREADABLE, Code.NOT_FINITE, Code.NOT_CSV, Code.NOT_AN_ORDER}
    assert set(Code) - offered == others


@pytest.mark.parametrize("policy", ALL_POLICIES)
def test_every_step_of_a_history_is_allowed(policy: Policy[Any, Any]) -> None:
    """Each patch is checked against the order after the patches before it."""
    longest = 0

    def check(history: Any) -> None:
        nonlocal longest
        order, steps = history
        for patch in steps:
            decision = policy.can_update(order, patch)
            assert decision
            order = policy.apply(order, patch)
        longest = max(longest, len(steps))

    draw(histories(policy, max_size=4), check, 200)
    assert longest == 4


def test_an_impossible_strategy_raises_an_error() -> None:
    """The error is raised when the strategy is created."""
    with pytest.raises(ValueError, match="no rule SALLA-CANCEL-1 on a section of an update; its section rules are"):
        refused_pairs(salla.POLICY, rule="SALLA-CANCEL-1")
    with pytest.raises(ValueError, match="no update of this order is refused by SALLA-COUPON-1 alone"):
        refused_patches(salla.POLICY, salla.Order(draft=True), rule="SALLA-COUPON-1")
    with pytest.raises(ValueError, match="no update is refused by SALLA-COUPON-1 alone"):
        refused_pairs(
            salla.POLICY.with_rules(*(_duplicate(rule) for rule in salla.POLICY.rules if rule.id == "SALLA-COUPON-1")),
            rule="SALLA-COUPON-1",
        )
    with pytest.raises(ValueError, match="no body of salla can have a problem of the code not_a_date"):
        broken_bodies(salla.POLICY, code="not_a_date")
    with pytest.raises(ValueError, match="'colour' is not a valid Code"):
        broken_bodies(salla.POLICY, code="colour")
    with pytest.raises(TypeError, match="accepts only its own orders"):
        allowed_patches(cast("Any", salla.POLICY), awal.Order(status="pending"))


def _duplicate(rule: Any) -> Any:
    return attrs.evolve(rule, id=f"{rule.id}-AGAIN")


def test_strategies_shrink_to_the_smallest_example() -> None:
    """It has the fewest keys and the first values."""
    search_settings = settings(database=None, phases=[Phase.generate, Phase.shrink])
    assert find(orders(salla.POLICY), lambda _: True, settings=search_settings) == salla.Order(
        status="payment_pending", customer=salla.CustomerKind.NONE
    )
    assert len(find(patches(awal.POLICY), lambda patch: bool(patch.keys), settings=search_settings).keys) == 1
    order, patch = find(refused_pairs(salla.POLICY), lambda _: True, settings=search_settings)
    assert (order.status, patch.keys) == ("payment_pending", ("customer",))
    _, larger = find(refused_pairs(awal.POLICY), lambda pair: len(pair[1].keys) > 1, settings=search_settings)
    assert len(larger.keys) == 2


@pytest.mark.parametrize("kind", [salla.Order, salla.Patch, salla.ShipTo, salla.UpdateRequest, awal.Order, awal.Patch])
def test_hypothesis_draws_the_models_by_their_types(kind: type[Any]) -> None:
    """An entry point registers the strategies, and the models are valid."""
    values: list[Any] = []
    draw(st.from_type(kind), values.append, 30)
    assert {type(value) for value in values} == {kind}
    assert len({repr(value) for value in values}) > 5
