"""What follows when the money or the limit of a Wallet moved: open invoices, suspension and return, Alerts.

Every path that moves either calls it once at its end, in its transaction (MON-47, MON-62, MON-64, MON-66, ALR-2)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from billing.alerts import Alert, AlertKind, raise_alert
from billing.credit_suspension import is_returning, is_suspending, return_from_limit, suspend_by_limit
from billing.payment_stops import lift_when_paid
from billing.settlement import Paid, settle_invoices
from billing.wallet_figures import WalletMode
from billing.wallets import WalletRow, lock_wallets
from core.clock import Instant
from core.ids import new_id
from core.money import format_amount
from core.transaction import Transaction, fetch_one, insert
from tenants.policy.policy import read_policies
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork

NOTHING_PAID: Mapping[str, Paid] = {}


@dataclass(frozen=True, slots=True)
class Standing:
    """A Wallet as it stands now, with what its seller has set for it and the buyer's own time zone."""

    wallet: WalletRow
    policies: Policies
    timezone: str
    is_open: bool = True
    """A closed Wallet only settles its old invoices; what runs now hangs on the new one (MOVE-7)."""


async def follow_up(uow: UnitOfWork, wallet_ids: Collection[str], paid: Mapping[str, Paid] = NOTHING_PAID) -> None:
    """Do what follows for each of the Wallets; `paid` says, by Wallet, which payment brought the money."""
    if not wallet_ids:
        return
    async with uow.as_platform("MON-62: what follows from money reaches every level of the chain"):
        for wallet in (await lock_wallets(uow, wallet_ids)).values():
            settled = await settle_invoices(uow, wallet, paid.get(wallet.id))
            standing = await read_standing(uow.tx, settled)
            if standing.is_open:
                await follow_limit(uow.tx, standing, uow.now, uow.actor.member_id)
                await _follow_alerts(uow.tx, standing, uow.now)
            if wallet.id in paid:
                await lift_when_paid(uow, wallet.organization_id)


async def read_standing(tx: Transaction, wallet: WalletRow) -> Standing:
    """Policies and time zone of the Wallet's buyer; `tx` sees as the platform."""
    buyer = await fetch_one(
        tx,
        "SELECT o.timezone, w.closed_at FROM wallet w JOIN organization o ON o.id = w.organization_id WHERE w.id = $1",
        wallet.id,
    )
    assert buyer is not None, "a Wallet names a stored organization"
    policies = await read_policies(tx, wallet.organization_id)
    return Standing(wallet, policies, buyer["timezone"], buyer["closed_at"] is None)


async def follow_limit(tx: Transaction, standing: Standing, at: Instant, actor_member_id: str | None) -> None:
    """Suspend the buyer's subscriptions beyond the limit, or bring them back (MON-62, MON-64), with an Alert."""
    wallet = standing.wallet
    if is_suspending(wallet, standing.policies, at):
        services = await suspend_by_limit(tx, wallet.organization_id, at, actor_member_id)
        if services:
            details = {"reason": "CREDIT_LIMIT", "services": services} | _balance(wallet)
            await raise_alert(tx, _alert(standing, AlertKind.SUSPENDED, details), at)
            await _notify(tx, "notice.subscription_suspended", wallet, details | {"wayBack": "Pay what is owed."}, at)
    elif is_returning(wallet, standing.policies, at):
        services = await return_from_limit(tx, wallet.organization_id, at, actor_member_id)
        await _close(tx, wallet, AlertKind.SUSPENDED, at)
        if services:
            details = {"services": services} | _balance(wallet)
            await _notify(tx, "notice.subscription_returned", wallet, details, at)


async def _follow_alerts(tx: Transaction, standing: Standing, now: Instant) -> None:
    wallet = standing.wallet
    if is_low(wallet, standing.policies):
        if await raise_alert(tx, alert_of_low_money(standing), now):
            await _notify(tx, "notice.low_money", wallet, low_money_payload(wallet), now)
    else:
        await _close(tx, wallet, AlertKind.LOW_MONEY, now)
    await _close_covered(tx, wallet, now)


async def _notify(tx: Transaction, topic: str, wallet: WalletRow, payload: Mapping[str, object], at: Instant) -> None:
    """One notice to the buyer, with the change itself; also where time alone acts."""
    await insert(
        tx, "outbox", id=new_id("obx"), organization_id=wallet.organization_id, path=wallet.path, topic=topic,
        subject_id=wallet.id, payload=json.dumps({**payload, "link": "/wallet"}), created_at=at, due_at=at,
    )  # fmt: skip


def alert_of_low_money(standing: Standing) -> Alert:
    """One a local day (MON-66)."""
    return _alert(standing, AlertKind.LOW_MONEY, _balance(standing.wallet))


def low_money_payload(wallet: WalletRow) -> dict[str, object]:
    """What the notice says."""
    return _balance(wallet) | {"wayBack": "Top up the wallet.", "link": "/wallet"}


def is_low(wallet: WalletRow, policies: Policies) -> bool:
    """Whether netBalance is at or below the greater of alert threshold and minimum balance (MON-66, MON-15)."""
    own = (wallet.alert_threshold_micros, wallet.min_balance_micros)
    set_by_seller = (policies.money_or_none("alertThreshold"), policies.money_or_none("minBalance"))
    marks = [seller if mine is None else mine for mine, seller in zip(own, set_by_seller, strict=True)]
    thresholds = [mark for mark in marks if mark is not None]
    if not thresholds or wallet.mode is WalletMode.POSTPAID:
        return False
    return wallet.wallet_micros + wallet.unbilled_micros + wallet.due_micros <= max(thresholds)


def _balance(wallet: WalletRow) -> dict[str, object]:
    net = wallet.wallet_micros + wallet.unbilled_micros + wallet.due_micros
    return {"netBalance": format_amount(net, wallet.currency), "currency": wallet.currency}


def _alert(standing: Standing, kind: AlertKind, details: Mapping[str, object]) -> Alert:
    wallet = standing.wallet
    return Alert(wallet.organization_id, wallet.path, standing.timezone, kind, wallet.id, details)


async def _close_covered(tx: Transaction, wallet: WalletRow, now: Instant) -> None:
    """UPSTREAM_SHORT is over once the Wallet covers what it was short for (ALR-2)."""
    rows = await tx.fetch(
        "SELECT id, needed_micros FROM alert WHERE subject_id = $1 AND kind = $2 AND closed_at IS NULL",
        wallet.id, AlertKind.UPSTREAM_SHORT.value,
    )  # fmt: skip
    for row in rows:
        if row["needed_micros"] is None or wallet.usable(now) >= row["needed_micros"]:
            await tx.execute("UPDATE alert SET closed_at = $2 WHERE id = $1", row["id"], now)


async def _close(tx: Transaction, wallet: WalletRow, kind: AlertKind, now: Instant) -> None:
    await tx.execute(
        "UPDATE alert SET closed_at = $3 WHERE subject_id = $1 AND kind = $2 AND closed_at IS NULL",
        wallet.id, kind.value, now,
    )  # fmt: skip
