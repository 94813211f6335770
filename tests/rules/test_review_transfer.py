"""What hangs on a subscription that goes to another organization (SUB-90, SUB-112)."""

from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers_billing import a_plan, pay
from tests.makers_subscriptions import a_chain, another_customer, bought, transferred

CREATE = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code field }
    account { id status } } }"""
SHOWN = "query ($id: ID!) { account(id: $id) { status } }"


async def test_sub_90_the_old_holders_account_has_no_service_whoever_looks(platform: Platform) -> None:
    """Its subscription is no longer its customer's, so it is not usable for it (BAT-3 line 5)."""
    chain = await a_chain(platform)
    other = await another_customer(chain)
    await pay(other, "100")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    subscription = await bought(chain, plan)
    await bought(chain, plan)
    order = {"organizationId": chain.customer.id, "accountId": "656123", "accountRole": "PHONE_LINE"}
    credit = {"type": "CREDIT", "balanceControl": "SUBORDINATE"}
    made = await done(chain.customer.someone, CREATE, **order, **credit, subscriptionId=subscription)
    assert (codes(made), made["account"]["status"]) == ([], "OK")
    await transferred(chain.seller, subscription, other)
    for viewer in (chain.customer.someone, chain.seller, chain.operator.someone):
        seen = await asked(viewer, SHOWN, id=made["account"]["id"])
        assert seen.data["account"]["status"] == "CUSTOMER_SUSPENDED"
