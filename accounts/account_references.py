"""What a new account names besides its customer: plan, member, subscription, and whether each fits (VIS-5, BAT-40)."""

from dataclasses import dataclass

from accounts.account_id import AccountRole
from core.calendar import local_date
from core.clock import Instant
from core.refusals import Blockers
from core.transaction import Row
from tenants.access import OrganizationFacts, row_by_id
from tenants.unit_of_work import UnitOfWork

_OFFERS = """
SELECT l.currency FROM organization o JOIN price_list l ON l.organization_id = o.parent_id
LEFT JOIN buyer_terms t ON t.organization_id = o.parent_id AND t.buyer_id = o.id
JOIN price p ON p.price_list_id = l.id
WHERE o.id = $1 AND p.item_id = $2 AND p.valid_from_date <= $3
    AND (l.id = t.price_list_id OR (t.price_list_id IS NULL AND l.is_default))
UNION ALL SELECT o.currency FROM organization o
JOIN buyer_price b ON b.organization_id = o.parent_id AND b.buyer_id = o.id WHERE o.id = $1 AND b.item_id = $2
"""


@dataclass(frozen=True, slots=True)
class Named:
    """The rows that a new account names, all of them visible; None where it names none."""

    plan: Row | None
    member: Row | None
    subscription: Row | None


async def named_rows(uow: UnitOfWork, plan_id: str | None, member_id: str | None, subscription_id: str | None) -> Named:
    """Look them up with the actor's sight. Refused: NOT_FOUND, alike for a stranger's row and a missing one."""
    plan = None if plan_id is None else await row_by_id(uow, "plan", plan_id, ("planId",), "t.id, t.account_role")
    owner = "t.id, t.organization_id"
    member = None if member_id is None else await row_by_id(uow, "member", member_id, ("memberId",), owner)
    subscription = None
    if subscription_id is not None:
        subscription = await row_by_id(uow, "subscription", subscription_id, ("subscriptionId",), owner)
    return Named(plan, member, subscription)


async def check_named(
    uow: UnitOfWork, named: Named, customer: OrganizationFacts, role: AccountRole, found: Blockers
) -> None:
    """Notes REFERENCE_INVALID for another organization's row; of the plan PLAN_NOT_OFFERED, PRICE_MISSING and
    PLAN_ROLE_MISMATCH (BAT-40 #9)."""
    for field, row in (("memberId", named.member), ("subscriptionId", named.subscription)):
        if row is not None and row["organization_id"] != customer.id:
            found.add("REFERENCE_INVALID", "It belongs to another organization.", (field,))
    if named.plan is None:
        return
    if named.plan["account_role"] not in (None, role.value):
        message = f"The plan is for {named.plan['account_role']} only."
        found.add("PLAN_ROLE_MISMATCH", message, ("planId",), accountRole=named.plan["account_role"])
    currencies = await _currencies(uow, customer, named.plan["id"], uow.now)
    if not currencies:
        found.add("PLAN_NOT_OFFERED", "The seller does not offer the plan to this customer.", ("planId",))
    elif customer.currency not in currencies:
        message = "The plan has no price in the customer's currency."
        found.add("PRICE_MISSING", message, ("planId",), currency=customer.currency)


async def _currencies(uow: UnitOfWork, customer: OrganizationFacts, plan_id: str, now: Instant) -> set[str]:
    today = local_date(now, customer.timezone).isoformat()
    async with uow.as_platform("SUB-2: the price list of the customer's seller"):
        return {row["currency"] for row in await uow.tx.fetch(_OFFERS, customer.id, plan_id, today)}
