"""What keeps the values it started with, whose Wallet a group's purchases are charged to, and what a Wallet shows."""

import pytest

from billing.purchase import PurchaseOrder, purchase_subscription
from core.clock import FixedClock, parse_instant
from core.money import parse_amount
from core.refusals import Refused
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import refusal
from tests.graph.billing_documents import asked
from tests.makers import Organization, a_customer
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_price,
    balance,
    buy,
    change_wallet,
    limit,
    pay,
    require_sound_books,
    rows,
)
from tests.makers_invoices import used
from tests.makers_subscriptions import Chain, a_chain, ended, set_policy, status, tried

SHOWN = """{ wallets(filter: {organizationId: "%s"}) { nodes { balance { amount } borrowed { amount } usable { amount }
    currentBalance { amount } netBalance { amount } } } }"""


async def shown(of: Organization) -> dict[str, str]:
    """The Wallet's figures as its own organization sees them."""
    answer = await asked(of.someone, SHOWN % of.id)
    (node,) = answer.data["wallets"]["nodes"]
    return {name: figure["amount"] for name, figure in node.items()}


async def test_ms_01_02_and_04_what_a_wallet_shows(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, wallet_micros="86.10148", credit_limit_micros="2000")
    first = await shown(chain.customer)
    assert (first["usable"], first["balance"], first["borrowed"]) == ("2086.10148", "86.10148", "0.00")
    await change_wallet(chain.customer, wallet_micros="-8.67", credit_limit_micros="100")
    second = await shown(chain.customer)
    assert (second["usable"], second["balance"], second["borrowed"]) == ("91.33", "-8.67", "8.67")
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0", unbilled_micros="-1610.61",
                        due_micros="-0.20544")  # fmt: skip
    assert (await shown(chain.customer))["currentBalance"] == "-1610.81544"
    await change_wallet(chain.customer, unbilled_micros="65.98", due_micros="-0.000009")
    assert (await shown(chain.customer))["currentBalance"] == "65.979991"


async def test_pol_4_a_trial_keeps_its_days_and_its_retention(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-04-01T10:00:00Z")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, trialDays=3, trialRetentionDays=30)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "5")])
    trial = await tried(chain.seller, chain.customer, plan)
    await set_policy(chain.reseller, trialDays=20, trialRetentionDays=1)

    assert await status(platform, trial, "2026-04-04T09:59") == "TRIAL"
    assert await status(platform, trial, "2026-04-04T10:00") == "EXPIRED"
    assert await status(platform, trial, "2026-05-04T23:59") == "EXPIRED"
    assert await status(platform, trial, "2026-05-05T00:00") == "TERMINATED"


async def test_sub_120_the_fee_of_a_pay_out_is_that_of_the_period(platform: Platform) -> None:
    chain = await a_chain(platform)
    await set_policy(chain.reseller, payoutFee={"USD": "17"})
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "100")])
    sold = await buy(chain.customer.someone, chain.customer, plan)
    await set_policy(chain.reseller, payoutFee={"USD": "99"})

    paid = await ended(chain.seller, str(sold["subscriptionId"]), pay_out="CARD")

    assert (paid["feeMicros"], paid["paidOutMicros"]) == (parse_amount("17"), parse_amount("83"))


async def a_child(chain: Chain) -> Organization:
    """A CHILD whose CORPORATE is the chain's customer."""
    child = await a_customer(chain.customer.platform, under=chain.reseller, currency="USD", timezone="UTC",
                             country="US")  # fmt: skip
    async with platform_transaction(child.platform) as tx:
        await tx.execute("UPDATE organization SET billing_kind = 'CORPORATE' WHERE id = $1", chain.customer.id)
        sql = "UPDATE organization SET billing_kind = 'CHILD', billing_group_id = $2 WHERE id = $1"
        await tx.execute(sql, child.id, chain.customer.id)
    return child


async def test_mon_36_a_child_buys_at_its_own_prices_with_the_money_of_its_corporate(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    child = await a_child(chain)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "10"), (chain.reseller, "60")])
    sold = await buy(child.someone, child, plan)

    assert [await balance(each) for each in (chain.customer, child, chain.reseller)] == ["40.00", "0.00", "90.00"]
    order = PurchaseOrder(child.id, plan)
    assert await refusal(child.someone, lambda uow: purchase_subscription(uow, order, SIGNER)) == (
        "INSUFFICIENT_CREDIT",
    )
    with pytest.raises(Refused) as refused:
        await buy(child.someone, child, plan)
    assert refused.value.blockers[0].details["missing"] == "20.00"
    (charge,) = await rows(platform, "SELECT organization_id FROM segment_charge WHERE level = 0")
    assert charge["organization_id"] == child.id
    assert (await asked(chain.customer.someone, "{ subscriptions { totalCount } }")).data == {
        "subscriptions": {"totalCount": 0}
    }
    assert (await shown(child))["balance"] == "0.00"
    await ended(chain.seller, str(sold["subscriptionId"]))
    assert await balance(chain.customer) == "100.00"
    await require_sound_books(platform)


async def test_mon_62_the_limit_of_a_corporate_suspends_what_its_children_use(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    child = await a_child(chain)
    plan = await a_plan(chain.reseller)
    await a_price(chain.reseller, plan, "0")
    held = str((await buy(child.someone, child, plan))["subscriptionId"])
    await limit(chain.customer, "10")
    await used(chain.customer, "11.01")
    assert await status(platform, held) == "SUSPENDED"
    await pay(chain.customer, "5")
    assert await status(platform, held) == "ACTIVE"
