"""Half a sign-in that waits for its other half: five minutes, one success, only its hash is stored.

Says nothing about what the other half has to be."""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from core.clock import MINUTE, Instant
from core.ids import new_id
from core.transaction import Transaction, fetch_one, insert
from tenants.authentication import secret_hash

LIVES = 5 * MINUTE
CHALLENGE_PREFIX = "tnc_"
_PASSKEY_CHALLENGE_BYTES = 32


class ChallengeKind(StrEnum):
    """What the challenge was made for; it serves for nothing else."""

    SECOND_FACTOR = "SECOND_FACTOR"
    PASSKEY_SIGN_IN = "PASSKEY_SIGN_IN"
    PASSKEY_REGISTRATION = "PASSKEY_REGISTRATION"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A stored challenge; `user_id` is None where a passkey will tell who it is."""

    id: str
    user_id: str | None
    passkey_challenge: str
    created_at: Instant


@dataclass(frozen=True, slots=True)
class NewChallenge:
    """`token` is shown to the client alone; `passkey_challenge` is what an authenticator signs (base64url)."""

    token: str
    passkey_challenge: str


async def new_challenge(tx: Transaction, kind: ChallengeKind, user_id: str | None, now: Instant) -> NewChallenge:
    """Store one; `tx` sees as the platform."""
    made = NewChallenge(
        CHALLENGE_PREFIX + secrets.token_urlsafe(32), secrets.token_urlsafe(_PASSKEY_CHALLENGE_BYTES)
    )  # fmt: skip
    await insert(
        tx, "sign_in_challenge", id=new_id("chl"), kind=kind.value, token_hash=secret_hash(made.token),
        user_id=user_id, passkey_challenge=made.passkey_challenge, created_at=now, expires_at=now + LIVES,
    )  # fmt: skip
    return made


async def open_challenge(tx: Transaction, kind: ChallengeKind, token: str, now: Instant) -> Challenge | None:
    """The challenge, if it still waits; a try that fails leaves it, so that a slip of a finger costs no password."""
    row = await fetch_one(
        tx,
        "SELECT id, user_id, passkey_challenge, created_at FROM sign_in_challenge "
        "WHERE kind = $1 AND token_hash = $2 AND expires_at > $3",
        kind.value, secret_hash(token), now,
    )  # fmt: skip
    if row is None:
        return None
    return Challenge(row["id"], row["user_id"], row["passkey_challenge"], row["created_at"])


async def use_up(tx: Transaction, challenge: Challenge) -> bool:
    """End the challenge; False when somebody was faster."""
    return await tx.execute("DELETE FROM sign_in_challenge WHERE id = $1", challenge.id) == 1


async def forget_old_challenges(tx: Transaction, now: Instant) -> int:
    """Drop what nobody finished; answers how many."""
    return await tx.execute("DELETE FROM sign_in_challenge WHERE expires_at <= $1", now)
