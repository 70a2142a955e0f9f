"""What the documents show is what the rules draw and the code prints."""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING

import pytest

from orderrules import __version__
from tests.tables import DOCUMENTS, ROOT, drawn

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_tables_are_those_that_the_rules_draw(path: Path) -> None:
    """``make tables`` draws them anew."""
    document = path.read_text(encoding="utf-8")
    assert drawn(document) == document


def test_the_readme_prints_what_it_says() -> None:
    """Its first example, and the lines under it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code, printed = re.findall(r"```(?:python|text)\n(.*?)```", readme, re.DOTALL)[:2]
    assert len(code.splitlines()) == 12
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own text.
    assert out.getvalue() == printed


def test_the_changelog_names_this_version() -> None:
    """With what is not yet released on top."""
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert any(heading.startswith(f"{__version__} ") for heading in headings) or __version__ == "0.1.0"
