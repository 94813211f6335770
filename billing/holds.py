"""Money that a running transaction holds in a Wallet, without any ledger entry (MON-13). Posts nothing itself.

Opened, consumed and released under the Wallet's lock, inside `as_platform`; what is over its time is released."""

from enum import StrEnum

from billing.hold_rows import reserve_what_is_open
from billing.wallets import WalletRow, lock_wallets
from core.clock import MINUTE
from core.ids import new_id
from core.refusals import refuse
from core.transaction import fetch_one, insert
from tenants.unit_of_work import UnitOfWork


class HoldPurpose(StrEnum):
    """What the money waits for."""

    CARD_CHARGE = "CARD_CHARGE"
    SESSION = "SESSION"
    RENEWAL_AMOUNT = "RENEWAL_AMOUNT"


async def open_hold(
    uow: UnitOfWork, wallet: WalletRow, amount_micros: int, purpose: HoldPurpose, hold_minutes: int
) -> str:
    """Hold an amount of a locked Wallet for `holdMinutes`; answers the hold's id. Refused: INSUFFICIENT_CREDIT.

    The renewal amount comes out of a payment: it needs no usable credit, and stays until it is closed."""
    is_renewal = purpose is HoldPurpose.RENEWAL_AMOUNT
    if not is_renewal and wallet.usable(uow.now) < amount_micros:
        refuse("INSUFFICIENT_CREDIT", "The wallet does not cover the amount.")
    hold_id, until = new_id("hold"), None if is_renewal else uow.now + hold_minutes * MINUTE
    await insert(
        uow.tx, "money_hold", id=hold_id, organization_id=wallet.organization_id, path=wallet.path,
        seller_id=wallet.seller_id, wallet_id=wallet.id, purpose=purpose.value, currency=wallet.currency,
        amount_micros=amount_micros, state="OPEN", opened_at=uow.now, until_at=until,
    )  # fmt: skip
    await reserve_what_is_open(uow.tx, [wallet.id])
    return hold_id


async def consume_hold(uow: UnitOfWork, hold_id: str, amount_micros: int) -> WalletRow:
    """Close the hold for a charge of at most its amount, the rest is free again; answers the Wallet to post to.

    Refused: HOLD_CLOSED (closed before, or over its time), INSUFFICIENT_CREDIT (more than it holds)."""
    held = await _open_one(uow, hold_id)
    if amount_micros > held:
        refuse("INSUFFICIENT_CREDIT", "More than the hold keeps.", ("amount",))
    return await _close(uow, hold_id, "CONSUMED", amount_micros)


async def release_hold(uow: UnitOfWork, hold_id: str) -> WalletRow:
    """Give the money free; answers the Wallet as it stands then. Refused: HOLD_CLOSED."""
    await _open_one(uow, hold_id)
    return await _close(uow, hold_id, "RELEASED", 0)


async def _open_one(uow: UnitOfWork, hold_id: str) -> int:
    """Lock the Wallet, then look at the hold: of two at once the second finds it closed. Answers its amount."""
    named = await fetch_one(uow.tx, "SELECT wallet_id FROM money_hold WHERE id = $1", hold_id)
    if named is None:
        refuse("HOLD_CLOSED", "There is no such hold any more.")
    await lock_wallets(uow, [named["wallet_id"]])
    row = await fetch_one(
        uow.tx,
        "SELECT amount_micros FROM money_hold WHERE id = $1 AND state = 'OPEN' "
        "AND (until_at IS NULL OR until_at > $2)",
        hold_id, uow.now,
    )  # fmt: skip
    if row is None:
        refuse("HOLD_CLOSED", "The hold is closed.")
    return int(row["amount_micros"])


async def _close(uow: UnitOfWork, hold_id: str, state: str, consumed_micros: int) -> WalletRow:
    rows = await uow.tx.fetch(
        "UPDATE money_hold SET state = $2, consumed_micros = $3, closed_at = $4 WHERE id = $1 RETURNING wallet_id",
        hold_id, state, consumed_micros, uow.now,
    )  # fmt: skip
    wallet_id = rows[0]["wallet_id"]
    await reserve_what_is_open(uow.tx, [wallet_id])
    return (await lock_wallets(uow, [wallet_id]))[wallet_id]
