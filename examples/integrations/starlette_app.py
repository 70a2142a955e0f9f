"""A service on Starlette, with its orders in memory: ``uvicorn --app-dir examples/integrations starlette_app:app``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orderrules import salla
from orderrules.integrations.starlette import apply, problem_handlers, read_update

if TYPE_CHECKING:
    from starlette.requests import Request

orders = {
    1: salla.Order(id=1, status=salla.Status.COMPLETED, customer=salla.CustomerKind.REGISTERED),
    2: salla.Order(id=2, status=salla.Status.IN_PROGRESS),
}


async def show(request: Request) -> Response:
    """Show an order."""
    number = int(request.path_params["order_id"])
    if number not in orders:
        raise HTTPException(404)
    return JSONResponse({"status": 200, "success": True, "data": salla.to_payload(orders[number])})


async def update(request: Request) -> Response:
    """Read an update, decide, and write it; nothing is awaited in between, so nobody else writes."""
    patch = await read_update(salla.ENDPOINT, request)
    number = int(request.path_params["order_id"])
    if number not in orders:
        raise HTTPException(404)
    orders[number] = apply(salla.POLICY, orders[number], patch)
    return JSONResponse({"status": 200, "success": True, "data": salla.to_payload(orders[number])})


app = Starlette(
    routes=[Route("/orders/{order_id:int}", show), Route("/orders/{order_id:int}", update, methods=["PUT"])],
    exception_handlers=problem_handlers(salla.ENDPOINT, types="https://shop.example/problems/"),
)
