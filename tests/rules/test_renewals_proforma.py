"""A proforma over the renewal amount before the end: no debt, and done with by the renewal (SUB-45, SS-72)."""

import asyncio

import pytest

from billing.due import write_due_in_real_time
from billing.proformas_due import issue_in_real_time
from core.clock import FixedClock, parse_instant
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.makers import a_customer, a_reseller, an_operator
from tests.makers_billing import a_plan, a_policy_value, a_preset, balance, pay, require_sound_books, rows
from tests.makers_renewals import renewed
from tests.makers_subscriptions import Chain, a_chain, at, bought, subscription

INVOICES = "SELECT * FROM invoice WHERE type = 'PROFORMA' ORDER BY issued_at, id"


@pytest.mark.parametrize(("start", "months", "before", "day"), [
    ("2025-06-01", 1, "2025-06-23T23:59", "2025-06-24"),
    ("2025-07-01", 3, "2025-09-10T23:59", "2025-09-11"),
    ("2025-04-10", 12, "2026-03-10T23:59", "2026-03-11"),
])  # fmt: skip
async def test_ss_72_by_the_length_of_the_cycle(
    platform: Platform, clock: FixedClock, start: str, months: int, before: str, day: str
) -> None:
    at(clock, start)
    chain = await a_chain(platform, preset="myoperator")
    plan = await a_plan(chain.operator, months=months, prices=[(chain.operator, "0"), (chain.reseller, "3000")])
    held = await bought(chain, plan, cycle_months=months)
    left = await balance(chain.customer)
    at(clock, before)
    assert await issue_in_real_time(platform, 0) == 0
    at(clock, day)
    await asyncio.gather(issue_in_real_time(platform, 0), issue_in_real_time(platform, 0))
    assert await issue_in_real_time(platform, 0) == 0

    (proforma,) = await rows(platform, INVOICES)
    end = (await subscription(platform, held))["end_date"]
    assert (proforma["total_micros"], proforma["open_micros"]) == (3_000_000_000, 3_000_000_000)
    assert (proforma["issue_date"], proforma["due_date"], proforma["counter"]) == (day, end, 1)
    assert await balance(chain.customer) == left
    await require_sound_books(platform)


async def test_sub_45_done_with_by_the_renewal(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, preset="myoperator")
    held = await bought(chain, await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "30")]))
    at(clock, "2025-06-25")
    assert await issue_in_real_time(platform, 0) == 1
    answer = await renewed("renew", chain.customer.someone, held)
    assert answer["errors"] == []
    assert [each["open_micros"] for each in await rows(platform, INVOICES)] == [0]
    at(clock, "2025-07-01")
    await write_due_in_real_time(platform, 0)
    assert await issue_in_real_time(platform, 0) == 0
    await require_sound_books(platform)


async def test_sub_45_in_a_sandbox_one_for_each_period(platform: Platform) -> None:
    place = {"currency": "USD", "timezone": "Asia/Kolkata", "country": "US"}
    stands = parse_instant("2025-01-31T06:00:00Z")
    operator = await an_operator(platform, sandbox=True, stands_at=stands, **place)
    await a_preset(operator, "myoperator")
    await a_policy_value(operator, "kycRequired", False)
    reseller = await a_reseller(platform, under=operator, **place)
    customer = await a_customer(platform, under=reseller, **place)
    await pay(customer, "10000")
    await bought(Chain(operator, reseller, customer), await a_plan(operator, prices=[
        (operator, "0"), (reseller, "30")]))  # fmt: skip
    to = parse_instant("2025-05-15T00:00:00Z")
    await do(operator.someone, lambda uow: advance_clock(uow, operator.id, to))
    found = await rows(platform, INVOICES)
    assert [(each["issue_date"], each["due_date"], each["open_micros"]) for each in found] == [
        ("2025-02-21", "2025-02-28", 0), ("2025-03-24", "2025-03-31", 0), ("2025-04-23", "2025-04-30", 0),
    ]  # fmt: skip
    assert [each["issued_at"] for each in found][:1] == [parse_instant("2025-02-20T18:30:00Z")]
