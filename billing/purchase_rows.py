"""The rows that a purchase writes besides the ledger: subscription, paid time, charges, assignment, timeline (SUB-14).

Runs inside `as_platform`, for the charges of higher pairs belong to them. Decides nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from billing.charge_terms import terms_json
from billing.order import AddOnRow, PlanRow
from billing.percent_text import percent_text, percent_text_or_none
from billing.periods import Segment
from billing.sale import ChargeLine, LevelSale, Sale
from billing.subscription_status import Cause, Ladder, Status
from billing.tax_snapshot import taxes_json
from billing.timeline import TimelineEntry, write_entries
from billing.wallets import Party
from core.calendar import start_of_day
from core.clock import Instant
from core.ids import new_id
from core.transaction import insert, insert_many
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription that was paid and is about to be stored."""

    id: str
    sale: Sale
    plan: PlanRow
    add_ons: tuple[AddOnRow, ...]
    quantity: int
    cycle_months: int
    is_auto_renew: bool
    ladder: Ladder
    final_state: str
    now: Instant
    renews_at: Instant
    """When it renews by itself first (SUB-40)."""

    @property
    def organization(self) -> Party:
        """Who gets it."""
        return self.sale.buyer.level.pair.buyer

    @property
    def audited(self) -> dict[str, object]:
        """What the log keeps of it (AUD-1)."""
        return {
            "planId": self.plan.id,
            "quantity": self.quantity,
            "cycleMonths": self.cycle_months,
            "endDate": self.sale.time.end.isoformat(),
            "isAutoRenew": self.is_auto_renew,
        }


async def write_subscription(uow: UnitOfWork, new: NewSubscription, sale_id: str, posted: Mapping[int, str]) -> None:
    """Store it with its segments and the charges of every level; `posted` is the LedgerTransaction by level."""
    where = {"organization_id": new.organization.id, "path": new.organization.path}
    await insert(uow.tx, "subscription", **_subscription_row(new))
    await write_paid_time(uow, new.id, new.sale, new.cycle_months, sale_id, posted)
    add_ons = [
        {**where, "subscription_id": new.id, "add_on_id": each.id, "name": each.name, "quantity": each.quantity}
        for each in new.add_ons
    ]
    await insert_many(uow.tx, "subscription_add_on", add_ons)
    await assign_owner(uow, new.organization, new.id)
    entry = TimelineEntry(
        new.id, new.organization.id, new.organization.path, new.now, None, Status.ACTIVE, Cause.PURCHASED.value,
        uow.actor.member_id,
    )  # fmt: skip
    await write_entries(uow.tx, [entry])


async def write_paid_time(
    uow: UnitOfWork, subscription_id: str, sale: Sale, cycle_months: int, sale_id: str, posted: Mapping[int, str]
) -> None:
    """The segments of a sale's time and what every level was charged for them (SUB-33)."""
    holder = sale.buyer.level.pair.buyer
    ids = {segment: new_id("seg") for segment in sale.time.segments}
    segments = [
        {
            "id": segment_id, "organization_id": holder.id, "path": holder.path, "subscription_id": subscription_id,
            "kind": segment.kind.value, "first_date": segment.start.isoformat(), "end_date": segment.end.isoformat(),
            "day_base": segment.day_base, "cycle_months": cycle_months, "sale_id": sale_id, "created_at": uow.now,
            "starts_at": start_of_day(segment.start, holder.timezone), "anchor_date": segment.anchor.isoformat(),
        }
        for segment, segment_id in ids.items()
    ]  # fmt: skip
    await insert_many(uow.tx, "segment", segments)
    charges = [row for level in sale.levels for row in _charge_rows(subscription_id, level, ids, posted)]
    await insert_many(uow.tx, "segment_charge", charges)


async def assign_owner(uow: UnitOfWork, organization: Party, subscription_id: str) -> None:
    """The OWNER of the organization uses it from the start (SUB-14, SUB-91)."""
    await uow.tx.execute(
        "INSERT INTO subscription_assignment (organization_id, path, subscription_id, member_id, assigned_at) "
        "SELECT m.organization_id, CAST($1 AS text), CAST($2 AS text), m.id, CAST($3 AS bigint) FROM member m "
        "WHERE m.organization_id = $4 AND m.role = 'OWNER'",
        organization.path, subscription_id, uow.now, organization.id,
    )  # fmt: skip


def _subscription_row(new: NewSubscription) -> dict[str, object]:
    time, pair = new.sale.time, new.sale.buyer.level.pair
    return {
        "id": new.id, "organization_id": pair.buyer.id, "path": pair.buyer.path, "seller_id": pair.seller.id,
        "product_id": new.plan.product_id, "plan_id": new.plan.id, "product_name": new.plan.product_name,
        "plan_name": new.plan.name, "quantity": new.quantity, "cycle_months": new.cycle_months,
        "currency": pair.wallet.currency, "is_trial": False, "is_auto_renew": new.is_auto_renew,
        "method": "NORMAL" if new.sale.external_number is None else "EXTERNAL_INVOICE",
        "external_number": new.sale.external_number,
        "anchor_date": time.anchor.isoformat(), "start_date": time.start.isoformat(),
        "end_date": time.end.isoformat(), "started_at": new.now, "activated_at": new.now,
        "ends_at": new.ladder.ends_at, "grace_ends_at": new.ladder.grace_ends_at,
        "ladder_ends_at": new.ladder.ladder_ends_at, "final_state": new.final_state, "settings": "{}",
        "created_at": new.now, "renews_at": new.renews_at,
    }  # fmt: skip


def _charge_rows(
    subscription_id: str, level: LevelSale, segment_ids: Mapping[Segment, str], posted: Mapping[int, str]
) -> Iterator[dict[str, object]]:
    terms = terms_json(level.level.policies)
    for line in level.lines:
        posted_id = posted.get(level.level.pair.level)
        yield charge_row(subscription_id, level, line, segment_ids[line.segment], posted_id) | {"terms": terms}


def charge_row(
    subscription_id: str, level: LevelSale, line: ChargeLine, segment_id: str, transaction_id: str | None
) -> dict[str, object]:
    """What a level was charged for an item in a segment, as stored; `terms` are the caller's."""
    pair, price = level.level.pair, line.price
    return {
        "id": new_id("charge"), "organization_id": pair.buyer.id,
        "path": pair.buyer.path if pair.is_of_group else pair.wallet.path,
        "seller_id": pair.seller.id, "wallet_id": pair.wallet.id, "level": pair.level, "segment_id": segment_id,
        "subscription_id": subscription_id, "item_id": line.item.id, "quantity": line.item.quantity,
        "unit_price_micros": price.unit.amount_micros, "net_micros": line.taxed.net_micros,
        "taxes": taxes_json(line.taxed), "tax_micros": line.taxed.tax_micros,
        "discount_percent": percent_text(price.unit.discount_percent), "currency": pair.wallet.currency,
        "ledger_transaction_id": transaction_id, "min_term_months": price.min_term_months,
        "early_end_percent": percent_text_or_none(price.early_end_percent),
    }  # fmt: skip
