"""Reading what is set along the way up from an organization to the operator: the layers of Policy (POL-1).

One statement, read in the platform's own sight; what counts is decided in policy_resolution.py."""

from tenants.policy.policy_layers import platform_policies as platform_policies
from tenants.policy.policy_layers import read_policies as read_policies
from tenants.policy.policy_resolution import Policies, PolicyLayer
from tenants.unit_of_work import UnitOfWork

FOR_ALL_BELOW = ""
"""The `buyer_id` of a policy value that is for everybody below."""


async def policies_for(uow: UnitOfWork, organization_id: str) -> Policies:
    """What counts for a visible organization, with every layer up to the operator (POL-1)."""
    async with uow.as_platform("POL-1: what those above have set"):
        return await read_policies(uow.tx, organization_id)


async def policies_below(uow: UnitOfWork, seller_id: str) -> Policies:
    """What will count for an organization that the seller is about to create."""
    above = await policies_for(uow, seller_id)
    return Policies((PolicyLayer(""), *above.layers))


async def policies_up_the_chain(uow: UnitOfWork, organization_id: str) -> dict[str, Policies]:
    """What counts for the organization and for each one above it, by id, from the bottom up: one statement for all."""
    layers = (await policies_for(uow, organization_id)).layers
    return {layer.organization_id: Policies(layers[place:]) for place, layer in enumerate(layers)}
