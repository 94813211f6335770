"""No grace for who is not effectively ACTIVE when the paid time ends: EXPIRED at once (SUB-110, STOP-4).

Decided at that instant, by the suspensions and deletions that stood then; days keep the figures they started with."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.calendar import end_of_days, local_date
from core.clock import Instant
from core.transaction import Row, Transaction

_STOPPED_AT_THE_END = """EXISTS (
    WITH RECURSIVE above (id, parent_id) AS (
        SELECT a0.id, a0.parent_id FROM organization a0 WHERE a0.id = s.organization_id
        UNION ALL SELECT a1.id, a1.parent_id FROM organization a1 JOIN above ON a1.id = above.parent_id
    ) SELECT 1 FROM above WHERE EXISTS (
        SELECT 1 FROM suspension u WHERE u.organization_id = above.id AND u.started_at <= s.ends_at
        AND (u.lifted_at IS NULL OR u.lifted_at > s.ends_at)
        AND (u.delayed_until_at IS NULL OR u.delayed_until_at <= s.ends_at)
    ) OR EXISTS (
        SELECT 1 FROM deletion d WHERE d.organization_id = above.id AND d.asked_at <= s.ends_at
        AND (d.ended_at IS NULL OR d.ended_at > s.ends_at)
    )
)"""


async def take_grace_of_stopped(
    tx: Transaction, until: Instant, *, clock_id: str | None = None, after: Instant = 0
) -> int:
    """Shorten the ladder of each subscription that ended in (after, until] below a stop; of how many. Idempotent.

    `tx` sees as the platform. Before the statuses of that time are written."""
    rows = await _ended_while_stopped(tx, until, clock_id, after)
    for row in rows:
        await tx.execute(
            "UPDATE subscription SET grace_ends_at = ends_at, ladder_ends_at = $2, version = version + 1 WHERE id = $1",
            row["id"], _ladder_without_grace(row),
        )  # fmt: skip
    return len(rows)


def _ladder_without_grace(row: Row) -> Instant:
    """The same expired days, counted from the end's date itself."""
    zone, end = row["timezone"], date.fromisoformat(row["end_date"])
    grace = local_date(row["grace_ends_at"] - 1, zone) - end
    expired = local_date(row["ladder_ends_at"] - 1, zone) - end - grace
    return end_of_days(end, max(expired, timedelta()).days, zone)


async def _ended_while_stopped(tx: Transaction, until: Instant, clock_id: str | None, after: Instant) -> Sequence[Row]:
    lives_by = "c.stands_at IS NULL AND $1 = ''" if clock_id is None else "o.clock_id = $1"
    lock = "FOR NO KEY UPDATE OF s" if tx.dialect == "postgres" else ""
    return await tx.fetch(
        "SELECT s.id, s.end_date, s.grace_ends_at, s.ladder_ends_at, o.timezone FROM subscription s "
        "JOIN organization o ON o.id = s.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE {lives_by} AND s.ends_at > $2 AND s.ends_at <= $3 AND s.grace_ends_at > s.ends_at "
        f"AND s.terminated_at IS NULL AND {_STOPPED_AT_THE_END} ORDER BY s.id {lock}",
        clock_id or "", after, until,
    )  # fmt: skip
