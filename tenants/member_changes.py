"""Changing and removing members (MEM-2, MEM-3, MEM-6, MEM-8, CON-1). The OWNER changes in ownership.py alone."""

from collections.abc import Collection
from dataclasses import dataclass

from core.refusals import Blockers, refuse
from core.transaction import Row, fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.invitations import Invited, make_invitation, revoke_open_invitations
from tenants.member_rules import ContactCategory, check_grantable, check_role, checked_contact_for
from tenants.members import lock_members
from tenants.organization_events import MemberLeft, on_member_left
from tenants.permissions import Action, Role
from tenants.policy import policies_for
from tenants.unit_of_work import UnitOfWork

_COLUMNS = (
    "t.id, t.organization_id, t.user_id, t.given_name, t.family_name, t.email, t.role, t.has_portal_access, "
    "t.invitation, t.is_tech_contact, t.is_accounts_contact, t.is_general_contact"
)


@dataclass(frozen=True, slots=True)
class _Changed:
    """The member as it stands, and its organization."""

    organization: OrganizationFacts
    row: Row

    @property
    def id(self) -> str:
        return str(self.row["id"])


async def change_member_role(uow: UnitOfWork, member_id: str, role: str) -> Outcome:
    """Give a member another role. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ORGANIZATION_NOT_ACTIVE,
    ROLE_UNKNOWN, OWNER_REQUIRED, OWNER_BY_TRANSFER_ONLY, LOGINLESS_ROLE. Answers memberId and role."""
    changed = await _locked(uow, Action.CHANGE_MEMBER_ROLE, member_id)
    found = Blockers()
    check_role(found, role, has_portal_access=bool(changed.row["has_portal_access"]))
    found.raise_if_any()
    _keep_owner(changed)
    await _set(uow, changed, role=role)
    _audit(uow, changed, {"role": changed.row["role"]}, {"role": role})
    return {"memberId": member_id, "role": role}


async def set_contact_for(uow: UnitOfWork, member_id: str, contact_for: Collection[str]) -> Outcome:
    """Make the member a contact for exactly these categories. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED,
    ROLE_NOT_GRANTABLE, CONTACT_EMAIL_REQUIRED; ORGANIZATION_NOT_ACTIVE unless by somebody above (ORG-16).
    Answers memberId and contactFor."""
    changed = await _found(uow, Action.SET_CONTACT_FOR, member_id)
    if changed.organization.id == uow.actor.organization_id:
        require_active(changed.organization)
    found = Blockers()
    await _check_reach(uow, changed, found)
    categories = checked_contact_for(found, contact_for, has_email=changed.row["email"] is not None)
    found.raise_if_any()
    flags = {f"is_{each.lower()}_contact": each in categories for each in ContactCategory}
    await _set(uow, changed, **flags)
    before = sorted(each for each in ContactCategory if changed.row[f"is_{each.lower()}_contact"])
    _audit(uow, changed, {"contactFor": before}, {"contactFor": sorted(categories)})
    return {"memberId": member_id, "contactFor": sorted(categories)}


async def resend_invitation(uow: UnitOfWork, member_id: str) -> Outcome:
    """Make a new link with new time for a PENDING member; the one before stops working (MEM-6).

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ORGANIZATION_NOT_ACTIVE, ROLE_NOT_GRANTABLE, INVITATION_USED.
    Answers memberId and invitationId."""
    changed = await _locked(uow, Action.INVITE_MEMBER, member_id)
    found = Blockers()
    await _check_reach(uow, changed, found)
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


async def remove_member(uow: UnitOfWork, member_id: str) -> Outcome:
    """Remove a member: it can act no more from the next request on, its links stop, its assignments are cleared.

    Keys that it made go on, and an Alert names them (MEM-8). Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED,
    ORGANIZATION_NOT_ACTIVE, OWNER_REQUIRED, ROLE_NOT_GRANTABLE. Answers memberId."""
    changed = await _locked(uow, Action.REMOVE_MEMBER, member_id)
    _keep_owner(changed)
    found = Blockers()
    await _check_reach(uow, changed, found)
    found.raise_if_any()
    organization = changed.organization
    await revoke_open_invitations(uow, member_id)
    await on_member_left.tell(uow, MemberLeft(organization.id, organization.path, member_id))
    await _alert_of_keys(uow, changed)
    await uow.tx.execute(
        f"DELETE FROM member AS m WHERE m.id = $4 AND {uow.visible('m', 'member')}", *uow.scope, member_id
    )
    await _end_last_sessions(uow, changed.row["user_id"])
    shown = {"givenName": "given_name", "familyName": "family_name", "email": "email", "role": "role"}
    uow.audit("Member", member_id, organization_id=organization.id, path=organization.path,
              before={name: changed.row[column] for name, column in shown.items()})  # fmt: skip
    return {"memberId": member_id}


async def _found(uow: UnitOfWork, action: Action, member_id: str) -> _Changed:
    row = await row_by_id(uow, "member", member_id, ("memberId",), _COLUMNS)
    organization = await organization_by_id(uow, row["organization_id"])
    allow(uow, action, organization)
    return _Changed(organization, row)


async def _locked(uow: UnitOfWork, action: Action, member_id: str) -> _Changed:
    """The member of an active organization, read again under the lock of its organization's members."""
    changed = await _found(uow, action, member_id)
    require_active(changed.organization)
    await lock_members(uow, changed.organization.id)
    return _Changed(changed.organization, await row_by_id(uow, "member", member_id, ("memberId",), _COLUMNS))


def _keep_owner(changed: _Changed) -> None:
    if changed.row["role"] == Role.OWNER:
        refuse("OWNER_REQUIRED", "An organization always has its OWNER; transfer the ownership first.")


async def _check_reach(uow: UnitOfWork, changed: _Changed, found: Blockers) -> None:
    policies = await policies_for(uow, changed.organization.id)
    role = Role(changed.row["role"])
    if role is Role.OWNER and uow.actor.role is not Role.OWNER:
        found.add("ROLE_NOT_GRANTABLE", "An ADMIN may not change the OWNER.")
    check_grantable(found, role, uow.actor.role, policies.roles("adminMayGrant"))


async def _set(uow: UnitOfWork, changed: _Changed, **columns: object) -> None:
    setting = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 5))
    await uow.tx.execute(
        f"UPDATE member AS m SET {setting}, version = version + 1 WHERE m.id = $4 AND {uow.visible('m', 'member')}",
        *uow.scope, changed.id, *columns.values(),
    )  # fmt: skip


def _audit(uow: UnitOfWork, changed: _Changed, before: dict[str, object], after: dict[str, object]) -> None:
    organization = changed.organization
    uow.audit("Member", changed.id, organization_id=organization.id, path=organization.path,
              before=before, after=after)  # fmt: skip


async def _alert_of_keys(uow: UnitOfWork, changed: _Changed) -> None:
    keys = await uow.tx.fetch(
        f"SELECT k.id, k.prefix FROM api_key k WHERE k.organization_id = $4 AND k.maker_member_id = $5 "
        f"AND k.expires_at > $6 AND k.revoked_at IS NULL AND {uow.visible('k', 'api_key')} ORDER BY k.id",
        *uow.scope, changed.organization.id, changed.id, uow.now,
    )  # fmt: skip
    if keys:
        payload = {"memberId": changed.id, "keys": [{"id": key["id"], "prefix": key["prefix"]} for key in keys]}
        uow.send("alert.keys_of_removed_member", changed.id, payload,
                 organization_id=changed.organization.id, path=changed.organization.path)  # fmt: skip


async def _end_last_sessions(uow: UnitOfWork, user_id: str | None) -> None:
    """Sessions end with the last membership; with others left the membership itself no longer answers to them."""
    if user_id is None:
        return
    async with uow.as_platform("MEM-8: a session belongs to the user, who may be a member elsewhere"):
        left = await fetch_value(uow.tx, "SELECT count(*) FROM member WHERE user_id = $1", user_id)
        if not left:
            await uow.tx.execute(
                "UPDATE session SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL", user_id, uow.platform_now
            )
