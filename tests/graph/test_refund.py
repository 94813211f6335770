"""`previewRefund` and `refundSubscription` through the schema: what was promised is what happens."""

from typing import Any

from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import ERRORS, PURCHASE, Tree, a_priced_tree, asked, codes, done
from tests.makers_billing import require_sound_books
from tests.makers_subscriptions import at, set_policy

LEVEL = """organizationId refund { amount } earlyEndCharge { amount } fee { amount } paidOut { amount }
    balanceBefore { amount } balanceAfter { amount } usableAfter { amount }
    lines { itemName firstDay lastDay chargedNet { amount } refundNet { amount } refundTax { amount } reason }"""

PREVIEW = f"""query ($input: PreviewRefundInput!) {{ previewRefund(input: $input) {{
    version statusBefore statusAfter lastDayBefore endsAtBefore endsAtAfter levels {{ {LEVEL} }} }} }}"""

REFUND = f"""mutation ($input: RefundSubscriptionInput!) {{ refundSubscription(input: $input) {{ {ERRORS}
    subscription {{ id status terminationReason version organization {{ wallet {{ balance {{ amount }} }} }} }}
    payment {{ kind status method amount {{ amount }} fee {{ amount }} }}
    refund {{ amount currency }} earlyEndCharge {{ amount }} fee {{ amount }} paidOut {{ amount }} }} }}"""


async def a_purchase(tree: Tree) -> str:
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "p1"}
    return str((await done(tree.customer.someone, PURCHASE, **order))["subscription"]["id"])


async def wallets(tree: Tree) -> dict[str, str]:
    """The balances that the operator sees, by the buyer's id."""
    document = "{ wallets { nodes { organization { id } balance { amount } } } }"
    nodes = (await asked(tree.operator.someone, document)).data["wallets"]["nodes"]
    return {node["organization"]["id"]: node["balance"]["amount"] for node in nodes}


async def test_the_preview_tells_exactly_what_the_refund_does(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-03-01")
    tree = await a_priced_tree(platform)
    subscription_id = await a_purchase(tree)
    at(clock, "2025-03-05")
    preview = await done(tree.r2.someone, PREVIEW, subscriptionId=subscription_id)

    assert (preview["statusBefore"], preview["statusAfter"], preview["lastDayBefore"]) == (
        "ACTIVE", "TERMINATED", "2025-03-31",
    )  # fmt: skip
    own, cost = preview["levels"]
    assert (own["refund"]["amount"], own["balanceBefore"]["amount"], own["balanceAfter"]["amount"]) == (
        "130.00", "370.00", "500.00",
    )  # fmt: skip
    assert own["lines"] == [
        {
            "itemName": "Basic", "firstDay": "2025-03-01", "lastDay": "2025-03-31", "chargedNet": {"amount": "130.00"},
            "refundNet": {"amount": "130.00"}, "refundTax": {"amount": "0.00"}, "reason": "IN_WINDOW",
        }
    ]  # fmt: skip
    assert cost["organizationId"] == tree.r2.id

    order = {"subscriptionId": subscription_id, "version": preview["version"], "reason": "moved away"}
    ended = await done(tree.r2.someone, REFUND, **order, idempotencyKey="r1")
    assert (ended["errors"], ended["refund"]) == ([], {"amount": "130.00", "currency": "USD"})
    assert ended["subscription"]["status"] == "TERMINATED"
    assert ended["payment"] is None
    assert await wallets(tree) == {tree.customer.id: "500.00", tree.r2.id: "500.00", tree.r1.id: "500.00"}
    assert cost["balanceAfter"]["amount"] == "500.00"
    await require_sound_books(platform)

    again = await done(tree.r2.someone, REFUND, **order, idempotencyKey="r1")
    assert again == ended | {"replayed": True}
    over = await asked(tree.r2.someone, PREVIEW, input={"subscriptionId": subscription_id})
    assert over.codes == ["SUBSCRIPTION_TERMINATED"]


async def test_a_refund_that_is_paid_out_leaves_a_payment_less_its_fee(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-03-01")
    tree = await a_priced_tree(platform)
    await set_policy(tree.r2, payoutFee={"USD": "17"})
    subscription_id = await a_purchase(tree)
    question = {"subscriptionId": subscription_id, "payOut": "CARD"}
    promised = (await done(tree.r2.someone, PREVIEW, **question))["levels"][0]
    ended = await done(tree.r2.someone, REFUND, **question, version=1, reason="too dear", idempotencyKey="r1")
    assert ended["payment"] == {
        "kind": "PAY_OUT", "status": "SETTLED", "method": "CARD", "amount": {"amount": "130.00"},
        "fee": {"amount": "17.00"},
    }  # fmt: skip
    for figure in ("refund", "fee", "paidOut", "earlyEndCharge"):
        assert ended[figure]["amount"] == promised[figure]["amount"]
    assert promised["paidOut"]["amount"] == "113.00"
    assert (await wallets(tree))[tree.customer.id] == promised["balanceAfter"]["amount"] == "370.00"


async def test_who_may_not_end_it_and_what_is_lacking(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    subscription_id = await a_purchase(tree)
    order: dict[str, Any] = {"subscriptionId": subscription_id, "version": 1, "reason": "x", "idempotencyKey": "r1"}
    assert codes(await done(tree.customer.someone, REFUND, **order)) == ["FORBIDDEN"]
    assert (await asked(tree.customer.someone, PREVIEW, input={"subscriptionId": subscription_id})).codes == [
        "FORBIDDEN"
    ]
    assert codes(await done(tree.r2.someone, REFUND, **order | {"reason": " "})) == ["REASON_REQUIRED"]
    stale = await done(tree.r2.someone, REFUND, **order | {"version": 7})
    assert stale["errors"] == [{"code": "VERSION_CONFLICT", "field": ["version"], "details": {"version": 1}}]
    assert [stale[name] for name in ("subscription", "payment", "refund", "paidOut")] == [None] * 4
