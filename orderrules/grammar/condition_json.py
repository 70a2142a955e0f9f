"""The JSON form of conditions and of the values of facts, in both directions.

A condition is one of four objects::

    {"fact": "status", "in": ["completed"]}
    {"fact": "status", "not in": ["completed"]}
    {"all": [...]}, {"any": [...]}
    {"fact": "status asked for", "follows": "status", "staying": true, "not": false,
     "table": [["pending", ["accepted"]], ...]}

A value is a string, a number, a boolean or null, as the fact lists it, or ``{"text": ...}`` if JSON has no such type.
``{"state": "unknown"}`` is ``UNKNOWN``, and ``{"state": "left out"}`` is ``UNSET``. ``VERSION`` changes if a
reader of this form would misread the next one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from orderrules.grammar.conditions import UNKNOWN, AllOf, AnyOf, Condition, Fact, Is, TransitionTable
from orderrules.reading.fields import UNSET
from orderrules.reading.problems import Code, Problem, Problems, join_words
from orderrules.reading.values import close_to, kind_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

VERSION: Final = 1
_DEEPEST: Final = 32
"""Levels of nested conditions that are read."""


def value_to_json(value: Hashable) -> Any:  # noqa: ANN401 - any JSON value.
    """Return the JSON form of a value of a fact."""
    if value is UNKNOWN:
        return {"state": "unknown"}
    if value is UNSET:
        return {"state": "left out"}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and type(value) is not bool:
        return int(value)
    if value is None or type(value) is bool or (isinstance(value, float) and math.isfinite(value)):
        return value
    return {"text": str(value)}


def condition_to_json(condition: Condition) -> dict[str, Any]:
    """Return the JSON form of a condition, which :func:`read_condition` reads back."""
    if isinstance(condition, (AllOf, AnyOf)):
        word = "all" if isinstance(condition, AllOf) else "any"
        return {word: [condition_to_json(part) for part in condition.parts]}
    if isinstance(condition, Is):
        listed = [value for value in condition.fact.values if value in condition.values]
        return {"fact": condition.fact.name, "not in" if condition.negated else "in": _values_to_json(listed)}
    if isinstance(condition, TransitionTable):
        order = condition.asked.values.index
        return {
            "fact": condition.asked.name,
            "follows": condition.current.name,
            "table": [
                [value_to_json(value), _values_to_json(sorted(following, key=order))]
                for value, following in condition.table
            ],
            "staying": condition.staying,
            "not": condition.negated,
        }
    return condition_to_json(condition.simplify())  # A condition of another kind, by the points at which it holds.


def _values_to_json(values: Iterable[Hashable]) -> list[Any]:
    return [value_to_json(value) for value in values]


def read_condition(data: object, facts: Iterable[Fact]) -> Condition:
    """Read the JSON form of a condition.

    Args:
        data: the parsed JSON.
        facts: the facts that it may read, such as those of a platform's order and patch.

    Raises:
        InvalidInput: it is not such a form, or names an unknown fact or value; lists every problem with its place.
    """
    reader = _Reader({fact.name: fact for fact in facts})
    condition = reader.condition(data, "", 1)
    if reader.problems:
        raise reader.problems.error("read the condition")
    return condition


_FORMS: Final = "an object with all, any, or fact with in, not in or follows"


class _Reader:
    """Reads one condition, and collects its problems."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = facts
        self.problems = Problems()

    def condition(self, data: object, place: str, level: int) -> Condition:
        """Read a condition; if it has a problem, any condition is returned."""
        content: Mapping[str, Any] | None = self._typed(data, dict, "an object", place)
        if content is None:
            return AllOf(())
        keys = set(content)
        for word, kind in (("all", AllOf), ("any", AnyOf)):
            if keys == {word}:
                if level > _DEEPEST:
                    return self._fail(place, Code.TOO_DEEP, f"is more than {_DEEPEST} levels deep")
                parts = self._items(content[word], f"{place}/{word}")
                return kind([self.condition(part, f"{place}/{word}/{index}", level + 1) for index, part in parts])
        for word in ("in", "not in"):
            if keys == {"fact", word}:
                fact = self._fact(content["fact"], f"{place}/fact")
                values = self._values(content[word], f"{place}/{word}", fact)
                return Is(fact, frozenset(values), negated=word == "not in") if fact else AllOf(())
        if keys == {"fact", "follows", "table", "staying", "not"}:
            return self._table(content, place)
        return self._fail(place, Code.WRONG_TYPE, f"expected {_FORMS}")

    def _table(self, content: Mapping[str, Any], place: str) -> Condition:
        asked = self._fact(content["fact"], f"{place}/fact")
        current = self._fact(content["follows"], f"{place}/follows")
        flags = [self._flag(content[word], f"{place}/{word}") for word in ("staying", "not")]
        table: dict[Hashable, frozenset[Hashable]] = {}
        for index, row in self._items(content["table"], f"{place}/table"):
            here = f"{place}/table/{index}"
            cells = [cell for _, cell in self._items(row, here)]
            if len(cells) != 2:  # noqa: PLR2004 - a value, and those that may follow it.
                self._fail(here, Code.WRONG_TYPE, "expected a value and the array of the values that may follow it")
                continue
            listed = self._values(cells[:1], here, current)
            following = frozenset(self._values(cells[1], f"{here}/1", asked))
            for value in listed:  # None if the fact does not list it.
                if value in table:
                    self._fail(here, Code.DUPLICATE_KEY, "is a second row of the same value")
                table[value] = following
        if self.problems or asked is None or current is None:
            return AllOf(())
        return TransitionTable(current, asked, table, staying=flags[0], negated=flags[1])

    def _fail(self, place: str, code: Code, message: str, hint: str = "") -> Condition:
        self.problems.add(Problem(place, code, message, hint))
        return AllOf(())

    def _items(self, data: object, place: str) -> Iterable[tuple[int, Any]]:
        items: list[Any] = self._typed(data, list, "an array", place) or []
        return enumerate(items)

    def _flag(self, data: object, place: str) -> bool:
        return bool(self._typed(data, bool, "a boolean", place))

    def _typed(self, data: Any, kind: type, expected: str, place: str) -> Any:  # noqa: ANN401 - of the type.
        if type(data) is kind:
            return data
        self._fail(place, Code.WRONG_TYPE, f"expected {expected}, got {kind_of(data)}")
        return None

    def _fact(self, name: object, place: str) -> Fact | None:
        fact = self._facts.get(name) if type(name) is str else None
        if fact is None:
            hint = close_to(name, self._facts) if type(name) is str else ""
            self._fail(place, Code.NOT_A_CHOICE, f"expected one of {', '.join(self._facts)}", hint)
        return fact

    def _values(self, data: object, place: str, fact: Fact | None) -> list[Hashable]:
        items = self._items(data, place)
        if fact is None:
            return []
        forms = [(value_to_json(value), value) for value in fact.values]
        expected = f"expected one of {join_words(map(fact.label, fact.values))}"
        values: list[Hashable] = []
        for index, item in items:
            # True equals 1, so the types are compared too.
            matching = [value for form, value in forms if form == item and type(form) is type(item)]
            values += matching
            if not matching:
                self._fail(f"{place}/{index}", Code.NOT_A_CHOICE, expected)
        return values
