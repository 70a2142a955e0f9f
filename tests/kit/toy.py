"""A platform of one's own, in one file: the update of a parcel at a small courier.

It stands outside the package and uses only what the package offers.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

import attrs

from orderrules import UNSET, Fact, Policy, Rule, Unset, Waiver
from orderrules.authoring import Endpoint, OrderBase, PatchBase, Space, TransitionTable, in_section
from orderrules.reading.payloads import Payload, Place


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


class _Indexed(OrderBase):
    __slots__ = ("_toy_index",)
    __space__: ClassVar = Space("_toy_index", (STAGE, STAFF, FRAGILE))


@attrs.frozen(kw_only=True, repr=False)
class Order(_Indexed):
    """A parcel."""

    stage: Stage
    staff: bool = False
    fragile: bool = False
    written: Patch | Unset = UNSET

    def __policy__(self) -> Policy[Order, Patch]:
        """Return the courier's policy."""
        return POLICY


class _Masked(PatchBase):
    __slots__ = ("_toy_mask",)
    __space__: ClassVar = Space("_toy_mask", (ASKED,))


@attrs.frozen(kw_only=True, repr=False)
class Patch(_Masked):
    """What is to change."""

    stage: Stage | Unset = attrs.field(default=UNSET, metadata=in_section(Section.STAGE))
    street: str | Unset = attrs.field(default=UNSET, metadata=in_section(Section.ADDRESS))
    door: int | Unset = attrs.field(default=UNSET, metadata=in_section(Section.ADDRESS))
    note: str | Unset = attrs.field(default=UNSET, metadata=in_section(Section.NOTE))


POLICY: Policy[Order, Patch] = Policy(
    name="toy",
    order_type=Order,
    patch_type=Patch,
    sections=Section,
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
            Place(attribute="fragile", path=("fragile",), kind=bool, left_out=False),
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

    class Numbered(OrderBase):
        __slots__ = ("_large_index",)
        __space__: ClassVar = Space("_large_index", (Fact("size", values=range(size)),))

    @attrs.frozen(kw_only=True)
    class Crate(Numbered):
        size: int

    class Masked(PatchBase):
        __slots__ = ("_large_mask",)
        __space__: ClassVar = Space("_large_mask")

    @attrs.frozen(kw_only=True)
    class Change(Masked):
        note: str | Unset = attrs.field(default=UNSET, metadata=in_section(Section.NOTE))

    return Policy(name="large", order_type=Crate, patch_type=Change, sections=Section, rules=())


def with_patch_fact(fact: Fact) -> Policy[Any, Any]:
    """Make the toy's policy with another fact of its patches."""

    class Masked(PatchBase):
        __slots__ = ("_toy_mask",)
        __space__: ClassVar = Space("_toy_mask", (fact,))

    @attrs.frozen(kw_only=True)
    class Other(Masked):
        note: str | Unset = attrs.field(default=UNSET, metadata=in_section(Section.NOTE))

    return Policy(name="toy", order_type=Order, patch_type=Other, sections=Section, rules=())


def with_order_facts(*facts: Fact) -> Policy[Any, Any]:
    """Make the toy's rules on its stage and its address, with other facts of its orders."""

    class Indexed(OrderBase):
        __slots__ = ("_other_index",)
        __space__: ClassVar = Space("_other_index", facts)

    @attrs.frozen(kw_only=True)
    class Other(Indexed):
        stage: Stage
        staff: bool = False
        fragile: bool = False
        size: int = 1
        written: Patch | Unset = UNSET

    policy: Policy[Any, Any] = POLICY
    return attrs.evolve(policy, order_type=Other, rules=POLICY.rules[:1], waivers=(), actions=None)
