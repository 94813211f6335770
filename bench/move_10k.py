"""Moving a reseller with 10,000 organizations and 200,000 rows below it, while others go on reading what moves."""

import asyncio
import time
from dataclasses import dataclass
from statistics import median

import asyncpg

from bench import queries
from bench.data import TABLES, api_key_of, make_key
from bench.generated_ids import generated_id
from bench.options import Options
from bench.postgres import filled_database, set_durable
from bench.results import Result
from bench.size import OPERATOR, Size
from core.clock import SystemClock
from core.database import Database
from core.ids import new_id
from graph.context import Context
from tenants.actor import Credentials
from tenants.authentication import SESSION_PREFIX, secret_hash
from tenants.commands import Command, Outcome, run_command
from tenants.moves.moves import move_organization
from tenants.unit_of_work import Platform, UnitOfWork
from web.api import build_api

NOTE = (
    "`moveOrganization` of a reseller to another one and back, by the operator, commits durable. Two readers ask for "
    "the account list all the while, one of the operator and one within what moves; their slowest answer is shown "
    "beside that without a move. Only writers wait for a move."
)
SIZE, QUICK_SIZE = Size(11_200), Size(1_000)
HOME, MOVED = OPERATOR + 1, OPERATOR + 2
"""The reseller that takes over, and the one that moves, under which all the others stand."""
ENTRIES_EACH = 7
TOKEN = f"{SESSION_PREFIX}bench"
_PATH_TABLES = (*(table for table in TABLES if table != "organization_number"), "audit_entry")
_AUDIT = """
INSERT INTO audit_entry (id, organization_id, path, at, action, entity_type, actor_name)
SELECT 'aud_' || o.number || '_' || g, o.id, o.path, 0, 'bench', 'Organization', 'Bench'
FROM organization o, generate_series(1, $1) g
"""
_OWNER = (
    "INSERT INTO users (id, email, email_folded, created_at) VALUES ('usr_bench', 'bench', 'bench', 0)",
    "UPDATE member SET user_id = 'usr_bench', has_portal_access = true, invitation = 'ACCEPTED' WHERE id = $1",
)
_SESSION = """
INSERT INTO session (id, user_id, token_hash, created_at, last_used_at, password_at, idle_minutes, max_hours)
VALUES ('ses_bench', 'usr_bench', $1, $2, $2, $2, 480, 24)
"""
_OFFERS = """
INSERT INTO price_list (id, organization_id, path, name, currency, is_default, created_at)
SELECT 'plist_' || o.number, o.id, o.path, 'Bench', 'USD', true, 0 FROM organization o WHERE o.number IN ($1, $2)
"""
_PRICES = """
INSERT INTO price (id, organization_id, path, price_list_id, item_id, cycle_months, amount_micros, valid_from_date,
    created_at)
SELECT 'price_' || l.id || p.id, l.organization_id, l.path, l.id, p.id, 12, 1, '2000-01-01', 0 FROM price_list l, plan p
"""


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of one move, and milliseconds of the slowest read without and with it."""

    seconds: float
    quiet_ms: float
    slowest_ms: float


async def move_10k(server_url: str, options: Options) -> Result:
    """Keys `move_10k.seconds` and `move_10k.slowest_read_ms`: of one move, and of a read while it runs."""
    size = SIZE if options.is_full else QUICK_SIZE
    async with filled_database(server_url, size) as url:
        moved = await _prepare(url, size)
        await set_durable(server_url, True)
        database = Database(url, role="tenantry_app", pool_size=4)
        await database.open()
        platform = Platform(database, SystemClock())
        rounds = [await _round(platform, size, back) for back in (False, True)]
        await database.close()
        await set_durable(server_url, False)
    ratios = {
        "move_10k.seconds": median(each.seconds for each in rounds),
        "move_10k.slowest_read_ms": max(each.slowest_ms for each in rounds),
    }
    return Result(
        f"Moving {moved[0]:,} organizations, {moved[1]:,} rows", ratios, [_row(each) for each in rounds], NOTE
    )


def _row(each: Round) -> dict[str, object]:
    return {
        "move s": round(each.seconds, 2),
        "slowest read before ms": round(each.quiet_ms, 1),
        "slowest read meanwhile ms": round(each.slowest_ms, 1),
    }


async def _round(platform: Platform, size: Size, is_back: bool) -> Round:
    readers = (Credentials(api_key_of(OPERATOR)), Credentials(api_key_of(size.first_sub_reseller + 1)))
    going_on = asyncio.Event()
    going_on.set()
    reading = [asyncio.create_task(_read(platform, reader, size, going_on)) for reader in readers]
    await asyncio.sleep(1)
    started = time.perf_counter()
    await _move(platform, generated_id("org", OPERATOR if is_back else HOME))
    ended = time.perf_counter()
    going_on.clear()
    reads = [each for task in reading for each in await task]
    quiet = [end - start for start, end in reads if end < started]
    meanwhile = [end - start for start, end in reads if end >= started and start <= ended]
    return Round(ended - started, max(quiet) * 1000, max(meanwhile) * 1000)


async def _read(
    platform: Platform, reader: Credentials, size: Size, going_on: asyncio.Event
) -> list[tuple[float, float]]:
    """When each read began and ended."""
    api, times = build_api(), []
    seller = {"seller": generated_id("org", size.first_sub_reseller + 1)}
    while going_on.is_set():
        started = time.perf_counter()
        result = await api.schema.execute(queries.TENANTRY, seller, Context(platform, reader, api.statements))
        times.append((started, time.perf_counter()))
        if result.errors or not result.data:
            raise RuntimeError(f"a reader was not answered: {result.errors}")
    return times


async def _move(platform: Platform, new_seller_id: str) -> None:
    async def act(uow: UnitOfWork) -> Outcome:
        return await move_organization(uow, generated_id("org", MOVED), new_seller_id)

    async def answer(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> Outcome:
        return outcome

    command = Command("moveOrganization", {}, new_id("bench"), moves_rows=True)
    await run_command(platform, Credentials(TOKEN), command, act, answer)


async def _prepare(url: str, size: Size) -> tuple[int, int]:
    """Everybody but HOME below MOVED, nothing in the way of its move; answers how many organizations and rows move."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_AUDIT, ENTRIES_EACH)
        top = size.path_of(MOVED)
        for number in range(MOVED + 1, size.first_sub_reseller):
            await _gather(connection, size.path_of(number), top, generated_id("org", number))
        await connection.execute("UPDATE wallet SET wallet_micros = 0")
        await connection.execute(_OWNER[0])
        await connection.execute(_OWNER[1], generated_id("mem", OPERATOR * 8 + 1))
        await connection.execute(_SESSION, secret_hash(TOKEN), SystemClock().now())
        await connection.execute(_OFFERS, OPERATOR, HOME)
        await connection.execute(_PRICES)
        await make_key(connection, size.first_sub_reseller + 1)
        await connection.execute("VACUUM ANALYZE")
        counts = [
            await connection.fetchval(f"SELECT count(*) FROM {table} WHERE path >= $1 AND path < $1 || '~'", top)
            for table in _PATH_TABLES
        ]
        return counts[0], sum(counts)
    finally:
        await connection.close()


async def _gather(connection: asyncpg.Connection, old: str, top: str, organization_id: str) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(
            "UPDATE organization SET parent_id = $2 WHERE id = $1", organization_id, generated_id("org", MOVED)
        )
        label = old.removesuffix(".").rpartition(".")[2]
        for table in _PATH_TABLES:
            await connection.execute(
                f"UPDATE {table} SET path = $2 || substr(path, $3) WHERE path >= $1 AND path < $1 || '~'",
                old, f"{top}{label}.", len(old) + 1,
            )  # fmt: skip
