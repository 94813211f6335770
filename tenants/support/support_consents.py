"""Standing consents (SUP-4): given to one organization for some days, revoked, never revived or lengthened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.calendar import end_of_days, local_date
from core.clock import Instant
from core.ids import new_id
from core.refusals import Blockers
from core.transaction import Row, fetch_one, insert
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.platform_work import time_of_organization
from tenants.policy.policy import policies_for
from tenants.sign_in.sessions import require_fresh_password
from tenants.support.support_ending import end_consent
from tenants.support.support_notices import CONSENT_GIVEN
from tenants.support.support_rules import SupportAccess, SupportKind, checked_areas, covers, notice_dates
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class NewConsent:
    """The input of `give_support_consent`; `organization_id` is whose data it opens. `supporter_organization_id` None:
    the seller of whoever consents, the only one above that it knows (VIS-2)."""

    organization_id: str
    kinds: Sequence[SupportKind]
    days: int
    access: SupportAccess = SupportAccess.READ
    areas: Sequence[str] = ()
    supporter_organization_id: str | None = None


async def give_support_consent(uow: UnitOfWork, new: NewConsent) -> Outcome:
    """Let one organization open sessions without asking, from now through the end of day N (GEN-3).

    Refused: NOT_FOUND, FORBIDDEN_WHILE_ACTING, FORBIDDEN, CONSENT_REQUIRED, REAUTH_REQUIRED; all at once
    CONSENT_TOO_LONG, FIELD_REQUIRED, SCOPE_UNKNOWN; ORGANIZATION_NOT_ACTIVE. Answers supportConsentId and endsAt."""
    organization = await organization_by_id(uow, new.organization_id, ("organizationId",))
    grantee_id = await _grantee(uow, new)
    allow(uow, Action.GIVE_SUPPORT_CONSENT, organization)
    require_fresh_password(uow)
    areas = await _checked(uow, organization, new)
    require_active(organization)
    return await _insert(uow, organization, new, grantee_id, areas)


async def revoke_support_consent(uow: UnitOfWork, consent_id: str) -> Outcome:
    """End a consent, and at once every session that stands on it.

    Refused: NOT_FOUND, FORBIDDEN_WHILE_ACTING, FORBIDDEN, CONSENT_REQUIRED, REAUTH_REQUIRED; all at once
    CONSENT_ENDED, ORGANIZATION_NOT_ACTIVE."""
    consent = await row_by_id(uow, "support_consent", consent_id, ("supportConsentId",))
    organization = await organization_by_id(uow, consent["organization_id"])
    allow(uow, Action.REVOKE_SUPPORT_CONSENT, organization)
    require_fresh_password(uow)
    consent = await _locked(uow, consent_id)
    now = await time_of_organization(uow, organization)
    found = Blockers()
    if consent["ended_at"] is not None or now >= consent["ends_at"]:
        found.add("CONSENT_ENDED", "This consent has ended; it is never revived.")
    if organization.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    found.raise_if_any()
    await end_consent(uow, consent, "REVOKED", now)
    return {"supportConsentId": consent_id}


async def standing_consent(
    uow: UnitOfWork,
    organization: OrganizationFacts,
    giver_id: str | None,
    kind: str,
    areas: Sequence[str],
    now: Instant,
) -> Row | None:
    """The consent of that giver, longest first, that lets the actor's organization in so far; None without any.

    On PostgreSQL it is locked, so that it is not revoked while a session is opened on it."""
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    async with uow.as_platform("SUP-2: the consent of whoever manages the target"):
        found = await uow.tx.fetch(
            "SELECT * FROM support_consent WHERE organization_id = $1 AND given_by_organization_id = $2 "
            f"AND grantee_organization_id = $3 AND ended_at IS NULL AND ends_at > $4 ORDER BY ends_at DESC, id{lock}",
            organization.id, giver_id, uow.actor.organization_id, now,
        )  # fmt: skip
    return next((each for each in found if covers(each, kind, areas)), None)


async def _grantee(uow: UnitOfWork, new: NewConsent) -> str:
    """The seller of the one who consents: nobody else above is known to it, so nobody else can be named (VIS-2)."""
    async with uow.as_platform("SUP-4: the one organization that a consent names"):
        own = await fetch_one(
            uow.tx, "SELECT o.parent_id FROM organization o WHERE o.id = $1", uow.actor.organization_id
        )
    assert own is not None
    if own["parent_id"] is None or new.supporter_organization_id not in (None, own["parent_id"]):
        not_found(("supporterOrganizationId",))
    return str(own["parent_id"])


async def _checked(uow: UnitOfWork, organization: OrganizationFacts, new: NewConsent) -> tuple[str, ...]:
    most = (await policies_for(uow, organization.id)).integer("supportConsentMaxDays")
    found = Blockers()
    if not 1 <= new.days <= most:
        found.add("CONSENT_TOO_LONG", f"A consent lasts 1 to {most} days.", ("days",), maximumDays=most)
    if not new.kinds:
        found.add("FIELD_REQUIRED", "Say for which kinds of session.", ("kinds",))
    areas = checked_areas(found, new.access, new.areas)
    found.raise_if_any()
    return areas


async def _insert(
    uow: UnitOfWork, organization: OrganizationFacts, new: NewConsent, grantee_id: str, areas: Sequence[str]
) -> Outcome:
    now, zone, consent_id = await time_of_organization(uow, organization), organization.timezone, new_id("sco")
    first_day = local_date(now, zone)
    last_day = first_day + timedelta(days=new.days)
    ends_at = end_of_days(first_day, new.days, zone)
    kinds = sorted({kind.value for kind in new.kinds})
    place: dict[str, Any] = {"organization_id": organization.id, "path": organization.path}
    await insert(
        uow.tx, "support_consent", id=consent_id, **place,
        given_by_organization_id=uow.actor.organization_id, given_by_member_id=uow.actor.member_id,
        given_by_name=uow.actor.name, grantee_organization_id=grantee_id, kinds=json.dumps(kinds),
        access=new.access.value, areas=json.dumps(list(areas)), days=new.days, started_at=now,
        last_date=last_day.isoformat(), ends_at=ends_at,
    )  # fmt: skip
    notices = {str(days): day.isoformat() for days, day in notice_dates(first_day, last_day)}
    shown = {"kinds": kinds, "access": new.access.value, "areas": list(areas), "days": new.days,
             "lastDate": last_day.isoformat()}  # fmt: skip
    uow.audit("SupportConsent", consent_id, **place, after=shown)
    uow.send(
        CONSENT_GIVEN, consent_id, shown | {"noticeDates": notices, "supporterOrganizationId": grantee_id}, **place
    )
    return {"supportConsentId": consent_id, "endsAt": ends_at}


async def _locked(uow: UnitOfWork, consent_id: str) -> Row:
    if uow.tx.dialect == "postgres":
        await uow.tx.fetch(
            f"SELECT c.id FROM support_consent c WHERE c.id = $4 AND {uow.visible('c', 'support_consent')} FOR UPDATE",
            *uow.scope, consent_id,
        )  # fmt: skip
    return await row_by_id(uow, "support_consent", consent_id, ("supportConsentId",))
