"""The JSON Schema (2020-12) of an exported rulebook: ``rulebook.json``."""

from __future__ import annotations

from typing import Any, Final

from orderrules.analysis.answer_schemas import CONDITION, FLAG, TEXT, array, closed
from orderrules.analysis.schema import DIALECT
from orderrules.grammar.rulebook_json import FORMAT

__all__ = ["RULEBOOK"]


def _by_name(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": items}


def _pair(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {**array({}), "prefixItems": [first, second], "minItems": 2, "maxItems": 2}


_STRINGS: Final = array(TEXT)
_OPTIONAL: Final = {"type": ["object", "null"]}
_KEY: Final = {"type": ["string", "null"]}
_ANY: Final[dict[str, Any]] = {}
_WORDS: Final = {
    "description": "a text, or one for each language, by its code",
    "anyOf": [TEXT, {**_by_name(TEXT), "required": ["en"]}],
}
_CONDITION: Final = {"$ref": "#/$defs/condition"}
_RULE: Final = {
    "description": "what the page says of a section or an action: it is open only if the condition holds",
    **closed(id=TEXT, section=TEXT, subject=_WORDS, only_if=_CONDITION, reason=_WORDS, caveat=_WORDS),
}
_FACT: Final[dict[str, Any]] = {
    "name": TEXT,
    "attribute": {"description": "the attribute of the order or the key of the body that it is read from", **TEXT},
    "values": {"description": "the values that are told apart; ranges of numbers are in `bands`", **array(_ANY)},
    "bands": {
        "description": "bounds: up to the first, above it up to the second, and so on",
        **array({"type": "number"}),
    },
    "counts": {"description": "whether the fact is the length of a list", **FLAG},
    "flag": {"description": "whether it is stated as *it is draft*, not as *draft is true*", **FLAG},
    "absent": {
        "description": "its value if an order has none; null if it must have one",
        **closed(value=_ANY),
        **_OPTIONAL,
    },
    "unlisted": {"description": "what a value that is not listed is", **TEXT},
    "names": {"description": "its name in other languages, by their codes", **_by_name(TEXT)},
    "says": {
        "description": "sentences for merchants: is, is not, is none of, and while it is, by language",
        **_by_name(_STRINGS),
    },
    "labels": {"description": "what a value is called", **array(_pair(_ANY, _WORDS))},
    "phrases": {"description": "what a value is called in a sentence for merchants", **array(_pair(_ANY, _WORDS))},
    "notes": {"description": "a whole sentence about a value", **array(_pair(_ANY, _WORDS))},
    "remedies": {"description": "what helps if it has this value", **array(_pair(_ANY, _WORDS))},
    "aliases": {"description": "other spellings that mean a value", **array(_pair(TEXT, _ANY))},
    "words": {"description": "usual mistakes, and the value to suggest", **array(_pair(TEXT, TEXT))},
}
_PLACE: Final = {
    "description": "where an attribute of an order stands in a payload",
    **closed(
        attribute=TEXT,
        path=_STRINGS,
        schema={"description": "the JSON Schema of its value; null if its presence is what counts", **_OPTIONAL},
        required=FLAG,
        if_left_out={"description": "what it is if the path leads nowhere", **_ANY},
        empty={"description": "the kinds of JSON values that count as empty", **_STRINGS},
        if_empty={"description": "what it is then", **_ANY},
        if_key_left_out={"description": "what it is if only the last key of the path is not there", **_ANY},
        if_present={"description": "what it is if there is a value without a schema", **_ANY},
        length={"description": "whether it is the length of the list that stands there", **FLAG},
        quoted={"description": "whether it is a number in quotes", **FLAG},
        expected={"description": "what a problem says was expected", **TEXT},
    ),
}
_PAYLOAD: Final = closed(
    places=array(_PLACE),
    inside={"description": "the key of the envelope", **_KEY},
    event={"description": "the key that names a webhook's event", **_KEY},
    others={"description": "beginnings of events that have no order", **_STRINGS},
    activity={"description": "the key of the order in an entry of its history", **_KEY},
    shows={"description": "keys, one of which an order has", **_STRINGS},
    beside_id={"description": "keys that show an order if there is also an id", **_STRINGS},
    never={"description": "keys that an order never has", **_STRINGS},
    success={"description": "the key that is false in an answer that is no order", **_KEY},
    implies=array(closed(attribute=TEXT, value=_ANY, then=closed(attribute=TEXT, value=_ANY))),
    guest={
        "description": "the attribute, and its value, that a caller states who knows that the customer is a guest",
        **closed(attribute=TEXT, value=_ANY, unless=_ANY),
        **_OPTIONAL,
    },
)
_ALTERNATIVE: Final = closed(
    name=TEXT,
    answer=_WORDS,
    rules={"description": "the rules that take the place of those with their ids", **array(_RULE)},
)
RULEBOOK: Final[dict[str, Any]] = {
    "$schema": DIALECT,
    "title": "orderrules rulebook",
    **closed(
        format={"description": "the version of this form", "const": FORMAT},
        platform=TEXT,
        edition=TEXT,
        facts=array(closed(of={"enum": ["order", "update"]}, **_FACT)),
        parameters=array(closed(**_FACT, about=_WORDS, missing=_WORDS)),
        sections=_by_name(closed(title=_WORDS, keys=_STRINGS)),
        actions={"description": "what else may be asked about, with its title", **_by_name(_WORDS)},
        rules=array(_RULE),
        waivers={
            "description": "under these conditions nothing is refused",
            **array(closed(id=TEXT, when=_CONDITION, reason=_WORDS)),
        },
        assumptions={
            "description": "what the page leaves open, how it is read, and how else it may be read",
            **array(closed(id=TEXT, question=_WORDS, name=TEXT, answer=_WORDS, alternatives=array(_ALTERNATIVE))),
        },
        advice={
            "description": "what is allowed but probably not meant; the other keys depend on the kind",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": TEXT, "kind": TEXT, "message": _WORDS},
                "required": ["id", "kind", "message"],
            },
        },
        effects={
            "description": "what sending a key changes in the order beside what is sent",
            **array(closed(key=TEXT, attribute=TEXT, value=_ANY)),
        },
        defaults={"description": "what a key that is left out is reset to", **array(_pair(TEXT, _ANY))},
        given={"description": "the values of parameters that are given, by keyword", **_by_name(_ANY)},
        digest_={"description": "identifies the decisions", "type": "string", "pattern": "^[0-9a-f]{64}$"},
        body_={"description": "the JSON Schema of an update's body", "type": "object"},
        payload_=_PAYLOAD,
    ),
    "$defs": {"condition": CONDITION},
}
"""The schema of what ``orderrules export`` writes. ``Rulebook.to_json`` has no ``digest``, ``body`` and ``payload``."""
