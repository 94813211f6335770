"""SQL inside one transaction, the same text on both engines. Knows no tenant: the scope is bound by who opens it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, Protocol

import aiosqlite
import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient

from core.engine_asyncpg import ShieldedTransaction

Dialect = Literal["sqlite", "postgres"]
Row = Mapping[str, Any]
MAX_PARAMETERS = 30_000


class Transaction(Protocol):
    """What domain code may do with the database. Statements are written PostgreSQL-style, with `$1..$n`."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def client(self) -> BaseDBAsyncClient | None:
        """Tortoise's client of this transaction, for `using_db`; None on a read-only SQLite connection."""

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        """All rows of a query (or of a statement with RETURNING)."""

    async def execute(self, sql: str, *arguments: object) -> int:
        """The number of rows that a statement changed."""


class PostgresTransaction:
    """A transaction on an asyncpg connection."""

    dialect: Dialect = "postgres"

    def __init__(self, client: ShieldedTransaction) -> None:
        self.client = client
        self._connection: asyncpg.Connection = client._connection

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        rows: Sequence[Row] = await self._connection.fetch(sql, *arguments)
        return rows

    async def execute(self, sql: str, *arguments: object) -> int:
        status: str = await self._connection.execute(sql, *arguments)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0


class SqliteTransaction:
    """A transaction on an aiosqlite connection."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: aiosqlite.Connection, client: BaseDBAsyncClient | None = None) -> None:
        self.client = client
        self._connection = connection

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        rows: Any = await self._connection.execute_fetchall(numbered(sql), arguments)
        return rows if isinstance(rows, list) else list(rows)

    async def execute(self, sql: str, *arguments: object) -> int:
        cursor = await self._connection.execute(numbered(sql), arguments)
        return max(cursor.rowcount, 0)


@lru_cache(maxsize=4096)
def numbered(sql: str) -> str:
    """`$1` as SQLite's `?1`."""
    return re.sub(r"\$(\d+)", r"?\1", sql)


async def fetch_one(tx: Transaction, sql: str, *arguments: object) -> Row | None:
    """The first row of a query, or None."""
    rows = await tx.fetch(sql, *arguments)
    return rows[0] if rows else None


async def fetch_value(tx: Transaction, sql: str, *arguments: object) -> Any:
    """The first column of the first row of a query, or None."""
    rows = await tx.fetch(sql, *arguments)
    return rows[0][0] if rows else None  # type: ignore[index]  # both drivers' rows are indexed by position too


async def insert(tx: Transaction, table: str, **columns: object) -> None:
    """Insert one row."""
    await tx.execute(_insert_text(table, tuple(columns), 1), *columns.values())


async def insert_many(tx: Transaction, table: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Insert rows of the same columns, in as few statements as the engines' limit of parameters allows."""
    pending = list(rows)
    if not pending:
        return
    columns = tuple(pending[0])
    at_once = MAX_PARAMETERS // len(columns)
    for start in range(0, len(pending), at_once):
        chunk = pending[start : start + at_once]
        arguments = [row[column] for row in chunk for column in columns]
        await tx.execute(_insert_text(table, columns, len(chunk)), *arguments)


@lru_cache(maxsize=1024)
def _insert_text(table: str, columns: tuple[str, ...], rows: int) -> str:
    width = len(columns)
    values = ", ".join(
        "(" + ", ".join(f"${row * width + column + 1}" for column in range(width)) + ")" for row in range(rows)
    )
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}"
