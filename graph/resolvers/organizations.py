"""Queries and mutations of organizations."""

import strawberry

from graph.resolvers.commands import or_none, plain, run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.member import Member, MemberFilter, MemberOrder
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
from tenants.new_organization import NewOrganization, NewOwner
from tenants.organization_tree import create_organization


@strawberry.type
class OrganizationQueries:
    organization: Organization | None = root_by_id(
        "Organization", "org", "One organization by id; NOT_FOUND for a stranger's."
    )
    organizations: Connection[Organization] = root_connection(
        filter=OrganizationFilter, order=OrganizationOrder, description="The organizations that the viewer sees."
    )
    members: Connection[Member] = root_connection(
        filter=MemberFilter, order=MemberOrder, description="The members that the viewer sees."
    )


@strawberry.input(description="A new organization under `parentId` (ORG-6). Creating it also makes its wallet.")
class CreateOrganizationInput:
    parent_id: strawberry.ID
    kind: OrganizationKind
    name: str
    country: str | None = strawberry.UNSET
    currency: CurrencyCode | None = strawberry.UNSET
    timezone: str | None = strawberry.UNSET
    pricing_model: PricingModel | None = strawberry.UNSET
    managed_by: ManagedBy | None = strawberry.UNSET
    billing_email: str | None = strawberry.UNSET
    address: str | None = strawberry.UNSET
    city: str | None = strawberry.UNSET
    owner_given_name: str | None = strawberry.UNSET
    owner_family_name: str | None = strawberry.UNSET
    owner_email: str | None = strawberry.UNSET
    billing_number: str | None = strawberry.UNSET
    idempotency_key: str | None = strawberry.UNSET


@strawberry.type
class CreateOrganizationPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.type
class OrganizationMutations:
    @strawberry.mutation(description="Create a reseller or a customer below an organization that you sell to.")
    async def create_organization(
        self, info: strawberry.Info, input: CreateOrganizationInput
    ) -> CreateOrganizationPayload:
        new = NewOrganization(
            parent_id=input.parent_id,
            kind=input.kind.value,
            name=input.name,
            country=or_none(input.country),
            currency=or_none(input.currency),
            timezone=or_none(input.timezone),
            pricing_model=or_none(plain(input.pricing_model)),
            managed_by=or_none(plain(input.managed_by)),
            billing_email=or_none(input.billing_email),
            address=or_none(input.address),
            city=or_none(input.city),
            owner=NewOwner(
                or_none(input.owner_given_name), or_none(input.owner_family_name), or_none(input.owner_email)
            ),
            billing_number=or_none(input.billing_number),
        )
        return await run(info, input, lambda uow: create_organization(uow, new))
