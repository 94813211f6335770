"""Subscriptions are suspended with an organization whose documents are missing, and come back with it (SUB-114, 22)."""

from billing.subscription_status import Cause, SuspensionReason, status_at
from billing.timeline import FACT_COLUMNS, TimelineEntry, facts_of, write_entries
from core.clock import Instant
from tenants.kyc.kyc import (
    KycChanged,
    KycOverdue,
    KycStopLifted,
    on_kyc_changed,
    on_kyc_overdue,
    on_kyc_stop_lifted,
)
from tenants.kyc.kyc_rules import KycStatus
from tenants.unit_of_work import UnitOfWork

REASON = SuspensionReason.KYC_OVERDUE


@on_kyc_overdue
async def hold_subscriptions(uow: UnitOfWork, event: KycOverdue) -> None:
    """Every one that gives service is SUSPENDED for KYC_OVERDUE from now on."""
    await _change(uow, event.organization_id, is_held=True, at=event.at)


@on_kyc_changed
async def release_subscriptions(uow: UnitOfWork, event: KycChanged) -> None:
    """Approved documents end that reason; what stands besides stays, and dates have run on (SUB-20)."""
    if event.status is KycStatus.APPROVED:
        await _change(uow, event.organization_id, is_held=False, at=uow.now)


@on_kyc_stop_lifted
async def release_with_the_organization(uow: UnitOfWork, event: KycStopLifted) -> None:
    """They were suspended with their organization, and come back with it (KYC-1)."""
    await _change(uow, event.organization_id, is_held=False, at=event.at)


async def _change(uow: UnitOfWork, organization_id: str, *, is_held: bool, at: Instant) -> None:
    lock = " FOR NO KEY UPDATE OF s" if uow.tx.dialect == "postgres" else ""
    columns = ", ".join(f"s.{name}" for name in FACT_COLUMNS)
    rows = await uow.tx.fetch(
        f"SELECT s.id, s.path, {columns} FROM subscription s WHERE s.organization_id = $4 AND s.terminated_at IS NULL "
        f"AND {uow.visible('s', 'subscription')} ORDER BY s.id{lock}",
        *uow.scope, organization_id,
    )  # fmt: skip
    entries = []
    for row in rows:
        facts = facts_of(row)
        reasons = facts.suspension_reasons | {REASON} if is_held else facts.suspension_reasons - {REASON}
        if reasons == facts.suspension_reasons:
            continue
        stored = ",".join(sorted(reasons))
        await uow.tx.execute(
            "UPDATE subscription AS s SET suspension_reasons = $5, version = version + 1 WHERE s.id = $4 "
            f"AND {uow.visible('s', 'subscription')}",
            *uow.scope, row["id"], stored,
        )  # fmt: skip
        before, after = status_at(facts, at), status_at(facts_of({**dict(row), "suspension_reasons": stored}), at)
        if before is not after:
            cause = REASON if is_held else Cause.REASON_LIFTED
            entry = TimelineEntry(row["id"], organization_id, row["path"], at, before, after, cause.value,
                                  None if is_held else uow.actor.member_id)  # fmt: skip
            entries.append(entry)
    await write_entries(uow.tx, entries)
