"""What time does to stops: delays end, PAYMENT suspensions end in DELETED, deletions are checked (STOP-8, 9, DEL-4).

One thing after the other in the order of time, so that a jump of the clock leaves what day by day would."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.periodic import periodic
from core.refusals import Blocker
from core.transaction import Transaction, fetch_value
from tenants.access import OrganizationFacts, organization_by_id
from tenants.organization_events import DeletionBlocked, on_deletion_blocked
from tenants.platform_work import at_instant, platform_work
from tenants.stops.closing_blockers import closing_facts, deletion_blockers
from tenants.stops.erasure import end_for_good
from tenants.stops.suspension_rows import SUSPENDED_AGAIN, SuspensionReason, restate
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading

CHUNK = 500
_log = structlog.get_logger()
_DUE = """
SELECT due.at, due.what, due.row_id, due.organization_id FROM (
    SELECT s.delayed_until_at AS at, 'DELAY_OVER' AS what, s.id AS row_id, s.organization_id FROM suspension s
    WHERE s.lifted_at IS NULL AND s.delayed_until_at <= $1
    UNION ALL
    SELECT CASE WHEN s.delayed_until_at > s.ends_at THEN s.delayed_until_at ELSE s.ends_at END, 'TIME_TO_PAY_OVER',
        s.id, s.organization_id FROM suspension s
    WHERE s.lifted_at IS NULL AND s.ends_at <= $1 AND (s.delayed_until_at IS NULL OR s.delayed_until_at <= $1)
    UNION ALL
    SELECT d.next_check_at, 'DELETION_CHECK', d.id, d.organization_id FROM deletion d
    WHERE d.ended_at IS NULL AND d.next_check_at <= $1
) due JOIN organization o ON o.id = due.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id
WHERE {lives_by} AND ($3 = '' OR due.row_id = $3) ORDER BY due.at, due.what, due.row_id LIMIT {most}
"""


@dataclass(frozen=True, slots=True)
class DueStop:
    """The next thing that time does to an organization."""

    at: Instant
    what: str
    row_id: str
    organization_id: str


async def carry_out_due_stops(uow: UnitOfWork, until: Instant, clock_id: str | None = None) -> int:
    """Everything due through `until` of those who live by the sandbox clock, or by the platform's; how many things.

    The unit of work is the platform's own (platform_work.py)."""
    done = 0
    while (due := await next_due_stop(uow, until, clock_id)) is not None:
        await carry_out(uow, due)
        done += 1
    return done


@periodic("due stops of organizations", every_seconds=30)
async def carry_out_in_real_time(platform: Platform, last_run: Instant) -> int:
    """The same in real time, a transaction for each thing; answers how many. What fails does not hold up the others."""
    async with platform_reading(platform) as tx:
        found = await _due_stops(tx, platform.clock.now(), None, most=CHUNK)
    done = 0
    for due in found:
        try:
            done += await _one_in_real_time(platform, due)
        except Exception:
            _log.exception("a due stop failed", what=due.what, organization_id=due.organization_id)
    return done


async def _one_in_real_time(platform: Platform, due: DueStop) -> bool:
    """Looked at again behind the lock: another worker may have done it."""
    async with platform_work(platform, "dueStops") as uow:
        if uow is None:
            return False
        await lock_tree(uow.tx)
        still = await _due_stops(uow.tx, uow.now, None, most=1, row_id=due.row_id)
        for each in still:
            await carry_out(uow, each)
        return bool(still)


async def next_due_stop(uow: UnitOfWork, until: Instant, clock_id: str | None) -> DueStop | None:
    """The earliest thing that is due and not done."""
    found = await _due_stops(uow.tx, until, clock_id, most=1)
    return found[0] if found else None


async def _due_stops(
    tx: Transaction, until: Instant, clock_id: str | None, *, most: int, row_id: str = ""
) -> list[DueStop]:
    """What is due, in the order of time; `tx` sees as the platform."""
    lives_by = "c.stands_at IS NULL AND $2 = ''" if clock_id is None else "o.clock_id = $2"
    rows = await tx.fetch(_DUE.format(lives_by=lives_by, most=most), until, clock_id or "", row_id)
    return [DueStop(row["at"], row["what"], row["row_id"], row["organization_id"]) for row in rows]


async def carry_out(uow: UnitOfWork, due: DueStop) -> None:
    """Do it, as of the instant at which it fell due."""
    at = at_instant(uow, due.at)
    organization = await organization_by_id(at, due.organization_id)
    match due.what:
        case "DELAY_OVER":
            await _end_delay(at, organization, due.row_id)
        case "TIME_TO_PAY_OVER":
            await end_for_good(at, organization, "DELETED", "PAYMENT_NOT_RECEIVED")
        case _:
            await _check_deletion(at, organization, due.row_id)


async def _end_delay(uow: UnitOfWork, organization: OrganizationFacts, suspension_id: str) -> None:
    """The suspension holds again; it was never lifted (STOP-8)."""
    await uow.tx.execute(
        "UPDATE suspension SET delayed_until_date = NULL, delayed_until_at = NULL WHERE id = $1", suspension_id
    )
    reason = await fetch_value(uow.tx, "SELECT reason FROM suspension WHERE id = $1", suspension_id)
    await restate(uow, organization, SUSPENDED_AGAIN, SuspensionReason(reason), uow.now)


async def _check_deletion(uow: UnitOfWork, organization: OrganizationFacts, deletion_id: str) -> None:
    """DELETED, or while something stands in the way an Alert to the seller and the next check tomorrow (DEL-4)."""
    blockers = deletion_blockers(await closing_facts(uow, organization))
    if not blockers:
        await end_for_good(uow, organization, "DELETED", None)
        return
    tomorrow = local_date(uow.now, organization.timezone) + timedelta(days=1)
    await uow.tx.execute(
        "UPDATE deletion SET next_check_at = $2 WHERE id = $1", deletion_id,
        start_of_day(tomorrow, organization.timezone),
    )  # fmt: skip
    seller = await organization_by_id(uow, organization.parent_id or "")
    await on_deletion_blocked.tell(
        uow,
        DeletionBlocked(
            deletion_id, organization.id, seller.id, seller.path, organization.timezone, uow.now, _counts(blockers)
        ),
    )


def _counts(blockers: tuple[Blocker, ...]) -> dict[str, int]:
    return {blocker.code: int(str(blocker.details["count"])) for blocker in blockers}
