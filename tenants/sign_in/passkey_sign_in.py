"""Signing in with a passkey alone: no e-mail and no password are typed. The authenticator has to check its owner.

The password was not given, so what AUTH-7 guards asks for it later."""

from typing import Any

from core.clock import Instant
from core.transaction import Row, Transaction, fetch_one
from tenants.actor import Credentials
from tenants.sign_in.passkey_checks import Site, credential_id_of, sign_in_options
from tenants.sign_in.second_factor_sign_in import has_signed, settle
from tenants.sign_in.sign_in import NEVER_GIVEN, SignedIn, may_sign_in, open_session, refuse_not_active, refuse_sign_in
from tenants.sign_in.sign_in_challenges import ChallengeKind, new_challenge, open_challenge, use_up
from tenants.sign_in.sign_in_locks import take_lock
from tenants.unit_of_work import Platform, platform_transaction


async def start_passkey_sign_in(platform: Platform, site: Site) -> tuple[str, str]:
    """A challenge, and the options (JSON) with which a browser asks for any passkey of this site."""
    async with platform_transaction(platform) as tx:
        made = await new_challenge(tx, ChallengeKind.PASSKEY_SIGN_IN, None, platform.clock.now())
    return made.token, sign_in_options(site, made.passkey_challenge)


async def finish_passkey_sign_in(
    platform: Platform, site: Site, token: str, credential: Any, came: Credentials
) -> SignedIn:
    """Open the session of the passkey's owner.

    Refused: SIGN_IN_FAILED (unknown, wrong, login-less, foreign domain, no such challenge: alike), SIGN_IN_LOCKED,
    ORGANIZATION_NOT_ACTIVE."""
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        user = await _owner_of(tx, credential_id_of(credential), came.site_path or "")
        await _refuse_locked(tx, user["email_folded"], now)
        challenge = await open_challenge(tx, ChallengeKind.PASSKEY_SIGN_IN, token, now)
        if challenge is None or not await use_up(tx, challenge):
            refuse_sign_in("SIGN_IN_FAILED")
        is_right = await has_signed(tx, site, challenge, credential, user["id"], now, is_alone=True)
        signed_in, code = None, await settle(tx, user, is_right=is_right, now=now)
        if code is None:
            signed_in = await open_session(tx, platform, user["id"], came, password_at=NEVER_GIVEN)
    if code is not None:
        refuse_sign_in(code)
    return signed_in or refuse_not_active()


async def _owner_of(tx: Transaction, credential_id: str, site_path: str) -> Row:
    user = await fetch_one(
        tx,
        "SELECT u.id, u.email, u.email_folded FROM passkey p JOIN users u ON u.id = p.user_id "
        "WHERE p.credential_id = $1 AND EXISTS (SELECT 1 FROM member m WHERE m.user_id = u.id "
        f"AND {may_sign_in('m', '$2')})",
        credential_id, site_path,
    )  # fmt: skip
    return user or refuse_sign_in("SIGN_IN_FAILED")


async def _refuse_locked(tx: Transaction, email_folded: str, now: Instant) -> None:
    lock = await take_lock(tx, email_folded)
    if lock.is_locked(now):
        refuse_sign_in("SIGN_IN_LOCKED", lock.retry_after_seconds(now))
