"""`transferOwnership`. The rules are in tenants/ownership.py."""

import strawberry

from graph.resolvers.commands import run
from graph.schema.idempotency import optional_key
from graph.schema.member import Member
from graph.schema.organization import Organization
from graph.schema.scalars import UserError
from graph.sql.reads import entity
from tenants.ownership import transfer_ownership


@strawberry.input(description="Who is to be the OWNER of which organization.")
class TransferOwnershipInput:
    organization_id: strawberry.ID
    member_id: strawberry.ID = strawberry.field(description="A member of the organization who may sign in.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class TransferOwnershipPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")
    owner: Member | None = entity("ownerId")
    former_owner: Member | None = entity("formerOwnerId", "ADMIN from now on, a login-less one MEMBER.")


@strawberry.type
class OwnershipMutations:
    @strawberry.mutation(
        description="Make a member the OWNER (OWN-1 to OWN-3). The password must have been given within 10 minutes "
        "(REAUTH_REQUIRED). Nothing else moves: contacts, assignments, billing e-mail, keys."
    )
    async def transfer_ownership(
        self, info: strawberry.Info, input: TransferOwnershipInput
    ) -> TransferOwnershipPayload:
        return await run(info, input, lambda uow: transfer_ownership(uow, input.organization_id, input.member_id))
