"""Bare asyncpg with the pool and the session settings of Tenantry's own engine, and nothing else of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from bench.recording import Sent, Way
from core.database import Database


async def _keep(_connection: object) -> None:
    """No reset between transactions, as in Tenantry's pool: it would cost a round trip."""


@asynccontextmanager
async def bare_pool(database_url: str, size: int) -> AsyncIterator[asyncpg.Pool]:
    """A pool in the role of requests."""
    database = Database(database_url, role="tenantry_app", pool_size=size)
    credentials = dict(database.configuration()["connections"]["default"]["credentials"])
    sizes = {"min_size": credentials.pop("minsize"), "max_size": credentials.pop("maxsize")}
    options = {"reset": _keep, "statement_cache_size": 1000, **sizes, **credentials}
    async with asyncpg.create_pool(None, **options) as pool:
        yield pool


async def replay(pool: asyncpg.Pool, statements: Sequence[Sent]) -> Sequence[asyncpg.Record]:
    """Send the statements in turn on one connection; they begin and end their transactions themselves.

    Answers the rows of the last query."""
    rows: Sequence[asyncpg.Record] = ()
    async with pool.acquire() as connection:
        for each in statements:
            if each.way is Way.FETCH:
                rows = await connection.fetch(each.sql, *each.arguments)
            else:
                await connection.execute(each.sql, *each.arguments)
    return rows
