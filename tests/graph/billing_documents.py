"""The documents of billing that tests send, and the tree that they act in: OPERATOR > R1 > R2 > C."""

from dataclasses import dataclass
from typing import Any

from tenants.unit_of_work import Platform
from tests.graph.asking import Answer, ask
from tests.makers import Member, Organization, a_customer, a_reseller, an_operator, credentials_of
from tests.makers_billing import a_plan, pay

ERRORS = "errors { code field details } replayed"

QUOTE = """query ($input: QuotePurchaseInput!) { quotePurchase(input: $input) {
    quoteId expiresAt startDate endDate lastDay endsAt net { amount } tax { amount } total { amount currency }
    blockers { code details }
    levels { organizationName total { amount } margin { amount } missing { amount } warnings
        balanceBefore { amount } balanceAfter { amount } usableAfter { amount }
        lines { name quantity priceSource discountPercent startDate lastDay unitPrice { amount } net { amount }
            tax { amount } taxes { component percent amount { amount } } } } } }"""

PURCHASE = f"""mutation ($input: PurchaseSubscriptionInput!) {{ purchaseSubscription(input: $input) {{
    {ERRORS} saleId
    subscription {{ id status planName startDate endDate version }}
    ledgerTransaction {{ type saleId entries {{ ledgerAccount amount {{ amount currency }} }}
        wallet {{ balance {{ amount }} }} }} }} }}"""


@dataclass(frozen=True, slots=True)
class Tree:
    """OPERATOR > R1 > R2 > C in USD and UTC, each buyer with 500; the plan costs 80, 100, 130 (MS-9)."""

    operator: Organization
    r1: Organization
    r2: Organization
    customer: Organization
    plan: str


async def a_priced_tree(platform: Platform, *, money: str = "500") -> Tree:
    """The tree of MS-9."""
    usd: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}
    operator = await an_operator(platform, **usd)
    r1 = await a_reseller(platform, under=operator, name="Upper Telecom", **usd)
    r2 = await a_reseller(platform, under=r1, name="Lower Telecom", **usd)
    customer = await a_customer(platform, under=r2, name="Acme", **usd)
    plan = await a_plan(operator, prices=[(operator, "80"), (r1, "100"), (r2, "130")], name="Basic")
    for buyer in (customer, r2, r1):
        await pay(buyer, money)
    return Tree(operator, r1, r2, customer, plan)


async def asked(who: Member, document: str, **variables: Any) -> Answer:
    """The answer to a member."""
    return await ask(who.platform, await credentials_of(who), document, **variables)


async def done(who: Member, document: str, **input: Any) -> dict[str, Any]:
    """The one payload of a mutation, or the one object of a query, asked with `$input`; no top-level error."""
    answer = await asked(who, document, input=input)
    assert answer.errors == []
    (payload,) = answer.data.values()
    assert isinstance(payload, dict)
    return payload


def codes(payload: dict[str, Any]) -> list[str]:
    """The codes of a payload's errors."""
    return [error["code"] for error in payload["errors"]]


def usd(amount: str) -> dict[str, str]:
    """A MoneyInput."""
    return {"amount": amount, "currency": "USD"}
