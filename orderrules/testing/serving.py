"""A fake as an ASGI application, with two addresses of its own to look inside and to make it fail.

``GET /_orders`` answers what it stores, ``POST /_orders`` stores another order, ``POST /_faults`` schedules a fault.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from orderrules.grammar.condition_json import shown_to_json
from orderrules.reading.bodies import write_body
from orderrules.reading.fields import UNSET
from orderrules.reading.problems import InvalidInput
from orderrules.testing.fakes import Answer, Fake, Fault, NoAnswerError, json_answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Message = dict[str, Any]
    App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


def asgi_app(fake: Fake[Any, Any]) -> App:
    """Return an ASGI application that passes its requests to a fake. If the fake does not answer, it answers 504.

    Raises:
        TypeError: the argument is not a fake.
    """
    if not isinstance(fake, Fake):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"expected a fake, got {type(fake).__name__}")

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = _answer(fake, scope["method"], scope["path"], scope["query_string"].decode("latin-1"), body)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        headers.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return app


def _answer(fake: Fake[Any, Any], method: str, path: str, query: str, body: bytes) -> Answer:
    if path in {"/_orders", "/_faults"}:
        try:
            return _answer_control(fake, method, path, body)
        except InvalidInput as error:
            return json_answer(400, error.to_dict())
        except (TypeError, ValueError) as error:
            return json_answer(400, {"message": str(error)})
    try:
        return fake.handle(method, path, query, body)
    except NoAnswerError as error:
        return json_answer(504, {"message": str(error)})


def _answer_control(fake: Fake[Any, Any], method: str, path: str, body: bytes) -> Answer:
    """Answer a request about the fake itself.

    Raises:
        InvalidInput: the body is no order.
        TypeError, ValueError: the body does not say what it should.
    """
    if path == "/_orders" and method == "GET":
        return json_answer(200, {"orders": [order_to_json(order) for order in fake.orders.values()]})
    if path == "/_orders" and method == "POST":
        return json_answer(201, {"id": fake.add(order_from_json(fake, json.loads(body)))})
    if path == "/_faults" and method == "POST":
        loaded: object = json.loads(body)
        asked = cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {}
        if not {"fault"} <= asked.keys() <= {"fault", "method", "times"}:
            raise ValueError(f"expected fault, and method and times if you like; the faults are: {', '.join(Fault)}")
        if asked["fault"] not in list(Fault):
            raise ValueError(f"there is no such fault; the faults are: {', '.join(Fault)}")
        fake.fail(**asked)
        return json_answer(201, asked)
    return json_answer(405, {"message": "expected GET or POST /_orders, or POST /_faults"})


def order_from_json(fake: Fake[Any, Any], data: Any) -> Any:  # noqa: ANN401 - an order of any platform.
    """Read an order as the API shows it; ``"guest": true`` next to its keys makes its customer a guest.

    Raises:
        InvalidInput: it is no order.
    """
    if not isinstance(data, dict):
        return fake.read_order(data)  # Says what it is instead.
    payload = cast("dict[str, Any]", data)
    return fake.read_order(payload, guest=payload.get("guest") is True)


def order_to_json(order: Any) -> dict[str, object]:  # noqa: ANN401 - an order of any platform.
    """Return what a fake stores of an order: its id, the facts that rules read, its payload, and what was written."""
    written = getattr(order, "written", UNSET)
    return {
        "id": order.id,
        "facts": {fact.name: shown_to_json(fact, order) for fact in order.__space__.facts},
        "payload": order.__payload__(),
        "written": {} if written is UNSET else write_body(written),
    }
