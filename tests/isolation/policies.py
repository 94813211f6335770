"""PostgreSQL's policies one by one: plain SQL as the request role, and what happens when a policy is gone or lets all.

The plain probes use nothing of the product; they cover the tables that no GraphQL type reads too."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from tenants.row_scope import RowScope
from tenants.row_security import APP_ROLE
from tests.isolation.world import PAIRS, Stored, Viewer, World

PROBED_AS = ("parent", "self", "moved")
KEYS = {"UPDATE": "UPDATE {t} SET path = path WHERE {c}", "DELETE": "DELETE FROM {t} WHERE {c}"}


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy of the request role, as the catalogue of PostgreSQL has it."""

    table: str
    name: str
    command: str
    using: str | None
    check: str | None

    @property
    def drop(self) -> str:
        return f"DROP POLICY {self.name} ON {self.table}"

    @property
    def create(self) -> str:
        using = f" USING ({self.using})" if self.using is not None else ""
        check = f" WITH CHECK ({self.check})" if self.check is not None else ""
        return f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {APP_ROLE}{using}{check}"

    @property
    def lets_all_pass(self) -> str:
        using = " USING (true)" if self.using is not None else ""
        check = " WITH CHECK (true)" if self.check is not None else ""
        return f"ALTER POLICY {self.name} ON {self.table}{using}{check}"


async def policies(connection: asyncpg.Connection) -> list[Policy]:
    """Every policy that holds for the request role."""
    found = await connection.fetch(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE $1 = ANY (roles) ORDER BY 1, 2",
        APP_ROLE,
    )
    return [Policy(*row) for row in found]


@asynccontextmanager
async def without(connection: asyncpg.Connection, statement: str) -> AsyncIterator[None]:
    """The database with that statement carried out by its owner; rolled back after."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(statement)
        yield
    finally:
        await transaction.rollback()


async def probe(connection: asyncpg.Connection, world: World, viewer: Viewer, table: str) -> list[str]:
    """What plain SQL sees, adds, changes and deletes in a table as the request role, against the expectation."""
    inner = connection.transaction()
    await inner.start()
    try:
        await connection.execute(f"SET LOCAL ROLE {APP_ROLE}")
        await _bind(connection, viewer)
        found = await _probe_reading(connection, world, viewer, table)
        for row in _samples(world, viewer, table):
            found += await _probe_writing(connection, world, viewer, row)
        return found
    finally:
        await inner.rollback()


async def _bind(connection: asyncpg.Connection, viewer: Viewer) -> None:
    for name, value in RowScope(viewer.place.path, viewer.place.id).settings.items():
        await connection.execute("SELECT set_config($1, $2, true)", name, value)


async def _probe_reading(connection: asyncpg.Connection, world: World, viewer: Viewer, table: str) -> list[str]:
    own = "organization_id" if table != "organization" else "id"
    shown = await connection.fetch(f"SELECT {own}, path FROM {table} ORDER BY 1, 2")
    expected = sorted((row.organization_id, row.path) for row in world.visible(viewer, table))
    if [tuple(row) for row in shown] == expected:
        return []
    return [f"{viewer.name}: SELECT from {table} shows {len(shown)} rows, not {len(expected)}"]


def _samples(world: World, viewer: Viewer, table: str) -> list[Stored]:
    """One row that may be written and one of a stranger."""
    writable = [row for row in world.rows if row.table == table and _may_write(viewer, row)]
    others = [row for row in world.rows if row.table == table and not _may_write(viewer, row)]
    return writable[:1] + others[:1] + others[-1:]


def _may_write(viewer: Viewer, row: Stored) -> bool:
    own = row.table in PAIRS and row.organization_id == viewer.place.id
    return own or row.path.startswith(viewer.place.path)


async def _probe_writing(connection: asyncpg.Connection, world: World, viewer: Viewer, row: Stored) -> list[str]:
    found, table = [], row.table
    own = "organization_id" if table != "organization" else "id"
    place = f"{own} = '{row.organization_id}' AND path = '{row.path}'"
    raw = next(
        each for each in world.raw[table] if (each.get("organization_id", each.get("id")), each["path"])
        == (row.organization_id, row.path)
    )  # fmt: skip
    copied = json.dumps(raw, default=str)
    adding = f"INSERT INTO {table} SELECT (json_populate_record(NULL::{table}, $1::json)).*"
    tried = {"INSERT": (adding, [copied])} | {key: (text.format(t=table, c=place), []) for key, text in KEYS.items()}
    for command, (statement, arguments) in tried.items():
        if not await connection.fetchval("SELECT has_table_privilege($1, $2)", table, command):
            continue
        if (await _is_let(connection, statement, arguments)) is not _may_write(viewer, row):
            found.append(f"{viewer.name}: {command} in {table} at {row.path} goes against the expectation")
    return found


async def _is_let(connection: asyncpg.Connection, statement: str, arguments: Sequence[Any]) -> bool:
    """Whether row security lets a statement through: it changes rows, or fails by a constraint behind it."""
    point = connection.transaction()
    await point.start()
    try:
        status: str = await connection.execute(statement, *arguments)
        return not status.endswith(" 0")
    except asyncpg.InsufficientPrivilegeError:
        return False
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError, asyncpg.TriggeredActionError):
        return True
    finally:
        await point.rollback()
