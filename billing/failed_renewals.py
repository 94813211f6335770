"""The list of failed renewals with the e-mails of owner and billing, for the seller's export (ALR-3). Changes nothing.

A renewal has failed where the mark stands, and where the end of a subscription that renews itself came unpaid."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from billing.subscription_sql import status_expression
from core.clock import format_instant
from core.refusals import refuse
from core.transaction import Row
from tenants.access import allow, organization_by_id
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

COLUMNS = (
    "organization", "billingNumber", "ownerEmail", "billingEmail", "product", "plan", "expiry", "failedAt", "status",
)  # fmt: skip
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would take for a formula."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Local dates of the subscriptions' ends, both included; None: open on that side."""

    earliest: date | None = None
    latest: date | None = None


async def failed_renewals(uow: UnitOfWork, expiry: Expiry) -> Sequence[Row]:
    """Those of the actor's organization and of all below it, by expiry, then name.

    Refused: FORBIDDEN, SCOPE_MISSING, FORBIDDEN_WHILE_ACTING, CONSENT_REQUIRED, TIME_RANGE_INVALID."""
    allow(uow, Action.EXPORT_REPORT, await organization_by_id(uow, uow.actor.organization_id))
    if expiry.earliest is not None and expiry.latest is not None and expiry.earliest > expiry.latest:
        refuse("TIME_RANGE_INVALID", "The first day is after the last one.", ("expiresFrom",))
    status = status_expression("s", "$4")
    return await uow.tx.fetch(
        "SELECT o.name, o.billing_number, m.email AS owner_email, o.billing_email, s.product_name, s.plan_name, "
        f"s.end_date, s.renewal_failed_at, {status} AS status "
        "FROM subscription s JOIN organization o ON o.id = s.organization_id "
        f"LEFT JOIN member m ON m.organization_id = o.id AND m.role = 'OWNER' AND {uow.visible('m', 'member')} "
        f"WHERE {uow.visible('s', 'subscription')} AND {uow.visible('o', 'organization')} "
        f"AND {status} <> 'TERMINATED' AND (s.renewal_failed_at IS NOT NULL "
        f"OR (s.is_auto_renew AND {status} IN ('GRACE', 'EXPIRED', 'DEACTIVATED'))) "
        "AND ($5 = '' OR s.end_date >= $5) AND ($6 = '' OR s.end_date <= $6) "
        "ORDER BY s.end_date, o.name, s.id",
        *uow.scope, uow.now, _text(expiry.earliest), _text(expiry.latest),
    )  # fmt: skip


def as_csv(rows: Iterable[Row]) -> str:
    """RFC 4180 with a header; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for row in rows:
        failed_at = row["renewal_failed_at"]
        cells = (
            row["name"], row["billing_number"], row["owner_email"], row["billing_email"], row["product_name"],
            row["plan_name"], row["end_date"], failed_at and format_instant(failed_at), row["status"],
        )  # fmt: skip
        writer.writerow([_cell(each) for each in cells])
    return written.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


def _text(day: date | None) -> str:
    return "" if day is None else day.isoformat()
