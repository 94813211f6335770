"""Reminders before the end of a subscription, by `reminderDays` and `expiringDays` (section 15 of subscriptions).

Each is an Alert and a notice; none once it was renewed, ended, or auto-renew was turned round (SS-49, SS-74)."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from billing.alerts import Alert, AlertKind, raise_alert
from billing.subscription_sql import status_expression
from core.transaction import MAX_PARAMETERS, Row, Transaction
from tenants.notices.notice_events import DatedEvent
from tenants.notices.notices import LIVES_BY, DueNotice, Span, morning, notice_source
from tenants.policy.policy_resolution import policies_of
from tenants.policy_parameters import Preset
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork

KIND = {DatedEvent.RENEWAL_COMING: AlertKind.RENEWAL_COMING, DatedEvent.EXPIRING: AlertKind.EXPIRING}
DAYS_OF = {DatedEvent.RENEWAL_COMING: "reminderDays", DatedEvent.EXPIRING: "expiringDays"}
_MOST_DATES = MAX_PARAMETERS // 2
_COLUMNS = (
    "s.id, s.organization_id, s.path, s.product_name, s.plan_name, s.end_date, s.is_auto_renew, s.created_at, "
    "s.ends_at, o.timezone"
)


@notice_source
async def of_ends(tx: Transaction, span: Span) -> list[DueNotice]:
    """A reminder for each of the days that count for the organization, at nine of that local day."""
    zones = await tx.fetch(
        "SELECT DISTINCT o.timezone FROM organization o LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE {LIVES_BY}",
        span.clock_id,
    )
    mornings = {row["timezone"]: frozenset(span.mornings(row["timezone"])) for row in zones}
    ahead = await _days_in_use(tx)
    days = {day for each in mornings.values() for day in each}
    ends = sorted({day + timedelta(days=each) for day in days for each in ahead})
    found = []
    for row in await _ending(tx, span, ends):
        found += await _reminders(tx, span, row, mornings[row["timezone"]])
    return found


async def _reminders(tx: Transaction, span: Span, row: Row, mornings: Iterable[date]) -> list[DueNotice]:
    end = date.fromisoformat(row["end_date"])
    event = DatedEvent.RENEWAL_COMING if row["is_auto_renew"] else DatedEvent.EXPIRING
    policies = await span.policies(tx, row["organization_id"])
    ahead = set(policies.integers(DAYS_OF[event]))
    days = [(left, day) for day in mornings if (left := (end - day).days) in ahead]
    return [
        _reminder(row, event, day, left)
        for left, day in days
        if row["created_at"] < morning(day, row["timezone"]) < row["ends_at"]
    ]


def _reminder(row: Row, event: DatedEvent, day: date, left: int) -> DueNotice:
    at, kind = morning(day, row["timezone"]), KIND[event]
    payload: dict[str, object] = {
        "product": row["product_name"], "plan": row["plan_name"], "endDate": row["end_date"], "daysLeft": left,
        "whatStops": "" if event is DatedEvent.RENEWAL_COMING else "Its services stop at the end.",
        "wayBack": (
            "Have enough money in the wallet, or turn auto-renew off."
            if event is DatedEvent.RENEWAL_COMING
            else "Turn auto-renew on, or renew it."
        ),
        "link": f"/subscriptions/{row['id']}",
    }  # fmt: skip
    details = {"endDate": row["end_date"], "daysLeft": left}
    alert = Alert(row["organization_id"], row["path"], row["timezone"], kind, row["id"], details)

    async def also(uow: UnitOfWork) -> None:
        await raise_alert(uow.tx, alert, at)

    return DueNotice(at, event, row["id"], row["organization_id"], day, payload, also)


async def _ending(tx: Transaction, span: Span, ends: Sequence[date]) -> list[Row]:
    """Running subscriptions of organizations that work, with their end on one of these local dates."""
    dates: list[Any] = [each.isoformat() for each in ends]
    if not dates:
        return []
    named = ", ".join(f"${place}" for place in range(4, 4 + len(dates)))
    among = f"s.end_date IN ({named})"
    if len(dates) > _MOST_DATES:
        dates, among = [dates[0], dates[-1]], "s.end_date >= $4 AND s.end_date <= $5"
    return list(
        await tx.fetch(
            f"SELECT {_COLUMNS} FROM subscription s JOIN organization o ON o.id = s.organization_id "
            f"LEFT JOIN sandbox_clock c ON c.id = o.clock_id WHERE {LIVES_BY} AND ($2 = '' OR s.id = $2) "
            f"AND {among} AND {status_expression('s', '$3')} IN ('ACTIVE', 'TRIAL') "
            f"AND NOT {is_stopped(tx.dialect, 'o.id')}",
            span.clock_id,
            span.subject_id,
            span.after,
            *dates,
        )  # fmt: skip
    )


async def _days_in_use(tx: Transaction) -> set[int]:
    """Every number of days that any organization may have: defaults, presets, own values, and what bounds cut to."""
    names = tuple(DAYS_OF.values())
    found = {day for preset in (None, *Preset) for name in names for day in policies_of(preset).integers(name)}
    for row in await tx.fetch("SELECT v.value FROM policy_value v WHERE v.parameter IN ($1, $2)", *names):
        found.update(int(day) for day in json.loads(row["value"]))
    for row in await tx.fetch("SELECT b.bound FROM policy_bound b WHERE b.parameter IN ($1, $2)", *names):
        bound = json.loads(row["bound"])
        found.update(int(bound[name]) for name in ("minimum", "maximum") if isinstance(bound.get(name), int))
    return found
