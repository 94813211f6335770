"""A schema of a few types that knows nothing of Tenantry, and the endpoint over it: the protection is tested on it."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, cast

import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient

from core.refusals import refuse
from graph.errors import coded
from graph.execution import GuardedSchema
from graph.limits import Caller, Guard, Limits, PointsInMemory
from web.graphql_http import GraphQLEndpoint, GraphQLSettings


@dataclass(slots=True)
class ToyContext:
    """Who asks, by bearer token, and what happened to the resolver that sleeps."""

    token: str | None = None
    events: list[str] | None = None


@strawberry.type
class Item:
    id: str
    children: "ItemConnection"


@strawberry.type
class ItemEdge:
    node: Item


@strawberry.type
class ItemConnection:
    edges: list[ItemEdge]
    nodes: list[Item]
    total_count: int


_NO_ROWS = orjson.Fragment(b'{"edges":[]}')


@strawberry.type
class Query:
    @strawberry.field
    async def items(self, first: int | None = None, last: int | None = None) -> ItemConnection:
        return cast(ItemConnection, _NO_ROWS)

    @strawberry.field
    def nodes(self, ids: list[str]) -> list[Item]:
        return []

    @strawberry.field
    def item(self) -> Item | None:
        return None

    @strawberry.field
    def greeting(self, name: str = "world") -> str:
        return f"Hello {name}"

    @strawberry.field
    def broken(self) -> str | None:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def broken_for_all(self) -> str:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def unencodable(self) -> strawberry.scalars.JSON:
        return cast(strawberry.scalars.JSON, {1, 2})

    @strawberry.field
    def coded(self) -> str | None:
        raise coded("PLAN_NOT_OFFERED", "No such plan", ["input", "planId"], {"plan": "plan_1"})

    @strawberry.field
    def refused(self) -> str | None:
        refuse("NOT_FOUND", "No such row", ("id",), id="org_1")

    @strawberry.field
    async def sleeps(self, info: strawberry.Info) -> str | None:
        events = cast(ToyContext, info.context).events
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            if events is not None:
                events.append("cancelled")
            raise
        return "awake"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def rename(self, name: str) -> Item | None:
        return None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(1, to + 1):
            yield number

    @strawberry.subscription
    async def rows(self) -> AsyncGenerator[ItemConnection, None]:
        yield cast(ItemConnection, _NO_ROWS)


def caller_of(context: Any) -> Caller:
    """Signed in is who has a token; everybody has a bucket of their own."""
    token = context.token if isinstance(context, ToyContext) else None
    return Caller(account=token or "anonymous", may_introspect=token is not None)


def toy_schema(limits: Limits | None = None, points: PointsInMemory | None = None) -> GuardedSchema:
    """The toy schema behind these limits."""
    guard = Guard(limits or Limits(), points or PointsInMemory(), caller_of)
    return GuardedSchema(Query, Mutation, Subscription, guard=guard)


def _token(connection: HTTPConnection) -> str | None:
    return connection.headers.get("authorization", "").removeprefix("Bearer ") or None


async def toy_context(connection: HTTPConnection) -> ToyContext:
    """The tokens `dead` and `locked` are those of sessions that ended or wait, `crash` breaks the sign-in itself."""
    token = _token(connection)
    if token == "dead":
        refuse("UNAUTHENTICATED", "The session has ended")
    if token == "locked":
        raise coded("SESSION_LOCKED", "The session is locked")
    if token == "crash":
        raise RuntimeError("the password is hunter2")
    return ToyContext(token)


async def _is_signed_in(request: Request) -> bool:
    return _token(request) is not None


def toy_endpoint(limits: Limits | None = None, points: PointsInMemory | None = None) -> GraphQLEndpoint:
    """The endpoint over the toy schema, as an ASGI application."""
    return GraphQLEndpoint(GraphQLSettings(toy_schema(limits, points), toy_context, _is_signed_in))


def toy_client(limits: Limits | None = None, token: str | None = None) -> TestClient:
    """A client of the endpoint, signed in when there is a token."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    endpoint = toy_endpoint(limits)
    routes = [Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint)]
    return TestClient(Starlette(routes=routes), headers=headers)
