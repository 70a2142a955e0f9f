"""Marks the decisions that the test kit makes for itself, so that the coverage of a suite does not count them."""

from __future__ import annotations

import contextlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

_IS_KIT: Final[ContextVar[bool]] = ContextVar("orderrules_kit_decides", default=False)


@contextlib.contextmanager
def own_decisions() -> Generator[None]:
    """Mark the decisions in the ``with`` block as the kit's own."""
    token = _IS_KIT.set(True)
    try:
        yield
    finally:
        _IS_KIT.reset(token)


def is_own_decision() -> bool:
    """Return whether the test kit decides for itself."""
    return _IS_KIT.get()
