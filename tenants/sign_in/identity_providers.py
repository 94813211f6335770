"""An organization's own identity provider: set and removed by its OWNER or ADMIN. Signing in through it is apart.

The client secret is sealed, and read by nobody (AUD-7)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from core.ids import new_id
from core.refusals import Blockers
from core.sealing import Sealer
from core.transaction import Row, fetch_one, insert
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.names import normalized
from tenants.permissions import Action
from tenants.sign_in.sessions import require_fresh_password
from tenants.unit_of_work import UnitOfWork

CHANGED_TOPIC = "notice.identity_provider_changed"
"""A security notice to OWNER and TECH (CON-3): whoever runs the provider says who the organization's people are."""
MOST_DOMAINS = 20
_LONGEST = 1_000
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class NewIdentityProvider:
    """The input of `set_identity_provider`; `allows_plain_http` on a desk alone."""

    organization_id: str
    issuer: str | None
    client_id: str | None
    client_secret: str | None
    email_domains: Sequence[str]
    allows_plain_http: bool = False


async def set_identity_provider(uow: UnitOfWork, new: NewIdentityProvider, sealer: Sealer) -> Outcome:
    """Members of the organization may sign in through it from now on; it replaces the one before.

    Refused: NOT_FOUND, FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED; all at once FIELD_REQUIRED,
    ISSUER_INVALID, EMAIL_DOMAIN_INVALID, TOO_MANY_ROWS; ORGANIZATION_NOT_ACTIVE. Answers identityProviderId."""
    organization = await organization_by_id(uow, new.organization_id, ("organizationId",))
    allow(uow, Action.EDIT_IDENTITY_PROVIDER, organization)
    require_fresh_password(uow)
    values = _checked(new)
    require_active(organization)
    before = await _provider_of(uow, organization.id)
    provider_id = before["id"] if before else new_id("idp")
    stored = values | {
        "client_secret_sealed": sealer.sealed(new.client_secret or "", organization.id),
        "email_domains": json.dumps(values["email_domains"]),
    }
    if before is None:
        await insert(uow.tx, "identity_provider", id=provider_id, organization_id=organization.id,
                     path=organization.path, created_at=uow.now, **stored)  # fmt: skip
    else:
        await uow.tx.execute(
            "UPDATE identity_provider AS p SET issuer = $5, client_id = $6, client_secret_sealed = $7, "
            f"email_domains = $8, version = version + 1 WHERE p.id = $4 AND {uow.visible('p', 'identity_provider')}",
            *uow.scope, provider_id, stored["issuer"], stored["client_id"], stored["client_secret_sealed"],
            stored["email_domains"],
        )  # fmt: skip
    _trace(uow, organization, provider_id, _shown(before), _shown(stored))
    return {"identityProviderId": provider_id}


async def remove_identity_provider(uow: UnitOfWork, provider_id: str) -> Outcome:
    """Nobody signs in through it any more; sessions that it opened end at once.

    Refused: NOT_FOUND, FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED, ORGANIZATION_NOT_ACTIVE."""
    row = await row_by_id(uow, "identity_provider", provider_id, ("identityProviderId",))
    organization = await organization_by_id(uow, row["organization_id"])
    allow(uow, Action.EDIT_IDENTITY_PROVIDER, organization)
    require_fresh_password(uow)
    require_active(organization)
    gone = await uow.tx.execute(
        f"DELETE FROM identity_provider AS p WHERE p.id = $4 AND {uow.visible('p', 'identity_provider')}",
        *uow.scope, provider_id,
    )  # fmt: skip
    if not gone:
        not_found(("identityProviderId",))
    async with uow.as_platform("AUTH-4: sessions stand in the platform's tables"):
        sql = "UPDATE session SET ended_at = $2 WHERE bound_organization_id = $1 AND ended_at IS NULL"
        await uow.tx.execute(sql, organization.id, uow.platform_now)
    uow.ends_own_session = True
    _trace(uow, organization, provider_id, _shown(row), None)
    return {}


async def _provider_of(uow: UnitOfWork, organization_id: str) -> Row | None:
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    return await fetch_one(
        uow.tx,
        f"SELECT p.* FROM identity_provider p WHERE p.organization_id = $4 "
        f"AND {uow.visible('p', 'identity_provider')}{lock}",
        *uow.scope, organization_id,
    )  # fmt: skip


def _checked(new: NewIdentityProvider) -> dict[str, Any]:
    found = Blockers()
    texts = {"issuer": new.issuer, "clientId": new.client_id, "clientSecret": new.client_secret}
    given = {name: normalized(text or "") for name, text in texts.items()}
    for name, text in given.items():
        if not text:
            found.add("FIELD_REQUIRED", "This field is required.", (name,))
        elif len(text) > _LONGEST:
            found.add("FIELD_LENGTH", f"At most {_LONGEST} characters.", (name,), maximum=_LONGEST)
    if given["issuer"] and not is_issuer(given["issuer"], new.allows_plain_http):
        found.add("ISSUER_INVALID", "An issuer is an https address without a query.", ("issuer",))
    domains = list(dict.fromkeys(normalized(each).lower() for each in new.email_domains))
    if not domains:
        found.add("FIELD_REQUIRED", "This field is required.", ("emailDomains",))
    if len(domains) > MOST_DOMAINS:
        found.add("TOO_MANY_ROWS", f"At most {MOST_DOMAINS} domains.", ("emailDomains",), maximum=MOST_DOMAINS)
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            found.add("EMAIL_DOMAIN_INVALID", "This is no domain.", ("emailDomains",), domain=domain)
    found.raise_if_any()
    return {"issuer": given["issuer"], "client_id": given["clientId"], "email_domains": domains}


def is_issuer(text: str, allows_plain_http: bool) -> bool:
    """Whether it may name an identity provider: an address without user, query and fragment."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    schemes = ("https", "http") if allows_plain_http else ("https",)
    return parts.scheme in schemes and bool(host) and not (parts.query or parts.fragment or parts.username)


def _shown(row: Mapping[str, Any] | None) -> dict[str, object] | None:
    if row is None:
        return None
    domains = json.loads(row["email_domains"])
    return {"issuer": row["issuer"], "clientId": row["client_id"], "clientSecret": "***", "emailDomains": domains}


def _trace(
    uow: UnitOfWork,
    organization: OrganizationFacts,
    provider_id: str,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    """One entry in the log, and a word to the OWNER."""
    place = {"organization_id": organization.id, "path": organization.path}
    uow.audit("IdentityProvider", provider_id, **place, before=before, after=after)
    payload = {"issuer": after["issuer"] if after else None, "by": uow.actor.name,
               "organization": organization.name, "audience": "SERVICE"}  # fmt: skip
    uow.send(CHANGED_TOPIC, provider_id, payload, **place)
