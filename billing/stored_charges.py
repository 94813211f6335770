"""What every level was charged for a subscription's paid time, read as charges that may come back (SUB-33, SUB-82)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from billing.charge_terms import stored_terms
from billing.paid_lots import PLAN_LINE, line_of
from billing.periods import SegmentKind, anchor_of_segment
from billing.refund import ChargeKind, RefundableCharge
from billing.subscription_access import SubscriptionRow
from billing.tax import TaxedAmount, tax_of_part
from billing.tax_snapshot import taxed_amount
from core.transaction import Row, Transaction
from tenants.policy_parameters import JsonValue

_KINDS = {
    SegmentKind.WHOLE_CYCLE.value: ChargeKind.WHOLE_CYCLE,
    SegmentKind.BROKEN.value: ChargeKind.BROKEN,
    SegmentKind.CALENDAR_PART.value: ChargeKind.PRORATED,
    "CHANGE": ChargeKind.PRORATED,
}
"""A change inside a segment covers the days from it to the segment's end (SUB-60, SUB-82)."""


@dataclass(frozen=True, slots=True)
class StoredCharge:
    """One item in one segment at one pair; `left` is what of it was not refunded yet. Amounts in micros."""

    id: str
    wallet_id: str
    sale_id: str
    item_id: str
    item_name: str
    is_taxable: bool
    cycle_fee_micros: int
    """What the units that are held now of its line would cost for a cycle; 0 of what was removed."""
    cycle_months: int
    min_term_months: int | None
    early_end_percent: Fraction
    refundable: RefundableCharge
    refunded_net_micros: int
    terms: Mapping[str, JsonValue]
    """What the refund is figured by: the Policy values it was charged under (SUB-120)."""

    def not_yet_refunded(self, refund: TaxedAmount, currency: str) -> TaxedAmount:
        """What of a refund comes back: with what was credited or refunded before, never more than the charge."""
        if self.refunded_net_micros == 0:
            return refund
        left = min(refund.net_micros, self.refundable.charged.net_micros - self.refunded_net_micros)
        return tax_of_part(left, self.refundable.charged, currency)


_SEGMENTS = """
SELECT s.id, s.kind, s.first_date, s.end_date, s.replaced_date, s.cycle_months, s.sale_id,
    CASE WHEN s.replaced_date < s.first_date THEN s.replaced_date ELSE s.anchor_date END AS anchor_date,
    CASE WHEN s.replaced_date < s.first_date THEN s.replaced_date ELSE s.first_date END AS begun_date,
    CASE WHEN s.replaced_date < s.first_date THEN (SELECT max(n.end_date) FROM segment n
        WHERE n.subscription_id = s.subscription_id AND n.first_date = s.replaced_date) ELSE s.end_date END
    AS until_date
FROM segment s WHERE s.subscription_id = $1
"""
"""Time paid ahead that an upgrade replaced never begins: its money paid for the new period, and has the clock of that
one (SUB-64, SUB-82)."""
_CHARGES = f"""
SELECT c.id, c.wallet_id, c.item_id, c.quantity, c.unit_price_micros, c.net_micros, c.taxes, c.discount_percent,
    c.refunded_net_micros, c.terms, c.min_term_months, c.early_end_percent,
    CASE WHEN c.first_date IS NULL AND g.begun_date = g.first_date THEN g.kind ELSE 'CHANGE' END AS kind,
    coalesce(c.first_date, g.begun_date) AS first_date, g.begun_date AS segment_date,
    coalesce(g.replaced_date, g.end_date) AS period_end, g.until_date AS end_date,
    g.cycle_months, g.anchor_date, coalesce(c.sale_id, g.sale_id) AS sale_id, coalesce(p.name, a.name) AS item_name,
    coalesce(p.is_taxable, a.is_taxable) AS is_taxable, h.quantity AS held_add_ons
FROM segment_charge c JOIN ({_SEGMENTS}) g ON g.id = c.segment_id
LEFT JOIN plan p ON p.id = c.item_id LEFT JOIN add_on a ON a.id = c.item_id
LEFT JOIN subscription_add_on h ON h.subscription_id = c.subscription_id AND h.add_on_id = c.item_id
WHERE c.subscription_id = $1
    AND NOT EXISTS (SELECT 1 FROM ledger_transaction r WHERE r.reverses_id = c.ledger_transaction_id)
ORDER BY segment_date, c.level, c.id
"""


async def stored_charges(tx: Transaction, subscription: SubscriptionRow) -> tuple[StoredCharge, ...]:
    """Every charge of every level in the order of time; a reversed one was given back already (MON-23, MON-34).

    Call it in the platform's own sight."""
    rows = await tx.fetch(_CHARGES, subscription.id)
    first_period_end = _first_period_end(rows)
    return tuple(_charge(row, subscription, first_period_end) for row in rows)


def _first_period_end(rows: Sequence[Row]) -> str:
    first = min((row["segment_date"] for row in rows), default="")
    return max((row["period_end"] for row in rows if row["segment_date"] == first), default="")


def _anchor(row: Row, subscription: SubscriptionRow) -> date:
    """What its months are counted from: the anchor that it was charged with, though it moved since (SUB-32)."""
    stored: str | None = row["anchor_date"]
    if stored is not None:
        return date.fromisoformat(stored)
    return anchor_of_segment(date.fromisoformat(row["segment_date"]), subscription.anchor_date)


def _charge(row: Row, subscription: SubscriptionRow, first_period_end: str) -> StoredCharge:
    start = date.fromisoformat(row["first_date"])
    refundable = RefundableCharge(
        first_day=start,
        end=date.fromisoformat(row["end_date"]),
        anchor=_anchor(row, subscription),
        charged=taxed_amount(row["net_micros"], row["taxes"]),
        kind=_KINDS[row["kind"]],
        discount_percent=Fraction(row["discount_percent"]),
        is_of_first_period=row["first_date"] < first_period_end,
    )
    held = subscription.quantity if line_of(row["item_id"]) == PLAN_LINE else row["held_add_ons"] or 0
    return StoredCharge(
        row["id"], row["wallet_id"], row["sale_id"], row["item_id"], row["item_name"], bool(row["is_taxable"]),
        row["unit_price_micros"] * held, row["cycle_months"], row["min_term_months"],
        Fraction(row["early_end_percent"] or 0), refundable, row["refunded_net_micros"],
        stored_terms(row["terms"]),
    )  # fmt: skip
