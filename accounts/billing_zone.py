"""What a change of a customer's billing zone does to its accounts: instants ahead follow their dates (BAT-34)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from accounts.dates import activates_at, availability_end, expires_at
from core.clock import Instant
from core.row_list import listed, row_list
from core.transaction import Row, Transaction
from tenants.organization_events import TimezoneChanged, on_timezone_changed
from tenants.unit_of_work import UnitOfWork

_COLUMNS = {"id": "text", "activates_at": "bigint", "expires_at": "bigint", "availability_ends_at": "bigint"}
_PAGE_ROWS = 5_000


async def move_to_zone(tx: Transaction, organization_id: str, zone: str, now: Instant) -> int:
    """Compute the instants of the organization's accounts anew from their dates; how many accounts have any.

    An instant that has passed stays: an activation that has happened is not undone. The caller has set the zone."""
    moved, last = 0, ""
    while rows := await _page(tx, organization_id, last):
        await tx.execute(
            "UPDATE account AS a SET activates_at = n.activates_at, expires_at = n.expires_at, "
            "availability_ends_at = n.availability_ends_at "
            f"FROM {row_list(tx.dialect, '$1', 'n', _COLUMNS)} WHERE a.id = n.id AND a.organization_id = $2",
            listed([_instants(row, zone, now) for row in rows]), organization_id,
        )  # fmt: skip
        moved, last = moved + len(rows), rows[-1]["id"]
    return moved


async def _page(tx: Transaction, organization_id: str, last: str) -> Sequence[Row]:
    return await tx.fetch(
        "SELECT a.id, a.activation_date, a.activates_at, a.expiration_date, a.expires_at, a.availability_days, "
        "a.first_used_at, a.last_recharged_at, a.availability_ends_at FROM account a WHERE a.organization_id = $1 "
        "AND a.id > $2 AND (a.activates_at IS NOT NULL OR a.expires_at IS NOT NULL "
        f"OR a.availability_ends_at IS NOT NULL) ORDER BY a.id LIMIT {_PAGE_ROWS}",
        organization_id, last,
    )  # fmt: skip


def _instants(row: Row, zone: str, now: Instant) -> Mapping[str, object]:
    fresh = {
        "activates_at": _of_date(row["activation_date"], activates_at, zone),
        "expires_at": _of_date(row["expiration_date"], expires_at, zone),
        "availability_ends_at": _availability_end(row, zone),
    }
    kept = {name: row[name] if row[name] is None or row[name] <= now else at for name, at in fresh.items()}
    return {"id": row["id"], **kept}


def _of_date(stored: str | None, instant_of: Any, zone: str) -> Instant | None:
    return None if stored is None else instant_of(date.fromisoformat(stored), zone)


def _availability_end(row: Row, zone: str) -> Instant | None:
    if row["availability_days"] is None or row["first_used_at"] is None:
        return None
    return availability_end(row["availability_days"], row["first_used_at"], row["last_recharged_at"], zone)


@on_timezone_changed
async def _follow_the_zone(uow: UnitOfWork, changed: TimezoneChanged) -> None:
    await move_to_zone(uow.tx, changed.organization_id, changed.timezone, uow.now)
