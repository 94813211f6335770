"""Renewals that nobody asks for: those of one organization and instant, charged or marked as failed (SUB-40 to SUB-44).

Runs in the platform's own name. What is due is read again behind the locks of the rows, so that of two runs the second
finds nothing to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from billing.money_check import require_money
from billing.renewal import Operation, Renewal, Wanted, price_renewal, together
from billing.renewal_dates import next_try
from billing.renewal_writing import write_renewals
from billing.shortfall import REASON, waits_for_funds
from billing.shortfall_writing import wait_for_funds
from billing.status_notices import tell_of_failed_renewal
from billing.subscription_access import COLUMNS, SubscriptionRow, subscription_row
from billing.subscription_status import Status
from core.clock import Instant
from core.refusals import Refused
from core.transaction import fetch_value
from tenants.commands import RefusedWithTrace
from tenants.platform_work import at_instant
from tenants.policy.policy import read_policies
from tenants.policy.policy_resolution import Policies
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork

_OF_MONEY = frozenset({"INSUFFICIENT_CREDIT", "UPSTREAM_CREDIT_INSUFFICIENT"})


@dataclass(frozen=True, slots=True)
class DueGroup:
    """Subscriptions of one organization whose renewal falls due at the same instant, earlier end first (SUB-42)."""

    organization_id: str
    at: Instant
    subscription_ids: tuple[str, ...]


async def renew_group(uow: UnitOfWork, group: DueGroup, now: Instant) -> int:
    """Charge what is still due of the group, as of now but never behind the end of its time; how many were looked at.

    With `renewGroupAtomic` one failure fails all; without it each is charged alone. Call it in the platform's sight."""
    policies = await read_policies(uow.tx, group.organization_id)
    due = await _locked(uow, group, policies)
    for part in parts_of(due, policies):
        await _renew_part(at_instant(uow, _moment(group, part, now)), part, policies)
    return len(due)


async def make_up(uow: UnitOfWork, organization_id: str) -> None:
    """Renew at once what fell due while something stood in the way, before its end (SUB-40); in the platform's name."""
    rows = await uow.tx.fetch(
        "SELECT s.renews_at, s.id FROM subscription s WHERE s.organization_id = $1 AND s.renews_at <= $2 "
        "AND s.ends_at > $2 AND s.is_auto_renew AND NOT s.is_trial AND s.terminated_at IS NULL "
        "ORDER BY s.renews_at, s.id",
        organization_id, uow.now,
    )  # fmt: skip
    for group in groups_of([(row["renews_at"], organization_id, row["id"]) for row in rows]):
        await renew_group(uow, group, uow.now)


def _moment(group: DueGroup, part: Sequence[SubscriptionRow], now: Instant) -> Instant:
    """Now, but never behind the end; what waits for money behind its end is looked at as of now (SUB-46)."""
    end = min(each.facts.ends_at for each in part)
    return now if group.at > end else min(now, end)


async def _renew_part(uow: UnitOfWork, part: Sequence[SubscriptionRow], policies: Policies) -> None:
    try:
        renewals = await priced_together(uow, part, Operation.RENEW)
    except Refused as refused:
        if isinstance(refused, RefusedWithTrace):
            await refused.leave_trace(uow.tx)
        for subscription in part:
            await _fail(uow, subscription, policies, is_money=bool(_OF_MONEY & set(refused.codes)))
        return
    # The renewal comes before what is due at the same instant: it goes on from the status just before (SUB-115).
    await write_renewals(uow, renewals, seen_at=uow.now - 1)


async def priced_together(uow: UnitOfWork, part: Sequence[SubscriptionRow], operation: Operation) -> list[Renewal]:
    """Priced, and covered at every level by what the Wallets have for all of them. Refused as `price_renewal`,
    INSUFFICIENT_CREDIT, UPSTREAM_CREDIT_INSUFFICIENT."""
    renewals = [await price_renewal(uow, each, Wanted(operation)) for each in part]
    require_money(together([each.due for each in renewals]), uow.now, uow.actor.path)
    return renewals


def parts_of(due: Sequence[SubscriptionRow], policies: Policies) -> list[list[SubscriptionRow]]:
    """What is charged together: the same renewal date; what is invoiced elsewhere stands alone (SUB-42, MON-90)."""
    if not policies.boolean("renewGroupAtomic"):
        return [[each] for each in due]
    alone = [[each] for each in due if each.method != "NORMAL"]
    rest = [each for each in due if each.method == "NORMAL"]
    return [*(list(of) for _, of in groupby(rest, key=lambda each: each.end_date)), *alone]


async def _locked(uow: UnitOfWork, group: DueGroup, policies: Policies) -> list[SubscriptionRow]:
    """The rows that are still due and that nothing hinders (SUB-40)."""
    ids = group.subscription_ids
    places = ", ".join(f"${place}" for place in range(2, len(ids) + 2))
    lock = "FOR NO KEY UPDATE OF s" if uow.tx.dialect == "postgres" else ""
    rows = await uow.tx.fetch(
        f"SELECT {COLUMNS} FROM subscription s WHERE s.renews_at = $1 AND s.id IN ({places}) "
        "AND s.is_auto_renew AND NOT s.is_trial AND s.terminated_at IS NULL "
        f"AND NOT {is_stopped(uow.tx.dialect, 's.organization_id')} "
        f"ORDER BY s.id {lock}",
        group.at, *ids,
    )  # fmt: skip
    usable = {Status.ACTIVE, Status.SUSPENDED} if policies.boolean("renewWhileSuspended") else {Status.ACTIVE}
    found = [subscription_row(row) for row in rows]
    # Seen just before the instant it is due: at the end itself it is still the renewal's turn (SUB-115).
    return sorted(
        (each for each in found if each.status(group.at - 1) in usable or waits_for_funds(each.facts, uow.now)),
        key=lambda each: (each.end_date, each.id),
    )


async def _fail(uow: UnitOfWork, subscription: SubscriptionRow, policies: Policies, *, is_money: bool) -> None:
    """Mark, Alert to buyer and seller, and the next try (SUB-43); at the period's start it may wait (SUB-46)."""
    first = subscription.renewal_failed_at or uow.now
    zone = str(await fetch_value(uow.tx, "SELECT timezone FROM organization WHERE id = $1",
                                 subscription.organization_id))  # fmt: skip
    is_at_start = uow.now >= subscription.facts.ends_at
    if is_money and is_at_start and policies.choice("shortfall") == "DAILY_REDUCTION":
        await wait_for_funds(uow, subscription, zone)
        if REASON in subscription.facts.suspension_reasons:
            return
    else:
        again = next_try(first, subscription.facts.ends_at, uow.now, policies, zone)
        await uow.tx.execute(
            "UPDATE subscription SET renewal_failed_at = $2, renews_at = $3, version = version + 1 WHERE id = $1",
            subscription.id, first, again,
        )  # fmt: skip
    await tell_of_failed_renewal(uow.tx, subscription.id, uow.now)
    uow.audit(
        "Subscription", subscription.id, organization_id=subscription.organization_id, path=subscription.path,
        before={"renewalFailedAt": subscription.renewal_failed_at}, after={"renewalFailedAt": first},
    )  # fmt: skip


def groups_of(rows: Sequence[tuple[Instant, str, str]]) -> list[DueGroup]:
    """(instant, organization, subscription), sorted, as groups in the order of time."""
    return [
        DueGroup(organization_id, at, tuple(row[2] for row in members))
        for (at, organization_id), members in groupby(rows, key=lambda row: (row[0], row[1]))
    ]
