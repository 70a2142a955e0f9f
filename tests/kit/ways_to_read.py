"""The three ways to read a body, each used alone: all of them must give the same result."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import InvalidInput
from orderrules.policy.endpoint import Endpoint
from orderrules.reading import bodies, order_reader
from orderrules.reading.strict_json import UnsureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUTES: Final = ("careful", "standard", "fast")


@contextlib.contextmanager
def taking(route: str) -> Iterator[None]:
    """Read in one way only: ``careful``, ``standard`` (without msgspec) or ``fast`` (with msgspec)."""
    readers: dict[tuple[str, int], Any] = {}

    def reader_of(endpoint: Any) -> Any:
        if route == "careful":
            raise UnsureError
        key = route, id(endpoint)
        if key not in readers:
            readers[key] = order_reader.make_order_reader(endpoint.payload, endpoint.policy.order_type, endpoint._build)
        return readers[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "_DOCUMENT_READERS", {})
        patch.setattr(Endpoint, "_read_quickly", property(reader_of))
        if route == "careful":
            patch.setattr(bodies, "read_quickly", lambda *_: None)
            patch.setattr(bodies, "diagnose_quickly", lambda *_: None)
        elif route == "standard":
            patch.setitem(sys.modules, "orderrules.reading.msgspec_reader", None)
        yield


def outcome(read: Callable[[Any], object], given: Any) -> object:
    """Read something, and return all its values, or the problems that it has."""
    try:
        return repr_of(read(given))
    except InvalidInput as error:
        return error.problems, error.more, error.what


def outcomes(read: Any, given: Any) -> list[object]:
    """Read something in every way, and return the outcome of each."""
    found: list[object] = []
    for route in ROUTES:
        with taking(route):
            found.append(outcome(read, given))
    return found


def repr_of(value: Any) -> object:
    """Return all values of a model, with personal and derived ones."""
    if isinstance(value, tuple):
        return [repr_of(item) for item in value]
    slots = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ()) if name != "__weakref__"}
    if not slots or not type(value).__module__.startswith(("orderrules", "tests")):
        return type(value), repr(value)
    return type(value), {name: repr_of(getattr(value, name)) for name in sorted(slots)}
