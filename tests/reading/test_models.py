"""A model checks its fields when it is built, hides personal values in its repr, and cannot be subclassed."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest

from orderrules import UNSET, InvalidInput, Limits, Unset, salla
from orderrules.authoring import Model
from orderrules.reading.fields import Slot, is_array, is_model, slots_of, unsupported_type
from orderrules.reading.limits import OPTIONS
from orderrules.reading.models import hidden, rebuild
from orderrules.reading.problems import read_with


class Size(StrEnum):
    """A choice."""

    SMALL = "small"
    LARGE = "large"


@attrs.frozen(repr=False)
class Lid(Model):
    """A part of a box."""

    colour: str | Unset = UNSET
    key: str | None = attrs.field(default=None, repr=hidden)


@attrs.frozen(repr=False)
class Box(Model):
    """A model with fields of every kind."""

    size: Size
    lid: Lid | Unset = UNSET
    marks: tuple[tuple[int, ...], ...] = ()
    lids: tuple[Lid, ...] | Unset = UNSET
    packed: date | int | Unset = UNSET


class Unrelated:
    """A class that is not a model."""

    __slots__ = ()


@attrs.frozen
class Crate(Model):
    """A model with a field type that cannot be read strictly."""

    weight: Decimal | Unset = UNSET


def test_the_slots_of_a_model_come_from_its_annotations() -> None:
    """A slot has the type without Unset, whether the field has a default, and whether it may be UNSET."""
    assert slots_of(Box) == {
        "size": Slot("size", Size, optional=False, absent=False),
        "lid": Slot("lid", Lid, optional=True, absent=True),
        "marks": Slot("marks", tuple[tuple[int, ...], ...], optional=True, absent=False),
        "lids": Slot("lids", tuple[Lid, ...], optional=True, absent=True),
        "packed": Slot("packed", date | int, optional=True, absent=True),
    }
    assert list(slots_of(Box)) == ["size", "lid", "marks", "lids", "packed"]
    assert slots_of(Lid)["key"] == Slot("key", str | None, optional=True, absent=False)
    assert [is_array(annotation) for annotation in (tuple[int, ...], list[int], int, tuple)] == [
        True, False, False, False,
    ]  # fmt: skip
    assert [is_model(annotation) for annotation in (Box, Box(size=Size.SMALL), int, tuple[int, ...])] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_type_without_a_strict_reader_is_named_in_the_error() -> None:
    """It may be the type of a field, of the items of an array, or a tuple of fixed length."""
    with pytest.raises(TypeError) as caught:
        Crate()
    assert str(caught.value) == "no strict reader for a field of type <class 'decimal.Decimal'>"
    assert str(unsupported_type("x")) == "no strict reader for a field of type x"
    for annotation in (tuple[Decimal, ...], tuple[int, int], tuple[int], Box | str, dict[str, int], list[int]):
        model = attrs.make_class("Model", {"field": attrs.field()}, bases=(Model,), frozen=True)
        model.__annotations__ = {"field": annotation}
        with pytest.raises(TypeError) as refused:
            slots_of(model)
        assert str(refused.value) == f"no strict reader for a field of type {annotation}"
    for readable in (tuple[Box, ...], tuple[tuple[str, ...], ...], Box, int | str | None):
        model = attrs.make_class("Model", {"field": attrs.field()}, bases=(Model,), frozen=True)
        model.__annotations__ = {"field": readable}
        assert slots_of(model) == {"field": Slot("field", readable, optional=False, absent=False)}


def test_every_problem_of_a_model_is_reported_at_its_place() -> None:
    """The message names the expected type and the type of the value."""
    wrong: Any = {"size": "x", "lid": {"colour": "red"}, "marks": [[1], 7, ["2"]], "lids": [Lid(), None], "packed": "x"}
    with pytest.raises(InvalidInput) as caught:
        Box(**wrong)
    assert str(caught.value).splitlines() == [
        "cannot build a Box: 6 problems",
        "  /size: expected one of small, large",
        "  /lid: expected a Lid, got an object",
        "  /marks/1: expected an array, got an integer",
        "  /marks/2/0: expected an integer, got a string",
        "  /lids/1: expected a Lid, got null",
        "  /packed: expected an integer, got a string",
    ]
    with pytest.raises(
        InvalidInput, match=r"^cannot build a Lid: 1 problem\n  /key: expected a string, got a Python Unset$"
    ):
        Lid(key=UNSET)  # type: ignore[arg-type]


def test_values_are_stored_as_the_annotation_says() -> None:
    """Lists become tuples, strings become enum members, models stay the same object, and UNSET stays UNSET."""
    lid = Lid(colour="red")
    box = Box(size="large", lid=lid, marks=[[1], (2, 3)], lids=[lid])  # type: ignore[arg-type]
    assert box.size is Size.LARGE
    assert box.lid is lid
    assert (box.marks, box.lids, box.packed) == (((1,), (2, 3)), (lid,), UNSET)


def test_repr_omits_absent_fields_and_hides_personal_values() -> None:
    """The repr shows that a personal value is present, but not the value."""
    assert repr(Lid()) == "Lid(key=None)"
    assert repr(Lid(colour="red", key="secret")) == "Lid(colour='red', key=<hidden>)"
    box = Box(size=Size.SMALL, lid=Lid(), packed=7)
    assert repr(box) == "Box(size=<Size.SMALL: 'small'>, lid=Lid(key=None), marks=(), packed=7)"
    assert (hidden(None), hidden(""), hidden(UNSET)) == ("None", "<hidden>", "<hidden>")


def test_a_model_cannot_be_subclassed() -> None:
    """The error names the model."""
    with pytest.raises(TypeError) as caught:
        type("Wider", (Box,), {})
    assert str(caught.value) == "Box is a model, which cannot be subclassed"
    with pytest.raises(TypeError, match=r"^Lid is a model"):
        type("Both", (Unrelated, Lid), {})


def test_a_pickle_made_under_wider_limits_is_loaded() -> None:
    """Loading does not change the current limits."""
    with read_with("read it", Limits(digits=4300)):
        patch = salla.Patch(branch_id=10**4300 - 1)
    with read_with("read it", Limits(digits=1)):
        options = OPTIONS.get()
        assert pickle.loads(pickle.dumps(patch)) == patch
        assert OPTIONS.get() is options
        with pytest.raises(
            InvalidInput, match=r"^cannot build a Patch: 1 problem\n  /branch_id: has more than 4 300 digits$"
        ):
            rebuild(salla.Patch, {"branch_id": 10**4300})
        assert OPTIONS.get() is options


def test_unset_has_a_fixed_repr_and_text_and_is_false() -> None:
    """Messages use its text."""
    assert (repr(UNSET), str(UNSET), bool(UNSET)) == ("UNSET", "left out", False)
