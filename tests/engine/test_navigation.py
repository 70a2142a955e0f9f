"""What may be changed instead, and the way to a goal: every answer agrees with can_update, at every point."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import attrs
import pytest

from orderrules import UNKNOWN, UNSET, Condition, Fact, Plan, Policy, Rule, UpdateRefused, awal, salla
from orderrules.authoring import ALWAYS, TransitionTable, write_body
from orderrules.platforms.awal import Status
from tests.kit import samples, toy
from tests.kit.strategies import said

SALLA_ORDERS = list(samples.salla_orders())
AWAL_ORDERS = list(samples.awal_orders())
POLICIES = [
    salla.POLICY,
    salla.policy(completed=salla.COMPLETED_FAMILY, unknown_status="closed", locked=salla.CANCELED_FAMILY),
    salla.POLICY.without("SALLA-DRAFT-1"),
]
AWAL_POLICIES = [awal.POLICY, awal.policy(skipping=True), awal.policy(payment_default="reset")]
TOY_ORDERS = [
    toy.Order(stage=stage, staff=staff, fragile=fragile)
    for stage in toy.Stage
    for staff in (False, True)
    for fragile in (False, True)
]
TOY_PATCHES = [
    toy.Patch(stage=stage, street=street, note=note)
    for stage in (UNSET, *toy.Stage)
    for street in (UNSET, "Main Street")
    for note in (UNSET, "ring twice")
]
ENTANGLED = toy.POLICY.with_rules(
    Rule(
        id="TOY-NOTE-1",
        section=toy.Section.NOTE,
        only_if=toy.ASKED.is_not(toy.Stage.DOOR),
        reason="nothing is noted at the door",
    )
)
"""A policy in which one section's rule reads what another section sends."""


@pytest.mark.parametrize("policy", POLICIES, ids=["ours", "strict", "no waiver"])
def test_editable_agrees_with_can_update_on_every_section(policy: Policy[Any, Any]) -> None:
    """For every order and every patch of one section."""
    patches = [patch for patch in samples.salla_patches() if len(patch.sections) == 1]
    for order in SALLA_ORDERS:
        sections = policy.editable(order)
        assert tuple(sections) == tuple(salla.Section)
        for patch in patches:
            decision = policy.can_update(order, patch)
            told = sections[patch.sections[0]]
            assert bool(told) is bool(decision)
            assert [violation.rule for violation in told.violations] == [v.rule for v in decision.violations]
            assert told.waivers == decision.waivers


@pytest.mark.parametrize("policy", AWAL_POLICIES, ids=["step", "forward", "reset"])
def test_editable_awal_status_is_open_while_another_may_follow(policy: Policy[Any, Any]) -> None:
    """And the five plain fields always are."""
    for order in AWAL_ORDERS:
        sections = policy.editable(order)
        others = [status for status in Status if status != order.status]
        allowed = [status for status in others if policy.can_update(order, awal.Patch(status=status))]
        assert bool(sections[awal.Section.STATUS]) is bool(allowed)
        assert policy.next_statuses(order) == frozenset(allowed)
        assert all(decision for section, decision in sections.items() if section is not awal.Section.STATUS)


def test_a_closed_status_says_why_and_not_what_was_asked() -> None:
    """Whatever is asked for is refused."""
    decision = awal.POLICY.editable(awal.Order(status="completed"))[awal.Section.STATUS]
    assert [violation.message for violation in decision.violations] == [
        "status cannot be changed: status is completed; nothing may follow completed"
    ]
    unknown = awal.POLICY.editable(awal.Order(status="returned"))[awal.Section.STATUS]
    assert unknown.violations[0].expected == "the page does not say what may follow it"


def test_next_statuses_are_those_of_the_page() -> None:
    """None where the page documents no transitions."""
    following: list[object] = [awal.POLICY.next_statuses(order) for order in AWAL_ORDERS]
    assert following == [{Status.ACCEPTED}, {Status.SHIPPED}, {Status.DELIVERED}, {Status.COMPLETED}, set(), set()]
    assert salla.POLICY.next_statuses(salla.Order(status="completed")) is None
    assert sorted(toy.POLICY.next_statuses(toy.Order(stage=toy.Stage.VAN)) or ()) == [toy.Stage.DESK, toy.Stage.DOOR]


@pytest.mark.parametrize("ask", ["editable", "next_statuses", "split", "apply", "plan", "advise"])
def test_questions_about_another_platform_are_a_type_error(ask: str) -> None:
    """As ``can_update`` is."""
    parcel = toy.Order(stage=toy.Stage.VAN)
    policies: list[Policy[Any, Any]] = [salla.POLICY, awal.POLICY]
    for policy in policies:
        patch = () if ask in {"editable", "next_statuses"} else (policy.patch_type(),)
        with pytest.raises(
            TypeError, match=r"accepts only its own orders and patches, got tests\.kit\.toy\.Order as the order"
        ):
            getattr(policy, ask)(parcel, *patch)


def check_split(policy: Policy[Any, Any], order: Any, patch: Any) -> None:
    """See that a split loses nothing, that its allowed part is allowed, and that no section more is."""
    parts = policy.split(order, patch)
    assert {**said(parts.allowed), **said(parts.refused)} == said(patch)
    assert not set(parts.allowed.keys) & set(parts.refused.keys)
    assert parts.decision == policy.can_update(order, patch)
    assert policy.can_update(order, parts.allowed)
    for section in parts.refused.sections:
        back = {key: getattr(patch, key) for key in policy.keys_of(section) if key in patch.keys}
        assert not policy.can_update(order, type(patch)(**said(parts.allowed), **back))


@pytest.mark.parametrize("policy", POLICIES, ids=["ours", "strict", "no waiver"])
def test_a_split_of_salla_is_lossless_and_maximal(policy: Policy[Any, Any]) -> None:
    """For every order, and every set of up to three keys, and all of them."""
    patches = [patch for patch in samples.salla_patches() if len(patch.keys) in {0, 1, 2, 3, 9}]
    for order, patch in itertools.product(SALLA_ORDERS, patches):
        check_split(policy, order, patch)


@pytest.mark.parametrize("policy", AWAL_POLICIES, ids=["step", "forward", "reset"])
def test_a_split_of_awal_is_lossless_and_maximal(policy: Policy[Any, Any]) -> None:
    """For every point."""
    for order, patch in itertools.product(AWAL_ORDERS, samples.awal_patches()):
        check_split(policy, order, patch)


def test_a_split_where_rules_read_other_sections_is_the_largest() -> None:
    """Then not the refused section has to go, but the one that closes it may, whichever leaves more."""
    for order, patch in itertools.product(TOY_ORDERS, TOY_PATCHES):
        check_split(ENTANGLED, order, patch)
        largest = max(
            sum(map(len, (ENTANGLED.keys_of(section) for section in kept)))
            for count in range(len(patch.sections) + 1)
            for kept in itertools.combinations(patch.sections, count)
            if ENTANGLED.can_update(order, toy.Patch(**{k: v for k, v in said(patch).items() if section_of(k) in kept}))
        )
        assert (
            sum(len(ENTANGLED.keys_of(section)) for section in ENTANGLED.split(order, patch).allowed.sections)
            <= largest
        )
        assert len(ENTANGLED.split(order, patch).allowed.sections) == max(
            count
            for count in range(len(patch.sections) + 1)
            for kept in itertools.combinations(patch.sections, count)
            if ENTANGLED.can_update(order, toy.Patch(**{k: v for k, v in said(patch).items() if section_of(k) in kept}))
        )


def section_of(key: str) -> toy.Section:
    """Say which section of the toy a key is in."""
    return next(section for section in toy.Section if key in toy.POLICY.keys_of(section))


def test_apply_succeeds_exactly_when_allowed_and_touches_what_the_patch_names() -> None:
    """For every point of Awal's space."""
    for order, patch in itertools.product(AWAL_ORDERS, samples.awal_patches()):
        if not awal.POLICY.can_update(order, patch):
            with pytest.raises(UpdateRefused):
                awal.POLICY.apply(order, patch)
            continue
        after = awal.POLICY.apply(order, patch)
        for name in ("id", *awal.Section):
            assert getattr(after, name) == (getattr(patch, name) if name in patch.keys else getattr(order, name))


def test_apply_keeps_what_a_salla_order_cannot_show() -> None:
    """Key by key as last written; a customer that is attached is registered, so that it goes through once."""
    order = salla.Order(status="in_progress", customer=salla.CustomerKind.GUEST)
    patch = salla.Patch(customer=salla.Customer(id=7), coupon_code="EID24", employees=(1,))
    after = salla.POLICY.apply(order, patch)
    assert after == attrs.evolve(order, customer=salla.CustomerKind.REGISTERED, written=patch)
    with pytest.raises(UpdateRefused):
        salla.POLICY.apply(after, salla.Patch(customer=salla.Customer(id=8)))
    again = salla.POLICY.apply(after, salla.Patch(coupon_code="EID25"))
    assert again.written == attrs.evolve(patch, coupon_code="EID25")
    assert salla.POLICY.apply(order, salla.Patch()) is order
    hollow = salla.POLICY.apply(order, salla.Patch(customer=salla.Customer()))
    assert hollow.customer is salla.CustomerKind.GUEST
    for point, sent in itertools.product(SALLA_ORDERS, samples.salla_patches()[:140]):
        if salla.POLICY.can_update(point, sent):
            reached = salla.POLICY.apply(point, sent)
            assert (reached.status, reached.draft) == (point.status, point.draft)
            assert reached.customer == (salla.CustomerKind.REGISTERED if "customer" in sent.keys else point.customer)
            assert (reached.written or salla.Patch()) == sent


def test_apply_takes_what_is_left_out_as_the_reading_says() -> None:
    """Untouched, or unpaid."""
    paid = awal.Order(status="accepted", payment_status="paid")
    ship = awal.Patch(status=Status.SHIPPED)
    assert awal.POLICY.apply(paid, ship).payment_status == "paid"
    reset = awal.policy(payment_default="reset")
    assert reset.apply(paid, ship).payment_status == "unpaid"
    assert (
        reset.apply(paid, awal.Patch(status=Status.SHIPPED, payment_status=awal.PaymentStatus.PAID)).payment_status
        == "paid"
    )
    assert reset.apply(paid, awal.Patch()) is paid


def test_an_order_with_nowhere_to_keep_a_key_says_so() -> None:
    """It shows its size alone."""
    large = toy.platform_of(3)
    crate = large.order_type(size=1)
    assert large.apply(crate, large.patch_type()) is crate
    with pytest.raises(
        TypeError, match="Crate has no field for a key of the update, and no field written to store it in"
    ):
        large.apply(crate, large.patch_type(note="x"))


PAID = awal.Patch(status=Status.COMPLETED, payment_status=awal.PaymentStatus.PAID)


def test_a_plan_is_the_walk_through_of_the_page() -> None:
    """Four updates, the payment in the first."""
    plan = awal.POLICY.plan(awal.Order(status="pending"), PAID)
    assert plan
    assert plan.blocked is None
    assert [awal.to_body(step) for step in plan.steps] == [
        {"status": "accepted", "payment_status": "paid"},
        {"status": "shipped"},
        {"status": "delivered"},
        {"status": "completed"},
    ]
    there = awal.Order(status="completed", payment_status="paid")
    assert awal.POLICY.plan(there, PAID) == Plan(())
    assert awal.policy(skipping=True).plan(awal.Order(status="pending"), PAID).steps == (PAID,)
    reset = awal.policy(payment_default="reset").plan(awal.Order(status="pending"), PAID)
    assert [awal.to_body(step)["payment_status"] for step in reset.steps] == ["paid"] * 4


def test_a_blocked_plan_says_what_stands_in_the_way() -> None:
    """As seen from where the order is; what could be reached by itself is not in the way."""
    back = awal.POLICY.plan(awal.Order(status="shipped"), awal.Patch(status=Status.ACCEPTED))
    assert not back
    assert back.steps == ()
    assert back.blocked is not None
    assert back.blocked.violations[0].rule.id == "AWAL-STATUS-1"
    (rule,) = awal.POLICY.rules
    assert isinstance(rule.only_if, TransitionTable)
    table = {**dict(rule.only_if.table), Status.DELIVERED: ()}
    gap = awal.POLICY.without(rule.id).with_rules(attrs.evolve(rule, only_if=attrs.evolve(rule.only_if, table=table)))
    blocked = gap.plan(awal.Order(status="pending"), awal.Patch(status=Status.COMPLETED)).blocked
    assert blocked is not None
    assert blocked.violations[0].expected == "only accepted may follow pending"
    house = awal.POLICY.with_rules(
        Rule(
            id="SHOP-BRANCH-1",
            section=awal.Section.BRANCH_ID,
            only_if=awal.STATUS.is_(Status.COMPLETED),
            reason="branches are for pick-ups",
        )
    )
    both = house.plan(awal.Order(status="pending"), awal.Patch(status=Status.DELIVERED, branch_id="7"))
    assert both.blocked is not None
    assert [violation.rule.id for violation in both.blocked.violations] == ["SHOP-BRANCH-1"]
    later = house.plan(awal.Order(status="delivered"), awal.Patch(status=Status.COMPLETED, branch_id="7"))
    assert [awal.to_body(step) for step in later.steps] == [{"status": "completed"}, {"branch_id": "7"}]
    closed = salla.POLICY.plan(salla.Order(status="completed"), salla.Patch(coupon_code="x", employees=(1,)))
    assert closed.blocked is not None
    assert [violation.rule.id for violation in closed.blocked.violations] == ["SALLA-COUPON-1"]


def holds(order: Any, goal: Any) -> bool:
    """Say whether an order holds a goal, looked up apart from the library."""
    for key in goal.keys:
        shown = getattr(order, key, None) or getattr(getattr(order, "written", None), key, UNSET)
        if shown != getattr(goal, key):
            return False
    return True


def shortest(policy: Policy[Any, Any], order: Any, goal: Any, candidates: list[Any], most: int) -> int | None:
    """Search all sequences of updates for the shortest that reaches a goal, without a thought."""
    if holds(order, goal):
        return 0
    level = [order]
    seen = {order}
    for steps in range(1, most + 1):
        reached = [
            after
            for before in level
            for patch in candidates
            if policy.can_update(before, patch)
            for after in [policy.apply(before, patch)]
        ]
        if any(holds(after, goal) for after in reached):
            return steps
        level = [after for after in dict.fromkeys(reached) if after not in seen]
        seen.update(level)
    return None


@pytest.mark.parametrize("policy", AWAL_POLICIES, ids=["step", "forward", "reset"])
def test_no_plan_is_longer_than_it_need_be(policy: Policy[Any, Any]) -> None:
    """Held against a search of all sequences, from every status to every goal; and every step of a plan is allowed."""
    fields: list[dict[str, Any]] = [
        {},
        {"payment_status": awal.PaymentStatus.PAID},
        {"payment_status": awal.PaymentStatus.UNPAID, "shipping_date": date(2024, 1, 20)},
    ]
    for order, field, status in itertools.product(AWAL_ORDERS, fields, (UNSET, *Status)):
        goal = awal.Patch(**field, status=status)
        candidates = [awal.Patch(**rest, status=asked) for asked in (UNSET, *Status) for rest in (fields[0], field)]
        plan = policy.plan(order, goal)
        present = order
        for step in plan.steps:
            assert policy.can_update(present, step)
            present = policy.apply(present, step)
        best = shortest(policy, order, goal, candidates, most=5)
        assert (len(plan.steps) if plan else None) == best, (order, goal)
        if plan:
            assert holds(present, goal)
        else:
            assert not plan.blocked


def test_a_plan_for_salla_is_one_step_or_blocked() -> None:
    """Nothing that the page documents opens what is closed; what is there already is not sent again."""
    for order, patch in itertools.product(SALLA_ORDERS, samples.salla_patches()[:140]):
        plan = salla.POLICY.plan(order, patch)
        if not patch.keys:
            assert plan == Plan(())
        elif salla.POLICY.can_update(order, patch):
            assert plan.steps == (patch,)
            assert salla.POLICY.plan(salla.POLICY.apply(order, patch), patch) == Plan(())
        else:
            assert plan.blocked == salla.POLICY.can_update(order, patch)


@pytest.mark.parametrize("policy", POLICIES, ids=["ours", "strict", "no waiver"])
def test_a_guard_holds_exactly_where_the_update_is_allowed(policy: Policy[Any, Any]) -> None:
    """For all orders and all sets of keys; the same meaning is the same guard."""
    by_meaning: dict[tuple[bool, ...], object] = {}
    for patch in samples.salla_patches():
        guard = policy.guard(patch)
        verdicts = tuple(bool(policy.can_update(order, patch)) for order in SALLA_ORDERS)
        assert by_meaning.setdefault(verdicts, guard) == guard
        if len(patch.keys) <= 2:
            assert tuple(guard.holds(order) for order in SALLA_ORDERS) == verdicts
    assert len(set(map(str, by_meaning.values()))) == len(by_meaning)


@pytest.mark.parametrize(
    "policy", [*AWAL_POLICIES, toy.POLICY, ENTANGLED], ids=["step", "forward", "reset", "toy", "entangled"]
)
def test_guards_know_what_is_asked_for(policy: Policy[Any, Any]) -> None:
    """A transition table leaves the statuses from which the one asked for may be reached."""
    orders: list[Any] = AWAL_ORDERS if policy.name == "awal" else TOY_ORDERS
    patches: list[Any] = samples.awal_patches() if policy.name == "awal" else TOY_PATCHES
    for patch in patches:
        guard = policy.guard(patch)
        for order in orders:
            assert guard.holds(order) is bool(policy.can_update(order, patch))


def test_guards_read_like_sentences() -> None:
    """As short as they can be."""
    guards = {
        "employees": "always",
        "coupon_code": "draft or status is not completed",
        "payment": "draft or (status is payment_pending or draft)",
        "customer": "draft or status is draft or (customer is absent or a guest)",
    }
    for key, sentence in guards.items():
        assert str(salla.POLICY.guard(salla.Patch(**{key: samples.SALLA[key]}))) == sentence
    both = salla.POLICY.guard(salla.Patch(customer=salla.Customer(), coupon_code="x"))
    assert str(both) == "draft or status is draft or ((customer is absent or a guest) and status is not completed)"
    assert str(awal.POLICY.guard(awal.Patch(status=Status.SHIPPED))) == "status is accepted or shipped"
    assert awal.POLICY.guard(awal.Patch(admin_notes="x")) == ALWAYS
    assert salla.POLICY.guard(salla.Patch(courier_id=1)) == salla.POLICY.guard(salla.Patch(coupon_code="x"))
    assert salla.POLICY.guard(salla.Patch(courier_id=1)).means(
        salla.DRAFT.is_(value=True) | ~salla.STATUS.is_("completed")
    )


def test_many_orders_are_decided_as_one_by_one() -> None:
    """As decisions, and as bytes."""
    for policy, orders, patches in (
        (salla.policy(), SALLA_ORDERS, samples.salla_patches()[::7]),
        (awal.policy(), AWAL_ORDERS, samples.awal_patches()[::7]),
    ):
        many: list[Any] = orders * 3
        checked: Policy[Any, Any] = policy
        numbers = checked.indices(many)
        assert len(numbers) == len(many)
        for patch in patches:
            one_by_one = [checked.can_update(order, patch) for order in many]
            assert checked.decide_many(iter(many), patch) == one_by_one
            assert checked.decide_indices(numbers, patch) == bytes(map(bool, one_by_one))
        assert checked.decide_many([], patches[0]) == []
        assert checked.decide_indices(b"", patches[0]) == b""


def test_many_orders_of_another_platform_are_a_type_error() -> None:
    """As one is; a number that is no order's, and a platform too large for a byte, are told too."""
    with pytest.raises(TypeError, match=r"got orderrules\.platforms\.awal\.Order as the order"):
        salla.POLICY.decide_many([salla.Order(), awal.Order(status="pending")], salla.Patch())  # type: ignore[list-item]
    with pytest.raises(TypeError, match="as the patch"):
        salla.POLICY.decide_many([salla.Order()], awal.Patch())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="as the patch"):
        salla.POLICY.guard(awal.Patch())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected indices of salla below 128, got 128"):
        salla.POLICY.decide_indices(bytes([0, 128]), salla.Patch())
    large = toy.platform_of(257)
    order = large.order_type(size=3)
    assert large.decide_many([order], large.patch_type())[0]
    too_large = "the facts of large span 257 points, but one byte can number only 256"
    with pytest.raises(ValueError, match=too_large):
        large.indices([order])
    with pytest.raises(ValueError, match=too_large):
        large.decide_indices(b"", large.patch_type())


def test_advice_says_what_it_is_about_and_refuses_nothing() -> None:
    """Each with its keys; odd days in an order are no occasion."""
    order = awal.Order(status="shipped", payment_status="paid", shipping_date="20/01/2024")
    patch = awal.Patch(status=Status.SHIPPED, delivery_date=date(2024, 1, 1))
    advice = awal.POLICY.advise(order, patch)
    assert list(map(str, advice)) == [
        "AWAL-ADVICE-2: the order has this status already (status)",
        "AWAL-ADVICE-3: the payment status is left out, and the page names unpaid as its default (payment_status)",
    ]
    assert awal.POLICY.can_update(order, patch)
    hollow = salla.Patch(customer=salla.Customer(), payment=salla.Payment(), ship_to=salla.ShipTo(city=1), courier_id=1)
    told = salla.POLICY.advise(salla.Order(), hollow)
    assert [(entry.id, entry.keys) for entry in told] == [
        ("SALLA-ADVICE-2", ("courier_id", "ship_to")),
        ("SALLA-ADVICE-4", ("customer", "payment")),
    ]
    with pytest.raises(TypeError, match="as the patch"):
        salla.POLICY.advise(salla.Order(), awal.Patch())  # type: ignore[arg-type]


def test_a_plan_finds_a_way_where_sections_open_and_close_each_other() -> None:
    """Held against a search of all sequences of the goal's own parts and of every stage."""
    at_the_desk = Rule(
        id="TOY-NOTE-1",
        section=toy.Section.NOTE,
        only_if=toy.ASKED.is_not(toy.Stage.VAN) & toy.STAGE.is_not(toy.Stage.DESK),
        reason="a note is for the driver",
    )
    policies = [
        toy.POLICY,
        ENTANGLED,
        toy.POLICY.with_rules(at_the_desk),
        toy.POLICY.without("TOY-STAGE-1").with_rules(
            attrs.evolve(toy.POLICY.rules[0], only_if=toy.POLICY.rules[0].only_if & toy.FRAGILE.is_(value=False))
        ),
    ]
    goals = [patch for patch in TOY_PATCHES if patch.keys]
    for policy, order, goal in itertools.product(policies, TOY_ORDERS, goals):
        parts = [
            toy.Patch(**{**kept, **({} if stage is UNSET else {"stage": stage})})
            for stage in ((UNSET, *toy.Stage) if "stage" in goal.keys else (UNSET,))
            for count in range(3)
            for names in itertools.combinations([name for name in goal.keys if name != "stage"], count)
            for kept in [{name: getattr(goal, name) for name in names}]
        ]
        plan = policy.plan(order, goal)
        best = shortest(policy, order, goal, [part for part in parts if part.keys], most=5)
        assert (len(plan.steps) if plan else None) == best, (policy, order, goal, plan)
        if policy.can_update(order, goal):
            assert plan


def test_editable_says_every_rule_that_refuses_what_might_be_asked() -> None:
    """Not only the first one's."""
    house = awal.POLICY.with_rules(
        Rule(
            id="SHOP-STATUS-1",
            section=awal.Section.STATUS,
            only_if=awal.ASKED.is_not(Status.COMPLETED),
            reason="only the office completes",
        )
    )
    decision = house.editable(awal.Order(status="delivered"))[awal.Section.STATUS]
    assert {violation.rule.id for violation in decision.violations} == {"AWAL-STATUS-1", "SHOP-STATUS-1"}
    nested = awal.POLICY.without("AWAL-STATUS-1").with_rules(
        attrs.evolve(awal.POLICY.rules[0], only_if=awal.POLICY.rules[0].only_if & awal.ASKED.is_not(Status.COMPLETED))
    )
    assert sorted(nested.next_statuses(awal.Order(status="shipped")) or ()) == [Status.DELIVERED]
    assert not nested.editable(awal.Order(status="delivered"))[awal.Section.STATUS]
    assert not awal.policy().split(awal.Order(status="pending"), awal.Patch(status=Status.SHIPPED))
    assert awal.policy().split(awal.Order(status="pending"), awal.Patch(branch_id="7"))


def test_an_empty_object_is_applied_as_nothing() -> None:
    """As the advice says; an empty list says that there are none."""
    order = salla.POLICY.apply(salla.Order(), salla.Patch(receiver=salla.Receiver(name="Noura"), employees=(1,)))
    assert salla.POLICY.apply(order, salla.Patch(receiver=salla.Receiver())) == order
    assert salla.POLICY.plan(order, salla.Patch(receiver=salla.Receiver())) == Plan(())
    after = salla.POLICY.apply(order, salla.Patch(employees=()))
    assert after.written == salla.Patch(receiver=salla.Receiver(name="Noura"), employees=())


def test_conditions_ask_only_what_tells_their_facts() -> None:
    """An order of another platform does not."""
    with pytest.raises(TypeError, match="Order has no draft, which the condition reads"):
        salla.POLICY.guard(salla.Patch(coupon_code="x")).holds(awal.Order(status="pending"))
    with pytest.raises(TypeError, match="expected a condition, got str"):
        ALWAYS.means("always")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected the bytes that Policy\.indices returns, got list"):
        salla.POLICY.decide_indices([0, 1], salla.Patch())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the fact x belongs to the patch, so its values must include UNSET"):
        toy.with_patch_fact(Fact("x", values=("a", UNKNOWN), attribute="note"))


@pytest.mark.parametrize(
    ("stage", "address", "steps"),
    [
        # The rule on the stage reads the present one alone, or both, or nothing.
        (
            toy.STAGE.is_not("door"),
            toy.STAGE.is_("van"),
            [{"stage": "van", "note": "y"}, {"stage": "door", "street": "x"}],
        ),
        (
            ~(toy.STAGE.is_("desk") & toy.ASKED.is_("door")),
            toy.STAGE.is_("van"),
            [{"stage": "van", "note": "y"}, {"stage": "door", "street": "x"}],
        ),
        (ALWAYS, toy.STAGE.is_("van"), [{"stage": "van", "note": "y"}, {"stage": "door", "street": "x"}]),
        (ALWAYS, toy.STAGE.is_("desk"), [{"stage": "door", "street": "x", "note": "y"}]),
        (ALWAYS, toy.ASKED.is_(UNSET), [{"stage": "door", "note": "y"}, {"street": "x"}]),
    ],
    ids=["the present one", "both", "nothing", "in one step", "only without a stage"],
)
def test_a_plan_takes_a_detour_where_it_must_and_says_nothing_again(
    stage: Condition, address: Condition, steps: list[dict[str, str]]
) -> None:
    """Whatever form the rule on a status has; the goal's own value comes before any other."""
    rules = [
        Rule(id="X-STAGE", section=toy.Section.STAGE, only_if=stage, reason="drawn"),
        Rule(id="X-ADDRESS", section=toy.Section.ADDRESS, only_if=address, reason="drawn"),
    ]
    policy = attrs.evolve(toy.POLICY, rules=rules, waivers=(), assumptions=())
    goal = toy.Patch(stage=toy.Stage.DOOR, street="x", note="y")
    plan = policy.plan(toy.Order(stage=toy.Stage.DESK), goal)
    assert [write_body(step) for step in plan.steps] == steps
