"""Vectors of reading: documents that are orders or are not, and bodies that can be read or not.

They are made of the layout of a platform's payloads and of the schema of its bodies, and read by its endpoint.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Protocol

from orderrules.analysis.schema import schema
from orderrules.engine.samples import orders_of, sample
from orderrules.grammar.condition_json import value_to_json
from orderrules.grammar.orders import sections_by_key
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import slots_of
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orderrules.grammar.rulebook import Rulebook
    from orderrules.reading.payloads import Payload


class ReadsRequests(Protocol):
    """What is needed of an endpoint."""

    @property
    def payload(self) -> Payload:
        """Where an order and its facts are."""
        ...

    @property
    def read_order(self) -> Callable[..., Any]:
        """Read an order."""
        ...

    @property
    def read_patch(self) -> Callable[..., Any]:
        """Read the body of an update."""
        ...


Json = dict[str, Any]
_ODD: tuple[Any, ...] = (None, [], {}, ["x"], {"x": 1}, "x", "", 7, True, False, 1.5)
_DOCUMENTS = (
    "",
    " ",
    "null",
    "[]",
    "7",
    '"x"',
    "{",
    '{"a": }',
    "{'a': 1}",
    "[1,]",
    "{}x",
    '{"a": NaN}',
    "nul",
    "\ufeff{}",
)


def read_as(endpoint: ReadsRequests, document: object, *, guest: bool) -> Any:  # noqa: ANN401 - an order of any platform.
    """Read an order; only a platform with guests is asked about them."""
    return endpoint.read_order(document, **({"guest": True} if guest else {}))


def _distinct(things: Iterable[Any]) -> Iterator[Any]:
    """Iterate over values of JSON, each once."""
    return iter({json.dumps(thing): thing for thing in things}.values())


def _problems_of(error: InvalidInput) -> list[list[str]]:
    return [[problem.pointer, problem.code.value] for problem in error.problems]


def order_readings(rulebook: Rulebook[Any, Any], endpoint: ReadsRequests) -> Iterator[Json]:
    """Iterate over documents, each with the facts of the order in it, or with the problems of reading it."""
    for document, guest in _distinct(_documents(rulebook, endpoint.payload)):
        vector: Json = {"order": document, "guest": guest, "facts": {}, "problems": []}
        try:
            order = read_as(endpoint, document, guest=guest)
        except InvalidInput as error:
            vector["problems"] = _problems_of(error)
        else:
            vector["facts"] = {
                fact.name: value_to_json(fact, fact.of(order)) for fact in rulebook.order_type.__space__.facts
            }
        yield vector


def _documents(rulebook: Rulebook[Any, Any], payload: Payload) -> Iterator[tuple[Any, bool]]:
    """Iterate over documents, and whether the customer is a guest."""
    plain = [order.__payload__() for _, order in itertools.islice(orders_of(rulebook.order_type), 3)]
    order = plain[0]
    for document in (*plain, *_ODD, *_DOCUMENTS, json.dumps(order), json.dumps([order])):
        yield document, False
    for fact in rulebook.order_type.__space__.facts:
        place = next((each for each in payload.places if each.attribute == fact.attribute), None)
        if place is None:
            continue
        words = [str(value) for value in fact.values if isinstance(value, str)]
        spellings = [*words, *(spelling for spelling, _ in fact.aliases), *(word for word, _ in fact.words)]
        spellings += [spelling.upper() for spelling in words[:2]] + ["no such word", ""]
        for value in (*(spellings if place.kind is not None else ()), *_ODD):
            for changed in (_put(order, place.path, value), _put(order, place.path[:1], value)):
                yield changed, False
                if payload.guest is not None:
                    yield changed, True
        yield _without(order, place.path[0]), False
        if len(place.path) > 1:
            yield {**order, place.path[0]: {"other": 1}}, False
    yield from ((document, False) for document in _wrapped(payload, order))


def _wrapped(payload: Payload, order: Json) -> Iterator[Any]:
    """Iterate over envelopes and webhooks around an order, and documents with some of the keys of an order."""
    inside, event = payload.inside, payload.event
    yield {"status": 200, payload.success: True, inside: order}
    yield {"status": 200, payload.success: False, inside: order}
    yield {event: "order.updated", inside: order}
    yield {event: "order.updated", **order}
    yield from ({event: f"{prefix}x", inside: order} for prefix in payload.others)
    yield from ({event: prefix, **order} for prefix in payload.others[:1])
    yield from ({inside: odd} for odd in _ODD)
    if payload.activity:
        statuses: tuple[Any, ...] = ("x", None, 7, {})
        for status in statuses:
            yield {event: "order.status.updated", inside: {"id": 1, "status": status, payload.activity: order}}
        yield from ({inside: {"status": "x", payload.activity: odd}} for odd in _ODD)
    yield from ({**order, key: 1} for key in payload.never)
    yield from ({key: None} for key in payload.shows)
    yield from ({"id": 1, key: None} for key in payload.beside_id)
    yield from ({key: None} for key in payload.beside_id)
    yield {"id": 1}


def _put(order: Json, path: tuple[str, ...], value: object) -> Json:
    first, *inner = path
    return {**order, first: {inner[0]: value} if inner else value}


def _without(order: Json, key: str) -> Json:
    return {name: value for name, value in order.items() if name != key}


def body_readings(rulebook: Rulebook[Any, Any], endpoint: ReadsRequests) -> Iterator[Json]:
    """Iterate over bodies, each with the keys that it sends, or with the problems of reading it."""
    for body in _distinct(_bodies(rulebook)):
        vector: Json = {"body": body, "keys": [], "problems": []}
        try:
            vector["keys"] = list(endpoint.read_patch(body).keys)
        except InvalidInput as error:
            vector["problems"] = _problems_of(error)
        yield vector


def _bodies(rulebook: Rulebook[Any, Any]) -> Iterator[Any]:
    slots = slots_of(rulebook.patch_type)
    samples = [
        write_body(rulebook.patch_type(**{key: sample(slots[key].annotation, full=full)}))
        for key in sections_by_key(rulebook.patch_type)
        for full in (False, True)
    ]
    whole = {key: value for body in samples for key, value in body.items()}
    reordered = dict(reversed(whole.items()))
    yield from (whole, reordered, *samples, *_ODD, *_DOCUMENTS, *(json.dumps(body) for body in samples))
    first = next(iter(whole))
    yield "{" + f"{json.dumps(first)}: 1, {json.dumps(first)}: 2" + "}"
    yield {**whole, "no_such_key": 1, "": 2, "a/b~c": 3}
    described: Any = schema(rulebook, None)
    for path, _ in _places(described):
        for odd in (*_ODD, 0, -1, "2024-02-30", "2024-2-3", "2024-01-20T00:00:00", "a\0b", {"no_such_key": 1}):
            yield _deep(path, odd)


def _places(described: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Iterate over the places in a body, each with its schema."""
    for key, inner in described.get("properties", {}).items():
        yield (*path, key), inner
        yield from _places(inner, (*path, key))


def _deep(path: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 - a body.
    for key in reversed(path):
        value = {key: value}
    return value
