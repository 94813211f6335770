"""The SQLite engine: Tortoise's client with BEGIN IMMEDIATE and transactions that survive cancellation.

The module name must contain `sqlite`: the migration executor chooses its schema editor by it. One connection writes;
readers have connections of their own, so that a write transaction does not hold them up."""

import asyncio
import sqlite3
from typing import Any

import aiosqlite
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper

from core.finish import finish

BEGIN_TRIES = 5
APART = "read_apart"
"""An SQL function: `read_apart(text, value...)` is the first value that the query `text` answers to `?1, ?2...`.

SQLite's parser has a stack of 100 places: what nests deeper is a statement of its own, in the same transaction."""


async def teach(connection: aiosqlite.Connection) -> None:
    """Give a fresh connection the function APART."""

    def read_apart(text: str, *values: object) -> object:
        row = connection._conn.execute(text, values).fetchone()
        return None if row is None else row[0]

    await connection.create_function(APART, -1, read_apart)


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that takes the write lock when it begins: it never fails half way with "database is locked"."""

    async def begin(self) -> None:
        for attempt in range(BEGIN_TRIES):
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError:
                if attempt == BEGIN_TRIES - 1:
                    raise
                await asyncio.sleep(0.05 * 2**attempt)

    async def commit(self) -> None:
        await self._connection.execute("COMMIT")
        self._finalized = True


class ImmediateTransactionContext(SqliteTransactionContext):
    """Begins, ends and unlocks whatever happens to the task around it; it rebinds no ambient connection."""

    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await finish(self.connection.begin())
        except BaseException:
            await finish(self._leave(commit=False))
            raise
        client: TransactionalDBClient = self.connection
        return client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        await finish(self._leave(commit=exc_type is None))

    async def _leave(self, *, commit: bool) -> None:
        raw = self.connection._connection
        try:
            if raw is not None and raw.in_transaction and not self.connection._finalized:
                await self._end(raw, commit)
        finally:
            self.connection._finalized = True
            self._trxlock.release()

    async def _end(self, raw: aiosqlite.Connection, commit: bool) -> None:
        try:
            await raw.execute("COMMIT" if commit else "ROLLBACK")
        except BaseException:
            if raw.in_transaction:
                await raw.execute("ROLLBACK")
            raise


class ImmediateSqliteClient(SqliteClient):
    """The writing client: one connection, one transaction at a time."""

    async def _post_connect(self) -> None:
        await super()._post_connect()
        assert self._connection is not None
        await teach(self._connection)

    def _in_transaction(self) -> ImmediateTransactionContext:
        return ImmediateTransactionContext(ImmediateTransaction(self), self._lock)


class ReadConnections:
    """Read-only WAL connections, opened when first needed, lent one at a time."""

    def __init__(self, file_path: str, count: int) -> None:
        self._uri = f"file:{file_path}?mode=ro"
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        self._left_to_open = count
        self._all: list[aiosqlite.Connection] = []

    async def take(self) -> aiosqlite.Connection:
        if self._idle.empty() and self._left_to_open:
            self._left_to_open -= 1
            await finish(self._open_one_more())
        return await self._idle.get()

    async def give_back(self, connection: aiosqlite.Connection) -> None:
        """End what it read in, and let the next one have it."""
        try:
            if connection.in_transaction:
                await connection.execute("ROLLBACK")
        finally:
            self._idle.put_nowait(connection)

    async def close(self) -> None:
        for connection in self._all:
            await connection.close()
        self._all.clear()

    async def _open_one_more(self) -> None:
        try:
            connection = await aiosqlite.connect(self._uri, uri=True, isolation_level=None, cached_statements=500)
        except BaseException:
            self._left_to_open += 1
            raise
        connection.row_factory = sqlite3.Row
        await connection.execute("PRAGMA query_only=ON")
        await connection.execute("PRAGMA cache_size=-16000")
        await teach(connection)
        self._all.append(connection)
        self._idle.put_nowait(connection)


client_class = ImmediateSqliteClient
