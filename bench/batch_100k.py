"""A batch update of 100,000 accounts: the real job, chunk by chunk under its lease, against one transaction of sets."""

import asyncio
import time
from dataclasses import dataclass
from statistics import median

import asyncpg

from accounts import batch_run as batch_run  # registers the job's handler
from accounts.batch_confirm import RUN_TOPIC, ConfirmOrder, confirm_batch_update
from accounts.batch_preview import PreviewOrder, preview_batch_update
from bench import batch_rows as rows
from bench.bare_replay import bare_pool
from bench.data import api_key_of
from bench.generated_ids import generated_id
from bench.options import Options
from bench.postgres import filled_database, set_durable
from bench.results import Result
from bench.size import Size
from bench.standing import Standing
from core.clock import SystemClock
from core.database import Database, opening
from core.id_series import new_series
from core.ids import new_id
from core.jobs import run_worker
from core.transaction import fetch_value
from tenants.actor import Credentials
from tenants.commands import Command, Outcome, run_command
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

NOTE = (
    "In each round the job blocks every account of the batch and the limit unblocks them. The job is the worker's run "
    "of all chunks, from the queue to COMPLETED; the limit writes a result, the change and an audit entry for each "
    "account in one statement each, in one transaction. Both in the request role under row security, commits durable, "
    "tables vacuumed before each. Preview and confirm are shown apart, and counted in "
    "`batch_100k.with_preview_vs_set_based`."
)
SIZE = Size(1_000)
BATCH_ID, CUSTOMER_ID = generated_id("batch", 1), generated_id("org", SIZE.first_customer)
CREDENTIALS = Credentials(api_key_of(SIZE.first_sub_reseller))


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of one round."""

    preview: float
    confirm: float
    job: float
    limit: float

    @property
    def whole(self) -> float:
        """From the preview to the end of the job."""
        return self.preview + self.confirm + self.job


async def batch_100k(server_url: str, options: Options) -> Result:
    """Key `batch_100k.vs_set_based`: the job's time over that of the set-based limit."""
    async with filled_database(server_url, SIZE) as url:
        await _prepare(url, options.batch_accounts)
        await set_durable(server_url, True)
        database = Database(url, role="tenantry_app", pool_size=4)
        await database.open()
        platform = Platform(database, SystemClock())
        rounds = [await _round(url, platform, options.batch_accounts) for _ in range(min(options.rounds, 3))]
        await database.close()
        await set_durable(server_url, False)
    ratios = {
        "batch_100k.vs_set_based": median(each.job / each.limit for each in rounds),
        "batch_100k.with_preview_vs_set_based": median(each.whole / each.limit for each in rounds),
    }
    title = f"Batch update of {options.batch_accounts:,} accounts"
    return Result(title, ratios, [_row(number, each) for number, each in enumerate(rounds, 1)], NOTE)


def _row(number: int, each: Round) -> dict[str, object]:
    parts = {"preview s": each.preview, "confirm s": each.confirm, "job s": each.job, "set-based limit s": each.limit}
    return {"round": number} | {name: round(seconds, 3) for name, seconds in parts.items()}


async def _round(url: str, platform: Platform, accounts: int) -> Round:
    """The job blocks every account, the limit unblocks them again."""
    await _vacuum(url)
    started = time.perf_counter()
    previewed = await _preview(platform)
    after_preview = time.perf_counter()
    await _confirm(platform, previewed)
    after_confirm = time.perf_counter()
    await _run(platform, previewed["batchUpdateId"])
    after_job = time.perf_counter()
    await _check(platform, previewed["batchUpdateId"], accounts)
    await _vacuum(url)
    limit = await _limit(url)
    return Round(after_preview - started, after_confirm - after_preview, after_job - after_confirm, limit)


async def _preview(platform: Platform) -> Outcome:
    order = PreviewOrder(account_filter={"batchIds": [BATCH_ID]}, changes={"status": {"to": "BLOCKED"}})

    async def act(uow: UnitOfWork) -> Outcome:
        return await preview_batch_update(uow, order)

    return await run_command(platform, CREDENTIALS, Command("previewBatchUpdate", {}, new_id("bench")), act, _answer)


async def _confirm(platform: Platform, previewed: Outcome) -> None:
    seen = (previewed["batchUpdateId"], previewed["snapshotHash"], previewed["selected"])
    order = ConfirmOrder(
        batch_update_id=seen[0], snapshot_hash=seen[1], expected_selected=seen[2], idempotency_key=new_id("bench")
    )

    async def act(uow: UnitOfWork) -> Outcome:
        return await confirm_batch_update(uow, order)

    await run_command(platform, CREDENTIALS, Command("confirmBatchUpdate", {}), act, _answer)


async def _answer(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> Outcome:
    return outcome


async def _run(platform: Platform, job_id: str) -> None:
    """A worker as in a server process, until the job's message is done."""
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(platform, stop, concurrency=1, poll_seconds=0.01))
    open_message = "SELECT count(*) FROM outbox WHERE subject_id = $1 AND topic = $2 AND done_at IS NULL"
    left = 1
    while left:
        await asyncio.sleep(0.02)
        async with platform_transaction(platform) as tx:
            left = await fetch_value(tx, open_message, job_id, RUN_TOPIC)
    stop.set()
    await worker


async def _check(platform: Platform, job_id: str, accounts: int) -> None:
    """Every account must have been changed by the job."""
    async with platform_transaction(platform) as tx:
        state = await fetch_value(tx, "SELECT state || ' ' || succeeded FROM batch_update WHERE id = $1", job_id)
    if state != f"COMPLETED {accounts}":
        raise RuntimeError(f"the batch update ended as {state}, not with {accounts} accounts changed")


async def _limit(url: str) -> float:
    """Seconds of the set-based transaction."""
    standing, job_id = Standing.of(SIZE, SIZE.first_sub_reseller), new_id("bupd")
    async with bare_pool(url, 1) as pool, pool.acquire() as connection:
        started = time.perf_counter()
        await connection.execute("BEGIN" + opening(standing.scope.settings))
        await connection.execute(rows.LIMIT_JOB, job_id, BATCH_ID)
        await connection.execute(rows.LIMIT_ROWS, job_id, BATCH_ID, False)
        await connection.execute(rows.LIMIT_ACCOUNTS, BATCH_ID, False)
        await connection.execute(rows.LIMIT_AUDIT, job_id, new_series("aud"), SystemClock().now())
        await connection.execute("COMMIT")
        return time.perf_counter() - started


async def _prepare(url: str, accounts: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(rows.BATCH, BATCH_ID, CUSTOMER_ID, accounts)
        await connection.execute(rows.ACCOUNTS, new_series("acct"), BATCH_ID, CUSTOMER_ID, accounts)
    finally:
        await connection.close()


async def _vacuum(url: str) -> None:
    """As autovacuum would have done by then, outside the measured time."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE account, batch_update_row, audit_entry, batch_update")
    finally:
        await connection.close()
