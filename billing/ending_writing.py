"""What an ended subscription leaves in the tables: ledger, charges, pay-out, timeline, audit. Decides nothing."""

from collections.abc import Iterable, Iterator, Sequence

from billing.aftermath import follow_up
from billing.ending_figures import ChargeEnding, LevelEnding
from billing.ledger import Movement, MovementType, post
from billing.queued_changes import drop_queued_change
from billing.subscription_access import Held
from billing.subscription_status import Status
from billing.timeline import TimelineEntry, write_changes_of_time, write_entries
from core.calendar import local_date
from core.ids import new_id
from core.transaction import insert
from tenants.unit_of_work import UnitOfWork

ENDED_TOPIC = "subscription.terminated"


async def write_ending(uow: UnitOfWork, held: Held, levels: Sequence[LevelEnding], reason: str) -> str | None:
    """Write the whole ending of a locked row; answers the id of the Payment that went out, if one did."""
    payment_id = new_id("pay") if levels and levels[0].pays_out else None
    async with uow.as_platform("MON-34: entries of every pair up the chain"):
        transaction_ids = await _post(uow, held, levels, payment_id)
        await _mark_refunded(uow, [each for level in levels for each in level.charges])
        await drop_queued_change(uow.tx, held.subscription.id)
    if payment_id is not None:
        await _write_pay_out(uow, levels[0], payment_id, transaction_ids[f"pay_out:{payment_id}"])
    await _terminate(uow, held, reason)
    await follow_up(uow, [level.level.pair.wallet.id for level in levels if level.entries])
    _tell(uow, held, reason)
    return payment_id


async def _post(uow: UnitOfWork, held: Held, levels: Iterable[LevelEnding], payment_id: str | None) -> dict[str, str]:
    """Post every pair's movements; answers the transactions' ids by posting key."""
    early_end_sale, subscription_id = new_id("sale"), held.subscription.id
    movements = [
        movement
        for level in levels
        for movement in (
            *_refunds(subscription_id, level),
            *_early_end(subscription_id, level, early_end_sale),
            *_pay_out(level, payment_id),
        )
    ]
    ids = await post(uow, movements) if movements else []
    return {movement.posting_key: ltx for movement, ltx in zip(movements, ids, strict=True)}


def _refunds(subscription_id: str, level: LevelEnding) -> Iterator[Movement]:
    """One for each sale that gives something back; a key can be posted only once."""
    wallet = level.level.pair.wallet
    for sale_id, entries in level.refunds_by_sale.items():
        key = f"refund:{subscription_id}:{sale_id}:{wallet.id}"
        yield Movement(wallet, MovementType.REFUND, entries, "Subscription", subscription_id, key, sale_id)


def _early_end(subscription_id: str, level: LevelEnding, sale_id: str) -> Iterator[Movement]:
    """The minimum term: a sale of its own over all levels that bind to one."""
    wallet, entries = level.level.pair.wallet, level.early_end_entries
    if entries:
        key = f"early_end:{subscription_id}:{wallet.id}"
        yield Movement(wallet, MovementType.EARLY_END, entries, "Subscription", subscription_id, key, sale_id)


def _pay_out(level: LevelEnding, payment_id: str | None) -> Iterator[Movement]:
    """The refund leaving the Wallet again."""
    if level.pays_out and payment_id is not None:
        wallet, key = level.level.pair.wallet, f"pay_out:{payment_id}"
        yield Movement(wallet, MovementType.PAY_OUT, level.pay_out_entries, "Payment", payment_id, key)


async def _mark_refunded(uow: UnitOfWork, charges: Iterable[ChargeEnding]) -> None:
    """Note on every charge what came back of it; the database refuses more than was charged."""
    given = [each for each in charges if each.given_back.net_micros]
    if not given:
        return
    values = ", ".join(
        f"(${place}, CAST(${place + 1} AS bigint), CAST(${place + 2} AS bigint))"
        for place in range(1, 3 * len(given) + 1, 3)
    )
    arguments = [
        argument
        for each in given
        for argument in (each.charge.id, each.given_back.net_micros, each.given_back.tax_micros)
    ]
    await uow.tx.execute(
        "UPDATE segment_charge SET refunded_net_micros = refunded_net_micros + v.column2, "
        "refunded_tax_micros = refunded_tax_micros + v.column3 "
        f"FROM (VALUES {values}) AS v WHERE segment_charge.id = v.column1",
        *arguments,
    )


async def _write_pay_out(uow: UnitOfWork, level: LevelEnding, payment_id: str, transaction_id: str) -> None:
    """The Payment that takes a refund out again; its fee may eat all of it (SUB-84)."""
    pair = level.level.pair
    wallet = pair.wallet
    await insert(
        uow.tx, "payment", id=payment_id, organization_id=wallet.organization_id, path=wallet.path,
        seller_id=wallet.seller_id, wallet_id=wallet.id, kind="PAY_OUT", amount_micros=level.refund_micros,
        fee_micros=level.fee_micros, currency=wallet.currency, method=level.pay_out_method, status="SETTLED",
        received_date=local_date(uow.now, pair.buyer.timezone).isoformat(), ledger_transaction_id=transaction_id,
        created_at=uow.now, settled_at=uow.now,
    )  # fmt: skip
    after = {"kind": "PAY_OUT", "amountMicros": level.refund_micros, "feeMicros": level.fee_micros}
    uow.audit("Payment", payment_id, organization_id=wallet.organization_id, path=wallet.path, after=after)


async def _terminate(uow: UnitOfWork, held: Held, reason: str) -> None:
    """The row, its timeline, and the Alerts whose cause is gone with it (SUB-112)."""
    subscription = held.subscription
    await uow.tx.execute(
        "UPDATE subscription SET terminated_at = $5, termination_reason = $6, version = version + 1 "
        f"WHERE id = $4 AND {uow.visible('subscription', 'subscription')}",
        *uow.scope, subscription.id, uow.now, reason,
    )  # fmt: skip
    await write_changes_of_time(uow.tx, [subscription.subject], uow.now)
    status, actor = subscription.status(uow.now), uow.actor.member_id
    place = (subscription.id, subscription.organization_id, subscription.path)
    await write_entries(uow.tx, [TimelineEntry(*place, uow.now, status, Status.TERMINATED, reason, actor)])
    await close_alerts(uow, subscription.id)


async def close_alerts(uow: UnitOfWork, subscription_id: str) -> None:
    """Close the open Alerts about a subscription: once the cause is gone, none stands."""
    await uow.tx.execute(
        "UPDATE alert SET closed_at = $5 WHERE subject_id = $4 AND closed_at IS NULL "
        f"AND {uow.visible('alert', 'alert')}",
        *uow.scope, subscription_id, uow.now,
    )  # fmt: skip


def _tell(uow: UnitOfWork, held: Held, reason: str) -> None:
    """The audit entry, and the notice to the organization that held it."""
    subscription = held.subscription
    place = {"organization_id": subscription.organization_id, "path": subscription.path}
    uow.audit(
        "Subscription", subscription.id, **place, reason=reason,
        before={"status": subscription.status(uow.now).value}, after={"status": Status.TERMINATED.value},
    )  # fmt: skip
    uow.send(ENDED_TOPIC, subscription.id, {"subscriptionId": subscription.id, "reason": reason}, **place)
