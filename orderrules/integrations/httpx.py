"""Transports of httpx, sync and async, that hold back updates of orders which the rules refuse.

``httpx.Client(transport=GuardedTransport(Gate(salla.ENDPOINT)))``. Each wraps another transport. Whatever is no update
of an order passes through, byte for byte, and so does an update that is not held back.
It must never know what is held back, nor why.

The module is longer than most because whatever is sent and read is so twice, at once and awaited.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import TYPE_CHECKING, Any, Final, Self, cast

from orderrules.integrations.extras import extra

with extra("httpx"):
    import httpx

from orderrules.integrations.gate import check_gate
from orderrules.reading.limits import ORDER_LIMITS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from orderrules.integrations.gate import Attempt, Gate, Held

__all__ = ["AsyncGuardedTransport", "GuardedTransport"]

_SLICE: Final = 1 << 12
_LISTENS: Final = 1 << 16
"""How many bytes of a refusal are looked into."""


class GuardedTransport(httpx.BaseTransport):
    """A transport that asks a gate before it sends.

    Args:
        gate: what decides.
        inner: what sends; a plain ``httpx.HTTPTransport`` when left out.
        ask: makes, of an update, the request that asks for its order: by default a GET of the same URL with the
            same headers, without those about the body. Where requests are signed, it is to be signed here.

    Raises:
        InvalidInput: on sending, where an update that cannot be read is held back.
        UpdateRefused: on sending, where one that is refused is held back.
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
        self._asked = functools.partial(_order_request, gate, ask)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or hold it back."""
        attempt = self.gate.attempt(request.method, str(request.url), request.headers, _body_of(request))
        if attempt is None:
            return self._inner.handle_request(request)
        with attempt:
            if attempt.needs_order:
                self._show_order(attempt, request)
            held = attempt.held()
            if held is not None:
                return _response(held)
            response = self._inner.handle_request(request)
            told = _peek(response, _LISTENS) if attempt.listens(response.status_code) else None
            attempt.answered(response.status_code, told)
            return response

    def _show_order(self, attempt: Attempt[Any, Any], request: httpx.Request) -> None:
        if self.gate.orders is not None:
            attempt.show(self.gate.given(attempt.order_id))
            return
        attempt.asking()
        try:
            response = self._inner.handle_request(self._asked(request))
            try:
                body = _peek(response, ORDER_LIMITS.size)
                attempt.show_answer(response.status_code, body, response.headers.get("retry-after"))
            finally:
                response.close()
        except httpx.HTTPError as error:
            attempt.failed_to_ask(error)  # The update is not judged, and finds out for itself.

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
        """Close the transport that sends."""
        self._inner.close()


class AsyncGuardedTransport(httpx.AsyncBaseTransport):
    """The same for an asynchronous client; the gate's ``orders`` may be a coroutine function.

    Args:
        gate: what decides.
        inner: what sends; a plain ``httpx.AsyncHTTPTransport`` when left out.
        ask: makes, of an update, the request that asks for its order, as for a ``GuardedTransport``.

    Raises:
        InvalidInput: on sending, where an update that cannot be read is held back.
        UpdateRefused: on sending, where one that is refused is held back.
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
        self._asked = functools.partial(_order_request, gate, ask)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, or hold it back."""
        attempt = self.gate.attempt(request.method, str(request.url), request.headers, _body_of(request))
        if attempt is None:
            return await self._inner.handle_async_request(request)
        with attempt:
            if attempt.needs_order:
                await self._show_order(attempt, request)
            held = attempt.held()
            if held is not None:
                return _response(held)
            response = await self._inner.handle_async_request(request)
            told = await _peek_async(response, _LISTENS) if attempt.listens(response.status_code) else None
            attempt.answered(response.status_code, told)
            return response

    async def _show_order(self, attempt: Attempt[Any, Any], request: httpx.Request) -> None:
        if self.gate.orders is not None:
            order = self.gate.orders(attempt.order_id)
            attempt.show(await order if inspect.isawaitable(order) else order)
            return
        attempt.asking()
        try:
            response = await self._inner.handle_async_request(self._asked(request))
            try:
                body = await _peek_async(response, ORDER_LIMITS.size)
                attempt.show_answer(response.status_code, body, response.headers.get("retry-after"))
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            attempt.failed_to_ask(error)  # The update is not judged, and finds out for itself.

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
        """Close the transport that sends."""
        await self._inner.aclose()


def _body_of(request: httpx.Request) -> bytes | None:
    """Give the body, where it is there as a whole; a stream is left alone."""
    # One that was redirected is there, and was not read yet.
    return request.read() if isinstance(request.stream, httpx.ByteStream) else None


def _order_request(
    gate: Gate[Any, Any], ask: Callable[[httpx.Request], httpx.Request] | None, request: httpx.Request
) -> httpx.Request:
    if ask is None:
        asking = httpx.Request("GET", request.url, headers=[*gate.headers_to_ask(request.headers.raw)])
    else:
        asking = ask(request)
    asking.extensions = {**request.extensions, **asking.extensions}  # Its time-outs, for one.
    return asking


def _response(held: Held) -> httpx.Response:
    return httpx.Response(held.status, headers=held.headers, stream=httpx.ByteStream(held.body))


class _Replayed(httpx.SyncByteStream):
    """A stream of which the beginning was read already; whoever reads it gets the whole."""

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
    """The same, asynchronous."""

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
    """Read the beginning of a body, and leave the response as it was; what is read is without its encoding."""
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
    """Do the same, asynchronously."""
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
    """Bytes in small pieces, so that what a compressed one grows to is seen before the next."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._content), _SLICE):
            yield self._content[start : start + _SLICE]


def _decode(response: httpx.Response, chunks: list[bytes], most: int) -> bytes:
    """Undo the encoding of a body, as far as ``most`` bytes; nothing where it cannot be undone."""
    copy = httpx.Response(response.status_code, headers=response.headers, stream=_Slices(b"".join(chunks)))
    read = bytearray()
    with contextlib.suppress(httpx.DecodingError):
        for chunk in copy.iter_bytes():
            read += chunk
            if len(read) > most:
                break
    return bytes(read)
