"""For FastAPI: a dependency that reads an update, and what the OpenAPI document says of it.

It must never know what is refused, nor why.
"""
# Without postponed annotations: FastAPI looks into those of the dependency, which is an object and not a function.

import re
from typing import Any, Generic, cast

from orderrules.integrations.extras import extra

with extra("fastapi"):
    from fastapi import FastAPI, Request

from orderrules.grammar.orders import OrderT, PatchT
from orderrules.integrations.problems import MEDIA_TYPE, SCHEMA, apply, phrase_of
from orderrules.integrations.starlette import ProblemResponse, problem_handlers, read_update
from orderrules.policy.endpoint import Endpoint

__all__ = ["ProblemResponse", "Updates", "apply", "problem_handlers", "share_schemas"]


_TEXT = {"type": "string"}
_DRAWN: dict[str, dict[str, Any]] = {SCHEMA["title"]: SCHEMA}
"""The schemas that routes were told, by their titles."""


def share_schemas(app: FastAPI) -> None:
    """Put the schemas of updates and problems under ``components`` of an application's OpenAPI document, each once.

    Args:
        app: the application; its routes may be added before or after.
    """
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            shared: dict[str, dict[str, Any]] = {}
            document["paths"] = _referring(document["paths"], shared)
            if shared:
                document.setdefault("components", {}).setdefault("schemas", {}).update(shared)
        return app.openapi_schema or {}

    app.openapi_schema = None  # It may have been asked for before.
    app.openapi = openapi  # type: ignore[method-assign]


def _referring(node: object, shared: dict[str, dict[str, Any]]) -> Any:  # noqa: ANN401 - a part of a document.
    """Put references in the place of the schemas that are shared, and keep these by their names."""
    if isinstance(node, list):
        return [_referring(part, shared) for part in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    found = cast("dict[str, Any]", node)
    title = found.get("title")
    if isinstance(title, str) and _DRAWN.get(title) == found:
        # *salla: update of an order* is ``SallaUpdateOfAnOrder``.
        name = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", title))
        shared[name] = found
        return {"$ref": f"#/components/schemas/{name}"}
    return {key: _referring(part, shared) for key, part in found.items()}


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
            HTTPException: the body is not JSON (415), or the order's id is too large to be kept (404).
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
        _DRAWN[str(schema["title"])] = schema
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
                        "content": {MEDIA_TYPE: {"schema": SCHEMA}},
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
