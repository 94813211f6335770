"""Holds a command to the currency that its input named, where the domain takes the amount alone (MON-4)."""

from core.refusals import FieldPath, refuse
from tenants.access import row_by_id
from tenants.unit_of_work import UnitOfWork


async def require_currency(uow: UnitOfWork, table: str, row_id: str, currency: str, field: FieldPath) -> None:
    """Refused CURRENCY_MISMATCH unless the row is in that currency; after the command, so that its checks come first.

    The refusal undoes the command: it is raised within its transaction."""
    row = await row_by_id(uow, table, row_id, field, "t.currency")
    if row["currency"] != currency:
        refuse("CURRENCY_MISMATCH", "The amount is in another currency.", field, currency=row["currency"])
