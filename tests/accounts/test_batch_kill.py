"""kill -9 of the worker at random moments of a batch update: nothing twice, nothing left out (BAT-52)."""

import asyncio
import random
import secrets
import signal
import sys
from collections import Counter

import pytest

from core.clock import MINUTE, Instant
from core.transaction import Row
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers_accounts import a_batch, a_card, confirm, fixture_b1, job_of, preview, results_of

ROWS = 4_000
CHUNK_ROWS = 10
LEAST_KILLS = 4
MOST_STARTS = 60


@pytest.mark.slow
async def test_a_worker_that_is_killed_again_and_again(platform: Platform, database_url: str) -> None:
    seed = secrets.randbits(32)
    print("seed", seed)
    moments = random.Random(seed)
    b1 = await fixture_b1(platform)
    batch = await a_batch(b1.abe, b1.c2, "Large", [a_card(f"{number:010d}") for number in range(1, ROWS + 1)])
    job = await preview(b1.abe, batch, {"status": {"to": "BLOCKED"}, "expirationDate": "2026-06-01"}, CHUNK_ROWS)
    await confirm(b1.abe, job)
    kills = 0
    for start in range(1, MOST_STARTS):
        patience = moments.uniform(0.005, 0.2) if kills < LEAST_KILLS else 60.0
        kills += await a_killed_worker(platform, database_url, platform.clock.now() + start * MINUTE, job, patience)
        if (await job_of(platform, job))["finished_at"] is not None:
            break
    assert kills >= LEAST_KILLS
    assert await results_of(platform, job) == [(number, "SUCCEEDED", None) for number in range(1, ROWS + 1)]
    stored = await job_of(platform, job)
    assert (stored["state"], stored["processed"], stored["succeeded"]) == ("COMPLETED", ROWS, ROWS)
    await exactly_once(platform, batch)


async def a_killed_worker(platform: Platform, url: str, at: Instant, job: dict[str, object], patience: float) -> bool:
    """Start a worker and kill it after a while, at the latest when the job is done; whether it still had work to do."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.accounts.batch_worker", url, str(at), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        await until_finished(platform, job, patience)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    return (await job_of(platform, job))["finished_at"] is None


async def until_finished(platform: Platform, job: dict[str, object], patience: float) -> None:
    """Wait for the end of the job, but not longer than this many seconds."""
    if patience < 1:
        await asyncio.sleep(patience)
        return
    for _ in range(int(patience / 0.1)):
        if (await job_of(platform, job))["finished_at"] is not None:
            return
        await asyncio.sleep(0.1)


async def exactly_once(platform: Platform, batch: str) -> None:
    """Each account was changed once and has one audit entry."""
    async with platform_transaction(platform) as tx:
        accounts = await tx.fetch("SELECT id, version, is_blocked FROM account WHERE batch_id = $1", batch)
        entries: list[Row] = list(
            await tx.fetch(
                "SELECT entity_id FROM audit_entry WHERE action = 'confirmBatchUpdate' AND entity_type = 'Account'"
            )
        )
    assert {(row["version"], bool(row["is_blocked"])) for row in accounts} == {(2, True)}
    assert Counter(row["entity_id"] for row in entries) == {row["id"]: 1 for row in accounts}
