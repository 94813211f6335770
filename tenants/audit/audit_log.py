"""What anybody can do to an entry of the audit log: nothing (AUD-5). The database's triggers refuse it besides."""

from core.refusals import refuse
from tenants.access import allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork


async def delete_audit_entry(uow: UnitOfWork, entry_id: str) -> Outcome:
    """Always refused: NOT_FOUND, FORBIDDEN for who may not search the log, and for everybody else AUDIT_IMMUTABLE."""
    field = ("auditEntryId",)
    entry = await row_by_id(uow, "audit_entry", entry_id, field, "t.organization_id")
    allow(uow, Action.SEARCH_AUDIT, await organization_by_id(uow, entry["organization_id"], field))
    refuse("AUDIT_IMMUTABLE", "Nobody changes or deletes an entry of the audit log.")
