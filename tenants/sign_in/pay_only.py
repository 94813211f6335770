"""Whether a member of a suspended organization may still sign in to read its invoices and pay (STOP-5).

Reads as the platform; what such a member may then do is in permissions/decision.py and permissions/reading.py."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from core.transaction import Row, Transaction
from tenants.stops.stopped import is_stopped


async def may_pay(tx: Transaction, membership: Row) -> bool:
    """Whether only PAYMENT suspends the organization, nothing above it is stopped, `suspendedSignIn` was PAY_ONLY and
    the role one of `renewRoles` when it was suspended (POL-4).

    `membership` has organization_id, status and role; `tx` sees as the platform."""
    if membership["status"] != "SUSPENDED":
        return False
    standing = await _standing(tx, membership["organization_id"])
    return bool(standing) and all(_is_open_to(row, membership["role"]) for row in standing)


def _is_open_to(suspension: Row, role: str) -> bool:
    is_offered = suspension["reason"] == "PAYMENT" and suspension["sign_in_mode"] == "PAY_ONLY"
    return is_offered and role in (suspension["paying_roles"] or "").split(",")


@asynccontextmanager
async def platform_sight(tx: Transaction) -> AsyncIterator[None]:
    """The platform's own sight within a request's transaction, before anybody is known."""
    if tx.dialect == "postgres":
        await tx.execute("SET LOCAL ROLE tenantry_system")
    yield
    if tx.dialect == "postgres":
        await tx.execute("SET LOCAL ROLE tenantry_app")


async def _standing(tx: Transaction, organization_id: str) -> Sequence[Row]:
    """What suspends the organization itself; nothing when one above it is stopped."""
    return await tx.fetch(
        "SELECT s.reason, s.sign_in_mode, s.paying_roles FROM suspension s "
        "JOIN organization o ON o.id = s.organization_id WHERE s.organization_id = $1 AND s.lifted_at IS NULL "
        f"AND o.parent_id IS NOT NULL AND NOT {is_stopped(tx.dialect, 'o.parent_id')}",
        organization_id,
    )
