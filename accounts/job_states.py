"""The states of a batch update and of its rows as tables (BAT-47 to BAT-50, BAT-54, BAT-55). Pure; asks no clock."""

from collections.abc import Mapping
from enum import StrEnum

from core.clock import EXACT_DAY, MINUTE, Instant
from core.refusals import refuse

PREVIEW_LIFETIME = 15 * MINUTE
RUN_LIFETIME = EXACT_DAY
STOP_RULE_MIN_ROWS = 100


class JobState(StrEnum):
    """Where a batch update stands."""

    AWAITING_CONFIRMATION = "AWAITING_CONFIRMATION"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    COMPLETED = "COMPLETED"
    COMPLETED_WITH_ERRORS = "COMPLETED_WITH_ERRORS"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


class JobEvent(StrEnum):
    """What moves a batch update to another state."""

    CONFIRM = "CONFIRM"
    PREVIEW_TIME_OVER = "PREVIEW_TIME_OVER"
    CANCEL = "CANCEL"
    TAKEN_BY_WORKER = "TAKEN_BY_WORKER"
    CHUNK_DONE_ROWS_LEFT = "CHUNK_DONE_ROWS_LEFT"
    LAST_ROW_DONE = "LAST_ROW_DONE"
    LAST_ROW_DONE_WITH_FAILED = "LAST_ROW_DONE_WITH_FAILED"
    FAILURE = "FAILURE"


class FailureReason(StrEnum):
    """Why a batch update FAILED as a whole."""

    STOP_RULE = "STOP_RULE"
    DEADLINE = "DEADLINE"
    RIGHT_LOST = "RIGHT_LOST"
    ORGANIZATION_NOT_ACTIVE = "ORGANIZATION_NOT_ACTIVE"


class RowResult(StrEnum):
    """The result of one row (BAT-50)."""

    SUCCEEDED = "SUCCEEDED"
    NO_CHANGE = "NO_CHANGE"
    FAILED = "FAILED"
    UNPROCESSED = "UNPROCESSED"


TRANSITIONS: Mapping[tuple[JobState, JobEvent], JobState] = {
    (JobState.AWAITING_CONFIRMATION, JobEvent.CONFIRM): JobState.QUEUED,
    (JobState.AWAITING_CONFIRMATION, JobEvent.PREVIEW_TIME_OVER): JobState.EXPIRED,
    (JobState.AWAITING_CONFIRMATION, JobEvent.CANCEL): JobState.CANCELLED,
    (JobState.QUEUED, JobEvent.TAKEN_BY_WORKER): JobState.RUNNING,
    (JobState.QUEUED, JobEvent.CANCEL): JobState.CANCELLED,
    (JobState.QUEUED, JobEvent.FAILURE): JobState.FAILED,
    (JobState.RUNNING, JobEvent.CHUNK_DONE_ROWS_LEFT): JobState.RUNNING,
    (JobState.RUNNING, JobEvent.LAST_ROW_DONE): JobState.COMPLETED,
    (JobState.RUNNING, JobEvent.LAST_ROW_DONE_WITH_FAILED): JobState.COMPLETED_WITH_ERRORS,
    (JobState.RUNNING, JobEvent.CANCEL): JobState.CANCELLING,
    (JobState.RUNNING, JobEvent.FAILURE): JobState.FAILED,
    (JobState.CANCELLING, JobEvent.CHUNK_DONE_ROWS_LEFT): JobState.CANCELLED,
    (JobState.CANCELLING, JobEvent.LAST_ROW_DONE): JobState.COMPLETED,
    (JobState.CANCELLING, JobEvent.LAST_ROW_DONE_WITH_FAILED): JobState.COMPLETED_WITH_ERRORS,
}

FINISHED = frozenset({JobState.COMPLETED, JobState.COMPLETED_WITH_ERRORS, JobState.CANCELLED, JobState.FAILED})
# One of these per batch, five per seller (BAT-58), and none where a customer moves (MOVE-4).
IN_PROGRESS = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING})


def next_state(state: JobState, event: JobEvent) -> JobState:
    """The state after the event; an event that the table does not know in this state is ValueError (BAT-49)."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise ValueError(f"a job that is {state} knows no {event}")
    return following


def state_after_chunk(state: JobState, *, rows_left: int, rows_failed: int) -> JobState:
    """The state of a RUNNING or CANCELLING job once a chunk is committed (BAT-49)."""
    if rows_left:
        return next_state(state, JobEvent.CHUNK_DONE_ROWS_LEFT)
    return next_state(state, JobEvent.LAST_ROW_DONE_WITH_FAILED if rows_failed else JobEvent.LAST_ROW_DONE)


def state_after_cancel(state: JobState) -> JobState:
    """The state once cancelled; asking again answers the same. Refused otherwise: JOB_NOT_CANCELLABLE (BAT-55)."""
    if state in (JobState.CANCELLING, JobState.CANCELLED):
        return state
    if (state, JobEvent.CANCEL) not in TRANSITIONS:
        refuse("JOB_NOT_CANCELLABLE", f"A job that is {state} cannot be cancelled.", state=state.value)
    return next_state(state, JobEvent.CANCEL)


def check_confirmable(state: JobState, previewed_at: Instant, now: Instant) -> None:
    """Refuses ALREADY_CONFIRMED, then PREVIEW_EXPIRED, also of a cancelled preview, which is just as gone (BAT-47).

    Whether the same key has confirmed the job before, or another input was sent with it, is asked before this.
    """
    if state not in (JobState.AWAITING_CONFIRMATION, JobState.EXPIRED, JobState.CANCELLED):
        refuse("ALREADY_CONFIRMED", "The update is already confirmed.", state=state.value)
    if state is not JobState.AWAITING_CONFIRMATION or is_preview_over(previewed_at, now):
        refuse("PREVIEW_EXPIRED", "The preview is no longer open: make a new one.", state=state.value)


def check_finished(state: JobState) -> None:
    """Refuses JOB_NOT_FINISHED: only finished jobs are retried or undone, an EXPIRED preview never (BAT-49)."""
    if state not in FINISHED:
        refuse("JOB_NOT_FINISHED", f"The job is {state}.", state=state.value)


def check_retryable(state: JobState, rows: Mapping[RowResult, int], only: frozenset[RowResult]) -> None:
    """Refuses JOB_NOT_FINISHED, then NOTHING_TO_RETRY when no row has one of the results asked for (BAT-55)."""
    check_finished(state)
    if not any(rows.get(result, 0) for result in only):
        refuse("NOTHING_TO_RETRY", "The job has no such rows.", only=sorted(only))


def is_preview_over(previewed_at: Instant, now: Instant) -> bool:
    """Whether 15 minutes have passed, the last instant included (BAT-47)."""
    return now >= previewed_at + PREVIEW_LIFETIME


def is_past_deadline(confirmed_at: Instant, now: Instant) -> bool:
    """Whether 24 hours have passed since confirm: the job fails with DEADLINE (BAT-49)."""
    return now >= confirmed_at + RUN_LIFETIME


def stopping_code(rows_done: int, unforecast_failures: Mapping[str, int]) -> str | None:
    """The code that stops the job with STOP_RULE, or None (BAT-54).

    rows_done counts every row with a result so far; unforecast_failures counts, per code, the FAILED rows for which the
    preview had not forecast that code. It stops from 100 rows on, with more than half of them under one code.
    """
    if rows_done < STOP_RULE_MIN_ROWS:
        return None
    return next((code for code, count in unforecast_failures.items() if 2 * count > rows_done), None)
