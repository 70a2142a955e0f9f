"""The command replay reads a log, and reports the decisions that have changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from orderrules import salla
from tests.kit.command_line import EXAMPLES, run

if TYPE_CHECKING:
    from pathlib import Path


PATCH: Final = salla.Patch(coupon_code="EID24")


def line_of(status: str) -> str:
    """Return a line of a log."""
    order = salla.Order(status=status)
    return json.dumps({"time": 1, **salla.POLICY.can_update(order, PATCH).to_dict(order, PATCH)})


LOG: Final = "\n".join(map(line_of, ("completed", "shipped", "in_progress")))


def test_the_example_log_has_the_sentences_of_today() -> None:
    """A decision that is made again differs only in what the order showed."""
    for line in (EXAMPLES / "salla" / "decisions.jsonl").read_text(encoding="utf-8").splitlines():
        data: dict[str, Any] = json.loads(line)
        again = salla.POLICY.replay(line).decision.to_dict()
        for name in ("rulebook", "allowed", "waivers", "assumptions"):
            assert data[name] == again[name]
        for one, other in zip(data["violations"], cast("list[dict[str, Any]]", again["violations"]), strict=True):
            assert {**one, "facts": None} == {**other, "facts": None}


def test_a_log_of_the_same_rules_has_the_same_answers(tmp_path: Path) -> None:
    """Blank lines and a byte-order mark are skipped."""
    log = tmp_path / "decisions.jsonl"
    log.write_bytes(b"\xef\xbb\xbf" + LOG.replace("\n", "\n\n").encode())
    result = run("replay", "--platform", "salla", str(log))
    assert (result.exit_code, result.stdout) == (0, "salla: 3 of 3 decisions are still the same\n")
    assert run("replay", "--platform", "salla", "-", given=LOG).stdout == result.stdout


def test_changed_answers_are_listed_with_their_lines() -> None:
    """The exit status is 1."""
    result = run("replay", "--platform", "salla", "--completed", "family", "-", given=LOG)
    former, other = salla.POLICY.digest(), salla.policy(completed=salla.COMPLETED_FAMILY)
    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        [
            "salla: 2 of 3 decisions are still the same",
            f"  the rules had the digest {former[:12]} (edition 2); now {other.digest()[:12]} (edition 2)",
            "  line 2: it allows, now it refuses (SALLA-COUPON-1)",
        ],
    )
    data: Any = json.loads(
        run("replay", "--platform", "salla", "--completed", "family", "--format", "json", "-", given=LOG).stdout
    )
    assert (data["same"], data["changed"], data["unread"]) == (2, 1, 0)
    assert data["more"] == {"changes": 0, "lines": 0}
    assert data["digests"] == [{"edition": "2", "digest": salla.POLICY.digest()}]
    assert [(change["line"], change["now"]["allowed"]) for change in data["changes"]] == [(2, False)]


def test_a_line_that_cannot_be_read_is_listed() -> None:
    """The exit status is 2; all other lines are replayed."""
    log = f'{{"version": 1}}\nnope\n{LOG}\n' + " " * (2 << 20) + "x\n" + line_of("canceled")
    result = run("replay", "--platform", "salla", "-", given=log)
    assert (result.exit_code, result.stdout.splitlines()) == (
        2,
        [
            "salla: 4 of 4 decisions are still the same",
            "3 lines could not be read",
            "  line 1: /rulebook: is required, and 5 more problems",
            "  line 2: is not valid JSON: syntax error at line 1, column 1",
            "  line 6: is too long: 1 048 576 bytes or more",
        ],
    )
    data: Any = json.loads(run("replay", "--platform", "salla", "--format", "json", "-", given=log).stdout)
    assert [problem["line"] for problem in data["problems"]] == [1] * 6 + [2, 6]
    assert data["more"] == {"changes": 0, "lines": 0}


def test_an_empty_log_is_an_error() -> None:
    """Nothing was compared."""
    result = run("replay", "--platform", "salla", "-")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (2, "  the log is empty")
    other = run("replay", "--platform", "awal", "-", given=LOG)
    assert (other.exit_code, other.stdout.splitlines()[-1]) == (2, "  line 3: /rulebook/name: expected awal")


def test_a_long_log_is_listed_in_part() -> None:
    """A hundred lines of each kind are listed, and all are counted."""
    log = f"{line_of('shipped')}\nnope\n" * 101
    result = run("replay", "--platform", "salla", "--completed", "family", "-", given=log)
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 2 + 100 + 1 + 1 + 100 + 1
    assert result.stdout.splitlines()[102] == "  and 1 more"
    assert result.stdout.splitlines()[-1] == "  and 1 more"


def test_the_answer_of_check_is_a_line_of_a_log() -> None:
    """It has the facts and the keys."""
    folder = EXAMPLES / "salla"
    files = str(folder / "order-completed.json"), str(folder / "update-everything.json")
    line = run("check", "--platform", "salla", "--format", "jsonl", *files).stdout
    assert line.count("\n") == 1
    assert json.loads(line) == json.loads(run("check", "--platform", "salla", "--format", "json", *files).stdout)
    assert run("replay", "--platform", "salla", "-", given=line * 3).exit_code == 0


def test_general_schemas_need_no_platform() -> None:
    """They describe what is printed as JSON for every platform."""
    for name, title in (
        ("decision", "orderrules decision"),
        ("problems", "orderrules problems"),
        ("problem-document", "Problem"),
    ):
        assert json.loads(run("schema", "--of", name).stdout)["title"] == title
        assert run("schema", "--of", name, "--platform", "salla").exit_code == 0
        assert run("schema", "--of", name, "--platform", "salla", "--guest").exit_code == 2
    assert run("schema").exit_code == 2
