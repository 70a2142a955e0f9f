"""The commands about rules print their answers, and exit with the documented status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator

from orderrules import awal, salla
from orderrules.analysis import tables_and_diagrams as tables
from orderrules.analysis import vectors
from tests.kit.command_line import EXAMPLES, run
from tests.kit.specs import ASSUMPTIONS, CLAUSES, POLICIES

if TYPE_CHECKING:
    from pathlib import Path

SHOP_MODULE: Final = """
from orderrules.authoring import ALWAYS
from orderrules import Rule, salla

THING = 7
POLICY = salla.POLICY.with_rules(
    Rule(id="SHOP-1", section=salla.Section.COUPON, only_if={}, reason="so it is")
)
"""


MODULE_WITHOUT_ENDPOINT: Final = """
from tests.kit import toy
import attrs

POLICY = attrs.evolve(toy.with_order_facts(toy.STAGE), name="lonely")
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create modules that define policies, and change to their directory."""
    (tmp_path / "idle_shop.py").write_text(SHOP_MODULE.format("ALWAYS"), encoding="utf-8")
    (tmp_path / "strict_shop.py").write_text(SHOP_MODULE.format("salla.STATUS.is_not('canceled')"), encoding="utf-8")
    (tmp_path / "leaving_shop.py").write_text("raise SystemExit(7)", encoding="utf-8")
    (tmp_path / "lonely_shop.py").write_text(MODULE_WITHOUT_ENDPOINT, encoding="utf-8")
    (tmp_path / "broken_shop.py").write_text("raise RuntimeError('no such luck')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("platform", POLICIES)
@pytest.mark.parametrize(
    "table", ["statuses", "rules", "fields", "actions", "waivers", "parameters", "transitions", "assumptions", "advice"]
)
def test_every_table_is_printed_in_each_format(platform: str, table: str) -> None:
    """Markdown is the library's table, JSON has one record a row, and text has every word of the records."""
    markdown = run("table", table, "--platform", platform, "--format", "markdown").stdout
    rows = json.loads(run("table", table, "--platform", platform, "--format", "json").stdout)
    text = run("table", table, "--platform", platform).stdout
    assert len(rows) == len(markdown.splitlines()) - 2
    assert text.startswith(f"{platform}: {table}")
    if table == "rules":
        assert markdown == str(tables.TABLES["rules"](POLICIES[platform])) + "\n"
        assert all((row["rule"] or "none") in text for row in rows)
        assert [row["keys"] for row in rows if row["section"] in {"shipping", "branch_id"}] == (
            [["delivery_method", "branch_id", "courier_id", "ship_to"]] if platform == "salla" else [["branch_id"]]
        )
    if table == "assumptions":
        assert rows[0]["answer"] == POLICIES[platform].assumptions[0].answer
        assert rows[0]["answer"] in " ".join(text.split())


def test_the_text_table_groups_statuses_with_the_same_open_sections() -> None:
    """Under other assumptions, other statuses are grouped."""
    text = run("table", "--platform", "salla", "--completed", "family").stdout
    assert text.count("if draft or") == 3
    rows = json.loads(run("table", "--platform", "salla", "--completed", "family", "--format", "json").stdout)
    assert [row["status"] for row in rows if row["sections"]["coupon"] == "if draft"] == [
        "completed",
        "delivering",
        "delivered",
        "shipped",
    ]


def test_diagrams_are_those_of_the_library() -> None:
    """A policy without transition tables is an error."""
    assert run("diagram", "--platform", "awal").stdout == tables.mermaid(awal.POLICY) + "\n"
    dot = run("diagram", "--platform", "awal", "--skipping", "--format", "dot").stdout
    assert dot == tables.dot(awal.policy(skipping=True)) + "\n"
    salla_result = run("diagram", "--platform", "salla")
    assert (salla_result.exit_code, salla_result.stdout) == (2, "")
    assert "has no transition tables" in salla_result.stderr


def test_a_schema_describes_all_updates_or_those_of_one_order() -> None:
    """The assumptions that are chosen apply to it."""
    assert json.loads(run("schema", "--platform", "salla").stdout) == salla.POLICY.schema()
    path = str(EXAMPLES / "salla" / "order-completed.json")
    assert "coupon_code" not in json.loads(run("schema", "--platform", "salla", path).stdout)["properties"]
    skipping = json.loads(run("schema", "--platform", "awal", "--skipping", "-", given='{"status": "pending"}').stdout)
    assert skipping["properties"]["status"]["enum"] == list(awal.Status)
    order = '{"status": {"slug": "completed"}, "customer": {"id": 1}}'
    guest = json.loads(run("schema", "--platform", "salla", "--guest", "-", given=order).stdout)
    assert list(guest["properties"]) == ["customer", "employees"]
    unreadable = run("schema", "--platform", "awal", "-", given="{}")
    assert (unreadable.exit_code, unreadable.stdout) == (2, "")
    assert "standard input: cannot read the Awal order" in unreadable.stderr
    assert run("schema", "--platform", "awal", "--guest").exit_code == 2


def test_vectors_are_valid_under_their_schema() -> None:
    """The vectors are those of the library."""
    schema = json.loads(run("vectors", "--platform", "awal", "--schema").stdout)
    suite = json.loads(run("vectors", "--platform", "awal").stdout)
    assert suite == vectors.suite(awal.POLICY, awal.ENDPOINT)
    assert Draft202012Validator(schema).is_valid(suite)


def test_diff_exits_with_0_if_nothing_differs_and_1_otherwise() -> None:
    """Each difference has its smallest example."""
    same = run("diff", "--platform", "awal", "--payment-default", "reset")
    assert (same.exit_code, same.stdout) == (0, "no difference in 1152 decisions\n")
    other = run("diff", "--platform", "salla", "--locked", "family")
    assert other.exit_code == 1
    assert other.stdout.splitlines()[1:4] == [
        (
            "  receiver, while not draft and (status is canceled, restored or restoring): "
            "ours allows, theirs refuses (SALLA-RECEIVER-1)"
        ),
        '    order: {"status": {"slug": "canceled"}, "draft": false}',
        '    patch: {"receiver": {"name": "x"}}',
    ]
    answer = json.loads(run("diff", "--platform", "salla", "--locked", "family", "--format", "json").stdout)
    assert answer["count"] == salla.POLICY.diff(salla.policy(locked=salla.CANCELED_FAMILY)).count


@pytest.mark.usefixtures("shop")
def test_every_command_accepts_a_custom_policy() -> None:
    """It is imported from the current directory."""
    assert run("diff", "--policy", "idle_shop:POLICY").exit_code == 0
    strict = run("diff", "--policy", "strict_shop:POLICY")
    assert strict.exit_code == 1
    assert "coupon, while not draft and status is canceled: ours allows, theirs refuses (SHOP-1)" in strict.stdout
    assert run("diff", "--policy", "strict_shop:POLICY", "--against", "strict_shop:POLICY").exit_code == 0
    lint = run("lint", "--policy", "idle_shop:POLICY")
    assert lint.exit_code == 1
    assert lint.stdout.startswith("idle: SHOP-1: it refuses nothing")
    assert "SHOP-1" in run("table", "rules", "--policy", "idle_shop:POLICY").stdout
    path = str(EXAMPLES / "salla" / "order-completed.json")
    assert "employees" in run("schema", "--policy", "idle_shop:POLICY", path).stdout
    explained = run("explain", "SHOP-1", "--policy", "strict_shop:POLICY").stdout
    assert explained.splitlines()[:3] == [
        "SHOP-1 (salla, defined by this policy)",
        "  reason: so it is",
        "  closes: coupon, while status is canceled, unless draft or status is draft",
    ]
    canceled, coupon = '{"status": {"slug": "canceled"}}', str(EXAMPLES / "salla" / "update-coupon.json")
    assert run("check", "--policy", "strict_shop:POLICY", "-", coupon, given=canceled).exit_code == 1
    assert run("check", "--policy", "idle_shop:POLICY", "-", coupon, given=canceled).exit_code == 0


def test_a_narrow_table_keeps_every_column() -> None:
    """If there is no room, it is printed as a list, in a pipe too."""
    for columns in (40, 80, 200):
        output = run("table", "--platform", "awal", columns=columns).stdout
        assert all(str(section) in output for section in awal.Section)
        assert ("  branch_id: open" in output) is (columns < 200)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lint"], "no rules were chosen: give --platform, or --policy"),
        (
            ["lint", "--platform", "awal", "--policy", "idle_shop:POLICY"],
            "--platform and --policy cannot be used together",
        ),
        (["lint", "--policy", "idle_shop"], "idle_shop: expected MODULE:NAME"),
        (["lint", "--policy", ":POLICY"], ":POLICY: expected MODULE:NAME"),
        (["lint", "--policy", "../shop:POLICY"], "../shop:POLICY: expected MODULE:NAME"),
        (["lint", "--policy", "leaving_shop:POLICY"], "leaving_shop:POLICY: SystemExit: 7"),
        (["lint", "--policy", "idle_shop:NOTHING"], "idle_shop:NOTHING: AttributeError"),
        (["lint", "--policy", "no_such_shop:POLICY"], "no_such_shop:POLICY: ModuleNotFoundError"),
        (["lint", "--policy", "broken_shop:POLICY"], "broken_shop:POLICY: RuntimeError: no such luck"),
        (
            ["lint", "--policy", "idle_shop:THING"],
            "idle_shop:THING: expected a Policy or an Endpoint, got an object of type int",
        ),
        (["lint", "--policy", "idle_shop:POLICY", "--skipping"], "assumptions are chosen with --platform only"),
        (["lint", "--platform", "awal", "--locked", "family"], "--locked: not available for the platform awal"),
        (["diff", "--policy", "tests.kit.toy:POLICY"], "no policy is shipped for this platform"),
        (["diff", "--platform", "awal", "--against", "idle_shop:POLICY"], "are of different platforms"),
        (
            ["schema", "--policy", "lonely_shop:POLICY", "-"],
            "no Endpoint is known that reads orders of lonely: give it as --policy",
        ),
        (["explain", "SALA-DRAFT-1"], "no clause has the id SALA-DRAFT-1; did you mean SALLA-DRAFT-1?"),
        (["explain", "nothing"], "orderrules table rules and orderrules table assumptions list the ids"),
        (["schema", "--platform", "salla", "--guest"], "--guest describes an ORDER, but no ORDER is given"),
        (["schema", "--platform", "awal", "--guest", "-"], "--guest is not available for awal"),
        (["table", "colours", "--platform", "awal"], "'colours' is not one of"),
    ],
)
def test_an_error_is_one_message_on_standard_error(arguments: list[str], message: str) -> None:
    """The exit status is 2, and standard output is empty."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


def test_lint_finds_no_mistake_in_the_shipped_policies() -> None:
    """Findings that are only remarks exit with 0."""
    for platform in POLICIES:
        result = run("lint", "--platform", platform)
        assert result.exit_code == 0
        assert "no rule governs it" in result.stdout
    answer = json.loads(run("lint", "--platform", "salla", "--format", "json").stdout)
    assert [finding["about"] for finding in answer["findings"]] == [["employees"]]


@pytest.mark.parametrize("entry", [*CLAUSES, *ASSUMPTIONS], ids=lambda entry: entry["id"])
def test_every_clause_and_assumption_is_explained(entry: dict[str, Any]) -> None:
    """The text has its words, its source and each of its examples."""
    result = run("explain", entry["id"].lower())
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert text.startswith(f"{entry['id']} ({entry['platform']}, ")
    for sentence in (entry.get("text") or entry["answer"], *(example["says"] for example in entry["example"])):
        assert " ".join(sentence.split()) in text
    assert json.loads(run("explain", entry["id"], "--format", "json").stdout)["id"] == entry["id"]


def test_a_rule_is_explained_with_the_orders_it_closes() -> None:
    """A waiver is explained with the orders that it opens."""
    coupon = json.loads(run("explain", "SALLA-COUPON-1", "--format", "json").stdout)
    assert coupon["closes"] == "coupon, while status is completed, unless draft or status is draft"
    assert coupon["kinds"] == "8 of 128 kinds of order, if no waiver applies"
    status = json.loads(run("explain", "AWAL-STATUS-1", "--format", "json").stdout)
    assert status["closes"] == "status, while the status asked for may not follow the present status"
    assert status["kinds"] == "6 of 6 kinds of order for some update"
    cancel = json.loads(run("explain", "SALLA-CANCEL-1", "--format", "json").stdout)
    assert cancel["closes"] == (
        "cancel, while store allows cancellation is no or status is neither under_review nor in_progress"
    )
    assert cancel["kinds"] == "112 of 128 kinds of order"
    draft = json.loads(run("explain", "SALLA-DRAFT-1", "--format", "json").stdout)
    assert draft["waives"] == "every rule on a section, while draft or status is draft"
    assert draft["kinds"] == "68 of 128 kinds of order"


@pytest.mark.parametrize("command", ["table", "diagram", "schema", "vectors", "diff", "lint", "explain"])
def test_the_help_of_every_command_has_an_example(command: str) -> None:
    """The example is on a line of its own."""
    text = run(command, "--help").stdout
    assert f"  orderrules {command} " in text
    assert "\b" not in text


def test_an_endpoint_that_is_named_goes_before_the_shipped_one(tmp_path: Path) -> None:
    """It reads the orders of the shipped platform in another place."""
    file = tmp_path / "ours.py"
    file.write_text(
        "import attrs\nfrom orderrules import awal\n"
        "places = tuple(attrs.evolve(place, path=('order', *place.path)) for place in awal.ENDPOINT.payload.places)\n"
        "payload = attrs.evolve(awal.ENDPOINT.payload, places=places, shows=('order',))\n"
        "OURS = attrs.evolve(awal.ENDPOINT, payload=payload)\n",
        encoding="utf-8",
    )
    order = tmp_path / "order.json"
    order.write_text('{"order": {"id": 1, "status": "pending"}}', encoding="utf-8")
    answer = run("editable", "--policy", f"{file}:OURS", str(order))
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert run("editable", "--platform", "awal", str(order)).exit_code == 2
