"""Billing periods on local dates (SUB-30 to SUB-35, SUB-50 to SUB-53). Pure: no clock, no database."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from core.calendar import add_months, days_between
from core.money import round_to_minor
from core.refusals import refuse


class SegmentKind(StrEnum):
    """How the cost of a segment follows from the fee of a cycle (SUB-33, SUB-34)."""

    WHOLE_CYCLE = "WHOLE_CYCLE"
    BROKEN = "BROKEN"
    CALENDAR_PART = "CALENDAR_PART"


@dataclass(frozen=True, slots=True)
class Segment:
    """Paid time [start, end) in local dates; the fee of a cycle is charged in the proportion of fee_share (SUB-33).

    anchor and cycle_months are those it was counted with; day_base is the length in days of the full cycle that
    begins on its first day.
    """

    start: date
    end: date
    kind: SegmentKind
    anchor: date
    cycle_months: int
    day_base: int
    fee_share: Fraction

    @property
    def days(self) -> int:
        """Local dates covered."""
        return days_between(self.start, self.end)

    @property
    def last_day(self) -> date:
        """The last date covered (SUB-30)."""
        return last_day(self.end)

    def fee_micros(self, cycle_fee_micros: int, currency: str) -> int:
        """What the segment costs, rounded once to the minor unit (SUB-33, MON-2)."""
        return round_to_minor(cycle_fee_micros * self.fee_share, currency)


@dataclass(frozen=True, slots=True)
class PaidTime:
    """Segments that follow one another, and the anchor from which later boundaries are counted."""

    segments: tuple[Segment, ...]
    anchor: date

    @property
    def start(self) -> date:
        """First date covered."""
        return self.segments[0].start

    @property
    def end(self) -> date:
        """The date after the last one covered."""
        return self.segments[-1].end

    def fee_micros(self, cycle_fee_micros: int, currency: str) -> int:
        """What all segments cost at one fee per cycle, each rounded by itself (MON-3)."""
        return sum(segment.fee_micros(cycle_fee_micros, currency) for segment in self.segments)


def last_day(end: date) -> date:
    """The last date of a period that ends before `end` (SUB-30)."""
    return end - timedelta(days=1)


def require_cycle(cycle_months: int) -> None:
    """Refuses a cycle of less than one month with `CYCLE_TOO_SHORT` (SUB-31)."""
    if cycle_months < 1:
        refuse("CYCLE_TOO_SHORT", "A cycle has at least one whole month.", cycle_months=cycle_months)


def boundary(anchor: date, index: int, cycle_months: int) -> date:
    """The k-th boundary, always counted from the anchor itself (SUB-32)."""
    return add_months(anchor, index * cycle_months)


def months_since(anchor: date, day: date) -> int:
    """The most whole months from the anchor that do not reach beyond the date; negative before the anchor."""
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if add_months(anchor, months) <= day else months - 1


def anchor_of_segment(start: date, subscription_anchor: date) -> date:
    """The anchor that a segment was counted with: the subscription's, or its own start when the anchor moved since."""
    on_grid = add_months(subscription_anchor, months_since(subscription_anchor, start)) == start
    return subscription_anchor if on_grid else start


def whole_cycle(anchor: date, start: date, cycle_months: int) -> Segment:
    """The cycle that begins on `start`, a boundary of the anchor, as one segment (SUB-33); `CYCLE_TOO_SHORT` (SUB-31).

    Its end is counted from the anchor in months, so that a change of the cycle's length keeps the anchor (SUB-62).
    """
    require_cycle(cycle_months)
    months = months_since(anchor, start)
    if add_months(anchor, months) != start:
        raise ValueError(f"{start} is no boundary of the anchor {anchor}")
    end = add_months(anchor, months + cycle_months)
    return Segment(start, end, SegmentKind.WHOLE_CYCLE, anchor, cycle_months, days_between(start, end), Fraction(1))


def broken_part(anchor: date, start: date, end: date, cycle_months: int) -> Segment:
    """The beginning of the cycle that begins on `start`, up to `end`: costs fee x days / day_base (SUB-33)."""
    day_base = whole_cycle(anchor, start, cycle_months).day_base
    share = Fraction(days_between(start, end), day_base)
    return Segment(start, end, SegmentKind.BROKEN, anchor, cycle_months, day_base, share)


def first_period(bought_on: date, cycle_months: int) -> PaidTime:
    """`periodAnchor` PURCHASE_DAY: one whole cycle from the local date of the purchase (SUB-30, SUB-32)."""
    return PaidTime((whole_cycle(bought_on, bought_on, cycle_months),), bought_on)


def first_calendar_period(bought_on: date, cycle_months: int) -> PaidTime:
    """`periodAnchor` CALENDAR_MONTH: up to the next 1st, at fee / cycle_months x days / days of that month (SUB-34)."""
    require_cycle(cycle_months)
    month, anchor = bought_on.replace(day=1), next_first(bought_on)
    share = Fraction(days_between(bought_on, anchor), days_between(month, anchor) * cycle_months)
    day_base = days_between(bought_on, add_months(bought_on, cycle_months))
    segment = Segment(bought_on, anchor, SegmentKind.CALENDAR_PART, bought_on, cycle_months, day_base, share)
    return PaidTime((segment,), anchor)


def next_first(day: date) -> date:
    """The 1st of the month after the date's own."""
    return add_months(day.replace(day=1), 1)


def next_period(anchor: date, cycle_months: int, end: date) -> PaidTime:
    """The whole cycle that begins where paid time ends, as a renewal or a recovery charges it (SUB-40, SUB-50)."""
    return PaidTime((whole_cycle(anchor, end, cycle_months),), anchor)


def aligned_renewal(anchor: date, cycle_months: int, end: date) -> PaidTime:
    """The first renewal with `alignment`: a whole cycle, and the part to the next 1st, the new anchor (SUB-35)."""
    cycle = whole_cycle(anchor, end, cycle_months)
    if cycle.end.day == 1:
        return PaidTime((cycle,), cycle.end)
    first = next_first(cycle.end)
    return PaidTime((cycle, broken_part(anchor, cycle.end, first, cycle_months)), first)


def extended_by_cycles(anchor: date, cycle_months: int, end: date, cycles: int) -> PaidTime:
    """Whole cycles (at least one) after the end of paid time, each at the full fee; the anchor stays (SUB-51)."""
    segments = [whole_cycle(anchor, end, cycle_months)]
    while len(segments) < cycles:
        segments.append(whole_cycle(anchor, segments[-1].end, cycle_months))
    return PaidTime(tuple(segments), anchor)


def extended_to(anchor: date, cycle_months: int, end: date, wanted_last_day: date) -> PaidTime:
    """Whole cycles and a broken part to a chosen last day; the new end becomes the anchor (SUB-52).

    Less than a month after the current end is refused `EXTENSION_TOO_SHORT`.
    """
    new_end, earliest = wanted_last_day + timedelta(days=1), add_months(end, 1)
    if new_end < earliest:
        refuse(
            "EXTENSION_TOO_SHORT",
            "An extension is at least one month long.",
            ("lastDay",),
            earliest_last_day=last_day(earliest).isoformat(),
        )
    return PaidTime(segments_between(anchor, cycle_months, end, new_end), new_end)


def segments_between(anchor: date, cycle_months: int, start: date, end: date) -> tuple[Segment, ...]:
    """[start, end) from a boundary on: whole cycles, then the broken part, if any is left (SUB-33, SUB-95)."""
    segments: list[Segment] = []
    while start < end:
        cycle = whole_cycle(anchor, start, cycle_months)
        segments.append(cycle if cycle.end <= end else broken_part(anchor, start, end, cycle_months))
        start = segments[-1].end
    return tuple(segments)


def reactivated(anchor: date, cycle_months: int, end: date, today: date) -> PaidTime:
    """The cycle that contains today, of those that follow the unpaid end: one full fee, lost time included (SUB-53)."""
    cycle = whole_cycle(anchor, end, cycle_months)
    while cycle.end <= today:
        cycle = whole_cycle(anchor, cycle.end, cycle_months)
    return PaidTime((cycle,), anchor)
