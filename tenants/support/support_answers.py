"""Answers to a support session: approved, refused, ended (SUP-2, SUP-3, SUP-10). Opening is in support_opening.py."""

from dataclasses import dataclass

from core.refusals import refuse
from core.transaction import Row, fetch_one
from tenants.access import (
    OrganizationFacts,
    allow,
    not_found,
    organization_by_id,
    relation_to,
    require_active,
    row_by_id,
)
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.permissions import Action, Relation, Role, ViaKind
from tenants.platform_work import time_of_organization
from tenants.sign_in.sessions import require_fresh_password
from tenants.support.support_authentication import over_by
from tenants.support.support_ending import end_session, settle, standing_rows
from tenants.support.support_notices import OPENED, REFUSED, tell
from tenants.support.support_opening import lock_supporter, times_of_opening
from tenants.support.support_rules import approving_organization
from tenants.unit_of_work import UnitOfWork

_LEADERS = (Role.OWNER, Role.ADMIN)
_MESSAGES = {
    "CONSENT_EXPIRED": "Nobody approved it in time; it has to be asked for anew.",
    "SUPPORT_SESSION_ALREADY_OPEN": "This support session, or another one of the supporter, is open.",
    "SUPPORT_SESSION_ENDED": "The support session has ended.",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A session by its id, or by the token of its approval link."""

    session_id: str | None = None
    token: str | None = None


async def approve_support_session(uow: UnitOfWork, named: Named) -> Outcome:
    """Consent to one session: it is open from now on (SUP-2).

    Refused: NOT_FOUND (a link outside the approving organization too), FORBIDDEN_WHILE_ACTING, FORBIDDEN,
    CONSENT_REQUIRED, REAUTH_REQUIRED, ORGANIZATION_NOT_ACTIVE, CONSENT_EXPIRED, SUPPORT_SESSION_ENDED,
    SUPPORT_SESSION_ALREADY_OPEN. Answers supportSessionId."""
    row, organization = await _to_answer(uow, named)
    require_fresh_password(uow)
    require_active(organization)
    await lock_supporter(uow, row["supporter_member_id"])
    row = await _still_pending(uow, row["id"])
    await _check_supporter(uow, row)
    now = await time_of_organization(uow, organization)
    times = times_of_opening(now, uow.platform_now, row["minutes"])
    await uow.tx.execute(
        "UPDATE support_session AS s SET state = 'OPEN', basis = 'APPROVED', approved_by_organization_id = $5, "
        "approved_by_name = $6, opened_at = $7, ends_at = $8, platform_ends_at = $9, version = version + 1 "
        f"WHERE s.id = $4 AND {uow.visible('s', 'support_session')}",
        *uow.scope, row["id"], uow.actor.organization_id, uow.actor.name, times["opened_at"], times["ends_at"],
        times["platform_ends_at"],
    )  # fmt: skip
    uow.audit("SupportSession", row["id"], organization_id=organization.id, path=organization.path,
              before={"state": "PENDING"}, after={"state": "OPEN", "endsAt": times["ends_at"]})  # fmt: skip
    await tell(uow, OPENED, row, {"endsAt": times["ends_at"]})
    await tell(uow, OPENED, row, {"endsAt": times["ends_at"]}, to_organization_id=row["supporter_organization_id"])
    return {"supportSessionId": row["id"]}


async def refuse_support_session(uow: UnitOfWork, named: Named) -> Outcome:
    """Say no to one session that is asked for.

    Refused as `approve_support_session`, but for REAUTH_REQUIRED."""
    row, organization = await _to_answer(uow, named)
    require_active(organization)
    row = await _still_pending(uow, row["id"])
    await end_session(uow, row["id"], "REFUSED", state="REFUSED")
    await tell(uow, REFUSED, row, to_organization_id=row["supporter_organization_id"])
    return {"supportSessionId": row["id"]}


async def asked_by_link(uow: UnitOfWork, token: str) -> Row:
    """What the link of a mail asks to consent to, for one who may (SUP-3); changes nothing.

    Refused as `refuse_support_session`."""
    row, organization = await _to_answer(uow, Named(token=token))
    require_active(organization)
    _require_pending(row)
    return row


async def end_support_session(uow: UnitOfWork, session_id: str) -> Outcome:
    """End a session, or take back one that is asked for (SUP-10); also by the supporter from within it.

    Refused: NOT_FOUND, FORBIDDEN_WHILE_ACTING, FORBIDDEN, SUPPORT_SESSION_ENDED. Answers supportSessionId."""
    row = await row_by_id(uow, "support_session", session_id, ("supportSessionId",))
    by = _ender(uow, row, await organization_by_id(uow, row["organization_id"]))
    if by is None or not await end_session(uow, session_id, by):
        refuse("SUPPORT_SESSION_ENDED", _MESSAGES["SUPPORT_SESSION_ENDED"])
    uow.ends_own_support_session = uow.actor.support is not None
    return {"supportSessionId": session_id}


def _ender(uow: UnitOfWork, row: Row, target: OrganizationFacts) -> str | None:
    """In which capacity the actor ends it; None when it is over. Refused: FORBIDDEN_WHILE_ACTING, FORBIDDEN.

    The seller's roles count as the target's where it manages it (section 6, P)."""
    actor = uow.actor
    if actor.support is not None and actor.support.session_id != row["id"]:
        refuse("FORBIDDEN_WHILE_ACTING", "This cannot be done in a support session.")
    is_supporter = actor.support is not None or actor.member_id == row["supporter_member_id"]
    is_leader = actor.role in _LEADERS
    if actor.via.kind is ViaKind.API_KEY:
        refuse("FORBIDDEN", "No program ends a support session.")
    by = None
    if is_supporter:
        by = "ENDED_BY_SUPPORTER"
    elif is_leader and relation_to(uow, target) in (Relation.OWN, Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER):
        by = "ENDED_BY_TARGET"
    elif is_leader and actor.organization_id == row["supporter_organization_id"]:
        by = "ENDED_BY_SUPPORTERS_ORGANIZATION"
    if by is None:
        refuse("FORBIDDEN", "This role may not end this support session.")
    return by if row["state"] in ("PENDING", "OPEN") else None


async def _to_answer(uow: UnitOfWork, named: Named) -> tuple[Row, OrganizationFacts]:
    """The session and its target, for one who may consent to it (SUP-2, SUP-3)."""
    by_link = named.token is not None
    row = await (_by_token(uow, named.token or "") if by_link else _by_id(uow, named.session_id or ""))
    organization = await organization_by_id(uow, row["organization_id"])
    approver_id = approving_organization(organization.managed_by, organization.id, organization.parent_id)
    if by_link and uow.actor.organization_id != approver_id:
        not_found(("token",))
    allow(uow, Action.APPROVE_SUPPORT_SESSION, organization)
    if uow.actor.organization_id != approver_id:
        refuse("FORBIDDEN", "Only whoever manages the organization consents.")
    return row, organization


async def _by_id(uow: UnitOfWork, session_id: str) -> Row:
    return await row_by_id(uow, "support_session", session_id, ("supportSessionId",))


async def _by_token(uow: UnitOfWork, token: str) -> Row:
    row = await fetch_one(
        uow.tx,
        f"SELECT t.* FROM support_session t WHERE t.approval_hash = $4 AND {uow.visible('t', 'support_session')}",
        *uow.scope, secret_hash(token),
    )  # fmt: skip
    if row is None:
        not_found(("token",))
    return row


async def _still_pending(uow: UnitOfWork, session_id: str) -> Row:
    """The session read again under its lock. Refused by the state it is in."""
    if uow.tx.dialect == "postgres":
        await uow.tx.fetch(
            f"SELECT s.id FROM support_session s WHERE s.id = $4 AND {uow.visible('s', 'support_session')} FOR UPDATE",
            *uow.scope, session_id,
        )  # fmt: skip
    row = await _by_id(uow, session_id)
    _require_pending(row)
    for standing in await standing_rows(uow, "a.support_session_id = $1", session_id):
        over = over_by(standing, uow.platform_now)
        if over is not None:
            code = "CONSENT_EXPIRED" if over == "LAPSED" else "SUPPORT_SESSION_ENDED"
            refuse(code, _MESSAGES[code])
    return row


def _require_pending(row: Row) -> None:
    if row["state"] == "OPEN":
        refuse("SUPPORT_SESSION_ALREADY_OPEN", _MESSAGES["SUPPORT_SESSION_ALREADY_OPEN"])
    if row["state"] == "LAPSED":
        refuse("CONSENT_EXPIRED", _MESSAGES["CONSENT_EXPIRED"])
    if row["state"] != "PENDING":
        refuse("SUPPORT_SESSION_ENDED", _MESSAGES["SUPPORT_SESSION_ENDED"])


async def _check_supporter(uow: UnitOfWork, row: Row) -> None:
    """Only one of the supporter's sessions is open at a time (SUP-6)."""
    own = await standing_rows(
        uow, "a.supporter_member_id = $1 AND a.support_session_id <> $2", row["supporter_member_id"], row["id"]
    )
    if any(each["state"] == "OPEN" for each in await settle(uow, own)):
        refuse("SUPPORT_SESSION_ALREADY_OPEN", _MESSAGES["SUPPORT_SESSION_ALREADY_OPEN"])
