"""The schema: models and catalogue agree, migrating is repeatable and safe at once, every tenant's table is guarded."""

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest
from tortoise.models import Model

import accounts.models
import billing.models
import core.models
import tenants.models
from core.database import Database
from core.migrate import changes_without_migration, migrate, pending_migrations
from core.transaction import fetch_value
from tests.postgres import create_database, drop_database

MODELS: dict[str, type[Model]] = {
    model.Meta.table: model  # type: ignore[attr-defined]
    for module in (core.models, tenants.models, billing.models, accounts.models)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, Model) and model is not Model
}
TYPES = {
    "CharField": ("TEXT", "text"),
    "TextField": ("TEXT", "text"),
    "BigIntField": ("INTEGER", "bigint"),
    "BooleanField": ("INTEGER", "boolean"),
    "JSONField": ("TEXT", "jsonb"),
}


def declared(engine: int) -> dict[str, dict[str, tuple[str, bool]]]:
    """By table and column: the engine's type and whether null is allowed, as the models say."""
    return {
        table: {
            name: (TYPES[type(field).__name__][engine], field.null) for name, field in model._meta.fields_map.items()
        }
        for table, model in MODELS.items()
    }


async def test_every_change_of_a_model_has_its_migration() -> None:
    assert await changes_without_migration() == []


def test_the_catalogue_of_sqlite_is_what_the_models_say(sqlite_template: Path) -> None:
    connection = sqlite3.connect(sqlite_template)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        table: {row[1]: (row[2], not row[3]) for row in connection.execute(f"PRAGMA table_info({table})")}
        for table in names
        if table not in ("tortoise_migrations", "sqlite_sequence")
    }
    assert found == declared(0)
    strict = {row[0] for row in connection.execute("SELECT name FROM pragma_table_list WHERE strict = 1")}
    assert strict >= set(found)


@pytest.fixture
def engine_name() -> str:
    """These tests look at PostgreSQL's catalogue."""
    return "postgres"


async def test_the_catalogue_of_postgresql_is_what_the_models_say(database: Database) -> None:
    async with database.read() as tx:
        rows = await tx.fetch(
            "SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name NOT IN (SELECT viewname FROM pg_views) "
            "AND table_name <> 'tortoise_migrations'"
        )
    if not rows:  # the request role sees only what it may use; ask as the owner
        raise AssertionError("the catalogue answered nothing")
    expected = declared(1)
    for row in rows:
        kind, is_nullable = expected[row["table_name"]][row["column_name"]]
        assert (row["data_type"], row["is_nullable"] == "YES") == (kind, is_nullable), dict(row)
        if kind == "text":
            assert row["collation_name"] == "C", dict(row)


async def test_row_security_is_forced_on_every_table_and_the_request_role_owns_nothing(database: Database) -> None:
    async with database.read() as tx:
        tables = await tx.fetch(
            "SELECT relname, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner) AS owner FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'tortoise_migrations'"
        )
        assert {row["relname"] for row in tables} == set(MODELS)
        for row in tables:
            assert row["relrowsecurity"] and row["relforcerowsecurity"], row["relname"]
            assert row["owner"] == "tenantry_owner"
        role = await tx.fetch(
            "SELECT current_user AS name, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert tuple(role[0].values()) == ("tenantry_app", False, False)
        assert await fetch_value(tx, "SELECT count(*) FROM organization") == 0


async def test_migrating_again_and_from_two_places_at_once(postgres_server: str, tmp_path: Path) -> None:
    name = "migrated_at_once"
    url = await create_database(postgres_server, name)
    try:
        for address in (url, f"sqlite:///{tmp_path / 'at_once.db'}"):
            code = f"import asyncio; from core.migrate import migrate; asyncio.run(migrate({address!r}))"
            both = [await asyncio.create_subprocess_exec(sys.executable, "-c", code) for _ in range(2)]
            assert [await process.wait() for process in both] == [0, 0]
            await migrate(address)
            assert await pending_migrations(address) == []
    finally:
        await drop_database(postgres_server, name)


async def test_no_index_for_ranges_of_paths_serves_a_mere_check(database: Database) -> None:
    """docs/adr/0007"""
    async with database.read() as tx:
        rows = await tx.fetch("SELECT indexdef FROM pg_indexes WHERE indexdef ~ '\\(path[a-z_ ]*, id\\)'")
    definitions = [row["indexdef"] for row in rows]
    assert len(definitions) > 15
    assert [each for each in definitions if "(path text_pattern_ops, id)" not in each] == []


async def test_every_function_in_sql_keeps_its_plan(database: Database) -> None:
    """Else the connections' plan_cache_mode has it planned anew in each call."""
    async with database.read() as tx:
        rows = await tx.fetch(
            "SELECT proname, proconfig FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang "
            "WHERE l.lanname = 'sql' AND p.pronamespace = current_schema()::regnamespace"
        )
    assert len(rows) > 10
    assert [row["proname"] for row in rows if "plan_cache_mode=force_generic_plan" not in row["proconfig"]] == []
