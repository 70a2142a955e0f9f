"""Files that appear whole or not at all: they are written beside their places, and moved there when all is done.

It must never know what is in them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Generator


def free(path: str, *others: str | None) -> Path:
    """Give the place of a file to be written, where a link leads to.

    Raises:
        click.UsageError: nothing can be put there, or another file of the same command stands or will stand there.
    """
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        raise click.UsageError(f"{path}: there is no such folder")
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        raise click.UsageError(f"{path}: is there, and is no file")
    for other in others:
        if other is not None and os.path.realpath(other) == str(place):
            raise click.UsageError(f"{path}: is another file of this command as well")
    return place


@contextlib.contextmanager
def whole(places: list[Path]) -> Generator[list[Path]]:
    """Give a path beside each place; what was written there is moved to its place when nothing went wrong.

    When something did, or the process was told to end, nothing of it is left, and what stood there before still does.
    """
    beside = [place.with_name(f".{place.name[:100]}.{uuid.uuid4().hex}.part") for place in places]
    with _ended_in_order():
        try:
            for path in beside:
                path.touch(exist_ok=False)
            yield beside
            for path in beside:
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            for path, place in zip(beside, places, strict=True):
                path.replace(place)
        finally:
            for path in beside:
                path.unlink(missing_ok=True)


def _end(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def _ended_in_order() -> Generator[None]:
    """Let a process that is told to end, or whose terminal went away, put its things in order first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ends = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What is ignored, as by nohup, stays so.
    ends = [number for number in ends if signal.getsignal(number) is signal.SIG_DFL]
    for number in ends:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ends:
            signal.signal(number, signal.SIG_DFL)
