"""What an examiner of the money rules found between the literal scenarios, asked through the schema on both engines."""

from typing import Any

from core.clock import FixedClock
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import PURCHASE, asked, codes, done
from tests.makers import Member, a_member
from tests.makers_billing import a_plan, balance, require_sound_books, rows
from tests.makers_subscriptions import Chain, a_chain, another_customer, assign, at, set_policy

ERRORS = "errors { code field details }"
ISSUE = f"mutation ($input: CreditInput!) {{ issueCredit(input: $input) {{ {ERRORS} }} }}"
LIMIT = f"mutation ($input: SetCreditLimitInput!) {{ setCreditLimit(input: $input) {{ {ERRORS} }} }}"
PAYMENT = f"mutation ($input: RecordPaymentInput!) {{ recordPayment(input: $input) {{ {ERRORS} }} }}"
SUSPEND = f"mutation ($input: SuspensionInput!) {{ suspendOrganization(input: $input) {{ {ERRORS} }} }}"
REVERSE = f"""mutation ($input: ReverseTransactionInput!) {{ reverseTransaction(input: $input) {{ {ERRORS}
    ledgerTransactions {{ id }} }} }}"""
REFUND = f"""mutation ($input: RefundSubscriptionInput!) {{ refundSubscription(input: $input) {{ {ERRORS}
    refund {{ amount }} subscription {{ status }} }} }}"""


def money(amount: str, currency: str = "USD") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


async def bought(chain: Chain, plan: str, key: str = "buy") -> dict[str, Any]:
    order = {"organizationId": chain.customer.id, "planId": plan, "idempotencyKey": key}
    return await done(chain.customer.someone, PURCHASE, **order)


async def refunded(who: Member, subscription_id: str, key: str = "refund") -> dict[str, Any]:
    stored = await rows(who.platform, "SELECT version FROM subscription WHERE id = $1", subscription_id)
    order = {"subscriptionId": subscription_id, "version": stored[0]["version"], "reason": "moved away"}
    return await done(who, REFUND, **order, idempotencyKey=key)


async def transactions(chain: Chain, kind: str) -> list[str]:
    sql = "SELECT id FROM ledger_transaction WHERE organization_id = $1 AND type = $2 ORDER BY id"
    return [row["id"] for row in await rows(chain.customer.platform, sql, chain.customer.id, kind)]


async def test_mon_04_another_currency_is_judged_by_its_own_decimals(platform: Platform) -> None:
    chain = await a_chain(platform, currency="JPY")
    given = {"organizationId": chain.customer.id, "method": "CASH"}
    dollars = await done(chain.seller, PAYMENT, **given, amount=money("10.50"), idempotencyKey="k1")
    yen = await done(chain.seller, PAYMENT, **given, amount=money("10.5", "JPY"), idempotencyKey="k2")
    assert (codes(dollars), codes(yen)) == (["CURRENCY_MISMATCH"], ["AMOUNT_PRECISION"])


async def test_org_16_nobody_gives_credit_to_a_suspended_buyer_but_money_is_recorded(platform: Platform) -> None:
    chain = await a_chain(platform)
    await done(chain.seller, SUSPEND, organizationId=chain.customer.id, reason="SELLER")
    to = {"organizationId": chain.customer.id}
    limit = await done(chain.seller, LIMIT, **to, creditLimit=money("5"), idempotencyKey="k1")
    issue = await done(chain.seller, ISSUE, **to, amount=money("5"), idempotencyKey="k2")
    paid = await done(chain.seller, PAYMENT, **to, amount=money("5"), method="CASH", idempotencyKey="k3")
    assert (codes(limit), codes(issue), codes(paid)) == (["ORGANIZATION_NOT_ACTIVE"], ["ORGANIZATION_NOT_ACTIVE"], [])
    assert await balance(chain.customer) == "10005.00"


async def test_mon_23_a_reversed_purchase_is_not_refunded_again(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    subscription = (await bought(chain, plan))["subscription"]["id"]
    (purchase,) = await transactions(chain, "PURCHASE")
    assert codes(await done(chain.seller, REVERSE, ledgerTransactionId=purchase, idempotencyKey="k1")) == []
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("10000.00", "10000.00")

    ended = await refunded(chain.seller, subscription)
    assert (codes(ended), ended["refund"]["amount"], ended["subscription"]["status"]) == ([], "0.00", "TERMINATED")
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("10000.00", "10000.00")
    await require_sound_books(platform)


async def test_mon_23_a_wrong_refund_is_reversed_at_every_level_and_the_purchase_stands(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    await refunded(chain.seller, (await bought(chain, plan))["subscription"]["id"])
    (refund,) = await transactions(chain, "REFUND")
    answer = await done(chain.seller, REVERSE, ledgerTransactionId=refund, idempotencyKey="k1")
    assert (codes(answer), len(answer["ledgerTransactions"])) == ([], 2)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("9970.00", "9991.00")
    again = await done(chain.seller, REVERSE, ledgerTransactionId=refund, idempotencyKey="k2")
    assert codes(again) == ["ALREADY_REVERSED"]

    (purchase,) = await transactions(chain, "PURCHASE")
    assert codes(await done(chain.seller, REVERSE, ledgerTransactionId=purchase, idempotencyKey="k3")) == []
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("10000.00", "10000.00")
    await require_sound_books(platform)


async def test_mon_23_a_refunded_purchase_is_reversed_with_its_refund(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    await refunded(chain.seller, (await bought(chain, plan))["subscription"]["id"])
    (purchase,) = await transactions(chain, "PURCHASE")
    answer = await done(chain.seller, REVERSE, ledgerTransactionId=purchase, idempotencyKey="k1")
    assert (codes(answer), len(answer["ledgerTransactions"])) == ([], 4)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("10000.00", "10000.00")


async def test_mon_52_credits_and_refunds_of_one_member_are_bounded(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2026-03-02T10:00")
    chain = await a_chain(platform, timezone="America/New_York")
    await set_policy(chain.operator, memberRefundPerTransaction={"ADMIN": "40"}, memberRefundPerDay={"ADMIN": "70"})
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "40.01")])
    cheap = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "40")])
    admin = await a_member(platform, of=chain.reseller, role=Role.ADMIN)
    dear = (await bought(chain, plan, "b1"))["subscription"]["id"]
    low = (await bought(chain, cheap, "b2"))["subscription"]["id"]
    to = {"organizationId": chain.customer.id}

    assert codes(await refunded(admin, dear, "r1")) == ["TRANSACTION_LIMIT"]
    assert codes(await refunded(admin, low, "r2")) == []
    over = await done(admin, ISSUE, **to, amount=money("30.01"), idempotencyKey="i1")
    assert codes(over) == ["DAILY_LIMIT"]
    both = await done(admin, ISSUE, **to, amount=money("40.01"), idempotencyKey="i2")
    assert codes(both) == ["DAILY_LIMIT", "TRANSACTION_LIMIT"]
    assert codes(await done(admin, ISSUE, **to, amount=money("30"), idempotencyKey="i3")) == []

    at(clock, "2026-03-03T04:59")  # still the 2nd in New York
    assert codes(await done(admin, ISSUE, **to, amount=money("0.01"), idempotencyKey="i4")) == ["DAILY_LIMIT"]
    at(clock, "2026-03-03T05:00")
    assert codes(await done(admin, ISSUE, **to, amount=money("0.01"), idempotencyKey="i5")) == []
    assert codes(await refunded(chain.seller, dear, "r3")) == []


async def test_a_42_a_member_reads_its_own_subscriptions_and_is_forbidden_the_others(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    mia = await a_member(platform, of=chain.customer, role=Role.MEMBER)
    own, other = [(await bought(chain, plan, key))["subscription"]["id"] for key in ("b1", "b2")]
    await assign(mia, own)
    stranger = (await another_customer(chain)).someone

    by_id = "query ($id: ID!) { subscription(id: $id) { id } }"
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await asked(mia, by_id, id=own)).data == {"subscription": {"id": own}}
    assert [(await asked(mia, document, id=other)).codes for document in (by_id, node)] == [["FORBIDDEN"]] * 2
    assert [(await asked(stranger, document, id=other)).codes for document in (by_id, node)] == [["NOT_FOUND"]] * 2
    listed = await asked(mia, "{ subscriptions { totalCount nodes { id } } }")
    assert listed.data == {"subscriptions": {"totalCount": 1, "nodes": [{"id": own}]}}
    assert (await asked(mia, "{ wallets { totalCount } }")).codes == ["FORBIDDEN"]
