"""What time does to support sessions and consents: they are over, or soon will be (SUP-4, SUP-6, SUP-11).

Idempotent: a session ends once, each notice of a consent is sent once and in order, walked day by day or jumped."""

from datetime import date

from core.calendar import local_date
from core.clock import Instant
from core.periodic import periodic
from core.transaction import Row
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.support_ending import settle, standing_rows
from tenants.support_notices import CONSENT_ENDS
from tenants.support_rules import notice_dates
from tenants.unit_of_work import Platform, UnitOfWork

EVERY_SECONDS = 30
ACTION = "supportDue"
_CONSENTS = """SELECT c.*, o.timezone, o.clock_id, k.stands_at FROM support_consent c
JOIN organization o ON o.id = c.organization_id LEFT JOIN sandbox_clock k ON k.id = o.clock_id
WHERE c.ended_at IS NULL AND (c.notified_days IS NULL OR c.notified_days > 1)
ORDER BY c.id"""


@periodic("support sessions and consents", every_seconds=EVERY_SECONDS)
async def settle_support(platform: Platform, last: Instant) -> int:
    """End what is over and tell of consents that come to their end; answers how many sessions and notices."""
    async with platform_work(platform, ACTION) as uow:
        return 0 if uow is None else await _settle_all(uow)


@on_clock_advanced
async def settle_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """The same when a sandbox clock has moved."""
    async with in_the_platforms_name(uow, ACTION, event.now) as platforms:
        await _settle_all(platforms)


async def _settle_all(uow: UnitOfWork) -> int:
    rows = await standing_rows(uow, "1 = 1")
    ended = len(rows) - len(await settle(uow, rows))
    notices = 0
    for consent in await uow.tx.fetch(_CONSENTS):
        notices += await _tell_of_end(uow, consent)
    return ended + notices


async def _tell_of_end(uow: UnitOfWork, consent: Row) -> int:
    """The notices whose day has come, those of days that were jumped too; each bears its date (SUP-4, ALR-1)."""
    now = uow.platform_now if consent["stands_at"] is None else int(consent["stands_at"])
    today, told = local_date(now, consent["timezone"]), consent["notified_days"]
    first, last = local_date(consent["started_at"], consent["timezone"]), date.fromisoformat(consent["last_date"])
    due = [(days, day) for days, day in notice_dates(first, last) if day <= today and (told is None or days < told)]
    for days, day in due:
        payload = {
            "date": day.isoformat(), "daysLeft": days, "lastDate": consent["last_date"],
            "supporterOrganizationId": consent["grantee_organization_id"], "howToComeBack": "Give a new consent.",
            "link": "/support/consents",
        }  # fmt: skip
        place = {"organization_id": consent["organization_id"], "path": consent["path"]}
        uow.send(CONSENT_ENDS, consent["id"], payload, **place)
        await uow.tx.execute("UPDATE support_consent SET notified_days = $2 WHERE id = $1", consent["id"], days)
    return len(due)
