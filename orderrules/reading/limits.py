"""The limits of reading, and the options of the reading in progress.

``Limits`` says which input is too large, too deep or too long, and how much an error reports.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

import attrs

from orderrules.reading.hints import NO_HINTS, Hints

MAX_UPDATE_SIZE: Final = 1 << 20
"""Bytes (characters, for text) of an update: 1 MiB. The largest sample in the platforms' documentation has 600."""
MAX_ORDER_SIZE: Final = 1 << 22
"""Bytes (characters, for text) of an order: 4 MiB. In the worst case, flaws everywhere, they take a second to read."""
MAX_DEPTH: Final = 64
"""Levels of nested objects and arrays. The deepest sample in the platforms' documentation has six."""
MAX_DIGITS: Final = 100
"""Digits of a number. An id has about ten."""
MAX_KEYS: Final = 1 << 20
"""Keys of one Python mapping, or items of one list. The limit on bytes does not apply to Python objects."""
MAX_PROBLEMS: Final = 100
"""Problems kept in an error; further ones are only counted."""
MAX_LINES: Final = 20
"""Problems shown in the text of an error."""
MAX_CHARACTERS: Final = 8192
"""Characters in the text of an error."""
MAX_KEY: Final = 100
"""Characters of a key in a pointer; a longer key is cut, and its length is added."""
MAX_VALUE: Final = 40
"""Characters of a value in a message, if values are shown."""


MOST_DIGITS: Final = 4300
"""The largest ``Limits.digits``: Python converts no longer integers to text and back by default."""
_LARGE: Final = (1 << 31) - 1
_MOST: Final = {
    "size": _LARGE,
    "depth": _LARGE,
    "digits": MOST_DIGITS,
    "keys": _LARGE,
    "problems": _LARGE,
    "characters": _LARGE,
}


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of one read.

    Raises:
        TypeError: a limit is not an integer.
        ValueError: a limit is less than one or too large.

    Attributes:
        size: bytes of a document, or characters if it is text; does not apply to a mapping.
        depth: levels of nested objects and arrays in a document.
        digits: digits of a number.
        keys: keys of one Python mapping, or items of one list.
        problems: problems kept in an error; further ones are only counted.
        characters: characters in the text of an error.
    """

    size: int = MAX_UPDATE_SIZE
    depth: int = MAX_DEPTH
    digits: int = MAX_DIGITS
    keys: int = MAX_KEYS
    problems: int = MAX_PROBLEMS
    characters: int = MAX_CHARACTERS

    def __attrs_post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            if type(value) is not int:
                raise TypeError(f"the limit {name} must be an integer, got {type(value).__name__}")
            if not 1 <= value <= most:
                raise ValueError(f"the limit {name} must be from 1 to {most}, got {value}")


UPDATE_LIMITS: Final = Limits()
"""The default limits of ``read_patch`` and ``read_request``."""
ORDER_LIMITS: Final = Limits(size=MAX_ORDER_SIZE)
"""The default limits of ``read_order``."""


@attrs.frozen
class ReadOptions:
    """The options of one read.

    Attributes:
        limits: the limits on the input and on the error.
        show_values: whether messages show invalid values; they may be personal data.
        hints: the usual mistakes of the platform.
        counts_only: whether problems are only counted, because the error is full.
    """

    limits: Limits = UPDATE_LIMITS
    show_values: bool = False
    hints: Hints = NO_HINTS
    counts_only: bool = False


OPTIONS: Final[ContextVar[ReadOptions]] = ContextVar("orderrules.read_options", default=ReadOptions())  # noqa: B039 - the default is frozen.
"""The options of the read in progress in this thread or task."""
