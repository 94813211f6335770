"""The only answer to a wrong posting: its exact opposite, once, for every pair of the sale at once (MON-23)."""

from collections.abc import Mapping, Sequence

from billing.aftermath import follow_up
from billing.ledger import Movement, MovementType, post
from billing.posting import Entry, LedgerAccount, Owner, reversal
from billing.settlement import take_allocations_back
from billing.wallets import WalletRow, lock_wallets
from core.refusals import refuse
from core.transaction import Row
from tenants.access import allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork


async def reverse_transaction(uow: UnitOfWork, transaction_id: str, comment: str | None = None) -> Outcome:
    """Post the opposite of a LedgerTransaction and of all that was written with it. Answers ledgerTransactionIds.

    Of a sale every level goes with it, and what came back of the sale since; a refund is reversed by itself,
    for its own subscription alone when several were charged together (SUB-42).
    Refused: NOT_FOUND, FORBIDDEN, REVERSAL_NOT_REVERSIBLE, ALREADY_REVERSED. Subscriptions keep their state."""
    named = await row_by_id(uow, "ledger_transaction", transaction_id, ("id",))
    allow(uow, Action.CREDIT_WALLET, await organization_by_id(uow, named["organization_id"]))
    if named["reverses_id"] is not None:
        refuse("REVERSAL_NOT_REVERSIBLE", "A reversal is not reversed.", ("id",))
    async with uow.as_platform("MON-23: a sale is reversed at every level or not at all"):
        rows = await uow.tx.fetch(
            "SELECT t.id, t.wallet_id, t.sale_id, t.type, t.source_type, t.source_id, "
            "t.external_number FROM ledger_transaction t "
            "WHERE t.id = $1 OR (t.sale_id = $2 AND t.reverses_id IS NULL AND CASE WHEN $3 = $4 "
            "THEN t.type = $4 AND t.source_id = $5 ELSE t.type = $3 "
            "OR NOT EXISTS (SELECT 1 FROM ledger_transaction r WHERE r.reverses_id = t.id) END) ORDER BY t.id",
            transaction_id, named["sale_id"], named["type"], MovementType.REFUND.value, named["source_id"],
        )  # fmt: skip
        wallets = await lock_wallets(uow, {row["wallet_id"] for row in rows})
        await _require_first(uow, rows)
        ids = await post(uow, await _movements(uow, rows, wallets, comment))
        for row in rows:
            if row["source_type"] == "Payment":
                await take_allocations_back(uow, wallets[row["wallet_id"]], row["source_id"])
        await follow_up(uow, wallets)
    return {"ledgerTransactionIds": ids}


async def _require_first(uow: UnitOfWork, rows: Sequence[Row]) -> None:
    """Refused ALREADY_REVERSED; read after the Wallets are locked, so that of two at once one finds the other's."""
    places = ", ".join(f"${place}" for place in range(1, len(rows) + 1))
    sql = f"SELECT 1 FROM ledger_transaction WHERE reverses_id IN ({places})"
    if await uow.tx.fetch(sql, *(row["id"] for row in rows)):
        refuse("ALREADY_REVERSED", "The transaction was reversed before.", ("id",))


async def _movements(
    uow: UnitOfWork, rows: Sequence[Row], wallets: Mapping[str, WalletRow], comment: str | None
) -> list[Movement]:
    places = ", ".join(f"${place}" for place in range(1, len(rows) + 1))
    found: dict[str, list[Entry]] = {row["id"]: [] for row in rows}
    for entry in await uow.tx.fetch(
        "SELECT transaction_id, organization_id, ledger_account, detail, amount_micros FROM ledger_entry "
        f"WHERE transaction_id IN ({places}) ORDER BY transaction_id, line",
        *found,
    ):
        found[entry["transaction_id"]].append(_entry(entry))
    return [
        Movement(
            wallets[row["wallet_id"]], MovementType.REVERSAL, reversal(found[row["id"]]), row["source_type"],
            row["source_id"], f"reversal:{row['id']}", row["sale_id"], comment, reverses_id=row["id"],
            external_number=row["external_number"],
        )
        for row in rows
    ]  # fmt: skip


_OF_THE_BUYER = frozenset({"WALLET", "UNBILLED", "DUE", "ACCOUNT", "PAYABLE"})


def _entry(row: Row) -> Entry:
    owner = Owner.BUYER if row["ledger_account"] in _OF_THE_BUYER else Owner.SELLER
    return Entry(LedgerAccount(row["ledger_account"]), owner, row["amount_micros"], row["detail"])
