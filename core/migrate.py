"""Bringing a database to the current schema: roles first (PostgreSQL), then Tortoise's migrations, one at a time.

Foreign keys are off while SQLite migrates and checked after; PostgreSQL migrates under lock and statement timeouts."""

import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import aiosqlite
import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.schema_generator.state_apps import StateApps

from core.database import APPS, Database, sqlite_path

ROLES = ("tenantry_owner", "tenantry_app", "tenantry_system")
MIGRATION_LOCK = 7_300_301
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "10s", "15min"


def _no_querysets(_state: StateApps) -> None:
    """Tortoise prepares queries for all models of a state each time that a migration adds one: most of the time in
    which an empty database is migrated. Hand-written migrations ask nothing through models."""


StateApps._build_initial_querysets = _no_querysets  # type: ignore[assignment]


async def migrate(url: str) -> None:
    """Apply every migration that is missing. Safe to run from several processes at once: they wait for each other."""
    database = Database(url, role="tenantry_owner", pool_size=2)
    if database.dialect == "sqlite":
        os.makedirs(os.path.dirname(sqlite_path(url)) or ".", exist_ok=True)
        with _sqlite_guard(sqlite_path(url)):
            await _apply(database.configuration())
        await _check_foreign_keys(sqlite_path(url))
        return
    async with _postgres_guard(Database(url)):
        await _apply(_with_timeouts(database.configuration()))


async def pending_migrations(url: str) -> list[str]:
    """Names of migrations that the database lacks, as `app.name`."""
    database = Database(url, role="tenantry_app", pool_size=1)
    configuration = database.configuration()
    await Tortoise.init(config=configuration)
    try:
        plan = await _executor(configuration).plan(_latest())
    finally:
        await Tortoise.close_connections()
    return [f"{step.migration.app_label}.{step.migration.name}" for step in plan]


async def changes_without_migration() -> list[str]:
    """Apps whose models differ from their migrations' state (there should be none)."""
    configuration = Database("sqlite://:memory:").configuration()
    context = await Tortoise.init(config=configuration, init_connections=False)
    writers = await MigrationAutodetector(context.apps, configuration["apps"]).changes()  # type: ignore[arg-type]
    return [writer.app_label for writer in writers]


async def _apply(configuration: dict[str, Any]) -> None:
    await Tortoise.init(config=configuration)
    try:
        await _executor(configuration).migrate(_latest())
    finally:
        await Tortoise.close_connections()


def _executor(configuration: dict[str, Any]) -> MigrationExecutor:
    return MigrationExecutor(get_connection("default"), configuration["apps"])


def _latest() -> list[MigrationTarget]:
    return [MigrationTarget(app_label=app, name="__latest__") for app in APPS]


def _with_timeouts(configuration: dict[str, Any]) -> dict[str, Any]:
    settings = configuration["connections"]["default"]["credentials"]["server_settings"]
    settings |= {"lock_timeout": LOCK_TIMEOUT, "statement_timeout": STATEMENT_TIMEOUT}
    return configuration


@contextmanager
def _sqlite_guard(path: str) -> Iterator[None]:
    """One migrating process at a time: a lock file beside the database, freed by the system when the process dies."""
    with open(f"{path}.migrating", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


async def _check_foreign_keys(path: str) -> None:
    async with aiosqlite.connect(path) as connection:
        broken = await connection.execute_fetchall("PRAGMA foreign_key_check")
    if list(broken):
        raise RuntimeError(f"foreign keys are broken after migrating: {list(broken)[:5]}")


@asynccontextmanager
async def _postgres_guard(database: Database) -> AsyncIterator[None]:
    """Make the roles and hold the advisory lock while migrating."""
    credentials = database.configuration()["connections"]["default"]["credentials"]
    names = ("host", "port", "user", "password", "database")
    connection = await asyncpg.connect(**{name: credentials[name] for name in names})
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await _make_roles(connection)
        yield
    finally:
        await connection.close()


async def _make_roles(connection: asyncpg.Connection) -> None:
    """The owner of tables, the role of requests (row security holds for it) and the role of the platform itself."""
    for role in ROLES:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            # another database of this cluster may be migrated right now
            with suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                await connection.execute(f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS")
    await connection.execute(
        f"GRANT {', '.join(ROLES)} TO current_user; GRANT tenantry_system TO tenantry_owner;"
        "GRANT USAGE, CREATE ON SCHEMA public TO tenantry_owner, tenantry_system;"
        "GRANT USAGE ON SCHEMA public TO tenantry_app"
    )
