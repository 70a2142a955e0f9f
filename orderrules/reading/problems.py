"""The two kinds of *no* that are raised: input that cannot be read, and an update required but refused.

The module is longer than most because every code is documented where it stands.

---

The words that rules are made of: facts, and conditions over them.

A condition is a value: it can be printed, compared, negated and counted, because every fact is finite.
It must never know a platform, nor what a condition opens or closes.

The module is longer than most because the four kinds of condition answer the same six questions.

---

What came over a wire, read at its place: the parts of a request, and the order in what an API answered or sent.

Models in it are read by ``_convert``. It must never know a platform or a rule.
"""

from __future__ import annotations

import contextlib
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from orderrules.reading.limits import (
    MAX_CHARACTERS,
    MAX_KEY,
    MAX_LINES,
    NO_HINTS,
    OPTIONS,
    UPDATE_LIMITS,
    Hints,
    Limits,
    ReadOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable


class Code(StrEnum):
    """What kind of problem a ``Problem`` is; stable, and safe to branch on."""

    WRONG_TYPE = "wrong_type"
    """The value is of another type than the documented one."""
    NULL = "null"
    """The value is null, which is no documented value; leaving a key out is how it stays as it is."""
    UNKNOWN_KEY = "unknown_key"
    """The key is documented nowhere in this object."""
    KEY_NOT_TEXT = "key_not_text"
    """A key of a Python mapping is no text."""
    DUPLICATE_KEY = "duplicate_key"
    """The key stands more than once in its object, and readers differ in which they believe."""
    MISSING = "missing"
    """A required value is absent."""
    NOT_A_CHOICE = "not_a_choice"
    """The text is none of the documented values."""
    NOT_A_DATE = "not_a_date"
    """The text is no calendar day written ``YYYY-MM-DD``."""
    NOT_FINITE = "not_finite"
    """The number is infinite or not a number."""
    NUMBER_TOO_LONG = "number_too_long"
    """The number has more digits than are read."""
    BAD_TEXT = "bad_text"
    """The text holds a NUL, or a surrogate without its pair, which no UTF-8 can carry."""
    UNREADABLE = "unreadable"
    """A Python mapping failed when it was asked for what it holds."""
    NOT_JSON = "not_json"
    """The document is no JSON."""
    NOT_CSV = "not_csv"
    """The row is no CSV, or has another number of fields than the line that names them."""
    TRAILING_TEXT = "trailing_text"
    """Something stands behind the JSON document."""
    NOT_UTF8 = "not_utf8"
    """The bytes are not UTF-8."""
    BYTE_ORDER_MARK = "byte_order_mark"
    """The document begins with a byte-order mark, which JSON does not allow."""
    TOO_LARGE = "too_large"
    """The document is larger than is read."""
    TOO_DEEP = "too_deep"
    """The document has more objects and arrays in each other than are read."""
    NOT_AN_ORDER = "not_an_order"
    """What stands where an order is read is something else: a webhook of another kind, an error, a wrapper."""


class Part(StrEnum):
    """The part of a request or payload that a pointer starts from."""

    BODY = "body"
    PATH = "path"
    QUERY = "query"


@attrs.frozen
class Problem:
    """One thing that could not be read.

    Attributes:
        pointer: where it stands, an RFC 6901 JSON pointer into ``part``; ``""`` is the whole of it.
            A key longer than a hundred characters is cut in it, and ends in an ellipsis and its length.
        code: what kind of problem it is.
        message: one lower-case sentence without a full stop.
        hint: what to do about it, or ``""``.
        part: what the pointer points into; the body unless said otherwise.
    """

    pointer: str
    code: Code
    message: str
    hint: str = ""
    part: Part = Part.BODY

    def __str__(self) -> str:
        place = escape_unprintable(self.pointer) or "(the whole)"
        if self.part is not Part.BODY:
            place = f"{self.part} {place}"
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.message}{hint}"

    def to_dict(self) -> dict[str, str]:
        """Return it as a JSON-ready dict of texts; the part is left out where it is the body."""
        part = {} if self.part is Part.BODY else {"part": self.part.value}
        told = {"pointer": self.pointer, "code": self.code.value, "message": self.message, "hint": self.hint}
        return {**told, **part}

    def under(self, *path: str) -> Problem:
        """Return the same problem seen from further out, where the tokens of ``path`` lead to it."""
        place = "".join(map(_token, path)) + self.pointer
        return Problem(place, self.code, self.message, self.hint, self.part)


def _token(token: str) -> str:
    """Write one step of a pointer, cut where it is long."""
    if len(token) <= MAX_KEY and token.isascii() and token.isidentifier():
        return f"/{token}"
    if len(token) > MAX_KEY:
        token = f"{token[:MAX_KEY]}…({group_thousands(len(token))} characters)"
    if not token.isascii():
        token = token.encode(errors="backslashreplace").decode()
    return "/" + token.replace("~", "~0").replace("/", "~1")


def escape_unprintable(text: str) -> str:
    """Return text in which whatever does not print, a line's end too, is escaped."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def group_thousands(count: int) -> str:
    """Write a number with a space between its thousands."""
    return f"{count:,}".replace(",", " ")


class InvalidInput(ValueError):  # noqa: N818 - the public name is fixed, and says what happened.
    """What was given cannot be read: not a refusal, but no question that could be answered.

    Attributes:
        problems: the problems found, in the order of the input; never empty, and at most as many as the limits say.
        more: how many more there were.
        what: what could not be done: ``read the Salla update``.
    """

    def __init__(
        self, problems: Iterable[Problem], what: str = "read the input", more: int = 0, characters: int = MAX_CHARACTERS
    ) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        if not self.problems:
            raise ValueError("there is no invalid input without a problem")
        self.what = what
        self.more = more
        self.characters = characters
        super().__init__(self.problems, what, more, characters)

    # How many of all are flaws of a document, which are looked for everywhere in it as well; no part of the API.
    flaws: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON-ready dicts, lists, texts and numbers: ``what`` it was, ``problems`` and ``more``."""
        return {
            "what": self.what,
            "problems": [problem.to_dict() for problem in self.problems],
            "more": self.more,
        }

    def each(self, change: Callable[[Problem], Problem]) -> InvalidInput:
        """Return the error with its problems changed, such as moved to where they stand."""
        changed = InvalidInput(map(change, self.problems), self.what, self.more, self.characters)
        changed.flaws = self.flaws
        return changed

    def __str__(self) -> str:
        total = len(self.problems) + self.more
        text = f"cannot {self.what}: {group_thousands(total)} problem{'s' * (total != 1)}"
        shown = 0
        for problem in self.problems[:MAX_LINES]:
            line = f"\n  {problem}"
            room = self.characters - len(text)
            if shown and len(line) > room:
                break
            # The first problem is told in any case, as far as there is room.
            text += line if len(line) <= room else line[: max(room, 0)] + "…"
            shown += 1
        return f"{text}\n  and {group_thousands(total - shown)} more" if total > shown else text


class Counted(InvalidInput):
    """Problems of which nothing is kept but their number, because as many as are kept were found before."""

    problems: tuple[Problem, ...] = ()
    more: int = 1

    def __init__(self) -> None:
        """Set nothing: a list may hold a million wrong items."""

    def each(self, change: Callable[[Problem], Problem]) -> InvalidInput:  # noqa: ARG002 - there is none to change.
        """Return itself."""
        return self


class Problems:
    """The problems found so far in a reading: as many as the limits say, and a count of the others."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.more = 0
        self.flaws = 0
        manner = OPTIONS.get()
        self._room = 0 if manner.counts_only else manner.limits.problems

    @property
    def full(self) -> bool:
        """Whether another problem would only be counted."""
        return len(self.kept) >= self._room

    def __bool__(self) -> bool:
        return bool(self.kept) or bool(self.more)

    def add(self, *problems: Problem) -> None:
        """Take problems in."""
        for problem in problems:
            if self.full:
                self.more += 1
            else:
                self.kept.append(problem)

    def add_error(self, error: InvalidInput, *path: str) -> None:
        """Take in the problems of a value that ``path`` leads to."""
        room = max(0, self._room - len(self.kept))
        self.kept += [problem.under(*path) for problem in error.problems[:room]]
        self.more += len(error.problems[room:]) + error.more
        self.flaws += error.flaws

    def add_flaws(self, found: Problems) -> None:
        """Take in all flaws of a document, of which some were found already where values were read."""
        new = [problem for problem in found.kept if problem not in self.kept][: max(0, self._room - len(self.kept))]
        self.kept += new
        self.more += len(found.kept) + found.more - self.flaws - len(new)

    def error(self, what: str = "read the input") -> InvalidInput:
        """Make the one error that says them all."""
        if self.kept:
            error = InvalidInput(self.kept, what, self.more, OPTIONS.get().limits.characters)
        else:
            error = Counted()
            error.more = self.more
        error.flaws = self.flaws
        return error


def join_words(words: Iterable[object], conjunction: str = "or") -> str:
    """Join words as a sentence does: ``a``, ``a or b``, ``a, b or c``."""
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} {conjunction} {last}" if most else last


@contextlib.contextmanager
def read_with(
    what: str, limits: Limits = UPDATE_LIMITS, hints: Hints = NO_HINTS, *, show_values: bool = False
) -> Generator[None]:
    """Read in a manner, and say in the error what was read."""
    token = OPTIONS.set(ReadOptions(limits, show_values, hints))
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.problems, what, error.more, limits.characters) from None
    finally:
        OPTIONS.reset(token)
