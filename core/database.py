"""One database, SQLite or PostgreSQL by its address: opening, transactions, migrations' configuration.

Knows no tenant. A transaction is opened with settings that the engine binds to it (`set_config` on PostgreSQL)."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tortoise import Tortoise

from core.engine_asyncpg import ShieldedAsyncpgClient
from core.engine_sqlite import ImmediateSqliteClient, ReadConnections
from core.finish import finish
from core.transaction import Dialect, PostgresTransaction, SqliteTransaction, Transaction

APPS = ("core", "tenants", "billing", "accounts")
BUSY_TIMEOUT_MS = 10_000
NO_SETTINGS: Mapping[str, str] = {}
PLACES_LOCK = 7_300_303
"""Held shared by every writing transaction, alone by one that moves where rows stand: no row is written with a path
that a move has just made old. Taken first of all, so that nobody waits for it while others wait for him."""


class Database:
    """The open database of this process. `role` is the PostgreSQL role that every connection takes."""

    def __init__(self, url: str, *, role: str | None = None, pool_size: int = 10, readers: int = 4) -> None:
        self.url = url
        self.role = role
        self.pool_size = pool_size
        self.dialect: Dialect = "sqlite" if url.startswith("sqlite") else "postgres"
        self._readers = ReadConnections(sqlite_path(url), readers) if self.dialect == "sqlite" else None
        self._client: ShieldedAsyncpgClient | ImmediateSqliteClient | None = None

    async def open(self) -> None:
        """Connect; PostgreSQL's pool is made, SQLite's file and its folder too."""
        if self.dialect == "sqlite":
            Path(sqlite_path(self.url)).parent.mkdir(parents=True, exist_ok=True)
        await self.open_models()
        self._client = self._new_client()
        await self._client.create_connection(with_db=True)

    async def open_models(self) -> None:
        """Models ask in this database's dialect, until another one is opened."""
        await Tortoise.init(config=self.configuration(), init_connections=False)

    async def close(self) -> None:
        """Give all connections back."""
        if self._readers is not None:
            await self._readers.close()
        if self._client is not None:
            await self._client.close()

    @asynccontextmanager
    async def write(self, settings: Mapping[str, str] = NO_SETTINGS) -> AsyncIterator[Transaction]:
        """A transaction that may write: BEGIN IMMEDIATE on SQLite. It commits at the end, rolls back on an error."""
        async with self._write(writing(settings)) as tx:
            yield tx

    @asynccontextmanager
    async def write_alone(self, settings: Mapping[str, str] = NO_SETTINGS) -> AsyncIterator[Transaction]:
        """The same while nobody else writes: for what changes where rows stand (GEN-7). Reading goes on."""
        async with self._write(f"; SELECT pg_advisory_xact_lock({PLACES_LOCK})" + opening(settings)) as tx:
            yield tx

    @asynccontextmanager
    async def _write(self, opened_with: str) -> AsyncIterator[Transaction]:
        if isinstance(self._client, ShieldedAsyncpgClient):
            async with self._client.begin(opened_with) as client:
                yield PostgresTransaction(client)
        elif self._client is not None:
            async with self._client._in_transaction() as client:
                yield SqliteTransaction(client._connection, client)
        else:
            raise RuntimeError("the database is not open")

    @asynccontextmanager
    async def read(self, settings: Mapping[str, str] = NO_SETTINGS) -> AsyncIterator[Transaction]:
        """A transaction that only reads; on SQLite it does not wait for the writer."""
        if isinstance(self._client, ShieldedAsyncpgClient):
            async with self._client.begin(opening(settings), is_read_only=True) as client:
                yield PostgresTransaction(client)
            return
        assert self._readers is not None
        connection = await self._readers.take()
        try:
            # Who asks and what is seen are read from one state of the tree. Finished also when cancelled: a BEGIN that
            # runs after the connection was given back would meet the next reader.
            await finish(connection.execute("BEGIN"))
            yield SqliteTransaction(connection)
        except asyncio.CancelledError:
            await finish(connection.interrupt())  # nobody waits for the running query any more
            raise
        finally:
            await finish(self._readers.give_back(connection))

    def configuration(self) -> dict[str, Any]:
        """Tortoise's configuration: the connection and the apps with their migrations."""
        apps = {
            app: {"models": [f"{app}.models"], "migrations": f"{app}.migrations", "default_connection": "default"}
            for app in APPS
        }
        return {"connections": {"default": self._connection()}, "apps": apps}

    def _new_client(self) -> ShieldedAsyncpgClient | ImmediateSqliteClient:
        credentials = self._connection()["credentials"]
        client = ImmediateSqliteClient if self.dialect == "sqlite" else ShieldedAsyncpgClient
        return client(connection_name="default", **credentials)

    def _connection(self) -> dict[str, Any]:
        if self.dialect == "sqlite":
            pragmas = {"synchronous": "NORMAL", "busy_timeout": BUSY_TIMEOUT_MS, "journal_size_limit": 67_108_864}
            credentials: dict[str, Any] = {"file_path": sqlite_path(self.url), **pragmas}
            return {"engine": "core.engine_sqlite", "credentials": credentials}
        return {"engine": "core.engine_asyncpg", "credentials": self._postgres_credentials()}

    def _postgres_credentials(self) -> dict[str, Any]:
        parts = urlsplit(self.url)
        query = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
        server_settings = {
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",  # statements are short: compiling one takes longer than running it
            "application_name": query.get("application_name", "tenantry"),
            "timezone": "UTC",
        }
        if self.role:
            server_settings["role"] = self.role
        return {
            "host": unquote(query.get("host") or parts.hostname or "localhost"),
            "port": parts.port or int(query.get("port", 5432)),
            "user": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "database": parts.path.lstrip("/"),
            "minsize": 1,
            "maxsize": self.pool_size,
            "server_settings": server_settings,
        }


def sqlite_path(url: str) -> str:
    """The file of `sqlite:///relative`, `sqlite:////absolute` or `sqlite://plain`."""
    rest = url.removeprefix("sqlite:").removeprefix("//")
    return rest[1:] if rest.startswith("/") else rest


def writing(settings: Mapping[str, str]) -> str:
    """What goes out with the BEGIN of a writing transaction on PostgreSQL."""
    return f"; SELECT pg_advisory_xact_lock_shared({PLACES_LOCK})" + opening(settings)


def opening(settings: Mapping[str, str]) -> str:
    """The statement that binds settings to the transaction it is sent with."""
    if not settings:
        return ""
    calls = ", ".join(f"set_config({_literal(name)}, {_literal(value)}, true)" for name, value in settings.items())
    return f"; SELECT {calls}"


def _literal(text: str) -> str:
    if "\\" in text or "\x00" in text:
        raise ValueError("a transaction setting holds a character that cannot be quoted")
    return "'" + text.replace("'", "''") + "'"
