"""Transports of httpx, sync and async, that ask a gate before they send an update of an order.

``httpx.Client(transport=GuardedTransport(Gate(salla.ENDPOINT)))``. Each wraps another transport. Requests that do not
update an order, and updates that are not held back, pass through unchanged.
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any, Final, Self, cast

from orderrules.integrations.extras import extra

with extra("httpx"):
    import httpx

from orderrules.integrations.gate import check_gate, exchange, run, run_async

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from orderrules.integrations.gate import Gate, Held

__all__ = ["AsyncGuardedTransport", "GuardedTransport"]

_SLICE: Final = 1 << 12


class GuardedTransport(httpx.BaseTransport):
    """A transport that asks a gate before it sends.

    Args:
        gate: decides.
        inner: sends; a plain ``httpx.HTTPTransport`` if left out.
        ask: makes, from an update, the request for its order: by default a GET of the same URL with the same headers,
            without those that describe the body. If your requests are signed, sign it here.

    Raises:
        InvalidInput: on sending, if an update that cannot be read is held back.
        UpdateRefused: on sending, if an update that is refused is held back.
    """

    def __init__(
        self,
        gate: Gate[Any, Any],
        inner: httpx.BaseTransport | None = None,
        *,
        ask: Callable[[httpx.Request], httpx.Request] | None = None,
    ) -> None:
        self.gate = check_gate(gate)
        self._inner = httpx.HTTPTransport() if inner is None else inner
        self._ask = functools.partial(_order_request, gate, ask)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or hold it back."""
        attempt = self.gate.attempt(request.method, str(request.url), request.headers, _body_of(request))
        if attempt is None:
            return self._inner.handle_request(request)
        return run(exchange(attempt, _Carrier(self._inner.handle_request, self._ask, request)))

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._inner.__exit__(kind, error, traceback)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """The transport of an asynchronous client; the gate's ``orders`` may be a coroutine function.

    Args:
        gate: decides.
        inner: sends; a plain ``httpx.AsyncHTTPTransport`` if left out.
        ask: makes, from an update, the request for its order, as for a ``GuardedTransport``.

    Raises:
        InvalidInput: on sending, if an update that cannot be read is held back.
        UpdateRefused: on sending, if an update that is refused is held back.
    """

    def __init__(
        self,
        gate: Gate[Any, Any],
        inner: httpx.AsyncBaseTransport | None = None,
        *,
        ask: Callable[[httpx.Request], httpx.Request] | None = None,
    ) -> None:
        self.gate = check_gate(gate)
        self._inner = httpx.AsyncHTTPTransport() if inner is None else inner
        self._ask = functools.partial(_order_request, gate, ask)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or hold it back."""
        attempt = self.gate.attempt(request.method, str(request.url), request.headers, _body_of(request))
        if attempt is None:
            return await self._inner.handle_async_request(request)
        carrier = _AsyncCarrier(self._inner.handle_async_request, self._ask, request)
        return await run_async(exchange(attempt, carrier))

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(kind, error, traceback)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


class _Carrier:
    """One update, sent by a transport."""

    failures = httpx.HTTPError

    def __init__(
        self,
        handle: Callable[[httpx.Request], Any],
        ask: Callable[[httpx.Request], httpx.Request],
        request: httpx.Request,
    ) -> None:
        self._handle = handle
        self._ask = ask
        self._request = request

    def ask(self) -> Any:  # noqa: ANN401 - a response, or a coroutine of one.
        return self._handle(self._ask(self._request))

    def send(self) -> Any:  # noqa: ANN401 - as above.
        return self._handle(self._request)

    def peek(self, response: httpx.Response, most: int) -> Any:  # noqa: ANN401 - bytes, or a coroutine of them.
        return _peek(response, most)

    def close(self, response: httpx.Response) -> Any:  # noqa: ANN401 - None, or a coroutine.
        return response.close()

    def status(self, response: httpx.Response) -> int:
        return response.status_code

    def retry_after(self, response: httpx.Response) -> str | None:
        value: str | None = response.headers.get("retry-after")
        return value

    def respond(self, held: Held) -> httpx.Response:
        return httpx.Response(held.status, headers=held.headers, stream=httpx.ByteStream(held.body))


class _AsyncCarrier(_Carrier):
    """One update, sent by an asynchronous transport."""

    def peek(self, response: httpx.Response, most: int) -> Any:  # noqa: ANN401 - as above.
        return _peek_async(response, most)

    def close(self, response: httpx.Response) -> Any:  # noqa: ANN401 - as above.
        return response.aclose()


def _body_of(request: httpx.Request) -> bytes | None:
    """Return the body if all of it is there; None if it is a stream."""
    # After a redirect, the body is there, but not read yet.
    return request.read() if isinstance(request.stream, httpx.ByteStream) else None


def _order_request(
    gate: Gate[Any, Any], ask: Callable[[httpx.Request], httpx.Request] | None, request: httpx.Request
) -> httpx.Request:
    if ask is None:
        asking = httpx.Request("GET", request.url, headers=[*gate.headers_to_ask(request.headers.raw)])
    else:
        asking = ask(request)
    asking.extensions = {**request.extensions, **asking.extensions}  # Such as its timeouts.
    return asking


class _Replayed(httpx.SyncByteStream):
    """A stream whose beginning was already read; it yields the whole."""

    def __init__(self, beginning: list[bytes], rest: Iterator[bytes], stream: httpx.SyncByteStream) -> None:
        self._beginning = beginning
        self._rest = rest
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._beginning
        yield from self._rest

    def close(self) -> None:
        self._stream.close()


class _AsyncReplayed(httpx.AsyncByteStream):
    """An asynchronous stream whose beginning was already read."""

    def __init__(self, beginning: list[bytes], rest: AsyncIterator[bytes], stream: httpx.AsyncByteStream) -> None:
        self._beginning = beginning
        self._rest = rest
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._beginning:
            yield chunk
        async for chunk in self._rest:
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _peek(response: httpx.Response, most: int) -> bytes:
    """Return the beginning of a body, decompressed, and leave the response as it was."""
    stream = cast("httpx.SyncByteStream", response.stream)
    rest = iter(stream)
    beginning: list[bytes] = []
    size = 0
    try:
        for chunk in rest:
            beginning.append(chunk)
            size += len(chunk)
            if size > most:
                break
    except BaseException:
        response.close()
        raise
    response.stream = _Replayed(beginning, rest, stream)
    return _decode(response, beginning, most)


async def _peek_async(response: httpx.Response, most: int) -> bytes:
    """Return the beginning of a body, as ``_peek`` does."""
    stream = cast("httpx.AsyncByteStream", response.stream)
    rest = aiter(stream)
    beginning: list[bytes] = []
    size = 0
    try:
        async for chunk in rest:
            beginning.append(chunk)
            size += len(chunk)
            if size > most:
                break
    except BaseException:
        await response.aclose()
        raise
    response.stream = _AsyncReplayed(beginning, rest, stream)
    return _decode(response, beginning, most)


class _Slices(httpx.SyncByteStream):
    """Bytes in small pieces, so that decompression can stop between them."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), _SLICE):
            yield self._content[start : start + _SLICE]


def _decode(response: httpx.Response, chunks: list[bytes], most: int) -> bytes:
    """Decompress a body, up to ``most`` bytes; return nothing if that fails."""
    copy = httpx.Response(response.status_code, headers=response.headers, stream=_Slices(b"".join(chunks)))
    body = bytearray()
    with contextlib.suppress(httpx.DecodingError):
        for chunk in copy.iter_bytes():
            body += chunk
            if len(body) > most:
                break
    return bytes(body)
