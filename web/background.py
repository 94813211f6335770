"""What a server process works off beside its requests, jobs and periodic steps: when it starts and how it ends."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.jobs import run_worker
from core.periodic import run_periodic
from core.settings import Settings
from tenants.unit_of_work import Platform
from web import housekeeping as housekeeping  # makes its periodic steps known
from web.readiness import database_blockers

RETRY_SECONDS = 1.0
STOP_SECONDS = 15.0


@asynccontextmanager
async def working(settings: Settings, platform: Platform) -> AsyncIterator[None]:
    """Jobs run while the block does, once the database is migrated; what runs when it ends may finish its chunk.

    The task starts with an empty context, so that it inherits nothing of whoever started it."""
    if not settings.background:
        yield
        return
    stop = asyncio.Event()
    task = asyncio.get_running_loop().create_task(work_until(platform, stop), context=contextvars.Context())
    try:
        yield
    finally:
        stop.set()
        _, late = await asyncio.wait({task}, timeout=STOP_SECONDS)
        for each in late:  # its lease runs out, and another process goes on where the last chunk ended
            each.cancel()
            await asyncio.wait({each})


async def work_until(platform: Platform, stop: asyncio.Event) -> None:
    """Work off jobs and repeat the periodic steps until `stop` is set, once the database is reachable and migrated."""
    while not stop.is_set():
        if not await database_blockers(platform.database):
            await asyncio.gather(run_worker(platform, stop), run_periodic(platform, stop))
            return
        await _pause(stop)


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(RETRY_SECONDS):
            await stop.wait()
    except TimeoutError:
        return
