"""Advice: what is worth saying about an update and refuses nothing.

An advice is data like a rule: when it is given, what it says, and the clause it comes from.
It must never be asked when something is decided, and never know a platform.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import attrs

from orderrules.grammar.conditions import UNKNOWN, describe_spelling
from orderrules.reading.fields import UNSET
from orderrules.reading.models import Model

if TYPE_CHECKING:
    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.orders import OrderBase, PatchBase


@attrs.frozen
class EmptyUpdate:
    """The update sends no key."""

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - one signature for all.
        """Give the keys it is about, or None where it is not so."""
        return None if patch.keys else ()


@attrs.frozen
class UnchangedValue:
    """The update sends a value that the order has already."""

    key: str

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:
        """Give the keys it is about, or None where it is not so."""
        sent = getattr(patch, self.key)
        return (self.key,) if sent is not UNSET and sent == getattr(order, self.key) else None


@attrs.frozen
class UnknownValue:
    """The order has a value of a fact that no page names."""

    fact: Fact

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - one signature for all.
        """Give the keys it is about, or None where it is not so."""
        value = getattr(order, self.fact.attribute)
        return () if isinstance(value, str) and self.fact.of(order) is UNKNOWN else None

    def detail(self, order: OrderBase) -> str:
        """Say how the order spells it, and what may be meant."""
        return describe_spelling(self.fact, getattr(order, self.fact.attribute))


@attrs.frozen
class EmptyValue:
    """The update sends an object or a list with nothing in it."""

    among: tuple[str, ...]

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - one signature for all.
        """Give the keys it is about, or None where it is not so."""
        return tuple(key for key in self.among if is_empty(getattr(patch, key))) or None


@attrs.frozen
class MissingKey:
    """The update sends some of these keys, and not the one that belongs to them."""

    among: tuple[str, ...]
    needs: str

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - one signature for all.
        """Give the keys it is about, or None where it is not so."""
        if getattr(patch, self.needs) is not UNSET:
            return None
        return tuple(key for key in self.among if getattr(patch, key) is not UNSET) or None


@attrs.frozen
class OmittedDefault:
    """The update sends something, and leaves out a key for which the page names a default that the order has not."""

    key: str
    default: object

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:
        """Give the keys it is about, or None where it is not so."""
        if not patch.keys or getattr(patch, self.key) is not UNSET or getattr(order, self.key) == self.default:
            return None
        return (self.key,)


@attrs.frozen
class DatesReversed:
    """After the update, one day stands before another that it should follow, and the update sends one of them."""

    key: str
    follows: str

    def keys(self, order: OrderBase, patch: PatchBase) -> tuple[str, ...] | None:
        """Give the keys it is about, or None where it is not so."""
        sent = tuple(key for key in (self.follows, self.key) if getattr(patch, key) is not UNSET)
        first, second = (getattr(patch if key in sent else order, key) for key in (self.follows, self.key))
        # An order may show a day that is written in another way, and then is text.
        comparable = isinstance(first, date) and isinstance(second, date)
        return sent if sent and comparable and second < first else None


AdviceKind = EmptyUpdate | UnchangedValue | EmptyValue | MissingKey | OmittedDefault | DatesReversed | UnknownValue


@attrs.frozen(kw_only=True)
class AdviceRule:
    """One thing worth saying.

    Attributes:
        id: its handle, which is the id of its clause in ``specs/``.
        when: the occasion on which it is said.
        message: what is said, one lower-case sentence without a full stop.
    """

    id: str
    when: AdviceKind
    message: str


@attrs.frozen
class Advice:
    """Something worth saying about an update, which refuses nothing.

    Attributes:
        id: its handle, which is the id of its clause in ``specs/``.
        message: one lower-case sentence without a full stop.
        keys: the body keys that it is about.
    """

    id: str
    message: str
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.id}: {self.message}" + f" ({', '.join(self.keys)})" * bool(self.keys)


def is_empty(value: object) -> bool:
    """Say whether a value is an object or a list with nothing in it."""
    if isinstance(value, Model):
        return all(getattr(value, field.name) is UNSET for field in attrs.fields(type(value)))  # type: ignore[arg-type]  # models are attrs classes.
    return value == ()


def advise(advisories: tuple[AdviceRule, ...], order: OrderBase, patch: PatchBase) -> tuple[Advice, ...]:
    """Give the advice of some advisories on an update."""
    found = ((advisory, advisory.when.keys(order, patch)) for advisory in advisories)
    return tuple(Advice(advisory.id, _message(advisory, order), keys) for advisory, keys in found if keys is not None)


def _message(advisory: AdviceRule, order: OrderBase) -> str:
    when = advisory.when
    return f"{advisory.message}: {when.detail(order)}" if isinstance(when, UnknownValue) else advisory.message
