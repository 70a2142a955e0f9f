"""The words of a rulebook: every text that an answer may contain, and the languages in which it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orderrules.grammar.conditions import UNKNOWN, Band, Parameter
from orderrules.languages.sentences import Words
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.rulebook import Rulebook


def words_of(rulebook: Rulebook[Any, Any]) -> Iterator[tuple[str, str, str]]:
    """Iterate over the texts of a rulebook, as triples of what a text is about, which of its texts it is, and the text.

    A text is ``Words`` if it is given in several languages.
    """
    for name, title in rulebook.titles:
        yield name, "title", title
    for fact in rulebook.facts:
        yield from _words_of_fact(fact)
    for rule in rulebook.rules:
        titled = rulebook.title_of(rule.section) == rule.subject
        texts = {"subject": "" if titled else rule.subject, "reason": rule.reason, "caveat": rule.caveat}
        yield from ((rule.id, name, text) for name, text in texts.items() if text)
    for waiver in rulebook.waivers:
        yield waiver.id, "reason", waiver.reason
    for advice in rulebook.advice_rules:
        yield advice.id, "message", advice.message
    for assumption in rulebook.assumptions:
        yield assumption.id, "question", assumption.question
        yield assumption.id, "answer", assumption.answer


def _words_of_fact(fact: Fact) -> Iterator[tuple[str, str, str]]:
    yield fact.name, "name", fact.title
    if fact.says:
        yield fact.name, "sentences", Words({code: " / ".join(forms) for code, forms in fact.says})
    if isinstance(fact, Parameter):
        texts = {"about": fact.about, "missing": fact.missing}
        yield from ((fact.name, name, text) for name, text in texts.items() if text)
    phrases, labels, notes = dict(fact.phrases), dict(fact.labels), dict(fact.notes)
    for value in fact.values:
        text = phrases.get(value) or labels.get(value) or notes.get(value) or str(value)
        # The languages have words for these.
        is_common = isinstance(value, Band | bool) or value is UNKNOWN or value is UNSET
        if isinstance(text, Words) or not is_common:
            yield fact.name, fact.label(value), text
    for kind, pairs in (("note", fact.notes), ("remedy", fact.remedies)):
        yield from ((fact.name, f"{kind} on {fact.label(value)}", text) for value, text in pairs)


def languages_of(rulebook: Rulebook[Any, Any]) -> dict[str, list[str]]:
    """Return the languages of a rulebook besides English, each with what lacks it: the ids and names of its texts."""
    texts = list(words_of(rulebook))
    languages = dict.fromkeys(
        code for _, _, text in texts if isinstance(text, Words) for code in text.translations if code != "en"
    )
    return {
        code: list(
            dict.fromkeys(
                f"{about} ({which})" if which else about
                for about, which, text in texts
                if not isinstance(text, Words) or code not in text.translations
            )
        )
        for code in languages
    }
