"""The JSON form of conditions and of the values of facts, in both directions.

A condition is one of four objects::

    {"fact": "status", "in": ["completed"]}
    {"fact": "status", "not in": ["completed"]}
    {"all": [...]}, {"any": [...]}
    {"fact": "status asked for", "follows": "status", "staying": true, "not": false,
     "table": [["pending", ["accepted"]], ...]}

A value is a string, a number, a boolean or null, as the fact lists it, or ``{"text": ...}`` if JSON has no such type.
A band is ``{"above": 0, "at most": 100}``, or has one of the two. ``{"state": "unknown"}`` is ``UNKNOWN``;
``{"state": "left out"}`` is ``UNSET`` in an update, and ``{"state": "not shown"}`` is ``UNSET`` in an order.
``VERSION`` changes if a reader of this form would misread the next one.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final, cast

from orderrules.grammar.conditions import (
    UNKNOWN,
    AllOf,
    AnyOf,
    Band,
    Condition,
    Fact,
    Is,
    Point,
    TransitionTable,
    spelling_of,
)
from orderrules.reading.fields import UNSET
from orderrules.reading.hints import Hint, hint_close_to
from orderrules.reading.problems import Code, Problem, Problems, escape_token
from orderrules.reading.values import KINDS, kind_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

VERSION: Final = 1
_DEEPEST: Final = 32
"""Levels of nested conditions that are read. A written condition may have more, if a policy's rule has."""


def value_to_json(fact: Fact, value: Hashable) -> Any:  # noqa: ANN401 - any JSON value.
    """Return the JSON form of a value of a fact."""
    if value is UNKNOWN:
        return {"state": "unknown"}
    if value is UNSET:
        return {"state": _NOT_SHOWN if fact.canonical(_NOT_SHOWN) is UNSET else "left out"}
    if isinstance(value, Band):
        bounds = {"above": value.above, "at most": value.at_most}
        return {word: plain_to_json(bound) for word, bound in bounds.items() if bound is not None}
    return plain_to_json(value)


def point_to_json(point: Point) -> dict[str, Any]:
    """Return the JSON forms of the values of some facts, by name."""
    return {fact.name: value_to_json(fact, value) for fact, value in point.items()}


def plain_to_json(value: Hashable) -> Any:  # noqa: ANN401 - any JSON value.
    """Return the JSON form of a value that is no band and no state."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and type(value) is not bool:
        return int(value)
    if value is None or type(value) is bool or (isinstance(value, float) and math.isfinite(value)):
        return value
    return {"text": str(value)}


def _state_of(data: object) -> object:
    return cast("dict[str, object]", data).get("state") if isinstance(data, dict) else None


_NOT_SHOWN: Final = "not shown"
"""The state of a value that an order does not show. A fact of an order that has ``UNSET`` needs it as an alias."""


def shown_to_json(fact: Fact, thing: object) -> Any:  # noqa: ANN401 - any JSON value.
    """Return the JSON form of the value of a fact of an order or an update.

    A value that the page does not list is written as the order spells it, and told apart from one that the order does
    not show.

    Args:
        fact: the fact.
        thing: the order or the update.
    """
    value = fact.of(thing)
    if value is not UNKNOWN:
        return value_to_json(fact, value)
    shown = getattr(thing, fact.attribute)
    if shown is None or shown is UNSET:
        return {"state": _NOT_SHOWN}
    return {"state": "unknown", **spelling_of(fact, shown)}


def condition_to_json(condition: Condition) -> dict[str, Any]:
    """Return the JSON form of a condition, which :func:`read_condition` reads back."""
    if isinstance(condition, (AllOf, AnyOf)):
        word = "all" if isinstance(condition, AllOf) else "any"
        return {word: [condition_to_json(part) for part in condition.parts]}
    if isinstance(condition, Is):
        word = "not in" if condition.negated else "in"
        return {"fact": condition.fact.name, word: _values_to_json(condition.fact, condition.values)}
    if isinstance(condition, TransitionTable):
        return {
            "fact": condition.asked.name,
            "follows": condition.current.name,
            "table": [
                [value_to_json(condition.current, value), _values_to_json(condition.asked, following)]
                for value, following in condition.table
            ],
            "staying": condition.staying,
            "not": condition.negated,
        }
    return condition_to_json(condition.simplify())  # A condition of another kind, by the points at which it holds.


def _values_to_json(fact: Fact, values: frozenset[Hashable]) -> list[Any]:
    return [value_to_json(fact, value) for value in fact.values if value in values]


def read_condition(data: object, facts: Iterable[Fact]) -> Condition:
    """Read the JSON form of a condition.

    Args:
        data: the parsed JSON.
        facts: the facts that it may read, such as those of a platform's order and patch.

    Raises:
        InvalidInput: it is not such a form, or names an unknown fact or value; lists every problem with its place.
    """
    reader = FormReader(facts)
    condition = reader.condition(data, "", 1)
    if reader.problems:
        raise reader.problems.error("read the condition")
    return condition


def read_facts(data: object, facts: Iterable[Fact]) -> Point:
    """Read the values of facts from their JSON form, such as the member ``order`` of a decision that was logged.

    Args:
        data: the parsed JSON: an object with a value for each fact, by its name.
        facts: the facts, such as ``policy.facts``; those that the object does not name are left out.

    Returns:
        The values by their facts, for ``Condition.holds``.

    Raises:
        InvalidInput: it is not such an object, or names an unknown fact or value; lists every problem with its place.
    """
    reader = FormReader(())
    point = reader.point(reader.typed(data, dict, "") or {}, "", facts, complete=False)
    if reader.problems:
        raise reader.problems.error("read the facts")
    return point


class FormReader:
    """Reads conditions and values of facts, and collects the problems.

    Args:
        facts: the facts that may be named.
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self._facts = {fact.name: fact for fact in facts}
        self.problems = Problems()

    def condition(self, data: object, place: str, level: int) -> Condition:
        """Read a condition; if it has a problem, any condition is returned."""
        content: Mapping[str, Any] | None = self.typed(data, dict, place)
        if content is None:
            return AllOf(())
        keys = set(content)
        for word, kind in (("all", AllOf), ("any", AnyOf)):
            if keys == {word}:
                if level > _DEEPEST:
                    return self.fail(place, Code.TOO_DEEP, bound=_DEEPEST)
                parts = self.items(content[word], f"{place}/{word}")
                return kind([self.condition(part, f"{place}/{word}/{index}", level + 1) for index, part in parts])
        for word in ("in", "not in"):
            if keys == {"fact", word}:
                fact = self.fact(content["fact"], f"{place}/fact")
                values = self._values(content[word], f"{place}/{word}", fact)
                return Is(fact, frozenset(values), negated=word == "not in") if fact else AllOf(())
        if keys == {"fact", "follows", "table", "staying", "not"}:
            return self._table(content, place)
        return self.fail(place, Code.WRONG_TYPE, reason="form", expected="condition")

    def _table(self, content: Mapping[str, Any], place: str) -> Condition:
        asked = self.fact(content["fact"], f"{place}/fact")
        current = self.fact(content["follows"], f"{place}/follows")
        flags = [self._flag(content[word], f"{place}/{word}") for word in ("staying", "not")]
        table: dict[Hashable, frozenset[Hashable]] = {}
        for index, row in self.items(content["table"], f"{place}/table"):
            here = f"{place}/table/{index}"
            cells = [cell for _, cell in self.items(row, here)]
            if len(cells) != 2:  # noqa: PLR2004 - a value, and those that may follow it.
                self.fail(here, Code.WRONG_TYPE, reason="form", expected="row")
                continue
            listed = self._values(cells[:1], here, current)
            following = frozenset(self._values(cells[1], f"{here}/1", asked))
            for value in listed:  # None if the fact does not list it.
                if value in table:
                    self.fail(here, Code.DUPLICATE_KEY, reason="row")
                table[value] = following
        if self.problems or asked is None or current is None:
            return AllOf(())
        return TransitionTable(current, asked, table, staying=flags[0], negated=flags[1])

    def fail(self, place: str, code: Code, hint: Hint | None = None, **params: Any) -> Condition:  # noqa: ANN401 - any JSON value.
        """Add a problem, and return any condition."""
        self.problems.add(Problem(place, code, params).with_hint(hint))
        return AllOf(())

    def items(self, data: object, place: str) -> Iterable[tuple[int, Any]]:
        """Return the items of an array, each with its position; none if it is not an array."""
        items: list[Any] = self.typed(data, list, place) or []
        return enumerate(items)

    def _flag(self, data: object, place: str) -> bool:
        return bool(self.typed(data, bool, place))

    def typed(self, data: Any, kind: type, place: str) -> Any:  # noqa: ANN401 - of the type.
        """Return a value of a JSON type; if it is of another one, add a problem and return None."""
        if type(data) is kind:
            return data
        if data is None:
            self.fail(place, Code.NULL, expected=KINDS[kind])
        else:
            self.fail(place, Code.WRONG_TYPE, expected=KINDS[kind], found=kind_of(data))
        return None

    def fact(self, name: object, place: str) -> Fact | None:
        """Return the fact of a name, or None if there is none."""
        fact = self._facts.get(name) if type(name) is str else None
        if fact is None:
            hint = hint_close_to(name, self._facts) if type(name) is str else None
            self.fail(place, Code.NOT_A_CHOICE, hint, choices=list(self._facts))
        return fact

    def point(
        self, values: Mapping[str, Any], place: str, facts: Iterable[Fact], *, complete: bool
    ) -> dict[Fact, Hashable]:
        """Read the values of facts by name; if the point has to be complete, a fact that is left out is a problem."""
        names = {fact.name: fact for fact in facts}
        for name in values:
            if name not in names:
                self.fail(place + escape_token(name), Code.UNKNOWN_KEY, hint_close_to(name, names))
        point: dict[Fact, Hashable] = {}
        for name, fact in names.items():
            if name in values:
                point.update((fact, value) for value in self.value(values[name], f"{place}/{name}", fact))
            elif complete:
                self.fail(f"{place}/{name}", Code.MISSING)
        return point

    def _values(self, data: object, place: str, fact: Fact | None) -> list[Hashable]:
        items = self.items(data, place)
        if fact is None:
            return []
        return [value for index, item in items for value in self.value(item, f"{place}/{index}", fact)]

    def value(self, data: object, place: str, fact: Fact) -> tuple[Hashable, ...]:
        """Read a value of a fact; return it in a tuple, which is empty if it has a problem."""
        word = data if isinstance(data, str) else ""
        state = _state_of(data)
        is_unknown = state == "unknown" or (state == _NOT_SHOWN and UNSET not in fact.values)
        # Without the spelling of an unknown value, which is for people.
        given: object = value_to_json(fact, UNKNOWN) if is_unknown else data
        # True equals 1, so the types are compared too.
        forms = [(value_to_json(fact, value), value) for value in fact.values]
        matching = tuple(value for form, value in forms if type(form) is type(given) and form == given)
        if not matching:
            choices = [form if isinstance(form, str) else json.dumps(form, ensure_ascii=False) for form, _ in forms]
            self.fail(place, Code.NOT_A_CHOICE, hint_close_to(word, dict.fromkeys(choices)), choices=choices)
        return matching[:1]
