"""Hypothesis strategies of a policy: orders, allowed and refused updates, histories, and bodies that cannot be read.

No strategy filters its draws: each looks up in the policy's table which values it may draw.
"""

from __future__ import annotations

import functools
import json
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, get_args

import attrs
from hypothesis import strategies as st

from orderrules.engine.decision_table import table_of
from orderrules.engine.samples import orders_of, spell, unlisted_example
from orderrules.grammar.conditions import UNKNOWN
from orderrules.grammar.orders import free_keys, sections_by_key
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET, is_array, is_model, slots_of, unsupported_type
from orderrules.reading.limits import UPDATE_LIMITS
from orderrules.reading.problems import Code
from orderrules.reading.values import members

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping

    from hypothesis.strategies import SearchStrategy

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Fact, Point
    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.policy import Policy
    from orderrules.reading.models import Model

ModelT = TypeVar("ModelT")
_texts: Final = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
_SCALARS: Final[Mapping[object, SearchStrategy[Any]]] = {
    str: _texts,
    int: st.integers(-(10**12), 10**12),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    NoneType: st.none(),
}


def values(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be any object.
    """Draw values that a field with this annotation accepts.

    Raises:
        TypeError: models do not support the annotation.
    """
    options = members(annotation)
    if len(options) > 1:
        return st.one_of(*(values(option) for option in options))
    option = next(iter(options))
    if is_array(option):
        return st.lists(values(get_args(option)[0]), max_size=4).map(tuple)
    if isinstance(option, type) and is_model(option):
        return models(cast("type[Model]", option))
    if isinstance(option, type) and issubclass(option, StrEnum):
        return st.sampled_from(option)
    if option not in _SCALARS:
        raise unsupported_type(annotation)
    return _SCALARS[option]


def models(model: type[Model]) -> SearchStrategy[Any]:
    """Draw instances of a model, each with any of its optional fields. It shrinks to the fewest fields."""
    slots = slots_of(model).values()
    return _build(
        model,
        {slot.name: values(slot.annotation) for slot in slots if not slot.optional},
        {slot.name: values(slot.annotation) for slot in slots if slot.optional},
    )


@st.composite
def _build(
    draw: st.DrawFn,
    model: Callable[..., ModelT],
    required: Mapping[str, SearchStrategy[Any]],
    optional: Mapping[str, SearchStrategy[Any]],
) -> ModelT:
    """Draw instances of a model. It is a composite, so Hypothesis prints a drawn value with the model's own repr."""
    return model(**draw(st.fixed_dictionaries(dict(required), optional=dict(optional))))


def _unlisted_values(fact: Fact, annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be any object.
    """Draw values that count as unknown: the fact's example, and any other text or None if the annotation has them."""
    options = members(annotation)
    listed = {str(value) for value in fact.values} | {alias for alias, _ in fact.aliases}
    strategies: list[SearchStrategy[Any]] = [st.just(unlisted_example(fact, annotation))]
    if str in options:
        # A listed word gets a "?", so no draw is rejected.
        strategies.append(_texts.map(lambda text: f"{text}?" if text in listed else text))
    if NoneType in options:
        strategies.append(st.none())
    return st.one_of(*strategies)


def _attribute_values(fact: Fact, value: Hashable, annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - as above.
    """Draw the values of an attribute for which the fact has this value."""
    return _unlisted_values(fact, annotation) if value is UNKNOWN else st.just(spell(fact, value, annotation))


def _order_at(policy: Policy[OrderT, PatchT], point: Point) -> SearchStrategy[OrderT]:
    """Draw orders whose facts have the values of a point."""
    slots = slots_of(policy.order_type)
    facts = {
        fact.attribute: _attribute_values(fact, point[fact], slots[fact.attribute].annotation)
        for fact in policy.order_type.__space__.facts
    }
    fields = {name: values(slot.annotation) for name, slot in slots.items() if name not in facts and name != "written"}
    optional = {name: strategy for name, strategy in fields.items() if slots[name].optional}
    required = {name: strategy for name, strategy in fields.items() if name not in optional}
    return _build(policy.order_type, {**facts, **required}, optional)


def orders(policy: Policy[OrderT, PatchT]) -> SearchStrategy[OrderT]:
    """Draw orders of a policy's platform, with every combination of facts, also with unknown statuses.

    Shrinks to the first values of all facts, and to the fewest other fields.
    """
    return _cache(
        policy,
        "orders",
        lambda: st.sampled_from([_order_at(policy, point) for point, _ in orders_of(policy.order_type)]).flatmap(
            _identity
        ),
    )


def _cache(policy: Policy[Any, Any], name: object, make: Callable[[], SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """Cache a strategy on the policy, because a state machine asks for the same strategies many times."""
    return policy.keep((_cache, name), make)


def _identity(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return strategy


def patches(policy: Policy[OrderT, PatchT]) -> SearchStrategy[PatchT]:
    """Draw updates of a policy's platform, allowed or refused, also the empty update.

    Shrinks to the fewest keys.
    """
    optional = frozenset(_free_key_strategies(policy))
    return _cache(
        policy,
        "patches",
        lambda: _draw_any_group(
            policy, [_UpdateGroup(point, (), optional) for point in policy.patch_type.__space__.points()]
        ),
    )


def _free_key_strategies(
    policy: Policy[Any, Any], keys: Collection[str] | None = None
) -> dict[str, SearchStrategy[Any]]:
    """Return a strategy for each key that no fact is computed from, or for those of the given keys."""
    slots = slots_of(policy.patch_type)
    return {key: values(slots[key].annotation) for key in free_keys(policy.patch_type) if keys is None or key in keys}


def _fact_strategies(policy: Policy[Any, Any], point: Point) -> dict[str, SearchStrategy[Any]]:
    """Return a strategy for each key that an update with the facts of a point sends."""
    slots = slots_of(policy.patch_type)
    return {
        fact.attribute: _attribute_values(fact, point[fact], slots[fact.attribute].annotation)
        for fact in policy.patch_type.__space__.facts
        if point[fact] is not UNSET
    }


def bodies(policy: Policy[OrderT, PatchT]) -> SearchStrategy[dict[str, object]]:
    """Draw bodies that can be read, as JSON-ready dicts."""
    return patches(policy).map(write_body)


@attrs.frozen
class _UpdateGroup:
    """A set of updates for which the policy decides the same.

    Attributes:
        point: the facts of the updates.
        needed: further keys that all of them send.
        optional: the keys that each of them may also send.
    """

    point: Point
    needed: tuple[str, ...]
    optional: frozenset[str]


def _draw_group(policy: Policy[Any, Any], group: _UpdateGroup) -> SearchStrategy[Any]:
    required = {**_fact_strategies(policy, group.point), **_free_key_strategies(policy, group.needed)}
    return _build(policy.patch_type, required, _free_key_strategies(policy, group.optional))


def _draw_any_group(policy: Policy[Any, Any], groups: list[_UpdateGroup]) -> SearchStrategy[Any]:
    """Draw updates of any of these groups. The strategy of each group is built once."""
    if not groups:
        return st.nothing()
    return st.sampled_from([_draw_group(policy, group) for group in groups]).flatmap(_identity)


def allowed_patches(policy: Policy[OrderT, PatchT], order: OrderT) -> SearchStrategy[PatchT]:
    """Draw updates that a policy allows for an order, also the empty update.

    Raises:
        TypeError: the order is of another platform.
    """
    return _cache(
        policy,
        ("allowed", table_of(policy).index(order)),
        lambda: _draw_any_group(
            policy, [_UpdateGroup(point, (), keys) for point, keys in table_of(policy).sendable(order)]
        ),
    )


def refused_patches(
    policy: Policy[OrderT, PatchT], order: OrderT, *, rule: str | None = None
) -> SearchStrategy[PatchT]:
    """Draw updates that a policy refuses for an order. If a rule is given, only this rule refuses them.

    Raises:
        TypeError: the order is of another platform.
        ValueError: the policy has no such rule, or the order has no such update.
    """
    index = table_of(policy).index(order)
    strategy = _cache(
        policy, ("refused", index, rule), lambda: _draw_any_group(policy, list(_refused_groups(policy, order, rule)))
    )
    if strategy.is_empty:
        raise ValueError(f"no update of this order is refused{_by_rule(rule)}")
    return strategy


def refused_pairs(policy: Policy[OrderT, PatchT], *, rule: str | None = None) -> SearchStrategy[tuple[OrderT, PatchT]]:
    """Draw an order and an update that a policy refuses. If a rule is given, only this rule refuses it.

    Raises:
        ValueError: the policy has no such rule, or the policy refuses no update (by this rule alone, if it is given).
    """
    pairs = [
        (point, group)
        for point, order in orders_of(policy.order_type)
        for group in _refused_groups(policy, order, rule)
    ]
    if not pairs:
        raise ValueError(f"no update is refused{_by_rule(rule)}")
    return st.sampled_from(pairs).flatmap(
        lambda pair: st.tuples(_order_at(policy, pair[0]), _draw_group(policy, pair[1]))
    )


def _by_rule(rule: str | None) -> str:
    return f" by {rule} alone" if rule else ""


def _refused_groups(policy: Policy[OrderT, PatchT], order: OrderT, rule: str | None) -> Iterator[_UpdateGroup]:
    """Yield the groups of updates of an order that are refused, by this rule alone if it is given."""
    rules = [entry for entry in policy.rules if isinstance(entry.section, policy.sections)]
    if rule is not None and rule not in {entry.id for entry in rules}:
        rule_ids = ", ".join(entry.id for entry in rules)
        raise ValueError(
            f"the {policy.name} policy has no rule {rule} on a section of an update; its section rules are {rule_ids}"
        )
    free = free_keys(policy.patch_type)
    for point, _, decided in table_of(policy).columns(order):
        for needed in [(), *((key,) for key in free)]:
            if not _is_refused(decided(needed), rule):
                continue
            optional = [
                key
                for key in free
                if key not in needed and (rule is None or _is_refused(decided((*needed, key)), rule))
            ]
            yield _UpdateGroup(point, needed, frozenset(optional))


def _is_refused(decision: Decision, rule: str | None) -> bool:
    """Return whether a decision refuses the update, by this rule alone if it is given."""
    return bool(decision.violations) and (rule is None or {entry.rule.id for entry in decision.violations} == {rule})


@st.composite
def histories(
    draw: st.DrawFn, policy: Policy[OrderT, PatchT], *, max_size: int = 6
) -> tuple[OrderT, tuple[PatchT, ...]]:
    """Draw an order and a sequence of updates that are allowed one after another, applied with ``Policy.apply``.

    Args:
        draw: given by Hypothesis.
        policy: the rules.
        max_size: the largest number of updates.

    Raises:
        TypeError: the platform's order cannot store the value of a key (see ``Policy.apply``).
    """
    first = current = draw(orders(policy))
    sent: list[PatchT] = []
    for _ in range(draw(st.integers(0, max_size))):
        patch = draw(allowed_patches(policy, current))
        current = policy.apply(current, patch)
        sent.append(patch)
    return first, tuple(sent)


# --- Bodies that cannot be read --------------------------------------------------------------------------------------

Body = dict[str, object] | str | bytes


def broken_bodies(policy: Policy[OrderT, PatchT], *, code: Code | str | None = None) -> SearchStrategy[Body]:
    """Draw bodies that cannot be read. If a code is given, all problems of a body have this code.

    A body is a dict if the problem is in its values, and a JSON document as str or bytes if the problem is in the
    document itself.

    Raises:
        ValueError: there is no such code, or no body of this platform can have such a problem.
    """
    if code is None:
        return st.sampled_from(_body_codes(policy)).flatmap(lambda some_code: broken_bodies(policy, code=some_code))
    wanted = Code(code)
    if wanted not in _body_codes(policy):
        raise ValueError(f"no body of {policy.name} can have a problem of the code {wanted}")
    return _cache(policy, ("broken", wanted), lambda: _bodies_with_code(policy, wanted))


def _bodies_with_code(policy: Policy[Any, Any], wanted: Code) -> SearchStrategy[Body]:
    if wanted in _DOCUMENT_CODES:
        return _documents(policy, wanted)
    if wanted is Code.UNKNOWN_KEY:
        return _unknown_keys(policy)
    invalid = {
        key: strategy
        for key in sections_by_key(policy.patch_type)
        if (strategy := _invalid_values(slots_of(policy.patch_type)[key].annotation, wanted)) is not None
    }
    valid = {key: strategy.map(_json_ready) for key, strategy in _free_key_strategies(policy).items()}
    return st.sampled_from(
        [
            st.fixed_dictionaries(
                {key: value}, optional={other: strategy for other, strategy in valid.items() if other != key}
            )
            for key, value in invalid.items()
        ]
    ).flatmap(_identity)


def _body_codes(policy: Policy[Any, Any]) -> tuple[Code, ...]:
    """List the codes of the problems that a body of a platform can have."""
    return policy.keep(_body_codes, functools.partial(_compute_body_codes, policy))


def _compute_body_codes(policy: Policy[Any, Any]) -> tuple[Code, ...]:
    slots = slots_of(policy.patch_type).values()
    candidates = (Code.WRONG_TYPE, Code.NULL, Code.NOT_A_CHOICE, Code.NOT_A_DATE, Code.BAD_TEXT, Code.NUMBER_TOO_LONG)
    field_codes = [
        code for code in candidates if any(_invalid_values(slot.annotation, code) is not None for slot in slots)
    ]
    return (*field_codes, Code.UNKNOWN_KEY, *_DOCUMENT_CODES)


def _json_ready(value: object) -> object:
    if attrs.has(type(value)):
        return write_body(cast("Model", value))
    if isinstance(value, tuple):
        return [_json_ready(item) for item in cast("tuple[object, ...]", value)]
    return value.isoformat() if isinstance(value, date) else value


_VALUES_BY_JSON_TYPE: Final[Mapping[str, SearchStrategy[Any]]] = {
    "object": st.just({}),
    "array": st.just([]),
    "string": _texts,
    "number": st.integers(-9, 9) | st.just(0.5),
    "boolean": st.booleans(),
}


def _json_type(annotation: Any) -> str:  # noqa: ANN401 - an annotation can be any object.
    """Return the JSON type of an annotation."""
    if is_array(annotation):
        return "array"
    if is_model(annotation):
        return "object"
    if annotation is bool:
        return "boolean"
    return "number" if annotation in {int, float} else "string"


def _invalid_values(annotation: Any, code: Code) -> SearchStrategy[Any] | None:  # noqa: ANN401, PLR0911 - a case for each kind.
    """Draw values of a field whose problems all have this code; None if there are no such values."""
    options = members(annotation)
    json_types = {_json_type(option) for option in options}
    if code is Code.WRONG_TYPE:
        wrong = [strategy for json_type, strategy in _VALUES_BY_JSON_TYPE.items() if json_type not in json_types]
        # A float is not an integer, not even 1.0.
        wrong += [st.integers(-9, 9).map(float)] if int in options and float not in options else []
        nested = _nested_invalid_values(options, code)
        return st.one_of(*wrong, *([] if nested is None else [nested]))
    if code is Code.NULL:
        return None if NoneType in options else st.none()
    if code is Code.BAD_TEXT and str in options:
        return st.tuples(_texts, st.sampled_from(["\0", "\ud800"]), _texts).map("".join)
    if code is Code.NUMBER_TOO_LONG and int in options:
        digits = UPDATE_LIMITS.digits
        return st.integers(10**digits, 10 ** (digits + 3))
    if code is Code.NOT_A_DATE and date in options:
        return st.sampled_from(["20240120", "2024-02-30", "2024-1-2", "tomorrow", ""]) | st.dates().map(_reverse_day)
    if code is Code.NOT_A_CHOICE and str not in options:
        words = {
            word for option in options if isinstance(option, type) and issubclass(option, StrEnum) for word in option
        }
        if words:
            return _texts.map(lambda text: f"{text}?" if text in words else text)
    return _nested_invalid_values(options, code)


def _reverse_day(day: date) -> str:
    return f"{day.day:02}-{day.month:02}-{day.year:04}"


def _nested_invalid_values(options: Iterable[Any], code: Code) -> SearchStrategy[Any] | None:
    """Draw arrays and objects with values inside whose problems all have this code."""
    strategies: list[SearchStrategy[Any]] = []
    for option in options:
        if is_array(option):
            item = get_args(option)[0]
            invalid = _invalid_values(item, code)
            if invalid is not None:
                strategies.append(st.tuples(st.lists(values(item).map(_json_ready), max_size=2), invalid).map(_append))
        elif is_model(option):
            for name, slot in slots_of(option).items():
                invalid = _invalid_values(slot.annotation, code)
                if invalid is not None:
                    strategies.append(st.fixed_dictionaries({name: invalid}))
    return st.one_of(*strategies) if strategies else None


def _append(parts: tuple[list[object], object]) -> list[object]:
    return [*parts[0], parts[1]]


def _unknown_keys(policy: Policy[Any, Any]) -> SearchStrategy[Body]:
    known = sections_by_key(policy.patch_type)
    keys = _texts.map(lambda text: f"{text}?" if text in known else text)
    return st.tuples(bodies(policy), keys, st.none() | st.booleans() | _texts).map(
        lambda parts: {**parts[0], parts[1]: parts[2]}
    )


def _documents(policy: Policy[Any, Any], code: Code) -> SearchStrategy[Body]:
    """Draw JSON documents with a problem of the document itself, such as text after the end of the JSON."""
    documents = bodies(policy).map(lambda body: json.dumps(body, ensure_ascii=False))
    if code is Code.DUPLICATE_KEY:
        return st.tuples(st.sampled_from(sorted(sections_by_key(policy.patch_type))), st.integers(0, 9)).map(
            lambda pair: "{" + ", ".join([f'"{pair[0]}": {pair[1]}'] * 2) + "}"
        )
    return documents.map(_DOCUMENT_CODES[code])


def _truncate(text: str) -> str:
    return text[:-1]


def _append_text(text: str) -> str:
    return f"{text} {{}}"


def _add_invalid_utf8(text: str) -> bytes:
    return text[:-1].encode() + b'\xff"'


def _add_byte_order_mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


def _pad(text: str) -> str:
    return text + " " * UPDATE_LIMITS.size


def _wrap_in_arrays(text: str) -> str:
    depth = UPDATE_LIMITS.depth
    return "[" * depth + text + "]" * depth


_DOCUMENT_CODES: Final[Mapping[Code, Callable[[str], str | bytes]]] = {
    Code.NOT_JSON: _truncate,
    Code.TRAILING_TEXT: _append_text,
    Code.NOT_UTF8: _add_invalid_utf8,
    Code.BYTE_ORDER_MARK: _add_byte_order_mark,
    Code.TOO_LARGE: _pad,
    Code.TOO_DEEP: _wrap_in_arrays,
    Code.DUPLICATE_KEY: str,
}
