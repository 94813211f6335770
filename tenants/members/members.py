"""Adding and inviting members (MEM-1 to MEM-7, MEM-9, MEM-10). Changing and removing them is in member_changes.py."""

from collections.abc import Sequence

from core.ids import new_id
from core.refusals import Blockers, Refused, refuse
from core.transaction import fetch_value, insert
from tenants.access import OrganizationFacts, allow, organization_by_id
from tenants.commands import Outcome
from tenants.members.invitations import Invited, make_invitation
from tenants.members.member_rules import CheckedMember, ContactCategory, NewMember, checked_member
from tenants.names import folded_email
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.questions import member_limit
from tenants.unit_of_work import UnitOfWork

MOST_ROWS = 100


async def create_member(uow: UnitOfWork, new: NewMember) -> Outcome:
    """Add a member: login-less, or PENDING with an invitation mail when it gets portal access.

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, the input refusals of `checked_member`, then all at once
    MEMBER_EMAIL_TAKEN, USER_LIMIT_REACHED or STAFF_LIMIT_REACHED, ORGANIZATION_NOT_ACTIVE.
    Answers memberId and invitationId (None for a login-less one)."""
    organization = await organization_by_id(uow, new.organization_id, ("organizationId",))
    allow(uow, Action.INVITE_MEMBER if new.portal_access else Action.ADD_MEMBER, organization)
    policies = await policies_for(uow, organization.id)
    member = checked_member(new, uow.actor.role, policies.roles("adminMayGrant"))
    await lock_members(uow, organization.id)
    await _check_state(uow, organization, member)
    member_id = await _insert(uow, organization, member)
    invitation_id = None
    if member.has_portal_access and member.email is not None:
        invited = Invited(
            organization.id, organization.path, organization.name, organization.timezone, member_id, member.email,
            policies.integer("invitationDays"),
        )  # fmt: skip
        invitation_id = await make_invitation(uow, invited)
    return {"memberId": member_id, "invitationId": invitation_id}


async def add_members(uow: UnitOfWork, organization_id: str, rows: Sequence[NewMember]) -> Outcome:
    """Add 1 to 100 members of one organization; each row stands alone with its own result (MEM-9).

    Refused as a whole: TOO_MANY_ROWS, NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED. Answers `results`, one per row: memberId
    and invitationId, or `errors` with code, message, field and details."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.ADD_MEMBER, organization)
    if not 1 <= len(rows) <= MOST_ROWS:
        refuse("TOO_MANY_ROWS", "This takes 1 to 100 rows.", ("members",), maximum=MOST_ROWS)
    return {"results": [await _one_row(uow, row) for row in rows]}


async def _one_row(uow: UnitOfWork, row: NewMember) -> Outcome:
    try:
        return await create_member(uow, row)
    except Refused as refused:  # it is refused before anything is written
        errors = [
            {"code": each.code, "message": each.message, "field": each.field, "details": each.details}
            for each in refused.blockers
        ]
        return {"errors": errors}


async def lock_members(uow: UnitOfWork, organization_id: str) -> None:
    """Changes of one organization's members and keys wait for each other: counts and the one OWNER hold (GEN-7)."""
    if uow.tx.dialect == "postgres":
        await uow.tx.fetch(
            f"SELECT o.id FROM organization o WHERE o.id = $4 AND {uow.visible('o', 'organization')} "
            "FOR NO KEY UPDATE",
            *uow.scope, organization_id,
        )  # fmt: skip


async def _check_state(uow: UnitOfWork, organization: OrganizationFacts, member: CheckedMember) -> None:
    found = Blockers()
    if organization.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    if member.email is not None and await is_email_taken(uow, organization.id, member.email):
        found.add("MEMBER_EMAIL_TAKEN", "A member of this organization has this e-mail.", ("email",))
    limits = [limit for limit in await member_limit.ask(uow, organization.id) if limit is not None]
    if limits:
        count = await fetch_value(
            uow.tx,
            f"SELECT count(*) FROM member m WHERE m.organization_id = $4 AND m.role <> 'OWNER' "
            f"AND {uow.visible('m', 'member')}",
            *uow.scope, organization.id,
        )  # fmt: skip
        for limit in limits:
            if count >= limit.most:
                found.add(limit.code, "The plan allows no more members.", maximum=limit.most)
    found.raise_if_any()


async def is_email_taken(uow: UnitOfWork, organization_id: str, email: str, by_other_than: str = "") -> bool:
    """Whether a member of the organization, another than the named one, has this e-mail (`MEMBER_EMAIL_TAKEN`)."""
    taken = await fetch_value(
        uow.tx,
        f"SELECT 1 FROM member m WHERE m.organization_id = $4 AND m.email_folded = $5 AND m.id <> $6 "
        f"AND {uow.visible('m', 'member')}",
        *uow.scope, organization_id, folded_email(email), by_other_than,
    )  # fmt: skip
    return taken is not None


async def _insert(uow: UnitOfWork, organization: OrganizationFacts, member: CheckedMember) -> str:
    member_id, email = new_id("mem"), member.email
    await insert(
        uow.tx,
        "member",
        id=member_id,
        organization_id=organization.id,
        path=organization.path,
        given_name=member.given_name,
        family_name=member.family_name,
        email=email,
        email_folded=None if email is None else folded_email(email),
        phone=member.phone,
        role=member.role.value,
        has_portal_access=member.has_portal_access,
        invitation="PENDING" if member.has_portal_access else "NONE",
        is_tech_contact=ContactCategory.TECH in member.contact_for,
        is_accounts_contact=ContactCategory.ACCOUNTS in member.contact_for,
        is_general_contact=ContactCategory.GENERAL in member.contact_for,
        created_at=uow.now,
    )
    after = {
        "givenName": member.given_name, "familyName": member.family_name, "email": email, "phone": member.phone,
        "role": member.role.value, "portalAccess": member.has_portal_access,
        "contactFor": sorted(member.contact_for),
    }  # fmt: skip
    uow.audit("Member", member_id, organization_id=organization.id, path=organization.path, after=after)
    return member_id
