"""Imports the examples from where they stand."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent.parent.parent / "examples" / "integrations"


def example(name: str) -> Any:
    """Import one of the examples."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module(name)
