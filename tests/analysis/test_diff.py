"""A diff lists exactly the decisions that differ, and a digest changes exactly if a decision changes."""

from __future__ import annotations

import itertools
import re
import tomllib
from typing import Any, Final

import attrs
import pytest

from orderrules import UNKNOWN, UNSET, Decision, Fact, Policy, Rule, Unset, awal, salla
from orderrules.authoring import OrderBase, PatchBase, TransitionTable
from orderrules.reading.models import model
from tests.kit import toy
from tests.kit.draw_tables import ROOT
from tests.kit.policies import (
    ACROSS,
    SPACES,
)
from tests.kit.rule_mutants import EQUIVALENT, mutants
from tests.kit.specs import ASSUMPTIONS, POLICIES, SPECS

pytestmark = pytest.mark.any_python

SHOP: Final = salla.POLICY.with_rules(
    Rule(id="SHOP-1", section=salla.Section.COUPON, only_if=salla.STATUS.is_not("canceled"), reason="it is over")
)
PAIRS: Final[list[tuple[Policy[Any, Any], Policy[Any, Any]]]] = [
    (salla.POLICY, salla.policy(pending=salla.PENDING_FAMILY)),
    (salla.POLICY, salla.policy(completed=salla.COMPLETED_FAMILY)),
    (salla.POLICY, salla.policy(unknown_status="closed")),
    (salla.policy(locked=salla.CANCELED_FAMILY), salla.POLICY),
    (salla.POLICY, SHOP),
    (salla.POLICY, salla.POLICY.without("SALLA-DRAFT-1")),
    (salla.POLICY, salla.POLICY.without("SALLA-PAY-1")),
    (salla.POLICY, salla.policy()),
    (awal.POLICY, awal.policy(skipping=True)),
    (awal.POLICY, awal.policy(payment_default="reset")),
    (toy.POLICY, ACROSS),
    (ACROSS, toy.POLICY.without("TOY-STAFF-1", "TOY-STAGE-1")),
]


def summary_of(decision: Decision) -> tuple[object, ...]:
    """Return the rules, keys and waivers that a decision names, without its texts."""
    refusing = [(violation.rule.id, violation.keys) for violation in decision.violations]
    return refusing, {waiver.id for waiver in decision.waivers}


def point_of(policy: Policy[Any, Any], order: object, patch: object) -> dict[Fact, Any]:
    """Return the facts of an order and, if there is one, of a patch."""
    facts = {fact: fact.of(order) for fact in policy.order_type.__space__.facts}
    return facts if patch is None else facts | {fact: fact.of(patch) for fact in policy.patch_type.__space__.facts}


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=itertools.count())
def test_a_diff_is_exact(ours: Policy[Any, Any], theirs: Policy[Any, Any]) -> None:
    """The counts are right, every difference is in a cell, and every one-section update in a cell differs."""
    diff = ours.diff(theirs)
    orders, patches = SPACES[ours.name]
    touched = [(patch, patch.sections) for patch in patches]
    count = total = 0
    for order in orders:
        for patch, sections in touched:
            differs = summary_of(ours.can_update(order, patch)) != summary_of(theirs.can_update(order, patch))
            point = point_of(ours, order, patch)
            cells = [cell for cell in diff if cell.section in sections and cell.condition.holds(point)]
            assert cells or not differs, (order, patch)
            assert differs or not cells or len(sections) > 1, (order, patch)
            count += differs
            total += 1
        for action in ours.actions or ():
            differs = summary_of(ours.can(order, action)) != summary_of(theirs.can(order, action))
            point = point_of(ours, order, None)
            assert any(cell.section is action and cell.condition.holds(point) for cell in diff) is differs
            count += differs
            total += 1
    assert (diff.count, diff.total) == (count, total)
    assert bool(diff) is bool(count)
    assert (ours.digest() == theirs.digest()) is (not diff)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=itertools.count())
def test_each_difference_has_a_counterexample(ours: Policy[Any, Any], theirs: Policy[Any, Any]) -> None:
    """For its order and update, the two policies decide as the difference says."""
    for cell in ours.diff(theirs):
        assert cell.order is not None
        if cell.patch is None:
            mine, other = ours.can(cell.order, cell.section), theirs.can(cell.order, cell.section)
        else:
            assert cell.section in cell.patch.sections
            mine, other = ours.can_update(cell.order, cell.patch), theirs.can_update(cell.order, cell.patch)
        assert (mine, other) == (cell.ours, cell.theirs)
        assert summary_of(mine) != summary_of(other)
        assert cell.verdicts is (cell.ours.allowed is not cell.theirs.allowed)
        assert str(cell).startswith(f"{cell.section}, while {cell.condition}: ")


def test_a_diff_reads_as_sentences() -> None:
    """Differences in the verdict come first, then those in the names only."""
    assert str(salla.POLICY.diff(SHOP)).splitlines() == [
        "1408 of 65920 decisions differ",
        "  coupon, while not draft and status is canceled: ours allows, theirs refuses (SHOP-1)",
        "  coupon, while draft and status is canceled: ours allows, theirs allows (SALLA-DRAFT-1)",
    ]
    assert str(salla.POLICY.diff(salla.policy())) == "no difference in 65920 decisions"
    (difference,) = awal.POLICY.diff(awal.policy(skipping=True)).differences
    assert difference.to_dict()["order"] == {"status": "pending"}
    assert difference.to_dict()["patch"] == {"status": "shipped"}
    assert len(awal.POLICY.diff(awal.policy(skipping=True))) == 1


def test_policies_of_different_platforms_cannot_be_compared() -> None:
    """Comparing them is a type error."""
    with pytest.raises(TypeError, match="the salla and awal policies are of different platforms"):
        salla.POLICY.diff(awal.POLICY)  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", [salla.POLICY, awal.POLICY], ids=["salla", "awal"])
def test_a_mutant_has_another_digest_and_a_difference(policy: Policy[Any, Any]) -> None:
    """A sample is tested; equivalent mutants change no verdict, only the waivers that a decision names."""
    all_mutants = list(mutants(policy))
    for name, mutant in all_mutants if len(all_mutants) < 50 else all_mutants[::5]:
        assert mutant.digest() != policy.digest(), name
        verdicts = {difference.verdicts for difference in policy.diff(mutant)}
        assert (verdicts == {False}) is (name in EQUIVALENT), name


@pytest.mark.parametrize(
    "assumption", [entry for entry in ASSUMPTIONS if "keyword" in entry], ids=lambda entry: entry["id"]
)
def test_decisions_name_an_assumption_exactly_if_the_diff_to_its_alternative_changes_the_verdict(
    assumption: dict[str, Any],
) -> None:
    """All orders, with all updates of one section."""
    make: Any = salla.policy if assumption["platform"] == "salla" else awal.policy
    policy = POLICIES[assumption["platform"]]
    orders, patches = SPACES[assumption["platform"]]
    (alternative,) = assumption["alternatives"]
    cells = [cell for cell in policy.diff(make(**{assumption["keyword"]: alternative["value"]})) if cell.verdicts]
    checked = 0
    for order, patch in itertools.product(orders, patches):
        if len(patch.sections) == 1:
            point = point_of(policy, order, patch)
            named = assumption["id"] in {entry.id for entry in policy.can_update(order, patch).assumptions}
            assert named is any(cell.section in patch.sections and cell.condition.holds(point) for cell in cells)
            checked += 1
    assert checked > 20


def test_words_and_the_order_of_rules_change_no_digest() -> None:
    """Assumptions, advice and the name do not change it either."""
    rules = tuple(attrs.evolve(rule, reason="so it is") for rule in salla.POLICY.rules[::-1])
    other = attrs.evolve(salla.POLICY, rules=rules, assumptions=(), advice_rules=(), name="other", edition="7")
    assert other.digest() == salla.POLICY.digest()
    assert re.fullmatch("[0-9a-f]{64}", other.digest())


def test_a_new_status_that_is_decided_like_unknown_changes_no_digest() -> None:
    """A page may list a status that no rule names."""

    def platform(*stages: str, final: str = "door") -> Policy[Any, Any]:
        stage = Fact("stage", values=(*stages, UNKNOWN))

        @model
        class Order(OrderBase[Any], facts=(stage,)):
            stage: str

        @model
        class Patch(PatchBase, sections=toy.Section):
            note: str | Unset = UNSET

        rule = Rule(id="NOTE-1", section=toy.Section.NOTE, only_if=stage.is_not(final), reason="it is done")
        return Policy(name="p", order_type=Order, patch_type=Patch, rules=(rule,))

    assert platform("desk", "van", "door").digest() == platform("desk", "door").digest()
    assert platform("desk", "door").digest() != platform("desk", "door", final="desk").digest()


EDITIONS: Final[list[dict[str, Any]]] = tomllib.loads((SPECS / "editions.toml").read_text(encoding="utf-8"))["edition"]


@pytest.mark.parametrize("platform", POLICIES)
def test_a_change_of_meaning_needs_a_new_edition(platform: str) -> None:
    """The last recorded edition has the digest of the policy, and the digests of all alternatives."""
    policy = POLICIES[platform]
    (*_, last) = [entry for entry in EDITIONS if entry["platform"] == platform]
    assert (last["edition"], last["digest"]) == (policy.edition, policy.digest())
    make: Any = salla.policy if platform == "salla" else awal.policy
    digests = {
        f"{entry['id']} {other['name']}": make(**{entry["keyword"]: other["value"]}).digest()
        for entry in ASSUMPTIONS
        if entry["platform"] == platform and "keyword" in entry
        for other in entry["alternatives"]
    }
    assert last["alternatives"] == digests


def test_editions_are_numbered_and_each_change_is_in_the_changelog() -> None:
    """The changelog has the digest of each edition, and a starred line for every clause it changed."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for platform in POLICIES:
        entries = [entry for entry in EDITIONS if entry["platform"] == platform]
        assert [entry["edition"] for entry in entries] == [str(number) for number in range(1, len(entries) + 1)]
        assert len({entry["digest"] for entry in entries}) == len(entries)
        for entry in entries:
            heading = f"{platform} edition {entry['edition']} (`{entry['digest'][:12]}`)"
            (release,) = [part for part in re.split(r"^## ", changelog, flags=re.MULTILINE) if heading in part]
            starred = " ".join(re.findall(r"^- `\*` (.*(?:\n  .*)*)", release, re.MULTILINE))
            assert entry["changes"]
            for clause in entry["changes"]:
                assert clause in starred, clause


def test_a_transition_table_keeps_its_meaning_in_other_forms() -> None:
    """Combining it with itself changes nothing; another id of its rule changes names, but no verdict."""
    one = TransitionTable(awal.STATUS, awal.ASKED, awal.TRANSITIONS)
    rule = awal.POLICY.rules[0]
    rewritten = awal.POLICY.without(rule.id).with_rules(attrs.evolve(rule, only_if=one & one))
    assert not awal.POLICY.diff(rewritten)
    renamed = awal.POLICY.without(rule.id).with_rules(attrs.evolve(rule, id="OTHER-1"))
    assert not any(difference.verdicts for difference in awal.POLICY.diff(renamed))
    assert awal.POLICY.diff(renamed).count == (6 * 5 - 4 - 5) * 32


def test_a_difference_is_shown_by_the_smallest_order_and_update() -> None:
    """Few facts differ from their first values: first their number counts, then their distance."""
    examples = {
        str(difference.condition): (difference.order, difference.patch)
        for difference in salla.POLICY.diff(salla.POLICY.without("SALLA-RECEIVER-1"))
    }
    receiver = salla.Patch(receiver=salla.Receiver(name="x"))
    assert examples == {
        "not draft and status is completed": (salla.Order(status="completed"), receiver),
        "draft and status is completed": (salla.Order(status="completed", draft=True), receiver),
    }
    family = salla.POLICY.diff(salla.policy(completed=salla.COMPLETED_FAMILY))
    assert {(difference.order.status, difference.order.draft) for difference in family if difference.order} == {
        ("delivering", False),
        ("delivering", True),
    }
    steps = awal.POLICY.diff(awal.POLICY.without("AWAL-STATUS-1"))
    first = steps.differences[0]
    assert (first.order, first.patch) == (awal.Order(status="pending"), awal.Patch(status=awal.Status.SHIPPED))
