"""A small platform, for which the tests choose the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderrules import UNSET, Assumption, Fact, Policy, Waiver
from orderrules.authoring import AllOf, Alternative, AnyOf, TransitionTable

if TYPE_CHECKING:
    from orderrules import Condition
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import attrs

from orderrules import Rule, Unset
from orderrules.authoring import OrderBase, PatchBase, Space, in_section

if TYPE_CHECKING:
    from orderrules import Condition


STATE: Final = Fact("state", values=("cold", "hot", "cracked"))
COVER: Final = Fact("cover asked for", values=(UNSET, "cold", "hot"), attribute="cover")


class Part(StrEnum):
    """The parts of a kettle that an update may change; the body has several keys."""

    BODY = "body"
    LABEL = "label"
    LID = "lid"


class Verb(StrEnum):
    """The actions on a kettle."""

    POUR = "pour"
    SHIP = "ship"
    SELL = "sell"


FULL: Final = Fact("full", values=(False, True), flag=True)


GOAL: Final = Fact("goal", values=("cold", "hot"))


TINT: Final = Fact("tint asked for", values=(UNSET, "red", "blue"), attribute="tint")


GRIP: Final = Fact("grip asked for", values=(UNSET, 1, 2), attribute="grip")


class _Indexed(OrderBase):
    __slots__ = ("_kettle_index",)
    __space__: ClassVar = Space("_kettle_index", (STATE, FULL, GOAL))


@attrs.frozen(kw_only=True)
class Kettle(_Indexed):
    """The order: a kettle."""

    state: str
    full: bool = False
    goal: str = "cold"


class _Masked(PatchBase):
    __slots__ = ("_kettle_mask",)
    __space__: ClassVar = Space("_kettle_mask", (TINT, COVER, GRIP))


@attrs.frozen(kw_only=True)
class Change(_Masked):
    """The patch: the keys of one section do not stand together, and two keys of one section are facts."""

    tint: str | Unset = attrs.field(default=UNSET, metadata=in_section(Part.BODY))
    label: str | Unset = attrs.field(default=UNSET, metadata=in_section(Part.LABEL))
    cover: str | Unset = attrs.field(default=UNSET, metadata=in_section(Part.LID))
    grip: int | Unset = attrs.field(default=UNSET, metadata=in_section(Part.BODY))
    note: str | Unset = attrs.field(default=UNSET, metadata=in_section(Part.BODY))


def rule_on(identity: str, section: StrEnum, only_if: Condition, caveat: str = "") -> Rule:
    """Return a rule."""
    return Rule(id=identity, section=section, only_if=only_if, reason=f"because of {identity}", caveat=caveat)


def kettles(body: Condition, lid: Condition) -> Policy[Kettle, Change]:
    """Return a policy with two rules on the body, two on the lid, one on the label, and three actions."""
    shut = Alternative("shut", [rule_on("BODY-1", Part.BODY, AnyOf(())), rule_on("SHIP-1", Verb.SHIP, AnyOf(()))])
    return Policy(
        name="kettle",
        order_type=Kettle,
        patch_type=Change,
        sections=Part,
        actions=Verb,
        rules=(
            rule_on("SHIP-1", Verb.SHIP, STATE.is_not("cracked"), "the weather is not seen"),
            rule_on(
                "SHIP-0", Verb.SHIP, TransitionTable(STATE, GOAL, {"cold": {"hot"}, "hot": ()}), "the road is not seen"
            ),
            rule_on("POUR-1", Verb.POUR, STATE.is_("hot") & FULL.is_(value=True)),
            rule_on("LID-2", Part.LID, STATE.is_not("cracked"), "the hinge is not seen"),
            rule_on("LID-1", Part.LID, lid),
            rule_on("LABEL-1", Part.LABEL, STATE.is_not("hot")),
            rule_on("BODY-1", Part.BODY, body),
            rule_on("BODY-0", Part.BODY, STATE.is_not("cracked") | TINT.is_("blue")),
        ),
        waivers=(
            Waiver(id="FREE-1", when=FULL.is_(value=True) & GOAL.is_("hot"), reason="a full one for the stove is free"),
            Waiver(id="FREE-2", when=GRIP.is_(1) & STATE.is_("cold"), reason="a first grip is free"),
        ),
        assumptions=(
            Assumption("K1", "whether it is shut", "it is not", (shut,)),
            Assumption("K2", "whether labels come off", "they do", (Alternative("no"),)),
            Assumption(
                "K3",
                "whether an empty one may be poured",
                "it may not",
                [Alternative("yes", [rule_on("POUR-1", Verb.POUR, STATE.is_("hot"))])],
            ),
            Assumption(
                "K4", "whether cracks matter", "yes", [Alternative("no", [rule_on("LID-2", Part.LID, AllOf(()))])]
            ),
        ),
    )
