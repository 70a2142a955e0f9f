"""Splits, plans and the other questions agree with can_update at every point."""

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
"""A policy in which the rule of one section reads a key of another section."""


@pytest.mark.parametrize("policy", POLICIES, ids=["ours", "strict", "no waiver"])
def test_editable_agrees_with_can_update_on_every_section(policy: Policy[Any, Any]) -> None:
    """All orders, and all patches of one section."""
    patches = [patch for patch in samples.salla_patches() if len(patch.sections) == 1]
    for order in SALLA_ORDERS:
        sections = policy.editable(order)
        assert tuple(sections) == tuple(salla.Section)
        for patch in patches:
            decision = policy.can_update(order, patch)
            section_decision = sections[patch.sections[0]]
            assert bool(section_decision) is bool(decision)
            assert [violation.rule for violation in section_decision.violations] == [
                v.rule for v in decision.violations
            ]
            assert section_decision.waivers == decision.waivers


@pytest.mark.parametrize("policy", AWAL_POLICIES, ids=["step", "forward", "reset"])
def test_editable_awal_status_is_open_if_another_may_follow(policy: Policy[Any, Any]) -> None:
    """The five other fields are always open."""
    for order in AWAL_ORDERS:
        sections = policy.editable(order)
        others = [status for status in Status if status != order.status]
        allowed = [status for status in others if policy.can_update(order, awal.Patch(status=status))]
        assert bool(sections[awal.Section.STATUS]) is bool(allowed)
        assert policy.next_statuses(order) == frozenset(allowed)
        assert all(decision for section, decision in sections.items() if section is not awal.Section.STATUS)


def test_a_closed_status_is_explained_without_a_requested_status() -> None:
    """Every requested status is refused."""
    decision = awal.POLICY.editable(awal.Order(status="completed"))[awal.Section.STATUS]
    assert [violation.message for violation in decision.violations] == [
        "the status cannot be changed: the order is completed; nothing may follow completed"
    ]
    unknown = awal.POLICY.editable(awal.Order(status="returned"))[awal.Section.STATUS]
    assert unknown.violations[0].expected == "it is not documented which status may follow"


def test_next_statuses_are_those_of_the_page() -> None:
    """If the page documents no transitions, the result is None."""
    following: list[object] = [awal.POLICY.next_statuses(order) for order in AWAL_ORDERS]
    assert following == [{Status.ACCEPTED}, {Status.SHIPPED}, {Status.DELIVERED}, {Status.COMPLETED}, set(), set()]
    assert salla.POLICY.next_statuses(salla.Order(status="completed")) is None
    assert sorted(toy.POLICY.next_statuses(toy.Order(stage=toy.Stage.VAN)) or ()) == [toy.Stage.DESK, toy.Stage.DOOR]


@pytest.mark.parametrize("ask", ["editable", "next_statuses", "split", "apply", "plan", "advise"])
def test_an_order_of_another_platform_is_a_type_error(ask: str) -> None:
    """The methods behave as ``can_update`` does."""
    parcel = toy.Order(stage=toy.Stage.VAN)
    policies: list[Policy[Any, Any]] = [salla.POLICY, awal.POLICY]
    for policy in policies:
        patch = () if ask in {"editable", "next_statuses"} else (policy.patch_type(),)
        with pytest.raises(
            TypeError, match=r"accepts only its own orders and patches, got tests\.kit\.toy\.Order as the order"
        ):
            getattr(policy, ask)(parcel, *patch)


def check_split(policy: Policy[Any, Any], order: Any, patch: Any) -> None:
    """Check that a split loses nothing, and that its allowed part is allowed and cannot be extended."""
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
    """All orders, with every set of up to three keys, and with all keys."""
    patches = [patch for patch in samples.salla_patches() if len(patch.keys) in {0, 1, 2, 3, 9}]
    for order, patch in itertools.product(SALLA_ORDERS, patches):
        check_split(policy, order, patch)


@pytest.mark.parametrize("policy", AWAL_POLICIES, ids=["step", "forward", "reset"])
def test_a_split_of_awal_is_lossless_and_maximal(policy: Policy[Any, Any]) -> None:
    """All orders with all patches."""
    for order, patch in itertools.product(AWAL_ORDERS, samples.awal_patches()):
        check_split(policy, order, patch)


def test_a_split_is_the_largest_if_rules_read_other_sections() -> None:
    """To allow a section, the key that closes it may be refused instead, if that allows more."""
    for order, patch in itertools.product(TOY_ORDERS, TOY_PATCHES):
        check_split(ENTANGLED, order, patch)
        largest = max(
            sum(map(len, (ENTANGLED.keys_of(section) for section in chosen)))
            for count in range(len(patch.sections) + 1)
            for chosen in itertools.combinations(patch.sections, count)
            if ENTANGLED.can_update(
                order, toy.Patch(**{k: v for k, v in said(patch).items() if section_of(k) in chosen})
            )
        )
        assert (
            sum(len(ENTANGLED.keys_of(section)) for section in ENTANGLED.split(order, patch).allowed.sections)
            <= largest
        )
        assert len(ENTANGLED.split(order, patch).allowed.sections) == max(
            count
            for count in range(len(patch.sections) + 1)
            for chosen in itertools.combinations(patch.sections, count)
            if ENTANGLED.can_update(
                order, toy.Patch(**{k: v for k, v in said(patch).items() if section_of(k) in chosen})
            )
        )


def section_of(key: str) -> toy.Section:
    """Return the section of a key of the toy platform."""
    return next(section for section in toy.Section if key in toy.POLICY.keys_of(section))


def test_apply_succeeds_exactly_if_allowed_and_changes_only_the_patched_keys() -> None:
    """All orders of Awal with all patches."""
    for order, patch in itertools.product(AWAL_ORDERS, samples.awal_patches()):
        if not awal.POLICY.can_update(order, patch):
            with pytest.raises(UpdateRefused):
                awal.POLICY.apply(order, patch)
            continue
        after = awal.POLICY.apply(order, patch)
        for name in ("id", *awal.Section):
            assert getattr(after, name) == (getattr(patch, name) if name in patch.keys else getattr(order, name))


def test_apply_stores_keys_that_are_not_fields_of_a_salla_order() -> None:
    """The last value of each key is stored; an attached customer is registered, so it is attached only once."""
    order = salla.Order(status="in_progress", customer=salla.CustomerKind.GUEST)
    patch = salla.Patch(customer=salla.Customer(id=7), coupon_code="EID24", employees=(1,))
    after = salla.POLICY.apply(order, patch)
    assert after == order.replace(customer=salla.CustomerKind.REGISTERED, written=patch)
    with pytest.raises(UpdateRefused):
        salla.POLICY.apply(after, salla.Patch(customer=salla.Customer(id=8)))
    again = salla.POLICY.apply(after, salla.Patch(coupon_code="EID25"))
    assert again.written == patch.replace(coupon_code="EID25")
    assert salla.POLICY.apply(order, salla.Patch()) is order
    hollow = salla.POLICY.apply(order, salla.Patch(customer=salla.Customer()))
    assert hollow.customer is salla.CustomerKind.GUEST
    for point, sent in itertools.product(SALLA_ORDERS, samples.salla_patches()[:140]):
        if salla.POLICY.can_update(point, sent):
            reached = salla.POLICY.apply(point, sent)
            assert (reached.status, reached.draft) == (point.status, point.draft)
            assert reached.customer == (salla.CustomerKind.REGISTERED if "customer" in sent.keys else point.customer)
            assert (reached.written or salla.Patch()) == sent


def test_apply_treats_a_missing_payment_status_as_assumed() -> None:
    """It stays as it is, or becomes unpaid."""
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


def test_apply_rejects_an_order_that_cannot_store_a_key() -> None:
    """The order has only a field for its size."""
    large = toy.platform_of(3)
    crate = large.order_type(size=1)
    assert large.apply(crate, large.patch_type()) is crate
    with pytest.raises(
        TypeError, match="Crate has no field for a key of the update, and no field written to store it in"
    ):
        large.apply(crate, large.patch_type(note="x"))


PAID = awal.Patch(status=Status.COMPLETED, payment_status=awal.PaymentStatus.PAID)


def test_a_plan_has_the_steps_that_the_page_describes() -> None:
    """There are four updates, and the first one sets the payment status."""
    plan = awal.POLICY.plan(awal.Order(status="pending"), PAID)
    assert plan
    assert plan.blocked is None
    assert [awal.to_body(step) for step in plan.steps] == [
        {"status": "accepted", "payment_status": "paid"},
        {"status": "shipped"},
        {"status": "delivered"},
        {"status": "completed"},
    ]
    reached = awal.Order(status="completed", payment_status="paid")
    assert awal.POLICY.plan(reached, PAID) == Plan(())
    assert awal.policy(skipping=True).plan(awal.Order(status="pending"), PAID).steps == (PAID,)
    reset = awal.policy(payment_default="reset").plan(awal.Order(status="pending"), PAID)
    assert [awal.to_body(step)["payment_status"] for step in reset.steps] == ["paid"] * 4


def test_a_blocked_plan_names_the_rules_that_block_it() -> None:
    """They are evaluated for the order as it is now; sections that alone could be reached are not named."""
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
    shop = awal.POLICY.with_rules(
        Rule(
            id="SHOP-BRANCH-1",
            section=awal.Section.BRANCH_ID,
            only_if=awal.STATUS.is_(Status.COMPLETED),
            reason="branches are for pick-ups",
        )
    )
    both = shop.plan(awal.Order(status="pending"), awal.Patch(status=Status.DELIVERED, branch_id="7"))
    assert both.blocked is not None
    assert [violation.rule.id for violation in both.blocked.violations] == ["SHOP-BRANCH-1"]
    later = shop.plan(awal.Order(status="delivered"), awal.Patch(status=Status.COMPLETED, branch_id="7"))
    assert [awal.to_body(step) for step in later.steps] == [{"status": "completed"}, {"branch_id": "7"}]
    closed = salla.POLICY.plan(salla.Order(status="completed"), salla.Patch(coupon_code="x", employees=(1,)))
    assert closed.blocked is not None
    assert [violation.rule.id for violation in closed.blocked.violations] == ["SALLA-COUPON-1"]


def holds(order: Any, goal: Any) -> bool:
    """Return whether an order holds a goal, without using the library."""
    for key in goal.keys:
        value = getattr(order, key, None) or getattr(getattr(order, "written", None), key, UNSET)
        if value != getattr(goal, key):
            return False
    return True


def shortest(policy: Policy[Any, Any], order: Any, goal: Any, candidates: list[Any], limit: int) -> int | None:
    """Return the length of the shortest sequence of updates to a goal, found by trying all."""
    if holds(order, goal):
        return 0
    level = [order]
    visited = {order}
    for steps in range(1, limit + 1):
        reached = [
            after
            for before in level
            for patch in candidates
            if policy.can_update(before, patch)
            for after in [policy.apply(before, patch)]
        ]
        if any(holds(after, goal) for after in reached):
            return steps
        level = [after for after in dict.fromkeys(reached) if after not in visited]
        visited.update(level)
    return None


@pytest.mark.parametrize("policy", AWAL_POLICIES, ids=["step", "forward", "reset"])
def test_plans_are_as_short_as_possible(policy: Policy[Any, Any]) -> None:
    """They are compared with a search of all sequences, from every status to every goal."""
    fields: list[dict[str, Any]] = [
        {},
        {"payment_status": awal.PaymentStatus.PAID},
        {"payment_status": awal.PaymentStatus.UNPAID, "shipping_date": date(2024, 1, 20)},
    ]
    for order, field, status in itertools.product(AWAL_ORDERS, fields, (UNSET, *Status)):
        goal = awal.Patch(**field, status=status)
        candidates = [
            awal.Patch(**rest, status=requested) for requested in (UNSET, *Status) for rest in (fields[0], field)
        ]
        plan = policy.plan(order, goal)
        present = order
        for step in plan.steps:
            assert policy.can_update(present, step)
            present = policy.apply(present, step)
        best = shortest(policy, order, goal, candidates, limit=5)
        assert (len(plan.steps) if plan else None) == best, (order, goal)
        if plan:
            assert holds(present, goal)
        else:
            assert not plan.blocked


@pytest.mark.any_python
def test_a_plan_for_salla_is_one_step_or_blocked() -> None:
    """No documented update opens a closed section, and values that are set already are not sent again."""
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
def test_a_guard_holds_exactly_if_the_update_is_allowed(policy: Policy[Any, Any]) -> None:
    """All orders and all sets of keys; equal meanings give equal guards."""
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
def test_guards_consider_the_requested_status(policy: Policy[Any, Any]) -> None:
    """The guard of a transition table names the statuses from which the requested one may be reached."""
    orders: list[Any] = AWAL_ORDERS if policy.name == "awal" else TOY_ORDERS
    patches: list[Any] = samples.awal_patches() if policy.name == "awal" else TOY_PATCHES
    for patch in patches:
        guard = policy.guard(patch)
        for order in orders:
            assert guard.holds(order) is bool(policy.can_update(order, patch))


def test_guards_read_like_sentences() -> None:
    """They are as short as possible."""
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


def test_deciding_many_orders_equals_deciding_one_by_one() -> None:
    """Both as decisions and as bytes."""
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
    """An invalid index, or a platform with too many points for one byte, is a value error."""
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


def test_advice_names_its_keys_and_refuses_nothing() -> None:
    """A date of another format in the order gives no advice."""
    order = awal.Order(status="shipped", payment_status="paid", shipping_date="20/01/2024")
    patch = awal.Patch(status=Status.SHIPPED, delivery_date=date(2024, 1, 1))
    advice = awal.POLICY.advise(order, patch)
    assert list(map(str, advice)) == [
        "AWAL-ADVICE-2: the order has this status already (status)",
        "AWAL-ADVICE-3: the payment status is left out, and the page names unpaid as its default (payment_status)",
    ]
    assert awal.POLICY.can_update(order, patch)
    hollow = salla.Patch(customer=salla.Customer(), payment=salla.Payment(), ship_to=salla.ShipTo(city=1), courier_id=1)
    hollow_advice = salla.POLICY.advise(salla.Order(), hollow)
    assert [(entry.id, entry.keys) for entry in hollow_advice] == [
        ("SALLA-ADVICE-2", ("courier_id", "ship_to")),
        ("SALLA-ADVICE-4", ("customer", "payment")),
    ]
    with pytest.raises(TypeError, match="as the patch"):
        salla.POLICY.advise(salla.Order(), awal.Patch())  # type: ignore[arg-type]


def test_a_plan_finds_a_way_if_sections_open_and_close_each_other() -> None:
    """It is compared with a search of all sequences of parts of the goal and of all stages."""
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
            toy.Patch(**{**chosen, **({} if stage is UNSET else {"stage": stage})})
            for stage in ((UNSET, *toy.Stage) if "stage" in goal.keys else (UNSET,))
            for count in range(3)
            for names in itertools.combinations([name for name in goal.keys if name != "stage"], count)
            for chosen in [{name: getattr(goal, name) for name in names}]
        ]
        plan = policy.plan(order, goal)
        best = shortest(policy, order, goal, [part for part in parts if part.keys], limit=5)
        assert (len(plan.steps) if plan else None) == best, (policy, order, goal, plan)
        if policy.can_update(order, goal):
            assert plan


def test_editable_names_every_rule_that_refuses_a_possible_value() -> None:
    """All rules are named, not only the first one."""
    shop = awal.POLICY.with_rules(
        Rule(
            id="SHOP-STATUS-1",
            section=awal.Section.STATUS,
            only_if=awal.ASKED.is_not(Status.COMPLETED),
            reason="only the office completes",
        )
    )
    decision = shop.editable(awal.Order(status="delivered"))[awal.Section.STATUS]
    assert {violation.rule.id for violation in decision.violations} == {"AWAL-STATUS-1", "SHOP-STATUS-1"}
    nested = awal.POLICY.without("AWAL-STATUS-1").with_rules(
        attrs.evolve(awal.POLICY.rules[0], only_if=awal.POLICY.rules[0].only_if & awal.ASKED.is_not(Status.COMPLETED))
    )
    assert sorted(nested.next_statuses(awal.Order(status="shipped")) or ()) == [Status.DELIVERED]
    assert not nested.editable(awal.Order(status="delivered"))[awal.Section.STATUS]
    assert not awal.policy().split(awal.Order(status="pending"), awal.Patch(status=Status.SHIPPED))
    assert awal.policy().split(awal.Order(status="pending"), awal.Patch(branch_id="7"))


def test_applying_an_empty_object_changes_nothing() -> None:
    """An empty list means that there are none."""
    order = salla.POLICY.apply(salla.Order(), salla.Patch(receiver=salla.Receiver(name="Noura"), employees=(1,)))
    assert salla.POLICY.apply(order, salla.Patch(receiver=salla.Receiver())) == order
    assert salla.POLICY.plan(order, salla.Patch(receiver=salla.Receiver())) == Plan(())
    after = salla.POLICY.apply(order, salla.Patch(employees=()))
    assert after.written == salla.Patch(receiver=salla.Receiver(name="Noura"), employees=())


def test_guards_indices_and_facts_reject_wrong_arguments() -> None:
    """An order of another platform lacks facts that a guard reads."""
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
        # The rule on the stage reads the current stage alone, or the requested one too, or neither.
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
def test_a_plan_takes_a_detour_if_needed_and_sends_nothing_twice(
    stage: Condition, address: Condition, steps: list[dict[str, str]]
) -> None:
    """The goal's own value is tried first, whatever form the rule on the status has."""
    rules = [
        Rule(id="X-STAGE", section=toy.Section.STAGE, only_if=stage, reason="drawn"),
        Rule(id="X-ADDRESS", section=toy.Section.ADDRESS, only_if=address, reason="drawn"),
    ]
    policy = attrs.evolve(toy.POLICY, rules=rules, waivers=(), assumptions=())
    goal = toy.Patch(stage=toy.Stage.DOOR, street="x", note="y")
    plan = policy.plan(toy.Order(stage=toy.Stage.DESK), goal)
    assert [write_body(step) for step in plan.steps] == steps
