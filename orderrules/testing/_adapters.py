"""What carries a request to a fake: an httpx transport, and a WSGI application.

The only place that imports httpx, and only where a transport is made.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from orderrules.testing._fakes import Fake, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx


def httpx_transport(fake: Fake[Any, Any]) -> httpx.MockTransport:
    """Give the transport of an httpx client, sync or async, that asks a fake: ``httpx.Client(transport=...)``.

    A request that the fake does not answer is a ``httpx.ReadTimeout``.
    """
    import httpx

    _see(fake)

    def handle(request: httpx.Request) -> httpx.Response:
        query = request.url.query.decode("ascii")
        try:
            status, headers, body = fake.handle(request.method, request.url.path, query, request.content)
        except NoAnswerError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, content=body)

    return httpx.MockTransport(handle)


def _see(fake: object) -> None:
    if not isinstance(fake, Fake):
        raise TypeError(f"expected a fake, got a {type(fake).__name__}")


def wsgi_app(fake: Fake[Any, Any]) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """Give a WSGI application that asks a fake; a request that the fake does not answer is answered with 504."""
    _see(fake)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        content = environ["wsgi.input"].read(length) if length else b""
        try:
            status, headers, body = fake.handle(
                environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), content
            )
        except NoAnswerError as error:
            status, headers, body = 504, {"content-type": "text/plain; charset=utf-8"}, str(error).encode()
        start_response(f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("content-length", str(len(body)))])
        return [body]

    return app
