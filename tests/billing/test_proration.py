"""Changes inside paid time: SUB-46, SUB-47, SUB-60 to SUB-64, SUB-71."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.proration import (
    CategoryChange,
    ChargedSegment,
    category_change,
    change_charge,
    no_service_credit,
    reduced_renewal,
    restart_charge,
)

JUNE = ChargedSegment(date(2025, 6, 1), date(2025, 7, 1), 30, 30_000_000)
JULY = ChargedSegment(date(2025, 7, 1), date(2025, 8, 1), 31, 30_000_000)
PRICES = st.integers(0, 10_000).map(lambda cents: cents * 10_000)


def test_segments_that_are_over_cost_nothing_and_future_ones_count_whole() -> None:
    may = ChargedSegment(date(2025, 5, 1), date(2025, 6, 1), 31, 0)
    # 30 more for 15 of 30 days of June and all of July; May is over.
    assert change_charge([may, JUNE, JULY], 60_000_000, 1, date(2025, 6, 16), "USD") == 45_000_000


def test_each_segment_compares_with_what_it_was_charged_itself() -> None:
    dear_july = ChargedSegment(JULY.start, JULY.end, 31, 90_000_000)
    # July was charged more than the new price: 0, and June is not lowered by it.
    assert change_charge([JUNE, dear_july], 60_000_000, 1, date(2025, 6, 16), "USD") == 15_000_000


def test_a_broken_future_part_counts_its_days_of_the_full_cycle() -> None:
    broken = ChargedSegment(date(2025, 7, 1), date(2025, 7, 11), 31, 0)
    assert change_charge([broken], 31_000_000, 2, date(2025, 6, 16), "USD") == 20_000_000


def test_the_last_day_counts_and_the_end_does_not() -> None:
    assert change_charge([JUNE], 60_000_000, 1, date(2025, 6, 30), "USD") == 1_000_000
    assert change_charge([JUNE], 60_000_000, 1, date(2025, 7, 1), "USD") == 0
    assert change_charge([], 60_000_000, 1, date(2025, 6, 30), "USD") == 0


def test_rounding_is_once_over_all_segments() -> None:
    # 0.335 + 0.335 = 0.67, not 0.34 + 0.34.
    half = [ChargedSegment(date(2025, 6, 1), date(2025, 7, 1), 60, 0), ChargedSegment(JULY.start, JULY.end, 62, 0)]
    assert change_charge(half, 670_000, 1, date(2025, 6, 1), "USD") == 670_000


@given(PRICES, PRICES, st.integers(1, 500), st.integers(0, 60))
def test_a_change_never_refunds_and_never_exceeds_the_difference_of_the_cycles(
    old: int, new: int, quantity: int, offset: int
) -> None:
    segments = [ChargedSegment(JUNE.start, JUNE.end, 30, old), ChargedSegment(JULY.start, JULY.end, 31, old)]
    charge = change_charge(segments, new, quantity, JUNE.start + timedelta(days=offset), "USD")
    assert 0 <= charge <= 2 * max(0, new - old) * quantity


def test_a_restart_deducts_what_is_left_and_never_goes_below_zero() -> None:
    assert restart_charge([JUNE], 45_000_000, date(2025, 6, 16), "USD") == 30_000_000
    assert restart_charge([JUNE, JULY], 40_000_000, date(2025, 6, 16), "USD") == 0


def test_a_late_renewal_is_due_with_the_lost_days_taken_off() -> None:
    assert [reduced_renewal(30_000_000, k, 31, "USD") for k in (0, 1, 30)] == [30_000_000, 29_030_000, 970_000]


def test_days_without_service_are_credited_by_day() -> None:
    assert no_service_credit(30_000_000, 10, 31, "USD") == 9_680_000


def test_a_change_of_category_asks_the_difference_and_keeps_the_surplus() -> None:
    assert category_change(4_500_000_000, 3_000_000_000) == CategoryChange(1_500_000_000, 0)
    assert category_change(3_000_000_000, 5_000_000_000) == CategoryChange(0, 2_000_000_000)
    assert category_change(4_500_000_000, 0) == CategoryChange(4_500_000_000, 0)
