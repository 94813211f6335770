"""What must hold in the books at any time; `tenantry doctor` prints what does not. Changes nothing."""

from collections.abc import Sequence

from core.transaction import Row, Transaction

_CHECKS = {
    "a transaction's entries do not sum to zero (MON-21)": """
        SELECT e.transaction_id AS id, sum(e.amount_micros) AS found, 0 AS expected FROM ledger_entry e
        GROUP BY e.transaction_id, e.currency HAVING sum(e.amount_micros) <> 0""",
    "entries of a transaction that does not exist": """
        SELECT e.transaction_id AS id, count(*) AS found, 0 AS expected FROM ledger_entry e
        LEFT JOIN ledger_transaction t ON t.id = e.transaction_id WHERE t.id IS NULL GROUP BY e.transaction_id""",
    "a currency's entries do not sum to zero (MON-20)": """
        SELECT e.currency AS id, sum(e.amount_micros) AS found, 0 AS expected FROM ledger_entry e
        GROUP BY e.currency HAVING sum(e.amount_micros) <> 0""",
    "a refund exceeds its charge (MON-34)": """
        SELECT c.id, c.refunded_net_micros AS found, c.net_micros AS expected FROM segment_charge c
        WHERE c.refunded_net_micros > c.net_micros OR c.refunded_tax_micros > c.tax_micros""",
} | {
    f"a wallet's {account} is not the sum of its entries (MON-20)": f"""
        SELECT w.id, w.{account.lower()}_micros AS found, coalesce(s.total, 0) AS expected FROM wallet w
        LEFT JOIN (SELECT t.wallet_id, sum(e.amount_micros) AS total FROM ledger_entry e
            JOIN ledger_transaction t ON t.id = e.transaction_id WHERE e.ledger_account = '{account}'
            GROUP BY t.wallet_id) s ON s.wallet_id = w.id
        WHERE w.{account.lower()}_micros <> coalesce(s.total, 0)"""
    for account in ("WALLET", "UNBILLED", "DUE", "PAYABLE")
}


async def check_books(tx: Transaction) -> list[str]:
    """One line per fault, none when the books are sound; `tx` sees as the platform."""
    faults = []
    for what, sql in _CHECKS.items():
        faults += [_line(what, row) for row in await _rows(tx, sql)]
    return faults


async def _rows(tx: Transaction, sql: str) -> Sequence[Row]:
    return await tx.fetch(f"{sql} ORDER BY 1")


def _line(what: str, row: Row) -> str:
    return f"{row['id']}: {what}: found {row['found']}, expected {row['expected']}"
