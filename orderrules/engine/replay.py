"""Decide again on a decision that was logged, and tell whether the answer is still the same.

A line of a log is ``decision.to_dict(order, patch)`` as JSON, with other keys beside those if the log has some. The
facts of the order and the update and the keys that the update sends determine the decision, so no order is needed.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs

from orderrules.engine.decision_table import table_of
from orderrules.engine.digest import gist_of
from orderrules.grammar.condition_json import VERSION, FormReader
from orderrules.grammar.orders import sections_by_key
from orderrules.languages.sentences import Phrase, fill, join_words
from orderrules.reading.fields import UNSET
from orderrules.reading.limits import UPDATE_LIMITS, Limits
from orderrules.reading.problems import Code, read_with
from orderrules.reading.strict_json import flaws_in, load_source
from orderrules.reading.values import mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from orderrules.engine.decision import Decision
    from orderrules.grammar.conditions import Point
    from orderrules.grammar.orders import OrderBase, PatchBase
    from orderrules.grammar.rulebook import Rulebook
    from orderrules.reading.strict_json import Document


_SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "same": "still {now}",
        "changed": "it {then}, now it {now}",
        "refuses": "refuses ({rules})",
        "allows": "allows",
        "allows_by": "allows by a waiver ({waivers})",
        "rule": "{rule} for {keys}",
    }
)
"""Whether the answer to a logged decision is the same."""
_REPLAY: Final = Phrase.of("INPUTS", "replay")
"""What cannot be done with a line that cannot be read."""


@attrs.frozen
class Replay:
    """A logged decision, and the decision on the same facts now. It is truthy if the answer is the same.

    The answer is the same if the same rules refuse the same keys, and the same waivers are needed. Texts, assumptions
    and notes are not compared.

    Attributes:
        decision: the decision now.
        rules_then: the ids of the rules that refused, each with the keys.
        waivers_then: the ids of the waivers that were needed.
        edition_then: the edition of the rulebook that decided then.
        digest_then: the digest of that rulebook. If it is that of the policy, no decision has changed since.
    """

    decision: Decision
    rules_then: tuple[tuple[str, tuple[str, ...]], ...]
    waivers_then: tuple[str, ...]
    edition_then: str
    digest_then: str

    @property
    def same(self) -> bool:
        """Whether the answer is the same."""
        return gist_of(self.decision) == (self.rules_then, tuple(sorted(self.waivers_then)))

    def __bool__(self) -> bool:
        return self.same

    def __str__(self) -> str:
        rules, waivers = gist_of(self.decision)
        ids = [rule for rule, _ in rules]
        with_keys = rules != self.rules_then and ids == [rule for rule, _ in self.rules_then]
        now = _answer(rules, waivers, with_keys=with_keys)
        then = _answer(self.rules_then, self.waivers_then, with_keys=with_keys)
        return fill(_SENTENCES["same" if self.same else "changed"], {"now": now, "then": then})

    def to_dict(self) -> dict[str, object]:
        """Return the comparison as JSON-ready dicts, lists, strings and booleans."""
        return {
            "same": self.same,
            "then": {
                "edition": self.edition_then,
                "digest": self.digest_then,
                "allowed": not self.rules_then,
                "violations": [{"rule": rule, "keys": list(keys)} for rule, keys in self.rules_then],
                "waivers": list(self.waivers_then),
            },
            "now": self.decision.to_dict(),
            "message": str(self),
        }


def _answer(rules: tuple[tuple[str, tuple[str, ...]], ...], waivers: tuple[str, ...], *, with_keys: bool) -> str:
    """Return an answer in words; the keys of each rule are named if they alone have changed."""
    if not rules:
        return fill(_SENTENCES["allows_by" if waivers else "allows"], {"waivers": ", ".join(waivers)})
    named = (
        fill(_SENTENCES["rule"], {"rule": rule, "keys": ", ".join(keys)}) if with_keys else rule for rule, keys in rules
    )
    return fill(_SENTENCES["refuses"], {"rules": join_words(named, "and")})


def replay(
    rulebook: Rulebook[Any, Any], line: Mapping[str, object] | Document, limits: Limits = UPDATE_LIMITS
) -> Replay:
    """See ``Policy.replay``."""
    with read_with(_REPLAY, limits):
        document, has_flaws = load_source(line)
        reader = _Reader(rulebook)
        data = mapping(document)
        replayed = reader.read(data)
        if has_flaws:
            reader.problems.add_flaws(flaws_in(document))
        if replayed is None or reader.problems:
            raise reader.problems.error()
        return replayed


class _Reader(FormReader):
    """Reads one line of a log."""

    def __init__(self, rulebook: Rulebook[Any, Any]) -> None:
        super().__init__(rulebook.facts)
        self._rulebook = rulebook

    def read(self, data: Mapping[str, Any]) -> Replay | None:
        """Read the line; return None if it has problems."""
        version = self._get(data, "version", int)
        if version not in {VERSION, None}:
            self.fail("/version", Code.NOT_A_CHOICE, choices=[str(VERSION)])
        rulebook: dict[str, Any] | None = self._get(data, "rulebook", dict)
        version_of: dict[str, Any] = {
            key: self._get(rulebook, key, str, "/rulebook")
            for key in ("name", "edition", "digest")
            if rulebook is not None
        }
        if version_of.get("name") not in {self._rulebook.name, None}:
            self.fail("/rulebook/name", Code.NOT_A_CHOICE, choices=[self._rulebook.name])
            return None  # Everything else is of another platform, too.
        allowed = self._get(data, "allowed", bool)
        given: dict[str, Any] | None = None
        if rulebook is not None and "given" in rulebook:
            given = self._get(rulebook, "given", dict, "/rulebook")
        known = self.point(given or {}, "/rulebook/given", self._rulebook.parameters, complete=False)
        # What the line was decided with, unless this rulebook has a value of its own.
        self._rulebook = self._rulebook.supplied(known)
        order = self._point(data, "order", self._rulebook.order_type)
        if "action" in data and "update" in data:
            self.fail("/action", Code.UNKNOWN_KEY)
        decide = self._action(data) if "action" in data else self._update(data)
        rules = tuple(
            (self._get(entry, "rule", str, here), self._texts(entry, "keys", here))
            for here, entry in self._entries(data, "violations")
        )
        waivers = tuple(self._get(entry, "waiver", str, here) for here, entry in self._entries(data, "waivers"))
        if type(data.get("violations")) is list and allowed is bool(rules):
            self.fail("/allowed", Code.WRONG_TYPE, reason="form", expected="verdict")
        if self.problems:
            return None
        return Replay(decide(order), rules, waivers, version_of["edition"], version_of["digest"])

    def _get(self, data: Mapping[str, Any], key: str, kind: type, place: str = "") -> Any:  # noqa: ANN401 - of the type.
        """Return the value of a key that is required, or None if it has a problem."""
        if key in data:
            return self.typed(data[key], kind, f"{place}/{key}")
        self.fail(f"{place}/{key}", Code.MISSING)
        return None

    def _point(
        self, data: Mapping[str, Any], key: str, kind: type[OrderBase[Any] | PatchBase], place: str = ""
    ) -> Point:
        """Read a value of each fact of the orders or the updates."""
        values: dict[str, Any] | None = self._get(data, key, dict, place)
        facts = kind.__space__.facts
        return {} if values is None else self.point(values, f"{place}/{key}", facts, complete=True)

    def _update(self, data: Mapping[str, Any]) -> Callable[[Point], Decision]:
        update: dict[str, Any] | None = self._get(data, "update", dict)
        known = sections_by_key(self._rulebook.patch_type)
        keys = () if update is None else self._texts(update, "keys", "/update")
        for index, key in enumerate(keys):
            if key not in known:
                self.fail(f"/update/keys/{index}", Code.NOT_A_CHOICE, choices=list(known))
        asked: Point = {} if update is None else self._point(update, "facts", self._rulebook.patch_type, "/update")
        for fact, value in asked.items():
            if fact.attribute in known and (value is UNSET) is (fact.attribute in keys):
                self.fail(f"/update/facts/{fact.name}", Code.WRONG_TYPE, reason="form", expected="value of a sent key")
        return lambda order: table_of(self._rulebook).decide_at(order, asked, keys)

    def _action(self, data: Mapping[str, Any]) -> Callable[[Point], Decision]:
        action: str | None = self._get(data, "action", str)
        known = {str(member): member for member in self._rulebook.actions or ()}
        if action is not None and action not in known:
            self.fail("/action", Code.NOT_A_CHOICE, choices=list(known))
        return lambda order: table_of(self._rulebook).decide_action_at(order, str(action))

    def _entries(self, data: Mapping[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Iterate over the objects of an array, each with its place."""
        for index, item in self.items(self._get(data, key, list) or [], f"/{key}"):
            entry: dict[str, Any] | None = self.typed(item, dict, f"/{key}/{index}")
            if entry is not None:
                yield f"/{key}/{index}", entry

    def _texts(self, data: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        listed: list[Any] = self._get(data, key, list, place) or []
        texts = (self.typed(item, str, f"{place}/{key}/{index}") for index, item in enumerate(listed))
        return tuple(text for text in texts if text is not None)
