"""Which members may be made or changed by whom (MEM-1 to MEM-4, CON-1). Reads no table."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from core.refusals import Blockers
from tenants.input_checks import accepted, accepted_or_none
from tenants.names import email_blockers, member_name_blockers, normalized
from tenants.permissions import Role
from tenants.policy_parameters.kinds import choices_of


class ContactCategory(StrEnum):
    """What a member is a contact for."""

    TECH = "TECH"
    ACCOUNTS = "ACCOUNTS"
    GENERAL = "GENERAL"


@dataclass(frozen=True, slots=True)
class NewMember:
    """The input of `create_member`; None is what was not given."""

    organization_id: str
    given_name: str | None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    role: str = Role.MEMBER
    portal_access: bool = False
    contact_for: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class CheckedMember:
    """The same with normalized texts."""

    given_name: str
    family_name: str | None
    email: str | None
    phone: str | None
    role: Role
    has_portal_access: bool
    contact_for: frozenset[ContactCategory]


def checked_member(new: NewMember, giver: Role, admin_may_grant: Collection[Role]) -> CheckedMember:
    """The member as it may be stored, or Refused with all input refusals at once.

    Codes: NAME_LENGTH, EMAIL_INVALID, FIELD_REQUIRED, ROLE_UNKNOWN, OWNER_BY_TRANSFER_ONLY, ROLE_NOT_GRANTABLE,
    LOGINLESS_ROLE, CONTACT_EMAIL_REQUIRED."""
    found = Blockers()
    given_name = accepted(found, new.given_name, ("givenName",), member_name_blockers)
    family_name = accepted_or_none(found, new.family_name or None, ("familyName",), member_name_blockers)
    email = accepted_or_none(found, new.email or None, ("email",), email_blockers)
    if new.portal_access and email is None:
        found.add("FIELD_REQUIRED", "Who signs in needs an e-mail.", ("email",))
    check_role(found, new.role, has_portal_access=new.portal_access)
    check_grantable(found, new.role, giver, admin_may_grant)
    contact_for = checked_contact_for(found, new.contact_for, has_email=email is not None)
    found.raise_if_any()
    phone = normalized(new.phone or "") or None
    return CheckedMember(given_name, family_name, email, phone, Role(new.role), new.portal_access, contact_for)


def check_role(found: Blockers, role: str, *, has_portal_access: bool) -> None:
    """Notes ROLE_UNKNOWN, OWNER_BY_TRANSFER_ONLY (MEM-2), LOGINLESS_ROLE (MEM-4)."""
    if role not in choices_of(Role):
        found.add("ROLE_UNKNOWN", "There is no such role.", ("role",), roles=list(choices_of(Role)))
    elif role == Role.OWNER:
        found.add("OWNER_BY_TRANSFER_ONLY", "An OWNER is made by a transfer of ownership.", ("role",))
    elif not has_portal_access and role != Role.MEMBER:
        found.add("LOGINLESS_ROLE", "Who cannot sign in has the role MEMBER.", ("role",))


def check_grantable(found: Blockers, role: str, giver: Role, admin_may_grant: Collection[Role]) -> None:
    """Notes ROLE_NOT_GRANTABLE: an ADMIN deals only with members of the roles in `adminMayGrant` (MEM-3)."""
    is_known = role in choices_of(Role) and role != Role.OWNER
    if giver is not Role.OWNER and is_known and role not in admin_may_grant:
        found.add("ROLE_NOT_GRANTABLE", "An ADMIN may not give or change this role.", ("role",))


def checked_contact_for(found: Blockers, names: Collection[str], *, has_email: bool) -> frozenset[ContactCategory]:
    """The categories; notes CONTACT_EMAIL_REQUIRED when there are any without an e-mail (CON-1)."""
    if names and not has_email:
        found.add("CONTACT_EMAIL_REQUIRED", "A contact needs an e-mail.", ("contactFor",))
    return frozenset(ContactCategory(name) for name in names)
