"""A worker as a process of its own, for tests that kill it: `python -m tests.accounts.batch_worker URL INSTANT`.

Its clock stands at INSTANT, so that the lease of a worker that was killed earlier has run out. Says `ready` once."""

import asyncio
import sys

import accounts as accounts
from core.clock import FixedClock
from core.database import Database
from core.jobs import run_worker
from tenants.unit_of_work import Platform


async def work(url: str, at: int) -> None:
    """Work off the outbox until killed."""
    database = Database(url, role="tenantry_app", pool_size=4)
    await database.open()
    print("ready", flush=True)  # importing accounts/ has registered the handler of the job
    await run_worker(Platform(database, FixedClock(at)), asyncio.Event(), concurrency=2, poll_seconds=0.005)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], int(sys.argv[2])))
