"""`suspendOrganization` and `liftSuspension`. The rules are in tenants/suspensions.py."""

import strawberry

from graph.resolvers.commands import or_none, run
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization
from graph.schema.scalars import UserError
from graph.sql.reads import entity
from tenants.suspensions import SuspensionReason, lift, suspend

strawberry.enum(SuspensionReason, description="Why an organization is suspended; several stand side by side (STOP-2).")


@strawberry.input(description="Which organization, for which reason.")
class SuspensionInput:
    organization_id: strawberry.ID
    reason: SuspensionReason
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class SuspensionPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.type
class SuspensionMutations:
    @strawberry.mutation(
        description="Suspend an organization below; all below it stops with it, and comes back by itself (STOP-6)."
    )
    async def suspend_organization(self, info: strawberry.Info, input: SuspensionInput) -> SuspensionPayload:
        return await run(
            info, input, lambda uow: suspend(uow, input.organization_id, input.reason, or_none(input.note))
        )

    @strawberry.mutation(description="Lift what your organization, or one below it, suspended for a reason (STOP-7).")
    async def lift_suspension(self, info: strawberry.Info, input: SuspensionInput) -> SuspensionPayload:
        return await run(info, input, lambda uow: lift(uow, input.organization_id, input.reason, or_none(input.note)))
