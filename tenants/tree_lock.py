"""Changes of the tree wait for each other (GEN-7): create, move, suspend, delete take this lock first."""

from core.transaction import Transaction

TREE_LOCK = 7_300_302


async def lock_tree(tx: Transaction) -> None:
    """Hold the tree until this transaction ends; on SQLite the writer's own lock already does."""
    if tx.dialect == "postgres":
        await tx.fetch("SELECT pg_advisory_xact_lock($1)", TREE_LOCK)
