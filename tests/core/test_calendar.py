"""Local dates and instants: BAT-30, MON-5, GEN-3, SUB-32, SUB-75.

Covered: a midnight that is missing, that comes twice, a date that is missing, clocks set back just after midnight,
every date of chosen years against a search minute by minute.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendar import add_months, days_between, end_of_days, local_date, same_local_time, start_of_day
from core.clock import as_instant, format_instant, parse_instant

ZONES = [
    "UTC",
    "America/New_York",
    "America/Santiago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
]
DATES = st.dates(date(1995, 1, 1), date(2099, 12, 31))


def start_by_search(day: date, zone: str) -> int:
    """Brute force, minute by minute: the first instant that shows the date or a later one."""
    info = ZoneInfo(zone)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while moment.astimezone(info).date() < day:
        moment += timedelta(minutes=1)
    return as_instant(moment)


def days_around_transitions(zone: str, year: int) -> list[date]:
    """The dates on which, or next to which, the zone's offset from UTC changes in a year."""
    info = ZoneInfo(zone)
    noons = [datetime(year, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    changed = [noon.date() for noon in noons if _offset(noon, info) != _offset(noon - timedelta(days=1), info)]
    return [day + timedelta(days=n) for day in changed for n in (-2, -1, 0, 1, 2)]


def _offset(moment: datetime, info: ZoneInfo) -> timedelta | None:
    return moment.astimezone(info).utcoffset()


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2006, 2011, 2014, 2023, 2026])
def test_the_start_of_a_day_is_found_at_every_transition(zone: str, year: int) -> None:
    for day in days_around_transitions(zone, year):
        assert start_of_day(day, zone) == start_by_search(day, zone), day


@settings(deadline=None, max_examples=150)
@given(DATES, st.sampled_from(ZONES))
def test_the_start_of_a_day_agrees_with_a_search(day: date, zone: str) -> None:
    start = start_of_day(day, zone)
    assert start == start_by_search(day, zone)
    assert local_date(start, zone) >= day
    assert local_date(start - 1, zone) < day


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
        ("Asia/Beirut", "2022-03-27", "2022-03-26T22:00:00Z"),
        ("Africa/Cairo", "2014-05-16", "2014-05-15T22:00:00Z"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z"),
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00Z"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"),
    ],
)
def test_midnights_that_are_missing_or_come_twice(zone: str, day: str, instant: str) -> None:
    assert format_instant(start_of_day(date.fromisoformat(day), zone)) == instant


def test_a_limit_of_days_is_open_through_its_last_day() -> None:
    over = end_of_days(date(2025, 6, 1), 7, "UTC")
    assert format_instant(over) == "2025-06-09T00:00:00Z"
    assert days_between(date(2025, 6, 1), date(2025, 6, 9)) == 8


@pytest.mark.parametrize(
    ("zone", "at", "days", "later"),
    [
        ("UTC", "2025-09-01T10:00:00Z", 3, "2025-09-04T10:00:00Z"),
        ("America/New_York", "2026-03-01T07:30:00Z", 7, "2026-03-08T07:00:00Z"),
        ("America/New_York", "2026-03-07T15:00:00Z", 1, "2026-03-08T14:00:00Z"),
        ("America/New_York", "2026-10-31T05:30:00Z", 1, "2026-11-01T05:30:00Z"),
        ("America/New_York", "2026-03-01T07:30:00.25Z", 7, "2026-03-08T07:00:00Z"),
        ("Asia/Kathmandu", "2026-05-01T00:00:00.25Z", 1, "2026-05-02T00:00:00.250000Z"),
    ],
)
def test_the_same_local_time_some_days_later(zone: str, at: str, days: int, later: str) -> None:
    assert format_instant(same_local_time(parse_instant(at), days, zone)) == later


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-01-31", 2, "2025-03-31"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-12-15", 1, "2026-01-15"),
        ("2025-03-31", -1, "2025-02-28"),
        ("2025-01-15", -1, "2024-12-15"),
        ("2025-01-15", 0, "2025-01-15"),
    ],
)
def test_months_are_added_to_the_anchor(anchor: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(anchor), months) == date.fromisoformat(expected)


@given(DATES, st.integers(-600, 600))
def test_the_day_of_the_anchor_is_kept_where_the_month_has_it(anchor: date, months: int) -> None:
    later = add_months(anchor, months)
    assert (later.year * 12 + later.month) - (anchor.year * 12 + anchor.month) == months
    assert later.day == anchor.day or (later.day < anchor.day and (later + timedelta(days=1)).day == 1)
