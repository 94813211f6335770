"""Money that stays low is told of again each local day, at nine, while the Alert stands open (MON-66, ALR-1).

The first of a day comes with the movement itself (aftermath.py)."""

from datetime import date

from billing.aftermath import alert_of_low_money, is_low, low_money_payload, read_standing
from billing.alerts import AlertKind, raise_alert
from billing.wallets import wallet_rows
from core.transaction import Row, Transaction
from tenants.notices.notice_events import DatedEvent
from tenants.notices.notices import LIVES_BY, DueNotice, Span, morning, notice_source
from tenants.unit_of_work import UnitOfWork

_OPEN = f"""SELECT a.subject_id AS id, a.organization_id, o.timezone, max(a.alert_date) AS last_date
FROM alert a JOIN organization o ON o.id = a.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id
JOIN wallet w ON w.id = a.subject_id AND w.closed_at IS NULL
WHERE {LIVES_BY} AND ($2 = '' OR a.subject_id = $2) AND a.kind = '{AlertKind.LOW_MONEY.value}' AND a.closed_at IS NULL
AND o.status NOT IN ('DELETED', 'DEACTIVATED_BY_USER')
GROUP BY a.subject_id, a.organization_id, o.timezone ORDER BY a.subject_id"""


@notice_source
async def of_low_money(tx: Transaction, span: Span) -> list[DueNotice]:
    """For each local day after the last Alert's, if the balance is still at or below the mark."""
    found = []
    for row in await tx.fetch(_OPEN, span.clock_id, span.subject_id):
        days = [day for day in span.mornings(row["timezone"]) if day.isoformat() > row["last_date"]]
        if days:
            found += await _repeated(tx, row, days)
    return found


async def _repeated(tx: Transaction, row: Row, days: list[date]) -> list[DueNotice]:
    (wallet,) = await wallet_rows(tx, [row["id"]])
    standing = await read_standing(tx, wallet)
    if not is_low(wallet, standing.policies):
        return []
    alert, payload = alert_of_low_money(standing), low_money_payload(wallet)
    found = []
    for day in days:
        at = morning(day, row["timezone"])

        async def also(uow: UnitOfWork) -> None:
            await raise_alert(uow.tx, alert, uow.now)

        found.append(DueNotice(at, DatedEvent.LOW_MONEY, row["id"], row["organization_id"], day, payload, also))
    return found
