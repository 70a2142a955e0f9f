"""Runs what the documents show: Python blocks, files that the reader writes, and commands.

- A ```` ```python ```` block is run. A ```` ```text ```` block right after it is what it prints.
- A block below ``<!-- file: NAME -->`` is written to a folder of the document, and is not run.
- A ```` ```console ```` block has commands, which begin with ``$``, and what they print. They run in that folder, where
  ``examples`` is the one of the repository, with the commands of this Python first on the path. A line that begins
  with ``>`` continues the command before it.

In what is printed, ``...`` stands for anything.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, SkipParser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent.parent
COLUMNS: Final = "100"
"""The width of the terminal in which commands are run."""
_FILE: Final = re.compile(r"<!-- file: (\S+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PRINTED: Final = re.compile(r"\s*```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_END: Final = "end of output"
_run = PythonEvaluator()


def setup(namespace: dict[str, Any]) -> None:
    """Give a document its folder."""
    folder = Path(tempfile.mkdtemp())
    (folder / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    namespace["_folder"] = folder


def teardown(namespace: dict[str, Any]) -> None:
    """Remove a document's folder."""
    shutil.rmtree(namespace["_folder"])


def _same(expected: str, printed: str) -> str:
    """Return the difference between two texts, or nothing if they are the same."""
    checker, flags = doctest.OutputChecker(), doctest.ELLIPSIS | doctest.REPORT_NDIFF
    if checker.check_output(expected, printed, flags):
        return ""
    return checker.output_difference(doctest.Example("", expected), printed, flags)


def run_python(example: Example) -> str:
    """Run a block, and compare what it prints with the block below it."""
    listing = _PRINTED.match(example.document.text, example.end)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        _run(example)
    return _same(listing[1] if listing else "", out.getvalue())


def parse_python(document: Document) -> Iterator[Region]:
    """Find the Python blocks that are no files."""
    for region in CodeBlockParser("python", run_python)(document):
        if not re.search(r"<!-- file: \S+ -->\n\Z", document.text[: region.start]):
            yield region


def write_file(example: Example) -> str:
    """Write a file into the document's folder."""
    name, text = example.parsed
    path = example.namespace["_folder"] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return ""


def parse_files(document: Document) -> Iterator[Region]:
    """Find the blocks that are files."""
    for match in _FILE.finditer(document.text):
        yield Region(match.start(), match.end(), match.groups(), write_file)


def run_commands(example: Example) -> str:
    """Run the commands of a block in one shell, and compare what each prints."""
    commands: list[str] = []
    expected: list[str] = []
    for line in str(example.parsed).splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append(line[2:])
            expected.append("")
        elif line.startswith("> ") and not expected[-1]:
            commands[-1] += line[2:]
        else:
            expected[-1] += line
    end = f"\nstatus=$?; echo {shlex.quote(_END)}; (exit $status)\n"
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
        "COLUMNS": COLUMNS,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    result = subprocess.run(
        ["sh"],  # noqa: S607 - the shell of this machine.
        input="".join(command + end for command in commands),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        cwd=example.namespace["_folder"], env=environment,
    )  # fmt: skip
    printed = result.stdout.split(f"{_END}\n")
    texts = zip(commands, expected, printed, strict=False)
    differences = [f"$ {command}{different}" for command, text, out in texts if (different := _same(text, out))]
    return "\n".join(differences)


documents = Sybil(
    parsers=[parse_python, parse_files, CodeBlockParser("console", run_commands), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    path=str(ROOT),
    setup=setup,
    teardown=teardown,
)
