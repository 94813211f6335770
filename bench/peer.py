"""The servers of the account list: how each is started, and the one request that measures it."""

import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bench import queries
from bench.contest import Contestant
from bench.load import Target
from bench.peers.settings import PeerSettings
from bench.processes import free_port, running
from bench.standing import Standing
from tests.node import node_command, node_environment

_FOLDER = Path(__file__).parent / "peers"


class Peer(StrEnum):
    """Who is measured."""

    TENANTRY = "tenantry"
    POSTGRAPHILE = "postgraphile"
    PLAIN = "plain"
    BARE = "asyncpg"
    BARE_KNOWN = "asyncpg_known"


@dataclass(frozen=True, slots=True)
class Served:
    """A running server, its request, and what of the answer is the list."""

    origin: str
    process_id: int
    target: Target
    list_of: Callable[[bytes], object]

    @property
    def contestant(self) -> Contestant:
        """The server and its request, to be measured."""
        return Contestant(self.target, self.process_id)


@asynccontextmanager
async def served(peer: Peer, database_url: str, standing: Standing) -> AsyncIterator[Served]:
    """The peer's server for the block, as a process of its own."""
    if peer is Peer.POSTGRAPHILE and not (_FOLDER / "node_modules" / "postgraphile").is_dir():
        raise RuntimeError("PostGraphile is not installed: `make bench/peers/node_modules/.made`")
    port = free_port()
    settings = PeerSettings(database_url, port, standing.scope.settings, standing.api_key, standing.listed_id)
    async with running(_command(peer, port), _environment(peer, settings), port) as process_id:
        origin = f"http://127.0.0.1:{port}"
        yield Served(origin, process_id, target_of(peer, origin, standing), _list_of(peer))


def _command(peer: Peer, port: int) -> Sequence[str]:
    if peer is Peer.POSTGRAPHILE:
        return node_command(_FOLDER / "postgraphile.mjs")
    module = "bare" if peer in (Peer.BARE, Peer.BARE_KNOWN) else peer.value
    uvicorn = (sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--no-access-log")
    return (*uvicorn, "--loop", "uvloop", "--http", "httptools", "--log-level", "warning", f"bench.peers.{module}:app")


def _environment(peer: Peer, settings: PeerSettings) -> dict[str, str]:
    if peer is Peer.POSTGRAPHILE:
        return node_environment() | settings.environment | {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return settings.environment


def target_of(peer: Peer, origin: str, standing: Standing) -> Target:
    """The request for the list; Tenantry knows by its key who asks."""
    authorization = {"Authorization": f"Bearer {standing.api_key}"}
    match peer:
        case Peer.BARE:
            return Target(f"{origin}/account-list", headers=authorization)
        case Peer.BARE_KNOWN:
            return Target(f"{origin}/account-list-known", headers=authorization)
        case _:
            text = {Peer.TENANTRY: queries.TENANTRY, Peer.POSTGRAPHILE: queries.POSTGRAPHILE, Peer.PLAIN: queries.PLAIN}
            body = json.dumps({"query": text[peer], "variables": {"seller": standing.listed_id}})
            return Target(f"{origin}/graphql", body, authorization)


def _list_of(peer: Peer) -> Callable[[bytes], object]:
    return _read if peer in (Peer.BARE, Peer.BARE_KNOWN) else _graphql_list


def _read(body: bytes) -> Any:
    """Numbers as text: PostGraphile gives BIGINT as strings."""
    return json.loads(body, parse_int=str)


def _graphql_list(body: bytes) -> object:
    answer = _read(body)
    if answer.get("errors"):
        raise RuntimeError(f"a peer answered with errors: {str(answer['errors'])[:1000]}")
    return answer["data"]["organizations"]
