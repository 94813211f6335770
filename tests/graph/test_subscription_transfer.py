"""`transferSubscription` through the schema: the row changes hands, and all blockers are named at once."""

from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.billing_documents import ERRORS, PURCHASE, a_priced_tree, codes, done
from tests.makers import a_customer, a_reseller
from tests.makers_subscriptions import change_subscription

TRANSFER = f"""mutation ($input: TransferSubscriptionInput!) {{ transferSubscription(input: $input) {{ {ERRORS}
    subscription {{ id version endDate organization {{ id name }} assignments {{ memberId }} }} }} }}"""


async def test_a_subscription_goes_to_another_buyer_of_the_seller(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    other = await a_customer(platform, under=tree.r2, name="Bolt", currency="USD", timezone="UTC", country="US")
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "p1"}
    bought = (await done(tree.customer.someone, PURCHASE, **order))["subscription"]
    asked_for = {"subscriptionId": bought["id"], "version": 1, "toOrganizationId": other.id, "idempotencyKey": "t1"}
    given = await done(tree.r2.someone, TRANSFER, **asked_for)
    assert given["errors"] == []
    assert given["subscription"] == {
        "id": bought["id"], "version": 2, "endDate": bought["endDate"], "assignments": [],
        "organization": {"id": other.id, "name": "Bolt"},
    }  # fmt: skip
    assert (await done(tree.r2.someone, TRANSFER, **asked_for))["replayed"] is True


async def test_all_blockers_of_a_transfer_are_named_at_once(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "p1"}
    bought = (await done(tree.customer.someone, PURCHASE, **order))["subscription"]
    await change_subscription(platform, bought["id"], method="CONTRACT", renewal_failed_at=platform.clock.now())
    r3 = await a_reseller(platform, under=tree.r2, currency="USD", timezone="UTC", country="US")
    target = await a_customer(platform, under=r3, name="Bolt", currency="EUR", timezone="UTC", country="DE")
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", target.id)
    asked_for = {"subscriptionId": bought["id"], "version": 1, "toOrganizationId": target.id}
    refused = await done(tree.r2.someone, TRANSFER, **asked_for)
    to = ["toOrganizationId"]
    assert [(each["code"], each["field"]) for each in refused["errors"]] == [
        ("CONTRACT_BOUND", None), ("CURRENCY_MISMATCH", to), ("IN_DUNNING", None), ("ORGANIZATION_NOT_ACTIVE", None),
        ("SELLER_MISMATCH", to),
    ]  # fmt: skip
    assert refused["subscription"] is None
    upstairs = await done(tree.operator.someone, TRANSFER, **asked_for)
    assert codes(upstairs) == ["FORBIDDEN"]
    stranger = await done(tree.r2.someone, TRANSFER, **asked_for | {"toOrganizationId": tree.r1.id})
    assert stranger["errors"] == [{"code": "NOT_FOUND", "field": to, "details": None}]
