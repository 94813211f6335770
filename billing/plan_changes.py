"""Changing plan, licences and add-ons inside a category: quote and command, made by the same code (SUB-60 to SUB-65).

What comes or costs more is charged at every level at once, or nothing changes; what goes costs nothing and gives
nothing back. A downgrade or another cycle waits for the next period (queued_changes.py)."""

from billing.amounts import require_currency
from billing.change_order import ChangeOrder, Content
from billing.change_preparation import prepare_change, read_change
from billing.change_timing import Timing
from billing.change_writing import write_change
from billing.money_check import money_blocker, require_money
from billing.prepared_change import ChangeQuote, PreparedChange
from billing.purchase import require_chain_active, require_not_ending
from billing.queued_changes import APPLIED_TOPIC, drop_queued_change, queued_change_of
from billing.quote_id import QuoteSigner
from billing.quotes import shown_levels
from billing.subscription_access import subscription_for
from core.clock import Instant
from core.refusals import Refused, refuse
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

QUEUED_TOPIC, CANCELLED_TOPIC = "subscription.change_queued", "subscription.change_cancelled"


async def change_subscription(uow: UnitOfWork, order: ChangeOrder, signer: QuoteSigner) -> Outcome:
    """Change it: charge what comes or costs more at every level, set it, and queue what waits (SUB-60 to SUB-64).

    Answers subscriptionId, saleId, ledgerTransactionId (the buyer's; both None when nothing is charged), timing and
    queuedOn. Refused as `read_change`, CURRENCY_MISMATCH, as `prepare_change`, then QUOTE_STALE, OVERDUE_INVOICE,
    INSUFFICIENT_CREDIT, UPSTREAM_CREDIT_INSUFFICIENT: the plan stays, and there is no invoice (SUB-65)."""
    seen = await read_change(uow, order)
    require_currency(order.total_currency, seen.held.subscription.currency, ("total", "currency"))
    async with uow.as_platform("MON-30: a change charges every level up to the Product's owner"):
        prepared = await prepare_change(uow, seen)
        await require_not_ending(uow, seen.held.holder.id)
        _require_fresh(prepared, signer, uow.now)
        if prepared.overdue is not None:
            raise Refused((prepared.overdue,))
        if prepared.is_charged:
            require_money(prepared.priced.sale, uow.now, uow.actor.path)
        sale_id, transaction_id = await write_change(uow, prepared)
    _tell(uow, prepared)
    queued = prepared.queued
    return {
        "subscriptionId": seen.held.subscription.id,
        "saleId": sale_id,
        "ledgerTransactionId": transaction_id,
        "timing": prepared.timing.value,
        "queuedOn": None if queued is None else queued.applies_date.isoformat(),
    }


async def quote_subscription_change(uow: UnitOfWork, order: ChangeOrder, signer: QuoteSigner) -> ChangeQuote:
    """What the change would do now; writes and locks nothing (SUB-10).

    Refused as the change itself; that money is short is told in `blockers`."""
    seen = await read_change(uow, order, is_preview=True)
    async with uow.as_platform("SUB-10: a quote reads what the change would read"):
        prepared = await prepare_change(uow, seen, is_preview=True)
    short = money_blocker(prepared.priced.sale, uow.now, uow.actor.path) if prepared.is_charged else None
    blocker = prepared.overdue or short
    expires_at = prepared.quote_expires_at(uow.now)
    queued = prepared.queued
    waits = prepared.timing is Timing.NEXT_PERIOD and queued is not None
    return ChangeQuote(
        signer.sign(prepared.quoted_facts, expires_at), expires_at, seen.held.subscription.version, prepared.timing,
        queued.applies_date if queued is not None and waits else seen.today,
        None if queued is None else queued.applies_date, prepared.end_date,
        tuple(shown_levels(prepared.priced.sale, uow)), () if blocker is None else (blocker,),
    )  # fmt: skip


async def cancel_queued_change(uow: UnitOfWork, subscription_id: str, version: int) -> Outcome:
    """Take back what waits for the next period, which is not charged yet (SUB-63). Answers subscriptionId.

    Refused: NOT_FOUND, FORBIDDEN, VERSION_CONFLICT, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED, NO_PENDING_CHANGE,
    PENDING_CHANGE_CHARGED (the period that it waits for was charged with it)."""
    held = await subscription_for(uow, Action.CHANGE_PLAN, subscription_id, version)
    require_chain_active(held.holder)
    async with uow.as_platform("SUB-63: what waits is read where renewals read it"):
        waiting = await queued_change_of(uow.tx, subscription_id)
        if waiting is None or waiting.applies_at <= uow.now:
            refuse("NO_PENDING_CHANGE", "No change waits any more.")
        if held.subscription.end_date > waiting.applies_date:
            refuse("PENDING_CHANGE_CHARGED", "The period that it waits for is charged already.")
        await drop_queued_change(uow.tx, subscription_id)
        await uow.tx.execute("UPDATE subscription SET version = version + 1 WHERE id = $1", subscription_id)
    place = {"organization_id": held.holder.id, "path": held.holder.path}
    uow.audit("Subscription", subscription_id, **place, before={"queuedChange": waiting.audited},
              after={"queuedChange": None})  # fmt: skip
    uow.send(CANCELLED_TOPIC, subscription_id, {"subscriptionId": subscription_id}, **place)
    return {"subscriptionId": subscription_id}


def _require_fresh(prepared: PreparedChange, signer: QuoteSigner, now: Instant) -> None:
    """QUOTE_STALE when a named quote or total would come out another (SUB-10)."""
    order, total = prepared.seen.order, prepared.priced.sale.buyer.gross_micros
    is_other_total = order.total_micros is not None and order.total_micros != total
    is_stale = order.quote_id is not None and not signer.holds(order.quote_id, prepared.quoted_facts, now)
    if is_other_total or is_stale:
        refuse("QUOTE_STALE", "The quote does not hold any more; ask for a new one.", ("quoteId",))


def _tell(uow: UnitOfWork, prepared: PreparedChange) -> None:
    """One audit entry with what differs, and an Event for what holds now and one for what waits."""
    subscription, queued = prepared.seen.held.subscription, prepared.queued
    place = {"organization_id": subscription.organization_id, "path": subscription.path}
    before, after = _audited(prepared.before), _audited(prepared.now)
    changed = {name for name in after if after[name] != before[name]}
    waits = {} if queued is None else {"queuedChange": queued.audited}
    ends = {}
    if prepared.priced.is_new_period:
        ends = {"endDate": prepared.end_date.isoformat()}
    uow.audit(
        "Subscription", subscription.id, **place,
        before={name: before[name] for name in changed} | {name: subscription.end_date.isoformat() for name in ends},
        after={name: after[name] for name in changed} | ends | waits,
    )  # fmt: skip
    payload = {"subscriptionId": subscription.id}
    if changed or ends:
        uow.send(APPLIED_TOPIC, subscription.id, payload, **place)
    if queued is not None:
        uow.send(QUEUED_TOPIC, subscription.id, payload | {"appliesOn": queued.applies_date.isoformat()}, **place)


def _audited(content: Content) -> dict[str, object]:
    add_ons = {each.id: each.quantity for each in content.add_ons.values()}
    return {"planId": content.plan.row.id, "quantity": content.quantity, "addOns": add_ons}
