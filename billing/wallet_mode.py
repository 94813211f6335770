"""`switchWalletMode`: between PREPAID and POSTPAID, at any time (MON-16 to MON-18). By the seller alone (MON-15)."""

from billing.aftermath import follow_up
from billing.ledger import Movement, MovementType, post
from billing.posting import Event, Figures, entries_of
from billing.purchase import require_chain_active
from billing.unbilled import invoice_unbilled
from billing.wallet_figures import WalletMode
from billing.wallets import WalletRow, lock_wallets, wallet_of
from core.ids import new_id
from core.money import format_amount
from core.refusals import Blockers, refuse
from tenants.access import allow, organization_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork


async def switch_wallet_mode(uow: UnitOfWork, organization_id: str, mode: WalletMode) -> Outcome:
    """Switch; in the mode that it has already nothing happens. Answers walletId.

    Refused: NOT_FOUND, FORBIDDEN, CREDIT_LIMIT_NOT_EDITABLE (the buyer itself), ORGANIZATION_NOT_ACTIVE,
    UPSTREAM_SUSPENDED, WALLET_MISSING; to POSTPAID AUTOPAY_REQUIRED and CREDIT_LIMIT_REQUIRED, both at once; to
    PREPAID SWITCH_EXCEEDS_LIMIT (more owed than the limit)."""
    buyer = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.SET_WALLET_MODE, buyer)
    require_chain_active(buyer)
    wallet = await wallet_of(uow, buyer.id)
    if wallet.mode is mode:
        return {"walletId": wallet.id}
    policies = await policies_for(uow, buyer.id)
    if mode is WalletMode.POSTPAID:
        _require_postpaid(wallet, policies)
    else:
        _require_covered(uow, wallet)
    await _switch(uow, wallet, mode, policies)
    before, after = {"mode": wallet.mode.value}, {"mode": mode.value}
    uow.audit("Wallet", wallet.id, organization_id=buyer.id, path=wallet.path, before=before, after=after)
    return {"walletId": wallet.id}


def _require_postpaid(wallet: WalletRow, policies: Policies) -> None:
    found = Blockers()
    if wallet.credit_limit_micros <= 0:
        found.add("CREDIT_LIMIT_REQUIRED", "Set a permanent credit limit first.")
    if policies.boolean("postpaidRequiresAutopay") and not wallet.has_autopay:
        found.add("AUTOPAY_REQUIRED", "The buyer has no autopay mandate.")
    found.raise_if_any()


def _require_covered(uow: UnitOfWork, wallet: WalletRow) -> None:
    """unbilled + due below −limit is refused, exactly −limit is allowed (MON-17)."""
    owed, limit = wallet.unbilled_micros + wallet.due_micros, wallet.sums(uow.now).limit_micros
    if owed < -limit:
        missing = format_amount(-limit - owed, wallet.currency)
        refuse("SWITCH_EXCEEDS_LIMIT", "More is owed than the credit limit.", missing=missing)


async def _switch(uow: UnitOfWork, wallet: WalletRow, mode: WalletMode, policies: Policies) -> None:
    """Move the money where the other mode keeps it, then what follows from it (MON-62)."""
    async with uow.as_platform("MON-17: the invoice is the seller's, with its number"):
        if mode is WalletMode.PREPAID:
            await invoice_unbilled(uow, wallet, policies)
            wallet = (await lock_wallets(uow, [wallet.id]))[wallet.id]
        event = Event.TO_PREPAID if mode is WalletMode.PREPAID else Event.TO_POSTPAID
        moved = wallet.due_micros if mode is WalletMode.PREPAID else wallet.wallet_micros
        entries = entries_of(event, wallet.terms(policies), Figures(moved))
        if entries:
            key = new_id("mode")
            await post(uow, [Movement(wallet, MovementType.MODE_CHANGE, entries, "Wallet", wallet.id, key)])
        sql = "UPDATE wallet SET mode = $2, version = version + 1 WHERE id = $1"
        await uow.tx.execute(sql, wallet.id, mode.value)
    await follow_up(uow, [wallet.id])
