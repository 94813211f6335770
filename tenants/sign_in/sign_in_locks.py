"""Counting failed tries by e-mail, known or not (AUTH-3): parallel tries wait for each other and count one by one."""

import json
from dataclasses import dataclass

from core.clock import MINUTE, SECOND, Instant
from core.transaction import Row, Transaction, fetch_one
from tenants.policy.policy_resolution import Policies

WINDOW = 15 * MINUTE
"""Failures further apart than this do not add up."""


@dataclass(frozen=True, slots=True)
class LockState:
    """The failures that count (instants), and until when the e-mail is locked."""

    failed_at: tuple[Instant, ...] = ()
    locked_until_at: Instant | None = None

    def is_locked(self, now: Instant) -> bool:
        """Whether even the right password is refused; at the end itself no longer (GEN-4)."""
        return self.locked_until_at is not None and now < self.locked_until_at

    def retry_after_seconds(self, now: Instant) -> int:
        """How long a locked e-mail has to wait, rounded up: after that many seconds it is open."""
        return 0 if self.locked_until_at is None else max(-(-(self.locked_until_at - now) // SECOND), 0)

    def counts(self, now: Instant) -> bool:
        """Whether it still matters to the next try."""
        return self.is_locked(now) or any(now < at + WINDOW for at in self.failed_at)

    def after_failure(self, now: Instant, attempts: int, minutes: int) -> "LockState":
        """One failure more; the `attempts`-th within 15 minutes locks for `minutes` from now and the count restarts."""
        failed = (*(at for at in self.failed_at if now < at + WINDOW), now)
        return LockState((), now + minutes * MINUTE) if len(failed) >= attempts else LockState(failed)


async def read_lock(tx: Transaction, email_folded: str) -> LockState:
    """The state as it stands; somebody else may change it meanwhile."""
    row = await fetch_one(
        tx, "SELECT failed_at, locked_until_at FROM sign_in_lock WHERE email_folded = $1", email_folded
    )
    return LockState() if row is None else _state(row)


async def forget_old_failures(tx: Transaction, now: Instant) -> int:
    """Drop what counts no more, so that tries with made-up e-mails do not fill the table; answers how many rows."""
    rows = await tx.fetch("SELECT email_folded, failed_at, locked_until_at FROM sign_in_lock")
    dead = [row["email_folded"] for row in rows if not _state(row).counts(now)]
    for email_folded in dead:
        await tx.execute(
            "DELETE FROM sign_in_lock WHERE email_folded = $1 AND (locked_until_at IS NULL OR locked_until_at <= $2)",
            email_folded, now,
        )  # fmt: skip
    return len(dead)


async def take_lock(tx: Transaction, email_folded: str) -> LockState:
    """The state, with the e-mail's lock taken: whoever else tries waits until `tx` ends."""
    taken = await tx.fetch(
        "INSERT INTO sign_in_lock (email_folded, failed_at) VALUES ($1, '[]') "
        "ON CONFLICT (email_folded) DO UPDATE SET email_folded = excluded.email_folded "  # takes the row's lock
        "RETURNING failed_at, locked_until_at",
        email_folded,
    )
    return _state(taken[0])


async def count_try(
    tx: Transaction, email_folded: str, *, is_right: bool, now: Instant, policies: Policies, is_whole: bool = False
) -> tuple[str | None, bool]:
    """Settle one try under the e-mail's lock: None when it succeeds, else SIGN_IN_LOCKED or SIGN_IN_FAILED.

    The second answer tells whether this very failure locked it. `policies` are the operator's; `tx` sees as the
    platform and has to commit whatever the answer is. A right password alone does not clear the count of somebody
    with a second factor, else whoever knows it could guess codes without end; `is_whole`: everything was right."""
    state = await take_lock(tx, email_folded)
    if state.is_locked(now):
        return "SIGN_IN_LOCKED", False
    if is_right and not is_whole and await has_second_factor(tx, email_folded):
        return None, False
    attempts, minutes = policies.integer("lockoutAttempts"), policies.integer("lockoutMinutes")
    after = LockState() if is_right else state.after_failure(now, attempts, minutes)
    await tx.execute(
        "UPDATE sign_in_lock SET failed_at = $2, locked_until_at = $3 WHERE email_folded = $1",
        email_folded, json.dumps(after.failed_at), after.locked_until_at,
    )  # fmt: skip
    return (None if is_right else "SIGN_IN_FAILED"), after.locked_until_at is not None


async def has_second_factor(tx: Transaction, email_folded: str) -> bool:
    """Whether the password alone does not let this person in: an app that was confirmed, or a passkey."""
    sql = (
        "SELECT 1 FROM users u WHERE u.email_folded = $1 AND "
        "(EXISTS (SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) "
        "OR EXISTS (SELECT 1 FROM passkey p WHERE p.user_id = u.id))"
    )
    return bool(await tx.fetch(sql, email_folded))


def _state(row: Row) -> LockState:
    return LockState(tuple(json.loads(row["failed_at"])), row["locked_until_at"])
