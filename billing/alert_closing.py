"""Alerts close themselves when their cause is gone (ALR-2).

Called with each tick of due work; a command that takes a cause away may call it for its subscription at once."""

from billing.alerts import AlertKind
from billing.subscription_sql import status_expression
from core.clock import Instant
from core.periodic import periodic
from core.transaction import Transaction
from tenants.notices.notices import LIVES_BY
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

_STATUS = status_expression("s", "$1")
_REMINDED = f"s.end_date = a.details ->> 'endDate' AND {_STATUS} IN ('ACTIVE', 'TRIAL', 'SUSPENDED')"


def _subscription(condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM subscription s WHERE s.id = a.subject_id AND {condition})"


_STANDS = {
    AlertKind.RENEWAL_COMING: _subscription(f"s.is_auto_renew AND {_REMINDED}"),
    AlertKind.EXPIRING: _subscription(f"NOT s.is_auto_renew AND {_REMINDED}"),
    AlertKind.EXPIRED: _subscription(f"{_STATUS} = 'EXPIRED'"),
    AlertKind.DEACTIVATED: _subscription(f"{_STATUS} = 'DEACTIVATED'"),
    AlertKind.RENEWAL_FAILED: _subscription(f"s.renewal_failed_at IS NOT NULL AND {_STATUS} <> 'TERMINATED'"),
    AlertKind.UNASSIGNED: _subscription(f"{_STATUS} <> 'TERMINATED'")
    + " AND NOT EXISTS (SELECT 1 FROM subscription_assignment t WHERE t.subscription_id = a.subject_id)",
    AlertKind.KEYS_LEFT_BEHIND: "EXISTS (SELECT 1 FROM api_key k WHERE k.maker_member_id = a.subject_id "
    "AND k.created_at <= a.created_at AND k.expires_at > $1 AND (k.revoked_at IS NULL OR k.revoked_at > $1))",
    AlertKind.PAYMENT_PENDING_WHILE_SUSPENDED: "EXISTS (SELECT 1 FROM payment p WHERE p.id = a.subject_id "
    "AND p.status = 'PENDING')",
}
"""While what holds the cause stands. The other kinds are closed by what takes their cause away, wherever that is."""

_KINDS = ", ".join(f"'{kind.value}'" for kind in _STANDS)
_ANY_STANDS = " OR ".join(f"(a.kind = '{kind.value}' AND {condition})" for kind, condition in _STANDS.items())
_GONE = f"a.closed_at IS NULL AND a.kind IN ({_KINDS}) AND NOT ({_ANY_STANDS})"


async def close_settled(tx: Transaction, now: Instant, clock_id: str | None) -> int:
    """Close, as of `now`, what nobody has to act on any more; how many. `tx` sees as the platform.

    Of those who live by the sandbox clock, or without one by the platform's."""
    lives_by = LIVES_BY.replace("$1", "$2")
    return await tx.execute(
        "UPDATE alert SET closed_at = $1 WHERE id IN (SELECT a.id FROM alert a "
        "JOIN organization o ON o.id = a.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE {lives_by} AND {_GONE})",
        now, clock_id or "",
    )  # fmt: skip


async def close_settled_about(tx: Transaction, subject_id: str, now: Instant) -> int:
    """The same for one subject at once, from a command that took its cause away; how many.

    `tx` sees the Alerts: those of a seller from the platform's sight alone."""
    return await tx.execute(
        f"UPDATE alert SET closed_at = $1 WHERE id IN (SELECT a.id FROM alert a WHERE a.subject_id = $2 AND {_GONE})",
        now, subject_id,
    )  # fmt: skip


@periodic("alerts whose cause is gone", every_seconds=30)
async def close_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """For everybody who lives by the platform's clock."""
    async with platform_transaction(platform) as tx:
        return await close_settled(tx, platform.clock.now(), None)


@on_clock_advanced
async def close_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved; registered behind all that changes subscriptions."""
    async with uow.as_platform("ALR-2: the clock is shared by organizations above and beside the actor"):
        await close_settled(uow.tx, event.now, event.clock_id)
