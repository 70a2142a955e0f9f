"""The contents of ``specs/``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderrules import Policy, awal, salla

if TYPE_CHECKING:
    from collections.abc import Callable


SPECS: Final = Path(__file__).parent.parent.parent / "specs"


POLICIES: Final[dict[str, Policy[Any, Any]]] = {"salla": salla.POLICY, "awal": awal.POLICY}


MAKERS: Final[dict[str, Callable[..., Policy[Any, Any]]]] = {"salla": salla.policy, "awal": awal.policy}


def load(name: str) -> dict[str, Any]:
    """Read one of the files."""
    return tomllib.loads((SPECS / f"{name}.toml").read_text(encoding="utf-8"))


CLAUSES: Final[list[dict[str, Any]]] = [
    {"platform": platform, **clause} for platform in POLICIES for clause in load(platform)["clause"]
]


ASSUMPTIONS: Final[list[dict[str, Any]]] = load("assumptions")["assumption"]


ENTRIES: Final[list[dict[str, Any]]] = load("coverage")["entry"]
