"""Lazy imports for a package: a name is imported when it is first used (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def importer(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return a ``__getattr__`` function for a package.

    Args:
        package: the name of the package.
        modules: the modules of the package, each with the names to import from it. The name of a module stands for the
            module itself.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def import_name(name: str) -> object:
        """Import the module of a name, and store the name in the package.

        Raises:
            AttributeError: the package has no such name.
        """
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f"{package}.{module_of[name]}")
        value: object = module if module.__name__.endswith(f".{name}") else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return import_name
