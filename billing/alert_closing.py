"""Alerts about subscriptions close themselves when their cause is gone (ALR-2).

Called with each tick of due work; a command that takes a cause away may call it for its subscription at once."""

from billing.alerts import AlertKind
from billing.subscription_sql import status_expression
from core.clock import Instant
from core.periodic import periodic
from core.transaction import Transaction
from tenants.notices import LIVES_BY
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

_STATUS = status_expression("s", "$2")
_STANDS = {
    AlertKind.RENEWAL_COMING: f"s.is_auto_renew AND s.end_date = a.details ->> 'endDate' "
    f"AND {_STATUS} IN ('ACTIVE', 'TRIAL', 'SUSPENDED')",
    AlertKind.EXPIRING: f"NOT s.is_auto_renew AND s.end_date = a.details ->> 'endDate' "
    f"AND {_STATUS} IN ('ACTIVE', 'TRIAL', 'SUSPENDED')",
    AlertKind.EXPIRED: f"{_STATUS} = 'EXPIRED'",
    AlertKind.DEACTIVATED: f"{_STATUS} = 'DEACTIVATED'",
    AlertKind.RENEWAL_FAILED: f"s.renewal_failed_at IS NOT NULL AND {_STATUS} <> 'TERMINATED'",
}
"""While what holds the cause stands."""


async def close_settled(tx: Transaction, now: Instant, clock_id: str | None, subscription_id: str = "") -> int:
    """Close, as of `now`, what nobody has to act on any more; how many. `tx` sees as the platform.

    Of those who live by the sandbox clock, or without one by the platform's; of one subscription where it is named."""
    kinds = ", ".join(f"'{kind.value}'" for kind in _STANDS)
    stands = " OR ".join(f"(a.kind = '{kind.value}' AND {condition})" for kind, condition in _STANDS.items())
    return await tx.execute(
        "UPDATE alert SET closed_at = $2 WHERE id IN (SELECT a.id FROM alert a "
        "JOIN organization o ON o.id = a.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"JOIN subscription s ON s.id = a.subject_id WHERE {LIVES_BY} AND a.closed_at IS NULL "
        f"AND a.kind IN ({kinds}) AND ($3 = '' OR a.subject_id = $3) AND NOT ({stands}))",
        clock_id or "", now, subscription_id,
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
