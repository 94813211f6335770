"""What tenants/ asks of billing/ about one organization; registers its answers (tenants/questions.py)."""

from core.transaction import fetch_value
from tenants.questions import has_invoice, has_traded, open_invoice_count
from tenants.unit_of_work import UnitOfWork


@has_traded
async def has_subscription(uow: UnitOfWork, organization_id: str) -> bool:
    """Whether the organization ever had a subscription, trials included (ORG-11)."""
    sql = f"SELECT 1 FROM subscription s WHERE s.organization_id = $4 AND {uow.visible('s', 'subscription')} LIMIT 1"
    return await fetch_value(uow.tx, sql, *uow.scope, organization_id) is not None


@has_traded
@has_invoice
async def was_invoiced(uow: UnitOfWork, organization_id: str) -> bool:
    """Whether an invoice of the organization exists, of any seller it had (ORG-11, ORG-12)."""
    async with uow.as_platform("ORG-12: invoices of a former seller count, and its actor may not see them"):
        sql = "SELECT 1 FROM invoice WHERE organization_id = $1 LIMIT 1"
        return await fetch_value(uow.tx, sql, organization_id) is not None


@open_invoice_count
async def count_open_invoices(uow: UnitOfWork, organization_id: str) -> int:
    """Invoices with more than 0 open, due or not (OWN-2, MOVE-4)."""
    async with uow.as_platform("OWN-2: invoices of a former seller count, and its actor may not see them"):
        sql = "SELECT count(*) FROM invoice WHERE organization_id = $1 AND open_micros > 0 AND type <> 'PROFORMA'"
        return int(await fetch_value(uow.tx, sql, organization_id))
