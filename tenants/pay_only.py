"""Whether a member of a suspended organization may still sign in to read its invoices and pay (STOP-5).

Reads as the platform; what such a member may then do is in permissions/decision.py and permissions/reading.py."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.transaction import Row, Transaction, fetch_value
from tenants.permissions.vocabulary import Role
from tenants.policy_layers import read_policies
from tenants.stopped import is_stopped


async def may_pay(tx: Transaction, membership: Row) -> bool:
    """Whether only PAYMENT suspends the organization, nothing above it is stopped, `suspendedSignIn` is PAY_ONLY and
    the role is one of `renewRoles`. `membership` has organization_id, status and role; `tx` sees as the platform."""
    if membership["status"] != "SUSPENDED":
        return False
    organization_id = membership["organization_id"]
    if not await _is_suspended_for_payment_alone(tx, organization_id):
        return False
    policies = await read_policies(tx, organization_id)
    is_offered = policies.choice("suspendedSignIn") == "PAY_ONLY"
    return is_offered and Role(membership["role"]) in policies.roles("renewRoles")


@asynccontextmanager
async def platform_sight(tx: Transaction) -> AsyncIterator[None]:
    """The platform's own sight within a request's transaction, before anybody is known."""
    if tx.dialect == "postgres":
        await tx.execute("SET LOCAL ROLE tenantry_system")
    yield
    if tx.dialect == "postgres":
        await tx.execute("SET LOCAL ROLE tenantry_app")


async def _is_suspended_for_payment_alone(tx: Transaction, organization_id: str) -> bool:
    found = await fetch_value(
        tx,
        "SELECT 1 FROM organization o WHERE o.id = $1 AND o.parent_id IS NOT NULL "
        f"AND NOT {is_stopped(tx.dialect, 'o.parent_id')} AND EXISTS (SELECT 1 FROM suspension s "
        "WHERE s.organization_id = o.id AND s.lifted_at IS NULL) AND NOT EXISTS (SELECT 1 FROM suspension s "
        "WHERE s.organization_id = o.id AND s.lifted_at IS NULL AND s.reason <> 'PAYMENT')",
        organization_id,
    )  # fmt: skip
    return found is not None
