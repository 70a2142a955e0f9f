"""An adapter of requests that holds back updates of orders which the rules refuse.

``session.mount("https://api.salla.dev/", GuardedAdapter(Gate(salla.ENDPOINT)))``. It wraps another adapter. Whatever is
no update of an order passes through, byte for byte, and so does an update that is not held back.
It must never know what is held back, nor why.
"""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from orderrules.integrations.extras import extra

with extra("requests"):
    import requests
    from requests.adapters import BaseAdapter, HTTPAdapter
    from requests.structures import CaseInsensitiveDict

from orderrules.integrations.gate import check_gate, text_of
from orderrules.reading.limits import ORDER_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orderrules.integrations.gate import Attempt, Gate, Held

__all__ = ["GuardedAdapter"]

_CHUNK = 1 << 12


class GuardedAdapter(BaseAdapter):
    """An adapter that asks a gate before it sends.

    Args:
        gate: what decides.
        inner: what sends; a plain ``HTTPAdapter`` when left out.
        ask: makes, of an update, the request that asks for its order: by default a GET of the same URL with the
            same headers, without those about the body. Where requests are signed, it is to be signed here.

    Raises:
        InvalidInput: on sending, where an update that cannot be read is held back.
        UpdateRefused: on sending, where one that is refused is held back.
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
        self._ask = ask or self._asking

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
        answer: Any = self._sent(request, stream, options)
        answer.connection = self  # Those who answer a challenge send the update again by it.
        return cast("requests.Response", answer)

    def _sent(
        self,
        request: requests.PreparedRequest,
        stream: bool,  # noqa: FBT001 - as above.
        options: dict[str, Any],
    ) -> requests.Response:
        headers = {text_of(name).lower(): text_of(value) for name, value in request.headers.items()}
        attempt = self.gate.attempt(str(request.method).upper(), str(request.url), headers, _body_of(request))
        if attempt is None:
            return self._inner.send(request, stream=stream, **options)
        with attempt:
            if attempt.needs_order:
                self._show_order(attempt, request, options)
            held = attempt.held()
            if held is not None:
                return self._response(request, held)
            response = self._inner.send(request, stream=stream, **options)
            # A body that is to be streamed is left alone, and what it says unknown.
            listens = attempt.listens(response.status_code) and not stream
            attempt.answered(response.status_code, response.content if listens else None)
            return response

    def _show_order(
        self, attempt: Attempt[Any, Any], request: requests.PreparedRequest, options: dict[str, Any]
    ) -> None:
        if self.gate.orders is not None:
            attempt.show(self.gate.given(attempt.order_id))
            return
        attempt.asking()
        try:
            with self._inner.send(self._ask(request), stream=True, **options) as response:
                body = _beginning(response, ORDER_LIMITS.size)
                attempt.show_answer(response.status_code, body, response.headers.get("retry-after"))
        except requests.RequestException as error:
            attempt.failed_to_ask(error)  # The update is not judged, and finds out for itself.

    def _asking(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        asking = request.copy()
        asking.method, asking.body = "GET", None
        asking.headers = CaseInsensitiveDict(self.gate.headers_to_ask(request.headers.items()))
        return asking

    def _response(self, request: requests.PreparedRequest, held: Held) -> requests.Response:
        response = requests.Response()
        response.status_code = held.status
        response.reason = HTTPStatus(held.status).phrase
        response.headers = CaseInsensitiveDict(held.headers)
        response.encoding = "utf-8"
        response.raw = io.BytesIO(held.body)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Close the adapter that sends."""
        self._inner.close()


def _body_of(request: requests.PreparedRequest) -> bytes | str | None:
    """Give the body, where it is there as a whole; a stream is left alone."""
    body: Any = request.body
    if body is None:
        return b""
    return body if isinstance(body, bytes | str) else None


def _beginning(response: requests.Response, most: int) -> bytes:
    """Read a body, and a little more than ``most`` bytes of it at most."""
    read = bytearray()
    for chunk in response.iter_content(_CHUNK):
        read += chunk
        if len(read) > most:
            break
    return bytes(read)
