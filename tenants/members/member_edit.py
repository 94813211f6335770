"""Editing a member: names, e-mail, phone and whether it may sign in (MEM-2 to MEM-5, MEM-8, CON-1, OWN-4).

Roles and contact categories have commands of their own (member_changes.py)."""

from dataclasses import dataclass

from core.refusals import Blockers, refuse
from tenants.access import require_active
from tenants.commands import Outcome
from tenants.input_checks import accepted, accepted_or_none
from tenants.members.invitations import Invited, make_invitation, revoke_open_invitations
from tenants.members.member_changes import (
    FoundMember,
    audit_change,
    check_reach,
    found_member,
    set_columns,
    tell_of_keys,
)
from tenants.members.member_rules import ContactCategory, check_role
from tenants.members.member_sessions import bar_sessions
from tenants.members.members import is_email_taken, lock_members
from tenants.members.owner_contact import Channel, start_contact_change
from tenants.names import email_blockers, folded_email, member_name_blockers, normalized
from tenants.organization_events import MemberLeft, on_member_left
from tenants.organizations.organization_edit import UNSET, Unset
from tenants.permissions import Action, Role
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class MemberEdit:
    """The input of `update_member`; what is UNSET stays as it is, None clears what may be empty."""

    member_id: str
    version: int
    given_name: str | None | Unset = UNSET
    family_name: str | None | Unset = UNSET
    email: str | None | Unset = UNSET
    phone: str | None | Unset = UNSET
    portal_access: bool | Unset = UNSET


Columns = dict[str, object]
_SHOWN = {
    "given_name": "givenName", "family_name": "familyName", "email": "email", "phone": "phone",
    "has_portal_access": "portalAccess", "invitation": "invitation",
}  # fmt: skip


async def update_member(uow: UnitOfWork, edit: MemberEdit) -> Outcome:
    """Change what was sent. A new e-mail of who may sign in is a new User: the place is PENDING until the invitation
    sent there is accepted. A new e-mail or phone of the OWNER counts after the code that is sent to it (OWN-4).

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, VERSION_CONFLICT; NAME_LENGTH, EMAIL_INVALID, FIELD_REQUIRED,
    CONTACT_EMAIL_REQUIRED, LOGINLESS_ROLE, OWNER_REQUIRED, ROLE_NOT_GRANTABLE; MEMBER_EMAIL_TAKEN,
    ORGANIZATION_NOT_ACTIVE. Answers memberId and contactChangeIds (codes that were sent)."""
    await found_member(uow, Action.EDIT_MEMBER, edit.member_id)
    changed = await _locked(uow, edit)
    if edit.version != changed.row["version"]:
        refuse("VERSION_CONFLICT", "Somebody else changed this meanwhile; read it again.", ("version",))
    found = Blockers()
    await check_reach(uow, changed, found)
    columns = _checked(found, edit, changed)
    found.raise_if_any()
    await _check_state(uow, changed, columns)
    codes = await _codes_instead(uow, changed, columns)
    columns = {name: value for name, value in columns.items() if changed.row[name] != value}
    if columns:
        await _carry_out(uow, changed, columns)
    return {"memberId": edit.member_id, "contactChangeIds": codes}


async def _locked(uow: UnitOfWork, edit: MemberEdit) -> FoundMember:
    first = await found_member(uow, Action.EDIT_MEMBER, edit.member_id)
    await lock_members(uow, first.organization.id)
    return await found_member(uow, Action.EDIT_MEMBER, edit.member_id)


def _checked(found: Blockers, edit: MemberEdit, changed: FoundMember) -> Columns:
    """The columns that were sent, normalized; notes what is wrong with them."""
    columns: Columns = {}
    if not isinstance(edit.given_name, Unset):
        columns["given_name"] = accepted(found, edit.given_name, ("givenName",), member_name_blockers)
    if not isinstance(edit.family_name, Unset):
        family_name = edit.family_name or None
        columns["family_name"] = accepted_or_none(found, family_name, ("familyName",), member_name_blockers)
    if not isinstance(edit.email, Unset):
        columns["email"] = accepted_or_none(found, edit.email or None, ("email",), email_blockers)
    if not isinstance(edit.phone, Unset):
        columns["phone"] = normalized(edit.phone or "") or None
    has_access = bool(changed.row["has_portal_access"])
    if not isinstance(edit.portal_access, Unset):
        columns["has_portal_access"] = edit.portal_access
    _check_access(found, changed, has_access if isinstance(edit.portal_access, Unset) else edit.portal_access)
    _check_email(found, changed, columns)
    return columns


def _check_access(found: Blockers, changed: FoundMember, has_access: bool) -> None:
    if has_access or not changed.row["has_portal_access"]:
        return
    if changed.row["role"] == Role.OWNER:
        found.add("OWNER_REQUIRED", "An organization has an OWNER who can sign in.", ("portalAccess",))
    else:
        check_role(found, changed.row["role"], has_portal_access=False)


def _check_email(found: Blockers, changed: FoundMember, columns: Columns) -> None:
    row = changed.row
    if columns.get("email", row["email"]) is not None:
        return
    if columns.get("has_portal_access", row["has_portal_access"]):
        found.add("FIELD_REQUIRED", "Who signs in needs an e-mail.", ("email",))
    if any(row[f"is_{each.lower()}_contact"] for each in ContactCategory):
        found.add("CONTACT_EMAIL_REQUIRED", "A contact needs an e-mail.", ("email",))


async def _check_state(uow: UnitOfWork, changed: FoundMember, columns: Columns) -> None:
    found, organization = Blockers(), changed.organization
    email = columns.get("email")
    if isinstance(email, str) and await is_email_taken(uow, organization.id, email, changed.id):
        found.add("MEMBER_EMAIL_TAKEN", "A member of this organization has this e-mail.", ("email",))
    found.raise_if_any()
    if organization.id == uow.actor.organization_id or "has_portal_access" in columns:
        require_active(organization)  # those above still edit contacts (ORG-16)


async def _codes_instead(uow: UnitOfWork, changed: FoundMember, columns: Columns) -> list[str]:
    """Of the OWNER: take a new e-mail and phone out of the columns and send a code to each; answers their ids."""
    sent: list[str] = []
    for name, channel in (("email", Channel.EMAIL), ("phone", Channel.PHONE)):
        value = columns.get(name)
        if changed.row["role"] == Role.OWNER and isinstance(value, str) and value != changed.row[name]:
            del columns[name]
            sent.append(await start_contact_change(uow, changed, channel, value))
    return sent


async def _carry_out(uow: UnitOfWork, changed: FoundMember, columns: Columns) -> None:
    row = changed.row
    email = columns.get("email", row["email"])
    folded = folded_email(str(email)) if email is not None else None
    is_other_user = folded != (folded_email(row["email"]) if row["email"] is not None else None)
    if "email" in columns:
        columns["email_folded"] = folded
    before_access = bool(row["has_portal_access"])
    has_access = bool(columns.get("has_portal_access", before_access))
    invites = has_access and (not before_access or is_other_user)
    if invites or has_access < before_access:
        columns |= {"invitation": "PENDING" if invites else "NONE", "user_id": None}
        await bar_sessions(uow, row["user_id"], changed.id)
        await revoke_open_invitations(uow, changed.id)
    await set_columns(uow, changed, **columns)
    if invites:
        await _invite(uow, changed, str(email))
    if has_access < before_access:
        organization = changed.organization
        await on_member_left.tell(uow, MemberLeft(organization.id, organization.path, changed.id))
        await tell_of_keys(uow, changed)
    shown = [name for name in columns if name in _SHOWN and columns[name] != row[name]]
    audit_change(uow, changed, {_SHOWN[name]: _value(row[name], name) for name in shown},
                 {_SHOWN[name]: columns[name] for name in shown})  # fmt: skip


async def _invite(uow: UnitOfWork, changed: FoundMember, email: str) -> None:
    organization = changed.organization
    days = (await policies_for(uow, organization.id)).integer("invitationDays")
    invited = Invited(
        organization.id, organization.path, organization.name, organization.timezone, changed.id, email, days
    )
    await make_invitation(uow, invited)


def _value(stored: object, name: str) -> object:
    return bool(stored) if name == "has_portal_access" else stored
