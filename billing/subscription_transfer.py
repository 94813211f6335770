"""`transferSubscription`: to another organization of the same seller, with its end, without its settings (SUB-90).

No money moves. Paid time and what the holder was charged go along, so that a later refund reaches the new holder."""

from dataclasses import dataclass

from billing.alerts import Alert, AlertKind, raise_alert
from billing.chain import Level, OrderedItem, level_price, read_chain
from billing.ending_writing import close_alerts
from billing.subscription_access import Held, subscription_for
from billing.subscription_status import USABLE, Status
from billing.timeline import write_changes_of_time
from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.refusals import Blockers, Refused, refuse
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, hold_active, organization_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

TRANSFERRED_TOPIC = "subscription.transferred"


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """Which subscription, in the version that was seen, goes to which organization."""

    subscription_id: str
    version: int
    to_organization_id: str


async def transfer_subscription(uow: UnitOfWork, order: TransferOrder) -> Outcome:
    """Hand it over: dates kept, settings reset, nobody assigned. Answers subscriptionId and organizationId.

    Refused: NOT_FOUND, FORBIDDEN, VERSION_CONFLICT, REFERENCE_INVALID (it holds it already); then all at once
    CONTRACT_BOUND, CURRENCY_MISMATCH, IN_DUNNING, OPEN_INVOICE, ORGANIZATION_NOT_ACTIVE, PENDING_CHANGE_EXISTS,
    PRICE_MISSING, SELLER_MISMATCH, SUBSCRIPTION_NOT_ACTIVE, TRIAL_NOT_TRANSFERABLE."""
    target = await organization_by_id(uow, order.to_organization_id, ("toOrganizationId",))
    held = await subscription_for(uow, Action.TRANSFER_SUBSCRIPTION, order.subscription_id, order.version)
    if target.id == held.holder.id:
        refuse("REFERENCE_INVALID", "The organization holds the subscription already.", ("toOrganizationId",))
    found = Blockers()
    _note_state(found, held, uow.now)
    _note_organizations(found, held, target)
    await _note_invoices(uow, found, held)
    await _note_queued_change(uow, found, held)
    level = await _level_of(uow, held, target) if _is_priced_alike(held, target) else None
    if level is None and _is_priced_alike(held, target):
        found.add("PRICE_MISSING", "The seller has no price for this organization.", ("toOrganizationId",))
    found.raise_if_any()
    await hold_active(uow, target.id)
    assert level is not None, "without a price or seller in common it was refused"
    await write_changes_of_time(uow.tx, [held.subscription.subject], uow.now)
    await _hand_over(uow, held, target, level)
    await _after(uow, held, target)
    return {"subscriptionId": held.subscription.id, "organizationId": target.id}


def _note_state(found: Blockers, held: Held, now: Instant) -> None:
    """What about the subscription itself stands in the way."""
    subscription, status = held.subscription, held.subscription.status(now)
    if subscription.facts.is_trial:
        found.add("TRIAL_NOT_TRANSFERABLE", "A trial stays where it was started.")
    elif status not in (Status.ACTIVE, Status.EXPIRED, Status.GRACE):
        found.add("SUBSCRIPTION_NOT_ACTIVE", "Only an active or expired subscription is handed over.", status=status)
    has_failed = status is Status.ACTIVE and subscription.renewal_failed_at is not None
    if has_failed or status is Status.GRACE:
        found.add("IN_DUNNING", "A renewal is not paid.")
    if subscription.method == "CONTRACT":
        found.add("CONTRACT_BOUND", "It was bought under a contract.")


def _note_organizations(found: Blockers, held: Held, target: OrganizationFacts) -> None:
    """What about the two organizations stands in the way."""
    if target.parent_id != held.holder.parent_id:
        found.add("SELLER_MISMATCH", "The organization buys from another seller.", ("toOrganizationId",))
    if target.currency != held.subscription.currency:
        found.add("CURRENCY_MISMATCH", "The organization pays in another currency.", ("toOrganizationId",))
    if target.is_stopped or held.holder.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "An organization is not active.")


async def _note_invoices(uow: UnitOfWork, found: Blockers, held: Held) -> None:
    """OPEN_INVOICE: something is open of a document that the subscription stands on."""
    count = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM invoice i WHERE i.open_micros > 0 AND i.type <> 'PROFORMA' "
        "AND i.id IN (SELECT n.invoice_id FROM invoice_line n "
        f"WHERE n.subscription_id = $4 AND {uow.visible('n', 'invoice_line')}) AND {uow.visible('i', 'invoice')} "
        "AND i.organization_id = $5",
        *uow.scope, held.subscription.id, held.holder.id,
    )  # fmt: skip
    if count:
        found.add("OPEN_INVOICE", "An invoice of it is still open.", count=int(count))


async def _note_queued_change(uow: UnitOfWork, found: Blockers, held: Held) -> None:
    """PENDING_CHANGE_EXISTS: a change waits for the next period (SUB-63)."""
    waits = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM queued_change q WHERE q.subscription_id = $4 "
        f"AND {uow.visible('q', 'queued_change')}",
        *uow.scope, held.subscription.id,
    )  # fmt: skip
    if waits:
        found.add("PENDING_CHANGE_EXISTS", "A change waits for the next period.")


def _is_priced_alike(held: Held, target: OrganizationFacts) -> bool:
    """Whether a price can be looked for at all: same seller, same currency."""
    return target.parent_id == held.holder.parent_id and target.currency == held.subscription.currency


async def _level_of(uow: UnitOfWork, held: Held, target: OrganizationFacts) -> Level | None:
    """The target's pair with the seller; None when an item of the subscription has no price there today."""
    subscription = held.subscription
    add_ons = await uow.tx.fetch(
        "SELECT a.add_on_id, a.name, a.quantity FROM subscription_add_on a WHERE a.subscription_id = $4 "
        f"AND {uow.visible('a', 'subscription_add_on')}",
        *uow.scope, subscription.id,
    )  # fmt: skip
    items = [
        OrderedItem(subscription.plan_id, subscription.plan_name, subscription.quantity, False, ()),
        *(OrderedItem(row["add_on_id"], row["name"], row["quantity"], False, ()) for row in add_ons),
    ]
    today = local_date(uow.now, target.timezone)
    async with uow.as_platform("SUB-90: the seller's price for the other organization"):
        owner = await fetch_value(uow.tx, "SELECT organization_id FROM product WHERE id = $1", subscription.product_id)
        try:
            level = (await read_chain(uow, target.id, owner, items, is_preview=True)).levels[0]
            for item in items:
                level_price(level, item.id, subscription.cycle_months, today, ())
        except Refused:
            return None
    return level


async def _hand_over(uow: UnitOfWork, held: Held, target: OrganizationFacts, level: Level) -> None:
    """The rows of the holder become the target's; add-ons and paid time follow by their foreign keys."""
    subscription, facts = held.subscription, held.subscription.facts
    await _of_subscription(uow, "DELETE FROM subscription_assignment AS t", held)
    steps = (_moved(at, held.holder, target) for at in (facts.ends_at, facts.grace_ends_at, facts.ladder_ends_at))
    await uow.tx.execute(
        "UPDATE subscription SET organization_id = $5, path = $6, settings = $7, ends_at = $8, grace_ends_at = $9, "
        "ladder_ends_at = $10, renews_at = NULL, version = version + 1 "
        f"WHERE id = $4 AND {uow.visible('subscription', 'subscription')}",
        *uow.scope, subscription.id, target.id, target.path, "{}", *steps,
    )  # fmt: skip
    for table in ("subscription_add_on", "segment"):
        await _of_subscription(uow, f"UPDATE {table} AS t SET path = $5", held, target.path)
    await uow.tx.execute(
        "UPDATE segment_charge SET organization_id = $6, path = $7, wallet_id = $8 WHERE subscription_id = $4 "
        f"AND organization_id = $5 AND seller_id = $9 AND {uow.visible('segment_charge', 'segment_charge')}",
        *uow.scope, subscription.id, held.holder.id, target.id, target.path, level.pair.wallet.id, target.parent_id,
    )  # fmt: skip


async def _of_subscription(uow: UnitOfWork, statement: str, held: Held, *arguments: object) -> None:
    """Run a statement on the visible rows under `t` that belong to the subscription; `arguments` start at `$5`."""
    table = statement.partition(" AS t")[0].split()[-1]
    await uow.tx.execute(
        f"{statement} WHERE t.subscription_id = $4 AND {uow.visible('t', table)}",
        *uow.scope, held.subscription.id, *arguments,
    )  # fmt: skip


def _moved(at: Instant, holder: OrganizationFacts, target: OrganizationFacts) -> Instant:
    """The same local midnight in the other organization's time zone: dates and day counts are kept."""
    return at if holder.timezone == target.timezone else start_of_day(local_date(at, holder.timezone), target.timezone)


async def _after(uow: UnitOfWork, held: Held, target: OrganizationFacts) -> None:
    """Log and notice in both organizations, neither naming the other; an Alert, for nobody is assigned (SUB-91)."""
    subscription_id = held.subscription.id
    await close_alerts(uow, subscription_id)
    if held.subscription.status(uow.now) in USABLE:
        alert = Alert(target.id, target.path, target.timezone, AlertKind.UNASSIGNED, subscription_id)
        await raise_alert(uow.tx, alert, uow.now)
    for organization, before, after in ((held.holder, True, False), (target, False, True)):
        own, path = organization.id, organization.path
        uow.audit("Subscription", subscription_id, organization_id=own, path=path, before={"isHeld": before},
                  after={"isHeld": after})  # fmt: skip
        uow.send(
            TRANSFERRED_TOPIC, subscription_id, {"subscriptionId": subscription_id}, organization_id=own, path=path
        )
