"""Bare asyncpg: Tenantry's statements for the account list behind a Starlette route, no GraphQL at all. The limit.

`/account-list` sends all that Tenantry sends, the API key's lookup included; `/account-list-known` knows who asks and
binds the scope in the round trip of BEGIN: the least that row-level security allows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.bare_replay import bare_pool, replay
from bench.compiled import statements_of_account_list
from bench.peers.settings import PeerSettings
from bench.recording import Sent, Way
from core.database import opening

_PEER = PeerSettings.of_this_process()
_OPENING = Sent(Way.EXECUTE, "BEGIN" + opening(_PEER.settings))


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
    sent = await statements_of_account_list(_PEER.database_url, _PEER.api_key, _PEER.listed_id)
    the_list = next(each for each in reversed(sent) if each.way is Way.FETCH)
    async with bare_pool(_PEER.database_url, _PEER.pool_size) as pool:
        yield {"pool": pool, "all": sent, "known": [_OPENING, the_list, sent[-1]]}


async def _account_list(request: Request) -> Response:
    rows = await replay(request.state.pool, request.state.all)
    return Response(rows[0][0], media_type="application/json")


async def _account_list_known(request: Request) -> Response:
    rows = await replay(request.state.pool, request.state.known)
    return Response(rows[0][0], media_type="application/json")


app = Starlette(
    routes=[Route("/account-list", _account_list), Route("/account-list-known", _account_list_known)],
    lifespan=_lifespan,
)
