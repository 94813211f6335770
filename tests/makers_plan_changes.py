"""Makers for changes of a subscription: `changed(who, subscription_id, plan_id=...)` in its present version."""

from typing import Any

from billing.change_order import ChangeOrder
from billing.plan_changes import cancel_queued_change, change_subscription, quote_subscription_change
from billing.prepared_change import ChangeQuote
from core.money import format_amount
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, reading
from tests.acting import do, refusal
from tests.makers import Member, Organization, credentials_of
from tests.makers_billing import SIGNER, rows
from tests.makers_subscriptions import subscription


async def change_order(platform: Platform, subscription_id: str, **order: Any) -> ChangeOrder:
    """The order for the version that is stored."""
    version = (await subscription(platform, subscription_id))["version"]
    return ChangeOrder(subscription_id, **({"version": version} | order))


async def changed(who: Member, subscription_id: str, **order: Any) -> Outcome:
    """Changes the subscription in its present version."""
    asked = await change_order(who.platform, subscription_id, **order)
    return await do(who, lambda uow: change_subscription(uow, asked, SIGNER))


async def change_refused(who: Member, subscription_id: str, **order: Any) -> tuple[str, ...]:
    """The codes with which the change is refused, with nothing changed."""
    asked = await change_order(who.platform, subscription_id, **order)
    return await refusal(who, lambda uow: change_subscription(uow, asked, SIGNER))


async def change_quoted(who: Member, subscription_id: str, **order: Any) -> ChangeQuote:
    """What the change would do."""
    async with reading(who.platform, await credentials_of(who)) as uow:
        return await quote_subscription_change(uow, ChangeOrder(subscription_id, **order), SIGNER)


async def change_cancelled(who: Member, subscription_id: str) -> Outcome:
    """Takes back what waits, in the subscription's present version."""
    version = (await subscription(who.platform, subscription_id))["version"]
    return await do(who, lambda uow: cancel_queued_change(uow, subscription_id, version))


async def prorated(of: Organization) -> list[str]:
    """What changes charged the pair, oldest first: gross amounts."""
    found = await rows(
        of.platform,
        "SELECT -e.amount_micros AS micros, e.currency FROM ledger_transaction t "
        "JOIN ledger_entry e ON e.transaction_id = t.id WHERE t.organization_id = $1 AND t.type = 'PRORATION' "
        "AND e.ledger_account IN ('WALLET', 'UNBILLED') AND e.amount_micros < 0 ORDER BY t.id",
        of.id,
    )
    return [format_amount(row["micros"], row["currency"]) for row in found]
