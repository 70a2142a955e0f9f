"""Serves a fake of Salla on loopback, for the examples that send requests."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from orderrules import salla
from orderrules.testing import FakeSalla, wsgi_app

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base has it.
        """Log nothing."""


@contextlib.contextmanager
def shop() -> Iterator[str]:
    """Serve three orders, completed, in progress and delivered, and give the address."""
    orders = [salla.Order(id=number, status=status) for number, status in enumerate(_STATUSES, 1)]
    with make_server("127.0.0.1", 0, wsgi_app(FakeSalla(orders)), handler_class=_Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


_STATUSES = (salla.Status.COMPLETED, salla.Status.IN_PROGRESS, salla.Status.DELIVERED)
