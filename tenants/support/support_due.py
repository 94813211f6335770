"""What time does to support sessions and consents: they are over (SUP-4, SUP-6, SUP-11). Idempotent.

What is told before a consent ends: dated_notices.py."""

from core.clock import Instant
from core.periodic import periodic
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.support.support_ending import settle, standing_rows
from tenants.unit_of_work import Platform, UnitOfWork

EVERY_SECONDS = 30
ACTION = "supportDue"


@periodic("support sessions and consents", every_seconds=EVERY_SECONDS)
async def settle_support(platform: Platform, last: Instant) -> int:
    """End what is over; answers how many sessions."""
    async with platform_work(platform, ACTION) as uow:
        return 0 if uow is None else await _settle_all(uow)


@on_clock_advanced
async def settle_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """The same when a sandbox clock has moved."""
    async with in_the_platforms_name(uow, ACTION, event.now) as platforms:
        await _settle_all(platforms)


async def _settle_all(uow: UnitOfWork) -> int:
    rows = await standing_rows(uow, "1 = 1")
    return len(rows) - len(await settle(uow, rows))
