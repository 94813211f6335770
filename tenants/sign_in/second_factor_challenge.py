"""After a right password of somebody with a second factor: which there are, and the challenge that waits for one."""

from dataclasses import dataclass
from enum import StrEnum

from core.clock import Instant
from core.transaction import Transaction, fetch_value
from tenants.sign_in.recovery_codes import codes_left
from tenants.sign_in.sign_in_challenges import LIVES, ChallengeKind, new_challenge


class SecondFactorMethod(StrEnum):
    """With what somebody can prove to be more than one who knows a password."""

    TOTP = "TOTP"
    RECOVERY_CODE = "RECOVERY_CODE"
    PASSKEY = "PASSKEY"


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """No session yet: `challenge` is sent back with one of the methods before `expires_at`.

    `passkey_challenge` and `credential_ids` (base64url) are for a browser that asks for a passkey."""

    challenge: str
    methods: tuple[SecondFactorMethod, ...]
    expires_at: Instant
    passkey_challenge: str
    credential_ids: tuple[str, ...]


async def ask_for_second_factor(tx: Transaction, user_id: str, now: Instant) -> SecondFactorNeeded:
    """Store a challenge for the user; `tx` sees as the platform."""
    made = await new_challenge(tx, ChallengeKind.SECOND_FACTOR, user_id, now)
    credential_ids = await credentials_of_user(tx, user_id)
    methods = [SecondFactorMethod.TOTP] if await has_totp(tx, user_id) else []
    if await codes_left(tx, user_id):
        methods.append(SecondFactorMethod.RECOVERY_CODE)
    if credential_ids:
        methods.append(SecondFactorMethod.PASSKEY)
    return SecondFactorNeeded(made.token, tuple(methods), now + LIVES, made.passkey_challenge, credential_ids)


async def has_totp(tx: Transaction, user_id: str) -> bool:
    """Whether an authenticator app was confirmed."""
    sql = "SELECT 1 FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL"
    return await fetch_value(tx, sql, user_id) is not None


async def credentials_of_user(tx: Transaction, user_id: str) -> tuple[str, ...]:
    """The credential ids of the user's passkeys, oldest first."""
    rows = await tx.fetch("SELECT credential_id FROM passkey WHERE user_id = $1 ORDER BY id", user_id)
    return tuple(row["credential_id"] for row in rows)
