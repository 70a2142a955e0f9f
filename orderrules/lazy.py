"""The names of a package, each imported when it is first used (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def importer(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Make the ``__getattr__`` of a package.

    Args:
        package: the name of the package.
        modules: its modules, each with the names that are imported from it; a module's own name is the module itself.
    """
    module_of = {name: module for module, names in modules.items() for name in names}

    def import_name(name: str) -> object:
        """Import the module of a name.

        Raises:
            AttributeError: there is no such name.
        """
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(f"{package}.{module_of[name]}")
        found: object = module if module.__name__.endswith(f".{name}") else getattr(module, name)
        setattr(sys.modules[package], name, found)
        return found

    return import_name
