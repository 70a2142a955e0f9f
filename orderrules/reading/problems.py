"""Problems, and the error that reports them: ``Code``, ``Problem`` and ``InvalidInput``.

A reader adds each problem to a ``Problems``, and raises one ``InvalidInput`` for all of them. ``read_with`` sets the
options of a read, such as its limits.
"""

from __future__ import annotations

import contextlib
import functools
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import attrs

from orderrules.languages.sentences import (
    ENGLISH,
    AnyLanguage,
    Phrase,
    cut,
    group_thousands,
    language_of,
    problem_sentence,
    render,
    translate,
)
from orderrules.reading.hints import NO_HINTS, NO_PARAMETERS, Hint, Hints
from orderrules.reading.limits import (
    MAX_CHARACTERS,
    MAX_KEY,
    MAX_LINES,
    OPTIONS,
    UPDATE_LIMITS,
    Limits,
    ReadOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping


class Code(StrEnum):
    """The kind of a ``Problem``. Codes are stable: programs may branch on them."""

    WRONG_TYPE = "wrong_type"
    """The value does not have the documented type."""
    NULL = "null"
    """The value is null, which no page documents; to keep the current value, leave out the key."""
    UNKNOWN_KEY = "unknown_key"
    """The key is not documented for this object."""
    KEY_NOT_TEXT = "key_not_text"
    """A key of a Python mapping is not a string."""
    DUPLICATE_KEY = "duplicate_key"
    """The key appears more than once in its object. JSON parsers differ in which value they keep."""
    MISSING = "missing"
    """A required value is missing."""
    NOT_A_CHOICE = "not_a_choice"
    """The string is not one of the documented values."""
    NOT_A_DATE = "not_a_date"
    """The string is not a date written ``YYYY-MM-DD``, or no such day exists."""
    NOT_FINITE = "not_finite"
    """The number is infinite or NaN."""
    NUMBER_TOO_LONG = "number_too_long"
    """The number has more digits than the limit allows."""
    BAD_TEXT = "bad_text"
    """The string contains a NUL, or an unpaired surrogate, which UTF-8 cannot encode."""
    UNREADABLE = "unreadable"
    """A Python mapping raised an error when its items were read."""
    NOT_JSON = "not_json"
    """The document is not valid JSON."""
    NOT_CSV = "not_csv"
    """The row is not valid CSV, or its number of fields differs from the header."""
    TRAILING_TEXT = "trailing_text"
    """There is text after the JSON document."""
    NOT_UTF8 = "not_utf8"
    """The bytes are not UTF-8."""
    BYTE_ORDER_MARK = "byte_order_mark"
    """The document begins with a byte order mark, which JSON does not allow."""
    TOO_LARGE = "too_large"
    """The document, mapping or list is larger than the limit allows."""
    TOO_DEEP = "too_deep"
    """The document is nested deeper than the limit allows."""
    NOT_AN_ORDER = "not_an_order"
    """The input is not an order, but a webhook of another kind, an error response or a wrapper, for example."""


class Part(StrEnum):
    """The part of a request that a pointer starts from."""

    BODY = "body"
    PATH = "path"
    QUERY = "query"


@attrs.frozen
class Problem:
    """One thing that could not be read.

    Attributes:
        pointer: the place of the problem, an RFC 6901 JSON pointer into ``part``; ``""`` means the whole part.
            A key longer than a hundred characters is cut: it ends with an ellipsis and its length.
        code: the kind of problem.
        params: the parameters of the message and of the hint, ready for JSON, such as ``expected``, ``found``,
            ``choices``, ``bound`` (of a limit), ``suggestion`` and ``place``. If a code has several messages,
            ``reason`` tells which one it is. ``value`` is there only if values are shown.
        remedy: how to fix it, or None.
        part: the part of the request that the pointer points into; by default the body.
    """

    pointer: str
    code: Code
    params: Mapping[str, Any] = attrs.field(default=NO_PARAMETERS, hash=False)
    remedy: Hint | None = None
    part: Part = Part.BODY

    @property
    def message(self) -> str:
        """One lower-case sentence without a full stop."""
        return self.message_in(ENGLISH)

    @property
    def hint(self) -> str:
        """How to fix it, in one sentence, or ``""``."""
        return self.hint_in(ENGLISH)

    def message_in(self, language: AnyLanguage) -> str:
        """Return the message in a language.

        Raises:
            ValueError: the language is not known.
        """
        return problem_sentence(self.code, self.params, language_of(language))

    def hint_in(self, language: AnyLanguage) -> str:
        """Return the hint in a language, or ``""``.

        Raises:
            ValueError: the language is not known.
        """
        return "" if self.remedy is None else self.remedy.render(language)

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the place, the message and the hint in one sentence.

        Args:
            language: the code of a language, such as ``ar``.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        place = escape_unprintable(self.pointer) or render(chosen, "ERRORS", "whole")
        message = self.message_in(chosen)
        if self.part is Part.BODY:
            sentence = render(chosen, "ERRORS", "place", place=place, message=message)
        else:
            part = render(chosen, "PARTS", self.part.value)
            sentence = render(chosen, "ERRORS", "place_in", part=part, place=place, message=message)
        if self.remedy is None:
            return sentence
        return render(chosen, "ERRORS", "with_hint", sentence=sentence, hint=self.hint_in(chosen))

    def __str__(self) -> str:
        return self.render()

    def to_dict(self, *, language: AnyLanguage = ENGLISH) -> dict[str, object]:
        """Return the problem as a JSON-ready dict; ``part`` is left out if it is the body.

        ``remedy`` is the code of the hint; without a hint, both are ``""``.

        Args:
            language: the language of the message and the hint.

        Raises:
            ValueError: the language is not known.
        """
        part = {} if self.part is Part.BODY else {"part": self.part.value}
        return {
            "pointer": self.pointer,
            "code": self.code.value,
            "params": dict(self.params),
            "message": self.message_in(language),
            "remedy": self.remedy.code if self.remedy else "",
            "hint": self.hint_in(language),
            **part,
        }

    def under(self, *path: str) -> Problem:
        """Return the same problem with the tokens of ``path`` in front of its pointer."""
        place = "".join(map(escape_token, path)) + self.pointer
        return Problem(place, self.code, self.params, self.remedy, self.part)

    def with_hint(self, hint: Hint | None) -> Problem:
        """Return the same problem with another hint, or without one."""
        if hint is self.remedy:
            return self
        former = self.remedy.params if self.remedy else NO_PARAMETERS
        own = {name: value for name, value in self.params.items() if name not in former}
        return Problem(self.pointer, self.code, {**own, **(hint.params if hint else {})}, hint, self.part)


def escape_token(token: str) -> str:
    """Return one escaped token of a pointer with its slash; a long token is cut."""
    if len(token) <= MAX_KEY and token.isascii() and token.isidentifier():
        return f"/{token}"
    if len(token) > MAX_KEY:
        token = f"{token[:MAX_KEY]}…({group_thousands(len(token))} characters)"
    if not token.isascii():
        token = token.encode(errors="backslashreplace").decode()
    return "/" + token.replace("~", "~0").replace("/", "~1")


def escape_unprintable(text: str) -> str:
    """Return the text with its unprintable characters escaped; line breaks are unprintable too."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


READ_INPUT: Final = Phrase.of("INPUTS", "read", input=Phrase.of("INPUTS", "input"))
"""What could not be done, if nothing else is said."""


@functools.lru_cache(maxsize=256)
def reading(what: str) -> Phrase:
    """Return that an input, such as *update*, is read."""
    return Phrase.of("INPUTS", "read", input=what)


class InvalidInput(ValueError):  # noqa: N818 - the public name has no "Error" suffix.
    """The input cannot be read. This differs from a refusal, where the input is valid and the answer is no.

    Attributes:
        problems: the problems, in the order of the input; at least one, and at most ``Limits.problems``.
        more: how many further problems there were.
        what: what could not be done, such as ``read the Salla update``.
    """

    def __init__(
        self, problems: Iterable[Problem], what: str = READ_INPUT, more: int = 0, characters: int = MAX_CHARACTERS
    ) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        if not self.problems:
            raise ValueError("InvalidInput needs at least one problem")
        self.what = what
        self.more = more
        self.characters = characters
        super().__init__(self.problems, what, more, characters)

    # How many of these problems are flaws of a document. ``Problems.add_flaws`` needs it, to count no flaw twice.
    # It is not part of the API.
    flaws: int = 0

    def to_dict(self, *, language: AnyLanguage = ENGLISH) -> dict[str, object]:
        """Return the error as a JSON-ready dict with the keys ``what``, ``problems`` and ``more``.

        Args:
            language: the language of the sentences.

        Raises:
            ValueError: the language is not known.
        """
        return {
            "what": translate(self.what, language_of(language)),
            "problems": [problem.to_dict(language=language) for problem in self.problems],
            "more": self.more,
        }

    def each(self, change: Callable[[Problem], Problem]) -> InvalidInput:
        """Return the error with ``change`` applied to each problem, for example to move its pointer."""
        changed = InvalidInput(map(change, self.problems), self.what, self.more, self.characters)
        changed.flaws = self.flaws
        return changed

    def __str__(self) -> str:
        return self.render()

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the error as text: what could not be done, and each problem in a line.

        Args:
            language: the code of a language, such as ``ar``.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        total = len(self.problems) + self.more
        text = render(chosen, "ERRORS", "problems", what=self.what, count=total)
        shown = 0
        for problem in self.problems[:MAX_LINES]:
            line = f"\n  {problem.render(chosen)}"
            room = self.characters - len(text)
            if shown and len(line) > room:
                break
            # The first problem is always shown, cut to the room that is left.
            text += line if len(line) <= room else cut(line, max(room, 0))
            shown += 1
        rest = render(chosen, "ERRORS", "more", count=total - shown)
        return f"{text}\n  {rest}" if total > shown else text


class Counted(InvalidInput):
    """An error that holds only the number of its problems, used once an error has as many as it keeps."""

    problems: tuple[Problem, ...] = ()
    more: int = 1

    def __init__(self) -> None:
        """Do nothing, which is fast: a list may hold a million invalid items."""

    def each(self, change: Callable[[Problem], Problem]) -> InvalidInput:  # noqa: ARG002 - there are no problems to change.
        """Return the error unchanged."""
        return self


class Problems:
    """The problems found so far in a read: at most ``Limits.problems``, and a count of the others."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.more = 0
        self.flaws = 0
        options = OPTIONS.get()
        self._room = 0 if options.counts_only else options.limits.problems

    @property
    def full(self) -> bool:
        """Whether another problem would only be counted."""
        return len(self.kept) >= self._room

    def __bool__(self) -> bool:
        return bool(self.kept) or bool(self.more)

    def add(self, *problems: Problem) -> None:
        """Add problems; if there is no room, count them."""
        for problem in problems:
            if self.full:
                self.more += 1
            else:
                self.kept.append(problem)

    def add_error(self, error: InvalidInput, *path: str) -> None:
        """Add the problems of the value at ``path``."""
        room = max(0, self._room - len(self.kept))
        self.kept += [problem.under(*path) for problem in error.problems[:room]]
        self.more += len(error.problems[room:]) + error.more
        self.flaws += error.flaws

    def add_flaws(self, found: Problems) -> None:
        """Add the flaws of a whole document, apart from those that were added when values were read."""
        new = [problem for problem in found.kept if problem not in self.kept][: max(0, self._room - len(self.kept))]
        self.kept += new
        self.more += len(found.kept) + found.more - self.flaws - len(new)

    def error(self, what: str = READ_INPUT) -> InvalidInput:
        """Return one error with all the problems."""
        if self.kept:
            error = InvalidInput(self.kept, what, self.more, OPTIONS.get().limits.characters)
        else:
            error = Counted()
            error.more = self.more
        error.flaws = self.flaws
        return error


@contextlib.contextmanager
def read_with(
    what: str, limits: Limits = UPDATE_LIMITS, hints: Hints = NO_HINTS, *, show_values: bool = False
) -> Generator[None]:
    """Set the options of the reads in the ``with`` block, and put ``what`` into their error."""
    token = OPTIONS.set(ReadOptions(limits, show_values, hints))
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.problems, what, error.more, limits.characters) from None
    finally:
        OPTIONS.reset(token)
