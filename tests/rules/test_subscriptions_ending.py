"""Scenarios of endings, refunds, trials and transfers against the running system, on both engines.

Figures that are arithmetic alone are in test_subscriptions_pure.py, under the same ids."""

import asyncio

import pytest

from core.clock import FixedClock
from core.money import format_amount, parse_amount
from core.refusals import Refused
from tenants.unit_of_work import Platform
from tests.makers import a_member
from tests.makers_billing import (
    a_plan,
    a_price,
    a_product,
    balance,
    entries,
    give_discount,
    require_sound_books,
    rows,
)
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    another_customer,
    assign,
    at,
    bought,
    change_subscription,
    ended,
    ending_refused,
    paid_ahead,
    previewed,
    set_policy,
    status,
    subscription,
    transfer_refused,
    transferred,
    trial_refused,
    tried,
)


async def a_sale(chain: Chain, price: str, *, months: int = 1, cost: str = "0", **order: object) -> str:
    """A plan of the operator at these prices, bought by the customer now; the subscription's id."""
    plan = await a_plan(chain.operator, prices=[(chain.operator, cost), (chain.reseller, price)], months=months)
    return await bought(chain, plan, cycle_months=months, **order)


async def refund_of(chain: Chain, subscription_id: str) -> str:
    """Ends it, and answers what the customer got back; the preview said the same and the books are sound."""
    promised = (await previewed(chain.seller, subscription_id)).wallets[0]
    before = await balance(chain.customer)
    assert promised.balance_before_micros == parse_amount(before)
    given = await ended(chain.seller, subscription_id)
    assert given["refundMicros"] == promised.refund_micros
    assert parse_amount(await balance(chain.customer)) == promised.balance_after_micros
    assert await status(chain.customer.platform, subscription_id) == "TERMINATED"
    await require_sound_books(chain.customer.platform)
    return format_amount(given["refundMicros"], "USD")


async def test_ss_26_a_trial_ends_at_the_same_time_of_day(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-09-01T10:00")
    chain = await a_chain(platform, preset="myoperator")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "1"), (chain.reseller, "2")])
    trial = await tried(chain.seller, chain.customer, plan)
    assert await status(platform, trial, "2025-09-04T09:59") == "TRIAL"
    assert await status(platform, trial, "2025-09-04T10:00") == "EXPIRED"
    assert await status(platform, trial, "2025-10-04T23:59") == "EXPIRED"
    assert await status(platform, trial, "2025-10-05T00:00") == "TERMINATED"


async def test_ss_28_one_trial_per_product_for_ever(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-09-01T10:00")
    chain = await a_chain(platform)
    prices = [(chain.operator, "1"), (chain.reseller, "2")]
    product = await a_product(chain.operator)
    plan, sibling = [await a_plan(chain.operator, product=product, prices=prices) for _ in range(2)]
    other = await a_plan(chain.operator, prices=prices)
    first = await tried(chain.seller, chain.customer, plan)
    at(clock, "2025-12-01T10:00")
    assert await status(platform, first) == "TERMINATED"
    for again in (plan, sibling):
        assert await trial_refused(chain.seller, chain.customer, again) == ("TRIAL_ALREADY_USED",)
    assert await status(platform, await tried(chain.seller, chain.customer, other)) == "TRIAL"


@pytest.mark.parametrize(("day", "refund"), [("2021-04-12", "1200.00"), ("2021-04-17", "1100.00")])
async def test_ss_29_a_year_in_the_window_and_after_it(
    platform: Platform, clock: FixedClock, day: str, refund: str
) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform)
    year = await a_sale(chain, "1200", months=12)
    at(clock, day)
    assert await refund_of(chain, year) == refund


@pytest.mark.parametrize(("day", "refund"), [("2021-06-25", "60.00"), ("2021-06-30", "30.00")])
async def test_ss_30_two_months_in_the_window_and_after_it(
    platform: Platform, clock: FixedClock, day: str, refund: str
) -> None:
    at(clock, "2021-06-12")
    chain = await a_chain(platform)
    two_months = await a_sale(chain, "60", months=2)
    at(clock, day)
    assert await refund_of(chain, two_months) == refund


async def test_ss_31_unstarted_months_and_what_is_refused(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-05-01")
    chain = await a_chain(platform)
    year = await a_sale(chain, "1200", months=12)
    at(clock, "2021-08-15")
    assert await ending_refused(chain.seller, year, reason="  ") == ("REASON_REQUIRED",)
    assert await ending_refused(chain.customer.someone, year) == ("FORBIDDEN",)
    assert await refund_of(chain, year) == "800.00"
    assert await ending_refused(chain.seller, year) == ("SUBSCRIPTION_TERMINATED",)


async def test_ss_31_nothing_comes_back_where_refunds_are_off(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-05-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, allowRefund=False)
    year = await a_sale(chain, "1200", months=12)
    at(clock, "2021-05-06")
    assert await refund_of(chain, year) == "0.00"


@pytest.mark.parametrize(
    ("day", "discount", "refund"),
    [
        ("2025-03-31", None, "600.00"),
        ("2025-04-01", None, "0.00"),
        ("2025-03-10", "10", "0.00"),
        ("2025-03-10", "9.99", "540.06"),
    ],
)
async def test_ss_32_the_clock_of_activation_and_the_discount(
    platform: Platform, clock: FixedClock, day: str, discount: str | None, refund: str
) -> None:
    at(clock, "2025-03-01")
    chain = await a_chain(platform, preset="myoperator")
    if discount is not None:
        await give_discount(chain.customer, discount)
    year = await a_sale(chain, "600", months=12)
    at(clock, day)
    assert await refund_of(chain, year) == refund


async def test_ss_34_ending_before_the_minimum_term(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-01-01")
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "20")])
    await a_price(chain.reseller, plan, "30", min_term_months=12, early_end_percent="50")
    monthly = await bought(chain, plan)
    await paid_ahead(platform, monthly, cycles=3)
    at(clock, "2021-04-20")
    change = (await previewed(chain.seller, monthly)).wallets[0]
    assert (change.refund_micros, change.early_end_micros) == (0, parse_amount("120"))
    given = await ended(chain.seller, monthly)
    assert (given["refundMicros"], given["earlyEndMicros"]) == (0, parse_amount("120"))
    assert (await entries(chain.customer))[-2:] == [
        ("EARLY_END", "WALLET", None, "-120.00"),
        ("EARLY_END", "REVENUE", "SUBSCRIPTION", "120.00"),
    ]
    assert [row[0] for row in await entries(chain.reseller) if row[0] == "EARLY_END"] == []
    await require_sound_books(platform)


async def test_ss_35_a_transfer_keeps_the_end_and_moves_no_money(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_sale(chain, "30", cost="20", quantity=3)
    for _ in range(2):
        await assign(await a_member(platform, of=chain.customer), held)
    await change_subscription(platform, held, settings='{"greeting": "hello"}')
    before = await subscription(platform, held)
    posted = await rows(platform, "SELECT id FROM ledger_transaction")
    at(clock, "2021-04-10")
    await transferred(chain.seller, held, other)
    after = await subscription(platform, held)
    dates = ("anchor_date", "start_date", "end_date", "ends_at", "grace_ends_at", "ladder_ends_at")
    assert [after[name] for name in dates] == [before[name] for name in dates]
    assert (after["organization_id"], after["path"], after["settings"]) == (other.id, other.path, "{}")
    assert await rows(platform, "SELECT 1 FROM subscription_assignment WHERE subscription_id = $1", held) == []
    assert await rows(platform, "SELECT id FROM ledger_transaction") == posted
    assert await status(platform, held) == "ACTIVE"


async def test_ss_36_all_blockers_of_a_transfer_at_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform)
    euro = await another_customer(chain, currency="EUR")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "1"), (chain.reseller, "2")])
    trial = await tried(chain.seller, chain.customer, plan)
    assert await transfer_refused(chain.seller, trial, euro) == ("CURRENCY_MISMATCH", "TRIAL_NOT_TRANSFERABLE")


async def test_ss_46_the_ladder_of_an_unpaid_end(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator")
    monthly = await a_sale(chain, "3000")
    shown = [
        await status(platform, monthly, when)
        for when in ("2025-05-31T23:59", "2025-06-08T23:59", "2025-06-09T00:00", "2025-07-06T23:59", "2025-07-07T00:00")
    ]
    assert shown == ["ACTIVE", "GRACE", "EXPIRED", "EXPIRED", "DEACTIVATED"]


async def test_ss_48_without_grace_service_ends_at_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-08-01")
    chain = await a_chain(platform, preset="heyo")
    monthly = await a_sale(chain, "30")
    shown = [
        await status(platform, monthly, when)
        for when in ("2025-08-31T23:59", "2025-09-01T00:00", "2025-09-08T23:59", "2025-09-09T00:00")
    ]
    assert shown == ["ACTIVE", "EXPIRED", "EXPIRED", "TERMINATED"]
    at(clock, "2025-09-09")
    assert await ending_refused(chain.seller, monthly) == ("SUBSCRIPTION_TERMINATED",)


async def test_ss_63_a_trial_where_none_is_offered(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-08-01")
    chain = await a_chain(platform, preset="portabilling")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "1"), (chain.reseller, "2")])
    assert await trial_refused(chain.seller, chain.customer, plan) == ("TRIAL_NOT_OFFERED",)


async def test_ss_65_of_two_trials_at_once_one_starts(platform: Platform, clock: FixedClock) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "1"), (chain.reseller, "2")])
    attempts = [tried(chain.seller, chain.customer, plan) for _ in range(2)]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert [answer.codes for answer in refused] == [("TRIAL_ALREADY_USED",)]
    assert len(await rows(platform, "SELECT id FROM subscription")) == 1


async def test_ss_77_seven_of_twelve_months(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform)
    year = await a_sale(chain, "1000", months=12)
    at(clock, "2021-08-10")
    assert await refund_of(chain, year) == "583.33"


async def test_ms_57_a_pay_out_keeps_the_fee_of_the_currency(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform, currency="SGD", preset="b3networks")
    year = await a_sale(chain, "1100", months=12)
    assert await balance(chain.customer) == "8900.00"
    given = await ended(chain.seller, year, pay_out="BANK_TRANSFER")
    assert [given[name] for name in ("refundMicros", "feeMicros", "paidOutMicros")] == [
        parse_amount("1100"), parse_amount("21.40"), parse_amount("1078.60"),
    ]  # fmt: skip
    assert await balance(chain.customer) == "8900.00"
    assert (await entries(chain.customer))[-3:] == [
        ("PAY_OUT", "WALLET", None, "-1100.00"),
        ("PAY_OUT", "REVENUE", "ADMIN_FEE", "21.40"),
        ("PAY_OUT", "CASH", "BANK_TRANSFER", "1078.60"),
    ]
    await require_sound_books(platform)


async def test_ms_75_the_fee_is_at_most_the_refund(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-04-01")
    chain = await a_chain(platform, preset="b3networks")
    monthly = await a_sale(chain, "10")
    given = await ended(chain.seller, monthly, pay_out="CARD")
    assert [given[name] for name in ("refundMicros", "feeMicros", "paidOutMicros")] == [
        parse_amount("10"),
        parse_amount("10"),
        0,
    ]
    out = await rows(platform, "SELECT * FROM payment WHERE id = $1", given["paymentId"])
    assert (out[0]["kind"], out[0]["status"], out[0]["amount_micros"], out[0]["fee_micros"]) == (
        "PAY_OUT", "SETTLED", parse_amount("10"), parse_amount("10"),
    )  # fmt: skip
    await require_sound_books(platform)
