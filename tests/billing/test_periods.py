"""Periods: SUB-30 to SUB-35, SUB-50 to SUB-53."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.periods import (
    PaidTime,
    SegmentKind,
    aligned_renewal,
    anchor_of_segment,
    boundary,
    broken_part,
    extended_by_cycles,
    extended_to,
    first_calendar_period,
    first_period,
    months_since,
    next_period,
    reactivated,
    segments_between,
    whole_cycle,
)
from core.calendar import days_between
from core.refusals import Refused

DATES = st.dates(date(2000, 1, 1), date(2090, 12, 31))
CYCLES = st.integers(1, 36)


def dates_of(paid: PaidTime) -> list[tuple[str, str]]:
    return [(segment.start.isoformat(), segment.end.isoformat()) for segment in paid.segments]


@given(DATES, CYCLES, st.integers(0, 24))
def test_boundaries_are_counted_from_the_anchor_itself(anchor: date, cycle: int, count: int) -> None:
    end = anchor
    for index in range(count):
        assert end == boundary(anchor, index, cycle)
        end = next_period(anchor, cycle, end).end
    assert end == boundary(anchor, count, cycle)


@given(DATES, DATES)
def test_months_since_the_anchor_are_whole(anchor: date, day: date) -> None:
    months = months_since(anchor, day)
    assert boundary(anchor, months, 1) <= day < boundary(anchor, months + 1, 1)


def test_a_change_of_cycle_keeps_the_anchor() -> None:
    # Monthly since 31 January; from 28 February yearly.
    yearly = next_period(date(2025, 1, 31), 12, date(2025, 2, 28))
    assert dates_of(yearly) == [("2025-02-28", "2026-02-28")]
    assert next_period(date(2025, 1, 31), 1, yearly.end).end == date(2026, 3, 31)


def test_a_cycle_of_no_month_is_refused() -> None:
    for period in (first_period, first_calendar_period):
        with pytest.raises(Refused) as refused:
            period(date(2025, 1, 1), 0)
        assert refused.value.codes == ("CYCLE_TOO_SHORT",)


def test_a_cycle_begins_on_a_boundary_only() -> None:
    with pytest.raises(ValueError, match="no boundary"):
        whole_cycle(date(2025, 1, 31), date(2025, 2, 27), 1)


def test_a_broken_part_costs_its_days_of_the_full_cycle() -> None:
    # From 28 February the full cycle of the anchor 31 runs to 31 March.
    part = broken_part(date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 10), 1)
    assert (part.kind, part.days, part.day_base, part.fee_share) == (SegmentKind.BROKEN, 10, 31, Fraction(10, 31))
    assert part.last_day == date(2025, 3, 9)
    assert part.fee_micros(31_000_000, "USD") == 10_000_000


def test_the_first_calendar_month_is_priced_by_its_own_days() -> None:
    bought = first_calendar_period(date(2025, 2, 11), 3)
    assert (bought.start, bought.end, bought.anchor) == (date(2025, 2, 11), date(2025, 3, 1), date(2025, 3, 1))
    assert bought.fee_micros(84_000_000, "USD") == 18_000_000  # 84 / 3 x 18 / 28
    assert bought.segments[0].day_base == days_between(date(2025, 2, 11), date(2025, 5, 11))
    assert bought.segments[0].kind is SegmentKind.CALENDAR_PART


def test_a_purchase_on_the_first_pays_the_calendar_month_in_full() -> None:
    bought = first_calendar_period(date(2025, 6, 1), 1)
    assert (bought.end, bought.fee_micros(30_000_000, "USD")) == (date(2025, 7, 1), 30_000_000)


def test_alignment_adds_nothing_where_the_cycle_ends_on_the_first() -> None:
    aligned = aligned_renewal(date(2020, 3, 1), 1, date(2020, 4, 1))
    assert dates_of(aligned) == [("2020-04-01", "2020-05-01")]
    assert aligned.anchor == date(2020, 5, 1)


def test_an_extension_by_cycles_charges_each_in_full() -> None:
    extended = extended_by_cycles(date(2025, 1, 31), 1, date(2025, 2, 28), 3)
    assert dates_of(extended) == [
        ("2025-02-28", "2025-03-31"),
        ("2025-03-31", "2025-04-30"),
        ("2025-04-30", "2025-05-31"),
    ]
    assert extended.fee_micros(50_000_000, "USD") == 150_000_000
    assert extended.anchor == date(2025, 1, 31)


def test_an_extension_within_one_long_cycle_is_a_broken_part_alone() -> None:
    extended = extended_to(date(2025, 1, 1), 12, date(2026, 1, 1), date(2026, 3, 14))
    assert dates_of(extended) == [("2026-01-01", "2026-03-15")]
    assert extended.anchor == date(2026, 3, 15)
    assert extended.fee_micros(365_000_000, "USD") == 73_000_000


@given(DATES, CYCLES, st.integers(1, 1500))
def test_segments_follow_one_another_without_a_gap(start: date, cycle: int, days: int) -> None:
    end = date.fromordinal(start.toordinal() + days)
    segments = segments_between(start, cycle, start, end)
    assert [segment.start for segment in segments[1:]] == [segment.end for segment in segments[:-1]]
    assert (segments[0].start, segments[-1].end) == (start, end)
    assert sum(segment.days for segment in segments) == days
    assert all(segment.kind is SegmentKind.WHOLE_CYCLE for segment in segments[:-1])
    assert 0 < segments[-1].fee_share <= 1


def test_reactivation_takes_the_cycle_that_contains_today() -> None:
    anchor, end = date(2025, 5, 1), date(2025, 6, 1)
    assert dates_of(reactivated(anchor, 1, end, date(2025, 6, 30))) == [("2025-06-01", "2025-07-01")]
    assert dates_of(reactivated(anchor, 1, end, date(2025, 7, 1))) == [("2025-07-01", "2025-08-01")]


def test_a_segment_finds_the_anchor_it_was_counted_with() -> None:
    assert anchor_of_segment(date(2025, 2, 28), date(2025, 1, 31)) == date(2025, 1, 31)
    # The anchor has moved to the 1st since.
    assert anchor_of_segment(date(2025, 2, 16), date(2025, 6, 1)) == date(2025, 2, 16)
