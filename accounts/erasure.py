"""What accounts/ erases when an organization has ended for good (DEL-5): accounts, batches, batch updates, their rows.

Audit entries stay, also those that a BatchUpdate wrote for each account (BAT, AUD-5)."""

from tenants.organization_events import OrganizationErased, on_organization_erased
from tenants.stops.erased_rows import Erased, erase_rows
from tenants.unit_of_work import UnitOfWork

ERASED = (
    Erased("batch_update", "BatchUpdate", {"state": "state", "selected": "selected"}),
    Erased("account", "Account", {"accountId": "account_id", "kind": "kind", "lifecycle": "lifecycle"}),
    Erased("batch", "Batch", {"name": "name"}),
)
"""In an order that the keys between them allow. The rows of a BatchUpdate go before it, without entries of their own:
they tell of a job what its accounts' entries tell (AUD-4)."""


@on_organization_erased
async def erase_accounts(uow: UnitOfWork, event: OrganizationErased) -> None:
    """Nothing is left to sign in with, to call from or to show; a job that still ran finds nothing and ends."""
    async with uow.as_platform("DEL-5: what has ended is erased whoever ends it"):
        await uow.tx.execute("DELETE FROM batch_update_row WHERE organization_id = $1", event.organization_id)
        for kind in ERASED:
            await erase_rows(uow, kind, event.organization_id)
