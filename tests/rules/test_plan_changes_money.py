"""What a change charges, refuses and leaves for later: chains, taxes, invoices, refunds, races (SUB-60 to 65)."""

import asyncio
from datetime import date
from typing import Any

import pytest

from billing.order import AddOnOrder
from billing.reversals import reverse_transaction
from core.clock import FixedClock
from core.refusals import Refused
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.makers import a_customer, an_operator, organization_of
from tests.makers_billing import (
    a_plan,
    a_price,
    an_add_on,
    balance,
    buy,
    entries,
    give_discount,
    limit,
    pay,
    product_of,
    require_sound_books,
    rows,
)
from tests.makers_plan_changes import change_order, change_quoted, change_refused, changed, prorated
from tests.makers_subscriptions import (
    a_chain,
    another_customer,
    at,
    bought,
    ended,
    paid_ahead,
    previewed,
    refund_order,
    set_policy,
    subscription,
    transferred,
)
from tests.rules.test_organizations_moves import MOVE, done, the_sellers
from tests.rules.test_plan_changes import two_plans

INDIA: dict[str, Any] = {"currency": "INR", "timezone": "Asia/Kolkata", "country": "IN"}


async def test_ss_13_an_upgrade_is_paid_with_tax_at_payment_or_leaves_the_plan_without_an_invoice(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    operator = await an_operator(platform, **INDIA)
    customer = await a_customer(platform, under=operator, **INDIA)
    await rows(platform, "UPDATE organization SET state_code = 'KA' WHERE id = $1 RETURNING id", operator.id)
    await rows(platform, "UPDATE organization SET state_code = 'MH' WHERE id = $1 RETURNING id", customer.id)
    await set_policy(operator, taxTiming="PAYMENT", invoicing="PER_PAYMENT")
    plan = await a_plan(operator, prices=[(operator, "3000")], is_taxable=True)
    product = await product_of(platform, plan)
    other = await a_plan(operator, product=product, prices=[(operator, "4500")], is_taxable=True)
    await pay(customer, "3540")
    sold = str((await buy(customer.someone, customer, plan))["subscriptionId"])
    at(clock, "2025-06-16")
    invoices = await rows(platform, "SELECT id FROM invoice")

    assert await change_refused(customer.someone, sold, plan_id=other) == ("INSUFFICIENT_CREDIT",)
    (blocker,) = (await change_quoted(customer.someone, sold, plan_id=other)).blockers
    assert blocker.details == {"missing": "750.00", "currency": "INR"}
    assert await rows(platform, "SELECT id FROM invoice") == invoices

    await pay(customer, "885")
    await changed(customer.someone, sold, plan_id=other)
    assert (await prorated(customer), await balance(customer)) == (["750.00"], "0.00")
    (tax,) = await rows(platform, "SELECT sum(amount_micros) AS micros FROM ledger_entry WHERE ledger_account = 'TAX'")
    assert tax["micros"] == 540_000_000 + 135_000_000
    assert (await subscription(platform, sold))["end_date"] == "2025-07-01"
    await require_sound_books(platform)


async def test_sub_60_tax_is_that_of_the_line_and_one_invoice_is_made_when_something_is_charged(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    operator = await an_operator(platform, **INDIA)
    customer = await a_customer(platform, under=operator, **INDIA)
    await rows(platform, "UPDATE organization SET state_code = 'KA' RETURNING id")
    plan = await a_plan(operator, prices=[(operator, "100")], is_taxable=True)
    product = await product_of(platform, plan)
    other = await a_plan(operator, product=product, prices=[(operator, "150.55")], is_taxable=True)
    await pay(customer, "1000")
    sold = str((await buy(customer.someone, customer, plan))["subscriptionId"])
    await paid_ahead(platform, sold)
    at(clock, "2025-06-16")

    await changed(customer.someone, sold, plan_id=other)  # 50.55 x 15 / 30 + 50.55 = 75.825

    assert (await entries(customer))[-4:] == [
        ("PRORATION", "WALLET", None, "-89.47"),
        ("PRORATION", "REVENUE", "SUBSCRIPTION", "75.83"),
        ("PRORATION", "TAX", "CGST", "6.82"),
        ("PRORATION", "TAX", "SGST", "6.82"),
    ]
    parts = await rows(
        platform,
        "SELECT net_micros, tax_micros, first_date FROM segment_charge WHERE item_id = $1 ORDER BY net_micros", other,
    )  # fmt: skip
    assert [row["net_micros"] for row in parts] == [25_270_000, 50_560_000]
    assert sum(row["tax_micros"] for row in parts) == 13_640_000
    assert [row["first_date"] for row in parts] == ["2025-06-16", None]
    invoices = await rows(platform, "SELECT total_micros, type FROM invoice ORDER BY id")
    assert [row["total_micros"] for row in invoices] == [118_000_000, 89_470_000]
    (line,) = await rows(platform, "SELECT first_date, end_date FROM invoice_line WHERE net_micros = 75830000")
    assert (line["first_date"], line["end_date"]) == ("2025-06-16", "2025-08-01")

    await changed(customer.someone, sold, plan_id=plan, is_at_once=False)
    assert len(await rows(platform, "SELECT id FROM invoice")) == 2
    await require_sound_books(platform)


async def test_mon_32_a_level_that_is_short_refuses_the_whole_change(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform, money="60")
    plan, other = await two_plans(chain, ("40", "50"), ("80", "60"))
    sold = await bought(chain, plan)
    await rows(platform, "UPDATE organization SET managed_by = 'SERVICE_PROVIDER' RETURNING id")
    at(clock, "2020-11-25")
    before = await subscription(platform, sold)
    for who, details in (
        (chain.customer.someone, {}),
        (chain.seller, {"organizationId": chain.reseller.id, "missing": "8.00"}),
    ):
        with pytest.raises(Refused) as refused:
            await changed(who, sold, plan_id=other)
        assert refused.value.codes == ("UPSTREAM_CREDIT_INSUFFICIENT",)
        assert details.items() <= refused.value.blockers[0].details.items()
        assert bool(details) == bool(refused.value.blockers[0].details)
    assert (await prorated(chain.customer), await subscription(platform, sold)) == ([], before)
    (alert,) = await rows(platform, "SELECT organization_id FROM alert WHERE kind = 'UPSTREAM_SHORT'")
    assert alert["organization_id"] == chain.reseller.id


async def test_sub_10_a_quote_holds_until_it_would_come_out_another(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    sold = await bought(chain, plan)
    at(clock, "2020-11-25")
    await rows(platform, "UPDATE organization SET managed_by = 'SERVICE_PROVIDER' RETURNING id")
    quote = await change_quoted(chain.seller, sold, plan_id=other)
    own, cost = quote.levels
    assert (own.total_micros, own.margin_micros, cost.total_micros) == (28_000_000, 14_000_000, 14_000_000)
    (line,) = own.lines
    assert (line.name, line.quantity, line.start_date, line.last_day) == (
        "Second", 1, date(2020, 11, 25), date(2020, 12, 15),
    )  # fmt: skip
    seen = (await change_quoted(chain.customer.someone, sold, plan_id=other)).levels
    assert [level.organization_id for level in seen] == [chain.customer.id]

    customer = chain.customer.someone
    assert await change_refused(customer, sold, plan_id=other, total_micros=27_000_000) == ("QUOTE_STALE",)
    assert await change_refused(customer, sold, plan_id=other, quantity=2, quote_id=quote.quote_id) == ("QUOTE_STALE",)
    at(clock, "2020-11-26")
    assert await change_refused(customer, sold, plan_id=other, quote_id=quote.quote_id) == ("QUOTE_STALE",)
    at(clock, "2020-11-25")
    await changed(customer, sold, plan_id=other, quote_id=quote.quote_id, total_micros=28_000_000)
    assert await prorated(chain.customer) == ["28.00"]


async def test_sub_05_add_ons_come_and_go_by_name(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    product = await product_of(platform, plan)
    priced: dict[str, Any] = {"prices": [(chain.operator, "4"), (chain.reseller, "30")]}
    bound = await an_add_on(chain.operator, product, **priced, allowed=(plan,), features={"A": 1}, priority=30)
    rival = await an_add_on(chain.operator, product, **priced, features={"A": 2}, priority=30)
    strange = await an_add_on(chain.operator, product, **priced, allowed=(other,))
    sold = await bought(chain, plan, add_ons=(AddOnOrder(bound),))
    at(clock, "2025-06-16")
    customer = chain.customer.someone
    assert await change_refused(customer, sold, add=(AddOnOrder(bound),)) == ("ADDON_DUPLICATE",)
    assert await change_refused(customer, sold, add=(AddOnOrder(rival),)) == ("ADDON_CONFLICT",)
    assert await change_refused(customer, sold, add=(AddOnOrder(strange),)) == ("ADDON_NOT_ALLOWED",)
    assert await change_refused(customer, sold, plan_id=other) == ("ADDON_NOT_ALLOWED",)
    assert await change_refused(customer, sold, quantities=(AddOnOrder(rival, 2),)) == ("NOT_FOUND",)
    assert await change_refused(customer, sold, remove=(rival,)) == ("NOT_FOUND",)
    assert await change_refused(customer, sold, quantities=(AddOnOrder(bound, 0),)) == ("QUANTITY_INVALID",)
    assert await change_refused(customer, sold, quantities=(AddOnOrder(bound, 502),)) == ("QUANTITY_LIMIT",)
    assert await change_refused(customer, sold, quantity=0) == ("QUANTITY_INVALID",)
    assert await change_refused(customer, sold, quantity=1) == ("NOTHING_TO_CHANGE",)
    assert await change_refused(customer, sold, version=7, quantity=2) == ("VERSION_CONFLICT",)

    await changed(customer, sold, quantities=(AddOnOrder(bound, 3),))
    assert await prorated(chain.customer) == ["30.00"]
    await changed(customer, sold, plan_id=other, remove=(bound,), add=(AddOnOrder(rival, 2),))
    assert await prorated(chain.customer) == ["30.00", "50.00"]  # 40 x 15 / 30 and 2 x 30 x 15 / 30
    held = await rows(platform, "SELECT add_on_id, quantity FROM subscription_add_on")
    assert held == [{"add_on_id": rival, "quantity": 2}]


async def test_sub_70_a_plan_of_another_category_is_no_change_of_the_plan(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, _ = await two_plans(chain, ("40", "50"), ("60", "90"))
    strange = await a_plan(chain.operator, prices=[(chain.operator, "60"), (chain.reseller, "90")])
    same = await a_plan(chain.operator, prices=[(chain.operator, "60"), (chain.reseller, "90")], name="Same")
    product = await product_of(platform, strange)
    await rows(platform, "UPDATE product SET category = 'OTHER' WHERE id = $1 RETURNING id", product)
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")
    customer = chain.customer.someone
    with pytest.raises(Refused) as refused:
        await changed(customer, sold, plan_id=strange)
    assert refused.value.codes == ("CATEGORY_CHANGE_ONLY_ON_BILLING_DATE",)
    assert refused.value.blockers[0].details == {"nextEligibleDate": "2025-07-01"}
    await set_policy(chain.reseller, categoryChange="REFUSED")
    assert await change_refused(customer, sold, plan_id=strange) == ("CATEGORY_CHANGE_NOT_ALLOWED",)
    await changed(customer, sold, plan_id=same)
    assert (await subscription(platform, sold))["product_id"] == await product_of(platform, same)


async def test_sub_82_what_an_upgrade_charged_comes_back_by_its_own_clock_at_every_level(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("600", "1200"), ("1200", "2400"), months=12)
    sold = await bought(chain, plan, cycle_months=12)
    at(clock, "2021-06-01")
    await changed(chain.customer.someone, sold, plan_id=other)  # 1,200 x 304 / 365
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["999.45"], ["499.73"])
    at(clock, "2021-06-10")
    own, cost = (await previewed(chain.seller, sold)).wallets
    assert [line.refund_net_micros for line in own.lines] == [900_000_000, 999_450_000]
    assert [line.first_day for line in own.lines] == [date(2021, 4, 1), date(2021, 6, 1)]
    assert cost.refund_micros == 450_000_000 + 499_730_000

    at(clock, "2021-08-15")  # prorated: 212 of 304 days are in months that have not started
    own = (await previewed(chain.seller, sold)).wallets[0]
    assert [line.refund_net_micros for line in own.lines] == [700_000_000, 696_980_000]
    await ended(chain.seller, sold)
    await require_sound_books(platform)


async def test_sub_61_licences_stand_in_lots_and_what_came_last_goes_first(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("1", "12"), ("1", "20"))
    sold = await bought(chain, plan, quantity=10)
    await a_price(chain.reseller, plan, "30", starts="2025-06-10")
    at(clock, "2025-06-16")
    customer = chain.customer.someone
    await changed(customer, sold, quantity=14)
    assert await prorated(chain.customer) == ["60.00"]
    await changed(customer, sold, quantity=12)
    await changed(customer, sold, plan_id=other)  # 10 x (20 - 12), nothing for the 2 that were charged 30
    assert await prorated(chain.customer) == ["60.00", "40.00"]
    await changed(customer, sold, quantity=5)
    await changed(customer, sold, quantity=6)
    assert await prorated(chain.customer) == ["60.00", "40.00", "10.00"]
    await require_sound_books(platform)


async def test_sub_120_a_change_of_policy_holds_from_the_next_period(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan)
    await set_policy(chain.reseller, downgradeTiming="AT_ONCE", upgradeResetsAnchor=True)
    assert (await change_quoted(chain.customer.someone, sold, plan_id=other)).timing == "NEXT_PERIOD"
    later = await bought(chain, plan)
    assert (await change_quoted(chain.customer.someone, later, plan_id=other)).timing == "AT_ONCE"


async def test_sub_90_a_subscription_handed_over_is_changed_at_what_it_was_charged(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    target = await another_customer(chain)
    await pay(target, "100")
    sold = await bought(chain, plan)
    await transferred(chain.seller, sold, target)
    await give_discount(target, "30")
    at(clock, "2020-11-25")
    await changed(target.someone, sold, plan_id=other)
    assert (await prorated(target), await prorated(chain.reseller)) == (["9.10"], ["14.00"])  # 63 after 50


async def test_sub_86_a_minimum_term_binds_with_what_is_held_now(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-01")
    chain = await a_chain(platform)
    plan = await a_plan(chain.reseller)
    product = await product_of(platform, plan)
    other = await a_plan(chain.reseller, product=product)
    for item, amount in ((plan, "30"), (other, "40")):
        await a_price(chain.reseller, item, amount, min_term_months=12, early_end_percent="50")
    sold = await bought(chain, plan)
    at(clock, "2025-01-20")
    await changed(chain.customer.someone, sold, plan_id=other, quantity=2)
    wallet = (await previewed(chain.seller, sold)).wallets[0]
    assert wallet.early_end_micros == 11 * 2 * 20_000_000


async def test_mon_90_what_is_invoiced_elsewhere_stays_so(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, invoicing="NONE")
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    sold = await bought(chain, plan, method="EXTERNAL_INVOICE", external_number="X-1")
    at(clock, "2020-11-25")
    await changed(chain.customer.someone, sold, plan_id=other, external_number="X-2")
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == ([], ["14.00"])
    (posted,) = await rows(platform, "SELECT external_number FROM ledger_transaction WHERE external_number = 'X-2'")
    assert posted["external_number"] == "X-2"
    assert await balance(chain.customer) == "10000.00"
    await require_sound_books(platform)


async def test_of_two_changes_at_once_one_is_done(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    sold = await bought(chain, plan)
    at(clock, "2020-11-25")
    customer = chain.customer.someone
    done = await asyncio.gather(*(changed(customer, sold, plan_id=other) for _ in range(4)), return_exceptions=True)
    refused = [each for each in done if isinstance(each, Refused)]
    assert [each.codes for each in refused] == [("VERSION_CONFLICT",)] * 3
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["28.00"], ["14.00"])
    await require_sound_books(platform)


async def test_a_change_and_an_ending_at_once_leave_what_one_after_the_other_would(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    for _ in range(3):
        sold = await bought(chain, plan)
        order = await refund_order(platform, sold)
        assert order.version == (await change_order(platform, sold)).version
        done = await asyncio.gather(
            changed(chain.customer.someone, sold, plan_id=other), ended(chain.seller, sold), return_exceptions=True
        )
        refused = [each.codes for each in done if isinstance(each, Refused)]
        assert refused == [("VERSION_CONFLICT",)]
        if (await subscription(platform, sold))["terminated_at"] is None:
            await ended(chain.seller, sold)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("10000.00", "10000.00")
    left = "SELECT 1 FROM segment_charge WHERE refunded_net_micros < net_micros"
    assert await rows(platform, left) == []
    await require_sound_books(platform)


async def test_move_6_after_a_move_the_new_seller_charges_what_the_paid_time_did_not(platform: Platform) -> None:
    f = await the_sellers(platform)
    plan = await a_plan(f.o, prices=[(f.o, "4"), (f.r1, "30"), (f.r2, "33")])
    product = await product_of(platform, plan)
    other = await a_plan(f.o, product=product, prices=[(f.o, "6"), (f.r1, "60"), (f.r2, "63")])
    for seller in (f.r1, f.r2):
        await limit(seller, "100")
    await pay(f.c2, "30")
    sold = str((await buy(f.ada, f.c2, plan))["subscriptionId"])
    assert (await done(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id))["errors"] == []
    moved = await organization_of(platform, f.c2.id)
    await pay(moved, "50")

    await changed(f.rob, sold, plan_id=other)

    assert (await prorated(moved), await prorated(f.r2), await prorated(f.r1)) == (["33.00"], ["2.00"], [])
    wallet = (await previewed(f.rob, sold)).wallets[0]
    assert wallet.refund_micros == 33_000_000  # charges of the seller before stay with it
    await require_sound_books(platform)


async def test_mon_23_a_reversed_upgrade_was_not_charged(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    best = await a_plan(
        chain.operator, product=await product_of(platform, plan),
        prices=[(chain.operator, "70"), (chain.reseller, "110")],
    )  # fmt: skip
    sold = await bought(chain, plan)
    at(clock, "2025-06-16")
    posted = await changed(chain.customer.someone, sold, plan_id=other)
    await do(chain.seller, lambda uow: reverse_transaction(uow, str(posted["ledgerTransactionId"])))
    assert [line.charged_net_micros for line in (await previewed(chain.seller, sold)).wallets[0].lines] == [50_000_000]
    await changed(chain.customer.someone, sold, plan_id=best)  # from 50 again: 60 x 15 / 30
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["20.00", "30.00"], ["10.00", "15.00"])
    await require_sound_books(platform)
