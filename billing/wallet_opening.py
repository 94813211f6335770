"""The Wallet that a new organization gets with its creation (ORG-6, MON-10). Registers itself; billing/ imports it."""

from billing.wallets import open_wallet
from tenants.organization_events import OrganizationCreated, on_organization_created
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork


@on_organization_created
async def open_wallet_with_seller(uow: UnitOfWork, created: OrganizationCreated) -> None:
    """The open Wallet between seller and new organization; the operator has none. Its limit is `creditLimitDefault`."""
    if created.seller_id is None:
        return
    policies = await policies_for(uow, created.organization_id)
    await open_wallet(
        uow.tx, organization_id=created.organization_id, path=created.path, seller_id=created.seller_id,
        currency=created.currency, credit_limit_micros=policies.money("creditLimitDefault"), now=created.at,
    )  # fmt: skip
