"""Notices that documents are due: 2 days before and on the last day (ALR-1, KYC-1). Sends nothing itself.

None is sent once documents are handed in or approved: what is due is asked of kyc_due.py anew each time."""

from core.transaction import Transaction
from tenants.kyc.kyc_due import missing_documents, suspend_overdue_in_a_sandbox
from tenants.kyc.kyc_rules import last_kyc_day
from tenants.notices.notice_events import DatedEvent
from tenants.notices.notices import DueNotice, Span, days_before, morning, notice_source
from tenants.organization_events import on_clock_advanced

STOPS = "After the last day nobody signs in and the accounts have no service until the documents are approved."

on_clock_advanced(suspend_overdue_in_a_sandbox)


@notice_source
async def of_documents(tx: Transaction, span: Span) -> list[DueNotice]:
    """Both notices of each organization that owes documents; its subject is the organization."""
    found = []
    for organization_id, policies, activated_at, zone in await missing_documents(tx, span.until, span.clock_id or None):
        last_day = last_kyc_day(policies, activated_at, zone)
        if last_day is None or span.subject_id not in ("", organization_id):
            continue
        for _, day in days_before(DatedEvent.KYC_DUE, last_day):
            at = morning(day, zone)
            if at > activated_at:
                payload = {
                    "day": day.isoformat(), "lastDay": last_day.isoformat(), "whatStops": STOPS,
                    "wayBack": "Hand in the documents.", "link": "/settings/kyc",
                }  # fmt: skip
                found.append(DueNotice(at, DatedEvent.KYC_DUE, organization_id, organization_id, day, payload))
    return found
