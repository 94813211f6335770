"""Dates of an account and the instants they stand for in the billing zone (BAT-29 to BAT-33). Pure; asks no clock."""

import re
from datetime import date, timedelta

from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.refusals import Blockers, FieldPath

EARLIEST_DATE = date(2000, 1, 1)
LATEST_DATE = date(2099, 12, 31)
MIN_AVAILABILITY_DAYS = 1
MAX_AVAILABILITY_DAYS = 3_650

_DATE_FORM = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def parse_date(text: str, field: FieldPath, blockers: Blockers) -> date | None:
    """The date of `YYYY-MM-DD`, or None with DATE_INVALID or DATE_OUT_OF_RANGE noted (BAT-29)."""
    day = _existing_date(text.strip())
    if day is None:
        blockers.add("DATE_INVALID", "A date is written YYYY-MM-DD and must exist.", field)
        return None
    if not EARLIEST_DATE <= day <= LATEST_DATE:
        limits = {"earliest": EARLIEST_DATE.isoformat(), "latest": LATEST_DATE.isoformat()}
        message = f"A date lies from {EARLIEST_DATE} to {LATEST_DATE}."
        blockers.add("DATE_OUT_OF_RANGE", message, field, **limits)
        return None
    return day


def check_availability_days(days: int, field: FieldPath, blockers: Blockers) -> int:
    """The days of availability after first use. Notes AVAILABILITY_DAYS_OUT_OF_RANGE outside 1 to 3650 (BAT-40 #3)."""
    if not MIN_AVAILABILITY_DAYS <= days <= MAX_AVAILABILITY_DAYS:
        limits = {"minimum": MIN_AVAILABILITY_DAYS, "maximum": MAX_AVAILABILITY_DAYS}
        message = f"An availability period has {MIN_AVAILABILITY_DAYS} to {MAX_AVAILABILITY_DAYS} days."
        blockers.add("AVAILABILITY_DAYS_OUT_OF_RANGE", message, field, days=days, **limits)
    return days


def activates_at(activation_date: date, zone: str) -> Instant:
    """The instant from which the account is usable: the start of its activation date in the billing zone (BAT-31)."""
    return start_of_day(activation_date, zone)


def expires_at(expiration_date: date, zone: str) -> Instant:
    """The instant from which the account is unusable: the start of its expiration date in the billing zone (BAT-32)."""
    return start_of_day(expiration_date, zone)


def availability_end(
    availability_days: int, first_used_at: Instant, last_recharged_at: Instant | None, zone: str
) -> Instant:
    """The end of the period after first use or the last recharge, in calendar days of the billing zone (BAT-33)."""
    begun_at = first_used_at if last_recharged_at is None else max(first_used_at, last_recharged_at)
    return start_of_day(local_date(begun_at, zone) + timedelta(days=availability_days), zone)


def effective_end(
    *,
    expiration_date: date | None,
    availability_days: int | None,
    first_used_at: Instant | None,
    last_recharged_at: Instant | None,
    zone: str,
) -> Instant | None:
    """The earlier of expiresAt and availabilityEnd (BAT-33); None when neither is set or the period has not begun."""
    ends = []
    if expiration_date is not None:
        ends.append(expires_at(expiration_date, zone))
    if availability_days is not None and first_used_at is not None:
        ends.append(availability_end(availability_days, first_used_at, last_recharged_at, zone))
    return min(ends, default=None)


def is_after_activation(
    expiration_date: date, *, activation_date: date | None, activated_at: Instant | None, zone: str
) -> bool:
    """Whether it lies after the activation date or, without one, the local date of activatedAt (BAT-32).

    Otherwise the code is EXPIRATION_NOT_AFTER_ACTIVATION. Without both, every date is allowed, a past one too.
    """
    if activation_date is not None:
        return expiration_date > activation_date
    return activated_at is None or expiration_date > local_date(activated_at, zone)


def _existing_date(text: str) -> date | None:
    found = _DATE_FORM.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
