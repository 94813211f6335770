"""A payment settled: renewals that failed are tried again, and what expired unpaid comes back (SUB-43, MON-65).

Runs in the platform's name, in the payment's transaction and behind what the payment lifts (STOP-7, MON-64)."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from billing.periods import whole_cycle
from billing.renewal import Operation
from billing.renewal_run import make_up, parts_of, priced_together
from billing.renewal_state import LIFTED_BY_SELLER
from billing.renewal_writing import write_renewals
from billing.shortfall import waits_for_funds
from billing.subscription_access import COLUMNS, SubscriptionRow, subscription_row
from billing.subscription_status import Status, SuspensionReason
from core.calendar import local_date
from core.clock import Instant
from core.refusals import Refused
from core.transaction import Row
from tenants.access import organization_by_id
from tenants.commands import RefusedWithTrace
from tenants.platform_work import in_the_platforms_name, time_of_organization
from tenants.policy.policy import read_policies
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork

_UNPAID = (
    "FROM subscription s JOIN organization o ON o.id = s.organization_id "
    "LEFT JOIN sandbox_clock c ON c.id = o.clock_id WHERE (o.id = $1 OR o.billing_group_id = $1) AND s.is_auto_renew "
    "AND NOT s.is_trial AND s.terminated_at IS NULL AND s.ladder_ends_at > coalesce(c.stands_at, $2) "
    "AND (s.renewal_failed_at IS NOT NULL OR s.ends_at <= coalesce(c.stands_at, $2) "
    "OR s.renews_at <= coalesce(c.stands_at, $2))"
)
"""Those of the buyer `$1`, and of the group it pays for, that failed, ended or fell due by the platform's now `$2`."""
_STAYS_OFF = LIFTED_BY_SELLER | {SuspensionReason.USER_OFF}
"""What keeps an expired subscription off though it is paid (MON-65)."""


async def renew_on_payment(uow: UnitOfWork, buyer_id: str) -> None:
    """For the buyer, or for the group that it pays for, each organization by its own Policy."""
    async with uow.as_platform("SUB-43: what a payment renews is charged at every level"):
        if not await uow.tx.fetch(f"SELECT 1 {_UNPAID} LIMIT 1", buyer_id, uow.platform_now):
            return
        buyer = await organization_by_id(uow, buyer_id)
        async with in_the_platforms_name(uow, uow.action, await time_of_organization(uow, buyer)) as theirs:
            await make_up(theirs, buyer_id)
        rows = await _waiting(uow, buyer_id)
        for organization_id, of in groupby(rows, key=lambda row: str(row["organization_id"])):
            waiting = list(of)
            async with in_the_platforms_name(uow, uow.action, waiting[0]["now"]) as theirs:
                await _renew(theirs, organization_id, waiting)
        if rows:
            async with in_the_platforms_name(uow, uow.action, rows[0]["now"]) as theirs:
                await _reactivate(theirs, rows)


async def _waiting(uow: UnitOfWork, buyer_id: str) -> Sequence[Row]:
    """Unpaid ones that would renew by themselves, of organizations that nothing stops, locked; earlier end first."""
    lock = "FOR NO KEY UPDATE OF s" if uow.tx.dialect == "postgres" else ""
    return await uow.tx.fetch(
        f"SELECT {COLUMNS}, o.timezone, coalesce(c.stands_at, $2) AS now {_UNPAID} "
        "AND (s.renewal_failed_at IS NOT NULL OR s.ends_at <= coalesce(c.stands_at, $2)) "
        f"AND NOT {is_stopped(uow.tx.dialect, 'o.id')} ORDER BY s.organization_id, s.end_date, s.id {lock}",
        buyer_id, uow.platform_now,
    )  # fmt: skip


async def _renew(uow: UnitOfWork, organization_id: str, rows: Sequence[Row]) -> None:
    policies = await read_policies(uow.tx, organization_id)
    waiting = [subscription_row(row) for row in rows]
    if policies.boolean("renewOnPayment"):
        unpaid = (Status.ACTIVE, Status.GRACE)
        failed = [each for each in waiting if each.status(uow.now) in unpaid or waits_for_funds(each.facts, uow.now)]
        for _, of_one_date in groupby(failed, key=lambda each: each.end_date):
            for part in parts_of(list(of_one_date), policies):
                await _try(uow, part, Operation.RENEW)


async def _reactivate(uow: UnitOfWork, rows: Sequence[Row]) -> None:
    """What expired comes back; with `reactivateAllOrNothing` all of the buyer and of its children, or none (MON-65)."""
    bound: list[SubscriptionRow] = []
    is_whole = True
    for organization_id, of in groupby(rows, key=lambda row: str(row["organization_id"])):
        policies = await read_policies(uow.tx, organization_id)
        if not policies.boolean("autoReactivate"):
            continue
        held = [(subscription_row(row), row["timezone"]) for row in of]
        expired = [(each, zone) for each, zone in held if each.status(uow.now) is Status.EXPIRED]
        able = [each for each, zone in expired if _comes_back(each, uow.now, zone)]
        if policies.boolean("reactivateAllOrNothing"):
            is_whole = is_whole and len(able) == len(expired)
            bound += able
        else:
            for each in able:
                await _try(uow, [each], Operation.REACTIVATE)
    if bound and is_whole and await _are_covered(uow, bound):
        for _, of_one in groupby(bound, key=lambda each: each.organization_id):
            await _try(uow, list(of_one), Operation.REACTIVATE)


async def _are_covered(uow: UnitOfWork, subscriptions: Sequence[SubscriptionRow]) -> bool:
    """Whether the Wallets have the money for all of them together, whoever of a group holds them."""
    try:
        await priced_together(uow, subscriptions, Operation.REACTIVATE)
    except Refused as refused:
        if isinstance(refused, RefusedWithTrace):
            await refused.leave_trace(uow.tx)
        return False
    return True


def _comes_back(subscription: SubscriptionRow, now: Instant, zone: str) -> bool:
    """Before the end of the cycle that began on the due date, and not switched off by anybody (MON-65)."""
    if subscription.facts.suspension_reasons & _STAYS_OFF:
        return False
    unpaid = whole_cycle(subscription.anchor_date, subscription.end_date, subscription.cycle_months)
    return local_date(now, zone) < unpaid.end


async def _try(uow: UnitOfWork, part: Iterable[SubscriptionRow], operation: Operation) -> None:
    """Charge them together if the money is there; else all stays as it was, the mark too."""
    try:
        renewals = await priced_together(uow, list(part), operation)
    except Refused as refused:
        if isinstance(refused, RefusedWithTrace):
            await refused.leave_trace(uow.tx)
        return
    await write_renewals(uow, renewals)
