"""How support sessions and consents end, by whatever rule (SUP-6, SUP-10, SUP-11). Their opening is elsewhere.

A session that is over by time or by its supporter is refused at once (support_authentication.py); here its row and the
notices follow."""

from collections.abc import Sequence
from json import loads

from core.clock import Instant
from core.transaction import Row, fetch_one
from tenants.organization_events import MemberLeft, OrganizationMoved, on_member_left, on_organization_moved
from tenants.stops.stopped import is_stopped
from tenants.support.support_authentication import over_by, time_there
from tenants.support.support_notices import CONSENT_ENDED, ENDED, tell
from tenants.support.support_rules import covers
from tenants.unit_of_work import UnitOfWork

LIVING = ("PENDING", "OPEN")


async def standing_rows(uow: UnitOfWork, condition: str, *arguments: object) -> Sequence[Row]:
    """Living sessions with all that `over_by` needs, seen as the platform; `condition` names the view as `a`."""
    stopped = is_stopped(uow.tx.dialect, "a.supporter_organization_id")
    async with uow.as_platform("SUP-11: what ends a session may stand above or beside the one who asks"):
        return await uow.tx.fetch(
            f"SELECT a.*, {stopped} AS is_supporter_stopped FROM actor_support_session a "
            f"WHERE a.state IN ('PENDING', 'OPEN') AND {condition} ORDER BY a.support_session_id",
            *arguments,
        )


async def settle(uow: UnitOfWork, rows: Sequence[Row]) -> list[Row]:
    """End those that are over; answers those that still stand."""
    standing = []
    for row in rows:
        over = over_by(row, uow.platform_now)
        if over is None:
            standing.append(row)
        else:
            await end_session(uow, row["support_session_id"], over, at=time_there(row, uow.platform_now))
    return standing


async def end_session(
    uow: UnitOfWork, session_id: str, reason: str, *, at: Instant | None = None, state: str | None = None
) -> bool:
    """End one living session: its row, an entry of the target, and the notices of SUP-12. False if it was over.

    The row is locked by the UPDATE: a write of the session that is not committed yet waits, and is refused."""
    async with uow.as_platform("SUP-10: a session is ended wherever its target stands"):
        row = await _living(uow, session_id)
        if row is None:
            return False
        new_state = state or ("LAPSED" if reason == "LAPSED" else "ENDED")
        ended_at = uow.now if at is None else at
        await uow.tx.execute(
            "UPDATE support_session SET state = $2, ended_at = $3, end_reason = $4, version = version + 1 "
            "WHERE id = $1",
            session_id, new_state, ended_at, reason,
        )  # fmt: skip
    place = {"organization_id": row["organization_id"], "path": row["path"]}
    after = {"state": new_state, "endReason": reason}
    uow.audit("SupportSession", session_id, **place, before={"state": row["state"]}, after=after)
    if row["state"] == "OPEN":
        more = {"endReason": reason, "endedAt": ended_at}
        await tell(uow, ENDED, row, more)
        await tell(uow, ENDED, row, more, to_organization_id=row["supporter_organization_id"])
    return True


async def _living(uow: UnitOfWork, session_id: str) -> Row | None:
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    return await fetch_one(
        uow.tx, f"SELECT * FROM support_session WHERE id = $1 AND state IN ('PENDING', 'OPEN'){lock}", session_id
    )


async def end_consent(uow: UnitOfWork, consent: Row, reason: str, at: Instant) -> None:
    """End a standing consent and at once every session that stands on it (SUP-4)."""
    async with uow.as_platform("SUP-4: a consent is ended wherever its organization stands"):
        await uow.tx.execute(
            "UPDATE support_consent SET ended_at = $2, end_reason = $3, version = version + 1 "
            "WHERE id = $1 AND ended_at IS NULL",
            consent["id"], at, reason,
        )  # fmt: skip
    place = {"organization_id": consent["organization_id"], "path": consent["path"]}
    uow.audit("SupportConsent", consent["id"], **place, after={"endReason": reason, "endedAt": at})
    payload = {"reason": reason, "lastDate": consent["last_date"], "howToComeBack": "Give a new consent."}
    uow.send(CONSENT_ENDED, consent["id"], payload, **place)
    standing_on_it = "SELECT s.id FROM support_session s WHERE s.consent_id = $1 AND s.basis = 'STANDING'"
    for row in await standing_rows(uow, f"a.support_session_id IN ({standing_on_it})", consent["id"]):
        await end_session(uow, row["support_session_id"], "CONSENT_REVOKED")


async def end_uncovered(uow: UnitOfWork, organization_id: str) -> None:
    """managedBy has become CUSTOMER: what the organization itself has not consented to ends at once (SUP-11)."""
    for row in await standing_rows(uow, "a.organization_id = $1 AND a.state = 'OPEN'", organization_id):
        if not await _is_covered(uow, row):
            await end_session(uow, row["support_session_id"], "CONSENT_MISSING")


async def _is_covered(uow: UnitOfWork, row: Row) -> bool:
    session_id, now = row["support_session_id"], time_there(row, uow.platform_now)
    async with uow.as_platform("SUP-11: a consent that covers the session"):
        stored = await fetch_one(uow.tx, "SELECT * FROM support_session WHERE id = $1", session_id)
        assert stored is not None
        if stored["approved_by_organization_id"] == row["organization_id"]:
            return True
        consents = await uow.tx.fetch(
            "SELECT * FROM support_consent WHERE organization_id = $1 AND given_by_organization_id = $1 "
            "AND grantee_organization_id = $2 AND ended_at IS NULL AND ends_at > $3 ORDER BY ends_at DESC",
            row["organization_id"], row["supporter_organization_id"], now,
        )  # fmt: skip
        fitting = next((each for each in consents if covers(each, stored["kind"], _areas(stored))), None)
        if fitting is None:
            return False
        await uow.tx.execute(
            "UPDATE support_session SET basis = 'STANDING', consent_id = $2, version = version + 1, "
            "ends_at = CASE WHEN ends_at > $3 THEN $3 ELSE ends_at END WHERE id = $1",
            session_id, fitting["id"], fitting["ends_at"],
        )  # fmt: skip
    return True


def _areas(stored: Row) -> list[str]:
    areas: list[str] = loads(stored["areas"])
    return areas


@on_organization_moved
async def end_of_moved(uow: UnitOfWork, moved: OrganizationMoved) -> None:
    """An organization stands elsewhere with all below it: what those no longer above had there ends (MOVE-7)."""
    async with uow.as_platform("MOVE-7: consents and sessions of organizations no longer above"):
        below = (
            "EXISTS (SELECT 1 FROM organization m, organization o WHERE m.id = $1 AND o.id = {t}.organization_id "
            "AND substr(o.path, 1, length(m.path)) = m.path) AND NOT EXISTS (SELECT 1 FROM organization g, "
            "organization o WHERE o.id = {t}.organization_id AND g.id = {t}.{who} "
            "AND substr(o.path, 1, length(g.path)) = g.path)"
        )
        consents = await uow.tx.fetch(
            "SELECT c.* FROM support_consent c WHERE c.ended_at IS NULL AND "
            + below.format(t="c", who="grantee_organization_id"),
            moved.organization_id,
        )
        sessions = await uow.tx.fetch(
            "SELECT s.id FROM support_session s WHERE s.state IN ('PENDING', 'OPEN') AND "
            + below.format(t="s", who="supporter_organization_id"),
            moved.organization_id,
        )
    for consent in consents:
        await end_consent(uow, consent, "MOVED", uow.now)
    for session in sessions:
        await end_session(uow, session["id"], "TARGET_MOVED")


@on_member_left
async def end_sessions_of_member(uow: UnitOfWork, left: MemberLeft) -> None:
    """Who is removed or loses portal access supports nobody any more, and is nobody to act as (SUP-11, MEM-8)."""
    rows = await standing_rows(uow, "a.supporter_member_id = $1", left.member_id)
    for row in rows:
        await end_session(uow, row["support_session_id"], "SUPPORTER_LOST_ROLE")
    for row in await standing_rows(uow, "a.target_member_id = $1", left.member_id):
        await end_session(uow, row["support_session_id"], "TARGET_MEMBER_LEFT")
