"""A platform of one's own, in one file: the update of a parcel at a small courier.

It stands outside the package and uses only what the package offers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs

from orderrules import UNSET, Fact, Policy, Rule, Unset, Waiver
from orderrules.authoring import (
    UNKNOWN,
    Endpoint,
    OrderBase,
    PatchBase,
    Payload,
    Place,
    TransitionTable,
    field,
    model,
    register,
)


class Stage(StrEnum):
    """Where the parcel is."""

    DESK = "desk"
    VAN = "van"
    DOOR = "door"


class Section(StrEnum):
    """What an update may change."""

    STAGE = "stage"
    ADDRESS = "address"
    NOTE = "note"


class Action(StrEnum):
    """What else may be done."""

    RECALL = "recall"


STAGE = Fact("stage", values=tuple(Stage))
STAFF = Fact("sent by staff", values=(False, True), attribute="staff", flag=True)
FRAGILE = Fact("fragile", values=(False, True), flag=True)
ASKED = Fact("stage asked for", values=(UNSET, *Stage), attribute="stage")


@model
class Patch(PatchBase, sections=Section, facts=(ASKED,)):
    """What is to change."""

    stage: Stage | Unset = UNSET
    street: str | Unset = field(default=UNSET, section=Section.ADDRESS)
    door: int | Unset = field(default=UNSET, section=Section.ADDRESS)
    note: str | Unset = UNSET


@model
class Order(OrderBase["Patch"], facts=(STAGE, STAFF, FRAGILE)):
    """A parcel."""

    stage: Stage
    staff: bool = False
    fragile: bool = False
    written: Patch | Unset = UNSET


POLICY = register(
    Policy(
        name="toy",
        order_type=Order,
        patch_type=Patch,
        actions=Action,
        rules=(
            Rule(
                id="TOY-STAGE-1",
                section=Section.STAGE,
                only_if=TransitionTable(
                    STAGE,
                    ASKED,
                    {Stage.DESK: {Stage.VAN}, Stage.VAN: {Stage.DESK, Stage.DOOR}, Stage.DOOR: ()},
                    staying=False,
                ),
                reason="a parcel goes by van",
            ),
            Rule(
                id="TOY-ADDRESS-1",
                section=Section.ADDRESS,
                only_if=STAGE.is_(Stage.DESK) | (STAGE.is_(Stage.VAN) & FRAGILE.is_(value=False)),
                reason="a fragile parcel is not moved about",
            ),
            Rule(
                id="TOY-RECALL-1",
                section=Action.RECALL,
                only_if=STAGE.is_not(Stage.DOOR),
                reason="what is delivered is delivered",
            ),
        ),
        waivers=(Waiver(id="TOY-STAFF-1", when=STAFF.is_(value=True), reason="staff may change everything"),),
    )
)


@attrs.frozen
class UpdateRequest:
    """A request that was read: the parcel's number, and what is to change."""

    order_id: int
    patch: Patch


ENDPOINT = Endpoint(
    policy=POLICY,
    path="/parcels/{number}",
    request_type=UpdateRequest,
    payload=Payload(
        places=(
            Place(attribute="stage", path=("stage",), kind=Stage, required=True),
            Place(attribute="fragile", path=("fragile",), kind=bool, if_left_out=False),
        )
    ),
    refusal=lambda decision: {"refused": [violation.message for violation in decision.violations]},
    refusal_status=409,
    unreadable=lambda error: {"problems": [str(problem) for problem in error.problems]},
    unreadable_status=400,
    code_of=lambda status, told: "" if status == 409 else None,  # noqa: ARG005 - the body tells no more.
)


def platform_of(size: int) -> Policy[Any, Any]:
    """Make a platform whose one fact has so many values."""

    @model
    class Crate(OrderBase[Any], facts=(Fact("size", values=(*range(size - 1), UNKNOWN)),)):
        size: int

    @model
    class Change(PatchBase, sections=Section):
        note: str | Unset = UNSET

    return Policy(name="large", order_type=Crate, patch_type=Change, rules=())


def with_patch_fact(fact: Fact) -> Policy[Any, Any]:
    """Make the toy's policy with another fact of its patches."""
    words = {str(value): str(value) for value in fact.values if value is not UNSET}
    listed: Any = str if UNKNOWN in fact.values else StrEnum("Note", words)
    content = {"note": UNSET, "__annotations__": {"note": listed | Unset}}
    patch_type: type[PatchBase] = model(type("Other", (PatchBase,), content, sections=Section, facts=(fact,)))
    return Policy(name="toy", order_type=Order, patch_type=patch_type, rules=())


def with_order_facts(*facts: Fact) -> Policy[Any, Any]:
    """Make the toy's rules on its stage and its address, with other facts of its orders."""

    @model
    class Other(OrderBase[Any], facts=facts):
        stage: Stage
        staff: bool = False
        fragile: bool = False
        size: int = 1
        written: Patch | Unset = UNSET

    policy: Policy[Any, Any] = POLICY
    return attrs.evolve(policy, order_type=Other, rules=POLICY.rules[:1], waivers=(), actions=None)
