"""Rewriting where rows stand when an organization moves with everything below it: one statement a table (MOVE-8).

Runs under the tree lock while nobody else writes, in the platform's sight. Money of the old pair stays (VIS-6)."""

from tenants.paths import path_range
from tenants.standing_tables import ABOUT_MONEY, LOG, TREE, money_tables, tables_with_path
from tenants.unit_of_work import UnitOfWork

# A row of money stands below its seller. Strictly below the old top, the seller moves too; at the top itself the buyer
# is the organization that moves, and the old seller keeps what the two had.
_BELOW = "UPDATE {table} SET path = $3 || substr(path, $4) WHERE path > $1 AND path < $2"
_WITHIN = "UPDATE {table} SET path = $3 || substr(path, $4) WHERE path >= $1 AND path < $2"
# The seller's own lines stand at the seller: they go by the transaction's place.
_ENTRIES = """
UPDATE ledger_entry SET path = $3 || substr(path, $4) WHERE path >= $1 AND path < $2
AND transaction_id IN (SELECT t.id FROM ledger_transaction t WHERE t.path > $1 AND t.path < $2)
"""
# What the log tells of the old pair's money stays with that pair, like the money itself.
_LOGGED = f"{_WITHIN} AND NOT (path = $1 AND {ABOUT_MONEY})"
_FOLLOWING = {LOG: _LOGGED}
_LINES_OF_BOTH = {"ledger_entry": _ENTRIES}


async def rewrite_paths(uow: UnitOfWork, old_top: str, new_top: str) -> None:
    """Let everything within `old_top` stand at the same place within `new_top`."""
    arguments = (*path_range(old_top), new_top, len(old_top) + 1)
    await uow.tx.execute(_WITHIN.format(table=TREE), *arguments)
    for table in await tables_with_path(uow.tx):
        await uow.tx.execute(_FOLLOWING.get(table, _WITHIN).format(table=table), *arguments)
    tables = await money_tables(uow.tx)
    for table in sorted(tables, key=lambda table: table not in _LINES_OF_BOTH):  # they go by rows that do not stand yet
        await uow.tx.execute(_LINES_OF_BOTH.get(table, _BELOW).format(table=table), *arguments)
