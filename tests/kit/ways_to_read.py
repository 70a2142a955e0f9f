"""The three ways to read a body, each used alone: all of them must give the same result."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from orderrules import InvalidInput
from orderrules.reading import bodies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUTES: Final = ("careful", "standard", "fast")


@contextlib.contextmanager
def taking(route: str) -> Iterator[None]:
    """Read bodies in one way only: ``careful``, ``standard`` (without msgspec) or ``fast`` (with msgspec)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "_DOCUMENT_READERS", {})
        if route == "careful":
            patch.setattr(bodies, "read_quickly", lambda *_: None)
        elif route == "standard":
            patch.setitem(sys.modules, "orderrules.reading.msgspec_reader", None)
        yield


def outcome(read: Callable[[Any], object], given: Any) -> object:
    """Read something, and return all its values, or the problems that it has."""
    try:
        return repr_of(read(given))
    except InvalidInput as error:
        return error.problems, error.more, error.what


def repr_of(value: Any) -> object:
    """Return all values of a model, with personal and derived ones."""
    if isinstance(value, tuple):
        return [repr_of(item) for item in value]
    slots = {name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ()) if name != "__weakref__"}
    if not slots or not type(value).__module__.startswith(("orderrules", "tests")):
        return type(value), repr(value)
    return type(value), {name: repr_of(getattr(value, name)) for name in sorted(slots)}
