"""Functions that make sentences of fragments and their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from orderrules.languages import en

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Parameters = Mapping[str, Any]
    """The parameters of a fragment, by name: strings, numbers, booleans and lists of strings, ready for JSON."""


def fill(fragment: str, parameters: Parameters) -> str:
    """Put parameters into a fragment. Numbers are grouped, lists joined, and kinds of values get their articles."""
    return fragment.format_map({name: _text_of(name, value) for name, value in parameters.items()})


def _text_of(name: str, value: object) -> object:
    if name in {"expected", "found"} and type(value) is str:
        return en.KINDS.get(value, f"a {value}")
    if name == "choices":
        return ", ".join(cast("list[str]", value))
    if type(value) is list:
        return join_words(cast("list[str]", value)) if value else ""
    return group_thousands(value) if type(value) is int and name != "value" else value


def problem_sentence(code: str, parameters: Parameters) -> str:
    """Return the sentence of a problem."""
    if "reason" in parameters:
        code = f"{code}.{parameters['reason']}"
    elif "choices" in parameters and len(parameters["choices"]) < 2:  # noqa: PLR2004 - there is no "one of".
        code += ".only" if parameters["choices"] else ".none"
    sentence = fill(en.PROBLEMS[code], parameters)
    if "value" not in parameters:
        return sentence
    # A value of the wrong type follows the name of its type.
    return f"{sentence}, {parameters['value']!r}" if "found" in parameters else sentence + fill(en.GOT, parameters)


def group_thousands(count: int) -> str:
    """Return a number as text, with a space between groups of three digits."""
    return f"{count:,}".replace(",", " ")


def with_article(noun: str) -> str:
    """Return a noun with its article: ``an Order``."""
    return f"{'an' if noun[:1].lower() in set('aeiou') else 'a'} {noun}"


def join_words(words: Iterable[object], conjunction: str = "or") -> str:
    """Join words as in a sentence: ``a``, ``a or b``, ``a, b or c``."""
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} {conjunction} {last}" if most else last
