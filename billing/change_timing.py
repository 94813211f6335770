"""When a change takes effect: at once, at once with a new period, or with the next period (SUB-62, SUB-64). Pure."""

from dataclasses import replace
from enum import StrEnum

from billing.chain import Level, OrderedItem, level_price
from billing.change_order import Content
from billing.change_prices import Standing, asked_today
from core.refusals import Refused
from tenants.policy.policy_resolution import Policies


class Timing(StrEnum):
    """From when on what was asked for holds."""

    AT_ONCE = "AT_ONCE"
    NEW_PERIOD = "NEW_PERIOD"
    NEXT_PERIOD = "NEXT_PERIOD"


def timing_of(level: Level, after: Content, standing: Standing, policies: Policies, *, is_forced: bool) -> Timing:
    """By the price at the buyer's level, today's of the new plan against what a unit was charged (SUB-62).

    `policies` are those that the running period started with; is_forced: a downgrade at once all the same.
    Refused: PLAN_NOT_OFFERED, PRICE_MISSING, CYCLE_NOT_OFFERED."""
    before = standing.before
    if before.plan.row.id == after.plan.row.id:
        return Timing.AT_ONCE
    try:
        new = level_price(level, after.plan.row.id, before.cycle_months, standing.today, ("planId",))
    except Refused as refusal:
        if refusal.codes == ("CYCLE_NOT_OFFERED",) and after.cycle_months != before.cycle_months:
            return Timing.NEXT_PERIOD  # it is sold for the new cycle alone, and that one waits
        raise
    old = price_in_force(level, standing)
    if new.unit.amount_micros > old:
        return Timing.NEW_PERIOD if policies.boolean("upgradeResetsAnchor") else Timing.AT_ONCE
    waits = policies.choice("downgradeTiming") == "NEXT_PERIOD" and not is_forced
    return Timing.NEXT_PERIOD if new.unit.amount_micros < old and waits else Timing.AT_ONCE


def price_in_force(level: Level, standing: Standing) -> int:
    """What a unit of the plan in force costs the buyer per cycle: as charged, else what is asked today."""
    charged = None if standing.is_external else standing.paid.plan_price(level, standing.today)
    plan: OrderedItem = standing.before.plan.row.ordered(1)
    return asked_today(level, plan, standing.before.cycle_months, standing.today) if charged is None else charged


def parts_of(before: Content, after: Content, timing: Timing) -> tuple[Content, bool]:
    """What holds at once, and whether anything is left that waits: a downgrade whole, else another cycle (SUB-62)."""
    if timing is Timing.NEXT_PERIOD:
        return before, True
    return replace(after, cycle_months=before.cycle_months), after.cycle_months != before.cycle_months
