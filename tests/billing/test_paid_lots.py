"""The lots that a line's units stand in, and how a rounded total falls on its parts: pure (SUB-60, SUB-61, MON-2)."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from billing.change_prices import split
from billing.paid_lots import Lot, PaidCharge, PaidSegment, line_of, lots_of, spread, without_last
from billing.tax import INDIAN_RULES, tax_on_top

CENT = 10_000


def charge(name: str, quantity: int, unit: int, *, added: int | None = None, left: int | None = None) -> PaidCharge:
    """A charge that brought all its units, unless told otherwise."""
    came = quantity if added is None else added
    return PaidCharge(name, "seg", "wal", 0, "USD", "plan_a", quantity, came, came if left is None else left, unit)


def test_lots_follow_what_came_was_raised_and_went() -> None:
    bought, more = charge("a", 10, 12, left=8), charge("b", 3, 30)
    assert lots_of([bought, more], 11, 99) == (Lot("a", 8, 12), Lot("b", 3, 30))
    raised = charge("c", 11, 20, added=0)
    assert lots_of([bought, more, raised], 11, 99) == (Lot("a", 8, 20), Lot("b", 3, 30))


def test_a_reversed_charge_counts_as_nothing_and_a_level_without_any_as_what_it_asks() -> None:
    reversed_one = PaidCharge("a", "seg", "wal", 0, "USD", "plan_a", 5, 5, 5, 12, is_reversed=True)
    assert lots_of([reversed_one], 5, 99) == (Lot(None, 5, 0),)
    assert lots_of([], 5, 99) == (Lot(None, 5, 99),)


def test_what_came_last_goes_first() -> None:
    lots = (Lot("a", 8, 12), Lot("b", 3, 30))
    assert without_last(lots, 4) == (Lot("a", 7, 12),)
    assert without_last(lots, 0) == lots
    assert without_last(lots, 11) == ()


def test_every_plan_is_one_line_and_an_add_on_one_of_its_own() -> None:
    assert line_of("plan_1") == line_of("plan_2") != line_of("addon_1") == "addon_1"


def test_a_segment_to_come_counts_whole_and_one_that_is_over_not() -> None:
    segment = PaidSegment("seg", date(2025, 7, 1), date(2025, 8, 1), 31, 1)
    assert segment.remaining_share(date(2025, 6, 16)) == 1
    assert segment.remaining_share(date(2025, 7, 31)) == Fraction(1, 31)
    assert segment.remaining_share(date(2025, 8, 1)) == 0


@given(st.lists(st.fractions(0, 10**9, max_denominator=366), min_size=1, max_size=6), st.integers(0, 10**6))
def test_a_total_falls_on_its_parts_in_cents_and_wholly(parts: list[Fraction], cents: int) -> None:
    found = spread(parts, cents * CENT, CENT)
    assert sum(found) == cents * CENT
    assert all(part >= 0 and part % CENT == 0 for part in found)


@given(st.lists(st.fractions(0, 10**9, max_denominator=366), min_size=1, max_size=6), st.integers(0, 10**6))
def test_a_lines_tax_falls_on_its_parts_wholly(parts: list[Fraction], cents: int) -> None:
    whole = tax_on_top(cents * CENT, INDIAN_RULES[1], "KA", "INR")
    found = split(whole, parts, "INR")
    assert sum(part.net_micros for part in found) == whole.net_micros
    assert sum(part.tax_micros for part in found) == whole.tax_micros
    assert all(tax.amount_micros >= 0 for part in found for tax in part.taxes)
