"""A small order service that embeds orderrules: Awal's Update Order, enforced, on FastAPI and SQLite.

Run it with ``uvicorn examples.service.app:app``; it keeps its orders in memory unless ORDERS names a file.
The rules are the library's: the service reads strictly, asks ``can_update`` and writes what ``apply`` says, in one
transaction, so that nobody moves the order between the check and the write.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from orderrules import InvalidInput, UpdateRefused, awal

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = ("status", "payment_status", "shipping_date", "delivery_date", "admin_notes", "branch_id")
PROBLEM = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "details": {"type": "array"}},
    "required": ["error"],
}
ORDER = {"type": "object", "properties": {"data": {"type": "object"}}, "required": ["data"]}


class Store:
    """Orders in SQLite, each changed in a transaction of its own."""

    def __init__(self, path: str) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        columns = ", ".join(f"{name} TEXT" for name in FIELDS)
        self._database.execute(f"CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, {columns})")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the database, and take back what was written where something is raised."""
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def load(database: sqlite3.Connection, number: int) -> awal.Order | None:
    """Read an order from its row."""
    row = database.execute(f"SELECT {', '.join(FIELDS)} FROM orders WHERE id = ?", (number,)).fetchone()
    return None if row is None else awal.read_order({"id": number, **dict(zip(FIELDS, row, strict=True))})


def save(database: sqlite3.Connection, order: awal.Order) -> int:
    """Write an order to its row, a new one where it has no id, and give the id."""
    told = awal.to_payload(order)
    marks = ", ".join("?" for _ in ("id", *FIELDS))
    values = [told["id"], *(told[name] for name in FIELDS)]
    cursor = database.execute(f"INSERT OR REPLACE INTO orders (id, {', '.join(FIELDS)}) VALUES ({marks})", values)
    return int(cursor.lastrowid or 0)


def make(path: str = ":memory:") -> FastAPI:
    """Make the service, on a database of its own."""
    app = FastAPI(title="orders", version="1")
    store = Store(path)

    def error(status: int, message: str, details: list[Any] | None = None) -> JSONResponse:
        return JSONResponse({"error": message, "details": details or []}, status)

    @app.exception_handler(InvalidInput)
    def unreadable(_: Request, problems: InvalidInput) -> JSONResponse:
        return error(400, "the request cannot be read", [str(problem) for problem in problems.problems])

    @app.exception_handler(UpdateRefused)
    def refused(_: Request, refusal: UpdateRefused) -> JSONResponse:
        return error(422, "the update is refused", list(refusal.decision.to_dict()["violations"]))  # type: ignore[call-overload]

    @app.get("/orders/{number}", responses={200: _of(ORDER), 404: _of(PROBLEM), 422: _of(PROBLEM)})
    def read(number: int) -> Any:
        with store.transaction() as database:
            order = load(database, number) if 0 < number < 1 << 62 else None
        return error(404, "there is no such order") if order is None else {"data": awal.to_payload(order)}

    @app.post(
        "/orders",
        status_code=201,
        responses={201: _of(ORDER), 400: _of(PROBLEM)},
        openapi_extra=_body(
            {
                "type": "object",
                "properties": {"status": {"enum": list(awal.Status)}},
                "required": ["status"],
            }
        ),
    )
    async def create(request: Request) -> Any:
        order = awal.read_order(await request.body())
        if not isinstance(order.status, awal.Status):
            return error(400, "an order begins in one of the five statuses")
        with store.transaction() as database:
            number = save(database, awal.Order(**{name: getattr(order, name) for name in FIELDS}))
            return {"data": awal.to_payload(load(database, number) or order)}

    @app.put(
        "/orders/{number}",
        responses={200: _of(ORDER), 400: _of(PROBLEM), 404: _of(PROBLEM), 422: _of(PROBLEM)},
        openapi_extra=_body(awal.POLICY.schema())
        | {"parameters": [{"name": "phone_number_id", "in": "query", "required": True, "schema": {"type": "string"}}]},
    )
    async def update(number: int, request: Request) -> Any:
        asked = awal.read_request(number, request.url.query, await request.body())
        with store.transaction() as database:
            order = load(database, number) if 0 < number < 1 << 62 else None
            if order is None:
                return error(404, "there is no such order")
            updated = awal.POLICY.apply(order, asked.patch)  # Raises UpdateRefused, and nothing is written.
            save(database, updated)
        return {"status": True, "message": "Order updated successfully", "data": awal.to_payload(updated)}

    return app


def _of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "as it says", "content": {"application/json": {"schema": schema}}}


def _body(schema: dict[str, object]) -> dict[str, Any]:
    told = {key: value for key, value in schema.items() if key != "$schema"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": told}}}}


app = make(os.environ.get("ORDERS", ":memory:"))
