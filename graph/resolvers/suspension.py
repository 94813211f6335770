"""`suspendOrganization`, `liftSuspension`, `delaySuspension`, `acceptAppeal`. Rules: tenants/stops/suspensions.py."""

from datetime import date

import strawberry

from graph.resolvers.commands import run, written
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization
from graph.schema.scalars import UserError
from graph.sql.reads import entity
from tenants.stops.suspensions import SuspensionReason, accept_appeal, delay_suspension, lift, suspend


@strawberry.input(description="Which organization, for which reason.")
class SuspensionInput:
    organization_id: strawberry.ID
    reason: SuspensionReason
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Through which local date of the organization it has service again (STOP-8).")
class DelaySuspensionInput:
    organization_id: strawberry.ID
    until_date: date = strawberry.field(
        description="The last day with service; at most `suspensionDelayMaxDays` ahead."
    )
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Whose appeal against a suspension for POLICY was right (STOP-7).")
class AcceptAppealInput:
    organization_id: strawberry.ID
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
            info, input, lambda uow: suspend(uow, input.organization_id, input.reason, written(input.note))
        )

    @strawberry.mutation(description="Lift what your organization, or one below it, suspended for a reason (STOP-7).")
    async def lift_suspension(self, info: strawberry.Info, input: SuspensionInput) -> SuspensionPayload:
        return await run(info, input, lambda uow: lift(uow, input.organization_id, input.reason, written(input.note)))

    @strawberry.mutation(description="Give service through a date though a PAYMENT suspension stands (STOP-8).")
    async def delay_suspension(self, info: strawberry.Info, input: DelaySuspensionInput) -> SuspensionPayload:
        return await run(
            info, input,
            lambda uow: delay_suspension(uow, input.organization_id, input.until_date, written(input.note)),
        )  # fmt: skip

    @strawberry.mutation(description="Accept the appeal against a suspension for POLICY: it ends (STOP-7).")
    async def accept_appeal(self, info: strawberry.Info, input: AcceptAppealInput) -> SuspensionPayload:
        return await run(info, input, lambda uow: accept_appeal(uow, input.organization_id, written(input.note)))
