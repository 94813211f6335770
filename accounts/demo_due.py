"""Demos whose retention is over are erased (DEMO-6): rows, not just their service. Idempotent.

By the platform's clock in a periodic step, by a sandbox's within the command that moves it."""

from accounts.demo_rules import demo_erasure
from core.clock import Instant
from core.periodic import periodic
from tenants.organization_events import ClockAdvanced, TimezoneChanged, on_clock_advanced, on_timezone_changed
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.unit_of_work import Platform, UnitOfWork

ACTION = "eraseEndedDemo"
CHUNK = 500


async def erase_ended_demos(uow: UnitOfWork, until: Instant, clock_id: str | None = None) -> int:
    """Erase up to CHUNK demos whose data is to go by `until`, audited in their organizations; how many.

    Those that live by the sandbox clock, or without one that stands by the platform's; `uow` is the platform's."""
    lives_by = "c.stands_at IS NULL AND $2 = ''" if clock_id is None else "o.clock_id = $2"
    rows = await uow.tx.fetch(
        "DELETE FROM account WHERE id IN (SELECT a.id FROM account a JOIN organization o ON o.id = a.organization_id "
        "LEFT JOIN sandbox_clock c ON c.id = o.clock_id WHERE a.kind = 'DEMO' AND a.demo_erases_at <= $1 "
        f"AND {lives_by} ORDER BY a.demo_erases_at, a.id LIMIT {CHUNK}) "
        "RETURNING id, organization_id, path, account_id",
        until, clock_id or "",
    )  # fmt: skip
    for row in sorted(rows, key=lambda each: str(each["id"])):
        before = {"accountId": row["account_id"], "kind": "DEMO"}
        uow.audit(
            "Account", row["id"], organization_id=row["organization_id"], path=row["path"], before=before,
            reason="demoRetentionDays",
        )  # fmt: skip
    return len(rows)


@periodic("demos whose retention is over", every_seconds=60)
async def erase_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, a transaction for each chunk; how many."""
    erased = 0
    while True:
        async with platform_work(platform, ACTION) as uow:
            done = 0 if uow is None else await erase_ended_demos(uow, uow.now)
        erased += done
        if done < CHUNK:
            return erased


@on_clock_advanced
async def erase_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: what is to be gone by now is gone before the command answers."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        while await erase_ended_demos(theirs, event.now, event.clock_id) == CHUNK:
            continue


@on_timezone_changed
async def move_erasures(uow: UnitOfWork, changed: TimezoneChanged) -> None:
    """The days of retention are local days: those still ahead follow the new zone (GEN-3, BAT-34)."""
    rows = await uow.tx.fetch(
        "SELECT a.id, a.demo_ends_at, a.demo_retention_days FROM account a WHERE a.organization_id = $4 "
        f"AND a.kind = 'DEMO' AND a.demo_erases_at > $5 AND {uow.visible('a', 'account')}",
        *uow.scope, changed.organization_id, uow.now,
    )  # fmt: skip
    for row in rows:
        erases_at = demo_erasure(row["demo_ends_at"], row["demo_retention_days"], changed.timezone)
        await uow.tx.execute(
            f"UPDATE account AS a SET demo_erases_at = $5 WHERE a.id = $4 AND {uow.visible('a', 'account')}",
            *uow.scope, row["id"], erases_at,
        )  # fmt: skip
