"""A renewal at the period's start that finds too little: SUSPENDED, NO_FUNDS, tried again every midnight (SUB-46)."""

from datetime import date, timedelta

from billing.alerts import Alert, AlertKind, close_alerts, raise_alert
from billing.ledger import Movement, MovementType
from billing.periods import reactivated
from billing.posting import charge, reversal
from billing.sale import Sale
from billing.shortfall import REASON, Credit, credits_of
from billing.subscription_access import SubscriptionRow
from billing.subscription_status import Status
from billing.timeline import TimelineEntry, write_entries
from core.calendar import local_date, start_of_day
from core.clock import Instant
from tenants.unit_of_work import UnitOfWork

SUSPENDED_TOPIC = "notice.subscription_suspended"


async def wait_for_funds(uow: UnitOfWork, subscription: SubscriptionRow, zone: str) -> None:
    """Suspend it from now on, or let it wait one more day; its dates run on with the periods that go by unpaid."""
    today = local_date(uow.now, zone)
    tomorrow, until = start_of_day(today + timedelta(days=1), zone), _stands_until(subscription, today, zone)
    facts = subscription.facts
    is_new = REASON not in facts.suspension_reasons
    reasons = ",".join(sorted(facts.suspension_reasons | {REASON}))
    await uow.tx.execute(
        "UPDATE subscription SET suspension_reasons = $2, grace_ends_at = $3, ladder_ends_at = $3, renews_at = $4, "
        "renewal_failed_at = coalesce(renewal_failed_at, $5), version = version + $6 WHERE id = $1",
        subscription.id, reasons, until, tomorrow, uow.now, int(is_new),
    )  # fmt: skip
    if not is_new:
        return
    place = (subscription.id, subscription.organization_id, subscription.path)
    before = subscription.status(uow.now - 1)
    if before is not Status.SUSPENDED:
        await write_entries(uow.tx, [TimelineEntry(*place, uow.now, before, Status.SUSPENDED, REASON.value)])
    await _tell(uow, subscription, zone)


def _stands_until(subscription: SubscriptionRow, today: date, zone: str) -> Instant:
    """A whole cycle behind the end of the period that runs unpaid: it is moved on long before that comes."""
    anchor, months = subscription.anchor_date, subscription.cycle_months
    running = reactivated(anchor, months, subscription.end_date, today)
    return start_of_day(reactivated(anchor, months, running.end, running.end).end, zone)


async def _tell(uow: UnitOfWork, subscription: SubscriptionRow, zone: str) -> None:
    details = {"reason": REASON.value, "services": [subscription.id]}
    of, path = subscription.organization_id, subscription.path
    await raise_alert(uow.tx, Alert(of, path, zone, AlertKind.SUSPENDED, subscription.id, details), uow.now)
    payload = details | {"wayBack": "Top up the wallet.", "link": "/wallet"}
    uow.send(SUSPENDED_TOPIC, subscription.id, payload, organization_id=of, path=path)


async def end_waiting(uow: UnitOfWork, subscription: SubscriptionRow) -> None:
    """It was paid: the Alert about the suspension is over (ALR-2)."""
    if REASON in subscription.facts.suspension_reasons:
        await close_alerts(uow.tx, AlertKind.SUSPENDED, subscription.id, uow.now)


def credit_movements(subscription: SubscriptionRow, sale: Sale, days: int, sale_id: str) -> list[Movement]:
    """The second entry of each pair that reduces: the difference to the full fee, back where the charge went."""
    found = []
    for level in sale.levels:
        credited = list(credits_of(level, sale, days))
        net = sum(each.taxed.net_micros for each in credited)
        if not net:
            continue
        pair, terms = level.level.pair, level.level.pair.wallet.terms(level.level.policies)
        entries = reversal(charge(terms, net, _taxes(credited), is_invoiced_at_once=level.is_invoiced_at_once))
        key = f"shortfall:{subscription.id}:{sale.time.start.isoformat()}:{pair.level}"
        child = pair.buyer.id if pair.is_of_group else None
        found.append(
            Movement(pair.wallet, MovementType.SHORTFALL_CREDIT, entries, "Subscription", subscription.id, key, sale_id,
                     child_id=child)
        )  # fmt: skip
    return found


def _taxes(credited: list[Credit]) -> dict[str, int]:
    found: dict[str, int] = {}
    for tax in (tax for each in credited for tax in each.taxed.taxes):
        found[tax.component] = found.get(tax.component, 0) + tax.amount_micros
    return found


async def note_credits(uow: UnitOfWork, subscription: SubscriptionRow, sale: Sale, days: int) -> None:
    """What came back of a charge does not come back again with a later refund (SUB-82)."""
    for level in sale.levels:
        for each in credits_of(level, sale, days):
            await uow.tx.execute(
                "UPDATE segment_charge SET refunded_net_micros = refunded_net_micros + $4, "
                "refunded_tax_micros = refunded_tax_micros + $5 WHERE subscription_id = $1 AND level = $2 "
                "AND item_id = $3 AND segment_id IN (SELECT g.id FROM segment g WHERE g.subscription_id = $1 "
                "AND g.first_date = $6 AND g.replaced_date IS NULL)",
                subscription.id, level.level.pair.level, each.line.item.id, each.taxed.net_micros,
                each.taxed.tax_micros, sale.time.start.isoformat(),
            )  # fmt: skip
