"""A brand's own domain: claimed, proven by a DNS record, removed (WL-3). The record is looked up before, by the caller.

Several may claim a domain; whoever proves it first has it, until it is removed or its reseller ends or moves."""

import secrets
from dataclasses import dataclass

from core.calendar import end_of_days, local_date
from core.clock import Instant, format_instant
from core.dns_txt import TxtLookup
from core.refusals import refuse
from core.transaction import fetch_one, fetch_value
from tenants.access import OrganizationFacts, not_found, require_active
from tenants.brand.brand_edit import brand_id, brand_row, branding_organization, store_brand
from tenants.brand.domain_names import checked_domain
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork

TOKEN_DAYS = 7
RECORD_LABEL = "_tenantry"
RECORD_BEGINNING = "tenantry-domain="
_NO_CLAIM = {"claimed_domain": None, "claim_token": None, "claim_expires_at": None}


@dataclass(frozen=True, slots=True)
class DomainClaim:
    """What somebody wants to prove: for `organization_id` (none: one's own), `domain` as it was typed."""

    domain: str
    organization_id: str | None = None
    neutral_host: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The TXT record that proves a claim."""

    name: str
    value: str


def record_of(domain: str, token: str) -> Record:
    """Where the record stands and what it says."""
    return Record(f"{RECORD_LABEL}.{domain}", f"{RECORD_BEGINNING}{token}")


async def claim_domain(uow: UnitOfWork, claim: DomainClaim) -> Outcome:
    """Begin to prove a domain; another open claim of the organization ends, its proven domain stays until then.

    Refused as `set_brand`, and DOMAIN_INVALID. Answers brandId, domain, recordName, recordValue, expiresAt."""
    organization = await branding_organization(uow, claim.organization_id)
    domain = checked_domain(claim.domain, claim.neutral_host)
    require_active(organization)
    token = secrets.token_urlsafe(24)
    expires_at = _expiry(uow, organization)
    await store_brand(
        uow, organization, {"claimed_domain": domain, "claim_token": token, "claim_expires_at": expires_at}
    )
    uow.audit("Brand", organization.id, organization_id=organization.id, path=organization.path,
              after={"claimedDomain": domain})  # fmt: skip
    record = record_of(domain, token)
    return {
        "brandId": await brand_id(uow, organization), "domain": domain,
        "recordName": record.name, "recordValue": record.value, "expiresAt": format_instant(expires_at),
    }  # fmt: skip


async def record_to_find(uow: UnitOfWork, claim: DomainClaim) -> Record | None:
    """The record that would prove the open claim, for a lookup after this transaction; None without such a claim.

    Refused as `claim_domain`."""
    organization = await branding_organization(uow, claim.organization_id)
    return await _open_record(uow, organization, checked_domain(claim.domain, claim.neutral_host))


async def is_published(lookup: TxtLookup, record: Record) -> bool:
    """Whether the record stands in DNS now. Call it outside of any transaction."""
    return record.value in await lookup.texts(record.name)


async def verify_domain(uow: UnitOfWork, claim: DomainClaim, found: Record | None) -> Outcome:
    """Take the domain that the record proves; `found` was seen in DNS just now. It replaces the one before.

    Refused as `claim_domain`, then DOMAIN_NOT_VERIFIED (no record, no claim, the token's 7 days are over),
    DOMAIN_TAKEN (somebody proved it before). Answers brandId, domain."""
    organization = await branding_organization(uow, claim.organization_id)
    domain = checked_domain(claim.domain, claim.neutral_host)
    require_active(organization)
    own = await _own_domain(uow, organization)
    if own == domain:
        return {"brandId": await brand_id(uow, organization), "domain": domain}
    if found is None or await _open_record(uow, organization, domain) != found:
        refuse("DOMAIN_NOT_VERIFIED", "The DNS record of an open claim was not found.", ("domain",))
    async with uow.as_platform("WL-3: a domain is had by one on the whole platform"):
        await uow.tx.execute("DELETE FROM brand_domain WHERE organization_id = $1", organization.id)
        taken = await uow.tx.execute(
            "INSERT INTO brand_domain (domain, organization_id, path, proven_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING",
            domain, organization.id, organization.path, uow.now,
        )  # fmt: skip
    if not taken:
        refuse("DOMAIN_TAKEN", "Somebody else has proved this domain before.", ("domain",))
    await store_brand(uow, organization, dict(_NO_CLAIM))
    _note(uow, organization, own, domain)
    return {"brandId": await brand_id(uow, organization), "domain": domain}


async def remove_domain(uow: UnitOfWork, organization_id: str | None) -> Outcome:
    """Give the proven domain and an open claim up; the domain is free for others at once. Answers brandId.

    Refused: NOT_FOUND (also when there is neither), FORBIDDEN, FORBIDDEN_WHILE_ACTING, ORGANIZATION_NOT_ACTIVE."""
    organization = await branding_organization(uow, organization_id)
    own, stored = await _own_domain(uow, organization), await brand_row(uow, organization)
    if own is None and (stored is None or stored["claimed_domain"] is None):
        not_found()
    require_active(organization)
    await uow.tx.execute(
        f"DELETE FROM brand_domain AS d WHERE d.organization_id = $4 AND {uow.visible('d', 'brand_domain')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    await store_brand(uow, organization, dict(_NO_CLAIM))
    _note(uow, organization, own, None)
    return {"brandId": await brand_id(uow, organization)}


async def forget_brand(uow: UnitOfWork, organization_id: str, path: str) -> None:
    """A brand does not move with its reseller (MOVE-7). Call it in `as_platform`; `path` is where it stands now."""
    row = await fetch_one(
        uow.tx,
        "SELECT b.brand_name, b.support_email, b.logo_hash, d.domain FROM brand b "
        "LEFT JOIN brand_domain d ON d.organization_id = b.organization_id WHERE b.organization_id = $1",
        organization_id,
    )
    if row is None:
        return
    for table in ("brand_domain", "brand"):
        await uow.tx.execute(f"DELETE FROM {table} WHERE organization_id = $1", organization_id)
    before = {
        "brandName": row["brand_name"], "supportEmail": row["support_email"], "logo": row["logo_hash"],
        "domain": row["domain"],
    }  # fmt: skip
    uow.audit("Brand", organization_id, organization_id=organization_id, path=path, before=before,
              after=dict.fromkeys(before))  # fmt: skip


async def _open_record(uow: UnitOfWork, organization: OrganizationFacts, domain: str) -> Record | None:
    stored = await brand_row(uow, organization)
    if stored is None or stored["claimed_domain"] != domain or uow.now >= stored["claim_expires_at"]:
        return None
    return record_of(domain, stored["claim_token"])


async def _own_domain(uow: UnitOfWork, organization: OrganizationFacts) -> str | None:
    found: str | None = await fetch_value(
        uow.tx,
        f"SELECT d.domain FROM brand_domain d WHERE d.organization_id = $4 AND {uow.visible('d', 'brand_domain')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    return found


def _expiry(uow: UnitOfWork, organization: OrganizationFacts) -> Instant:
    """Open through the end of local day 7 (GEN-3)."""
    return end_of_days(local_date(uow.now, organization.timezone), TOKEN_DAYS, organization.timezone)


def _note(uow: UnitOfWork, organization: OrganizationFacts, before: str | None, after: str | None) -> None:
    uow.audit("Brand", organization.id, organization_id=organization.id, path=organization.path,
              before={"domain": before}, after={"domain": after})  # fmt: skip
