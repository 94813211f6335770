"""`setAutoRenew`: unsubscribe, and take it back while it runs (SUB-80). No money moves by the switch itself."""

from dataclasses import dataclass, replace

from billing.alert_closing import close_settled_about
from billing.purchase import require_chain_active
from billing.renewal_dates import renewal_instant
from billing.renewal_run import make_up
from billing.subscription_access import Held, subscription_for
from billing.subscription_status import Cause, Status, ladder, status_at
from billing.timeline import TimelineEntry, write_changes_of_time, write_entries
from core.refusals import refuse
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.platform_work import in_the_platforms_name
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

UNSUBSCRIBED, RESUBSCRIBED = "subscription.unsubscribed", "subscription.resubscribed"


@dataclass(frozen=True, slots=True)
class AutoRenewOrder:
    """Which subscription, in the version that was seen, and whether it renews by itself from now on."""

    subscription_id: str
    version: int
    is_auto_renew: bool


async def set_auto_renew(uow: UnitOfWork, order: AutoRenewOrder) -> Outcome:
    """Off: usable to the end of paid time, then EXPIRED without grace. On: a renewal that was due is made up at once.

    Answers subscriptionId. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, VERSION_CONFLICT, ORGANIZATION_NOT_ACTIVE,
    UPSTREAM_SUSPENDED, SUBSCRIPTION_TERMINATED, SUBSCRIPTION_NOT_ACTIVE (a trial, or its end has come)."""
    held = await subscription_for(uow, Action.SET_AUTO_RENEW, order.subscription_id, order.version)
    subscription = held.subscription
    require_chain_active(held.holder)
    status = subscription.status(uow.now)
    if status is Status.TERMINATED:
        refuse("SUBSCRIPTION_TERMINATED", "The subscription has ended for good.")
    if status not in (Status.ACTIVE, Status.SUSPENDED) or subscription.facts.is_trial:
        refuse("SUBSCRIPTION_NOT_ACTIVE", "Only a running subscription is switched.", status=status.value)
    if order.is_auto_renew != subscription.is_auto_renew:
        await _switch(uow, held, order.is_auto_renew)
    return {"subscriptionId": subscription.id}


async def _switch(uow: UnitOfWork, held: Held, is_auto_renew: bool) -> None:
    subscription, holder = held.subscription, held.holder
    policies = await policies_for(uow, holder.id)
    days = policies.integer("graceDays"), policies.integer("expiredDays")
    steps = ladder(subscription.end_date, holder.timezone, *days, is_auto_renew)
    await write_changes_of_time(uow.tx, [subscription.subject], uow.now)
    renews_at = renewal_instant(subscription.end_date, policies, holder.timezone)
    await uow.tx.execute(
        "UPDATE subscription SET is_auto_renew = $5, grace_ends_at = $6, ladder_ends_at = $7, renews_at = $8, "
        "renewal_failed_at = NULL, version = version + 1 "
        f"WHERE id = $4 AND {uow.visible('subscription', 'subscription')}",
        *uow.scope, subscription.id, is_auto_renew, steps.grace_ends_at, steps.ladder_ends_at, renews_at,
    )  # fmt: skip
    facts = replace(subscription.facts, grace_ends_at=steps.grace_ends_at, ladder_ends_at=steps.ladder_ends_at)
    before, after = subscription.status(uow.now), status_at(facts, uow.now)
    if before is not after:
        place = (subscription.id, holder.id, holder.path)
        entry = TimelineEntry(*place, uow.now, before, after, Cause.END_REACHED_UNPAID.value, uow.actor.member_id)
        await write_entries(uow.tx, [entry])
    where = {"organization_id": holder.id, "path": holder.path}
    uow.audit(
        "Subscription", subscription.id, **where, before={"isAutoRenew": subscription.is_auto_renew},
        after={"isAutoRenew": is_auto_renew},
    )  # fmt: skip
    topic = RESUBSCRIBED if is_auto_renew else UNSUBSCRIBED
    uow.send(topic, subscription.id, {"subscriptionId": subscription.id}, **where)
    async with uow.as_platform("ALR-2: Alerts of the seller too, and what is made up is charged at every level"):
        await close_settled_about(uow.tx, subscription.id, uow.now)
        if is_auto_renew:
            async with in_the_platforms_name(uow, uow.action, uow.now) as theirs:
                await make_up(theirs, holder.id)
