"""Hypothesis strategies made from a policy: orders, updates allowed or refused by a very rule, bodies that break.

Everything is built and nothing is filtered: what may be drawn is looked up in the policy's table first.

The module is longer than most because each strategy says what it gives.
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

from orderrules.engine.samples import orders_of, unlisted_example
from orderrules.engine.table import table_of
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
_LEAVES: Final[Mapping[object, SearchStrategy[Any]]] = {
    str: _texts,
    int: st.integers(-(10**12), 10**12),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    NoneType: st.none(),
}


def values(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be any object.
    """Draw values of an annotated type, as a strict reader reads them.

    Raises:
        TypeError: there is no strict reading of the type.
    """
    options = members(annotation)
    if len(options) > 1:
        return st.one_of(*(values(option) for option in options))
    only = next(iter(options))
    if is_array(only):
        return st.lists(values(get_args(only)[0]), max_size=4).map(tuple)
    if isinstance(only, type) and is_model(only):
        return models(cast("type[Model]", only))
    if isinstance(only, type) and issubclass(only, StrEnum):
        return st.sampled_from(only)
    if only not in _LEAVES:
        raise unsupported_type(annotation)
    return _LEAVES[only]


def models(model: type[Model]) -> SearchStrategy[Any]:
    """Draw a model with any of its optional fields; it shrinks to the fewest."""
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
    """Make a model with some of its fields. A composite, so that what is drawn is shown as the model shows itself."""
    return model(**draw(st.fixed_dictionaries(dict(required), optional=dict(optional))))


def _unlisted_values(fact: Fact, annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be any object.
    """Draw what counts as unknown: the fact's example, any other text, and nothing where that may be."""
    options = members(annotation)
    listed = {str(value) for value in fact.values} | {alias for alias, _ in fact.aliases}
    ways: list[SearchStrategy[Any]] = [st.just(unlisted_example(fact, annotation))]
    if str in options:
        # A word that is listed gets another letter, so that nothing drawn is thrown away.
        ways.append(_texts.map(lambda text: f"{text}?" if text in listed else text))
    if NoneType in options:
        ways.append(st.none())
    return st.one_of(*ways)


def _spell(fact: Fact, value: Hashable, annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - as above.
    """Draw what an attribute holds where a fact has a value."""
    return _unlisted_values(fact, annotation) if value is UNKNOWN else st.just(value)


def _order_at(policy: Policy[OrderT, PatchT], point: Point) -> SearchStrategy[OrderT]:
    """Draw orders whose facts are those of a point."""
    slots = slots_of(policy.order_type)
    told = {
        fact.attribute: _spell(fact, point[fact], slots[fact.attribute].annotation)
        for fact in policy.order_type.__space__.facts
    }
    others = {name: values(slot.annotation) for name, slot in slots.items() if name not in told and name != "written"}
    optional = {name: strategy for name, strategy in others.items() if slots[name].optional}
    required = {name: strategy for name, strategy in others.items() if name not in optional}
    return _build(policy.order_type, {**told, **required}, optional)


def orders(policy: Policy[OrderT, PatchT]) -> SearchStrategy[OrderT]:
    """Draw orders of a policy's platform: every point of its facts, statuses that no page names included.

    Shrinks to the first values of all facts, and to the fewest other fields.
    """
    return _cache(
        policy,
        "orders",
        lambda: st.sampled_from([_order_at(policy, point) for point, _ in orders_of(policy.order_type)]).flatmap(_same),
    )


def _cache(policy: Policy[Any, Any], name: object, make: Callable[[], SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """Keep a strategy with the policy, for a machine asks for the same ones again and again."""
    return policy.keep((_cache, name), make)


def _same(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return strategy


def patches(policy: Policy[OrderT, PatchT]) -> SearchStrategy[PatchT]:
    """Draw updates of a policy's platform, the empty one included, whatever a policy says of them.

    Shrinks to the fewest keys.
    """
    others = frozenset(_free(policy))
    return _cache(
        policy,
        "patches",
        lambda: _any_of(policy, [_Way(point, (), others) for point in policy.patch_type.__space__.points()]),
    )


def _free(policy: Policy[Any, Any], keys: Collection[str] | None = None) -> dict[str, SearchStrategy[Any]]:
    """Give a strategy for each key that no fact is read off, or for some of them."""
    slots = slots_of(policy.patch_type)
    return {key: values(slots[key].annotation) for key in free_keys(policy.patch_type) if keys is None or key in keys}


def _fact_strategies(policy: Policy[Any, Any], point: Point) -> dict[str, SearchStrategy[Any]]:
    """Give a strategy for each key that is sent where the facts of an update are those of a point."""
    slots = slots_of(policy.patch_type)
    return {
        fact.attribute: _spell(fact, point[fact], slots[fact.attribute].annotation)
        for fact in policy.patch_type.__space__.facts
        if point[fact] is not UNSET
    }


def bodies(policy: Policy[OrderT, PatchT]) -> SearchStrategy[dict[str, object]]:
    """Draw bodies that can be read, as JSON-ready dicts."""
    return patches(policy).map(write_body)


@attrs.frozen
class _Way:
    """Updates that are all decided alike.

    Attributes:
        point: the facts of the update.
        needed: another key that they all send, if they need one.
        optional: the keys that any of them may send as well.
    """

    point: Point
    needed: tuple[str, ...]
    optional: frozenset[str]


def _along(policy: Policy[Any, Any], way: _Way) -> SearchStrategy[Any]:
    required = {**_fact_strategies(policy, way.point), **_free(policy, way.needed)}
    return _build(policy.patch_type, required, _free(policy, way.optional))


def _any_of(policy: Policy[Any, Any], ways: list[_Way]) -> SearchStrategy[Any]:
    """Draw from any of some ways, each of which is made once."""
    if not ways:
        return st.nothing()
    return st.sampled_from([_along(policy, way) for way in ways]).flatmap(_same)


def allowed_patches(policy: Policy[OrderT, PatchT], order: OrderT) -> SearchStrategy[PatchT]:
    """Draw updates that a policy allows for an order, the empty one included.

    Raises:
        TypeError: the order is of another platform.
    """
    return _cache(
        policy,
        ("allowed", table_of(policy).index(order)),
        lambda: _any_of(policy, [_Way(point, (), keys) for point, keys in table_of(policy).sendable(order)]),
    )


def refused_patches(
    policy: Policy[OrderT, PatchT], order: OrderT, *, rule: str | None = None
) -> SearchStrategy[PatchT]:
    """Draw updates that a policy refuses for an order: by this very rule and no other, where one is named.

    Raises:
        TypeError: the order is of another platform.
        ValueError: the policy has no such rule, or there is no such update of this order.
    """
    index = table_of(policy).index(order)
    found = _cache(policy, ("refused", index, rule), lambda: _any_of(policy, list(_refused_ways(policy, order, rule))))
    if found.is_empty:
        raise ValueError(f"no update of this order is refused{_by(rule)}")
    return found


def refused_pairs(policy: Policy[OrderT, PatchT], *, rule: str | None = None) -> SearchStrategy[tuple[OrderT, PatchT]]:
    """Draw an order and an update that a policy refuses: by this very rule and no other, where one is named.

    Raises:
        ValueError: the policy has no such rule, or it refuses no update alone.
    """
    ways = [(point, way) for point, order in orders_of(policy.order_type) for way in _refused_ways(policy, order, rule)]
    if not ways:
        raise ValueError(f"no update is refused{_by(rule)}")
    return st.sampled_from(ways).flatmap(lambda pair: st.tuples(_order_at(policy, pair[0]), _along(policy, pair[1])))


def _by(rule: str | None) -> str:
    return f" by {rule} alone" if rule else ""


def _refused_ways(policy: Policy[OrderT, PatchT], order: OrderT, rule: str | None) -> Iterator[_Way]:
    """Walk the ways to be refused, by a very rule if one is named; what else may be sent changes nothing of that."""
    governed = [entry for entry in policy.rules if isinstance(entry.section, policy.sections)]
    if rule is not None and rule not in {entry.id for entry in governed}:
        known = ", ".join(entry.id for entry in governed)
        raise ValueError(f"the {policy.name} policy has no rule {rule} on a section of an update; it has {known}")
    free = free_keys(policy.patch_type)
    for point, _, decided in table_of(policy).columns(order):
        for needed in [(), *((key,) for key in free)]:
            if not _is_so(decided(needed), rule):
                continue
            optional = [
                key for key in free if key not in needed and (rule is None or _is_so(decided((*needed, key)), rule))
            ]
            yield _Way(point, needed, frozenset(optional))


def _is_so(decision: Decision, rule: str | None) -> bool:
    """Say whether a decision refuses, by one rule alone where that is named."""
    return bool(decision.violations) and (rule is None or {entry.rule.id for entry in decision.violations} == {rule})


@st.composite
def histories(
    draw: st.DrawFn, policy: Policy[OrderT, PatchT], *, max_size: int = 6
) -> tuple[OrderT, tuple[PatchT, ...]]:
    """Draw an order and updates, each of which a policy allows after those before it, as ``Policy.apply`` says.

    Raises:
        TypeError: the platform's order has nowhere to keep a key (see ``Policy.apply``).
    """
    first = present = draw(orders(policy))
    sent: list[PatchT] = []
    for _ in range(draw(st.integers(0, max_size))):
        patch = draw(allowed_patches(policy, present))
        present = policy.apply(present, patch)
        sent.append(patch)
    return first, tuple(sent)


# --- Bodies that break -----------------------------------------------------------------------------------------------

Body = dict[str, object] | str | bytes


def broken_bodies(policy: Policy[OrderT, PatchT], *, code: Code | str | None = None) -> SearchStrategy[Body]:
    """Draw bodies that no reader of a policy's platform reads, with problems of this one code only, if one is named.

    A body is a dict where JSON could carry it, and a document as text or bytes where the fault lies in the writing.

    Raises:
        ValueError: there is no such code, or no body of this platform has such a problem.
    """
    if code is None:
        return st.sampled_from(_breakable(policy)).flatmap(lambda each: broken_bodies(policy, code=each))
    wanted = Code(code)
    if wanted not in _breakable(policy):
        raise ValueError(f"no body of {policy.name} has a problem of the code {wanted}")
    return _cache(policy, ("broken", wanted), lambda: _broken(policy, wanted))


def _broken(policy: Policy[Any, Any], wanted: Code) -> SearchStrategy[Body]:
    if wanted in _DOCUMENTS:
        return _documents(policy, wanted)
    if wanted is Code.UNKNOWN_KEY:
        return _unknown_keys(policy)
    faults = {
        key: strategy
        for key in sections_by_key(policy.patch_type)
        if (strategy := _fault(slots_of(policy.patch_type)[key].annotation, wanted)) is not None
    }
    written = {key: strategy.map(_json_ready) for key, strategy in _free(policy).items()}
    return st.sampled_from(
        [
            st.fixed_dictionaries(
                {key: fault}, optional={other: strategy for other, strategy in written.items() if other != key}
            )
            for key, fault in faults.items()
        ]
    ).flatmap(_same)


def _breakable(policy: Policy[Any, Any]) -> tuple[Code, ...]:
    """List the codes of problems that a body of a platform can have."""
    return policy.keep(_breakable, functools.partial(_all_breakable, policy))


def _all_breakable(policy: Policy[Any, Any]) -> tuple[Code, ...]:
    slots = slots_of(policy.patch_type).values()
    inside = (Code.WRONG_TYPE, Code.NULL, Code.NOT_A_CHOICE, Code.NOT_A_DATE, Code.BAD_TEXT, Code.NUMBER_TOO_LONG)
    found = [code for code in inside if any(_fault(slot.annotation, code) is not None for slot in slots)]
    return (*found, Code.UNKNOWN_KEY, *_DOCUMENTS)


def _json_ready(value: object) -> object:
    if attrs.has(type(value)):
        return write_body(cast("Model", value))
    if isinstance(value, tuple):
        return [_json_ready(item) for item in cast("tuple[object, ...]", value)]
    return value.isoformat() if isinstance(value, date) else value


_OTHERS: Final[Mapping[str, SearchStrategy[Any]]] = {
    "object": st.just({}),
    "array": st.just([]),
    "string": _texts,
    "number": st.integers(-9, 9) | st.just(0.5),
    "boolean": st.booleans(),
}


def _kind(annotation: Any) -> str:  # noqa: ANN401 - an annotation can be any object.
    """Name the JSON type of an annotation that stands for one."""
    if is_array(annotation):
        return "array"
    if is_model(annotation):
        return "object"
    if annotation is bool:
        return "boolean"
    return "number" if annotation in {int, float} else "string"


def _fault(annotation: Any, code: Code) -> SearchStrategy[Any] | None:  # noqa: ANN401, PLR0911 - a case for each kind.
    """Draw values of a key that have problems of one code only; None where there are none."""
    options = members(annotation)
    kinds = {_kind(option) for option in options}
    if code is Code.WRONG_TYPE:
        wrong = [strategy for kind, strategy in _OTHERS.items() if kind not in kinds]
        # An integer is no number with a fraction, not even one of zero.
        wrong += [st.integers(-9, 9).map(float)] if int in options and float not in options else []
        deeper = _inside(options, code)
        return st.one_of(*wrong, *([] if deeper is None else [deeper]))
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
    return _inside(options, code)


def _reverse_day(day: date) -> str:
    return f"{day.day:02}-{day.month:02}-{day.year:04}"


def _inside(options: Iterable[Any], code: Code) -> SearchStrategy[Any] | None:
    """Draw lists and objects that have problems of one code only, inside."""
    ways: list[SearchStrategy[Any]] = []
    for option in options:
        if is_array(option):
            item = get_args(option)[0]
            fault = _fault(item, code)
            if fault is not None:
                ways.append(st.tuples(st.lists(values(item).map(_json_ready), max_size=2), fault).map(_append))
        elif is_model(option):
            for name, slot in slots_of(option).items():
                fault = _fault(slot.annotation, code)
                if fault is not None:
                    ways.append(st.fixed_dictionaries({name: fault}))
    return st.one_of(*ways) if ways else None


def _append(parts: tuple[list[object], object]) -> list[object]:
    return [*parts[0], parts[1]]


def _unknown_keys(policy: Policy[Any, Any]) -> SearchStrategy[Body]:
    known = sections_by_key(policy.patch_type)
    keys = _texts.map(lambda text: f"{text}?" if text in known else text)
    return st.tuples(bodies(policy), keys, st.none() | st.booleans() | _texts).map(
        lambda parts: {**parts[0], parts[1]: parts[2]}
    )


def _documents(policy: Policy[Any, Any], code: Code) -> SearchStrategy[Body]:
    """Draw documents that are wrong in the writing."""
    written = bodies(policy).map(lambda body: json.dumps(body, ensure_ascii=False))
    if code is Code.DUPLICATE_KEY:
        return st.tuples(st.sampled_from(sorted(sections_by_key(policy.patch_type))), st.integers(0, 9)).map(
            lambda pair: "{" + ", ".join([f'"{pair[0]}": {pair[1]}'] * 2) + "}"
        )
    return written.map(_DOCUMENTS[code])


def _cut(text: str) -> str:
    return text[:-1]


def _with_a_tail(text: str) -> str:
    return f"{text} {{}}"


def _in_latin(text: str) -> bytes:
    return text[:-1].encode() + b'\xff"'


def _add_mark(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.encode()


def _swell(text: str) -> str:
    return text + " " * UPDATE_LIMITS.size


def _nest(text: str) -> str:
    depth = UPDATE_LIMITS.depth
    return "[" * depth + text + "]" * depth


_DOCUMENTS: Final[Mapping[Code, Callable[[str], str | bytes]]] = {
    Code.NOT_JSON: _cut,
    Code.TRAILING_TEXT: _with_a_tail,
    Code.NOT_UTF8: _in_latin,
    Code.BYTE_ORDER_MARK: _add_mark,
    Code.TOO_LARGE: _swell,
    Code.TOO_DEEP: _nest,
    Code.DUPLICATE_KEY: str,
}
