"""What time alone does to subscriptions: SUB-112, SUB-115. Day by day and one jump leave the same rows."""

import asyncio

import pytest

from billing.due import write_due_changes
from billing.subscription_status import Status
from billing.timeline import TimelineEntry, write_entries
from core.clock import EXACT_DAY, FixedClock, Instant, parse_instant
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.makers import Organization, a_customer, an_operator
from tests.makers_billing import a_plan, buy, pay, rows
from tests.makers_subscriptions import Chain, a_chain, at, bought, timeline, tried

MAY = parse_instant("2025-05-01T00:00:00Z")
STEPS = [
    (parse_instant("2025-06-01T00:00:00Z"), "ACTIVE", "GRACE", "END_REACHED_UNPAID"),
    (parse_instant("2025-06-09T00:00:00Z"), "GRACE", "EXPIRED", "GRACE_OVER"),
    (parse_instant("2025-07-07T00:00:00Z"), "EXPIRED", "DEACTIVATED", "EXPIRY_OVER"),
]


async def two_subscriptions(platform: Platform, clock: FixedClock) -> tuple[Chain, str, str]:
    """A monthly one and a trial of 14 days, both from 1 May 2025."""
    clock.at = MAY
    chain = await a_chain(platform)
    plans = [await a_plan(chain.operator, prices=[(chain.operator, "20"), (chain.reseller, "30")]) for _ in range(2)]
    return chain, await bought(chain, plans[0]), await tried(chain.seller, chain.customer, plans[1])


async def work(platform: Platform, until: Instant, after: Instant = 0) -> int:
    async with platform_transaction(platform) as tx:
        return await write_due_changes(tx, until, after=after)


async def moved(who: Organization, sandbox: Organization, to: Instant) -> None:
    """The sandbox's clock is moved forward."""
    await do(who.someone, lambda uow: advance_clock(uow, sandbox.id, to))


@pytest.mark.parametrize("days", [1, 40, 100])
async def test_day_by_day_and_one_jump_leave_the_same(platform: Platform, clock: FixedClock, days: int) -> None:
    _, monthly, trial = await two_subscriptions(platform, clock)
    for now in range(MAY, MAY + 100 * EXACT_DAY + 1, days * EXACT_DAY):
        await work(platform, now)
    await work(platform, MAY + 100 * EXACT_DAY)
    assert (await timeline(platform, monthly))[1:] == STEPS
    assert (await timeline(platform, trial))[1:] == [
        (parse_instant("2025-05-15T00:00:00Z"), "TRIAL", "EXPIRED", "TRIAL_OVER"),
        (parse_instant("2025-06-15T00:00:00Z"), "EXPIRED", "TERMINATED", "EXPIRY_OVER"),
    ]
    ordered = await rows(platform, "SELECT at FROM timeline_entry WHERE at > $1 ORDER BY id", MAY)
    assert ordered == sorted(ordered, key=lambda row: row["at"])


async def test_nothing_is_written_twice_or_early(platform: Platform, clock: FixedClock) -> None:
    _, monthly, _ = await two_subscriptions(platform, clock)
    assert await work(platform, STEPS[0][0] - 1) == 1  # the trial
    assert await work(platform, STEPS[0][0]) == 1
    assert await work(platform, STEPS[0][0]) == 0
    assert (await timeline(platform, monthly))[1:] == STEPS[:1]


async def test_two_at_once_write_an_entry_once(platform: Platform, clock: FixedClock) -> None:
    _, monthly, _ = await two_subscriptions(platform, clock)
    entry = TimelineEntry(monthly, "org", "1.", STEPS[0][0], Status.ACTIVE, Status.GRACE, "END_REACHED_UNPAID")

    async def write() -> int:
        async with platform_transaction(platform) as tx:
            return await write_entries(tx, [entry])

    assert sorted(await asyncio.gather(write(), write())) == [0, 1]
    assert len(await timeline(platform, monthly)) == 2


async def test_a_window_of_time_reads_only_what_changed_in_it(platform: Platform, clock: FixedClock) -> None:
    _, monthly, _ = await two_subscriptions(platform, clock)
    end = STEPS[2][0]
    assert await work(platform, end, after=end) == 0
    assert await timeline(platform, monthly) == [(MAY, None, "ACTIVE", "PURCHASED")]


async def test_a_sandbox_lives_through_its_own_time_alone(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-01")
    operator = await an_operator(platform, currency="USD", timezone="UTC", country="US")
    place = {"currency": "USD", "timezone": "UTC", "country": "US"}
    real = await a_customer(platform, under=operator, **place)
    toy = await a_customer(platform, under=operator, sandbox=True, stands_at=MAY, **place)
    plan = await a_plan(operator, prices=[(operator, "30")])
    held = {}
    for customer in (real, toy):
        await pay(customer, "30")  # not enough for a second month
        held[customer.id] = (await buy(customer.someone, customer, plan))["subscriptionId"]
    for day in ("2025-06-05", "2025-08-01"):
        await moved(operator, toy, parse_instant(f"{day}T00:00:00Z"))
    assert (await timeline(platform, held[toy.id]))[1:] == STEPS
    assert len(await timeline(platform, held[real.id])) == 1
    await work(platform, parse_instant("2025-12-01T00:00:00Z"))
    assert len(await timeline(platform, held[real.id])) == 4
    assert (await timeline(platform, held[toy.id]))[1:] == STEPS
