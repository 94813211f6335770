"""Prices: SUB-2, SUB-3, SUB-4."""

from datetime import date
from fractions import Fraction

import pytest

from billing.prices import (
    PriceRow,
    PriceSource,
    UnitPrice,
    multi_month_amount,
    offered_row,
    require_future_start,
    row_in_force,
    unit_price,
)
from core.refusals import Refused

TODAY = date(2025, 6, 1)
OLD = PriceRow("USD", 1, 50_000_000, date(2025, 1, 1))
NEW = PriceRow("USD", 1, 60_000_000, date(2025, 6, 15))
YEARLY = PriceRow("USD", 12, 500_000_000, date(2025, 1, 1))


def test_the_contract_goes_before_the_discount_and_that_before_the_list() -> None:
    assert unit_price(50_000_000, "USD", Fraction(10), 42_000_000) == UnitPrice(42_000_000, PriceSource.CONTRACT)
    assert unit_price(50_000_000, "USD", Fraction(10)) == UnitPrice(45_000_000, PriceSource.DISCOUNT, Fraction(10))
    assert unit_price(50_000_000, "USD") == UnitPrice(50_000_000, PriceSource.LIST)


def test_a_discount_rounds_half_up_and_may_be_the_whole_price() -> None:
    assert unit_price(9_990_000, "USD", Fraction("12.5")).amount_micros == 8_740_000  # 8.74125
    assert unit_price(9_990_000, "USD", Fraction(50)).amount_micros == 5_000_000  # 4.995
    assert unit_price(9_990_000, "USD", Fraction(100)).amount_micros == 0
    assert unit_price(0, "USD", None, 0).source is PriceSource.CONTRACT


def test_a_multi_month_row_is_computed_once() -> None:
    assert multi_month_amount(19_990_000, 3, Fraction(15), "USD") == 50_970_000  # 50.9745
    assert multi_month_amount(1_000_000_000, 12, Fraction("33.33"), "JPY") == 8_000_000_000  # 8,000.4


def test_a_period_costs_what_is_in_force_on_its_first_day() -> None:
    assert row_in_force([NEW, OLD, YEARLY], "USD", 1, date(2025, 6, 14)) == OLD
    assert row_in_force([NEW, OLD, YEARLY], "USD", 1, date(2025, 6, 15)) == NEW
    assert row_in_force([NEW, OLD], "USD", 1, date(2024, 12, 31)) is None
    assert offered_row([NEW, OLD, YEARLY], "USD", 12, TODAY) == YEARLY


@pytest.mark.parametrize(
    ("rows", "currency", "cycle", "code"),
    [
        ([], "USD", 1, "PLAN_NOT_OFFERED"),
        ([NEW], "USD", 1, "PLAN_NOT_OFFERED"),
        ([OLD], "EUR", 1, "PRICE_MISSING"),
        ([OLD], "USD", 12, "CYCLE_NOT_OFFERED"),
    ],
)
def test_what_is_not_sold_says_why(rows: list[PriceRow], currency: str, cycle: int, code: str) -> None:
    with pytest.raises(Refused) as refused:
        offered_row(rows, currency, cycle, TODAY)
    assert refused.value.codes == (code,)


def test_a_new_price_starts_tomorrow_at_the_earliest() -> None:
    require_future_start(date(2025, 6, 2), TODAY)
    with pytest.raises(Refused) as refused:
        require_future_start(TODAY, TODAY)
    assert refused.value.codes == ("PRICE_BACKDATED",)
    assert refused.value.blockers[0].details == {"earliest": "2025-06-02"}
