"""The few orders, updates and bodies that a machine chooses from: one for each thing that a service may get wrong.

They are few so that a machine says much in a step, and shrinks to what matters; strategies draw all the others.
"""

from __future__ import annotations

import functools
import itertools
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from orderrules._models import slots_of
from orderrules._patch import free_keys, sections_by_key, write_body
from orderrules._samples import asked_at, orders_of, rank, sample
from orderrules._values import members
from orderrules.errors import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from orderrules._rules import OrderT, PatchT, Policy


def starting_orders(policy: Policy[OrderT, PatchT]) -> list[list[OrderT]]:
    """List an order for every point of the facts, those together that allow the same updates, the plainest first.

    A machine draws one of the groups, and then an order of it: a status of its own is as likely as twelve alike.
    """
    return policy.tabulated().keep(starting_orders, functools.partial(_starting_orders, policy))


def _starting_orders(policy: Policy[OrderT, PatchT]) -> list[list[OrderT]]:
    facts = policy.order_type.__space__.facts
    groups: dict[tuple[PatchT, ...], list[OrderT]] = {}
    for _, order in sorted(orders_of(policy.order_type), key=lambda pair: rank(facts, pair[0])):
        allowed = tuple(patch for patch in updates(policy) if policy.can_update(order, patch))
        groups.setdefault(allowed, []).append(order)
    return list(groups.values())


def updates(policy: Policy[OrderT, PatchT]) -> list[PatchT]:
    """List updates of every kind, those of fewer keys first."""
    return policy.tabulated().keep(updates, functools.partial(_updates, policy))


def _updates(policy: Policy[OrderT, PatchT]) -> list[PatchT]:
    return sorted(dict.fromkeys(itertools.chain.from_iterable(_pairs(policy))), key=lambda patch: len(patch.keys))


def other_than(policy: Policy[OrderT, PatchT], patch: PatchT) -> PatchT | None:
    """Give the update of the same keys with other values, where one is listed."""
    others = policy.tabulated().keep(other_than, functools.partial(_others, policy))
    return others.get(patch)


def _others(policy: Policy[OrderT, PatchT]) -> dict[PatchT, PatchT]:
    pairs = [(one, other) for one, other in _pairs(policy) if one != other]
    return dict(pairs) | {other: one for one, other in pairs}


def _pairs(policy: Policy[OrderT, PatchT]) -> Iterator[tuple[PatchT, PatchT]]:
    """Walk the empty update, each key, each two keys, each key left out of the whole, and the whole.

    Each comes with two values, which are one where nothing is sent that could have another.
    """
    slots, free = slots_of(policy.patch_type), free_keys(policy.patch_type)
    few = {key: sample(slots[key].annotation) for key in free}
    full = {key: sample(slots[key].annotation, full=True) for key in free}
    chosen: list[tuple[str, ...]] = [(), *((key,) for key in free)]
    chosen += [(one, other) for place, one in enumerate(free) for other in free[place + 1 :]]
    chosen += [tuple(key for key in free if key != left_out) for left_out in free] + [tuple(free)]
    for point in policy.patch_type.__space__.points():
        asked = asked_at(policy.patch_type, point)
        for keys in chosen:
            one, other = (policy.patch_type(**asked, **{key: said[key] for key in keys}) for said in (few, full))
            yield one, other


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
    return policy.tabulated().keep((unreadable_bodies, codes), functools.partial(_all_unreadable, policy, codes))


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
        key: write_body(policy.patch_type(**{key: sample(slots[key].annotation)}))[key]
        for key in sections_by_key(policy.patch_type)
    }
    beside = [{other: well[other], **body} for body in bodies for other in well if other not in body]
    return [*bodies, *beside]


def _takes(option: Any, code: Code) -> bool:  # noqa: ANN401 - an annotation can be any object.
    """Say whether a text can be wrong in this way for a key."""
    if code is Code.NOT_A_DATE:
        return option is date
    return isinstance(option, type) and issubclass(option, StrEnum)
