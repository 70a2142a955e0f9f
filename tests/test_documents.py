"""The documents show what the rules generate and the code prints."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orderrules import Code, InvalidInput, awal, salla
from tests.kit.draw_tables import DOCUMENTS, ROOT, drawn
from tests.kit.mappings import Failing
from tests.kit.mutants import change_of, listed

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_tables_in_documents_are_generated_from_the_rules(path: Path) -> None:
    """``make tables`` writes them."""
    document = path.read_text(encoding="utf-8")
    assert drawn(document) == document


def test_the_readme_is_short_and_its_first_example_has_twelve_lines() -> None:
    """A reader sees all of it in a few minutes."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 150
    assert len(re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0].splitlines()) == 12


PAGES = sorted((ROOT / "docs").glob("*/*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_whom_it_serves(page: Path) -> None:
    """Its first line below the title is in italics."""
    _, first = page.read_text(encoding="utf-8").split("\n\n")[:2]
    assert re.fullmatch(r"\*For .+\.\*", first.replace("\n", " "))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_are_not_run_only_install(page: Path) -> None:
    """All others are in a block with their output, which is compared."""
    blocks = re.findall(r"```(?:sh|bash|shell)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    for line in "".join(blocks).splitlines():
        assert line.startswith(
            ("pip install", "make ", "git clone", "cd ", "python3.11 -m venv", ". .venv", "mkdir ")
        ), line


def test_every_page_is_in_the_navigation() -> None:
    """The first page lists them all."""
    listed = re.findall(r"^([a-z-]+/[a-z-]+)$", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(f"{page.parent.name}/{page.stem}" for page in PAGES)


def test_the_changelog_starts_with_unreleased_and_names_every_entry() -> None:
    """Every rule and waiver is in a starred line."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", changelog, re.MULTILINE)[0] == "Unreleased"
    starred = " ".join(re.findall(r"^- `\*` (.*(?:\n  .*)*)", changelog, re.MULTILINE))
    for policy in (salla.POLICY, awal.POLICY):
        for entry in policy.entries:
            assert entry.id in starred, entry.id


EXAMPLES = re.findall(
    r"^\| `(\w+)` \| .*? \| `(salla|awal)` `(.*?)` \| `?(.*?)`? \|$",
    (ROOT / "docs" / "reference" / "problems.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize(("code", "platform", "expression", "pointer"), EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_every_code_is_documented_with_an_example(code: str, platform: str, expression: str, pointer: str) -> None:
    """Reading the example gives that code at the documented pointer."""
    module = salla if platform == "salla" else awal
    read: Callable[[Any], object] = module.read_order if code == Code.NOT_AN_ORDER else module.read_patch
    source = eval(expression, {"Failing": Failing})  # noqa: S307 - our own documents.
    with pytest.raises(InvalidInput) as caught:
        read(source)
    assert [(problem.code.value, problem.pointer) for problem in caught.value.problems] == [
        (code, "" if pointer == "the whole" else pointer)
    ]


def test_every_code_has_a_row() -> None:
    """The rows have the order of the enumeration."""
    assert [row[0] for row in EXAMPLES] == [code.value for code in Code if code not in {Code.MISSING, Code.NOT_CSV}]


def test_every_listed_mutant_changes_an_existing_line() -> None:
    """It has a reason; if its line is rewritten, it must be taken off the list."""
    known = listed()
    for change, reason in known.changes.items():
        source = Path(str(importlib.import_module(change.module).__file__)).read_text(encoding="utf-8")
        lines = {line.strip() for line in source.splitlines()}
        assert lines.issuperset(change.removed.splitlines()), change
        assert change.removed != change.added
        assert reason.strip()
    assert all(reason.strip() for reason in known.forms.values())


def test_a_mutant_is_identified_by_the_lines_it_changes() -> None:
    """Their position and indentation do not matter."""
    before = "def f():\n    a = 1\n    b = cast('x', a)\n    return b\n"
    change = change_of("orderrules._x", "f", before, before.replace("a = 1", "a = 2"))
    assert str(change) == "orderrules._x.f\n  - a = 1\n  + a = 2"
    assert not listed().knows(change)
    first, second = (f"    b = cast({kind}, a)" for kind in ('"int"', "None"))
    assert listed().knows(change_of("orderrules._x", "f", first, second))
    assert not listed().knows(change_of("orderrules._x", "f", first, second.replace("a)", "b)")))
