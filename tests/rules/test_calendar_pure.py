"""Scenarios of the batch rules about local days, as far as they need no account: the instants of activation dates."""

from datetime import date

import pytest

from core.calendar import local_date, start_of_day
from core.clock import format_instant, parse_instant


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
        ("America/New_York", "2026-03-09", "2026-03-09T04:00:00Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"),
        ("America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
        ("Asia/Kathmandu", "2026-05-01", "2026-04-30T18:15:00Z"),
        ("Pacific/Palau", "2026-05-01", "2026-04-30T15:00:00Z"),
    ],
)
def test_b_28_a_date_begins_at_its_first_local_instant(zone: str, day: str, instant: str) -> None:
    start = start_of_day(date.fromisoformat(day), zone)
    assert format_instant(start) == instant
    assert local_date(start, zone).isoformat() == day
    assert local_date(start - 1_000, zone) < date.fromisoformat(day)


def test_b_29_the_place_of_the_person_does_not_matter() -> None:
    picked = local_date(parse_instant("2026-05-03T23:00:00Z"), "Australia/Sydney")
    assert format_instant(start_of_day(picked, "America/New_York")) == "2026-05-04T04:00:00Z"
