"""The three ways by which a body is read, each alone: what one answers, all must answer."""

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
    """Have bodies read by one way: the careful one, or the quick one, without msgspec or with it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "_DOCUMENT_READERS", {})
        if route == "careful":
            patch.setattr(bodies, "read_quickly", lambda *_: None)
        elif route == "standard":
            patch.setitem(sys.modules, "orderrules.reading.msgspec_reader", None)
        yield


def outcome(read: Callable[[Any], object], given: Any) -> object:
    """Read something, and return what it is, written out, or the problems that it has."""
    try:
        return repr_of(read(given))
    except InvalidInput as error:
        return error.problems, error.more, error.what


def repr_of(made: Any) -> object:
    """Write a model out, with every value as it is, personal ones and what is derived too."""
    if isinstance(made, tuple):
        return [repr_of(item) for item in made]
    slots = {name for kind in type(made).__mro__ for name in getattr(kind, "__slots__", ()) if name != "__weakref__"}
    if not slots or not type(made).__module__.startswith(("orderrules", "tests")):
        return type(made), repr(made)
    return type(made), {name: repr_of(getattr(made, name)) for name in sorted(slots)}
