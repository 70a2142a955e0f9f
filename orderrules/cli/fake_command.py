"""The command fake: serve a fake of a platform's API, for test suites in any language."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from orderrules.cli import app as _app
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, TROUBLE, Answered, report_problems
from orderrules.reading.limits import ORDER_LIMITS
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from orderrules.testing.fakes import Fake

_MOST_BYTES: Final = 64 * ORDER_LIMITS.size


def fake(name: str | None, orders: str | None, host: str, port: int, **assumptions: Any) -> NoReturn:  # noqa: ANN401 - parsed by click.
    r"""Serve a fake of a platform's API, for test suites in any language.

    It keeps orders in memory, enforces the rules, and answers GET and PUT /orders/ID in the format of the API's page.
    The orders are those in FILE: a JSON array of orders as the API returns them, or one order. "guest": true beside the
    keys of an order makes its customer a guest. Without FILE, there is one order in each status.

    Three addresses are about the fake itself:

    \b
    GET  /_orders   the orders: facts, payload, and what was written
    POST /_orders   store another order; the answer has its id
    POST /_faults   {"fault": "too many requests", "method": "PUT", "times": 1}: fail then

    \b
    Examples:
      orderrules fake --platform salla --orders orders.json --port 8000
      curl -X PUT localhost:8000/orders/1 -d '{"coupon_code": "EID"}'
      curl -X POST localhost:8000/_faults -d '{"fault": "server error"}'

    The first line of standard output is the address. --port 0 takes a free port. It needs pip install
    'orderrules[serve]', and serves until it is stopped.
    """
    try:
        import uvicorn

        from orderrules.testing.serving import asgi_app
    except ImportError as error:
        raise click.ClickException(f"pip install 'orderrules[serve]' ({error})") from error
    if name is None:
        raise click.UsageError("no platform was chosen: give --platform")
    served = _make_fake(name, assumptions)
    try:
        _add_orders(served, orders)
    except InvalidInput as error:
        report_problems(orders or "-", error)
        raise Answered("", TROUBLE) from error
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
        click.echo(f"http://{host}:{listening.getsockname()[1]}")
        click.echo(f"serving {name} with {len(served.orders)} orders; stop with Ctrl+C", err=True)
        server = uvicorn.Server(uvicorn.Config(asgi_app(served), log_level="warning", lifespan="off"))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    raise Answered("", ALLOWED)


def _make_fake(name: str, assumptions: dict[str, Any]) -> Fake[Any, Any]:
    from orderrules.testing.fakes import FAKES

    return FAKES[name](policy=_app.choose_policy(name, None, assumptions))


def _add_orders(served: Fake[Any, Any], path: str | None) -> None:
    """Store the orders of a file, or one order in each status.

    Raises:
        InvalidInput: an order cannot be read; the pointer begins with its place in the file.
        click.UsageError: the file is no JSON, or two orders have one id.
    """
    from orderrules.testing.serving import order_from_json
    from orderrules.testing.walk import kinds_of_orders

    if path is None:
        by_status: dict[object, Any] = {}
        (fact, *_) = served.policy.order_type.__space__.facts
        for order in kinds_of_orders(served.policy):
            by_status.setdefault(fact.of(order), order)
        for order in by_status.values():
            served.add(order.replace(id=None))
        return
    try:
        data: Any = json.loads(_app.read_bytes(path, _MOST_BYTES))
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise click.UsageError(f"{path}: expected a JSON array of orders: {error}") from error
    listed: list[Any] = data if isinstance(data, list) else [data]  # pyright: ignore[reportUnknownVariableType]
    for number, entry in enumerate(listed):
        try:
            served.add(order_from_json(served, entry))
        except InvalidInput as error:
            raise error.each(lambda problem, place=str(number): problem.under(place)) from None  # type: ignore[misc]
        except (TypeError, ValueError) as error:
            raise click.UsageError(f"{path}: order {number}: {error}") from error


_app.add_command(
    fake,
    fake,
    [
        click.Option(["--platform", "name"], type=click.Choice(list(_app.PLATFORMS)), help="The platform.  [required]"),
        click.Option(["--orders"], type=FILE, metavar="FILE", help="A JSON array of orders, or - for standard input."),
        click.Option(["--host"], default="127.0.0.1", show_default=True, help="The address to listen on."),
        click.Option(["--port"], type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port."),
        *ASSUMPTIONS,
    ],
)
