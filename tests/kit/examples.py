"""Imports the examples from their folders."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent.parent.parent / "examples" / "integrations"
_MODULES: Final = {"service": "app"}


def example(name: str) -> Any:
    """Import one of the examples; *service* has a folder of its own."""
    for folder in (FOLDER, FOLDER.parent / "service"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return importlib.import_module(_MODULES.get(name, name))
