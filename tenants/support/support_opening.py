"""Opening support sessions (SUP-1 to SUP-7): at once where nothing but the rules is needed, else asked for.

Approving, refusing and ending them is in support_answers.py."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import HOUR, MINUTE, Instant
from core.ids import new_id
from core.refusals import Blockers, Refused, refuse
from core.transaction import Row, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, row_by_id
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.permissions import Action, Relation, decide
from tenants.platform_work import time_of_organization
from tenants.policy.policy import policies_for
from tenants.support.support_consents import standing_consent
from tenants.support.support_ending import settle, standing_rows
from tenants.support.support_notices import APPROVAL_PATH, ASKED, OPENED, tell
from tenants.support.support_rules import CheckedSupport, SupportRequest, approving_organization, checked_support
from tenants.support.support_tokens import SupportClaims, signed_token
from tenants.unit_of_work import UnitOfWork

MOST_ROWS = 25
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Asked:
    """One session about to be stored: what is asked, of whom, and when; `consent` lets it open at once."""

    organization: OrganizationFacts
    member: Row | None
    support: CheckedSupport
    asking_id: str
    is_first: bool
    now: Instant
    approval_hours: int
    needs_consent: bool
    approver_id: str | None
    consent: Row | None

    @property
    def is_open(self) -> bool:
        return not self.needs_consent or self.consent is not None


async def open_support_session(uow: UnitOfWork, organization_id: str, request: SupportRequest) -> Outcome:
    """Open a session in one organization below, or ask for it: then it is PENDING until somebody there approves.

    The token is in `uow.shown_once["token"]`. Refused: NOT_FOUND, FORBIDDEN_WHILE_ACTING, FORBIDDEN; all at once
    FIELD_REQUIRED, REASON_LENGTH, TICKET_LENGTH, SESSION_TOO_LONG, SCOPE_UNKNOWN; then all at once
    ORGANIZATION_NOT_ACTIVE, REFERENCE_INVALID, SUPPORT_SESSION_ALREADY_OPEN, TARGET_INVITATION_PENDING,
    TARGET_NO_PORTAL_ACCESS. Answers supportSessionId."""
    outcome = await _one(uow, organization_id, request, new_id("ask"), is_first=True)
    uow.shown_once["token"] = uow.shown_once.pop(outcome["supportSessionId"])
    return outcome


async def open_support_sessions(uow: UnitOfWork, organization_ids: Sequence[str], request: SupportRequest) -> Outcome:
    """Ask up to 25 organizations in one call; each row stands alone. One of them at a time can be open (SUP-6).

    Refused as a whole: TOO_MANY_ROWS. Answers `results`, one per row: supportSessionId, or `errors`; the tokens are in
    `uow.shown_once`, by the session's id."""
    _check_right(uow)
    ids = list(dict.fromkeys(organization_ids))
    if not 1 <= len(organization_ids) <= MOST_ROWS:
        refuse("TOO_MANY_ROWS", "This takes 1 to 25 organizations.", ("organizationIds",), maximum=MOST_ROWS)
    asking_id, results, is_first = new_id("ask"), [], True
    for organization_id in ids:
        results.append(await _row(uow, organization_id, request, asking_id, is_first=is_first))
        is_first = is_first and "errors" in results[-1]
    return {"results": results}


def _check_right(uow: UnitOfWork) -> None:
    """What the actor can do nowhere is refused before the rows are counted (GEN-1)."""
    decide(Action.OPEN_SUPPORT_SESSION, uow.actor.role, Relation.BELOW_BUYER, uow.actor.via).enforce()


async def _row(
    uow: UnitOfWork, organization_id: str, request: SupportRequest, asking_id: str, *, is_first: bool
) -> Outcome:
    try:
        return {"organizationId": organization_id} | await _one(
            uow, organization_id, request, asking_id, is_first=is_first
        )
    except Refused as refused:  # it is refused before anything is written
        errors = [
            {"code": each.code, "message": each.message, "field": each.field, "details": each.details}
            for each in refused.blockers
        ]
        return {"organizationId": organization_id, "errors": errors}


async def _one(
    uow: UnitOfWork, organization_id: str, request: SupportRequest, asking_id: str, *, is_first: bool
) -> Outcome:
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    member = None
    if request.member_id is not None:
        columns = "t.id, t.organization_id, t.given_name, t.family_name, t.has_portal_access, t.invitation"
        member = await row_by_id(uow, "member", request.member_id, ("memberId",), columns)
    allow(uow, Action.OPEN_SUPPORT_SESSION, organization)
    policies = await policies_for(uow, organization.id)
    support = checked_support(request, policies.integer("supportSessionMinutes"))
    now = await time_of_organization(uow, organization)
    asked = await _decided(uow, organization, member, support, asking_id, is_first, now,
                           policies.integer("supportApprovalHours"))  # fmt: skip
    await _check_state(uow, asked)
    return await _store(uow, asked)


async def _decided(
    uow: UnitOfWork, organization: OrganizationFacts, member: Row | None, support: CheckedSupport, asking_id: str,
    is_first: bool, now: Instant, approval_hours: int,
) -> _Asked:  # fmt: skip
    """Who has to consent, and whether somebody did already (SUP-2)."""
    is_managed_here = organization.managed_by == "SERVICE_PROVIDER" and organization.parent_id == (
        uow.actor.organization_id
    )
    approver_id = approving_organization(organization.managed_by, organization.id, organization.parent_id)
    consent = None
    if not is_managed_here:
        consent = await standing_consent(uow, organization, approver_id, support.kind, support.areas, now)
    return _Asked(organization, member if support.member_id else None, support, asking_id, is_first, now,
                  approval_hours, not is_managed_here, approver_id, consent)  # fmt: skip


async def _check_state(uow: UnitOfWork, asked: _Asked) -> None:
    found = Blockers()
    if asked.organization.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    member = asked.member
    if member is not None and member["organization_id"] != asked.organization.id:
        found.add("REFERENCE_INVALID", "This member is of another organization.", ("memberId",))
    elif member is not None and not member["has_portal_access"]:
        found.add("TARGET_NO_PORTAL_ACCESS", "This member cannot sign in.", ("memberId",))
    elif member is not None and member["invitation"] != "ACCEPTED":
        found.add("TARGET_INVITATION_PENDING", "This member has not accepted the invitation.", ("memberId",))
    await lock_supporter(uow, uow.actor.member_id or "")
    mine = await settle(uow, await standing_rows(uow, "a.supporter_member_id = $1", uow.actor.member_id))
    others = [row for row in mine if row["asking_id"] != asked.asking_id or (asked.is_open and row["state"] == "OPEN")]
    if others:
        found.add("SUPPORT_SESSION_ALREADY_OPEN", "End or await your other support session first.")
    found.raise_if_any()


async def lock_supporter(uow: UnitOfWork, member_id: str) -> None:
    """Sessions of one supporter are opened and approved one after the other (SUP-6)."""
    if uow.tx.dialect == "postgres":
        async with uow.as_platform("SUP-6: the supporter may stand above who approves"):
            await uow.tx.fetch("SELECT m.id FROM member m WHERE m.id = $1 FOR NO KEY UPDATE", member_id)


async def _store(uow: UnitOfWork, asked: _Asked) -> Outcome:
    session_id, organization, support = new_id("sup"), asked.organization, asked.support
    approval_token = None if asked.is_open else secrets.token_urlsafe(TOKEN_BYTES)
    waits = 0 if asked.is_open else asked.approval_hours * HOUR
    token = signed_token(
        SupportClaims(session_id, support.member_id or organization.id, uow.actor.member_id or "",
                      uow.actor.organization_id, organization.id, support.areas, uow.platform_now,
                      uow.platform_now + waits + support.minutes * MINUTE), uow.secret,
    )  # fmt: skip
    row = _columns(uow, asked, session_id) | {
        "approval_hash": approval_token and secret_hash(approval_token),
        "token_hash": secret_hash(token),
    }
    await insert(uow.tx, "support_session", **row)
    shown = {"kind": support.kind.value, "access": support.access.value, "areas": list(support.areas),
             "minutes": support.minutes, "state": row["state"], "memberId": support.member_id}  # fmt: skip
    uow.audit("SupportSession", session_id, organization_id=organization.id, path=organization.path, after=shown,
              reason=support.reason, ticket=support.ticket)  # fmt: skip
    if approval_token is None:
        await tell(uow, OPENED, row, {"endsAt": row["ends_at"]})
    else:
        more = {"token": approval_token, "path": APPROVAL_PATH,
                "expiresAt": row["approval_ends_at"]}  # fmt: skip
        await tell(uow, ASKED, row, more, to_organization_id=asked.approver_id)
    uow.shown_once[session_id] = token
    return {"supportSessionId": session_id}


def _columns(uow: UnitOfWork, asked: _Asked, session_id: str) -> dict[str, object]:
    organization, support, member = asked.organization, asked.support, asked.member
    named = " ".join(filter(None, (member["given_name"], member["family_name"]))) if member else organization.name
    row: dict[str, object] = {
        "id": session_id,
        "organization_id": organization.id,
        "path": organization.path,
        "kind": support.kind.value,
        "target_member_id": support.member_id,
        "target_name": named,
        "supporter_organization_id": uow.actor.organization_id,
        "supporter_member_id": uow.actor.member_id,
        "supporter_name": uow.actor.name,
        "asking_id": asked.asking_id,
        "is_first_of_asking": asked.is_first,
        "reason": support.reason,
        "ticket": support.ticket,
        "minutes": support.minutes,
        "access": support.access.value,
        "areas": json.dumps(list(support.areas)),
        "basis": "STANDING" if asked.consent is not None else "NONE",
        "consent_id": asked.consent["id"] if asked.consent is not None else None,
        "asked_at": asked.now,
    }
    if not asked.is_open:
        return row | {"state": "PENDING", "approval_ends_at": asked.now + asked.approval_hours * HOUR}
    until = asked.consent["ends_at"] if asked.consent is not None else None
    return row | {"state": "OPEN"} | times_of_opening(asked.now, uow.platform_now, support.minutes, until)


def times_of_opening(
    now: Instant, platform_now: Instant, minutes: int, consent_ends_at: Instant | None = None
) -> dict[str, Instant]:
    """From when until when a session is open (SUP-6, GEN-4), in the target's time and, as a bound that no sandbox clock
    moves, in the platform's."""
    ends_at = now + minutes * MINUTE
    if consent_ends_at is not None:
        ends_at = min(ends_at, consent_ends_at)
    return {"opened_at": now, "ends_at": ends_at, "platform_ends_at": platform_now + minutes * MINUTE}
