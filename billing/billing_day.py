"""At 00:00 of `billingDay` in the buyer's time zone: the documents of the stretch that ends there (MON-73, SUB-115).

The next day is fixed when one is closed, so that a changed `billingDay` holds from the next stretch (SUB-120)."""

import calendar
from collections.abc import Sequence
from datetime import date

from billing.aftermath import follow_up
from billing.money_due import LIVES_BY, OF_CLOCK
from billing.renewals_due import renew_in_real_time
from billing.unbilled import invoice_unbilled
from billing.wallets import lock_wallets
from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.periodic import periodic
from core.transaction import Row
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import at_instant, in_the_platforms_name, platform_work
from tenants.policy.policy import read_policies
from tenants.unit_of_work import Platform, UnitOfWork

ACTION = "billingDay"
AT_ONCE = 200
"""How many Wallets a transaction of the worker looks at."""


def billing_date_after(day: date, billing_day: int) -> date:
    """The first billing day after a date; 29 to 31 fall on a shorter month's last day. Pure."""
    year, month = day.year, day.month
    while True:
        found = date(year, month, min(billing_day, calendar.monthrange(year, month)[1]))
        if found > day:
            return found
        year, month = year + month // 12, month % 12 + 1


async def close_billing_days(uow: UnitOfWork, until: Instant, clock_id: str | None) -> int:
    """Close every stretch that ended by `until`, in the order of time; answers how many. `uow` is the platform's."""
    for row in await _without_day(uow, clock_id):
        await _fix_next(uow, row["id"], row["organization_id"], row["began_at"])
    closed = 0
    while rows := await _due(uow, until, clock_id):
        for row in rows:
            await _close(uow, row)
        closed += len(rows)
    return closed


async def _without_day(uow: UnitOfWork, clock_id: str | None) -> Sequence[Row]:
    """Wallets that were charged for the first time since somebody looked."""
    return await uow.tx.fetch(
        "SELECT w.id, w.organization_id, (SELECT min(t.at) FROM ledger_transaction t WHERE t.wallet_id = w.id) "
        f"AS began_at FROM wallet w {OF_CLOCK} WHERE {LIVES_BY} AND w.next_billing_at IS NULL AND w.closed_at IS NULL "
        f"AND EXISTS (SELECT 1 FROM ledger_transaction t WHERE t.wallet_id = w.id) ORDER BY w.id LIMIT {AT_ONCE}",
        clock_id or "",
    )


async def _due(uow: UnitOfWork, until: Instant, clock_id: str | None) -> Sequence[Row]:
    return await uow.tx.fetch(
        f"SELECT w.id, w.organization_id, w.next_billing_at FROM wallet w {OF_CLOCK} WHERE {LIVES_BY} "
        "AND w.next_billing_at <= $2 AND w.closed_at IS NULL "
        f"ORDER BY w.next_billing_at, w.path, w.id LIMIT {AT_ONCE}",
        clock_id or "", until,
    )  # fmt: skip


async def _close(uow: UnitOfWork, row: Row) -> None:
    """One Wallet at its billing day, as if it were that instant; of two at once only the first finds it due."""
    at: Instant = row["next_billing_at"]
    then = at_instant(uow, at)
    wallet = (await lock_wallets(then, [row["id"]]))[row["id"]]
    if not await _fix_next(uow, wallet.id, wallet.organization_id, at, was=at):
        return
    await invoice_unbilled(then, wallet, await read_policies(uow.tx, wallet.organization_id), at)
    await follow_up(then, [wallet.id])


async def _fix_next(
    uow: UnitOfWork, wallet_id: str, organization_id: str, after: Instant, was: Instant | None = None
) -> int:
    """Store the billing day after an instant; answers 0 when somebody else did."""
    zone = await uow.tx.fetch("SELECT timezone FROM organization WHERE id = $1", organization_id)
    policies = await read_policies(uow.tx, organization_id)
    timezone = zone[0]["timezone"]
    following = billing_date_after(local_date(after, timezone), policies.integer("billingDay"))
    return await uow.tx.execute(
        "UPDATE wallet SET next_billing_at = $2 WHERE id = $1 AND coalesce(next_billing_at, 0) = $3",
        wallet_id, start_of_day(following, timezone), was or 0,
    )  # fmt: skip


@on_clock_advanced
async def bill_what_a_sandbox_lived_through(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: every billing day in between."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        while await _without_day(theirs, event.clock_id):
            await close_billing_days(theirs, event.now, event.clock_id)
        await close_billing_days(theirs, event.now, event.clock_id)


@periodic("billing days", every_seconds=60)
async def bill_in_real_time(platform: Platform, last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock."""
    await renew_in_real_time(platform)  # what is charged at that midnight comes first (SUB-115)
    async with platform_work(platform, ACTION) as uow:
        return 0 if uow is None else await close_billing_days(uow, platform.clock.now(), None)
