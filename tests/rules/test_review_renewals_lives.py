"""Renewals of what was handed over, repriced, changed, switched to and fro, or lives in a sandbox (SUB-40 ff.)."""

import asyncio

from billing.due import write_due_in_real_time
from billing.queued_changes_due import apply_in_real_time
from billing.renewal_dates import NEVER
from core.clock import FixedClock, parse_instant
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import codes
from tests.makers_billing import a_plan, a_price, balance, change_wallet, pay, require_sound_books
from tests.makers_plan_changes import changed
from tests.makers_renewals import quoted, renewed
from tests.makers_subscriptions import (
    a_chain,
    another_customer,
    at,
    bought,
    change_subscription,
    set_policy,
    status,
    subscription,
    timeline,
    transferred,
)
from tests.rules.test_plan_changes import two_plans
from tests.rules.test_renewals_due import a_sandbox, advance, due_at, ends, monthly, switched


async def test_sub_90_handed_over_it_renews_for_the_new_holder_in_its_zone(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = await monthly(chain, "30", "10")
    to = await another_customer(chain, timezone="Asia/Kolkata")
    await pay(to, "100")
    at(clock, "2025-05-10")
    await transferred(chain.seller, held, to)
    left = await balance(chain.customer)
    assert await due_at(platform, clock, "2025-05-24T18:29") == 0
    assert await due_at(platform, clock, "2025-05-24T18:30") == 1
    assert (await balance(chain.customer), await balance(to)) == (left, "70.00")
    assert (await subscription(platform, held))["ends_at"] == parse_instant("2025-06-30T18:30:00Z")
    await require_sound_books(platform)


async def test_sub_90_handed_over_in_a_sandbox_it_renews_when_the_clock_moves(platform: Platform) -> None:
    chain = await a_sandbox(platform, "2025-05-01T00:00:00Z")
    held = await monthly(chain, "30", "10")
    to = await another_customer(chain)
    await pay(to, "100")
    await advance(chain, "2025-05-20T00:00:00Z")
    await transferred(chain.seller, held, to)
    await advance(chain, "2025-05-26T00:00:00Z")
    assert await ends(platform, held) == ["2025-07-01"]
    assert await balance(to) == "70.00"


async def test_sub_3_reactivated_at_the_price_of_the_first_day_as_quoted(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-31")
    chain = await a_chain(platform, preset="heyo")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "30")])
    held = await bought(chain, plan)
    await change_subscription(platform, held, renews_at=NEVER)
    await a_price(chain.reseller, plan, "60", starts="2025-03-01")
    at(clock, "2025-03-02")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "EXPIRED"
    shown = await quoted("reactivate", chain.customer.someone, held)
    answer = await renewed(
        "reactivate",
        chain.customer.someone,
        held,
        quoteId=shown["quoteId"],
        total={"amount": shown["total"]["amount"], "currency": "USD"},
    )
    assert codes(answer) == []
    assert (shown["total"]["amount"], answer["subscription"]["endDate"]) == ("30.00", "2025-03-31")


async def test_sub_63_what_waits_prices_every_period_from_its_own_on(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("10", "50"), ("5", "20"))
    held = await bought(chain, plan)
    await monthly(chain, "30", "10")
    at(clock, "2025-05-10")
    await changed(chain.customer.someone, held, plan_id=other)
    await due_at(platform, clock, "2025-05-25")
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("9870.00", "9965.00")
    assert codes(await renewed("extend", chain.customer.someone, held, cycles=1)) == []
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("9850.00", "9960.00")
    at(clock, "2025-06-01")
    await write_due_in_real_time(platform, 0)
    await apply_in_real_time(platform, 0)
    assert (await subscription(platform, held))["plan_id"] == other
    await require_sound_books(platform)


async def test_sub_43_a_group_in_grace_is_paid_whole_or_not(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="60")
    held = [await monthly(chain, "30"), await monthly(chain, "30")]
    at(clock, "2025-06-03")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held[0]) == "GRACE"
    await asyncio.gather(pay(chain.customer, "30"), pay(chain.customer, "29.99"))
    assert [await status(platform, each) for each in held] == ["GRACE", "GRACE"]
    await asyncio.gather(pay(chain.customer, "0.01"), pay(chain.customer, "0.01"))
    assert [await status(platform, each) for each in held] == ["ACTIVE", "ACTIVE"]
    assert await balance(chain.customer) == "0.01"
    assert await ends(platform, *held) == ["2025-07-01"] * 2


async def test_sub_80_switched_to_and_fro_it_is_charged_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="30")
    held = await monthly(chain, "30")
    await due_at(platform, clock, "2025-05-25")
    assert await switched(chain.customer.someone, held, False) == []
    assert await switched(chain.customer.someone, held, True) == []
    row = await subscription(platform, held)
    assert row["renewal_failed_at"] is not None
    await set_policy(chain.reseller, renewOnPayment=False)
    await pay(chain.customer, "100")
    assert await switched(chain.customer.someone, held, False) == []
    assert await switched(chain.customer.someone, held, True) == []
    await due_at(platform, clock, "2025-05-27")
    assert (await ends(platform, held), await balance(chain.customer)) == (["2025-07-01"], "70.00")


async def test_sub_46_one_jump_of_a_sandbox_clock_waits_day_by_day(platform: Platform) -> None:
    chain = await a_sandbox(platform, "2025-10-01T00:00:00Z", preset="portabilling")
    held = await monthly(chain, "30")
    await change_wallet(chain.customer, wallet_micros="20")
    await advance(chain, "2025-11-20T00:00:00Z")
    shown = await status(platform, held, "2025-11-20T00:00")
    assert (shown, await ends(platform, held)) == ("ACTIVE", ["2025-12-01"])
    assert await balance(chain.customer) == "0.00"
    assert [(entry[0], entry[2]) for entry in (await timeline(platform, held))[1:]] == [
        (parse_instant("2025-11-01T00:00:00Z"), "SUSPENDED"), (parse_instant("2025-11-11T00:00:00Z"), "ACTIVE"),
    ]  # fmt: skip
