"""The sentences in both languages, side by side: the words of a platform, what each cell says, and all fragments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orderrules import Policy, salla
from orderrules.analysis.words import words_of
from orderrules.engine.decision_table import table_of
from orderrules.languages import ar, en
from orderrules.languages.sentences import TABLES, Words, count_of, to_html, translate
from tests.kit.markdown import table
from tests.kit.specs import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTED: Final = re.compile(r"\{(\w+):(\w+)\}")
_PLACE: Final = re.compile(r"\{(\w+)[^{}]*\}")
_CATALOGUE: Final = {f"«{name}»" for name in salla.ARABIC_NAMES.values()}


def sentences_of(policy: Policy[Any, Any]) -> Iterator[tuple[str, str]]:
    """Yield every sentence that a cell can give, in English and in Arabic."""
    for cell in table_of(policy).cells():
        for decision in (cell.decision, cell.update):
            things: list[Any] = [*decision.violations, *decision.waivers, *decision.caveats]
            yield from ((thing.render("en"), thing.render("ar")) for thing in things)
            if not decision.violations:
                yield from zip(decision.messages_in("en"), decision.messages_in("ar"), strict=True)


def draw_sentences(name: str) -> str:
    """Return a table of what the cells of a policy can say."""
    rows = sorted(dict(sentences_of(POLICIES[name])).items())
    return table([["English", "Arabic"], *([_text(one), _arabic(other)] for one, other in rows)])


def draw_words(name: str) -> str:
    """Return a table of the words of a policy."""
    rows: list[list[str]] = []
    for about, which, text in words_of(POLICIES[name]):
        if isinstance(text, Words):
            arabic = text.translations["ar"]
            whose = "Salla's" if name == "salla" and arabic in _CATALOGUE else "ours"
            rows.append([f"`{about}`: {which}", _text(str(text)), _arabic(translate(text, ar)), whose])
    return table([["what", "English", "Arabic", "whose Arabic"], *rows])


def draw_fragments() -> str:
    """Return a table of the fragments of which all sentences are made."""
    rows: list[list[str]] = []
    for name in TABLES:
        if name in {"NOUNS", "JOINERS", "FORMS"}:
            continue
        for code, english in getattr(en, name).items():
            arabic = _marked(english, getattr(ar, name)[code])
            rows.append([f"`{name}` `{code}`", _text(_COUNTED.sub(_plural, english)), _arabic(arabic)])
    return table([["table and code", "English", "Arabic"], *rows])


def draw_counts() -> str:
    """Return a table of counted nouns."""
    counts = (1, 2, 3, 11, 100)
    rows = [[f"`{noun}`", *(_arabic(count_of(count, noun, ar)) for count in counts)] for noun in ar.NOUNS]
    return table([["noun", *map(str, counts)], *rows])


def _plural(match: re.Match[str]) -> str:
    return f"{{{match[1]}}} {match[2]}s"


def _marked(english: str, arabic: str) -> str:
    """Return a fragment with its Latin words and its parameters isolated."""
    text = translate(Words({"en": english, "ar": arabic}), ar)
    return _PLACE.sub(lambda match: f"\u2068{match[0]}\u2069", text)


def _text(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


def _arabic(text: str) -> str:
    return _text(to_html(text, ar))
