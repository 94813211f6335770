"""Scenarios of the subscription rules about buying, against the running system on both engines."""

from typing import Any, NamedTuple

import pytest

from billing.order import AddOnOrder
from billing.purchase import PurchaseOrder, purchase_subscription
from core.clock import FixedClock, format_instant, parse_instant
from core.money import format_amount, parse_amount
from core.refusals import Refused
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import refusal
from tests.makers import Organization, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_policy_value,
    a_preset,
    a_price,
    an_add_on,
    balance,
    buy,
    entries,
    give_discount,
    pay,
    product_of,
    quote,
    rows,
)

USD: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}


class Shop(NamedTuple):
    """A seller at the top and its customer with 100,000."""

    seller: Organization
    customer: Organization


async def a_shop(platform: Platform, *, money: str = "100000", preset: str | None = None, zone: str = "UTC") -> Shop:
    seller = await an_operator(platform, **USD)
    if preset is not None:
        await a_preset(seller, preset)
    customer = await a_customer(platform, under=seller, **USD | {"timezone": zone})
    await pay(customer, money)
    return Shop(seller, customer)


async def stored(platform: Platform, subscription_id: str) -> dict[str, Any]:
    (row,) = await rows(platform, "SELECT * FROM subscription WHERE id = $1", subscription_id)
    return row


async def refused_purchase(shop: Shop, plan: str, **order: Any) -> tuple[str, ...]:
    async def act(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, PurchaseOrder(shop.customer.id, plan, **order), SIGNER)

    return await refusal(shop.customer.someone, act)


async def test_ss_01_a_month_from_the_day_of_purchase(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2020-11-16T15:30:00Z")
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "50")])

    shown = await quote(shop.customer.someone, shop.customer, plan)
    bought = await buy(shop.customer.someone, shop.customer, plan)

    row = await stored(platform, bought["subscriptionId"])
    assert (row["start_date"], row["end_date"], row["anchor_date"]) == ("2020-11-16", "2020-12-16", "2020-11-16")
    assert (str(shown.last_day), format_amount(shown.total_micros, "USD")) == ("2020-12-15", "50.00")
    assert format_instant(row["ends_at"]) == "2020-12-16T00:00:00Z"
    assert format_instant(row["grace_ends_at"]) == "2020-12-24T00:00:00Z"
    assert format_instant(row["ladder_ends_at"]) == "2021-01-21T00:00:00Z"
    assert await balance(shop.customer) == "99950.00"


async def test_ss_01_the_purchase_leaves_charge_assignment_timeline_log_and_notice(platform: Platform) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "50")])

    bought = await buy(shop.customer.someone, shop.customer, plan, quantity=3)

    subscription_id = bought["subscriptionId"]
    (charge,) = await rows(platform, "SELECT * FROM segment_charge")
    assert (charge["quantity"], charge["unit_price_micros"], charge["net_micros"]) == (3, 50_000_000, 150_000_000)
    assert charge["ledger_transaction_id"] == bought["ledgerTransactionId"]
    (segment,) = await rows(platform, "SELECT * FROM segment")
    assert (segment["kind"], segment["day_base"], segment["sale_id"]) == ("WHOLE_CYCLE", 28, bought["saleId"])
    assigned = await rows(platform, "SELECT subscription_id, member_id FROM subscription_assignment")
    assert assigned == [{"subscription_id": subscription_id, "member_id": shop.customer.owner_id}]
    timeline = await rows(platform, "SELECT from_status, to_status, reason FROM timeline_entry")
    assert timeline == [{"from_status": None, "to_status": "ACTIVE", "reason": "PURCHASED"}]
    logged = await rows(platform, "SELECT organization_id FROM audit_entry WHERE entity_type = 'Subscription'")
    assert logged == [{"organization_id": shop.customer.id}]
    sent = await rows(platform, "SELECT subject_id FROM outbox WHERE topic = 'subscription.purchased'")
    assert sent == [{"subject_id": subscription_id}]


async def test_ss_02_quantities_of_a_purchase_and_of_a_bundle(platform: Platform) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "1")])
    bundle = await a_plan(shop.seller, prices=[(shop.seller, "1")], product_kind="BUNDLE")

    assert await refused_purchase(shop, plan, quantity=501) == ("QUANTITY_LIMIT",)
    assert await refused_purchase(shop, bundle, quantity=101) == ("BUNDLE_QUANTITY_LIMIT",)
    await buy(shop.customer.someone, shop.customer, plan, quantity=500)
    await buy(shop.customer.someone, shop.customer, bundle, quantity=100)
    assert await balance(shop.customer) == "99400.00"


async def test_ss_03_a_quote_whose_price_changed_is_stale(platform: Platform, clock: FixedClock) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "50")])
    old = await quote(shop.customer.someone, shop.customer, plan)
    await a_price(shop.seller, plan, "60", starts="2026-02-02")

    codes = await refused_purchase(shop, plan, quote_id=old.quote_id, total_micros=old.total_micros)
    fresh = await quote(shop.customer.someone, shop.customer, plan)
    await buy(
        shop.customer.someone, shop.customer, plan, quote_id=fresh.quote_id, total_micros=fresh.total_micros
    )  # fmt: skip

    assert codes == ("QUOTE_STALE",)
    assert fresh.total_micros == parse_amount("60")
    assert await balance(shop.customer) == "99940.00"


async def test_a_total_in_another_currency_is_refused_before_anything_is_read_above(platform: Platform) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "100")])
    total = {"total_micros": 100_000_000, "total_currency": "EUR"}

    assert await refused_purchase(shop, plan, **total) == ("CURRENCY_MISMATCH",)


@pytest.mark.parametrize(("minutes_later", "holds"), [("12:29:59", True), ("12:30:00", False)])
async def test_ss_03_a_quote_holds_thirty_minutes(
    platform: Platform, clock: FixedClock, minutes_later: str, holds: bool
) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "50")])
    shown = await quote(shop.customer.someone, shop.customer, plan)
    clock.advance_to(parse_instant(f"2026-02-02T{minutes_later}Z"))

    if holds:
        await buy(shop.customer.someone, shop.customer, plan, quote_id=shown.quote_id)
    else:
        assert await refused_purchase(shop, plan, quote_id=shown.quote_id) == ("QUOTE_STALE",)


async def test_ss_03_a_quote_of_another_order_or_made_up_is_stale(platform: Platform) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "50")])
    shown = await quote(shop.customer.someone, shop.customer, plan)

    for quote_id in (shown.quote_id[:-2] + "xx", "quote_zz.abc", "nonsense", ""):
        assert await refused_purchase(shop, plan, quote_id=quote_id) == ("QUOTE_STALE",)
    assert await refused_purchase(shop, plan, quantity=2, quote_id=shown.quote_id) == ("QUOTE_STALE",)


@pytest.mark.parametrize(("price", "charged"), [("30", "20.00"), ("19.99", "13.33")])
async def test_ss_05_calendar_months_begin_with_a_part(
    platform: Platform, clock: FixedClock, price: str, charged: str
) -> None:
    clock.at = parse_instant("2026-06-11T09:00:00Z")
    shop = await a_shop(platform, preset="portabilling")
    plan = await a_plan(shop.seller, prices=[(shop.seller, price)])

    shown = await quote(shop.customer.someone, shop.customer, plan)
    bought = await buy(shop.customer.someone, shop.customer, plan)

    row = await stored(platform, bought["subscriptionId"])
    assert (row["start_date"], row["end_date"], row["anchor_date"]) == ("2026-06-11", "2026-07-01", "2026-07-01")
    assert format_amount(shown.total_micros, "USD") == charged
    assert (await entries(shop.customer))[-1][-1] == charged


async def test_ss_06_six_months_at_their_own_price(platform: Platform) -> None:
    shop = await a_shop(platform, money="100")
    plan = await a_plan(shop.seller, prices=[(shop.seller, "30")])
    await a_price(shop.seller, plan, "144", months=6)

    with pytest.raises(Refused) as short:
        await buy(shop.customer.someone, shop.customer, plan, cycle_months=6)
    three = await refused_purchase(shop, plan, cycle_months=3)
    await pay(shop.customer, "44")
    bought = await buy(shop.customer.someone, shop.customer, plan, cycle_months=6)

    assert short.value.codes == ("INSUFFICIENT_CREDIT",)
    assert short.value.blockers[0].details["missing"] == "44.00"
    assert three == ("CYCLE_NOT_OFFERED",)
    assert await balance(shop.customer) == "0.00"
    assert (await stored(platform, bought["subscriptionId"]))["end_date"] == "2026-08-02"


async def test_ss_60_add_ons_that_do_not_fit(platform: Platform) -> None:
    shop = await a_shop(platform)
    sold = [(shop.seller, "10")]
    plan = await a_plan(shop.seller, prices=sold)
    product = await product_of(platform, plan)
    sibling = await a_plan(shop.seller, prices=sold, product=product)
    other_plans = await an_add_on(shop.seller, product, prices=sold, allowed=(sibling,))
    others = await an_add_on(shop.seller, await product_of(platform, await a_plan(shop.seller)), prices=sold)
    low = await an_add_on(shop.seller, product, prices=sold, priority=30, features={"recordingDays": 30})
    rival = await an_add_on(shop.seller, product, prices=sold, priority=30, features={"recordingDays": 60})
    high = await an_add_on(shop.seller, product, prices=sold, priority=50, features={"recordingDays": 90})

    def added(*ids: str) -> dict[str, Any]:
        return {"add_ons": tuple(AddOnOrder(add_on_id) for add_on_id in ids)}

    assert await refused_purchase(shop, plan, **added(other_plans)) == ("ADDON_NOT_ALLOWED",)
    assert await refused_purchase(shop, plan, **added(others)) == ("ADDON_NOT_ALLOWED",)
    assert await refused_purchase(shop, plan, **added(low, low)) == ("ADDON_DUPLICATE",)
    with pytest.raises(Refused) as conflict:
        await buy(shop.customer.someone, shop.customer, plan, **added(low, rival))
    assert conflict.value.codes == ("ADDON_CONFLICT",)
    assert conflict.value.blockers[0].details["otherAddOnId"] == low

    bought = await buy(shop.customer.someone, shop.customer, plan, **added(low, high))

    stored_add_ons = await rows(platform, "SELECT add_on_id, quantity FROM subscription_add_on ORDER BY add_on_id")
    assert [row["add_on_id"] for row in stored_add_ons] == sorted([low, high])
    charges = await rows(platform, "SELECT item_id FROM segment_charge WHERE subscription_id = $1",
                         bought["subscriptionId"])  # fmt: skip
    assert {row["item_id"] for row in charges} == {plan, low, high}
    assert await balance(shop.customer) == "99970.00"


async def test_ss_63_plain_refusals_of_a_purchase(platform: Platform) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "10")])

    assert await refused_purchase(shop, plan, cycle_months=0) == ("CYCLE_TOO_SHORT",)
    assert await refused_purchase(shop, plan, cycle_months=100_000) == ("CYCLE_NOT_OFFERED",)
    assert await refused_purchase(shop, plan, quantity=0) == ("QUANTITY_INVALID",)


async def test_sub_02_a_plan_without_any_row_is_not_offered(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    seller = await a_reseller(platform, under=operator, **USD)
    customer = await a_customer(platform, under=seller, **USD, managed_by="SERVICE_PROVIDER")
    plan = await a_plan(operator, prices=[(operator, "10")])

    async def act(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, PurchaseOrder(customer.id, plan), SIGNER)

    assert await refusal(seller.someone, act) == ("PLAN_NOT_OFFERED",)


async def test_vis_05_a_plan_that_is_not_offered_is_not_there_for_the_buyer(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    seller = await a_reseller(platform, under=operator, **USD)
    shop = Shop(seller, await a_customer(platform, under=seller, **USD))
    plan = await a_plan(operator, prices=[(operator, "10")])

    assert await refused_purchase(shop, plan) == ("NOT_FOUND",)
    assert await refused_purchase(shop, "plan_01j00000000000000000000000") == ("NOT_FOUND",)


async def test_mon_31_no_price_in_the_buyers_currency(platform: Platform) -> None:
    seller = await an_operator(platform, **USD)
    shop = Shop(seller, await a_customer(platform, under=seller, **USD | {"currency": "EUR"}))
    plan = await a_plan(seller, prices=[(seller, "10")])

    assert await refused_purchase(shop, plan) == ("PRICE_MISSING",)


async def test_sub_03_a_period_costs_what_is_in_force_on_its_first_day(platform: Platform, clock: FixedClock) -> None:
    shop = await a_shop(platform, zone="Pacific/Auckland")
    plan = await a_plan(shop.seller, prices=[(shop.seller, "50")])
    await a_price(shop.seller, plan, "60", starts="2026-02-04")
    clock.advance_to(parse_instant("2026-02-03T10:59:59Z"))
    clock_before = await quote(shop.customer.someone, shop.customer, plan)
    clock.advance_to(parse_instant("2026-02-03T11:00:00Z"))

    after = await quote(shop.customer.someone, shop.customer, plan)

    assert [str(each.start_date) for each in (clock_before, after)] == ["2026-02-03", "2026-02-04"]
    assert [each.total_micros for each in (clock_before, after)] == [50_000_000, 60_000_000]


async def test_sub_04_a_discounted_buyer_and_one_for_whom_it_is_free(platform: Platform) -> None:
    shop = await a_shop(platform)
    plan = await a_plan(shop.seller, prices=[(shop.seller, "19.99")])
    await give_discount(shop.customer, "12.5")
    bought = await buy(shop.customer.someone, shop.customer, plan)
    await give_discount(shop.customer, "100")
    free = await buy(shop.customer.someone, shop.customer, plan)

    assert await balance(shop.customer) == "99982.51"
    assert free["ledgerTransactionId"] is None
    charges = await rows(
        platform, "SELECT subscription_id, discount_percent, ledger_transaction_id FROM segment_charge ORDER BY id"
    )
    assert [row["subscription_id"] for row in charges] == [bought["subscriptionId"], free["subscriptionId"]]
    assert [row["discount_percent"] for row in charges] == ["12.5", "100"]


async def test_sub_11_the_first_check_that_fails_is_the_one_returned(platform: Platform) -> None:
    """Role, then what is ordered, then quantity, then money: one code at a time."""
    shop = await a_shop(platform, money="5")
    plan = await a_plan(shop.seller, prices=[(shop.seller, "10")])
    member = await a_member(platform, of=shop.customer)

    async def by_a_member(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, PurchaseOrder(shop.customer.id, plan, quantity=0), SIGNER)

    async def by_the_seller(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, PurchaseOrder(shop.customer.id, plan), SIGNER)

    assert await refusal(member, by_a_member) == ("FORBIDDEN",)
    assert await refusal(shop.seller.someone, by_the_seller) == ("CONSENT_REQUIRED",)
    assert await refused_purchase(shop, plan, cycle_months=2, quantity=0) == ("CYCLE_NOT_OFFERED",)
    assert await refused_purchase(shop, plan, quantity=501) == ("QUANTITY_LIMIT",)
    assert await refused_purchase(shop, plan) == ("INSUFFICIENT_CREDIT",)


async def test_sub_11_a_suspended_organization_buys_nothing(platform: Platform) -> None:
    shop = await a_shop(platform)
    customer = await a_customer(platform, under=shop.seller, **USD, managed_by="SERVICE_PROVIDER")
    plan = await a_plan(shop.seller, prices=[(shop.seller, "10")])
    await rows(platform, "UPDATE organization SET status = 'SUSPENDED' WHERE id = $1 RETURNING id", customer.id)

    async def act(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, PurchaseOrder(customer.id, plan), SIGNER)

    assert await refusal(shop.seller.someone, act) == ("ORGANIZATION_NOT_ACTIVE",)


async def test_vis_09_who_sees_which_level_of_a_quote(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    r1 = await a_reseller(platform, under=operator, **USD)
    r2 = await a_reseller(platform, under=r1, **USD)
    customer = await a_customer(platform, under=r2, **USD)
    plan = await a_plan(operator, prices=[(operator, "80"), (r1, "100"), (r2, "90")])
    everybody = (customer, r2, r1, operator)

    seen = [await quote(each.someone, customer, plan) for each in everybody]

    assert [[level.organization_id for level in shown.levels] for shown in seen] == [
        [customer.id],
        [customer.id, r2.id],
        [customer.id, r2.id, r1.id],
        [customer.id, r2.id, r1.id],
    ]
    assert [[level.margin_micros for level in shown.levels] for shown in seen] == [
        [None],
        [-10_000_000, None],
        [-10_000_000, 20_000_000, None],
        [-10_000_000, 20_000_000, 80_000_000],
    ]
    assert [shown.levels[0].warnings for shown in seen] == [(), *[("BELOW_COST",)] * 3]

    await a_policy_value(r1, "resellerSeesCost", False)
    blind = await quote(r2.someone, customer, plan)
    assert [(level.organization_id, level.margin_micros) for level in blind.levels] == [(customer.id, None)]


async def test_a_quote_changes_nothing_and_needs_no_right_to_buy(platform: Platform) -> None:
    shop = await a_shop(platform, money="5")
    plan = await a_plan(shop.seller, prices=[(shop.seller, "10")])
    before = await rows(platform, "SELECT * FROM wallet")

    by_buyer = await quote(shop.customer.someone, shop.customer, plan)
    by_seller = await quote(shop.seller.someone, shop.customer, plan)

    assert [blocker.code for blocker in by_buyer.blockers] == ["INSUFFICIENT_CREDIT"]
    assert [blocker.code for blocker in by_seller.blockers] == ["CONSENT_REQUIRED"]
    assert await rows(platform, "SELECT * FROM wallet") == before
    assert await rows(platform, "SELECT id FROM subscription") == []
