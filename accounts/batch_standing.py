"""How a confirmed job stands before each chunk: its state, who confirmed it and what that member may do by now.

Read in the platform's own sight, as a job has no request; what is written later is written in the member's name."""

import json
from dataclasses import dataclass

from accounts.batch_request import changed_fields
from accounts.batch_rights import decide_update
from accounts.job_states import FailureReason, JobState, is_past_deadline
from core.clock import Instant
from core.transaction import Row, fetch_one
from tenants.actor import Actor
from tenants.permissions.actions import Action
from tenants.permissions.decision import relation_between
from tenants.permissions.reading import parse_scope
from tenants.permissions.vocabulary import SIGNED_IN, Relation, Role, Via, ViaKind
from tenants.stops.stopped import is_stopped
from tenants.support.support_standing import supporter_now
from tenants.unit_of_work import Platform, time_of

_STANDING = """
SELECT u.id, u.state, u.changes, u.confirmed_at, u.confirmed_by_user_id, u.confirmed_by_member_id, u.confirmed_by_name,
    u.confirmed_by_role, u.confirmed_by_api_key_id, u.confirmed_by_support_session_id,
    c.id AS customer_id, c.path AS customer_path, c.parent_id,
    c.managed_by, o.id AS organization_id, o.path, o.name AS organization_name, o.kind, o.clock_id,
    k.stands_at AS clock_stands_at, m.role AS member_role, m.has_portal_access, m.invitation,
    m.user_id AS member_user_id, p.scopes, p.maker_role, p.revoked_at, p.expires_at AS key_expires_at,
    {is_stopped} AS is_stopped
FROM batch_update u JOIN organization c ON c.id = u.organization_id
JOIN organization o ON o.id = coalesce(u.confirmed_by_organization_id, u.organization_id)
LEFT JOIN sandbox_clock k ON k.id = o.clock_id
LEFT JOIN member m ON m.organization_id = o.id AND m.id = u.confirmed_by_member_id
LEFT JOIN api_key p ON p.organization_id = o.id AND p.id = u.confirmed_by_api_key_id
WHERE u.id = $1
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A job as found before a chunk; `failure` is why it must not go on (BAT-49)."""

    job_id: str
    state: JobState
    actor: Actor
    customer_id: str
    customer_path: str
    failure: FailureReason | None


async def standing_of(platform: Platform, job_id: str) -> Standing | None:
    """How the job stands now; None when there is no such job any more."""
    database = platform.database
    settings = {} if database.dialect == "sqlite" else {"role": "tenantry_system"}
    async with database.read(settings) as tx:
        statement = _STANDING.format(is_stopped=is_stopped(database.dialect, "c.id"))
        row = await fetch_one(tx, statement, job_id)
        if row is None:
            return None
        session_id, now = row["confirmed_by_support_session_id"], platform.clock.now()
        supporter = None if session_id is None else await supporter_now(tx, session_id, now)
    supporters_role = None if supporter is None else supporter.role
    role = _role_now(row, now) if session_id is None else supporters_role
    actor = supporter or _actor(row, role or Role(row["confirmed_by_role"] or Role.MEMBER))
    failure = _failure(row, role, actor, time_of(actor, platform.clock))
    return Standing(row["id"], JobState(row["state"]), actor, row["customer_id"], row["customer_path"], failure)


def _failure(row: Row, role: Role | None, actor: Actor, now: Instant) -> FailureReason | None:
    if row["confirmed_at"] is not None and is_past_deadline(row["confirmed_at"], now):
        return FailureReason.DEADLINE
    if role is None or not _may_go_on(row, role, actor):
        return FailureReason.RIGHT_LOST
    return FailureReason.ORGANIZATION_NOT_ACTIVE if row["is_stopped"] else None


def _may_go_on(row: Row, role: Role, actor: Actor) -> bool:
    fields = changed_fields(json.loads(row["changes"]))
    return decide_update(Action.CONFIRM_BATCH_UPDATE, role, _relation(row), actor.via, fields).is_allowed


def _relation(row: Row) -> Relation:
    is_own, is_buyer = row["customer_id"] == row["organization_id"], row["parent_id"] == row["organization_id"]
    return relation_between(
        is_own=is_own,
        is_visible=is_own or is_buyer,
        is_buyer=is_buyer,
        is_managed_by_seller=row["managed_by"] == "SERVICE_PROVIDER",
    )


def _role_now(row: Row, now: Instant) -> Role | None:
    """The role by now of the member that confirmed; None when it or its API key may not act any more."""
    if row["confirmed_by_api_key_id"] is not None:
        is_revoked = row["revoked_at"] is not None and now >= row["revoked_at"]
        is_living = row["maker_role"] is not None and not is_revoked and now < row["key_expires_at"]
        return Role(row["maker_role"]) if is_living else None
    is_same = row["member_user_id"] is not None and row["member_user_id"] == row["confirmed_by_user_id"]
    may_sign_in = is_same and row["has_portal_access"] and row["invitation"] == "ACCEPTED"
    return Role(row["member_role"]) if may_sign_in else None


def _actor(row: Row, role: Role) -> Actor:
    return Actor(
        organization_id=row["organization_id"],
        organization_name=row["organization_name"],
        organization_kind=row["kind"],
        path=row["path"],
        role=role,
        via=_via(row),
        name=row["confirmed_by_name"] or "",
        user_id=row["confirmed_by_user_id"],
        member_id=row["confirmed_by_member_id"],
        api_key_id=row["confirmed_by_api_key_id"],
        clock_id=row["clock_id"],
        clock_stands_at=row["clock_stands_at"],
    )


def _via(row: Row) -> Via:
    if row["confirmed_by_api_key_id"] is None:
        return SIGNED_IN
    scopes = filter(None, map(parse_scope, json.loads(row["scopes"] or "[]")))
    return Via(ViaKind.API_KEY, frozenset(scopes))
