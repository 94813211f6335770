"""What a change of a subscription finds and decides, up to money: for its quote and for the command (SUB-60 to SUB-65).

Writes nothing. Checks go in the order of GEN-1: rows, role, version, input, prices, state."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from billing.chain import SaleChain, level_price, read_chain
from billing.change_order import (
    ChangeOrder,
    Content,
    LineChange,
    PlanInCategory,
    add_ons_by_id,
    changed_content,
    check_content,
    line_changes,
    stored_add_ons,
    stored_plans,
)
from billing.change_prices import PricedChange, Standing, invoiced_elsewhere, price_at_once, price_new_period
from billing.change_timing import Timing, parts_of, timing_of
from billing.order import AddOnRow, check_add_ons, read_add_ons, read_plan, require_sold
from billing.paid_time import paid_time_left
from billing.periods import require_cycle
from billing.prepared_change import PreparedChange, SeenChange
from billing.purchase import LONGEST_CYCLE_MONTHS, first_time, require_chain_active
from billing.purchase_invoices import overdue_blocker
from billing.queued_changes import QueuedAddOn, QueuedChange, queued_change_of
from billing.subscription_access import Held, subscription_for
from billing.subscription_status import Status
from core.calendar import local_date, start_of_day
from core.refusals import Blockers, refuse
from core.transaction import fetch_value
from tenants.access import not_found, row_by_id
from tenants.permissions import Action
from tenants.policy.policy import read_policies
from tenants.unit_of_work import UnitOfWork

CHANGEABLE = frozenset({Status.ACTIVE, Status.GRACE})
"""SUB-65."""


async def read_change(uow: UnitOfWork, order: ChangeOrder, *, is_preview: bool = False) -> SeenChange:
    """What the order names, in the actor's own sight; the subscription's row stays locked unless it is a preview.

    Refused: NOT_FOUND, FORBIDDEN (also is_at_once by the buyer itself) and the other codes of the permission table,
    VERSION_CONFLICT, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED, PRICE_MISSING, CYCLE_TOO_SHORT, CYCLE_NOT_OFFERED,
    BACKDATED_PLAN_CHANGE, DATE_OUT_OF_RANGE (a later date than today)."""
    where = ("subscriptionId",)
    named = await row_by_id(uow, "subscription", order.subscription_id, where, "t.organization_id, t.plan_id")
    is_other = order.plan_id not in (None, named["plan_id"])
    plan = await read_plan(uow, order.plan_id or "", named["organization_id"]) if is_other else None
    added = await read_add_ons(uow, order.add, "add")
    await _require_held(uow, order)
    action = Action.CHANGE_ADD_ONS if order.concerns_add_ons_only else Action.CHANGE_PLAN
    held = await subscription_for(uow, action, order.subscription_id, order.version, is_preview=is_preview)
    if order.is_at_once and not _is_of_seller(uow, held):
        refuse("FORBIDDEN", "A downgrade at once is the seller's to choose.", ("isAtOnce",))
    require_chain_active(held.holder)
    today = local_date(uow.now, held.holder.timezone)
    _require_today(order.day, today)
    if order.cycle_months is not None:
        require_cycle(order.cycle_months)
        if order.cycle_months > LONGEST_CYCLE_MONTHS:
            refuse("CYCLE_NOT_OFFERED", "It is not sold for this cycle.", ("cycleMonths",))
    return SeenChange(order, held, None if plan is None else require_sold(plan), added, today)


def _is_of_seller(uow: UnitOfWork, held: Held) -> bool:
    """Whether a member of the holder's seller asks, also in a support session, and nobody from further up (SUB-62)."""
    support = uow.actor.support
    asking = uow.actor.organization_id if support is None else support.supporter_organization_id
    return asking == held.holder.parent_id


async def _require_held(uow: UnitOfWork, order: ChangeOrder) -> None:
    """NOT_FOUND for an add-on that is to change or to go and that the subscription does not have."""
    rows = await uow.tx.fetch(
        "SELECT a.add_on_id FROM subscription_add_on a WHERE a.subscription_id = $4 "
        f"AND {uow.visible('a', 'subscription_add_on')}",
        *uow.scope, order.subscription_id,
    )  # fmt: skip
    held = {row["add_on_id"] for row in rows}
    for place, each in enumerate(order.quantities):
        if each.add_on_id not in held:
            not_found(("quantities", str(place), "addOnId"))
    for place, add_on_id in enumerate(order.remove):
        if add_on_id not in held:
            not_found(("remove", str(place)))


def _require_today(day: date | None, today: date) -> None:
    """A change is for today: never dated back (SUB-65), and what waits is dated by the rules alone (SUB-63)."""
    if day is not None and day < today:
        refuse("BACKDATED_PLAN_CHANGE", "A change is never dated back.", ("onDate",), today=today.isoformat())
    if day is not None and day > today:
        refuse("DATE_OUT_OF_RANGE", "A change is for today.", ("onDate",), today=today.isoformat())


async def prepare_change(uow: UnitOfWork, seen: SeenChange, *, is_preview: bool = False) -> PreparedChange:
    """Reads every level and decides when and what; locks the Wallets unless it is a preview. In `as_platform`.

    Refused: NOTHING_TO_CHANGE, CATEGORY_CHANGE_NOT_ALLOWED, CATEGORY_CHANGE_ONLY_ON_BILLING_DATE, WALLET_MISSING,
    PLAN_NOT_OFFERED, PRICE_MISSING, CYCLE_NOT_OFFERED, COST_MISSING, the codes of `check_content`; then all at once
    LICENCES_IN_USE, PENDING_CHANGE_EXISTS, SUBSCRIPTION_NOT_ACTIVE."""
    subscription, order = seen.held.subscription, seen.order
    waiting = await queued_change_of(uow.tx, subscription.id)
    if waiting is not None and waiting.applies_at <= uow.now:
        refuse("PENDING_CHANGE_EXISTS", "The change that waited takes effect this moment; ask again.")
    before, plans = await _before(uow, seen, waiting)
    plan = None if seen.plan is None else plans[seen.plan.id]
    after = changed_content(before, order, plan, seen.added)
    if not line_changes(before, after) and after.cycle_months == before.cycle_months:
        refuse("NOTHING_TO_CHANGE", "It is all that already.")
    standing = await _standing(uow, seen, before, waiting, plans)
    if seen.plan is not None:
        await _require_category(uow, seen, before.plan, plans[seen.plan.id], standing)
    found = await _state(uow, seen, before, after)
    if subscription.status(uow.now) not in CHANGEABLE:
        found.raise_if_any()
    chain = await _chain(uow, seen, before, after, standing, is_preview=is_preview)
    policies = chain.levels[0].policies
    check_content(before, after, seen.added, line_changes(before, after), policies)
    kept = policies.keeping(standing.paid.kept_terms(chain.levels[0]))
    timing = timing_of(chain.levels[0], after, standing, kept, is_forced=order.is_at_once)
    now, waits = parts_of(before, after, timing)
    if waits and waiting is not None:
        found.add("PENDING_CHANGE_EXISTS", "Another change waits already; it may be cancelled.")
    found.raise_if_any()
    await _require_fitting_queue(uow, now, waiting, plans, seen)
    changes = line_changes(before, now)
    priced = _priced(chain, now, changes, standing, timing)
    end = priced.sale.time.end if priced.is_new_period else subscription.end_date
    queued = _queued(seen, now, after, end) if waits else None
    if queued is not None:
        _require_offered(chain, after, max(end, seen.today))
    overdue = await overdue_blocker(uow, priced.sale.buyer.level.pair.wallet.id, policies)
    overdue = overdue if priced.sale.buyer.gross_micros else None
    priced = _elsewhere(priced, seen)
    return PreparedChange(
        seen, timing, before, now, changes, standing, priced, policies, queued, waiting, overdue
    )  # fmt: skip


async def _before(
    uow: UnitOfWork, seen: SeenChange, waiting: QueuedChange | None
) -> tuple[Content, Mapping[str, PlanInCategory]]:
    subscription = seen.held.subscription
    asked = [] if seen.plan is None else [seen.plan.id]
    queued = [] if waiting is None or waiting.plan_id is None else [waiting.plan_id]
    plans = await stored_plans(uow.tx, subscription.plan_id, *asked, *queued)
    add_ons = await stored_add_ons(uow.tx, subscription.id)
    return Content(plans[subscription.plan_id], subscription.quantity, subscription.cycle_months, add_ons), plans


async def _standing(
    uow: UnitOfWork,
    seen: SeenChange,
    before: Content,
    waiting: QueuedChange | None,
    plans: Mapping[str, PlanInCategory],
) -> Standing:
    subscription = seen.held.subscription
    paid = await paid_time_left(uow.tx, subscription.id, seen.today)
    standing = Standing(
        paid, before, subscription.anchor_date, seen.today, is_external=subscription.method == "EXTERNAL_INVOICE"
    )
    if waiting is None:
        return standing
    plan = None if waiting.plan_id is None else plans[waiting.plan_id].row.ordered(1)
    return replace(standing, next_from=waiting.applies_date, next_plan=plan, next_units=waiting.units)


async def _require_category(
    uow: UnitOfWork, seen: SeenChange, old: PlanInCategory, new: PlanInCategory, standing: Standing
) -> None:
    """Another category is not a change of the plan (SUB-70)."""
    if new.category == old.category and new.row.owner_id == old.row.owner_id:
        return
    policies = await read_policies(uow.tx, seen.held.holder.id)
    starts = {segment.start for segment in standing.paid.segments}
    if policies.choice("categoryChange") == "REFUSED" or seen.today in starts:
        refuse("CATEGORY_CHANGE_NOT_ALLOWED", "A plan of another category is bought on its own.", ("planId",))
    ends = [segment.end for segment in standing.paid.segments] or [seen.held.subscription.end_date]
    refuse(
        "CATEGORY_CHANGE_ONLY_ON_BILLING_DATE", "Another category begins with a period.", ("planId",),
        nextEligibleDate=min(ends).isoformat(),
    )  # fmt: skip


async def _state(uow: UnitOfWork, seen: SeenChange, before: Content, after: Content) -> Blockers:
    """What about the subscription itself stands in the way, as far as no price is needed to know it."""
    found, subscription = Blockers(), seen.held.subscription
    status = subscription.status(uow.now)
    if status not in CHANGEABLE:
        found.add("SUBSCRIPTION_NOT_ACTIVE", "Only an active subscription is changed.", status=status.value)
    if after.quantity < before.quantity:
        assigned = await fetch_value(
            uow.tx, "SELECT count(*) FROM subscription_assignment WHERE subscription_id = $1", subscription.id
        )
        if assigned > after.quantity:
            found.add("LICENCES_IN_USE", "More members use it.", ("quantity",), assigned=int(assigned))
    return found


async def _chain(
    uow: UnitOfWork, seen: SeenChange, before: Content, after: Content, standing: Standing, *, is_preview: bool
) -> SaleChain:
    """The pairs up to the Product's owner; the buyer's alone where nothing is priced, whoever offers the plan now."""
    items = list({item.id: item for item in (*before.items, *after.items)}.values())
    if standing.next_plan is not None:
        items.append(standing.next_plan)
    changes = line_changes(before, after)
    is_priced = after.cycle_months != before.cycle_months or any(change.is_priced for change in changes)
    owner_id = after.plan.row.owner_id if is_priced else seen.held.holder.parent_id
    assert owner_id is not None, "who holds a subscription has a seller"
    return await read_chain(uow, seen.held.holder.id, owner_id, items, is_preview=is_preview)


def _priced(
    chain: SaleChain, now: Content, changes: tuple[LineChange, ...], standing: Standing, timing: Timing
) -> PricedChange:
    if timing is Timing.NEW_PERIOD:
        time = first_time(chain.levels[0].policies, standing.today, now.cycle_months)
        return price_new_period(chain, now, time, standing)
    return price_at_once(chain, changes, standing)


def _elsewhere(priced: PricedChange, seen: SeenChange) -> PricedChange:
    """Of what was bought on an invoice written elsewhere, so is a change of it, while `invoicing` is NONE (MON-90)."""
    subscription, buyer = seen.held.subscription, priced.sale.buyer
    is_elsewhere = subscription.method == "EXTERNAL_INVOICE" and buyer.level.policies.choice("invoicing") == "NONE"
    if not is_elsewhere or not any(level.gross_micros for level in priced.sale.levels):
        return priced
    number = (seen.order.external_number or "").strip() or subscription.external_number
    if not number:
        refuse("EXTERNAL_NUMBER_REQUIRED", "Name the number of the invoice.", ("externalNumber",))
    return invoiced_elsewhere(priced, number)


def _queued(seen: SeenChange, now: Content, after: Content, end: date) -> QueuedChange:
    """What is left of the order for the first period that is not charged yet (SUB-63)."""
    holder, is_other = seen.held.holder, now.plan.row.id != after.plan.row.id
    kept = [
        QueuedAddOn(each.id, each.name, each.quantity)
        for each in after.add_ons.values()
        if each.id not in now.add_ons or now.add_ons[each.id].quantity != each.quantity
    ]
    return QueuedChange(
        seen.held.subscription.id, holder.id, holder.path,
        after.plan.row.id if is_other else None, after.plan.row.name if is_other else None,
        after.quantity if after.quantity != now.quantity else None,
        after.cycle_months if after.cycle_months != now.cycle_months else None,
        tuple(kept), tuple(each for each in now.add_ons if each not in after.add_ons),
        end, start_of_day(end, holder.timezone),
    )  # fmt: skip


def _require_offered(chain: SaleChain, after: Content, first_day: date) -> None:
    """What waits has a price at every level for its first day, as far as it is known today (SUB-2, SUB-3)."""
    for level in chain.levels:
        for item in after.items:
            level_price(level, item.id, after.cycle_months, first_day, item.field)


async def _require_fitting_queue(
    uow: UnitOfWork, now: Content, waiting: QueuedChange | None, plans: Mapping[str, PlanInCategory], seen: SeenChange
) -> None:
    """What waits stays, so what comes at once has to fit it too: the codes of SUB-5 otherwise."""
    if waiting is None or not (seen.added or seen.plan is not None):
        return
    then: dict[str, AddOnRow] = {key: row for key, row in now.add_ons.items() if key not in waiting.removed}
    coming = [each.id for each in waiting.add_ons if each.id not in then]
    if coming:
        then |= await add_ons_by_id(uow.tx, coming)
    plan = now.plan.row if waiting.plan_id is None else plans[waiting.plan_id].row
    check_add_ons(plan, list(then.values()))
