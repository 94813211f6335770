"""What a move asks of accounts/ and does there (MOVE-4, MOVE-6, BAT-12). Registers itself; accounts/ imports it.

Accounts, batches and sites stay as they are; only what is kept per seller names the new one."""

from collections.abc import Mapping

from core.transaction import fetch_value
from tenants.organization_events import OrganizationMoved, on_organization_moved
from tenants.questions import PlannedMove, obstacles_to_move
from tenants.row_scope import RowScope, predicate
from tenants.unit_of_work import UnitOfWork

# An id is taken once per seller (BAT-12): two accounts of one seller never answer to the same one.
_TAKEN = """
SELECT count(*) FROM account a WHERE a.organization_id = $1 AND a.lifecycle <> 'CLOSED' AND EXISTS (
    SELECT 1 FROM account t WHERE t.seller_id = $2 AND t.account_id_folded = a.account_id_folded
    AND t.lifecycle <> 'CLOSED' AND t.organization_id <> $1)
"""
_SOLD_BY = ("account", "batch_update")


@obstacles_to_move
async def what_stands_in_the_way(uow: UnitOfWork, move: PlannedMove) -> Mapping[str, int]:
    """Batch updates that run in everything that moves (MOVE-5), and ids that the new seller's accounts have."""
    # No batch update starts while the tree is locked and nobody else writes: what is not running now will not be.
    running = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM batch_update u WHERE u.state IN ('QUEUED', 'RUNNING', 'CANCELLING') "
        f"AND {predicate('u', 'batch_update', uow.tx.dialect)}",
        *RowScope(move.path, move.organization_id).arguments,
    )
    taken = await fetch_value(uow.tx, _TAKEN, move.organization_id, move.new_seller_id) if move.asks_new_seller else 0
    return {"BATCH_UPDATE_RUNNING": running, "ACCOUNT_ID_TAKEN": taken}


@on_organization_moved
async def name_the_new_seller(uow: UnitOfWork, moved: OrganizationMoved) -> None:
    """Ids are unique and batch updates are counted among those of the new seller from now on."""
    for table in _SOLD_BY:
        await uow.tx.execute(
            f"UPDATE {table} SET seller_id = $2 WHERE organization_id = $1", moved.organization_id, moved.new_seller_id
        )
