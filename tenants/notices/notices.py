"""Dated notices: one mechanism for all of them (ALR-1). What is due is asked of the sources anew each time.

A notice leaves at 09:00 local time of the organization it is for, once per event, subject, local day and address: each
address is claimed by a row with a unique key, in the transaction that puts the mail into the outbox."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache

import structlog

from core.calendar import at_hour, local_date
from core.clock import EXACT_DAY, HOUR, Instant
from core.ids import new_id
from core.periodic import periodic
from core.transaction import Transaction, fetch_one, fetch_value
from tenants.names import folded_email
from tenants.notices.mail_topics import audience_of
from tenants.notices.notice_events import DATED, DatedEvent
from tenants.notices.recipients import addresses
from tenants.platform_work import at_instant, platform_work
from tenants.policy.policy import read_policies
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading

HOUR_OF_NOTICES = 9
ACTION = "sendNotices"
STEP = "dated notices"
OVERLAP = HOUR
LOOK_BACK = EXACT_DAY
"""A notice that nobody could send for longer than this is not sent any more: it would tell of another day."""
LIVES_BY = "(CASE WHEN $1 = '' THEN c.stands_at IS NULL ELSE o.clock_id = $1 END)"
"""Whose time it is: the sandbox clock `$1`, or '' for all that live by the platform's; `o` and `c` are joined."""
_log = structlog.get_logger()
Also = Callable[[UnitOfWork], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Span:
    """The time in (after, until] of those who live by one clock; `subject_id` asks for one subject alone."""

    after: Instant
    until: Instant
    clock_id: str = ""
    subject_id: str = ""
    known_policies: dict[str, Policies] = field(default_factory=dict, compare=False)

    def holds(self, at: Instant) -> bool:
        """Whether the instant lies in it."""
        return self.after < at <= self.until

    def mornings(self, zone: str) -> list[date]:
        """The local days of a zone whose 09:00 lies in it."""
        first, last = local_date(self.after, zone), local_date(self.until, zone)
        days = (first + timedelta(days=each) for each in range((last - first).days + 1))
        return [day for day in days if self.holds(morning(day, zone))]

    async def policies(self, tx: Transaction, organization_id: str) -> Policies:
        """What counts for the organization, read once."""
        if organization_id not in self.known_policies:
            self.known_policies[organization_id] = await read_policies(tx, organization_id)
        return self.known_policies[organization_id]


@dataclass(frozen=True, slots=True)
class DueNotice:
    """One notice whose cause stands; `also` is done with it, in the same transaction, and bears being repeated."""

    at: Instant
    event: DatedEvent
    subject_id: str
    organization_id: str
    day: date
    payload: Mapping[str, object]
    also: Also | None = None

    @property
    def order(self) -> tuple[Instant, str, str]:
        """In the order of time."""
        return self.at, self.event.value, self.subject_id


Source = Callable[[Transaction, Span], Awaitable[list[DueNotice]]]
"""Answers what leaves in the span, of causes that stand now. The transaction sees as the platform."""
_SOURCES: list[Source] = []


def notice_source(source: Source) -> Source:
    """Register a source."""
    if source not in _SOURCES:
        _SOURCES.append(source)
    return source


@lru_cache(maxsize=65536)
def morning(day: date, zone: str) -> Instant:
    """When notices of a local day leave: 09:00, or the first instant after it where that hour is missing."""
    return at_hour(day, HOUR_OF_NOTICES, zone)


def days_before(event: DatedEvent, last_day: date) -> list[tuple[int, date]]:
    """How many days before the last one, and which local day that is, in the order of time."""
    return [(days, last_day - timedelta(days=days)) for days in DATED[event].days_before]


async def due_notices(tx: Transaction, span: Span) -> list[DueNotice]:
    """What leaves in the span, sent or not, in the order of time; `tx` sees as the platform."""
    if not await _has_a_morning(tx, span):
        return []
    found = [each for source in _SOURCES for each in await source(tx, span) if span.holds(each.at)]
    return sorted(found, key=lambda each: each.order)


async def next_morning(tx: Transaction, span: Span) -> Instant | None:
    """The first instant of the span at which a notice would leave, if things stay as they are."""
    due = await due_notices(tx, span)
    return due[0].at if due else None


async def send_due(uow: UnitOfWork, span: Span) -> int:
    """Send what is due, each as of its own instant; answers how many. The unit of work is the platform's."""
    return sum([await send_once(at_instant(uow, each.at), each) for each in await due_notices(uow.tx, span)])


async def send_once(uow: UnitOfWork, notice: DueNotice) -> bool:
    """Claim its addresses and put one message for them into the outbox; whether anything left (ALR-1).

    Of two runs at once the second waits for the first one's claims and finds nothing left to claim."""
    if notice.also is not None:
        await notice.also(uow)
    place = await fetch_one(uow.tx, "SELECT o.path, o.name FROM organization o WHERE o.id = $1", notice.organization_id)
    if place is None or await _was_sent(uow.tx, notice):
        return False
    topic = DATED[notice.event].topic
    to = await addresses(uow.tx, notice.organization_id, audience_of(topic, notice.payload))
    claimed = [each for each in to if await _claim(uow, notice, place["path"], each)]
    if not claimed:
        return False
    payload = {"organization": place["name"], **notice.payload, "to": claimed}
    uow.send(topic, notice.subject_id, payload, organization_id=notice.organization_id, path=place["path"])
    return True


@periodic(STEP, every_seconds=60)
async def send_in_real_time(platform: Platform, last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, a transaction for each; answers how many left."""
    now = platform.clock.now()
    span = Span(max(last_run - OVERLAP, now - LOOK_BACK), now)
    async with platform_reading(platform) as tx:
        due = [each for each in await due_notices(tx, span) if not await _was_sent(tx, each)]
    sent = 0
    for each in due:
        try:
            sent += await _one_in_real_time(platform, span, each)
        except Exception:
            _log.exception("a notice failed", notice=each.event.value, subject_id=each.subject_id)
    return sent


async def _one_in_real_time(platform: Platform, span: Span, due: DueNotice) -> bool:
    """Asked once more where it is written: its cause may have gone meanwhile."""
    alone = replace(span, subject_id=due.subject_id, known_policies={})
    async with platform_work(platform, ACTION) as uow:
        if uow is None:
            return False
        still = [each for each in await due_notices(uow.tx, alone) if each.order == due.order]
        return any([await send_once(uow, each) for each in still])


async def _has_a_morning(tx: Transaction, span: Span) -> bool:
    rows = await tx.fetch(
        "SELECT DISTINCT o.timezone FROM organization o LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE {LIVES_BY}",
        span.clock_id,
    )
    return any(span.mornings(row["timezone"]) for row in rows)


async def _was_sent(tx: Transaction, notice: DueNotice) -> bool:
    """To the organization, that day: an address that it got since is told nothing."""
    found = await fetch_value(
        tx,
        "SELECT 1 FROM notice n WHERE n.event = $1 AND n.subject_id = $2 AND n.notice_date = $3 "
        "AND n.organization_id = $4 LIMIT 1",
        notice.event.value, notice.subject_id, notice.day.isoformat(), notice.organization_id,
    )  # fmt: skip
    return found is not None


async def _claim(uow: UnitOfWork, notice: DueNotice, path: str, address: str) -> bool:
    return bool(
        await uow.tx.execute(
            "INSERT INTO notice (id, organization_id, path, event, subject_id, notice_date, address_folded, "
            "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
            "ON CONFLICT (event, subject_id, notice_date, address_folded) DO NOTHING",
            new_id("ntc"),
            notice.organization_id,
            path,
            notice.event.value,
            notice.subject_id,
            notice.day.isoformat(),
            folded_email(address),
            uow.now,
        )  # fmt: skip
    )
