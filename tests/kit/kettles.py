"""A small platform, for which the tests choose the rules."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from orderrules import UNSET, Assumption, Fact, Policy, Rule, Unset, Waiver
from orderrules.authoring import AllOf, Alternative, AnyOf, OrderBase, PatchBase, TransitionTable, field, model

if TYPE_CHECKING:
    from orderrules import Condition


class Warmth(StrEnum):
    """How warm a kettle is."""

    COLD = "cold"
    HOT = "hot"


class State(StrEnum):
    """How a kettle is."""

    COLD = "cold"
    HOT = "hot"
    CRACKED = "cracked"


class Tint(StrEnum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


class Grip(StrEnum):
    """A grip."""

    FIRST = "1"
    SECOND = "2"


STATE: Final = Fact("state", values=tuple(State))
COVER: Final = Fact("cover asked for", values=(UNSET, *Warmth), attribute="cover")


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


GOAL: Final = Fact("goal", values=tuple(Warmth))


TINT: Final = Fact("tint asked for", values=(UNSET, *Tint), attribute="tint")


GRIP: Final = Fact("grip asked for", values=(UNSET, *Grip), attribute="grip")


@model
class Kettle(OrderBase["Change"], facts=(STATE, FULL, GOAL)):
    """The order: a kettle."""

    state: State
    full: bool = False
    goal: Warmth = Warmth.COLD


@model
class Change(PatchBase, sections=Part, facts=(TINT, COVER, GRIP)):
    """The patch: the keys of one section do not stand together, and two keys of one section are facts."""

    tint: Tint | Unset = field(default=UNSET, section=Part.BODY)
    label: str | Unset = UNSET
    cover: Warmth | Unset = field(default=UNSET, section=Part.LID)
    grip: Grip | Unset = field(default=UNSET, section=Part.BODY)
    note: str | Unset = field(default=UNSET, section=Part.BODY)


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
            Waiver(id="FREE-2", when=GRIP.is_(Grip.FIRST) & STATE.is_("cold"), reason="a first grip is free"),
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
