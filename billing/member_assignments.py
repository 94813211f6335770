"""A member who left uses no subscription any more; one that nobody uses is told of (MEM-8, SUB-91)."""

from billing.alerts import Alert, AlertKind, raise_alert
from billing.subscription_sql import status_expression
from billing.subscription_status import USABLE
from core.transaction import fetch_one
from tenants.organization_events import MemberLeft, on_member_left
from tenants.unit_of_work import UnitOfWork


@on_member_left
async def clear_assignments(uow: UnitOfWork, left: MemberLeft) -> None:
    """Take the member off its subscriptions, with one entry for each, and raise UNASSIGNED where nobody is left."""
    rows = await uow.tx.fetch(
        "DELETE FROM subscription_assignment AS t WHERE t.member_id = $4 AND t.organization_id = $5 "
        f"AND {uow.visible('t', 'subscription_assignment')} RETURNING subscription_id",
        *uow.scope, left.member_id, left.organization_id,
    )  # fmt: skip
    for subscription_id in sorted(str(row["subscription_id"]) for row in rows):
        uow.audit(
            "Subscription", subscription_id, organization_id=left.organization_id, path=left.path,
            before={"assignedMemberId": left.member_id}, after={"assignedMemberId": None},
        )  # fmt: skip
        await _tell_of_unassigned(uow, left, subscription_id)


async def _tell_of_unassigned(uow: UnitOfWork, left: MemberLeft, subscription_id: str) -> None:
    usable = ", ".join(f"'{status.value}'" for status in sorted(USABLE))
    row = await fetch_one(
        uow.tx,
        "SELECT o.timezone FROM subscription s JOIN organization o ON o.id = s.organization_id WHERE s.id = $4 "
        f"AND {uow.visible('s', 'subscription')} AND {status_expression('s', '$5')} IN ({usable}) AND NOT EXISTS "
        "(SELECT 1 FROM subscription_assignment t WHERE t.subscription_id = s.id "
        f"AND {uow.visible('t', 'subscription_assignment')})",
        *uow.scope, subscription_id, uow.now,
    )  # fmt: skip
    if row is not None:
        alert = Alert(left.organization_id, left.path, row["timezone"], AlertKind.UNASSIGNED, subscription_id)
        await raise_alert(uow.tx, alert, uow.now)
