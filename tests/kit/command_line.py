"""The command line, run in this process."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import Final
from unittest import mock

import attrs
import pytest

from orderrules.cli import main
from tests.kit.schemas import check_printed

EXAMPLES: Final = Path(__file__).parent.parent.parent / "examples"


@attrs.frozen
class Result:
    """The output and the exit status of a run."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Standard output, followed by standard error."""
        return self.stdout + self.stderr


def run(*arguments: str, given: str | bytes = b"", columns: int = 200) -> Result:
    """Run the command line in this process, with a terminal of the given width.

    If it prints JSON, each decision and each problem in it is checked by its schema.
    """
    content = given.encode() if isinstance(given, str) else given
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO(content))),
        mock.patch.dict(os.environ, COLUMNS=str(columns)),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as exit_info,
    ):
        main(arguments)
    assert isinstance(exit_info.value.code, int)
    check_printed(out.getvalue())
    return Result(exit_info.value.code, out.getvalue(), err.getvalue())
