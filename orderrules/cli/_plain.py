# pyright: standard
# Arrow brings no types.
"""Files as they are when nothing is compressed: what a stream is, is known by its first bytes.

It must never know what is in a file.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from typing import IO, TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

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


def uncompressed(stream: IO[bytes]) -> tuple[IO[bytes], bool]:
    """Give a stream as it is when nothing is compressed, and whether something was."""
    buffered: Any = stream if hasattr(stream, "peek") else io.BufferedReader(cast("io.RawIOBase", stream))
    beginning = bytes(buffered.peek(6)[:6])
    for begins, opened in _BY_BEGINNING:
        if beginning.startswith(begins):
            return cast("IO[bytes]", opened(buffered)), True
    return buffered, False


@contextlib.contextmanager
def named(path: str) -> Generator[None]:
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


def each_named(path: str, read: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """Walk what is read of a file, and name it in whatever goes wrong."""
    with named(path):
        yield from read()
