"""Doors: the names of a package, each imported when it is first used.

It must never know what is behind a door.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def doors(package: str, rooms: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Make the ``__getattr__`` of a package.

    Args:
        package: the name of the package.
        rooms: its modules, each with the names that are taken from it; a module's own name stands for the module.
    """
    room_of = {name: room for room, names in rooms.items() for name in names}

    def imported(name: str) -> object:
        """Import the room of a name.

        Raises:
            AttributeError: there is no such name.
        """
        if name not in room_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        room = importlib.import_module(f"{package}.{room_of[name]}")
        found: object = room if room.__name__.endswith(f".{name}") else getattr(room, name)
        setattr(sys.modules[package], name, found)
        return found

    return imported
