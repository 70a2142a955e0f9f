"""A policy is data, and every mistake in it is found when it is built."""

from __future__ import annotations

import itertools
import pickle
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import pytest

from orderrules import UNSET, Assumption, Fact, InvalidInput, Policy, Rule, awal, salla
from orderrules.authoring import Alternative, AnyOf, PatchBase, TransitionTable, register
from orderrules.engine.decision_table import rows_of, table_of
from orderrules.grammar.rules import offer
from tests.kit import toy
from tests.kit.specs import ASSUMPTIONS
from tests.kit.toy import Order, Patch, Section, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

    from orderrules.authoring import Endpoint

STAGE_RULE, ADDRESS_RULE, RECALL_RULE = toy.POLICY.rules
(STAFF_WAIVER,) = toy.POLICY.waivers


class Verb(StrEnum):
    """Actions with the names of sections."""

    STAGE = "stage"
    NOTE = "note"


class Undecorated(PatchBase, sections=Section):
    """A patch without the decorator."""


def toy_with(**changes: Any) -> Callable[[], object]:
    """Return a function that builds a changed toy policy."""
    return lambda: attrs.evolve(toy.POLICY, **changes)


MISTAKES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: attrs.evolve(ADDRESS_RULE, id=7), TypeError, "a rule or a waiver needs an id: a string that is not blank"),  # type: ignore[arg-type]
    (
        lambda: attrs.evolve(ADDRESS_RULE, id=" "),
        TypeError,
        "a rule or a waiver needs an id: a string that is not blank",
    ),
    (
        lambda: attrs.evolve(STAFF_WAIVER, id=""),
        TypeError,
        "a rule or a waiver needs an id: a string that is not blank",
    ),
    (
        lambda: attrs.evolve(ADDRESS_RULE, reason=None),  # type: ignore[arg-type]
        TypeError,
        "a rule or a waiver needs a reason: a string that is not blank",
    ),
    (
        lambda: attrs.evolve(STAFF_WAIVER, reason="\n"),
        TypeError,
        "a rule or a waiver needs a reason: a string that is not blank",
    ),
    (
        lambda: attrs.evolve(ADDRESS_RULE, only_if=toy.STAGE == Stage.VAN),  # type: ignore[arg-type, comparison-overlap]
        TypeError,
        "TOY-ADDRESS-1: expected a condition, got bool; compare with fact.is_(value) instead of ==",
    ),
    (lambda: attrs.evolve(STAFF_WAIVER, when="x"), TypeError, "TOY-STAFF-1: expected a condition, got str"),  # type: ignore[arg-type]
    (lambda: toy.POLICY.with_rules([ADDRESS_RULE]), TypeError, "expected a rule or a waiver, got list"),  # type: ignore[arg-type]
    (lambda: toy.POLICY.without(7), TypeError, "expected the id of a rule or a waiver, got int"),  # type: ignore[arg-type]
    (
        lambda: toy.POLICY.without("TOY-NOTE-1", "TOY-STAGE-1", "X"),
        ValueError,
        "the toy policy has no rule or waiver TOY-NOTE-1, X",
    ),
    (
        lambda: register(attrs.evolve(toy.POLICY)),
        ValueError,
        "Order has a registered policy already: toy; ask another one by its own can_update",
    ),
    (toy_with(order_type=str), TypeError, "str of toy must be a class below OrderBase with @model"),
    (toy_with(patch_type=Undecorated), TypeError, "Undecorated of toy must be a class below PatchBase with @model"),
    (toy_with(actions=Verb, rules=()), ValueError, "a section and an action of toy have the same name: note, stage"),
    (
        toy_with(rules=[ADDRESS_RULE, STAGE_RULE, ADDRESS_RULE, STAGE_RULE, STAGE_RULE]),
        ValueError,
        "duplicate ids: TOY-ADDRESS-1, TOY-STAGE-1",
    ),
    (
        toy_with(assumptions=[Assumption("TOY-STAFF-1", "whether", "yes")]),
        ValueError,
        "duplicate ids: TOY-STAFF-1",
    ),
    (
        lambda: attrs.evolve(salla.POLICY, waivers=[attrs.evolve(salla.POLICY.waivers[0], id="SALLA-ADVICE-1")]),
        ValueError,
        "duplicate ids: SALLA-ADVICE-1",
    ),
    (
        lambda: toy.with_patch_fact(Fact("note", values=("x",))),
        ValueError,
        "the fact note belongs to the patch, so its values must include UNSET",
    ),
    (
        toy_with(rules=[attrs.evolve(ADDRESS_RULE, section=salla.Section.COUPON)]),
        ValueError,
        "TOY-ADDRESS-1 governs <Section.COUPON: 'coupon'>; toy has stage, address, note, recall",
    ),
    (
        toy_with(actions=None),
        ValueError,
        "TOY-RECALL-1 governs <Action.RECALL: 'recall'>; toy has stage, address, note",
    ),
    (
        toy_with(rules=[attrs.evolve(ADDRESS_RULE, only_if=salla.STATUS.is_("shipped") & salla.DRAFT.is_(value=True))]),
        ValueError,
        "TOY-ADDRESS-1 reads status and draft, but may read only the facts=(...) of Order and Patch",
    ),
    (
        toy_with(rules=[attrs.evolve(RECALL_RULE, only_if=toy.ASKED.is_(UNSET))]),
        ValueError,
        "TOY-RECALL-1 reads stage asked for, but may read only the facts=(...) of Order for an action",
    ),
    (
        toy_with(rules=[attrs.evolve(STAGE_RULE, only_if=TransitionTable(toy.STAGE, toy.STAGE, {}))]),
        ValueError,
        "a transition table needs a fact of the order as current and a fact of the patch as asked",
    ),
    (
        toy_with(waivers=[attrs.evolve(STAFF_WAIVER, when=salla.DRAFT.is_(value=True))]),
        ValueError,
        "TOY-STAFF-1 reads draft, but may read only the facts=(...) of Order and Patch",
    ),
]


@pytest.mark.parametrize(("make", "kind", "message"), MISTAKES, ids=[row[2][:60] for row in MISTAKES])
def test_an_invalid_policy_cannot_be_built(make: Callable[[], object], kind: type[Exception], message: str) -> None:
    """The message is one sentence."""
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind
    assert str(caught.value) == message


def test_a_waiver_may_read_the_update_and_an_action_only_the_order() -> None:
    """A rule on a section may read both."""
    waiver = attrs.evolve(STAFF_WAIVER, when=toy.ASKED.is_(UNSET))
    assert attrs.evolve(toy.POLICY, waivers=[waiver]).waivers == (waiver,)
    rule = attrs.evolve(RECALL_RULE, only_if=toy.FRAGILE.is_(value=True))
    assert attrs.evolve(toy.POLICY, rules=[rule]).rules == (rule,)


def test_entries_are_printed_with_their_ids() -> None:
    """A policy is printed with the ids of all its entries."""
    assumption = Assumption("T1", "whether", "it may", [Alternative("not", [ADDRESS_RULE])])
    assert str(RECALL_RULE) == "TOY-RECALL-1: recall only if stage is not door"
    assert repr(RECALL_RULE) == "<Rule TOY-RECALL-1: recall only if stage is not door>"
    assert str(STAFF_WAIVER) == "TOY-STAFF-1: no restriction while sent by staff"
    assert repr(STAFF_WAIVER) == "<Waiver TOY-STAFF-1: no restriction while sent by staff>"
    assert (str(assumption), repr(assumption)) == ("T1: whether: it may", "<Assumption T1: it may>")
    assert assumption.alternatives == (Alternative("not", (ADDRESS_RULE,)),)
    assert repr(toy.POLICY) == "<Policy toy: TOY-STAGE-1, TOY-ADDRESS-1, TOY-RECALL-1, TOY-STAFF-1>"
    assert toy.POLICY.entries == (STAGE_RULE, ADDRESS_RULE, RECALL_RULE, STAFF_WAIVER)


def test_keys_of_a_section_are_in_the_order_of_the_body() -> None:
    """A section of another platform has no keys."""
    assert {section: toy.POLICY.keys_of(section) for section in Section} == {
        Section.STAGE: ("stage",),
        Section.ADDRESS: ("street", "door"),
        Section.NOTE: ("note",),
    }
    assert toy.POLICY.keys_of(salla.Section.COUPON) == ()


@attrs.frozen
class Choices:
    """A choice that the rules below depend on."""

    open_at: Stage


def rules_of(chosen: Choices) -> tuple[Rule, ...]:
    """Return two rules, one of which depends on the choice."""
    return (attrs.evolve(ADDRESS_RULE, only_if=toy.STAGE.is_(chosen.open_at)), RECALL_RULE)


def test_an_alternative_is_offered_for_each_other_answer() -> None:
    """It contains only the rules that change."""
    options = {"desk": Stage.DESK, "van": Stage.VAN, "door": Stage.DOOR}

    def say(chosen: Choices) -> str:
        return f"at the {chosen.open_at}"

    def offered(stage: Stage) -> Assumption:
        return offer("T1", "where", say, make=rules_of, chosen=Choices(stage), keyword="open_at", options=options)

    desk = Alternative("desk", (rules_of(Choices(Stage.DESK))[0],), "at the desk")
    door = Alternative("door", (rules_of(Choices(Stage.DOOR))[0],), "at the door")
    assert offered(Stage.VAN) == Assumption("T1", "where", "at the van", (desk, door), "van")
    del options["van"]
    assert offered(Stage.VAN) == Assumption("T1", "where", "at the van", (desk, door))


def test_new_entries_are_appended() -> None:
    """Rules are appended to the rules, and waivers to the waivers."""
    rule = attrs.evolve(ADDRESS_RULE, id="TOY-ADDRESS-2")
    waiver = attrs.evolve(STAFF_WAIVER, id="TOY-STAFF-2")
    more = toy.POLICY.with_rules(waiver, rule)
    assert more.rules == (*toy.POLICY.rules, rule)
    assert more.waivers == (STAFF_WAIVER, waiver)
    assert more.without("TOY-STAFF-2", "TOY-ADDRESS-2") == toy.POLICY
    assert toy.POLICY.without() == toy.POLICY.with_rules() == toy.POLICY


def test_a_dropped_rule_is_dropped_from_every_alternative() -> None:
    """The other rules of the alternatives stay."""
    remaining = salla.policy().without("SALLA-COUPON-1", "SALLA-DRAFT-1")
    assert remaining.waivers == ()
    assert [rule.id for rule in remaining.rules] == [
        rule.id for rule in salla.POLICY.rules if rule.id != "SALLA-COUPON-1"
    ]
    assert [
        (assumption.id, other.name, [rule.id for rule in other.rules])
        for assumption in remaining.assumptions
        for other in assumption.alternatives
    ] == [
        (assumption.id, other.name, [rule.id for rule in other.rules if rule.id != "SALLA-COUPON-1"])
        for assumption in salla.POLICY.assumptions
        for other in assumption.alternatives
    ]
    assert [attrs.evolve(assumption, alternatives=()) for assumption in remaining.assumptions] == [
        attrs.evolve(assumption, alternatives=()) for assumption in salla.POLICY.assumptions
    ]


def test_every_method_works_on_a_new_policy() -> None:
    """The table of the policy is not yet built."""
    order, patch = Order(stage=Stage.VAN, fragile=True), Patch(stage=Stage.DOOR, note="x")
    number = Order.__space__.index(order)

    def fresh() -> Policy[Order, Patch]:
        return attrs.evolve(toy.POLICY)

    assert fresh().can_update(order, patch).allowed
    assert fresh().can(order, "recall").allowed
    assert {str(section): bool(decision) for section, decision in fresh().editable(order).items()} == {
        "stage": True,
        "address": False,
        "note": True,
    }
    assert fresh().next_statuses(order) == frozenset[StrEnum]({Stage.DESK, Stage.DOOR})
    split = fresh().split(order, Patch(stage=Stage.DOOR, door=4))
    assert (split.allowed, split.refused) == (Patch(stage=Stage.DOOR), Patch(door=4))
    assert fresh().apply(order, patch) == order.replace(stage=Stage.DOOR, written=Patch(note="x"))
    assert fresh().plan(order, patch).steps == (patch,)
    assert str(fresh().guard(patch)) == "stage is van or sent by staff"
    assert fresh().decide_many([order, order], patch) == [fresh().can_update(order, patch)] * 2
    assert fresh().indices([order, Order(stage=Stage.DESK)]) == bytes([number, 0])
    assert fresh().decide_indices(bytes([number, 0]), patch) == bytes([1, 0])
    assert fresh().advise(order, patch) == ()
    assert [advice.id for advice in salla.policy().advise(salla.Order(), salla.Patch())] == ["SALLA-ADVICE-1"]
    with pytest.raises(TypeError, match="the salla policy accepts only its own orders and patches"):
        salla.policy().advise(awal.Order(status="pending"), salla.Patch())  # type: ignore[arg-type]


def test_a_policy_builds_one_table() -> None:
    """The table is not pickled."""
    policy = awal.policy()
    assert policy._cache.keys() == {"rows"}
    assert rows_of(policy) == [None] * 6
    table = table_of(policy)
    assert table_of(policy) is table
    assert policy._cache.keys() == {"rows", "table"}
    assert table.rows is rows_of(policy)
    assert cast("FunctionType", policy.can_update).__globals__["rows"] is rows_of(policy)
    policy.can_update(awal.Order(status="pending"), awal.Patch())
    copied = pickle.loads(pickle.dumps(policy))
    assert copied == policy
    assert copied._cache.keys() == {"rows"}
    assert rows_of(copied) == [None] * 6


def test_a_patch_checks_its_values() -> None:
    """A wrong type raises when the patch is built."""
    with pytest.raises(InvalidInput, match="cannot build a Patch"):
        Patch(note=7)  # type: ignore[arg-type]


ANSWERS: Final = [
    (each["platform"], each["id"], other["name"], {each["keyword"]: other["value"]})
    for each in ASSUMPTIONS
    for other in each.get("alternatives", ())
]


@pytest.mark.parametrize("endpoint", [salla.ENDPOINT, awal.ENDPOINT], ids=["salla", "awal"])
def test_any_answers_make_the_rulebook_that_the_platform_makes(endpoint: Endpoint[Any, Any]) -> None:
    """Alone, in pairs and all at once; then our own answers are alternatives, and lead back."""
    own = [each for each in ANSWERS if each[0] == endpoint.policy.name and each[1] != "A4"]
    for size in (1, 2, len(own)):
        for some in itertools.combinations(own, size):
            settings = {key: value for *_, each in some for key, value in each.items()}
            expected = endpoint.make_policy(**settings) if endpoint.make_policy else None
            assert expected is not None
            assumed = endpoint.policy.assuming(**{identity: name for _, identity, name, _ in some})
            assert (assumed.rules, assumed.assumptions) == (expected.rules, expected.assumptions), settings
            back = {each.id: each.name for each in endpoint.policy.assumptions if each.name}
            again = [rule.only_if for rule in assumed.assuming(**back).rules]
            assert again == [rule.only_if for rule in endpoint.policy.rules]


def test_an_answer_that_widens_and_one_that_narrows_combine() -> None:
    """A rule holds what each of them changes."""
    rules = {
        name: attrs.evolve(ADDRESS_RULE, only_if=condition, reason=name)
        for name, condition in {
            "desk": toy.STAGE.is_(Stage.DESK),
            "desk or van": toy.STAGE.is_in([Stage.DESK, Stage.VAN]),
            "never": AnyOf(()),
        }.items()
    }
    answers = [Alternative("wide", [rules["desk or van"]]), Alternative("narrow", [rules["never"]])]
    policy = attrs.evolve(
        toy.POLICY,
        rules=[rules["desk"]],
        assumptions=[Assumption(f"T{place}", "whether", "no", [each]) for place, each in enumerate(answers)],
    )
    (rule,) = policy.assuming(T0="wide", T1="narrow").rules
    assert rule.only_if == toy.STAGE.is_(Stage.VAN)


def test_an_answer_that_is_not_there_is_an_error_that_lists_what_is() -> None:
    """And so is an assumption."""
    with pytest.raises(ValueError, match="S2 has no answer 'x', its answers are: exact, family"):
        salla.POLICY.assuming(S2="x")
    with pytest.raises(ValueError, match="A4: the answer 'reset' is about more than rules"):
        awal.POLICY.assuming(A4="reset")
    with pytest.raises(ValueError, match="the salla policy has no assumption S98 or S99"):
        salla.POLICY.assuming(S99="x", S98="y")
