"""Sessions and keys after their making: signing out, being used, giving the password again, changing it (AUTH-4, 7)."""

from core.clock import MINUTE, SECOND, Instant
from core.refusals import Refused, refuse
from tenants.actor import Actor, Credentials
from tenants.authentication import Unauthenticated, secret_hash
from tenants.members.ownership_rules import is_password_fresh
from tenants.names import folded_email
from tenants.permissions import Action, Relation, ViaKind, decide
from tenants.policy.policy import platform_policies
from tenants.sign_in.password_reset import note_change, store_password
from tenants.sign_in.passwords import hash_password, password_blockers
from tenants.sign_in.sign_in import KnownUser, check_password
from tenants.unit_of_work import (
    Platform,
    UnitOfWork,
    platform_reading,
    platform_transaction,
    reading,
    time_of,
)

KEY_TOUCHED_EVERY, SESSION_TOUCHED_EVERY = MINUTE, SECOND
"""The last use is stored at most this late, and at most this often: of a key it is shown (KEY-5), a session ends by it
(AUTH-4)."""


def require_fresh_password(uow: UnitOfWork) -> None:
    """Refused REAUTH_REQUIRED unless the password was given within 10 minutes, by the platform's clock (AUTH-7)."""
    if not is_password_fresh(uow.actor.password_at, uow.platform_now):
        refuse("REAUTH_REQUIRED", "Give your password again.")


async def sign_out(platform: Platform, credentials: Credentials) -> bool:
    """End the session of the token; False when there is none that runs."""
    async with platform_transaction(platform) as tx:
        ended = await tx.execute(
            "UPDATE session SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL",
            secret_hash(credentials.token or ""), platform.clock.now(),
        )  # fmt: skip
    return ended > 0


async def touch(platform: Platform, actor: Actor, address: str | None) -> None:
    """Store that the session or key was used just now, unless that was stored lately; to be called after the response.

    A session that has expired meanwhile is not brought back."""
    if actor.session_id is not None:
        now = platform.clock.now()
        text = (
            "UPDATE session SET last_used_at = $2, address = $3 WHERE id = $1 AND last_used_at <= $4 "
            f"AND ended_at IS NULL AND last_used_at + idle_minutes * {MINUTE} > $2"  # never revived (AUTH-4)
        )
        subject = actor.session_id
    else:
        now = time_of(actor, platform.clock)
        text = (
            "UPDATE api_key SET last_used_at = $2, last_used_address = $3 "
            "WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $4)"
        )
        subject = actor.api_key_id or ""
    async with platform_transaction(platform) as tx:
        await tx.execute(text, subject, now, address, now - touched_every(actor))


def touched_every(actor: Actor) -> Instant:
    """How often the last use of what the actor came with is stored."""
    return KEY_TOUCHED_EVERY if actor.session_id is None else SESSION_TOUCHED_EVERY


async def reauthenticate(platform: Platform, credentials: Credentials, password: str) -> Instant:
    """The session's user gives the password again; answers when that was.

    Raises Unauthenticated; refused: SIGN_IN_FAILED and SIGN_IN_LOCKED, counted like signing in (AUTH-3)."""
    user, session_id = await _signed_in_user(platform, credentials)
    await check_password(platform, folded_email(user.email), password)
    now = platform.clock.now()
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE session SET password_at = $2 WHERE id = $1", session_id, now)
    return now


async def change_password(platform: Platform, credentials: Credentials, present: str, new: str) -> None:
    """Change the own password; all other sessions of the user end (AUTH-4).

    Raises Unauthenticated; refused: SIGN_IN_FAILED, SIGN_IN_LOCKED, PASSWORD_TOO_WEAK."""
    user, session_id = await _signed_in_user(platform, credentials)
    await check_password(platform, folded_email(user.email), present)
    async with platform_reading(platform) as tx:
        min_length = (await platform_policies(tx)).integer("passwordMinLength")
    if blockers := password_blockers(new, user.email, min_length, ("newPassword",)):
        raise Refused(blockers)
    new_hash, now = await hash_password(new), platform.clock.now()
    async with platform_transaction(platform) as tx:
        await store_password(tx, user.id, new_hash, now)
        kept = "UPDATE session SET password_at = $2 WHERE id = $1 AND ended_at IS NULL"
        if not await tx.execute(kept, session_id, now):  # of two changes at once one ends the session of the other
            raise Unauthenticated("UNAUTHENTICATED", "Sign in: this session does not exist or has ended.")
        await tx.execute(
            "UPDATE session SET ended_at = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
            user.id, session_id, now,
        )  # fmt: skip
        await note_change(tx, platform, user.id, credentials, "changePassword")


async def _signed_in_user(platform: Platform, credentials: Credentials) -> tuple[KnownUser, str]:
    async with reading(platform, credentials) as uow:
        actor = uow.actor
    if actor.via.kind is not ViaKind.PAY_ONLY:
        decide(Action.CHANGE_OWN_PASSWORD, actor.role, Relation.OWN, actor.via).enforce()
    if actor.session_id is None:
        refuse("FORBIDDEN", "A program has no password.")
    async with platform_reading(platform) as tx:
        rows = await tx.fetch("SELECT id, email FROM users WHERE id = $1", actor.user_id)
    return KnownUser(rows[0]["id"], rows[0]["email"]), actor.session_id
