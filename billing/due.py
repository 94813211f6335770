"""What is due for subscriptions at an instant. A status is computed, so only its timeline is written (SUB-112).

Idempotent per subscription and change: walking day by day and one jump leave the same rows, in the order of time."""

from collections.abc import AsyncIterator

from billing.timeline import FACT_COLUMNS, Subject, facts_of, write_changes_of_time
from core.clock import Instant
from core.transaction import Transaction
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.unit_of_work import UnitOfWork

CHUNK = 5_000
EVER: Instant = 0


async def write_due_changes(
    tx: Transaction, until: Instant, *, clock_id: str | None = None, after: Instant = EVER
) -> int:
    """Write each change of status that time brought in (after, until]; answers how many entries.

    For the subscriptions that live by the sandbox clock, or without one by the platform's. Call it in the platform's
    own sight: a clock may be shared by organizations that do not see each other."""
    written = 0
    async for subjects in _due(tx, until, clock_id, after):
        written += await write_changes_of_time(tx, subjects, until)
    return written


async def _due(tx: Transaction, until: Instant, clock_id: str | None, after: Instant) -> AsyncIterator[list[Subject]]:
    """Subscriptions with a step of their ladder in (after, until], by id, locked, some thousand at a time."""
    columns = ", ".join(f"s.{name}" for name in FACT_COLUMNS)
    steps = " OR ".join(f"(s.{name} > $2 AND s.{name} <= $3)" for name in FACT_COLUMNS[:3])
    lock = "FOR NO KEY UPDATE OF s" if tx.dialect == "postgres" else ""
    last = ""
    while True:
        rows = await tx.fetch(
            f"SELECT s.id, s.organization_id, s.path, {columns} FROM subscription s "
            "JOIN organization o ON o.id = s.organization_id "
            f"WHERE coalesce(o.clock_id, '') = $1 AND ({steps}) AND s.id > $4 ORDER BY s.id LIMIT {CHUNK} {lock}",
            clock_id or "", after, until, last,
        )  # fmt: skip
        if not rows:
            return
        last = rows[-1]["id"]
        yield [Subject(row["id"], row["organization_id"], row["path"], facts_of(row)) for row in rows]


@on_clock_advanced
async def write_what_a_sandbox_lived_through(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: the timeline of everything that shares it, also what no one wrote before (SUB-115)."""
    async with uow.as_platform("SUB-112: the clock is shared by organizations above and beside the actor"):
        await write_due_changes(uow.tx, event.now, clock_id=event.clock_id)
