"""Imports the examples from their folders."""

from __future__ import annotations

import functools
import importlib
import importlib.util
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


@functools.cache
def platform_example(name: str) -> Any:
    """Import one of the worked platforms, once."""
    path = FOLDER.parent / "platforms" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"worked_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # Where the annotations of its models are looked up.
    spec.loader.exec_module(module)
    return module
