"""Tables and diagrams show what the policy decides."""

from __future__ import annotations

from typing import Any

import pytest

from orderrules import UNSET, Fact, Rule, Waiver, awal, salla
from orderrules.analysis import tables_and_diagrams as tables
from orderrules.authoring import OrderBase, model
from tests.kit import toy


def test_the_status_table_says_what_is_open_and_when() -> None:
    """Waivers are included; for the section of the status, it lists what may follow."""
    assert str(tables.TABLES["statuses"](toy.POLICY)).splitlines() == [
        "| stage | stage | address | note |",
        "| --- | --- | --- | --- |",
        "| `desk` | to van, to door if sent by staff | open | open |",
        "| `van` | to desk or door | if not fragile or sent by staff | open |",
        "| `door` | to desk or van if sent by staff | if sent by staff | open |",
    ]
    records = tables.TABLES["statuses"](salla.POLICY).records
    assert len(records) == 14 + 2
    (completed,) = [record["sections"] for record in records if record["status"] == "completed"]
    assert completed == {
        "customer": "if draft or (customer is absent or a guest)",
        "receiver": "if draft",
        "shipping": "if draft",
        "payment": "if draft",
        "coupon": "if draft",
        "employees": "open",
    }
    strict = salla.POLICY.without("SALLA-DRAFT-1")
    assert "| `completed` | if customer is absent or a guest | closed | closed | closed | closed | open |" in (
        str(tables.TABLES["statuses"](strict))
    )
    assert "| `completed` | open | closed |" in str(tables.TABLES["statuses"](awal.POLICY))


def test_a_platform_whose_orders_have_no_facts_has_no_status_table() -> None:
    """Drawing it is a value error."""

    @model
    class Bare(OrderBase[Any], facts=()):
        size: int = 1

    policy = toy.platform_of(1)
    object.__setattr__(policy, "order_type", Bare)
    with pytest.raises(ValueError, match="the orders of large have no facts"):
        tables.TABLES["statuses"](policy)


def test_a_state_diagram_has_every_status_and_every_transition() -> None:
    """In Mermaid, each status is named once, and each arrow has its condition, from all rules and waivers."""
    lines = tables.mermaid(toy.POLICY).splitlines()
    assert lines == [
        "stateDiagram-v2",
        '    state "desk" as s0',
        '    state "van" as s1',
        '    state "door" as s2',
        "    s0 --> s1",
        "    s0 --> s2: sent by staff",
        "    s1 --> s0",
        "    s1 --> s2",
        "    s2 --> s0: sent by staff",
        "    s2 --> s1: sent by staff",
    ]
    restricted = awal.POLICY.with_rules(
        Rule(
            id="SHOP-1",
            section=awal.Section.STATUS,
            only_if=awal.STATUS.is_not(awal.Status.ACCEPTED),
            reason="the courier is away",
        )
    )
    assert "s1 --> s2" not in tables.mermaid(restricted)
    arrows = [line for line in tables.mermaid(awal.policy(skipping=True)).splitlines() if "-->" in line]
    assert len(arrows) == 4 + 3 + 2 + 1


def test_a_dot_graph_has_every_status_and_every_transition() -> None:
    """Quotes and backslashes are escaped."""
    staff = Fact('sent by "the" \\ staff', values=(False, True), attribute="staff", flag=True)
    policy = toy.with_order_facts(toy.STAGE, staff).with_rules(
        Waiver(id="TOY-STAFF-2", when=staff.is_(value=True), reason="staff may change everything")
    )
    assert tables.dot(policy).splitlines() == [
        'digraph "toy" {',
        "    rankdir=LR;",
        '    s0 [label="desk"];',
        '    s1 [label="van"];',
        '    s2 [label="door"];',
        "    s0 -> s1;",
        '    s0 -> s2 [label="sent by \\"the\\" \\\\ staff"];',
        "    s1 -> s0;",
        "    s1 -> s2;",
        '    s2 -> s0 [label="sent by \\"the\\" \\\\ staff"];',
        '    s2 -> s1 [label="sent by \\"the\\" \\\\ staff"];',
        "}",
    ]
    assert "s0 --> s2: sent by #34;the#34;" in tables.mermaid(policy)


def test_the_cells_of_a_table_are_escaped() -> None:
    """A bar or a line break in a reason stays inside its Markdown cell."""
    waiver = Waiver(id="TOY-STAFF-2", when=toy.STAFF.is_(value=True), reason="one | two\nthree")
    assert str(tables.TABLES["waivers"](toy.POLICY.without("TOY-STAFF-1").with_rules(waiver))).splitlines()[2] == (
        "| one \\| two three | sent by staff | `TOY-STAFF-2` |"
    )


def test_a_section_without_keys_is_in_the_tables() -> None:
    """The tables say that it has no key."""
    policy = toy.with_patch_fact(Fact("note", values=(UNSET, "x")))
    assert "| **stage** | none |" in str(tables.TABLES["rules"](policy))
    assert "| `desk` | no body key | no body key | open |" in str(tables.TABLES["statuses"](policy))


@pytest.mark.parametrize("draw", [tables.mermaid, tables.dot])
def test_a_policy_without_transition_tables_has_no_diagram(draw: object) -> None:
    """Drawing it is a value error."""
    with pytest.raises(ValueError, match="the salla policy has no transition tables"):
        draw(salla.POLICY)  # type: ignore[operator]
