"""What a support session or consent may ask for (SUP-4 to SUP-7): inputs checked all at once. Reads no table."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.refusals import Blockers
from core.transaction import Row
from tenants.names import normalized
from tenants.notices.notice_events import DATED, DatedEvent
from tenants.permissions import Area


class SupportKind(StrEnum):
    """As a chosen member, or as the organization (SUP-1)."""

    LOGIN_AS = "LOGIN_AS"
    REMOTE_SUPPORT = "REMOTE_SUPPORT"


class SupportAccess(StrEnum):
    """Reading alone, or writing in named areas too (SUP-7)."""

    READ = "READ"
    WRITE = "WRITE"


REASON_LENGTHS = (10, 500)
TICKET_LONGEST = 64
NOTICE_DAYS = DATED[DatedEvent.CONSENT_ENDS].days_before
"""How many days before the last day of a consent somebody is told (SUP-4)."""


@dataclass(frozen=True, slots=True)
class SupportRequest:
    """The input of `open_support_sessions`; `minutes` None: as many as may be. `areas` as in scopes: `accounts`."""

    kind: SupportKind
    reason: str | None
    ticket: str | None
    member_id: str | None = None
    minutes: int | None = None
    access: SupportAccess = SupportAccess.READ
    areas: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CheckedSupport:
    """A request whose fields are all good; `areas` is empty for READ."""

    kind: SupportKind
    member_id: str | None
    reason: str
    ticket: str
    minutes: int
    access: SupportAccess
    areas: tuple[str, ...]


def checked_support(request: SupportRequest, most_minutes: int) -> CheckedSupport:
    """Refused, all at once: FIELD_REQUIRED, REASON_LENGTH, TICKET_LENGTH, SESSION_TOO_LONG, SCOPE_UNKNOWN."""
    found = Blockers()
    minutes = most_minutes if request.minutes is None else request.minutes
    if not 1 <= minutes <= most_minutes:
        message = f"A support session lasts 1 to {most_minutes} minutes."
        found.add("SESSION_TOO_LONG", message, ("minutes",), maximumMinutes=most_minutes)
    if request.kind is SupportKind.LOGIN_AS and request.member_id is None:
        found.add("FIELD_REQUIRED", "Say as which member.", ("memberId",))
    reason, ticket = _reason(found, request.reason), _ticket(found, request.ticket)
    areas = checked_areas(found, request.access, request.areas)
    found.raise_if_any()
    member_id = request.member_id if request.kind is SupportKind.LOGIN_AS else None
    return CheckedSupport(request.kind, member_id, reason, ticket, minutes, request.access, areas)


def checked_areas(found: Blockers, access: SupportAccess, areas: Sequence[str]) -> tuple[str, ...]:
    """The areas to write in, sorted; `accounts:write` means `accounts`. Notes FIELD_REQUIRED and SCOPE_UNKNOWN."""
    if access is SupportAccess.READ:
        return ()
    named = {normalized(area).lower().removesuffix(":write") for area in areas}
    for unknown in sorted(named - set(Area)):
        found.add("SCOPE_UNKNOWN", "There is no such area.", ("areas",), area=unknown)
    if not named:
        found.add("FIELD_REQUIRED", "Say in which areas to write.", ("areas",))
    return tuple(sorted(named))


def _reason(found: Blockers, given: str | None) -> str:
    if given is None:
        found.add("FIELD_REQUIRED", "This field is required.", ("reason",))
        return ""
    reason, (shortest, longest) = normalized(given), REASON_LENGTHS
    if not shortest <= len(reason) <= longest:
        found.add("REASON_LENGTH", f"A reason has {shortest} to {longest} characters.", ("reason",))
    return reason


def _ticket(found: Blockers, given: str | None) -> str:
    ticket = normalized(given or "")
    if not ticket:
        found.add("FIELD_REQUIRED", "This field is required.", ("ticket",))
    elif len(ticket) > TICKET_LONGEST:
        found.add("TICKET_LENGTH", f"A ticket has at most {TICKET_LONGEST} characters.", ("ticket",))
    return ticket


def covers(consent: Row, kind: str, areas: Collection[str]) -> bool:
    """Whether a stored consent allows that kind and writing in all those areas (SUP-4)."""
    return kind in json.loads(consent["kinds"]) and set(areas) <= set(json.loads(consent["areas"]))


def approving_organization(managed_by: str, target_id: str, seller_id: str | None) -> str | None:
    """Whose OWNER or ADMIN consents: the target's own, or its seller's where that one manages it (SUP-2)."""
    return target_id if managed_by == "CUSTOMER" else seller_id


def notice_dates(first_day: date, last_day: date) -> tuple[tuple[int, date], ...]:
    """Days before the end and the local date of each notice of a consent, in time's order; none before it began."""
    dates = ((days, last_day - timedelta(days=days)) for days in NOTICE_DAYS)
    return tuple((days, day) for days, day in dates if day >= first_day)
