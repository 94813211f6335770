"""Single changes of an organization, each with its own name: activation date, billing day and kind, who manages it,
picture. The rules are in tenants/organizations/organization_update.py, billing_kind.py and picture.py."""

from datetime import date
from typing import Any

import strawberry

from graph.resolvers.commands import or_none, run, written
from graph.schema.idempotency import optional_key
from graph.schema.organization import BillingKind, ManagedBy, Organization
from graph.schema.scalars import UserError
from graph.sql.reads import entity
from tenants.organizations.billing_kind import change_billing_kind
from tenants.organizations.organization_edit import OrganizationEdit
from tenants.organizations.organization_update import update_organization
from tenants.organizations.picture import set_organization_picture

_VERSION = "The one that was read; VERSION_CONFLICT when there is a newer one."


@strawberry.type
class OrganizationChangePayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.input(description="Where the periods of a buyer are counted from, until its first invoice (ORG-12).")
class CorrectActivationDateInput:
    organization_id: strawberry.ID
    version: int = strawberry.field(description=_VERSION)
    activation_date: date
    reason: str | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.input(description="On which day of the month a buyer is billed; needs a reason (ORG-12).")
class ChangeBillingDayInput:
    organization_id: strawberry.ID
    version: int = strawberry.field(description=_VERSION)
    billing_day: int | None = strawberry.field(description="1 to 31; null takes the buyer's own value back.")
    reason: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Who manages the organization from now on: itself, or its seller (ORG-15).")
class SwitchManagedByInput:
    organization_id: strawberry.ID
    version: int = strawberry.field(description=_VERSION)
    managed_by: ManagedBy
    idempotency_key: str | None = optional_key()


@strawberry.input(description="How a CUSTOMER is billed; a CHILD names the CORPORATE that pays for it (ORG-14).")
class ChangeBillingKindInput:
    organization_id: strawberry.ID
    version: int = strawberry.field(description=_VERSION)
    billing_kind: BillingKind
    corporate_id: strawberry.ID | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.input(description="The picture of the overview (ORG-17).")
class SetOrganizationPictureInput:
    organization_id: strawberry.ID
    content: str | None = strawberry.field(
        description="A PNG, JPEG or WebP of 100 x 100 pixels, at most 64 KiB, in base64; null takes it away."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class OrganizationChangeMutations:
    @strawberry.mutation(
        description="Correct the activation date of a buyer, as long as nothing was invoiced (ORG-12)."
    )
    async def correct_activation_date(
        self, info: strawberry.Info, input: CorrectActivationDateInput
    ) -> OrganizationChangePayload:
        return await _edited(info, input, activation_date=input.activation_date, reason=written(input.reason))

    @strawberry.mutation(description="Change the billing day of one buyer; the buyer never does that itself (ORG-12).")
    async def change_billing_day(
        self, info: strawberry.Info, input: ChangeBillingDayInput
    ) -> OrganizationChangePayload:
        return await _edited(info, input, billing_day=input.billing_day, reason=written(input.reason))

    @strawberry.mutation(description="To CUSTOMER: by the seller. To SERVICE_PROVIDER: by the OWNER alone (ORG-15).")
    async def switch_managed_by(self, info: strawberry.Info, input: SwitchManagedByInput) -> OrganizationChangePayload:
        return await _edited(info, input, managed_by=input.managed_by.value)

    @strawberry.mutation(description="Bill a customer by itself, for others, or through a CORPORATE (ORG-14).")
    async def change_billing_kind(
        self, info: strawberry.Info, input: ChangeBillingKindInput
    ) -> OrganizationChangePayload:
        return await run(
            info, input,
            lambda uow: change_billing_kind(
                uow, input.organization_id, input.version, input.billing_kind.value, or_none(input.corporate_id)
            ),
        )  # fmt: skip

    @strawberry.mutation(description="Set or take away the picture of an organization (ORG-17).")
    async def set_organization_picture(
        self, info: strawberry.Info, input: SetOrganizationPictureInput
    ) -> OrganizationChangePayload:
        return await run(info, input, lambda uow: set_organization_picture(uow, input.organization_id, input.content))


async def _edited(info: strawberry.Info, input: Any, **fields: Any) -> Any:
    edit = OrganizationEdit(input.organization_id, input.version, **fields)
    return await run(info, input, lambda uow: update_organization(uow, edit))
