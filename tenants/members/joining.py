"""Accepting an invitation (MEM-5, MEM-6): the link works once, a new User sets a password, a known one gives it."""

from dataclasses import dataclass
from typing import Literal

from core.clock import Instant
from core.ids import new_id
from core.refusals import Refused, refuse
from core.transaction import Row, Transaction, fetch_one, fetch_value
from tenants.actor import Actor, Credentials
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.names import member_name_blockers, normalized
from tenants.permissions import SIGNED_IN, Role
from tenants.policy.policy import platform_policies
from tenants.sign_in.passwords import hash_password, is_right_password, password_blockers
from tenants.sign_in.sign_in_locks import count_try, read_lock
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading, platform_transaction

_FOUND = """
SELECT i.id, i.state, i.expires_at, m.id AS member_id, m.email, m.email_folded, m.given_name, m.family_name, m.role,
       o.id AS organization_id, o.path, o.kind, o.name, o.clock_id, c.stands_at, u.id AS user_id, u.password_hash,
       {is_stopped} AS is_stopped
FROM invitation i JOIN organization o ON o.id = i.organization_id
LEFT JOIN member m ON m.id = i.member_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id
LEFT JOIN users u ON u.email_folded = m.email_folded
WHERE i.token_hash = $1
"""
_MESSAGES = {
    "USED": ("INVITATION_USED", "This invitation was accepted before."),
    "REVOKED": ("INVITATION_REVOKED", "This invitation was replaced or withdrawn."),
}


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the password that was given showed: right for a known User, or the hash that a new one will have."""

    known_user_id: str | None
    new_hash: str | None


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What the holder of a link may know: where to, as whom, until when, and which password is asked for."""

    organization_name: str
    email: str
    given_name: str
    family_name: str | None
    expires_at: Instant
    is_known_user: bool
    """The present password is asked for, else a new one is set (MEM-5)."""


async def look_at_invitation(platform: Platform, token: str) -> OpenInvitation:
    """What the link is about. Refused as `accept_invitation` by the link itself."""
    async with platform_reading(platform) as tx:
        found = await _open_invitation(tx, token, platform.clock.now())
    return OpenInvitation(
        found["name"], found["email"], found["given_name"], found["family_name"], found["expires_at"],
        found["password_hash"] is not None,
    )  # fmt: skip


async def accept_invitation(
    platform: Platform, token: str, password: str, came: Credentials, name: str | None = None
) -> Outcome:
    """Let the invited member in, under the given name if one is sent. Answers memberId, organizationId and userId.

    Refused: NOT_FOUND, INVITATION_EXPIRED, INVITATION_USED, INVITATION_REVOKED, ORGANIZATION_NOT_ACTIVE; a new User:
    PASSWORD_TOO_WEAK; a known one: SIGN_IN_FAILED, SIGN_IN_LOCKED."""
    if name is not None and (blockers := member_name_blockers(name, ("name",))):
        raise Refused(blockers)
    for _ in range(2):  # a second time when somebody became a User meanwhile, by another invitation
        async with platform_reading(platform) as tx:
            found = await _open_invitation(tx, token, platform.clock.now())
            min_length = (await platform_policies(tx)).integer("passwordMinLength")
        proof = await _prove(platform, found, password, min_length)
        outcome = await _join(platform, token, proof, came, None if name is None else normalized(name))
        if outcome is not None:
            return outcome
    refuse("SIGN_IN_FAILED", "E-mail or password is wrong.")


async def _open_invitation(tx: Transaction, token: str, now: Instant, lock: Literal["", "FOR UPDATE OF i"] = "") -> Row:
    sql = _FOUND.format(is_stopped=is_stopped(tx.dialect, "o.id"))
    row = await fetch_one(tx, sql + (lock if tx.dialect == "postgres" else ""), secret_hash(token))
    if row is None:
        refuse("NOT_FOUND", "There is no such row.", ("token",))
    if row["state"] in _MESSAGES:
        refuse(*_MESSAGES[row["state"]])
    if (now if row["stands_at"] is None else row["stands_at"]) >= row["expires_at"]:
        refuse("INVITATION_EXPIRED", "This invitation is too old; ask for a new one.")
    if row["is_stopped"]:
        refuse("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    return row


async def _prove(platform: Platform, found: Row, password: str, min_length: int) -> _Proof:
    if found["password_hash"] is None:
        if blockers := password_blockers(password, found["email"], min_length):
            raise Refused(blockers)
        return _Proof(None, await hash_password(password))
    async with platform_reading(platform) as tx:
        lock, now = await read_lock(tx, found["email_folded"]), platform.clock.now()
        if lock.is_locked(now):
            wait = lock.retry_after_seconds(now)
            refuse("SIGN_IN_LOCKED", "Too many wrong passwords; try again later.", retryAfterSeconds=wait)
    is_right = await is_right_password(password, found["password_hash"])
    async with platform_transaction(platform) as tx:
        code, _ = await count_try(
            tx, found["email_folded"], is_right=is_right, now=platform.clock.now(), policies=await platform_policies(tx)
        )
    if code is not None:
        refuse(code, "E-mail or password is wrong." if code == "SIGN_IN_FAILED" else "Too many wrong passwords.")
    return _Proof(found["user_id"], None)


async def _join(platform: Platform, token: str, proof: _Proof, came: Credentials, name: str | None) -> Outcome | None:
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        found = await _open_invitation(tx, token, now, "FOR UPDATE OF i")
        if proof.new_hash is not None and found["password_hash"] is not None:
            return None
        user_id = proof.known_user_id or await _new_user(tx, found, proof.new_hash, now)
        if user_id is None:
            return None
        await tx.execute("UPDATE invitation SET state = 'USED' WHERE id = $1", found["id"])
        await tx.execute(
            "UPDATE member SET user_id = $2, invitation = 'ACCEPTED', given_name = coalesce($3, given_name), "
            "version = version + 1 WHERE id = $1",
            found["member_id"], user_id, name,
        )  # fmt: skip
        await _audit(tx, found, user_id, came, now)
    return {"memberId": found["member_id"], "organizationId": found["organization_id"], "userId": user_id}


async def _new_user(tx: Transaction, found: Row, password_hash: str | None, now: Instant) -> str | None:
    """The id of the new User; None when somebody has become a User with this e-mail at the same time."""
    if found["user_id"] is not None:
        await tx.execute(
            "UPDATE users SET password_hash = $2, password_at = $3, version = version + 1 WHERE id = $1",
            found["user_id"], password_hash, now,
        )  # fmt: skip
        return str(found["user_id"])
    user_id: str | None = await fetch_value(
        tx,
        "INSERT INTO users (id, email, email_folded, password_hash, password_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (email_folded) DO NOTHING RETURNING id",
        new_id("usr"), found["email"], found["email_folded"], password_hash, now,
    )  # fmt: skip
    return user_id


async def _audit(tx: Transaction, found: Row, user_id: str, came: Credentials, now: Instant) -> None:
    name = " ".join(filter(None, (found["given_name"], found["family_name"])))
    actor = Actor(found["organization_id"], found["name"], found["kind"], found["path"], Role(found["role"]),
                  SIGNED_IN, name, user_id, found["member_id"])  # fmt: skip
    time = now if found["stands_at"] is None else found["stands_at"]
    uow = UnitOfWork(tx, actor, came, time, now, "acceptInvitation", platform_depth=1)
    uow.audit("Member", actor.member_id, organization_id=actor.organization_id, path=actor.path,
              before={"invitation": "PENDING"}, after={"invitation": "ACCEPTED"})  # fmt: skip
    await uow.flush()
