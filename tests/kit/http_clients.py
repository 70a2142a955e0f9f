"""Three HTTP clients with a gate: each sends its requests to a function that plays the platform."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx
import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from orderrules.integrations.httpx import AsyncGuardedTransport, GuardedTransport
from orderrules.integrations.requests import GuardedAdapter
from orderrules.testing import Fake, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderrules.integrations import Gate

BASE: Final = "https://shop.example/v2"


class Request(NamedTuple):
    """A request as it reached the platform."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """An answer as it reached the client."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Platform:
    """A platform that records its requests."""

    def __init__(self, answer: Callable[[Request], Any]) -> None:
        self._answer = answer
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Answer:
        """Answer the request; raise ``TimeoutError`` if there is no answer."""
        self.requests.append(request)
        return Answer(*self._answer(request))

    @property
    def methods(self) -> list[str]:
        """The methods of the requests, in the order of arrival."""
        return [request.method for request in self.requests]


def platform_of(fake: Fake[Any, Any]) -> Platform:
    """Return a platform whose answers come from a fake."""

    def answer(request: Request) -> Any:
        url = httpx.URL(request.url)
        return fake.handle(request.method, url.path, url.query.decode(), request.body)

    return Platform(answer)


def _connect_httpx(gate: Gate[Any, Any], platform: Platform, **options: Any) -> Callable[..., Answer]:
    def handle(request: httpx.Request) -> httpx.Response:
        received = Request(request.method, str(request.url), request.headers, request.read())
        try:
            status, headers, body = platform(received)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    client = httpx.Client(transport=GuardedTransport(gate, httpx.MockTransport(handle), **options))

    def send(method: str, path: str, content: Any = b"", headers: Any = None) -> Answer:
        answer = client.request(method, BASE + path, content=content, headers=headers)
        return Answer(answer.status_code, answer.headers, answer.content)

    return send


def _connect_async_httpx(gate: Gate[Any, Any], platform: Platform, **options: Any) -> Callable[..., Answer]:
    async def handle(request: httpx.Request) -> httpx.Response:
        received = Request(request.method, str(request.url), request.headers, await request.aread())
        try:
            status, headers, body = platform(received)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    transport = AsyncGuardedTransport(gate, httpx.MockTransport(handle), **options)

    def send(method: str, path: str, content: Any = b"", headers: Any = None) -> Answer:
        async def send_request() -> Answer:
            body: Any = content if isinstance(content, bytes | str) else _stream(content)
            client = httpx.AsyncClient(transport=transport)
            answer = await client.request(method, BASE + path, content=body, headers=headers)
            return Answer(answer.status_code, answer.headers, answer.content)

        return asyncio.run(send_request())

    return send


async def _stream(chunks: Any) -> Any:
    for chunk in chunks:
        yield chunk


class _PlatformAdapter(BaseAdapter):
    def __init__(self, platform: Platform) -> None:
        super().__init__()
        self._platform = platform

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # the options are not used.
        body: Any = request.body or b""
        body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"".join(body)
        try:
            status, headers, content = self._platform(
                Request(str(request.method), str(request.url), request.headers, body)
            )
        except TimeoutError as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict(headers)
        response.raw = urllib3.HTTPResponse(io.BytesIO(content), headers, status, preload_content=False)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Do nothing."""


def _connect_requests(gate: Gate[Any, Any], platform: Platform, **options: Any) -> Callable[..., Answer]:
    session = requests.Session()
    session.mount("https://shop.example/", GuardedAdapter(gate, _PlatformAdapter(platform), **options))

    def send(method: str, path: str, content: Any = b"", headers: Any = None) -> Answer:
        answer = session.request(method, BASE + path, data=content, headers=headers)
        return Answer(answer.status_code, answer.headers, answer.content)

    return send


CLIENTS: Final[dict[str, Callable[..., Callable[..., Answer]]]] = {
    "httpx": _connect_httpx,
    "async httpx": _connect_async_httpx,
    "requests": _connect_requests,
}
TIMEOUTS: Final = (httpx.ReadTimeout, requests.ReadTimeout, NoAnswerError)
