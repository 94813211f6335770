"""Counting failed tries by e-mail, known or not (AUTH-3): parallel tries wait for each other and count one by one."""

import json
from dataclasses import dataclass

from core.clock import MINUTE, Instant
from core.transaction import Transaction, fetch_one
from tenants.policy_resolution import Policies

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

    def after_failure(self, now: Instant, attempts: int, minutes: int) -> "LockState":
        """One failure more; the `attempts`-th within 15 minutes locks for `minutes` from now and the count restarts."""
        failed = (*(at for at in self.failed_at if now < at + WINDOW), now)
        return LockState((), now + minutes * MINUTE) if len(failed) >= attempts else LockState(failed)


async def read_lock(tx: Transaction, email_folded: str) -> LockState:
    """The state as it stands; somebody else may change it meanwhile."""
    return await _read(tx, email_folded, "")


async def count_try(
    tx: Transaction, email_folded: str, *, is_right: bool, now: Instant, policies: Policies
) -> tuple[str | None, bool]:
    """Settle one try under the e-mail's lock: None when it succeeds, else SIGN_IN_LOCKED or SIGN_IN_FAILED.

    The second answer tells whether this very failure locked it. `policies` are the operator's; `tx` sees as the
    platform and has to commit whatever the answer is."""
    await tx.execute(
        "INSERT INTO sign_in_lock (email_folded, failed_at) VALUES ($1, '[]') ON CONFLICT (email_folded) DO NOTHING",
        email_folded,
    )
    state = await _read(tx, email_folded, " FOR UPDATE" if tx.dialect == "postgres" else "")
    if state.is_locked(now):
        return "SIGN_IN_LOCKED", False
    attempts, minutes = policies.integer("lockoutAttempts"), policies.integer("lockoutMinutes")
    after = LockState() if is_right else state.after_failure(now, attempts, minutes)
    await tx.execute(
        "UPDATE sign_in_lock SET failed_at = $2, locked_until_at = $3 WHERE email_folded = $1",
        email_folded, json.dumps(after.failed_at), after.locked_until_at,
    )  # fmt: skip
    return (None if is_right else "SIGN_IN_FAILED"), after.locked_until_at is not None


async def _read(tx: Transaction, email_folded: str, lock: str) -> LockState:
    row = await fetch_one(
        tx, f"SELECT failed_at, locked_until_at FROM sign_in_lock WHERE email_folded = $1{lock}", email_folded
    )
    return LockState() if row is None else LockState(tuple(json.loads(row["failed_at"])), row["locked_until_at"])
