"""What accounts/ erases when an organization has ended for good (DEL-5): accounts, batches, batch updates, their rows.

Audit entries stay, also those that a BatchUpdate wrote for each account (BAT, AUD-5)."""

from tenants.organization_events import OrganizationErased, on_organization_erased
from tenants.unit_of_work import UnitOfWork

ERASED = ("batch_update_row", "batch_update", "account", "batch")
"""In an order that the keys between them allow."""


@on_organization_erased
async def erase_accounts(uow: UnitOfWork, event: OrganizationErased) -> None:
    """Nothing is left to sign in with, to call from or to show; a job that still ran finds nothing and ends."""
    async with uow.as_platform("DEL-5: what has ended is erased whoever ends it"):
        for table in ERASED:
            await uow.tx.execute(f"DELETE FROM {table} WHERE organization_id = $1", event.organization_id)
