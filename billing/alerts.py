"""Alerts: something somebody should act on, once per subject, kind and date (section 15 of subscriptions, ALR-2).

Also the refusal that leaves Alerts behind, written apart from what it refused (MON-7, GEN-2)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.calendar import local_date
from core.clock import Instant
from core.ids import new_id
from core.refusals import Blocker
from core.transaction import Transaction
from tenants.commands import RefusedWithTrace


class AlertKind(StrEnum):
    """What happened."""

    UPSTREAM_SHORT = "UPSTREAM_SHORT"
    PAYMENT_PENDING_WHILE_SUSPENDED = "PAYMENT_PENDING_WHILE_SUSPENDED"
    UNASSIGNED = "UNASSIGNED"
    DELETION_BLOCKED = "DELETION_BLOCKED"
    KEYS_LEFT_BEHIND = "KEYS_LEFT_BEHIND"
    LOW_MONEY = "LOW_MONEY"
    SUSPENDED = "SUSPENDED"
    RENEWAL_COMING = "RENEWAL_COMING"
    EXPIRING = "EXPIRING"
    RENEWAL_FAILED = "RENEWAL_FAILED"
    EXPIRED = "EXPIRED"
    DEACTIVATED = "DEACTIVATED"


@dataclass(frozen=True, slots=True)
class Alert:
    """One Alert to be: it belongs to the organization that should act; the date is local to its time zone."""

    organization_id: str
    path: str
    timezone: str
    kind: AlertKind
    subject_id: str
    details: Mapping[str, object] = field(default_factory=dict)
    needed_micros: int | None = None
    """What a Wallet has to cover for the cause to be gone (ALR-2)."""


async def raise_alert(tx: Transaction, alert: Alert, now: Instant) -> bool:
    """Store the Alert, if none of its kind stands for the subject and this local date; whether it is new.

    One of that date that was closed is open again: its cause is back. It is not told of again (ALR-1)."""
    day = local_date(now, alert.timezone).isoformat()
    key = (alert.organization_id, alert.kind.value, alert.subject_id, day)
    details = json.dumps(dict(alert.details))
    raised = await tx.execute(
        "INSERT INTO alert (organization_id, kind, subject_id, alert_date, id, path, details, created_at, "
        "needed_micros) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (organization_id, kind, subject_id, alert_date) DO NOTHING",
        *key, new_id("alert"), alert.path, details, now, alert.needed_micros,
    )  # fmt: skip
    if not raised:
        await tx.execute(
            "UPDATE alert SET closed_at = NULL, details = $5, needed_micros = $6 WHERE organization_id = $1 "
            "AND kind = $2 AND subject_id = $3 AND alert_date = $4 AND closed_at IS NOT NULL",
            *key, details, alert.needed_micros,
        )  # fmt: skip
    return raised > 0


async def close_alerts(tx: Transaction, kind: AlertKind, subject_id: str, now: Instant) -> None:
    """The cause is gone: every open Alert of the kind about the subject closes (ALR-2)."""
    await tx.execute(
        "UPDATE alert SET closed_at = $3 WHERE kind = $1 AND subject_id = $2 AND closed_at IS NULL",
        kind.value, subject_id, now,
    )  # fmt: skip


class RefusedWithAlerts(RefusedWithTrace):
    """A refusal that those who can remove its cause hear of; the refused command itself left nothing."""

    def __init__(self, blockers: Iterable[Blocker], alerts: Iterable[Alert], now: Instant) -> None:
        super().__init__(blockers)
        self.alerts = tuple(alerts)
        self.now = now

    async def leave_trace(self, tx: Transaction) -> None:
        """Store the Alerts; `tx` sees as the platform."""
        for alert in self.alerts:
            await raise_alert(tx, alert, self.now)
