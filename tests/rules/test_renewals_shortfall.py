"""A renewal at the period's start that finds too little: it waits, and what was lost is credited (SUB-46, SS-59)."""

from typing import Any

from billing.due import write_due_in_real_time
from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.makers_billing import a_plan, balance, entries, pay, require_sound_books, rows
from tests.makers_renewals import quoted, renewed
from tests.makers_subscriptions import Chain, a_chain, at, bought, status, subscription, timeline


async def a_shop(platform: Platform, clock: FixedClock, cost: str = "0") -> tuple[Chain, str]:
    """[P], bought on 1 October for 30 a month; 20 are left."""
    at(clock, "2025-10-01")
    chain = await a_chain(platform, preset="portabilling", money="50")
    plan = await a_plan(chain.operator, prices=[(chain.operator, cost), (chain.reseller, "30")])
    held = await bought(chain, plan)
    assert (await balance(chain.customer), (await subscription(platform, held))["end_date"]) == ("20.00", "2025-11-01")
    return chain, held


async def comes_by(platform: Platform, clock: FixedClock, *days: int) -> None:
    """The worker at 00:00 of those days of November."""
    for day in days:
        at(clock, f"2025-11-{day:02}")
        await write_due_in_real_time(platform, 0)


async def alerts(platform: Platform) -> list[tuple[str, bool]]:
    """Kinds about the subscription for the customer, and whether each stands."""
    found = await rows(platform, "SELECT DISTINCT kind, closed_at FROM alert WHERE kind IN ('SUSPENDED', "
                       "'RENEWAL_FAILED') ORDER BY kind")  # fmt: skip
    return [(row["kind"], row["closed_at"] is None) for row in found]


async def test_ss_59_due_falls_by_the_day_until_the_money_covers_it(platform: Platform, clock: FixedClock) -> None:
    chain, held = await a_shop(platform, clock)

    await comes_by(platform, clock, 1)
    assert await status(platform, held) == "SUSPENDED"
    assert (await timeline(platform, held))[1:] == [(clock.now(), "ACTIVE", "SUSPENDED", "NO_FUNDS")]
    assert await alerts(platform) == [("RENEWAL_FAILED", True), ("SUSPENDED", True)]
    await comes_by(platform, clock, 2, 10)
    assert (await status(platform, held), await balance(chain.customer)) == ("SUSPENDED", "20.00")
    shown = await quoted("recover", chain.customer.someone, held)
    assert (shown["total"]["amount"], shown["blockers"][0]["details"]["missing"]) == ("21.00", "1.00")

    await comes_by(platform, clock, 11)

    assert await status(platform, held) == "ACTIVE"
    assert [entry for entry in await entries(chain.customer) if entry[0] in ("RENEWAL", "SHORTFALL_CREDIT")] == [
        ("RENEWAL", "WALLET", None, "-30.00"), ("RENEWAL", "REVENUE", "SUBSCRIPTION", "30.00"),
        ("SHORTFALL_CREDIT", "WALLET", None, "10.00"), ("SHORTFALL_CREDIT", "REVENUE", "SUBSCRIPTION", "-10.00"),
    ]  # fmt: skip
    row = await subscription(platform, held)
    assert (row["end_date"], row["renewal_failed_at"], row["suspension_reasons"]) == ("2025-12-01", None, "")
    assert (await timeline(platform, held))[-1][1:] == ("SUSPENDED", "ACTIVE", "REASON_LIFTED")
    assert await alerts(platform) == [("RENEWAL_FAILED", False), ("SUSPENDED", False)]
    (charge,) = await rows(platform, "SELECT c.refunded_net_micros FROM segment_charge c JOIN segment g "
                           "ON g.id = c.segment_id WHERE g.first_date = '2025-11-01' AND c.level = 0")  # fmt: skip
    assert charge["refunded_net_micros"] == 10_000_000
    await require_sound_books(platform)


async def test_sub_46_every_level_reduces_by_its_own_policy(platform: Platform, clock: FixedClock) -> None:
    chain, held = await a_shop(platform, clock, cost="15")
    assert await balance(chain.reseller) == "35.00"
    await comes_by(platform, clock, 1, 11)
    assert (await status(platform, held), await balance(chain.reseller)) == ("ACTIVE", "25.00")
    await require_sound_books(platform)


async def test_sub_46_a_payment_ends_the_waiting(platform: Platform, clock: FixedClock) -> None:
    chain, held = await a_shop(platform, clock)
    await comes_by(platform, clock, 1)
    at(clock, "2025-11-05T09:00")
    await pay(chain.customer, "5.99")
    assert await status(platform, held) == "SUSPENDED"
    await pay(chain.customer, "10")
    # four days are gone: 30 x 26 / 30
    assert (await status(platform, held), await balance(chain.customer)) == ("ACTIVE", "9.99")


async def test_sub_46_a_period_that_passes_unpaid_costs_nothing(platform: Platform, clock: FixedClock) -> None:
    chain, held = await a_shop(platform, clock)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "20")])
    await bought(chain, plan)  # the rest is spent
    await comes_by(platform, clock, 1)
    at(clock, "2025-11-20")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "SUSPENDED"
    at(clock, "2025-12-04")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "SUSPENDED"
    assert await balance(chain.customer) in ("0.00", "10.00")
    await require_sound_books(platform)


async def test_sub_46_recovered_by_hand_at_what_is_due(platform: Platform, clock: FixedClock) -> None:
    chain, held = await a_shop(platform, clock)
    await comes_by(platform, clock, 1)
    at(clock, "2025-11-11T08:00")
    answer: dict[str, Any] = await renewed("recover", chain.customer.someone, held)
    assert (answer["errors"], answer["subscription"]["status"], await balance(chain.customer)) == ([], "ACTIVE", "0.00")
