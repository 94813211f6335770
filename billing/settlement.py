"""Money that came in settles open invoices, oldest first (MON-47, MON-75). Under the Wallet's lock; posts nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from billing.invoice_figures import OpenInvoice, debt_micros, settle_oldest_first
from billing.wallets import WalletRow
from core.ids import new_id
from core.transaction import insert_many
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Paid:
    """What of a settled payment reached the Wallet, in micros."""

    payment_id: str
    amount_micros: int


async def settle_invoices(uow: UnitOfWork, wallet: WalletRow, paid: Paid | None = None) -> WalletRow:
    """Allocate the payment, then whatever is open beyond what the buyer still owes; answers the Wallet after it.

    `wallet` is as it stands after the money was posted. Without open invoices nothing is asked."""
    if not wallet.invoice_open_micros:
        return wallet
    money = min(paid.amount_micros, wallet.invoice_open_micros) if paid else 0
    still_owed = debt_micros(wallet.mode, wallet.sums(uow.now))
    beyond = max(0, wallet.invoice_open_micros - money - still_owed)
    if not money + beyond:
        return wallet
    invoices = await _open_invoices(uow, wallet)
    settled = list(settle_oldest_first(invoices, money + beyond))
    await _write(uow, wallet, settled, paid, money)
    return replace(wallet, invoice_open_micros=wallet.invoice_open_micros - sum(part for _, part in settled))


async def _open_invoices(uow: UnitOfWork, wallet: WalletRow) -> list[OpenInvoice]:
    rows = await uow.tx.fetch(
        "SELECT id, open_micros FROM invoice WHERE wallet_id = $1 AND open_micros > 0 AND is_allocated_automatically "
        "AND type IN ('TAX', 'MONTHLY') ORDER BY issued_at, counter",
        wallet.id,
    )
    return [OpenInvoice(row["id"], row["open_micros"]) for row in rows]


async def _write(
    uow: UnitOfWork, wallet: WalletRow, settled: Sequence[tuple[OpenInvoice, int]], paid: Paid | None, money: int
) -> None:
    values = ", ".join(f"(${2 * place + 1}, CAST(${2 * place + 2} AS bigint))" for place in range(len(settled)))
    await uow.tx.execute(
        f"UPDATE invoice SET open_micros = open_micros - v.column2 FROM (VALUES {values}) AS v "
        "WHERE invoice.id = v.column1",
        *(value for invoice, part in settled for value in (invoice.id, part)),
    )
    await insert_many(uow.tx, "invoice_allocation", _allocations(uow, wallet, settled, paid, money))
    await _add_open(uow, wallet.id, -sum(part for _, part in settled))


def _allocations(
    uow: UnitOfWork, wallet: WalletRow, settled: Sequence[tuple[OpenInvoice, int]], paid: Paid | None, money: int
) -> list[dict[str, object]]:
    """One row for each invoice and source: the payment first, then what was credited otherwise."""
    rows: list[dict[str, object]] = []
    for invoice, part in settled:
        by_payment = min(part, money)
        money -= by_payment
        for payment_id, amount in ((paid and paid.payment_id, by_payment), (None, part - by_payment)):
            if amount:
                rows.append({
                    "id": new_id("alloc"), "organization_id": wallet.organization_id, "path": wallet.path,
                    "invoice_id": invoice.id, "payment_id": payment_id, "amount_micros": amount,
                    "currency": wallet.currency, "at": uow.now,
                })  # fmt: skip
    return rows


async def take_allocations_back(uow: UnitOfWork, wallet: WalletRow, payment_id: str) -> None:
    """The payment went back: what it had settled is open again (MON-23, MON-46)."""
    rows = await uow.tx.fetch(
        "DELETE FROM invoice_allocation WHERE payment_id = $1 RETURNING invoice_id, amount_micros", payment_id
    )
    for row in rows:
        await uow.tx.execute(
            "UPDATE invoice SET open_micros = open_micros + $2 WHERE id = $1", row["invoice_id"], row["amount_micros"]
        )
    await _add_open(uow, wallet.id, sum(int(row["amount_micros"]) for row in rows))


async def _add_open(uow: UnitOfWork, wallet_id: str, micros: int) -> None:
    if micros:
        await uow.tx.execute(
            "UPDATE wallet SET invoice_open_micros = invoice_open_micros + $2 WHERE id = $1", wallet_id, micros
        )
