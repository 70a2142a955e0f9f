"""Test vectors: the decisions of a rulebook as JSON, for services in any language.

They cover every cell of the decision table. For every point of an order, there is an update of each key alone, of each
value of a fact alone, of each value with all other keys, and a vector for each action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderrules.analysis.schema import DIALECT
from orderrules.engine.decision_table import table_of
from orderrules.engine.samples import orders_of, patch_at
from orderrules.grammar.condition_json import value_to_json
from orderrules.grammar.orders import free_keys
from orderrules.grammar.rulebook import assignments
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET

__all__ = ["SCHEMA", "suite"]

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact, Point
    from orderrules.grammar.orders import OrderBase, OrderT, PatchT
    from orderrules.grammar.rulebook import Rulebook

_TEXTS: Final = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_FACTS: Final = {"type": "object", "additionalProperties": {"type": ["string", "boolean", "number", "null", "object"]}}
_VERDICT: Final[dict[str, Any]] = {
    "allowed": {"type": "boolean"},
    "violated": {"description": "the ids of the rules that refuse", **_TEXTS},
    "waived": {"description": "the ids of the waivers that were needed to allow it", **_TEXTS},
    "rests_on": {
        "description": "the ids of the assumptions that change the verdict if an alternative is chosen",
        **_TEXTS,
    },
}


def _entries_schema(**own: object) -> dict[str, object]:
    properties = {
        "facts": {
            "description": "the facts of the order, by name; those that it does not show are left out",
            **_FACTS,
        },
        "order": {"description": "the order as in the API's answers", "type": "object"},
        "given": {"description": "the parameters that are known, by name", **_FACTS},
        **own,
    }
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {**properties, **_VERDICT},
            "required": [*properties, *_VERDICT],
            "additionalProperties": False,
        },
    }


SCHEMA: Final[dict[str, object]] = {
    "$schema": DIALECT,
    "title": "orderrules vectors",
    "type": "object",
    "properties": {
        "version": {"description": "the version of this format", "const": 1},
        "platform": {"type": "string"},
        "edition": {"description": "the edition of the platform's rulebook", "type": "string"},
        "digest": {
            "description": "the digest of the rulebook's decisions",
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
        },
        "sections": {
            "description": "the body keys of each section",
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "updates": _entries_schema(
            body={"description": "the body of the update", "type": "object"},
            closed={"description": "the sections that are refused", **_TEXTS},
        ),
        "actions": _entries_schema(action={"type": "string"}),
    },
    "required": ["version", "platform", "edition", "digest", "sections", "updates", "actions"],
    "additionalProperties": False,
}
"""The JSON Schema of a suite."""


def suite(rulebook: Rulebook[OrderT, PatchT]) -> dict[str, object]:
    """Return the vectors of a rulebook as JSON-ready dicts, lists, strings, numbers and booleans.

    An unknown status appears as an example of one. Facts that the payload of an order cannot show (for example, that
    its customer is a guest) are given in ``facts``.
    """
    orders = list(orders_of(rulebook.order_type))
    patches = [
        patch for point, keys in _updates(rulebook) if (patch := patch_at(rulebook.patch_type, point, keys)) is not None
    ]
    return {
        "version": 1,
        "platform": rulebook.name,
        "edition": rulebook.edition,
        "digest": table_of(rulebook).digest(),
        "sections": {section.value: list(rulebook.keys_of(section)) for section in rulebook.sections},
        "updates": [
            {
                **_order_vector(point, order, {**dict(rulebook.settings), **settings}),
                "body": write_body(patch),
                "closed": list(dict.fromkeys(violation.section.value for violation in decision.violations)),
                **_verdict_vector(decision),
            }
            for point, order in orders
            for patch in patches
            for settings in _settings(rulebook, patch.sections)
            for decision in [table_of(rulebook.settled(settings)).decide(order, patch)]
        ],
        "actions": [
            {
                **_order_vector(point, order, {**dict(rulebook.settings), **settings}),
                "action": action.value,
                **_verdict_vector(table_of(rulebook.settled(settings)).decide_action(order, action)),
            }
            for point, order in orders
            for action in rulebook.actions or ()
            for settings in _settings(rulebook, [action])
        ],
    }


def _updates(rulebook: Rulebook[OrderT, PatchT]) -> Iterator[tuple[Point, tuple[str, ...]]]:
    """Iterate over the updates: each key alone, and the values of each point, alone and with all other keys."""
    space = rulebook.patch_type.__space__
    others = free_keys(rulebook.patch_type)
    for point in space.points():
        is_empty = all(value is UNSET for value in point.values())
        for keys in [(), *([(key,) for key in others] if is_empty else []), *([others] if others else [])]:
            yield point, keys


def _settings(rulebook: Rulebook[Any, Any], sections: Iterable[StrEnum]) -> list[dict[Fact, Hashable]]:
    """Return no settings, and all combinations of the parameters that the decisions on some sections depend on."""
    parameters = rulebook.parameters_of(*sections)
    return [{}, *assignments(parameters)] if parameters else [{}]


def _order_vector(point: Point, order: OrderBase[Any], settings: Point) -> dict[str, object]:
    facts = {fact.name: value_to_json(fact, value) for fact, value in point.items() if value is not UNSET}
    given = {parameter.name: value_to_json(parameter, value) for parameter, value in settings.items()}
    return {"facts": facts, "order": order.__payload__(), "given": given}


def _verdict_vector(decision: Decision) -> dict[str, object]:
    return {
        "allowed": decision.allowed,
        "violated": [violation.rule.id for violation in decision.violations],
        "waived": [waiver.id for waiver in decision.waivers],
        "rests_on": [assumption.id for assumption in decision.assumptions],
    }
