"""The JSON Schema (2020-12) of an exported rulebook: ``rulebook.json``."""

from __future__ import annotations

from typing import Any, Final

from orderrules.analysis.answer_schemas import CONDITION
from orderrules.analysis.schema import DIALECT
from orderrules.grammar.rulebook_json import FORMAT

__all__ = ["RULEBOOK"]


def _object(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema.
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(items: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a keyword of a schema.
    return {"type": "array", "items": items, **more}


def _by_name(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": items}


def _pair(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return _array({}, prefixItems=[first, second], minItems=2, maxItems=2)


_STRING: Final = {"type": "string"}
_STRINGS: Final = _array(_STRING)
_FLAG: Final = {"type": "boolean"}
_OPTIONAL: Final = {"type": ["object", "null"]}
_KEY: Final = {"type": ["string", "null"]}
_ANY: Final[dict[str, Any]] = {}
_TEXT: Final = {
    "description": "a text, or one for each language, by its code",
    "anyOf": [_STRING, {**_by_name(_STRING), "required": ["en"]}],
}
_CONDITION: Final = {"$ref": "#/$defs/condition"}
_RULE: Final = {
    "description": "what the page says of a section or an action: it is open only if the condition holds",
    **_object(id=_STRING, section=_STRING, subject=_TEXT, only_if=_CONDITION, reason=_TEXT, caveat=_TEXT),
}
_FACT: Final[dict[str, Any]] = {
    "name": _STRING,
    "attribute": {"description": "the attribute of the order or the key of the body that it is read from", **_STRING},
    "values": {"description": "the values that are told apart; ranges of numbers are in `bands`", **_array(_ANY)},
    "bands": {
        "description": "bounds: up to the first, above it up to the second, and so on",
        **_array({"type": "number"}),
    },
    "counts": {"description": "whether the fact is the length of a list", **_FLAG},
    "flag": {"description": "whether it is stated as *it is draft*, not as *draft is true*", **_FLAG},
    "absent": {
        "description": "its value if an order has none; null if it must have one",
        **_object(value=_ANY),
        **_OPTIONAL,
    },
    "unlisted": {"description": "what a value that is not listed is", **_STRING},
    "names": {"description": "its name in other languages, by their codes", **_by_name(_STRING)},
    "says": {
        "description": "sentences for merchants: is, is not, is none of, and while it is, by language",
        **_by_name(_STRINGS),
    },
    "labels": {"description": "what a value is called", **_array(_pair(_ANY, _TEXT))},
    "phrases": {"description": "what a value is called in a sentence for merchants", **_array(_pair(_ANY, _TEXT))},
    "notes": {"description": "a whole sentence about a value", **_array(_pair(_ANY, _TEXT))},
    "remedies": {"description": "what helps if it has this value", **_array(_pair(_ANY, _TEXT))},
    "aliases": {"description": "other spellings that mean a value", **_array(_pair(_STRING, _ANY))},
    "words": {"description": "usual mistakes, and the value to suggest", **_array(_pair(_STRING, _STRING))},
}
_PLACE: Final = {
    "description": "where an attribute of an order stands in a payload",
    **_object(
        attribute=_STRING,
        path=_STRINGS,
        schema={"description": "the JSON Schema of its value; null if its presence is what counts", **_OPTIONAL},
        required=_FLAG,
        if_left_out={"description": "what it is if the path leads nowhere", **_ANY},
        empty={"description": "the kinds of JSON values that count as empty", **_STRINGS},
        if_empty={"description": "what it is then", **_ANY},
        if_key_left_out={"description": "what it is if only the last key of the path is not there", **_ANY},
        if_present={"description": "what it is if there is a value without a schema", **_ANY},
        length={"description": "whether it is the length of the list that stands there", **_FLAG},
        quoted={"description": "whether it is a number in quotes", **_FLAG},
        expected={"description": "what a problem says was expected", **_STRING},
    ),
}
_PAYLOAD: Final = _object(
    places=_array(_PLACE),
    inside={"description": "the key of the envelope", **_KEY},
    event={"description": "the key that names a webhook's event", **_KEY},
    others={"description": "beginnings of events that have no order", **_STRINGS},
    activity={"description": "the key of the order in an entry of its history", **_KEY},
    shows={"description": "keys, one of which an order has", **_STRINGS},
    beside_id={"description": "keys that show an order if there is also an id", **_STRINGS},
    never={"description": "keys that an order never has", **_STRINGS},
    success={"description": "the key that is false in an answer that is no order", **_KEY},
    implies=_array(_object(attribute=_STRING, value=_ANY, then=_object(attribute=_STRING, value=_ANY))),
    guest={
        "description": "the attribute, and its value, that a caller states who knows that the customer is a guest",
        **_object(attribute=_STRING, value=_ANY, unless=_ANY),
        **_OPTIONAL,
    },
)
_ALTERNATIVE: Final = _object(
    name=_STRING, rules={"description": "the rules that take the place of those with their ids", **_array(_RULE)}
)
RULEBOOK: Final[dict[str, Any]] = {
    "$schema": DIALECT,
    "title": "orderrules rulebook",
    **_object(
        format={"description": "the version of this form", "const": FORMAT},
        platform=_STRING,
        edition=_STRING,
        facts=_array(_object(of={"enum": ["order", "update"]}, **_FACT)),
        parameters=_array(_object(**_FACT, about=_TEXT, missing=_TEXT)),
        sections=_by_name(_object(title=_TEXT, keys=_STRINGS)),
        actions={"description": "what else may be asked about, with its title", **_by_name(_TEXT)},
        rules=_array(_RULE),
        waivers={
            "description": "under these conditions nothing is refused",
            **_array(_object(id=_STRING, when=_CONDITION, reason=_TEXT)),
        },
        assumptions={
            "description": "what the page leaves open, how it is read, and how else it may be read",
            **_array(_object(id=_STRING, question=_TEXT, answer=_TEXT, alternatives=_array(_ALTERNATIVE))),
        },
        advice={
            "description": "what is allowed but probably not meant; the other keys depend on the kind",
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": _STRING, "kind": _STRING, "message": _TEXT},
                "required": ["id", "kind", "message"],
            },
        },
        effects={
            "description": "what sending a key changes in the order beside what is sent",
            **_array(_object(key=_STRING, attribute=_STRING, value=_ANY)),
        },
        defaults={"description": "what a key that is left out is reset to", **_array(_pair(_STRING, _ANY))},
        given={"description": "the values of parameters that are given, by keyword", **_by_name(_ANY)},
        digest={"description": "identifies the decisions", "type": "string", "pattern": "^[0-9a-f]{64}$"},
        body={"description": "the JSON Schema of an update's body", "type": "object"},
        payload=_PAYLOAD,
    ),
    "$defs": {"condition": CONDITION},
}
"""The schema of what ``orderrules export`` writes. ``Rulebook.to_json`` has no ``digest``, ``body`` and ``payload``."""
RULEBOOK["required"] = [name for name in RULEBOOK["properties"] if name not in {"digest", "body", "payload"}]
