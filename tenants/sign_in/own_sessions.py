"""The viewer's own sessions and memberships: what runs, ending it, and where else to stand (AUTH-4, AUTH-6)."""

from dataclasses import dataclass

from core.clock import HOUR, MINUTE, Instant
from core.transaction import fetch_value
from tenants.access import not_found
from tenants.commands import Outcome
from tenants.permissions import Action, Relation, Role, ViaKind, decide
from tenants.sign_in.pay_only import may_pay
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork

_RUNS = (
    f"s.ended_at IS NULL AND s.last_used_at + s.idle_minutes * {MINUTE} > $2 "
    f"AND s.created_at + s.max_hours * {HOUR} > $2 AND EXISTS (SELECT 1 FROM session me WHERE me.id = $3 "
    "AND (me.bound_organization_id IS NULL OR me.bound_organization_id = s.bound_organization_id))"
)
"""A session that an organization's provider vouched for reaches its like alone: whoever runs the provider is no more
than that organization, and learns nothing of where else the person is or signs in."""


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One running session of the viewer's User."""

    id: str
    created_at: Instant
    last_used_at: Instant
    ends_at: Instant
    address: str | None
    client: str | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class OwnMembership:
    """An organization that the viewer's User may stand in."""

    member_id: str
    organization_id: str
    organization_name: str
    organization_kind: str
    role: Role
    is_current: bool
    is_pay_only: bool


async def own_sessions(uow: UnitOfWork) -> list[OwnSession]:
    """What runs, newest use first. Refused: FORBIDDEN for an API key, FORBIDDEN_WHILE_ACTING."""
    _allow(uow)
    async with uow.as_platform("AUTH-4: sessions belong to the User, and the viewer is that one"):
        rows = await uow.tx.fetch(
            "SELECT s.id, s.created_at, s.last_used_at, s.max_hours, s.address, s.client FROM session s "
            f"WHERE s.user_id = $1 AND {_RUNS} ORDER BY s.last_used_at DESC, s.id DESC",
            *_who(uow),
        )  # fmt: skip
    return [
        OwnSession(
            row["id"], row["created_at"], row["last_used_at"], row["created_at"] + row["max_hours"] * HOUR,
            row["address"], row["client"], row["id"] == uow.actor.session_id,
        )
        for row in rows
    ]  # fmt: skip


async def end_session(uow: UnitOfWork, session_id: str) -> Outcome:
    """End one of the own sessions, also the present one. Refused: NOT_FOUND, FORBIDDEN, FORBIDDEN_WHILE_ACTING.

    Answers endedCount."""
    if uow.actor.user_id is not None and not await _is_own(uow, session_id):
        not_found(("sessionId",))
    _allow(uow)
    return {"endedCount": await _end(uow, "s.id = $4", session_id)}


async def end_other_sessions(uow: UnitOfWork) -> Outcome:
    """End all own sessions but the present one. Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING. Answers endedCount."""
    _allow(uow)
    return {"endedCount": await _end(uow, "s.id <> $4", uow.actor.session_id or "")}


async def own_memberships(uow: UnitOfWork) -> list[OwnMembership]:
    """The organizations that are offered: effectively ACTIVE, or to be paid for; always the present one (AUTH-6).

    At a reseller's domain those of that one and below alone (WL-4)."""
    if uow.actor.via.kind not in (ViaKind.SESSION, ViaKind.PAY_ONLY):
        return []
    async with uow.as_platform("AUTH-6: memberships belong to the User, wherever its session stands"):
        rows = await uow.tx.fetch(
            "SELECT m.id AS member_id, m.role, o.id AS organization_id, o.name, o.kind, o.status, "
            f"{is_stopped(uow.tx.dialect, 'o.id')} AS is_stopped FROM member m "
            "JOIN organization o ON o.id = m.organization_id LEFT JOIN session s ON s.id = $2 "
            "WHERE m.user_id = $1 AND m.invitation = 'ACCEPTED' AND m.has_portal_access AND (s.id IS NULL OR "
            "replace(s.barred_member_ids, m.id, '') = s.barred_member_ids) AND (s.bound_organization_id IS NULL "
            "OR s.bound_organization_id = m.organization_id) AND substr(m.path, 1, length($3)) = $3 ORDER BY m.id",
            uow.actor.user_id or "", uow.actor.session_id or "", uow.credentials.site_path or "",
        )  # fmt: skip
        offered = [(row, bool(row["is_stopped"]) and await may_pay(uow.tx, row)) for row in rows]
    own = uow.actor.organization_id
    return [
        OwnMembership(
            row["member_id"], row["organization_id"], row["name"], row["kind"], Role(row["role"]),
            row["organization_id"] == own, is_pay_only,
        )
        for row, is_pay_only in offered
        if is_pay_only or not row["is_stopped"] or row["organization_id"] == own
    ]  # fmt: skip


def _who(uow: UnitOfWork) -> tuple[object, ...]:
    """What `_RUNS` asks for: the User, the time and the present session."""
    return uow.actor.user_id, uow.platform_now, uow.actor.session_id or ""


def _allow(uow: UnitOfWork) -> None:
    decide(Action.END_OWN_SESSION, uow.actor.role, Relation.OWN, uow.actor.via).enforce()


async def _is_own(uow: UnitOfWork, session_id: str) -> bool:
    async with uow.as_platform("AUTH-4: sessions belong to the User"):
        sql = f"SELECT 1 FROM session s WHERE s.user_id = $1 AND {_RUNS} AND s.id = $4"
        return await fetch_value(uow.tx, sql, *_who(uow), session_id) is not None


async def _end(uow: UnitOfWork, which: str, session_id: str) -> int:
    async with uow.as_platform("AUTH-4: sessions belong to the User"):
        rows = await uow.tx.fetch(
            f"UPDATE session AS s SET ended_at = $2 WHERE s.user_id = $1 AND {_RUNS} AND {which} RETURNING id",
            *_who(uow), session_id,
        )  # fmt: skip
    for row in rows:
        uow.audit("Session", row["id"], organization_id=uow.actor.organization_id, path=uow.actor.path,
                  after={"ended": True})  # fmt: skip
    return len(rows)
