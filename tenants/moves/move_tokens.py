"""Move tokens (MOVE-2): the OWNER of an organization says with one that it may move. Works once, stored as a hash."""

import secrets
from dataclasses import dataclass

from core.clock import Instant, format_instant
from core.ids import new_id
from core.refusals import refuse
from core.transaction import fetch_one, insert
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, require_active
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.members.invitations import TOKEN_BYTES, expiry
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

TOKEN_PREFIX = "tnm_"


@dataclass(frozen=True, slots=True)
class MoveToken:
    """An open token: whose, and what it is known by."""

    id: str
    organization_id: str
    expires_at: Instant


async def make_move_token(uow: UnitOfWork, organization_id: str) -> Outcome:
    """Make a token; it is in `uow.shown_once["token"]` and nowhere else. Answers organizationId and expiresAt.

    Refused: NOT_FOUND, FORBIDDEN, OPERATOR_PROTECTED (it has no seller), ORGANIZATION_NOT_ACTIVE."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.MAKE_MOVE_TOKEN, organization)
    if organization.parent_id is None:
        refuse("OPERATOR_PROTECTED", "The operator is the root.")
    require_active(organization)
    token, token_id, expires_at = _new_token(), new_id("mvt"), await offer_end(uow, organization)
    own = {"organization_id": organization.id, "path": organization.path}
    await insert(
        uow.tx, "move_token", id=token_id, **own, token_hash=secret_hash(token), state="OPEN", created_at=uow.now,
        expires_at=expires_at,
    )  # fmt: skip
    uow.audit("MoveToken", token_id, organization_id=organization.id, path=organization.path,
              after={"expiresAt": expires_at, "token": "***"})  # fmt: skip
    uow.shown_once["token"] = token
    return {"organizationId": organization.id, "expiresAt": format_instant(expires_at)}


async def offer_end(uow: UnitOfWork, organization: OrganizationFacts) -> Instant:
    """When a token or offer that is made now is over: `moveOfferDays` local days of the organization (GEN-3, POL-4)."""
    days = (await policies_for(uow, organization.id)).integer("moveOfferDays")
    return expiry(uow.now, organization.timezone, days)


async def open_token(uow: UnitOfWork, token: str, organization_id: str | None = None) -> MoveToken:
    """The token that nobody has used, of that organization where one is named; its row stays locked.

    Call it in `as_platform`. Refused: NOT_FOUND (unknown, used or another's). Whether it still lives is asked after the
    rights (GEN-1), by `require_living`."""
    lock = " FOR UPDATE OF t" if uow.tx.dialect == "postgres" else ""
    row = await fetch_one(
        uow.tx,
        "SELECT t.id, t.organization_id, t.state, t.expires_at FROM move_token t WHERE t.token_hash = $1" + lock,
        secret_hash(token),
    )
    if row is None or row["state"] != "OPEN" or organization_id not in (None, row["organization_id"]):
        not_found(("token",))
    return MoveToken(row["id"], row["organization_id"], row["expires_at"])


def require_living(uow: UnitOfWork, token: MoveToken) -> None:
    """Refused MOVE_EXPIRED when its days are over."""
    if uow.now >= token.expires_at:
        refuse("MOVE_EXPIRED", "The token is too old; ask for a new one.", ("token",))


async def use_token(uow: UnitOfWork, token: MoveToken, organization: OrganizationFacts) -> None:
    """It works once. Call it in `as_platform`."""
    await uow.tx.execute("UPDATE move_token SET state = 'USED' WHERE id = $1", token.id)
    uow.audit("MoveToken", token.id, organization_id=organization.id, path=organization.path,
              before={"state": "OPEN"}, after={"state": "USED"})  # fmt: skip


def _new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
