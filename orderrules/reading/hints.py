"""Hints: what to do about a problem, and the usual mistakes in updates of a platform.

Hints help people only. No decision depends on them.
"""

from __future__ import annotations

import functools
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from orderrules.languages.sentences import ENGLISH, AnyLanguage, as_words, language_of, render, translate

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_PARAMETERS: Final[Mapping[str, Any]] = {}  # Not a mapping proxy, which cannot be pickled.
_LONGEST_GUESS: Final = 64
_CLOSE: Final = 0.75
"""The least similarity for a guess: *piad* suggests *paid* (0.75), *delivering* does not suggest *delivered* (0.74)."""


@attrs.frozen
class Hint:
    """What to do about a problem.

    Attributes:
        code: the kind of hint: a key of ``languages.en.HINTS``, or any word if a text is given.
        params: the parameters of its sentence, ready for JSON.
        text: the sentence, if it is not that of the code; or sentences by language.
    """

    code: str
    params: Mapping[str, Any] = attrs.field(default=NO_PARAMETERS, hash=False)
    text: str = attrs.field(default="", converter=as_words)

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the sentence in a language.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        return translate(self.text, chosen) if self.text else render(chosen, "HINTS", self.code, **self.params)

    def __str__(self) -> str:
        return self.render()


def suggest(word: str, text: str | Mapping[str, str] = "") -> Hint:
    """Return the hint that another word is meant.

    Args:
        word: the word.
        text: a sentence to use instead of *did you mean …?*, or sentences by language.
    """
    return Hint("suggestion", {"suggestion": word}, text)


def send_in(*places: str, text: str | Mapping[str, str] = "") -> Hint:
    """Return the hint that a key belongs to another place of the request, or to one of several.

    Args:
        places: the paths of the places in the body.
        text: a sentence to use instead of *send it in …*, or sentences by language.
    """
    return Hint("place", {"place": list(places)}, text)


def use_endpoint(name: str) -> Hint:
    """Return the hint that another endpoint, named as in the platform's documentation, changes this."""
    return Hint("endpoint", {"endpoint": name})


def _as_hint(hint: Hint | str) -> Hint:
    return Hint("note", text=hint) if isinstance(hint, str) else hint


def as_hints(hints: Mapping[str, Hint | str]) -> Mapping[str, Hint]:
    """Return hints, each of which may be given by its text alone."""
    return {key: _as_hint(hint) for key, hint in hints.items()}


@attrs.frozen
class Shape:
    """A kind of object that users send by mistake, recognized by its keys; it gets one hint for all of its keys.

    Attributes:
        at: the path of the object in the body, as keys joined by dots; ``""`` is the whole body.
        keys: undocumented keys; any one of them identifies the object.
        hint: what the object is, and what to send instead.
    """

    at: str
    keys: frozenset[str]
    hint: Hint = attrs.field(converter=_as_hint)


@attrs.frozen(kw_only=True)
class Hints:
    """The usual mistakes in updates of a platform. They only add hints to problems: no decision depends on them.

    Attributes:
        keys: a hint for each undocumented key, or its text; a key is given by its path, with dots between the parts.
        words: the documented value that is meant by each wrong word.
        shapes: kinds of objects that users send by mistake.
        by_key: the hint of the shape that each key at a path shows.
    """

    keys: Mapping[str, Hint] = attrs.field(default=MappingProxyType({}), converter=as_hints)
    words: Mapping[str, str] = MappingProxyType({})
    shapes: tuple[Shape, ...] = ()
    by_key: Mapping[tuple[str, str], Hint] = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(
            lambda self: {(shape.at, key): shape.hint for shape in self.shapes for key in shape.keys}, takes_self=True
        ),
    )


NO_HINTS: Final = Hints()
EMPTY_ARRAY: Final = Hint("empty_array")
"""The hint if an empty array stands in place of an object; an error shows it once."""
LEAVE_OUT: Final = Hint("leave_out")
"""The hint if null stands for a key that may be left out."""
ENCODED_TWICE: Final = Hint("encoded_twice")
"""The hint if a string stands in place of an object and looks like an encoded one."""


def close_to(word: str, known: Mapping[str, object], words: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the known word that is probably meant, or ``""``.

    Args:
        word: the unknown word.
        known: the known words.
        words: usual mistakes, each with the known word that is meant.
    """
    if len(word) > _LONGEST_GUESS:
        return ""
    normalized = word.strip().lower()
    meant = words.get(normalized) or words.get(normalized.replace(" ", "_").replace("-", "_"))
    return meant if meant is not None and meant in known else _guess(normalized, tuple(known))


@functools.lru_cache(maxsize=1024)
def _guess(word: str, known: tuple[str, ...]) -> str:
    # Cached, because a client that misspells a key does so in every request.
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, n=1, cutoff=_CLOSE)), "")


def hint_close_to(word: str, known: Mapping[str, object], words: Mapping[str, str] = NO_PARAMETERS) -> Hint | None:
    """Return the hint that a known word is probably meant, or None; see ``close_to``."""
    meant = close_to(word, known, words)
    return suggest(meant) if meant else None
