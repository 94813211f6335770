"""What is told of deletions, API keys and consents before they end (ALR-1, SUP-4). Sends nothing itself."""

from datetime import date

from core.calendar import local_date
from core.transaction import Transaction
from tenants.notices.notice_events import DatedEvent
from tenants.notices.notices import LIVES_BY, DueNotice, Span, days_before, morning, notice_source

_OF_CLOCK = "LEFT JOIN sandbox_clock c ON c.id = o.clock_id"
_DELETIONS = f"""SELECT d.id, d.organization_id, d.asked_at, d.reversible_until_at, o.timezone
FROM deletion d JOIN organization o ON o.id = d.organization_id {_OF_CLOCK}
WHERE {LIVES_BY} AND ($2 = '' OR d.id = $2) AND d.ended_at IS NULL AND d.reversible_until_at > $3"""
_KEYS = f"""SELECT k.id, k.organization_id, k.name, k.prefix, k.created_at, k.expires_at, o.timezone
FROM api_key k JOIN organization o ON o.id = k.organization_id {_OF_CLOCK}
WHERE {LIVES_BY} AND ($2 = '' OR k.id = $2) AND k.revoked_at IS NULL AND k.expires_at > $3"""
_CONSENTS = f"""SELECT s.id, s.given_by_organization_id AS organization_id, s.grantee_organization_id, s.started_at,
s.last_date, o.timezone
FROM support_consent s JOIN organization o ON o.id = s.given_by_organization_id {_OF_CLOCK}
WHERE {LIVES_BY} AND ($2 = '' OR s.id = $2) AND s.ended_at IS NULL AND s.ends_at > $3"""


@notice_source
async def of_deletions(tx: Transaction, span: Span) -> list[DueNotice]:
    """7 and 1 days before the last day on which it may be taken back; the day of the request has had its notice."""
    found = []
    for row in await tx.fetch(_DELETIONS, span.clock_id, span.subject_id, span.after):
        zone = row["timezone"]
        last_day, asked_on = local_date(row["reversible_until_at"] - 1, zone), local_date(row["asked_at"], zone)
        for days, day in days_before(DatedEvent.DELETION, last_day):
            if day > asked_on:
                payload = {
                    "lastDay": last_day.isoformat(), "daysLeft": days, "reversibleUntil": row["reversible_until_at"],
                    "whatStops": "Members, keys, accounts and settings are erased then, for good.",
                    "wayBack": f"It may be taken back through {last_day.isoformat()}.",
                    "link": f"/organizations/{row['organization_id']}",
                }  # fmt: skip
                of = (row["id"], row["organization_id"])
                found.append(DueNotice(morning(day, zone), DatedEvent.DELETION, *of, day, payload))
    return found


@notice_source
async def of_api_keys(tx: Transaction, span: Span) -> list[DueNotice]:
    """30, 7 and 1 days before the local day on which the key ends."""
    found = []
    for row in await tx.fetch(_KEYS, span.clock_id, span.subject_id, span.after):
        zone = row["timezone"]
        last_day = local_date(row["expires_at"], zone)
        for days, day in days_before(DatedEvent.API_KEY_ENDS, last_day):
            at = morning(day, zone)
            if at > row["created_at"]:
                payload = {
                    "name": row["name"], "prefix": row["prefix"], "daysLeft": days, "endsAt": row["expires_at"],
                    "whatStops": "Programs that use it are refused from then on.", "wayBack": "Make a new key.",
                    "link": "/settings/api-keys",
                }  # fmt: skip
                of = (row["id"], row["organization_id"])
                found.append(DueNotice(at, DatedEvent.API_KEY_ENDS, *of, day, payload))
    return found


@notice_source
async def of_consents(tx: Transaction, span: Span) -> list[DueNotice]:
    """30, 7 and 1 days before its last day, to the organization that gave it (SUP-4)."""
    found = []
    for row in await tx.fetch(_CONSENTS, span.clock_id, span.subject_id, span.after):
        last_day = date.fromisoformat(row["last_date"])
        for days, day in days_before(DatedEvent.CONSENT_ENDS, last_day):
            at = morning(day, row["timezone"])
            if at > row["started_at"]:
                payload = {
                    "date": day.isoformat(), "daysLeft": days, "lastDate": row["last_date"],
                    "supporterOrganizationId": row["grantee_organization_id"],
                    "wayBack": "Give a new consent.", "link": "/support/consents",
                }  # fmt: skip
                of = (row["id"], row["organization_id"])
                found.append(DueNotice(at, DatedEvent.CONSENT_ENDS, *of, day, payload))
    return found
