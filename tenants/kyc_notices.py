"""Notices that documents are due: 2 days before and on the last day, at 09:00 local time (ALR-1, KYC-1). Idempotent.

None is sent once documents are handed in or approved: what is due is asked of kyc_due.py anew each time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from core.calendar import at_hour
from core.clock import EXACT_DAY, Instant
from core.periodic import periodic
from core.transaction import Transaction, fetch_one, fetch_value
from tenants.kyc_due import missing_documents, suspend_overdue_in_a_sandbox
from tenants.kyc_rules import last_kyc_day
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import at_instant, in_the_platforms_name, platform_work
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading

TOPIC, ACTION = "notice.kyc_due", "noticeKycDue"
DAYS_BEFORE = (2, 0)
HOUR_OF_NOTICES = 9
STOPS = "After the last day nobody signs in and the accounts have no service until the documents are approved."


@dataclass(frozen=True, slots=True, order=True)
class DueNotice:
    """One notice: when it leaves, to which organization, and which last day it names."""

    at: Instant
    organization_id: str
    day: date
    last_day: date


def notices_of(organization_id: str, last_day: date, zone: str) -> Iterator[DueNotice]:
    """Both notices of an organization whose documents are due through that local day. Pure."""
    for days in DAYS_BEFORE:
        day = last_day - timedelta(days=days)
        yield DueNotice(at_hour(day, HOUR_OF_NOTICES, zone), organization_id, day, last_day)


async def due_notices(tx: Transaction, after: Instant, until: Instant, clock_id: str | None = None) -> list[DueNotice]:
    """What leaves in (after, until], in order of time; `tx` sees as the platform."""
    found = []
    for organization_id, policies, activated_at, zone in await missing_documents(tx, until, clock_id):
        last_day = last_kyc_day(policies, activated_at, zone)
        if last_day is not None:
            earliest = max(after, activated_at)
            found += [each for each in notices_of(organization_id, last_day, zone) if earliest < each.at <= until]
    return sorted(found)


@periodic("notices of missing documents", every_seconds=60)
async def notice_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, late by a day at most; how many were sent."""
    now = platform.clock.now()
    async with platform_reading(platform) as tx:
        due = await due_notices(tx, now - EXACT_DAY, now)
    if not due:
        return 0
    async with platform_work(platform, ACTION) as uow:
        return 0 if uow is None else sum([await _send(uow, each) for each in due])


@on_clock_advanced
async def notice_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: what would have left on the way leaves, at its own time."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        for each in await due_notices(theirs.tx, event.before, event.now, event.clock_id):
            await _send(at_instant(theirs, each.at), each)


on_clock_advanced(suspend_overdue_in_a_sandbox)


async def _send(uow: UnitOfWork, notice: DueNotice) -> bool:
    """Send it unless it was: one per day, however often the job runs; runs at the same time wait for each other."""
    lock = " FOR NO KEY UPDATE" if uow.tx.dialect == "postgres" else ""
    sql = f"SELECT o.name, o.path FROM organization o WHERE o.id = $1{lock}"
    organization = await fetch_one(uow.tx, sql, notice.organization_id)
    sent = await fetch_value(
        uow.tx,
        "SELECT 1 FROM outbox WHERE organization_id = $1 AND topic = $2 AND payload ->> 'day' = $3 LIMIT 1",
        notice.organization_id, TOPIC, notice.day.isoformat(),
    )  # fmt: skip
    if organization is None or sent is not None:
        return False
    payload = {
        "organization": organization["name"], "day": notice.day.isoformat(), "lastDay": notice.last_day.isoformat(),
        "whatStops": STOPS, "wayBack": "Hand in the documents.", "link": "/settings/kyc",
    }  # fmt: skip
    path = organization["path"]
    uow.send(TOPIC, notice.organization_id, payload, organization_id=notice.organization_id, path=path)
    return True
