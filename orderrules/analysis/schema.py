"""JSON Schemas (2020-12) of update bodies: of all readable bodies, or of those that one order allows.

They are built from the models that the strict reader uses. A schema accepts slightly more than the reader: ``1.0`` as
an integer, any digits as a date, and bodies of any size.
"""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from orderrules.engine.decision_table import table_of
from orderrules.grammar.conditions import UNKNOWN, Band
from orderrules.grammar.orders import sections_by_key
from orderrules.reading.fields import UNSET, is_array, is_model, slots_of, unsupported_type
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.grammar.rulebook import Rulebook

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, object]
_LEAVES: Final[Mapping[object, Schema]] = {
    str: {"type": "string", "pattern": "^[^\\u0000]*$"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    # maxLength is needed because some validators let $ match before a final line break.
    date: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10},
    NoneType: {"type": "null"},
}


def schema_of(annotation: Any) -> Schema:  # noqa: ANN401 - an annotation can be any object.
    """Return the schema of a value of an annotated type.

    Raises:
        TypeError: the strict reader does not support the type.
    """
    options = members(annotation)
    if int in options and float in options:
        options = tuple(option for option in options if option is not int)
    if len(options) > 1:
        return {"anyOf": [schema_of(option) for option in options]}
    only = next(iter(options))
    if is_array(only):
        return {"type": "array", "items": schema_of(get_args(only)[0])}
    if isinstance(only, type) and is_model(only):
        return _object_schema(
            {name: schema_of(slot.annotation) for name, slot in slots_of(only).items()}, _required_keys(only)
        )
    if isinstance(only, type) and issubclass(only, StrEnum):
        return {"type": "string", "enum": [member.value for member in only]}
    if only not in _LEAVES:
        raise unsupported_type(annotation)
    return dict(_LEAVES[only])


def _required_keys(model: type) -> list[str]:
    return [name for name, slot in slots_of(model).items() if not slot.optional]


def _object_schema(properties: Mapping[str, Schema], required: Collection[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
    }


def schema(rulebook: Rulebook[OrderT, PatchT], order: OrderT | None) -> Schema:
    """See ``Policy.schema``."""
    head = {
        "$schema": DIALECT,
        "title": f"{rulebook.name}: update of an order" + ", as this order allows it now" * (order is not None),
    }
    sections = sections_by_key(rulebook.patch_type)
    shapes = [_BodyShape(frozenset(sections), {})] if order is None else _body_shapes(rulebook, order)
    bodies = [_body_schema(rulebook, shape) for shape in shapes]
    return {**head, **(bodies[0] if len(bodies) == 1 else {"anyOf": bodies})}


@attrs.frozen
class _BodyShape:
    """A set of keys that may be sent together.

    Attributes:
        keys: the keys that may be sent.
        values: the allowed values of those keys that are restricted.
        required: the keys that must be sent.
    """

    keys: frozenset[str]
    values: Mapping[str, Collection[Hashable]]
    required: tuple[str, ...] = ()


def _body_shapes(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> list[_BodyShape]:
    """List the bodies that an order allows: one shape, or several if the value of a key opens or closes other keys."""
    facts = rulebook.patch_type.__space__.facts
    sendable = list(table_of(rulebook).sendable(order))
    values_by_key = {
        fact.attribute: dict.fromkeys(point[fact] for point, _ in sendable if point[fact] is not UNSET)
        for fact in facts
    }
    free = {keys.difference(values_by_key) for _, keys in sendable}
    if len(free) == 1 and math.prod(len(values) + 1 for values in values_by_key.values()) == len(sendable):
        # The same keys are open for every combination of values, and all combinations are allowed.
        open_keys = free.pop() | {key for key, values in values_by_key.items() if values}
        return [
            _BodyShape(
                open_keys,
                {
                    fact.attribute: values_by_key[fact.attribute]
                    for fact in facts
                    if not _takes_any_value(fact, values_by_key)
                },
            )
        ]
    return [
        _BodyShape(keys, {fact.attribute: [point[fact]] for fact in sent}, tuple(fact.attribute for fact in sent))
        for point, keys in sendable
        for sent in [[fact for fact in facts if point[fact] is not UNSET]]
    ]


def _takes_any_value(fact: Fact, values_by_key: Mapping[str, Collection[Hashable]]) -> bool:
    """Return whether the key of a fact may have any of its values."""
    return len(values_by_key[fact.attribute]) == len(set(fact.values) - {UNSET})


def _body_schema(rulebook: Rulebook[OrderT, PatchT], shape: _BodyShape) -> Schema:
    facts = {fact.attribute: fact for fact in rulebook.patch_type.__space__.facts}
    properties: dict[str, Schema] = {}
    for key, section in sections_by_key(rulebook.patch_type).items():
        if key in shape.keys:
            readable = schema_of(slots_of(rulebook.patch_type)[key].annotation)
            fact = facts.get(key)
            if fact is not None and UNKNOWN not in fact.values and key not in shape.values:
                # The strict reader accepts only the listed values.
                readable = _restrict(readable, fact, set(fact.values) - {UNSET})
            restricted = _restrict(readable, facts[key], shape.values[key]) if key in shape.values else readable
            properties[key] = {"description": _describe(rulebook, section), **restricted}
    return _object_schema(properties, shape.required)


def _restrict(readable: Schema, fact: Fact, values: Collection[Hashable]) -> Schema:
    """Restrict the schema of a fact's key to some values."""
    if fact.bands:
        return {"allOf": [readable, {"anyOf": [_in_band(fact, value) for value in fact.values if value in values]}]}
    if UNKNOWN in values:
        closed = [value for value in fact.values if value is not UNSET and value not in values]
        excluded = [spelling for value in closed for spelling in _spellings(fact, value)]
        return {"allOf": [readable, {"not": {"enum": excluded}}]} if excluded else readable
    return {
        **readable,
        "enum": [spelling for value in fact.values if value in values for spelling in _spellings(fact, value)],
    }


def _in_band(fact: Fact, value: Hashable) -> Schema:
    """Return the schema of the values for which a fact with bands has a value."""
    if not isinstance(value, Band):
        return {"not": {"type": "array" if fact.counts else "number"}}
    if fact.counts:
        # A length is at least the next integer above the bound.
        least = {} if value.above is None else {"minItems": max(0, math.floor(value.above) + 1)}
        most = {} if value.at_most is None else {"maxItems": max(0, math.floor(value.at_most))}
        return {"type": "array", **least, **most}
    above = {} if value.above is None else {"exclusiveMinimum": value.above}
    return {"type": "number", **above, **({} if value.at_most is None else {"maximum": value.at_most})}


def _spellings(fact: Fact, value: Hashable) -> list[Hashable]:
    """List all JSON values that stand for a value of a fact: its own and its aliases."""
    plain = value.value if isinstance(value, StrEnum) else value.isoformat() if isinstance(value, date) else value
    return [plain, *(alias for alias, meant in fact.aliases if meant == value)]


def _describe(rulebook: Rulebook[OrderT, PatchT], section: StrEnum) -> str:
    rules = [f"may change only while {rule.only_if} ({rule.id})" for rule in rulebook.rules if rule.section is section]
    return "; ".join([f"part of {section}", *(rules or ["no restriction is documented"])])
