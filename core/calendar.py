"""Local dates and instants of a time zone (BAT-30, MON-5, GEN-3). Pure: what today is comes from the caller's clock."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.clock import HOUR, SECOND, Instant, as_datetime, as_instant

# No zone was ever further than 16 hours from UTC, so a local time lies within this distance of the same time in UTC.
_REACH = 26 * HOUR


def local_date(at: Instant, zone: str) -> date:
    """The date that a calendar on the wall of the IANA zone shows at the instant."""
    return as_datetime(at).astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=8192)
def start_of_day(day: date, zone: str) -> Instant:
    """The first instant with that local date; where no instant has it, the first one with a later date (BAT-30)."""
    return _first_instant_showing(datetime.combine(day, time()), zone)


def at_hour(day: date, hour: int, zone: str) -> Instant:
    """That full hour of a local day; one that is missing is the first instant after the gap (ALR-1: 9)."""
    return _first_instant_showing(datetime.combine(day, time(hour)), zone)


def end_of_days(first_day: date, days: int, zone: str) -> Instant:
    """When a limit of N days that starts on first_day (day 0) is over: the start of day N + 1 (GEN-3)."""
    return start_of_day(first_day + timedelta(days=days + 1), zone)


def same_local_time(at: Instant, days: int, zone: str) -> Instant:
    """N days later at the same local time; a time that is missing there is the first instant after the gap (SUB-75)."""
    wall = as_datetime(at).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return _first_instant_showing(wall + timedelta(days=days), zone)


def days_between(first: date, last: date) -> int:
    """Local dates in [first, last), whatever the length of these days in hours."""
    return (last - first).days


def add_months(anchor: date, months: int) -> date:
    """The date that many months after the anchor; a day missing in the month becomes its last (SUB-32).

    Always counted from the anchor itself: counting on from a shortened date would lose the anchor's day.
    """
    year, month_index = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month_index + 1, min(anchor.day, monthrange(year, month_index + 1)[1]))


def _first_instant_showing(wall: datetime, zone: str) -> Instant:
    """The first instant at which the zone's wall clock shows this time or a later one."""
    as_if_utc = as_instant(wall.replace(tzinfo=UTC))
    near = as_if_utc // SECOND * SECOND
    return min(
        max(begin, as_if_utc - offset)
        for begin, end, offset in _stretches(near - _REACH, near + _REACH, ZoneInfo(zone))
        if as_if_utc - offset < end
    )


def _stretches(begin: Instant, end: Instant, zone: ZoneInfo) -> Iterator[tuple[Instant, Instant, int]]:
    """Cuts [begin, end) at the zone's transitions into (begin, end, offset from UTC in microseconds)."""
    offset = _offset(begin, zone)
    for hour in range(begin, end, HOUR):
        if _offset(hour + HOUR, zone) != offset:
            transition = _transition(hour, hour + HOUR, zone)
            yield begin, transition, offset
            begin, offset = transition, _offset(hour + HOUR, zone)
    yield begin, end, offset


def _transition(before: Instant, after: Instant, zone: ZoneInfo) -> Instant:
    """The whole second in (before, after] from which the later offset holds, found by halving."""
    old = _offset(before, zone)
    while after - before > SECOND:
        middle = (before + after) // 2 // SECOND * SECOND
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after


def _offset(at: Instant, zone: ZoneInfo) -> int:
    moment = as_datetime(at)
    return (moment.astimezone(zone).replace(tzinfo=UTC) - moment) // timedelta(microseconds=1)
