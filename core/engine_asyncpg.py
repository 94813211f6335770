"""The PostgreSQL engine: Tortoise's asyncpg client with transactions that survive cancellation.

The module name must contain `asyncpg`: the migration executor chooses its schema editor by it."""

from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionContextPooled
from tortoise.exceptions import TransactionManagementError

from core.finish import finish


async def _keep(_connection: Any) -> None:
    """Nothing to reset: all state of ours is local to a transaction (asyncpg's own reset costs a round trip)."""


class ShieldedTransaction(TransactionWrapper):
    """A transaction whose `opening` statements go out with BEGIN in one round trip."""

    def __init__(self, connection: AsyncpgDBClient, opening: str = "") -> None:
        super().__init__(connection)
        self.opening = opening

    async def begin(self) -> None:
        await self._connection.execute("BEGIN" + self.opening)

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

    It does not rebind Tortoise's ambient connection: an ORM read names its transaction (`using_db`)."""

    client: ShieldedTransaction

    async def __aenter__(self) -> ShieldedTransaction:
        await self.ensure_connection()
        self.client._connection = await self.client._parent._pool.acquire()  # type: ignore[union-attr]
        try:
            await finish(self.client.begin())
        except BaseException:
            await finish(self._leave(commit=False))
            raise
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        await finish(self._leave(commit=exc_type is None))

    async def _leave(self, *, commit: bool) -> None:
        connection, pool = self.client._connection, self.client._parent._pool
        try:
            if not self.client._finalized:
                await (self.client.commit() if commit else self.client.rollback())
        except BaseException:
            connection.terminate()
            raise
        finally:
            if pool is not None:
                await pool.release(connection)


class ShieldedAsyncpgClient(AsyncpgDBClient):
    """The pooled client; `begin(opening)` starts a transaction with settings of its own."""

    async def create_pool(self, **kwargs: Any) -> asyncpg.Pool:
        return await asyncpg.create_pool(None, reset=_keep, statement_cache_size=1000, **kwargs)

    def _in_transaction(self) -> ShieldedTransactionContext:
        return self.begin("")

    def begin(self, opening: str) -> ShieldedTransactionContext:
        """A transaction context; `opening` is SQL that follows BEGIN, each statement led by a semicolon."""
        return ShieldedTransactionContext(ShieldedTransaction(self, opening), self._pool_init_lock)


client_class = ShieldedAsyncpgClient
