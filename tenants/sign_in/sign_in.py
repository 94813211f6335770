"""Signing in with e-mail and password (AUTH-2, AUTH-3, AUTH-6): who may, what it answers. Sessions: sessions.py.

The slow hash is checked outside of any transaction; what it means is settled under the e-mail's lock. Who has a second
factor gets no session here: second_factor_sign_in.py."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from core.clock import HOUR, Instant
from core.ids import new_id
from core.refusals import refuse
from core.transaction import Row, Transaction, fetch_one, insert
from tenants.actor import Actor, Credentials
from tenants.authentication import SESSION_PREFIX, secret_hash
from tenants.names import folded_email
from tenants.permissions import SIGNED_IN, Role
from tenants.policy.policy import platform_policies
from tenants.policy.policy_resolution import Policies
from tenants.sign_in.passwords import is_right_password
from tenants.sign_in.pay_only import may_pay
from tenants.sign_in.second_factor_challenge import SecondFactorNeeded, ask_for_second_factor
from tenants.sign_in.sign_in_locks import count_try, has_second_factor, read_lock
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import Platform, audit_row, platform_reading, platform_transaction, time_of

LOCKED_TOPIC = "mail.sign_in_locked"
_MESSAGES = {
    "SIGN_IN_FAILED": "E-mail or password is wrong.",
    "SIGN_IN_LOCKED": "Too many wrong passwords; try again later.",
}


@dataclass(frozen=True, slots=True)
class Membership:
    """An organization that the user may stand in."""

    member_id: str
    organization_id: str
    organization_name: str
    organization_kind: str
    role: Role


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token is shown here alone; it ends at the latest at `expires_at`."""

    token: str
    session_id: str
    expires_at: Instant
    memberships: tuple[Membership, ...]


async def sign_in(platform: Platform, email: str, password: str, came: Credentials) -> SignedIn | SecondFactorNeeded:
    """Open a session, or ask for the second factor of who has one; `came` tells address and client.

    Refused: SIGN_IN_FAILED (unknown, wrong, login-less, PENDING, at a foreign domain: alike, after the same time),
    SIGN_IN_LOCKED,
    ORGANIZATION_NOT_ACTIVE when no membership of the user is in an active organization."""
    key = folded_email(email)[:254]
    user = await check_password(platform, key, password, came.site_path)
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        if not await _has_password(tx, user.id, user.password_hash, locks=True):
            refuse_sign_in("SIGN_IN_FAILED")
        if user.has_second_factor:
            return await ask_for_second_factor(tx, user.id, now)
        signed_in = await open_session(tx, platform, user.id, came, password_at=now)
    return signed_in or refuse_not_active()


@dataclass(frozen=True, slots=True)
class KnownUser:
    """Who gave the right password; with a second factor that is only half of what is asked."""

    id: str
    email: str
    has_second_factor: bool = False
    password_hash: str = field(default="", repr=False)


async def check_password(
    platform: Platform, email_folded: str, password: str, site_path: str | None = None
) -> KnownUser:
    """The user with this e-mail and password who is an accepted member somewhere, at a reseller's domain within that
    reseller's path (WL-4); each failure counts (AUTH-3).

    Refused: SIGN_IN_FAILED, SIGN_IN_LOCKED."""
    async with platform_reading(platform) as tx:
        lock, now = await read_lock(tx, email_folded), platform.clock.now()
        if lock.is_locked(now):
            refuse_sign_in("SIGN_IN_LOCKED", lock.retry_after_seconds(now))
        user = await fetch_one(
            tx,
            "SELECT u.id, u.email, u.password_hash FROM users u WHERE u.email_folded = $1 AND EXISTS (SELECT 1 "
            f"FROM member m WHERE m.user_id = u.id AND {may_sign_in('m', '$2')})",
            email_folded, site_path or "",
        )  # fmt: skip
    is_right = await is_right_password(password, None if user is None else user["password_hash"])
    async with platform_transaction(platform) as tx:
        now, policies = platform.clock.now(), await platform_policies(tx)
        if user is not None and is_right:
            # The hash was read before: a password that was changed meanwhile is no longer right.
            is_right = await _has_password(tx, user["id"], user["password_hash"])
        code, has_locked = await count_try(tx, email_folded, is_right=is_right, now=now, policies=policies)
        if has_locked and user is not None:
            await send_lock_notice(tx, user["id"], user["email"], now, policies)
        wait = (await read_lock(tx, email_folded)).retry_after_seconds(now)
        has_more = await has_second_factor(tx, email_folded)
    if code is not None or user is None:
        refuse_sign_in(code or "SIGN_IN_FAILED", wait)
    return KnownUser(user["id"], user["email"], has_more, user["password_hash"])


def may_sign_in(alias: str, site: str) -> str:
    """A condition on a member: accepted, with access, and within the path of the site that is bound as `site`; an
    empty path is the neutral domain, which takes every User (WL-4)."""
    return (
        f"{alias}.invitation = 'ACCEPTED' AND {alias}.has_portal_access "
        f"AND substr({alias}.path, 1, length({site})) = {site}"
    )


async def _has_password(tx: Transaction, user_id: str, password_hash: str, *, locks: bool = False) -> bool:
    """Whether it is still that one. `locks`: whoever changes it meanwhile waits, and ends the session that is opened
    here with all others (AUTH-4)."""
    lock = " FOR SHARE" if locks and tx.dialect == "postgres" else ""
    stored = await fetch_one(tx, f"SELECT password_hash FROM users WHERE id = $1{lock}", user_id)
    return stored is not None and stored["password_hash"] == password_hash


async def _accepted_memberships(tx: Transaction, user_id: str) -> Sequence[Row]:
    return await tx.fetch(
        "SELECT m.id AS member_id, m.role, m.given_name, m.family_name, o.id AS organization_id, o.path, o.kind, "
        f"o.name, o.status, o.clock_id, c.stands_at, {is_stopped(tx.dialect, 'o.id')} AS is_stopped FROM member m "
        "JOIN organization o ON o.id = m.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        "WHERE m.user_id = $1 AND m.invitation = 'ACCEPTED' AND m.has_portal_access ORDER BY m.id",
        user_id,
    )


NEVER_GIVEN: Instant = 0
"""When the password was given in a session that was opened without one: long ago (AUTH-7)."""


async def open_session(
    tx: Transaction,
    platform: Platform,
    user_id: str,
    came: Credentials,
    *,
    password_at: Instant,
    bound_organization_id: str | None = None,
) -> SignedIn | None:
    """A session of somebody who has proved everything that is asked; None when no organization of theirs is active.

    `bound_organization_id`: it stands in that one alone, whatever else the user is a member of; at a reseller's
    domain it begins within that one (WL-4). `tx` sees as the platform."""
    members = await _accepted_memberships(tx, user_id)
    members = [row for row in members if bound_organization_id in (None, row["organization_id"])]
    members = [row for row in members if str(row["path"]).startswith(came.site_path or "")]
    rows = [row for row in members if not row["is_stopped"]] or [row for row in members if await may_pay(tx, row)]
    if not rows:
        return None
    token, session_id, now = SESSION_PREFIX + secrets.token_urlsafe(32), new_id("ses"), platform.clock.now()
    policies = await platform_policies(tx)
    max_hours = policies.integer("sessionMaxHours")
    await insert(
        tx,
        "session",
        id=session_id,
        user_id=user_id,
        token_hash=secret_hash(token),
        created_at=now,
        last_used_at=now,
        password_at=password_at,
        organization_id=rows[0]["organization_id"],
        bound_organization_id=bound_organization_id,
        idle_minutes=policies.integer("sessionIdleMinutes"),
        max_hours=max_hours,
        address=came.address,
        client=came.client,
    )
    actor = _actor(rows[0], user_id, session_id)
    entry = audit_row(actor, came, time_of(actor, platform.clock), "signIn")
    await insert(tx, "audit_entry", **entry, organization_id=actor.organization_id, path=actor.path,
                 entity_type="Session", entity_id=session_id)  # fmt: skip
    memberships = tuple(
        Membership(row["member_id"], row["organization_id"], row["name"], row["kind"], Role(row["role"]))
        for row in rows
    )
    return SignedIn(token, session_id, now + max_hours * HOUR, memberships)


def _actor(row: Row, user_id: str, session_id: str) -> Actor:
    name = " ".join(filter(None, (row["given_name"], row["family_name"])))
    return Actor(
        row["organization_id"], row["name"], row["kind"], row["path"], Role(row["role"]), SIGNED_IN, name, user_id,
        row["member_id"], session_id, clock_id=row["clock_id"], clock_stands_at=row["stands_at"],
    )  # fmt: skip


async def send_lock_notice(tx: Transaction, user_id: str, email: str, now: Instant, policies: Policies) -> None:
    """At once, to the person concerned (ALR-1, lockout)."""
    payload = {"to": email, "lockoutMinutes": policies.integer("lockoutMinutes")}
    await send_to_user(tx, LOCKED_TOPIC, user_id, payload, now)


async def send_to_user(tx: Transaction, topic: str, user_id: str, payload: Mapping[str, object], now: Instant) -> None:
    """Put a message to a person into the outbox, in the name of the oldest organization that it is a member of."""
    rows = await _accepted_memberships(tx, user_id)
    await insert(
        tx, "outbox", id=new_id("obx"), organization_id=rows[0]["organization_id"], path=rows[0]["path"],
        topic=topic, subject_id=user_id, created_at=now, due_at=now, payload=json.dumps(payload),
    )  # fmt: skip


def refuse_not_active() -> NoReturn:
    """Refuse who has proved everything and is a member of stopped organizations alone (AUTH-6)."""
    refuse("ORGANIZATION_NOT_ACTIVE", "No organization of yours is active.")


def refuse_sign_in(code: str, retry_after_seconds: int = 0) -> NoReturn:
    """Refuse SIGN_IN_FAILED without detail, or SIGN_IN_LOCKED with how long to wait."""
    if code == "SIGN_IN_LOCKED":
        refuse(code, _MESSAGES[code], retryAfterSeconds=retry_after_seconds)
    refuse(code, _MESSAGES[code])
