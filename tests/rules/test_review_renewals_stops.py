"""Renewals of who was moved, and of who is stopped for want of payment, alone or in a group (MOVE-6, STOP-7)."""

from billing.due import write_due_in_real_time
from billing.stops_due import stop_what_is_unpaid
from core.clock import EXACT_DAY, FixedClock
from tenants.unit_of_work import Platform
from tests.makers import Organization, organization_of
from tests.makers_billing import a_plan, balance, buy, change_wallet, limit, pay, require_sound_books, rows
from tests.makers_subscriptions import a_chain, at, previewed, set_policy, status, subscription
from tests.rules.test_kept_terms import a_child
from tests.rules.test_organizations_moves import MOVE, done, the_sellers
from tests.rules.test_renewals_due import monthly


async def own_status(of: Organization) -> str:
    """As stored, whatever stands above."""
    (row,) = await rows(of.platform, "SELECT status FROM organization WHERE id = $1", of.id)
    return str(row["status"])


async def test_move_6_a_renewal_after_a_move_charges_the_new_chain(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    f = await the_sellers(platform)
    plan = await a_plan(f.o, prices=[(f.o, "4"), (f.r1, "30"), (f.r2, "33")])
    for seller in (f.r1, f.r2):
        await limit(seller, "100")
    await pay(f.c2, "30")
    sold = str((await buy(f.ada, f.c2, plan))["subscriptionId"])
    assert (await done(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id))["errors"] == []
    moved = await organization_of(platform, f.c2.id)
    await pay(moved, "50")
    before = await balance(f.r1)
    end = (await subscription(platform, sold))["end_date"]
    at(clock, end)
    clock.at -= 5 * EXACT_DAY
    await write_due_in_real_time(platform, 0)
    assert await balance(moved) == "17.00"
    assert (await balance(f.r1), await balance(f.r2)) == (before, "-4.00")
    assert (await previewed(f.rob, sold)).wallets[0].refund_micros == 33_000_000
    await require_sound_books(platform)


async def test_stop_7_what_the_corporate_pays_lifts_the_stop_of_its_child(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator", money="3000")
    await set_policy(chain.operator, suspendWhenUnpaid="INACTIVE", kycRequired=False)
    child = await a_child(chain)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "3000")])
    held = str((await buy(child.someone, child, plan))["subscriptionId"])
    at(clock, "2025-06-09T00:00")
    clock.at += 20_000_000
    await write_due_in_real_time(platform, 0)
    await stop_what_is_unpaid(platform, 0)
    assert (await own_status(child), await status(platform, held)) == ("SUSPENDED", "EXPIRED")
    at(clock, "2025-06-12")
    await pay(chain.customer, "3000")
    assert (await own_status(child), await status(platform, held)) == ("ACTIVE", "ACTIVE")


async def test_stop_7_what_is_invoiced_and_not_due_takes_nothing_off_a_postpaid_limit(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="100")
    await set_policy(chain.reseller, suspendWhenUnpaid="INACTIVE", renewDaysBefore=0, graceDays=0, invoiceDueDays=60)
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0", credit_limit_micros="100")
    held = await monthly(chain, "90")
    await change_wallet(chain.customer, credit_limit_micros="20")
    at(clock, "2025-06-01")
    await write_due_in_real_time(platform, 0)
    await stop_what_is_unpaid(platform, 0)
    assert await own_status(chain.customer) == "SUSPENDED"
    await change_wallet(chain.customer, credit_limit_micros="90")
    await pay(chain.customer, "1")
    assert await own_status(chain.customer) == "ACTIVE"
    assert await status(platform, held) == "ACTIVE"


async def test_stop_7_all_or_nothing_leaves_every_child_stopped(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator", money="6000")
    await set_policy(chain.operator, suspendWhenUnpaid="INACTIVE", kycRequired=False)
    children = [await a_child(chain), await a_child(chain)]
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "3000")])
    held = [str((await buy(child.someone, child, plan))["subscriptionId"]) for child in children]
    at(clock, "2025-06-09T00:00")
    await write_due_in_real_time(platform, 0)
    await stop_what_is_unpaid(platform, 0)
    at(clock, "2025-06-12")
    for expected in (["SUSPENDED", "EXPIRED"], ["ACTIVE", "ACTIVE"]):
        await pay(chain.customer, "3000")
        for child, of in zip(children, held, strict=True):
            assert [await own_status(child), await status(platform, of)] == expected
    assert await balance(chain.customer) == "0.00"
    await require_sound_books(platform)
