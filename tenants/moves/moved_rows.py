"""Rewriting where rows stand when an organization moves with everything below it: one statement a table (MOVE-8).

Runs under the tree lock while nobody else writes, in the platform's sight. Money of the old pair stays (VIS-6)."""

from core.transaction import Dialect
from tenants.moves.standing_tables import ABOUT_MONEY, ENTRIES, LOG, TREE, money_tables, tables_with_path
from tenants.paths import path_range
from tenants.row_scope import within
from tenants.unit_of_work import UnitOfWork

_MOVED = "UPDATE {table} SET path = $3 || substr(path, $4) WHERE "


async def rewrite_paths(uow: UnitOfWork, old_top: str, new_top: str) -> None:
    """Let everything within `old_top` stand at the same place within `new_top`."""
    arguments = (*path_range(old_top), new_top, len(old_top) + 1)
    dialect = uow.tx.dialect
    for table in (TREE, *await tables_with_path(uow.tx)):
        stands = _logged(dialect) if table == LOG else within("path", dialect, "$1", "$2")
        await uow.tx.execute(_MOVED.format(table=table) + stands, *arguments)
    tables = await money_tables(uow.tx)
    for table in sorted(tables, key=lambda table: table != ENTRIES):  # entries go by transactions that do not stand yet
        stands = _entries(dialect) if table == ENTRIES else _of_money(dialect)
        await uow.tx.execute(_MOVED.format(table=table) + stands, *arguments)


def _of_money(dialect: Dialect, path: str = "path") -> str:
    """A row of money stands below its seller. Strictly below the old top, the seller moves too; at the top itself the
    buyer is the organization that moves, and the old seller keeps what the two had."""
    return within(path, dialect, "$1", "$2", strictly=True)


def _entries(dialect: Dialect) -> str:
    """The seller's own lines stand at the seller: they go by the transaction's place."""
    moved = f"SELECT t.id FROM ledger_transaction t WHERE {_of_money(dialect, 't.path')}"
    return f"{within('path', dialect, '$1', '$2')} AND transaction_id IN ({moved})"


def _logged(dialect: Dialect) -> str:
    """What the log tells of the old pair's money stays with that pair, like the money itself."""
    return f"{within('path', dialect, '$1', '$2')} AND NOT (path = $1 AND {ABOUT_MONEY})"
