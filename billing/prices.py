"""Which price holds (SUB-2, SUB-3, SUB-4). Pure: rows and dates come in, an amount per unit and cycle goes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from core.money import round_to_minor
from core.refusals import refuse


class PriceSource(StrEnum):
    """Where a price came from, in the order of precedence (SUB-4)."""

    CONTRACT = "CONTRACT"
    DISCOUNT = "DISCOUNT"
    LIST = "LIST"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One row of a price list for one plan, add-on or number class; cycle_months 0 is one-time (SUB-2)."""

    currency: str
    cycle_months: int
    amount_micros: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit costs for one cycle, and the discount that went into it (percent, 0 without one)."""

    amount_micros: int
    source: PriceSource
    discount_percent: Fraction = Fraction(0)


def multi_month_amount(monthly_micros: int, months: int, percent_off: Fraction, currency: str) -> int:
    """A multi-month row made from the monthly price: months x monthly less a percentage, rounded once (SUB-2)."""
    return less_percent(months * monthly_micros, percent_off, currency)


def less_percent(amount_micros: int, percent_off: Fraction, currency: str) -> int:
    """The amount less a percentage of 0 to 100, rounded half up to the minor unit."""
    return round_to_minor(amount_micros * (100 - percent_off) / 100, currency)


def require_future_start(valid_from: date, today: date) -> None:
    """A new row starts tomorrow at the earliest: `PRICE_BACKDATED` (SUB-3)."""
    if valid_from <= today:
        refuse(
            "PRICE_BACKDATED",
            "A price starts tomorrow at the earliest.",
            ("validFrom",),
            earliest=(today + timedelta(days=1)).isoformat(),
        )


def row_in_force(rows: Iterable[PriceRow], currency: str, cycle_months: int, first_day: date) -> PriceRow | None:
    """The row that prices a period beginning on first_day, also when charged earlier (SUB-3); None without one."""
    fitting = [
        row
        for row in rows
        if row.currency == currency and row.cycle_months == cycle_months and row.valid_from <= first_day
    ]
    return max(fitting, key=lambda row: row.valid_from, default=None)


def offered_row(rows: Sequence[PriceRow], currency: str, cycle_months: int, first_day: date) -> PriceRow:
    """The buyer's row in force, or the refusal that says what is lacking.

    Without any row `PLAN_NOT_OFFERED`, none in the currency `PRICE_MISSING`, none for the cycle `CYCLE_NOT_OFFERED`
    (SUB-2, MON-31). For a higher pair use row_in_force: a row that is missing there is `COST_MISSING`.
    """
    begun = [row for row in rows if row.valid_from <= first_day]
    if not begun:
        refuse("PLAN_NOT_OFFERED", "The plan has no price.")
    if all(row.currency != currency for row in begun):
        refuse("PRICE_MISSING", "The plan has no price in the buyer's currency.", currency=currency)
    row = row_in_force(begun, currency, cycle_months, first_day)
    if row is None:
        refuse("CYCLE_NOT_OFFERED", "The plan is not sold for this cycle.", ("cycleMonths",), cycle_months=cycle_months)
    return row


def unit_price(
    list_micros: int, currency: str, discount_percent: Fraction | None = None, contract_micros: int | None = None
) -> UnitPrice:
    """Contract price, else the buyer's discounted price (100 % = free), else the list price (SUB-4)."""
    if contract_micros is not None:
        return UnitPrice(contract_micros, PriceSource.CONTRACT)
    if discount_percent is not None:
        amount = less_percent(list_micros, discount_percent, currency)
        return UnitPrice(amount, PriceSource.DISCOUNT, discount_percent)
    return UnitPrice(list_micros, PriceSource.LIST)
