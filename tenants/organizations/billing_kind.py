"""How a CUSTOMER is billed: by itself, for several, or through another one: `changeBillingKind` (ORG-14).

Which Wallet a CHILD's purchases are charged to is billing/'s; here stands only who belongs to whom."""

from core.refusals import Blockers, refuse
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

NORMAL, CORPORATE, CHILD = "NORMAL", "CORPORATE", "CHILD"


async def change_billing_kind(
    uow: UnitOfWork, organization_id: str, version: int, billing_kind: str, corporate_id: str | None = None
) -> Outcome:
    """NORMAL, CORPORATE, or CHILD of the CORPORATE that is named.

    Refused: NOT_FOUND (organization or corporate), FORBIDDEN, VERSION_CONFLICT, FIELD_REQUIRED (a CHILD without its
    corporate), ORGANIZATION_NOT_ACTIVE, BILLING_GROUP_INVALID: no CUSTOMER; the corporate is none, has another seller
    or currency, is not active or is itself; a corporate with children changes; one is named for another kind.
    Answers organizationId."""
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    corporate = None if corporate_id is None else await organization_by_id(uow, corporate_id, ("corporateId",))
    allow(uow, Action.CHANGE_BILLING_KIND, organization)
    if version != organization.version:
        refuse("VERSION_CONFLICT", "Somebody else changed this meanwhile; read it again.", ("version",))
    if billing_kind == CHILD and corporate is None:
        refuse("FIELD_REQUIRED", "A CHILD is billed through a CORPORATE.", ("corporateId",))
    before = await row_by_id(uow, "organization", organization.id, ("id",), "t.billing_kind, t.billing_group_id")
    found = Blockers()
    if organization.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    reason = await _unfit(uow, organization, billing_kind, corporate)
    if reason is not None:
        found.add("BILLING_GROUP_INVALID", reason, ("corporateId",))
    found.raise_if_any()
    group_id = corporate.id if corporate is not None else None
    await uow.tx.execute(
        "UPDATE organization AS o SET billing_kind = $5, billing_group_id = $6, version = version + 1 WHERE o.id = $4 "
        f"AND {uow.visible('o', 'organization')}",
        *uow.scope, organization.id, billing_kind, group_id,
    )  # fmt: skip
    uow.audit(
        "Organization", organization.id, organization_id=organization.id, path=organization.path,
        before={"billingKind": before["billing_kind"], "corporateId": before["billing_group_id"]},
        after={"billingKind": billing_kind, "corporateId": group_id},
    )  # fmt: skip
    return {"organizationId": organization.id}


async def _unfit(
    uow: UnitOfWork, organization: OrganizationFacts, billing_kind: str, corporate: OrganizationFacts | None
) -> str | None:
    """Why it cannot be billed like that; None when it can."""
    if organization.kind != "CUSTOMER" or (corporate is not None and billing_kind != CHILD):
        return "Only a CUSTOMER is billed through another one."
    if corporate is not None:
        row = await row_by_id(uow, "organization", corporate.id, ("corporateId",), "t.billing_kind")
        is_fit = (
            row["billing_kind"] == CORPORATE and corporate.parent_id == organization.parent_id
            and corporate.currency == organization.currency and not corporate.is_stopped
        )  # fmt: skip
        if not is_fit or corporate.id == organization.id:
            return "It needs an active CORPORATE of the same seller and currency."
    if billing_kind != CORPORATE and await _children(uow, organization.id):
        return "Others are billed through it."
    return None


async def _children(uow: UnitOfWork, organization_id: str) -> int:
    count = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM organization c WHERE c.billing_group_id = $4 "
        "AND c.status NOT IN ('DELETED', 'DEACTIVATED_BY_USER') "
        f"AND {uow.visible('c', 'organization')}",
        *uow.scope, organization_id,
    )  # fmt: skip
    return int(count)
