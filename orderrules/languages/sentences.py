"""Functions that make sentences of fragments and their parameters, in any language.

A language is a module like ``en``: tables of fragments, and the plural category of a number. In a language that is
written from right to left, whatever else stands in a sentence (a slug, an id, a key, a pointer, a grouped number) is
isolated by U+2068 and U+2069, so that a reader sees it in its own order.
"""

from __future__ import annotations

import functools
import html
import importlib
import re
import string
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

from orderrules.languages import en

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Parameters = Mapping[str, Any]
    """The parameters of a fragment, by name: strings, numbers, booleans and lists of strings, ready for JSON."""


class Language(Protocol):
    """What a module that is a language has. ``en`` documents each table."""

    # Names of constants, since a module is a language.
    @property
    def CODE(self) -> str: ...  # noqa: D102, N802
    @property
    def NAME(self) -> str: ...  # noqa: D102, N802
    @property
    def DIRECTION(self) -> str: ...  # noqa: D102, N802
    @property
    def NOUNS(self) -> Mapping[str, Mapping[str, str]]: ...  # noqa: D102, N802
    @property
    def JOINERS(self) -> Mapping[str, tuple[str, str]]: ...  # noqa: D102, N802
    @property
    def FORMS(self) -> Mapping[str, int]: ...  # noqa: D102, N802
    @property
    def KINDS(self) -> Mapping[str, str]: ...  # noqa: D102, N802
    def plural(self, count: int, /) -> str: ...  # noqa: D102


AnyLanguage = str | Language
"""The code of a language that is shipped, or a module that is a language."""
ENGLISH: Final[Language] = en
SHIPPED: Final = ("en", "ar")
"""The codes of the languages that are shipped, English first."""
TABLES: Final = tuple(name for name, table in vars(en).items() if name.isupper() and hasattr(table, "keys"))
"""The tables that a language has."""
FIRST_STRONG_ISOLATE: Final = "\u2068"
POP_ISOLATE: Final = "\u2069"
_ISOLATED: Final = re.compile(f"{FIRST_STRONG_ISOLATE}([^{POP_ISOLATE}]*){POP_ISOLATE}")
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_CHARACTER: Final = r"[A-Za-z0-9_/@:.?=#&+%~<>\[\]-]"
_WORD: Final = rf"(?={_CHARACTER}*[A-Za-z]){_CHARACTER}*[A-Za-z0-9_/#+>\]](?:\([ -'*-~]*\))?"
_FOREIGN: Final = re.compile(rf"\{{[^{{}}]*\}}|{_WORD}(?: {_WORD})*|\+?\d+(?:[-/ .:]\d+)+")
"""A parameter of a fragment, which stays as it is; Latin words, addresses and calls; or a date or a grouped number."""
_DIRECTIONS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""The characters that mark directions."""
FORM_COUNTS: Final[Mapping[str, int]] = {"en": 3, "ar": 4}
"""How many sentences ``Fact.says`` has in each language that is shipped; see ``FORMS``."""


@functools.cache
def _shipped(code: str) -> Language:
    return cast("Language", importlib.import_module(f"orderrules.languages.{code}"))


def language_of(language: AnyLanguage) -> Language:
    """Return the language with a code; a module that is a language is returned unchanged.

    Raises:
        TypeError: the argument is neither a string nor a language.
        ValueError: no language with this code is shipped.
    """
    if language is ENGLISH:
        return ENGLISH
    if isinstance(language, str):
        code = language.replace("_", "-").partition("-")[0].lower()
        if code not in SHIPPED:
            raise ValueError(f"there is no language {language[:40]!r}; the languages are: {', '.join(SHIPPED)}")
        return _shipped(code)
    missing = [name for name in ("CODE", "DIRECTION", "JOINERS", "FORMS", "plural") if not hasattr(language, name)]
    if missing:
        kind = type(language).__name__
        expected = f"a module that is a language, which has {', '.join(missing)}"
        raise TypeError(f"expected the code of a language, such as 'ar', or {expected}; got {kind}")
    _check_language(cast("Any", language))
    return language


@functools.lru_cache(maxsize=64)
def _check_language(language: Any) -> None:  # noqa: ANN401 - a module of a user's own.
    """Check a module that is a language, once.

    Raises:
        ValueError: lists everything that is wrong with it.
    """
    problems = [*_flaws_of_shape(language), *(flaw for table in TABLES for flaw in _flaws_of_table(language, table))]
    if problems:
        raise ValueError(f"{language.CODE!r} is not a language: {'; '.join(problems)}")


def _flaws_of_shape(language: Any) -> Iterator[str]:  # noqa: ANN401 - a module of a user's own.
    if type(language.CODE) is not str or (language.CODE in SHIPPED and language is not _shipped(language.CODE)):
        yield "CODE must be the code of a language that is not shipped"
    if language.DIRECTION not in {"ltr", "rtl"}:
        yield "DIRECTION must be 'ltr' or 'rtl'"
    for table in ("JOINERS", "FORMS"):
        lacking = set(getattr(en, table)).difference(getattr(language, table))
        if lacking:
            yield f"{table} needs {', '.join(sorted(lacking))}"
    if not callable(language.plural):
        yield "plural must be a function"


def _flaws_of_table(language: object, table: str) -> Iterator[str]:
    entries: Any = getattr(language, table, {})
    if not isinstance(entries, Mapping):
        yield f"{table} must be a mapping"
        return
    for key, entry in entries.items():  # pyright: ignore[reportUnknownVariableType]
        flaw = _flaw_of_entry(table, str(key), entry)  # pyright: ignore[reportUnknownArgumentType]
        if flaw:
            yield f"{table}.{key} {flaw}"


def _flaw_of_entry(table: str, key: str, entry: Any) -> str:  # noqa: ANN401 - whatever a module has.
    """Return what is wrong with an entry of a table, or ``""``. A fragment has only parameters of the English one."""
    if table == "FORMS":
        return "" if type(entry) is int else "must be a number"
    if table == "JOINERS":
        return "" if isinstance(entry, tuple) and list(map(type, entry)) == [str, str] else "must be two strings"  # pyright: ignore[reportUnknownArgumentType]
    if table == "NOUNS":
        return "" if isinstance(entry, Mapping) and "other" in entry else "must be a mapping of forms, with 'other'"
    try:
        foreign = parameters_of(entry) - parameters_of(getattr(en, table).get(key, ""))
    except (TypeError, ValueError) as error:
        return f"cannot be read: {error}"
    return f"has no parameter {', '.join(sorted(foreign))}" if foreign else ""


def parameters_of(fragment: str) -> set[str]:
    """Return the names of a fragment's parameters."""
    return {name for _, name, _, _ in string.Formatter().parse(fragment) if name is not None}


def untranslated(language: AnyLanguage) -> tuple[str, ...]:
    """Return the fragments that a language does not have, as ``TABLE.code``. Their sentences are English."""
    chosen = language_of(language)
    return tuple(
        f"{table}.{code}" for table in TABLES for code in getattr(en, table) if code not in getattr(chosen, table, {})
    )


class Text(str):
    """A text that can be rendered in several languages. As a string, it is the English one."""

    __slots__ = ()

    def render(self, language: Language) -> str:
        """Return the text in a language; English if the language does not have it."""
        raise NotImplementedError  # pragma: no cover - both subclasses override it.


class Words(Text):
    """The words of a platform in several languages.

    Attributes:
        translations: the text in each language, by its code; there is always an English one.

    Raises:
        ValueError: there is no English text, a text is blank, or it marks directions itself.
    """

    __slots__ = ("translations",)
    translations: Mapping[str, str]

    def __new__(cls, text: str | Mapping[str, str]) -> Self:
        """Return the words for texts by language, or for one English text."""
        translations: dict[Any, Any] = {"en": text} if isinstance(text, str) else dict(text)
        if "en" not in translations:
            raise ValueError("words in several languages need an English text: {'en': ..., 'ar': ...}")
        for code, each in translations.items():
            if type(code) is not str or not isinstance(each, str) or not each.strip():
                raise ValueError(f"expected a text that is not blank in the language {code!r}")
            if _DIRECTIONS.search(each):
                raise ValueError(f"the text in {code!r} has a character that marks a direction: these are set for you")
        self = super().__new__(cls, translations["en"])
        self.translations = translations
        return self

    def render(self, language: Language) -> str:
        """Return the text in a language; English if there is none. Latin words in other scripts are isolated."""
        own = self.translations.get(language.CODE)
        if own is None:
            return isolate(str(self), language)
        return _isolate_foreign(own) if language.DIRECTION == "rtl" else own


class Phrase(Text):
    """A fragment of every language with its parameters: ``Phrase.of("INPUTS", "update_of", platform="Salla")``."""

    __slots__ = ("code", "parameters", "table")
    table: str
    code: str
    parameters: Parameters

    @classmethod
    def of(cls, table: str, code: str, **parameters: object) -> Phrase:
        """Return the phrase of a table and a code."""
        phrase = cls(render(ENGLISH, table, code, **parameters))
        phrase.table, phrase.code, phrase.parameters = table, code, parameters
        return phrase

    def render(self, language: Language) -> str:
        """Return the filled fragment of a language."""
        return render(language, self.table, self.code, **self.parameters)


def as_words(text: str | Mapping[str, str]) -> str:
    """Return words in several languages for a mapping; anything else is returned unchanged."""
    return Words(text) if isinstance(text, Mapping) else text


def translate(text: str, language: Language) -> str:
    """Return a text in a language. A string without translations is English."""
    if isinstance(text, Text):
        return text.render(language)
    return isolate(text, language)


def isolate(text: str, language: Language) -> str:
    """Isolate a text of unknown direction in a sentence that is written from right to left."""
    if language.DIRECTION != "rtl" or not text or text.isdigit() or FIRST_STRONG_ISOLATE in text:
        return text
    is_own = _RIGHT_TO_LEFT.search(text) and not re.search("^/|[A-Za-z]", text)
    return text if is_own else _mark(text)


@functools.lru_cache(maxsize=4096)
def _isolate_foreign(text: str) -> str:
    """Isolate the Latin words and the dates in a fragment or in words of a platform, but not its parameters."""
    return _FOREIGN.sub(lambda match: match[0] if match[0][0] == "{" else _mark(match[0]), text)


def _mark(text: str) -> str:
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


_KINDS: Final = frozenset({"expected", "found"})
"""The parameters that name a kind of value."""


class _Parameter:
    """The value of a parameter, as ``str.format`` asks for it: as text, with a noun, or as its ``repr``."""

    __slots__ = ("_language", "_name", "_value")

    def __init__(self, name: str, value: object, language: Language) -> None:
        self._name, self._value, self._language = name, value, language

    def __format__(self, noun: str) -> str:
        if noun and type(self._value) is int:
            return count_of(self._value, noun, self._language)
        return _text_of(self._name, self._value, self._language)

    def __repr__(self) -> str:
        return isolate(repr(self._value), self._language)


def fill(fragment: str, parameters: Parameters, language: Language = ENGLISH) -> str:
    """Put parameters into a fragment. Numbers are grouped, lists joined, and kinds of values named."""
    is_mixed = language.DIRECTION == "rtl"
    if is_mixed:
        fragment = _isolate_foreign(fragment)
    return fragment.format_map(
        {
            name: _Parameter(name, value, language) if is_mixed or type(value) is not str or name in _KINDS else value
            for name, value in parameters.items()
        }
    )


def render(language: Language, table: str, code: str, /, **parameters: object) -> str:
    """Return the filled fragment of a table. If the language does not have it, it is English."""
    fragment = getattr(language, table, {}).get(code)
    if fragment is None:
        return isolate(fill(getattr(en, table)[code], parameters), language)
    return fill(fragment, parameters, language)


def _text_of(name: str, value: object, language: Language) -> str:
    if isinstance(value, Text):
        return value.render(language)
    if isinstance(value, str):
        return _kind(value, language) if name in _KINDS else isolate(value, language)
    if type(value) is list:
        return join_words(cast("list[str]", value), "list" if name == "choices" else "or", language) if value else ""
    return isolate(group_thousands(value), language) if type(value) is int and name != "value" else str(value)


def _kind(kind: str, language: Language) -> str:
    if kind in en.KINDS:
        return render(language, "KINDS", kind)
    return render(language, "KINDS", "any", kind=kind)


def count_of(count: int, noun: str, language: Language) -> str:
    """Return a number of things: ``1 problem``, ``2 problems``."""
    forms = getattr(language, "NOUNS", {}).get(noun)
    if forms is None:
        return isolate(count_of(count, noun, ENGLISH), language)
    form: str = forms.get(language.plural(count)) or forms["other"]
    return form.format(count=isolate(group_thousands(count), language))


def problem_sentence(code: str, parameters: Parameters, language: Language = ENGLISH) -> str:
    """Return the sentence of a problem."""
    if "reason" in parameters:
        code = f"{code}.{parameters['reason']}"
    elif "choices" in parameters and len(parameters["choices"]) < 2:  # noqa: PLR2004 - there is no "one of".
        code += ".only" if parameters["choices"] else ".none"
    sentence = render(language, "PROBLEMS", code, **parameters)
    if "value" not in parameters:
        return sentence
    # A value of the wrong type follows the name of its type.
    shown = "found" if "found" in parameters else "got"
    return render(language, "ERRORS", shown, sentence=sentence, value=parameters["value"])


def group_thousands(count: int) -> str:
    """Return a number as text, with a space between groups of three digits."""
    return f"{count:,}".replace(",", " ")


def with_article(noun: str) -> str:
    """Return a noun with its article: ``an Order``."""
    return f"{'an' if noun[:1].lower() in set('aeiou') else 'a'} {noun}"


def join_words(words: Iterable[object], conjunction: str = "or", language: Language = ENGLISH) -> str:
    """Join words as in a sentence: ``a``, ``a or b``, ``a, b or c``.

    Args:
        words: the words.
        conjunction: ``and``, ``or``, ``nor``, ``list`` (commas only) or ``clauses`` (semicolons).
        language: the language of the sentence.
    """
    between, before_last = language.JOINERS[conjunction]
    *most, last = [isolate(str(word), language) for word in words]
    return f"{between.join(most)}{before_last}{last}" if most else last


def cut(text: str, length: int) -> str:
    """Return the beginning of a text and an ellipsis; an isolated part does not stay open."""
    kept = text[:length]
    is_open = kept.count(FIRST_STRONG_ISOLATE) > kept.count(POP_ISOLATE)
    return f"{kept}…{POP_ISOLATE * is_open}"


def to_html(text: str, language: AnyLanguage) -> str:
    """Return a rendered text as HTML: escaped, with its language and direction, and what is isolated as ``bdi``."""
    chosen = language_of(language)
    return f'<span lang="{chosen.CODE}" dir="{chosen.DIRECTION}">{"".join(_html_parts(text))}</span>'


def _html_parts(text: str) -> Iterator[str]:
    for position, part in enumerate(_ISOLATED.split(text)):
        escaped = html.escape(part)
        yield f'<bdi dir="ltr">{escaped}</bdi>' if position % 2 else escaped
