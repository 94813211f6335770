"""One's own second factors: an authenticator app, recovery codes, passkeys; enrolled, confirmed, removed (AUTH-7).

They belong to the User, whatever organization the session stands in. Signing in with them: second_factor_sign_in.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from core.clock import Instant
from core.refusals import refuse
from core.sealing import SealBroken, Sealer
from core.transaction import Row, fetch_one, fetch_value
from tenants.access import allow, organization_by_id
from tenants.actor import Actor
from tenants.commands import Outcome
from tenants.permissions import Action, ViaKind
from tenants.sign_in.recovery_codes import codes_left, forget_codes, replace_codes
from tenants.sign_in.second_factor_challenge import SecondFactorMethod, credentials_of_user, has_totp
from tenants.sign_in.sessions import require_fresh_password
from tenants.sign_in.totp import NO_STEP, accepted_step, new_secret, otpauth_uri
from tenants.unit_of_work import UnitOfWork

CHANGED_TOPIC = "notice.second_factor_changed"
"""A security notice to the person: payload to, change, address, client, at."""
_WHY = "AUTH-7: a User's own second factors stand in the platform's tables"


@dataclass(frozen=True, slots=True)
class PasskeyFacts:
    """A passkey as its owner knows it; `credential_id` (base64url) is the authenticator's own name for it."""

    credential_id: str
    name: str
    created_at: Instant
    last_used_at: Instant | None


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """What a User has enrolled; `totp_since` None: no confirmed app."""

    totp_since: Instant | None
    passkeys: tuple[PasskeyFacts, ...]
    recovery_codes_left: int


async def second_factors_of(uow: UnitOfWork) -> SecondFactors | None:
    """The actor's own; None for an API key and in a support session, which have none to show (SUP-9)."""
    user_id = uow.actor.user_id
    if user_id is None or uow.actor.via.kind is not ViaKind.SESSION:
        return None
    async with uow.as_platform(_WHY):
        since = await fetch_value(uow.tx, "SELECT confirmed_at FROM totp WHERE user_id = $1", user_id)
        rows = await uow.tx.fetch(
            "SELECT credential_id, name, created_at, last_used_at FROM passkey WHERE user_id = $1 ORDER BY id", user_id
        )
        left = await codes_left(uow.tx, user_id)
    return SecondFactors(since, tuple(PasskeyFacts(**dict(row)) for row in rows), left)


async def enrol_totp(uow: UnitOfWork, sealer: Sealer) -> Outcome:
    """A new secret for an authenticator app: `uow.shown_once` holds secret and otpauthUri. It counts when confirmed.

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED, SECOND_FACTOR_ALREADY_ENROLLED."""
    user_id = await require_own_factors(uow)
    require_fresh_password(uow)
    secret = new_secret()
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        if await has_totp(uow.tx, user_id):
            refuse("SECOND_FACTOR_ALREADY_ENROLLED", "Remove the authenticator app that you have first.")
        await uow.tx.execute(
            "INSERT INTO totp (user_id, secret_sealed, last_step, created_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (user_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, last_step = $3, "
            "created_at = $4",
            user_id, sealer.sealed(secret, user_id), NO_STEP, uow.platform_now,
        )  # fmt: skip
    _audit(uow, user_id, {"totp": "PENDING", "secret": "***"})
    uow.shown_once |= {"secret": secret, "otpauthUri": otpauth_uri(secret, user["email"])}
    return {}


async def confirm_totp(uow: UnitOfWork, code: str, sealer: Sealer) -> Outcome:
    """From now on signing in needs the app. With the first factor `uow.shown_once` holds the recoveryCodes.

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, SECOND_FACTOR_NOT_ENROLLED, SECOND_FACTOR_ALREADY_ENROLLED,
    CODE_INVALID."""
    user_id = await require_own_factors(uow)
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        row = await fetch_one(
            uow.tx, "SELECT secret_sealed, last_step, confirmed_at FROM totp WHERE user_id = $1", user_id
        )
        if row is None:
            _refuse_not_enrolled()
        if row["confirmed_at"] is not None:
            refuse("SECOND_FACTOR_ALREADY_ENROLLED", "The authenticator app is confirmed already.")
        step = totp_step(row, user_id, code, uow.platform_now, sealer)
        if step is None:
            refuse("CODE_INVALID", "This is not the code that the app shows now.", ("code",))
        await uow.tx.execute(
            "UPDATE totp SET confirmed_at = $2, last_step = $3 WHERE user_id = $1", user_id, uow.platform_now, step
        )
        await give_first_codes(uow, user_id)
    _audit(uow, user_id, {"totp": "CONFIRMED"}, {"totp": "PENDING"})
    await notify(uow, user["email"], "TOTP_ENROLLED")
    return {}


async def remove_second_factor(uow: UnitOfWork, method: SecondFactorMethod) -> Outcome:
    """Remove the app, or all passkeys; with the last factor its recovery codes go too.

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED, SECOND_FACTOR_NOT_ENROLLED."""
    user_id = await require_own_factors(uow)
    require_fresh_password(uow)
    table = {SecondFactorMethod.TOTP: "totp", SecondFactorMethod.PASSKEY: "passkey"}.get(method)
    if table is None:
        refuse("METHOD_INVALID", "Recovery codes go with the last factor.", ("method",))
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        if await uow.tx.execute(f"DELETE FROM {table} WHERE user_id = $1", user_id) == 0:
            _refuse_not_enrolled()
        await forget_codes_without_factor(uow, user_id)
    _audit(uow, user_id, {table: None}, {table: "ENROLLED"})
    await notify(uow, user["email"], f"{method.value}_REMOVED")
    return {}


async def regenerate_recovery_codes(uow: UnitOfWork) -> Outcome:
    """Ten new codes in `uow.shown_once["recoveryCodes"]`; the old ones stop working.

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED, SECOND_FACTOR_NOT_ENROLLED."""
    user_id = await require_own_factors(uow)
    require_fresh_password(uow)
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        if not await _has_factor(uow, user_id):
            _refuse_not_enrolled()
        uow.shown_once["recoveryCodes"] = await replace_codes(uow.tx, user_id, uow.platform_now)
    _audit(uow, user_id, {"recoveryCodes": "***"})
    await notify(uow, user["email"], "RECOVERY_CODES_REGENERATED")
    return {}


async def require_own_factors(uow: UnitOfWork) -> str:
    """The id of the User whose session this is. Refused: FORBIDDEN (API key), FORBIDDEN_WHILE_ACTING."""
    organization = await organization_by_id(uow, uow.actor.organization_id)
    allow(uow, Action.EDIT_SECOND_FACTOR, organization)
    return user_of(uow.actor)


def user_of(actor: Actor) -> str:
    """The User behind a session; the permission table has let nobody else through."""
    if actor.user_id is None:
        refuse("FORBIDDEN", "A program has no second factor.")
    return actor.user_id


def totp_step(row: Row, user_id: str, code: str, now: Instant, sealer: Sealer) -> int | None:
    """The step whose code was given, None when wrong; an app sealed with another server secret accepts nothing."""
    try:
        secret = sealer.opened(row["secret_sealed"], user_id)
    except SealBroken:
        return None
    return accepted_step(secret, code, now, row["last_step"])


async def give_first_codes(uow: UnitOfWork, user_id: str) -> None:
    """Recovery codes for who has none left, shown once with the factor that was just enrolled."""
    if await codes_left(uow.tx, user_id) == 0:
        uow.shown_once["recoveryCodes"] = await replace_codes(uow.tx, user_id, uow.platform_now)


async def forget_codes_without_factor(uow: UnitOfWork, user_id: str) -> None:
    """Without a factor there is nothing to recover."""
    if not await _has_factor(uow, user_id):
        await forget_codes(uow.tx, user_id)


async def notify(uow: UnitOfWork, email: str, change: str) -> None:
    """Tell the person at once what was changed and from where: it may have been somebody else."""
    came = uow.credentials
    payload = {"to": email, "change": change, "address": came.address, "client": came.client, "at": uow.platform_now}
    actor = uow.actor
    uow.send(CHANGED_TOPIC, user_of(actor), payload, organization_id=actor.organization_id, path=actor.path)


async def locked_user(uow: UnitOfWork, user_id: str) -> Row:
    """The User's id and e-mail; whoever else changes this User's factors waits. `uow` sees as the platform."""
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    rows = await uow.tx.fetch(f"SELECT id, email FROM users WHERE id = $1{lock}", user_id)
    return rows[0]


async def _has_factor(uow: UnitOfWork, user_id: str) -> bool:
    return await has_totp(uow.tx, user_id) or bool(await credentials_of_user(uow.tx, user_id))


def _audit(
    uow: UnitOfWork, user_id: str, after: Mapping[str, object], before: Mapping[str, object] | None = None
) -> None:
    actor = uow.actor
    uow.audit("User", user_id, organization_id=actor.organization_id, path=actor.path, before=before, after=after)


def _refuse_not_enrolled() -> NoReturn:
    refuse("SECOND_FACTOR_NOT_ENROLLED", "There is no such second factor.")
