"""The batch update's job behind the port of core/jobs.py: each step is one chunk in one transaction (BAT-49 to BAT-54).

Killed at any moment it goes on behind the last committed chunk; importing this module registers the handler."""

import asyncio

import structlog

from accounts.batch_chunk import Chunk, end_job, open_chunk, run_chunk, start_job
from accounts.batch_confirm import RUN_TOPIC
from accounts.batch_standing import Standing, standing_of
from accounts.job_states import FINISHED, IN_PROGRESS, JobEvent, JobState, next_state
from core.jobs import Lease, LeaseLost, Message, Progress, handles
from core.transient import is_transient
from tenants.authentication import Unauthenticated
from tenants.support.support_standing import require_standing
from tenants.unit_of_work import Platform, working_as

TRIES = 5
FIRST_WAIT_SECONDS = 0.1
_ACTION = "confirmBatchUpdate"
_log = structlog.get_logger()


@handles(RUN_TOPIC)
async def run_batch_update(platform: Platform, message: Message, lease: Lease) -> Progress:
    """One chunk of the job that the message names; DONE when it is finished, or gone."""
    standing = await standing_of(platform, message.subject_id)
    if standing is None or standing.state not in IN_PROGRESS:
        return Progress.DONE
    step = _Step(platform, standing, lease)
    if standing.state is JobState.CANCELLING:
        return await step.finish(next_state(standing.state, JobEvent.CHUNK_DONE_ROWS_LEFT))
    if standing.failure is not None:
        return await step.finish(next_state(standing.state, JobEvent.FAILURE))
    if standing.state is JobState.QUEUED:
        await step.start()
    try:
        return Progress.DONE if await step.run() in FINISHED else Progress.MORE
    except Unauthenticated:  # the support session ended within the chunk: the next step finds it so (SUP-10)
        return Progress.MORE


class _Step:
    """A chunk of one job under one lease, in the name of the member that confirmed it."""

    def __init__(self, platform: Platform, standing: Standing, lease: Lease) -> None:
        self._platform, self._standing, self._lease = platform, standing, lease

    async def start(self) -> None:
        """The job shows RUNNING while its first chunk runs."""
        async with working_as(self._platform, self._standing.actor, _ACTION) as uow:
            await start_job(await open_chunk(uow, self._standing.job_id))
            await self._lease.hold(uow.tx, self._platform.clock.now())

    async def finish(self, state: JobState) -> Progress:
        """End the job before its next chunk, unless its state has changed since it was looked at."""
        async with working_as(self._platform, self._standing.actor, _ACTION) as uow:
            chunk = await open_chunk(uow, self._standing.job_id)
            is_as_found = chunk.job["state"] == self._standing.state
            if is_as_found:
                await end_job(chunk, state, self._standing.failure if state is JobState.FAILED else None, {})
            await self._lease.hold(uow.tx, self._platform.clock.now())
        return Progress.DONE if is_as_found else Progress.MORE

    async def run(self) -> JobState:
        """The next chunk. A passing database error is tried again; what stays wrong is narrowed down to its row."""
        for attempt in range(TRIES + 1):
            try:
                return await self._transaction()
            except (LeaseLost, Unauthenticated):
                raise
            except Exception as error:
                is_passing = is_transient(error)
                _log.warning("a chunk was rolled back", job_id=self._standing.job_id, exc_info=not is_passing)
                if not is_passing:
                    break
            if attempt < TRIES:
                await asyncio.sleep(FIRST_WAIT_SECONDS * 2**attempt)
        return await self._row_by_row()

    async def _row_by_row(self) -> JobState:
        """The chunk's rows in transactions of their own: one that still fails is FAILED alone (BAT-53)."""
        state, left = JobState.RUNNING, await self._chunk_rows()
        while left and state not in FINISHED and state is not JobState.CANCELLING:
            left -= 1
            try:
                state = await self._transaction(most_rows=1)
            except (LeaseLost, Unauthenticated):
                raise
            except Exception as error:
                _log.warning("a row failed", job_id=self._standing.job_id, error=repr(error))
                code = "TRANSIENT_ERROR" if is_transient(error) else "INTERNAL_ERROR"
                state = await self._transaction(most_rows=1, forced_code=code)
        return state

    async def _transaction(self, most_rows: int | None = None, forced_code: str | None = None) -> JobState:
        """One transaction that commits only while the lease is ours (BAT-52)."""
        async with working_as(self._platform, self._standing.actor, _ACTION) as uow:
            chunk = await open_chunk(uow, self._standing.job_id)
            state = await self._advance(chunk, most_rows or chunk.request.chunk_rows, forced_code)
            await require_standing(uow)
            await self._lease.hold(uow.tx, self._platform.clock.now())
        return state

    async def _advance(self, chunk: Chunk, most_rows: int, forced_code: str | None) -> JobState:
        """Nothing is done for a job that was finished or is being cancelled meanwhile: the next step sees to it."""
        state = JobState(chunk.job["state"])
        if state in FINISHED or state is JobState.CANCELLING:
            return state
        return await run_chunk(chunk, most_rows, forced_code)

    async def _chunk_rows(self) -> int:
        async with working_as(self._platform, self._standing.actor, _ACTION) as uow:
            return (await open_chunk(uow, self._standing.job_id)).request.chunk_rows
