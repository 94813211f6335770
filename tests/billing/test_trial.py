"""Trials: SUB-11, SUB-75, SUB-76, SUB-120."""

import pytest

from billing.trial import TrialOrder, start_trial
from core.clock import FixedClock, parse_instant
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_member
from tests.makers_billing import a_plan, a_price, rows
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    at,
    ended,
    set_policy,
    status,
    subscription,
    timeline,
    trial_refused,
    tried,
)


async def a_plan_for_all(chain: Chain, *, months: int = 1) -> str:
    """A plan with a price at every level."""
    return await a_plan(chain.operator, prices=[(chain.operator, "20"), (chain.reseller, "30")], months=months)


async def test_a_trial_is_free_at_every_level(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-09-01T10:00")
    chain = await a_chain(platform)
    plan = await a_plan_for_all(chain)
    before = await rows(platform, "SELECT id FROM ledger_transaction")
    trial = await tried(chain.seller, chain.customer, plan)
    assert await rows(platform, "SELECT id FROM ledger_transaction") == before
    assert await rows(platform, "SELECT 1 FROM segment_charge") == []
    row = await subscription(platform, trial)
    assert (row["start_date"], row["end_date"], row["ends_at"]) == (
        "2025-09-01", "2025-09-15", parse_instant("2025-09-15T10:00:00Z"),
    )  # fmt: skip
    assert (row["cycle_months"], row["quantity"], bool(row["is_auto_renew"])) == (1, 1, False)
    assigned = await rows(platform, "SELECT member_id FROM subscription_assignment WHERE subscription_id = $1", trial)
    assert assigned == [{"member_id": chain.customer.owner_id}]
    assert await timeline(platform, trial) == [(clock.now(), None, "TRIAL", "TRIAL_STARTED")]
    assert await status(platform, trial) == "TRIAL"


async def test_a_time_that_the_last_day_does_not_have_is_the_first_after_the_gap(
    platform: Platform, clock: FixedClock
) -> None:
    clock.at = parse_instant("2026-03-01T07:30:00Z")  # 02:30 in New York; on 8 March 02:30 does not exist
    chain = await a_chain(platform, timezone="America/New_York")
    await set_policy(chain.reseller, trialDays=7)
    row = await subscription(platform, await tried(chain.seller, chain.customer, await a_plan_for_all(chain)))
    assert row["ends_at"] == parse_instant("2026-03-08T07:00:00Z")


async def test_a_trial_keeps_the_policy_it_started_with(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-09-01T10:00")
    chain = await a_chain(platform, preset="b3networks")
    trial = await tried(chain.seller, chain.customer, await a_plan_for_all(chain))
    await set_policy(chain.reseller, trialDays=1, trialRetentionDays=0)
    row = await subscription(platform, trial)
    assert bool(row["is_auto_renew"]) is True  # trialConverts AUTO
    assert row["ladder_ends_at"] == parse_instant("2025-10-30T00:00:00Z")  # 30 days, through 28 days after 1 October


@pytest.mark.parametrize(("months", "expected"), [((12, 3), 3), ((0, 6), 6)])
async def test_it_will_be_paid_by_the_shortest_cycle_that_is_offered(
    platform: Platform, months: tuple[int, ...], expected: int
) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator)
    for each in months:
        await a_price(chain.operator, plan, "20", months=each)
        await a_price(chain.reseller, plan, "30", months=each)
    await a_price(chain.reseller, plan, "30", months=1, starts="2999-01-01")
    row = await subscription(platform, await tried(chain.seller, chain.customer, plan))
    assert row["cycle_months"] == expected


async def test_a_trial_needs_a_price_at_every_level(platform: Platform) -> None:
    chain = await a_chain(platform)
    unpriced = await a_plan(chain.operator, prices=[(chain.operator, "20")])
    assert await trial_refused(chain.seller, chain.customer, unpriced) == ("PLAN_NOT_OFFERED",)
    without_cost = await a_plan(chain.operator, prices=[(chain.reseller, "30")])
    await offered_without_cost(chain, without_cost)
    assert await trial_refused(chain.seller, chain.customer, without_cost) == ("COST_MISSING",)


@pytest.mark.parametrize(
    ("months", "code"), [(12, "CYCLE_NOT_OFFERED"), (10**9, "CYCLE_NOT_OFFERED"), (0, "CYCLE_TOO_SHORT")]
)
async def test_a_cycle_that_is_asked_for_must_be_offered(platform: Platform, months: int, code: str) -> None:
    chain = await a_chain(platform)
    order = TrialOrder(chain.customer.id, await a_plan_for_all(chain), cycle_months=months)
    assert await refusal(chain.seller, lambda uow: start_trial(uow, order)) == (code,)


async def offered_without_cost(chain: Chain, plan: str) -> None:
    """The reseller is offered the plan for a cycle that nobody asked for."""
    await a_price(chain.operator, plan, "20", months=12)


async def test_quantity_comes_before_the_trial_itself(platform: Platform) -> None:
    chain = await a_chain(platform, preset="portabilling")
    order = TrialOrder(chain.customer.id, await a_plan_for_all(chain), quantity=0)
    assert await refusal(chain.seller, lambda uow: start_trial(uow, order)) == ("QUANTITY_INVALID",)


async def test_only_the_seller_gives_a_trial(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan_for_all(chain)
    assert await trial_refused(chain.customer.someone, chain.customer, plan) == ("FORBIDDEN",)
    assert await trial_refused(chain.operator.someone, chain.customer, plan) == ("FORBIDDEN",)
    billing = await a_member(platform, of=chain.reseller, role="BILLING")
    assert await trial_refused(billing, chain.customer, plan) == ("FORBIDDEN",)
    beside = await a_customer(platform, under=chain.operator)
    assert await trial_refused(chain.seller, beside, plan) == ("NOT_FOUND",)


async def test_no_trial_while_stopped(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan_for_all(chain)
    await stop(chain.customer)
    assert await trial_refused(chain.seller, chain.customer, plan) == ("ORGANIZATION_NOT_ACTIVE",)


async def stop(organization: Organization) -> None:
    """Suspended, put in directly."""
    async with platform_transaction(organization.platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", organization.id)


async def test_another_organization_tries_the_same_product(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan_for_all(chain)
    other = await a_customer(platform, under=chain.reseller, currency="USD", country="US", timezone="UTC")
    assert await tried(chain.seller, chain.customer, plan) != await tried(chain.seller, other, plan)


async def test_a_trial_that_was_ended_is_used_up(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan_for_all(chain)
    given = await ended(chain.seller, await tried(chain.seller, chain.customer, plan))
    assert given["refundMicros"] == 0
    assert await trial_refused(chain.seller, chain.customer, plan) == ("TRIAL_ALREADY_USED",)


async def test_it_is_logged_and_told(platform: Platform) -> None:
    chain = await a_chain(platform)
    order = TrialOrder(chain.customer.id, await a_plan_for_all(chain))
    made = await do(chain.seller, lambda uow: start_trial(uow, order), operation="startTrial")
    logged = await rows(platform, "SELECT action, organization_id FROM audit_entry WHERE entity_id = $1",
                        made["subscriptionId"])  # fmt: skip
    assert logged == [{"action": "startTrial", "organization_id": chain.customer.id}]
    sent = await rows(platform, "SELECT topic FROM outbox WHERE subject_id = $1", made["subscriptionId"])
    assert sent == [{"topic": "subscription.trial_started"}]
