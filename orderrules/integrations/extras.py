"""The error message for a library that an integration needs and that is not installed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextlib.contextmanager
def extra(name: str) -> Generator[None]:
    """Import the libraries of an extra inside this context.

    Args:
        name: the name of the extra, such as ``fastapi``.

    Raises:
        ImportError: a library is not installed; the message names the extra that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"{str(error.name).partition('.')[0]} is required but not installed: pip install 'orderrules[{name}]'"
        raise ImportError(message, name=error.name) from error
