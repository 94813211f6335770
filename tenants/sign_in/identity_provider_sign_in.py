"""Signing in through an organization's identity provider: out with a state, back with a code, in as a member.

It never makes Users. The session stands in that organization alone, and the password was not given (AUTH-7)."""

import json
from dataclasses import dataclass
from typing import NoReturn

import structlog

from core.clock import MINUTE, Instant
from core.outgoing_http import Outgoing
from core.refusals import Refused
from core.sealing import SealBroken, Sealer
from core.transaction import Row, Transaction, fetch_one, insert
from tenants.actor import Credentials
from tenants.authentication import secret_hash
from tenants.names import folded_email
from tenants.sign_in.openid import OpenIdFailed, Provider, Visit, authorization_url, claims_of, discover, new_visit
from tenants.sign_in.sign_in import NEVER_GIVEN, SignedIn, open_session, refuse_not_active, refuse_sign_in
from tenants.sign_in.sign_in_locks import read_lock
from tenants.unit_of_work import Platform, platform_reading, platform_transaction

VISIT_LIVES = 10 * MINUTE
_log = structlog.get_logger("identity_provider")
_PROVIDER = (
    "SELECT organization_id, issuer, client_id, client_secret_sealed, email_domains FROM identity_provider "
    "WHERE organization_id = $1 AND substr(path, 1, length($2)) = $2"
)


@dataclass(frozen=True, slots=True)
class Door:
    """What the way out and back needs: how to ask the provider, the server's seal, and where the browser comes back."""

    outgoing: Outgoing
    sealer: Sealer
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser brought back: `browser` from its cookie, the rest from the address; `issuer` where it is told."""

    state: str
    code: str
    issuer: str | None
    browser: str


async def start_visit(platform: Platform, door: Door, organization_id: str, browser: str, came: Credentials) -> str:
    """The address to send this browser to. Refused: SIGN_IN_FAILED, whatever it is that is missing; also at a domain
    that is foreign to the organization (WL-4)."""
    async with platform_reading(platform) as tx:
        row = await fetch_one(tx, _PROVIDER, organization_id, came.site_path or "")
    if row is None:
        refuse_sign_in("SIGN_IN_FAILED")
    provider, visit = _provider(row, door.sealer), new_visit()
    try:
        endpoints = await discover(door.outgoing, provider.issuer)
    except OpenIdFailed as error:
        _refuse_and_log(organization_id, error)
    async with platform_transaction(platform) as tx:
        await insert(
            tx, "identity_provider_visit", state_hash=secret_hash(visit.state), browser_hash=secret_hash(browser),
            organization_id=organization_id, nonce=visit.nonce, code_verifier=visit.code_verifier,
            expires_at=platform.clock.now() + VISIT_LIVES,
        )  # fmt: skip
    return authorization_url(endpoints, provider, visit, door.redirect_uri)


async def finish_visit(platform: Platform, door: Door, came_back: Return, came: Credentials) -> SignedIn:
    """Open the session of the member whom the provider names.

    Refused: SIGN_IN_FAILED without detail (the log has it); SIGN_IN_LOCKED; ORGANIZATION_NOT_ACTIVE."""
    async with platform_transaction(platform) as tx:
        found, site_path = await _used_up(tx, came_back, platform.clock.now()), came.site_path or ""
        row = None if found is None else await fetch_one(tx, _PROVIDER, found["organization_id"], site_path)
    if found is None or row is None or came_back.issuer not in (None, row["issuer"]):
        refuse_sign_in("SIGN_IN_FAILED")
    provider = _provider(row, door.sealer)
    visit = Visit(came_back.state, found["nonce"], found["code_verifier"])
    now = platform.clock.now()
    try:
        claims = await claims_of(door.outgoing, provider, visit, came_back.code, door.redirect_uri, now)
    except OpenIdFailed as error:
        _refuse_and_log(row["organization_id"], error)
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or not _is_of_domain(email, row):
        _refuse_and_log(row["organization_id"], OpenIdFailed("the e-mail is not verified or of another domain"))
    return await _enter(platform, row["organization_id"], email, came)


async def forget_old_visits(tx: Transaction, now: Instant) -> int:
    """Drop visits from which nobody came back; answers how many."""
    return await tx.execute("DELETE FROM identity_provider_visit WHERE expires_at <= $1", now)


async def _used_up(tx: Transaction, came_back: Return, now: Instant) -> Row | None:
    """The visit, which serves this once, and only the browser that began it."""
    rows = await tx.fetch(
        "DELETE FROM identity_provider_visit WHERE state_hash = $1 AND browser_hash = $2 "
        "RETURNING organization_id, nonce, code_verifier, expires_at",
        secret_hash(came_back.state), secret_hash(came_back.browser),
    )  # fmt: skip
    return rows[0] if rows and now < rows[0]["expires_at"] else None


async def _enter(platform: Platform, organization_id: str, email: str, came: Credentials) -> SignedIn:
    folded = folded_email(email)
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        lock = await read_lock(tx, folded[:254])
        if lock.is_locked(now):
            refuse_sign_in("SIGN_IN_LOCKED", lock.retry_after_seconds(now))
        user = await fetch_one(
            tx,
            "SELECT u.id FROM users u JOIN member m ON m.user_id = u.id WHERE u.email_folded = $1 "
            "AND m.organization_id = $2 AND m.invitation = 'ACCEPTED' AND m.has_portal_access",
            folded, organization_id,
        )  # fmt: skip
        if user is None:
            refuse_sign_in("SIGN_IN_FAILED")
        signed_in = await open_session(
            tx, platform, user["id"], came, password_at=NEVER_GIVEN, bound_organization_id=organization_id
        )
    return signed_in or refuse_not_active()


def _provider(row: Row, sealer: Sealer) -> Provider:
    try:
        secret = sealer.opened(row["client_secret_sealed"], row["organization_id"])
    except SealBroken as error:
        _refuse_and_log(row["organization_id"], error)
    return Provider(row["issuer"], row["client_id"], secret)


def _is_of_domain(email: str, row: Row) -> bool:
    return folded_email(email).rpartition("@")[2] in json.loads(row["email_domains"])


def _refuse_and_log(organization_id: str, error: Exception) -> NoReturn:
    """The browser learns nothing; who runs the server finds the reason, which holds no secret."""
    _log.warning("identity_provider.refused", organization_id=organization_id, reason=str(error) or "seal")
    try:
        refuse_sign_in("SIGN_IN_FAILED")
    except Refused as refused:
        raise refused from error
