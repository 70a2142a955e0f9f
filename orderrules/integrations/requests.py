"""An adapter of requests that asks a gate before it sends an update of an order.

``session.mount("https://api.salla.dev/", GuardedAdapter(Gate(salla.ENDPOINT)))``. It wraps another adapter. Requests
that do not update an order, and updates that are not held back, pass through unchanged.
"""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from orderrules.integrations.extras import extra

with extra("requests"):
    import requests
    from requests.adapters import BaseAdapter, HTTPAdapter
    from requests.structures import CaseInsensitiveDict

from orderrules.integrations.gate import check_gate, exchange, run, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderrules.integrations.gate import Gate, Held

__all__ = ["GuardedAdapter"]

_CHUNK: Final = 1 << 12


class GuardedAdapter(BaseAdapter):
    """An adapter that asks a gate before it sends.

    Args:
        gate: decides.
        inner: sends; a plain ``HTTPAdapter`` if left out.
        ask: makes, from an update, the request for its order: by default a GET of the same URL with the same headers,
            without those that describe the body. If your requests are signed, sign it here.

    Raises:
        InvalidInput: on sending, if an update that cannot be read is held back.
        UpdateRefused: on sending, if an update that is refused is held back.
    """

    def __init__(
        self,
        gate: Gate[Any, Any],
        inner: BaseAdapter | None = None,
        *,
        ask: Callable[[requests.PreparedRequest], requests.PreparedRequest] | None = None,
    ) -> None:
        super().__init__()
        self.gate = check_gate(gate)
        self._inner = HTTPAdapter() if inner is None else inner
        self._ask = ask or self._order_request

    def send(  # noqa: PLR0913, PLR0917 - the arguments are those of every adapter.
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as above.
        timeout: Any = None,  # noqa: ANN401 - as above.
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as above.
        cert: Any = None,  # noqa: ANN401 - as above.
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request, or hold it back."""
        options: dict[str, Any] = {"timeout": timeout, "verify": verify, "cert": cert, "proxies": proxies}
        headers = {text_of(name).lower(): text_of(value) for name, value in request.headers.items()}
        attempt = self.gate.attempt(str(request.method).upper(), str(request.url), headers, _body_of(request))
        answer: Any
        if attempt is None:
            answer = self._inner.send(request, stream=stream, **options)
        else:
            carrier = _Carrier(self._inner, self._ask, request, options, is_stream=stream)
            answer = run(exchange(attempt, carrier))
        answer.connection = self  # An authentication handler sends the update again through it.
        return cast("requests.Response", answer)

    def _order_request(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        asking = request.copy()
        asking.method, asking.body = "GET", None
        asking.headers = CaseInsensitiveDict(self.gate.headers_to_ask(request.headers.items()))
        return asking

    def close(self) -> None:
        """Close the inner adapter."""
        self._inner.close()


class _Carrier:
    """One update, sent by an adapter."""

    failures = requests.RequestException

    def __init__(
        self,
        inner: BaseAdapter,
        ask: Callable[[requests.PreparedRequest], requests.PreparedRequest],
        request: requests.PreparedRequest,
        options: dict[str, Any],
        *,
        is_stream: bool,
    ) -> None:
        self._inner = inner
        self._ask = ask
        self._request = request
        self._options = options
        self._is_stream = is_stream
        self._is_asking = False

    def ask(self) -> requests.Response:
        self._is_asking = True
        return self._inner.send(self._ask(self._request), stream=True, **self._options)

    def send(self) -> requests.Response:
        self._is_asking = False
        return self._inner.send(self._request, stream=self._is_stream, **self._options)

    def peek(self, response: requests.Response, most: int) -> bytes | None:
        if not self._is_asking:
            # A body that the caller wants to stream is left alone.
            return None if self._is_stream else response.content
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > most:
                break
        return bytes(body)

    def close(self, response: requests.Response) -> None:
        response.close()

    def status(self, response: requests.Response) -> int:
        return response.status_code

    def retry_after(self, response: requests.Response) -> str | None:
        return response.headers.get("retry-after")

    def respond(self, held: Held) -> requests.Response:
        response = requests.Response()
        response.status_code = held.status
        response.reason = HTTPStatus(held.status).phrase
        response.headers = CaseInsensitiveDict(held.headers)
        response.encoding = "utf-8"
        response.raw = io.BytesIO(held.body)
        response.url = str(self._request.url)
        response.request = self._request
        return response


def _body_of(request: requests.PreparedRequest) -> bytes | str | None:
    """Return the body if all of it is there; None if it is a stream."""
    body: Any = request.body
    if body is None:
        return b""
    return body if isinstance(body, bytes | str) else None
