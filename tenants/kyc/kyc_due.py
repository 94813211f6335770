"""Missing documents suspend an organization once the last day is over (KYC-1, SUB-114). Idempotent.

By the platform's clock in a periodic step, by a sandbox's within the command that moves it."""

from collections.abc import Sequence

from core.clock import Instant
from core.periodic import periodic
from core.transaction import Row, Transaction, fetch_one
from tenants.kyc.kyc import KycOverdue, on_kyc_overdue
from tenants.kyc.kyc_rules import MISSING, KycStatus, kyc_overdue_at
from tenants.organization_events import ClockAdvanced
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.policy.policy import read_policies
from tenants.policy.policy_resolution import Policies, policies_of
from tenants.policy_parameters import Preset
from tenants.stops.platform_stops import suspend_by_platform
from tenants.stops.suspension_rows import SuspensionReason
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading

ACTION = "suspendForMissingDocuments"
_MISSING = ", ".join(f"'{status.value}'" for status in sorted(MISSING))


async def missing_documents(
    tx: Transaction, until: Instant, clock_id: str | None = None
) -> list[tuple[str, Policies, Instant, str]]:
    """Organizations that may owe documents: id, policies, activation, time zone. `tx` sees as the platform."""
    return [
        (str(row["id"]), await read_policies(tx, row["id"]), row["activated_at"], row["timezone"])
        for row in await _candidates(tx, until, clock_id)
    ]


async def overdue_organizations(
    tx: Transaction, until: Instant, clock_id: str | None = None
) -> list[tuple[str, Instant]]:
    """Organizations whose documents are missing too long at `until`, and since when, in that order.

    Those that live by the sandbox clock, or without one that stands by the platform's; `tx` sees as the platform."""
    due = []
    for organization_id, policies, activated_at, zone in await missing_documents(tx, until, clock_id):
        overdue_at = kyc_overdue_at(policies, activated_at, zone)
        if overdue_at is not None and overdue_at <= until:
            due.append((overdue_at, organization_id))
    return [(organization_id, overdue_at) for overdue_at, organization_id in sorted(due)]


@periodic("organizations with missing documents", every_seconds=60)
async def suspend_overdue_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, a transaction for each; how many were suspended."""
    async with platform_reading(platform) as tx:
        due = await overdue_organizations(tx, platform.clock.now())
    suspended = 0
    for organization_id, overdue_at in due:
        async with platform_work(platform, ACTION) as uow:
            if uow is not None and await _suspend(uow, organization_id, overdue_at, uow.now):
                suspended += 1
    return suspended


async def suspend_overdue_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: what fell due on the way is suspended at the instant it did.

    kyc_notices.py registers it behind its own hook: what is said before the last day is over comes first."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        for organization_id, overdue_at in await overdue_organizations(theirs.tx, event.now, event.clock_id):
            await _suspend(theirs, organization_id, overdue_at, max(overdue_at, event.before))


async def _suspend(uow: UnitOfWork, organization_id: str, overdue_at: Instant, at: Instant) -> bool:
    await lock_tree(uow.tx)
    row = await fetch_one(uow.tx, "SELECT o.path, o.kyc_status FROM organization o WHERE o.id = $1", organization_id)
    if row is None or KycStatus(row["kyc_status"]) not in MISSING:
        return False
    reason = SuspensionReason.KYC_OVERDUE
    if not await suspend_by_platform(uow, organization_id, reason, at, caused_at=overdue_at):
        return False
    await on_kyc_overdue.tell(uow, KycOverdue(organization_id, row["path"], at))
    return True


async def _candidates(tx: Transaction, until: Instant, clock_id: str | None) -> Sequence[Row]:
    """Without documents, not answered before, and below somebody who has set `kycRequired` in any way."""
    presets = [preset.value for preset in Preset if policies_of(preset).boolean("kycRequired")]
    named = ", ".join(f"${place}" for place in range(3, 3 + len(presets)))
    lives_by = "c.stands_at IS NULL AND $2 = ''" if clock_id is None else "o.clock_id = $2"
    setters = (
        "SELECT v.path FROM policy_value v WHERE v.parameter = 'kycRequired' "
        f"UNION SELECT p.path FROM policy_preset p WHERE p.preset IN ({named})"
    )
    return await tx.fetch(
        "SELECT o.id, o.activated_at, o.timezone FROM organization o LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE {lives_by} AND o.kind <> 'OPERATOR' AND o.status IN ('ACTIVE', 'SUSPENDED') "
        f"AND o.kyc_status IN ({_MISSING}) AND o.activated_at <= $1 "
        f"AND EXISTS (SELECT 1 FROM ({setters}) s WHERE substr(o.path, 1, length(s.path)) = s.path) "
        "AND NOT EXISTS (SELECT 1 FROM suspension u WHERE u.organization_id = o.id AND u.reason = 'KYC_OVERDUE' "
        "AND u.lifted_at IS NULL) ORDER BY o.id",
        until, clock_id or "", *presets,
    )  # fmt: skip
