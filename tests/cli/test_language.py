"""``--language``: commands answer in Arabic, with the same data and the same exit status."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.kit.command_line import run

if TYPE_CHECKING:
    from pathlib import Path

ARABIC: Final = re.compile("[\u0600-\u06ff]")
BOXES: Final = re.compile("[\u2500-\u257f]")
QUESTIONS: Final = [
    ["check", "salla", "order", "update"],
    ["check", "salla", "order", "bad"],
    ["can", "salla", "order", "cancel"],
    ["editable", "salla", "order"],
    ["next", "awal", "accepted"],
    ["next", "salla", "order"],
    ["next", "awal", "done"],
    ["split", "salla", "order", "update"],
    ["plan", "awal", "accepted", "delivered"],
    ["plan", "awal", "accepted", "pending"],
    ["plan", "awal", "accepted", "accepted"],
    ["advise", "salla", "order", "update"],
    ["advise", "salla", "order", "coupon"],
    ["guard", "salla", "update"],
    ["guard", "salla", "nothing"],
    ["guard", "awal", "pending"],
]
FILES: Final = {
    "order": {"status": {"slug": "completed"}, "customer": {"id": 1}, "id": 7},
    "update": {"coupon_code": "EID", "employees": []},
    "coupon": {"coupon_code": "EID"},
    "bad": {"coupon": 7, "branch_id": None},
    "nothing": {},
    "accepted": {"status": "accepted", "id": 7},
    "done": {"status": "completed", "id": 7},
    "delivered": {"status": "delivered"},
    "pending": {"status": "pending"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_a_command_answers_in_arabic(folder: Path, question: list[str]) -> None:
    """Without boxes, with the same exit status; the JSON has the same keys."""
    command, platform, *names = question
    arguments = [command, "--platform", platform]
    paths = [str(folder / name) if name in FILES else name for name in names]
    english, arabic = (run(*arguments, "--language", code, *paths) for code in ("en", "ar"))
    assert english.exit_code == arabic.exit_code
    assert english.stdout == run(*arguments, *paths).stdout
    is_data = arabic.stdout == english.stdout  # Statuses, or the steps of a plan.
    assert ARABIC.search(arabic.stdout + arabic.stderr) or is_data
    assert not BOXES.search(arabic.stdout)
    assert not ARABIC.search(english.stdout + english.stderr)
    data = [json.loads(run(*arguments, "--format", "json", "--language", code, *paths).stdout) for code in ("en", "ar")]
    assert data[0].keys() == data[1].keys()


def test_a_section_has_its_title_and_its_keys(folder: Path) -> None:
    """A line in place of a row, and a line for each rule that closes it."""
    done = "حالة الطلب «تم التنفيذ»"
    out = run("editable", "--platform", "salla", "--language", "ar", str(folder / "order")).stdout
    assert out.replace("\u2068", "‹").replace("\u2069", "›").splitlines()[2:4] == [
        "المستلم (‹receiver›): التعديل غير متاح",
        f"  ‹SALLA-RECEIVER-1›: لا يمكن تعديل المستلم: {done}؛ لا يجوز التعديل إلا حين لا تكون {done}",
    ]


def test_a_language_of_ones_own_is_a_file(folder: Path) -> None:
    """What it lacks is English; a file that is no language is an error in one line."""
    good, bad = folder / "pirate.py", folder / "empty.py"
    good.write_text(
        "from orderrules.languages.en import *\nfrom orderrules.languages.en import plural\n"
        "CODE = 'x-pirate'\nDECISIONS = {'allowed': 'aye'}\n",
        encoding="utf-8",
    )
    bad.write_text("", encoding="utf-8")
    asked = ["check", "--platform", "salla", str(folder / "order"), str(folder / "nothing"), "--language"]
    assert "aye" in run(*asked, str(good)).stdout
    for place, message in (
        (str(bad), "expected the code of a language, such as 'ar', or a module"),
        ("tlh", "there is no language 'tlh'; the languages are: en, ar, or FILE.py"),
        (str(folder / "missing.py"), "FileNotFoundError"),
    ):
        result = run(*asked, place)
        assert result.exit_code == 2
        assert message in result.stderr
