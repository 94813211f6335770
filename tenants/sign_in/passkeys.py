"""One's own passkeys: registered in two steps around the browser's question, renamed, removed (AUTH-7)."""

from dataclasses import dataclass
from typing import Any

from core.ids import new_id
from core.refusals import Blockers, refuse
from core.transaction import fetch_one, insert
from tenants.access import not_found
from tenants.commands import Outcome
from tenants.input_checks import accepted
from tenants.names import member_name_blockers
from tenants.sign_in.passkey_checks import NewCredential, Site, registered, registration_options
from tenants.sign_in.second_factor_challenge import credentials_of_user
from tenants.sign_in.second_factors import (
    forget_codes_without_factor,
    give_first_codes,
    locked_user,
    notify,
    require_own_factors,
)
from tenants.sign_in.sessions import require_fresh_password
from tenants.sign_in.sign_in_challenges import ChallengeKind, new_challenge, open_challenge, use_up
from tenants.unit_of_work import UnitOfWork

_WHY = "AUTH-7: a User's own second factors stand in the platform's tables"
MOST = 20
"""Passkeys of one User."""


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What a browser sends back: the challenge it was given, the authenticator's answer, and a name for people."""

    challenge: str
    name: str | None
    credential: Any


async def start_registration(uow: UnitOfWork, site: Site) -> Outcome:
    """Answers challenge and options (JSON for the browser).

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED."""
    user_id = await require_own_factors(uow)
    require_fresh_password(uow)
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        made = await new_challenge(uow.tx, ChallengeKind.PASSKEY_REGISTRATION, user_id, uow.platform_now)
        known = await credentials_of_user(uow.tx, user_id)
    options = registration_options(site, made.passkey_challenge, user_id, user["email"], known)
    return {"challenge": made.token, "options": options}


async def finish_registration(uow: UnitOfWork, site: Site, answer: PasskeyAnswer) -> Outcome:
    """Store the passkey; answers its credentialId. With the first factor `uow.shown_once` holds the recoveryCodes.

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED; NAME_LENGTH, FIELD_REQUIRED; PASSKEY_INVALID,
    PASSKEY_LIMIT."""
    user_id = await require_own_factors(uow)
    require_fresh_password(uow)
    name = checked_name(answer.name)
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        made = await _checked_credential(uow, site, answer, user_id)
        await insert(
            uow.tx, "passkey", id=new_id("pky"), user_id=user_id, credential_id=made.credential_id,
            public_key=made.public_key, sign_count=made.sign_count, name=name, created_at=uow.platform_now,
        )  # fmt: skip
        await give_first_codes(uow, user_id)
    _audit(uow, made.credential_id, None, {"name": name})
    await notify(uow, user["email"], "PASSKEY_REGISTERED")
    return {"credentialId": made.credential_id}


async def rename_passkey(uow: UnitOfWork, credential_id: str, name: str | None) -> Outcome:
    """Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, NOT_FOUND; NAME_LENGTH, FIELD_REQUIRED."""
    user_id = await require_own_factors(uow)
    async with uow.as_platform(_WHY):
        before = await _own_name(uow, user_id, credential_id)
        name = checked_name(name)
        sql = "UPDATE passkey SET name = $3 WHERE user_id = $1 AND credential_id = $2"
        await uow.tx.execute(sql, user_id, credential_id, name)
    _audit(uow, credential_id, {"name": before}, {"name": name})
    return {}


async def remove_passkey(uow: UnitOfWork, credential_id: str) -> Outcome:
    """With the last factor the recovery codes go too.

    Refused: FORBIDDEN, FORBIDDEN_WHILE_ACTING, NOT_FOUND, REAUTH_REQUIRED."""
    user_id = await require_own_factors(uow)
    async with uow.as_platform(_WHY):
        user = await locked_user(uow, user_id)
        name = await _own_name(uow, user_id, credential_id)
        require_fresh_password(uow)
        sql = "DELETE FROM passkey WHERE user_id = $1 AND credential_id = $2"
        await uow.tx.execute(sql, user_id, credential_id)
        await forget_codes_without_factor(uow, user_id)
    _audit(uow, credential_id, {"name": name}, None)
    await notify(uow, user["email"], "PASSKEY_REMOVED")
    return {}


def checked_name(name: str | None) -> str:
    """1 to 255 characters. Refused: NAME_LENGTH, FIELD_REQUIRED."""
    found = Blockers()
    text = accepted(found, name, ("name",), member_name_blockers)
    found.raise_if_any()
    return text


async def _checked_credential(uow: UnitOfWork, site: Site, answer: PasskeyAnswer, user_id: str) -> NewCredential:
    challenge = await open_challenge(
        uow.tx, ChallengeKind.PASSKEY_REGISTRATION, answer.challenge, uow.platform_now
    )  # fmt: skip
    made = None
    if challenge is not None and challenge.user_id == user_id and await use_up(uow.tx, challenge):
        made = registered(site, challenge.passkey_challenge, answer.credential)
    taken = "SELECT 1 FROM passkey WHERE credential_id = $1"
    if made is None or await uow.tx.fetch(taken, made.credential_id):
        refuse("PASSKEY_INVALID", "The authenticator's answer is not right or too late; try again.", ("credential",))
    if len(await credentials_of_user(uow.tx, user_id)) >= MOST:
        refuse("PASSKEY_LIMIT", "There are as many passkeys as there may be.", maximum=MOST)
    return made


async def _own_name(uow: UnitOfWork, user_id: str, credential_id: str) -> str:
    sql = "SELECT name FROM passkey WHERE user_id = $1 AND credential_id = $2"
    row = await fetch_one(uow.tx, sql, user_id, credential_id)
    if row is None:
        not_found(("credentialId",))
    return str(row["name"])


def _audit(
    uow: UnitOfWork, credential_id: str, before: dict[str, object] | None, after: dict[str, object] | None
) -> None:
    actor = uow.actor
    organization_id, path = actor.organization_id, actor.path
    uow.audit("Passkey", credential_id, organization_id=organization_id, path=path, before=before, after=after)
