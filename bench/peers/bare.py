"""Bare asyncpg: Tenantry's compiled statement of the account list behind a Starlette route, no GraphQL. The limit.

`/account-list` sends what Tenantry sends, the API key's lookup included; `/account-list-known` knows who asks and
binds the scope in the round trip of BEGIN: the least that row-level security allows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.bare_replay import bare_pool
from bench.compiled import compiled_account_list
from bench.peers.settings import PeerSettings
from core.database import opening
from tenants.authentication import secret_hash
from tenants.row_scope import RowScope

_PEER = PeerSettings.of_this_process()
_SCOPE = RowScope(_PEER.settings["app.path"], _PEER.settings["app.organization_id"])
_WHO = "SELECT a.*, is_stopped_above(a.organization_id) AS is_stopped FROM actor_by_api_key($1) a"
_BIND = (
    "SELECT set_config('app.path', $1, true), set_config('app.path_end', $2, true), "
    "set_config('app.organization_id', $3, true)"
)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
    compiled = await compiled_account_list(_PEER.database_url, _PEER.api_key, _PEER.listed_id)
    async with bare_pool(_PEER.database_url, _PEER.pool_size) as pool:
        yield {"pool": pool, "statement": compiled.sql, "asked": compiled.arguments[len(_SCOPE.arguments) :]}


async def _account_list(request: Request) -> Response:
    token = request.headers["authorization"].removeprefix("Bearer ")
    async with request.state.pool.acquire() as connection:
        await connection.execute("BEGIN")
        actor = (await connection.fetch(_WHO, secret_hash(token)))[0]
        scope = RowScope(actor["path"], actor["organization_id"])
        await connection.fetch(_BIND, *scope.arguments)
        rows = await connection.fetch(request.state.statement, *scope.arguments, *request.state.asked)
        await connection.execute("COMMIT")
    return Response(rows[0][0], media_type="application/json")


async def _account_list_known(request: Request) -> Response:
    async with request.state.pool.acquire() as connection:
        await connection.execute("BEGIN" + opening(_PEER.settings))
        rows = await connection.fetch(request.state.statement, *_SCOPE.arguments, *request.state.asked)
        await connection.execute("COMMIT")
    return Response(rows[0][0], media_type="application/json")


app = Starlette(
    routes=[Route("/account-list", _account_list), Route("/account-list-known", _account_list_known)],
    lifespan=_lifespan,
)
