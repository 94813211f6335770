"""Clients that hang up and queries that fail cost no connection: 750 cancelled transactions, then one that works."""

import asyncio
import random

import pytest

from core.database import Database
from core.transaction import fetch_value

ROUNDS, AT_ONCE = 25, 30


async def count_forever(database: Database, reads: bool) -> None:
    """Transactions without end, so that a cancellation finds one at any of its steps."""
    while True:
        async with database.read() if reads else database.write() as tx:
            await fetch_value(tx, "SELECT count(*) FROM tortoise_migrations")
            await asyncio.sleep(0)
            await fetch_value(tx, "SELECT 1")


@pytest.mark.parametrize("reads", [True, False])
async def test_the_database_serves_on_after_cancellations_at_any_moment(database: Database, reads: bool) -> None:
    chance = random.Random(7)
    for _ in range(ROUNDS):
        tasks = [asyncio.create_task(count_forever(database, reads)) for _ in range(AT_ONCE)]
        await asyncio.sleep(chance.random() * 0.02)
        for task in tasks:
            task.cancel()
            await asyncio.sleep(chance.random() * 0.0005)
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5), database.write() as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM tortoise_migrations") >= 4


async def test_a_cancelled_write_leaves_nothing(database: Database) -> None:
    async def write_and_wait() -> None:
        async with database.write({"role": "tenantry_system"}) as tx:
            await tx.execute("INSERT INTO retired_billing_number (billing_number) VALUES ($1)", "1234")
            await asyncio.sleep(60)

    task = asyncio.create_task(write_and_wait())
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with database.write({"role": "tenantry_system"}) as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM retired_billing_number") == 0
