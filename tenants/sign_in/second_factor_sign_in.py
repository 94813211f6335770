"""The second half of signing in: a code of an app, a recovery code or a passkey. It never opens without the first.

Failures count into the lock of the e-mail as wrong passwords do (AUTH-3), one by one under that lock."""

from dataclasses import dataclass
from typing import Any

from core.clock import Instant
from core.sealing import Sealer
from core.transaction import Row, Transaction, fetch_one
from tenants.actor import Credentials
from tenants.policy.policy import platform_policies
from tenants.sign_in.passkey_checks import Site, StoredCredential, credential_id_of, signed
from tenants.sign_in.recovery_codes import codes_left, use_code
from tenants.sign_in.second_factor_challenge import SecondFactorMethod
from tenants.sign_in.second_factors import CHANGED_TOPIC, totp_step
from tenants.sign_in.sign_in import (
    SignedIn,
    may_sign_in,
    open_session,
    refuse_not_active,
    refuse_sign_in,
    send_lock_notice,
    send_to_user,
)
from tenants.sign_in.sign_in_challenges import Challenge, ChallengeKind, open_challenge, use_up
from tenants.sign_in.sign_in_locks import count_try, take_lock
from tenants.unit_of_work import Platform, platform_transaction


@dataclass(frozen=True, slots=True)
class SecondProof:
    """What came: the challenge of the first half, and a `code` or a passkey's `credential` by the method."""

    challenge: str
    method: SecondFactorMethod
    code: str = ""
    credential: Any = None


@dataclass(frozen=True, slots=True)
class Checks:
    """What proofs are checked with: the server's secret, and the site that passkeys sign for."""

    sealer: Sealer
    site: Site


async def finish_sign_in(platform: Platform, checks: Checks, proof: SecondProof, came: Credentials) -> SignedIn:
    """Open the session that the password asked for. A wrong code leaves the challenge, a right one ends it.

    Refused: SIGN_IN_FAILED (wrong, used before, no such challenge or over: alike), SIGN_IN_LOCKED,
    ORGANIZATION_NOT_ACTIVE."""
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        user = await _user_of_challenge(tx, proof.challenge, now, came.site_path or "")
        await _wait_for_lock(tx, user["email_folded"], now)
        challenge = await _open_or_refuse(tx, user, proof.challenge, now)
        is_right = await _is_right(tx, checks, challenge, proof, now)
        if is_right and proof.method is SecondFactorMethod.RECOVERY_CODE:
            await _tell_recovery(tx, user, came, now)
        signed_in, code = None, await settle(tx, user, is_right=is_right, now=now)
        if code is None:
            await use_up(tx, challenge)
            signed_in = await open_session(tx, platform, user["id"], came, password_at=challenge.created_at)
    if code is not None:
        refuse_sign_in(code)
    return signed_in or refuse_not_active()


async def settle(tx: Transaction, user: Row, *, is_right: bool, now: Instant) -> str | None:
    """Count the try for the user's e-mail: None when it was right, else the code of the refusal after the commit."""
    policies = await platform_policies(tx)
    code, has_locked = await count_try(
        tx, user["email_folded"], is_right=is_right, now=now, policies=policies, is_whole=True
    )
    if has_locked:
        await send_lock_notice(tx, user["id"], user["email"], now, policies)
    return code


async def has_signed(
    tx: Transaction, site: Site, challenge: Challenge, credential: Any, user_id: str, now: Instant, *, is_alone: bool
) -> bool:
    """Whether a passkey of the user signed the challenge; its count and last use are stored."""
    name = credential_id_of(credential)
    row = await fetch_one(
        tx, "SELECT id, public_key, sign_count FROM passkey WHERE user_id = $1 AND credential_id = $2", user_id, name
    )
    if row is None:
        return False
    stored = StoredCredential(row["public_key"], row["sign_count"])
    count = signed(site, challenge.passkey_challenge, credential, stored, is_alone=is_alone)
    if count is None:
        return False
    sql = "UPDATE passkey SET sign_count = $2, last_used_at = $3 WHERE id = $1"
    return await tx.execute(sql, row["id"], count, now) == 1


async def _user_of_challenge(tx: Transaction, token: str, now: Instant, site_path: str) -> Row:
    """Whose challenge it is; at a reseller's domain only of somebody who signs in there (WL-4)."""
    challenge = await open_challenge(tx, ChallengeKind.SECOND_FACTOR, token, now)
    sql = (
        "SELECT u.id, u.email, u.email_folded, u.password_at FROM users u WHERE u.id = $1 "
        f"AND EXISTS (SELECT 1 FROM member m WHERE m.user_id = u.id AND {may_sign_in('m', '$2')})"
    )
    user = await fetch_one(tx, sql, challenge.user_id, site_path) if challenge else None
    return user or refuse_sign_in("SIGN_IN_FAILED")


async def _wait_for_lock(tx: Transaction, email_folded: str, now: Instant) -> None:
    lock = await take_lock(tx, email_folded)
    if lock.is_locked(now):
        refuse_sign_in("SIGN_IN_LOCKED", lock.retry_after_seconds(now))


async def _open_or_refuse(tx: Transaction, user: Row, token: str, now: Instant) -> Challenge:
    """The challenge as it stands under the lock; a password that was changed since proves nothing any more."""
    challenge = await open_challenge(tx, ChallengeKind.SECOND_FACTOR, token, now)
    if challenge is None or (user["password_at"] or 0) > challenge.created_at:
        refuse_sign_in("SIGN_IN_FAILED")
    return challenge


async def _is_right(tx: Transaction, checks: Checks, challenge: Challenge, proof: SecondProof, now: Instant) -> bool:
    user_id = challenge.user_id or ""
    match proof.method:
        case SecondFactorMethod.TOTP:
            return await _is_right_totp(tx, checks.sealer, user_id, proof.code, now)
        case SecondFactorMethod.RECOVERY_CODE:
            return await use_code(tx, user_id, proof.code, now)
        case SecondFactorMethod.PASSKEY:
            return await has_signed(tx, checks.site, challenge, proof.credential, user_id, now, is_alone=False)


async def _is_right_totp(tx: Transaction, sealer: Sealer, user_id: str, code: str, now: Instant) -> bool:
    sql = "SELECT secret_sealed, last_step FROM totp WHERE user_id = $1 AND confirmed_at IS NOT NULL"
    row = await fetch_one(tx, sql, user_id)
    step = None if row is None else totp_step(row, user_id, code, now, sealer)
    if step is None:
        return False
    sql = "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2"
    return await tx.execute(sql, user_id, step) == 1


async def _tell_recovery(tx: Transaction, user: Row, came: Credentials, now: Instant) -> None:
    left = await codes_left(tx, user["id"])
    payload = {"to": user["email"], "change": "RECOVERY_CODE_USED", "codesLeft": left,
               "address": came.address, "client": came.client, "at": now}  # fmt: skip
    await send_to_user(tx, CHANGED_TOPIC, user["id"], payload, now)
