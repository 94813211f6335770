"""In which state a subscription may be renewed, recovered, extended or reactivated (section 3 and SUB-50 to SUB-53)."""

from typing import NoReturn

from billing.renewal import Operation
from billing.shortfall import waits_for_funds
from billing.subscription_access import SubscriptionRow
from billing.subscription_status import Status, SuspensionReason
from core.refusals import refuse
from tenants.policy.policy import policies_for
from tenants.questions import released_number_count
from tenants.unit_of_work import UnitOfWork

LIFTED_BY_SELLER = frozenset({SuspensionReason.POLICY, SuspensionReason.FRAUD})
"""What no payment of the buyer ends (SUB-22)."""


async def require_state(
    uow: UnitOfWork, subscription: SubscriptionRow, operation: Operation, *, is_seller: bool
) -> None:
    """Refused, the first that fails: SUBSCRIPTION_TERMINATED, SUBSCRIPTION_NOT_ACTIVE, NOTHING_TO_RECOVER,
    SUSPENDED_BY_POLICY, RESTORE_BY_SELLER, NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED."""
    status = subscription.status(uow.now)
    if status is Status.TERMINATED:
        refuse("SUBSCRIPTION_TERMINATED", "The subscription has ended for good.")
    if subscription.facts.is_trial:
        _not_active(status)
    match operation:
        case Operation.RENEW:
            await _require_renewable(uow, subscription, status)
        case Operation.RECOVER:
            if status not in (Status.ACTIVE, Status.GRACE) and not waits_for_funds(subscription.facts, uow.now):
                _not_active(status)
            if status is Status.ACTIVE and subscription.renewal_failed_at is None:
                refuse("NOTHING_TO_RECOVER", "No renewal has failed.")
        case Operation.EXTEND:
            if status is not Status.ACTIVE:
                _not_active(status)
        case Operation.REACTIVATE:
            await _require_reactivable(uow, subscription, status, is_seller=is_seller)


async def _require_renewable(uow: UnitOfWork, subscription: SubscriptionRow, status: Status) -> None:
    """ACTIVE or GRACE; SUSPENDED with `renewWhileSuspended` (SUB-40)."""
    if status is Status.SUSPENDED:
        if waits_for_funds(subscription.facts, uow.now):
            return
        policies = await policies_for(uow, subscription.organization_id)
        if policies.boolean("renewWhileSuspended"):
            return
    if status not in (Status.ACTIVE, Status.GRACE):
        _not_active(status)


async def _require_reactivable(
    uow: UnitOfWork, subscription: SubscriptionRow, status: Status, *, is_seller: bool
) -> None:
    if status not in (Status.EXPIRED, Status.DEACTIVATED):
        _not_active(status)
    if not is_seller and subscription.facts.suspension_reasons & LIFTED_BY_SELLER:
        refuse("SUSPENDED_BY_POLICY", "The seller stopped it; only the seller lifts that.")
    if status is not Status.DEACTIVATED:
        return
    if not is_seller:
        refuse("RESTORE_BY_SELLER", "Only the seller restores it.")
    if any(await released_number_count.ask(uow, subscription.id)):
        refuse("NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED", "Its number was given to the pool: it takes a new account.")


def _not_active(status: Status) -> NoReturn:
    refuse("SUBSCRIPTION_NOT_ACTIVE", "The subscription is in no state for this.", status=status.value)
