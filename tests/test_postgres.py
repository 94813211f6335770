"""The test run's own PostgreSQL: that it is real, quick to copy, built once, and loud when it cannot start."""

import asyncio
import os
from pathlib import Path

import asyncpg
import pytest

from tests import postgres
from tests.postgres import PostgresDidNotStart, create_database, drop_database, ensure_template, running_postgres


async def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_the_server_is_real_and_forgets_durability(postgres_server: str) -> None:
    shown = {
        name: (await _rows(postgres_server, f"SHOW {name}"))[0][0]
        for name in ("fsync", "synchronous_commit", "full_page_writes", "max_connections")
    }
    assert shown == {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


async def test_a_template_is_built_once_however_many_ask(postgres_server: str) -> None:
    built: list[str] = []

    async def build(url: str) -> None:
        built.append(url)
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE seen (id bigint)")
        await connection.execute("INSERT INTO seen VALUES (7)")
        await connection.close()

    name = f"template_{os.getpid()}"
    await asyncio.gather(*(ensure_template(postgres_server, name, build) for _ in range(5)))
    copy = await create_database(postgres_server, f"copy_{os.getpid()}", template=name)

    assert len(built) == 1
    assert await _rows(copy, "SELECT id FROM seen") == [(7,)]
    await drop_database(postgres_server, f"copy_{os.getpid()}")
    await drop_database(postgres_server, name)


async def test_a_template_that_failed_to_build_is_not_kept(postgres_server: str) -> None:
    async def fail(url: str) -> None:
        raise ValueError(url)

    name = f"broken_{os.getpid()}"
    with pytest.raises(ValueError, match="unfinished"):
        await ensure_template(postgres_server, name, fail)
    kept = await _rows(postgres_server, f"SELECT datname FROM pg_database WHERE datname = '{name}'")
    await drop_database(postgres_server, f"{name}_unfinished")
    assert kept == []


def test_a_server_that_cannot_start_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres._SETTINGS, "max_connections", "many")
    with pytest.raises(PostgresDidNotStart, match="max_connections"), running_postgres():
        pass


def test_nothing_is_left_when_the_server_stops() -> None:
    with running_postgres() as url:
        [(data,)] = asyncio.run(_rows(url, "SHOW data_directory"))
        home = Path(str(data)).parent
        assert home.is_dir()
    assert not home.exists()
