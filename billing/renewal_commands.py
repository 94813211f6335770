"""Renewing by hand: renew, recover, extend, reactivate, and the quote of each, by the same code (SUB-50 to SUB-54).

None of these ever refunds. Several at once stand each alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from billing.amounts import require_currency
from billing.money_check import money_blocker, require_money
from billing.purchase import require_chain_active
from billing.quote_id import QuoteSigner
from billing.quotes import QuoteLevel, shown_levels
from billing.renewal import Operation, Renewal, Wanted, price_renewal
from billing.renewal_state import require_state
from billing.renewal_writing import write_renewals
from billing.subscription_access import Held, subscription_for, subscription_seen
from core.calendar import start_of_day
from core.clock import MINUTE, Instant
from core.refusals import Blocker, Refused, refuse
from tenants.access import hold_active, relation_to
from tenants.commands import Outcome, RefusedWithTrace
from tenants.permissions import Action, Area, decide_read
from tenants.unit_of_work import UnitOfWork

MOST_ROWS = 100
ACTIONS = {
    Operation.RENEW: Action.RENEW,
    Operation.RECOVER: Action.RECOVER,
    Operation.EXTEND: Action.EXTEND,
    Operation.REACTIVATE: Action.REACTIVATE,
}


@dataclass(frozen=True, slots=True)
class RenewalOrder:
    """The input: which subscription, in the version that was seen, and how. A named quote has to give the same again.

    An extension names either cycles or the last day that is to be paid for."""

    subscription_id: str
    operation: Operation
    version: int | None = None
    cycles: int | None = None
    last_day: date | None = None
    quote_id: str | None = None
    total_micros: int | None = None
    total_currency: str | None = None


@dataclass(frozen=True, slots=True)
class RenewalQuote:
    """What the operation would do now; levels[0] is the holder's. The id holds until expires_at, exclusive."""

    subscription_id: str
    version: int
    operation: Operation
    quote_id: str
    expires_at: Instant
    start_date: date
    end_date: date
    last_day: date
    ends_at: Instant
    levels: tuple[QuoteLevel, ...]
    blockers: tuple[Blocker, ...]


async def renew_subscription(uow: UnitOfWork, order: RenewalOrder, signer: QuoteSigner) -> Outcome:
    """Charge every pair for the next stretch of paid time (SUB-50 to SUB-53).

    Answers subscriptionId, saleId, ledgerTransactionId (the holder's; None at a price of 0). Refused: NOT_FOUND,
    FORBIDDEN, SCOPE_MISSING, CONSENT_REQUIRED, VERSION_CONFLICT, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED, as
    `require_state`, FIELD_REQUIRED, as `price_renewal`, CURRENCY_MISMATCH, QUOTE_STALE, INSUFFICIENT_CREDIT with
    `missing`, UPSTREAM_CREDIT_INSUFFICIENT."""
    held = await subscription_for(uow, ACTIONS[order.operation], order.subscription_id, order.version)
    wanted = await _checked(uow, held, order)
    await hold_active(uow, held.holder.id)
    require_currency(order.total_currency, held.subscription.currency, ("total", "currency"))
    async with uow.as_platform("MON-30: a sale charges every level up to the Product's owner"):
        renewal = await price_renewal(uow, held.subscription, wanted)
        _require_fresh(order, renewal, signer, uow.now)
        require_money(renewal.due, uow.now, uow.actor.path)
        written = await write_renewals(uow, [renewal])
    of = held.subscription.id
    return {"subscriptionId": of, "saleId": written.sale_id, "ledgerTransactionId": written.transaction_ids[of]}


async def renew_subscriptions(uow: UnitOfWork, orders: Sequence[RenewalOrder], signer: QuoteSigner) -> Outcome:
    """1 to 100 of them, one after the other, each with a result of its own (SUB-54).

    Refused as a whole: TOO_MANY_ROWS. Answers `results`, one per row: as `renew_subscription`, or `errors`."""
    if not 1 <= len(orders) <= MOST_ROWS:
        refuse("TOO_MANY_ROWS", "This takes 1 to 100 rows.", ("subscriptions",), maximum=MOST_ROWS)
    return {"results": [await _one_row(uow, order, signer) for order in orders]}


async def quote_renewal(uow: UnitOfWork, order: RenewalOrder, signer: QuoteSigner) -> RenewalQuote:
    """The quote; writes and locks nothing (SUB-10).

    Refused as the command itself; that the asker may not do it, or that money is short, is told in `blockers`."""
    held, decision = await subscription_seen(uow, ACTIONS[order.operation], order.subscription_id)
    decide_read(Area.PRICES, uow.actor.role, relation_to(uow, held.holder), uow.actor.via).enforce()
    wanted = await _checked(uow, held, order)
    async with uow.as_platform("SUB-10: a quote reads what the command would read"):
        renewal = await price_renewal(uow, held.subscription, wanted, is_preview=True)
    may_not = None if decision.code is None else Blocker(decision.code, "The asker may not do this itself.")
    blocker = may_not or money_blocker(renewal.due, uow.now, uow.actor.path)
    expires_at, time = uow.now + renewal.policies.integer("quoteMinutes") * MINUTE, renewal.sale.time
    return RenewalQuote(
        held.subscription.id, held.subscription.version, order.operation,
        signer.sign(_quoted_facts(renewal), expires_at), expires_at, time.start, time.end, time.segments[-1].last_day,
        start_of_day(time.end, held.holder.timezone), tuple(shown_levels(renewal.due, uow)),
        () if blocker is None else (blocker,),
    )  # fmt: skip


async def _checked(uow: UnitOfWork, held: Held, order: RenewalOrder) -> Wanted:
    """What needs no price: active, in a state that allows it, and what an extension names."""
    require_chain_active(held.holder)
    is_seller = held.holder.id != uow.actor.organization_id
    await require_state(uow, held.subscription, order.operation, is_seller=is_seller)
    wanted = Wanted(order.operation)
    if order.operation is not Operation.EXTEND:
        return wanted
    if (order.cycles is None) == (order.last_day is None):
        refuse("FIELD_REQUIRED", "Name either cycles or a last day.", ("lastDay",))
    if order.cycles is not None and order.cycles < 1:
        refuse("CYCLE_TOO_SHORT", "At least one cycle.", ("cycles",))
    return replace(wanted, cycles=order.cycles or 1, last_day=order.last_day)


def _quoted_facts(renewal: Renewal) -> Mapping[str, object]:
    """What a quote stands for."""
    buyer, time = renewal.due.buyer, renewal.sale.time
    return {
        "subscription": renewal.subscription.id,
        "operation": renewal.operation.value,
        "items": [[line.item.id, line.item.quantity] for line in buyer.lines],
        "net": buyer.net_micros,
        "total": buyer.gross_micros,
        "currency": buyer.level.currency,
        "period": [time.start.isoformat(), time.end.isoformat()],
    }


def _require_fresh(order: RenewalOrder, renewal: Renewal, signer: QuoteSigner, now: Instant) -> None:
    is_other_total = order.total_micros is not None and order.total_micros != renewal.due.buyer.gross_micros
    is_stale = order.quote_id is not None and not signer.holds(order.quote_id, _quoted_facts(renewal), now)
    if is_other_total or is_stale:
        refuse("QUOTE_STALE", "The quote does not hold any more; ask for a new one.", ("quoteId",))


async def _one_row(uow: UnitOfWork, order: RenewalOrder, signer: QuoteSigner) -> Outcome:
    try:
        return await renew_subscription(uow, order, signer)
    except Refused as refused:  # it is refused before anything is written
        if isinstance(refused, RefusedWithTrace):
            async with uow.as_platform("MON-32: who is short of money hears of it"):
                await refused.leave_trace(uow.tx)
        errors = [
            {"code": each.code, "message": each.message, "field": each.field, "details": each.details or None}
            for each in refused.blockers
        ]
        return {"subscriptionId": order.subscription_id, "errors": errors}
