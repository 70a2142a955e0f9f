"""The example scripts run, and print what the documentation shows."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.kit.examples import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

ROOT = FOLDER.parent.parent
SCRIPTS = ["httpx_client", "requests_client", "guarded_update", "dataframes"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_prints_what_its_page_shows(name: str) -> None:
    """The output is compared character by character."""
    result = subprocess.run([sys.executable, FOLDER / f"{name}.py"], capture_output=True, text=True, check=True)
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "how-to").glob("*.md"))
    listing = re.search(rf"<!-- prints: {name} -->\n```text\n(.*?)```", pages, re.DOTALL)
    assert listing is not None
    assert listing[1] == result.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "how-to").glob("*.md")), ids=lambda path: path.stem)
def test_every_page_names_an_existing_example(path: Path) -> None:
    """It also names the extra to install."""
    page = path.read_text(encoding="utf-8")
    examples = re.findall(r"`(examples/[a-z_/]+\.py)`", page)
    assert examples
    assert all((ROOT / name).is_file() for name in examples)
    assert re.search(r"pip install '\.\[[a-z-]+\]'", page)
