"""Transfer of ownership (OWN-1 to OWN-3): reads, asks ownership_rules.py, changes both members in one step."""

from core.refusals import refuse
from core.transaction import Row
from tenants.access import OrganizationFacts, allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.members.members import lock_members
from tenants.members.ownership_rules import TransferFacts, TransferTarget, refuse_blocked_transfer, role_of_former_owner
from tenants.names import folded_email
from tenants.permissions import Action, Role
from tenants.policy.policy import policies_for
from tenants.questions import open_invoice_count
from tenants.sign_in.sessions import require_fresh_password
from tenants.unit_of_work import UnitOfWork

NOTICE_TOPIC = "mail.ownership_transferred"
MEMBER_COLUMNS = "t.id, t.organization_id, t.given_name, t.email, t.role, t.has_portal_access, t.invitation"


async def transfer_ownership(uow: UnitOfWork, organization_id: str, member_id: str) -> Outcome:
    """Make the member the OWNER; the old one becomes ADMIN, a login-less one MEMBER. Nothing else moves (OWN-3).

    Refused: NOT_FOUND (organization or member), FORBIDDEN, REAUTH_REQUIRED, then all blockers of OWN-2 at once:
    OPEN_INVOICE, ORGANIZATION_NOT_ACTIVE, TARGET_INVITATION_PENDING, TARGET_IS_OWNER, TARGET_NOT_MEMBER,
    TARGET_NO_PORTAL_ACCESS. Answers organizationId, ownerId and formerOwnerId."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    await row_by_id(uow, "member", member_id, ("memberId",), "t.id")
    allow(uow, Action.TRANSFER_OWNERSHIP, organization)
    require_fresh_password(uow)
    await lock_members(uow, organization_id)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    target = await row_by_id(uow, "member", member_id, ("memberId",), MEMBER_COLUMNS)
    owner = await owner_of(uow, organization)
    allow(uow, Action.TRANSFER_OWNERSHIP, organization)  # again: whoever manages it may have changed meanwhile
    _still_allowed(uow, organization, owner)
    refuse_blocked_transfer(await _facts(uow, organization), target_of(organization, target))
    await hand_over(uow, organization, owner, target)
    return {"organizationId": organization_id, "ownerId": member_id, "formerOwnerId": owner["id"]}


async def hand_over(uow: UnitOfWork, organization: OrganizationFacts, owner: Row, target: Row) -> None:
    """Both roles in one step, audited and told (OWN-1, OWN-3); whether it may be is decided before."""
    former_role = role_of_former_owner(has_portal_access=bool(owner["has_portal_access"]))
    await _set_role(uow, organization, owner, former_role)  # first: there is one OWNER at any moment
    await _set_role(uow, organization, target, Role.OWNER)
    await _send_notices(uow, organization, owner, target)


async def owner_of(uow: UnitOfWork, organization: OrganizationFacts) -> Row:
    """The present OWNER."""
    rows = await uow.tx.fetch(
        f"SELECT {MEMBER_COLUMNS} FROM member t WHERE t.organization_id = $4 AND t.role = 'OWNER' "
        f"AND {uow.visible('t', 'member')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    return rows[0]


def _still_allowed(uow: UnitOfWork, organization: OrganizationFacts, owner: Row) -> None:
    """The role was read before the lock: of two transfers at once the later one is no longer the OWNER's (GEN-7)."""
    if organization.id == uow.actor.organization_id and owner["id"] != uow.actor.member_id:
        refuse("FORBIDDEN", "This role may not do this here.")


async def _facts(uow: UnitOfWork, organization: OrganizationFacts) -> TransferFacts:
    policies = await policies_for(uow, organization.id)
    return TransferFacts(
        is_effectively_active=not organization.is_stopped,
        open_invoice_count=sum(await open_invoice_count.ask(uow, organization.id)),
        needs_paid_invoices=policies.boolean("ownerTransferNeedsPaidInvoices"),
    )


def target_of(organization: OrganizationFacts, target: Row) -> TransferTarget:
    """The member who is to become OWNER, from a row with MEMBER_COLUMNS."""
    return TransferTarget(
        is_member_here=target["organization_id"] == organization.id,
        role=Role(target["role"]),
        is_invitation_pending=target["invitation"] == "PENDING",
        has_portal_access=bool(target["has_portal_access"]),
    )


async def _set_role(uow: UnitOfWork, organization: OrganizationFacts, member: Row, role: Role) -> None:
    await uow.tx.execute(
        f"UPDATE member AS m SET role = $5, version = version + 1 WHERE m.id = $4 AND {uow.visible('m', 'member')}",
        *uow.scope, member["id"], role.value,
    )  # fmt: skip
    uow.audit("Member", member["id"], organization_id=organization.id, path=organization.path,
              before={"role": member["role"]}, after={"role": role.value})  # fmt: skip


async def _send_notices(uow: UnitOfWork, organization: OrganizationFacts, former: Row, owner: Row) -> None:
    """Both persons and the ACCOUNTS contacts, one mail per address (OWN-3, CON-3)."""
    contacts = await uow.tx.fetch(
        f"SELECT m.email FROM member m WHERE m.organization_id = $4 AND m.is_accounts_contact "
        f"AND {uow.visible('m', 'member')} ORDER BY m.id",
        *uow.scope, organization.id,
    )  # fmt: skip
    emails = [person["email"] for person in (former, owner, *contacts) if person["email"]]
    by_address = {folded_email(email): email for email in reversed(emails)}
    for email in by_address.values():
        payload = {"to": email, "organization": organization.name, "owner": owner["given_name"]}
        uow.send(NOTICE_TOPIC, organization.id, payload, organization_id=organization.id, path=organization.path)
