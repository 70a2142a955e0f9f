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
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_NEW: Final = 0o666
"""The rights of a new file, less what the user's mask takes."""


def free(path: str, *others: str | None) -> Path:
    """Give the place of a file to be written, where a link leads to.

    Raises:
        click.UsageError: nothing can be put there, another file of the same command stands or will stand there, or it
            is where the command prints.
    """
    if path == "-":
        raise click.UsageError("a file is written by its name, and not to standard output")
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        raise click.UsageError(f"{path}: there is no such folder")
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        raise click.UsageError(f"{path}: is there, and is no file")
    for other in others:
        if other is not None and os.path.realpath(other) == str(place):
            raise click.UsageError(f"{path}: is another file of this command as well")
    for number in (1, 2):
        with contextlib.suppress(OSError):
            if place.exists() and os.path.samestat(os.fstat(number), place.stat()):
                raise click.UsageError(f"{path}: is where this command prints")
    return place


@contextlib.contextmanager
def whole(places: list[Path]) -> Generator[list[Path]]:
    """Give a path beside each place; what was written there is moved to its place when nothing went wrong.

    When something did, or the process was told to end, nothing of it is left, and what stood there before still does.
    What was there keeps its rights, and until then nobody else may read.
    """
    beside = [place.with_name(f".{uuid.uuid4().hex}.part") for place in places]
    with _Ends() as ends:
        try:
            for path in beside:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            yield beside
            ends.ignore()
            for path, place in zip(beside, places, strict=True):
                path.chmod(stat.S_IMODE(place.stat().st_mode) if place.exists() else _NEW & ~_mask())
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            for path, place in zip(beside, places, strict=True):
                path.replace(place)
        finally:
            ends.ignore()
            for path in beside:
                path.unlink(missing_ok=True)


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class _Ends:
    """Lets a process that is told to end, or whose terminal went away, put its things in order, whatever comes next."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Callable[..., Any] | int | None] = {}
        self._told = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
            # What is ignored, as by nohup, stays so.
            self._before = {
                number: handler
                for number in numbers
                if (handler := signal.getsignal(number)) in {signal.SIG_DFL, signal.default_int_handler}
            }
            for number in self._before:
                signal.signal(number, self._end)
        return self

    def __exit__(self, *_: object) -> None:
        if self._told:
            return  # The process ends, and is not to be told again.
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ignore(self) -> None:
        """Hear nothing more."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def _end(self, number: int, _: object) -> NoReturn:
        self._told = True
        self.ignore()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
