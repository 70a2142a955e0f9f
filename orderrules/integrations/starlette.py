"""For Starlette: reads an update off a request, and answers what cannot be read or is refused with problem documents.

It must never know what is refused, nor why.
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
    plain_problem,
    problem,
    read_at,
    see_that_it_is_json,
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


_ENDPOINT: Final = "orderrules.endpoint"
_DIGITS: Final = 18
"""Of more digits than that, no length is believed."""


class UnreadError(HTTPException):
    """A request is answered before anything of it is read: 415 or 404."""

    def __init__(self, error: NotJson | NoSuchOrder) -> None:
        self.error = error
        self.told = plain_problem(error)
        super().__init__(int(str(self.told["status"])), str(self.told["detail"]))


class ProblemResponse(JSONResponse):
    """A response of media type ``application/problem+json``."""

    media_type = MEDIA_TYPE


async def read_update(endpoint: Endpoint[OrderT, PatchT], request: Request, parameter: str | None = None) -> PatchT:
    """Read the update that a request asks for, strictly: its path, its query and its body.

    A body that is longer than is read is not taken in. The body stays with the request, unless it was sent in chunks.

    Args:
        endpoint: the platform's.
        request: the request.
        parameter: the name of the order's id in the path of the route; as on the platform's page when left out.

    Raises:
        HTTPException: the body is not JSON by its content type (415), or the order's id is too large to be kept (404);
            ``problem_handlers`` answers these with problem documents too.
        InvalidInput: with every problem at once.
        LookupError: the path of the route has no such parameter.
    """
    request.scope[_ENDPOINT] = endpoint  # By which it is answered, if it cannot be read or is refused.
    query = request.scope["query_string"].decode("latin-1")
    try:
        see_that_it_is_json(request.headers.get("content-type", ""))
        return read_at(endpoint, request.path_params, parameter, query, await _body(request)).patch
    except (NotJson, NoSuchOrder) as error:
        raise UnreadError(error) from None


async def _body(request: Request) -> bytes:
    """Take a body in, and a little more than is read of it at most."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and len(length) <= _DIGITS and int(length) <= UPDATE_LIMITS.size:
        return await request.body()
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > UPDATE_LIMITS.size:
            break
    return bytes(read)


def problem_handlers(
    endpoint: Endpoint[Any, Any], types: str = TYPES
) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """Give the handlers of ``InvalidInput`` and ``UpdateRefused``, for ``exception_handlers`` of an application.

    They answer with problem documents (RFC 9457), in the statuses of the platform.

    Args:
        endpoint: the platform's. An update that ``read_update`` has read is answered by its own, where there are two.
        types: what the URIs of the types of problems begin with; where it is empty, they are ``about:blank``.
    """
    handler = functools.partial(_answer, endpoint, types)
    return {InvalidInput: handler, UpdateRefused: handler, UnreadError: functools.partial(_unread, types)}


async def _unread(types: str, _: Request, error: UnreadError) -> ProblemResponse:
    return ProblemResponse(plain_problem(error.error, types), status_code=error.status_code)


async def _answer(
    endpoint: Endpoint[Any, Any], types: str, request: Request, error: InvalidInput | UpdateRefused
) -> ProblemResponse:
    told = problem(request.scope.get(_ENDPOINT, endpoint), error, types)
    return ProblemResponse(told, status_code=int(str(told["status"])))
