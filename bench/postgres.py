"""The one PostgreSQL of a bench run, with a database per size: migrated, filled, with the roles of production.

Reads run on it as the tests' server is; what writes is measured with the durability of a production server."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg

from bench.data import load
from bench.size import Size
from core.migrate import migrate
from tests.postgres import create_database, drop_database, ensure_template, running_postgres

TEMPLATE = "tenantry_bench_empty"
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_SETTINGS = (
    "max_wal_size = '4GB'",
    "checkpoint_timeout = '30min'",
    "work_mem = '16MB'",
    "maintenance_work_mem = '256MB'",
)


@contextmanager
def bench_server() -> Iterator[str]:
    """Starts the server of the run; the URL of its superuser. It holds a database of a million organizations in
    memory, as a server of that size would: what is measured is the work, not how often a page is fetched again."""
    with running_postgres(shared_buffers="3GB") as url:
        yield url


@asynccontextmanager
async def empty_database(server_url: str, name: str) -> AsyncIterator[str]:
    """The superuser's URL of a migrated, empty database, dropped at the end."""
    await ensure_template(server_url, TEMPLATE, migrate)
    await _tune(server_url)
    yield await create_database(server_url, name, TEMPLATE)
    await drop_database(server_url, name)


@asynccontextmanager
async def filled_database(server_url: str, size: Size) -> AsyncIterator[str]:
    """The superuser's URL of a database that holds a platform of this size, dropped at the end."""
    async with empty_database(server_url, f"bench_{size.organizations}") as url:
        started = time.perf_counter()
        await load(url, size)
        print(f"{size.organizations:,} organizations loaded in {time.perf_counter() - started:.1f} s", flush=True)
        yield url


async def set_durable(server_url: str, is_durable: bool) -> None:
    """Whether a commit waits until it is on disk, as in production; the tests' server does not wait."""
    value = "on" if is_durable else "off"
    await _apply(server_url, [f"{name} = {value}" for name in _DURABLE])


async def _tune(server_url: str) -> None:
    await _apply(server_url, _SETTINGS)


async def _apply(server_url: str, settings: list[str] | tuple[str, ...]) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        for setting in settings:
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
