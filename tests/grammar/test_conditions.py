"""Facts and conditions are values that can be printed, compared, negated and counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from orderrules import UNKNOWN, UNSET, Condition, Fact, awal, salla
from orderrules.authoring import AllOf, AnyOf, TransitionTable
from orderrules.grammar.conditions import ALWAYS, NEVER, Is, describe_point, points
from orderrules.languages.sentences import join_words

if TYPE_CHECKING:
    from collections.abc import Callable

COLOUR = Fact("colour", values=("red", "green", UNKNOWN), aliases=(("rouge", "red"),))
WET = Fact("wet", values=(False, True), flag=True)
NEXT = Fact("colour asked for", values=(UNSET, "red", "green"), attribute="wanted", labels=((UNSET, "left out"),))
CONDITIONS: list[tuple[Condition, str, int, int]] = [
    (COLOUR.is_("red"), "colour is red", 1, 3),
    (COLOUR.is_not("red"), "colour is not red", 2, 3),
    (COLOUR.is_in({"green", "red"}), "colour is red or green", 2, 3),
    (COLOUR.is_not_in({"green", "red"}), "colour is neither red nor green", 1, 3),
    (COLOUR.is_(UNKNOWN), "colour is unknown", 1, 3),
    (COLOUR.is_in(()), "never", 0, 3),
    (COLOUR.is_not_in(()), "always", 3, 3),
    (WET.is_(value=True), "wet", 1, 2),
    (WET.is_(value=False), "not wet", 1, 2),
    (WET.is_not(value=True), "not wet", 1, 2),
    (COLOUR.is_("red") & WET.is_(value=True), "colour is red and wet", 1, 6),
    (COLOUR.is_("red") | WET.is_(value=True), "colour is red or wet", 4, 6),
    (
        WET.is_(value=True) & (COLOUR.is_("red") | COLOUR.is_("green")),
        "wet and (colour is red or colour is green)",
        2,
        6,
    ),
    (AllOf(()), "always", 1, 1),
    (AnyOf(()), "never", 0, 1),
    (
        TransitionTable(COLOUR, NEXT, {"red": {"green"}, "green": ()}),
        "the colour asked for may follow the present colour",
        3,
        9,
    ),
]


@pytest.mark.parametrize(("condition", "sentence", "holds", "points_"), CONDITIONS, ids=[row[1] for row in CONDITIONS])
def test_a_condition_has_a_sentence_and_a_count(condition: Condition, sentence: str, holds: int, points_: int) -> None:
    """Its negation holds at exactly the other points."""
    assert str(condition) == sentence
    assert condition.count() == (holds, points_)
    assert (~condition).count() == (points_ - holds, points_)
    for point in points(condition.facts):
        assert (~condition).holds(point) is not condition.holds(point)
    assert ~~condition == condition
    assert hash(~~condition) == hash(condition)
    assert ~condition != condition


def test_combined_conditions_are_flat_and_name_each_part_once() -> None:
    """The parts of a part become parts of the whole."""
    red, wet = COLOUR.is_("red"), WET.is_(value=True)
    assert (red & wet) & red == AllOf((red, wet))
    assert (red | wet) | (wet | red) == AnyOf((red, wet))
    assert (red & wet).facts == (COLOUR, WET)


def test_a_negated_transition_table_has_its_own_sentence() -> None:
    """Such a table lists what may not follow."""
    follows = TransitionTable(COLOUR, NEXT, {"red": {"green"}})
    point = {COLOUR: "red", NEXT: "green"}
    assert str(~follows) == "the colour asked for may not follow the present colour"
    assert (~follows).expected(point) == f"it may change only while {~follows}"


@pytest.mark.parametrize(
    ("current", "needed"),
    [
        ("red", "only green may follow red"),
        ("green", "nothing may follow green"),
        (UNKNOWN, "it is not documented which status may follow"),
    ],
)
def test_a_transition_table_says_what_may_follow(current: object, needed: str) -> None:
    """The sentence depends on the current value."""
    follows = TransitionTable(COLOUR, NEXT, {"red": {"green"}, "green": ()})
    assert follows.expected({COLOUR: current, NEXT: "red"}) == needed


def test_every_status_has_a_row() -> None:
    """If nothing may follow a status, its row is empty."""
    assert tuple(awal.TRANSITIONS) == tuple(awal.Status)
    assert tuple(awal.FORWARD) == tuple(awal.Status)
    assert awal.TRANSITIONS[awal.Status.PENDING] == {awal.Status.ACCEPTED}
    assert awal.TRANSITIONS[awal.Status.COMPLETED] == frozenset()


def test_a_value_that_a_fact_never_has_is_a_value_error() -> None:
    """A typing error in a rule is found when the rule is built."""
    with pytest.raises(ValueError, match="colour has no value 'blue'"):
        COLOUR.is_("blue")
    with pytest.raises(ValueError, match="status has no value 'cancelled'"):
        salla.STATUS.is_not("cancelled")


def test_a_fact_is_read_from_its_attribute() -> None:
    """Listed values stay, aliases become their value, and all others become unknown."""
    assert COLOUR.of(SimpleNamespace(colour="red")) == "red"
    assert COLOUR.of(SimpleNamespace(colour="rouge")) == "red"
    assert COLOUR.of(SimpleNamespace(colour="blue")) is UNKNOWN
    assert COLOUR.of(SimpleNamespace(colour=None)) is UNKNOWN
    assert NEXT.of(SimpleNamespace(wanted=UNSET)) is UNSET
    with pytest.raises(ValueError, match="colour asked for cannot be 'blue'"):
        NEXT.of(SimpleNamespace(wanted="blue"))


def test_join_words_lists_words_as_in_a_sentence() -> None:
    """It takes one, two or three words."""
    assert join_words(["a"]) == "a"
    assert join_words(["a", "b"]) == "a or b"
    assert join_words("abc", "and") == "a, b and c"


def test_unknown_and_unset_print_their_names() -> None:
    """UNSET is falsy."""
    assert repr(UNKNOWN) == "UNKNOWN"
    assert str(UNKNOWN) == "unknown"
    assert repr(UNSET) == "UNSET"
    assert not UNSET


def test_a_condition_has_no_truth_value() -> None:
    """Otherwise ``and``, ``or``, ``not`` and booleans would silently drop a part."""
    red, wet = COLOUR.is_("red"), WET.is_(value=True)
    for combine in (lambda: red and wet, lambda: red or wet, lambda: not red):
        with pytest.raises(TypeError, match=r"combine conditions with &, \| and ~"):
            combine()
    for operation in (lambda: red & True, lambda: red | None):  # type: ignore[operator]
        with pytest.raises(TypeError, match="unsupported operand"):
            operation()


def test_a_string_is_not_a_collection_of_values() -> None:
    """It would be split into letters."""
    for make in (salla.STATUS.is_in, salla.STATUS.is_not_in):
        with pytest.raises(TypeError, match="expected a collection of values, got the string 'completed'"):
            make("completed")


def test_a_condition_with_many_shortest_forms_is_still_simplified() -> None:
    """If there are too many forms to try, a nearly shortest one of the same meaning is chosen."""
    left, right = (Fact(name, values=range(9)) for name in ("left", "right"))
    unequal = AnyOf(tuple(left.is_(value) & right.is_not(value) for value in range(9)))
    short = unequal.simplify()
    assert short.means(unequal)
    assert short.count() == unequal.count() == (72, 81)
    assert len(str(short)) <= len(str(unequal))
    assert short.simplify() == short
    assert str((left.is_(1) & right.is_not(1)) | (left.is_(1) & right.is_(1))) != "left is 1"
    assert str(((left.is_(1) & right.is_not(1)) | (left.is_(1) & right.is_(1))).simplify()) == "left is 1"


RED, WETNESS, FOLLOWS = COLOUR.is_("red"), WET.is_(value=True), TransitionTable(COLOUR, NEXT, {"red": {"green"}})
MISTAKES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: bool(RED),
        TypeError,
        "a condition is not true or false by itself; combine conditions with &, | and ~",
    ),
    (lambda: Fact("x", values=()), ValueError, "a fact needs at least one value, and no value twice"),
    (lambda: Fact("x", values=("a", "b", "a")), ValueError, "a fact needs at least one value, and no value twice"),
    (lambda: NEXT.of(SimpleNamespace(wanted="blue")), ValueError, "colour asked for cannot be 'blue'"),
    (lambda: COLOUR.is_("blue"), ValueError, "colour has no value 'blue'"),
    (lambda: COLOUR.is_not_in(("red", 7, "blue")), ValueError, "colour has no value 'blue' or 7"),
    (lambda: TransitionTable(COLOUR, NEXT, {"pink": ()}), ValueError, "colour has no value 'pink'"),
    (lambda: TransitionTable(COLOUR, NEXT, {"red": {"pink"}}), ValueError, "colour asked for has no value 'pink'"),
    (lambda: COLOUR.is_in("red"), TypeError, "expected a collection of values, got the string 'red'"),
    (lambda: COLOUR.is_not_in("red"), TypeError, "expected a collection of values, got the string 'red'"),
    (lambda: RED.holds(awal.Order(status="pending")), TypeError, "Order has no colour, which the condition reads"),
    (
        lambda: FOLLOWS.holds(SimpleNamespace(colour="red")),
        TypeError,
        "SimpleNamespace has no colour asked for, which the condition reads",
    ),
    (lambda: RED.means(True), TypeError, "expected a condition, got bool"),  # type: ignore[arg-type]  # noqa: FBT003
]


@pytest.mark.parametrize(("make", "kind", "message"), MISTAKES, ids=[row[2][:60] for row in MISTAKES])
def test_a_mistake_in_a_condition_has_an_exact_message(
    make: Callable[[], object], kind: type[Exception], message: str
) -> None:
    """It is raised when the condition is built or evaluated."""
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message


def test_a_condition_holds_for_an_object_and_at_a_point() -> None:
    """The facts of an object are read first, with aliases and unknown values."""
    both = RED & ~WETNESS
    assert both.holds(SimpleNamespace(colour="rouge", wet=False))
    assert not both.holds(SimpleNamespace(colour="rouge", wet=True))
    assert both.holds({COLOUR: "red", WET: False})
    assert COLOUR.is_(UNKNOWN).holds(SimpleNamespace(colour="blue"))
    assert (RED | WETNESS).holds({COLOUR: "green", WET: True})
    assert not (RED | WETNESS).holds({COLOUR: "green", WET: False})
    assert ALWAYS.holds(object())
    assert not NEVER.holds({})


def test_a_transition_holds_if_the_table_lists_it_or_nothing_changes() -> None:
    """With ``staying=False`` an unchanged value is refused; nothing may follow a status without a row."""
    table = {"red": {"green"}, "green": ()}
    allowed = {
        staying: [
            (point[COLOUR], point[NEXT])
            for point in points((COLOUR, NEXT))
            if TransitionTable(COLOUR, NEXT, table, staying=staying).holds(point)
        ]
        for staying in (True, False)
    }
    assert allowed == {True: [("red", "red"), ("red", "green"), ("green", "green")], False: [("red", "green")]}
    assert TransitionTable(COLOUR, NEXT, (("red", {"green"}),), staying=True, negated=False) == FOLLOWS  # type: ignore[arg-type]
    assert FOLLOWS.table == (("red", frozenset({"green"})),)
    assert FOLLOWS.following("red") == {"green"}
    assert FOLLOWS.following("green") == frozenset()


def test_a_point_is_described_by_its_facts() -> None:
    """If no fact has a value, the order makes no difference."""
    assert (
        describe_point({COLOUR: "red", WET: False, NEXT: UNSET})
        == "colour is red, not wet and colour asked for is left out"
    )
    assert describe_point({WET: True}) == "wet"
    assert describe_point({}) == "the order makes no difference"


def test_expected_describes_what_must_hold() -> None:
    """A transition table describes what may follow the current status."""
    assert RED.expected({}) == "it may change only while colour is red"
    assert (COLOUR.is_in(()) & RED).expected({}) == NEVER.expected({}) == "nothing allows it"
    more = TransitionTable(COLOUR, NEXT, {"red": {"green", UNSET}, "green": ()})
    assert more.expected({COLOUR: "red"}) == "only left out or green may follow red"
    assert (~more).expected({COLOUR: "red"}, is_change=False) == (
        "it is possible only while the colour asked for may not follow the present colour"
    )


def test_a_fact_is_described_by_its_labels_and_flag() -> None:
    """A flag needs no verb, values are joined by *or*, and a value without a label is its own text."""
    assert COLOUR.describe(["red", "green", UNKNOWN]) == "colour is red, green or unknown"
    assert COLOUR.describe(["red"], negated=True) == "colour is not red"
    assert NEXT.describe([UNSET]) == "colour asked for is left out"
    assert (NEXT.label(UNSET), NEXT.label("red"), COLOUR.label(UNSET)) == ("left out", "red", "left out")
    assert [WET.describe([value], negated=negated) for value in (True, False) for negated in (False, True)] == [
        "wet",
        "not wet",
        "not wet",
        "wet",
    ]
    assert WET.describe([False, True]) == "wet is False or True"
    assert repr(COLOUR) == "<Fact colour: 3 values>"


def test_an_alias_becomes_its_value() -> None:
    """Only a string is an alias; any other unlisted value is returned unchanged."""
    assert salla.STATUS.canonical("completed") is salla.Status.COMPLETED
    assert COLOUR.canonical("rouge") == "red"
    for other in ("blue", 7, None, UNSET):
        assert COLOUR.canonical(other) is other
    assert Fact("bit", values=(0, 1), aliases=(("on", 1), ("off", 2))).canonical("off") == "off"
    assert Fact("bit", values=(True, False)).of(SimpleNamespace(bit=1)) is True


def test_a_fact_stores_its_arguments_as_tuples() -> None:
    """Its attribute has the name of the fact by default."""
    fact = Fact("x", values=["a", "b"], labels=[("a", "A")], aliases=[("c", "a")])
    assert (fact.values, fact.labels, fact.aliases) == (("a", "b"), (("a", "A"),), (("c", "a"),))
    assert (fact.attribute, fact.flag) == ("x", False)
    assert [fact.label(value) for value in fact.values] == ["A", "b"]
    assert str(fact.is_in({"a", "b"})) == "x is A or b"
    assert hash(fact) == hash(Fact("x", values=("a", "b"), labels=(("a", "A"),), aliases=(("c", "a"),)))


def test_conditions_keep_the_order_of_their_parts() -> None:
    """Facts, parts and tables appear once, and only parts of the same kind are flattened."""
    either = RED | WETNESS
    assert (either & FOLLOWS).facts == (COLOUR, WET, NEXT)
    assert either & FOLLOWS == AllOf((either, FOLLOWS))
    assert AnyOf((RED & WETNESS, FOLLOWS)) == (RED & WETNESS) | FOLLOWS
    assert AllOf((FOLLOWS, WETNESS, RED)) == FOLLOWS & (WETNESS & RED) & WETNESS
    assert AnyOf((FOLLOWS, WETNESS, RED)) == FOLLOWS | (WETNESS | RED) | WETNESS
    assert (either & FOLLOWS).transitions() == (either | FOLLOWS).transitions() == (FOLLOWS,)
    assert RED.transitions() == either.transitions() == ()
    assert COLOUR.is_in(["red", "red"]) == Is(COLOUR, ["red"]) == RED
    assert AllOf([RED]).parts == AnyOf([RED]).parts == (RED,)
    assert (RED & WETNESS).count() == (1, 6)


SENTENCES: list[tuple[Condition, str]] = [
    (WETNESS & COLOUR.is_in({"green", "red"}), "wet and (colour is red or green)"),
    (WETNESS | COLOUR.is_in({"green", "red"}), "wet or (colour is red or green)"),
    (RED | (WETNESS & RED), "colour is red or (wet and colour is red)"),
    (RED & (WETNESS | RED), "colour is red and (wet or colour is red)"),
    (AllOf((RED,)) | FOLLOWS, "(colour is red) or the colour asked for may follow the present colour"),
    (FOLLOWS & ~FOLLOWS, f"{FOLLOWS} and {~FOLLOWS}"),
    (~(RED & WETNESS), "colour is not red or not wet"),
    (~(RED | WETNESS), "colour is not red and not wet"),
]


@pytest.mark.parametrize(("condition", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_a_condition_reads_as_one_sentence(condition: Condition, sentence: str) -> None:
    """A part is in brackets if it contains *or*, or contains *and* and is joined by *or*."""
    assert str(condition) == sentence


def test_a_database_null_is_the_absent_value() -> None:
    """Without ``absent`` it is unknown or None if the fact has that value, and an error if not."""
    assert COLOUR.from_database("rouge") == "red"
    assert COLOUR.from_database(None) is UNKNOWN
    assert COLOUR.from_database("blue") is UNKNOWN
    assert Fact("wet", values=(False, True), absent=False).from_database(None) is False
    assert Fact("size", values=(None, 1)).from_database(None) is None
    with pytest.raises(ValueError, match="wet cannot be None"):
        WET.from_database(None)
    with pytest.raises(ValueError, match="wet has no value 'dry'"):
        Fact("wet", values=(False, True), absent="dry")


def test_spellings_are_the_value_and_its_aliases() -> None:
    """A value without aliases has one spelling."""
    assert COLOUR.spellings("red") == ("red", "rouge")
    assert COLOUR.spellings("green") == ("green",)
