"""The tree's doctor (ORG-3): paths follow from parent pointers; finds what does not fit and puts it right.

Rows of money stand where their seller stands (VIS-6). Of what is only ever added to, nothing but the path changes."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.transaction import Row, Transaction
from tenants.moves.standing_money import misplaced_money, money_tables_in_order, put_money_right
from tenants.moves.standing_tables import ABOUT_MONEY, LOG, tables_with_path
from tenants.paths import TreeNode, rebuild_paths
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import Platform, platform_transaction


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit, of which organization, in how many rows."""

    table: str
    organization_id: str
    stored: str
    expected: str | None
    """None: no root reaches this organization; nothing puts that right by itself."""
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The faults that were found, and whether they were put right."""

    faults: tuple[Fault, ...]
    is_repaired: bool

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong now."""
        left = [fault for fault in self.faults if not self.is_repaired or fault.expected is None]
        return not left


async def examine(platform: Platform, *, repair: bool = False) -> Diagnosis:
    """Compare every stored path with the one its parents give, under the tree lock; with `repair` put it right."""
    async with platform_transaction(platform) as tx:
        await lock_tree(tx)
        faults = await _organization_faults(tx)
        if repair:
            await _repair_organizations(tx, faults)
        for table in await tables_with_path(tx):
            faults += await _table_faults(tx, table)
            if repair:
                await _repair_table(tx, table)
        for table in await money_tables_in_order(tx):
            faults += _faults(table, await misplaced_money(tx, table))
            if repair:
                await put_money_right(tx, table)
        return Diagnosis(tuple(faults), repair)


async def _organization_faults(tx: Transaction) -> list[Fault]:
    rows: Sequence[Row] = await tx.fetch("SELECT id, parent_id, number, path FROM organization ORDER BY id")
    rebuilt = rebuild_paths(TreeNode(row["id"], row["parent_id"], row["number"]) for row in rows)
    return [
        Fault("organization", row["id"], row["path"], rebuilt.paths.get(row["id"]))
        for row in rows
        if row["path"] != rebuilt.paths.get(row["id"])
    ]


async def _repair_organizations(tx: Transaction, faults: list[Fault]) -> None:
    """In two steps, for two paths may stand in each other's place and a path is unique."""
    mended = [(fault.organization_id, fault.expected) for fault in faults if fault.expected is not None]
    for organization_id, _ in mended:
        await tx.execute("UPDATE organization SET path = $2 WHERE id = $1", organization_id, f"!{organization_id}")
    for organization_id, path in mended:
        await tx.execute("UPDATE organization SET path = $2 WHERE id = $1", organization_id, path)


async def _table_faults(tx: Transaction, table: str) -> list[Fault]:
    rows = await tx.fetch(
        f"SELECT t.organization_id, t.path, o.path AS expected, count(*) AS many FROM {table} t "
        f"JOIN organization o ON o.id = t.organization_id WHERE t.path <> o.path {_but(table)}"
        "GROUP BY t.organization_id, t.path, o.path ORDER BY t.organization_id, t.path"
    )
    return _faults(table, rows)


def _faults(table: str, rows: Sequence[Row]) -> list[Fault]:
    return [Fault(table, row["organization_id"], row["path"], row["expected"], row["many"]) for row in rows]


async def _repair_table(tx: Transaction, table: str) -> None:
    await tx.execute(
        f"UPDATE {table} SET path = o.path FROM organization o "
        f"WHERE o.id = {table}.organization_id AND {table}.path <> o.path {_but(table)}"
    )


def _but(table: str) -> str:
    """What the log tells of money stands with the pair that had it."""
    return f"AND NOT {ABOUT_MONEY} " if table == LOG else ""
