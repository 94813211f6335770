"""A forgotten password (AUTH-5): the same answer for everybody, a link by mail that lives an hour and works once.

Who asks learns nothing: the request is only written down, the link is made by a job."""

import json
import secrets

from core.clock import HOUR, Instant
from core.ids import new_id
from core.jobs import Lease, Message, Progress, handles
from core.refusals import Refused, refuse
from core.transaction import Row, Transaction, fetch_one, insert
from tenants.actor import Actor, Credentials
from tenants.authentication import secret_hash
from tenants.names import folded_email
from tenants.permissions import SIGNED_IN, Role
from tenants.policy.policy_layers import platform_policies
from tenants.sign_in.passwords import hash_password, password_blockers
from tenants.unit_of_work import Platform, audit_row, platform_reading, platform_transaction, time_of

FORGOTTEN_TOPIC, LINK_TOPIC, CHANGED_TOPIC = "job.password_forgotten", "mail.password_reset", "mail.password_changed"
LINK_LIFE = HOUR
MOST_LINKS = 5
"""Links of one User that live at once; more are not mailed."""
TOKEN_BYTES = 32
EMAIL_LENGTH = 254


async def ask_for_reset(platform: Platform, email: str, site_path: str | None = None) -> None:
    """Note that somebody forgot the password of this e-mail: one row, whoever it is, so that all take the same time.

    `site_path`: asked at a reseller's domain, which serves those who sign in there alone (WL-4)."""
    async with platform_transaction(platform) as tx:
        operator = await fetch_one(tx, "SELECT id, path FROM organization WHERE kind = 'OPERATOR'")
        if operator is None:
            return
        now = platform.clock.now()
        await insert(
            tx, "outbox", id=new_id("obx"), organization_id=operator["id"], path=operator["path"],
            topic=FORGOTTEN_TOPIC, subject_id=operator["id"], created_at=now, due_at=now,
            payload=json.dumps({"email": folded_email(email)[:EMAIL_LENGTH], "site": site_path or ""}),
        )  # fmt: skip


@handles(FORGOTTEN_TOPIC)
async def make_link(platform: Platform, message: Message, lease: Lease) -> Progress:
    """The link of a User who may sign in, mailed after the commit; nothing for anybody else."""
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        await lease.hold(tx, now)
        user = await _who_forgot(tx, message.payload["email"], message.payload.get("site", ""), now)
        if user is not None:
            await _store_link(tx, f"rst_{message.id}", user, now)
    return Progress.DONE


async def reset_password(platform: Platform, token: str, password: str, came: Credentials) -> None:
    """Set a new password by a link: it clears a lock and ends all sessions of the User (AUTH-4, AUTH-5).

    Refused: LINK_EXPIRED (unknown, used, or 60 minutes old), PASSWORD_TOO_WEAK, which leaves the link alive."""
    async with platform_reading(platform) as tx:
        link = await _open_link(tx, token, platform.clock.now())
        min_length = (await platform_policies(tx)).integer("passwordMinLength")
    if blockers := password_blockers(password, link["email"], min_length):
        raise Refused(blockers)
    new_hash = await hash_password(password)
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        used = await tx.execute(
            "UPDATE password_reset SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
            link["id"], now,
        )  # fmt: skip
        if not used:
            _refuse_link()
        await store_password(tx, link["user_id"], new_hash, now)
        await tx.execute(
            "UPDATE session SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL", link["user_id"], now
        )
        await tx.execute("DELETE FROM sign_in_lock WHERE email_folded = $1", link["email_folded"])
        await note_change(tx, platform, link["user_id"], came, "resetPassword")


async def store_password(tx: Transaction, user_id: str, new_hash: str, now: Instant) -> None:
    """The password counts from now on; every reset link that is still open stops working."""
    await tx.execute(
        "UPDATE users SET password_hash = $2, password_at = $3, version = version + 1 WHERE id = $1",
        user_id, new_hash, now,
    )  # fmt: skip
    await tx.execute("UPDATE password_reset SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL", user_id, now)


async def note_change(tx: Transaction, platform: Platform, user_id: str, came: Credentials, action: str) -> None:
    """One AuditEntry in the organization where the User is a member the longest, and a mail to the User itself."""
    row = await fetch_one(
        tx,
        "SELECT m.id AS member_id, m.role, m.given_name, m.family_name, u.email, o.id, o.name, o.kind, o.path, "
        "o.clock_id, c.stands_at FROM users u JOIN member m ON m.user_id = u.id "
        "JOIN organization o ON o.id = m.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        "WHERE u.id = $1 AND m.invitation = 'ACCEPTED' ORDER BY m.id LIMIT 1",
        user_id,
    )
    if row is None:
        return
    name = " ".join(filter(None, (row["given_name"], row["family_name"])))
    actor = Actor(
        row["id"], row["name"], row["kind"], row["path"], Role(row["role"]), SIGNED_IN, name, user_id,
        row["member_id"], clock_id=row["clock_id"], clock_stands_at=row["stands_at"],
    )  # fmt: skip
    place = {"organization_id": row["id"], "path": row["path"]}
    entry = audit_row(actor, came, time_of(actor, platform.clock), action)
    values = json.dumps({"password": "***"})
    await insert(tx, "audit_entry", **entry, **place, entity_type="User", entity_id=user_id, after_values=values)
    now = platform.clock.now()
    await insert(
        tx, "outbox", id=new_id("obx"), **place, topic=CHANGED_TOPIC, subject_id=user_id, created_at=now, due_at=now,
        payload=json.dumps({"to": row["email"]}),
    )  # fmt: skip


async def _who_forgot(tx: Transaction, email_folded: str, site_path: str, now: Instant) -> Row | None:
    """The User with this e-mail who may sign in somewhere, unless many links of hers live already."""
    return await fetch_one(
        tx,
        "SELECT u.id, u.email, m.organization_id, m.path FROM users u JOIN member m ON m.user_id = u.id "
        "WHERE u.email_folded = $1 AND m.invitation = 'ACCEPTED' AND m.has_portal_access "
        "AND substr(m.path, 1, length($4)) = $4 AND (SELECT count(*) "
        "FROM password_reset r WHERE r.user_id = u.id AND r.created_at > $2) < $3 ORDER BY m.id LIMIT 1",
        email_folded, now - LINK_LIFE, MOST_LINKS, site_path,
    )  # fmt: skip


async def _store_link(tx: Transaction, link_id: str, user: Row, now: Instant) -> None:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = await tx.fetch(
        "INSERT INTO password_reset (id, user_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (id) DO NOTHING RETURNING id",
        link_id, user["id"], secret_hash(token), now, now + LINK_LIFE,
    )  # fmt: skip
    if made:  # else the message was worked on before
        await insert(
            tx, "outbox", id=new_id("obx"), organization_id=user["organization_id"], path=user["path"],
            topic=LINK_TOPIC, subject_id=user["id"], created_at=now, due_at=now,
            payload=json.dumps({"to": user["email"], "token": token, "expiresAt": now + LINK_LIFE}),
        )  # fmt: skip


async def _open_link(tx: Transaction, token: str, now: Instant) -> Row:
    link = await fetch_one(
        tx,
        "SELECT r.id, r.user_id, u.email, u.email_folded FROM password_reset r JOIN users u ON u.id = r.user_id "
        "WHERE r.token_hash = $1 AND r.used_at IS NULL AND r.expires_at > $2",
        secret_hash(token), now,
    )  # fmt: skip
    return link or _refuse_link()


def _refuse_link() -> Row:
    refuse("LINK_EXPIRED", "This link no longer works; ask for a new one.", ("token",))
