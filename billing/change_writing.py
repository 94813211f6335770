"""What a change leaves in the tables: ledger, charges, the subscription's row, what waits, invoices. Decides nothing.

Runs inside `as_platform`, with the subscription and the Wallets of the chain locked."""

from billing.aftermath import follow_up
from billing.alert_closing import close_settled_about
from billing.change_prices import PricedChange, units_left
from billing.charge_terms import terms_json
from billing.invoices import issue_invoices
from billing.ledger import MovementType
from billing.paid_lots import PLAN_LINE
from billing.prepared_change import PreparedChange
from billing.purchase import moves_more
from billing.purchase_invoices import invoices_of
from billing.purchase_rows import charge_row, write_paid_time
from billing.queued_changes import QueuedAddOn, postpone_queued_change, queue_change, write_add_ons
from billing.renewal_dates import renewal_instant
from billing.sale_posting import post_sale
from billing.subscription_status import Cause, Ladder, Status, ladder
from billing.timeline import TimelineEntry, write_changes_of_time, write_entries
from core.calendar import start_of_day
from core.ids import new_id
from core.transaction import insert_many
from tenants.unit_of_work import UnitOfWork


async def write_change(uow: UnitOfWork, prepared: PreparedChange) -> tuple[str | None, str | None]:
    """Write all of it; answers the sale's id and the buyer's LedgerTransaction, None where nothing was charged."""
    sale, subscription = prepared.priced.sale, prepared.seen.held.subscription
    sale_id = new_id("sale")
    posted = await post_sale(
        uow, sale, MovementType.PRORATION, subscription.id, sale_id, once_by=f"proration:{sale_id}"
    )
    if prepared.priced.is_new_period:
        await _begin_period(uow, prepared, sale_id, posted)
    else:
        await _write_shares(uow, prepared, sale_id, posted)
    await _write_content(uow, prepared)
    if prepared.queued is not None:
        await queue_change(uow.tx, prepared.queued, uow.now)
    await issue_invoices(uow.tx, invoices_of(sale, subscription.id, sale_id, uow.now), uow.now)
    await follow_up(uow, [each.level.pair.wallet.id for each in sale.levels if moves_more(each, uow.now)])
    return (sale_id if posted else None), posted.get(0)


async def _write_shares(uow: UnitOfWork, prepared: PreparedChange, sale_id: str, posted: dict[int, str]) -> None:
    """What goes is taken off the charges that it stood on; what comes or costs more stands beside them (SUB-33)."""
    for charge_id, left in units_left(prepared.changes, prepared.standing).items():
        await uow.tx.execute("UPDATE segment_charge SET left_quantity = $2 WHERE id = $1", charge_id, left)
    await insert_many(uow.tx, "segment_charge", _share_rows(prepared.priced, prepared, sale_id, posted))


def _share_rows(
    priced: PricedChange, prepared: PreparedChange, sale_id: str, posted: dict[int, str]
) -> list[dict[str, object]]:
    subscription_id, standing, rows = prepared.seen.held.subscription.id, prepared.standing, []
    for sold, shares in zip(priced.sale.levels, priced.shares, strict=True):
        for share in shares:
            row = charge_row(subscription_id, sold, share.line, share.segment.id, posted.get(sold.level.pair.level))
            terms = standing.paid.terms_of(share.segment, sold.level) or terms_json(sold.level.policies)
            is_begun = share.segment.start < standing.today
            rows.append(
                row | {
                    "terms": terms, "sale_id": sale_id, "added_quantity": share.added,
                    "first_date": standing.today.isoformat() if is_begun else None,
                }
            )  # fmt: skip
    return rows


async def _begin_period(uow: UnitOfWork, prepared: PreparedChange, sale_id: str, posted: dict[int, str]) -> None:
    """A new period from today: the old ones count no more, and dates and ladder are the new one's (SUB-64)."""
    subscription, sale, policies = prepared.seen.held.subscription, prepared.priced.sale, prepared.policies
    zone, time = prepared.seen.held.holder.timezone, sale.time
    await uow.tx.execute(
        "UPDATE segment SET replaced_date = $2 WHERE subscription_id = $1 AND end_date > $2 AND replaced_date IS NULL",
        subscription.id, prepared.seen.today.isoformat(),
    )  # fmt: skip
    await write_paid_time(uow, subscription.id, sale, prepared.now.cycle_months, sale_id, posted)
    await write_changes_of_time(uow.tx, [subscription.subject], uow.now)
    steps = ladder(
        time.end, zone, policies.integer("graceDays"), policies.integer("expiredDays"), subscription.is_auto_renew
    )
    await _write_dates(uow, prepared, steps)
    if subscription.status(uow.now) is Status.GRACE:
        place = (subscription.id, subscription.organization_id, subscription.path)
        entry = TimelineEntry(*place, uow.now, Status.GRACE, Status.ACTIVE, Cause.PAID.value, uow.actor.member_id)
        await write_entries(uow.tx, [entry])
    await close_settled_about(uow.tx, subscription.id, uow.now)
    await postpone_queued_change(uow.tx, subscription.id, time.end, start_of_day(time.end, zone))


async def _write_dates(uow: UnitOfWork, prepared: PreparedChange, steps: Ladder) -> None:
    time, zone = prepared.priced.sale.time, prepared.seen.held.holder.timezone
    await uow.tx.execute(
        "UPDATE subscription SET anchor_date = $2, end_date = $3, ends_at = $4, grace_ends_at = $5, "
        "ladder_ends_at = $6, final_state = $7, renews_at = $8, renewal_failed_at = NULL WHERE id = $1",
        prepared.seen.held.subscription.id, time.anchor.isoformat(), time.end.isoformat(), steps.ends_at,
        steps.grace_ends_at, steps.ladder_ends_at, prepared.policies.choice("finalState"),
        renewal_instant(time.end, prepared.policies, zone),
    )  # fmt: skip


async def _write_content(uow: UnitOfWork, prepared: PreparedChange) -> None:
    """Plan, licences and add-ons that hold at once; the version goes up also when all of it waits (SUB-15)."""
    subscription, now = prepared.seen.held.subscription, prepared.now
    plan = now.plan.row
    await uow.tx.execute(
        "UPDATE subscription SET plan_id = $2, plan_name = $3, product_id = $4, product_name = $5, quantity = $6, "
        "version = version + 1 WHERE id = $1",
        subscription.id, plan.id, plan.name, plan.product_id, plan.product_name, now.quantity,
    )  # fmt: skip
    changed = [change for change in prepared.changes if change.line != PLAN_LINE]
    kept = [QueuedAddOn(each.line, each.item.name, each.after) for each in changed if each.after]
    removed = [each.line for each in changed if not each.after]
    await write_add_ons(uow.tx, subscription.id, subscription.organization_id, subscription.path, kept, removed)
