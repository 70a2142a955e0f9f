"""The laws of reading: it handles any input, accepts only the documented types, and loses nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orderrules import Code, InvalidInput, Limits, awal, salla
from tests.kit import strategies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.usefixtures("route")
READERS = (salla.read_patch, salla.read_order, awal.read_patch, awal.read_order)
OTHERS: dict[str, list[Any]] = {
    "string": [None, True, 7, 7.5, [], {}, ["x"]],
    "integer": [None, True, 7.0, "7", [], {}],
    "number": [None, True, "7", [], {}],
    "boolean": [None, 0, 1, "true", [], {}],
    "array": [None, True, 7, "x", {}],
    "object": [None, True, 7, "x", []],
}


@given(st.binary(max_size=200) | strategies.json_values.map(lambda value: json.dumps(value).encode()))
@example(b"")
@example(b'{"a":1}' * 2)
@example(b"\x00")
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    """Any bytes give an object or an InvalidInput, and the error keeps to the limits."""
    limits = Limits(problems=3, characters=200)
    for read in READERS:
        error = error_of_reading(read, document, limits)
        if error is not None:
            assert 1 <= len(error.problems) <= 3
            assert len(str(error)) <= 200 + max(len(str(problem)) for problem in error.problems) + 40


def error_of_reading(read: Callable[..., object], document: bytes, limits: Limits) -> InvalidInput | None:
    """Read a document, and return the InvalidInput that it raises, or None."""
    try:
        read(document, limits=limits)
    except InvalidInput as error:
        return error
    return None


def values_below(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Iterate over all values below the top of a body, each with its pointer."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield f"{pointer}/{key}", item
        yield from values_below(item, f"{pointer}/{key}")


def with_value(body: Any, pointer: str, value: Any) -> Any:
    """Return a copy of a body with another value at a pointer."""
    copy = json.loads(json.dumps(body))
    *path, last = pointer[1:].split("/")
    inner = copy
    for token in path:
        inner = inner[int(token) if isinstance(inner, list) else token]
    inner[int(last) if isinstance(inner, list) else last] = value
    return copy


def documented_type(value: Any, pointer: str) -> str:
    """Return the name of the documented type of a value in a valid body."""
    if pointer.rsplit("/", 1)[-1] in {"lat", "lng", "amount"}:
        return "number"
    return {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}[type(value)]


bodies = st.tuples(st.just(salla), strategies.salla_patches) | st.tuples(st.just(awal), strategies.awal_patches)


@given(bodies, st.data())
def test_a_value_of_another_type_is_refused(module_and_patch: tuple[Any, Any], data: st.DataObject) -> None:
    """It is the only problem, and it is reported at the value's place."""
    module, patch = module_and_patch
    body = module.to_body(patch)
    values = list(values_below(body))
    if not values:
        return
    pointer, value = data.draw(st.sampled_from(values), label="place")
    other = data.draw(st.sampled_from(OTHERS[documented_type(value, pointer)]), label="value")
    with pytest.raises(InvalidInput) as caught:
        module.read_patch(with_value(body, pointer, other))
    (problem,) = caught.value.problems
    assert problem.pointer == pointer or problem.pointer.startswith(f"{pointer}/")
    assert problem.code in {Code.WRONG_TYPE, Code.NULL}


@given(bodies, strategies.texts, st.data())
def test_an_undocumented_key_is_refused(module_and_patch: tuple[Any, Any], key: str, data: st.DataObject) -> None:
    """It is reported at its place, at any depth."""
    module, patch = module_and_patch
    body = module.to_body(patch)
    pointers = ["", *(pointer for pointer, value in values_below(body) if isinstance(value, dict))]
    pointer = data.draw(st.sampled_from(pointers), label="object")
    word = f"{key}!"
    with pytest.raises(InvalidInput) as caught:
        module.read_patch(with_value(body, f"{pointer}/NEW", 1) if pointer else {**body, word: 1})
    (problem,) = caught.value.problems
    assert problem.code is Code.UNKNOWN_KEY
    assert problem.pointer == (f"{pointer}/NEW" if pointer else "/" + word.replace("~", "~0").replace("/", "~1"))


@given(bodies)
def test_a_written_patch_is_read_back_as_the_same_patch(module_and_patch: tuple[Any, Any]) -> None:
    """to_body writes JSON with exactly the keys that were sent."""
    module, patch = module_and_patch
    body = module.to_body(patch)
    assert tuple(body) == patch.keys
    assert module.read_patch(body) == patch
    document = json.dumps(body, allow_nan=False)
    assert json.loads(document) == body
    assert module.read_patch(document) == patch
    assert module.read_patch(document.encode()) == patch
    assert module.to_body(module.read_patch(document)) == body
    assert strategies.to_json(patch) == body


@given(bodies)
def test_a_document_with_every_key_twice_is_refused(module_and_patch: tuple[Any, Any]) -> None:
    """Each key is one problem."""
    module, patch = module_and_patch
    body = module.to_body(patch)
    if not body:
        return
    pairs = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in body.items()]
    with pytest.raises(InvalidInput) as caught:
        module.read_patch("{" + ", ".join(pairs * 2) + "}")
    assert [(problem.pointer, problem.code) for problem in caught.value.problems] == [
        (f"/{key}", Code.DUPLICATE_KEY) for key in body
    ]


@given(strategies.salla_orders)
def test_a_salla_order_written_as_a_payload_is_read_back(order: salla.Order) -> None:
    """Any envelope works; the caller passes guest, because no payload shows it; the slug draft marks a draft."""
    payload = salla.to_payload(order)
    guest = order.customer is salla.CustomerKind.GUEST
    expected = order.replace(draft=order.draft or order.status == "draft")
    assert salla.read_order(json.dumps(payload), guest=guest) == expected
    assert salla.read_order({"status": 200, "success": True, "data": payload}, guest=guest) == expected


@given(strategies.awal_orders)
def test_an_awal_order_written_as_a_payload_is_read_back(order: awal.Order) -> None:
    """The envelope is optional."""
    payload = awal.to_payload(order)
    assert awal.read_order(json.dumps(payload)) == order
    assert awal.read_order({"status": True, "message": "so it is", "data": payload}) == order


def test_to_payload_accepts_only_an_order_of_its_platform() -> None:
    """Anything else is a TypeError."""
    with pytest.raises(TypeError, match="expected an order of Salla, got Order"):
        salla.to_payload(awal.Order(status="pending"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected an order of Awal, got dict"):
        awal.to_payload({})  # type: ignore[arg-type]
