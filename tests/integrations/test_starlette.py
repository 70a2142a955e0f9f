"""Starlette and FastAPI: updates are read strictly, problems are documents, and OpenAPI has the library's schemas."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from typing import Annotated, Any

import attrs
import httpx
import pytest
from fastapi import Depends, FastAPI
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from orderrules import InvalidInput, Rule, UpdateRefused, awal, salla
from orderrules.integrations.fastapi import Updates, problem_handlers, share_schemas
from orderrules.integrations.problems import MEDIA_TYPE, SCHEMA, Instead, NoSuchOrder, NotJson, apply, problem
from orderrules.integrations.starlette import read_update
from orderrules.testing import OrderMachine
from tests.kit.examples import example
from tests.kit.service_process import serving


class AppClient:
    """A client that calls an application in this process."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def put(self, path: str, **options: Any) -> httpx.Response:
        """Send an update."""
        return self.request("PUT", path, **options)

    def get(self, path: str) -> httpx.Response:
        """Read something."""
        return self.request("GET", path)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())


UPDATES = Updates(salla.ENDPOINT)
AWAL = Updates(awal.ENDPOINT, parameter="number")
DELIVERED = salla.Order(id=7, status="completed", customer=salla.CustomerKind.REGISTERED)


def create_app() -> FastAPI:
    """Return an application that answers with the sent update and with what was written."""
    app = FastAPI(exception_handlers=problem_handlers(salla.ENDPOINT))

    @app.put("/orders/{order_id}", **UPDATES.route())
    async def update(order_id: int, patch: Annotated[salla.Patch, Depends(UPDATES)]) -> Any:
        after = UPDATES.apply(DELIVERED, patch)
        assert isinstance(after.written, salla.Patch)
        return {"id": order_id, "asked": salla.to_body(patch), "kept": salla.to_body(after.written)}

    @app.put("/awal/orders/{number}", **AWAL.route())
    async def update_awal(patch: Annotated[awal.Patch, Depends(AWAL)]) -> Any:
        return awal.to_body(patch)

    @app.put("/wrong/{number}", **UPDATES.route())
    async def update_nothing(patch: Annotated[salla.Patch, Depends(UPDATES)]) -> Any:
        return salla.to_body(patch)

    return app


@pytest.fixture(scope="module")
def client() -> AppClient:
    """Return a client of the application."""
    return AppClient(create_app())


def test_an_update_is_read_by_a_dependency(client: AppClient) -> None:
    """The path parameter may have another name than on the page."""
    answer = client.put("/orders/7", json={"employees": [1]})
    assert (answer.status_code, answer.json()) == (
        200,
        {"id": 7, "asked": {"employees": [1]}, "kept": {"employees": [1]}},
    )
    answer = client.put("/awal/orders/7?phone_number_id=1", json={"status": "shipped"})
    assert (answer.status_code, answer.json()) == (200, {"status": "shipped"})


def test_a_refusal_is_a_problem_document(client: AppClient) -> None:
    """It lists the rules, the refused keys, and what is allowed instead."""
    answer = client.put("/orders/7", json={"coupon_code": "EID", "courier_id": 7, "branch_id": 1, "employees": [1]})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json() == {
        "type": "urn:problem-type:orderrules:refused",
        "title": "The update is refused",
        "status": 422,
        "detail": (
            "the shipping details cannot be changed: the order is completed; "
            "it may change only while the order is not completed; "
            "the coupon cannot be changed: the order is completed; it may change only while the order is not completed"
        ),
        "rules": ["SALLA-SHIPPING-1", "SALLA-COUPON-1"],
        "assumptions": [],
        "errors": [
            {
                "pointer": f"#/{key}",
                "detail": f"the {name} cannot be changed: the order is completed; "
                "it may change only while the order is not completed",
                "rule": f"SALLA-{section.upper()}-1",
                "section": section,
                "facts": [{"fact": "status", "value": "completed"}],
                "condition": {"fact": "status", "not in": ["completed"]},
                "reason": salla.POLICY.rules[place].reason,
            }
            for key, section, name, place in (
                ("branch_id", "shipping", "shipping details", 2),
                ("courier_id", "shipping", "shipping details", 2),
                ("coupon_code", "coupon", "coupon", 4),
            )
        ],
        "allowed": {"sections": ["employees"], "keys": ["employees"]},
    }


def test_the_header_chooses_the_language_of_an_answer(client: AppClient) -> None:
    """A refusal, what cannot be read, and what is not JSON: titles and sentences, and no other member."""
    for content, kind, status in ((b'{"coupon_code": "EID"}', "json", 422), (b"{", "json", 422), (b"{}", "xml", 415)):
        answers = [
            client.put(
                "/orders/7",
                content=content,
                headers={"Content-Type": f"application/{kind}", "Accept-Language": language},
            )
            for language in ("ar, en;q=0.9", "de")
        ]
        assert [answer.status_code for answer in answers] == [status, status]
        assert [answer.headers["content-language"] for answer in answers] == ["ar", "en"]
        assert [answer.headers["vary"] for answer in answers] == ["Accept-Language"] * 2
        arabic, english = (answer.json() for answer in answers)
        assert arabic.keys() == english.keys()
        assert arabic["detail"] != english["detail"]
        assert not re.search("[\u0600-\u06ff]", json.dumps(english, ensure_ascii=False))


@pytest.mark.parametrize(
    ("path", "content", "status", "errors"),
    [
        ("/orders/7", b"", 422, [("not_json", "#")]),
        (
            "/orders/7",
            b'{"a~b/\xc3\xa9": 1, "coupon_code": 7}',
            422,
            [("unknown_key", "#/a~0b~1%C3%A9"), ("wrong_type", "#/coupon_code")],
        ),
        ("/orders/x", b"{}", 422, [("wrong_type", "order_id")]),
        ("/awal/orders/x?phone_number_id=1", b"{}", 400, [("wrong_type", "number")]),
        ("/awal/orders/7", b'{"status": "lost"}', 400, [("missing", "phone_number_id"), ("not_a_choice", "#/status")]),
    ],
)
def test_an_unreadable_request_is_answered_with_a_problem_document(
    client: AppClient, path: str, content: bytes, status: int, errors: list[tuple[str, str]]
) -> None:
    """Each problem has an RFC 6901 pointer as a URI fragment, or the name of a parameter."""
    answer = client.put(path, content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problems = [
        (error["code"], error.get("pointer") or error.get("path") or error.get("query"))
        for error in answer.json()["errors"]
    ]
    assert problems == errors
    assert answer.json()["type"] == "urn:problem-type:orderrules:unreadable"
    assert "more" not in answer.json()


def test_a_route_without_the_path_parameter_raises_lookup_error(client: AppClient) -> None:
    """It is a mistake of the developer, not of the client."""
    with pytest.raises(LookupError, match="the route has no parameter order_id in its path"):
        client.put("/wrong/7", json={})


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_is_read_only_up_to_the_limit(client: AppClient, chunked: bool) -> None:
    """This also holds for a chunked body."""
    taken = 0

    async def chunks() -> Any:
        nonlocal taken
        for _ in range(100):
            taken += 1 << 20
            yield b" " * (1 << 20)

    headers = {} if chunked else {"content-length": str(100 << 20)}
    answer = client.put("/orders/7", content=chunks(), headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "too_large"
    assert taken < 10 << 20


def test_the_openapi_document_has_the_schemas_of_the_library(client: AppClient) -> None:
    """They describe the body, the query and the problems."""
    document = client.get("/openapi.json").json()
    put = document["paths"]["/orders/{order_id}"]["put"]
    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert {**schema, "$schema": "x"} == {**json.loads(json.dumps(salla.POLICY.schema())), "$schema": "x"}
    assert "application/problem+json" in put["responses"]["422"]["content"]
    assert set(put["responses"]) == {"200", "422"}
    put = document["paths"]["/awal/orders/{number}"]["put"]
    assert set(put["responses"]) == {"200", "400", "422"}
    query = {"name": "phone_number_id", "in": "query", "required": True, "schema": {"type": "string"}}
    assert query in put["parameters"]


def test_problem_types_may_be_blank_and_other_answers_documented() -> None:
    """With a blank type, the title is the phrase of the status, as RFC 9457 says."""
    app = FastAPI(exception_handlers=problem_handlers(salla.ENDPOINT, types=""))

    @app.put("/orders/{order_id}", **UPDATES.route({404: {"description": "no such order"}}))
    async def update(patch: Annotated[salla.Patch, Depends(UPDATES)]) -> Any:
        return salla.to_body(patch)

    client = AppClient(app)
    document = client.put("/orders/7", content=json.dumps({str(number): 1 for number in range(150)})).json()
    assert (document["type"], document["title"]) == ("about:blank", "Unprocessable Content")
    assert len(document["errors"]) + document["more"] == 150
    responses = client.get("/openapi.json").json()["paths"]["/orders/{order_id}"]["put"]["responses"]
    assert responses["404"] == {"description": "no such order"}
    assert responses["422"]["description"] == "Unprocessable Content: the update cannot be read, or is refused"


def test_starlette_works_without_fastapi() -> None:
    """The example uses URIs as the types of problems."""
    app = example("starlette_app").app
    client = AppClient(app)
    assert client.put("/orders/2", json={"coupon_code": "EID"}).json()["data"]["id"] == 2
    answer = client.put("/orders/1", json={"customer": {"id": 1}, "employees": []})
    document = answer.json()
    assert (document["type"], document["title"]) == ("https://shop.example/problems/refused", "The update is refused")
    assert document["allowed"] == {"sections": ["employees"], "keys": ["employees"]}
    answer = client.put("/orders/1", content=b"[]")
    assert answer.json()["type"] == "https://shop.example/problems/unreadable"
    assert client.put("/orders/3", json={}).status_code == 404


def test_a_query_that_is_not_utf8_is_a_problem() -> None:
    """It is ignored for a platform whose page has no query."""
    messages: list[dict[str, Any]] = []

    async def ask(path: str) -> int:
        scope = {
            "type": "http",
            "method": "PUT",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"a=\xff",
            "headers": [],
            "http_version": "1.1",
            "scheme": "http",
            "server": ("shop.example", 80),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b'{"employees": [1]}'}

        async def send(message: Any) -> None:
            messages.append(message)

        messages.clear()
        await create_app()(scope, receive, send)
        return int(messages[0]["status"])

    assert asyncio.run(ask("/orders/7")) == 200
    assert asyncio.run(ask("/awal/orders/7")) == 400


def test_the_body_stays_available_in_the_request() -> None:
    """The application may need it, for example to check its signature."""

    async def update(request: Any) -> JSONResponse:
        before = await request.body()
        patch = await read_update(salla.ENDPOINT, request)
        return JSONResponse([salla.to_body(patch), before == await request.body()])

    app = Starlette(routes=[Route("/orders/{order_id}", update, methods=["PUT"])])
    assert AppClient(app).put("/orders/1", json={"employees": [1]}).json() == [{"employees": [1]}, True]


@pytest.mark.any_python
def test_the_state_machine_agrees_with_the_example() -> None:
    """Every answer and every stored order must be what the policy says."""
    module = example("starlette_app")
    client = AppClient(module.app)

    class Service(OrderMachine):
        policy = salla.POLICY
        walk_seconds = 60.0

        def create_order(self, order: Any) -> int:
            number: int = max(module.orders) + 1
            module.orders[number] = attrs.evolve(order, id=number)
            return number

        def send_update(self, handle: Any, body: dict[str, object]) -> int:
            return client.put(f"/orders/{handle}", json=body).status_code

        def read_order(self, handle: Any) -> salla.Order:
            order: salla.Order = module.orders[handle]
            return order

    run_settings = settings(Service.TestCase.settings, max_examples=10, database=None, derandomize=True)
    run_state_machine_as_test(Service, settings=run_settings)


def test_the_example_runs_in_another_process() -> None:
    """It is reached over HTTP."""
    with serving("starlette_app") as address:
        answer = httpx.put(f"{address}/orders/1", json={"coupon_code": "EID"})
        assert (answer.status_code, answer.json()["rules"]) == (422, ["SALLA-COUPON-1"])
        assert httpx.put(f"{address}/orders/2", json={"coupon_code": "EID"}).status_code == 200


def test_allowed_statuses_are_listed_in_the_order_of_the_page() -> None:
    """This holds for a transition table and for a plain condition."""
    following = ("accepted", "shipped", "delivered", "completed")
    pending = awal.Order(status="pending")
    assert Instead.of(awal.policy(skipping=True), pending, awal.Patch()).statuses == following
    plain = awal.POLICY.without("AWAL-STATUS-1").with_rules(
        Rule(
            id="SHOP-1",
            section=awal.Section.STATUS,
            only_if=awal.ASKED.is_not_in({awal.Status.SHIPPED}) | ~awal.STATUS.is_(awal.Status.PENDING),
            reason="the shop says so",
        )
    )
    assert Instead.of(plain, pending, awal.Patch()).statuses == ("accepted", "delivered", "completed")
    assert Instead.of(salla.POLICY, salla.Order(), salla.Patch()).statuses is None


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/vnd.shop+json", 200),
        ("", 200),
        ("application/x-www-form-urlencoded", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_not_json_is_answered_415(client: AppClient, kind: str, status: int) -> None:
    """A request without a content type is read."""
    answer = client.put("/orders/7", content=b'{"employees": [7]}', headers={"content-type": kind})
    assert answer.status_code == status
    if status == 415:
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.json()["detail"] == "expected the content type application/json"
        assert Draft202012Validator(SCHEMA).is_valid(answer.json())


def test_an_id_that_no_database_can_store_is_answered_404(client: AppClient) -> None:
    """Otherwise the database would raise an error."""
    for number, status in ((2**63 - 1, 200), (2**63, 404), (10**30, 404)):
        answer = client.put(f"/orders/{number}", json={"employees": [7]})
        assert answer.status_code == status
    assert answer.json()["title"] == "Not Found"


def test_without_the_handlers_the_framework_answers() -> None:
    """It uses a format of its own."""
    app = FastAPI()

    @app.put("/orders/{order_id}")
    async def update(patch: Annotated[salla.Patch, Depends(UPDATES)]) -> Any:
        return salla.to_body(patch)

    options = {"content": b"x", "headers": {"content-type": "text/plain"}}
    assert AppClient(app).put("/orders/7", **options).json() == {"detail": "expected the content type application/json"}


def test_schemas_can_be_shared_among_the_routes() -> None:
    """Each schema is stored once, under ``components``."""
    plain, shared = create_app(), create_app()
    shared.openapi()
    share_schemas(shared)
    document = shared.openapi()
    components = document["components"]["schemas"]
    assert {"Problem", "SallaUpdateOfAnOrder", "AwalUpdateOfAnOrder"} <= set(components)
    body = document["paths"]["/orders/{order_id}"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/SallaUpdateOfAnOrder"}
    assert components["Problem"] == SCHEMA
    inline = plain.openapi()["paths"]["/orders/{order_id}"]["put"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert components["SallaUpdateOfAnOrder"] == inline
    assert len(json.dumps(document)) < len(json.dumps(plain.openapi()))
    assert shared.openapi() is document


def test_any_framework_can_make_a_problem_document() -> None:
    """It needs only ``problem`` and ``SCHEMA``; an exception also has ``to_dict``."""
    validator = Draft202012Validator(SCHEMA)
    with pytest.raises(InvalidInput) as unreadable:
        salla.read_request("x", {"employees": 7})
    document: Any = problem(salla.ENDPOINT, unreadable.value)
    assert validator.is_valid(document)
    assert unreadable.value.to_dict() == {
        "what": "read the Salla request",
        "problems": [
            {
                "pointer": "/order_id",
                "code": "wrong_type",
                "params": {"expected": "decimal", "found": "other string"},
                "message": "expected an integer in decimal digits, got another string",
                "remedy": "",
                "hint": "",
                "part": "path",
            },
            {
                "pointer": "/employees",
                "code": "wrong_type",
                "params": {"expected": "array", "found": "integer"},
                "message": "expected an array, got an integer",
                "remedy": "",
                "hint": "",
            },
        ],
        "more": 0,
    }
    with pytest.raises(UpdateRefused) as refused:
        apply(salla.POLICY, DELIVERED, salla.Patch(coupon_code="x"))
    document = problem(salla.ENDPOINT, refused.value)
    assert validator.is_valid(document)


@pytest.mark.parametrize(
    ("module", "missing", "extra"),
    [
        ("httpx", "httpx", "httpx"),
        ("requests", "requests", "requests"),
        ("narwhals", "narwhals", "narwhals"),
        ("sqlalchemy", "sqlalchemy", "sqlalchemy"),
        ("starlette", "starlette", "starlette"),
        ("fastapi", "fastapi", "fastapi"),
        ("django", "django", "django"),
        ("rest_framework", "rest_framework", "rest-framework"),
    ],
)
def test_importing_an_integration_without_its_extra_names_the_extra(module: str, missing: str, extra: str) -> None:
    """The message shows the command that installs it."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"try:\n    import orderrules.integrations.{module}\n"
        "except ImportError as error:\n    print(error)"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout == f"{missing} is required but not installed: pip install 'orderrules[{extra}]'\n"


@pytest.mark.parametrize(
    ("error", "status", "kind"), [(NoSuchOrder(), 404, "no-such-order"), (NotJson(), 415, "not-json")]
)
def test_a_route_may_answer_with_the_document_of_a_missing_order(error: Exception, status: int, kind: str) -> None:
    """So that each 404 of a service has the same form."""
    app = FastAPI(exception_handlers=problem_handlers(salla.ENDPOINT))

    @app.get("/orders/7")
    def show() -> None:
        raise error

    answer = AppClient(app).get("/orders/7")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["type"] == f"urn:problem-type:orderrules:{kind}"
