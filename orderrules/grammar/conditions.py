"""Facts and conditions: what rules read, and what they require.

A fact has finitely many values, so a condition over facts can be checked at every *point* (a value for each fact).
A condition is a value: it can be printed, compared, negated, counted and simplified. Simplification lists the points at
which a condition holds and covers them with as few *boxes* (some values of each fact) as possible, so two conditions
that hold at the same points have the same simplified form.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final, TypeVar, cast

import attrs

from orderrules.reading.problems import join_words
from orderrules.reading.values import close_to, shorten

Point = Mapping["Fact", Hashable]
"""A value for each fact that a condition reads."""


class Unknown(Enum):
    """The type of ``UNKNOWN``."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __str__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""The value of a fact that stands for everything the page does not name."""


def _distinct(values: Iterable[Hashable]) -> tuple[Hashable, ...]:
    several = tuple(values)
    if not several or len(set(several)) < len(several):
        raise ValueError("a fact has at least one value, and none twice")
    return several


def _labels(pairs: Iterable[tuple[Hashable, str]]) -> tuple[tuple[Hashable, str], ...]:
    return tuple(pairs)


def _aliases(pairs: Iterable[tuple[str, Hashable]]) -> tuple[tuple[str, Hashable], ...]:
    return tuple(pairs)


def _set(values: Iterable[Hashable]) -> frozenset[Hashable]:
    return frozenset(values)


def _no_value(fact: Fact) -> Hashable:
    return UNKNOWN if UNKNOWN in fact.values else attrs.NOTHING


@attrs.frozen(cache_hash=True, repr=False)
class Fact:
    """A named property with a finite set of values, read off an order or a patch.

    Attributes:
        name: what it is called in a sentence: ``status``.
        values: every value it can have; with ``UNKNOWN`` among them, whatever is not listed counts as that.
        attribute: the attribute of the order or patch that it is read off; the name when left out.
        labels: how a value is called in a sentence, where its own text does not do.
        flag: whether it is said without a verb: ``draft`` and ``not draft``.
        aliases: other spellings met in payloads, each with the value it is read as.
        unlisted: an example of what counts as ``UNKNOWN``, where that is among the values.
        absent: the value that a null stands for where orders are kept in a database: ``UNKNOWN`` where that is among
            the values, and else none that a condition would take, unless it is said.
        words: other words met for some of its values, in small letters; for hints only, never for deciding.
        notes: what is said of an order with some value that counts as ``UNKNOWN`` and is no word.
        remedies: what to do where it has a value that hides what a rule needs to know.
    """

    name: str
    values: tuple[Hashable, ...] = attrs.field(converter=_distinct)
    attribute: str = attrs.field(
        default=attrs.Factory(lambda self: self.name, takes_self=True),
        kw_only=True,
    )
    labels: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_labels)
    flag: bool = attrs.field(default=False, kw_only=True)
    aliases: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), kw_only=True, converter=_aliases)
    unlisted: Hashable = attrs.field(default="unknown", kw_only=True)
    absent: Hashable = attrs.field(default=attrs.Factory(_no_value, takes_self=True), kw_only=True)
    words: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), kw_only=True, converter=_aliases)
    notes: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_labels)
    remedies: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_labels)

    def __attrs_post_init__(self) -> None:
        if self.absent is not attrs.NOTHING:
            self.see((self.absent,))

    def __repr__(self) -> str:
        return f"<Fact {self.name}: {len(self.values)} values>"

    def of(self, thing: object) -> Hashable:
        """Read the fact off an order or a patch.

        Raises:
            ValueError: the value is not listed, and the fact has no ``UNKNOWN``.
        """
        return self._match(getattr(thing, self.attribute))

    def from_database(self, value: object) -> Hashable:
        """Give the value that one kept in a database stands for; a null is ``absent``.

        Raises:
            ValueError: the value is not listed, and the fact has no ``UNKNOWN``; or it is a null, and nothing absent.
        """
        return self.absent if value is None and self.absent is not attrs.NOTHING else self._match(value)

    def spellings(self, value: Hashable) -> tuple[Hashable, ...]:
        """Give the ways in which a listed value is spelt: as it is, and by its aliases."""
        return (value, *(alias for alias, meant in self.aliases if meant == value))

    def _match(self, given: object) -> Hashable:
        value = self.canonical(given)
        for known in self.values:
            if known == value:
                return known
        if UNKNOWN in self.values:
            return UNKNOWN
        kind = type(value).__name__
        # An object may hold what is personal.
        told = f"a {kind}" if isinstance(value, dict | list) else repr(value)
        raise ValueError(f"{self.name} cannot be {told}")

    def canonical(self, value: object) -> object:
        """Return the listed value that a spelling stands for, and anything else as it is."""
        if type(value) is not str:
            return value
        meant = dict(self.aliases).get(value, value)
        return next((known for known in self.values if known == meant), value)

    def see(self, values: Iterable[Hashable]) -> None:
        """See that the fact can have some values.

        Raises:
            ValueError: it never has one of them.
        """
        strangers = set(values).difference(self.values)
        if strangers:
            raise ValueError(f"{self.name} is never {join_words(sorted(map(repr, strangers)))}")

    def label(self, value: Hashable) -> str:
        """Say a value as it stands in a sentence."""
        return dict(self.labels).get(value, str(value))

    def says(self, values: Iterable[Hashable], *, negated: bool = False) -> str:
        """Say that the fact has, or has not, one of some values: ``status is not completed``."""
        chosen = list(values)
        if self.flag and len(chosen) == 1:
            return self.name if (chosen[0] is True) is not negated else f"not {self.name}"
        return f"{self.name} is {'not ' if negated else ''}{join_words(self.label(value) for value in chosen)}"

    def is_(self, value: Hashable) -> Is:
        """Return the condition that the fact has this value."""
        return self.is_in((value,))

    def is_not(self, value: Hashable) -> Is:
        """Return the condition that the fact has any value but this one."""
        return self.is_not_in((value,))

    def is_in(self, values: Collection[Hashable]) -> Is:
        """Return the condition that the fact has one of these values."""
        _no_text(values)
        return Is(self, frozenset(values))

    def is_not_in(self, values: Collection[Hashable]) -> Is:
        """Return the condition that the fact has none of these values."""
        _no_text(values)
        return Is(self, frozenset(values), negated=True)


def _no_text(values: Collection[Hashable]) -> None:
    if isinstance(values, str):
        raise TypeError(f"expected a collection of values, got the text {values!r}")


class Condition:
    """A predicate over facts, as a value: printable, comparable, negatable and countable."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __bool__(self) -> bool:
        """Refuse: ``and``, ``or`` and ``not`` would drop a part without a word.

        Raises:
            TypeError: always.
        """
        raise TypeError("a condition is not true or false by itself; combine conditions with &, | and ~")

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts it reads, each once."""
        raise TypeError  # pragma: no cover - every condition below says its own.

    def holds(self, of: object) -> bool:
        """Say whether it holds for an order or a patch whose facts it reads, or at a point: a value for each fact.

        Raises:
            TypeError: it is of another platform, and does not tell the facts.
        """
        if isinstance(of, Mapping):
            return self._holds(cast("Point", of))
        for fact in self.facts:
            if not hasattr(of, fact.attribute):
                raise TypeError(f"a {type(of).__qualname__} does not tell the {fact.name}")
        return self._holds({fact: fact.of(of) for fact in self.facts})

    def _holds(self, point: Point) -> bool:  # noqa: ARG002 - each condition below reads the point.
        raise TypeError  # pragma: no cover - as above.

    def simplify(self) -> Condition:
        """Return a short condition that holds at the same points; equal meanings give equal conditions.

        It is the shortest for a few flags, and nearly so for facts of many values.
        """
        return minimize(self)

    def means(self, other: Condition) -> bool:
        """Say whether another condition holds at the same points, however it is written.

        Raises:
            TypeError: the other is no condition.
        """
        if not isinstance(other, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"expected a condition, got a {type(other).__name__}")
        return self.simplify() == other.simplify()

    def __invert__(self) -> Condition:
        raise TypeError  # pragma: no cover - as above.

    def __and__(self, other: Condition) -> Condition:
        if not isinstance(other, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return AllOf(_flat(AllOf, (self, other)))

    def __or__(self, other: Condition) -> Condition:
        if not isinstance(other, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return AnyOf(_flat(AnyOf, (self, other)))

    def transitions(self) -> tuple[TransitionTable, ...]:
        """The transition tables in it."""
        return ()

    def count(self) -> tuple[int, int]:
        """Count the points of its own facts at which it holds, and all of them."""
        verdicts = [self.holds(point) for point in points(self.facts)]
        return sum(verdicts), len(verdicts)

    def actual(self, point: Point) -> str:
        """Say what those of its facts are that have a value at a point: the evidence."""
        seen = [fact.says([point[fact]]) for fact in self.facts if fact in point]
        return join_words(seen or ["whatever the order is"], "and")

    def expected(self, point: Point, verb: str) -> str:
        """Say what would have to be for it to hold, of something that then ``verb`` (*may change*)."""
        if is_never(self):
            return "nothing opens it"
        hidden = (dict(fact.remedies).get(point.get(fact), "") for fact in self.facts)
        return "; ".join([f"it {verb} only while {self}", *filter(None, hidden)])


@functools.lru_cache(maxsize=1024)
def is_never(condition: Condition) -> bool:
    """Say whether a condition holds at no point of its facts."""
    return not any(condition.holds(point) for point in points(condition.facts))


def points(facts: Iterable[Fact]) -> Iterator[Point]:
    """Walk all combinations of values of some facts."""
    read = tuple(facts)
    for values in itertools.product(*(fact.values for fact in read)):
        yield dict(zip(read, values, strict=True))


def sort_by_name(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Put facts in the order of their names, which no order of writing changes."""
    return tuple(sorted(facts, key=lambda fact: fact.name))


def _flat(kind: type[AllOf | AnyOf], parts: Iterable[Condition]) -> tuple[Condition, ...]:
    """List the parts of a conjunction or disjunction, those of nested ones included, each once."""
    found: dict[Condition, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return tuple(found)


@attrs.frozen(repr=False)
class Is(Condition):
    """A fact has one of some values, or, negated, none of them.

    The polarity is kept as written: the two forms part ways the day a value is added.
    """

    fact: Fact
    values: frozenset[Hashable] = attrs.field(converter=_set)
    negated: bool = False

    def __attrs_post_init__(self) -> None:
        self.fact.see(self.values)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The one fact it reads."""
        return (self.fact,)

    def _holds(self, point: Point) -> bool:
        return (point[self.fact] in self.values) is not self.negated

    def __invert__(self) -> Condition:
        return attrs.evolve(self, negated=not self.negated)

    def __str__(self) -> str:
        if not self.values:
            return "ever" if self.negated else "never"
        ordered = [value for value in self.fact.values if value in self.values]
        return self.fact.says(ordered, negated=self.negated)


def _parts(parts: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(parts)


@attrs.frozen(repr=False)
class AllOf(Condition):
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = attrs.field(converter=_parts)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts of all parts, each once."""
        return tuple(dict.fromkeys(fact for part in self.parts for fact in part.facts))

    def transitions(self) -> tuple[TransitionTable, ...]:
        """The transition tables in its parts."""
        return tuple(table for part in self.parts for table in part.transitions())

    def _holds(self, point: Point) -> bool:
        return all(part._holds(point) for part in self.parts)

    def __invert__(self) -> Condition:
        return AnyOf(tuple(~part for part in self.parts))

    def __str__(self) -> str:
        if not self.parts:
            return "ever"
        # A part that lists values says *or* itself.
        return " and ".join(f"({part})" if " or " in str(part) else str(part) for part in self.parts)


@attrs.frozen(repr=False)
class AnyOf(Condition):
    """At least one part holds; without parts it never does."""

    parts: tuple[Condition, ...] = attrs.field(converter=_parts)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts of all parts, each once."""
        return tuple(dict.fromkeys(fact for part in self.parts for fact in part.facts))

    def transitions(self) -> tuple[TransitionTable, ...]:
        """The transition tables in its parts."""
        return tuple(table for part in self.parts for table in part.transitions())

    def _holds(self, point: Point) -> bool:
        return any(part._holds(point) for part in self.parts)

    def __invert__(self) -> Condition:
        return AllOf(tuple(~part for part in self.parts))

    def __str__(self) -> str:
        # A part that lists values says *or* itself, and one of several parts says *and*.
        parts = (f"({part})" if isinstance(part, AllOf) or " or " in str(part) else str(part) for part in self.parts)
        return " or ".join(parts) or "never"


ALWAYS: Final = AllOf(())
"""The condition that holds everywhere."""

NEVER: Final = AnyOf(())
"""The condition that holds nowhere."""

_Rows = tuple[tuple[Hashable, frozenset[Hashable]], ...]


def _rows(table: Mapping[Any, Collection[Hashable]] | _Rows) -> _Rows:
    return tuple((value, frozenset(following)) for value, following in dict(table).items())


@attrs.frozen(repr=False)
class TransitionTable(Condition):
    """The condition of a transition table: the status asked for may follow the present one.

    Attributes:
        current: the fact of the order.
        asked: the fact of the patch.
        table: a row for every documented status, even an empty one; a status without a row is followed by none.
        staying: whether asking for the present status again holds as well.
        negated: whether it holds where it otherwise would not.
    """

    current: Fact
    asked: Fact
    table: _Rows = attrs.field(converter=_rows)
    staying: bool = attrs.field(default=True, kw_only=True)
    negated: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        self.current.see(value for value, _ in self.table)
        self.asked.see(value for _, following in self.table for value in following)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The present status and the one asked for."""
        return (self.current, self.asked)

    def following(self, value: Hashable) -> frozenset[Hashable]:
        """The statuses that may follow one, itself left out."""
        return dict(self.table).get(value, frozenset())

    def transitions(self) -> tuple[TransitionTable, ...]:
        """Itself."""
        return (self,)

    def _holds(self, point: Point) -> bool:
        current, asked = point[self.current], point[self.asked]
        follows = asked in self.following(current) or (self.staying and asked == current)
        return follows is not self.negated

    def __invert__(self) -> Condition:
        return attrs.evolve(self, negated=not self.negated)

    def __str__(self) -> str:
        verb = "may not follow" if self.negated else "may follow"
        return f"the {self.asked.name} {verb} the present {self.current.name}"

    def expected(self, point: Point, verb: str) -> str:
        """Say what may follow the present status."""
        if self.negated:
            return f"it {verb} only while {self}"
        current = point[self.current]
        if current not in dict(self.table):
            return "the page names nothing that may follow it"
        following = self.following(current)
        ordered = [self.asked.label(value) for value in self.asked.values if value in following]
        if not ordered:
            return f"nothing may follow {self.current.label(current)}"
        return f"only {join_words(ordered)} may follow {self.current.label(current)}"


_FEW_FACTS: Final = 4

_FEW_BOXES: Final = 12

Values = tuple["Hashable", ...]
"""A value for each of some facts, in their order."""

Box = tuple[frozenset["Hashable"], ...]
"""Some values of each fact: the points of which every value is among them."""

ToldT = TypeVar("ToldT", bound="Hashable")


def guard(rules: tuple[Condition, ...], waivers: tuple[Condition, ...], known: Point) -> Condition:
    """Give a short condition on what is not known under which all rules hold or a waiver applies.

    Args:
        rules: the conditions of the rules on the sections that are touched.
        waivers: the conditions of the waivers.
        known: the facts of the update.
    """
    return _minimize(AnyOf((*waivers, AllOf(rules))), known)


def minimize(condition: Condition) -> Condition:
    """Give a condition that holds at the same points, as short as can be, or nearly; see ``Condition.simplified``."""
    return _minimize(condition, {})


def _minimize(condition: Condition, known: Point) -> Condition:
    """Write down where a condition holds in few words; the same points always give the same words."""
    facts = sort_by_name(fact for fact in condition.facts if fact not in known)
    return from_truth_table(
        facts, {tuple(point.values()): condition.holds({**point, **known}) for point in points(facts)}
    )


def from_truth_table(facts: tuple[Fact, ...], holds: dict[Values, bool]) -> Condition:
    """Write down, in few words, the condition that holds where a table of points says so.

    Args:
        facts: the facts, by name.
        holds: a verdict for the values of the facts; it does not hold at a point that is left out.
    """
    for fact in facts:
        facts, holds = drop_fact(fact, facts, holds)
    true = {point for point, verdict in holds.items() if verdict}
    if not facts:
        return ALWAYS if true else NEVER
    parts = [_box_condition(facts, box) for box in _cover(true, _largest_boxes(facts, true))]
    parts.sort(key=lambda part: (len(part.facts), len(str(part)), str(part)))
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def drop_fact(
    fact: Fact, facts: tuple[Fact, ...], holds: dict[Values, ToldT]
) -> tuple[tuple[Fact, ...], dict[Values, ToldT]]:
    """Leave a fact out of a table of points, where it makes no difference."""
    place = facts.index(fact)
    fewer: dict[Values, ToldT] = {}
    for point, verdict in holds.items():
        if fewer.setdefault((*point[:place], *point[place + 1 :]), verdict) != verdict:
            return facts, holds
    return (*facts[:place], *facts[place + 1 :]), fewer


def _largest_boxes(facts: tuple[Fact, ...], true: set[Values]) -> list[Box]:
    """List boxes of true points that grow in no direction: all of them for a few flags, and else enough to cover."""
    places = range(len(facts))
    turned = [(*places[turn:], *places[:turn]) for turn in places]
    orders = list(itertools.permutations(places)) if len(facts) <= _FEW_FACTS else turned
    found: dict[Box, None] = {}
    for point in sorted(true, key=repr):
        for order in orders:
            box: list[frozenset[Hashable]] = [frozenset({value}) for value in point]
            for place in order:
                box[place] = frozenset(
                    value
                    for value in facts[place].values
                    if all(corner in true for corner in itertools.product(*box[:place], [value], *box[place + 1 :]))
                )
            found[tuple(box)] = None
    return list(found)


def _cover(true: set[Values], boxes: list[Box]) -> list[Box]:
    """Choose as few boxes as cover all points; where there are many to choose from, nearly as few."""
    inside = {box: frozenset(point for point in true if all(map(_contains, box, point))) for box in boxes}
    ranked = sorted(boxes, key=lambda box: (-len(inside[box]), [sorted(map(str, values)) for values in box]))
    # A box with a point of its own is needed in any case.
    needed = [
        box for box in ranked if inside[box] - frozenset().union(*(inside[other] for other in ranked if other != box))
    ]
    left = true.difference(*(inside[box] for box in needed))
    others = [box for box in ranked if box not in needed and inside[box] & left]
    if len(others) <= _FEW_BOXES:
        for count in range(len(others) + 1):
            for chosen in itertools.combinations(others, count):
                if left.issubset(itertools.chain.from_iterable(inside[box] for box in chosen)):
                    return [*needed, *chosen]
    while left:
        best = max(others, key=lambda box: len(inside[box] & left))
        needed.append(best)
        left = left - inside[best]
    return needed


def _contains(values: frozenset[Hashable], value: Hashable) -> bool:
    return value in values


def _box_condition(facts: tuple[Fact, ...], box: Box) -> Condition:
    """Write a box as the facts that it narrows, each with the values it has or, where that is shorter, has not."""
    parts = sorted(_narrow(facts, box), key=str)
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _narrow(facts: tuple[Fact, ...], box: Box) -> Iterator[Is]:
    for fact, values in zip(facts, box, strict=True):
        others = frozenset(fact.values) - values
        if others and len(others) < len(values):
            yield Is(fact, others, negated=True)
        elif others:
            yield Is(fact, values)


def describe_spelling(fact: Fact, value: object) -> str:
    """Say how an order spells a value that a fact does not list, and what may be meant."""
    word, known = str(value), dict.fromkeys(map(str, fact.values))
    hint = close_to(word, known, {other: str(meant) for other, meant in fact.words})
    return f"{shorten(word)}{' - ' * bool(hint)}{hint}"
