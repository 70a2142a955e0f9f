"""The laws of decisions, which hold for every policy; each docstring is one law."""

from __future__ import annotations

import itertools
import json
import pickle
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import InvalidInput, Problem, awal, can_update, salla
from tests.kit import strategies
from tests.kit.strategies import pairs, said, to_json

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

Question = tuple[Any, Any, Any, Any]


@given(pairs)
def test_empty(question: Question) -> None:
    """An empty patch is allowed."""
    policy, order, patch, _ = question
    decision = policy.can_update(order, type(patch)())
    assert decision.allowed
    assert not decision.waivers


@given(strategies.salla_orders, strategies.salla_patches)
def test_draft(order: salla.Order, patch: salla.Patch) -> None:
    """A draft is never refused."""
    assert can_update(order.replace(draft=True), patch)
    assert can_update(order.replace(status="draft", draft=False), patch)


@given(pairs, st.data())
def test_dropping(question: Question, data: st.DataObject) -> None:
    """Dropping a key never adds a violation."""
    policy, order, patch, _ = question
    before = {violation.rule.id for violation in policy.can_update(order, patch).violations}
    kept_keys = data.draw(st.sets(st.sampled_from(patch.keys or ("",))))
    smaller = type(patch)(**{key: value for key, value in said(patch).items() if key in kept_keys})
    assert {violation.rule.id for violation in policy.can_update(order, smaller).violations} <= before


@given(pairs)
def test_union(question: Question) -> None:
    """The violations of a union are the union of the violations."""
    policy, order, one, other = question
    both = type(one)(**said(one), **{key: value for key, value in said(other).items() if key not in one.keys})
    # If both patches send a key, the value of the first one counts, because rules may read it.
    rest = type(one)(**{key: value for key, value in said(other).items() if key not in one.keys})
    violated = [
        {violation.rule.id for violation in policy.can_update(order, patch).violations} for patch in (one, rest, both)
    ]
    assert violated[0] | violated[1] == violated[2]


@given(pairs, st.randoms(use_true_random=False))
def test_listing(question: Question, shuffler: random.Random) -> None:
    """The order in which rules are listed changes nothing."""
    policy, order, patch, _ = question
    rules, waivers = list(policy.rules), list(policy.waivers)
    shuffler.shuffle(rules)
    shuffler.shuffle(waivers)
    assert attrs.evolve(policy, rules=rules, waivers=waivers).can_update(order, patch) == policy.can_update(
        order, patch
    )


@given(pairs)
def test_naming(question: Question) -> None:
    """Every violation names a section that the patch touches, and exactly the keys in that section."""
    policy, order, patch, _ = question
    for violation in policy.can_update(order, patch).violations:
        assert violation.section in patch.sections
        assert violation.keys == tuple(key for key in patch.keys if key in policy.keys_of(violation.section))
        assert violation.keys


@given(pairs)
def test_repeating(question: Question) -> None:
    """Deciding changes nothing, and gives the same decision each time."""
    policy, order, patch, _ = question
    before = pickle.dumps((order, patch))
    first = policy.can_update(order, patch)
    assert policy.can_update(order, patch) is first
    assert can_update(order, patch) == first
    assert pickle.dumps((order, patch)) == before


@given(strategies.json_values)
def test_reading(value: object) -> None:
    """Reading any JSON as a patch or an order succeeds or raises InvalidInput."""
    for module, reader in itertools.product((salla, awal), ("read_patch", "read_order")):
        for source in (value, json.dumps(value), json.dumps(value).encode()):
            problems = problems_of(getattr(module, reader), source)
            assert all(problem.pointer == "" or problem.pointer.startswith("/") for problem in problems)


def problems_of(reader: Callable[[object], object], source: object) -> tuple[Problem, ...]:
    """Read a value, and return the problems."""
    try:
        reader(source)
    except InvalidInput as error:
        return error.problems or pytest.fail("an error without a problem")
    return ()


@given(pairs)
def test_writing(question: Question) -> None:
    """A patch that is written and read again is the same; so is a patch or an order that is pickled."""
    policy, order, patch, _ = question
    body = to_json(patch)
    module = strategies.module_of(policy)
    assert module.read_patch(body) == patch
    assert module.read_patch(json.dumps(body)) == patch
    assert repr(module.read_patch(json.dumps(body))) == repr(patch)
    for model in (order, patch):
        again = pickle.loads(pickle.dumps(model))
        assert again == model
        assert hash(again) == hash(model)
    assert policy.can_update(pickle.loads(pickle.dumps(order)), patch) == policy.can_update(order, patch)


@given(pairs)
def test_evolving(question: Question) -> None:
    """An order or a patch changed by attrs.evolve is decided like one built directly."""
    policy, order, patch, other = question
    changed = attrs.evolve(order, status=policy.order_type(status="completed").status)
    built = policy.order_type(**{**attrs.asdict(order, recurse=False), "status": "completed"})
    assert changed == built
    assert policy.can_update(changed, patch) is policy.can_update(built, patch)
    merged = attrs.evolve(patch, **said(other))
    assert policy.can_update(order, merged) is policy.can_update(order, type(patch)(**{**said(patch), **said(other)}))


@given(st.lists(st.sampled_from(awal.Status), max_size=20))
def test_history(requested: list[awal.Status]) -> None:
    """If only allowed updates are applied, the history of an Awal order is a prefix of the chain."""
    order = awal.Order(status=awal.Status.PENDING)
    history = [order.status]
    for status in requested:
        if can_update(order, awal.Patch(status=status)):
            order = order.replace(status=status)
            if history[-1] != status:
                history.append(status)
    assert history == list(awal.Status)[: len(history)]
