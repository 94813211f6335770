"""Reminders, ends and low money: SS-49, SS-50, SS-74, MON-66, ALR-1 and 2 (subscriptions rule book, section 15)."""

import asyncio
import json

from billing.alert_closing import close_in_real_time
from billing.due import write_due_in_real_time
from billing.low_money import LowMoneyMarks, set_low_money_alert
from billing.status_notices import tell_of_failed_renewal
from core.clock import EXACT_DAY, HOUR, FixedClock, format_instant, parse_instant
from core.money import parse_amount
from tenants.notices.notices import send_in_real_time
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.makers import Organization, a_customer, a_reseller, an_operator
from tests.makers_billing import a_plan, buy, pay, rows
from tests.makers_subscriptions import Chain, a_chain, at, bought, change_subscription, set_policy, subscription

COMING, EXPIRING, LOW = "notice.renewal_coming", "notice.expiring", "notice.low_money"


async def sent(of: Organization, topic: str) -> list[str]:
    """When each left, in UTC, to the minute."""
    found = await rows(
        of.platform, "SELECT created_at FROM outbox WHERE organization_id = $1 AND topic = $2 ORDER BY created_at, id",
        of.id, topic,
    )  # fmt: skip
    return [format_instant(each["created_at"])[:16] for each in found]


async def alerts(of: Organization, kind: str) -> list[tuple[str, bool]]:
    """Local date of each of its Alerts, and whether it is open."""
    found = await rows(
        of.platform, "SELECT alert_date, closed_at FROM alert WHERE organization_id = $1 AND kind = $2 "
        "ORDER BY alert_date", of.id, kind,
    )  # fmt: skip
    return [(each["alert_date"], each["closed_at"] is None) for each in found]


async def job(platform: Platform, clock: FixedClock, first: str, last: str) -> None:
    """The job runs five times a day, from the first day through the last."""
    day = parse_instant(f"{first}T00:00:00Z")
    while day <= parse_instant(f"{last}T00:00:00Z"):
        for hour in (0, 6, 9, 12, 20):
            clock.at = max(clock.at, day + hour * HOUR)
            await send_in_real_time(platform, 0)
            await close_in_real_time(platform, 0)
        day += EXACT_DAY


async def a_subscription(chain: Chain, *, end: str, auto_renew: bool = True) -> str:
    """One that ends on that date, in UTC."""
    plan = await a_plan(chain.operator, prices=[(chain.operator, "10"), (chain.reseller, "20")])
    held = await bought(chain, plan)
    ends = parse_instant(f"{end}T00:00:00Z")
    await change_subscription(
        chain.customer.platform, held, end_date=end, ends_at=ends, grace_ends_at=ends,
        ladder_ends_at=ends + 9 * EXACT_DAY, is_auto_renew=auto_renew,
    )  # fmt: skip
    return held


async def test_ss_49_ss_74_reminders_until_it_is_renewed(platform: Platform, clock: FixedClock) -> None:
    # given [M] a subscription that ends on 2025-09-15
    at(clock, "2025-08-15")
    chain = await a_chain(platform, preset="myoperator")
    held = await a_subscription(chain, end="2025-09-15")
    # when the job runs five times a day, and it is renewed on 09-01
    for first, last in (("2025-08-15", "2025-08-17"), ("2025-08-30", "2025-08-31")):
        await job(platform, clock, first, last)
    assert [each for each, is_open in await alerts(chain.customer, "RENEWAL_COMING") if is_open] == [
        "2025-08-16", "2025-08-31",
    ]  # fmt: skip
    at(clock, "2025-09-01T10:00")
    later = parse_instant("2025-10-15T00:00:00Z")
    await change_subscription(
        platform, held, end_date="2025-10-15", ends_at=later, grace_ends_at=later, ladder_ends_at=later
    )
    await job(platform, clock, "2025-09-01", "2025-09-02")
    for first, last in (("2025-09-07", "2025-09-08"), ("2025-09-13", "2025-09-14")):
        await job(platform, clock, first, last)
    # then one on 08-16, one on 08-31, no more, and both Alerts closed by themselves
    assert await sent(chain.customer, COMING) == ["2025-08-16T09:00", "2025-08-31T09:00"]
    assert await alerts(chain.customer, "RENEWAL_COMING") == [("2025-08-16", False), ("2025-08-31", False)]
    [first_notice, *_] = await rows(platform, "SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", COMING)
    payload = json.loads(first_notice["payload"])
    assert (payload["daysLeft"], payload["endDate"], payload["link"]) == (30, "2025-09-15", f"/subscriptions/{held}")


async def test_ss_49_not_renewed_all_four_are_sent(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-08-15")
    chain = await a_chain(platform, preset="myoperator")
    await a_subscription(chain, end="2025-09-15")
    for first, last in (
        ("2025-08-16", "2025-08-16"), ("2025-08-31", "2025-08-31"), ("2025-09-08", "2025-09-08"),
        ("2025-09-14", "2025-09-15"),
    ):  # fmt: skip
        await job(platform, clock, first, last)
    days = ["2025-08-16", "2025-08-31", "2025-09-08", "2025-09-14"]
    assert await sent(chain.customer, COMING) == [f"{day}T09:00" for day in days]


async def test_ss_50_renewing_is_told_of_at_14_days_ending_at_3(platform: Platform, clock: FixedClock) -> None:
    # given [B] an end on 2020-04-16, with auto-renew on and off
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks")
    await a_subscription(chain, end="2020-04-16")
    await a_subscription(chain, end="2020-04-16", auto_renew=False)
    for first, last in (("2020-04-01", "2020-04-02"), ("2020-04-12", "2020-04-13"), ("2020-04-15", "2020-04-16")):
        await job(platform, clock, first, last)
    assert await sent(chain.customer, COMING) == ["2020-04-02T09:00"]
    assert await sent(chain.customer, EXPIRING) == ["2020-04-13T09:00"]
    assert [day for day, _ in await alerts(chain.customer, "EXPIRING")] == ["2020-04-13"]


async def test_no_reminder_once_the_cause_is_gone(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks")
    now = clock.now()
    for columns in ({"terminated_at": now}, {"suspension_reasons": "POLICY"}, {"is_auto_renew": False}):
        held = await a_subscription(chain, end="2020-04-16")
        await change_subscription(platform, held, **columns)
    await a_subscription(chain, end="2020-04-16")
    await rows(platform, "UPDATE organization SET status = 'SUSPENDED' WHERE id = $1 RETURNING id", chain.reseller.id)
    await job(platform, clock, "2020-04-02", "2020-04-02")
    assert await sent(chain.customer, COMING) == []


async def test_days_of_the_policy_count_and_nothing_before_the_purchase(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2026-03-10T10:00")
    chain = await a_chain(platform)
    await set_policy(chain.operator, reminderDays=[45, 5])
    await a_subscription(chain, end="2026-03-15")  # its fifth day before the end was this morning
    await a_subscription(chain, end="2026-04-24")  # 45 days ahead: this morning, too
    await a_subscription(chain, end="2026-04-25")
    await job(platform, clock, "2026-03-10", "2026-03-11")
    assert await sent(chain.customer, COMING) == ["2026-03-11T09:00"]


async def test_alr_1_reminders_in_a_sandbox_leave_at_their_own_morning(platform: Platform) -> None:
    start = parse_instant("2026-01-31T10:00:00Z")
    operator = await an_operator(platform, currency="USD", timezone="UTC", country="US", sandbox=True, stands_at=start)
    reseller = await a_reseller(platform, under=operator, currency="USD", timezone="UTC", country="US")
    customer = await a_customer(platform, under=reseller, currency="USD", timezone="UTC", country="US")
    plan = await a_plan(operator, prices=[(operator, "0"), (reseller, "0")], months=3)
    held = (await buy(customer.someone, customer, plan, cycle_months=3))["subscriptionId"]
    stored = await subscription(platform, str(held))
    end = stored["end_date"]
    await change_subscription(platform, str(held), is_auto_renew=False, grace_ends_at=stored["ends_at"])
    until = parse_instant(f"{end}T12:00:00Z") + 40 * EXACT_DAY
    await do(operator.someone, lambda uow: advance_clock(uow, operator.id, until))
    assert [each[11:] for each in await sent(customer, EXPIRING)] == ["09:00"]
    [expired] = await rows(
        platform, "SELECT created_at, payload FROM outbox WHERE topic = 'notice.subscription_expired'"
    )
    assert format_instant(expired["created_at"])[:10] == end
    assert json.loads(expired["payload"])["whatStops"] == "Its services are off."
    assert [is_open for _, is_open in await alerts(customer, "EXPIRING")] == [False]
    assert len(await alerts(customer, "EXPIRED")) == 1


async def test_expired_and_deactivated_are_told_once_at_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2026-03-01")
    chain = await a_chain(platform)
    held = await a_subscription(chain, end="2026-03-10")
    await change_subscription(platform, held, final_state="DEACTIVATED")
    at(clock, "2026-03-10T00:00")
    await asyncio.gather(*(write_due_in_real_time(platform, 0) for _ in range(3)))
    await write_due_in_real_time(platform, 0)
    assert await sent(chain.customer, "notice.subscription_expired") == ["2026-03-10T00:00"]
    assert await alerts(chain.customer, "EXPIRED") == [("2026-03-10", True)]
    at(clock, "2026-03-19T00:00")
    await write_due_in_real_time(platform, 0)
    await close_in_real_time(platform, 0)
    assert await sent(chain.customer, "notice.subscription_deactivated") == ["2026-03-19T00:00"]
    assert await alerts(chain.customer, "EXPIRED") == [("2026-03-10", False)]
    assert await alerts(chain.customer, "DEACTIVATED") == [("2026-03-19", True)]


async def test_a_failed_renewal_is_told_to_buyer_and_seller_once_a_day(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2026-03-01")
    chain = await a_chain(platform)
    held = await a_subscription(chain, end="2026-03-10")
    await change_subscription(platform, held, renewal_failed_at=clock.now())
    for _ in range(2):
        async with platform_transaction(platform) as tx:
            await tell_of_failed_renewal(tx, held, clock.now())
    for of in (chain.customer, chain.reseller):
        assert len(await sent(of, "notice.renewal_failed")) == 1
        assert await alerts(of, "RENEWAL_FAILED") == [("2026-03-01", True)]
    assert await alerts(chain.operator, "RENEWAL_FAILED") == []
    await change_subscription(platform, held, renewal_failed_at=None)
    assert await close_in_real_time(platform, 0) == 2


async def test_mon_66_low_money_is_told_of_once_a_local_day_while_it_lasts(
    platform: Platform, clock: FixedClock
) -> None:
    # given a mark of 50 and 40 in the wallet, in Singapore
    at(clock, "2026-03-01T12:00")  # 20:00 in Singapore
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator)
    customer = await a_customer(platform, under=reseller)
    await pay(customer, "40")
    marks = LowMoneyMarks(customer.id, None, parse_amount("50"))
    for _ in range(3):
        await do(customer.someone, lambda uow: set_low_money_alert(uow, marks))
    assert await sent(customer, LOW) == ["2026-03-01T12:00"]
    # when it stays so, each morning at nine tells of it, and a movement of the same day does not again
    for hour in range(12, 60):
        clock.advance_to(parse_instant("2026-03-01T00:00:00Z") + hour * HOUR)
        await send_in_real_time(platform, clock.now() - HOUR)
    await pay(customer, "1")
    assert await sent(customer, LOW) == ["2026-03-01T12:00", "2026-03-02T01:00", "2026-03-03T01:00"]
    assert [day for day, _ in await alerts(customer, "LOW_MONEY")] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    # then, with money enough, all are closed and nothing is told any more
    await pay(customer, "100")
    assert all(not is_open for _, is_open in await alerts(customer, "LOW_MONEY"))
    clock.advance_to(parse_instant("2026-03-04T02:00:00Z"))
    await send_in_real_time(platform, 0)
    assert len(await sent(customer, LOW)) == 3
