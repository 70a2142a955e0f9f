"""Test vectors: what a rulebook decides, written down in JSON for services in any language.

They cover every cell: at every point of an order each key alone, each thing that may be asked for alone, the latter
also with all other keys, and each action. It must never know a platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orderrules.analysis.diff import digest
from orderrules.analysis.schema import DIALECT
from orderrules.engine.samples import orders_of, patch_at
from orderrules.engine.table import table_of
from orderrules.grammar.orders import free_keys
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET

__all__ = ["SCHEMA", "suite"]

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Point
    from orderrules.grammar.orders import OrderBase, OrderT, PatchT
    from orderrules.grammar.rulebook import Rulebook

_TEXTS: Final = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_FACTS: Final = {"type": "object", "additionalProperties": {"type": ["string", "boolean", "number", "null"]}}
_VERDICT: Final[dict[str, Any]] = {
    "allowed": {"type": "boolean"},
    "violated": {"description": "the ids of the rules that refuse", **_TEXTS},
    "waived": {"description": "the ids of the waivers without which it would be refused", **_TEXTS},
    "rests_on": {"description": "the assumptions under whose alternative the verdict is the other one", **_TEXTS},
}


def _entries(**own: object) -> dict[str, object]:
    asked = {
        "facts": {
            "description": "what the rules read of the order, by name, what it does not show left out",
            **_FACTS,
        },
        "order": {"description": "the order as the API answers it", "type": "object"},
        **own,
    }
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {**asked, **_VERDICT},
            "required": [*asked, *_VERDICT],
            "additionalProperties": False,
        },
    }


SCHEMA: Final[dict[str, object]] = {
    "$schema": DIALECT,
    "title": "orderrules vectors",
    "type": "object",
    "properties": {
        "version": {"description": "of this format", "const": 1},
        "platform": {"type": "string"},
        "edition": {"description": "of the platform's rulebook", "type": "string"},
        "digest": {"description": "of what the rulebook decides", "type": "string", "pattern": "^[0-9a-f]{64}$"},
        "sections": {
            "description": "the body keys of each section",
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "updates": _entries(
            body={"description": "the body of the update", "type": "object"},
            closed={"description": "the sections that are refused", **_TEXTS},
        ),
        "actions": _entries(action={"type": "string"}),
    },
    "required": ["version", "platform", "edition", "digest", "sections", "updates", "actions"],
    "additionalProperties": False,
}
"""The JSON Schema of a suite."""


def suite(rulebook: Rulebook[OrderT, PatchT]) -> dict[str, object]:
    """Write the vectors of a rulebook as JSON-ready dicts, lists, strings, numbers and booleans.

    A status that no page names is written as an example of one. What an order's payload does not tell
    (whether its customer is a guest, say) stands in its facts.
    """
    orders = list(orders_of(rulebook.order_type))
    patches = [
        patch
        for point, keys in _questions(rulebook)
        if (patch := patch_at(rulebook.patch_type, point, keys)) is not None
    ]
    return {
        "version": 1,
        "platform": rulebook.name,
        "edition": rulebook.edition,
        "digest": digest(rulebook),
        "sections": {section.value: list(rulebook.keys_of(section)) for section in rulebook.sections},
        "updates": [
            {
                **_order(point, order),
                "body": write_body(patch),
                "closed": list(dict.fromkeys(violation.section.value for violation in decision.violations)),
                **_verdict(decision),
            }
            for point, order in orders
            for patch in patches
            for decision in [table_of(rulebook).decide(order, patch)]
        ],
        "actions": [
            {**_order(point, order), "action": action.value, **_verdict(table_of(rulebook).ability(order, action))}
            for point, order in orders
            for action in rulebook.actions or ()
        ],
    }


def _questions(rulebook: Rulebook[OrderT, PatchT]) -> Iterator[tuple[Point, tuple[str, ...]]]:
    """Walk the updates that are asked about: each key alone, and, with whatever is asked for, none and all others."""
    space = rulebook.patch_type.__space__
    others = free_keys(rulebook.patch_type)
    for point in space.points():
        nothing = all(value is UNSET for value in point.values())
        for keys in [(), *([(key,) for key in others] if nothing else []), *([others] if others else [])]:
            yield point, keys


def _order(point: Point, order: OrderBase) -> dict[str, object]:
    told = {fact.name: _json_value(value) for fact, value in point.items() if value is not UNSET}
    return {"facts": told, "order": order.__payload__()}


def _json_value(value: Hashable) -> object:
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _verdict(decision: Decision) -> dict[str, object]:
    return {
        "allowed": decision.allowed,
        "violated": [violation.rule.id for violation in decision.violations],
        "waived": [waiver.id for waiver in decision.waivers],
        "rests_on": [assumption.id for assumption in decision.assumptions],
    }
