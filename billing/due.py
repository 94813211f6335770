"""What is due for subscriptions at an instant. A status is computed, so only its timeline is written (SUB-112).

Idempotent per subscription and change: walking day by day and one jump leave the same rows, in the order of time."""

from billing.money_due import end_limit, limits_ending, release_due_holds
from billing.no_grace import take_grace_of_stopped
from billing.renewals_due import renew_in_real_time
from billing.timeline import FACT_COLUMNS, Subject, facts_of, write_changes_of_time
from core.clock import HOUR, Instant
from core.periodic import periodic
from core.transaction import Transaction
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

CHUNK = 5_000
EVER: Instant = 0
FIRST = ""
OVERLAP = HOUR
"""How far a repeated run looks back behind the run before, for what was written meanwhile."""


async def write_due_changes(
    tx: Transaction, until: Instant, *, clock_id: str | None = None, after: Instant = EVER
) -> int:
    """Write each change of status that time brought in (after, until]; answers how many entries.

    For the subscriptions that live by the sandbox clock, or without one that stands by the platform's. Call it in the
    platform's own sight: a clock may be shared by organizations that do not see each other. What temporary limits
    end comes at its instant, before what else is due then (SUB-115)."""
    await release_due_holds(tx, until, clock_id)
    written = 0
    for limit in await limits_ending(tx, until, clock_id):
        written += await _write_statuses(tx, limit["at"] - 1, clock_id, after)
        await end_limit(tx, limit["id"], limit["at"])
    return written + await _write_statuses(tx, until, clock_id, after)


async def _write_statuses(tx: Transaction, until: Instant, clock_id: str | None, after: Instant) -> int:
    await take_grace_of_stopped(tx, until, clock_id=clock_id, after=after)
    written, last = 0, FIRST
    while subjects := await _due(tx, until, clock_id, after, last):
        written += await write_changes_of_time(tx, subjects, until)
        last = subjects[-1].subscription_id
    return written


@periodic("due changes of subscriptions", every_seconds=30)
async def write_due_in_real_time(platform: Platform, last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, a transaction for each chunk; answers how many."""
    until, after = platform.clock.now(), max(last_run - OVERLAP, EVER)
    await renew_in_real_time(platform, until)  # before the dunning of the same instant (SUB-115)
    async with platform_transaction(platform) as tx:
        await release_due_holds(tx, until, None)
        for limit in await limits_ending(tx, until, None):
            await end_limit(tx, limit["id"], limit["at"])
        await take_grace_of_stopped(tx, until, after=after)
    written = 0
    last: str | None = FIRST
    while last is not None:
        async with platform_transaction(platform) as tx:
            subjects = await _due(tx, until, None, after, last)
            written += await write_changes_of_time(tx, subjects, until)
        last = subjects[-1].subscription_id if subjects else None
    return written


async def _due(tx: Transaction, until: Instant, clock_id: str | None, after: Instant, last: str) -> list[Subject]:
    """The next subscriptions with a step of their ladder in (after, until], by id, locked, some thousand at a time."""
    columns = ", ".join(f"s.{name}" for name in FACT_COLUMNS)
    steps = " OR ".join(f"(s.{name} > $2 AND s.{name} <= $3)" for name in FACT_COLUMNS[:3])
    lives_by = "c.stands_at IS NULL AND $1 = ''" if clock_id is None else "o.clock_id = $1"
    lock = "FOR NO KEY UPDATE OF s" if tx.dialect == "postgres" else ""
    rows = await tx.fetch(
        f"SELECT s.id, s.organization_id, s.path, {columns} FROM subscription s "
        "JOIN organization o ON o.id = s.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE {lives_by} AND ({steps}) AND s.id > $4 ORDER BY s.id LIMIT {CHUNK} {lock}",
        clock_id or "", after, until, last,
    )  # fmt: skip
    return [Subject(row["id"], row["organization_id"], row["path"], facts_of(row)) for row in rows]


@on_clock_advanced
async def write_what_a_sandbox_lived_through(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: the timeline of everything that shares it, also what no one wrote before (SUB-115)."""
    async with uow.as_platform("SUB-112: the clock is shared by organizations above and beside the actor"):
        await write_due_changes(uow.tx, event.now, clock_id=event.clock_id)
