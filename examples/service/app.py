"""A small order service that embeds orderrules: Awal's Update Order, enforced, on FastAPI and SQLAlchemy.

Run it with ``uvicorn examples.service.app:app``; it keeps its orders in memory unless ORDERS names a database's URL.
The rules are the library's: the service reads strictly, decides on the order that it sees, and writes by one statement
that is held to the same rules, so that nobody moves the order between the check and the write.
"""

from __future__ import annotations

import os
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy.pool import StaticPool

from orderrules import awal
from orderrules.integrations.fastapi import Updates, problem_handlers, share_schemas
from orderrules.integrations.sqlalchemy import Verdict, guarded_update

FIELDS = ("status", "payment_status", "shipping_date", "delivery_date", "admin_notes", "branch_id")
PROBLEM = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
ORDER = {"type": "object", "properties": {"data": {"type": "object"}}, "required": ["data"]}

orders = sa.Table(
    "orders",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    *(sa.Column(name, sa.Text, nullable=name != "status") for name in FIELDS),
)
updates = Updates(awal.ENDPOINT, parameter="number")


def load(connection: sa.Connection, number: int) -> awal.Order | None:
    """Read an order from its row."""
    row = connection.execute(sa.select(orders).where(orders.c.id == number)).mappings().first()
    return None if row is None else awal.read_order(row)


def answer(status: int, title: str) -> JSONResponse:
    """Answer that something else is wrong than the update."""
    told = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(told, status, media_type="application/problem+json")


def make(url: str = "sqlite://") -> FastAPI:
    """Make the service, on a database."""
    memory = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}} if url == "sqlite://" else {}
    engine = sa.create_engine(url, **memory)
    orders.metadata.create_all(engine)
    app = FastAPI(title="orders", version="1", exception_handlers=problem_handlers(awal.ENDPOINT))

    @app.get("/orders/{number}", responses={200: _of(ORDER), 404: _of(PROBLEM)})
    def read(number: int) -> Any:
        with engine.begin() as connection:
            order = load(connection, number) if 0 < number < 1 << 63 else None
        return answer(404, "Not Found") if order is None else {"data": awal.to_payload(order)}

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
            return answer(400, "an order begins in one of the five statuses")
        with engine.begin() as connection:
            row = {name: value for name, value in awal.to_payload(order).items() if name in FIELDS}
            made = connection.execute(orders.insert().values(row).returning(orders.c.id))
            return {"data": awal.to_payload(load(connection, made.scalar_one()) or order)}

    @app.put("/orders/{number}", **updates.route({200: _of(ORDER), 404: _of(PROBLEM), 409: _of(PROBLEM)}))
    def update(number: int, patch: Annotated[awal.Patch, Depends(updates)]) -> Any:
        with engine.begin() as connection:
            order = load(connection, number)
            if order is None:
                return answer(404, "Not Found")
            updates.apply(order, patch)  # Raises UpdateRefused, and nothing is written.
            statement = orders.update().where(orders.c.id == number)
            outcome = guarded_update(connection, statement, awal.POLICY, patch, orders.c, seen=order)
        if outcome.verdict is Verdict.GONE or outcome.row is None:
            return answer(404, "Not Found")
        if not outcome:
            return answer(409, "another writer moved the order meanwhile")
        after = awal.to_payload(awal.read_order(outcome.row))
        return {"status": True, "message": "Order updated successfully", "data": after}

    share_schemas(app)
    return app


def _of(schema: dict[str, Any]) -> dict[str, Any]:
    media = "application/problem+json" if schema is PROBLEM else "application/json"
    return {"description": "as it says", "content": {media: {"schema": schema}}}


def _body(schema: dict[str, object]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


app = make(os.environ.get("ORDERS", "sqlite://"))
