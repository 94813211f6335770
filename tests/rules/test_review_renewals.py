"""Renewals where several things come together: other ends, stops while waiting, groups, a start over (SUB-40 to 46)."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from billing import renewal_writing, renewals_due
from billing.due import write_due_in_real_time
from billing.purchase_method import PurchaseMethod
from billing.renewals_due import renew_in_real_time
from billing.reversals import reverse_transaction
from billing.stops_due import stop_what_is_unpaid
from core.clock import FixedClock, Instant, parse_instant
from core.money import format_amount
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.billing.test_ending import VAT
from tests.graph.billing_documents import codes, done
from tests.makers_billing import a_plan, a_tax_rule, balance, buy, change_wallet, pay, require_sound_books, rows, wallet
from tests.makers_plan_changes import changed
from tests.makers_renewals import MANY, refused, renewed
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    at,
    bought,
    change_subscription,
    ended,
    previewed,
    set_policy,
    status,
    subscription,
    timeline,
)
from tests.rules.stop_documents import lifted, stopped
from tests.rules.test_kept_terms import a_child
from tests.rules.test_plan_changes import two_plans
from tests.rules.test_renewals_due import due_at, ends, monthly, switched


async def waiting(platform: Platform, clock: FixedClock, **policy: object) -> tuple[Chain, str]:
    """With DAILY_REDUCTION, bought on 1 October for 30 a month; 20 are left, and on 1 November it waits."""
    at(clock, "2025-10-01")
    chain = await a_chain(platform, money="50")
    await set_policy(chain.reseller, shortfall="DAILY_REDUCTION", renewDaysBefore=0, **policy)
    held = await monthly(chain, "30")
    at(clock, "2025-11-01")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "SUSPENDED"
    return chain, held


async def test_sub_42_a_retry_fails_nothing_of_another_renewal_date(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="200")
    dear = await monthly(chain, "100")
    at(clock, "2025-05-03")
    cheap = await monthly(chain, "30")
    # 25 May: too little for the dear one; 27 May: its second try, and the cheap one's first
    await due_at(platform, clock, "2025-05-25")
    await due_at(platform, clock, "2025-05-27")
    assert await ends(platform, dear, cheap) == ["2025-06-01", "2025-07-03"]
    assert await balance(chain.customer) == "40.00"
    await require_sound_books(platform)


async def test_sub_46_what_waits_holds_up_nothing_else(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-10-01")
    chain = await a_chain(platform, money="155")
    await set_policy(chain.reseller, shortfall="DAILY_REDUCTION", renewDaysBefore=0)
    dear = await monthly(chain, "100")
    at(clock, "2025-10-03")
    cheap = await monthly(chain, "20")
    for day in (1, 2, 3):
        at(clock, f"2025-11-{day:02}")
        await write_due_in_real_time(platform, 0)
    assert (await status(platform, dear), await ends(platform, cheap)) == ("SUSPENDED", ["2025-12-03"])
    assert await status(platform, cheap) == "ACTIVE"


async def test_mon_75_the_credit_settles_what_the_full_fee_left_open(platform: Platform, clock: FixedClock) -> None:
    chain, held = await waiting(platform, clock)
    at(clock, "2025-11-11")
    await write_due_in_real_time(platform, 0)
    assert (await status(platform, held), await balance(chain.customer)) == ("ACTIVE", "0.00")
    found = await rows(platform, "SELECT total_micros, open_micros FROM invoice WHERE organization_id = $1 "
                       "AND type = 'TAX' ORDER BY issued_at", chain.customer.id)  # fmt: skip
    assert [(row["total_micros"], row["open_micros"]) for row in found] == [(30_000_000, 0), (30_000_000, 0)]
    await require_sound_books(platform)


async def test_sub_46_a_stop_while_it_waits_ends_no_waiting(platform: Platform, clock: FixedClock) -> None:
    chain, held = await waiting(platform, clock)
    at(clock, "2025-11-05T10:00")
    assert codes(await stopped(chain.seller, chain.customer)) == []
    for day in (6, 7):
        at(clock, f"2025-11-{day:02}")
        await write_due_in_real_time(platform, 0)
    at(clock, "2025-11-07T10:00")
    assert codes(await lifted(chain.seller, chain.customer)) == []
    at(clock, "2025-11-11")
    await write_due_in_real_time(platform, 0)
    assert (await status(platform, held), await balance(chain.customer)) == ("ACTIVE", "0.00")


async def test_sub_80_unsubscribed_while_it_waits_it_expires_at_once(platform: Platform, clock: FixedClock) -> None:
    chain, held = await waiting(platform, clock)
    at(clock, "2025-11-05T10:00")
    assert await switched(chain.customer.someone, held, False) == []
    assert await status(platform, held) == "EXPIRED"
    assert (await timeline(platform, held))[-1][1:3] == ("SUSPENDED", "EXPIRED")
    at(clock, "2025-11-12")
    await write_due_in_real_time(platform, 0)
    assert (await status(platform, held), await balance(chain.customer)) == ("EXPIRED", "20.00")


async def test_mon_65_all_or_nothing_counts_every_child(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator", money="6000")
    children = [await a_child(chain), await a_child(chain)]
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "3000")])
    held = [str((await buy(child.someone, child, plan))["subscriptionId"]) for child in children]
    at(clock, "2025-06-12")
    await write_due_in_real_time(platform, 0)
    assert [await status(platform, each) for each in held] == ["EXPIRED", "EXPIRED"]
    await pay(chain.customer, "3000")
    assert [await status(platform, each) for each in held] == ["EXPIRED", "EXPIRED"]
    await pay(chain.customer, "3000")
    assert [await status(platform, each) for each in held] == ["ACTIVE", "ACTIVE"]
    assert await balance(chain.customer) == "0.00"
    await require_sound_books(platform)


async def test_sub_64_a_period_that_was_replaced_is_renewed_again(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-01")
    chain = await a_chain(platform)
    await set_policy(chain.reseller, upgradeResetsAnchor=True, renewDaysBefore=0)
    plan, other = await two_plans(chain, ("10", "20"), ("30", "100"))
    held = await bought(chain, plan)
    assert codes(await renewed("extend", chain.customer.someone, held, cycles=1)) == []
    await changed(chain.customer.someone, held, plan_id=other)
    assert await ends(platform, held) == ["2025-02-01"]
    await due_at(platform, clock, "2025-02-01")
    assert await ends(platform, held) == ["2025-03-01"]
    await require_sound_books(platform)


class Nearly:
    """A clock that is a second before the instant when it is read first, and a second behind it from then on."""

    def __init__(self, at: Instant) -> None:
        self.reads = [at - 1_000_000]
        self.later = at + 1_000_000

    def now(self) -> Instant:
        return self.reads.pop() if self.reads else self.later


async def test_sub_40_midnight_that_comes_while_the_worker_looks(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="portabilling")
    held = await monthly(chain, "30")
    end = (await subscription(platform, held))["ends_at"]
    await change_subscription(platform, held, suspension_reasons="POLICY")
    await renew_in_real_time(replace(platform, clock=Nearly(end)))
    # it renews while SUSPENDED: not given up before it was ever tried
    assert (await subscription(platform, held))["renews_at"] == end


async def test_sub_112_tried_again_behind_the_end_it_shows_that_it_came_back(
    platform: Platform, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="heyo")
    held = await monthly(chain, "30")
    at(clock, "2025-06-01")

    async def crash(*given: object, **named: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(renewal_writing, "write_paid_time", crash)
        await write_due_in_real_time(platform, 0)
    clock.at += 30_000_000
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "ACTIVE"
    assert (await timeline(platform, held))[-1][2] == "ACTIVE"
    assert await rows(platform, "SELECT 1 FROM alert WHERE kind = 'EXPIRED' AND closed_at IS NULL") == []


async def test_sub_82_months_of_a_period_before_the_anchor_moved(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-31")
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, months=3, prices=[(chain.operator, "0"), (chain.reseller, "300")])
    held = await bought(chain, plan, cycle_months=3)
    assert codes(await renewed("extend", chain.customer.someone, held, cycles=1)) == []
    assert codes(await renewed("extend", chain.customer.someone, held, lastDay="2025-09-14")) == []
    # [30 April, 31 July) was counted from the 31st: its second month starts on 31 May
    for day, back in (("2025-05-29", "200.00"), ("2025-05-30", "200.00"), ("2025-05-31", "100.00")):
        at(clock, day)
        (line,) = [
            each for each in (await previewed(chain.seller, held)).wallets[0].lines
            if each.first_day.isoformat() == "2025-04-30"
        ]  # fmt: skip
        assert (day, format_amount(line.refund_net_micros, "USD")) == (day, back)


async def test_sub_40_what_was_ended_while_hindered_is_not_made_up(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = await monthly(chain, "30", "10")
    at(clock, "2025-05-24")
    assert codes(await stopped(chain.seller, chain.customer)) == []
    await due_at(platform, clock, "2025-05-25")
    at(clock, "2025-05-26")
    await ended(chain.seller, held)
    left = await balance(chain.customer), await balance(chain.reseller)
    at(clock, "2025-05-27")
    assert codes(await lifted(chain.seller, chain.customer)) == []
    await renew_in_real_time(platform)
    assert (await balance(chain.customer), await balance(chain.reseller)) == left


async def test_sub_40_ended_between_looking_and_locking(
    platform: Platform, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = await monthly(chain, "30", "10")
    at(clock, "2025-05-25T00:00")
    clock.at += 20_000_000
    real = renewals_due._one_in_real_time
    seen: list[str] = []

    async def ending_first(platform: Platform, group: object, now: int) -> int:
        if not seen:
            seen.append(await balance(chain.customer))
            await ended(chain.seller, held)
            seen.append(await balance(chain.customer))
        return await real(platform, group, now)  # type: ignore[arg-type]

    monkeypatch.setattr(renewals_due, "_one_in_real_time", ending_first)
    await renew_in_real_time(platform)
    assert await balance(chain.customer) == seen[1]


async def test_sub_42_two_that_wait_for_one_date_stand_together(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-10-01")
    chain = await a_chain(platform, money="80")
    await set_policy(chain.reseller, shortfall="DAILY_REDUCTION", renewDaysBefore=0)
    held = [await monthly(chain, "30"), await monthly(chain, "30")]
    for day, expected in ((1, "SUSPENDED"), (2, "SUSPENDED"), (20, "SUSPENDED"), (21, "ACTIVE")):
        at(clock, f"2025-11-{day:02}")
        await write_due_in_real_time(platform, 0)
        assert [day, *[await status(platform, each) for each in held]] == [day, expected, expected]
    assert await balance(chain.customer) == "0.00"
    await require_sound_books(platform)


async def test_sub_46_a_limit_reached_while_it_waits_ends_no_waiting(platform: Platform, clock: FixedClock) -> None:
    chain, held = await waiting(platform, clock)
    await change_subscription(platform, held, suspension_reasons="CREDIT_LIMIT,NO_FUNDS")
    for day in (2, 3):
        at(clock, f"2025-11-{day:02}")
        await write_due_in_real_time(platform, 0)
    await change_subscription(platform, held, suspension_reasons="NO_FUNDS")
    at(clock, "2025-11-11")
    await write_due_in_real_time(platform, 0)
    assert (await status(platform, held), await balance(chain.customer)) == ("ACTIVE", "0.00")


@pytest.mark.parametrize(
    ("zone", "start", "instant", "end"),
    [
        ("America/Sao_Paulo", "2018-10-04T12:00", "2018-11-04T03:00:00Z", "2018-12-04"),
        ("America/Havana", "2025-10-02T12:00", "2025-11-02T04:00:00Z", "2025-12-02"),
        ("Europe/Berlin", "2025-09-26T12:00", "2025-10-25T22:00:00Z", "2025-11-26"),
    ],
)
async def test_mon_5_midnights_that_are_missing_or_come_twice(
    platform: Platform, clock: FixedClock, zone: str, start: str, instant: str, end: str
) -> None:
    at(clock, start)
    chain = await a_chain(platform, timezone=zone)
    await set_policy(chain.reseller, renewDaysBefore=0)
    held = await monthly(chain, "30")
    assert (await subscription(platform, held))["ends_at"] == parse_instant(instant)
    clock.at = parse_instant(instant) - 1
    assert await renew_in_real_time(platform) == 0
    clock.at += 1
    assert await renew_in_real_time(platform) == 1
    assert await ends(platform, held) == [end]


async def test_sub_44_payments_hands_and_job_at_once_renew_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="30")
    held = await monthly(chain, "30", "10")
    await due_at(platform, clock, "2025-05-25")
    await asyncio.gather(
        *(pay(chain.customer, "40") for _ in range(4)),
        renewed("renew", chain.customer.someone, held),
        renewed("recover", chain.customer.someone, held, idempotencyKey="other-key-xyz"),
        renew_in_real_time(platform),
    )
    await renew_in_real_time(platform)
    assert (await ends(platform, held), await balance(chain.customer)) == (["2025-07-01"], "130.00")
    await require_sound_books(platform)


async def test_sub_46_postpaid_leaves_open_what_is_due(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-10-01")
    chain = await a_chain(platform, money="50")
    await set_policy(chain.reseller, shortfall="DAILY_REDUCTION", renewDaysBefore=0)
    held = await monthly(chain, "30")
    await change_wallet(chain.customer, mode="POSTPAID", credit_limit_micros="20", wallet_micros="0")
    at(clock, "2025-11-01")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "SUSPENDED"
    at(clock, "2025-11-11")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "ACTIVE"
    money = await wallet(chain.customer)
    assert (money["due_micros"], money["unbilled_micros"], money["invoice_open_micros"]) == (-20_000_000, 0, 20_000_000)


async def test_sub_54_rows_of_one_command_share_the_money(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="100")
    held = [await monthly(chain, "30") for _ in range(2)]
    row = {"subscriptionId": held[0], "version": 1, "operation": "RENEW"}
    answer = await done(
        chain.customer.someone, MANY, idempotencyKey="many", subscriptions=[row, row, row | {"subscriptionId": held[1]}]
    )
    found = [[each["code"] for each in one["errors"]] for one in answer["results"]]
    assert found == [[], ["VERSION_CONFLICT"], ["INSUFFICIENT_CREDIT"]]
    assert await balance(chain.customer) == "10.00"
    await require_sound_books(platform)


async def test_sub_42_a_chain_short_of_one_fails_all(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="100")
    held = [await monthly(chain, "10", "30") for _ in range(2)]
    await due_at(platform, clock, "2025-05-25")
    assert await ends(platform, *held) == ["2025-06-01"] * 2
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("80.00", "40.00")
    assert await rows(platform, "SELECT 1 FROM alert WHERE kind = 'UPSTREAM_SHORT'")


async def test_sub_20_what_waited_until_it_expired_is_no_renewal_any_more(
    platform: Platform, clock: FixedClock
) -> None:
    chain, held = await waiting(platform, clock)
    assert codes(await stopped(chain.seller, chain.customer)) == []
    at(clock, "2026-01-05")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "DEACTIVATED"
    assert codes(await lifted(chain.seller, chain.customer)) == []
    await write_due_in_real_time(platform, 0)
    await pay(chain.customer, "100")
    assert (await status(platform, held), await balance(chain.customer)) == ("DEACTIVATED", "120.00")
    assert await refused("recover", chain.customer.someone, held) == ["SUBSCRIPTION_NOT_ACTIVE"]
    assert await ends(platform, held) == ["2025-11-01"]


async def test_sub_82_lost_days_that_were_credited_take_nothing_off_unstarted_months(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2024-01-01")
    chain = await a_chain(platform, money="1200")
    await set_policy(chain.reseller, shortfall="DAILY_REDUCTION", renewDaysBefore=0)
    plan = await a_plan(chain.operator, months=12, prices=[(chain.operator, "0"), (chain.reseller, "1200")])
    held = await bought(chain, plan, cycle_months=12)
    at(clock, "2025-01-01")
    await write_due_in_real_time(platform, 0)
    await pay(chain.customer, "1100")
    assert await status(platform, held) == "SUSPENDED"
    at(clock, "2025-02-01")
    await write_due_in_real_time(platform, 0)
    # 31 of 365 days were lost: 1,200 x 334 / 365 was due
    assert (await status(platform, held), await balance(chain.customer)) == ("ACTIVE", "1.92")
    at(clock, "2025-03-17")
    await ended(chain.seller, held)  # nine months of twelve have not started
    assert await balance(chain.customer) == "901.92"
    await require_sound_books(platform)


async def stored(chain: Chain) -> str:
    """The customer's own status."""
    return str((await rows(chain.customer.platform, "SELECT status FROM organization WHERE id = $1",
                           chain.customer.id))[0]["status"])  # fmt: skip


async def test_stop_7_what_waits_for_money_is_due(platform: Platform, clock: FixedClock) -> None:
    chain, held = await waiting(platform, clock, suspendWhenUnpaid="INACTIVE")
    at(clock, "2025-11-01T00:10")
    await stop_what_is_unpaid(platform, 0)
    assert await stored(chain) == "SUSPENDED"
    at(clock, "2025-11-03T10:00")
    await pay(chain.customer, "7.99")  # 28.00 of 30.00 are due
    assert (await stored(chain), await status(platform, held)) == ("SUSPENDED", "SUSPENDED")
    await pay(chain.customer, "0.01")
    assert (await stored(chain), await status(platform, held)) == ("ACTIVE", "ACTIVE")
    assert await balance(chain.customer) == "0.00"


async def test_sub_42_one_charge_for_products_of_different_owners(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="1000")
    own = await bought(chain, await a_plan(chain.reseller, prices=[(chain.reseller, "20")]))
    free = await bought(chain, await a_plan(chain.operator, prices=[(chain.operator, "5"), (chain.reseller, "0")]))
    other = await monthly(chain, "30", "10")
    await due_at(platform, clock, "2025-05-25")
    assert await ends(platform, own, free, other) == ["2025-07-01"] * 3
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("900.00", "970.00")
    found = await rows(
        platform,
        "SELECT organization_id, total_micros FROM invoice WHERE issued_at = $1 ORDER BY total_micros",
        clock.now(),
    )
    assert [(each["organization_id"] == chain.customer.id, each["total_micros"]) for each in found] == [
        (False, 15_000_000),
        (True, 50_000_000),
    ]
    await require_sound_books(platform)
    # each ended alone: the whole period comes back, at every level
    for held in (own, free, other):
        await ended(chain.seller, held)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("950.00", "985.00")
    await require_sound_books(platform)


async def test_mon_90_renewed_on_an_invoice_written_elsewhere_each_keeps_its_number(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="100")
    await set_policy(chain.reseller, invoicing="NONE")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "10"), (chain.reseller, "3000")])
    held = [await bought(chain, plan, method=PurchaseMethod.EXTERNAL_INVOICE, external_number=f"X-{n}") for n in (1, 2)]
    await due_at(platform, clock, "2025-05-25")
    assert await ends(platform, *held) == ["2025-07-01"] * 2
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("100.00", "60.00")
    found = await rows(
        platform,
        "SELECT external_number FROM ledger_transaction WHERE type = 'RENEWAL' AND organization_id = $1 "
        "ORDER BY external_number",
        chain.customer.id,
    )
    assert [each["external_number"] for each in found] == ["X-1", "X-2"]
    await require_sound_books(platform)


async def test_mon_83_tax_of_each_line_in_one_charge_comes_back_to_the_cent(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="10000")
    await a_tax_rule(chain.reseller, VAT)
    plan = await a_plan(chain.operator, is_taxable=True, prices=[(chain.operator, "3.33"), (chain.reseller, "10.05")])
    held = [await bought(chain, plan, quantity=n) for n in (1, 3)]
    before = await balance(chain.customer), await balance(chain.reseller)
    await due_at(platform, clock, "2025-05-25")
    assert await ends(platform, *held) == ["2025-07-01"] * 2
    # 10.05 + 1.01 and 30.15 + 3.02
    assert Decimal(before[0]) - Decimal(await balance(chain.customer)) == Decimal("44.23")
    for each in held:
        await ended(chain.seller, each)
    assert (await balance(chain.customer), await balance(chain.reseller)) == before
    await require_sound_books(platform)


async def test_mon_23_a_refund_is_reversed_for_its_own_subscription(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="1000")
    held = [await monthly(chain, "30", "10"), await monthly(chain, "20", "5")]
    await due_at(platform, clock, "2025-05-25")
    assert await balance(chain.customer) == "900.00"
    for each in held:
        await ended(chain.seller, each)
    before = await balance(chain.customer), await balance(chain.reseller)
    (refund,) = await rows(
        platform,
        "SELECT t.id FROM ledger_transaction t WHERE t.type = 'REFUND' AND t.source_id = $1 AND t.organization_id = $2",
        held[0],
        chain.customer.id,
    )
    await do(chain.seller, lambda uow: reverse_transaction(uow, refund["id"]))
    assert (before, await balance(chain.customer), await balance(chain.reseller)) == (
        ("950.00", "985.00"),
        "920.00",
        "975.00",
    )
    await require_sound_books(platform)
