"""Policies, orders and updates for several tests."""

from __future__ import annotations

from typing import Any, Final

from orderrules import UNSET, Rule
from tests.kit import samples, toy

SALLA_ORDERS: Final = list(samples.salla_orders())


SALLA_PATCHES: Final = samples.salla_patches()


AWAL_ORDERS: Final = list(samples.awal_orders())


AWAL_PATCHES: Final = samples.awal_patches()


TOY_ORDERS: Final = [
    toy.Order(stage=stage, staff=staff, fragile=fragile)
    for stage in toy.Stage
    for staff in (False, True)
    for fragile in (False, True)
]


TOY_PATCHES: Final = [
    toy.Patch(stage=stage, street=street, door=door, note=note)
    for stage in (UNSET, *toy.Stage)
    for street in (UNSET, "x")
    for door in (UNSET, 1)
    for note in (UNSET, "x")
]


SPACES: Final[dict[str, tuple[list[Any], list[Any]]]] = {
    "salla": (SALLA_ORDERS, SALLA_PATCHES),
    "awal": (AWAL_ORDERS, AWAL_PATCHES),
    "toy": (TOY_ORDERS, TOY_PATCHES),
}


# With a rule on one section that reads the update of another section.
ACROSS: Final = toy.POLICY.with_rules(
    Rule(
        id="TOY-NOTE-1",
        section=toy.Section.NOTE,
        only_if=toy.ASKED.is_not(toy.Stage.DOOR) | toy.FRAGILE.is_(value=True),
        reason="what is delivered needs no note",
    )
)
