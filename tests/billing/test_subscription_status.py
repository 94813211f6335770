"""Status from facts: SUB-20, SUB-21, SUB-76, SUB-110, SUB-112, and the table of section 3."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.subscription_status import (
    TRANSITIONS,
    USABLE,
    BillingStatus,
    Cause,
    Facts,
    FinalState,
    Ladder,
    Status,
    SuspensionReason,
    billing_status,
    ladder,
    status_at,
    targets,
    trial_ladder,
)
from core.calendar import start_of_day
from core.clock import format_instant, parse_instant

PAID = Facts(ends_at=100, grace_ends_at=200, ladder_ends_at=300, final_state=FinalState.DEACTIVATED)
POLICY = frozenset({SuspensionReason.POLICY})


@pytest.mark.parametrize(
    ("now", "plain", "suspended"),
    [
        (99, Status.ACTIVE, Status.SUSPENDED),
        (100, Status.GRACE, Status.SUSPENDED),
        (199, Status.GRACE, Status.SUSPENDED),
        (200, Status.EXPIRED, Status.EXPIRED),
        (299, Status.EXPIRED, Status.EXPIRED),
        (300, Status.DEACTIVATED, Status.DEACTIVATED),
    ],
)
def test_the_dates_run_on_while_suspended(now: int, plain: Status, suspended: Status) -> None:
    assert status_at(PAID, now) is plain
    assert status_at(replace(PAID, suspension_reasons=POLICY), now) is suspended


def test_terminated_comes_before_everything_from_its_instant_on() -> None:
    ended = replace(PAID, terminated_at=50, suspension_reasons=POLICY)
    assert status_at(ended, 49) is Status.SUSPENDED
    assert {status_at(ended, now) for now in (50, 150, 250, 400)} == {Status.TERMINATED}
    assert status_at(replace(PAID, final_state=FinalState.TERMINATED), 300) is Status.TERMINATED


def test_a_trial_has_no_grace() -> None:
    trial = replace(PAID, is_trial=True, grace_ends_at=100)
    assert [status_at(trial, now) for now in (99, 100)] == [Status.TRIAL, Status.EXPIRED]


def instants(steps: Ladder) -> tuple[str, str, str]:
    return (format_instant(steps.ends_at), format_instant(steps.grace_ends_at), format_instant(steps.ladder_ends_at))


@pytest.mark.parametrize(
    ("grace", "auto_renew", "is_active", "grace_ends", "ladder_ends"),
    [
        (7, True, True, "2025-06-09T00:00:00Z", "2025-07-07T00:00:00Z"),
        (7, False, True, "2025-06-01T00:00:00Z", "2025-06-30T00:00:00Z"),
        (7, True, False, "2025-06-01T00:00:00Z", "2025-06-30T00:00:00Z"),
        (0, True, True, "2025-06-01T00:00:00Z", "2025-06-30T00:00:00Z"),
    ],
)
def test_there_is_grace_only_with_days_auto_renew_and_an_active_organization(
    grace: int, auto_renew: bool, is_active: bool, grace_ends: str, ladder_ends: str
) -> None:
    steps = ladder(date(2025, 6, 1), "UTC", grace, 28, auto_renew, is_active)
    assert instants(steps) == ("2025-06-01T00:00:00Z", grace_ends, ladder_ends)


def test_the_ladder_stands_on_local_midnights() -> None:
    # Santiago has no midnight on 6 September 2026.
    steps = ladder(date(2026, 9, 5), "America/Santiago", 0, 0, True)
    assert instants(steps) == ("2026-09-05T04:00:00Z", "2026-09-05T04:00:00Z", "2026-09-06T04:00:00Z")


def test_a_trial_is_kept_for_its_retention_days_after_its_end_date() -> None:
    ends_at = parse_instant("2025-09-04T20:00:00Z")  # 5 September in Kathmandu
    steps = trial_ladder(ends_at, "Asia/Kathmandu", 3)
    assert (steps.ends_at, steps.grace_ends_at) == (ends_at, ends_at)
    assert steps.ladder_ends_at == start_of_day(date(2025, 9, 9), "Asia/Kathmandu")


def facts_of(
    steps: tuple[int, int, int], final: FinalState, is_trial: bool, reasons: frozenset[SuspensionReason]
) -> Facts:
    ends_at, grace_ends_at, ladder_ends_at = sorted(steps)
    return Facts(ends_at, grace_ends_at, ladder_ends_at, final, is_trial, reasons)


FACTS = st.builds(
    facts_of,
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)),
    st.sampled_from(FinalState),
    st.booleans(),
    st.frozensets(st.sampled_from(SuspensionReason)),
)


@given(FACTS)
def test_time_alone_takes_a_subscription_only_to_later_steps(facts: Facts) -> None:
    order = [
        Status.TRIAL,
        Status.ACTIVE,
        Status.GRACE,
        Status.SUSPENDED,
        Status.EXPIRED,
        Status.DEACTIVATED,
        Status.TERMINATED,
    ]
    seen = [order.index(status_at(facts, now)) for now in range(42)]
    assert seen == sorted(seen)
    assert seen[-1] >= order.index(Status.DEACTIVATED)


def test_terminated_is_final() -> None:
    assert {status for status, _ in TRANSITIONS} == {None, *Status} - {Status.TERMINATED}
    assert all(not targets(Status.TERMINATED, cause) for cause in Cause)


def test_the_table_says_what_may_follow() -> None:
    assert targets(None, Cause.TRIAL_STARTED) == {Status.TRIAL}
    assert targets(Status.ACTIVE, Cause.END_REACHED_UNPAID) == {Status.GRACE, Status.EXPIRED}
    assert targets(Status.DEACTIVATED, Cause.REACTIVATED) == frozenset()
    assert {status for status in Status if targets(status, Cause.SUSPENDED)} == USABLE
    assert {cause for _, cause in TRANSITIONS} == set(Cause)


@pytest.mark.parametrize(
    ("statuses", "shown"),
    [
        ([], BillingStatus.ACTIVE),
        ([Status.TERMINATED], BillingStatus.ACTIVE),
        ([Status.TERMINATED, Status.DEACTIVATED], BillingStatus.DEACTIVATED),
        ([Status.DEACTIVATED, Status.SUSPENDED], BillingStatus.INACTIVE),
        ([Status.EXPIRED], BillingStatus.INACTIVE),
        ([Status.EXPIRED, Status.GRACE], BillingStatus.GRACE),
        ([Status.GRACE, Status.TRIAL], BillingStatus.ACTIVE),
        ([Status.GRACE, Status.ACTIVE], BillingStatus.ACTIVE),
    ],
)
def test_an_organization_shows_the_best_of_its_subscriptions(statuses: list[Status], shown: BillingStatus) -> None:
    assert billing_status(statuses) is shown
