"""Which tables hold rows that stand somewhere in the tree, and by which rule their `path` follows a move (ORG-3).

Found in the catalogue, so that a new table is never forgotten."""

from core.transaction import Transaction
from tenants.row_scope import SIGHT_OF_TABLE, Sight

LOG = "audit_entry"
MONEY = frozenset(table for table, sight in SIGHT_OF_TABLE.items() if sight is Sight.PAIR) - {LOG}
"""Rows of a pair stand below their seller: its path and the buyer's own segment, also when the buyer has moved away."""

LOGGED_MONEY = (
    "CreditNote", "Invoice", "InvoiceAllocation", "LedgerTransaction", "MoneyHold", "Payment", "PaymentAllocation",
    "Wallet",
)  # fmt: skip
"""Entity types of the log's entries that tell of money between seller and buyer: a later seller reads none of them."""

ABOUT_MONEY = "entity_type IN ('" + "', '".join(LOGGED_MONEY) + "')"
"""A condition on a row of the log."""

TREE = "organization"
ENTRIES = "ledger_entry"

_SQLITE_TABLES = """
SELECT m.name FROM sqlite_master m WHERE m.type = 'table'
AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'path')
AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'organization_id') ORDER BY m.name
"""
_POSTGRES_TABLES = """
SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
AND 2 = (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('path', 'organization_id')
         AND NOT a.attisdropped) ORDER BY c.relname
"""


async def tables_with_path(tx: Transaction) -> list[str]:
    """The tables whose rows stand where their organization stands, the log among them."""
    return [table for table in await _all_tables(tx) if table not in MONEY]


async def money_tables(tx: Transaction) -> list[str]:
    """The tables whose rows stand where their seller stands."""
    return [table for table in await _all_tables(tx) if table in MONEY]


async def _all_tables(tx: Transaction) -> list[str]:
    rows = await tx.fetch(_SQLITE_TABLES if tx.dialect == "sqlite" else _POSTGRES_TABLES)
    return [str(row["name"]) for row in rows]
