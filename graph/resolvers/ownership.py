"""Ownership: transfer, recovery, a new address of the OWNER. The rules are in tenants/owner*.py."""

import strawberry

from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.resolvers.reading import root_connection
from graph.schema.idempotency import optional_key
from graph.schema.member import Member
from graph.schema.organization import Organization
from graph.schema.ownership import OwnerContactChange, OwnershipRecovery, OwnershipRecoveryFilter
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity
from tenants.members.owner_contact import confirm_contact_change, count_code_try, request_contact_change
from tenants.members.ownership import transfer_ownership
from tenants.members.ownership_recovery import NewRecovery, recover_ownership, stop_ownership_recovery


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


@strawberry.input(description="A new OWNER where the present one cannot act.")
class RecoverOwnershipInput:
    organization_id: strawberry.ID
    member_id: strawberry.ID = strawberry.field(description="A member of the organization who may sign in.")
    reason: str | None = strawberry.UNSET
    ticket: str | None = strawberry.UNSET
    contact_email: str | None = strawberry.field(
        default=strawberry.UNSET, description="The contact's e-mail from which it was asked for (CON-4)."
    )
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which recovery.")
class StopOwnershipRecoveryInput:
    recovery_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.type
class OwnershipRecoveryPayload:
    errors: list[UserError]
    replayed: bool
    recovery: OwnershipRecovery | None = entity("recoveryId")
    organization: Organization | None = entity("organizationId")


@strawberry.input(description="The OWNER's new e-mail, phone or both; a code goes to each.")
class RequestOwnerContactChangeInput:
    member_id: strawberry.ID
    email: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.type
class RequestOwnerContactChangePayload:
    errors: list[UserError]
    replayed: bool
    member: Member | None = entity("memberId")
    contact_changes: list[OwnerContactChange] | None = entity("contactChangeIds")


@strawberry.input(description="The code that came.")
class ConfirmOwnerContactChangeInput:
    contact_change_id: strawberry.ID
    code: str
    idempotency_key: str | None = optional_key()


@strawberry.type
class ConfirmOwnerContactChangePayload:
    errors: list[UserError]
    replayed: bool
    member: Member | None = entity("memberId")
    contact_change: OwnerContactChange | None = entity("contactChangeId")


@strawberry.type
class OwnershipQueries:
    ownership_recoveries: Connection[OwnershipRecovery] = root_connection(
        filter=OwnershipRecoveryFilter, description="Recoveries of ownership that the viewer sees, newest first."
    )


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

    @strawberry.mutation(
        description="The seller's OWNER names a new OWNER (OWN-5): it counts when `ownerRecoveryDays` are over, unless "
        "the OWNER stops it. Needs the password within 10 minutes and a contact's e-mail (CONTACT_PROOF_REQUIRED)."
    )
    async def recover_ownership(self, info: strawberry.Info, input: RecoverOwnershipInput) -> OwnershipRecoveryPayload:
        new = NewRecovery(
            input.organization_id, input.member_id, or_none(input.reason), or_none(input.ticket),
            or_none(input.contact_email),
        )  # fmt: skip
        return await run(info, input, lambda uow: recover_ownership(uow, new))

    @strawberry.mutation(description="The OWNER stops a recovery that has not taken effect (OWN-5).")
    async def stop_ownership_recovery(
        self, info: strawberry.Info, input: StopOwnershipRecoveryInput
    ) -> OwnershipRecoveryPayload:
        return await run(info, input, lambda uow: stop_ownership_recovery(uow, input.recovery_id))

    @strawberry.mutation(description="Send a one-time code to a new e-mail or phone of the OWNER (OWN-4).")
    async def request_owner_contact_change(
        self, info: strawberry.Info, input: RequestOwnerContactChangeInput
    ) -> RequestOwnerContactChangePayload:
        email, phone = or_none(input.email), or_none(input.phone)
        return await run(info, input, lambda uow: request_contact_change(uow, input.member_id, email, phone))

    @strawberry.mutation(description="Give the code: from then on the new e-mail or phone counts (OWN-4).")
    async def confirm_owner_contact_change(
        self, info: strawberry.Info, input: ConfirmOwnerContactChangeInput
    ) -> ConfirmOwnerContactChangePayload:
        context: Context = info.context
        change_id = input.contact_change_id
        number = await count_code_try(context.platform, context.credentials, change_id)
        return await run(info, input, lambda uow: confirm_contact_change(uow, change_id, input.code, number))
