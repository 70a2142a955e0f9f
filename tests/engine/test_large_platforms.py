"""Platforms with too many kinds of updates to make all decisions: they are made when they are asked for."""

from __future__ import annotations

import itertools
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderrules import UNSET, Fact, Policy, Rule, Unset, awal
from orderrules.authoring import OrderBase, PatchBase, field, model
from orderrules.engine import decision_table
from orderrules.engine.decision_table import rows_of, table_of
from orderrules.engine.digest import gist_of
from orderrules.engine.samples import orders_of, patch_at
from orderrules.grammar.orders import free_keys
from tests.kit import toy

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python


class Section(StrEnum):
    """The groups of keys."""

    STATE = "state"
    LEFT = "left"
    RIGHT = "right"


class State(StrEnum):
    """A state."""

    S0 = "s0"
    S1 = "s1"
    S2 = "s2"
    S3 = "s3"
    S4 = "s4"
    S5 = "s5"
    S6 = "s6"
    S7 = "s7"
    S8 = "s8"
    S9 = "s9"
    S10 = "s10"
    S11 = "s11"
    S12 = "s12"
    S13 = "s13"


ONE: Final = Fact("one", values=tuple(State))
TWO: Final = Fact("two", values=tuple(State))
THREE: Final = Fact("state", values=tuple(State))
ASKED: Final = Fact("state asked for", values=(UNSET, *State), attribute="state")
LEFT: Final = tuple(f"a{number}" for number in range(9))
RIGHT: Final = tuple(f"b{number}" for number in range(9))


@model
class Patch(PatchBase, sections=Section, facts=(ASKED,)):
    """An update of nineteen keys."""

    state: State | Unset = UNSET
    a0: int | Unset = field(default=UNSET, section=Section.LEFT)
    a1: int | Unset = field(default=UNSET, section=Section.LEFT)
    a2: int | Unset = field(default=UNSET, section=Section.LEFT)
    a3: int | Unset = field(default=UNSET, section=Section.LEFT)
    a4: int | Unset = field(default=UNSET, section=Section.LEFT)
    a5: int | Unset = field(default=UNSET, section=Section.LEFT)
    a6: int | Unset = field(default=UNSET, section=Section.LEFT)
    a7: int | Unset = field(default=UNSET, section=Section.LEFT)
    a8: int | Unset = field(default=UNSET, section=Section.LEFT)
    b0: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b1: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b2: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b3: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b4: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b5: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b6: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b7: int | Unset = field(default=UNSET, section=Section.RIGHT)
    b8: int | Unset = field(default=UNSET, section=Section.RIGHT)


@model
class Order(OrderBase["Patch"], facts=(ONE, TWO, THREE)):
    """An order of 2744 kinds."""

    one: State
    two: State
    state: State


POLICY: Final = Policy(
    name="large",
    order_type=Order,
    patch_type=Patch,
    rules=(
        Rule(id="L", section=Section.LEFT, only_if=ONE.is_not(State.S3) | TWO.is_in({State.S1, State.S2}), reason="x"),
        Rule(id="R", section=Section.RIGHT, only_if=ONE.is_(State.S3) | ASKED.is_not(State.S5), reason="x"),
        Rule(id="S", section=Section.STATE, only_if=THREE.is_not(State.S0) | ASKED.is_not(State.S9), reason="x"),
    ),
)
STATES: Final = st.sampled_from(State)


@given(STATES, STATES, STATES, st.none() | STATES, st.sets(st.sampled_from(LEFT + RIGHT)))
def test_decisions_are_those_of_plain_ifs(
    one: State, two: State, state: State, asked: State | None, keys: set[str]
) -> None:
    """Each is made when it is asked for, and is one object from then on."""
    order = Order(one=one, two=two, state=state)
    fields: dict[str, Any] = dict.fromkeys(keys, 1) | ({} if asked is None else {"state": asked})
    patch = Patch(**fields)
    decision = POLICY.can_update(order, patch)
    expected = {
        "L": bool(keys & set(LEFT)) and one is State.S3 and two not in {State.S1, State.S2},
        "R": bool(keys & set(RIGHT)) and one is not State.S3 and asked is State.S5,
        "S": state is State.S0 and asked is State.S9,
    }
    assert {violation.rule.id for violation in decision.violations} == {
        rule for rule, broken in expected.items() if broken
    }
    assert POLICY.can_update(order, patch) is decision
    assert POLICY.guard(patch).holds(order) is decision.allowed


def test_a_row_keeps_a_bounded_number_of_decisions(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not kept is made again, and equal decisions are one object all the same."""
    monkeypatch.setattr(decision_table, "_MOST_COLUMNS", 8)
    policy = attrs.evolve(POLICY)
    order = Order(one=State.S3, two=State.S5, state=State.S1)
    sent: list[dict[str, Any]] = [dict.fromkeys(keys, 1) for keys in itertools.combinations(LEFT, 2)]
    patches = [Patch(**fields) for fields in sent]
    first = [policy.can_update(order, patch) for patch in patches]
    assert [id(policy.can_update(order, patch)) for patch in patches] == list(map(id, first))
    assert sum(row is not None for row in rows_of(policy)) == 1
    assert len(table_of(policy).row(table_of(policy).index(order))) == 8


def all_updates(policy: Policy[Any, Any]) -> Iterator[Any]:
    """Yield an update for everything that the rules can tell apart."""
    free = free_keys(policy.patch_type)
    for point in policy.patch_type.__space__.points():
        for size in range(len(free) + 1):
            for keys in itertools.combinations(free, size):
                yield patch_at(policy.patch_type, point, keys)


VARIANTS: Final[list[tuple[Policy[Any, Any], Policy[Any, Any]]]] = [
    (toy.POLICY, toy.POLICY.without("TOY-STAFF-1")),
    (toy.POLICY, toy.POLICY.without("TOY-ADDRESS-1")),
    (toy.POLICY.without("TOY-STAGE-1"), toy.POLICY.without("TOY-STAFF-1")),
    (awal.POLICY, awal.policy(skipping=True)),
]


@pytest.mark.parametrize("most", [4, 1 << 11], ids=["by column", "by row"])
@pytest.mark.parametrize(("ours", "theirs"), VARIANTS)
def test_differences_are_counted_without_making_them(
    ours: Policy[Any, Any], theirs: Policy[Any, Any], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count is that of all orders with all updates and actions."""
    monkeypatch.setattr(decision_table, "_MOST_COLUMNS", most)
    one, other = attrs.evolve(ours), attrs.evolve(theirs)
    orders = [order for _, order in orders_of(one.order_type)]
    updates = list(all_updates(one))
    pairs = [(one.can_update(order, patch), other.can_update(order, patch)) for order in orders for patch in updates]
    pairs += [(one.can(order, action), other.can(order, action)) for order in orders for action in one.actions or ()]
    diff = one.diff(other)
    assert (diff.count, diff.total) == (sum(gist_of(mine) != gist_of(their) for mine, their in pairs), len(pairs))
    assert one.digest() == ours.digest()
