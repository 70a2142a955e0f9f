"""For Starlette: read an update from a request, and answer errors with problem documents.

``read_update`` reads the update. The handlers of ``problem_handlers`` answer if a request cannot be read or the update
is refused.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from orderrules.integrations.extras import extra

with extra("starlette"):
    from starlette.exceptions import HTTPException
    from starlette.responses import JSONResponse

from orderrules.engine.decision import UpdateRefused
from orderrules.integrations.problems import (
    MEDIA_TYPE,
    TYPES,
    NoSuchOrder,
    NotJson,
    apply,
    language_headers,
    plain_problem,
    preferred_language,
    problem,
    read_at,
    require_json,
)
from orderrules.reading.limits import UPDATE_LIMITS
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

    from orderrules.grammar.orders import OrderT, PatchT
    from orderrules.policy.endpoint import Endpoint

__all__ = ["ProblemResponse", "apply", "problem_handlers", "read_update"]


_SCOPE_KEY: Final = "orderrules.endpoint"
_MAX_LENGTH_DIGITS: Final = 18
"""The number of digits of the longest Content-Length that is trusted."""


class UnreadError(HTTPException):
    """A request is answered with 415 or 404 before its update is read."""

    def __init__(self, error: NotJson | NoSuchOrder) -> None:
        self.error = error
        self.told = plain_problem(error)
        super().__init__(int(str(self.told["status"])), str(self.told["detail"]))


class ProblemResponse(JSONResponse):
    """A response of media type ``application/problem+json``."""

    media_type = MEDIA_TYPE


async def read_update(endpoint: Endpoint[OrderT, PatchT], request: Request, parameter: str | None = None) -> PatchT:
    """Read the update of a request strictly: its path, its query and its body.

    If the body is longer than the limit, the rest of it is not loaded. The body stays available from the request,
    unless the request has no Content-Length.

    Args:
        endpoint: the platform's endpoint.
        request: the request.
        parameter: the name of the order's id in the path of the route; by default the name on the platform's page.

    Raises:
        HTTPException: the body is not JSON by its content type (415), or the order's id is too large for a database
            (404). ``problem_handlers`` answers these with problem documents too.
        InvalidInput: the request cannot be read; the error lists every problem.
        LookupError: the path of the route has no such parameter.
    """
    request.scope[_SCOPE_KEY] = endpoint  # The handlers use this endpoint to answer an error.
    query = request.scope["query_string"].decode("latin-1")
    try:
        require_json(request.headers.get("content-type", ""))
        return read_at(endpoint, request.path_params, parameter, query, await _load_body(request)).patch
    except (NotJson, NoSuchOrder) as error:
        raise UnreadError(error) from None


async def _load_body(request: Request) -> bytes:
    """Load a body. If it is longer than the limit, load only up to the first chunk that exceeds the limit."""
    length = request.headers.get("content-length", "")
    if (
        length.isascii()
        and length.isdigit()
        and len(length) <= _MAX_LENGTH_DIGITS
        and int(length) <= UPDATE_LIMITS.size
    ):
        return await request.body()
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > UPDATE_LIMITS.size:
            break
    return bytes(content)


def problem_handlers(
    endpoint: Endpoint[Any, Any], types: str = TYPES
) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """Return the handlers of ``InvalidInput`` and ``UpdateRefused``, for ``exception_handlers`` of an application.

    They answer with problem documents (RFC 9457), with the HTTP statuses of the platform, in the language that the
    header ``Accept-Language`` prefers. ``NoSuchOrder`` of
    ``orderrules.integrations.problems``, which a route may raise, is answered with 404, and ``NotJson`` with 415.

    Args:
        endpoint: the platform's endpoint. If the request was read by ``read_update``, the endpoint given there is used.
        types: the prefix of the URIs of the problem types. If it is empty, the types are ``about:blank``.
    """
    handler = functools.partial(_answer_error, endpoint, types)
    unread = functools.partial(_answer_unread, types)
    return {InvalidInput: handler, UpdateRefused: handler, UnreadError: unread, NotJson: unread, NoSuchOrder: unread}


async def _answer_unread(types: str, request: Request, error: UnreadError | NotJson | NoSuchOrder) -> ProblemResponse:
    language = _language_of(request)
    return _respond(plain_problem(error.error if isinstance(error, UnreadError) else error, types, language), language)


async def _answer_error(
    endpoint: Endpoint[Any, Any], types: str, request: Request, error: InvalidInput | UpdateRefused
) -> ProblemResponse:
    language = _language_of(request)
    return _respond(problem(request.scope.get(_SCOPE_KEY, endpoint), error, types, language), language)


def _language_of(request: Request) -> str:
    return preferred_language(request.headers.get("accept-language", ""))


def _respond(document: dict[str, object], language: str) -> ProblemResponse:
    return ProblemResponse(document, status_code=int(str(document["status"])), headers=language_headers(language))
