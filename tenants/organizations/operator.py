"""The first organization of a platform (ORG-1): made once, by the platform itself, with an OWNER who can sign in."""

from dataclasses import dataclass

from core.clock import Instant
from core.ids import new_id
from core.refusals import refuse
from core.transaction import Transaction, fetch_value, insert
from tenants.actor import Actor, Credentials
from tenants.commands import Outcome
from tenants.names import folded_email, normalized
from tenants.organization_events import OrganizationCreated, on_organization_created
from tenants.organizations.billing_numbers import billing_number_for
from tenants.organizations.new_organization import NewOrganization, checked_organization
from tenants.organizations.organization_tree import insert_organization, insert_owner
from tenants.paths import child_path
from tenants.permissions import SIGNED_IN, Role
from tenants.policy.policy_resolution import Policies, PolicyLayer
from tenants.sandbox_clock import open_sandbox_clock
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

_FIRST_NUMBER = 1


@dataclass(frozen=True, slots=True)
class NewOperator:
    """The operator (its `parent_id` and `kind` do not count) and the hash of its OWNER's password."""

    organization: NewOrganization
    password_hash: str


async def create_operator(platform: Platform, new: NewOperator) -> Outcome:
    """Make the root of the tree with an accepted OWNER. Refused: OPERATOR_EXISTS, the codes of an organization's data.

    Answers organizationId, memberId and userId."""
    async with platform_transaction(platform) as tx:
        return await create_operator_in(tx, new, platform.clock.now())


async def create_operator_in(tx: Transaction, new: NewOperator, now: Instant) -> Outcome:
    """The same inside a transaction of the platform that goes on (the demo is loaded whole or not at all)."""
    await lock_tree(tx)
    if await fetch_value(tx, "SELECT 1 FROM organization WHERE kind = 'OPERATOR'"):
        refuse("OPERATOR_EXISTS", "There is one operator.", ("kind",))
    uow, outcome = await _create(tx, new, now)
    await uow.flush()
    return outcome


async def _create(tx: Transaction, new: NewOperator, now: Instant) -> tuple[UnitOfWork, Outcome]:
    organization_id, path = new_id("org"), child_path("", _FIRST_NUMBER)
    checked = checked_organization(new.organization, None, Policies((PolicyLayer(organization_id),)))
    if checked.owner_email is None:
        refuse("FIELD_REQUIRED", "The operator's owner signs in by e-mail.", ("owner", "email"))
    actor = Actor(organization_id, checked.name, "OPERATOR", path, Role.OWNER, SIGNED_IN, "Tenantry", None, None)
    uow = UnitOfWork(tx, actor, Credentials(None), now, now, "createOperator", platform_depth=1)
    await insert(tx, "organization_number", singleton="only", last_number=_FIRST_NUMBER)
    billing_number = await billing_number_for(tx, new.organization.billing_number)
    await insert_organization(
        uow, checked, organization_id=organization_id, path=path, number=_FIRST_NUMBER, seller_id=None,
        billing_number=billing_number, clock_id=None,
    )  # fmt: skip
    if new.organization.is_sandbox:
        await open_sandbox_clock(uow, organization_id, path, new.organization.sandbox_stands_at)
    member_id = await insert_owner(uow, checked, organization_id, path)
    user_id = await _let_in(tx, member_id, checked.owner_email, new.password_hash, now)
    created = OrganizationCreated(organization_id, path, None, "OPERATOR", checked.currency, now)
    await on_organization_created.tell(uow, created)
    return uow, {"organizationId": organization_id, "memberId": member_id, "userId": user_id}


async def _let_in(tx: Transaction, member_id: str, email: str, password_hash: str, now: Instant) -> str:
    user_id = new_id("usr")
    await insert(
        tx, "users", id=user_id, email=normalized(email), email_folded=folded_email(email),
        password_hash=password_hash, password_at=now, created_at=now,
    )  # fmt: skip
    await tx.execute("UPDATE member SET user_id = $1, invitation = 'ACCEPTED' WHERE id = $2", user_id, member_id)
    return user_id
