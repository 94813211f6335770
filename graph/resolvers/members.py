"""Queries and mutations of members. Accepting an invitation is anonymous and stands in web/."""

from typing import Any

import strawberry

from graph.resolvers.commands import or_none, plain, run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.idempotency import optional_key
from graph.schema.member import Member, MemberFilter, MemberOrder
from graph.schema.ownership import OwnerContactChange
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.members.member_changes import (
    change_member_role,
    end_member_sessions,
    remove_member,
    resend_invitation,
    revoke_invitation,
    set_contact_for,
)
from tenants.members.member_edit import MemberEdit, update_member
from tenants.members.member_rules import ContactCategory, NewMember
from tenants.members.members import add_members, create_member
from tenants.permissions import Role
from tenants.unit_of_work import UnitOfWork


@strawberry.type
class MemberQueries:
    member: Member | None = root_by_id("Member", "mem", "One member; NOT_FOUND for a stranger's.")
    members: Connection[Member] = root_connection(
        filter=MemberFilter, order=MemberOrder, description="The members that the viewer sees."
    )


@strawberry.input(description="A person or a place of work; with portal access an invitation goes to the e-mail.")
class NewMemberInput:
    given_name: str | None = strawberry.UNSET
    family_name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    role: Role = strawberry.field(default=Role.MEMBER, description="An OWNER is made by `transferOwnership` alone.")
    portal_access: bool = strawberry.field(default=False, description="May sign in; needs an e-mail (MEM-4).")
    contact_for: list[ContactCategory] = strawberry.field(default_factory=list)


@strawberry.input(description="A new member of the organization.")
class CreateMemberInput(NewMemberInput):
    organization_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="1 to 100 new members of one organization (MEM-9).")
class AddMembersInput:
    organization_id: strawberry.ID
    members: list[NewMemberInput]
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Another role for a member; OWNER is given by `transferOwnership` alone.")
class ChangeMemberRoleInput:
    member_id: strawberry.ID
    role: Role
    idempotency_key: str | None = optional_key()


@strawberry.input(description="What a member is a contact for from now on.")
class SetContactForInput:
    member_id: strawberry.ID
    contact_for: list[ContactCategory]
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which member.")
class MemberInput:
    member_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="What is left out stays as it is; null clears what may be empty.")
class UpdateMemberInput:
    member_id: strawberry.ID
    version: int = strawberry.field(description="That of the member as it was read (GEN-5).")
    given_name: str | None = strawberry.UNSET
    family_name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET
    phone: str | None = strawberry.UNSET
    portal_access: bool | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.type
class UpdateMemberPayload:
    errors: list[UserError]
    replayed: bool
    member: Member | None = entity("memberId")
    contact_changes: list[OwnerContactChange] | None = entity(
        "contactChangeIds", "Of the OWNER: what counts only after the code that was sent (OWN-4)."
    )


@strawberry.type
class EndMemberSessionsPayload:
    errors: list[UserError]
    replayed: bool
    member: Member | None = entity("memberId")
    ended_count: int | None = from_outcome("endedCount", "How many sessions can no longer act as this member.")


@strawberry.type
class MemberPayload:
    errors: list[UserError]
    replayed: bool
    member: Member | None = entity("memberId")


@strawberry.type(description="What became of one row of `addMembers`: a member, or errors.")
class AddMembersResult:
    errors: list[UserError]
    member_id: strawberry.ID | None


@strawberry.type
class AddMembersPayload:
    errors: list[UserError]
    replayed: bool
    results: list[AddMembersResult] | None = from_outcome("results", "One per row, in the order of the rows.")
    members: list[Member] | None = entity("memberIds", "Those that were added.")


@strawberry.type
class RemoveMemberPayload:
    errors: list[UserError]
    replayed: bool
    member_id: strawberry.ID | None = from_outcome("memberId")


@strawberry.type
class MemberMutations:
    @strawberry.mutation(description="Add a member, with portal access by an invitation (MEM-4 to MEM-7).")
    async def create_member(self, info: strawberry.Info, input: CreateMemberInput) -> MemberPayload:
        return await run(info, input, lambda uow: create_member(uow, _new(input.organization_id, input)))

    @strawberry.mutation(description="Add up to 100 members at once; each row stands alone (MEM-9).")
    async def add_members(self, info: strawberry.Info, input: AddMembersInput) -> AddMembersPayload:
        async def add(uow: UnitOfWork) -> Outcome:
            rows = [_new(input.organization_id, row) for row in input.members]
            return _answered(await add_members(uow, input.organization_id, rows))

        return await run(info, input, add)

    @strawberry.mutation(description="Give a member another role (MEM-2, MEM-3).")
    async def change_member_role(self, info: strawberry.Info, input: ChangeMemberRoleInput) -> MemberPayload:
        return await run(info, input, lambda uow: change_member_role(uow, input.member_id, input.role.value))

    @strawberry.mutation(description="Say what a member is a contact for (CON-1).")
    async def set_contact_for(self, info: strawberry.Info, input: SetContactForInput) -> MemberPayload:
        return await run(info, input, lambda uow: set_contact_for(uow, input.member_id, input.contact_for))

    @strawberry.mutation(description="Send a new invitation link; the one before stops working (MEM-6).")
    async def resend_invitation(self, info: strawberry.Info, input: MemberInput) -> MemberPayload:
        return await run(info, input, lambda uow: resend_invitation(uow, input.member_id))

    @strawberry.mutation(
        description="Change names, e-mail, phone or portal access (MEM-4, MEM-8). A new e-mail of who may sign in is "
        "invited anew; one of the OWNER counts after a code (OWN-4)."
    )
    async def update_member(self, info: strawberry.Info, input: UpdateMemberInput) -> UpdateMemberPayload:
        given = {name: value for name, value in plain(input).items() if name != "idempotency_key"}
        if given.get("portal_access", True) is None:
            del given["portal_access"]
        return await run(info, input, lambda uow: update_member(uow, MemberEdit(**given)))

    @strawberry.mutation(description="Withdraw the link of a PENDING member, who keeps the place (MEM-6).")
    async def revoke_invitation(self, info: strawberry.Info, input: MemberInput) -> MemberPayload:
        return await run(info, input, lambda uow: revoke_invitation(uow, input.member_id))

    @strawberry.mutation(description="End what a member does with running sessions here; it may sign in anew.")
    async def end_member_sessions(self, info: strawberry.Info, input: MemberInput) -> EndMemberSessionsPayload:
        return await run(info, input, lambda uow: end_member_sessions(uow, input.member_id))

    @strawberry.mutation(description="Remove a member: from the next request on it can do nothing (MEM-8).")
    async def remove_member(self, info: strawberry.Info, input: MemberInput) -> RemoveMemberPayload:
        return await run(info, input, lambda uow: remove_member(uow, input.member_id))


def _new(organization_id: str, row: NewMemberInput) -> NewMember:
    return NewMember(
        organization_id, or_none(row.given_name), or_none(row.family_name), or_none(row.email), or_none(row.phone),
        row.role.value, row.portal_access, row.contact_for,
    )  # fmt: skip


def _answered(outcome: Outcome) -> Outcome:
    results: list[dict[str, Any]] = [{"memberId": None, "errors": []} | each for each in outcome["results"]]
    return {"results": results, "memberIds": [each["memberId"] for each in results if each["memberId"] is not None]}
