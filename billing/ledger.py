"""The one way into the ledger: balanced entries of pairs, written once and never changed (MON-20 to MON-24).

Moves the wallets' sums with them. Checks no credit and locks nothing: who calls has locked the Wallets (wallets.py)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from billing.posting import Entry, LedgerAccount, Owner, require_balanced
from billing.wallets import WalletRow
from core.ids import new_id
from core.transaction import Transaction, insert_many
from tenants.unit_of_work import UnitOfWork


class MovementType(StrEnum):
    """What a LedgerTransaction is about: the kind in the transactions view (MON-91)."""

    PURCHASE = "PURCHASE"
    RENEWAL = "RENEWAL"
    RECOVERY = "RECOVERY"
    EXTENSION = "EXTENSION"
    REACTIVATION = "REACTIVATION"
    SHORTFALL_CREDIT = "SHORTFALL_CREDIT"
    PRORATION = "PRORATION"
    REFUND = "REFUND"
    PAY_OUT = "PAY_OUT"
    EARLY_END = "EARLY_END"
    INVOICED = "INVOICED"
    USAGE = "USAGE"
    PAYMENT = "PAYMENT"
    CREDIT_ISSUED = "CREDIT_ISSUED"
    CREDIT_TAKEN_BACK = "CREDIT_TAKEN_BACK"
    OPENING_BALANCE = "OPENING_BALANCE"
    MODE_CHANGE = "MODE_CHANGE"
    REVERSAL = "REVERSAL"


@dataclass(frozen=True, slots=True)
class Movement:
    """One LedgerTransaction to be: a pair's entries, where they come from, and the key that makes it unique for ever.

    `source_type` is the kind of row (`Subscription`, `Payment`), `source_id` its id; the movements of one sale share
    a sale_id (MON-21). `opened_micros` is what is left open on the invoice that is issued with it (MON-75); an
    external_number stands for a sale without entries (MON-90); child_id: whose sale a billing group's Wallet pays."""

    wallet: WalletRow
    type: str
    entries: tuple[Entry, ...]
    source_type: str
    source_id: str
    posting_key: str
    sale_id: str | None = None
    comment: str | None = None
    internal_comment: str | None = None
    reverses_id: str | None = None
    opened_micros: int = 0
    external_number: str | None = None
    child_id: str | None = None


async def post(uow: UnitOfWork, movements: Iterable[Movement]) -> list[str]:
    """Write the movements and move their Wallets' sums; answers the transactions' ids in the same order.

    Three statements however many movements. Pairs above the actor: call it inside `as_platform`. Entries of the
    buyer carry the buyer's path as on the Wallet, the seller's the seller's (MON-24). Refused: LEDGER_UNBALANCED."""
    posted = [(new_id("ltx"), movement) for movement in movements]
    for _, movement in posted:
        require_balanced(movement.entries)
    entries = [row for transaction_id, movement in posted for row in _entry_rows(transaction_id, movement)]
    await insert_many(uow.tx, "ledger_entry", entries)
    # The transaction seals its entries: a trigger refuses what does not sum to zero, and any later entry.
    await insert_many(uow.tx, "ledger_transaction", [_transaction_row(uow, *each) for each in posted])
    await _move_sums(uow.tx, [movement for _, movement in posted])
    return [transaction_id for transaction_id, _ in posted]


def _entry_rows(transaction_id: str, movement: Movement) -> Iterator[dict[str, object]]:
    wallet = movement.wallet
    places = {
        Owner.BUYER: {"organization_id": wallet.organization_id, "path": wallet.path},
        Owner.SELLER: {"organization_id": wallet.seller_id, "path": wallet.seller_path},
    }
    for line, entry in enumerate(movement.entries, 1):
        yield {"transaction_id": transaction_id, "line": line, **places[entry.owner],
               "ledger_account": entry.ledger_account.value, "detail": entry.detail,
               "amount_micros": entry.amount_micros, "currency": wallet.currency}  # fmt: skip


def _transaction_row(uow: UnitOfWork, transaction_id: str, movement: Movement) -> dict[str, object]:
    wallet = movement.wallet
    return {
        "id": transaction_id,
        "organization_id": wallet.organization_id,
        "path": wallet.path,
        "seller_id": wallet.seller_id,
        "wallet_id": wallet.id,
        "type": str(movement.type),
        "at": uow.now,
        "currency": wallet.currency,
        "sale_id": movement.sale_id,
        "source_type": movement.source_type,
        "source_id": movement.source_id,
        "posting_key": movement.posting_key,
        "actor_member_id": uow.actor.member_id,
        "comment": movement.comment,
        "internal_comment": movement.internal_comment,
        "reverses_id": movement.reverses_id,
        "external_number": movement.external_number,
        "child_id": movement.child_id,
    }


_SUMMED = (LedgerAccount.WALLET, LedgerAccount.UNBILLED, LedgerAccount.DUE, LedgerAccount.PAYABLE)


async def _move_sums(tx: Transaction, movements: Sequence[Movement]) -> None:
    """Add each Wallet's entries to its sums, all Wallets in one statement."""
    sums: dict[str, list[int]] = {}
    for movement in movements:
        moved = sums.setdefault(movement.wallet.id, [0] * (len(_SUMMED) + 1))
        moved[-1] += movement.opened_micros
        for entry in movement.entries:
            if entry.ledger_account in _SUMMED:
                moved[_SUMMED.index(entry.ledger_account)] += entry.amount_micros
    changed = [(wallet_id, *moved) for wallet_id, moved in sums.items() if any(moved)]
    if not changed:
        return
    width = len(_SUMMED) + 2
    values = ", ".join(_value_row(row * width + 1) for row in range(len(changed)))
    await tx.execute(
        "UPDATE wallet SET wallet_micros = wallet_micros + v.column2, unbilled_micros = unbilled_micros + v.column3, "
        "due_micros = due_micros + v.column4, payable_micros = payable_micros + v.column5, "
        "invoice_open_micros = invoice_open_micros + v.column6, version = version + 1 "
        f"FROM (VALUES {values}) AS v WHERE wallet.id = v.column1",
        *(argument for row in changed for argument in row),
    )


def _value_row(first: int) -> str:
    amounts = ", ".join(f"CAST(${place} AS bigint)" for place in range(first + 1, first + 2 + len(_SUMMED)))
    return f"(${first}, {amounts})"
