"""One PostgreSQL database per test process, emptied after each test instead of made anew: copying costs 100 times more.

A test that changed the schema, or left somebody connected, costs its database: the next test gets a fresh copy."""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

import asyncpg

from core.migrate import migrate
from tests.postgres import create_database, drop_database, ensure_template

TEMPLATE = "tenantry_template"
_LEAVE_SECONDS = 0.5
_LARGE_BYTES = 1_000_000
Result = TypeVar("Result")

_WATCH = """
CREATE SCHEMA reuse;
CREATE TABLE reuse.schema_change (command text);
CREATE FUNCTION reuse.note_change() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS
$$ BEGIN INSERT INTO reuse.schema_change VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER reuse_watch ON ddl_command_end EXECUTE FUNCTION reuse.note_change();
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_KEPT_OPEN = "tenantry_kept_open"
_OTHERS = f"""SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
AND NOT (application_name = '{_KEPT_OPEN}' AND state = 'idle')"""
_LARGE = f"""SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_relation_size(c.oid) > {_LARGE_BYTES}"""


@dataclass(frozen=True, slots=True)
class _Reused:
    """A database and what brings it back to the state of the template."""

    name: str
    url: str
    connection: asyncpg.Connection
    """Of the superuser, for whom no trigger fires; it stays open."""
    emptying: str
    first_rows: tuple[tuple[str, str], ...]
    """Rows that migrations put there, as (table, JSON array)."""


def kept_open_url(url: str) -> str:
    """The same database for connections that stay open from test to test: idle, they are nobody's."""
    return f"{url}?application_name={_KEPT_OPEN}"


class ReusedPostgres:
    """The database of this test process, handed to one test after the other.

    It is emptied by a connection that stays: one that is new has to learn the catalogue first, ten times slower."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._database: _Reused | None = None
        self._aside = _Aside()

    async def take(self) -> str:
        """The URL of a migrated, empty database that nobody else uses."""
        if self._database is None:
            self._database = await self._aside.do(_make(self._server_url))
        return self._database.url

    async def give_back(self) -> None:
        """Empties the database for the next test, or drops it when that would not be enough."""
        if self._database is not None and not await self._aside.do(_is_emptied(self._database)):
            await self.drop()

    async def drop(self) -> None:
        """Removes the database, if there is one."""
        if self._database is not None:
            reused, self._database = self._database, None
            await self._aside.do(reused.connection.close())
            await drop_database(self._server_url, reused.name)


class _Aside:
    """A loop in a thread of its own: what it opens outlives the loop of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, daemon=True).start()

    async def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


async def _make(server_url: str) -> _Reused:
    await ensure_template(server_url, TEMPLATE, migrate)
    name = f"test_{secrets.token_hex(6)}"
    url = await create_database(server_url, name, TEMPLATE)
    connection = await asyncpg.connect(url)
    tables = [row["tablename"] for row in await connection.fetch(_TABLES)]
    filled = [(table, rows) for table in tables if (rows := await _rows_of(connection, table)) is not None]
    await connection.execute(_WATCH)
    await connection.execute("SET session_replication_role = replica")
    deletes = "".join(f'DELETE FROM "{table}";' for table in tables)
    return _Reused(name, url, connection, deletes, tuple(filled))


async def _rows_of(connection: asyncpg.Connection, table: str) -> str | None:
    rows: str | None = await connection.fetchval(f'SELECT json_agg(t) FROM "{table}" t')
    return rows


async def _is_emptied(database: _Reused) -> bool:
    connection = database.connection
    if not await _is_alone(connection) or await connection.fetchval("SELECT count(*) FROM reuse.schema_change"):
        return False
    await connection.execute(database.emptying)
    for table, rows in database.first_rows:
        statement = f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", $1::json)'
        await connection.execute(statement, rows)
    for large in await connection.fetch(_LARGE):
        await connection.execute(f'VACUUM "{large["relname"]}"')
    return True


async def _is_alone(connection: asyncpg.Connection) -> bool:
    """Whether everybody else has left, after waiting a moment for closed connections to be gone."""
    until = asyncio.get_running_loop().time() + _LEAVE_SECONDS
    while await connection.fetchval(_OTHERS):
        if asyncio.get_running_loop().time() > until:
            return False
        await asyncio.sleep(0.01)
    return True
