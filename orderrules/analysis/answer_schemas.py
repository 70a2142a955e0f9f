"""The JSON Schemas (2020-12) of decisions and problems, as ``to_dict`` writes them, and of problem documents."""

from __future__ import annotations

from typing import Any, Final

from orderrules.analysis.schema import DIALECT
from orderrules.grammar.condition_json import VERSION
from orderrules.reading.problems import Code, Part

__all__ = ["ADVICE", "CONDITION", "DECISION", "NOTE", "PROBLEM", "PROBLEMS", "PROBLEM_DOCUMENT", "SCHEMAS"]


def _closed(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema.
    """Return the schema of an object that has exactly these keys; a key that may be left out ends with ``_``."""
    return {
        "type": "object",
        "properties": {name.removesuffix("_"): schema for name, schema in properties.items()},
        "required": [name for name in properties if not name.endswith("_")],
        "additionalProperties": False,
    }


def _extensible(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema.
    """Return the schema of an object that has these keys, and may have others beside them."""
    return {key: value for key, value in _closed(**properties).items() if key != "additionalProperties"}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


_TEXT: Final[dict[str, Any]] = {"type": "string"}
_FLAG: Final[dict[str, Any]] = {"type": "boolean"}
_COUNT: Final[dict[str, Any]] = {"type": "integer", "minimum": 0}
_VALUE: Final[dict[str, Any]] = {
    "description": "a value of a fact",
    "anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        _closed(text=_TEXT),
        {
            "type": "object",
            "properties": {word: {"anyOf": [{"type": "number"}, _closed(text=_TEXT)]} for word in ("above", "at most")},
            "minProperties": 1,
            "additionalProperties": False,
        },
        _closed(state={"enum": ["unknown", "not shown", "left out"]}, shown_=_TEXT, suggestion_=_TEXT),
    ],
}
_FACTS: Final[dict[str, Any]] = {"type": "object", "additionalProperties": _VALUE}
_PARAMS: Final[dict[str, Any]] = {
    "description": "the parameters of the message",
    "type": "object",
    "additionalProperties": {
        "anyOf": [{"type": ["string", "number", "boolean"]}, {"type": "array", "items": _TEXT}],
    },
}
CONDITION: Final[dict[str, Any]] = {
    "description": "a condition on facts",
    "anyOf": [
        {
            "type": "object",
            "properties": {"fact": _TEXT, word: _array(_VALUE)},
            "required": ["fact", word],
            "additionalProperties": False,
        }
        for word in ("in", "not in")
    ]
    + [_closed(**{word: _array({"$ref": "#/$defs/condition"})}) for word in ("all", "any")]
    + [
        _closed(
            fact=_TEXT,
            follows=_TEXT,
            table=_array({"type": "array", "prefixItems": [_VALUE, _array(_VALUE)], "minItems": 2, "maxItems": 2}),
            staying=_FLAG,
            **{"not": _FLAG},
        )
    ],
}
"""The schema of a condition. It refers to itself as ``#/$defs/condition``."""
NOTE: Final[dict[str, Any]] = _closed(
    note={"enum": ["caveat", "not_given", "not_shown", "unreadable", "not_listed"]}, params=_PARAMS, message=_TEXT
)
"""The schema of a note."""
ADVICE: Final[dict[str, Any]] = _closed(advice=_TEXT, keys=_array(_TEXT), params=_PARAMS, message=_TEXT)
"""The schema of a piece of advice."""
_CONDITION: Final[dict[str, Any]] = {"$ref": "#/$defs/condition"}
DECISION: Final[dict[str, Any]] = {
    "$schema": DIALECT,
    "title": "orderrules decision",
    **_extensible(
        version={"description": "the version of this form", "const": VERSION},
        rulebook={
            "anyOf": [
                _closed(
                    name=_TEXT,
                    edition=_TEXT,
                    digest={**_TEXT, "pattern": "^[0-9a-f]{64}$"},
                    given_={"description": "the parameters that were given, by name", **_FACTS},
                ),
                {"type": "null"},
            ]
        },
        order_={"description": "the facts of the order, by name", **_FACTS},
        update_=_closed(keys={"description": "the body keys that the update sends", **_array(_TEXT)}, facts=_FACTS),
        action_={"description": "the action that was asked about", **_TEXT},
        allowed=_FLAG,
        violations=_array(
            _closed(
                rule=_TEXT,
                section=_TEXT,
                keys=_array(_TEXT),
                facts=_array(_closed(fact=_TEXT, value=_VALUE)),
                condition=_CONDITION,
                actual=_TEXT,
                expected=_TEXT,
                message=_TEXT,
                reason=_TEXT,
            )
        ),
        waivers=_array(_closed(waiver=_TEXT, condition=_CONDITION, when=_TEXT, reason=_TEXT)),
        assumptions=_array(_closed(assumption=_TEXT, question=_TEXT, answer=_TEXT, alternatives=_array(_TEXT))),
        notes=_array(NOTE),
    ),
    "$defs": {"condition": CONDITION},
}
"""The schema of ``Decision.to_dict``. Other keys may stand beside its own."""
PROBLEM: Final[dict[str, Any]] = _closed(
    pointer={"description": "an RFC 6901 JSON pointer", **_TEXT},
    code={"enum": [code.value for code in Code]},
    params=_PARAMS,
    message=_TEXT,
    remedy={"description": "the code of the hint", **_TEXT},
    hint=_TEXT,
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
        what={"description": "what could not be done", **_TEXT},
        problems={**_array(PROBLEM), "minItems": 1},
        more={"description": "how many further problems there are", **_COUNT},
    ),
}
"""The schema of ``InvalidInput.to_dict``."""
PROBLEM_DOCUMENT: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "a request that cannot be read or is refused (RFC 9457)",
    **_extensible(
        type={**_TEXT, "format": "uri-reference"},
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
        errors=_array(
            _extensible(
                pointer_=_TEXT,
                path_=_TEXT,
                query_=_TEXT,
                code_=_TEXT,
                params_=_PARAMS,
                remedy_={"description": "the code of the hint", **_TEXT},
                rule_=_TEXT,
                section_=_TEXT,
                facts_=_array(_closed(fact=_TEXT, value=_VALUE)),
                condition_={"description": "a condition, as in a decision", "type": "object"},
                reason_=_TEXT,
                detail=_TEXT,
                hint_=_TEXT,
            )
        ),
        more_=_COUNT,
        rules_=_array(_TEXT),
        assumptions_=_array(_TEXT),
        allowed_=_extensible(sections_=_array(_TEXT), keys_=_array(_TEXT), statuses_=_array(_TEXT)),
    ),
}
"""The schema of a problem document. It has no references, so that an OpenAPI document can contain it."""
SCHEMAS: Final = {"decision": DECISION, "problems": PROBLEMS, "problem-document": PROBLEM_DOCUMENT}
"""The schemas by name."""
