"""Parameters: settings and roles that neither the order nor the update shows."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

import attrs
import narwhals as nw
import polars as pl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from orderrules import UNKNOWN, InvalidInput, Parameter, Policy, Rule, Waiver, awal, salla
from orderrules.analysis.tables_and_diagrams import TABLES
from orderrules.authoring import ALWAYS, NEVER, AllOf, AnyOf, Fact
from orderrules.grammar.conditions import fix, points, weaken
from orderrules.grammar.rulebook import assignments
from orderrules.integrations import Gate, UpdateUncertain
from orderrules.integrations.narwhals import to_narwhals
from orderrules.integrations.sqlalchemy import to_sqlalchemy
from orderrules.testing import check_laws
from tests.kit.command_line import EXAMPLES, run

if TYPE_CHECKING:
    from orderrules import Condition

ASKED_BY: Final = Parameter("asked by", values=("customer", "staff", "owner"))
OPEN: Final = Parameter("shop is open", values=(True, False), notes=((True, "the shop is open"),))
STAFF: Final = ASKED_BY.is_in({"staff", "owner"})
HOUSE: Final[Policy[Any, Any]] = attrs.evolve(awal.POLICY, parameters=(ASKED_BY, OPEN)).with_rules(
    Rule(
        id="HOUSE-1",
        section=awal.Section.BRANCH_ID,
        only_if=awal.STATUS.is_("pending") | STAFF,
        reason="later, only the staff moves an order to another branch",
    ),
    Rule(
        id="HOUSE-2",
        section=awal.Section.ADMIN_NOTES,
        only_if=STAFF & OPEN.is_(True),
        reason="notes are for the staff",
    ),
    Waiver(id="HOUSE-W", when=ASKED_BY.is_("owner"), reason="the owner may do everything"),
)
ORDERS: Final = [awal.Order(status=status) for status in (*awal.Status, "lost")]
PATCHES: Final = [
    awal.Patch(branch_id="7"),
    awal.Patch(admin_notes="x"),
    awal.Patch(branch_id="7", admin_notes="x"),
    awal.Patch(status=awal.Status.SHIPPED),
    awal.Patch(status=awal.Status.SHIPPED, branch_id="7"),
]
SETTINGS: Final = list(itertools.product((None, *ASKED_BY.values), (None, *OPEN.values)))


def house(asked_by: str | None, is_open: object) -> Policy[Any, Any]:
    """Return the policy with some settings; None is not known."""
    settings = {"asked_by": asked_by, "shop_is_open": is_open}
    return HOUSE.given(**{name: value for name, value in settings.items() if value is not None})


def refusing(order: awal.Order, patch: awal.Patch, asked_by: Any, is_open: Any) -> set[str]:
    """Return the rules that refuse, by plain ifs; what a value that is not known may allow is allowed."""
    may_be_owner, may_be_staff = asked_by in {None, "owner"}, asked_by in {None, "owner", "staff"}
    found: set[str] = set()
    if may_be_owner:
        return found
    if "branch_id" in patch.keys and order.status != "pending" and not may_be_staff:
        found.add("HOUSE-1")
    if "admin_notes" in patch.keys and not (may_be_staff and is_open in {None, True}):
        found.add("HOUSE-2")
    return found | {violation.rule.id for violation in awal.POLICY.can_update(order, patch).violations}


@pytest.mark.parametrize(("asked_by", "is_open"), SETTINGS)
def test_decisions_are_those_of_plain_ifs_whatever_is_given(asked_by: Any, is_open: Any) -> None:
    """Table, guards, sections and schema agree as well."""
    policy = house(asked_by, is_open)
    for order, patch in itertools.product(ORDERS, PATCHES):
        decision = policy.can_update(order, patch)
        assert {violation.rule.id for violation in decision.violations} == refusing(order, patch, asked_by, is_open)
        assert policy.guard(patch).holds(order) is decision.allowed
        assert policy.replay(json.dumps(decision.to_dict(order, patch)))
        parts = policy.split(order, patch)
        assert policy.can_update(order, parts.allowed)
    branch = policy.editable(ORDERS[1])[awal.Section.BRANCH_ID]
    assert bool(branch) is (not refusing(ORDERS[1], PATCHES[0], asked_by, is_open))


def test_a_note_names_the_parameter_exactly_if_it_may_refuse() -> None:
    """It is data, and says which rule reads the parameter."""

    def notes(policy: Policy[Any, Any], order: awal.Order, patch: awal.Patch) -> list[tuple[str, str]]:
        decision = policy.can_update(order, patch)
        assert all(note.code == "not_given" for note in decision.caveats)
        return [(note.params["rule"], note.params["parameter"]) for note in decision.caveats]

    shipped = awal.Order(status="shipped")
    assert notes(HOUSE, shipped, PATCHES[0]) == [("HOUSE-1", "asked by")]
    assert notes(HOUSE, awal.Order(status="pending"), PATCHES[0]) == []
    assert notes(HOUSE, shipped, PATCHES[1]) == [("HOUSE-2", "asked by"), ("HOUSE-2", "shop is open")]
    assert notes(house("staff", None), shipped, PATCHES[1]) == [("HOUSE-2", "shop is open")]
    assert notes(house("customer", None), shipped, PATCHES[1]) == []
    assert notes(house("staff", is_open=True), shipped, PATCHES[1]) == []
    backwards = awal.Patch(status=awal.Status.PENDING)
    assert notes(HOUSE, shipped, backwards) == [("HOUSE-W", "asked by")]
    assert [waiver.id for waiver in HOUSE.can_update(shipped, backwards).waivers] == ["HOUSE-W"]
    assert notes(house("owner", None), shipped, PATCHES[1]) == []
    assert not house("staff", None).can_update(shipped, backwards)
    assert str(HOUSE.can_update(shipped, PATCHES[0]).caveats[0]) == (
        "HOUSE-1 also depends on asked by, which is not given"
    )


def test_a_logged_decision_is_replayed_with_its_settings() -> None:
    """Unless the policy has a value of its own."""
    order, patch = awal.Order(status="shipped"), PATCHES[0]
    line = json.dumps(house("customer", None).can_update(order, patch).to_dict(order, patch))
    assert json.loads(line)["rulebook"]["given"] == {"asked by": "customer"}
    assert HOUSE.replay(line)
    assert not house("staff", None).replay(line)
    data = json.loads(line)
    data["rulebook"]["given"] = {"asked by": "guest", "moon": "full"}
    with pytest.raises(InvalidInput) as caught:
        HOUSE.replay(data)
    assert [problem.pointer for problem in caught.value.problems] == [
        "/rulebook/given/moon",
        "/rulebook/given/asked by",
    ]


def test_a_gate_that_wants_certainty_holds_back_what_a_setting_may_refuse() -> None:
    """By default it is sent."""
    endpoint = awal.ENDPOINT.under(HOUSE)
    order = awal.Order(id=7, status="shipped")
    url, headers = "https://shop.example/orders/7?phone_number_id=1", {"content-type": "application/json"}
    for refuse, held in (("certain", False), ("uncertain", True)):
        gate = Gate(endpoint, orders={7: order}.get, refuse=refuse)  # type: ignore[arg-type]
        attempt = gate.attempt("PUT", url, headers, b'{"branch_id": "7"}')
        assert attempt is not None
        attempt.show(order)
        if held:
            with pytest.raises(UpdateUncertain):
                attempt.hold_back()
        else:
            assert attempt.hold_back() is None


def test_a_decision_costs_what_it_costs_without_parameters() -> None:
    """It is the same look-up, in a table that was made of narrowed conditions."""
    policy = house("staff", is_open=True)
    assert policy is house("staff", is_open=True)
    assert policy == HOUSE.given(shop_is_open=True).given(asked_by="staff")
    assert policy.can_update.__globals__.keys() == awal.POLICY.can_update.__globals__.keys()  # type: ignore[attr-defined]
    assert policy.narrowed().parameters == ()
    assert {fact for rule in policy.narrowed().rules for fact in rule.only_if.facts}.isdisjoint(HOUSE.parameters)
    assert awal.POLICY.narrowed() is awal.POLICY


def test_sql_and_dataframes_filter_by_the_narrowed_rules() -> None:
    """A guard has no column for a parameter."""
    rows = sa.table("orders", sa.column("status", sa.Text))
    frame = pl.DataFrame({"status": ["pending", "shipped", None]})
    for asked_by, expected in (("customer", ["pending"]), ("staff", ["pending", "shipped", None])):
        guard = house(asked_by, is_open=True).guard(PATCHES[0])
        filtered = nw.from_native(frame).filter(to_narwhals(guard, {"status": "status"})).to_native()
        assert filtered["status"].to_list() == expected
        assert "asked" not in str(sa.select(rows).where(to_sqlalchemy(guard, rows.c)))


def test_digest_and_diff_see_a_parameter_that_is_not_given() -> None:
    """Two policies have the same digest exactly if no setting tells them apart."""
    chosen: list[tuple[str | None, bool | None]] = [(None, None), ("staff", None), ("customer", None), ("staff", True)]
    given_all = [house(*values) for values in chosen]
    for one, other in itertools.product(given_all, repeat=2):
        assert (one.digest() == other.digest()) is (not one.diff(other)) is (not other.diff(one))
    looser = HOUSE.without("HOUSE-2").with_rules(attrs.evolve(HOUSE.rules[-1], only_if=ASKED_BY.is_not("customer")))
    changed = [each for each in HOUSE.diff(looser) if each.verdicts]
    assert {each.section for each in changed} == {awal.Section.ADMIN_NOTES}
    assert all("asked by is staff and shop is open is no" in str(each.condition) for each in changed)
    for is_open in OPEN.values:
        assert bool(HOUSE.given(shop_is_open=is_open).diff(looser.given(shop_is_open=is_open))) is not is_open


def test_lint_finds_what_is_wrong_under_every_setting() -> None:
    """A rule that refuses only in some shops is not idle."""
    assert not [finding for finding in HOUSE.lint() if finding.kind.is_wrong]
    idle = HOUSE.with_rules(
        Rule(id="HOUSE-3", section=awal.Section.BRANCH_ID, only_if=STAFF | ~STAFF, reason="never"),
    )
    assert [(finding.kind, finding.about) for finding in idle.lint() if finding.kind.is_wrong] == [
        ("idle", ("HOUSE-3",))
    ]
    unread = attrs.evolve(awal.POLICY, parameters=(OPEN,))
    assert ("unread", ("shop is open",)) in [(finding.kind, finding.about) for finding in unread.lint()]
    assert "no rule and no waiver reads this parameter" in [finding.message for finding in unread.lint()]


def test_the_laws_hold_under_every_setting() -> None:
    """Also with none."""
    for asked_by, is_open in ((None, None), ("customer", None), ("staff", False)):
        check_laws(house(asked_by, is_open), settings=settings(max_examples=20))


def test_tables_list_the_parameters() -> None:
    """And the value that is given."""
    assert TABLES["parameters"](house("staff", None)).records == [
        {"parameter": "asked_by", "about": "asked by", "values": ["customer", "staff", "owner"], "given": "staff"},
        {"parameter": "shop_is_open", "about": "shop is open", "values": ["yes", "no"], "given": None},
    ]
    assert "asked by is staff or owner" in str(TABLES["rules"](HOUSE))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: HOUSE.given(asked="staff"),
            TypeError,
            "has no parameter asked, its parameters are: asked_by, shop_is",
        ),
        (lambda: HOUSE.given(asked_by="guest"), ValueError, "asked by has no value 'guest'"),
        (lambda: awal.POLICY.given(x=1), TypeError, "its parameters are: none"),
        (lambda: Parameter("2 words!", values=(1, 2)), ValueError, "needs attribute="),
        (lambda: Parameter("x", values=(1, UNKNOWN)), ValueError, "is unknown until it is given"),
        (lambda: attrs.evolve(awal.POLICY, parameters=(OPEN, OPEN)), ValueError, "needs its own name"),
        (
            lambda: attrs.evolve(
                awal.POLICY, parameters=(OPEN, Parameter("open", values=(1, 2), attribute="shop_is_open"))
            ),
            ValueError,
            "two parameters of awal have the same keyword",
        ),
        (lambda: attrs.evolve(awal.POLICY, settings=((OPEN, True),)), ValueError, "awal has no parameter shop is open"),
        (lambda: attrs.evolve(HOUSE, settings=((OPEN, 7),)), ValueError, "shop is open has no value 7"),
        (
            lambda: awal.POLICY.with_rules(Rule(id="X", section=awal.Section.STATUS, only_if=STAFF, reason="x")),
            ValueError,
            "X reads asked by, but may read only",
        ),
    ],
)
def test_mistakes_are_named(make: Any, error: type[Exception], message: str) -> None:
    """When the policy or the parameter is made."""
    with pytest.raises(error, match=message):
        make()


def test_values_are_given_in_any_spelling_of_the_same_value() -> None:
    """``1`` is not told apart from ``True``."""
    assert HOUSE.given(shop_is_open=1) is HOUSE.given(shop_is_open=True)
    assert HOUSE.given(shop_is_open=1).settings == ((OPEN, True),)
    assert repr(OPEN) == "<Parameter shop is open: yes or no>"


ONE: Final = Fact("one", values=(1, 2))
TWO: Final = Parameter("two", values=("a", "b", "c"))
THREE: Final = Parameter("three", values=(True, False))
CONDITIONS: Final = st.recursive(
    st.sampled_from([ONE.is_(1), TWO.is_("a"), TWO.is_not("b"), TWO.is_in({"a", "b"}), THREE.is_(True), ALWAYS, NEVER]),
    lambda parts: st.builds(AllOf, st.lists(parts, max_size=3)) | st.builds(AnyOf, st.lists(parts, max_size=3)),
    max_leaves=8,
)


@given(CONDITIONS, st.sampled_from([(), (TWO,), (THREE,), (TWO, THREE)]))
def test_conditions_are_fixed_and_weakened_as_by_enumeration(
    condition: Condition, chosen: tuple[Parameter, ...]
) -> None:
    """A fixed condition holds as with the values; a weakened one if some value makes it hold."""
    for here in points((ONE, TWO, THREE)):
        others = {fact: value for fact, value in here.items() if fact not in chosen}
        known: dict[Fact, Any] = {fact: here[fact] for fact in chosen}
        assert fix(condition, known).holds(others) is condition.holds(here)
        possible = any(condition.holds({**others, **values}) for values in assignments(chosen))
        assert weaken(condition, chosen).holds(others) is possible


def test_the_command_line_takes_them() -> None:
    """By their keyword, or their name, with a value as tables show it."""
    order = str(EXAMPLES / "salla" / "order-under-review.json")
    for text in ("store_allows_cancellation=no", "store-allows-cancellation=False", "store allows cancellation = no"):
        result = run("table", "parameters", "--platform", "salla", "--given", text, "--format", "json")
        assert [row["given"] for row in json.loads(result.stdout)] == ["no", None]
    for text, message in (
        ("x=1", "the parameters of salla are: store_allows_cancellation, store_allows_rating"),
        ("store_allows_rating=maybe", "the values of store_allows_rating are: true, yes, false, no"),
        ("store_allows_rating", "the values of store_allows_rating are"),
    ):
        result = run("editable", "--platform", "salla", "--given", text, order)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
    strict = run("diff", "--platform", "salla", "--given", "store_allows_cancellation=no")
    assert strict.exit_code == 1
    assert "theirs refuses (SALLA-CANCEL-1)" in strict.stdout


def test_salla_has_no_caveat_left_once_its_settings_are_given() -> None:
    """For every order and action."""
    policy = salla.POLICY.given(store_allows_cancellation=True, store_allows_rating=False)
    for status, action in itertools.product((*salla.Status, "x", None), salla.Action):
        assert policy.can(salla.Order(status=status), action).caveats == ()
