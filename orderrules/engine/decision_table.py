"""The table of a rulebook: every possible decision, and the lookup.

An order stores the number of the point of its facts, its *index*. A patch stores its *column*: the number of its own
point in the upper bits, and one bit for each key that it sends in the lower bits. The table has one row for each index,
and a row has one decision for each column, so a decision is ``rows[index of the order][column of the patch]``. A row is
made when it is first needed, and is None until then. Equal decisions are one object.

All decisions are made in this module.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import attrs

from orderrules.engine.decision import Cell, Decision, Note, RulebookVersion, Violation
from orderrules.engine.digest import digest_of_cells
from orderrules.grammar.conditions import ALWAYS, fix, guard, weaken
from orderrules.grammar.orders import OrderT, PatchT, free_keys, keys_at, sections_by_key
from orderrules.grammar.rulebook import assignments
from orderrules.grammar.rules import combine_answers, condition_of
from orderrules.reading.fields import UNSET

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
    from enum import StrEnum

    from orderrules.grammar.conditions import Condition, Fact, Point
    from orderrules.grammar.orders import Space
    from orderrules.grammar.rulebook import Rulebook
    from orderrules.grammar.rules import Assumption, Rule, Waiver


ResultT = TypeVar("ResultT")
Row = list["Decision"] | dict[int, "Decision"]
"""The decisions for the orders with one index, by column."""
_MOST_COLUMNS: Final = 1 << 11
"""A row with more columns is made column by column, and keeps this many of them."""
_BYTE: Final = 1 << 8
_NO_VERDICT: Final = b"?"


def _followed_facts(rulebook: Rulebook[Any, Any]) -> tuple[tuple[Fact, Fact], ...]:
    """Return pairs of a fact of the order and the fact of the patch that changes it.

    They are the facts of the transition tables, and the facts with the same attribute, if a rule or a waiver reads the
    fact of the patch.
    """
    read = {fact for entry in rulebook.entries for fact in condition_of(entry).facts}
    current = {fact.attribute: fact for fact in rulebook.order_type.__space__.facts}
    by_table = [(table.current, table.asked) for table in rulebook.transitions()]
    by_name = [
        (current[asked.attribute], asked)
        for asked in rulebook.patch_type.__space__.facts
        if asked in read and asked.attribute in current and not asked.bands
    ]
    return tuple(dict.fromkeys([*by_table, *by_name]))


def name_of(thing: object) -> str:
    """Return the full name of the class of an object."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _caveat_of(rule: Rule) -> Note:
    """Return what every decision on a rule's section cannot know."""
    return Note("caveat", {"rule": rule.id}, rule.caveat)


@attrs.frozen
class _Uncertain:
    """What is not known of a rule or a waiver that reads parameters that are not given.

    Attributes:
        certainly: the condition under which it holds, whatever their values.
        notes: a note for each of these parameters; none if all are given.
    """

    certainly: Condition
    notes: tuple[Note, ...]


def _uncertain(rulebook: Rulebook[Any, Any], entry: Rule | Waiver) -> _Uncertain:
    """Return what is not known of a rule or a waiver."""
    left = fix(condition_of(entry), dict(rulebook.settings))
    unknown = [parameter for parameter in rulebook.unknown if parameter in left.facts]
    notes = (
        Note("not_given", {"rule": entry.id, "parameter": parameter.title}, parameter.missing) for parameter in unknown
    )
    return _Uncertain(~weaken(~left, unknown) if unknown else left, tuple(notes))


def _union(*masks: int) -> int:
    """Return the union of some masks."""
    union = 0
    for mask in masks:
        union |= mask
    return union


def rows_of(rulebook: Rulebook[Any, Any]) -> list[Row | None]:
    """Return the rows of a rulebook's table, without making the table itself. A row is None until it is made."""
    return rulebook.keep("rows", lambda: [None] * rulebook.order_type.__space__.size)


def table_of(rulebook: Rulebook[OrderT, PatchT]) -> Table[OrderT, PatchT]:
    """Return the table of a rulebook. It is made on the first call."""
    return rulebook.keep("table", lambda: Table(rulebook))


@attrs.frozen
class Outline:
    """What decides about all updates at one point, whatever other keys they send.

    Attributes:
        broken: the id of each rule that does not hold, with the mask of the keys of its section.
        waivers: the ids of the waivers that apply.
    """

    broken: frozenset[tuple[str, int]]
    waivers: frozenset[str]

    @property
    def closed(self) -> int:
        """The mask of the keys that the rules close."""
        return _union(*(mask for _, mask in self.broken))


class _Row(dict[int, "Decision"]):
    """The decisions for the orders with one index, by column, of a platform that has too many columns to make them all.

    A decision is made when it is first asked for.
    """

    def __init__(self, make: Callable[[int], Decision]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, column: int) -> Decision:
        decision = self._make(column)
        if len(self) < _MOST_COLUMNS:
            self[column] = decision
        return decision


class Table(Generic[OrderT, PatchT]):
    """All decisions of a rulebook. Equal decisions are one object.

    Several threads may make the same row at the same time. Each makes a whole row and stores it in one step, and the
    rows are equal.

    Attributes:
        followed: pairs of a fact of the order and the fact of the patch that changes it, for example the status and the
            status asked for. A pair is included if a transition table or another condition reads it.
    """

    def __init__(self, rulebook: Rulebook[OrderT, PatchT]) -> None:
        self._rulebook = rulebook
        self._order_space: Space = rulebook.order_type.__space__
        self._patch_space: Space = rulebook.patch_type.__space__
        self._keys = sections_by_key(rulebook.patch_type)
        self._columns: list[Point] = list(self._patch_space.points())
        place = {section: position for position, section in enumerate((*rulebook.sections, *(rulebook.actions or ())))}
        narrowed = rulebook.narrowed()
        self._rules = tuple(sorted(narrowed.rules, key=lambda rule: (place[rule.section], rule.id)))
        self._waivers = list(zip(narrowed.waivers, rulebook.waivers, strict=True))
        self._alternatives: list[tuple[Assumption, tuple[Rule, ...]]] = [
            (assumption, combine_answers(self._rules, [alternative]))
            for assumption, of_narrowed in zip(rulebook.assumptions, narrowed.assumptions, strict=True)
            for alternative in of_narrowed.alternatives
            if alternative.rules
        ]
        self._written = {rule.id: rule for rule in rulebook.rules}
        self._uncertain = {entry.id: _uncertain(rulebook, entry) for entry in rulebook.entries}
        self.followed = _followed_facts(rulebook)
        self._given: Mapping[Fact, Hashable] = dict(rulebook.settings)
        self._version = RulebookVersion(rulebook.name, rulebook.edition, self.digest, rulebook.settings)
        self._guards: dict[tuple[object, ...], Condition] = {}
        self._masks: Mapping[StrEnum, int] = {
            section: sum(1 << bit for bit, of in enumerate(self._keys.values()) if of is section)
            for section in rulebook.sections
        }
        self._violations: dict[tuple[object, ...], Violation] = {}
        self._decisions: dict[tuple[object, ...], Decision] = {}
        self._abilities: list[dict[str, Decision] | None] = [None] * self._order_space.size
        self._actions: Mapping[str, StrEnum] = {action: action for action in rulebook.actions or ()}
        self.rows = rows_of(rulebook)
        # The columns of one point are often asked for one after the other.
        self._recent_maker = functools.lru_cache(_BYTE)(self._maker_at)

    def digest(self) -> str:
        """Return the digest of all decisions, computed once; see ``Policy.digest``."""
        return self._rulebook.keep("digest", lambda: digest_of_cells(self._rulebook, self._cells_under_settings()))

    def _cells_under_settings(self) -> Iterator[Cell]:
        """Iterate over the cells of every section and action, under all values of the parameters that it depends on."""
        for section in (*self._rulebook.sections, *(self._rulebook.actions or ())):
            for settings in assignments(self._rulebook.parameters_of(section)):
                for cell in table_of(self._rulebook.settled(settings)).cells({section}):
                    yield cell.under(settings)

    def row(self, index: int) -> Row:
        """Return all decisions for the orders with one index."""
        row = self.rows[index]
        if row is None:
            is_large = len(self._columns) << len(self._keys) > _MOST_COLUMNS
            row = self.rows[index] = (
                _Row(functools.partial(self._make_cell, index)) if is_large else self._make_row(index)
            )
        return row

    def _make_cell(self, index: int, column: int) -> Decision:
        """Make the decision in one column."""
        number, mask = column >> len(self._keys), column & ((1 << len(self._keys)) - 1)
        if number >= len(self._columns):
            raise IndexError(column)
        return self._recent_maker(index, number)(mask)

    def decide_action(self, order: OrderT, action: StrEnum | str) -> Decision:
        """Decide whether an action is possible for an order; see ``Policy.can``."""
        row = self.abilities(self.index(order))
        decision = row.get(str(action))
        if decision is None:
            raise ValueError(
                f"{action!r} is not an action of {self._rulebook.name}, which has {', '.join(row) or 'no actions'}"
            )
        return decision

    def decide_at(self, order: Point, patch: Point, keys: Collection[str]) -> Decision:
        """Decide at a point of the order and one of the patch, for an update that sends some keys."""
        asked = self._patch_space.number(patch)
        return self.row(self._order_space.number(order))[(asked << len(self._keys)) | self._mask(keys)]

    def decide_action_at(self, order: Point, action: str) -> Decision:
        """Decide whether an action is possible at a point of the order."""
        return self.abilities(self._order_space.number(order))[action]

    def abilities(self, index: int) -> dict[str, Decision]:
        """Return the decisions on all actions, by name, at one point of an order."""
        row = self._abilities[index]
        if row is None:
            row = self._abilities[index] = self._make_abilities(self._order_space.point(index))
        return row

    def decide(self, order: OrderT, patch: PatchT) -> Decision:
        """Decide if the lookup failed: the row is not made yet, or the order or the patch is of another platform."""
        index = self.index(order)
        return self.row(index)[self._column(patch)]

    def section(self, order: OrderT, section: StrEnum) -> Decision:
        """Decide whether a section may change at all; see ``Policy.editable``."""
        index = self.index(order)
        row, here, mask = self.row(index), self._order_space.point(index), self._masks[section]
        own = [fact for fact in self._patch_space.facts if self._keys[fact.attribute] is section]
        if not own:
            return row[mask]
        decisions = [row[column] for column in self._changing_columns(here, own, mask)]
        allowed = next((decision for decision in decisions if decision), None)
        if allowed is not None or not decisions:
            return allowed or row[mask]
        # Every value is refused, so the evidence does not mention the value asked for.
        refusing = {violation.rule.id: violation for decision in decisions for violation in decision.violations}
        violations = tuple(
            attrs.evolve(violation, facts=tuple(pair for pair in violation.facts if pair[0] in here))
            for violation in refusing.values()
        )
        return attrs.evolve(decisions[0], violations=violations)

    def _changing_columns(self, here: Point, own: list[Fact], mask: int) -> Iterator[int]:
        """Iterate over the columns of all updates of a section that ask for another value than the present one."""
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

    def cells(self, only: Collection[StrEnum] | None = None) -> Iterator[Cell]:
        """Iterate over all cells of the table, or over those of some sections and actions.

        Every decision is composed of cells. There is a cell for each section at each point of an order and an update
        that can touch it, and for each action at each point of an order.
        """
        columns = [
            (section, asked, number << len(self._keys), self._mask(sent))
            for section in self._masks
            if only is None or section in only
            for number, asked in enumerate(self._columns)
            if (sent := keys_at(self._rulebook.patch_type, section, asked)) is not None
        ]
        for index, here in enumerate(self._order_space.points()):
            for section, asked, column, keys in columns:
                row, alone = self.row(index), keys & self._masks[section]
                yield Cell(section, {**here, **asked}, row[column | alone], row[column | keys])
            for name, action in self._actions.items():
                if only is None or action in only:
                    decision = self.abilities(index)[name]
                    yield Cell(action, here, decision, decision)

    def status_facts(self, key: str | None = None) -> tuple[Fact, Fact] | None:
        """Return the fact of a status and that of the status asked for; None if rules read no status asked for.

        Args:
            key: the body key of the status; by default that of the first transition table.

        Raises:
            ValueError: no rule reads what this key asks for.
        """
        if key is None:
            return self.followed[0] if self.followed else None
        for current, asked in self.followed:
            if asked.attribute == key:
                return current, asked
        known = ", ".join(asked.attribute for _, asked in self.followed) or "none"
        raise ValueError(f"{key!r} is not the key of a status of {self._rulebook.name}, whose keys are: {known}")

    def outline(self, index: int, number: int) -> Outline:
        """Return what decides about all updates at one point of an order and one of an update.

        Args:
            index: the number of the order's point.
            number: the number of the update's point.
        """
        point = {**self._order_space.point(index), **self._columns[number]}
        broken = self._broken_rules(self._rules, point)
        waivers = frozenset(written.id for waiver, written in self._waivers if waiver.when.holds(point))
        return Outline(frozenset((rule.id, self._masks[rule.section]) for rule in broken), waivers)

    def spaces(self) -> Iterator[tuple[int, int, int, int]]:
        """Iterate over the points of an order and an update that rules can tell apart.

        Each comes as the two numbers, the mask of the keys that the update must send, and that of those that it may.
        """
        free = self._mask(free_keys(self._rulebook.patch_type))
        for number, point in enumerate(self._columns):
            sent = self._mask({fact.attribute for fact in point if point[fact] is not UNSET})
            for index in range(self._order_space.size):
                yield index, number, sent, free

    def sendable(self, order: OrderT) -> Iterator[tuple[Point, frozenset[str]]]:
        """Iterate over the points that an update of an order may have, each with all the keys that it may then send."""
        free = free_keys(self._rulebook.patch_type)
        for point, sent, decide in self.columns(order):
            if decide(()):
                yield point, sent.union(key for key in free if decide((key,)))

    def columns(self, order: OrderT) -> Iterator[tuple[Point, frozenset[str], Callable[[Collection[str]], Decision]]]:
        """Iterate over the points of an update, each with the keys that it sends and a function that decides.

        The argument of the function is a collection of keys that the update sends as well.
        """
        row = self.row(self.index(order))
        for number, point in enumerate(self._columns):
            sent = frozenset(fact.attribute for fact in point if point[fact] is not UNSET)
            yield point, sent, functools.partial(self._decision_at, row, (number << len(self._keys)) | self._mask(sent))

    def _decision_at(self, row: Row, column: int, others: Collection[str]) -> Decision:
        return row[column | self._mask(others)]

    def _mask(self, keys: Collection[str]) -> int:
        return sum(1 << bit for bit, key in enumerate(self._keys) if key in keys)

    def guard(self, patch: PatchT) -> Condition:
        """Return the condition on an order under which an update is allowed; see ``Policy.guard``."""
        rules, asked = self._touched_rules(patch)
        return self._guard(rules, asked)

    def guards(self, patch: PatchT) -> Mapping[Rule, Condition]:
        """Return the rules that may refuse an update, each with its condition on an order; see ``Policy.guards``."""
        rules, asked = self._touched_rules(patch)
        conditions = {self._written[rule.id]: self._guard([rule], asked) for rule in rules}
        return {rule: condition for rule, condition in conditions.items() if condition != ALWAYS}

    def _touched_rules(self, patch: PatchT) -> tuple[list[Rule], int]:
        """Return the rules on the sections that an update touches, and the number of the update's point."""
        column = self._column(patch)
        touched, asked = column & ((1 << len(self._keys)) - 1), column >> len(self._keys)
        return [rule for rule in self._rules if self._masks.get(rule.section, 0) & touched], asked

    def _guard(self, rules: list[Rule], asked: int) -> Condition:
        """Return a short condition under which some rules hold or are waived. It is computed once and cached."""
        key = (asked, *(rule.id for rule in rules))
        condition = self._guards.get(key)
        if condition is None:
            waivers = tuple(waiver.when for waiver, _ in self._waivers)
            computed = guard(tuple(rule.only_if for rule in rules), waivers, self._columns[asked])
            condition = self._guards.setdefault(key, computed)
        return condition

    def decide_many(self, orders: Iterable[OrderT], patch: PatchT) -> list[Decision]:
        """Decide one update against many orders; see ``Policy.decide_many``."""
        column = self._column(patch)
        if self._order_space.size <= _BYTE:
            decisions = [self.row(number)[column] for number in range(self._order_space.size)]
            return self._apply_to_orders(self._for_many[1], orders, decisions)
        numbers = self._index_all(orders)
        decision_of = {number: self.row(number)[column] for number in set(numbers)}
        return list(map(decision_of.__getitem__, numbers))

    def indices(self, orders: Iterable[OrderT]) -> bytes:
        """Return the indices of many orders; see ``Policy.indices``."""
        self._check_byte_size()
        return bytes(self._index_all(orders))

    def decide_indices(self, indices: bytes, patch: PatchT) -> bytes:
        """Decide one update against the indices of many orders; see ``Policy.decide_indices``."""
        self._check_byte_size()
        column, size = self._column(patch), self._order_space.size
        if type(indices) is not bytes:
            raise TypeError(f"expected the bytes that Policy.indices returns, got {type(indices).__name__}")
        verdicts = bytes(self.row(number)[column].allowed for number in range(size))
        answers = indices.translate(verdicts.ljust(_BYTE, _NO_VERDICT))
        if _NO_VERDICT in answers:
            raise ValueError(f"expected indices of {self._rulebook.name} below {size}, got {max(indices)}")
        return answers

    @functools.cached_property
    def _for_many(self) -> tuple[Callable[[list[Any]], list[int]], Callable[[list[Any], Sequence[Any]], list[Any]]]:
        return lookup_many(self._order_space.slot)

    def _index_all(self, orders: Iterable[OrderT]) -> list[int]:
        return self._apply_to_orders(self._for_many[0], orders)

    def _apply_to_orders(
        self, function: Callable[..., list[ResultT]], orders: Iterable[OrderT], *column: list[ResultT]
    ) -> list[ResultT]:
        listed = orders if isinstance(orders, list) else list(orders)
        try:
            return function(listed, *column)
        except AttributeError:
            foreign = [order for order in listed if type(order) is not self._rulebook.order_type]
        raise self._wrong_platform("order", foreign[0])

    def _check_byte_size(self) -> None:
        if self._order_space.size > _BYTE:
            raise ValueError(
                f"the facts of {self._rulebook.name} span {self._order_space.size} points, "
                "but one byte can number only 256"
            )

    def _column(self, patch: PatchT) -> int:
        if type(patch) is not self._rulebook.patch_type:
            raise self._wrong_platform("patch", patch)
        column: int = getattr(patch, self._patch_space.slot)
        return column

    def index(self, order: OrderT) -> int:
        """Return the number of an order's row.

        Raises:
            TypeError: the order is of another platform.
        """
        if type(order) is not self._rulebook.order_type:
            raise self._wrong_platform("order", order)
        index: int = getattr(order, self._order_space.slot)
        return index

    def _wrong_platform(self, role: str, thing: object) -> TypeError:
        return TypeError(
            f"the {self._rulebook.name} policy accepts only its own orders and patches, "
            f"got {name_of(thing)} as the {role}"
        )

    def _make_row(self, index: int) -> list[Decision]:
        makers = (self._maker_at(index, number) for number in range(len(self._columns)))
        return [decision for make in makers for decision in map(make, range(1 << len(self._keys)))]

    def _maker_at(self, index: int, number: int) -> Callable[[int], Decision]:
        return self._maker({**self._order_space.point(index), **self._columns[number]})

    def _maker(self, point: Point) -> Callable[[int], Decision]:
        """Return the function that decides on a set of keys, at one point of the facts of the order and the patch."""
        waivers = tuple(written for waiver, written in self._waivers if waiver.when.holds(point))
        broken = self._broken_rules(self._rules, point)
        closed = self._closed_keys(broken)
        others = [
            (assumption, 0 if waivers else self._closed_keys(self._broken_rules(rules, point)))
            for assumption, rules in self._alternatives
        ]
        evidence = [(rule, self._facts_read(rule, point)) for rule in broken]
        caveats = [
            (note, self._masks[rule.section])
            for rule in self._rules
            if rule.section in self._masks
            for note in self._notes_on(rule, point)
        ]
        if any(self._uncertain[waiver.id].certainly.holds(point) for waiver in waivers):
            # Whatever the values of the parameters, nothing is refused.
            caveats = [(note, keys) for note, keys in caveats if note.code == "caveat"]
        else:
            caveats += [(note, closed) for waiver in waivers for note in self._uncertain[waiver.id].notes]
        relevant = _union(closed, *(closed_there for _, closed_there in others), *(keys for _, keys in caveats))
        decisions: dict[int, Decision] = {}

        def decide(mask: int) -> Decision:
            # A key makes no difference if it has no caveat and no rule closes it here, under any assumption.
            core = mask & relevant
            if core not in decisions:
                refused = bool(core & closed) and not waivers
                violations = tuple(
                    self._violation(rule, touched, facts)
                    for rule, facts in (evidence if refused else ())
                    if (touched := core & self._masks[rule.section])
                )
                assumptions = dict.fromkeys(
                    assumption for assumption, closed_there in others if bool(core & closed_there) is not refused
                )
                own_caveats = {caveat.identity: caveat for caveat, keys in caveats if core & keys}
                decisions[core] = self._decision(
                    violations, waivers if core & closed else (), tuple(assumptions), tuple(own_caveats.values())
                )
            return decisions[core]

        return decide

    def _violation(self, rule: Rule, touched: int, facts: tuple[tuple[Fact, Hashable], ...]) -> Violation:
        """Return the violation with this content, which is one object."""
        cache_key = (rule.id, touched, facts)
        violation = self._violations.get(cache_key)
        if violation is None:
            keys = tuple(key for bit, key in enumerate(self._keys) if touched >> bit & 1)
            violation = self._violations.setdefault(cache_key, Violation(self._written[rule.id], keys, facts))
        return violation

    def _facts_read(self, rule: Rule, point: Point) -> tuple[tuple[Fact, Hashable], ...]:
        """Return the facts and the given parameters that a rule reads, with their values at a point."""
        known = {**point, **self._given}
        return tuple((fact, known[fact]) for fact in self._written[rule.id].only_if.facts if fact in known)

    def _notes_on(self, rule: Rule, point: Point) -> Iterator[Note]:
        """Iterate over what a decision at a point cannot know of a rule."""
        if rule.caveat:
            yield _caveat_of(rule)
        uncertain = self._uncertain[rule.id]
        if uncertain.notes and rule.only_if.holds(point) and not uncertain.certainly.holds(point):
            yield from uncertain.notes

    def _decision(
        self,
        violations: tuple[Violation, ...],
        waivers: tuple[Waiver, ...],
        assumptions: tuple[Assumption, ...],
        caveats: tuple[Note, ...],
    ) -> Decision:
        """Return the decision with this content, which is one object."""
        # Equal violations are one object, so their ids identify them.
        cache_key = (
            tuple(map(id, violations)),
            tuple(waiver.id for waiver in waivers),
            tuple(assumption.id for assumption in assumptions),
            caveats,
        )
        decision = self._decisions.get(cache_key)
        if decision is None:
            decision = self._decisions.setdefault(
                cache_key, Decision(violations, waivers, assumptions, caveats, self._version)
            )
        return decision

    def _make_abilities(self, point: Point) -> dict[str, Decision]:
        row: dict[str, Decision] = {}
        for action in self._rulebook.actions or ():
            governing = [rule for rule in self._rules if rule.section is action]
            violations = tuple(
                Violation(self._written[rule.id], (), self._facts_read(rule, point))
                for rule in governing
                if not rule.only_if.holds(point)
            )
            assumptions = {
                assumption: None
                for assumption, rules in self._alternatives
                if all(rule.only_if.holds(point) for rule in rules if rule.section is action) is bool(violations)
            }
            caveats = {note.identity: note for rule in governing for note in self._notes_on(rule, point)}
            row[action] = Decision(violations, (), tuple(assumptions), tuple(caveats.values()), self._version)
        return row

    def _broken_rules(self, rules: Iterable[Rule], point: Point) -> list[Rule]:
        """Return the rules on sections that do not hold at a point."""
        return [rule for rule in rules if rule.section in self._masks and not rule.only_if.holds(point)]

    def _closed_keys(self, broken: Iterable[Rule]) -> int:
        """Return the mask of the keys that some broken rules refuse."""
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


def lookup(index: str, mask: str, rows: Sequence[Any], decide: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Compile the function that looks up a decision.

    Args:
        index: the slot of the order that stores the number of its row.
        mask: the slot of the patch that stores the number of its column.
        rows: the rows. A row that is not made yet is None.
        decide: makes the decision if the lookup fails.
    """
    names: dict[str, Any] = {"rows": rows, "decide": decide}
    source = _SOURCE.format(index=index, mask=mask)
    exec(compile(source, "<orderrules look-up>", "exec"), names)  # noqa: S102 - the source is our own, and Space checks the names.
    function: Callable[[Any, Any], Any] = names["can_update"]
    return function


def lookup_many(
    index: str,
) -> tuple[Callable[[list[Any]], list[int]], Callable[[list[Any], Sequence[Any]], list[Any]]]:
    """Compile two functions: one returns the indices of orders, the other looks up each order in a column of decisions.

    Both raise ``AttributeError`` if an order is of another platform.

    Args:
        index: the slot of the order that stores the number of its row.
    """
    names: dict[str, Any] = {}
    exec(compile(_MANY.format(index=index), "<orderrules look-up of many>", "exec"), names)  # noqa: S102 - as above.
    return names["number"], names["decide"]
