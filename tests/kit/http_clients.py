"""The three clients that ask a gate, driven alike: each sends through a gate to a function that plays the platform."""

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


class Seen(NamedTuple):
    """A request as it reached the platform."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Answered(NamedTuple):
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Recorded:
    """A platform that remembers what it was asked."""

    def __init__(self, answer: Callable[[Seen], Any]) -> None:
        self._answer = answer
        self.seen: list[Seen] = []

    def __call__(self, seen: Seen) -> Answered:
        """Answer, or raise ``TimeoutError`` where nothing is answered."""
        self.seen.append(seen)
        return Answered(*self._answer(seen))

    @property
    def methods(self) -> list[str]:
        """The methods, in the order in which they came."""
        return [seen.method for seen in self.seen]


def served(fake: Fake[Any, Any]) -> Recorded:
    """Let a fake play the platform."""

    def answer(seen: Seen) -> Any:
        url = httpx.URL(seen.url)
        return fake.handle(seen.method, url.path, url.query.decode(), seen.body)

    return Recorded(answer)


def _over_httpx(gate: Gate[Any, Any], platform: Recorded, **more: Any) -> Callable[..., Answered]:
    def handle(request: httpx.Request) -> httpx.Response:
        seen = Seen(request.method, str(request.url), request.headers, request.read())
        try:
            status, headers, body = platform(seen)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    client = httpx.Client(transport=GuardedTransport(gate, httpx.MockTransport(handle), **more))

    def send(method: str, path: str, content: Any = b"", headers: Any = None) -> Answered:
        answer = client.request(method, BASE + path, content=content, headers=headers)
        return Answered(answer.status_code, answer.headers, answer.content)

    return send


def _over_async_httpx(gate: Gate[Any, Any], platform: Recorded, **more: Any) -> Callable[..., Answered]:
    async def handle(request: httpx.Request) -> httpx.Response:
        seen = Seen(request.method, str(request.url), request.headers, await request.aread())
        try:
            status, headers, body = platform(seen)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    transport = AsyncGuardedTransport(gate, httpx.MockTransport(handle), **more)

    def send(method: str, path: str, content: Any = b"", headers: Any = None) -> Answered:
        async def sending() -> Answered:
            given: Any = content if isinstance(content, bytes | str) else _slowly(content)
            client = httpx.AsyncClient(transport=transport)
            answer = await client.request(method, BASE + path, content=given, headers=headers)
            return Answered(answer.status_code, answer.headers, answer.content)

        return asyncio.run(sending())

    return send


async def _slowly(chunks: Any) -> Any:
    for chunk in chunks:
        yield chunk


class _Carried(BaseAdapter):
    def __init__(self, platform: Recorded) -> None:
        super().__init__()
        self._platform = platform

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # the options.
        body: Any = request.body or b""
        body = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"".join(body)
        try:
            status, headers, told = self._platform(Seen(str(request.method), str(request.url), request.headers, body))
        except TimeoutError as error:
            raise requests.ReadTimeout(str(error), request=request) from error
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict(headers)
        response.raw = urllib3.HTTPResponse(io.BytesIO(told), headers, status, preload_content=False)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Close nothing."""


def _over_requests(gate: Gate[Any, Any], platform: Recorded, **more: Any) -> Callable[..., Answered]:
    session = requests.Session()
    session.mount("https://shop.example/", GuardedAdapter(gate, _Carried(platform), **more))

    def send(method: str, path: str, content: Any = b"", headers: Any = None) -> Answered:
        answer = session.request(method, BASE + path, data=content, headers=headers)
        return Answered(answer.status_code, answer.headers, answer.content)

    return send


CARRIERS: Final[dict[str, Callable[..., Callable[..., Answered]]]] = {
    "httpx": _over_httpx,
    "async httpx": _over_async_httpx,
    "requests": _over_requests,
}
TIMEOUTS: Final = (httpx.ReadTimeout, requests.ReadTimeout, NoAnswerError)
