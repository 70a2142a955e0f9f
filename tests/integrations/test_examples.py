"""The example scripts run, and print what the documentation shows."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.kit.examples import FOLDER

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


PAGES = ["httpx", "requests", "fastapi", "starlette", "django", "rest-framework", "sqlalchemy", "dataframes"]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_of_an_integration_names_an_existing_example(name: str) -> None:
    """It also names the extra to install."""
    page = (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")
    examples = re.findall(r"`(examples/[a-z_/]+\.py)`", page)
    assert examples
    assert all((ROOT / name).is_file() for name in examples)
    assert re.search(r"pip install '\.\[[a-z-]+\]'", page)
