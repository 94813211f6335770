"""`deleteOrganization`, `reverseDeletion`, `deactivateOrganization`, `previewDeletion` (DEL-1 to DEL-7).

The rules: deletion.py and deactivation.py in tenants/stops/. The OWNER's way back by its link is in web/."""

from datetime import datetime

import strawberry

from core.clock import as_datetime, format_instant
from core.refusals import Blocker
from graph.context import Context
from graph.resolvers.commands import run, written
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization, OrganizationStatus
from graph.schema.scalars import UserError
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.stops.deactivation import deactivate_organization, preview_closing
from tenants.stops.deletion import DeletionPreview, delete_organization, reverse_deletion
from tenants.unit_of_work import UnitOfWork, reading


@strawberry.input(description="Which buyer is to be deleted.")
class DeleteOrganizationInput:
    organization_id: strawberry.ID
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Whose deletion is to be taken back.")
class ReverseDeletionInput:
    organization_id: strawberry.ID
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="The acting organization ends itself, as its seller offers it (DEL-6).")
class DeactivateOrganizationInput:
    confirm_forfeit: bool = strawberry.field(
        default=False, description="Credit and running subscriptions are lost, and that is meant (DEL-7)."
    )
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which organization would end: a buyer, or the acting organization itself.")
class PreviewDeletionInput:
    organization_id: strawberry.ID


@strawberry.type
class DeletionPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")
    reversible_until: datetime | None = from_outcome(
        "reversibleUntil", "From then on it cannot be taken back; null when it never can."
    )


@strawberry.type(description="One reason against the end, and how often it stands.")
class DeletionBlocker:
    code: str
    message: str
    count: int


@strawberry.type(description="What the end would do now, and everything against it at once (DEL-2, DEL-7).")
class OrganizationDeletionPreview:
    organization_id: strawberry.ID
    status: OrganizationStatus | None = strawberry.field(description="Its status afterwards; null: it is not offered.")
    reversible_until: datetime | None
    blockers: list[DeletionBlocker]
    forfeited_credit: str = strawberry.field(description="What a final deactivation loses, in the own currency.")
    forfeited_subscriptions: int


@strawberry.type
class DeletionQueries:
    @strawberry.field(
        description="What `deleteOrganization` would do to a buyer, or `deactivateOrganization` to the own one, "
        "by the same code. What refuses it is a top-level error with its code."
    )
    async def preview_deletion(self, info: strawberry.Info, input: PreviewDeletionInput) -> OrganizationDeletionPreview:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            return _shown(await preview_closing(uow, input.organization_id))


@strawberry.type
class DeletionMutations:
    @strawberry.mutation(
        description="Delete a buyer: SUSPENDED_FOR_DELETION, to be taken back for `deletionReverseDays`; with 0 days "
        "at once and for good (DEL-1, DEL-2). Needs the password given within 10 minutes."
    )
    async def delete_organization(self, info: strawberry.Info, input: DeleteOrganizationInput) -> DeletionPayload:
        async def act(uow: UnitOfWork) -> Outcome:
            return _outcome(await delete_organization(uow, input.organization_id, written(input.reason)))

        return await run(info, input, act)

    @strawberry.mutation(description="Take a deletion back; standing suspensions hold again (DEL-3).")
    async def reverse_deletion(self, info: strawberry.Info, input: ReverseDeletionInput) -> DeletionPayload:
        return await run(info, input, lambda uow: reverse_deletion(uow, input.organization_id, written(input.note)))

    @strawberry.mutation(
        description="End the acting organization, by its OWNER: REVERSIBLE like a deletion, or FINAL at once and for "
        "good (DEL-6, DEL-7). Needs the password given within 10 minutes."
    )
    async def deactivate_organization(
        self, info: strawberry.Info, input: DeactivateOrganizationInput
    ) -> DeletionPayload:
        async def act(uow: UnitOfWork) -> Outcome:
            ended = await deactivate_organization(
                uow, confirm_forfeit=input.confirm_forfeit, reason=written(input.reason)
            )
            return _outcome(ended)

        return await run(info, input, act)


def _outcome(outcome: Outcome) -> Outcome:
    until = outcome["reversibleUntil"]
    return outcome | {"reversibleUntil": None if until is None else format_instant(until)}


def _shown(preview: DeletionPreview) -> OrganizationDeletionPreview:
    until = preview.reversible_until_at
    return OrganizationDeletionPreview(
        organization_id=strawberry.ID(preview.organization_id),
        status=None if preview.status is None else OrganizationStatus(preview.status),
        reversible_until=None if until is None else as_datetime(until),
        blockers=[_blocker(each) for each in preview.blockers],
        forfeited_credit=preview.forfeited_credit,
        forfeited_subscriptions=preview.forfeited_subscriptions,
    )


def _blocker(blocker: Blocker) -> DeletionBlocker:
    return DeletionBlocker(code=blocker.code, message=blocker.message, count=int(str(blocker.details.get("count", 1))))
