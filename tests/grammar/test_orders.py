"""A space numbers the points of its facts, and an order stores the number of its own point."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace

import pytest

from orderrules import UNKNOWN, Fact, awal, salla
from orderrules.authoring import Space

COLOUR = Fact("colour", values=("red", "green", UNKNOWN), aliases=(("rouge", "red"), ("vert", "green")))
SIZE = Fact("size", values=(1, 2), attribute="width")
SPACE = Space("_box_index", (COLOUR, SIZE))


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
    assert Space("_box_index").size == 1
    assert Space("_box_index").index(object()) == 0
    assert list(Space("_box_index").points()) == [{}]


def test_an_impossible_value_is_a_value_error() -> None:
    """The message has the name of the fact, not of the attribute."""
    with pytest.raises(ValueError, match="size") as caught:
        SPACE.index(SimpleNamespace(colour="red", width="huge"))
    assert str(caught.value) == "size cannot be 'huge'"


@pytest.mark.parametrize("slot", ["_box", "box_index", "_Box_index", "_box_", "_7_index", "_box__index", "_box_index "])
def test_a_slot_name_has_a_platform_and_a_word(slot: str) -> None:
    """Orders of two platforms then share no slot, and the name is safe in generated code."""
    with pytest.raises(ValueError, match="slot") as caught:
        Space(slot)
    assert str(caught.value) == f"expected a slot name like _platform_word, in lower case, got {slot!r}"
    assert Space("_box2_an_index").slot == "_box2_an_index"


def test_a_space_is_compared_by_its_slot_and_facts() -> None:
    """Its numbers are derived, and neither compared nor printed."""
    assert Space("_box_index", [COLOUR, SIZE]) == SPACE
    assert hash(Space("_box_index", (COLOUR, SIZE))) == hash(SPACE)
    assert repr(SPACE) == "Space(slot='_box_index', facts=(<Fact colour: 3 values>, <Fact size: 2 values>))"


def test_an_order_keeps_its_number_through_every_copy() -> None:
    """The number is computed again from the fields."""
    for order in (salla.Order(status="shipped", draft=True), awal.Order(status="shipped", id=7, admin_notes="x")):
        space = type(order).__space__
        number = getattr(order, space.slot)
        assert number == space.index(order) > 0
        for copied in (pickle.loads(pickle.dumps(order)), copy.copy(order), copy.deepcopy(order)):
            assert copied == order
            assert getattr(copied, space.slot) == number
