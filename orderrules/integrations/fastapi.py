"""For FastAPI: a dependency that reads an update, and its description in the OpenAPI document."""
# No "from __future__ import annotations": FastAPI cannot resolve postponed annotations of a dependency that is an
# object and not a function.

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


_STRING_SCHEMA = {"type": "string"}
_SCHEMAS: dict[str, dict[str, Any]] = {SCHEMA["title"]: SCHEMA}
"""The schemas that routes use, by their titles."""


def share_schemas(app: FastAPI) -> None:
    """Move the schemas of updates and problems to ``components`` of an application's OpenAPI document, each once.

    Args:
        app: the application; its routes may be added before or after.
    """
    build_document = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = build_document()
            shared: dict[str, dict[str, Any]] = {}
            document["paths"] = _replace_schemas(document["paths"], shared)
            if shared:
                document.setdefault("components", {}).setdefault("schemas", {}).update(shared)
        return app.openapi_schema or {}

    app.openapi_schema = None  # The document may have been built before.
    app.openapi = openapi  # type: ignore[method-assign]


def _replace_schemas(node: object, shared: dict[str, dict[str, Any]]) -> Any:  # noqa: ANN401 - a part of a document.
    """Replace the schemas of ``_SCHEMAS`` by references, and collect the replaced schemas in ``shared`` by name."""
    if isinstance(node, list):
        return [_replace_schemas(part, shared) for part in cast("list[object]", node)]
    if not isinstance(node, dict):
        return node
    schema = cast("dict[str, Any]", node)
    title = schema.get("title")
    if isinstance(title, str) and _SCHEMAS.get(title) == schema:
        # *salla: update of an order* is ``SallaUpdateOfAnOrder``.
        name = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", title))
        shared[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}
    return {key: _replace_schemas(part, shared) for key, part in schema.items()}


class Updates(Generic[OrderT, PatchT]):
    """The updates of a route: a dependency that reads them, and their description in the OpenAPI document.

    ``@app.put("/orders/{order_id}", **updates.route())`` documents the JSON Schema of the body, and the answers to
    a request that cannot be read or is refused. A parameter ``Annotated[salla.Patch, Depends(updates)]`` of the handler
    is the update that was read.

    Args:
        endpoint: the platform's endpoint.
        parameter: the name of the order's id in the path of the route; by default the name on the platform's page.
    """

    def __init__(self, endpoint: Endpoint[OrderT, PatchT], parameter: str | None = None) -> None:
        self.endpoint = endpoint
        self._parameter = parameter

    async def __call__(self, request: Request) -> PatchT:
        """Read the update of a request strictly: its path, its query and its body.

        Raises:
            HTTPException: the body is not JSON by its content type (415), or the order's id is too large for a database
                (404).
            InvalidInput: the request cannot be read; the error lists every problem.
            LookupError: the path of the route has no such parameter.
        """
        return await read_update(self.endpoint, request, self._parameter)

    def route(self, responses: dict[int | str, dict[str, Any]] | None = None) -> dict[str, Any]:
        """Return the arguments of a route's decorator that describe the update in the OpenAPI document.

        They also describe the required parameters of the query. If the handler declared these too, the document would
        list them twice.

        Args:
            responses: further responses, in the format of the decorator.
        """
        schema = {key: value for key, value in self.endpoint.policy.schema().items() if key != "$schema"}
        _SCHEMAS[str(schema["title"])] = schema
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        parameters = [
            {"name": name, "in": "query", "required": True, "schema": _STRING_SCHEMA} for name in self.endpoint.query
        ]
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
            UpdateRefused: the update is refused. The problem document of this error says what is allowed instead.
        """
        return apply(self.endpoint.policy, order, patch)
