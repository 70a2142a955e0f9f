"""The few orders, updates and bodies that a machine chooses from: one for each thing that a service may get wrong.

They are few so that a machine says much in a step, and shrinks to what matters; strategies draw all the others.
"""

from __future__ import annotations

import itertools
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from orderrules._conditions import UNKNOWN
from orderrules._models import UNSET, is_array, is_model, slots_of, unreadable
from orderrules._patch import sections_by_key, write_body
from orderrules._samples import order_at, rank, unlisted
from orderrules._values import members
from orderrules.errors import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orderrules._conditions import Point
    from orderrules._models import Checked
    from orderrules._rules import OrderT, PatchT, Policy

_LEAVES: Final[Mapping[object, tuple[Any, Any]]] = {
    str: ("x", "y"),
    int: (1, 2),
    float: (1, 2.5),
    bool: (False, True),
    date: (date(2024, 1, 1), date(2024, 1, 2)),
}


def variants(annotation: Any) -> tuple[Any, Any]:  # noqa: ANN401 - an annotation can be any object.
    """Give two values of an annotated type: a small one, and another that says as much as it can.

    Raises:
        TypeError: there is no strict reading of the type.
    """
    option = next((member for member in members(annotation) if member is not NoneType), None)
    if is_array(option):
        one, other = variants(get_args(option)[0])
        return (one,), (other, one)
    if isinstance(option, type) and is_model(option):
        model, slots = cast("type[Checked]", option), slots_of(option)
        every = {name: variants(slot.annotation) for name, slot in slots.items()}
        few = {name: both[0] for name, both in every.items() if not slots[name].optional or name == next(iter(every))}
        return model(**few), model(**{name: both[1] for name, both in every.items()})
    if isinstance(option, type) and issubclass(option, StrEnum):
        choices = list(option)
        return choices[0], choices[-1]
    if option not in _LEAVES:
        raise unreadable(annotation)
    return _LEAVES[option]


def starting_orders(policy: Policy[OrderT, PatchT]) -> list[list[OrderT]]:
    """List an order for every point of the facts, those together that allow the same updates, the plainest first.

    A machine draws one of the groups, and then an order of it: a status of its own is as likely as twelve alike.
    """
    kept: dict[object, list[list[OrderT]]] = policy.tabulated().kept
    if starting_orders not in kept:
        facts = policy.order_type.__space__.facts
        points = sorted(policy.order_type.__space__.points(), key=lambda point: rank(facts, point))
        groups: dict[tuple[PatchT, ...], list[OrderT]] = {}
        for order in (order_at(policy.order_type, point) for point in points):
            if order is not None:
                allowed = tuple(patch for patch in updates(policy) if policy.can_update(order, patch))
                groups.setdefault(allowed, []).append(order)
        kept[starting_orders] = list(groups.values())
    return kept[starting_orders]


def updates(policy: Policy[OrderT, PatchT]) -> list[PatchT]:
    """List updates of every kind, those of fewer keys first."""
    kept: dict[object, list[PatchT]] = policy.tabulated().kept
    if updates not in kept:
        kept[updates] = sorted(
            dict.fromkeys(itertools.chain.from_iterable(_all_updates(policy))), key=lambda patch: len(patch.keys)
        )
    return kept[updates]


def other_than(policy: Policy[OrderT, PatchT], patch: PatchT) -> PatchT | None:
    """Give the update of the same keys with other values, where one is listed."""
    kept: dict[object, dict[PatchT, PatchT]] = policy.tabulated().kept
    if other_than not in kept:
        pairs = [pair for pair in _all_updates(policy) if len(pair) == _BOTH]
        kept[other_than] = dict(pairs) | {other: one for one, other in pairs}
    return kept[other_than].get(patch)


_BOTH: Final = 2


def _all_updates(policy: Policy[OrderT, PatchT]) -> Iterator[tuple[PatchT, ...]]:
    """Walk the empty update, each key, each two keys, each key left out of the whole, and the whole.

    Each comes with two values, but where nothing is sent that could have another.
    """
    section_of = sections_by_key(policy.patch_type)
    slots = slots_of(policy.patch_type)
    told = {fact.attribute for fact in policy.patch_type.__space__.facts}
    first, second = ({key: variants(slots[key].annotation)[place] for key in section_of} for place in (0, 1))
    free = [key for key in section_of if key not in told]
    chosen: list[tuple[str, ...]] = [(), *((key,) for key in free)]
    chosen += [(one, other) for place, one in enumerate(free) for other in free[place + 1 :]]
    chosen += [tuple(key for key in free if key != left_out) for left_out in free] + [tuple(free)]
    for point in policy.patch_type.__space__.points():
        asked = _asked(policy, point)
        for keys in chosen:
            values = (first, second) if keys else (first,)
            yield tuple(policy.patch_type(**asked, **{key: each[key] for key in keys}) for each in values)


def _asked(policy: Policy[Any, Any], point: Point) -> dict[str, Any]:
    slots = slots_of(policy.patch_type)
    return {
        fact.attribute: unlisted(fact, slots[fact.attribute].annotation) if point[fact] is UNKNOWN else point[fact]
        for fact in policy.patch_type.__space__.facts
        if point[fact] is not UNSET
    }


_WRONG: Final[Mapping[type, object]] = {str: 7, int: "7", float: "7", bool: "yes", date: 7}
_FAULTS: Final[Mapping[Code, object]] = {
    Code.NULL: None,
    Code.NOT_A_CHOICE: "no such value",
    Code.NOT_A_DATE: "tomorrow",
}


def unreadable_bodies(policy: Policy[Any, Any], codes: tuple[Code, ...]) -> list[dict[str, object]]:
    """List bodies that cannot be read: a fault in each key that can have it, alone and beside a key that is well.

    Raises:
        ValueError: there are no such bodies for a code.
    """
    kept: dict[object, list[dict[str, object]]] = policy.tabulated().kept
    known = (unreadable_bodies, codes)
    if known not in kept:
        kept[known] = _all_unreadable(policy, codes)
    return kept[known]


def _all_unreadable(policy: Policy[Any, Any], codes: Iterable[Code]) -> list[dict[str, object]]:
    slots = slots_of(policy.patch_type)
    bodies: list[dict[str, object]] = []
    for code in codes:
        if code not in {*_FAULTS, Code.WRONG_TYPE, Code.UNKNOWN_KEY}:
            raise ValueError(f"a machine has no bodies with problems of the code {code}")
        if code is Code.UNKNOWN_KEY:
            bodies.append({"no_such_key": 1})
            continue
        for key in sections_by_key(policy.patch_type):
            option: Any = members(slots[key].annotation)[0]
            if code is Code.WRONG_TYPE:
                bodies.append({key: _WRONG.get(option, 7)})
            elif code is Code.NULL or _takes(option, code):
                bodies.append({key: _FAULTS[code]})
    well: dict[str, Any] = {
        key: write_body(policy.patch_type(**{key: variants(slots[key].annotation)[0]}))[key]
        for key in sections_by_key(policy.patch_type)
    }
    beside = [{other: well[other], **body} for body in bodies for other in well if other not in body]
    return [*bodies, *beside]


def _takes(option: Any, code: Code) -> bool:  # noqa: ANN401 - an annotation can be any object.
    """Say whether a text can be wrong in this way for a key."""
    if code is Code.NOT_A_DATE:
        return option is date
    return isinstance(option, type) and issubclass(option, StrEnum)
