"""The table of a rulebook: every decision there can be, and the lookup.

An order keeps the number of its facts' point (its *index*), a patch the number of its own facts above one bit for each
key that it sends (its *column*). The table has one row for each index, and a row one decision for each column; so a
decision is ``rows[order's index][patch's column]``. A row is made when it is first asked for, and is None until then.
Equal decisions are one object.

This is the only place that decides.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from orderrules.engine.decision import Decision, Violation
from orderrules.grammar.conditions import ALWAYS, guard
from orderrules.grammar.orders import OrderT, PatchT, free_keys, keys_at, sections_by_key
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from enum import StrEnum

    from orderrules.grammar.conditions import Condition, Fact, Point
    from orderrules.grammar.orders import Space
    from orderrules.grammar.rulebook import Rulebook
    from orderrules.grammar.rules import Assumption, Rule, Waiver


FoundT = TypeVar("FoundT")

_BYTE: Final = 1 << 8

_NO_VERDICT: Final = b"?"


def replace_rules(rules: Iterable[Rule], replaced: Iterable[Rule]) -> tuple[Rule, ...]:
    """Give the rules as they are under an alternative."""
    instead = {rule.id: rule for rule in replaced}
    return tuple(instead.get(rule.id, rule) for rule in rules)


def _followed_facts(rulebook: Rulebook[Any, Any]) -> tuple[tuple[Fact, Fact], ...]:
    """List what transition tables follow, and what other rules read of an update that an order has as well."""
    conditions = [*(rule.only_if for rule in rulebook.rules), *(waiver.when for waiver in rulebook.waivers)]
    read = {fact for condition in conditions for fact in condition.facts}
    current = {fact.attribute: fact for fact in rulebook.order_type.__space__.facts}
    by_table = [(table.current, table.asked) for table in rulebook.transitions()]
    by_name = [
        (current[asked.attribute], asked)
        for asked in rulebook.patch_type.__space__.facts
        if asked in read and asked.attribute in current
    ]
    return tuple(dict.fromkeys([*by_table, *by_name]))


def name_of(thing: object) -> str:
    """Return the full name of the class of an object."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _union(*masks: int) -> int:
    """Give the mask of the keys in any of some masks."""
    keys = 0
    for mask in masks:
        keys |= mask
    return keys


@attrs.frozen
class Cell:
    """One section, or action, at one point.

    Attributes:
        section: the section, or the action.
        point: the facts of an order and of an update that touches the section.
        decision: what is decided on the section, and on no other that the update must touch to have these facts.
        update: what is decided on the smallest such update.
    """

    section: StrEnum
    point: Point
    decision: Decision
    update: Decision


def rows_of(rulebook: Rulebook[Any, Any]) -> list[list[Decision] | None]:
    """Return the rows of a rulebook's table, which are made one by one; before the table itself is made, too."""
    return rulebook.keep("rows", lambda: [None] * rulebook.order_type.__space__.size)


def table_of(rulebook: Rulebook[OrderT, PatchT]) -> Table[OrderT, PatchT]:
    """Return the table of a rulebook, made when it is first asked for."""
    return rulebook.keep("table", lambda: Table(rulebook))


class Table(Generic[OrderT, PatchT]):
    """All decisions of a rulebook; equal ones are one object.

    Attributes:
        followed: the facts of an order that rules let an update change, a status above all, each with that of the
            update. A transition table is one way to write such a rule; a plain condition on both is another.

    Rows may be made by several threads at once: each makes a whole row and puts it in place in one step,
    and both are right.
    """

    def __init__(self, rulebook: Rulebook[OrderT, PatchT]) -> None:
        self._rulebook = rulebook
        self._order_space: Space = rulebook.order_type.__space__
        self._patch_space: Space = rulebook.patch_type.__space__
        self._keys = sections_by_key(rulebook.patch_type)
        self._points: list[Point] = list(self._order_space.points())
        self._columns: list[Point] = list(self._patch_space.points())
        place = {section: position for position, section in enumerate((*rulebook.sections, *(rulebook.actions or ())))}
        self._rules = tuple(sorted(rulebook.rules, key=lambda rule: (place[rule.section], rule.id)))
        self._others: list[tuple[Assumption, tuple[Rule, ...]]] = [
            (assumption, replace_rules(self._rules, alternative.rules))
            for assumption in rulebook.assumptions
            for alternative in assumption.alternatives
            if alternative.rules
        ]
        self.followed = _followed_facts(rulebook)
        self._guards: dict[tuple[object, ...], Condition] = {}
        self._masks: Mapping[StrEnum, int] = {
            section: sum(1 << bit for bit, of in enumerate(self._keys.values()) if of is section)
            for section in rulebook.sections
        }
        self._violations: dict[tuple[object, ...], Violation] = {}
        self._decisions: dict[tuple[object, ...], Decision] = {}
        self._abilities: list[dict[str, Decision] | None] = [None] * len(self._points)
        self._actions: Mapping[str, StrEnum] = {action: action for action in rulebook.actions or ()}
        self.rows = rows_of(rulebook)

    def row(self, index: int) -> list[Decision]:
        """Return all decisions for the orders of one index, made now if they were not yet."""
        row = self.rows[index]
        if row is None:
            row = self.rows[index] = self._make(self._points[index])
        return row

    def ability(self, order: OrderT, action: StrEnum | str) -> Decision:
        """Decide whether an action is open for an order."""
        row = self._abilities_at(self.index(order))
        decision = row.get(str(action))
        if decision is None:
            raise ValueError(f"{action!r} is no action of {self._rulebook.name}: {', '.join(row) or 'it rules none'}")
        return decision

    def _abilities_at(self, index: int) -> dict[str, Decision]:
        row = self._abilities[index]
        if row is None:
            row = self._abilities[index] = self._make_abilities(self._points[index])
        return row

    def decide(self, order: OrderT, patch: PatchT) -> Decision:
        """Decide where the fast way found no row, or no order and patch of this platform."""
        index = self.index(order)
        return self.row(index)[self._column(patch)]

    def section(self, order: OrderT, section: StrEnum) -> Decision:
        """Decide whether a section may change at all."""
        index = self.index(order)
        row, here, mask = self.row(index), self._points[index], self._masks[section]
        own = [fact for fact in self._patch_space.facts if self._keys[fact.attribute] is section]
        if not own:
            return row[mask]
        decisions = [row[number] for number in self._askings(here, own, mask)]
        found = next((decision for decision in decisions if decision), None)
        if found is not None or not decisions:
            return found or row[mask]
        # Whatever is asked for is refused, so that what was asked is no part of the evidence.
        refusing = {violation.rule.id: violation for decision in decisions for violation in decision.violations}
        violations = tuple(
            attrs.evolve(violation, actual=violation.rule.only_if.actual(here)) for violation in refusing.values()
        )
        return attrs.evolve(decisions[0], violations=violations)

    def _askings(self, here: Point, own: list[Fact], mask: int) -> Iterator[int]:
        """Walk the columns of all updates of a section that ask for anything but what is there."""
        facts = self._patch_space.facts
        bit_of = {fact: 1 << list(self._keys).index(fact.attribute) for fact in facts}
        present = [(asked, here[current]) for current, asked in self.followed if asked in own]
        for number, point in enumerate(self._columns):
            if any(point[fact] is not UNSET for fact in facts if fact not in own):
                continue
            if any(point[asked] == value for asked, value in present):
                continue
            for keys in range(mask, 0, -1):
                sent = {fact for fact in facts if keys & bit_of[fact]}
                if keys & ~mask == 0 and sent == {fact for fact in facts if point[fact] is not UNSET} and sent:
                    yield (number << len(self._keys)) | keys

    def cells(self) -> Iterator[Cell]:
        """Walk all cells of the table, of which every decision is put together.

        That is every section at every point of an order and an update that can touch it,
        and every action at every point of an order.
        """
        columns = [
            (section, asked, number << len(self._keys), self._mask(sent))
            for section in self._masks
            for number, asked in enumerate(self._columns)
            if (sent := keys_at(self._rulebook.patch_type, section, asked)) is not None
        ]
        for index, here in enumerate(self._points):
            row = self.row(index)
            for section, asked, column, keys in columns:
                alone = keys & self._masks[section]
                yield Cell(section, {**here, **asked}, row[column | alone], row[column | keys])
            for action, decision in self._abilities_at(index).items():
                yield Cell(self._actions[action], here, decision, decision)

    def decisions(self) -> Iterator[Decision]:
        """Walk all decisions, order by order: on every update that can be told apart, and on every action."""
        free = self._mask(free_keys(self._rulebook.patch_type))
        sent = [self._mask({fact.attribute for fact in point if point[fact] is not UNSET}) for point in self._columns]
        columns = [
            (number << len(self._keys)) | mask
            for number, known in enumerate(sent)
            for mask in range(1 << len(self._keys))
            if mask & ~free == known
        ]
        for index in range(len(self._points)):
            row = self.row(index)
            yield from (row[column] for column in columns)
            yield from self._abilities_at(index).values()

    def sendable(self, order: OrderT) -> Iterator[tuple[Point, frozenset[str]]]:
        """Walk what an update may ask for, as an order is, with all the keys that it may then send."""
        free = free_keys(self._rulebook.patch_type)
        for point, sent, decided in self.columns(order):
            if decided(()):
                yield point, sent.union(key for key in free if decided((key,)))

    def columns(self, order: OrderT) -> Iterator[tuple[Point, frozenset[str], Callable[[Collection[str]], Decision]]]:
        """Walk what an update may ask for, with the keys that do so, and what decides when it sends others too."""
        row = self.row(self.index(order))
        for number, point in enumerate(self._columns):
            sent = frozenset(fact.attribute for fact in point if point[fact] is not UNSET)
            yield point, sent, functools.partial(self._at, row, (number << len(self._keys)) | self._mask(sent))

    def _at(self, row: list[Decision], column: int, others: Collection[str]) -> Decision:
        return row[column | self._mask(others)]

    def _mask(self, keys: Collection[str]) -> int:
        return sum(1 << bit for bit, key in enumerate(self._keys) if key in keys)

    def guard(self, patch: PatchT) -> Condition:
        """Give the condition on an order under which an update is allowed; see ``Policy.guard``."""
        rules, asked = self._touched(patch)
        return self._guard(rules, asked)

    def guards(self, patch: PatchT) -> Mapping[Rule, Condition]:
        """Give the conditions on an order under which rules let an update pass; see ``Policy.guards``."""
        rules, asked = self._touched(patch)
        found = {rule: self._guard([rule], asked) for rule in rules}
        return {rule: condition for rule, condition in found.items() if condition != ALWAYS}

    def _touched(self, patch: PatchT) -> tuple[list[Rule], int]:
        """List the rules on the sections that an update touches, and number what it asks for."""
        column = self._column(patch)
        touched, asked = column & ((1 << len(self._keys)) - 1), column >> len(self._keys)
        return [rule for rule in self._rules if self._masks.get(rule.section, 0) & touched], asked

    def _guard(self, rules: list[Rule], asked: int) -> Condition:
        """Give the short condition under which some rules hold or are waived; it is made once."""
        known = (asked, *(rule.id for rule in rules))
        found = self._guards.get(known)
        if found is None:
            waivers = tuple(waiver.when for waiver in self._rulebook.waivers)
            made = guard(tuple(rule.only_if for rule in rules), waivers, self._columns[asked])
            found = self._guards.setdefault(known, made)
        return found

    def decide_many(self, orders: Iterable[OrderT], patch: PatchT) -> list[Decision]:
        """Decide one update against many orders; see ``Policy.decide_many``."""
        column = self._column(patch)
        if len(self._points) <= _BYTE:
            decisions = [self.row(number)[column] for number in range(len(self._points))]
            return self._walked(self._for_many[1], orders, decisions)
        numbers = self._numbers(orders)
        found = {number: self.row(number)[column] for number in set(numbers)}
        return list(map(found.__getitem__, numbers))

    def indices(self, orders: Iterable[OrderT]) -> bytes:
        """Number many orders; see ``Policy.indices``."""
        self._see_that_a_byte_is_enough()
        return bytes(self._numbers(orders))

    def decide_indices(self, indices: bytes, patch: PatchT) -> bytes:
        """Decide one update against numbered orders; see ``Policy.decide_indices``."""
        self._see_that_a_byte_is_enough()
        column, size = self._column(patch), len(self._points)
        if type(indices) is not bytes:
            raise TypeError(f"expected the bytes that indices gives, got a {type(indices).__name__}")
        verdicts = bytes(self.row(number)[column].allowed for number in range(size))
        found = indices.translate(verdicts.ljust(_BYTE, _NO_VERDICT))
        if _NO_VERDICT in found:
            raise ValueError(
                f"the orders of {self._rulebook.name} are numbered below {size}, and one here is {max(indices)}"
            )
        return found

    @functools.cached_property
    def _for_many(self) -> tuple[Callable[[list[Any]], list[int]], Callable[[list[Any], Sequence[Any]], list[Any]]]:
        return lookup_many(self._order_space.slot)

    def _numbers(self, orders: Iterable[OrderT]) -> list[int]:
        return self._walked(self._for_many[0], orders)

    def _walked(
        self, walk: Callable[..., list[FoundT]], orders: Iterable[OrderT], *column: list[FoundT]
    ) -> list[FoundT]:
        given = orders if isinstance(orders, list) else list(orders)
        try:
            return walk(given, *column)
        except AttributeError:
            strangers = [order for order in given if type(order) is not self._rulebook.order_type]
        raise self._stranger("order", strangers[0])

    def _see_that_a_byte_is_enough(self) -> None:
        if len(self._points) > _BYTE:
            raise ValueError(
                f"the facts of {self._rulebook.name} span {len(self._points)} points, and a byte numbers 256"
            )

    def _column(self, patch: PatchT) -> int:
        if type(patch) is not self._rulebook.patch_type:
            raise self._stranger("patch", patch)
        column: int = getattr(patch, self._patch_space.slot)
        return column

    def index(self, order: OrderT) -> int:
        """Give the number of an order's row; refuse an order of another platform."""
        if type(order) is not self._rulebook.order_type:
            raise self._stranger("order", order)
        index: int = getattr(order, self._order_space.slot)
        return index

    def _stranger(self, role: str, thing: object) -> TypeError:
        return TypeError(
            f"the {self._rulebook.name} policy decides on its own orders and patches; "
            f"this {role} is of {name_of(thing)}"
        )

    def _make(self, order_point: Point) -> list[Decision]:
        return [
            decision for patch_point in self._columns for decision in self._make_column({**order_point, **patch_point})
        ]

    def _make_column(self, point: Point) -> Iterator[Decision]:
        """Make the decisions on every set of keys, where the facts of order and patch are those of a point."""
        waivers = tuple(waiver for waiver in self._rulebook.waivers if waiver.when.holds(point))
        broken = self._broken(self._rules, point)
        closed = self._closed(broken)
        others = [
            (assumption, 0 if waivers else self._closed(self._broken(rules, point)))
            for assumption, rules in self._others
        ]
        said = [(rule, rule.only_if.actual(point), rule.only_if.expected(point, "may change")) for rule in broken]
        caveats = [
            (rule.caveat, self._masks[rule.section])
            for rule in self._rules
            if rule.caveat and rule.section in self._masks
        ]
        relevant = _union(closed, *(shut for _, shut in others), *(keys for _, keys in caveats))
        made: dict[int, Decision] = {}
        for mask in range(1 << len(self._keys)):
            # Keys that nothing closes here, under any assumption, make no difference to the decision.
            core = mask & relevant
            if core not in made:
                refused = bool(core & closed) and not waivers
                violations = tuple(
                    self._violation(rule, touched, saw, needed)
                    for rule, saw, needed in (said if refused else ())
                    if (touched := core & self._masks[rule.section])
                )
                assumptions = dict.fromkeys(
                    assumption for assumption, shut in others if bool(core & shut) is not refused
                )
                unseen = dict.fromkeys(caveat for caveat, keys in caveats if core & keys)
                made[core] = self._decision(
                    violations, waivers if core & closed else (), tuple(assumptions), tuple(unseen)
                )
            yield made[core]

    def _violation(self, rule: Rule, touched: int, saw: str, needed: str) -> Violation:
        """Return the one violation that says this."""
        known = (rule.id, touched, saw, needed)
        found = self._violations.get(known)
        if found is None:
            keys = tuple(key for bit, key in enumerate(self._keys) if touched >> bit & 1)
            found = self._violations.setdefault(known, Violation(rule, keys, saw, needed))
        return found

    def _decision(
        self,
        violations: tuple[Violation, ...],
        waivers: tuple[Waiver, ...],
        assumptions: tuple[Assumption, ...],
        caveats: tuple[str, ...],
    ) -> Decision:
        """Return the one decision that says this."""
        # Violations are shared, so that the same one is the same object.
        known = (
            tuple(map(id, violations)),
            tuple(waiver.id for waiver in waivers),
            tuple(assumption.id for assumption in assumptions),
            caveats,
        )
        found = self._decisions.get(known)
        if found is None:
            found = self._decisions.setdefault(known, Decision(violations, waivers, assumptions, caveats))
        return found

    def _make_abilities(self, point: Point) -> dict[str, Decision]:
        row: dict[str, Decision] = {}
        for action in self._rulebook.actions or ():
            governing = [rule for rule in self._rules if rule.section is action]
            violations = tuple(
                Violation(rule, (), rule.only_if.actual(point), rule.only_if.expected(point, "is possible"))
                for rule in governing
                if not rule.only_if.holds(point)
            )
            assumptions = {
                assumption: None
                for assumption, rules in self._others
                if all(rule.only_if.holds(point) for rule in rules if rule.section is action) is bool(violations)
            }
            caveats = dict.fromkeys(rule.caveat for rule in governing if rule.caveat)
            row[action] = Decision(violations, (), tuple(assumptions), tuple(caveats))
        return row

    def _broken(self, rules: Iterable[Rule], point: Point) -> list[Rule]:
        """List the rules on sections that do not hold at a point."""
        return [rule for rule in rules if rule.section in self._masks and not rule.only_if.holds(point)]

    def _closed(self, broken: Iterable[Rule]) -> int:
        """Give the mask of the keys that some rule closes."""
        return _union(*(self._masks[rule.section] for rule in broken))


_SOURCE = """\
def can_update(order, patch):
    \"\"\"Decide whether an update may be made to an order.

    Raises:
        TypeError: the order or the patch is of another platform.
    \"\"\"
    try:
        return rows[order.{index}][patch.{mask}]
    except (AttributeError, IndexError, TypeError):
        pass
    return decide(order, patch)
"""

_MANY = """\
def number(orders):
    return [order.{index} for order in orders]


def decide(orders, column):
    return [column[order.{index}] for order in orders]
"""


def lookup(
    index: str, mask: str, rows: Sequence[Sequence[Any] | None], decide: Callable[[Any, Any], Any]
) -> Callable[[Any, Any], Any]:
    """Write the function that looks a decision up.

    Args:
        index: the slot of the order that numbers its row.
        mask: the slot of the patch that numbers its column.
        rows: the rows, None where one is not made yet.
        decide: decides where nothing is found.
    """
    names: dict[str, Any] = {"rows": rows, "decide": decide}
    source = _SOURCE.format(index=index, mask=mask)
    exec(compile(source, "<orderrules look-up>", "exec"), names)  # noqa: S102 - our own text; Space checks the names.
    found: Callable[[Any, Any], Any] = names["can_update"]
    return found


def lookup_many(
    index: str,
) -> tuple[Callable[[list[Any]], list[int]], Callable[[list[Any], Sequence[Any]], list[Any]]]:
    """Write the functions that number orders, and that look each up in a column of decisions.

    They raise ``AttributeError`` where one is of another platform.

    Args:
        index: the slot of an order that numbers its row.
    """
    names: dict[str, Any] = {}
    exec(compile(_MANY.format(index=index), "<orderrules look-up of many>", "exec"), names)  # noqa: S102 - as above.
    return names["number"], names["decide"]
