"""Fixtures: an open, migrated, empty database per test on either engine, and the platform that stands on it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pytest_asyncio

from core.clock import FixedClock, parse_instant
from core.database import Database
from core.migrate import migrate
from tenants.unit_of_work import Platform
from tests.reused_postgres import ReusedPostgres, kept_open_url

START = parse_instant("2026-02-02T12:00:00Z")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; tests copy it."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    with ThreadPoolExecutor() as apart:  # a test's loop may be running in this thread
        apart.submit(asyncio.run, migrate(f"sqlite:///{path}")).result()
    return path


@pytest.fixture(scope="session")
def reused_postgres(postgres_server: str) -> Iterator[ReusedPostgres]:
    """The PostgreSQL database of this test process."""
    reused = ReusedPostgres(postgres_server)
    yield reused
    with ThreadPoolExecutor() as apart:
        apart.submit(asyncio.run, reused.drop()).result()


@pytest_asyncio.fixture
async def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a migrated, empty database of this test alone."""
    if engine_name == "sqlite":
        path = tmp_path / "tenantry.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    reused: ReusedPostgres = request.getfixturevalue("reused_postgres")
    yield await reused.take()
    await reused.give_back()


@pytest_asyncio.fixture(scope="module")
async def kept_open() -> AsyncIterator[dict[str, Database]]:
    """By its URL the database that stays open for the tests of a module: new connections learn all tables anew."""
    opened: dict[str, Database] = {}
    yield opened
    for each in opened.values():
        await each.close()


@pytest_asyncio.fixture
async def database(database_url: str, kept_open: dict[str, Database]) -> AsyncIterator[Database]:
    """An open database; requests run in the request role on PostgreSQL."""
    if database_url in kept_open:
        await kept_open[database_url].open_models()
        yield kept_open[database_url]
        return
    is_kept = database_url.startswith("postgresql")
    opened = Database(kept_open_url(database_url) if is_kept else database_url, role="tenantry_app", pool_size=8)
    await opened.open()
    if is_kept:
        kept_open[database_url] = opened
    yield opened
    if not is_kept:
        await opened.close()


@pytest.fixture
def clock() -> FixedClock:
    """The platform's clock: stands at the rule books' 2026-02-02T12:00:00Z until a test moves it."""
    return FixedClock(START)


@pytest.fixture
def platform(database: Database, clock: FixedClock) -> Platform:
    """The database and the clock together."""
    return Platform(database, clock)
