# pyright: standard
# Arrow has no types.
"""Files: compressed ones read as plain, and new ones that appear whole or not at all.

Compression is recognised by the first bytes. A new file is written beside its place, and moved there at the end.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import signal
import stat
import threading
import uuid
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Self, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator


class UnusableError(Exception):
    """A file cannot be used: it is of another kind, lacks a column, or cannot be written."""


COMPRESSED: Final = (".gz", ".bz2", ".xz", ".zst")
"""How the names of compressed files end."""


def _zstd(stream: IO[bytes]) -> Any:  # noqa: ANN401 - Arrow's.
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


_BY_BEGINNING: Final[tuple[tuple[bytes, Callable[[Any], Any]], ...]] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", _zstd),
)


def decompress(stream: IO[bytes]) -> tuple[IO[bytes], bool]:
    """Give a stream as it is when nothing is compressed, and whether something was."""
    buffered: Any = stream if hasattr(stream, "peek") else io.BufferedReader(cast("io.RawIOBase", stream))
    beginning = bytes(buffered.peek(6)[:6])
    for begins, opened in _BY_BEGINNING:
        if beginning.startswith(begins):
            return cast("IO[bytes]", opened(buffered)), True
    return buffered, False


@contextlib.contextmanager
def name_in_errors(path: str) -> Generator[None]:
    """Name the file in whatever goes wrong with it.

    Raises:
        OSError: as it was raised, with the name of the file.
    """
    try:
        yield
    except (EOFError, lzma.LZMAError, zlib.error) as error:
        raise OSError(f"{path}: {error}") from error
    except OSError as error:
        if error.filename is not None or isinstance(error, BrokenPipeError):
            raise
        raise OSError(f"{path}: {error.strerror or error}") from error


def iterate_named(path: str, read: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """Walk what is read of a file, and name it in whatever goes wrong."""
    with name_in_errors(path):
        yield from read()


_NEW: Final = 0o666
"""The rights of a new file, less what the user's mask takes."""


def output_path(path: str, *others: str | None) -> Path:
    """Give the place of a file to be written, where a link leads to.

    Raises:
        UnusableError: nothing can be put there, another file of the same command stands or will stand there, or it
            is where the command prints.
    """
    if path == "-":
        raise UnusableError("a file is written by its name, and not to standard output")
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        raise UnusableError(f"{path}: there is no such folder")
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        raise UnusableError(f"{path}: is there, and is no file")
    for other in others:
        if other is not None and os.path.realpath(other) == str(place):
            raise UnusableError(f"{path}: is another file of this command as well")
    for number in (1, 2):
        with contextlib.suppress(OSError):
            if place.exists() and os.path.samestat(os.fstat(number), place.stat()):
                raise UnusableError(f"{path}: is where this command prints")
    return place


@contextlib.contextmanager
def write_whole(places: list[Path]) -> Generator[list[Path]]:
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
