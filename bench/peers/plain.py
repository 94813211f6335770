"""Plain Strawberry over Tortoise models with DataLoaders, parser and validation cache: how one would start.

The same rows under the same row-level security, one transaction a request; it signs nobody in, which favours it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model
from tortoise.transactions import in_transaction

from bench.peers.settings import PeerSettings
from billing import models as billing
from core.database import Database, opening
from tenants import models as tenants

T = TypeVar("T")
Info = strawberry.Info["Context", None]


@dataclass(slots=True)
class Context:
    """One request's transaction and its loaders, by the organization's id."""

    client: BaseDBAsyncClient
    members: DataLoader[str, list[Any]]
    subscriptions: DataLoader[str, list[Any]]
    payments: DataLoader[str, list[Any]]


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]


@strawberry.type
class Member:
    id: strawberry.ID
    given_name: str
    family_name: str | None
    email: str | None
    role: str


@strawberry.type
class Subscription:
    id: strawberry.ID
    product_name: str
    quantity: int
    end_date: str
    is_auto_renew: bool


@strawberry.type
class Payment:
    id: strawberry.ID
    method: str
    status: str
    received_date: str
    reference: str | None


@strawberry.type
class Organization:
    id: strawberry.ID
    name: str
    kind: str
    status: str
    country: str
    currency: str
    billing_number: str

    @strawberry.field
    async def members(self, info: Info, first: int) -> Connection[Member]:
        rows = await info.context.members.load(self.id)
        return Connection(nodes=[_shown(Member, row) for row in rows[:first]])

    @strawberry.field
    async def subscriptions(self, info: Info, first: int) -> Connection[Subscription]:
        rows = await info.context.subscriptions.load(self.id)
        return Connection(nodes=[_shown(Subscription, row) for row in rows[:first]])

    @strawberry.field
    async def payments(self, info: Info, first: int) -> Connection[Payment]:
        rows = await info.context.payments.load(self.id)
        return Connection(nodes=[_shown(Payment, row) for row in rows[:first]])


@strawberry.type
class Query:
    @strawberry.field
    async def organizations(self, info: Info, seller_id: strawberry.ID, first: int) -> Connection[Organization]:
        found = tenants.Organization.filter(parent_id=seller_id).using_db(info.context.client)
        rows = await found.order_by("id").limit(first)
        return Connection(nodes=[_shown(Organization, row) for row in rows])


def _shown(shown_type: type[T], row: Model) -> T:
    names = (field.python_name for field in shown_type.__strawberry_definition__.fields)  # type: ignore[attr-defined]
    return shown_type(**{name: getattr(row, name) for name in names if hasattr(row, name)})


def _by_organization(
    client: BaseDBAsyncClient, model: type[Model], order: str
) -> Callable[[list[str]], Awaitable[list[list[Any]]]]:
    async def load(organization_ids: list[str]) -> list[list[Any]]:
        rows: dict[str, list[Any]] = defaultdict(list)
        for row in await model.filter(organization_id__in=organization_ids).using_db(client).order_by(order):
            rows[row.organization_id].append(row)  # type: ignore[attr-defined]
        return [rows[organization_id] for organization_id in organization_ids]

    return load


def _context(client: BaseDBAsyncClient) -> Context:
    return Context(
        client,
        DataLoader(load_fn=_by_organization(client, tenants.Member, "id")),
        DataLoader(load_fn=_by_organization(client, billing.Subscription, "-id")),
        DataLoader(load_fn=_by_organization(client, billing.Payment, "-id")),
    )


_PEER = PeerSettings.of_this_process()
_SCHEMA = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    database = Database(_PEER.database_url, role="tenantry_app", pool_size=_PEER.pool_size)
    configuration = database.configuration()
    configuration["connections"]["default"]["engine"] = "tortoise.backends.asyncpg"
    await Tortoise.init(config=configuration, _enable_global_fallback=True)
    yield
    await Tortoise.close_connections()


async def _graphql(request: Request) -> Response:
    body = await request.json()
    async with in_transaction() as client:
        await client.execute_query(opening(_PEER.settings).removeprefix("; "))
        result = await _SCHEMA.execute(body["query"], body.get("variables"), _context(client))
    return JSONResponse({"data": result.data, **({"errors": [str(e) for e in result.errors]} if result.errors else {})})


app = Starlette(routes=[Route("/graphql", _graphql, methods=["POST"])], lifespan=_lifespan)
