"""Sandbox clocks: shared by all below, ticking until first moved, never back; due work runs within the move."""

from core.clock import HOUR, FixedClock
from tenants.commands import Outcome
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import do, refusal
from tests.makers import a_customer, a_reseller, an_operator


async def now_of(uow: UnitOfWork) -> Outcome:
    """What time it is for the actor."""
    return {"now": uow.now}


async def test_everything_below_shares_the_clock_and_stands_once_moved(platform: Platform, clock: FixedClock) -> None:
    # given a sandbox reseller with a customer, and another reseller in real time
    operator = await an_operator(platform)
    sandbox = await a_reseller(platform, under=operator, sandbox=True)
    customer = await a_customer(platform, under=sandbox)
    real = await a_reseller(platform, under=operator)

    # when nobody has moved the clock, it ticks with the platform
    clock.advance_to(clock.now() + HOUR)
    start = clock.now()
    assert (await do(customer.someone, now_of))["now"] == start

    # then moved, it stands for the whole sandbox and for nobody else
    await do(sandbox.someone, lambda uow: advance_clock(uow, sandbox.id, start + 5 * HOUR))
    clock.advance_to(start + HOUR)
    assert (await do(customer.someone, now_of))["now"] == start + 5 * HOUR
    assert (await do(sandbox.someone, now_of))["now"] == start + 5 * HOUR
    assert (await do(real.someone, now_of))["now"] == start + HOUR


async def test_a_clock_is_never_moved_back_and_only_sandboxes_have_one(platform: Platform, clock: FixedClock) -> None:
    operator = await an_operator(platform)
    sandbox = await a_reseller(platform, under=operator, sandbox=True, stands_at=clock.now() + HOUR)
    real = await a_reseller(platform, under=operator)
    back = clock.now() + HOUR - 1
    assert await refusal(sandbox.someone, lambda uow: advance_clock(uow, sandbox.id, back)) == ("CLOCK_BACKWARDS",)
    refused = await refusal(real.someone, lambda uow: advance_clock(uow, real.id, clock.now() + HOUR))
    assert refused == ("CLOCK_NOT_SANDBOX",)


async def test_a_customer_moves_the_clock_it_shares_and_hooks_see_the_span(
    platform: Platform, clock: FixedClock
) -> None:
    operator = await an_operator(platform, sandbox=True)
    customer = await a_customer(platform, under=await a_reseller(platform, under=operator))
    spans: list[tuple[int, int, str]] = []

    async def note(uow: UnitOfWork, event: ClockAdvanced) -> None:
        assert uow.now == event.now
        spans.append((event.before, event.now, event.organization_id))

    start = clock.now()
    on_clock_advanced(note)
    try:
        await do(customer.someone, lambda uow: advance_clock(uow, customer.id, start + HOUR))
        await do(operator.someone, lambda uow: advance_clock(uow, operator.id, start + 3 * HOUR))
    finally:
        on_clock_advanced.forget(note)
    assert spans == [(start, start + HOUR, operator.id), (start + HOUR, start + 3 * HOUR, operator.id)]
