"""A code that was paid at a counter settles once (MON-45). Writes nothing."""

from billing.wallets import WalletRow
from core.refusals import refuse
from core.transaction import fetch_one, fetch_value
from tenants.unit_of_work import UnitOfWork


async def require_unsettled_code(uow: UnitOfWork, wallet: WalletRow, code: str | None) -> None:
    """Nobody has settled this code with the Wallet's seller; two at once wait for each other. Nothing without a code.

    Refused: PAYMENT_CODE_ALREADY_SETTLED (by the buyer itself), PAYMENT_CODE_SETTLED_ELSEWHERE, without a name."""
    if code is None:
        return
    async with uow.as_platform("MON-45: a code settles once with its seller, whoever enters it"):
        if uow.tx.dialect == "postgres":
            sql = "SELECT o.id FROM organization o WHERE o.id = $1 FOR NO KEY UPDATE"
            await fetch_one(uow.tx, sql, wallet.seller_id)
        holder = await fetch_value(
            uow.tx,
            "SELECT p.organization_id FROM payment p WHERE p.seller_id = $1 AND p.reference = $2 "
            "AND p.method = 'OFFLINE_CODE' AND p.status IN ('SETTLED', 'REFUNDED')",
            wallet.seller_id, code,
        )  # fmt: skip
    if holder == wallet.organization_id:
        refuse("PAYMENT_CODE_ALREADY_SETTLED", "This code was settled before.", ("reference",))
    if holder is not None:
        refuse("PAYMENT_CODE_SETTLED_ELSEWHERE", "This code was settled for another organization.", ("reference",))
