"""The JSON Schemas (2020-12) of decisions and problems, as ``to_dict`` writes them, and of problem documents."""

from __future__ import annotations

from typing import Any, Final

from orderrules.analysis.schema import DIALECT
from orderrules.grammar.condition_json import VERSION
from orderrules.reading.problems import Code, Part

__all__ = [
    "ADVICE",
    "CONDITION",
    "DECISION",
    "FLAG",
    "NOTE",
    "PROBLEM",
    "PROBLEMS",
    "PROBLEM_DOCUMENT",
    "SCHEMAS",
    "TEXT",
    "array",
    "closed",
]


def closed(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema.
    """Return the schema of an object that has exactly these keys; a key that may be left out ends with ``_``."""
    return {
        "type": "object",
        "properties": {name.removesuffix("_"): schema for name, schema in properties.items()},
        "required": [name for name in properties if not name.endswith("_")],
        "additionalProperties": False,
    }


def _extensible(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema.
    """Return the schema of an object that has these keys, and may have others beside them."""
    return {key: value for key, value in closed(**properties).items() if key != "additionalProperties"}


def array(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


TEXT: Final[dict[str, Any]] = {"type": "string"}
FLAG: Final[dict[str, Any]] = {"type": "boolean"}
_COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_VALUE: Final[dict[str, Any]] = {
    "description": "a value of a fact",
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        closed(text=TEXT),
        {
            "type": "object",
            "properties": {word: {"anyOf": [{"type": "number"}, closed(text=TEXT)]} for word in ("above", "at most")},
            "minProperties": 1,
            "additionalProperties": False,
        },
        closed(state={"enum": ["unknown", "not shown", "left out"]}, shown_=TEXT, suggestion_=TEXT),
    ],
}
_FACTS: Final[dict[str, Any]] = {"type": "object", "additionalProperties": _VALUE}
_PARAMS: Final[dict[str, Any]] = {
    "description": "the parameters of the message",
    "type": "object",
    "additionalProperties": {
        "anyOf": [{"type": ["string", "number", "boolean"]}, {"type": "array", "items": TEXT}],
    },
}
CONDITION: Final[dict[str, Any]] = {
    "description": "a condition on facts",
    "anyOf": [
        {
            "type": "object",
            "properties": {"fact": TEXT, word: array(_VALUE)},
            "required": ["fact", word],
            "additionalProperties": False,
        }
        for word in ("in", "not in")
    ]
    + [closed(**{word: array({"$ref": "#/$defs/condition"})}) for word in ("all", "any")]
    + [
        closed(
            fact=TEXT,
            follows=TEXT,
            table=array({"type": "array", "prefixItems": [_VALUE, array(_VALUE)], "minItems": 2, "maxItems": 2}),
            staying=FLAG,
            **{"not": FLAG},
        )
    ],
}
"""The schema of a condition. It refers to itself as ``#/$defs/condition``."""
NOTE: Final[dict[str, Any]] = closed(
    note={"enum": ["caveat", "not_given", "not_shown", "unreadable", "not_listed"]}, params=_PARAMS, message=TEXT
)
"""The schema of a note."""
ADVICE: Final[dict[str, Any]] = closed(advice=TEXT, keys=array(TEXT), params=_PARAMS, message=TEXT)
"""The schema of a piece of advice."""
_CONDITION: Final[dict[str, Any]] = {"$ref": "#/$defs/condition"}
DECISION: Final[dict[str, Any]] = {
    "$schema": DIALECT,
    "title": "orderrules decision",
    **_extensible(
        version={"description": "the version of this form", "const": VERSION},
        rulebook={
            "anyOf": [
                closed(
                    name=TEXT,
                    edition=TEXT,
                    digest_={
                        "description": "left out by the exported JavaScript under other answers to assumptions",
                        **TEXT,
                        "pattern": "^[0-9a-f]{64}$",
                    },
                    assumptions_={
                        "description": "those answers, by the ids of assumptions",
                        "type": "object",
                        "additionalProperties": TEXT,
                    },
                    given_={"description": "the parameters that were given, by name", **_FACTS},
                ),
                {"type": "null"},
            ]
        },
        order_={"description": "the facts of the order, by name", **_FACTS},
        update_=closed(keys={"description": "the body keys that the update sends", **array(TEXT)}, facts=_FACTS),
        action_={"description": "the action that was asked about", **TEXT},
        allowed=FLAG,
        violations=array(
            closed(
                rule=TEXT,
                section=TEXT,
                keys=array(TEXT),
                facts=array(closed(fact=TEXT, value=_VALUE)),
                condition=_CONDITION,
                actual=TEXT,
                expected=TEXT,
                message=TEXT,
                reason=TEXT,
            )
        ),
        waivers=array(closed(waiver=TEXT, condition=_CONDITION, when=TEXT, reason=TEXT)),
        assumptions=array(closed(assumption=TEXT, question=TEXT, answer=TEXT, alternatives=array(TEXT))),
        notes=array(NOTE),
    ),
    "$defs": {"condition": CONDITION},
}
"""The schema of ``Decision.to_dict``. Other keys may stand beside its own."""
PROBLEM: Final[dict[str, Any]] = closed(
    pointer={"description": "an RFC 6901 JSON pointer", **TEXT},
    code={"enum": [code.value for code in Code]},
    params=_PARAMS,
    message=TEXT,
    remedy={"description": "the code of the hint", **TEXT},
    hint=TEXT,
    input_={"description": "the input of a command that has several", "enum": ["order", "patch"]},
    line_=_COUNT,
    row_=_COUNT,
    part_={"enum": [part.value for part in Part if part is not Part.BODY]},
)
"""The schema of ``Problem.to_dict``; a command that reads several inputs adds which one it is."""
PROBLEMS: Final[dict[str, Any]] = {
    "$schema": DIALECT,
    "title": "orderrules problems",
    **_extensible(
        what={"description": "what could not be done", **TEXT},
        problems={**array(PROBLEM), "minItems": 1},
        more={"description": "how many further problems there are", **_COUNT},
    ),
}
"""The schema of ``InvalidInput.to_dict``."""
PROBLEM_DOCUMENT: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "a request that cannot be read or is refused (RFC 9457)",
    **_extensible(
        type={**TEXT, "format": "uri-reference"},
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT,
        errors=array(
            _extensible(
                pointer_=TEXT,
                path_=TEXT,
                query_=TEXT,
                code_=TEXT,
                params_=_PARAMS,
                remedy_={"description": "the code of the hint", **TEXT},
                rule_=TEXT,
                section_=TEXT,
                facts_=array(closed(fact=TEXT, value=_VALUE)),
                condition_={"description": "a condition, as in a decision", "type": "object"},
                reason_=TEXT,
                detail=TEXT,
                hint_=TEXT,
            )
        ),
        more_=_COUNT,
        rules_=array(TEXT),
        assumptions_=array(TEXT),
        allowed_=_extensible(sections_=array(TEXT), keys_=array(TEXT), statuses_=array(TEXT)),
    ),
}
"""The schema of a problem document. It has no references, so that an OpenAPI document can contain it."""
SCHEMAS: Final = {"decision": DECISION, "problems": PROBLEMS, "problem-document": PROBLEM_DOCUMENT}
"""The schemas by name."""
