"""The database that tests hand on: as empty as a new one, and replaced when emptying it would not be enough."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from tests.reused_postgres import ReusedPostgres

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


@pytest_asyncio.fixture
async def reused(postgres_server: str) -> AsyncIterator[ReusedPostgres]:
    """A second one, beside that of this test process."""
    made = ReusedPostgres(postgres_server)
    yield made
    await made.drop()


async def _run(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def _counts(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
        return {table: await connection.fetchval(f'SELECT count(*) FROM "{table}"') for table in tables}
    finally:
        await connection.close()


async def test_rows_of_one_test_are_gone_for_the_next(reused: ReusedPostgres) -> None:
    url = await reused.take()
    at_first = await _counts(url)
    await _run(url, "INSERT INTO retired_billing_number VALUES ('5001')")
    await reused.give_back()

    assert await reused.take() == url
    assert await _counts(url) == at_first
    assert at_first["retired_billing_number"] == 0


async def test_a_changed_schema_costs_the_database(reused: ReusedPostgres) -> None:
    url = await reused.take()
    await _run(url, "ALTER TABLE organization NO FORCE ROW LEVEL SECURITY")
    await reused.give_back()

    assert await reused.take() != url


async def test_somebody_still_connected_costs_the_database(reused: ReusedPostgres) -> None:
    url = await reused.take()
    left_open = await asyncpg.connect(url)
    await reused.give_back()

    assert await reused.take() != url
    left_open.terminate()
