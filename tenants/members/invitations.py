"""Making invitation links (MEM-6): the token goes to the mail alone, the database keeps its hash.

Accepting them is in joining.py."""

import secrets
from dataclasses import dataclass

from core.calendar import end_of_days, local_date
from core.clock import Instant
from core.ids import new_id
from core.transaction import insert
from tenants.authentication import secret_hash
from tenants.unit_of_work import UnitOfWork

INVITATION_TOPIC = "mail.invitation"
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Invited:
    """Who is invited where; `invitation_days` is the organization's Policy parameter (POL-4: kept as the end)."""

    organization_id: str
    path: str
    organization_name: str
    timezone: str
    member_id: str
    email: str
    invitation_days: int


async def make_invitation(uow: UnitOfWork, invited: Invited) -> str:
    """Store a new open link and send it by mail after the commit; answers the invitation's id."""
    invitation_id, token = new_id("inv"), secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = expiry(uow.now, invited.timezone, invited.invitation_days)
    await insert(
        uow.tx,
        "invitation",
        id=invitation_id,
        organization_id=invited.organization_id,
        path=invited.path,
        member_id=invited.member_id,
        token_hash=secret_hash(token),
        state="OPEN",
        created_at=uow.now,
        expires_at=expires_at,
    )
    payload = {"to": invited.email, "organization": invited.organization_name, "token": token, "expiresAt": expires_at}
    organization_id, path = invited.organization_id, invited.path
    uow.send(INVITATION_TOPIC, invited.member_id, payload, organization_id=organization_id, path=path)
    after = {"memberId": invited.member_id, "expiresAt": expires_at, "token": "***"}
    uow.audit("Invitation", invitation_id, organization_id=organization_id, path=path, after=after)
    return invitation_id


async def revoke_open_invitations(uow: UnitOfWork, member_id: str) -> None:
    """Links that were not used stop working: replaced or withdrawn (MEM-6 `INVITATION_REVOKED`)."""
    await uow.tx.execute(
        f"UPDATE invitation AS i SET state = 'REVOKED' WHERE i.member_id = $4 AND i.state = 'OPEN' "
        f"AND {uow.visible('i', 'invitation')}",
        *uow.scope, member_id,
    )  # fmt: skip


def expiry(now: Instant, timezone: str, days: int) -> Instant:
    """When a link of that many days is over: they are local days of the organization (GEN-3)."""
    return end_of_days(local_date(now, timezone), days, timezone)
