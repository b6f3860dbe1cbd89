"""Strawberry and Starlette over a real server: statements are counted, and requests keep to themselves."""

import asyncio
from typing import Any

import httpx
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from strawberry.asgi import GraphQL
from strawberry.types import Info

from pgclinic_runtime.loader import Children, LoaderMiddleware, Order, Rows, loader_of
from pgclinic_runtime.loader.strawberry import LoaderExtension, current_loader
from runtime_loader import Shop, connecting

pytestmark = pytest.mark.server


@strawberry.type
class Lead:
    id: int
    name: str


BEST = Children(
    "leads", key="call_id", columns=("id", "name"), order=(Order("score", descending=True),), limit=2, into=Lead
)


@strawberry.type
class Call:
    id: int
    phone: str

    @strawberry.field
    async def leads(self, info: Info[Any, Any]) -> list[Lead]:
        request = (info.context or {}).get("request")
        return await (loader_of(request) if request else current_loader()).load(BEST, self.id)


CALLS = Rows("calls", key="id", columns=("id", "phone"), into=Call)


@strawberry.type
class Query:
    @strawberry.field
    async def call(self, info: Info[Any, Any], id: int) -> Call | None:  # noqa: A002 - GraphQL's argument
        request = (info.context or {}).get("request")
        return await (loader_of(request) if request else current_loader()).load(CALLS, id)


QUERY = (
    "{ a: call(id: 1) {phone leads {id}} b: call(id: 2) {phone leads {id}} c: call(id: 1) {phone} d: call(id: 9) {id} }"
)


def app(shop: Shop) -> Starlette:
    async def call(request: Request) -> JSONResponse:
        found = await loader_of(request).load(CALLS, int(request.path_params["id"]))
        return JSONResponse({"phone": found.phone if found else None})

    return Starlette(
        routes=[Route("/calls/{id}", call), Mount("/graphql", GraphQL(strawberry.Schema(Query)))],
        middleware=[Middleware(LoaderMiddleware, connect=lambda _scope: connecting(shop.conninfo)())],
    )


def test_a_graphql_request_asks_once_a_level(shop: Shop) -> None:
    async def work() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app(shop)), base_url="http://shop") as client:
            return (await client.post("/graphql/", json={"query": QUERY})).json()

    data = asyncio.run(work())["data"]
    assert [data[name] and data[name]["phone"] for name in "abc"] == ["11", "22", "11"]
    assert data["d"] is None
    assert [len(data[name]["leads"]) for name in "ab"] == [2, 2]
    assert shop.asked() == 2


def test_the_next_request_sees_what_was_written_since(shop: Shop) -> None:
    async def work() -> list[Any]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app(shop)), base_url="http://shop") as client:
            first = (await client.get("/calls/1")).json()
            await asyncio.to_thread(shop.execute, "update calls set phone = 'new' where id = 1")
            return [first, (await client.get("/calls/1")).json()]

    assert asyncio.run(work()) == [{"phone": "11"}, {"phone": "new"}]


def test_a_schema_served_by_anything_has_a_loader_an_operation(shop: Shop) -> None:
    schema = strawberry.Schema(Query, extensions=[lambda: LoaderExtension(connecting(shop.conninfo))])

    async def work() -> Any:
        return await asyncio.gather(schema.execute(QUERY), schema.execute(QUERY))

    for result in asyncio.run(work()):
        assert result.errors is None
        assert result.data["b"]["phone"] == "22"
    assert shop.asked() == 4


def test_a_missing_middleware_or_extension_is_one_sentence() -> None:
    with pytest.raises(LookupError, match="add LoaderMiddleware"):
        loader_of(Request({"type": "http"}))
    with pytest.raises(LookupError, match="add LoaderExtension"):
        current_loader()
