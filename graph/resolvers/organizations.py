"""Queries and mutations of organizations."""

from datetime import date, datetime

import strawberry

from core.clock import as_instant
from graph.resolvers.commands import or_none, plain, run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.idempotency import optional_key
from graph.schema.organization import (
    ManagedBy,
    Organization,
    OrganizationFilter,
    OrganizationKind,
    OrganizationOrder,
    PricingModel,
)
from graph.schema.scalars import Connection, CurrencyCode, UserError
from graph.sql.reads import entity
from tenants.names import TagInput
from tenants.organizations.new_organization import NewOrganization, NewOwner
from tenants.organizations.organization_edit import UNSET, OrganizationEdit
from tenants.organizations.organization_tree import create_organization
from tenants.organizations.organization_update import update_organization


@strawberry.type
class OrganizationQueries:
    organization: Organization | None = root_by_id(
        "Organization", "org", "One organization by id; NOT_FOUND for a stranger's."
    )
    organizations: Connection[Organization] = root_connection(
        filter=OrganizationFilter, order=OrganizationOrder,
        description="The organizations that the viewer sees, searched by all given keys at once, by name (SRCH-1).",
    )  # fmt: skip


@strawberry.input(description="Who is to own the organization; an invitation goes to the e-mail (ORG-7).")
class NewOwnerInput:
    given_name: str | None = strawberry.UNSET
    family_name: str | None = strawberry.UNSET
    email: str | None = strawberry.UNSET


@strawberry.input(description="Makes the organization, with all that is created below it, live by a clock of its own.")
class SandboxInput:
    stands_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Where the clock stands; without it, it ticks in real time until `advanceClock` first moves it.",
    )


@strawberry.input(description="A new organization under `parentId` (ORG-6). Creating it also makes its wallet.")
class CreateOrganizationInput:
    parent_id: strawberry.ID
    kind: OrganizationKind
    name: str | None = strawberry.UNSET
    country: str | None = strawberry.field(default=strawberry.UNSET, description="ISO 3166, two letters.")
    currency: CurrencyCode | None = strawberry.UNSET
    timezone: str | None = strawberry.field(default=strawberry.UNSET, description="IANA name.")
    pricing_model: PricingModel | None = strawberry.UNSET
    managed_by: ManagedBy | None = strawberry.UNSET
    billing_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Another legal entity; without it, it follows the name (ORG-9)."
    )
    billing_email: str | None = strawberry.field(default=strawberry.UNSET, description="Without it the owner's.")
    address: str | None = strawberry.UNSET
    city: str | None = strawberry.UNSET
    state_code: str | None = strawberry.UNSET
    owner: NewOwnerInput | None = strawberry.UNSET
    billing_number: str | None = strawberry.field(default=strawberry.UNSET, description="The operator alone gives one.")
    sandbox: SandboxInput | None = strawberry.field(
        default=strawberry.UNSET, description="The operator alone opens sandboxes."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class CreateOrganizationPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.input(description="One of the seller's tags on a buyer (ORG-10).")
class BuyerTagInput:
    key: str = strawberry.field(description="CustomerRef, BillingRef or TypeRef.")
    value: str


@strawberry.input(
    description="What is to change; a field that is left out stays as it is. Kind, uuid, billing number, currency and "
    "pricing model never change: sending another value is refused (ORG-2)."
)
class UpdateOrganizationInput:
    id: strawberry.ID
    version: int = strawberry.field(description="The one that was read; VERSION_CONFLICT when there is a newer one.")
    name: str | None = strawberry.UNSET
    billing_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="null: it follows the name again (ORG-9)."
    )
    billing_email: str | None = strawberry.UNSET
    address: str | None = strawberry.UNSET
    city: str | None = strawberry.UNSET
    country: str | None = strawberry.UNSET
    state_code: str | None = strawberry.UNSET
    timezone: str | None = strawberry.UNSET
    activation_date: date | None = strawberry.UNSET
    billing_day: int | None = strawberry.field(
        default=strawberry.UNSET, description="For this buyer alone; null takes it back. Needs a reason (ORG-12)."
    )
    buyer_tags: list[BuyerTagInput] | None = strawberry.field(
        default=strawberry.UNSET, description="All tags that the buyer has from then on (ORG-10)."
    )
    managed_by: ManagedBy | None = strawberry.UNSET
    kind: OrganizationKind | None = strawberry.UNSET
    uuid: strawberry.ID | None = strawberry.UNSET
    billing_number: str | None = strawberry.UNSET
    currency: CurrencyCode | None = strawberry.UNSET
    pricing_model: PricingModel | None = strawberry.UNSET
    reason: str | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.type
class UpdateOrganizationPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.type
class OrganizationMutations:
    @strawberry.mutation(description="Create a reseller or a customer below an organization that you sell to.")
    async def create_organization(
        self, info: strawberry.Info, input: CreateOrganizationInput
    ) -> CreateOrganizationPayload:
        return await run(info, input, lambda uow: create_organization(uow, _new(input)))

    @strawberry.mutation(description="Change an organization as a whole or not at all; each field has its own right.")
    async def update_organization(
        self, info: strawberry.Info, input: UpdateOrganizationInput
    ) -> UpdateOrganizationPayload:
        return await run(info, input, lambda uow: update_organization(uow, _edit(input)))


def _new(input: CreateOrganizationInput) -> NewOrganization:
    owner, sandbox = or_none(input.owner), or_none(input.sandbox)
    stands_at = or_none(sandbox.stands_at) if sandbox else None
    return NewOrganization(
        parent_id=input.parent_id,
        kind=input.kind.value,
        name=or_none(input.name),
        country=or_none(input.country),
        currency=or_none(input.currency),
        timezone=or_none(input.timezone),
        pricing_model=or_none(plain(input.pricing_model)),
        managed_by=or_none(plain(input.managed_by)),
        billing_email=or_none(input.billing_email),
        billing_name=or_none(input.billing_name),
        address=or_none(input.address),
        city=or_none(input.city),
        state_code=or_none(input.state_code),
        owner=NewOwner(or_none(owner.given_name), or_none(owner.family_name), or_none(owner.email))
        if owner
        else NewOwner(),
        billing_number=or_none(input.billing_number),
        is_sandbox=sandbox is not None,
        sandbox_stands_at=None if stands_at is None else as_instant(stands_at),
    )


def _edit(input: UpdateOrganizationInput) -> OrganizationEdit:
    """The same fields by the same names; what was left out is UNSET."""
    apart = ("activation_date", "buyer_tags", "idempotency_key")
    tags = input.buyer_tags
    return OrganizationEdit(
        **{name: value for name, value in plain(input).items() if name not in apart},
        activation_date=UNSET if input.activation_date is strawberry.UNSET else input.activation_date,
        buyer_tags=UNSET if tags is strawberry.UNSET else [TagInput(tag.key, tag.value) for tag in tags or ()],
    )
