"""Making organizations (ORG-1 to ORG-9): the row, its place in the tree, its OWNER and, by a hook, its Wallet."""

from dataclasses import asdict

from core.ids import new_id
from core.refusals import refuse
from core.transaction import Transaction, fetch_value, insert
from tenants.access import OrganizationFacts, organization_by_id, require_active, require_consent
from tenants.commands import Outcome
from tenants.members.invitations import Invited, make_invitation
from tenants.names import folded, folded_email, normalized
from tenants.organization_events import OrganizationCreated, on_organization_created
from tenants.organizations.billing_numbers import billing_number_for
from tenants.organizations.new_organization import CheckedOrganization, NewOrganization, checked_organization
from tenants.paths import child_path
from tenants.permissions import Action, Relation, decide
from tenants.policy.policy import policies_below
from tenants.sandbox_clock import open_sandbox_clock
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork


async def create_organization(uow: UnitOfWork, new: NewOrganization) -> Outcome:
    """Create a buyer of the acting organization with its OWNER (invited when there is an e-mail) and its Wallet.

    Refused: NOT_FOUND, FORBIDDEN (also a billing number or a sandbox by anyone but the operator), OPERATOR_EXISTS,
    then the input refusals of `checked_organization`, then BILLING_NUMBER_TAKEN, ORGANIZATION_NOT_ACTIVE.
    Answers organizationId, memberId and invitationId (None for a login-less OWNER)."""
    await lock_tree(uow.tx)
    seller = await organization_by_id(uow, new.parent_id, ("parentId",))
    _allow(uow, seller, new)
    if new.kind == "OPERATOR":
        refuse("OPERATOR_EXISTS", "There is one operator.", ("kind",))
    async with uow.as_platform("ORG-4, POL-1: numbers of the platform, policies from above"):
        policies = await policies_below(uow, seller.id)
        checked = checked_organization(new, seller.kind, policies)
        require_active(seller)
        given = None if new.billing_number is None else normalized(new.billing_number)
        billing_number = await billing_number_for(uow.tx, given)
        number = await next_number(uow.tx)
    organization_id, path = new_id("org"), child_path(seller.path, number)
    await insert_organization(
        uow, checked, organization_id=organization_id, path=path, number=number, seller_id=seller.id,
        billing_number=billing_number, clock_id=seller.clock_id,
    )  # fmt: skip
    if new.is_sandbox:
        await open_sandbox_clock(uow, organization_id, path, new.sandbox_stands_at)
    member_id = await insert_owner(uow, checked, organization_id, path)
    invited = Invited(
        organization_id, path, checked.name, checked.timezone, member_id,
        checked.owner_email or "", policies.integer("invitationDays"),
    )  # fmt: skip
    invitation_id = await make_invitation(uow, invited) if checked.owner_email else None
    created = OrganizationCreated(organization_id, path, seller.id, checked.kind, checked.currency, uow.now)
    await on_organization_created.tell(uow, created)
    return {"organizationId": organization_id, "memberId": member_id, "invitationId": invitation_id}


def _allow(uow: UnitOfWork, seller: OrganizationFacts, new: NewOrganization) -> None:
    """The new one is a buyer of whoever creates it; only the operator gives numbers and clocks (ORG-4)."""
    is_own = seller.id == uow.actor.organization_id
    relation = Relation.BUYER_MANAGED_BY_CUSTOMER if is_own else Relation.BELOW_BUYER
    decide(Action.CREATE_BUYER, uow.actor.role, relation, uow.actor.via).enforce()
    require_consent(uow)
    if uow.actor.organization_kind != "OPERATOR":
        for value, field in ((new.billing_number, "billingNumber"), (new.is_sandbox or None, "isSandbox")):
            if value is not None:
                refuse("FORBIDDEN", "Only the operator gives this.", (field,))


async def next_number(tx: Transaction) -> int:
    """The number whose base 36 text is the new segment: never reused (ORG-3); `tx` sees as the platform."""
    number: int = await fetch_value(
        tx,
        "UPDATE organization_number SET last_number = last_number + 1 WHERE singleton = 'only' RETURNING last_number",
    )
    return number


async def insert_organization(
    uow: UnitOfWork,
    checked: CheckedOrganization,
    *,
    organization_id: str,
    path: str,
    number: int,
    seller_id: str | None,
    billing_number: str,
    clock_id: str | None,
) -> None:
    """Store the organization's row and its audit entry."""
    columns = {name: value for name, value in asdict(checked).items() if not name.startswith("owner_")}
    shown = {
        "name": checked.name, "kind": checked.kind, "billingNumber": billing_number, "country": checked.country,
        "currency": checked.currency, "timezone": checked.timezone, "pricingModel": checked.pricing_model,
        "managedBy": checked.managed_by, "billingName": checked.billing_name, "billingEmail": checked.billing_email,
        "address": checked.address, "city": checked.city,
    }  # fmt: skip
    await insert(
        uow.tx,
        "organization",
        **columns,
        id=organization_id,
        number=number,
        path=path,
        parent_id=seller_id,
        name_folded=folded(checked.name),
        status="ACTIVE",
        billing_number=billing_number,
        billing_email_folded=None if checked.billing_email is None else folded_email(checked.billing_email),
        clock_id=clock_id,
        created_at=uow.now,
        activated_at=uow.now,
    )
    uow.audit("Organization", organization_id, organization_id=organization_id, path=path, after=shown)


async def insert_owner(uow: UnitOfWork, checked: CheckedOrganization, organization_id: str, path: str) -> str:
    """Store the first OWNER: PENDING with an e-mail, else login-less; contact for everything (ORG-7, CON-1)."""
    member_id, email = new_id("mem"), checked.owner_email
    await insert(
        uow.tx,
        "member",
        id=member_id,
        organization_id=organization_id,
        path=path,
        given_name=checked.owner_given_name,
        family_name=checked.owner_family_name,
        email=email,
        email_folded=None if email is None else folded_email(email),
        role="OWNER",
        has_portal_access=email is not None,
        invitation="NONE" if email is None else "PENDING",
        is_tech_contact=True,
        is_accounts_contact=True,
        is_general_contact=True,
        created_at=uow.now,
    )
    after = {"role": "OWNER", "email": email, "portalAccess": email is not None}
    uow.audit("Member", member_id, organization_id=organization_id, path=path, after=after)
    return member_id
