"""When a renewal is tried: first, again after a failure, never more (SUB-40, SUB-43). Pure: no clock, no database."""

from datetime import date, timedelta

from core.calendar import local_date, start_of_day
from core.clock import Instant
from tenants.policy.policy_resolution import Policies

NEVER: Instant = 2**62
"""No try is left: neither a failed one's, nor one whose end passed while something stood in the way."""


def renewal_instant(end: date, policies: Policies, zone: str) -> Instant:
    """Local midnight of end - `renewDaysBefore`."""
    return start_of_day(end - timedelta(days=policies.integer("renewDaysBefore")), zone)


def next_try(first_failed_at: Instant, ends_at: Instant, now: Instant, policies: Policies, zone: str) -> Instant:
    """The next local midnight `renewRetryDays` after the day of the first failure, before the end; else NEVER."""
    first = local_date(first_failed_at, zone)
    tries = (start_of_day(first + timedelta(days=days), zone) for days in policies.integers("renewRetryDays"))
    return min((at for at in tries if now < at < ends_at), default=NEVER)
