"""What a changed attribute writes into the columns of `account`; the same for every row of a job. Decides nothing.

Instants that follow from a date are written with it (BAT-31, BAT-32)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from accounts.batch_changes import BlockTarget, Change
from accounts.dates import expires_at

Columns = dict[str, object]


def _expiration_date(day: date | None, zone: str) -> Columns:
    if day is None:
        return {"expiration_date": None, "expires_at": None}
    return {"expiration_date": day.isoformat(), "expires_at": expires_at(day, zone)}


def _status(target: BlockTarget, zone: str) -> Columns:
    return {"is_blocked": target is BlockTarget.BLOCKED}


COLUMN_TYPES: Mapping[str, str] = {"expiration_date": "text", "expires_at": "bigint", "is_blocked": "boolean"}
"""Of the columns that effects write, for rows that each have their own values."""

EFFECTS: Mapping[str, Callable[[Any, str], Columns]] = {"expirationDate": _expiration_date, "status": _status}
"""By the attribute's field, from its value and the billing zone."""


def columns_written(changes: Iterable[Change], zone: str) -> Columns:
    """The columns that a SUCCEEDED row gets, with their values."""
    written: Columns = {}
    for change in changes:
        written |= EFFECTS[change.attribute.field](change.value, zone)
    return written
