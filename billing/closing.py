"""What billing/ knows against an organization's end, and what becomes of its business then (DEL-2, 4, 5, 7).

Registers answers and hooks of tenants/. Money is never touched: ledger, payments and charges stay as they are."""

from billing.alerts import Alert, AlertKind, close_alerts, raise_alert
from billing.queued_changes import drop_queued_change
from billing.subscription_status import Status, status_at
from billing.timeline import FACT_COLUMNS, TimelineEntry, facts_of, write_changes_of_time, write_entries
from billing.timeline import Subject as TimelineSubject
from billing.wallets import for_update
from core.transaction import Row, fetch_value
from tenants.organization_events import (
    ClosingConsidered,
    DeletionBlocked,
    DeletionSettled,
    OrganizationErased,
    on_closing_considered,
    on_deletion_blocked,
    on_deletion_settled,
    on_organization_erased,
)
from tenants.questions import OpenBusiness, open_business
from tenants.stops.erased_rows import Erased, erase_rows
from tenants.unit_of_work import UnitOfWork

_ENDED = frozenset({Status.EXPIRED, Status.TERMINATED})
_NOT_RUNNING = _ENDED | {Status.DEACTIVATED}
ASSIGNMENTS = Erased("subscription_assignment", "Subscription", {"assignedMemberId": "member_id"}, "subscription_id")
_SUMS = ("wallet_micros", "due_micros", "payable_micros", "unbilled_micros")


@open_business
async def what_is_open(uow: UnitOfWork, organization_id: str) -> OpenBusiness:
    """Counts as of the unit of work's now."""
    wallets = await _wallets(uow, organization_id)
    statuses = await _statuses(uow, organization_id)
    return OpenBusiness(
        pending_payments=await _pending_payments(uow, organization_id),
        open_subscriptions=sum(status not in _ENDED for status in statuses),
        running_subscriptions=sum(status not in _NOT_RUNNING for status in statuses),
        unbilled_charges=sum(wallet["unbilled_micros"] != 0 for wallet in wallets),
        wallets_not_empty=sum(any(wallet[name] for name in _SUMS[:3]) for wallet in wallets),
        balance_micros=sum(wallet["wallet_micros"] + wallet["due_micros"] for wallet in wallets),
        currency=wallets[0]["currency"] if wallets else None,
    )


@on_closing_considered
async def hold_the_wallets(uow: UnitOfWork, event: ClosingConsidered) -> None:
    """Its own, and its CORPORATE's: a purchase or a payment of the same moment waits, or is seen (GEN-7)."""
    if uow.tx.dialect == "postgres":
        async with uow.as_platform("DEL-2: a CHILD's purchases are charged to its CORPORATE"):
            await uow.tx.fetch(
                "SELECT w.id FROM wallet w WHERE w.closed_at IS NULL AND w.organization_id IN "
                "(SELECT o.id FROM organization o WHERE o.id = $1 UNION "
                "SELECT o.billing_group_id FROM organization o WHERE o.id = $1) "
                f"ORDER BY length(w.path), w.path {for_update(uow.tx, 'w')}",
                event.organization_id,
            )


@on_organization_erased
async def end_its_business(uow: UnitOfWork, event: OrganizationErased) -> None:
    """Subscriptions are TERMINATED, assignments gone, the Wallet with the seller is closed as it stands (DEL-5, 7)."""
    async with uow.as_platform("DEL-5: what has ended is written whoever ends it"):
        await _terminate(uow, event)
        await erase_rows(uow, ASSIGNMENTS, event.organization_id)
        closed = await uow.tx.fetch(
            "UPDATE wallet SET closed_at = $2, version = version + 1 WHERE organization_id = $1 AND closed_at IS NULL "
            "RETURNING id, path",
            event.organization_id, event.at,
        )  # fmt: skip
    for row in closed:
        uow.audit("Wallet", row["id"], organization_id=event.organization_id, path=row["path"],
                  before={"closedAt": None}, after={"closedAt": event.at})  # fmt: skip


@on_deletion_blocked
async def tell_the_seller(uow: UnitOfWork, event: DeletionBlocked) -> None:
    """One Alert a day while something stands in the way (DEL-4, ALR-1)."""
    details = {"organizationId": event.organization_id, "blockers": dict(event.counts)}
    alert = Alert(event.seller_id, event.seller_path, event.timezone, AlertKind.DELETION_BLOCKED,
                  event.deletion_id, details)  # fmt: skip
    await raise_alert(uow.tx, alert, event.at)


@on_deletion_settled
async def close_the_alerts(uow: UnitOfWork, event: DeletionSettled) -> None:
    """Nobody has to act any more (ALR-2)."""
    async with uow.as_platform("ALR-2: the Alert is the seller's"):
        await close_alerts(uow.tx, AlertKind.DELETION_BLOCKED, event.deletion_id, event.at)


async def _wallets(uow: UnitOfWork, organization_id: str) -> list[Row]:
    columns = ", ".join(f"w.{name}" for name in _SUMS)
    return list(
        await uow.tx.fetch(
            f"SELECT w.currency, {columns} FROM wallet w WHERE w.organization_id = $4 AND w.closed_at IS NULL "
            f"AND {uow.visible('w', 'wallet')}",
            *uow.scope, organization_id,
        )
    )  # fmt: skip


async def _pending_payments(uow: UnitOfWork, organization_id: str) -> int:
    count = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM payment p WHERE p.organization_id = $4 AND p.status = 'PENDING' "
        f"AND {uow.visible('p', 'payment')}",
        *uow.scope, organization_id,
    )  # fmt: skip
    return int(count)


async def _statuses(uow: UnitOfWork, organization_id: str) -> list[Status]:
    columns = ", ".join(f"s.{name}" for name in FACT_COLUMNS)
    rows = await uow.tx.fetch(
        f"SELECT {columns} FROM subscription s WHERE s.organization_id = $4 AND {uow.visible('s', 'subscription')}",
        *uow.scope, organization_id,
    )  # fmt: skip
    return [status_at(facts_of(row), uow.now) for row in rows]


async def _terminate(uow: UnitOfWork, event: OrganizationErased) -> None:
    columns = ", ".join(f"s.{name}" for name in FACT_COLUMNS)
    rows = await uow.tx.fetch(
        f"SELECT s.id, s.path, {columns} FROM subscription s WHERE s.organization_id = $1 ORDER BY s.id "
        f"{for_update(uow.tx, 's')}",
        event.organization_id,
    )
    subjects = [TimelineSubject(row["id"], event.organization_id, row["path"], facts_of(row)) for row in rows]
    await write_changes_of_time(uow.tx, subjects, event.at)
    for subject in subjects:
        before = status_at(subject.facts, event.at)
        if before is Status.TERMINATED:
            continue
        await uow.tx.execute(
            "UPDATE subscription SET terminated_at = $2, termination_reason = $3, version = version + 1 WHERE id = $1",
            subject.subscription_id, event.at, event.status,
        )  # fmt: skip
        await drop_queued_change(uow.tx, subject.subscription_id)
        entry = TimelineEntry(subject.subscription_id, event.organization_id, subject.path, event.at, before,
                              Status.TERMINATED, event.status, uow.actor.member_id)  # fmt: skip
        await write_entries(uow.tx, [entry])
        uow.audit("Subscription", subject.subscription_id, organization_id=event.organization_id, path=subject.path,
                  before={"status": before.value}, after={"status": Status.TERMINATED.value},
                  reason=event.status)  # fmt: skip
