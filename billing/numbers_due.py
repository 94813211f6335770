"""Numbers whose hold is over go back into their pool; those of an organization that has ended at once (SUB-101, DEL-5).

By the platform's clock in a periodic step, by a sandbox's within the command that moves it."""

from billing.numbers import due_numbers, put_back
from core.clock import Instant
from core.periodic import periodic
from tenants.organization_events import (
    ClockAdvanced,
    OrganizationErased,
    on_clock_advanced,
    on_organization_erased,
)
from tenants.platform_work import at_instant, in_the_platforms_name, platform_work
from tenants.unit_of_work import Platform, UnitOfWork

ACTION = "releaseNumber"
CHUNK = 500


async def release_due(uow: UnitOfWork, until: Instant, clock_id: str | None = None) -> int:
    """Release up to CHUNK of them, each as of the instant at which its hold was over; how many."""
    rows = await due_numbers(uow, until, clock_id, CHUNK)
    for row in rows:
        await put_back(at_instant(uow, row["held_until_at"]), row, row["after_hold"])
    return len(rows)


@periodic("numbers whose hold is over", every_seconds=60)
async def release_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, a transaction for each chunk; how many."""
    released = 0
    while True:
        async with platform_work(platform, ACTION) as uow:
            done = 0 if uow is None else await release_due(uow, uow.now)
        released += done
        if done < CHUNK:
            return released


@on_clock_advanced
async def release_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: what was to be released by now is released before the command answers."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        while await release_due(theirs, event.now, event.clock_id) == CHUNK:
            continue


@on_organization_erased
async def give_all_back(uow: UnitOfWork, event: OrganizationErased) -> None:
    """What it held is its seller's again; which accounts had what is erased with the accounts (DEL-5)."""
    async with uow.as_platform("DEL-5: what has ended is written whoever ends it"):
        rows = await uow.tx.fetch(
            "SELECT id, organization_id, path, pool_id, digits, account_id FROM number "
            "WHERE organization_id = $1 AND pool_id <> $1",
            event.organization_id,
        )  # fmt: skip
        for row in rows:
            await put_back(uow, row, "AVAILABLE")
        await uow.tx.execute("DELETE FROM number_release WHERE organization_id = $1", event.organization_id)
