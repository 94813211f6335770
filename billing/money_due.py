"""What time alone does to Wallets: holds lapse, temporary limits end (MON-13, MON-14, SUB-115). Posts nothing.

Each is done at its own instant: what a limit's end suspends is SUSPENDED from then on."""

from collections.abc import Sequence

from billing.aftermath import follow_limit, read_standing
from billing.hold_rows import release_lapsed_holds
from billing.wallets import wallet_rows
from core.clock import Instant
from core.transaction import Row, Transaction

LIVES_BY = "(CASE WHEN $1 = '' THEN c.stands_at IS NULL ELSE o.clock_id = $1 END)"
OF_CLOCK = "JOIN organization o ON o.id = w.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id"


async def release_due_holds(tx: Transaction, until: Instant, clock_id: str | None) -> int:
    """Close the holds that are over their time by `until`; answers of how many Wallets."""
    rows = await tx.fetch(
        f"SELECT w.id FROM wallet w {OF_CLOCK} WHERE {LIVES_BY} AND w.holds_until_at <= $2 ORDER BY w.path, w.id",
        clock_id or "", until,
    )  # fmt: skip
    if rows:
        await release_lapsed_holds(tx, [row["id"] for row in rows], until)
    return len(rows)


async def limits_ending(tx: Transaction, until: Instant, clock_id: str | None) -> Sequence[Row]:
    """The Wallets whose temporary raise ends by `until`, with the instant, in the order of time."""
    return await tx.fetch(
        f"SELECT w.id, w.temporary_limit_until_at AS at FROM wallet w {OF_CLOCK} WHERE {LIVES_BY} "
        "AND w.temporary_limit_until_at <= $2 AND w.closed_at IS NULL "
        "ORDER BY w.temporary_limit_until_at, w.path, w.id",
        clock_id or "", until,
    )  # fmt: skip


async def end_limit(tx: Transaction, wallet_id: str, at: Instant) -> None:
    """Take the raise away and check MON-62 at the instant it ended; of two at once only the first does."""
    taken = await tx.execute(
        "UPDATE wallet SET temporary_limit_micros = 0, temporary_limit_until_at = NULL "
        "WHERE id = $1 AND temporary_limit_until_at = $2",
        wallet_id, at,
    )  # fmt: skip
    if taken:
        (wallet,) = await wallet_rows(tx, [wallet_id])
        await follow_limit(tx, await read_standing(tx, wallet), at, None)
