"""A patch has keys, sections, and a number for what it touches."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from orderrules import InvalidInput, Limits, awal, salla
from orderrules.authoring import Hints, read_body, write_body
from orderrules.grammar.orders import sections_by_key
from tests.kit.toy import Patch, Section, Stage


def test_keys_and_sections_are_in_the_order_of_the_fields() -> None:
    """Only keys that are sent count, and each section appears once."""
    patch = Patch(note="x", door=4, street="y")
    assert patch.keys == ("street", "door", "note")
    assert patch.sections == (Section.ADDRESS, Section.NOTE)
    assert (Patch().keys, Patch().sections) == ((), ())
    assert sections_by_key(Patch) == {
        "stage": Section.STAGE,
        "street": Section.ADDRESS,
        "door": Section.ADDRESS,
        "note": Section.NOTE,
    }
    assert list(sections_by_key(Patch)) == ["stage", "street", "door", "note"]


def test_a_patch_is_numbered_by_its_keys_and_facts() -> None:
    """Each key is a bit, the first key the lowest; the bits above them are the index of its facts."""
    numbers = {
        0: Patch(),
        0b0010: Patch(street="x"),
        0b0100: Patch(door=4),
        0b1000: Patch(note="x"),
        0b1110: Patch(street="x", door=4, note="x"),
        1 << 4 | 0b0001: Patch(stage=Stage.DESK),
        2 << 4 | 0b1001: Patch(stage=Stage.VAN, note="x"),
        3 << 4 | 0b0001: Patch(stage=Stage.DOOR),
    }
    space = Patch.__space__
    for number, patch in numbers.items():
        assert space.index(patch) == number >> 4
        assert getattr(patch, space.slot) == number
        assert getattr(pickle.loads(pickle.dumps(patch)), space.slot) == number
        assert pickle.loads(pickle.dumps(patch)) == patch


def test_read_body_follows_its_options() -> None:
    """By default the message is about an *update*, and shows no values."""
    wrong = {"door": "4"}
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "cannot read the update: 1 problem\n  /door: expected an integer, got a string"),
        ({"what": "parcel"}, "cannot read the parcel: 1 problem\n  /door: expected an integer, got a string"),
        ({"show_values": True}, "cannot read the update: 1 problem\n  /door: expected an integer, got a string, '4'"),
        ({"limits": Limits(keys=1)}, "cannot read the update: 1 problem\n  /door: expected an integer, got a string"),
    ]
    for options, message in cases:
        with pytest.raises(InvalidInput) as caught:
            read_body(Patch, wrong, **options)
        assert str(caught.value) == message
    with pytest.raises(InvalidInput, match=r"has more than 1 key$"):
        read_body(Patch, {"door": 4, "note": "x"}, limits=Limits(keys=1))
    with pytest.raises(InvalidInput) as caught:
        read_body(Patch, {"price": 4, "dor": 4}, hints=Hints(keys={"price": "ask the office"}))
    assert [problem.hint for problem in caught.value.problems] == ["ask the office", "did you mean door?"]


def test_only_a_model_can_be_written() -> None:
    """For any other value, the message names its type."""
    assert write_body(Patch(door=4)) == {"door": 4}
    assert write_body(awal.Patch(status=awal.Status.SHIPPED)) == {"status": "shipped"}
    for wrong, kind in ((5, "int"), ({}, "dict"), (salla.Patch, "type")):
        with pytest.raises(TypeError) as caught:
            write_body(wrong)  # type: ignore[arg-type]
        assert str(caught.value) == f"expected a model, got {kind}"
