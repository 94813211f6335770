"""The paid time of a subscription as a change finds it: segments that are not over, and what each level was charged.

Reads every level's charges, so inside `as_platform`. Decides nothing (change_prices.py does)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from billing.chain import Level
from billing.paid_lots import PLAN_LINE, Lot, PaidCharge, PaidSegment, line_of, lots_of
from core.transaction import Row, Transaction
from tenants.policy_parameters import JsonValue


@dataclass(frozen=True, slots=True)
class PaidTimeLeft:
    """Segments in the order of time, and their charges in the order of their making."""

    segments: tuple[PaidSegment, ...]
    charges: tuple[PaidCharge, ...]
    terms: Mapping[str, str]
    """The Policy values that a charge was made under, as stored, by its id (SUB-120)."""

    @property
    def end(self) -> date | None:
        """The date after the last one that is paid for."""
        return self.segments[-1].end if self.segments else None

    def charges_of(self, segment: PaidSegment, level: Level) -> list[PaidCharge]:
        """What the pair was charged for a segment: by its Wallet, or before a move at its place in the chain."""
        of_segment = [each for each in self.charges if each.segment_id == segment.id]
        own = [each for each in of_segment if each.wallet_id == level.pair.wallet.id and each.level == level.pair.level]
        place = (level.pair.level, level.currency)
        return own or [each for each in of_segment if (each.level, each.currency) == place]

    def lots(self, segment: PaidSegment, level: Level, line: str, held: int, unknown_micros: int) -> tuple[Lot, ...]:
        """How the units held now of one line stand in a segment at a level."""
        charges = self.charges_of(segment, level)
        of_line = [each for each in charges if line_of(each.item_id) == line]
        return lots_of(of_line, held, 0 if charges else unknown_micros)

    def plan_price(self, level: Level, today: date) -> int | None:
        """What a unit was charged at a level per cycle when the plan in force began; None when no charge tells.

        Licences that came later, at another price of theirs, do not count."""
        running = [segment for segment in self.segments if segment.start <= today] or self.segments
        for segment in running[:1]:
            of_level = (each for each in self.charges_of(segment, level) if not each.is_reversed)
            plans = [each for each in of_level if line_of(each.item_id) == PLAN_LINE]
            began = [each for each in plans[1:] if each.is_raising] or plans[:1]
            return began[-1].unit_price_micros if began else None
        return None

    def terms_of(self, segment: PaidSegment, level: Level) -> str | None:
        """The values that the period's own charge at a level was made under, as stored."""
        stored = (self.terms.get(each.id) for each in self.charges_of(segment, level))
        return next((text for text in stored if text is not None), None)

    def kept_terms(self, level: Level) -> Mapping[str, JsonValue]:
        """The same of the first segment that is not over, as values."""
        text = self.terms_of(self.segments[0], level) if self.segments else None
        return {} if text is None else json.loads(text)


_SEGMENTS = """
SELECT g.id, g.first_date, g.end_date, g.day_base, g.cycle_months FROM segment g
WHERE g.subscription_id = $1 AND g.end_date > $2 AND g.replaced_date IS NULL ORDER BY g.first_date, g.id
"""
_CHARGES = """
SELECT c.id, c.segment_id, c.wallet_id, c.level, c.currency, c.item_id, c.quantity, c.added_quantity, c.left_quantity,
    c.unit_price_micros, c.terms,
    EXISTS (SELECT 1 FROM ledger_transaction r WHERE r.reverses_id = c.ledger_transaction_id) AS is_reversed
FROM segment_charge c JOIN segment g ON g.id = c.segment_id
WHERE c.subscription_id = $1 AND g.end_date > $2 AND g.replaced_date IS NULL ORDER BY c.id
"""


async def paid_time_left(tx: Transaction, subscription_id: str, today: date) -> PaidTimeLeft:
    """What is paid for today or a later date; `tx` sees as the platform, and the subscription's row is locked."""
    segments = await tx.fetch(_SEGMENTS, subscription_id, today.isoformat())
    charges = await tx.fetch(_CHARGES, subscription_id, today.isoformat()) if segments else []
    return PaidTimeLeft(
        tuple(map(_segment, segments)), tuple(map(_charge, charges)),
        {row["id"]: row["terms"] for row in charges if row["terms"] is not None},
    )  # fmt: skip


def _segment(row: Row) -> PaidSegment:
    start, end = date.fromisoformat(row["first_date"]), date.fromisoformat(row["end_date"])
    return PaidSegment(row["id"], start, end, row["day_base"], row["cycle_months"])


def _charge(row: Row) -> PaidCharge:
    added = row["quantity"] if row["added_quantity"] is None else row["added_quantity"]
    left = added if row["left_quantity"] is None else row["left_quantity"]
    return PaidCharge(
        row["id"], row["segment_id"], row["wallet_id"], row["level"], row["currency"], row["item_id"], row["quantity"],
        added, left, row["unit_price_micros"], bool(row["is_reversed"]),
    )  # fmt: skip
