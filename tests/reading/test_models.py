"""A model checks its fields when it is built, hides personal values in its repr, and cannot be subclassed."""

from __future__ import annotations

import copy
import json
import pickle
import sys
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest

from orderrules import UNSET, InvalidInput, Limits, Unset, salla
from orderrules.authoring import Model, model, read_body
from orderrules.reading.fields import Slot, is_array, is_model, slots_of
from orderrules.reading.limits import OPTIONS
from orderrules.reading.models import field, hidden, rebuild
from orderrules.reading.problems import read_with


class Size(StrEnum):
    """A choice."""

    SMALL = "small"
    LARGE = "large"


@model
class Lid(Model):
    """A part of a box."""

    colour: str | Unset = UNSET
    key: str | None = field(default=None, personal=True)


@model
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


def with_field(annotation: object) -> type[Model]:
    """Make a model with one field."""
    return model(type("Crate", (Model,), {"__annotations__": {"field": annotation}}))


def test_a_type_without_a_strict_reader_is_named_in_the_error() -> None:
    """It may be the type of a field, of the items of an array, or a tuple of fixed length."""
    for annotation in (Decimal, tuple[Decimal, ...], tuple[int, int], tuple[int], Box | str, dict[str, int], list[int]):
        with pytest.raises(TypeError) as caught:
            with_field(annotation)
        assert str(caught.value) == (
            f"Crate.field is annotated {annotation}; a field holds str, int, float, bool, date, a StrEnum, a model, "
            "a tuple of one of these (tuple[int, ...]), or a union of them"
        )
    for readable in (tuple[Box, ...], tuple[tuple[str, ...], ...], Box, int | str | None):
        assert slots_of(with_field(readable)) == {"field": Slot("field", readable, optional=False, absent=False)}


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


def test_a_copy_with_other_values_is_checked() -> None:
    """The original stays as it is."""
    lid = Lid(colour="red")
    assert lid.replace(colour="blue") == Lid(colour="blue")
    assert (lid.replace(), lid.colour) == (lid, "red")
    with pytest.raises(InvalidInput, match="/colour: expected a string"):
        lid.replace(colour=7)
    with pytest.raises(TypeError, match="size"):
        lid.replace(size=7)
    if sys.version_info >= (3, 13):
        assert copy.replace(lid, colour="blue") == Lid(colour="blue")


def test_attrs_and_others_see_the_fields_alone() -> None:
    """The slot for the number of an order's point is not among them."""
    assert attrs.asdict(salla.Order(id=7)) == {
        "id": 7,
        "status": None,
        "draft": False,
        "customer": UNSET,
        "written": UNSET,
    }
    assert [each.name for each in attrs.fields(Lid)] == ["colour", "key"]


def test_nothing_about_a_class_changes_with_its_first_objects() -> None:
    """The decorator does everything."""
    before = dict(vars(Lid))
    for _ in range(3):
        Lid(colour="red")
        read_body(Lid, b'{"colour": "red"}')
    assert dict(vars(Lid)) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"self": int}, "Crate has a field that no class can have, such as self"),
        ({"_size": int}, "Crate cannot have a field _size"),
        ({"replace": int}, "Crate cannot have a field replace"),
        ({"size": Unset}, "Crate.size is annotated"),
    ],
)
def test_a_field_that_no_model_can_have_is_a_mistake(content: dict[str, Any], message: str) -> None:
    """It would hide what models need, or could never have a value."""
    with pytest.raises(TypeError, match=message):
        model(type("Crate", (Model,), {"__annotations__": content}))


def test_an_invalid_default_is_a_mistake() -> None:
    """It would be found only when the first object is built."""
    for annotation, default in ((int, "x"), (int, UNSET), (Size, 7), (Lid | Unset, attrs.Factory(Lid))):
        with pytest.raises(TypeError, match=r"the default of Crate.size: expected"):
            model(type("Crate", (Model,), {"__annotations__": {"size": annotation}, "size": default}))
    with pytest.raises(TypeError, match="Lid is a model already"):
        model(Lid)


def test_names_of_generated_code_are_ordinary_fields() -> None:
    """Also if the values must be checked carefully."""
    names = ("careful", "number", "value", "put", "UNSET", "type", "str", "item", "new", "model")
    made: type[Any] = model(type("Crate", (Model,), {"__annotations__": dict.fromkeys(names, str)}))
    fields: dict[str, Any] = dict.fromkeys(names, "x")
    assert read_body(made, fields) == made(**fields) == read_body(made, json.dumps(fields))
    with pytest.raises(InvalidInput, match="/careful: expected a string"):
        made(**{**fields, "careful": 7})
    empty: type[Any] = model(type("Empty", (Model,), {}))
    assert empty() == empty()
