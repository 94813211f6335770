"""A proforma over the renewal amount, `proformaDaysBefore` days before the end by the length of the cycle (SUB-45).

It is no revenue and moves no money: nothing of it is in the ledger until the renewal is charged (MON-70)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from billing.invoice_figures import InvoiceType
from billing.invoices import NewInvoice, issue_invoices
from billing.purchase_invoices import invoice_lines
from billing.renewal import Operation, Wanted, price_renewal
from billing.subscription_access import COLUMNS, SubscriptionRow, subscription_row
from billing.subscription_status import Status
from core.calendar import days_between, local_date, start_of_day
from core.clock import EXACT_DAY, Instant
from core.periodic import periodic
from core.refusals import Refused
from core.transaction import Row, Transaction, fetch_one
from tenants.notices.notices import LIVES_BY, Span
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.policy.policy_resolution import policies_of
from tenants.policy_parameters import Preset
from tenants.sandbox_clock import clock_stop
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading

ACTION = "issueProforma"
PARAMETER = "proformaDaysBefore"
_log = structlog.get_logger()
_OF = (
    "FROM subscription s JOIN organization o ON o.id = s.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id"
)
_ISSUED = (
    "SELECT 1 FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id WHERE l.subscription_id = {id} "
    "AND i.type = 'PROFORMA' AND l.first_date = {first_date}"
)


@dataclass(frozen=True, slots=True)
class DueProforma:
    """A subscription and the local midnight at which its proforma is made."""

    at: Instant
    subscription_id: str


def days_ahead(by_months: Mapping[int, int], cycle_months: int) -> int | None:
    """The days for the longest listed cycle that is not longer than its own; None without any. Pure."""
    fitting = [months for months in by_months if months <= cycle_months]
    return by_months[max(fitting)] if fitting else None


async def issue_proforma(uow: UnitOfWork, due: DueProforma) -> bool:
    """Issue it as of now, unless it was renewed, switched off or billed already; `uow` is the platform's own."""
    lock = "FOR NO KEY UPDATE OF s" if uow.tx.dialect == "postgres" else ""
    row = await fetch_one(
        uow.tx, f"SELECT {COLUMNS} FROM subscription s WHERE s.id = $1 AND s.is_auto_renew {lock}", due.subscription_id
    )
    if row is None:
        return False
    subscription = subscription_row(row)
    issued = _ISSUED.format(id="$1", first_date="$2")
    is_done = await uow.tx.fetch(issued, subscription.id, subscription.end_date.isoformat())
    if is_done or subscription.status(uow.now) is not Status.ACTIVE:
        return False
    return await _issue(uow, subscription)


async def _issue(uow: UnitOfWork, subscription: SubscriptionRow) -> bool:
    try:
        renewal = await price_renewal(uow, subscription, Wanted(Operation.RENEW), is_preview=True)
    except Refused:  # the renewal will say so
        return False
    own, pair = renewal.sale.buyer, renewal.sale.buyer.level.pair
    if not own.gross_micros:
        return False
    due_days = max(0, days_between(local_date(uow.now, renewal.timezone), subscription.end_date))
    lines = invoice_lines(own, subscription.id)
    proforma = NewInvoice(pair.wallet, pair.buyer, pair.seller, InvoiceType.PROFORMA, lines, due_days, own.gross_micros)
    await issue_invoices(uow.tx, [proforma], uow.now)
    of, path = subscription.organization_id, subscription.path
    after = {"type": "PROFORMA", "totalMicros": own.gross_micros}
    uow.audit("Invoice", proforma.id, organization_id=of, path=path, after=after)
    payload = {"invoiceId": proforma.id, "subscriptionId": subscription.id}
    uow.send("invoice.proforma_issued", proforma.id, payload, organization_id=of, path=path)
    return True


async def _due(tx: Transaction, span: Span) -> list[DueProforma]:
    """Of running subscriptions what falls into the span and was not made, in the order of time."""
    most = await _most_days(tx)
    if not most:
        return []
    found = []
    for row in await _ending(tx, span, span.until + (most + 1) * EXACT_DAY):
        subscription = subscription_row(row)
        by_months = (await span.policies(tx, subscription.organization_id)).integers_by_months(PARAMETER)
        days = days_ahead(by_months, subscription.cycle_months)
        if days is None:
            continue
        at = start_of_day(subscription.end_date - timedelta(days=days), row["timezone"])
        if span.holds(at):
            found.append(DueProforma(at, subscription.id))
    return sorted(found, key=lambda due: (due.at, due.subscription_id))


async def _ending(tx: Transaction, span: Span, until: Instant) -> Sequence[Row]:
    issued = _ISSUED.format(id="s.id", first_date="s.end_date")
    return await tx.fetch(
        f"SELECT {COLUMNS}, o.timezone {_OF} WHERE {LIVES_BY} AND s.ends_at > $2 AND s.ends_at <= $3 "
        f"AND s.is_auto_renew AND NOT s.is_trial AND s.terminated_at IS NULL AND s.method = 'NORMAL' "
        f"AND NOT EXISTS ({issued})",
        span.clock_id, span.after, until,
    )  # fmt: skip


async def _most_days(tx: Transaction) -> int:
    """The most that anybody has; mostly nobody has any, and nothing is searched."""
    presets = await tx.fetch("SELECT DISTINCT preset FROM policy_preset")
    values = await tx.fetch("SELECT DISTINCT value FROM policy_value WHERE parameter = $1", PARAMETER)
    found = [days for row in values for days in json.loads(row["value"]).values()]
    for row in presets:
        found += policies_of(Preset(row["preset"])).integers_by_months(PARAMETER).values()
    return max(found, default=0)


@clock_stop
async def next_proforma(tx: Transaction, span: Span) -> Instant | None:
    """A moving clock stands still where one is made, so that it shows what holds then."""
    due = await _due(tx, span)
    return due[0].at if due else None


@on_clock_advanced
async def issue_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved to it."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        for due in await _due(theirs.tx, Span(event.before, event.now, event.clock_id)):
            await issue_proforma(theirs, due)


@periodic("proforma invoices", every_seconds=300)
async def issue_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody else, a transaction for each; a late worker makes those of running subscriptions."""
    now = platform.clock.now()
    async with platform_reading(platform) as tx:
        most = await _most_days(tx)
        found = await _due(tx, Span(now - (most + 1) * EXACT_DAY, now)) if most else []
    made = 0
    for due in found:
        try:
            async with platform_work(platform, ACTION) as uow:
                made += uow is not None and await issue_proforma(uow, due)
        except Exception:
            _log.exception("a proforma failed", subscription_id=due.subscription_id)
    return made
