"""`brand`, setting it, and its domain. The rules: brand_edit.py and brand_domains.py in tenants/brand/."""

from datetime import datetime
from typing import Any

import strawberry

from core.refusals import Refused
from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.resolvers.reading import read_own_brand
from graph.schema.brand import Brand
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.sql.reads import entity, from_outcome
from tenants.authentication import Unauthenticated
from tenants.brand.brand_domains import (
    DomainClaim,
    Record,
    claim_domain,
    is_published,
    record_to_find,
    remove_domain,
    verify_domain,
)
from tenants.brand.brand_edit import BrandEdit, set_brand
from tenants.organizations.organization_edit import UNSET
from tenants.unit_of_work import reading


@strawberry.type
class BrandQueries:
    @strawberry.field(description="The own white label; null when none was set. What buyers see is their seller card.")
    async def brand(self, info: strawberry.Info) -> Brand | None:
        answer: Any = await read_own_brand(info.context, info)
        return answer


@strawberry.input(description="What is left out stays; null takes the field away, which then falls back (WL-2).")
class SetBrandInput:
    organization_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="One's own.")
    brand_name: str | None = strawberry.field(default=strawberry.UNSET, description="2 to 64 characters.")
    logo: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="PNG, JPEG or WebP in base64: at least 100 x 100 pixels, at most 512 kB.",
    )
    support_email: str | None = strawberry.UNSET
    version: int | None = strawberry.field(default=strawberry.UNSET, description="The brand's, as it was read (GEN-5).")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A domain to prove, or to verify.")
class DomainInput:
    organization_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="One's own.")
    domain: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Whose domain goes.")
class RemoveDomainInput:
    organization_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="One's own.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class BrandPayload:
    errors: list[UserError]
    replayed: bool
    brand: Brand | None = entity("brandId")


@strawberry.type
class ClaimDomainPayload:
    errors: list[UserError]
    replayed: bool
    domain: str | None = from_outcome("domain", "In the form in which it is asked for.")
    record_name: str | None = from_outcome("recordName", "Where to set a TXT record.")
    record_value: str | None = from_outcome("recordValue", "What the record has to say.")
    expires_at: datetime | None = from_outcome("expiresAt", "From then on a new claim is needed.")
    brand: Brand | None = entity("brandId")


@strawberry.type
class VerifyDomainPayload:
    errors: list[UserError]
    replayed: bool
    domain: str | None = from_outcome("domain")
    brand: Brand | None = entity("brandId")


@strawberry.type
class BrandMutations:
    @strawberry.mutation(description="Set or remove name, logo and support e-mail of the own white label (WL-1).")
    async def set_brand(self, info: strawberry.Info, input: SetBrandInput) -> BrandPayload:
        edit = BrandEdit(
            or_none(input.organization_id), _given(input.brand_name), _given(input.logo),
            _given(input.support_email), or_none(input.version),
        )  # fmt: skip
        return await _branding(info, input, lambda uow: set_brand(uow, edit))

    @strawberry.mutation(description="Begin to prove a domain: the TXT record to set within 7 days (WL-3).")
    async def claim_domain(self, info: strawberry.Info, input: DomainInput) -> ClaimDomainPayload:
        claim = _claim(info.context, input)
        return await _branding(info, input, lambda uow: claim_domain(uow, claim))

    @strawberry.mutation(description="Look for the record in DNS; the first who proves a domain has it (WL-3).")
    async def verify_domain(self, info: strawberry.Info, input: DomainInput) -> VerifyDomainPayload:
        claim = _claim(info.context, input)
        found = await _published(info.context, claim)
        return await _branding(info, input, lambda uow: verify_domain(uow, claim, found))

    @strawberry.mutation(description="Give the domain up; it is free for others at once.")
    async def remove_domain(self, info: strawberry.Info, input: RemoveDomainInput) -> BrandPayload:
        return await _branding(info, input, lambda uow: remove_domain(uow, or_none(input.organization_id)))


async def _branding(info: strawberry.Info, given: Any, act: Any) -> Any:
    """Run the command; this process asks anew what stands at a host."""
    context: Context = info.context
    answer = await run(info, given, act)
    context.platform.sites.forget()
    return answer


async def _published(context: Context, claim: DomainClaim) -> Record | None:
    """The claim's record when it stands in DNS, looked up between two transactions; the second refuses."""
    try:
        async with reading(context.platform, context.credentials) as uow:
            record = await record_to_find(uow, claim)
    except Unauthenticated:
        raise
    except Refused:
        return None
    if record is None or not await is_published(context.txt_lookup, record):
        return None
    return record


def _claim(context: Context, given: DomainInput) -> DomainClaim:
    return DomainClaim(given.domain, or_none(given.organization_id), context.neutral_host)


def _given(value: Any) -> Any:
    return UNSET if value is strawberry.UNSET else value
