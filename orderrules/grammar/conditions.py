"""Facts and conditions: what rules read, and what they require.

A fact has finitely many values, so a condition can be checked at every *point* (one value for each fact). A condition
is a value: it can be printed, compared, negated, counted and simplified.

Simplification lists the points at which a condition holds. It covers them with as few *boxes* as possible, where a box
is a set of values for each fact. Two conditions that hold at the same points have the same simplified form.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeVar, cast

import attrs

from orderrules.languages.sentences import (
    ENGLISH,
    FORM_COUNTS,
    AnyLanguage,
    Language,
    Words,
    as_words,
    isolate,
    join_words,
    language_of,
    render,
    translate,
)
from orderrules.reading.hints import close_to, hint_close_to
from orderrules.reading.values import shorten

Point = Mapping["Fact", Hashable]
"""One value for each fact that a condition reads."""


class Unknown(Enum):
    """The type of ``UNKNOWN``."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __str__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""The value of a fact that stands for every value that the page does not list."""


Number = int | float | Decimal
"""A bound of a band."""


@attrs.frozen(cache_hash=True, repr=False)
class Band:
    """A range of numbers, as a value of a fact.

    Attributes:
        above: the bound that its numbers are above, or None.
        at_most: the bound that its numbers do not exceed, or None.
    """

    above: Number | None = None
    at_most: Number | None = None

    def __repr__(self) -> str:
        return f"<Band {self}>"

    def __str__(self) -> str:
        return self.render(ENGLISH)

    def render(self, language: Language) -> str:
        """Return the range in a language."""
        bounds = {"above": self.above, "at_most": self.at_most}
        parts = [
            render(language, "VALUES", code, bound=str(bound)) for code, bound in bounds.items() if bound is not None
        ]
        return join_words(parts, "and", language) if parts else render(language, "VALUES", "any_number")


def _as_values(values: Iterable[Hashable]) -> tuple[Hashable, ...]:
    # The bands are made again from their bounds.
    return tuple(value for value in values if not isinstance(value, Band))


def _as_bounds(bounds: Iterable[Number]) -> tuple[Number, ...]:
    listed = tuple(bounds)
    is_plain = all(type(bound) in {int, float, Decimal} and math.isfinite(bound) for bound in listed)
    if not is_plain or any(one >= other for one, other in itertools.pairwise(listed)):
        raise ValueError("the bounds of bands are numbers in rising order")
    return listed


def _as_labels(pairs: Iterable[tuple[Hashable, str | Mapping[str, str]]]) -> tuple[tuple[Hashable, str], ...]:
    return tuple((value, as_words(text)) for value, text in pairs)


def _as_translations(texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(dict(texts).items())


def _as_says(
    says: Mapping[str, Iterable[str]] | Iterable[str] | None,
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    sentences: Any = says or {}
    if not hasattr(sentences, "keys"):
        # The sentences by language, as made by this function, or those of English.
        sentences = dict(sentences) if all(isinstance(each, tuple) for each in sentences) else {"en": sentences}
    forms = {code: tuple(of_language) for code, of_language in sentences.items()}
    if forms and "en" not in forms:
        raise ValueError("the sentences of a fact need English ones")
    for code, of_language in forms.items():
        if len(of_language) != FORM_COUNTS.get(code, len(of_language)):
            raise ValueError(
                f"a fact has {FORM_COUNTS[code]} sentences in the language {code!r}, got {len(of_language)}"
            )
        if any(each.replace("{}", "", 1).count("{") or each.count("{}") != 1 for each in of_language):
            raise ValueError(f"each sentence of a fact has {{}} once, in the language {code!r}")
    return tuple(forms.items())


def _as_aliases(pairs: Iterable[tuple[str, Hashable]]) -> tuple[tuple[str, Hashable], ...]:
    return tuple(pairs)


def _freeze(values: Iterable[Hashable]) -> frozenset[Hashable]:
    return frozenset(values)


def _default_absent(fact: Fact) -> Hashable:
    return UNKNOWN if UNKNOWN in fact.values else attrs.NOTHING


@attrs.frozen(cache_hash=True, repr=False)
class Fact:
    """A named property with a finite set of values, read from an order or a patch.

    Attributes:
        name: the name of the fact in a sentence: ``status``.
        values: every value that the fact can have. If ``UNKNOWN`` is one of them, a value that is not listed is
            treated as ``UNKNOWN``. If the fact has ``bands``, they come first.
        attribute: the attribute of the order or the patch that the fact reads. The default is the name.
        names: the name in other languages, by their codes: ``{"ar": "الحالة"}``.
        labels: pairs of a value and its text in a sentence, for values whose ``str`` does not read well. Here and
            below, a text may be a dict of texts by language.
        flag: whether the fact is named without a verb: ``draft`` and ``not draft``.
        aliases: pairs of another spelling found in payloads and the value that it means.
        unlisted: an example of a value that is treated as ``UNKNOWN``. It is used only if ``UNKNOWN`` is a value.
        absent: the value that a database NULL means. The default is ``UNKNOWN`` if that is a value; otherwise a NULL
            is an error.
        words: pairs of another word, in lower case, and the value that it may mean. They are used for hints only, not
            for decisions.
        notes: pairs of a value that is not a proper one, such as ``None`` or ``UNSET``, and a sentence about an order
            or an update with that value.
        says: three sentences of a merchant, with ``{}`` for the value: that the fact has some value, that it does not,
            and that it has none of several values: ``("the order is {}", "the order is not {}", "the order is neither
            {}")``. The default is ``status is {}``. Or a dict of such sentences by language; what they are in a
            language, its ``FORMS`` say: Arabic has four.
        phrases: pairs of a value and its words in that sentence, if they are not those of ``labels``.
        remedies: pairs of a value that hides what a rule needs to know, and what to do about it.
        bands: bounds that divide all numbers into ranges, for an attribute that is a number: ``(0,)`` makes the values
            *at most 0* and *above 0*.
        counts: whether the attribute is a list, and its length the number.

    Raises:
        ValueError: the fact has no value, or one twice; the bounds are not numbers in rising order; or a text or a
            sentence is not one.
    """

    name: str
    values: tuple[Hashable, ...] = attrs.field(default=(), converter=_as_values)
    attribute: str = attrs.field(
        default=attrs.Factory(lambda self: self.name, takes_self=True),
        kw_only=True,
    )
    names: tuple[tuple[str, str], ...] = attrs.field(default=(), kw_only=True, converter=_as_translations)
    labels: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_as_labels)
    flag: bool = attrs.field(default=False, kw_only=True)
    aliases: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), kw_only=True, converter=_as_aliases)
    unlisted: Hashable = attrs.field(default="unknown", kw_only=True)
    absent: Hashable = attrs.field(default=attrs.Factory(_default_absent, takes_self=True), kw_only=True)
    words: tuple[tuple[str, Hashable], ...] = attrs.field(default=(), kw_only=True, converter=_as_aliases)
    notes: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_as_labels)
    says: tuple[tuple[str, tuple[str, ...]], ...] = attrs.field(default=(), kw_only=True, converter=_as_says)
    phrases: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_as_labels)
    remedies: tuple[tuple[Hashable, str], ...] = attrs.field(default=(), kw_only=True, converter=_as_labels)
    bands: tuple[Number, ...] = attrs.field(default=(), kw_only=True, converter=_as_bounds)
    counts: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.bands:
            ranges = itertools.starmap(Band, itertools.pairwise((None, *self.bands, None)))
            object.__setattr__(self, "values", (*ranges, *self.values))
        if not self.values or len(set(self.values)) < len(self.values):
            raise ValueError("a fact needs at least one value, and no value twice")
        if self.absent is not attrs.NOTHING:
            self.check_values((self.absent,))
        _ = self.title  # Raises ValueError for a name that is no text.

    def __repr__(self) -> str:
        return f"<Fact {self.name}: {len(self.values)} values>"

    def of(self, thing: object) -> Hashable:
        """Read the fact from an order or a patch.

        Raises:
            ValueError: the value is not listed, and the fact has no ``UNKNOWN``.
        """
        return self._match(getattr(thing, self.attribute))

    def from_database(self, value: object) -> Hashable:
        """Return the value that a value from a database means. NULL means ``absent``.

        Raises:
            ValueError: the value is not listed, and the fact has no ``UNKNOWN``; or the value is NULL, and the fact
                has no ``absent``.
        """
        return self.absent if value is None and self.absent is not attrs.NOTHING else self._match(value)

    def spellings(self, value: Hashable) -> tuple[Hashable, ...]:
        """Return the spellings of a listed value: the value itself and its aliases."""
        return (value, *(alias for alias, meant in self.aliases if meant == value))

    def _match(self, given: object) -> Hashable:
        value = self.canonical(given)
        for known in self.values:
            if known == value:
                return known
        if UNKNOWN in self.values:
            return UNKNOWN
        kind = type(value).__name__
        # A dict or a list may hold personal data, so only its type is shown.
        described = f"a {kind}" if isinstance(value, dict | list) else repr(value)
        raise ValueError(f"{self.name} cannot be {described}")

    def canonical(self, value: object) -> object:
        """Return the listed value that a spelling or a number means, or the value unchanged if it means none."""
        if self.bands:
            return self._band_of(value)
        if type(value) is not str:
            return value
        meant = dict(self.aliases).get(value, value)
        return next((known for known in self.values if known == meant), value)

    def _band_of(self, value: object) -> object:
        number: Any = value
        if self.counts:
            if type(number) is not tuple:
                return value
            number = len(cast("tuple[object, ...]", number))
        if type(number) not in {int, float, Decimal} or not math.isfinite(number):
            return value
        return self.values[bisect.bisect_left(self.bands, number)]

    def above(self, bound: Number) -> Is:
        """Return the condition that the number is above a bound.

        Raises:
            ValueError: it is not a bound of the fact's bands.
        """
        return self.is_in(self.values[self._place_of(bound) + 1 : len(self.bands) + 1])

    def at_most(self, bound: Number) -> Is:
        """Return the condition that the number is at most a bound.

        Raises:
            ValueError: it is not a bound of the fact's bands.
        """
        return self.is_in(self.values[: self._place_of(bound) + 1])

    def _place_of(self, bound: Number) -> int:
        if bound not in self.bands:
            listed = join_words(map(str, self.bands), "and") if self.bands else "none"
            raise ValueError(f"{self.name} has no bound {bound}; its bounds are: {listed}")
        return self.bands.index(bound)

    def check_values(self, values: Iterable[Hashable]) -> None:
        """Check that some values are values of the fact.

        Raises:
            ValueError: one of them is not.
        """
        unlisted = set(values).difference(self.values)
        if unlisted:
            first = next((value for value in unlisted if isinstance(value, str)), "")
            hint = hint_close_to(first, {str(value): value for value in self.values if isinstance(value, str)})
            message = f"{self.name} has no value {join_words(sorted(map(repr, unlisted)))}"
            raise ValueError(f"{message} - {hint}" if hint else message)

    @property
    def title(self) -> str:
        """The name in all languages in which it is given."""
        return Words({**dict(self.names), "en": self.name}) if self.names else self.name

    def label(self, value: Hashable, language: Language = ENGLISH) -> str:
        """Return the text of a value in a sentence."""
        text = dict(self.labels).get(value)
        if text is not None:
            return translate(text, language)
        if isinstance(value, Band):
            return value.render(language)
        if value is UNKNOWN or str(value) == "left out":
            return render(language, "VALUES", str(value))
        return isolate(str(value), language)

    def describe(self, values: Iterable[Hashable], *, negated: bool = False, language: Language = ENGLISH) -> str:
        """Return the statement that the fact has one of some values, or none of them: ``status is not completed``."""
        chosen = _join_bands(values)
        if self.flag and len(chosen) == 1:
            code = "flag" if (chosen[0] is True) is not negated else "not_flag"
        else:
            code = _form_of(chosen, negated=negated)
        labels = (self.label(value, language) for value in chosen)
        listed = join_words(labels, "nor" if code == "is_none_of" else "or", language)
        return render(language, "CONDITIONS", code, fact=self.title, values=listed)

    def say(
        self,
        values: Iterable[Hashable],
        *,
        negated: bool = False,
        language: Language = ENGLISH,
        required: bool = False,
    ) -> str:
        """Return the same statement in the words of a merchant: ``the order is not completed``.

        Args:
            values: the values.
            negated: whether the fact has none of them.
            language: the language.
            required: whether the statement says what would have to hold, which some languages put in another form.
        """
        chosen = _join_bands(values)
        notes = dict(self.notes)
        if len(chosen) == 1 and chosen[0] in notes and not negated:
            return translate(notes[chosen[0]], language)
        sentences = dict(self.says)
        if not sentences:
            return self.describe(chosen, negated=negated, language=language)
        if language.CODE not in sentences:
            return isolate(self.say(chosen, negated=negated), language)
        form = _form_of(chosen, negated=negated)
        listed = join_words(
            (self.phrase(value, language) for value in chosen), "nor" if form == "is_none_of" else "or", language
        )
        forms = language.FORMS
        position = forms.get(f"while_{form}", forms[form]) if required else forms[form]
        return sentences[language.CODE][position].format(listed)

    def phrase(self, value: Hashable, language: Language = ENGLISH) -> str:
        """Return the words of a merchant for a value."""
        text = dict(self.phrases).get(value)
        return translate(text, language) if text else self.label(value, language)

    def is_(self, value: Hashable) -> Is:
        """Return the condition that the fact has this value."""
        return self.is_in((value,))

    def is_not(self, value: Hashable) -> Is:
        """Return the condition that the fact has a value other than this one."""
        return self.is_not_in((value,))

    def is_in(self, values: Collection[Hashable]) -> Is:
        """Return the condition that the fact has one of these values."""
        _reject_text(values)
        return Is(self, frozenset(values))

    def is_not_in(self, values: Collection[Hashable]) -> Is:
        """Return the condition that the fact has none of these values."""
        _reject_text(values)
        return Is(self, frozenset(values), negated=True)


def _form_of(chosen: Collection[Hashable], *, negated: bool) -> str:
    if not negated:
        return "is"
    return "is_not" if len(chosen) == 1 else "is_none_of"


def _as_identifier(parameter: Parameter) -> str:
    return "_".join(parameter.name.split())


@attrs.frozen(cache_hash=True, repr=False)
class Parameter(Fact):
    """A property with a finite set of values that neither the order nor the update shows.

    A store's setting is one, and so is the role of who asks. ``policy.given(...)`` fixes its value. Until then it is
    not known: what some value of it would allow is allowed, and the decision has a note that names the parameter.

    Attributes:
        attribute: the keyword of ``policy.given``. The default is the name, with ``_`` for each blank.
        about: what the parameter means, in a sentence.
        missing: what a note says if the parameter is not given and makes a difference. The default names the parameter.
    """

    attribute: str = attrs.field(default=attrs.Factory(_as_identifier, takes_self=True), kw_only=True)
    about: str = attrs.field(default="", kw_only=True, converter=as_words)
    missing: str = attrs.field(default="", kw_only=True, converter=as_words)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if not self.attribute.isidentifier():
            raise ValueError(f"{self.name!r} needs attribute=..., which policy.given takes as a keyword")
        if UNKNOWN in self.values:
            raise ValueError(f"{self.name} is unknown until it is given, so UNKNOWN cannot be one of its values")

    def label(self, value: Hashable, language: Language = ENGLISH) -> str:
        """Return the text of a value in a sentence: a boolean is *yes* or *no*."""
        if type(value) is bool and value not in dict(self.labels):
            return render(language, "VALUES", "yes" if value else "no")
        return super().label(value, language)

    def from_keyword(self, value: Hashable) -> Hashable:
        """Return the listed value that a value means.

        Raises:
            ValueError: the parameter has no such value.
        """
        meant = self.canonical(value)
        self.check_values((meant,))
        return next(known for known in self.values if known == meant)

    def __repr__(self) -> str:
        return f"<Parameter {self.name}: {join_words(map(self.label, self.values))}>"


def _join_bands(values: Iterable[Hashable]) -> list[Hashable]:
    """Return some values, with bands that touch made one."""
    joined: list[Hashable] = []
    for value in values:
        last = joined[-1] if joined else None
        if isinstance(value, Band) and isinstance(last, Band) and last.at_most == value.above:
            joined[-1] = Band(last.above, value.at_most)
        else:
            joined.append(value)
    return joined


def _reject_text(values: Collection[Hashable]) -> None:
    if isinstance(values, str):
        raise TypeError(f"expected a collection of values, got the string {values!r}")


def _has(thing: object, fact: Fact) -> bool:
    """Return whether an order or a patch has a fact; any other object has those whose attribute it has."""
    space: Any = getattr(thing, "__space__", None)
    return hasattr(thing, fact.attribute) if space is None else fact in space.facts


@attrs.frozen(kw_only=True)
class Wording:
    """How statements about facts are worded.

    Attributes:
        language: the language.
        for_merchants: whether in the words of a merchant, ``Fact.say``, and not in those of ``Fact.describe``.
        required: whether the statements say what would have to hold.
    """

    language: Language = ENGLISH
    for_merchants: bool = False
    required: bool = False

    def state(self, fact: Fact, values: Iterable[Hashable], *, negated: bool = False) -> str:
        """Return the statement that a fact has one of some values, or none of them."""
        if not self.for_merchants:
            return fact.describe(values, negated=negated, language=self.language)
        return fact.say(values, negated=negated, language=self.language, required=self.required)

    def join(self, texts: Iterable[tuple[str, bool]], conjunction: str) -> str:
        """Join the texts of conditions, each once; with an *or* of their own or if they need it, they get brackets."""
        either = self.language.JOINERS["or"][1]
        parts = {f"({text})" if needs_brackets or either in text else text: None for text, needs_brackets in texts}
        return self.language.JOINERS[conjunction][1].join(parts)


_PLAIN: Final = Wording()
_FOR_MERCHANTS: Final = Wording(for_merchants=True)


class Condition:
    """A predicate over facts, as a value: it can be printed, compared, negated and counted."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def __bool__(self) -> bool:
        """Raise an error, because ``and``, ``or`` and ``not`` would silently drop a part.

        Raises:
            TypeError: always.
        """
        raise TypeError("a condition is not true or false by itself; combine conditions with &, | and ~")

    def __str__(self) -> str:
        return self.text(_PLAIN)

    def render(self, language: AnyLanguage = ENGLISH) -> str:
        """Return the condition as text in a language; ``str`` is the English one.

        Args:
            language: the code of a language, such as ``ar``.

        Raises:
            ValueError: the language is not known.
        """
        return self.text(Wording(language=language_of(language)))

    def text(self, wording: Wording) -> str:
        """Return the condition as text in a wording."""
        return self.simplify().text(wording)  # Of a condition of another kind, by the points at which it holds.

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts that the condition reads, each once."""
        raise TypeError  # pragma: no cover - every subclass overrides it.

    def holds(self, *of: object) -> bool:
        """Return whether the condition holds for an order, for a patch, for both, or at a point.

        Args:
            of: an order, a patch, or an order and a patch, which have all facts of the condition; or a mapping of each
                fact to its value, such as ``read_facts`` returns.

        Raises:
            TypeError: a fact is of another platform, or of something that is not given.
        """
        if len(of) == 1 and isinstance(of[0], Mapping):
            try:
                return self._holds(cast("Point", of[0]))
            except KeyError:
                missing = [fact.name for fact in self.facts if fact not in of[0]]
            raise TypeError(f"the point has no value of {join_words(missing, 'and')}, which the condition reads")
        point: dict[Fact, Hashable] = {}
        for fact in self.facts:
            thing = next((thing for thing in of if _has(thing, fact)), None)
            if thing is None:
                given = join_words((type(thing).__qualname__ for thing in of), "and") if of else "nothing"
                raise TypeError(f"{given} has no {fact.name}, which the condition reads")
            point[fact] = fact.of(thing)
        return self._holds(point)

    def _holds(self, point: Point) -> bool:  # noqa: ARG002 - every subclass reads the point.
        raise TypeError  # pragma: no cover - every subclass overrides it.

    def simplify(self) -> Condition:
        """Return a short condition that holds at the same points.

        Two conditions that hold at the same points give equal results. The result is the shortest possible if the
        condition reads a few flags, and close to the shortest if it reads facts with many values.
        """
        return minimize(self)

    def means(self, other: Condition) -> bool:
        """Return whether another condition holds at exactly the same points.

        Raises:
            TypeError: the other object is not a condition.
        """
        if not isinstance(other, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"expected a condition, got {type(other).__name__}")
        return self.simplify() == other.simplify()

    def __invert__(self) -> Condition:
        raise TypeError  # pragma: no cover - every subclass overrides it.

    def __and__(self, other: Condition) -> Condition:
        if not isinstance(other, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return AllOf(_flatten(AllOf, (self, other)))

    def __or__(self, other: Condition) -> Condition:
        if not isinstance(other, Condition):  # pyright: ignore[reportUnnecessaryIsInstance]
            return NotImplemented
        return AnyOf(_flatten(AnyOf, (self, other)))

    def transitions(self) -> tuple[TransitionTable, ...]:
        """Return the transition tables in the condition."""
        return ()

    def count(self) -> tuple[int, int]:
        """Return the number of points of its facts at which the condition holds, and the number of all these points."""
        verdicts = [self.holds(point) for point in points(self.facts)]
        return sum(verdicts), len(verdicts)

    def expected(self, point: Point, *, is_change: bool = True, language: Language = ENGLISH) -> str:
        """Return what must be true for the condition to hold, in the words of a merchant.

        Args:
            point: the values of the facts.
            is_change: whether a change is possible when the condition holds; otherwise, an action is.
            language: the language.
        """
        if is_never(self):
            return render(language, "DECISIONS", "nothing")
        remedies = (dict(fact.remedies).get(point.get(fact), "") for fact in self.facts)
        code = "change_only_while" if is_change else "possible_only_while"
        condition = self.text(Wording(language=language, for_merchants=True, required=True))
        clauses = [render(language, "DECISIONS", code, condition=condition)]
        clauses += [translate(remedy, language) for remedy in remedies if remedy]
        return join_words(clauses, "clauses", language)


def describe_point(point: Point, wording: Wording = _PLAIN) -> str:
    """Return the values of facts as text: ``status is shipped and draft``."""
    statements = [wording.state(fact, [value]) for fact, value in point.items()]
    none = render(wording.language, "DECISIONS", "no_difference")
    return join_words(statements or [none], "and", wording.language)


def say_point(point: Point, language: Language) -> str:
    """Return the values of facts in the words of a merchant."""
    return describe_point(point, Wording(language=language, for_merchants=True))


@functools.lru_cache(maxsize=1024)
def is_never(condition: Condition) -> bool:
    """Return whether a condition holds at no point of its facts."""
    return not any(condition.holds(point) for point in points(condition.facts))


def points(facts: Iterable[Fact]) -> Iterator[Point]:
    """Iterate over all combinations of the values of some facts."""
    listed = tuple(facts)
    for values in itertools.product(*(fact.values for fact in listed)):
        yield dict(zip(listed, values, strict=True))


def sort_by_name(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Sort facts by name, so that the result does not depend on the order in which they were written."""
    return tuple(sorted(facts, key=lambda fact: fact.name))


def _flatten(kind: type[AllOf | AnyOf], parts: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return the parts of a conjunction or a disjunction, each once, with nested ones of the same kind unpacked."""
    flat: dict[Condition, None] = {}
    for part in parts:
        flat.update(dict.fromkeys(part.parts if isinstance(part, kind) else (part,)))
    return tuple(flat)


@attrs.frozen(repr=False)
class Is(Condition):
    """The condition that a fact has one of some values, or none of them if it is negated.

    The two forms are kept as written, because they differ as soon as the fact gets a new value.
    """

    fact: Fact
    values: frozenset[Hashable] = attrs.field(converter=_freeze)
    negated: bool = False

    def __attrs_post_init__(self) -> None:
        self.fact.check_values(self.values)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The fact that the condition reads."""
        return (self.fact,)

    def _holds(self, point: Point) -> bool:
        return (point[self.fact] in self.values) is not self.negated

    def __invert__(self) -> Condition:
        return attrs.evolve(self, negated=not self.negated)

    def text(self, wording: Wording) -> str:
        """Return the condition as text; see ``Condition.text``."""
        if not self.values:
            return render(wording.language, "CONDITIONS", "always" if self.negated else "never")
        ordered = [value for value in self.fact.values if value in self.values]
        return wording.state(self.fact, ordered, negated=self.negated)


def _as_parts(parts: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(parts)


@attrs.frozen(repr=False)
class _Combined(Condition):
    """A condition made of several parts."""

    parts: tuple[Condition, ...] = attrs.field(converter=_as_parts)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts of all parts, each once."""
        return tuple(dict.fromkeys(fact for part in self.parts for fact in part.facts))

    def transitions(self) -> tuple[TransitionTable, ...]:
        """Return the transition tables in the parts."""
        return tuple(table for part in self.parts for table in part.transitions())


@attrs.frozen(repr=False)
class AllOf(_Combined):
    """The condition that every part holds. Without parts, it always holds."""

    def _holds(self, point: Point) -> bool:
        return all(part._holds(point) for part in self.parts)

    def __invert__(self) -> Condition:
        return AnyOf(tuple(~part for part in self.parts))

    def text(self, wording: Wording) -> str:
        """Return the condition as text; see ``Condition.text``."""
        if not self.parts:
            return render(wording.language, "CONDITIONS", "always")
        return wording.join([(part.text(wording), False) for part in self.parts], "and")


@attrs.frozen(repr=False)
class AnyOf(_Combined):
    """The condition that at least one part holds. Without parts, it never holds."""

    def _holds(self, point: Point) -> bool:
        return any(part._holds(point) for part in self.parts)

    def __invert__(self) -> Condition:
        return AllOf(tuple(~part for part in self.parts))

    def text(self, wording: Wording) -> str:
        """Return the condition as text; see ``Condition.text``."""
        if not self.parts:
            return render(wording.language, "CONDITIONS", "never")
        return wording.join([(part.text(wording), isinstance(part, AllOf)) for part in self.parts], "or")


ALWAYS: Final = AllOf(())
"""The condition that holds everywhere."""
NEVER: Final = AnyOf(())
"""The condition that holds nowhere."""
_Rows = tuple[tuple[Hashable, frozenset[Hashable]], ...]


def _freeze_rows(table: Mapping[Any, Collection[Hashable]] | _Rows) -> _Rows:
    return tuple((value, frozenset(following)) for value, following in dict(table).items())


@attrs.frozen(repr=False)
class TransitionTable(Condition):
    """The condition that the status asked for may follow the present status, according to a transition table.

    Attributes:
        current: the fact of the order.
        asked: the fact of the patch.
        table: for every documented status, the statuses that may follow it. The row of a final status is empty. A
            status without a row has no documented successor.
        staying: whether the condition also holds if the update asks for the present status again.
        negated: whether the condition is negated.
    """

    current: Fact
    asked: Fact
    table: _Rows = attrs.field(converter=_freeze_rows)
    staying: bool = attrs.field(default=True, kw_only=True)
    negated: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        self.current.check_values(value for value, _ in self.table)
        self.asked.check_values(value for _, following in self.table for value in following)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The present status and the one asked for."""
        return (self.current, self.asked)

    def following(self, value: Hashable) -> frozenset[Hashable]:
        """Return the statuses that may follow a status, without the status itself."""
        return dict(self.table).get(value, frozenset())

    def transitions(self) -> tuple[TransitionTable, ...]:
        """Return the condition itself."""
        return (self,)

    def _holds(self, point: Point) -> bool:
        current, asked = point[self.current], point[self.asked]
        follows = asked in self.following(current) or (self.staying and asked == current)
        return follows is not self.negated

    def __invert__(self) -> Condition:
        return attrs.evolve(self, negated=not self.negated)

    def text(self, wording: Wording) -> str:
        """Return the condition as text; see ``Condition.text``."""
        code = "may_not_follow" if self.negated else "may_follow"
        return render(wording.language, "CONDITIONS", code, asked=self.asked.title, current=self.current.title)

    def expected(self, point: Point, *, is_change: bool = True, language: Language = ENGLISH) -> str:
        """Return which statuses may follow the present status."""
        if self.negated:
            return super().expected(point, is_change=is_change, language=language)
        current = point[self.current]
        if current not in dict(self.table):
            return render(language, "DECISIONS", "undocumented")
        following = self.following(current)
        statuses = [self.asked.phrase(value, language) for value in self.asked.values if value in following]
        code, status = "next" if statuses else "final", self.current.phrase(current, language)
        return render(language, "DECISIONS", code, statuses=statuses, status=status)


def fix(condition: Condition, known: Point) -> Condition:
    """Return a condition in which some facts have known values. It reads only the other facts."""
    if not set(known).intersection(condition.facts):
        return condition
    if isinstance(condition, AllOf | AnyOf):
        return _combine(type(condition), (fix(part, known) for part in condition.parts))
    return _minimize(condition, known)


def weaken(condition: Condition, unknown: Collection[Fact]) -> Condition:
    """Return the condition that some values of the unknown facts satisfy a condition. It reads only the other facts."""
    read = set(unknown).intersection(condition.facts)
    if not read:
        return condition
    if isinstance(condition, AnyOf) or (
        isinstance(condition, AllOf)
        and sum(fact in part.facts for part in condition.parts for fact in read) == len(read)
    ):
        return _combine(type(condition), (weaken(part, unknown) for part in condition.parts))
    # Two parts read one unknown fact, and the same value has to satisfy both.
    facts = sort_by_name(fact for fact in condition.facts if fact not in read)
    possible = list(points(read))
    return from_truth_table(
        facts,
        {
            tuple(point.values()): any(condition.holds({**point, **other}) for other in possible)
            for point in points(facts)
        },
    )


def _combine(kind: type[AllOf | AnyOf], parts: Iterable[Condition]) -> Condition:
    """Return a conjunction or a disjunction without parts that always or never hold."""
    flat = _flatten(kind, parts)
    absorbing = NEVER if kind is AllOf else ALWAYS
    if absorbing in flat:
        return absorbing
    return flat[0] if len(flat) == 1 else kind(flat)


_FEW_FACTS: Final = 4
_FEW_BOXES: Final = 12
Values = tuple["Hashable", ...]
"""One value for each of some facts, in the order of the facts."""
Box = tuple[frozenset["Hashable"], ...]
"""A set of values for each fact. A point is inside the box if each of its values is in the set of its fact."""
VerdictT = TypeVar("VerdictT", bound="Hashable")


def guard(rules: tuple[Condition, ...], waivers: tuple[Condition, ...], known: Point) -> Condition:
    """Return a short condition that holds when all rules hold or a waiver applies, given the facts that are known.

    The result reads only the facts that are not known.

    Args:
        rules: the conditions of the rules on the sections that are touched.
        waivers: the conditions of the waivers.
        known: the facts of the update.
    """
    return _minimize(AnyOf((*waivers, AllOf(rules))), known)


def minimize(condition: Condition) -> Condition:
    """Return a short condition that holds at the same points; see ``Condition.simplify``."""
    return _minimize(condition, {})


def _minimize(condition: Condition, known: Point) -> Condition:
    """Return a short condition that holds at the same points, given the facts that are known.

    Conditions that hold at the same points give the same result.
    """
    facts = sort_by_name(fact for fact in condition.facts if fact not in known)
    return from_truth_table(
        facts, {tuple(point.values()): condition.holds({**point, **known}) for point in points(facts)}
    )


def from_truth_table(facts: tuple[Fact, ...], holds: dict[Values, bool]) -> Condition:
    """Return a short condition that holds at the points where a truth table says so.

    Args:
        facts: the facts, sorted by name.
        holds: for each point, whether the condition holds there. A point that is left out counts as false.
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
    fact: Fact, facts: tuple[Fact, ...], holds: dict[Values, VerdictT]
) -> tuple[tuple[Fact, ...], dict[Values, VerdictT]]:
    """Remove a fact from a truth table if it makes no difference; otherwise return the table unchanged."""
    place = facts.index(fact)
    smaller: dict[Values, VerdictT] = {}
    for point, verdict in holds.items():
        if smaller.setdefault((*point[:place], *point[place + 1 :]), verdict) != verdict:
            return facts, holds
    return (*facts[:place], *facts[place + 1 :]), smaller


def _largest_boxes(facts: tuple[Fact, ...], true: set[Values]) -> list[Box]:
    """Return boxes of true points that cannot be made larger.

    A box grows from each true point, one fact after the other, in several orders of the facts. For few facts all orders
    are tried; for more facts only the rotations, which give enough boxes to cover all points.
    """
    places = range(len(facts))
    rotations = [(*places[shift:], *places[:shift]) for shift in places]
    orders = list(itertools.permutations(places)) if len(facts) <= _FEW_FACTS else rotations
    boxes: dict[Box, None] = {}
    for point in sorted(true, key=repr):
        for order in orders:
            box: list[frozenset[Hashable]] = [frozenset({value}) for value in point]
            for place in order:
                box[place] = frozenset(
                    value
                    for value in facts[place].values
                    if all(corner in true for corner in itertools.product(*box[:place], [value], *box[place + 1 :]))
                )
            boxes[tuple(box)] = None
    return list(boxes)


def _cover(true: set[Values], boxes: list[Box]) -> list[Box]:
    """Choose the fewest boxes that cover all points, or nearly the fewest if there are many boxes to choose from."""
    inside = {box: frozenset(point for point in true if all(map(_contains, box, point))) for box in boxes}
    ranked = sorted(boxes, key=lambda box: (-len(inside[box]), [sorted(map(str, values)) for values in box]))
    # A box that alone covers some point is always needed.
    needed = [
        box for box in ranked if inside[box] - frozenset().union(*(inside[other] for other in ranked if other != box))
    ]
    uncovered = true.difference(*(inside[box] for box in needed))
    others = [box for box in ranked if box not in needed and inside[box] & uncovered]
    if len(others) <= _FEW_BOXES:
        for count in range(len(others) + 1):
            for chosen in itertools.combinations(others, count):
                if uncovered.issubset(itertools.chain.from_iterable(inside[box] for box in chosen)):
                    return [*needed, *chosen]
    while uncovered:
        best = max(others, key=lambda box: len(inside[box] & uncovered))
        needed.append(best)
        uncovered = uncovered - inside[best]
    return needed


def _contains(values: frozenset[Hashable], value: Hashable) -> bool:
    return value in values


def _box_condition(facts: tuple[Fact, ...], box: Box) -> Condition:
    """Return the condition that a point is inside a box.

    Only facts that the box restricts are named. Each is named with the values that it may have or, if there are fewer,
    with the values that it may not have.
    """
    parts = sorted(_restrictions(facts, box), key=str)
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _restrictions(facts: tuple[Fact, ...], box: Box) -> Iterator[Is]:
    for fact, values in zip(facts, box, strict=True):
        others = frozenset(fact.values) - values
        if others and len(others) < len(values):
            yield Is(fact, others, negated=True)
        elif others:
            yield Is(fact, values)


def spelling_of(fact: Fact, value: object) -> dict[str, str]:
    """Return a value that a fact does not list, as the order spells it, and a guess at what was meant.

    Returns:
        Parameters of a sentence: ``shown``, and ``suggestion`` if there is one.
    """
    word, known = str(value), dict.fromkeys(map(str, fact.values))
    suggestion = close_to(word, known, {other: str(meaning) for other, meaning in fact.words})
    return {"shown": shorten(word), **({"suggestion": suggestion} if suggestion else {})}
