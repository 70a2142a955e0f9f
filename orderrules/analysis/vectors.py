"""Test vectors: the decisions of a rulebook as JSON, for services in any language.

They cover every cell of the decision table. For every point of an order, there is an update of each key alone, of each
value of a fact alone, of each value with all other keys, and a vector for each action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderrules.analysis.schema import DIALECT
from orderrules.engine.decision_table import table_of
from orderrules.engine.samples import orders_of, patch_at
from orderrules.grammar.condition_json import point_to_json
from orderrules.grammar.orders import free_keys
from orderrules.grammar.rulebook import assignments
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET

__all__ = ["SCHEMA", "suite"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Point
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
                **_order_vector(point, order, given),
                "body": write_body(patch),
                "closed": list(dict.fromkeys(violation.section.value for violation in decision.violations)),
                **_verdict_vector(decision),
            }
            for point, order in orders
            for patch in patches
            for given in _under_settings(rulebook, patch.sections)
            for decision in [table_of(given).decide(order, patch)]
        ],
        "actions": [
            {
                **_order_vector(point, order, given),
                "action": action.value,
                **_verdict_vector(table_of(given).decide_action(order, action)),
            }
            for point, order in orders
            for action in rulebook.actions or ()
            for given in _under_settings(rulebook, [action])
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


def _under_settings(
    rulebook: Rulebook[OrderT, PatchT], sections: Iterable[StrEnum]
) -> Iterator[Rulebook[OrderT, PatchT]]:
    """Iterate over a rulebook as it is, and with all values of the parameters that some sections depend on."""
    yield rulebook
    parameters = rulebook.parameters_of(*sections)
    if parameters:
        yield from map(rulebook.settled, assignments(parameters))


def _order_vector(point: Point, order: OrderBase[Any], given: Rulebook[Any, Any]) -> dict[str, object]:
    shown = {fact: value for fact, value in point.items() if value is not UNSET}
    return {
        "facts": point_to_json(shown),
        "order": order.__payload__(),
        "given": point_to_json(dict(given.settings)),
    }


def _verdict_vector(decision: Decision) -> dict[str, object]:
    return {
        "allowed": decision.allowed,
        "violated": [violation.rule.id for violation in decision.violations],
        "waived": [waiver.id for waiver in decision.waivers],
        "rests_on": [assumption.id for assumption in decision.assumptions],
    }
