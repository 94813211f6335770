"""The sum of a Wallet's open holds, and those that are over their time (MON-13). Locks nothing: who calls has."""

from collections.abc import Collection, Mapping

from core.clock import Instant
from core.transaction import Transaction


async def release_lapsed_holds(tx: Transaction, wallet_ids: Collection[str], now: Instant) -> None:
    """Close every hold of the locked Wallets that is over its time, at the instant it lapsed."""
    places = ", ".join(f"${place}" for place in range(2, len(wallet_ids) + 2))
    await tx.execute(
        "UPDATE money_hold SET state = 'RELEASED', closed_at = until_at "
        f"WHERE state = 'OPEN' AND until_at <= $1 AND wallet_id IN ({places})",
        now, *wallet_ids,
    )  # fmt: skip
    await reserve_what_is_open(tx, wallet_ids)


async def reserve_what_is_open(tx: Transaction, wallet_ids: Collection[str]) -> None:
    """The Wallet's reserved money is the sum of its OPEN holds, and it knows when the first of them lapses."""
    places = ", ".join(f"${place}" for place in range(1, len(wallet_ids) + 1))
    of_wallet = "FROM money_hold h WHERE h.wallet_id = wallet.id AND h.state = 'OPEN'"
    await tx.execute(
        f"UPDATE wallet SET reserved_micros = (SELECT coalesce(sum(h.amount_micros), 0) {of_wallet}), "
        f"holds_until_at = (SELECT min(h.until_at) {of_wallet}), version = version + 1 WHERE id IN ({places})",
        *wallet_ids,
    )


async def lapsed_micros(tx: Transaction, wallet_ids: Collection[str], now: Instant) -> Mapping[str, int]:
    """What the Wallets still show as reserved though its time is over, for a preview that writes nothing."""
    places = ", ".join(f"${place}" for place in range(2, len(wallet_ids) + 2))
    rows = await tx.fetch(
        "SELECT wallet_id, sum(amount_micros) AS lapsed FROM money_hold "
        f"WHERE state = 'OPEN' AND until_at <= $1 AND wallet_id IN ({places}) GROUP BY wallet_id",
        now, *wallet_ids,
    )  # fmt: skip
    return {row["wallet_id"]: int(row["lapsed"]) for row in rows}
