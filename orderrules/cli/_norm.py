"""The norm, read for who asks what a clause says: the files in ``specs/``, which the installed package carries along.

Nothing is decided by them: the rules are data of their own, and the tests hold the two together.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any, Final

_INSTALLED: Final = Path(__file__).parent.parent / "specs"
_CHECKOUT: Final = Path(__file__).parent.parent.parent / "specs"


@functools.cache
def entries() -> dict[str, dict[str, Any]]:
    """Read every clause and reading, by id.

    Raises:
        FileNotFoundError: the files are not there, in the package or beside it.
    """
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    found: dict[str, dict[str, Any]] = {}
    for name, kind in (("salla", "clause"), ("awal", "clause"), ("readings", "reading")):
        document = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for entry in document[kind]:
            found[entry["id"]] = {"platform": document.get("platform"), **entry}
    return found
