"""What the units of a subscription were charged in the paid time that is not over (SUB-33, SUB-60). Pure: no database.

A line is the plan, whichever it is by now, or one add-on. Its units stand in lots: so many, charged so much each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from billing.proration import ChargedSegment

PLAN_LINE = "plan"


def line_of(item_id: str) -> str:
    """The line that an item is a charge of: every plan follows the one before it."""
    return PLAN_LINE if item_id.startswith("plan_") else item_id


@dataclass(frozen=True, slots=True)
class PaidSegment:
    """A stored segment [start, end) that is not over; `cycle_months` are those that it was priced with."""

    id: str
    start: date
    end: date
    day_base: int
    cycle_months: int

    def remaining_share(self, today: date) -> Fraction:
        """remainingDays / dayBase, a future segment whole (SUB-60)."""
        return ChargedSegment(self.start, self.end, self.day_base, 0).remaining_share(today)


@dataclass(frozen=True, slots=True)
class PaidCharge:
    """One stored charge of a line in a segment at a level, prices per unit and cycle in micros.

    added_quantity: how many units came with it, of `quantity` that it priced; the others it raised to its price.
    left_quantity: how many of the added ones the subscription still has."""

    id: str
    segment_id: str
    wallet_id: str
    level: int
    currency: str
    item_id: str
    quantity: int
    added_quantity: int
    left_quantity: int
    unit_price_micros: int
    is_reversed: bool = False

    @property
    def is_raising(self) -> bool:
        """Whether it put the units that were there before on its own price."""
        return self.added_quantity < self.quantity


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one line that were charged alike: how many are held, and the price of one for a whole cycle."""

    charge_id: str | None
    quantity: int
    unit_price_micros: int


def lots_of(charges: Iterable[PaidCharge], held: int, unknown_price_micros: int) -> tuple[Lot, ...]:
    """The lots of one line in one segment at one level, the oldest first; `charges` in the order of their ids.

    Together they are the units held now. Units that no charge tells of were charged nothing, or where the level has
    no charge at all (another seller since, MOVE-6), what it asks today."""
    lots: list[Lot] = []
    is_known = False
    for charge in charges:
        is_known = True
        if charge.is_reversed:
            continue
        if charge.is_raising:
            lots = [
                replace(lot, unit_price_micros=max(lot.unit_price_micros, charge.unit_price_micros)) for lot in lots
            ]
        if charge.left_quantity:
            lots.append(Lot(charge.id, charge.left_quantity, charge.unit_price_micros))
    lacking = held - sum(lot.quantity for lot in lots)
    if lacking > 0:
        lots.insert(0, Lot(None, lacking, 0 if is_known else unknown_price_micros))
    return tuple(lots)


def without_last(lots: Sequence[Lot], removed: int) -> tuple[Lot, ...]:
    """The lots that stay when units go: those that came last go first (SUB-61)."""
    kept: list[Lot] = []
    for lot in reversed(lots):
        gone = min(lot.quantity, removed)
        removed -= gone
        kept.append(replace(lot, quantity=lot.quantity - gone))
    return tuple(lot for lot in reversed(kept) if lot.quantity)


def paid_share_micros(lots: Iterable[Lot], segment: PaidSegment, today: date) -> Fraction:
    """What of the fee of these lots is for time to come (SUB-64)."""
    fee = sum(lot.quantity * lot.unit_price_micros for lot in lots)
    return fee * segment.remaining_share(today)


def spread(parts: Sequence[Fraction], total_micros: int, unit_micros: int) -> tuple[int, ...]:
    """A total that was rounded once, in whole units over its exact parts; the sum is exactly the total (MON-2)."""
    whole = sum(parts, Fraction(0))
    if not whole:
        return (total_micros, *(0 for _ in parts[1:])) if parts else ()
    given, exact, found = 0, Fraction(0), []
    for part in parts[:-1]:
        exact += part
        upto = min(total_micros, int(total_micros * exact / whole / unit_micros) * unit_micros)
        found.append(upto - given)
        given = upto
    return (*found, total_micros - given)
