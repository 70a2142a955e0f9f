"""Prints the lowest versions that pyproject.toml allows of what the core and the command line need, as constraints."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
for text in [*project["dependencies"], *project["optional-dependencies"]["cli"]]:
    requirement = Requirement(text)
    (floor,) = requirement.specifier
    print(f"{requirement.name}=={floor.version}")
