"""When stops fall due: in real time by a periodic step, in a sandbox within the move of its clock (STOP-3, DEL-4).

Registered behind due.py: statuses of subscriptions are written first, then what follows from them."""

from billing.payment_stops import suspend_unpaid, turned_unpaid
from core.clock import EXACT_DAY, HOUR, Instant
from core.periodic import periodic
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.stops.due_stops import carry_out_due_stops
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

ACTION = "dueStops"
OVERLAP = HOUR
LOOK_BACK = 7 * EXACT_DAY
"""How far a fresh process looks back for what nobody has answered."""


@on_clock_advanced
async def stop_what_a_sandbox_left_unpaid(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: suspensions at the instants that caused them, then what time does to stops."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        await lock_tree(theirs.tx)
        for unpaid in await turned_unpaid(theirs.tx, event.before, event.now, event.clock_id):
            await suspend_unpaid(theirs, unpaid, unpaid.at)
        await carry_out_due_stops(theirs, event.now, event.clock_id)


@periodic("suspensions for want of payment", every_seconds=30)
async def stop_what_is_unpaid(platform: Platform, last_run: Instant) -> int:
    """The same in real time, a transaction for each; a late worker never shortens the time to pay (STOP-9)."""
    now = platform.clock.now()
    after = max(last_run - OVERLAP, now - LOOK_BACK)
    async with platform_transaction(platform) as tx:
        found = await turned_unpaid(tx, after, now, None)
    done = 0
    for unpaid in found:
        async with platform_work(platform, ACTION) as uow:
            if uow is not None:
                await lock_tree(uow.tx)
                done += await suspend_unpaid(uow, unpaid, max(unpaid.at, now - OVERLAP))
    return done
