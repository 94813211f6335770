"""When waiting changes take effect: at the midnight that they wait for, before the renewals of that instant (SUB-115).

What the period costs was decided with it, whether it was charged before or will be after (renewal_terms.py)."""

from billing.queued_changes import apply_queued_change, drop_queued_change, queued_change_of
from billing.subscription_sql import status_expression
from billing.subscription_status import Status
from core.clock import Instant
from core.periodic import periodic
from core.transaction import Row, Transaction
from tenants.notices.notices import LIVES_BY, Span
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import at_instant, in_the_platforms_name, platform_work
from tenants.sandbox_clock import clock_stop
from tenants.unit_of_work import Platform, UnitOfWork

ACTION = "changeSubscription"
AT_ONCE = 500
_STATUS = status_expression("s", "q.applies_at")
_OF = (
    "FROM queued_change q JOIN subscription s ON s.id = q.subscription_id "
    "JOIN organization o ON o.id = s.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id"
)


async def apply_due_changes(uow: UnitOfWork, until: Instant, clock_id: str | None) -> int:
    """Set everything that waited for an instant through `until`, in the order of time; how many.

    Of those who live by the sandbox clock, or without one by the platform's. `uow` is the platform's own."""
    applied = 0
    while rows := await _due(uow.tx, until, clock_id):
        for row in rows:
            waiting = await queued_change_of(uow.tx, row["subscription_id"])
            if waiting is None or waiting.applies_at > until:
                continue
            if row["status"] == Status.TERMINATED:
                await drop_queued_change(uow.tx, waiting.subscription_id)
            else:
                await apply_queued_change(at_instant(uow, max(waiting.applies_at, row["queued_at"])), waiting)
        applied += len(rows)
    return applied


async def _due(tx: Transaction, until: Instant, clock_id: str | None) -> list[Row]:
    """The next ones, their subscriptions locked: who changes or cancels at the same moment waits, or is waited for."""
    lock = "FOR NO KEY UPDATE OF s" if tx.dialect == "postgres" else ""
    rows = await tx.fetch(
        f"SELECT q.subscription_id, q.queued_at, {_STATUS} AS status {_OF} WHERE {LIVES_BY} AND q.applies_at <= $2 "
        f"ORDER BY q.applies_at, q.subscription_id LIMIT {AT_ONCE} {lock}",
        clock_id or "", until,
    )  # fmt: skip
    return list(rows)


@clock_stop
async def next_queued_change(tx: Transaction, span: Span) -> Instant | None:
    """Where a moving clock stands still, so that what waits holds before anything else of that instant (SUB-115)."""
    rows = await tx.fetch(
        f"SELECT min(q.applies_at) AS at {_OF} WHERE {LIVES_BY} AND q.applies_at > $2 AND q.applies_at <= $3",
        span.clock_id, span.after, span.until,
    )  # fmt: skip
    at: Instant | None = rows[0]["at"]
    return at


@on_clock_advanced
async def apply_what_a_sandbox_waited_for(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved to the next one, or beyond the last one."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        await apply_due_changes(theirs, event.now, event.clock_id)


@periodic("queued changes of subscriptions", every_seconds=30)
async def apply_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock."""
    async with platform_work(platform, ACTION) as uow:
        return 0 if uow is None else await apply_due_changes(uow, platform.clock.now(), None)
