"""The commands about orders read files, print their answers, and exit with the documented status."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest

from orderrules import __version__, awal, salla
from tests.kit.command_line import EXAMPLES, Result, run


def check(platform: str, order: str, patch: str, *more: str) -> Result:
    """Run the command check on two example files."""
    folder = EXAMPLES / platform
    return run("check", "--platform", platform, *more, str(folder / order), str(folder / patch))


@pytest.mark.parametrize(
    ("platform", "order", "patch", "options", "status"),
    [
        ("salla", "order-under-review.json", "update-receiver.json", (), 0),
        ("salla", "order-completed.json", "update-receiver.json", (), 1),
        ("salla", "order-completed.json", "update-employees.json", (), 0),
        ("salla", "order-draft.json", "update-everything.json", (), 0),
        ("salla", "order-under-review.json", "update-payment.json", (), 1),
        ("salla", "order-pending.json", "update-payment.json", (), 0),
        ("salla", "webhook-status-updated.json", "update-coupon.json", (), 1),
        ("salla", "order-under-review.json", "update-customer.json", (), 1),
        ("salla", "order-under-review.json", "update-customer.json", ("--guest",), 0),
        ("salla", "order-under-review.json", "update-coupon.json", ("--completed", "under_review"), 1),
        ("salla", "order-completed.json", "update-coupon.json", ("--completed", "family"), 1),
        ("salla", "order-completed.json", "update-coupon.json", ("--completed", "shipped"), 0),
        (
            "salla",
            "order-under-review.json",
            "update-coupon.json",
            ("--locked", "family", "--locked", "under_review"),
            1,
        ),
        ("salla", "order-pending.json", "update-payment.json", ("--pending", "payment_failed"), 1),
        ("salla", "order-under-review.json", "update-coupon.json", ("--unknown-status", "closed"), 0),
        ("awal", "order-accepted.json", "update-ship.json", (), 0),
        ("awal", "order-pending.json", "update-ship.json", (), 1),
        ("awal", "order-pending.json", "update-ship.json", ("--skipping",), 0),
        ("awal", "order-delivered.json", "update-notes.json", ("--payment-default", "reset"), 0),
    ],
)
def test_check_exits_with_0_if_allowed_and_1_if_refused(
    platform: str, order: str, patch: str, options: tuple[str, ...], status: int
) -> None:
    """Text and JSON have the same exit status."""
    result = check(platform, order, patch, *options)
    assert result.exit_code == status, result.output
    assert ("refused: " in result.output) is bool(status)
    json_result = check(platform, order, patch, *options, "--format", "json")
    assert json_result.exit_code == status
    assert json.loads(json_result.stdout)["allowed"] is not bool(status)
    assert json.loads(json_result.stdout)["platform"] == platform


def test_check_prints_a_row_for_each_section_and_the_reasons() -> None:
    """The output has no colours if it is not a terminal."""
    result = check("salla", "order-completed.json", "update-everything.json")
    rows = [re.split(" {2,}", line.strip()) for line in result.stdout.splitlines()[4:]]
    assert [(row[0], row[2], row[3]) for row in rows if len(row) == 4] == [
        ("customer", "SALLA-CUSTOMER-1", "closed"),
        ("receiver", "SALLA-RECEIVER-1", "closed"),
        ("shipping", "SALLA-SHIPPING-1", "closed"),
        ("payment", "SALLA-PAYMENT-1", "closed"),
        ("coupon", "SALLA-COUPON-1", "closed"),
        ("employees", "-", "open, no rule"),
    ]
    assert "SALLA-COUPON-1: the coupon cannot be changed: the order is completed; it may" in result.stdout
    assert "\x1b" not in result.stdout
    waived = check("salla", "order-draft.json", "update-everything.json").stdout
    assert waived.count("waived") == 1
    assert "SALLA-DRAFT-1: no restriction while the order is a draft" in waived


def test_an_update_that_changes_nothing_says_so() -> None:
    """No empty table is printed."""
    result = run("check", "--platform", "awal", str(EXAMPLES / "awal" / "order-pending.json"), "-", given="{}")
    assert result.exit_code == 0
    assert result.stdout == "the update changes nothing\nallowed\n  AWAL-ADVICE-1: the update changes nothing\n"


def test_a_dash_is_standard_input() -> None:
    """Either file may be a dash, but not both."""
    order = (EXAMPLES / "awal" / "order-pending.json").read_bytes()
    patch = str(EXAMPLES / "awal" / "update-accept.json")
    assert run("check", "--platform", "awal", "-", patch, given=order).exit_code == 0
    both = run("check", "--platform", "awal", "-", "-", given=order)
    assert both.exit_code == 2
    assert "only one of the two files can be standard input" in both.stderr


def test_input_that_cannot_be_read_exits_with_2(tmp_path: Path) -> None:
    """The problems of both files are printed on standard error, or as JSON."""
    order, patch = tmp_path / "order.json", tmp_path / "patch.json"
    order.write_text('{"status": 404}')
    patch.write_text('{"status": "completed", "branch_id": "7"}')
    result = run("check", "--platform", "salla", str(order), str(patch))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"{order}: cannot read the Salla order: 1 problem\n  /status: " in result.stderr
    assert f"{patch}: cannot read the Salla update: 2 problems\n  /status: " in result.stderr
    json_result = run("check", "--platform", "salla", "--format", "json", str(order), str(patch))
    assert json_result.exit_code == 2
    problems: list[dict[str, Any]] = json.loads(json_result.stdout)["problems"]
    assert [(problem["input"], problem["pointer"], problem["code"]) for problem in problems] == [
        ("order", "/status", "wrong_type"),
        ("patch", "/status", "unknown_key"),
        ("patch", "/branch_id", "wrong_type"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "EXAMPLE", "EXAMPLE"), "no rules were chosen: give --platform"),
        (("check", "--platform", "ebay", "-", "EXAMPLE"), "'ebay' is not one of"),
        (("check", "--platform", "salla", "none.json", "none.json"), "none.json"),
        (
            ("check", "--platform", "salla", "--skipping", "-", "EXAMPLE"),
            "--skipping: not available for the platform salla",
        ),
        (
            ("check", "--platform", "awal", "--unknown-status", "open", "-", "EXAMPLE"),
            "--unknown-status: not available for the platform awal",
        ),
        (("check", "--platform", "awal", "--guest", "-", "EXAMPLE"), "--guest is not available for awal"),
        (("check", "--platform", "salla", "--pending", "later", "-", "EXAMPLE"), "'later' is not one of"),
        (("chekc",), "No such command"),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...], message: str) -> None:
    """The error says what is wrong."""
    example = str(EXAMPLES / "awal" / "update-ship.json")
    result = run(*(example if word == "EXAMPLE" else word for word in arguments), given="{}")
    assert result.exit_code == 2
    assert message in result.stderr


def test_help_has_examples_exit_statuses_and_assumptions() -> None:
    """Each assumption is named by its id."""
    assert "check" in run("--help").stdout
    text = run("check", "-h").stdout
    for words in (
        "orderrules check --platform salla order.json update.json",
        "Exit status: 0 allowed",
        "- for standard input",
    ):
        assert words in " ".join(text.split())
    for assumption in ("S1", "S2", "S4", "S8", "A1", "A4"):
        assert f", {assumption}:" in " ".join(text.split())


def test_version_lists_the_rulebooks() -> None:
    """Each has its edition and the digest of its decisions."""
    assert run("--version").stdout.splitlines() == [
        f"orderrules {__version__}",
        f"salla: rulebook edition {salla.POLICY.edition}, digest {salla.POLICY.digest()}",
        f"awal: rulebook edition {awal.POLICY.edition}, digest {awal.POLICY.digest()}",
    ]


def test_python_m_orderrules_runs_the_command_line() -> None:
    """It runs in its own process."""
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "orderrules",
            "check",
            "--platform",
            "awal",
            str(EXAMPLES / "awal" / "order-pending.json"),
            str(EXAMPLES / "awal" / "update-ship.json"),
        ],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    assert process.returncode == 1, process.stderr
    assert "refused: status" in process.stdout


PROGRAM: Final = [sys.executable, "-m", "orderrules"]
ALLOWED: Final = ["check", "--platform", "awal", str(EXAMPLES / "awal" / "order-pending.json"), str(EXAMPLES / "awal" / "update-accept.json")]  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_output_that_cannot_be_written_exits_with_2() -> None:
    """The status is not 1, which means refused."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        process = subprocess.run([*PROGRAM, *ALLOWED], stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert process.returncode == 2
    assert process.stderr.startswith("orderrules: ")
    assert "Traceback" not in process.stderr


def test_a_broken_pipe_exits_with_2() -> None:
    """No message is printed."""
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run([*PROGRAM, *ALLOWED], stdout=writer, stderr=subprocess.PIPE, check=False, text=True)
    os.close(writer)
    assert process.returncode == 2
    assert process.stderr == ""


def test_an_interrupt_exits_with_2() -> None:
    """A script must not take it for a refusal."""
    with mock.patch("orderrules.cli.app.read_bytes", side_effect=KeyboardInterrupt):
        result = run(*ALLOWED)
    assert (result.exit_code, result.stderr.strip()) == (2, "orderrules: interrupted")


def test_characters_that_the_output_cannot_encode_are_escaped() -> None:
    """Examples are an Arabic slug on a Latin-1 terminal and a key with an unpaired surrogate."""
    order = r'{"status": {"slug": "\u0645 :smile: [red]"}}'
    arguments = ["check", "--platform", "salla", "-", str(EXAMPLES / "salla" / "update-payment.json")]
    process = subprocess.run(
        [*PROGRAM, *arguments],
        input=order,
        capture_output=True,
        check=False,
        encoding="latin-1",
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert process.returncode == 1, process.stderr
    assert r"the page does not list the order's status, '\u0645 :smile: [red]'" in process.stdout
    json_result = run("check", "--platform", "salla", "--format", "json", arguments[-1], "-", given=r'{"\ud800": 1}')
    assert json_result.exit_code == 2


def test_check_notes_a_status_that_the_page_does_not_list() -> None:
    """An allowed update has the note too, in text and in JSON, with a suggestion."""
    patch = str(EXAMPLES / "salla" / "update-coupon.json")
    order = '{"status": {"slug": "Cancelled"}}'
    result = run("check", "--platform", "salla", "-", patch, given=order)
    assert result.exit_code == 0
    assert "note: the page does not list the order's status, 'Cancelled' - did you mean canceled?" in result.stdout
    answer = json.loads(run("check", "--platform", "salla", "--format", "json", "-", patch, given=order).stdout)
    assert answer["notes"] == [
        {
            "note": "not_listed",
            "params": {"fact": "status", "shown": "Cancelled", "suggestion": "canceled"},
            "message": "the page does not list the order's status, 'Cancelled' - did you mean canceled?",
        }
    ]
    assert (
        "note: the order shows no status"
        in run("check", "--platform", "salla", "-", patch, given='{"status": []}').stdout
    )


def test_a_file_that_is_too_large_exits_with_2(tmp_path: Path) -> None:
    """The file is not read to its end."""
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (1 << 21))
    result = run("check", "--platform", "awal", ALLOWED[3], str(large))
    assert result.exit_code == 2
    assert "has 2 097 152 bytes, the limit is 1 048 576" in result.stderr
    stream = run("check", "--platform", "awal", ALLOWED[3], "-", given=" " * (1 << 21))
    assert "has more than 1 048 576 bytes, the limit is 1 048 576" in stream.stderr


@pytest.mark.parametrize("closed", ["1>&-", "0<&-"], ids=["output", "input"])
def test_a_closed_stream_exits_with_2(closed: str) -> None:
    """An allowed update whose answer is lost must not look refused."""
    arguments = ALLOWED if closed.startswith("1") else [*ALLOWED[:-1], "-"]
    process = subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" "$@" {closed}', *PROGRAM, *arguments], check=False, capture_output=True
    )
    assert process.returncode == 2
    assert b"Traceback" not in process.stderr


def test_json_output_is_valid_in_any_encoding() -> None:
    """Characters outside the encoding are escaped as JSON does, and omitted problems are counted."""
    body = json.dumps({"é😀": 1, **{f"key{number}": 1 for number in range(500)}})
    arguments = ["check", "--platform", "awal", "--format", "json", ALLOWED[3], "-"]
    for encoding in ("ascii", "cp1252", "utf-8"):
        process = subprocess.run(
            [*PROGRAM, *arguments],
            input=body.encode(),
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        answer = json.loads(process.stdout.decode(encoding))
        assert answer["problems"][0]["pointer"] == "/é😀"
        assert len(answer["problems"]) + answer["more"] == 501


@pytest.mark.parametrize(
    ("arguments", "given", "status", "lines"),
    [
        (["editable", "--platform", "awal", "-"], '{"status": "completed"}', 0, ["status ", "closed", "AWAL-STATUS-1"]),
        (["editable", "--platform", "salla", "-"], '{"status": [], "draft": true}', 0, ["SALLA-DRAFT-1"]),
        (["next", "--platform", "awal", "-"], '{"status": "pending"}', 0, ["accepted"]),
        (["next", "--platform", "awal", "--skipping", "-"], '{"status": "shipped"}', 0, ["delivered\ncompleted\n"]),
        (["next", "--platform", "awal", "-"], '{"status": "completed"}', 0, ["no status may follow"]),
        (["next", "--platform", "salla", "-"], '{"status": []}', 0, ["the platform documents no transitions"]),
        (["split", "--platform", "awal", ALLOWED[3], "-"], '{"status": "shipped", "branch_id": "7"}', 1, ['"branch_id": "7"', "refused: status"]),
        (["split", "--platform", "awal", ALLOWED[3], "-"], '{"branch_id": "7"}', 0, ["refused:\n{}", "allowed"]),
        (["plan", "--platform", "awal", ALLOWED[3], "-"], '{"status": "shipped"}', 0, ['1. {"status": "accepted"}', '2. {"status": "shipped"}']),
        (["plan", "--platform", "awal", ALLOWED[3], "-"], '{"status": "pending"}', 0, ["nothing to do: the order already meets the goal"]),
        (["plan", "--platform", "awal", "-", ALLOWED[4]], '{"status": "completed"}', 1, ["no sequence of updates reaches the goal:", "nothing may follow completed"]),
        (["advise", "--platform", "awal", ALLOWED[3], "-"], '{"status": "pending"}', 0, ["AWAL-ADVICE-2: the order has this status already (status)"]),
        (["advise", "--platform", "awal", ALLOWED[3], "-"], '{"status": "accepted"}', 0, ["no advice"]),
        (["guard", "--platform", "awal", "-"], '{"status": "shipped"}', 0, ["status is accepted or shipped"]),
        (["guard", "--platform", "awal", "-"], '{"branch_id": "7"}', 0, ["for every order"]),
        (["guard", "--platform", "salla", "--completed", "family", "-"], '{"coupon_code": "x"}', 0, ["draft or status is neither completed, delivering, delivered nor shipped"]),
    ],
)  # fmt: skip
def test_each_command_answers_its_question(arguments: list[str], given: str, status: int, lines: list[str]) -> None:
    """Text and JSON have the same exit status."""
    result = run(*arguments, given=given)
    assert result.exit_code == status, result.output
    for line in lines:
        assert line in result.stdout + result.stderr
    if arguments[0] == "next":
        assert set(result.stdout.split()) <= {*awal.Status}
    json_result = run(*arguments, "--format", "json", given=given)
    assert json_result.exit_code == status
    assert json.loads(json_result.stdout)["platform"] == arguments[2]


def test_every_command_notes_a_status_that_the_page_does_not_list() -> None:
    """Without the note, an order with a misspelt status would seem to be finished."""
    order, note = (
        '{"status": "Pending"}',
        "the page does not list the order's status, 'Pending' - did you mean pending?",
    )
    for command, patch in (("next", []), ("editable", []), ("plan", [ALLOWED[4]]), ("check", [ALLOWED[4]])):
        result = run(command, "--platform", "awal", "-", *patch, given=order)
        assert note in (result.stderr if command == "next" else result.stdout)
        json_output = run(command, "--platform", "awal", "--format", "json", "-", *patch, given=order).stdout
        assert json.dumps(note)[1:-1] in json_output


def test_json_answers_are_those_of_the_library() -> None:
    """Bodies and decisions have the same form as in Python."""
    order, patch = ALLOWED[3], json.dumps({"status": "shipped", "payment_status": "paid"})
    plan = json.loads(run("plan", "--platform", "awal", "--format", "json", order, "-", given=patch).stdout)
    assert plan["steps"] == [{"status": "accepted", "payment_status": "paid"}, {"status": "shipped"}]
    assert plan["blocked"] is None
    parts = json.loads(run("split", "--platform", "awal", "--format", "json", order, "-", given=patch).stdout)
    assert (parts["allowed"], parts["refused"]) == ({"payment_status": "paid"}, {"status": "shipped"})
    sections = json.loads(run("editable", "--platform", "awal", "--format", "json", order).stdout)["sections"]
    assert {name: answer["allowed"] for name, answer in sections.items()} == dict.fromkeys(sections, True)
    assert json.loads(run("next", "--platform", "awal", "--format", "json", order).stdout)["statuses"] == ["accepted"]
    assert (
        json.loads(run("next", "--platform", "salla", "--format", "json", "-", given='{"status": []}').stdout)[
            "statuses"
        ]
        is None
    )
    advice = json.loads(run("advise", "--platform", "awal", "--format", "json", order, "-", given="{}").stdout)[
        "advice"
    ]
    assert advice == [{"advice": "AWAL-ADVICE-1", "keys": [], "params": {}, "message": "the update changes nothing"}]


@pytest.mark.parametrize("command", ["check", "editable", "next", "split", "plan", "advise", "guard"])
def test_the_help_of_every_command_has_an_example(command: str) -> None:
    """The example is on a line of its own."""
    text = run(command, "--help").stdout
    assert f"orderrules {command} --platform" in text
    assert "\b" not in text


PARCEL: Final = '{"stage": "van", "fragile": true}'


@pytest.mark.parametrize("place", ["tests.kit.toy:POLICY", "tests.kit.toy:ENDPOINT", "tests/kit/toy.py:POLICY"])
def test_every_command_reads_orders_of_a_custom_platform(place: str, tmp_path: Path) -> None:
    """The endpoint is named itself, or is found next to the policy, in a module or in a file."""
    patch, order = tmp_path / "patch.json", tmp_path / "order.json"
    patch.write_text('{"street": "x"}', encoding="utf-8")
    order.write_text(PARCEL, encoding="utf-8")
    for arguments, status, text in (
        (["check", "--policy", place, str(order), str(patch)], 1, "TOY-ADDRESS-1"),
        (["editable", "--policy", place, str(order)], 0, "TOY-ADDRESS-1"),
        (["next", "--policy", place, str(order)], 0, "desk\ndoor\n"),
        (["split", "--policy", place, str(order), str(patch)], 1, '"street": "x"'),
        (["plan", "--policy", place, str(order), "-"], 0, '1. {"stage": "door"}'),
        (["advise", "--policy", place, str(order), str(patch)], 0, "no advice"),
        (["schema", "--policy", place, str(order)], 0, '"title": "toy: update of an order'),
    ):
        result = run(*arguments, given='{"stage": "door"}')
        assert (result.exit_code, text in result.stdout) == (status, True), result
    guest = run("check", "--policy", place, "--guest", str(order), str(patch))
    assert (guest.exit_code, "--guest is not available for toy" in guest.stderr) == (2, True)


def test_a_byte_order_mark_is_accepted_in_files(tmp_path: Path) -> None:
    """Some editors write it; in the body of a request it is a problem."""
    marked = tmp_path / "patch.json"
    marked.write_bytes(b"\xef\xbb\xbf" + Path(ALLOWED[4]).read_bytes())
    assert run(*ALLOWED[:4], str(marked)).exit_code == 0


@pytest.mark.parametrize(
    "command", ["check", "editable", "next", "split", "plan", "advise", "guard", "table", "explain"]
)
def test_help_names_required_options_and_exit_statuses(command: str) -> None:
    """This holds for every command."""
    text = " ".join(run(command, "--help").stdout.split())
    assert "Exit status: 0" in text
    assert "2 error" in text
    assert command == "explain" or "[required unless --policy is given]" in text


def test_ids_of_clauses_are_completed() -> None:
    """The shell completes them from a prefix in upper or lower case."""
    for prefix, ids in (
        ("salla-pay", {"SALLA-PAYMENT-1", "SALLA-PAY-1"}),
        ("S1", {"S1", *(f"S1{n}" for n in range(7))}),
    ):
        process = subprocess.run(
            PROGRAM,
            env={
                **os.environ,
                "_ORDERRULES_COMPLETE": "bash_complete",
                "COMP_WORDS": f"orderrules explain {prefix}",
                "COMP_CWORD": "2",
            },
            check=False,
            capture_output=True,
            text=True,
        )
        assert {line.partition(",")[2] for line in process.stdout.splitlines()} == ids


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tables_fit_the_number_of_columns(columns: int) -> None:
    """A table that does not fit is printed as a list, in a pipe too."""
    for arguments in (
        ["editable", "--platform", "salla", str(EXAMPLES / "salla" / "order-completed.json")],
        ["table", "--platform", "salla"],
        ["table", "assumptions", "--platform", "awal"],
    ):
        result = run(*arguments, columns=columns)
        lines = result.stdout.splitlines()
        if "──" in result.stdout:
            assert max(map(len, lines)) <= columns
        else:
            assert columns < 200
            assert any(line.startswith(("  verdict: ", "  customer: ", "  our answer: ")) for line in lines)


def test_problems_as_json_lines_are_one_line() -> None:
    """A script reads each line by itself."""
    result = run(
        "check",
        "--platform",
        "salla",
        "--format",
        "jsonl",
        str(EXAMPLES / "salla" / "order-draft.json"),
        "-",
        given="{",
    )
    assert result.exit_code == 2
    (line,) = result.stdout.splitlines()
    assert json.loads(line)["problems"][0]["code"] == "not_json"


def test_can_asks_about_an_action() -> None:
    """The settings of a store are given."""
    order = str(EXAMPLES / "salla" / "order-under-review.json")
    allowed = run("can", "--platform", "salla", order, "cancel")
    assert (allowed.exit_code, allowed.stdout.splitlines()) == (
        0,
        [
            "allowed",
            "  note: this is the answer for the status alone; the store's settings are not given, and may not allow it",
        ],
    )
    setting = "store_allows_cancellation=no"
    refused = run("can", "--platform", "salla", "--given", setting, "--format", "json", order, "cancel")
    assert refused.exit_code == 1
    data = json.loads(refused.stdout)
    assert (data["action"], data["violations"][0]["rule"]) == ("cancel", "SALLA-CANCEL-1")
    unknown = run("can", "--platform", "salla", order, "dance")
    assert (unknown.exit_code, "'dance' is not an action of salla, which has cancel, rate, pay" in unknown.stderr) == (
        2,
        True,
    )
