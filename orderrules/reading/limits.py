"""How far reading goes: what is too large, too deep or too long, and how much is said of what is wrong.

It must never know what is read.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_UPDATE_SIZE: Final = 1 << 20
"""Bytes, or characters of text, of an update: a mebibyte. The largest sample of a page has 600."""
MAX_ORDER_SIZE: Final = 1 << 22
"""Bytes, or characters of text, of an order: four mebibytes, which take a second to read if each brings a flaw."""
MAX_DEPTH: Final = 64
"""Objects and arrays in each other. The deepest sample of a page has six."""
MAX_DIGITS: Final = 100
"""Digits of a number. An id has some ten of them."""
MAX_KEYS: Final = 1 << 20
"""Keys of one Python mapping, or items of one list, which have no size otherwise."""
MAX_PROBLEMS: Final = 100
"""Problems that are kept; how many more there were is counted."""
MAX_LINES: Final = 20
"""Problems that the text of an error shows."""
MAX_CHARACTERS: Final = 8192
"""Characters of the text of an error."""
MAX_KEY: Final = 100
"""Characters of a key that a pointer shows whole; a longer one is cut, and says so."""
MAX_VALUE: Final = 40
"""Characters of a value, where values are shown."""


MOST_DIGITS: Final = 4300
"""Digits that can be asked for: as many as Python itself turns into text and back."""
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
    """The limits of one reading.

    Raises:
        TypeError: a limit is no integer.
        ValueError: a limit is less than one, or more than can be kept to.

    Attributes:
        size: bytes, or characters of text, of a document; a mapping has none.
        depth: objects and arrays in each other, in a document.
        digits: digits of a number.
        keys: keys of one Python mapping, or items of one list.
        problems: problems that are kept.
        characters: characters of the text of an error.
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
                raise TypeError(f"the limit {name} is an integer, and no {type(value).__name__}")
            if not 1 <= value <= most:
                raise ValueError(f"the limit {name} is from 1 to {most}, and not {value}")


UPDATE_LIMITS: Final = Limits()
"""The limits of ``read_patch`` and ``read_request`` when no others are given."""
ORDER_LIMITS: Final = Limits(size=MAX_ORDER_SIZE)
"""The limits of ``read_order`` when no others are given."""


@attrs.frozen
class Shape:
    """What a body looks like that is meant for another purpose: one hint says so for all of its keys.

    Attributes:
        at: where it stands, as keys with dots between them; ``""`` is the whole body.
        keys: the undocumented keys of which one is enough to know it.
        hint: what it is, and what to send instead.
    """

    at: str
    keys: frozenset[str]
    hint: str


@attrs.frozen(kw_only=True)
class Hints:
    """What people send to a platform that belongs elsewhere or is called otherwise: for hints, never for deciding.

    Attributes:
        keys: undocumented keys, each as the keys that lead to it with dots between them, with what to do instead.
        words: words met for documented values, each with the value that is meant.
        shapes: bodies that are meant for another purpose.
    """

    keys: Mapping[str, str] = MappingProxyType({})
    words: Mapping[str, str] = MappingProxyType({})
    shapes: tuple[Shape, ...] = ()


NO_HINTS: Final = Hints()
EMPTY_ARRAY: Final = "PHP writes an empty array so; send {} for an object without keys, or leave the key out"
"""The hint where an empty list stands for an object, said once for all of them."""
ENCODED_TWICE: Final = "this is JSON within JSON, which was encoded twice"
"""The hint where a text stands for an object and looks like one."""


@attrs.frozen
class ReadOptions:
    """How one reading is done.

    Attributes:
        limits: how far it goes.
        show_values: whether messages show the values that cannot be read; they may be personal.
        hints: what is known of what people send instead.
        counts_only: whether what is wrong is only counted, because no more of it is kept.
    """

    limits: Limits = UPDATE_LIMITS
    show_values: bool = False
    hints: Hints = NO_HINTS
    counts_only: bool = False


OPTIONS: Final[ContextVar[ReadOptions]] = ContextVar("orderrules.manner", default=ReadOptions())  # noqa: B039 - it is frozen.
"""The manner of the reading that is under way in this thread or task."""
