"""Whether the sellers above a customer may still let it start something that costs (MON-19). Shows nobody."""

from billing.wallet_sql import usable_expression
from core.transaction import fetch_one
from tenants.unit_of_work import UnitOfWork


async def is_exhausted_above(uow: UnitOfWork, organization_id: str) -> bool:
    """Whether a Wallet on the way up, from the seller's own, has no usable money left now."""
    async with uow.as_platform("MON-19: a chargeable session needs usable money at every level above"):
        row = await fetch_one(
            uow.tx,
            """WITH RECURSIVE above (id, parent_id) AS (
                SELECT p.id, p.parent_id FROM organization o JOIN organization p ON p.id = o.parent_id WHERE o.id = $1
                UNION ALL SELECT p.id, p.parent_id FROM organization p JOIN above a ON p.id = a.parent_id
            ) SELECT w.id FROM above a JOIN wallet w ON w.organization_id = a.id AND w.closed_at IS NULL """
            f"WHERE {usable_expression('w', '$2')} <= 0 LIMIT 1",
            organization_id, uow.now,
        )  # fmt: skip
    return row is not None
