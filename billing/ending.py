"""Ending a subscription: `previewRefund` and `refundSubscription`, made by the same code (SUB-81 to SUB-86).

At once and final, by the seller alone. What it costs for the minimum term becomes a debt: it never stops an ending."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from billing.chain import Level, OrderedItem, read_chain
from billing.ending_figures import Ending, LevelEnding, end_levels
from billing.ending_preview import RefundPreview, preview_of
from billing.ending_writing import write_ending
from billing.member_limits import require_within_member_limits
from billing.stored_charges import StoredCharge, stored_charges
from billing.subscription_access import Held, subscription_for
from billing.subscription_status import Status
from core.calendar import local_date
from core.refusals import Refused, refuse
from core.transaction import fetch_value
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork


class PayOut(StrEnum):
    """Where a refund leaves to when it does not stay in the Wallet (SUB-84)."""

    CARD = "CARD"
    BANK_TRANSFER = "BANK_TRANSFER"


@dataclass(frozen=True, slots=True)
class RefundQuestion:
    """What `previewRefund` asks; without pay_out the refund stays in the Wallet."""

    subscription_id: str
    pay_out: PayOut | None = None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """What `refundSubscription` names: the version of the subscription that was seen, and why it ends."""

    subscription_id: str
    version: int
    reason: str
    pay_out: PayOut | None = None


async def preview_refund(uow: UnitOfWork, question: RefundQuestion) -> RefundPreview:
    """Exactly what ending it now would do, in every Wallet that the actor may see; changes nothing (VIS-2, VIS-9).

    Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING, SUBSCRIPTION_TERMINATED, TRANSACTION_LIMIT, DAILY_LIMIT."""
    action = Action.REFUND_SUBSCRIPTION
    held = await subscription_for(uow, action, question.subscription_id, is_preview=True)
    _require_not_terminated(uow, held)
    levels = await _read_levels(uow, held, question.pay_out, is_preview=True)
    return preview_of(held, levels, uow.actor.organization_id, uow.now)


async def refund_subscription(uow: UnitOfWork, order: RefundOrder) -> Outcome:
    """End the subscription now and give back what each level's seller gives back, up the whole chain (SUB-82, MON-34).

    Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING, VERSION_CONFLICT, REASON_REQUIRED, SUBSCRIPTION_TERMINATED,
    TRANSACTION_LIMIT, DAILY_LIMIT (MON-52).
    Answers subscriptionId, organizationId, currency, paymentId (of a pay-out, or null) and, of the buyer's own pair,
    refundMicros, earlyEndMicros, feeMicros and paidOutMicros."""
    held = await subscription_for(uow, Action.REFUND_SUBSCRIPTION, order.subscription_id, order.version)
    reason = order.reason.strip()
    if not reason:
        refuse("REASON_REQUIRED", "Say why the subscription ends.", ("reason",))
    _require_not_terminated(uow, held)
    levels = await _read_levels(uow, held, order.pay_out)
    payment_id = await write_ending(uow, held, levels, reason)
    own = next(iter(levels), None)
    return {
        "subscriptionId": held.subscription.id,
        "organizationId": held.holder.id,
        "currency": held.subscription.currency,
        "paymentId": payment_id,
        "refundMicros": own.refund_micros if own else 0,
        "earlyEndMicros": own.early_end_micros if own else 0,
        "feeMicros": own.fee_micros if own else 0,
        "paidOutMicros": own.paid_out_micros if own else 0,
    }


def _require_not_terminated(uow: UnitOfWork, held: Held) -> None:
    if held.subscription.status(uow.now) is Status.TERMINATED:
        refuse("SUBSCRIPTION_TERMINATED", "The subscription has ended for good.")


async def _read_levels(
    uow: UnitOfWork, held: Held, pay_out: PayOut | None, *, is_preview: bool = False
) -> tuple[LevelEnding, ...]:
    """What happens at every pair from the buyer's upward; the Wallets stay locked unless it is a preview (MON-7)."""
    subscription, zone = held.subscription, held.holder.timezone
    ending = Ending(
        today=local_date(uow.now, zone),
        activated_on=local_date(subscription.activated_at, zone),
        start_date=subscription.start_date,
        anchor_date=subscription.anchor_date,
        end_date=subscription.end_date,
    )
    async with uow.as_platform("MON-34: each pair up the chain refunds by its own seller's policy"):
        charges = await stored_charges(uow.tx, subscription)
        levels = await _levels(uow, held, charges, is_preview=is_preview)
        ended = end_levels(levels, charges, ending, None if pay_out is None else pay_out.value)
        for own in ended[:1]:
            level, seller = own.level, own.level.pair.seller
            await require_within_member_limits(
                uow, level.policies, seller.id, own.refund_micros, level.currency, is_preview=is_preview
            )
    return ended


async def _levels(
    uow: UnitOfWork, held: Held, charges: Iterable[StoredCharge], *, is_preview: bool
) -> tuple[Level, ...]:
    """The pairs as they stand; none when the Product's owner no longer stands above, after a move (MOVE-6)."""
    subscription = held.subscription
    owner = await fetch_value(uow.tx, "SELECT organization_id FROM product WHERE id = $1", subscription.product_id)
    needs_tax = any(charge.is_taxable and charge.min_term_months is not None for charge in charges)
    plan = OrderedItem(subscription.plan_id, subscription.plan_name, subscription.quantity, needs_tax, ())
    try:
        chain = await read_chain(uow, held.holder.id, owner, [plan], is_preview=is_preview)
    except Refused as refusal:
        if refusal.codes == ("PLAN_NOT_OFFERED",):
            return ()
        raise
    return chain.levels
