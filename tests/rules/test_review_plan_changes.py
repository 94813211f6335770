"""What a second look at changes of a subscription found: what waits, new periods, refunds, debts (SUB-60 to SUB-65)."""

import asyncio
from datetime import date
from typing import Any

from billing.order import AddOnOrder
from billing.queued_changes_due import apply_in_real_time
from billing.renewals_due import renew_in_real_time
from core.clock import FixedClock
from core.refusals import Refused
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import done
from tests.makers import a_customer, a_member, an_operator, credentials_of
from tests.makers_billing import (
    a_plan,
    a_price,
    an_add_on,
    buy,
    limit,
    pay,
    product_of,
    require_sound_books,
    rows,
)
from tests.makers_plan_changes import change_cancelled, change_quoted, change_refused, changed, prorated
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    assign,
    at,
    bought,
    ended,
    paid_ahead,
    previewed,
    set_policy,
    status,
    subscription,
)
from tests.makers_support import an_open_session, sent
from tests.rules.fixture_organizations import the_fixture
from tests.rules.test_plan_changes import two_plans
from tests.rules.test_plan_changes_api import CHANGE, three_plans
from tests.rules.test_plan_changes_queued import charged, held, the_next_period

START = "query ($id: ID!) { subscription(id: $id) { startDate endDate } }"


async def test_sub_63_the_licences_that_were_charged_are_set_whoever_left_meanwhile(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan, quantity=4)
    await changed(chain.customer.someone, sold, plan_id=other, quantity=2)
    for _ in range(2):  # with the Owner, three use it
        await assign(await a_member(platform, of=chain.customer), sold)
    at(clock, "2025-06-24")
    await the_next_period(platform)
    assert (await charged(platform, chain.customer.id))[1:] == [30_000_000]
    await rows(platform, "DELETE FROM subscription_assignment WHERE subscription_id = $1 RETURNING 1", sold)
    at(clock, "2025-07-01")
    await the_next_period(platform)
    assert await held(platform, sold) == ("Second", 3, "2025-08-01")


async def test_sub_63_nobody_gets_licences_that_the_period_was_not_charged_for(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan, quantity=4)
    await changed(chain.customer.someone, sold, plan_id=other, quantity=2)
    at(clock, "2025-06-24")
    await the_next_period(platform)
    assert (await charged(platform, chain.customer.id))[1:] == [20_000_000]
    for _ in range(3):
        await assign(await a_member(platform, of=chain.customer), sold)
    at(clock, "2025-07-01")
    await the_next_period(platform)
    assert await held(platform, sold) == ("Second", 2, "2025-08-01")


async def test_sub_63_what_is_due_holds_before_the_worker_comes_by(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    best = await a_plan(
        chain.operator, product=await product_of(platform, plan), name="Best",
        prices=[(chain.operator, "60"), (chain.reseller, "90")],
    )  # fmt: skip
    sold = await bought(chain, plan)
    await changed(chain.customer.someone, sold, plan_id=other)
    at(clock, "2025-06-24")
    await renew_in_real_time(platform)
    at(clock, "2025-07-01")
    assert await change_refused(chain.customer.someone, sold, plan_id=best) == ("PENDING_CHANGE_EXISTS",)
    await apply_in_real_time(platform, 0)
    await changed(chain.customer.someone, sold, plan_id=best)  # from the plan that holds now, not from the one before
    await the_next_period(platform)
    assert (await prorated(chain.customer), await held(platform, sold)) == (["80.00"], ("Best", 1, "2025-08-01"))


async def test_sub_63_of_a_change_a_cancelling_and_a_renewal_at_once_each_is_done_once_or_refused(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    customer = chain.customer.someone
    for round_ in range(1, 4):
        at(clock, "2025-06-01")
        sold = await bought(chain, plan)
        await changed(customer, sold, plan_id=other)
        at(clock, "2025-06-24")
        outcomes = await asyncio.gather(
            change_cancelled(customer, sold), renew_in_real_time(platform), changed(customer, sold, quantity=2),
            renew_in_real_time(platform), return_exceptions=True,
        )  # fmt: skip
        refused = {code for each in outcomes if isinstance(each, Refused) for code in each.codes}
        assert refused <= {"VERSION_CONFLICT", "PENDING_CHANGE_CHARGED"}
        assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, Refused)]
        at(clock, "2025-07-01")
        await the_next_period(platform)
        renewals = "SELECT 1 FROM ledger_transaction WHERE type = 'RENEWAL' AND organization_id = $1"
        assert len(await rows(platform, renewals, chain.customer.id)) == round_
        own = [each for each in await _charges_from(platform, sold, "2025-07-01") if each["level"] == 0]
        row = await subscription(platform, sold)
        assert {each["item_id"] for each in own} == {row["plan_id"]}
        assert sum(each["quantity"] for each in own) == row["quantity"]
    await require_sound_books(platform)


async def _charges_from(platform: Platform, subscription_id: str, first_date: str) -> list[dict[str, Any]]:
    """What stands on the segment that begins on a date."""
    return await rows(
        platform,
        "SELECT c.* FROM segment_charge c JOIN segment g ON g.id = c.segment_id WHERE c.subscription_id = $1 "
        "AND g.first_date = $2 ORDER BY c.id",
        subscription_id, first_date,
    )  # fmt: skip


async def _start(chain: Chain, subscription_id: str) -> str:
    """The first day of the current period, as it is read."""
    answer = await ask(chain.operator.platform, await credentials_of(chain.customer.someone), START, id=subscription_id)
    return str(answer.data["subscription"]["startDate"])


async def test_sub_64_a_period_may_begin_where_a_replaced_one_did(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True, periodAnchor="CALENDAR_MONTH")
    plan, other = await two_plans(chain, ("10", "30"), ("60", "90"))
    sold = await bought(chain, plan)
    at(clock, "2025-06-24")
    await the_next_period(platform)
    assert await held(platform, sold) == ("First", 1, "2025-08-01")
    at(clock, "2025-06-26")
    await changed(chain.customer.someone, sold, plan_id=other)
    assert await held(platform, sold) == ("Second", 1, "2025-07-01")
    await the_next_period(platform)
    assert await held(platform, sold) == ("Second", 1, "2025-08-01")
    assert (await charged(platform, chain.customer.id))[-1] == 90_000_000
    await require_sound_books(platform)


async def test_sub_64_time_paid_ahead_that_was_replaced_never_begins(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True)
    plan, other = await two_plans(chain, ("10", "100"), ("90", "500"))
    sold = await bought(chain, plan)
    await paid_ahead(platform, sold)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)
    at(clock, "2025-07-05")
    assert await _start(chain, sold) == "2025-06-16"


async def test_sub_82_what_paid_for_a_new_period_comes_back_by_the_clock_of_that_period(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True)
    plan, other = await two_plans(chain, ("10", "100"), ("90", "120"))
    sold = await bought(chain, plan)
    await paid_ahead(platform, sold, cycles=3)
    at(clock, "2025-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)  # paid by what was left: 50 + 3 x 100
    at(clock, "2025-06-30")
    own = (await previewed(chain.seller, sold)).wallets[0]
    assert [line.first_day for line in own.lines] == [date(2025, 6, 1), *[date(2025, 6, 16)] * 4]
    assert own.refund_micros == 300_000_000
    at(clock, "2025-07-01")
    assert (await previewed(chain.seller, sold)).wallets[0].refund_micros == 0
    await ended(chain.seller, sold)
    await require_sound_books(platform)


async def test_sub_86_the_minimum_term_of_a_new_period_is_its_own(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True)
    plan = await a_plan(chain.reseller)
    other = await a_plan(chain.reseller, product=await product_of(platform, plan))
    for item, amount in ((plan, "30"), (other, "40")):
        await a_price(chain.reseller, item, amount, min_term_months=12, early_end_percent="50")
    sold = await bought(chain, plan)
    await paid_ahead(platform, sold)
    at(clock, "2025-01-20")
    await changed(chain.customer.someone, sold, plan_id=other)
    wallet = (await previewed(chain.seller, sold)).wallets[0]
    assert wallet.early_end_micros == 10 * 20_000_000  # of the cycles from 20 February to 1 January


async def test_mon_31_in_grace_too_what_comes_has_a_price_at_every_level(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, money="60")
    await set_policy(chain.reseller, renewDaysBefore=0)
    plan, _ = await two_plans(chain, ("30", "50"), ("35", "90"))
    product = await product_of(platform, plan)
    add_on = await an_add_on(chain.operator, product, prices=[(chain.reseller, "4")])
    costless = await a_plan(chain.operator, product=product, prices=[(chain.reseller, "90")])
    sold = await bought(chain, plan)
    at(clock, "2025-07-03")
    await the_next_period(platform)
    assert await status(platform, sold) == "GRACE"
    customer = chain.customer.someone
    assert await change_refused(customer, sold, plan_id=costless) == ("COST_MISSING",)
    assert await change_refused(customer, sold, add=(AddOnOrder(add_on),)) == ("COST_MISSING",)


async def test_sub_61_what_costs_nothing_needs_no_money(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, money="50")
    await set_policy(chain.operator, suspendOnCreditLimit=False)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    for buyer in (chain.customer, chain.reseller):
        await limit(buyer, "500")
    sold = await bought(chain, plan, quantity=3)
    for buyer in (chain.customer, chain.reseller):
        await limit(buyer, "0")
    customer = chain.customer.someone
    assert await change_refused(customer, sold, quantity=4) == ("INSUFFICIENT_CREDIT",)
    await changed(customer, sold, quantity=2)
    assert (await change_quoted(customer, sold, plan_id=other)).blockers == ()
    await changed(customer, sold, plan_id=other)
    assert await held(platform, sold) == ("First", 2, "2025-07-01")


async def test_sub_05_an_add_on_is_named_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, _ = await two_plans(chain, ("10", "15"), ("20", "30"))
    prices = [(chain.operator, "4"), (chain.reseller, "5")]
    add_on = await an_add_on(chain.operator, await product_of(platform, plan), prices=prices)
    sold = await bought(chain, plan, add_ons=(AddOnOrder(add_on),))
    twice: list[dict[str, Any]] = [
        {"quantities": (AddOnOrder(add_on, 2), AddOnOrder(add_on, 3))},
        {"quantities": (AddOnOrder(add_on, 2),), "remove": (add_on,)},
        {"remove": (add_on, add_on)},
    ]
    for order in twice:
        assert await change_refused(chain.customer.someone, sold, **order) == ("ADDON_DUPLICATE",)


async def test_sub_60_a_taxed_change_goes_by_the_buyers_day_and_a_downgrade_of_it_costs_nothing(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    place: dict[str, Any] = {"currency": "INR", "timezone": "Asia/Kolkata", "country": "IN"}
    operator = await an_operator(platform, **place)
    customer = await a_customer(platform, under=operator, **place)
    await set_policy(operator, downgradeTiming="AT_ONCE")
    plan = await a_plan(operator, prices=[(operator, "100")], is_taxable=True)
    product = await product_of(platform, plan)
    other = await a_plan(operator, product=product, prices=[(operator, "50")], is_taxable=True)
    await pay(customer, "1000")
    sold = str((await buy(customer.someone, customer, plan))["subscriptionId"])
    at(clock, "2025-06-15T20:00")  # the 16th there
    await changed(customer.someone, sold, plan_id=other)
    await changed(customer.someone, sold, quantity=2)
    assert await prorated(customer) == ["29.50"]  # 50 x 15 / 30 and 18 %
    await require_sound_books(platform)


async def test_sub_60_over_whole_and_broken_segments_at_every_level(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks")
    plan, other = await two_plans(chain, ("20", "31"), ("40.10", "62.35"))
    sold = await bought(chain, plan, quantity=2)
    at(clock, "2020-04-10")
    await the_next_period(platform)
    assert (await subscription(platform, sold))["end_date"] == "2020-06-01"
    # 6 of 31 days, a whole cycle and 16 of 31: 53 / 31 of 2 x 31.35 + 62.35, and of 2 x 20.10 + 40.10
    await changed(chain.customer.someone, sold, plan_id=other, quantity=3)
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["213.80"], ["137.29"])


async def test_sub_62_at_once_is_the_sellers_choice_not_that_of_somebody_further_up(platform: Platform) -> None:
    tree = await the_fixture(platform)
    plan, _, cheap = await three_plans(tree)
    order: dict[str, Any] = {"planId": cheap, "version": 1, "isAtOnce": True}
    for supporter, expected in ((tree.olga, ["FORBIDDEN"]), (tree.ada, [])):
        sold = await bought(Chain(tree.o, tree.r1, tree.c1), plan)
        _, acting = await an_open_session(supporter, tree.c1, tree.cora, access="WRITE", areas=["subscriptions"])
        answer = await sent(acting, CHANGE, platform, **order, subscriptionId=sold, idempotencyKey=sold)
        assert [each["code"] for each in answer["errors"]] == expected
        assert answer["timing"] == (None if expected else "AT_ONCE")
    own = order | {"subscriptionId": await bought(Chain(tree.o, tree.r1, tree.c1), plan), "idempotencyKey": "own"}
    assert [each["code"] for each in (await done(tree.cora, CHANGE, **own))["errors"]] == ["FORBIDDEN"]
