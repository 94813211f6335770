"""`startTrial`: a free subscription, once per product and organization for ever (SUB-75, SUB-76). Posts nothing."""

from dataclasses import dataclass
from datetime import date

from billing.chain import Level, SaleChain, level_price, read_chain
from billing.order import PlanRow, check_quantities, read_plan, require_sold
from billing.periods import require_cycle
from billing.purchase import require_chain_active
from billing.purchase_rows import assign_owner
from billing.subscription_status import Cause, FinalState, Status, trial_ladder
from billing.timeline import TimelineEntry, write_entries
from core.calendar import local_date, same_local_time
from core.ids import new_id
from core.refusals import refuse
from core.transaction import insert
from tenants.access import OrganizationFacts, allow, hold_active, organization_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

STARTED_TOPIC = "subscription.trial_started"


@dataclass(frozen=True, slots=True)
class TrialOrder:
    """Who tries what; cycle_months is what it will be paid by, the shortest cycle that is offered when None."""

    organization_id: str
    plan_id: str
    quantity: int = 1
    cycle_months: int | None = None


async def start_trial(uow: UnitOfWork, order: TrialOrder) -> Outcome:
    """Start a TRIAL that ends `trialDays` later at the same local time; free at every level. Answers subscriptionId.

    Refused, the first that fails (SUB-11): NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED,
    PLAN_NOT_OFFERED, CYCLE_TOO_SHORT, PRICE_MISSING, CYCLE_NOT_OFFERED, COST_MISSING, QUANTITY_INVALID,
    QUANTITY_LIMIT, BUNDLE_QUANTITY_LIMIT, TRIAL_NOT_OFFERED, TRIAL_ALREADY_USED."""
    organization = await organization_by_id(uow, order.organization_id, ("organizationId",))
    named = await read_plan(uow, order.plan_id, organization.id)
    allow(uow, Action.START_TRIAL, organization)
    require_chain_active(organization)
    plan = require_sold(named)
    await hold_active(uow, organization.id)
    subscription_id = new_id("sub")
    async with uow.as_platform("SUB-11: a trial needs a price at every level, though it costs nothing"):
        chain = await read_chain(uow, organization.id, plan.owner_id, [plan.ordered(order.quantity)], is_preview=True)
        cycle_months = _require_offered(uow, chain, plan, order, organization.timezone)
        await _use_up(uow, organization, plan)
        await _write(uow, subscription_id, chain.levels[0], plan, order, cycle_months)
    holder, path = organization.id, organization.path
    after = {"planId": plan.id, "quantity": order.quantity, "status": Status.TRIAL.value}
    uow.audit("Subscription", subscription_id, organization_id=holder, path=path, after=after)
    uow.send(STARTED_TOPIC, subscription_id, {"subscriptionId": subscription_id}, organization_id=holder, path=path)
    return {"subscriptionId": subscription_id}


def _require_offered(uow: UnitOfWork, chain: SaleChain, plan: PlanRow, order: TrialOrder, zone: str) -> int:
    """The checks of a purchase up to the trial's own (SUB-11); answers the months of the cycle."""
    own, today = chain.levels[0], local_date(uow.now, zone)
    cycle_months = _shortest_cycle(own, plan.id, today) if order.cycle_months is None else order.cycle_months
    require_cycle(cycle_months)
    for level in chain.levels:
        level_price(level, plan.id, cycle_months, today, ("planId",))
    check_quantities(plan, order.quantity, (), own.policies)
    if own.policies.integer("trialDays") == 0:
        refuse("TRIAL_NOT_OFFERED", "The seller offers no trial.", ("planId",))
    return cycle_months


def _shortest_cycle(level: Level, plan_id: str, today: date) -> int:
    rows = (each.row for each in level.prices.get(plan_id, ()))
    offered = (row.cycle_months for row in rows if row.currency == level.currency and row.valid_from <= today)
    return min((months for months in offered if months), default=1)


async def _use_up(uow: UnitOfWork, organization: OrganizationFacts, plan: PlanRow) -> None:
    """Take the one trial of product and organization; of two at once the second waits here and is refused."""
    taken = await uow.tx.execute(
        "INSERT INTO trial_use (organization_id, path, product_id, used_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (organization_id, product_id) DO NOTHING",
        organization.id, organization.path, plan.product_id, uow.now,
    )  # fmt: skip
    if not taken:
        refuse("TRIAL_ALREADY_USED", "This product was tried before.", ("planId",))


async def _write(
    uow: UnitOfWork, subscription_id: str, level: Level, plan: PlanRow, order: TrialOrder, cycle_months: int
) -> None:
    """The row, its Owner's assignment and its timeline. Retention and conversion are kept as they are now (SUB-120)."""
    buyer, policies, zone = level.pair.buyer, level.policies, level.pair.buyer.timezone
    ends_at = same_local_time(uow.now, policies.integer("trialDays"), zone)
    steps = trial_ladder(ends_at, zone, policies.integer("trialRetentionDays"))
    start = local_date(uow.now, zone).isoformat()
    await insert(
        uow.tx, "subscription", id=subscription_id, organization_id=buyer.id, path=buyer.path,
        seller_id=level.pair.seller.id, product_id=plan.product_id, plan_id=plan.id, product_name=plan.product_name,
        plan_name=plan.name, quantity=order.quantity, cycle_months=cycle_months, currency=level.currency,
        is_trial=True, is_auto_renew=policies.choice("trialConverts") == "AUTO", method="NORMAL", anchor_date=start,
        start_date=start, end_date=local_date(ends_at, zone).isoformat(), started_at=uow.now, activated_at=uow.now,
        ends_at=steps.ends_at, grace_ends_at=steps.grace_ends_at, ladder_ends_at=steps.ladder_ends_at,
        final_state=FinalState.TERMINATED.value, settings="{}", created_at=uow.now,
    )  # fmt: skip
    await assign_owner(uow, buyer, subscription_id)
    place = (subscription_id, buyer.id, buyer.path)
    started = Cause.TRIAL_STARTED.value
    await write_entries(uow.tx, [TimelineEntry(*place, uow.now, None, Status.TRIAL, started, uow.actor.member_id)])
