"""A space numbers the points of its facts, and an order stores the number of its own point."""

from __future__ import annotations

import copy
import pickle
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from orderrules import UNKNOWN, UNSET, Fact, Unset, awal, salla
from orderrules.authoring import Model, OrderBase, PatchBase, Space, field, model

if TYPE_CHECKING:
    from collections.abc import Callable

COLOUR = Fact("colour", values=("red", "green", UNKNOWN), aliases=(("rouge", "red"), ("vert", "green")))
SIZE = Fact("size", values=(1, 2), attribute="width")
SPACE = Space("_box_1", (COLOUR, SIZE))


def test_points_are_numbered_in_iteration_order() -> None:
    """The last fact varies fastest; an alias counts as its value, and an unlisted value as unknown."""
    assert SPACE.size == 6
    assert [(point[COLOUR], point[SIZE]) for point in SPACE.points()] == [
        ("red", 1),
        ("red", 2),
        ("green", 1),
        ("green", 2),
        (UNKNOWN, 1),
        (UNKNOWN, 2),
    ]
    for colours, row in ((("red", "rouge"), 0), (("green", "vert"), 2), ((UNKNOWN, "blue", None), 4)):
        for colour in colours:
            for size in (1, 2):
                assert SPACE.index(SimpleNamespace(colour=colour, width=size)) == row + size - 1
    assert Space("_box_1").size == 1
    assert Space("_box_1").index(object()) == 0
    assert list(Space("_box_1").points()) == [{}]


def test_an_impossible_value_is_a_value_error() -> None:
    """The message has the name of the fact, not of the attribute."""
    with pytest.raises(ValueError, match="size") as caught:
        SPACE.index(SimpleNamespace(colour="red", width="huge"))
    assert str(caught.value) == "size cannot be 'huge'"


def test_a_space_is_compared_by_its_slot_and_facts() -> None:
    """Its numbers are derived, and neither compared nor printed."""
    assert Space("_box_1", [COLOUR, SIZE]) == SPACE
    assert hash(Space("_box_1", (COLOUR, SIZE))) == hash(SPACE)
    assert repr(SPACE) == "Space(slot='_box_1', facts=(<Fact colour: 3 values>, <Fact size: 2 values>))"


def test_an_order_keeps_its_number_through_every_copy() -> None:
    """The number is computed again from the fields."""
    for order in (salla.Order(status="shipped", draft=True), awal.Order(status="shipped", id=7, admin_notes="x")):
        space = type(order).__space__
        number = getattr(order, space.slot)
        assert number == space.index(order) > 0
        for copied in (pickle.loads(pickle.dumps(order)), copy.copy(order), copy.deepcopy(order)):
            assert copied == order
            assert getattr(copied, space.slot) == number


class Hue(StrEnum):
    """A choice."""

    RED = "red"
    BLUE = "blue"


class Section(StrEnum):
    """The sections of the patches below."""

    HUE = "hue"
    NOTE = "note"


HUE = Fact("hue", values=tuple(Hue))
HUE_ASKED = Fact("hue asked for", values=(UNSET, *Hue), attribute="hue")


def order(annotations: dict[str, Any], *facts: Fact) -> Callable[[], type]:
    """Return a function that makes a class of orders."""
    return lambda: model(type("Order", (OrderBase,), {"__annotations__": annotations}, facts=facts))


def patch(annotations: dict[str, Any], *facts: Fact, **defaults: Any) -> Callable[[], type]:
    """Return a function that makes a class of patches."""
    content = {"__annotations__": annotations, **defaults}
    return lambda: model(type("Patch", (PatchBase,), content, sections=Section, facts=facts))


MISTAKES: dict[str, Callable[[], object]] = {
    "Order needs the facts that rules read: class Order(OrderBase[Patch], facts=(...))": lambda: type(
        "Order", (OrderBase,), {}
    ),
    "Patch needs its sections: class Patch(PatchBase, sections=Section)": lambda: type("Patch", (PatchBase,), {}),
    "Lamp needs a base: Model, OrderBase or PatchBase": lambda: model(cast("type[Model]", type("Lamp", (), {}))),
    "Lamp is not a model yet: put @model above its class": lambda: type("Lamp", (Model,), {})(hue="red"),
    "Order has no field hue, which the fact hue reads": order({"size": int}, HUE),
    "Order has no field hue, which the fact hue reads - did you mean hues?": order({"hues": Hue}, HUE),
    (
        "the field hue of Order may hold any other value, which the fact hue does not list: "
        "add UNKNOWN to its values, or annotate the field with the listed values only"
    ): order({"hue": Hue | str}, HUE),
    (
        "the field hue of Order may hold None, which the fact hue does not list: "
        "add UNKNOWN to its values, or annotate the field with the listed values only"
    ): order({"hue": Hue | None}, HUE),
    (
        "Order.hue is annotated dict[str, str]; a field holds str, int, float, bool, date, a StrEnum, a model, a tuple "
        "of one of these (tuple[int, ...]), or a union of them"
    ): order({"hue": dict[str, str]}, HUE),
    ("Order: Nothing is not defined in its module; define it there, above Order, and not in a function"): order(
        {"hue": "Nothing"}, HUE
    ),
    "two facts of Order read the same field: hue": order({"hue": Hue}, HUE, Fact("tint", values=Hue, attribute="hue")),
    (
        "Patch.size has no section: name it like a member of Section, or give it field(default=UNSET, section=...)"
    ): patch({"size": int | Unset}, size=UNSET),
    "Patch.hue must be optional: give it the default UNSET": patch({"hue": Hue | Unset}, HUE_ASKED),
    "Patch.note must be optional: give it the default UNSET ": patch({"note": str | None}, note=None),
    "Patch cannot have a field keys: models use this name, or it begins with _": patch(
        {"keys": str | Unset}, keys=field(default=UNSET, section=Section.NOTE)
    ),
    "Patch has no field hue, which the fact hue asked for reads": patch({"note": str | Unset}, HUE_ASKED, note=UNSET),
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_in_a_class_is_explained_when_it_is_made(message: str) -> None:
    """The message names the class and the field, and says what to write."""
    with pytest.raises((TypeError, ValueError)) as caught:
        MISTAKES[message]()
    assert str(caught.value) == message.strip()


def test_a_key_names_its_section_only_if_the_names_differ() -> None:
    """A key without a section of its own is in the section of its name."""
    made: Any = patch(
        {"hue": Hue | Unset, "size": int | Unset}, HUE_ASKED, hue=UNSET, size=field(default=UNSET, section=Section.NOTE)
    )()
    assert made(hue="red", size=7).sections == (Section.HUE, Section.NOTE)
