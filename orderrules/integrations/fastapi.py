"""For FastAPI: a dependency that reads an update, and what the OpenAPI document says of it.

It must never know what is refused, nor why.
"""
# Without postponed annotations: FastAPI looks into those of the dependency, which is an object and not a function.

from typing import Any, Generic

from fastapi import Request

from orderrules._endpoint import Endpoint
from orderrules._rules import OrderT, PatchT
from orderrules.integrations._problems import MEDIA_TYPE, apply, phrase_of
from orderrules.integrations.starlette import ProblemResponse, problem_handlers, read_update

__all__ = ["ProblemResponse", "Updates", "apply", "problem_handlers"]

_TEXT = {"type": "string"}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "type": {**_TEXT, "format": "uri-reference"},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": _TEXT,
                    "path": _TEXT,
                    "query": _TEXT,
                    "code": _TEXT,
                    "rule": _TEXT,
                    "section": _TEXT,
                    "reason": _TEXT,
                    "detail": _TEXT,
                    "hint": _TEXT,
                },
                "required": ["detail"],
            },
        },
        "more": {"type": "integer"},
        "rules": {"type": "array", "items": _TEXT},
        "readings": {"type": "array", "items": _TEXT},
        "allowed": {
            "type": "object",
            "properties": {name: {"type": "array", "items": _TEXT} for name in ("sections", "keys", "statuses")},
        },
    },
    "required": ["type", "title", "status", "detail", "errors"],
}


class Updates(Generic[OrderT, PatchT]):
    """The updates that arrive at a route: a dependency that reads them, and what is documented of them.

    ``@app.put("/orders/{order_id}", **updates.route())`` documents the body by the schema that the rules draw, and what
    is answered where it cannot be read or is refused; ``Annotated[salla.Patch, Depends(updates)]`` is the update, read.

    Args:
        endpoint: the platform's.
        parameter: the name of the order's id in the path of the route; as on the platform's page when left out.
    """

    def __init__(self, endpoint: Endpoint[OrderT, PatchT], parameter: str | None = None) -> None:
        self.endpoint = endpoint
        self._parameter = parameter

    async def __call__(self, request: Request) -> PatchT:
        """Read the update that a request asks for, strictly: its path, its query and its body.

        Raises:
            InvalidInput: with every problem at once.
            LookupError: the path of the route has no such parameter.
        """
        return await read_update(self.endpoint, request, self._parameter)

    def route(self, responses: dict[int | str, dict[str, Any]] | None = None) -> dict[str, Any]:
        """Give what a route's decorator is told, so that the OpenAPI document describes the update.

        What the query must hold is described by it too, and would stand there twice if the handler declared it as well.

        Args:
            responses: what else is answered, as the decorator takes it.
        """
        schema = {key: value for key, value in self.endpoint.policy.schema().items() if key != "$schema"}
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        parameters = [{"name": name, "in": "query", "required": True, "schema": _TEXT} for name in self.endpoint.query]
        answers = {self.endpoint.unreadable_status: "cannot be read", self.endpoint.refusal_status: "is refused"}
        if len(answers) == 1:
            answers = {self.endpoint.refusal_status: "cannot be read, or is refused"}
        return {
            "openapi_extra": {"requestBody": body, **({"parameters": parameters} if parameters else {})},
            "responses": {
                **{
                    status: {
                        "description": f"{phrase_of(status)}: the update {what}",
                        "content": {MEDIA_TYPE: {"schema": _PROBLEM}},
                    }
                    for status, what in answers.items()
                },
                **(responses or {}),
            },
        }

    def apply(self, order: OrderT, patch: PatchT) -> OrderT:
        """Return the order as it will be after the update.

        Raises:
            UpdateRefused: it is refused; the problem document then says what is allowed instead.
        """
        return apply(self.endpoint.policy, order, patch)
