# pyright: standard
# Arrow has no type annotations.
"""Files: read compressed ones, and write new ones completely or not at all.

Compression is recognised by the first bytes. A new file is written to a temporary file in the same folder, which is
renamed at the end.
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
"""The suffixes of compressed files."""


def _open_zstd(stream: IO[bytes]) -> Any:  # noqa: ANN401 - a stream of Arrow.
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")


_OPENERS: Final[tuple[tuple[bytes, Callable[[Any], Any]], ...]] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", _open_zstd),
)


def decompress(stream: IO[bytes]) -> tuple[IO[bytes], bool]:
    """Return a stream of decompressed bytes, and whether the given stream was compressed."""
    buffered: Any = stream if hasattr(stream, "peek") else io.BufferedReader(cast("io.RawIOBase", stream))
    beginning = bytes(buffered.peek(6)[:6])
    for magic, open_stream in _OPENERS:
        if beginning.startswith(magic):
            return cast("IO[bytes]", open_stream(buffered)), True
    return buffered, False


@contextlib.contextmanager
def name_in_errors(path: str) -> Generator[None]:
    """Add the name of a file to errors that are raised inside.

    Raises:
        OSError: reading, writing or decompressing failed; the message has the name of the file.
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
    """Iterate over what ``read`` returns, and add the name of the file to errors."""
    with name_in_errors(path):
        yield from read()


_NEW_FILE_MODE: Final = 0o666
"""The mode of a new file, before the umask is applied."""


def output_path(path: str, *others: str | None) -> Path:
    """Return the path of a file to be written, with links resolved.

    Args:
        path: the path that the user gave.
        others: the other files that the same command reads or writes.

    Raises:
        UnusableError: the file cannot be written, is one of the others, or is the standard output or error of this
            process.
    """
    if path == "-":
        raise UnusableError("an output file needs a name; it cannot be - (standard output)")
    place = Path(os.path.realpath(path))
    if not place.parent.is_dir():
        raise UnusableError(f"{path}: its folder does not exist")
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        raise UnusableError(f"{path}: exists, and is not a regular file")
    for other in others:
        if other is not None and os.path.realpath(other) == str(place):
            raise UnusableError(f"{path}: is also another file of this command")
    for number in (1, 2):
        with contextlib.suppress(OSError):
            if place.exists() and os.path.samestat(os.fstat(number), place.stat()):
                raise UnusableError(f"{path}: is where this command prints its output")
    return place


@contextlib.contextmanager
def write_whole(places: list[Path]) -> Generator[list[Path]]:
    """Yield a temporary path for each place; at the end, each temporary file is renamed to its place.

    If an error is raised inside, or a signal ends the process, the temporary files are deleted and the places are left
    as they were. A file that is replaced keeps its mode. Only the user can read the temporary files.
    """
    temporary = [place.with_name(f".{uuid.uuid4().hex}.part") for place in places]
    with _SignalHandlers() as handlers:
        try:
            for path in temporary:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            yield temporary
            handlers.ignore()
            for path, place in zip(temporary, places, strict=True):
                path.chmod(stat.S_IMODE(place.stat().st_mode) if place.exists() else _NEW_FILE_MODE & ~_umask())
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            for path, place in zip(temporary, places, strict=True):
                path.replace(place)
        finally:
            handlers.ignore()
            for path in temporary:
                path.unlink(missing_ok=True)


def _umask() -> int:
    # Python can read the umask only by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask


class _SignalHandlers:
    """Handlers that turn the first ending signal into an exception, and ignore the later ones.

    So the ``finally`` blocks run to their end when the process is interrupted, terminated or loses its terminal.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Callable[..., Any] | int | None] = {}
        self._signalled = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
            # A signal that is ignored, for example by nohup, stays ignored.
            self._before = {
                number: handler
                for number in numbers
                if (handler := signal.getsignal(number)) in {signal.SIG_DFL, signal.default_int_handler}
            }
            for number in self._before:
                signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if self._signalled:
            return  # The process is ending: a second signal must not interrupt it.
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def ignore(self) -> None:
        """Ignore the signals from now on."""
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)

    def _handle(self, number: int, _: object) -> NoReturn:
        self._signalled = True
        self.ignore()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
