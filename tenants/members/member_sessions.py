"""Ending what somebody may do with running sessions in one organization (MEM-8), and by hand of a leader.

A session belongs to a User who may be a member elsewhere: it is barred from this membership, and ends with the last."""

from core.transaction import fetch_value
from tenants.unit_of_work import UnitOfWork


async def bar_sessions(uow: UnitOfWork, user_id: str | None, member_id: str) -> int:
    """From the next request on no running session of the user acts as this member; answers how many there were.

    A session that is left with no membership is over. New sign-ins are not touched."""
    if user_id is None:
        return 0
    async with uow.as_platform("MEM-8: a session belongs to the user, who may be a member elsewhere"):
        barred = await uow.tx.execute(
            "UPDATE session SET barred_member_ids = barred_member_ids || ',' || $2 WHERE user_id = $1 "
            "AND ended_at IS NULL AND replace(barred_member_ids, $2, '') = barred_member_ids",
            user_id, member_id,
        )  # fmt: skip
        await uow.tx.execute(
            "UPDATE session SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL AND NOT EXISTS ("
            "SELECT 1 FROM member m WHERE m.user_id = $1 AND m.invitation = 'ACCEPTED' AND m.has_portal_access "
            "AND replace(session.barred_member_ids, m.id, '') = session.barred_member_ids)",
            user_id, uow.platform_now,
        )  # fmt: skip
    return barred


async def user_of_email(uow: UnitOfWork, email_folded: str) -> str | None:
    """The id of the User with this e-mail, for what is decided after the address was proved (OWN-4)."""
    async with uow.as_platform("MEM-5: one e-mail is one User on the platform"):
        found = await fetch_value(uow.tx, "SELECT id FROM users WHERE email_folded = $1", email_folded)
    return None if found is None else str(found)
