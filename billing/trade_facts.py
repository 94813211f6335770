"""What tenants/ asks of billing/ about one organization; registers its answers (tenants/questions.py)."""

from core.transaction import fetch_value
from tenants.questions import has_traded
from tenants.unit_of_work import UnitOfWork


@has_traded
async def has_subscription(uow: UnitOfWork, organization_id: str) -> bool:
    """Whether the organization ever had a subscription, trials included (ORG-11)."""
    sql = f"SELECT 1 FROM subscription s WHERE s.organization_id = $4 AND {uow.visible('s', 'subscription')} LIMIT 1"
    return await fetch_value(uow.tx, sql, *uow.scope, organization_id) is not None
