"""Serves a fake or an example in another process, on a free port, which it prints.

``python -m tests.kit.service_process salla completed in_progress`` serves Salla orders in these statuses.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import uvicorn

from orderrules import awal, salla
from orderrules.testing import FakeAwal, FakeSalla, wsgi_app
from tests.kit.examples import example

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class.
        """Log nothing."""


def main(what: str, *arguments: str) -> None:
    """Serve until the process is stopped."""
    if what == "salla":
        _serve(wsgi_app(FakeSalla(salla.Order(status=status) for status in arguments)))
    elif what == "awal":
        _serve(wsgi_app(FakeAwal(awal.Order(status=status) for status in arguments)))
    elif what == "django_shop":
        _serve(example(what).application)
    else:
        # asyncio sends at once only if the socket names TCP as its protocol; otherwise each answer waits 40 ms.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            server = uvicorn.Server(uvicorn.Config(example(what).app, log_level="error", lifespan="off"))
            print(listening.getsockname()[1], flush=True)  # noqa: T201 - the parent process reads it.
            server.run(sockets=[listening])


def _serve(application: Any) -> None:
    with make_server("127.0.0.1", 0, application, _Threading, _Silent) as server:
        print(server.server_port, flush=True)  # noqa: T201 - as above.
        server.serve_forever()


@contextlib.contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[str]:
    """Start a server in another process, yield its address, and stop it."""
    command = [sys.executable, "-m", "tests.kit.service_process", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
