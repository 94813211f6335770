"""The account list: 50 organizations with members, subscriptions and last payments, Tenantry against its peers."""

import json
import urllib.request
from contextlib import AsyncExitStack

from bench.contest import contest
from bench.options import Options
from bench.peer import Peer, Served, served
from bench.postgres import filled_database
from bench.results import Result
from bench.size import Size
from bench.standing import Standing

NOTE = (
    "One PostgreSQL with row security, one process a server, pools of 10; load generator, servers and database share "
    "the machine. asyncpg sends in each request what Tenantry sends (the API key's lookup, the scope, the compiled "
    "statement), without GraphQL and limits; asyncpg_known knows who asks and binds the scope in the round trip of "
    "BEGIN. PostGraphile and plain sign nobody in. Server CPU is that of the server's own process, per request."
)


async def account_list(server_url: str, options: Options) -> Result:
    """Keys `account_list.vs_postgraphile`, `.vs_asyncpg`, `.vs_plain`: requests per second, Tenantry's over theirs."""
    size = Size(options.organizations)
    standing = Standing.of(size, size.first_sub_reseller)
    async with filled_database(server_url, size) as url, AsyncExitStack() as running:
        peers = {peer: await running.enter_async_context(served(peer, url, standing)) for peer in Peer}
        check_agreement(peers)
        measured = await contest({peer.value: each.contestant for peer, each in peers.items()}, options)
    ratios = {
        f"account_list.vs_{other.value}": measured.ratio(Peer.TENANTRY.value, other.value)
        for other in Peer
        if other is not Peer.TENANTRY
    }
    title = f"Account list, {options.organizations:,} organizations, {options.connections} connections"
    return Result(title, ratios, measured.rows(), NOTE)


def check_agreement(peers: dict[Peer, Served]) -> None:
    """Every peer must answer the same list before anything is measured."""
    answers = {peer: json.dumps(each.list_of(_answer(each)), sort_keys=True) for peer, each in peers.items()}
    reference = answers[Peer.BARE]
    if len(json.loads(reference)["nodes"]) != 50:
        raise RuntimeError("the account list should have 50 organizations")
    wrong = [peer.value for peer, answer in answers.items() if answer != reference]
    if wrong:
        raise RuntimeError(f"not the same list as bare asyncpg's: {', '.join(wrong)}")


def _answer(each: Served) -> bytes:
    target = each.target
    headers = {**target.headers, **({"Content-Type": "application/json"} if target.body else {})}
    request = urllib.request.Request(target.url, target.body.encode() or None, headers)  # noqa: S310  our own server
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        body: bytes = response.read()
        return body
