"""Prices of changes inside paid time (SUB-46, SUB-47, SUB-60 to SUB-64, SUB-71). Pure: no clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from core.calendar import days_between
from core.money import round_to_minor


@dataclass(frozen=True, slots=True)
class ChargedSegment:
    """Paid time [start, end) of one line, with what one unit was charged for a full cycle and its days (SUB-33)."""

    start: date
    end: date
    day_base: int
    cycle_price_micros: int

    def remaining_share(self, today: date) -> Fraction:
        """remainingDays / dayBase: today counts, a future segment counts whole, one that is over is 0 (SUB-60)."""
        return Fraction(max(0, days_between(max(today, self.start), self.end)), self.day_base)


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """What changing to another category costs, and what stays as stored money (SUB-71)."""

    due_micros: int
    surplus_micros: int


def change_charge(
    segments: Iterable[ChargedSegment], new_price_micros: int, quantity: int, today: date, currency: str
) -> int:
    """One line's charge for a change today, per level with that level's prices (SUB-60).

    new_price_micros is today's price per unit and cycle; for a new add-on, number or licence the segments carry 0
    (SUB-61). A lower price gives 0, never a refund. Rounded once over all segments.
    """
    exact = sum(
        (
            max(0, new_price_micros - segment.cycle_price_micros) * quantity * segment.remaining_share(today)
            for segment in segments
        ),
        Fraction(0),
    )
    return round_to_minor(exact, currency)


def restart_charge(segments: Iterable[ChargedSegment], new_fee_micros: int, today: date, currency: str) -> int:
    """`upgradeResetsAnchor`: the new fee less what is left of the old one, at least 0 (SUB-64).

    Here the segments carry the old fee of the whole line, quantity included.
    """
    left = sum((segment.cycle_price_micros * segment.remaining_share(today) for segment in segments), Fraction(0))
    return round_to_minor(max(Fraction(0), new_fee_micros - left), currency)


def reduced_renewal(fee_micros: int, days_without_service: int, day_base: int, currency: str) -> int:
    """`shortfall` DAILY_REDUCTION: due k days after the period start is fee x (dayBase - k) / dayBase (SUB-46).

    The full fee is charged and the difference to this amount credited as a second entry.
    """
    return round_to_minor(Fraction(fee_micros * (day_base - days_without_service), day_base), currency)


def no_service_credit(fee_micros: int, days_without_service: int, day_base: int, currency: str) -> int:
    """`noServiceCredit`: fee x whole local days without service / dayBase, credited at the segment's end (SUB-47)."""
    return round_to_minor(Fraction(fee_micros * days_without_service, day_base), currency)


def category_change(new_fee_micros: int, paid_micros: int) -> CategoryChange:
    """The new fee less what is paid on the old subscription for the period that starts that day (SUB-71)."""
    difference = new_fee_micros - paid_micros
    return CategoryChange(due_micros=max(0, difference), surplus_micros=max(0, -difference))
