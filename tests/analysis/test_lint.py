"""Lint finds planted defects of each kind, with an order and an update; the shipped policies have none."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any, Final

import attrs
import pytest

from orderrules import UNKNOWN, UNSET, Fact, Policy, Rule, Waiver, awal, salla
from orderrules.analysis import Finding, FindingKind
from orderrules.authoring import ALWAYS, NEVER, AllOf, TransitionTable
from tests.kit import toy
from tests.kit.kettles import COVER, STATE, kettles
from tests.kit.specs import ASSUMPTIONS, CLAUSES, POLICIES, SPECS

pytestmark = pytest.mark.any_python

EXPLAINED: Final[list[dict[str, Any]]] = tomllib.loads((SPECS / "findings.toml").read_text(encoding="utf-8"))["finding"]


def rule(identity: str, section: Any, only_if: Any) -> Rule:
    """Build a rule of a shop."""
    return Rule(id=identity, section=section, only_if=only_if, reason="the shop says so")


def chain(table: dict[awal.Status, set[awal.Status]], **more: Any) -> Policy[Any, Any]:
    """Return Awal's policy with another transition table."""
    moves = TransitionTable(awal.STATUS, awal.ASKED, table, **more)
    return awal.POLICY.without("AWAL-STATUS-1").with_rules(rule("MOVES", awal.Section.STATUS, moves))


def steps(*pairs: str) -> dict[awal.Status, set[awal.Status]]:
    """Build a transition table from pairs such as ``pending-accepted``."""
    table: dict[awal.Status, set[awal.Status]] = {status: set() for status in awal.Status}
    for pair in pairs:
        one, other = pair.split("-")
        table[awal.Status(one)].add(awal.Status(other))
    return table


PENDING = salla.STATUS.is_(salla.Status.PAYMENT_PENDING)
REVIEW = salla.STATUS.is_(salla.Status.UNDER_REVIEW)
WHOLE = steps("pending-accepted", "accepted-shipped", "shipped-delivered", "delivered-completed")
PLANTED: Final[list[Any]] = [
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Section.COUPON, ALWAYS)), "idle", ["SHOP-1"], id="an idle rule"
    ),
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Section.COUPON, salla.STATUS.is_not("draft"))),
        "idle",
        ["SHOP-1"],
        id="a rule that is waived wherever it would refuse",
    ),
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Action.RATE, ALWAYS)), "idle", ["SHOP-1"], id="an idle ability"
    ),
    pytest.param(
        salla.POLICY.with_rules(Waiver(id="SHOP-1", when=NEVER, reason="for nobody")),
        "idle",
        ["SHOP-1"],
        id="an idle waiver",
    ),
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Section.PAYMENT, PENDING | REVIEW)),
        "shadowed",
        ["SHOP-1", "SALLA-PAYMENT-1"],
        id="a rule that another covers",
    ),
    pytest.param(
        salla.POLICY.with_rules(Waiver(id="SHOP-1", when=salla.DRAFT.is_(value=True), reason="again")),
        "shadowed",
        ["SHOP-1", "SALLA-DRAFT-1"],
        id="a waiver that another covers",
    ),
    pytest.param(
        salla.POLICY.with_rules(
            rule("SHOP-1", salla.Section.EMPLOYEES, PENDING | REVIEW),
            rule("SHOP-2", salla.Section.EMPLOYEES, ~REVIEW),
            rule("SHOP-3", salla.Section.EMPLOYEES, PENDING),
        ),
        "shadowed",
        ["SHOP-1", "SHOP-3"],
        id="a rule that one of two others covers alone",
    ),
    pytest.param(
        toy.POLICY.without("TOY-STAFF-1").with_rules(
            rule("SHOP-1", toy.Section.NOTE, toy.ASKED.is_not(toy.Stage.DOOR) | toy.STAGE.is_not(toy.Stage.DESK))
        ),
        "shadowed",
        ["SHOP-1", "TOY-STAGE-1"],
        id="a rule that refuses only where another section, which the update must touch, is refused",
    ),
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Section.PAYMENT, REVIEW)),
        "contradictory",
        ["SALLA-PAYMENT-1", "SHOP-1"],
        id="two rules that never hold at once",
    ),
    pytest.param(
        salla.POLICY.without("SALLA-DRAFT-1").with_rules(rule("SHOP-1", salla.Section.PAYMENT, NEVER)),
        "hopeless",
        ["payment"],
        id="a section that nothing opens",
    ),
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Action.CANCEL, NEVER)),
        "hopeless",
        ["cancel"],
        id="an action that nothing opens",
    ),
    pytest.param(
        chain(steps("pending-accepted", "accepted-completed", "shipped-delivered")).with_rules(
            rule("SHOP-1", awal.Section.BRANCH_ID, awal.STATUS.is_in({awal.Status.SHIPPED, awal.Status.DELIVERED}))
        ),
        "hopeless",
        ["branch_id"],
        id="a section that is open only in statuses to which no way leads",
    ),
    pytest.param(
        salla.POLICY.with_rules(rule("SHOP-1", salla.Section.EMPLOYEES, PENDING & ~PENDING)),
        "hopeless",
        ["SHOP-1"],
        id="a rule that nothing satisfies, though drafts are waived",
    ),
    pytest.param(salla.POLICY.without("SALLA-COUPON-1"), "ungoverned", ["coupon"], id="a section without a rule"),
    pytest.param(salla.POLICY.without("SALLA-PAY-1"), "ungoverned", ["pay"], id="an action without a rule"),
    pytest.param(salla.POLICY.without("SALLA-CUSTOMER-1"), "unread", ["customer"], id="a fact that no rule reads"),
    pytest.param(
        awal.POLICY.without("AWAL-STATUS-1"),
        "unread",
        ["status asked for"],
        id="a fact of the update that no rule reads",
    ),
    pytest.param(
        chain(steps("pending-accepted", "accepted-shipped", "shipped-delivered")),
        "unreached",
        ["completed"],
        id="a status that no other leads to",
    ),
    pytest.param(
        chain(steps("pending-accepted", "shipped-delivered", "delivered-shipped")),
        "unreached",
        ["delivered"],
        id="a status that no way leads to from the first",
    ),
    pytest.param(
        awal.POLICY.with_rules(rule("SHOP-1", awal.Section.STATUS, awal.STATUS.is_not(awal.Status.SHIPPED))),
        "final",
        ["shipped"],
        id="a status that another rule keeps orders in",
    ),
    pytest.param(
        awal.POLICY.with_rules(rule("SHOP-1", awal.Section.STATUS, awal.STATUS.is_not(awal.Status.SHIPPED))),
        "unreached",
        ["delivered"],
        id="a status that is reached only from such a status",
    ),
]


def only_finding(policy: Policy[Any, Any], kind: str, about: list[str]) -> Finding[Any, Any]:
    """Return the one finding of a kind about something."""
    (finding,) = [finding for finding in policy.lint() if finding.kind == kind and list(finding.about) == about]
    return finding


@pytest.mark.parametrize(("policy", "kind", "about"), PLANTED)
def test_a_planted_defect_is_found_and_shown(policy: Policy[Any, Any], kind: str, about: list[str]) -> None:
    """The finding's order and update show the defect."""
    finding = only_finding(policy, kind, about)
    assert str(finding).startswith(f"{kind}: {', '.join(about)}: ")
    assert finding.order is not None
    if finding.patch is None:
        assert about[0] in {"SHOP-1", "cancel", "pay"}
        return
    decision = policy.can_update(finding.order, finding.patch)
    named = {violation.rule.id for violation in decision.violations} | {waiver.id for waiver in decision.waivers}
    if kind == "idle":
        assert about[0] not in named
    elif kind == "shadowed":
        assert set(about) <= named
        assert policy.without(about[0]).can_update(finding.order, finding.patch).allowed is decision.allowed
    elif kind == "contradictory":
        assert named == {about[1]}
    elif kind in {"hopeless", "unreached", "final"}:
        assert not decision
    elif kind == "ungoverned":
        assert about == [str(section) for section in finding.patch.sections]
        assert decision


def test_a_value_that_no_order_accepts_is_found() -> None:
    """The key has no transition table."""
    fact = Fact("kind of note", values=(UNSET, "short", "long"), attribute="note")
    other = toy.with_patch_fact(fact).with_rules(rule("SHOP-1", toy.Section.NOTE, fact.is_not("long")))
    finding = only_finding(other, "hopeless", ["note", "long"])
    assert finding.patch == other.patch_type(note="long")
    assert "no order accepts it" in finding.message


def test_a_contradiction_is_shown_with_a_refused_order() -> None:
    """The rules are not waived for that order."""
    policy = salla.POLICY.with_rules(
        rule("SHOP-1", salla.Section.EMPLOYEES, salla.DRAFT.is_(value=True) | REVIEW),
        rule("SHOP-2", salla.Section.EMPLOYEES, salla.DRAFT.is_(value=False) & ~REVIEW),
    )
    finding = only_finding(policy, "contradictory", ["SHOP-1", "SHOP-2"])
    assert finding.order == salla.Order(status="under_review")
    assert not policy.can_update(salla.Order(status="under_review"), salla.Patch(employees=(1,)))


def test_a_section_without_keys_is_found() -> None:
    """No order or update can show it."""
    policy = toy.with_patch_fact(Fact("note", values=(UNSET, "x"))).with_rules(rule("SHOP-1", toy.Section.STAGE, NEVER))
    finding = only_finding(policy, "unread", ["address"])
    assert (finding.message, finding.order, finding.patch) == ("no body key touches it", None, None)
    assert only_finding(policy, "idle", ["SHOP-1"]).order is None


def test_an_unknown_number_is_shown_as_a_number() -> None:
    """The example of an unlisted value has the type of the field."""
    size = Fact("size", values=(0, 1, UNKNOWN))
    policy = toy.with_order_facts(toy.STAGE, size).with_rules(rule("SHOP-1", toy.Section.NOTE, size.is_not(UNKNOWN)))
    difference, *_ = policy.diff(policy.without("SHOP-1"))
    assert difference.order is not None
    assert getattr(difference.order, "size") == 2  # noqa: B009 - the class is built in this test.


def test_a_finding_has_the_smallest_order_and_update() -> None:
    """The facts have their first values if possible, and the update has one key."""
    finding = only_finding(salla.POLICY.without("SALLA-COUPON-1"), "ungoverned", ["coupon"])
    assert finding.order == salla.Order(status="payment_pending")
    assert finding.patch == salla.Patch(coupon_code="x")
    assert finding.to_dict() == {
        "finding": "ungoverned",
        "about": ["coupon"],
        "reason": "no_rule",
        "params": {},
        "message": "no rule governs it",
        "order": {"status": {"slug": "payment_pending"}, "draft": False},
        "patch": {"coupon_code": "x"},
    }


@pytest.mark.parametrize("platform", POLICIES)
def test_findings_in_the_shipped_policies_are_explained(platform: str) -> None:
    """``specs/findings.toml`` explains exactly the findings that there are."""
    findings = [(finding.kind.value, list(finding.about)) for finding in POLICIES[platform].lint()]
    explained = [(entry["kind"], entry["about"]) for entry in EXPLAINED if entry["platform"] == platform]
    assert findings == explained
    assert not any(finding.kind.is_wrong for finding in POLICIES[platform].lint())


def test_explanations_cite_existing_clauses() -> None:
    """Each explanation has a reason."""
    known = {entry["id"] for entry in (*CLAUSES, *ASSUMPTIONS)}
    for entry in EXPLAINED:
        assert entry["why"]
        assert set(entry["clauses"]) <= known


def test_policies_with_other_assumptions_have_no_defects() -> None:
    """Each alternative is checked on its own."""
    for policy in (
        salla.policy(pending=salla.PENDING_FAMILY),
        salla.policy(completed=salla.COMPLETED_FAMILY),
        salla.policy(unknown_status="closed"),
        salla.policy(locked=salla.CANCELED_FAMILY),
        awal.policy(skipping=True),
        awal.policy(payment_default="reset"),
        toy.POLICY,
    ):
        assert not any(finding.kind.is_wrong for finding in policy.lint())


def test_one_defect_hides_no_other() -> None:
    """All are found at once, the most serious kinds first."""
    policy = salla.POLICY.without("SALLA-CUSTOMER-1").with_rules(
        rule("SHOP-1", salla.Section.COUPON, ALWAYS),
        rule("SHOP-2", salla.Section.PAYMENT, REVIEW),
    )
    kinds = [finding.kind for finding in policy.lint()]
    assert Counter(kinds) == Counter(
        {
            FindingKind.IDLE: 1,
            FindingKind.CONTRADICTORY: 1,
            FindingKind.UNGOVERNED: 2,
            FindingKind.UNREAD: 1,
            FindingKind.UNTRANSLATED: 1,  # The planted rules are only in English.
        }
    )
    assert kinds == sorted(kinds, key=list(FindingKind).index)


def test_the_order_in_which_rules_are_listed_changes_no_finding() -> None:
    """The messages are the same too."""
    policy = salla.POLICY.with_rules(rule("SHOP-1", salla.Section.PAYMENT, PENDING | REVIEW))
    reversed_policy = attrs.evolve(policy, rules=policy.rules[::-1])
    assert set(map(str, policy.lint())) == set(map(str, reversed_policy.lint()))


def test_the_same_chain_in_another_table_has_the_same_findings() -> None:
    """The rule has another id and another table, and is only in English."""
    assert [(finding.kind, finding.about) for finding in chain(WHOLE).lint()] == [
        *((finding.kind, finding.about) for finding in awal.POLICY.lint()),
        (FindingKind.UNTRANSLATED, ("MOVES (subject)", "MOVES (reason)")),
    ]


def test_the_message_names_all_rules_that_cover_a_shadowed_rule() -> None:
    """One rule covers it, or two together."""
    section = salla.Section.EMPLOYEES
    one = salla.POLICY.with_rules(rule("SHOP-1", section, REVIEW), rule("SHOP-2", section, REVIEW))
    assert only_finding(one, "shadowed", ["SHOP-1", "SHOP-2"]).message == (
        "every verdict is the same without SHOP-1: whenever it refuses, so does SHOP-2"
    )
    two = salla.POLICY.with_rules(
        rule("SHOP-1", section, REVIEW),
        rule("SHOP-2", section, REVIEW | PENDING),
        rule("SHOP-3", section, ~PENDING),
    )
    assert only_finding(two, "shadowed", ["SHOP-1", "SHOP-2", "SHOP-3"]).message == (
        "every verdict is the same without SHOP-1: whenever it refuses, so do SHOP-2 and SHOP-3"
    )


def test_an_idle_rule_is_shown_with_an_order_for_which_it_does_not_hold() -> None:
    """Every such order is a draft, for which all rules are waived."""
    drafts = salla.POLICY.with_rules(rule("SHOP-1", salla.Section.EMPLOYEES, salla.DRAFT.is_(value=False)))
    finding = only_finding(drafts, "idle", ["SHOP-1"])
    assert finding.order == salla.Order(status="payment_pending", draft=True)
    assert finding.message == "it refuses nothing: every verdict is the same without it"


def test_a_requested_value_that_is_not_a_status_is_never_accepted() -> None:
    """A status that nothing leads to is unreached; the message starts from the first status."""
    requested = Fact("stage asked for", values=(UNSET, *toy.Stage, "attic"), attribute="note")
    table = {toy.Stage.DESK: {toy.Stage.VAN}, toy.Stage.VAN: {toy.Stage.DESK}, toy.Stage.DOOR: ()}
    policy = toy.with_patch_fact(requested).with_rules(
        rule("SHOP-1", toy.Section.NOTE, TransitionTable(toy.STAGE, requested, table, staying=False))
    )
    assert only_finding(policy, "hopeless", ["note", "attic"]).message == "no order accepts it as the stage asked for"
    assert only_finding(policy, "unreached", ["door"]).message == "no other status leads to it"
    subjects = {finding.about for finding in policy.lint() if finding.kind in {"hopeless", "unreached"}}
    assert subjects == {("note", "attic"), ("door",)}
    separated = chain(steps("pending-accepted", "shipped-delivered", "delivered-shipped"))
    assert only_finding(separated, "unreached", ["delivered"]).message == "it cannot be reached from pending"


def test_an_incomplete_table_is_found() -> None:
    """A status has no row, or the key has another name than the field that it changes."""
    (ours,) = awal.POLICY.rules
    table = {status: following for status, following in awal.TRANSITIONS.items() if status is not awal.Status.SHIPPED}
    lacking = attrs.evolve(ours, only_if=TransitionTable(awal.STATUS, awal.ASKED, table))
    finding = only_finding(awal.POLICY.without(ours.id).with_rules(lacking), "incomplete", ["shipped"])
    assert finding.message == "the table of status asked for has no row for it: add an empty row if no status follows"
    assert finding.order == awal.Order(status="shipped")
    assert finding.kind.is_wrong
    other = only_finding(
        kettles(AllOf(()), TransitionTable(STATE, COVER, dict.fromkeys(STATE.values, ()))), "incomplete", ["cover"]
    )
    assert other.message == "the key cover never changes the order's state: give both the same name"
    assert not [finding for finding in awal.POLICY.lint() if finding.kind == "incomplete"]
