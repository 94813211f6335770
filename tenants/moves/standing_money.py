"""Where rows of money stand: below their seller, wherever that one has moved, under the buyer's own segment (VIS-6).

For the doctor: finds rows that stand elsewhere, and puts them right."""

from collections.abc import Sequence

from core.transaction import Row, Transaction
from tenants.moves.standing_tables import money_tables

PARTS = {
    "ledger_entry": ("ledger_transaction", "transaction_id"),
    "invoice_line": ("invoice", "invoice_id"),
    "invoice_allocation": ("invoice", "invoice_id"),
}
"""Rows that are part of another one, by which column. The seller's own lines stand at the seller."""

_PLACE = "s.path || substr(o.path, length(p.path) + 1)"
_WHOLE = """organization o JOIN organization p ON p.id = o.parent_id, organization s
WHERE o.id = {t}.organization_id AND s.id = {t}.seller_id AND {t}.path <> {place}"""
_PART_PLACE = "CASE WHEN {t}.organization_id = w.seller_id THEN s.path ELSE w.path END"
_PART = """{whole} w JOIN organization s ON s.id = w.seller_id WHERE w.id = {t}.{key} AND {t}.path <> {place}"""


async def money_tables_in_order(tx: Transaction) -> list[str]:
    """Every table of money, what others are part of first."""
    return sorted(await money_tables(tx), key=lambda table: table in PARTS)


async def misplaced_money(tx: Transaction, table: str) -> Sequence[Row]:
    """The rows that do not stand where they should: organization_id, path, expected and how many; `tx` sees all."""
    place, joined = _expectation(table)
    alias = f"{table} AS {table}"
    source, _, where = joined.partition("WHERE")
    return await tx.fetch(
        f"SELECT {table}.organization_id, {table}.path, {place} AS expected, count(*) AS many "
        f"FROM {alias}, {source} WHERE {where} GROUP BY 1, 2, 3 ORDER BY 1, 2"
    )


async def put_money_right(tx: Transaction, table: str) -> None:
    """Let every row of the table stand where it should."""
    place, joined = _expectation(table)
    await tx.execute(f"UPDATE {table} SET path = {place} FROM {joined}")


def _expectation(table: str) -> tuple[str, str]:
    """The place as an expression, and what it is read from with the condition of a row that stands elsewhere."""
    if table not in PARTS:
        return _PLACE, _WHOLE.format(t=table, place=_PLACE)
    whole, key = PARTS[table]
    place = _PART_PLACE.format(t=table)
    return place, _PART.format(t=table, whole=whole, key=key, place=place)
