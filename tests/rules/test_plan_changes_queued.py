"""Section 7 of the subscription rules: what waits for the next period, and a new period at once (SUB-62 to SUB-65)."""

from datetime import date
from typing import Any

from billing.order import AddOnOrder
from billing.queued_changes_due import apply_in_real_time
from billing.renewals_due import renew_in_real_time
from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.makers_billing import (
    a_plan,
    a_price,
    an_add_on,
    change_wallet,
    entries,
    limit,
    pay,
    product_of,
    require_sound_books,
    rows,
)
from tests.makers_plan_changes import change_cancelled, change_quoted, change_refused, changed, prorated
from tests.makers_subscriptions import (
    a_chain,
    another_customer,
    at,
    bought,
    change_subscription,
    ended,
    paid_ahead,
    set_policy,
    status,
    subscription,
    transfer_refused,
)  # fmt: skip
from tests.rules.test_plan_changes import two_plans


async def held(platform: Platform, subscription_id: str) -> tuple[str, int, str]:
    """Plan, licences and end."""
    row = await subscription(platform, subscription_id)
    return row["plan_name"], row["quantity"], row["end_date"]


async def the_next_period(platform: Platform) -> None:
    """The worker comes by."""
    await apply_in_real_time(platform, 0)
    await renew_in_real_time(platform)


async def test_ss_12_a_downgrade_waits_for_the_next_period_which_is_priced_with_it(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, preset="myoperator")
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")
    outcome = await changed(chain.customer.someone, sold, plan_id=other)
    assert (outcome["timing"], outcome["queuedOn"], outcome["saleId"]) == ("NEXT_PERIOD", "2025-07-01", None)
    assert await held(platform, sold) == ("First", 1, "2025-07-01")

    at(clock, "2025-06-30T23:59")
    await the_next_period(platform)
    assert await held(platform, sold) == ("First", 1, "2025-07-01")
    at(clock, "2025-07-01")
    await the_next_period(platform)
    assert await held(platform, sold) == ("Second", 1, "2025-08-01")
    assert await charged(platform, chain.customer.id) == [50_000_000, 10_000_000]
    assert await charged(platform, chain.reseller.id) == [40_000_000, 8_000_000]
    assert await rows(platform, "SELECT 1 FROM queued_change") == []
    await require_sound_books(platform)


async def charged(platform: Platform, organization_id: str) -> list[int]:
    """What the pair's Wallet paid for subscriptions, oldest first, in micros."""
    found = await rows(
        platform,
        "SELECT -e.amount_micros AS micros FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id "
        "WHERE t.organization_id = $1 AND t.source_type = 'Subscription' AND e.ledger_account = 'WALLET' ORDER BY t.id",
        organization_id,
    )
    return [row["micros"] for row in found]


async def test_ss_12_cancelled_in_time_the_plan_stays(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, preset="myoperator")
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)
    at(clock, "2025-06-20")
    await change_cancelled(chain.customer.someone, sold)
    at(clock, "2025-07-01")
    await the_next_period(platform)
    assert await held(platform, sold) == ("First", 1, "2025-08-01")
    assert await charged(platform, chain.customer.id) == [50_000_000, 50_000_000]


async def test_sub_63_a_renewal_before_the_end_is_priced_with_what_waits_and_the_plan_changes_on_the_day(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    prices = [(chain.operator, "2"), (chain.reseller, "5")]
    add_on = await an_add_on(chain.operator, await product_of(platform, plan), prices=prices)
    sold = await bought(chain, plan, quantity=3)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other, quantity=2, add=(AddOnOrder(add_on, 2),))
    at(clock, "2025-06-24")
    await the_next_period(platform)
    assert await charged(platform, chain.customer.id) == [150_000_000, 30_000_000]
    assert await held(platform, sold) == ("First", 3, "2025-08-01")

    at(clock, "2025-06-26")  # an upgrade at once ends where what waits is paid for already
    third = await a_plan(
        chain.operator, product=await product_of(platform, plan), name="Third",
        prices=[(chain.operator, "70"), (chain.reseller, "80")],
    )  # fmt: skip
    await changed(chain.customer.someone, sold, plan_id=third)
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["15.00"], ["15.00"])
    at(clock, "2025-07-01")
    await the_next_period(platform)
    assert await held(platform, sold) == ("Second", 2, "2025-08-01")
    have = await rows(platform, "SELECT add_on_id, quantity FROM subscription_add_on")
    assert [(row["add_on_id"], row["quantity"]) for row in have] == [(add_on, 2)]
    await require_sound_books(platform)


async def test_ss_14_an_upgrade_may_begin_a_new_period(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, preset="myoperator", money="100000")
    await set_policy(chain.reseller, upgradeResetsAnchor=True)
    plan, other = await two_plans(chain, ("2000", "3000"), ("2500", "4500"))
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")

    quote = await change_quoted(chain.customer.someone, sold, plan_id=other)
    assert (quote.timing, quote.levels[0].total_micros, quote.end_date) == (
        "NEW_PERIOD",
        3_000_000_000,
        date(2025, 7, 16),
    )
    await changed(chain.customer.someone, sold, plan_id=other)

    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["3000.00"], ["1500.00"])
    row = await subscription(platform, sold)
    assert (row["anchor_date"], row["end_date"]) == ("2025-06-16", "2025-07-16")
    at(clock, "2025-06-26")
    best = await a_plan(
        chain.operator, product=await product_of(platform, plan), name="Best",
        prices=[(chain.operator, "2500"), (chain.reseller, "6000")],
    )  # fmt: skip
    await changed(chain.customer.someone, sold, plan_id=best)  # 6,000 - 4,500 x 20 / 30
    assert (await prorated(chain.customer))[1:] == ["3000.00"]
    assert (await prorated(chain.reseller))[1:] == ["833.33"]
    assert (await subscription(platform, sold))["end_date"] == "2025-07-26"
    await require_sound_books(platform)


async def test_ss_15_never_dated_back_and_only_while_it_runs(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    sold = await bought(chain, plan, is_auto_renew=False)
    at(clock, "2025-06-16")
    asked: dict[str, Any] = {"plan_id": other}
    customer = chain.customer.someone
    assert await change_refused(customer, sold, **asked, day=date(2025, 6, 15)) == ("BACKDATED_PLAN_CHANGE",)
    assert await change_refused(customer, sold, **asked, day=date(2025, 6, 17)) == ("DATE_OUT_OF_RANGE",)
    at(clock, "2025-07-01")
    assert await change_refused(customer, sold, **asked) == ("SUBSCRIPTION_NOT_ACTIVE",)
    at(clock, "2025-06-16")
    await change_subscription(platform, sold, suspension_reasons="POLICY")
    assert await change_refused(customer, sold, **asked) == ("SUBSCRIPTION_NOT_ACTIVE",)


async def test_ss_75_one_change_waits_at_a_time_and_an_upgrade_at_once_leaves_it(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    product = await product_of(platform, plan)
    prices = [(chain.operator, "60"), (chain.reseller, "90")]
    better = await a_plan(chain.operator, product=product, prices=prices, name="Better")
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)
    assert await change_refused(chain.customer.someone, sold, plan_id=other) == ("PENDING_CHANGE_EXISTS",)
    target = await another_customer(chain)
    assert await transfer_refused(chain.seller, sold, target) == ("PENDING_CHANGE_EXISTS",)

    await changed(chain.customer.someone, sold, plan_id=better)
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["20.00"], ["10.00"])
    assert (await held(platform, sold))[0] == "Better"
    (queued,) = await rows(platform, "SELECT plan_name, applies_date FROM queued_change")
    assert queued == {"plan_name": "Second", "applies_date": "2025-07-01"}

    await ended(chain.seller, sold)
    assert await rows(platform, "SELECT 1 FROM queued_change") == []


async def test_sub_62_another_cycle_waits_and_costs_nothing_now(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, _ = await two_plans(chain, ("40", "50"), ("8", "10"))
    await a_price(chain.operator, plan, "100", months=3)
    assert await bought(chain, plan)
    sold = await bought(chain, plan)
    assert await change_refused(chain.customer.someone, sold, cycle_months=3) == ("CYCLE_NOT_OFFERED",)
    await a_price(chain.reseller, plan, "120", months=3)
    outcome = await changed(chain.customer.someone, sold, cycle_months=3)
    assert (outcome["queuedOn"], outcome["saleId"]) == ("2025-07-01", None)
    at(clock, "2025-07-01")
    await the_next_period(platform)
    row = await subscription(platform, sold)
    assert (row["cycle_months"], row["end_date"]) == (3, "2025-10-01")


async def test_sub_62_the_sellers_member_may_choose_a_downgrade_at_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan)
    asked: dict[str, Any] = {"plan_id": other, "is_at_once": True}
    await rows(platform, "UPDATE organization SET managed_by = 'SERVICE_PROVIDER' RETURNING id")
    assert await change_refused(chain.customer.someone, sold, **asked) == ("FORBIDDEN",)
    assert (await changed(chain.seller, sold, **asked))["timing"] == "AT_ONCE"
    assert (await held(platform, sold))[0] == "Second"
    assert await prorated(chain.customer) == []


async def test_sub_65_in_grace_nothing_is_paid_for_any_more_and_what_is_due_is_priced_anew(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, money="60")
    await set_policy(chain.reseller, renewDaysBefore=0)
    plan, other = await two_plans(chain, ("30", "50"), ("35", "90"))
    sold = await bought(chain, plan)
    at(clock, "2025-07-03")
    await the_next_period(platform)
    assert await status(platform, sold) == "GRACE"
    await changed(chain.customer.someone, sold, plan_id=other)
    assert (await prorated(chain.customer), await held(platform, sold)) == ([], ("Second", 1, "2025-07-01"))
    await pay(chain.reseller, "100")
    await pay(chain.customer, "80")
    await the_next_period(platform)
    assert await held(platform, sold) == ("Second", 1, "2025-08-01")
    assert await charged(platform, chain.customer.id) == [50_000_000, 90_000_000]


async def test_sub_64_what_is_left_of_time_paid_ahead_pays_and_never_comes_back(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True)
    plan, other = await two_plans(chain, ("10", "100"), ("90", "120"))
    sold = await bought(chain, plan)
    await paid_ahead(platform, sold)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)  # 120 - 100 x 15 / 30 - 100, and 90 - 5 - 10
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == ([], ["75.00"])
    assert await held(platform, sold) == ("Second", 1, "2025-07-16")
    at(clock, "2025-06-20")
    await changed(chain.customer.someone, sold, quantity=2)  # of the new period alone: 120 x 26 / 30
    assert await prorated(chain.customer) == ["104.00"]
    await require_sound_books(platform)


async def test_sub_34_a_new_period_of_calendar_months_ends_on_the_first(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True, periodAnchor="CALENDAR_MONTH")
    plan, other = await two_plans(chain, ("10", "30"), ("20", "60"))
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)  # 60 x 15 / 30 - 30 x 15 / 30
    assert (await prorated(chain.customer), await held(platform, sold)) == (["15.00"], ("Second", 1, "2025-07-01"))


async def test_mon_22_postpaid_is_invoiced_and_a_consolidated_seller_leaves_it_unbilled(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("10", "30"), ("20", "60"))
    sold = await bought(chain, plan)
    await limit(chain.customer, "500")
    await change_wallet(chain.customer, mode="POSTPAID")
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)
    posted = [each[1:] for each in await entries(chain.customer) if each[0] == "PRORATION"]
    assert posted == [
        ("UNBILLED", None, "-15.00"), ("REVENUE", "SUBSCRIPTION", "15.00"), ("UNBILLED", None, "15.00"),
        ("DUE", None, "-15.00"),
    ]  # fmt: skip
    await set_policy(chain.reseller, invoicing="CONSOLIDATED_MONTHLY")
    await changed(chain.customer.someone, sold, quantity=2)
    assert [each[1:] for each in await entries(chain.customer) if each[0] == "PRORATION"][4:] == [
        ("UNBILLED", None, "-30.00"), ("REVENUE", "SUBSCRIPTION", "30.00"),
    ]  # fmt: skip


async def test_ss_36_an_open_invoice_and_a_queued_change_stand_in_the_way_together(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, money="10")
    for buyer in (chain.reseller, chain.customer):
        await limit(buyer, "500")
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan)
    await changed(chain.customer.someone, sold, plan_id=other)
    target = await another_customer(chain)
    assert await transfer_refused(chain.seller, sold, target) == ("OPEN_INVOICE", "PENDING_CHANGE_EXISTS")
