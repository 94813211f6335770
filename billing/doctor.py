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
    "a wallet's open invoices are not the sum of what is open (MON-75)": """
        SELECT w.id, w.invoice_open_micros AS found, coalesce(s.total, 0) AS expected FROM wallet w
        LEFT JOIN (SELECT i.wallet_id, sum(i.open_micros) AS total FROM invoice i
            WHERE i.is_allocated_automatically AND i.type IN ('TAX', 'MONTHLY') GROUP BY i.wallet_id) s
        ON s.wallet_id = w.id WHERE w.invoice_open_micros <> coalesce(s.total, 0)""",
    "more is open or allocated than the invoice's total (MON-47)": """
        SELECT i.id, i.open_micros + coalesce(s.total, 0) AS found, i.total_micros AS expected FROM invoice i
        LEFT JOIN (SELECT a.invoice_id, sum(a.amount_micros) AS total FROM invoice_allocation a
            GROUP BY a.invoice_id) s ON s.invoice_id = i.id
        WHERE i.open_micros + coalesce(s.total, 0) > CASE WHEN i.total_micros > 0 THEN i.total_micros ELSE 0 END""",
    "more is open than a prepaid wallet has borrowed (MON-75)": """
        SELECT w.id, w.invoice_open_micros AS found, -(w.wallet_micros + w.due_micros) AS expected FROM wallet w
        WHERE w.mode = 'PREPAID' AND w.invoice_open_micros > 0
            AND w.invoice_open_micros > -(w.wallet_micros + w.due_micros)""",
    "an invoice's lines are not its total (MON-71)": """
        SELECT i.id, coalesce(s.total, 0) AS found, i.total_micros AS expected FROM invoice i
        LEFT JOIN (SELECT n.invoice_id, sum(n.net_micros + n.tax_micros) AS total FROM invoice_line n
            GROUP BY n.invoice_id) s ON s.invoice_id = i.id WHERE i.total_micros <> coalesce(s.total, 0)""",
    "a seller's numbers have a gap (MON-72)": """
        SELECT q.organization_id AS id, count(i.id) AS found, q.counter AS expected FROM invoice_sequence q
        LEFT JOIN invoice i ON i.seller_id = q.organization_id AND i.sequence_kind = q.kind
        GROUP BY q.organization_id, q.kind, q.counter
        HAVING max(i.counter) - min(i.counter) + 1 <> count(i.id) OR max(i.counter) <> q.counter""",
    "a wallet's reserved money is not the sum of its open holds (MON-13)": """
        SELECT w.id, w.reserved_micros AS found, coalesce(s.total, 0) AS expected FROM wallet w
        LEFT JOIN (SELECT h.wallet_id, sum(h.amount_micros) AS total FROM money_hold h WHERE h.state = 'OPEN'
            GROUP BY h.wallet_id) s ON s.wallet_id = w.id WHERE w.reserved_micros <> coalesce(s.total, 0)""",
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
