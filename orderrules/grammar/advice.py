"""Advice: remarks about an update that refuse nothing.

An ``AdviceRule`` is data, like a rule: when it applies, what it says, and the clause it comes from. Decisions do not
depend on advice.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import attrs

from orderrules.grammar.conditions import UNKNOWN, spelling_of
from orderrules.languages.sentences import ENGLISH, AnyLanguage, as_words, join_words, language_of, render, translate
from orderrules.reading.fields import UNSET, slots_of
from orderrules.reading.models import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderrules.grammar.conditions import Fact
    from orderrules.grammar.orders import OrderBase, PatchBase


@attrs.frozen
class EmptyUpdate:
    """The update sends no key."""

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - all kinds share one signature.
        """Return the keys that the advice is about, or None if it does not apply."""
        return None if patch.keys else ()


@attrs.frozen
class UnchangedValue:
    """The update sends a value that the order already has."""

    key: str

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:
        """Return the keys that the advice is about, or None if it does not apply."""
        sent = getattr(patch, self.key)
        return (self.key,) if sent is not UNSET and sent == getattr(order, self.key) else None


@attrs.frozen
class UnknownValue:
    """The order's value of a fact is a string that the page does not list."""

    fact: Fact

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - all kinds share one signature.
        """Return the keys that the advice is about, or None if it does not apply."""
        value = getattr(order, self.fact.attribute)
        return () if isinstance(value, str) and self.fact.of(order) is UNKNOWN else None

    def params(self, order: OrderBase[Any]) -> dict[str, str]:
        """Return the value as the order spells it, and a guess at what was meant; see ``spelling_of``."""
        return spelling_of(self.fact, getattr(order, self.fact.attribute))


@attrs.frozen
class EmptyValue:
    """The update sends an empty object or an empty list."""

    among: tuple[str, ...]

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - all kinds share one signature.
        """Return the keys that the advice is about, or None if it does not apply."""
        return tuple(key for key in self.among if is_empty(getattr(patch, key))) or None


@attrs.frozen
class MissingKey:
    """The update sends at least one of some keys, but not the key that belongs with them."""

    among: tuple[str, ...]
    needs: str

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:  # noqa: ARG002 - all kinds share one signature.
        """Return the keys that the advice is about, or None if it does not apply."""
        if getattr(patch, self.needs) is not UNSET:
            return None
        return tuple(key for key in self.among if getattr(patch, key) is not UNSET) or None


@attrs.frozen
class OmittedDefault:
    """The update leaves out a key that has a documented default, and the order has another value.

    An update that sends no key at all does not count.
    """

    key: str
    default: object

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:
        """Return the keys that the advice is about, or None if it does not apply."""
        if not patch.keys or getattr(patch, self.key) is not UNSET or getattr(order, self.key) == self.default:
            return None
        return (self.key,)


@attrs.frozen
class DatesReversed:
    """The update sends at least one of two dates, and after it the later date comes before the earlier one.

    Attributes:
        key: the body key of the date that should come later.
        follows: the body key of the date that should come first.
    """

    key: str
    follows: str

    def keys(self, order: OrderBase[Any], patch: PatchBase) -> tuple[str, ...] | None:
        """Return the keys that the advice is about, or None if it does not apply."""
        sent = tuple(key for key in (self.follows, self.key) if getattr(patch, key) is not UNSET)
        first, second = (getattr(patch if key in sent else order, key) for key in (self.follows, self.key))
        # An order may show a date in another format. Then it is a string, and cannot be compared.
        comparable = isinstance(first, date) and isinstance(second, date)
        return sent if sent and comparable and second < first else None


AdviceKind = EmptyUpdate | UnchangedValue | EmptyValue | MissingKey | OmittedDefault | DatesReversed | UnknownValue


@attrs.frozen(kw_only=True)
class AdviceRule:
    """A rule that yields advice.

    Attributes:
        id: the id of its clause in ``specs/``.
        when: the kind of advice, which finds the updates that it applies to.
        message: one lower-case sentence without a full stop; or a dict of it by language.
    """

    id: str
    when: AdviceKind
    message: str = attrs.field(converter=as_words)


@attrs.frozen
class Advice:
    """A remark about an update, which refuses nothing.

    Attributes:
        rule: the rule that yields it.
        keys: the body keys that it is about.
        params: the parameters of its message, ready for JSON: ``shown`` and ``suggestion``, if a value is not listed.
    """

    rule: AdviceRule
    keys: tuple[str, ...] = ()
    params: Mapping[str, str] = attrs.field(factory=dict[str, str], hash=False)

    @property
    def id(self) -> str:
        """The id of its clause in ``specs/``."""
        return self.rule.id

    @property
    def message(self) -> str:
        """One lower-case sentence without a full stop."""
        return self.message_in(ENGLISH)

    def message_in(self, language: AnyLanguage) -> str:
        """Return the message in a language.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        if not self.params:
            return translate(self.rule.message, chosen)
        code = "about_but" if "suggestion" in self.params else "about"
        return render(chosen, "ADVICE", code, says=self.rule.message, **self.params)

    def to_dict(self, *, language: AnyLanguage = ENGLISH) -> dict[str, object]:
        """Return the id, the keys, the parameters and the message, ready for JSON.

        Args:
            language: the language of the message.

        Raises:
            ValueError: the language is not known.
        """
        message = self.message_in(language)
        return {"advice": self.id, "keys": list(self.keys), "params": dict(self.params), "message": message}

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the id, the message and the keys in one sentence.

        Raises:
            ValueError: the language is not known.
        """
        chosen = language_of(language)
        sentence = render(chosen, "ERRORS", "place", place=self.id, message=self.message_in(chosen))
        if not self.keys:
            return sentence
        keys = join_words(self.keys, "list", chosen)
        return render(chosen, "ERRORS", "with_hint", sentence=sentence, hint=keys)

    def __str__(self) -> str:
        return self.render()


def is_empty(value: object) -> bool:
    """Return whether a value is an empty object or an empty list."""
    if isinstance(value, Model):
        return all(getattr(value, name) is UNSET for name in slots_of(type(value)))
    return value == ()


def advise(advisories: tuple[AdviceRule, ...], order: OrderBase[Any], patch: PatchBase) -> tuple[Advice, ...]:
    """Return the advice that some advice rules yield for an update."""
    keys_by_rule = ((rule, rule.when.keys(order, patch)) for rule in advisories)
    return tuple(
        Advice(rule, keys, rule.when.params(order) if isinstance(rule.when, UnknownValue) else {})
        for rule, keys in keys_by_rule
        if keys is not None
    )
