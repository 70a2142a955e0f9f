"""Tables and diagrams say what is decided."""

from __future__ import annotations

import pytest

from orderrules import Rule, Space, awal, description, salla
from tests import toy


def test_the_status_table_says_what_is_open_and_while_what() -> None:
    """Waivers counted in; of a section that follows the status, what may follow."""
    assert description.status_table(toy.POLICY).splitlines() == [
        "| stage | stage | address | note |",
        "| --- | --- | --- | --- |",
        "| `desk` | to van or door | open | open |",
        "| `van` | to desk or door | if not fragile or sent by staff | open |",
        "| `door` | to desk or van | if sent by staff | open |",
    ]
    rows = description.status_rows(salla.POLICY)
    assert len(rows) == 1 + 14 + 2
    completed = dict(zip(rows[0], next(row for row in rows if row[0] == "completed"), strict=True))
    assert completed == {
        "status": "completed",
        "customer": "if draft or customer is not registered",
        "receiver": "if draft",
        "shipping": "if draft",
        "payment": "if draft",
        "coupon": "if draft",
        "employees": "open",
    }
    shut = salla.POLICY.without("SALLA-DRAFT-1")
    assert "| `completed` | if customer is not registered | closed | closed | closed | closed | open |" in (
        description.status_table(shut)
    )
    assert "| `completed` | open | closed |" in description.status_table(awal.POLICY)


def test_a_platform_whose_orders_tell_no_fact_has_no_status_table() -> None:
    """It says so."""

    class Bare(toy.Order.__mro__[2]):  # type: ignore[misc, name-defined]  # the base of all orders.
        __slots__ = ("_bare_index",)
        __space__ = Space("_bare_index")

    policy = toy.platform_of(1)
    object.__setattr__(policy, "order_type", Bare)
    with pytest.raises(ValueError, match="the orders of large tell no fact"):
        description.status_rows(policy)


def test_a_state_diagram_has_every_status_and_every_transition() -> None:
    """In Mermaid, each name once, and each arrow with its rule."""
    lines = description.mermaid(toy.POLICY).splitlines()
    assert lines == [
        "stateDiagram-v2",
        '    state "desk" as s0',
        '    state "van" as s1',
        '    state "door" as s2',
        "    s0 --> s1: TOY-STAGE-1",
        "    s1 --> s0: TOY-STAGE-1",
        "    s1 --> s2: TOY-STAGE-1",
    ]
    arrows = [line for line in description.mermaid(awal.policy(skipping=True)).splitlines() if "-->" in line]
    assert len(arrows) == 4 + 3 + 2 + 1


def test_a_graph_in_dot_has_them_too() -> None:
    """With quotes and backslashes escaped."""
    rule = toy.POLICY.rules[0]
    policy = toy.POLICY.without(rule.id).with_rules(
        Rule(id='the "\\" rule', section=rule.section, only_if=rule.only_if, reason=rule.reason)
    )
    assert description.dot(policy).splitlines() == [
        'digraph "toy" {',
        "    rankdir=LR;",
        '    s0 [label="desk"];',
        '    s1 [label="van"];',
        '    s2 [label="door"];',
        '    s0 -> s1 [label="the \\"\\\\\\" rule"];',
        '    s1 -> s0 [label="the \\"\\\\\\" rule"];',
        '    s1 -> s2 [label="the \\"\\\\\\" rule"];',
        "}",
    ]


@pytest.mark.parametrize("draw", [description.mermaid, description.dot])
def test_where_no_transitions_are_ruled_there_is_no_diagram(draw: object) -> None:
    """It says so."""
    with pytest.raises(ValueError, match="the salla policy rules no transitions"):
        draw(salla.POLICY)  # type: ignore[operator]
