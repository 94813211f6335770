"""Instants and clocks."""

from datetime import datetime

import pytest

from core.clock import Clock, FixedClock, SystemClock, as_datetime, as_instant, format_instant, parse_instant


def test_an_instant_counts_microseconds_since_the_epoch() -> None:
    assert parse_instant("1970-01-01T00:00:01Z") == 1_000_000
    assert parse_instant("1969-12-31T23:59:59.999999Z") == -1
    assert parse_instant("2026-03-08T00:00:00-05:00") == parse_instant("2026-03-08T05:00:00Z")


def test_an_instant_is_written_in_utc() -> None:
    assert format_instant(parse_instant("2026-03-08T00:00:00.25-05:00")) == "2026-03-08T05:00:00.250000Z"
    assert format_instant(0) == "1970-01-01T00:00:00Z"
    assert as_instant(as_datetime(1_234_567_890_123_456)) == 1_234_567_890_123_456


def test_a_time_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        as_instant(datetime(2026, 3, 8))
    with pytest.raises(ValueError, match="time zone"):
        parse_instant("2026-03-08T00:00:00")


def test_the_system_clock_runs() -> None:
    clock: Clock = SystemClock()
    first = clock.now()
    assert first <= clock.now()
    assert first > parse_instant("2025-01-01T00:00:00Z")


def test_a_fixed_clock_stands_until_it_is_moved_forward() -> None:
    clock = FixedClock(10)
    clock.advance_to(10)
    clock.advance_to(25)
    assert clock.now() == 25
    with pytest.raises(ValueError, match="never moved back"):
        clock.advance_to(24)
    assert clock.now() == 25
