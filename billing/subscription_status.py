"""The status of a subscription, computed from stored facts and an instant (SUB-20, SUB-21, SUB-110). Pure.

A query that computes the same in SQL must mirror status_at line by line.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from core.calendar import end_of_days, local_date, start_of_day
from core.clock import Instant


class Status(StrEnum):
    """What a subscription shows, in the order of precedence (SUB-20)."""

    TERMINATED = "TERMINATED"
    DEACTIVATED = "DEACTIVATED"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    GRACE = "GRACE"
    TRIAL = "TRIAL"
    ACTIVE = "ACTIVE"


USABLE = frozenset({Status.TRIAL, Status.ACTIVE, Status.GRACE})
"""The states with service (SUB-21)."""


class FinalState(StrEnum):
    """Policy `finalState`: where the ladder ends."""

    TERMINATED = "TERMINATED"
    DEACTIVATED = "DEACTIVATED"


class SuspensionReason(StrEnum):
    """Why a subscription is SUSPENDED; several may hold at once (SUB-22)."""

    CREDIT_LIMIT = "CREDIT_LIMIT"
    NO_FUNDS = "NO_FUNDS"
    POLICY = "POLICY"
    KYC_OVERDUE = "KYC_OVERDUE"
    OVERDUE = "OVERDUE"
    FRAUD = "FRAUD"
    USER_OFF = "USER_OFF"


class Cause(StrEnum):
    """What takes a subscription from one state to another (section 3 of the rule book)."""

    PURCHASED = "PURCHASED"
    TRIAL_STARTED = "TRIAL_STARTED"
    TRIAL_CONVERTED = "TRIAL_CONVERTED"
    TRIAL_OVER = "TRIAL_OVER"
    RENEWED = "RENEWED"
    RECOVERED = "RECOVERED"
    EXTENDED = "EXTENDED"
    END_REACHED_UNPAID = "END_REACHED_UNPAID"
    PAID = "PAID"
    GRACE_OVER = "GRACE_OVER"
    REACTIVATED = "REACTIVATED"
    EXPIRY_OVER = "EXPIRY_OVER"
    RESTORED_BY_SELLER = "RESTORED_BY_SELLER"
    SUSPENDED = "SUSPENDED"
    REASON_LIFTED = "REASON_LIFTED"
    SUSPENSION_OVER = "SUSPENSION_OVER"
    TERMINATED = "TERMINATED"


_LIVING = frozenset(Status) - {Status.TERMINATED}
_FINAL = frozenset({Status.TERMINATED, Status.DEACTIVATED})

TRANSITIONS: dict[tuple[Status | None, Cause], frozenset[Status]] = {
    (None, Cause.PURCHASED): frozenset({Status.ACTIVE}),
    (None, Cause.TRIAL_STARTED): frozenset({Status.TRIAL}),
    (Status.TRIAL, Cause.TRIAL_CONVERTED): frozenset({Status.ACTIVE}),
    (Status.TRIAL, Cause.TRIAL_OVER): frozenset({Status.EXPIRED}),
    (Status.ACTIVE, Cause.RENEWED): frozenset({Status.ACTIVE}),
    (Status.ACTIVE, Cause.RECOVERED): frozenset({Status.ACTIVE}),
    (Status.ACTIVE, Cause.EXTENDED): frozenset({Status.ACTIVE}),
    (Status.ACTIVE, Cause.END_REACHED_UNPAID): frozenset({Status.GRACE, Status.EXPIRED}),
    (Status.GRACE, Cause.PAID): frozenset({Status.ACTIVE}),
    (Status.GRACE, Cause.GRACE_OVER): frozenset({Status.EXPIRED}),
    (Status.EXPIRED, Cause.REACTIVATED): frozenset({Status.ACTIVE}),
    (Status.EXPIRED, Cause.EXPIRY_OVER): _FINAL,
    (Status.DEACTIVATED, Cause.RESTORED_BY_SELLER): frozenset({Status.ACTIVE}),
    **{(status, Cause.SUSPENDED): frozenset({Status.SUSPENDED}) for status in USABLE},
    # Dates run on while SUSPENDED (SUB-20): the lifted one shows what they say by then.
    (Status.SUSPENDED, Cause.REASON_LIFTED): frozenset({Status.TRIAL, Status.ACTIVE, Status.GRACE, Status.EXPIRED}),
    (Status.SUSPENDED, Cause.TRIAL_OVER): frozenset({Status.EXPIRED}),
    (Status.SUSPENDED, Cause.END_REACHED_UNPAID): frozenset({Status.EXPIRED}),
    (Status.SUSPENDED, Cause.GRACE_OVER): frozenset({Status.EXPIRED}),
    (Status.SUSPENDED, Cause.SUSPENSION_OVER): frozenset({Status.TERMINATED}),
    **{(status, Cause.TERMINATED): frozenset({Status.TERMINATED}) for status in _LIVING},
}
"""From a state, by a cause, to one of these states; what is not here never happens."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored of a subscription and decides its status; ends_at <= grace_ends_at <= ladder_ends_at.

    Without grace grace_ends_at equals ends_at. The date of an allowance used up early is written as ends_at (SUB-75).
    """

    ends_at: Instant
    grace_ends_at: Instant
    ladder_ends_at: Instant
    final_state: FinalState
    is_trial: bool = False
    suspension_reasons: frozenset[SuspensionReason] = frozenset()
    terminated_at: Instant | None = None


def status_at(facts: Facts, now: Instant) -> Status:
    """The first state that holds, in the order of SUB-20; every end is the first instant at which it is over."""
    if facts.terminated_at is not None and now >= facts.terminated_at:
        return Status.TERMINATED
    if now >= facts.ladder_ends_at:
        return Status(facts.final_state)
    if now >= facts.grace_ends_at:
        return Status.EXPIRED
    if facts.suspension_reasons:
        return Status.SUSPENDED
    if now >= facts.ends_at:
        return Status.GRACE
    return Status.TRIAL if facts.is_trial else Status.ACTIVE


def targets(status: Status | None, cause: Cause) -> frozenset[Status]:
    """The states that a cause may lead to, by TRANSITIONS; empty when it cannot happen in this state."""
    return TRANSITIONS.get((status, cause), frozenset())


@dataclass(frozen=True, slots=True)
class Ladder:
    """The instants at which an unpaid subscription loses its paid time, its grace and its last chance (SUB-110)."""

    ends_at: Instant
    grace_ends_at: Instant
    ladder_ends_at: Instant


def ladder(
    end_date: date,
    zone: str,
    grace_days: int,
    expired_days: int,
    auto_renew: bool,
    is_organization_active: bool = True,
) -> Ladder:
    """The steps after an unpaid end, in the organization's zone; end_date is day 0 (SUB-110).

    GRACE is days 0 to grace_days; none with 0 days, without auto-renew, or when the organization is not effectively
    ACTIVE at the end. EXPIRED follows for expired_days (without grace: day 0 through day expired_days).
    """
    grace = grace_days if auto_renew and is_organization_active else 0
    ends_at = start_of_day(end_date, zone)
    grace_ends_at = end_of_days(end_date, grace, zone) if grace else ends_at
    return Ladder(ends_at, grace_ends_at, end_of_days(end_date, grace + expired_days, zone))


def trial_ladder(ends_at: Instant, zone: str, trial_retention_days: int) -> Ladder:
    """After a trial: EXPIRED at once, kept through day trial_retention_days after the end's date (SUB-76)."""
    return Ladder(ends_at, ends_at, end_of_days(local_date(ends_at, zone), trial_retention_days, zone))


class BillingStatus(StrEnum):
    """What an organization shows of its subscriptions, best first (SUB-112)."""

    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    INACTIVE = "INACTIVE"
    DEACTIVATED = "DEACTIVATED"


_BILLING_STATUS = {
    Status.ACTIVE: BillingStatus.ACTIVE,
    Status.TRIAL: BillingStatus.ACTIVE,
    Status.GRACE: BillingStatus.GRACE,
    Status.EXPIRED: BillingStatus.INACTIVE,
    Status.SUSPENDED: BillingStatus.INACTIVE,
    Status.DEACTIVATED: BillingStatus.DEACTIVATED,
}


def billing_status(statuses: Iterable[Status]) -> BillingStatus:
    """The best of an organization's subscriptions; TERMINATED ones do not count, without any ACTIVE (SUB-112)."""
    shown = {_BILLING_STATUS[status] for status in statuses if status is not Status.TERMINATED}
    return next((best for best in BillingStatus if best in shown), BillingStatus.ACTIVE)
