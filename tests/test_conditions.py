"""Facts and conditions are values: printed, compared, negated and counted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from orderrules import UNKNOWN, UNSET, AllOf, AnyOf, Condition, Fact, Follows, awal, salla
from orderrules._conditions import listed, points

COLOUR = Fact("colour", values=("red", "green", UNKNOWN), aliases=(("rouge", "red"),))
WET = Fact("wet", values=(False, True), flag=True)
NEXT = Fact("colour asked for", values=(UNSET, "red", "green"), attribute="wanted", labels=((UNSET, "left out"),))

CONDITIONS: list[tuple[Condition, str, int, int]] = [
    (COLOUR.is_("red"), "colour is red", 1, 3),
    (COLOUR.is_not("red"), "colour is not red", 2, 3),
    (COLOUR.is_in({"green", "red"}), "colour is red or green", 2, 3),
    (COLOUR.is_not_in({"green", "red"}), "colour is not red or green", 1, 3),
    (COLOUR.is_(UNKNOWN), "colour is unknown", 1, 3),
    (COLOUR.is_in(()), "never", 0, 3),
    (COLOUR.is_not_in(()), "ever", 3, 3),
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
    (AllOf(()), "ever", 1, 1),
    (AnyOf(()), "never", 0, 1),
    (
        Follows(COLOUR, NEXT, {"red": {"green"}, "green": ()}),
        "the colour asked for may follow the present colour",
        3,
        9,
    ),
]


@pytest.mark.parametrize(("condition", "sentence", "holds", "points_"), CONDITIONS, ids=[row[1] for row in CONDITIONS])
def test_condition_reads_and_counts(condition: Condition, sentence: str, holds: int, points_: int) -> None:
    """It is one sentence, holds at so many of its points, and its negation at all the others."""
    assert str(condition) == sentence
    assert condition.count() == (holds, points_)
    assert (~condition).count() == (points_ - holds, points_)
    for point in points(condition.facts):
        assert (~condition).holds(point) is not condition.holds(point)
    assert ~~condition == condition
    assert hash(~~condition) == hash(condition)
    assert ~condition != condition


def test_conjunctions_are_flat_and_say_each_part_once() -> None:
    """Parts of parts are parts."""
    red, wet = COLOUR.is_("red"), WET.is_(value=True)
    assert (red & wet) & red == AllOf((red, wet))
    assert (red | wet) | (wet | red) == AnyOf((red, wet))
    assert (red & wet).facts == (COLOUR, WET)


def test_a_negated_transition_table_reads_as_one() -> None:
    """For whoever writes what may not follow."""
    follows = Follows(COLOUR, NEXT, {"red": {"green"}})
    point = {COLOUR: "red", NEXT: "green"}
    assert str(~follows) == "the colour asked for may not follow the present colour"
    assert (~follows).needed(point, "may change") == f"it may change only while {~follows}"


@pytest.mark.parametrize(
    ("current", "needed"),
    [
        ("red", "only green may follow red"),
        ("green", "nothing may follow green"),
        (UNKNOWN, "the page names nothing that may follow it"),
    ],
)
def test_a_transition_table_says_what_may_follow(current: object, needed: str) -> None:
    """With the present value in hand it says less, and the right thing."""
    follows = Follows(COLOUR, NEXT, {"red": {"green"}, "green": ()})
    assert follows.needed({COLOUR: current, NEXT: "red"}, "may change") == needed


def test_every_status_has_a_row() -> None:
    """The table is the machine: even what nothing follows has a row."""
    assert tuple(awal.TRANSITIONS) == tuple(awal.Status)
    assert tuple(awal.FORWARD) == tuple(awal.Status)
    assert awal.TRANSITIONS[awal.Status.PENDING] == {awal.Status.ACCEPTED}
    assert awal.TRANSITIONS[awal.Status.COMPLETED] == frozenset()


def test_a_value_that_a_fact_never_has_is_a_mistake() -> None:
    """A typing error in a rule is found when the rule is written."""
    with pytest.raises(ValueError, match="colour is never 'blue'"):
        COLOUR.is_("blue")
    with pytest.raises(ValueError, match="status is never 'cancelled'"):
        salla.STATUS.is_not("cancelled")


def test_a_fact_is_read_off_its_attribute() -> None:
    """Listed values as they are, other spellings as what they stand for, the rest as unknown."""
    assert COLOUR.of(SimpleNamespace(colour="red")) == "red"
    assert COLOUR.of(SimpleNamespace(colour="rouge")) == "red"
    assert COLOUR.of(SimpleNamespace(colour="blue")) is UNKNOWN
    assert COLOUR.of(SimpleNamespace(colour=None)) is UNKNOWN
    assert NEXT.of(SimpleNamespace(wanted=UNSET)) is UNSET
    with pytest.raises(ValueError, match="colour asked for cannot be 'blue'"):
        NEXT.of(SimpleNamespace(wanted="blue"))


def test_words_are_listed_as_in_a_sentence() -> None:
    """One, two, three."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a or b"
    assert listed("abc", "and") == "a, b and c"


def test_unknown_says_its_name() -> None:
    """In a table of values as in a sentence."""
    assert repr(UNKNOWN) == "UNKNOWN"
    assert str(UNKNOWN) == "unknown"
    assert repr(UNSET) == "UNSET"
    assert not UNSET


def test_a_condition_has_no_truth_of_its_own() -> None:
    """``and``, ``or`` and ``not`` would drop a part without a word, and so would a boolean among conditions."""
    red, wet = COLOUR.is_("red"), WET.is_(value=True)
    for combine in (lambda: red and wet, lambda: red or wet, lambda: not red):
        with pytest.raises(TypeError, match=r"combine conditions with &, \| and ~"):
            combine()
    for operation in (lambda: red & True, lambda: red | None):  # type: ignore[operator]
        with pytest.raises(TypeError, match="unsupported operand"):
            operation()


def test_text_is_no_collection_of_values() -> None:
    """It would be taken letter by letter."""
    for make in (salla.STATUS.is_in, salla.STATUS.is_not_in):
        with pytest.raises(TypeError, match="expected a collection of values, got the text 'completed'"):
            make("completed")


def test_a_condition_with_many_shortest_forms_is_still_simplified() -> None:
    """Where there are too many to try them all, nearly as short a one is found, and it means the same."""
    left, right = (Fact(name, values=range(9)) for name in ("left", "right"))
    unequal = AnyOf(tuple(left.is_(value) & right.is_not(value) for value in range(9)))
    short = unequal.simplified()
    assert short.means(unequal)
    assert short.count() == unequal.count() == (72, 81)
    assert len(str(short)) <= len(str(unequal))
    assert short.simplified() == short
    assert str((left.is_(1) & right.is_not(1)) | (left.is_(1) & right.is_(1))) != "left is 1"
    assert str(((left.is_(1) & right.is_not(1)) | (left.is_(1) & right.is_(1))).simplified()) == "left is 1"
