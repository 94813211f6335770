"""The generated platform obeys the tables' rules: its foreign keys are checked, its ids and paths are the product's."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from bench.data import api_key_of, load
from bench.generated_ids import generated_id
from bench.size import SHOWN, Details, Size
from bench.standing import Standing
from core.clock import FixedClock, parse_instant
from core.database import Database
from core.ids import is_id
from core.migrate import migrate
from core.transaction import fetch_value
from tenants.actor import Credentials
from tenants.paths import TreeNode, rebuild_paths
from tenants.unit_of_work import Platform, reading
from tests.postgres import create_database, drop_database, ensure_template
from tests.reused_postgres import TEMPLATE

SIZE = Size(300)
DATABASE = "bench_generated"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def filled(postgres_server: str) -> AsyncIterator[str]:
    """The superuser's URL of a database with 300 generated organizations."""
    await ensure_template(postgres_server, TEMPLATE, migrate)
    url = await create_database(postgres_server, DATABASE, TEMPLATE)
    await load(url, SIZE)
    yield url
    await drop_database(postgres_server, DATABASE)


async def _rows(url: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql))
    finally:
        await connection.close()


async def test_every_path_follows_from_the_parents_and_is_known_without_a_query(filled: str) -> None:
    rows = await _rows(filled, "SELECT id, parent_id, number, path FROM organization")
    rebuilt = rebuild_paths(TreeNode(row["id"], row["parent_id"], row["number"]) for row in rows)
    assert len(rows) == 300
    assert rebuilt.unreachable_ids == ()
    assert {row["id"]: row["path"] for row in rows} == rebuilt.paths
    assert all(SIZE.path_of(row["number"]) == row["path"] for row in rows)
    assert all(generated_id("org", row["number"]) == row["id"] for row in rows)


async def test_ids_are_well_formed_and_grow_with_time(filled: str) -> None:
    for table, prefix in (("organization", "org"), ("member", "mem"), ("subscription", "sub"), ("payment", "pay")):
        ids = [row["id"] for row in await _rows(filled, f"SELECT id FROM {table} ORDER BY created_at, id")]
        assert all(is_id(each, prefix) for each in ids)
        assert ids == sorted(ids)


async def test_each_listed_organization_has_the_same_details_at_every_size(filled: str) -> None:
    shown = generated_id("org", SIZE.first_sub_reseller)
    counted = await _rows(
        filled,
        "SELECT (SELECT count(*) FROM member m WHERE m.organization_id = o.id) AS members,"
        " (SELECT count(*) FROM subscription s WHERE s.organization_id = o.id) AS subscriptions,"
        f" (SELECT count(*) FROM payment p WHERE p.organization_id = o.id) AS payments"
        f" FROM organization o WHERE o.parent_id = '{shown}'",
    )
    assert len(counted) == SIZE.shown_customers
    assert {Details(**dict(row)) for row in counted} == {SHOWN}


def test_the_measured_list_is_full_at_every_size() -> None:
    assert [Size(n).shown_customers for n in (1_000, 100_000, 1_000_000)] == [98, 99, 999]


async def test_a_generated_key_acts_in_its_organization(filled: str) -> None:
    standing = Standing.of(SIZE, SIZE.first_sub_reseller)
    database = Database(filled, role="tenantry_app", pool_size=2)
    await database.open()
    platform = Platform(database, FixedClock(parse_instant("2026-02-02T12:00:00Z")))
    async with reading(platform, Credentials(api_key_of(SIZE.first_sub_reseller))) as uow:
        seen = await fetch_value(uow.tx, "SELECT count(*) FROM organization")
    await database.close()
    assert uow.actor.scope == standing.scope
    assert seen == 1 + SIZE.shown_customers
