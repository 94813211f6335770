"""What the platform itself suspends and lifts: PAYMENT and KYC_OVERDUE (STOP-3, STOP-7, STOP-9).

Called inside commands and due work of billing/ and of KYC; asks nobody's right."""

from core.clock import Instant
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, organization_by_id
from tenants.platform_work import time_of_organization
from tenants.stops.suspension_rows import (
    LIFTED,
    SUSPENDED,
    NewSuspension,
    SuspensionReason,
    add_suspension,
    lift_rows,
    lock_organization,
    restate,
    standing_suspensions,
)
from tenants.unit_of_work import UnitOfWork


async def suspend_by_platform(
    uow: UnitOfWork, organization_id: str, reason: SuspensionReason, started_at: Instant, *,
    caused_at: Instant | None = None, note: str | None = None,
) -> bool:  # fmt: skip
    """Suspend it in its seller's name, once for each cause; whether that was done (STOP-3).

    Nothing is done when it is suspended for this reason already, was so for the same cause, or is being deleted. The
    unit of work sees the organization: a command's own, or the platform's. Take the tree's lock first (GEN-7)."""
    await lock_organization(uow, organization_id)
    organization = await organization_by_id(uow, organization_id)
    if organization.status not in ("ACTIVE", "SUSPENDED") or organization.parent_id is None:
        return False
    if await standing_suspensions(uow, organization_id, reason):
        return False
    if caused_at is not None and await _was_answered(uow, organization, reason, caused_at):
        return False
    new = NewSuspension(reason, organization.parent_id, started_at, is_by_platform=True, caused_at=caused_at)
    await add_suspension(uow, organization, new)
    await restate(uow, organization, SUSPENDED, reason, started_at, note=note)
    return True


async def lift_by_platform(
    uow: UnitOfWork, organization_id: str, reason: SuspensionReason, note: str | None = None
) -> bool:
    """End every suspension for the reason, whoever set it; whether one stood: paid, or approved (STOP-7).

    Of two at the same time one does it, and one notice is sent (STOP-10)."""
    if not await standing_suspensions(uow, organization_id, reason):
        return False
    await lock_organization(uow, organization_id)
    organization = await organization_by_id(uow, organization_id)
    standing = await standing_suspensions(uow, organization_id, reason)
    now = await time_of_organization(uow, organization)
    if not await lift_rows(uow, [row["id"] for row in standing], now):
        return False
    await restate(uow, organization, LIFTED, reason, now, note=note)
    return True


async def has_standing(uow: UnitOfWork, organization_id: str, reason: SuspensionReason) -> bool:
    """Whether it is suspended for the reason, delayed or not."""
    return bool(await standing_suspensions(uow, organization_id, reason))


async def _was_answered(
    uow: UnitOfWork, organization: OrganizationFacts, reason: SuspensionReason, caused_at: Instant
) -> bool:
    """One that the seller has lifted is not set again for the same cause."""
    count = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM suspension s WHERE s.organization_id = $4 AND s.reason = $5 AND s.caused_at = $6 "
        f"AND {uow.visible('s', 'suspension')}",
        *uow.scope, organization.id, reason.value, caused_at,
    )  # fmt: skip
    return bool(count)
