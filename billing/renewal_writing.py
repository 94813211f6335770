"""What a renewal leaves in the tables: ledger, paid time, subscription, timeline, invoices, log. Decides no price.

One transaction for all that is charged together: everything of it stands, or nothing does (SUB-42, SUB-44)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from billing.aftermath import follow_up
from billing.alert_closing import close_settled_about
from billing.invoice_figures import InvoiceType
from billing.invoices import NewInvoice, issue_invoices
from billing.ledger import Movement, MovementType, post
from billing.purchase import moves_more
from billing.purchase_invoices import invoice_lines
from billing.purchase_rows import write_paid_time
from billing.renewal import Operation, Renewal, together
from billing.renewal_dates import renewal_instant
from billing.renewal_terms import take_effect
from billing.sale import LevelSale, Sale
from billing.settlement import settle_invoices
from billing.shortfall import REASON
from billing.shortfall_writing import credit_movements, end_waiting, note_credits
from billing.subscription_access import SubscriptionRow
from billing.subscription_status import Cause, Facts, FinalState, Status, ladder, status_at
from billing.timeline import TimelineEntry, write_changes_of_time, write_entries
from billing.wallets import lock_wallets
from core.clock import Instant
from core.ids import new_id
from tenants.unit_of_work import UnitOfWork

_TYPES = {
    Operation.RENEW: MovementType.RENEWAL,
    Operation.RECOVER: MovementType.RECOVERY,
    Operation.EXTEND: MovementType.EXTENSION,
    Operation.REACTIVATE: MovementType.REACTIVATION,
}
_TOPICS = {
    Operation.RENEW: "subscription.renewed",
    Operation.RECOVER: "subscription.recovered",
    Operation.EXTEND: "subscription.extended",
    Operation.REACTIVATE: "subscription.reactivated",
}
_CAUSES = {
    Status.GRACE: Cause.PAID,
    Status.SUSPENDED: Cause.REASON_LIFTED,
    Status.EXPIRED: Cause.REACTIVATED,
    Status.DEACTIVATED: Cause.RESTORED_BY_SELLER,
}


@dataclass(frozen=True, slots=True)
class Written:
    """What became of it: the sale, and the holder's LedgerTransaction of each subscription (None at a price of 0)."""

    sale_id: str
    transaction_ids: Mapping[str, str | None]


async def write_renewals(uow: UnitOfWork, renewals: Sequence[Renewal], *, seen_at: Instant | None = None) -> Written:
    """Charge what was priced and checked; the rows and Wallets are locked by the caller, inside `as_platform`.

    seen_at: the instant whose status it goes on from, when that is not now: a renewal comes before what is due at the
    same instant (SUB-115)."""
    sale_id, sale = new_id("sale"), together([each.sale for each in renewals])
    posted = await _post(uow, renewals, sale, sale_id)
    for renewal in renewals:
        own = posted[renewal.subscription.id]
        await write_paid_time(uow, renewal.subscription.id, renewal.sale, renewal.terms.cycle_months, sale_id, own)
        await note_credits(uow, renewal.subscription, renewal.sale, renewal.days_lost)
        await _write_subscription(uow, renewal, uow.now if seen_at is None else seen_at)
    await issue_invoices(uow.tx, _invoices(renewals, sale, sale_id, uow.now), uow.now)
    if any(each.days_lost for each in renewals):  # with its credit it stands where the money just reached (SUB-46)
        for wallet in (await lock_wallets(uow, [each.level.pair.wallet.id for each in sale.levels])).values():
            await settle_invoices(uow, wallet)
    else:
        await follow_up(uow, [each.level.pair.wallet.id for each in sale.levels if moves_more(each, uow.now)])
    return Written(sale_id, {of: own.get(0) for of, own in posted.items()})


async def _post(uow: UnitOfWork, renewals: Sequence[Renewal], sale: Sale, sale_id: str) -> dict[str, dict[int, str]]:
    """Every level: one charge for all where it makes an invoice, else one for each, a line of the month (MON-70)."""
    movements: list[tuple[Sequence[Renewal], int, Movement]] = []
    for place, level in enumerate(sale.levels):
        taking_part = [each for each in renewals if place < len(each.sale.levels)]
        parts = [taking_part] if level.is_invoiced_at_once else [[each] for each in taking_part]
        movements += [(part, place, each) for part in parts for each in _movement(uow, part, place, level, sale_id)]
    ids = await post(uow, [movement for _, _, movement in movements]) if movements else []
    credited = [
        movement
        for each in renewals
        for movement in credit_movements(each.subscription, each.sale, each.days_lost, sale_id)
    ]
    if credited:
        await post(uow, credited)
    posted: dict[str, dict[int, str]] = {each.subscription.id: {} for each in renewals}
    for (part, place, _), transaction_id in zip(movements, ids, strict=True):
        for each in part:
            posted[each.subscription.id][place] = transaction_id
    return posted


def _movement(
    uow: UnitOfWork, part: Sequence[Renewal], place: int, whole: LevelSale, sale_id: str
) -> Iterator[Movement]:
    """The key names subscription, period and version: whatever runs twice, the books take it once (SUB-44)."""
    sold = together([each.sale for each in part]).levels[place]
    is_elsewhere = place == 0 and part[0].is_external
    if not sold.gross_micros and not is_elsewhere:
        return
    pair, first = sold.level.pair, part[0].subscription
    start = part[0].sale.time.start.isoformat()
    yield Movement(
        pair.wallet, _TYPES[part[0].operation], sold.entries, "Subscription", first.id,
        f"renewal:{first.id}:{start}:{first.version}:{pair.level}", sale_id,
        opened_micros=whole.opened_micros(uow.now) if whole.is_invoiced_at_once else 0,
        external_number=part[0].sale.external_number if is_elsewhere else None,
        child_id=pair.buyer.id if pair.is_of_group else None,
    )  # fmt: skip


def _invoices(renewals: Sequence[Renewal], sale: Sale, sale_id: str, now: Instant) -> list[NewInvoice]:
    """One TAX invoice of each pair that is invoiced at once, with the lines of all (SUB-42, MON-70)."""
    return [
        NewInvoice(
            each.level.pair.wallet, each.level.pair.buyer, each.level.pair.seller, InvoiceType.TAX,
            tuple(
                line for renewal in renewals if place < len(renewal.sale.levels)
                for line in invoice_lines(renewal.sale.levels[place], renewal.subscription.id)
            ),
            each.level.policies.integer("invoiceDueDays"), each.opened_micros(now), sale_id,
        )
        for place, each in enumerate(sale.levels)
        if each.is_invoiced_at_once
    ]  # fmt: skip


async def _write_subscription(uow: UnitOfWork, renewal: Renewal, seen_at: Instant) -> None:
    """Dates and ladder of the new end, the mark gone, the timeline, log and notice."""
    subscription, time = renewal.subscription, renewal.sale.time
    await write_changes_of_time(uow.tx, [subscription.subject], seen_at)
    facts = _facts_after(renewal)
    moved = await uow.tx.execute(
        "UPDATE subscription SET anchor_date = $3, end_date = $4, ends_at = $5, grace_ends_at = $6, "
        "ladder_ends_at = $7, final_state = $8, renews_at = $9, suspension_reasons = $10, renewal_failed_at = NULL, "
        "version = version + 1 "
        "WHERE id = $1 AND end_date = $2",
        subscription.id, subscription.end_date.isoformat(), time.anchor.isoformat(), time.end.isoformat(),
        facts.ends_at, facts.grace_ends_at, facts.ladder_ends_at, facts.final_state.value,
        renewal_instant(time.end, renewal.policies, renewal.timezone), ",".join(sorted(facts.suspension_reasons)),
    )  # fmt: skip
    if not moved:
        raise RuntimeError("a locked subscription was moved on by somebody else")
    await take_effect(uow, subscription, renewal.terms)
    before, after = status_at(subscription.facts, seen_at), status_at(facts, uow.now)
    place = (subscription.id, subscription.organization_id, subscription.path)
    before = await _shown_since(uow, subscription.id, seen_at) or before
    if before is not after:
        entry = TimelineEntry(*place, uow.now, before, after, _CAUSES[before].value, uow.actor.member_id)
        await write_entries(uow.tx, [entry])
    await _close_proforma(uow, subscription)
    await end_waiting(uow, subscription)
    await close_settled_about(uow.tx, subscription.id, uow.now)
    where = {"organization_id": subscription.organization_id, "path": subscription.path}
    uow.audit(
        "Subscription", subscription.id, **where, before={"endDate": subscription.end_date.isoformat()},
        after={"endDate": time.end.isoformat(), "operation": renewal.operation.value},
    )  # fmt: skip
    payload = {"subscriptionId": subscription.id, "endDate": time.end.isoformat()}
    uow.send(_TOPICS[renewal.operation], subscription.id, payload, **where)


async def _shown_since(uow: UnitOfWork, subscription_id: str, seen_at: Instant) -> Status | None:
    """What the timeline went on to, when it was written before a renewal that came late."""
    rows = await uow.tx.fetch(
        "SELECT to_status FROM timeline_entry WHERE subscription_id = $1 AND at > $2 ORDER BY at DESC, id DESC LIMIT 1",
        subscription_id, seen_at,
    )  # fmt: skip
    return Status(rows[0]["to_status"]) if rows else None


async def _close_proforma(uow: UnitOfWork, subscription: SubscriptionRow) -> None:
    """What it asked for is charged now: nothing is open of it any more (SUB-45)."""
    await uow.tx.execute(
        "UPDATE invoice SET open_micros = 0 WHERE type = 'PROFORMA' AND open_micros > 0 AND id IN "
        "(SELECT l.invoice_id FROM invoice_line l WHERE l.subscription_id = $1 AND l.first_date = $2)",
        subscription.id, subscription.end_date.isoformat(),
    )  # fmt: skip


def _facts_after(renewal: Renewal) -> Facts:
    """A ladder begins with the Policy of now (SUB-110, SUB-120)."""
    policies, subscription = renewal.policies, renewal.subscription
    steps = ladder(
        renewal.sale.time.end, renewal.timezone, policies.integer("graceDays"), policies.integer("expiredDays"),
        subscription.is_auto_renew,
    )  # fmt: skip
    return replace(
        subscription.facts, ends_at=steps.ends_at, grace_ends_at=steps.grace_ends_at,
        ladder_ends_at=steps.ladder_ends_at, final_state=FinalState(policies.choice("finalState")),
        suspension_reasons=subscription.facts.suspension_reasons - {REASON},
    )  # fmt: skip
