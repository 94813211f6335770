"""Credit that a seller gives without money arriving: the limit of a Wallet, issued credit (MON-14, MON-15, MON-58)."""

from dataclasses import dataclass

from billing.aftermath import follow_up
from billing.amounts import check_amount, require_currency
from billing.ledger import Movement, MovementType, post
from billing.member_limits import require_within_member_limits
from billing.posting import Entry, Event, Figures, entries_of, reversal
from billing.purchase import require_chain_active
from billing.wallet_figures import prepaid_figures
from billing.wallets import WalletRow, lock_wallets, wallet_of
from core.ids import new_id
from core.money import format_amount, is_whole_minor
from core.refusals import Blockers, refuse
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class CreditAmount:
    """How much for whom; comment is shown to the buyer."""

    organization_id: str
    amount_micros: int
    currency: str
    comment: str | None = None


async def set_credit_limit(
    uow: UnitOfWork, organization_id: str, limit_micros: int, currency: str | None = None
) -> Outcome:
    """Set the permanent limit of the buyer's Wallet (MON-14). Answers walletId.

    `currency` None is the Wallet's own. By the seller; the buyer's own attempt: CREDIT_LIMIT_NOT_EDITABLE (MON-15).
    Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED (ORG-16), WALLET_MISSING,
    CURRENCY_MISMATCH (MON-4), AMOUNT_NOT_POSITIVE (below 0), AMOUNT_PRECISION."""
    buyer = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.SET_CREDIT_LIMIT, buyer)
    require_currency(currency, buyer.currency, ("creditLimit",))
    if limit_micros < 0:
        refuse("AMOUNT_NOT_POSITIVE", "A credit limit is never below zero.", ("creditLimit",))
    if not is_whole_minor(limit_micros, buyer.currency):
        refuse("AMOUNT_PRECISION", "The amount has more decimals than the currency.", ("creditLimit",))
    require_chain_active(buyer)
    wallet = await wallet_of(uow, buyer.id)
    await uow.tx.execute(
        "UPDATE wallet SET credit_limit_micros = $4, version = version + 1 "
        f"WHERE id = $5 AND {uow.visible('wallet', 'wallet')}",
        *uow.scope, limit_micros, wallet.id,
    )  # fmt: skip
    await follow_up(uow, [wallet.id])
    before, after = {"creditLimitMicros": wallet.credit_limit_micros}, {"creditLimitMicros": limit_micros}
    uow.audit("Wallet", wallet.id, organization_id=buyer.id, path=wallet.path, before=before, after=after)
    return {"walletId": wallet.id}


async def issue_credit(uow: UnitOfWork, given: CreditAmount) -> Outcome:
    """Put credit into the buyer's Wallet (MON-58). Answers walletId, ledgerTransactionId.

    Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED (ORG-16), WALLET_MISSING,
    AMOUNT_NOT_POSITIVE, AMOUNT_PRECISION, CURRENCY_MISMATCH, ISSUE_EXCEEDS_USABLE (more than the seller's own usable
    with its parent in the same currency), TRANSACTION_LIMIT, DAILY_LIMIT (MON-52)."""
    buyer = await organization_by_id(uow, given.organization_id, ("organizationId",))
    allow(uow, Action.GIVE_MONEY, buyer)
    _check(given, buyer)
    require_chain_active(buyer)
    own, wallet = await _lock_both(uow, buyer)
    if own is not None and own.currency == wallet.currency and given.amount_micros > own.usable(uow.now):
        refuse("ISSUE_EXCEEDS_USABLE", "More than the seller's own usable credit.", ("amount",))
    policies = await policies_for(uow, buyer.id)
    async with uow.as_platform("MON-52: what the member gave out today"):
        await require_within_member_limits(uow, policies, wallet.seller_id, given.amount_micros, wallet.currency)
    return await _post(uow, given, wallet, MovementType.CREDIT_ISSUED, await _issued_entries(uow, wallet, given))


async def take_back_credit(uow: UnitOfWork, given: CreditAmount) -> Outcome:
    """Take issued credit back (MON-58). Answers walletId, ledgerTransactionId.

    Refused: as issue_credit; TAKE_BACK_EXCEEDS_ISSUED (more than was issued, or than the stored free money)."""
    buyer = await organization_by_id(uow, given.organization_id, ("organizationId",))
    allow(uow, Action.TAKE_BACK_MONEY, buyer)
    _check(given, buyer)
    wallet = await wallet_of(uow, buyer.id)
    issued = await _issued_micros(uow, wallet)
    most = min(issued, prepaid_figures(wallet.sums(uow.now)).free_micros)
    if given.amount_micros > most:
        refuse(
            "TAKE_BACK_EXCEEDS_ISSUED", "More than was issued and is still there.", ("amount",),
            most=format_amount(most, wallet.currency),
        )  # fmt: skip
    entries = reversal(await _issued_entries(uow, wallet, given))
    return await _post(uow, given, wallet, MovementType.CREDIT_TAKEN_BACK, entries)


def _check(given: CreditAmount, buyer: OrganizationFacts) -> None:
    """What the input alone says comes before any state (GEN-1); a Wallet has its buyer's currency."""
    found = Blockers()
    check_amount(found, given.amount_micros, given.currency, buyer.currency)
    found.raise_if_any()


async def _lock_both(uow: UnitOfWork, buyer: OrganizationFacts) -> tuple[WalletRow | None, WalletRow]:
    """The seller's own Wallet (None at the OPERATOR) and the buyer's, locked from above (MON-7)."""
    async with uow.as_platform("MON-58: what the seller itself may spend with its parent"):
        rows = await uow.tx.fetch(
            "SELECT w.id FROM wallet w WHERE w.organization_id IN ($1, $2) AND w.closed_at IS NULL",
            buyer.id, buyer.parent_id,
        )  # fmt: skip
        wallets = {wallet.organization_id: wallet for wallet in (await _locked(uow, [row["id"] for row in rows]))}
    if buyer.id not in wallets:
        refuse("WALLET_MISSING", "There is no open wallet with the seller.")
    return wallets.get(buyer.parent_id or ""), wallets[buyer.id]


async def _locked(uow: UnitOfWork, wallet_ids: list[str]) -> list[WalletRow]:
    return list((await lock_wallets(uow, wallet_ids)).values()) if wallet_ids else []


async def _issued_micros(uow: UnitOfWork, wallet: WalletRow) -> int:
    """What was issued and not taken back: the sum of the pair's ISSUED entries, mirrored."""
    total = await fetch_value(
        uow.tx,
        "SELECT coalesce(sum(e.amount_micros), 0) FROM ledger_entry e "
        "JOIN ledger_transaction t ON t.id = e.transaction_id WHERE t.wallet_id = $4 AND e.ledger_account = 'ISSUED' "
        f"AND {uow.visible('e', 'ledger_entry')} AND {uow.visible('t', 'ledger_transaction')}",
        *uow.scope, wallet.id,
    )  # fmt: skip
    return -int(total)


async def _issued_entries(uow: UnitOfWork, wallet: WalletRow, given: CreditAmount) -> tuple[Entry, ...]:
    terms = wallet.terms(await policies_for(uow, wallet.organization_id))
    return entries_of(Event.CREDIT_ISSUED, terms, Figures(given.amount_micros))


async def _post(
    uow: UnitOfWork, given: CreditAmount, wallet: WalletRow, kind: MovementType, entries: tuple[Entry, ...]
) -> Outcome:
    key = new_id("issue")
    movement = Movement(wallet, kind, entries, "Wallet", wallet.id, key, comment=given.comment)
    posted = await post(uow, [movement])
    await follow_up(uow, [wallet.id])
    after = {"amountMicros": given.amount_micros, "type": kind.value}
    uow.audit("Wallet", wallet.id, organization_id=wallet.organization_id, path=wallet.path, after=after)
    return {"walletId": wallet.id, "ledgerTransactionId": posted[0]}
