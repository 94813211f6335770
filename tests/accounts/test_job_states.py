"""The states of a batch update as a table, its time limits, the stop rule, cancel and retry (BAT-47, 49, 54, 55)."""

from collections.abc import Callable

import pytest

from accounts.job_states import (
    FINISHED,
    IN_PROGRESS,
    TRANSITIONS,
    JobEvent,
    JobState,
    RowResult,
    check_confirmable,
    check_finished,
    check_retryable,
    is_past_deadline,
    is_preview_over,
    next_state,
    state_after_cancel,
    state_after_chunk,
    stopping_code,
)
from core.clock import parse_instant
from core.refusals import Refused

PREVIEWED = parse_instant("2026-02-02T12:00:00Z")
AFTER_14_59 = parse_instant("2026-02-02T12:14:59.999999Z")
AFTER_15_00 = parse_instant("2026-02-02T12:15:00Z")
ENDED = {JobState.EXPIRED, *FINISHED}


def codes_of(check: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        check()
    return refused.value.codes


def test_a_job_goes_from_preview_to_its_end() -> None:
    state = JobState.AWAITING_CONFIRMATION
    for event in (JobEvent.CONFIRM, JobEvent.TAKEN_BY_WORKER, JobEvent.CHUNK_DONE_ROWS_LEFT, JobEvent.LAST_ROW_DONE):
        state = next_state(state, event)
    assert state is JobState.COMPLETED


def test_nothing_leads_out_of_an_ended_state() -> None:
    assert ENDED.isdisjoint(state for state, _ in TRANSITIONS)
    assert {state for state, _ in TRANSITIONS} | ENDED == set(JobState)
    assert set(JobState) - ENDED == {JobState.AWAITING_CONFIRMATION, *IN_PROGRESS}


def test_every_event_and_every_state_is_reachable() -> None:
    assert {event for _, event in TRANSITIONS} == set(JobEvent)
    assert set(TRANSITIONS.values()) | {JobState.AWAITING_CONFIRMATION} == set(JobState)


def test_an_event_unknown_in_the_state_is_an_error() -> None:
    with pytest.raises(ValueError, match="COMPLETED knows no CONFIRM"):
        next_state(JobState.COMPLETED, JobEvent.CONFIRM)


@pytest.mark.parametrize(
    ("state", "rows_left", "rows_failed", "following"),
    [
        (JobState.RUNNING, 5, 1, JobState.RUNNING),
        (JobState.RUNNING, 0, 0, JobState.COMPLETED),
        (JobState.RUNNING, 0, 1, JobState.COMPLETED_WITH_ERRORS),
        (JobState.CANCELLING, 5, 0, JobState.CANCELLED),
        (JobState.CANCELLING, 0, 0, JobState.COMPLETED),
        (JobState.CANCELLING, 0, 1, JobState.COMPLETED_WITH_ERRORS),
    ],
)
def test_the_state_after_a_chunk(state: JobState, rows_left: int, rows_failed: int, following: JobState) -> None:
    assert state_after_chunk(state, rows_left=rows_left, rows_failed=rows_failed) is following


@pytest.mark.parametrize(
    ("state", "following"),
    [
        (JobState.AWAITING_CONFIRMATION, JobState.CANCELLED),
        (JobState.QUEUED, JobState.CANCELLED),
        (JobState.RUNNING, JobState.CANCELLING),
        (JobState.CANCELLING, JobState.CANCELLING),
        (JobState.CANCELLED, JobState.CANCELLED),
    ],
)
def test_cancel_stops_what_has_not_ended_and_may_be_repeated(state: JobState, following: JobState) -> None:
    assert state_after_cancel(state) is following


@pytest.mark.parametrize("state", sorted(ENDED - {JobState.CANCELLED}))
def test_an_ended_job_is_not_cancellable(state: JobState) -> None:
    assert codes_of(lambda: state_after_cancel(state)) == ("JOB_NOT_CANCELLABLE",)


def test_a_preview_is_open_for_15_minutes_and_over_at_15_00() -> None:
    assert not is_preview_over(PREVIEWED, AFTER_14_59)
    assert is_preview_over(PREVIEWED, AFTER_15_00)
    check_confirmable(JobState.AWAITING_CONFIRMATION, PREVIEWED, AFTER_14_59)


@pytest.mark.parametrize("state", [JobState.AWAITING_CONFIRMATION, JobState.EXPIRED, JobState.CANCELLED])
def test_a_preview_that_is_over_or_cancelled_cannot_be_confirmed(state: JobState) -> None:
    assert codes_of(lambda: check_confirmable(state, PREVIEWED, AFTER_15_00)) == ("PREVIEW_EXPIRED",)


@pytest.mark.parametrize("state", [JobState.EXPIRED, JobState.CANCELLED])
def test_an_ended_preview_stays_so_whatever_the_time(state: JobState) -> None:
    assert codes_of(lambda: check_confirmable(state, PREVIEWED, PREVIEWED)) == ("PREVIEW_EXPIRED",)


@pytest.mark.parametrize("state", sorted((IN_PROGRESS | FINISHED) - {JobState.CANCELLED}))
def test_a_confirmed_job_is_not_confirmed_again(state: JobState) -> None:
    assert codes_of(lambda: check_confirmable(state, PREVIEWED, PREVIEWED)) == ("ALREADY_CONFIRMED",)


def test_a_job_may_run_until_24_hours_after_confirm() -> None:
    assert not is_past_deadline(PREVIEWED, parse_instant("2026-02-03T11:59:59.999999Z"))
    assert is_past_deadline(PREVIEWED, parse_instant("2026-02-03T12:00:00Z"))


@pytest.mark.parametrize("state", sorted(set(JobState) - FINISHED))
def test_only_finished_jobs_are_retried_or_undone(state: JobState) -> None:
    rows = {RowResult.FAILED: 1}
    assert codes_of(lambda: check_finished(state)) == ("JOB_NOT_FINISHED",)
    assert codes_of(lambda: check_retryable(state, rows, frozenset({RowResult.FAILED}))) == ("JOB_NOT_FINISHED",)


def test_a_retry_needs_rows_with_the_results_asked_for() -> None:
    rows = {RowResult.SUCCEEDED: 100, RowResult.UNPROCESSED: 145, RowResult.FAILED: 0}
    check_retryable(JobState.CANCELLED, rows, frozenset({RowResult.FAILED, RowResult.UNPROCESSED}))
    only_failed = frozenset({RowResult.FAILED})
    assert codes_of(lambda: check_retryable(JobState.CANCELLED, rows, only_failed)) == ("NOTHING_TO_RETRY",)
    assert codes_of(lambda: check_retryable(JobState.COMPLETED, {}, only_failed)) == ("NOTHING_TO_RETRY",)


@pytest.mark.parametrize(
    ("rows_done", "failures", "code"),
    [
        (99, {"TRANSIENT_ERROR": 99}, None),
        (100, {"TRANSIENT_ERROR": 50}, None),
        (100, {"TRANSIENT_ERROR": 51}, "TRANSIENT_ERROR"),
        (101, {"TRANSIENT_ERROR": 50}, None),
        (101, {"TRANSIENT_ERROR": 51}, "TRANSIENT_ERROR"),
        (100, {"TRANSIENT_ERROR": 40, "INTERNAL_ERROR": 60}, "INTERNAL_ERROR"),
        (100, {"TRANSIENT_ERROR": 50, "INTERNAL_ERROR": 50}, None),
        (100, {}, None),
    ],
)
def test_more_than_half_of_100_rows_with_one_unforecast_code_stop_the_job(
    rows_done: int, failures: dict[str, int], code: str | None
) -> None:
    assert stopping_code(rows_done, failures) == code
