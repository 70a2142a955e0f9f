"""JSON Schemas (2020-12) of update bodies: of all that can be read, and of those that one order allows.

They say what the strict reader reads, drawn from the same models, as far as the language of schemas goes: it takes
``1.0`` for an integer and any digits for a day, and knows no limits of size. It must never know a platform.
"""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from orderrules.engine.table import table_of
from orderrules.grammar.conditions import UNKNOWN
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
    # The length is said as well, because to some checkers the end of a line is the end of a text.
    date: {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "maxLength": 10},
    NoneType: {"type": "null"},
}


def schema_of(annotation: Any) -> Schema:  # noqa: ANN401 - an annotation can be any object.
    """Give the schema of a value of an annotated type.

    Raises:
        TypeError: there is no strict reading of the type.
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
        return _object(
            {name: schema_of(slot.annotation) for name, slot in slots_of(only).items()}, _required_keys(only)
        )
    if isinstance(only, type) and issubclass(only, StrEnum):
        return {"type": "string", "enum": [member.value for member in only]}
    if only not in _LEAVES:
        raise unsupported_type(annotation)
    return dict(_LEAVES[only])


def _required_keys(model: type) -> list[str]:
    return [name for name, slot in slots_of(model).items() if not slot.optional]


def _object(properties: Mapping[str, Schema], required: Collection[str] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        **({"required": list(required)} if required else {}),
        "additionalProperties": False,
    }


def schema(rulebook: Rulebook[OrderT, PatchT], order: OrderT | None) -> Schema:
    """See ``Policy.schema``."""
    said = {
        "$schema": DIALECT,
        "title": f"{rulebook.name}: update of an order" + ", as this one allows it now" * (order is not None),
    }
    every = sections_by_key(rulebook.patch_type)
    ways = [_Way(frozenset(every), {})] if order is None else _ways(rulebook, order)
    bodies = [_body(rulebook, way) for way in ways]
    return {**said, **(bodies[0] if len(bodies) == 1 else {"anyOf": bodies})}


@attrs.frozen
class _Way:
    """Which keys may be sent together.

    Attributes:
        keys: the keys that may be sent.
        values: the only values that some of them may have.
        required: the keys that must be sent.
    """

    keys: frozenset[str]
    values: Mapping[str, Collection[Hashable]]
    required: tuple[str, ...] = ()


def _ways(rulebook: Rulebook[OrderT, PatchT], order: OrderT) -> list[_Way]:
    """List what an order lets be sent: one way, or several where what is asked for opens and closes other keys."""
    facts = rulebook.patch_type.__space__.facts
    sendable = list(table_of(rulebook).sendable(order))
    told = {
        fact.attribute: dict.fromkeys(point[fact] for point, _ in sendable if point[fact] is not UNSET)
        for fact in facts
    }
    free = {keys.difference(told) for _, keys in sendable}
    if len(free) == 1 and math.prod(len(values) + 1 for values in told.values()) == len(sendable):
        # Whatever is asked for, the same keys are open, and every value goes with every other.
        open_keys = free.pop() | {key for key, values in told.items() if values}
        return [_Way(open_keys, {fact.attribute: told[fact.attribute] for fact in facts if not _takes_any(fact, told)})]
    return [
        _Way(keys, {fact.attribute: [point[fact]] for fact in sent}, tuple(fact.attribute for fact in sent))
        for point, keys in sendable
        for sent in [[fact for fact in facts if point[fact] is not UNSET]]
    ]


def _takes_any(fact: Fact, told: Mapping[str, Collection[Hashable]]) -> bool:
    """Say whether a fact's key may have any of its values."""
    return len(told[fact.attribute]) == len(set(fact.values) - {UNSET})


def _body(rulebook: Rulebook[OrderT, PatchT], way: _Way) -> Schema:
    facts = {fact.attribute: fact for fact in rulebook.patch_type.__space__.facts}
    properties: dict[str, Schema] = {}
    for key, section in sections_by_key(rulebook.patch_type).items():
        if key in way.keys:
            readable = schema_of(slots_of(rulebook.patch_type)[key].annotation)
            fact = facts.get(key)
            if fact is not None and UNKNOWN not in fact.values and key not in way.values:
                # What is not listed is not read.
                readable = _narrow(readable, fact, set(fact.values) - {UNSET})
            narrowed = _narrow(readable, facts[key], way.values[key]) if key in way.values else readable
            properties[key] = {"description": _describe(rulebook, section), **narrowed}
    return _object(properties, way.required)


def _narrow(readable: Schema, fact: Fact, values: Collection[Hashable]) -> Schema:
    """Narrow the schema of a fact's key to some values."""
    if UNKNOWN in values:
        closed = [value for value in fact.values if value is not UNSET and value not in values]
        others = [said for value in closed for said in _spellings(fact, value)]
        return {"allOf": [readable, {"not": {"enum": others}}]} if others else readable
    return {**readable, "enum": [said for value in fact.values if value in values for said in _spellings(fact, value)]}


def _spellings(fact: Fact, value: Hashable) -> list[Hashable]:
    """Write a value as a body has it, in all its spellings."""
    plain = value.value if isinstance(value, StrEnum) else value.isoformat() if isinstance(value, date) else value
    return [plain, *(alias for alias, meant in fact.aliases if meant == value)]


def _describe(rulebook: Rulebook[OrderT, PatchT], section: StrEnum) -> str:
    rules = [f"may change only while {rule.only_if} ({rule.id})" for rule in rulebook.rules if rule.section is section]
    return "; ".join([f"part of {section}", *(rules or ["no restriction is documented"])])
