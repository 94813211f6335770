"""The PostgreSQL engine: Tortoise's asyncpg client with transactions that survive cancellation.

The module name must contain `asyncpg`: the migration executor chooses its schema editor by it."""

import asyncio
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionContextPooled
from tortoise.exceptions import TransactionManagementError

from core.finish import finish

READING = " ISOLATION LEVEL REPEATABLE READ"
"""Who asks and what is seen are read from one state of the tree, whatever moves meanwhile (MOVE-8)."""


async def _keep(_connection: Any) -> None:
    """Nothing to reset: all state of ours is local to a transaction (asyncpg's own reset costs a round trip)."""


class ShieldedTransaction(TransactionWrapper):
    """A transaction whose `opening` statements go out with BEGIN in one round trip."""

    def __init__(self, connection: AsyncpgDBClient, opening: str = "", mode: str = "") -> None:
        super().__init__(connection)
        self.opening = opening
        self.mode = mode

    async def begin(self) -> None:
        await self._connection.execute(f"BEGIN{self.mode}{self.opening}")

    async def commit(self) -> None:
        await self._end("COMMIT")

    async def rollback(self) -> None:
        await self._end("ROLLBACK")

    async def _end(self, verb: str) -> None:
        if self._finalized:
            raise TransactionManagementError("Transaction already finalised")
        self._finalized = True
        await self._connection.execute(verb)


class ShieldedTransactionContext(TransactionContextPooled):
    """Begins, ends and releases whatever happens to the task around it.

    It does not rebind Tortoise's ambient connection: an ORM read names its transaction (`using_db`). A transaction that
    only reads needs no shield at its end: what a cancelled COMMIT leaves is rolled back, and nothing is lost."""

    client: ShieldedTransaction

    def __init__(self, client: ShieldedTransaction, pool_init_lock: asyncio.Lock, *, is_read_only: bool) -> None:
        super().__init__(client, pool_init_lock)
        self._is_read_only = is_read_only

    async def __aenter__(self) -> ShieldedTransaction:
        await self.ensure_connection()
        self.client._connection = await self.client._parent._pool.acquire()  # type: ignore[union-attr]
        try:
            await self.client.begin()
        except BaseException:
            await finish(self._leave(commit=False))
            raise
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        if exc_type is not None or not self._is_read_only:
            await finish(self._leave(commit=exc_type is None))
            return
        try:
            await self._connection.execute("COMMIT")
        except BaseException:
            await finish(self._leave(commit=False))
            raise
        self.client._finalized = True
        await self._release()

    @property
    def _connection(self) -> Any:
        return self.client._connection

    async def _leave(self, *, commit: bool) -> None:
        try:
            if not self.client._finalized:
                await (self.client.commit() if commit else self.client.rollback())
        except BaseException:
            self._connection.terminate()
            raise
        finally:
            await self._release()

    async def _release(self) -> None:
        """Give the connection back; asyncpg shields this itself."""
        if self.client._parent._pool is not None:
            await self.client._parent._pool.release(self._connection)


class ShieldedAsyncpgClient(AsyncpgDBClient):
    """The pooled client; `begin(opening)` starts a transaction with settings of its own."""

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        return await asyncpg.create_pool(None, reset=_keep, statement_cache_size=1000, **kwargs)

    def _in_transaction(self) -> ShieldedTransactionContext:
        return self.begin("")

    def begin(self, opening: str, *, is_read_only: bool = False) -> ShieldedTransactionContext:
        """A transaction context; `opening` is SQL that follows BEGIN, each statement led by a semicolon."""
        transaction = ShieldedTransaction(self, opening, READING if is_read_only else "")
        return ShieldedTransactionContext(transaction, self._pool_init_lock, is_read_only=is_read_only)


client_class = ShieldedAsyncpgClient
