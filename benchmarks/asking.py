"""Measures what the integrations add to a request and to an UPDATE statement.

``python benchmarks/asking.py`` serves one order over HTTP on a port that it prints, for the requests over loopback.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import requests
import sqlalchemy as sa
from measure import Row, row
from requests.adapters import BaseAdapter

from orderrules import UpdateRefused, awal
from orderrules.integrations import Gate
from orderrules.integrations.httpx import GuardedTransport
from orderrules.integrations.requests import GuardedAdapter
from orderrules.integrations.sqlalchemy import guarded_update, to_sqlalchemy
from tests.kit.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b'{"status": "accepted", "payment_status": "paid", "admin_notes": "Shipped via express courier"}'
BACK = b'{"status": "pending"}'
ORDER = b'{"status": true, "data": {"id": 1, "status": "accepted", "payment_status": "paid"}}'
URL = "https://shop.example/orders/1?phone_number_id=1"
NUMBER = 7
ACCEPTED = awal.Order(status="accepted")


class LocalTransport(httpx.BaseTransport):
    """A transport that answers without a network."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - all answers are the same.
        """Return the order."""
        return httpx.Response(200, stream=httpx.ByteStream(ORDER))


class LocalAdapter(BaseAdapter):
    """An adapter that answers without a network."""

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        """Return the order."""
        response = requests.Response()
        response.status_code, response.raw, response.request = 200, io.BytesIO(ORDER), request
        return response

    def close(self) -> None:
        """Do nothing."""


class Server(BaseHTTPRequestHandler):
    """A server that answers every request with one order, and keeps the connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Read the body, and return the order."""
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.send_response(200)
        self.send_header("content-length", str(len(ORDER)))
        self.end_headers()
        self.wfile.write(ORDER)

    do_PUT = do_GET  # noqa: N815 - the name in the base class.

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class.
        """Log nothing."""


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Start a server in another process, yield the URL of its order, and stop the server."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - it runs this file.
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/orders/1?phone_number_id=1"
        finally:
            process.terminate()


def is_sent(client: httpx.Client, request: httpx.Request) -> bool:
    """Send a request, and return whether the gate let it pass."""
    try:
        client.send(request)
    except UpdateRefused:
        return False
    return True


def requests_that_leave() -> Iterator[Row]:
    """Measure a client with a gate, against the same client without it."""
    plain = httpx.Client(transport=LocalTransport())
    kept = httpx.Client(transport=GuardedTransport(Gate(awal.ENDPOINT, max_age=1e9), LocalTransport()))
    given = httpx.Client(transport=GuardedTransport(Gate(awal.ENDPOINT, orders=lambda _: ACCEPTED), LocalTransport()))
    put = httpx.Request("PUT", URL, content=BODY)
    back = httpx.Request("PUT", URL, content=BACK)
    get = httpx.Request("GET", URL)
    assert is_sent(kept, put)
    assert not is_sent(given, back)
    bare = {"client": plain}
    for what, client, request, goal in (
        ("a GET that is none of its business", kept, get, None),
        ("an update, its order kept", kept, put, 2.0),
        ("an update, its order given", given, put, 2.0),
    ):
        yield row(
            f"httpx, {what}", ("client.send(request)", {"client": client, "request": request}),
            "httpx, answered without a network", ("client.send(request)", {**bare, "request": request}), goal,
        )  # fmt: skip
    yield row(
        "httpx, an update that is held back",
        ("is_sent(client, request)", {"is_sent": is_sent, "client": given, "request": back}),
        "httpx, answered without a network", ("client.send(request)", {**bare, "request": back}),
    )  # fmt: skip
    prepared = requests.Request("PUT", URL, data=BODY).prepare()
    sessions = {"plain": requests.Session(), "given": requests.Session()}
    gate = Gate(awal.ENDPOINT, orders=lambda _: ACCEPTED)
    sessions["plain"].mount("https://", LocalAdapter())
    sessions["given"].mount("https://", GuardedAdapter(gate, LocalAdapter()))
    yield row(
        "requests, an update, its order given",
        ("session.send(request)", {"session": sessions["given"], "request": prepared}),
        "requests, answered without a network",
        ("session.send(request)", {"session": sessions["plain"], "request": prepared}),
    )  # fmt: skip
    with serving() as url, httpx.Client(transport=GuardedTransport(Gate(awal.ENDPOINT, max_age=1e9))) as guarded:
        over = httpx.Request("PUT", url, content=BODY)
        with httpx.Client() as client:
            yield row(
                "httpx over loopback, an update, its order kept",
                ("client.send(request)", {"client": guarded, "request": over}),
                "httpx over loopback", ("client.send(request)", {"client": client, "request": over}),
            )  # fmt: skip


def statements_that_write() -> Iterator[Row]:
    """Measure a guard in a statement, against the same condition written by hand."""
    with postgres() as url:
        for name, address in (("SQLite", "sqlite://"), ("PostgreSQL", url)):
            engine = sa.create_engine(address)
            yield from _statements(engine, name)
            engine.dispose()


def _statements(engine: sa.Engine, name: str) -> Iterator[Row]:
    orders = sa.Table(
        "orders",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
    )
    patch = awal.Patch(status=awal.Status.ACCEPTED)
    with engine.connect() as connection:
        orders.metadata.create_all(connection)
        connection.execute(orders.insert(), [{"id": number, "status": "accepted"} for number in range(1000)])
        by_number = sa.update(orders).where(orders.c.id == NUMBER).values(status="accepted")
        ours = by_number.where(to_sqlalchemy(awal.POLICY.guard(patch), orders.c))
        theirs = by_number.where(orders.c.status.in_(["pending", "accepted"]))
        assert str(ours.compile(engine)) == str(theirs.compile(engine))
        own = {"execute": connection.execute, "statement": ours}
        yield row(
            f"{name}, a guarded UPDATE", ("execute(statement)", own), "the same by hand",
            ("execute(statement)", {**own, "statement": theirs}), 1.05,
        )  # fmt: skip
        made = {"connection": connection, "statement": sa.update(orders).where(orders.c.id == NUMBER)}
        asked = {**made, "update": guarded_update, "policy": awal.POLICY, "patch": patch, "columns": orders.c}
        yield row(
            f"{name}, guarded_update",
            ("update(connection, statement, policy, patch, columns)", asked),
            "the condition and the UPDATE by hand",
            (
                "connection.execute(statement.where(status.in_(['pending', 'accepted']))).rowcount",
                {**made, "statement": by_number, "status": orders.c.status},
            ),
        )  # fmt: skip
        connection.rollback()


def asking() -> Iterator[Row]:
    """Measure requests and statements."""
    yield from requests_that_leave()
    yield from statements_that_write()


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        print(server.server_port, flush=True)
        server.serve_forever()
