"""Changing and removing members (MEM-2, MEM-3, MEM-6, MEM-8, CON-1). The OWNER changes in ownership.py alone."""

from collections.abc import Collection
from dataclasses import dataclass

from core.refusals import Blockers, refuse
from core.transaction import Row
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.members.invitations import Invited, make_invitation, revoke_open_invitations
from tenants.members.member_rules import ContactCategory, check_grantable, check_role, checked_contact_for
from tenants.members.member_sessions import bar_sessions
from tenants.members.members import lock_members
from tenants.organization_events import KeysLeftBehind, MemberLeft, on_keys_left_behind, on_member_left
from tenants.permissions import Action, Role
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

_COLUMNS = (
    "t.id, t.organization_id, t.user_id, t.given_name, t.family_name, t.email, t.role, t.has_portal_access, "
    "t.invitation, t.is_tech_contact, t.is_accounts_contact, t.is_general_contact, t.phone, t.version"
)


@dataclass(frozen=True, slots=True)
class FoundMember:
    """The member as it stands, and its organization."""

    organization: OrganizationFacts
    row: Row

    @property
    def id(self) -> str:
        return str(self.row["id"])


async def change_member_role(uow: UnitOfWork, member_id: str, role: str) -> Outcome:
    """Give a member another role. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ROLE_UNKNOWN,
    OWNER_BY_TRANSFER_ONLY, LOGINLESS_ROLE, ORGANIZATION_NOT_ACTIVE, OWNER_REQUIRED. Answers memberId and role."""
    _check_new_role(await found_member(uow, Action.CHANGE_MEMBER_ROLE, member_id), role)
    changed = await locked_member(uow, Action.CHANGE_MEMBER_ROLE, member_id)
    _check_new_role(changed, role)
    keep_owner(changed)
    await set_columns(uow, changed, role=role)
    audit_change(uow, changed, {"role": changed.row["role"]}, {"role": role})
    return {"memberId": member_id, "role": role}


def _check_new_role(changed: FoundMember, role: str) -> None:
    """What the input alone says comes before the state (GEN-1); a second time behind the lock (GEN-7)."""
    found = Blockers()
    check_role(found, role, has_portal_access=bool(changed.row["has_portal_access"]))
    found.raise_if_any()


async def set_contact_for(uow: UnitOfWork, member_id: str, contact_for: Collection[str]) -> Outcome:
    """Make the member a contact for exactly these categories. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED,
    ROLE_NOT_GRANTABLE, CONTACT_EMAIL_REQUIRED; ORGANIZATION_NOT_ACTIVE unless by somebody above (ORG-16).
    Answers memberId and contactFor."""
    changed = await found_member(uow, Action.SET_CONTACT_FOR, member_id)
    found = Blockers()
    await check_reach(uow, changed, found)
    categories = checked_contact_for(found, contact_for, has_email=changed.row["email"] is not None)
    found.raise_if_any()
    if changed.organization.id == uow.actor.organization_id:
        require_active(changed.organization)
    flags = {f"is_{each.lower()}_contact": each in categories for each in ContactCategory}
    await set_columns(uow, changed, **flags)
    before = sorted(each for each in ContactCategory if changed.row[f"is_{each.lower()}_contact"])
    audit_change(uow, changed, {"contactFor": before}, {"contactFor": sorted(categories)})
    return {"memberId": member_id, "contactFor": sorted(categories)}


async def resend_invitation(uow: UnitOfWork, member_id: str) -> Outcome:
    """Make a new link with new time for a PENDING member; the one before stops working (MEM-6).

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ORGANIZATION_NOT_ACTIVE, ROLE_NOT_GRANTABLE, INVITATION_USED.
    Answers memberId and invitationId."""
    changed = await locked_member(uow, Action.INVITE_MEMBER, member_id)
    found = Blockers()
    await check_reach(uow, changed, found)
    if changed.row["invitation"] != "PENDING":
        found.add("INVITATION_USED", "This member waits for no invitation.")
    found.raise_if_any()
    organization = changed.organization
    days = (await policies_for(uow, organization.id)).integer("invitationDays")
    await revoke_open_invitations(uow, member_id)
    invited = Invited(
        organization.id, organization.path, organization.name, organization.timezone, member_id,
        changed.row["email"], days,
    )  # fmt: skip
    return {"memberId": member_id, "invitationId": await make_invitation(uow, invited)}


async def revoke_invitation(uow: UnitOfWork, member_id: str) -> Outcome:
    """Withdraw the link of a PENDING member, who keeps the place: from then on it is `INVITATION_REVOKED` (MEM-6).

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ORGANIZATION_NOT_ACTIVE, ROLE_NOT_GRANTABLE, INVITATION_USED.
    Answers memberId."""
    changed = await locked_member(uow, Action.INVITE_MEMBER, member_id)
    found = Blockers()
    await check_reach(uow, changed, found)
    if changed.row["invitation"] != "PENDING":
        found.add("INVITATION_USED", "This member waits for no invitation.")
    found.raise_if_any()
    await revoke_open_invitations(uow, member_id)
    audit_change(uow, changed, {"invitationLink": "OPEN"}, {"invitationLink": "REVOKED"})
    return {"memberId": member_id}


async def end_member_sessions(uow: UnitOfWork, member_id: str) -> Outcome:
    """End what the member does with running sessions here; a new sign-in is open to it.

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ORGANIZATION_NOT_ACTIVE, ROLE_NOT_GRANTABLE.
    Answers memberId and endedCount."""
    changed = await locked_member(uow, Action.END_MEMBER_SESSIONS, member_id)
    found = Blockers()
    await check_reach(uow, changed, found)
    found.raise_if_any()
    ended = await bar_sessions(uow, changed.row["user_id"], member_id)
    audit_change(uow, changed, {}, {"endedSessions": ended})
    return {"memberId": member_id, "endedCount": ended}


async def remove_member(uow: UnitOfWork, member_id: str) -> Outcome:
    """Remove a member: it can act no more from the next request on, its links stop, its assignments are cleared.

    Keys that it made go on, and an Alert names them (MEM-8). Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED,
    ORGANIZATION_NOT_ACTIVE, OWNER_REQUIRED, ROLE_NOT_GRANTABLE. Answers memberId."""
    changed = await locked_member(uow, Action.REMOVE_MEMBER, member_id)
    keep_owner(changed)
    found = Blockers()
    await check_reach(uow, changed, found)
    found.raise_if_any()
    organization = changed.organization
    await revoke_open_invitations(uow, member_id)
    await on_member_left.tell(uow, MemberLeft(organization.id, organization.path, member_id))
    await tell_of_keys(uow, changed)
    await uow.tx.execute(
        f"DELETE FROM member AS m WHERE m.id = $4 AND {uow.visible('m', 'member')}", *uow.scope, member_id
    )
    await bar_sessions(uow, changed.row["user_id"], member_id)
    shown = {"givenName": "given_name", "familyName": "family_name", "email": "email", "role": "role"}
    uow.audit("Member", member_id, organization_id=organization.id, path=organization.path,
              before={name: changed.row[column] for name, column in shown.items()})  # fmt: skip
    return {"memberId": member_id}


async def found_member(uow: UnitOfWork, action: Action, member_id: str) -> FoundMember:
    """The member, if the actor sees it and may do this. Refused: NOT_FOUND and the codes of `allow`."""
    row = await row_by_id(uow, "member", member_id, ("memberId",), _COLUMNS)
    organization = await organization_by_id(uow, row["organization_id"])
    allow(uow, action, organization)
    return FoundMember(organization, row)


async def locked_member(uow: UnitOfWork, action: Action, member_id: str) -> FoundMember:
    """The member of an active organization, read again under the lock of its organization's members."""
    changed = await found_member(uow, action, member_id)
    require_active(changed.organization)
    await lock_members(uow, changed.organization.id)
    return FoundMember(changed.organization, await row_by_id(uow, "member", member_id, ("memberId",), _COLUMNS))


def keep_owner(changed: FoundMember) -> None:
    """Refused OWNER_REQUIRED for the OWNER (MEM-2)."""
    if changed.row["role"] == Role.OWNER:
        refuse("OWNER_REQUIRED", "An organization always has its OWNER; transfer the ownership first.")


async def check_reach(uow: UnitOfWork, changed: FoundMember, found: Blockers) -> None:
    """Notes ROLE_NOT_GRANTABLE: an ADMIN deals only with the roles in `adminMayGrant` (MEM-3)."""
    policies = await policies_for(uow, changed.organization.id)
    role = Role(changed.row["role"])
    if role is Role.OWNER and uow.actor.role is not Role.OWNER:
        found.add("ROLE_NOT_GRANTABLE", "An ADMIN may not change the OWNER.")
    check_grantable(found, role, uow.actor.role, policies.roles("adminMayGrant"))


async def set_columns(uow: UnitOfWork, changed: FoundMember, **columns: object) -> None:
    """Store the columns of the member; its version is one more."""
    setting = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 5))
    await uow.tx.execute(
        f"UPDATE member AS m SET {setting}, version = version + 1 WHERE m.id = $4 AND {uow.visible('m', 'member')}",
        *uow.scope, changed.id, *columns.values(),
    )  # fmt: skip


def audit_change(uow: UnitOfWork, changed: FoundMember, before: dict[str, object], after: dict[str, object]) -> None:
    """One entry of the member's organization."""
    organization = changed.organization
    uow.audit("Member", changed.id, organization_id=organization.id, path=organization.path,
              before=before, after=after)  # fmt: skip


async def tell_of_keys(uow: UnitOfWork, changed: FoundMember) -> None:
    """Keys that the member made go on: an Alert to OWNER and ADMINs names them (MEM-8)."""
    keys = await uow.tx.fetch(
        f"SELECT k.id, k.prefix FROM api_key k WHERE k.organization_id = $4 AND k.maker_member_id = $5 "
        f"AND k.expires_at > $6 AND k.revoked_at IS NULL AND {uow.visible('k', 'api_key')} ORDER BY k.id",
        *uow.scope, changed.organization.id, changed.id, uow.now,
    )  # fmt: skip
    if keys:
        organization = changed.organization
        named = {str(key["id"]): str(key["prefix"]) for key in keys}
        left = KeysLeftBehind(organization.id, organization.path, organization.timezone, changed.id, named)
        await on_keys_left_behind.tell(uow, left)
