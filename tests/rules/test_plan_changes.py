"""Section 7 of the subscription rules: what a change costs at every level, at once (SUB-60 to SUB-62, SUB-65)."""

from billing.order import AddOnOrder
from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.makers import a_member
from tests.makers_billing import a_plan, an_add_on, balance, product_of, require_sound_books, rows
from tests.makers_plan_changes import change_refused, changed, prorated
from tests.makers_subscriptions import Chain, a_chain, assign, at, bought, subscription


async def two_plans(
    chain: Chain, first: tuple[str, str], second: tuple[str, str], *, months: int = 1
) -> tuple[str, str]:
    """Two plans of one product of the operator's, each with the reseller's cost and its price."""
    plan = await a_plan(
        chain.operator, prices=[(chain.operator, first[0]), (chain.reseller, first[1])], months=months, name="First"
    )
    product = await product_of(chain.operator.platform, plan)
    other = await a_plan(
        chain.operator, product=product, prices=[(chain.operator, second[0]), (chain.reseller, second[1])],
        months=months, name="Second",
    )  # fmt: skip
    return plan, other


async def test_ss_07_what_is_added_costs_the_days_that_are_left_and_what_is_removed_nothing(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, _ = await two_plans(chain, ("40", "50"), ("60", "90"))
    prices = [(chain.operator, "4"), (chain.reseller, "10")]
    add_on = await an_add_on(chain.operator, await product_of(platform, plan), prices=prices)
    sold = await bought(chain, plan)
    at(clock, "2020-11-25")

    await changed(chain.customer.someone, sold, add=(AddOnOrder(add_on),))
    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["7.00"], ["2.80"])
    assert (await subscription(platform, sold))["end_date"] == "2020-12-16"

    outcome = await changed(chain.customer.someone, sold, remove=(add_on,))
    assert (outcome["saleId"], outcome["ledgerTransactionId"]) == (None, None)
    assert await prorated(chain.customer) == ["7.00"]
    assert await rows(platform, "SELECT 1 FROM subscription_add_on") == []
    await require_sound_books(platform)


async def test_ss_08_an_upgrade_charges_every_level_the_difference_of_its_own_prices(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("40", "50"), ("60", "90"))
    sold = await bought(chain, plan)
    at(clock, "2020-11-25")

    await changed(chain.customer.someone, sold, plan_id=other)

    assert (await prorated(chain.customer), await prorated(chain.reseller)) == (["28.00"], ["14.00"])
    row = await subscription(platform, sold)
    assert (row["plan_id"], row["plan_name"], row["end_date"]) == (other, "Second", "2020-12-16")
    await require_sound_books(platform)


async def test_ss_09_a_downgrade_at_once_costs_nothing_and_gives_nothing_back(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform, preset="b3networks")
    plan, other = await two_plans(chain, ("40", "50"), ("8", "10"))
    sold = await bought(chain, plan)
    before = await balance(chain.customer)
    at(clock, "2020-11-25")

    assert (await changed(chain.customer.someone, sold, plan_id=other))["timing"] == "AT_ONCE"

    assert ((await subscription(platform, sold))["plan_id"], await balance(chain.customer)) == (other, before)
    at(clock, "2020-11-30")
    await changed(chain.customer.someone, sold, plan_id=plan)
    assert await prorated(chain.customer) == []  # what the segment was charged is the old price, not the lower one


async def test_ss_10_a_yearly_upgrade_is_prorated_by_the_days_of_the_year(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    plan, other = await two_plans(chain, ("365", "370"), ("730", "740"), months=12)
    sold = await bought(chain, plan, cycle_months=12)
    at(clock, "2021-06-16")
    await changed(chain.customer.someone, sold, plan_id=other)
    assert (await prorated(chain.reseller), await prorated(chain.customer)) == (["153.00"], ["155.10"])


async def test_ss_11_more_licences_are_charged_and_fewer_than_assigned_are_refused(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2021-01-01")
    chain = await a_chain(platform)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "12")])
    sold = await bought(chain, plan, quantity=10)
    at(clock, "2021-01-21")
    await changed(chain.customer.someone, sold, quantity=13)
    assert await prorated(chain.customer) == ["12.77"]
    for _ in range(7):
        await assign(await a_member(platform, of=chain.customer), sold)
    assert await change_refused(chain.customer.someone, sold, quantity=5) == ("LICENCES_IN_USE",)
    await changed(chain.customer.someone, sold, quantity=8)
    assert (await subscription(platform, sold))["quantity"] == 8
    assert await prorated(chain.customer) == ["12.77"]
