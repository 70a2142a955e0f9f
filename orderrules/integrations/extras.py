"""What an integration needs, said where it is not installed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


@contextlib.contextmanager
def extra(name: str) -> Generator[None]:
    """Import what an extra of ours brings.

    Raises:
        ImportError: it is not there; the error names the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        message = (
            f"{str(error.name).partition('.')[0]} is not installed, which this needs: pip install 'orderrules[{name}]'"
        )
        raise ImportError(message, name=error.name) from error
