"""Reading is total, strict and lossless: the laws of what goes in and what comes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
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
def test_any_bytes(document: bytes) -> None:
    """Any bytes are an object of ours or an InvalidInput, within the bounds that were asked for."""
    limits = Limits(problems=3, characters=200)
    for read in READERS:
        error = refusal(read, document, limits)
        if error is not None:
            assert 1 <= len(error.problems) <= 3
            assert len(str(error)) <= 200 + max(len(str(problem)) for problem in error.problems) + 40


def refusal(read: Callable[..., object], document: bytes, limits: Limits) -> InvalidInput | None:
    """Read something, and return the error that it was refused with."""
    try:
        read(document, limits=limits)
    except InvalidInput as error:
        return error
    return None


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Walk all values of a body below its top, each with its pointer."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield f"{pointer}/{key}", item
        yield from places(item, f"{pointer}/{key}")


def put(body: Any, pointer: str, value: Any) -> Any:
    """Return a body in which one value is another."""
    again = json.loads(json.dumps(body))
    *path, last = pointer[1:].split("/")
    inner = again
    for token in path:
        inner = inner[int(token) if isinstance(inner, list) else token]
    inner[int(last) if isinstance(inner, list) else last] = value
    return again


def kind(value: Any, pointer: str) -> str:
    """Name the type that a value of a valid body is documented with."""
    if pointer.rsplit("/", 1)[-1] in {"lat", "lng", "amount"}:
        return "number"
    return {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object"}[type(value)]


bodies = st.tuples(st.just(salla), strategies.salla_patches) | st.tuples(st.just(awal), strategies.awal_patches)


@given(bodies, st.data())
def test_a_changed_type(given_: tuple[Any, Any], data: st.DataObject) -> None:
    """A value of another type is refused at its place, and that is the only problem."""
    module, patch = given_
    body = module.to_body(patch)
    found = list(places(body))
    if not found:
        return
    pointer, value = data.draw(st.sampled_from(found), label="place")
    other = data.draw(st.sampled_from(OTHERS[kind(value, pointer)]), label="value")
    with pytest.raises(InvalidInput) as caught:
        module.read_patch(put(body, pointer, other))
    (problem,) = caught.value.problems
    assert problem.pointer == pointer or problem.pointer.startswith(f"{pointer}/")
    assert problem.code in {Code.WRONG_TYPE, Code.NULL}


@given(bodies, strategies.texts, st.data())
def test_an_added_key(given_: tuple[Any, Any], key: str, data: st.DataObject) -> None:
    """A key that is documented nowhere is refused at its place, at any depth."""
    module, patch = given_
    body = module.to_body(patch)
    pointers = ["", *(pointer for pointer, value in places(body) if isinstance(value, dict))]
    pointer = data.draw(st.sampled_from(pointers), label="object")
    word = f"{key}!"
    with pytest.raises(InvalidInput) as caught:
        module.read_patch(put(body, f"{pointer}/NEW", 1) if pointer else {**body, word: 1})
    (problem,) = caught.value.problems
    assert problem.code is Code.UNKNOWN_KEY
    assert problem.pointer == (f"{pointer}/NEW" if pointer else "/" + word.replace("~", "~0").replace("/", "~1"))


@given(bodies)
def test_written_and_read(given_: tuple[Any, Any]) -> None:
    """What to_body writes is JSON, has the keys that were sent and no other, and reads as the same patch."""
    module, patch = given_
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
def test_doubled(given_: tuple[Any, Any]) -> None:
    """A document in which every key stands twice is refused at each of them."""
    module, patch = given_
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
def test_an_order_of_salla_written_as_a_payload_is_read_again(order: salla.Order) -> None:
    """In any envelope; a guest is told by the caller, as no payload does; what a slug means is read alike."""
    payload = salla.to_payload(order)
    guest = order.customer is salla.CustomerKind.GUEST
    known = attrs.evolve(order, draft=order.draft or order.status == "draft")
    assert salla.read_order(json.dumps(payload), guest=guest) == known
    assert salla.read_order({"status": 200, "success": True, "data": payload}, guest=guest) == known


@given(strategies.awal_orders)
def test_an_order_of_awal_written_as_a_payload_is_read_again(order: awal.Order) -> None:
    """Bare or in its envelope."""
    payload = awal.to_payload(order)
    assert awal.read_order(json.dumps(payload)) == order
    assert awal.read_order({"status": True, "message": "so it is", "data": payload}) == order


def test_only_an_order_is_written_as_a_payload() -> None:
    """Of the platform that is asked."""
    with pytest.raises(TypeError, match="expected an order of Salla, got Order"):
        salla.to_payload(awal.Order(status="pending"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected an order of Awal, got dict"):
        awal.to_payload({})  # type: ignore[arg-type]
