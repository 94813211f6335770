"""Suspending and lifting by hand (STOP-2, 3, 7, 8, 10). What is stopped by it is read upward: stopped.py."""

from collections.abc import Sequence
from enum import StrEnum

from core.ids import new_id
from core.refusals import refuse
from core.transaction import Row, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, relation_to
from tenants.commands import Outcome
from tenants.permissions import Action, Condition, Relation
from tenants.policy import policies_for
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

SUSPENDED_TOPIC, LIFTED_TOPIC = "mail.organization_suspended", "mail.organization_lifted"


class SuspensionReason(StrEnum):
    """Why an organization is suspended; several stand side by side."""

    SELLER = "SELLER"
    PAYMENT = "PAYMENT"
    POLICY = "POLICY"
    FRAUD = "FRAUD"
    KYC_OVERDUE = "KYC_OVERDUE"


FROM_AFAR = frozenset({SuspensionReason.POLICY, SuspensionReason.FRAUD})
"""The reasons of those above the seller."""


async def suspend(uow: UnitOfWork, organization_id: str, reason: SuspensionReason, note: str | None = None) -> Outcome:
    """Suspend an organization below; everything below it stops with it, without a write there (STOP-6).

    Refused: NOT_FOUND, OPERATOR_PROTECTED, CANNOT_ACT_ON_SELF, FORBIDDEN (by role; above the seller but for POLICY
    and FRAUD), ALREADY_SUSPENDED, ORGANIZATION_NOT_ACTIVE (it is being deleted or gone).
    Answers organizationId, suspensionId and status."""
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    _allow(uow, Action.SUSPEND, organization, reason)
    if relation_to(uow, organization) is Relation.BELOW_BUYER and reason not in FROM_AFAR:
        refuse("FORBIDDEN", "Above the seller only POLICY and FRAUD are reasons.", ("reason",))
    if organization.status not in ("ACTIVE", "SUSPENDED"):
        refuse("ORGANIZATION_NOT_ACTIVE", "The organization is being deleted or gone.")
    own = uow.actor.organization_id
    if any(row["set_by_organization_id"] == own for row in await _standing(uow, organization, reason)):
        refuse("ALREADY_SUSPENDED", "It is suspended for this reason already.", ("reason",))
    suspension_id = new_id("sus")
    await insert(
        uow.tx, "suspension", id=suspension_id, organization_id=organization.id, path=organization.path,
        reason=reason.value, set_by_organization_id=own, started_at=uow.now,
    )  # fmt: skip
    status = await _restate(uow, organization, SUSPENDED_TOPIC, reason, note)
    return {"organizationId": organization.id, "suspensionId": suspension_id, "status": status}


async def lift(uow: UnitOfWork, organization_id: str, reason: SuspensionReason, note: str | None = None) -> Outcome:
    """Lift the suspensions for this reason that the actor's organization or one below it set (STOP-7).

    Refused: NOT_FOUND (also when none stands), FORBIDDEN, LIFT_NOT_ALLOWED (set above; PAYMENT with
    `paymentSuspensionLift` PAID_OR_DELAY). Answers organizationId and status."""
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    _allow(uow, Action.LIFT_SUSPENSION, organization, reason)
    standing = await _standing(uow, organization, reason)
    if not standing:
        refuse("NOT_FOUND", "There is no such row.", ("reason",))
    policies = await policies_for(uow, organization.id)
    is_by_payment_only = policies.choice("paymentSuspensionLift") == "PAID_OR_DELAY"
    mine = [row for row in standing if row["is_mine"]]
    if not mine or (reason is SuspensionReason.PAYMENT and is_by_payment_only):
        refuse("LIFT_NOT_ALLOWED", "This suspension is not lifted by hand here.", ("reason",))
    for row in mine:
        await uow.tx.execute(
            f"UPDATE suspension AS s SET lifted_at = $5 WHERE s.id = $4 AND {uow.visible('s', 'suspension')}",
            *uow.scope, row["id"], uow.now,
        )  # fmt: skip
    return {
        "organizationId": organization.id,
        "status": await _restate(uow, organization, LIFTED_TOPIC, reason, note),
    }


def _allow(uow: UnitOfWork, action: Action, organization: OrganizationFacts, reason: SuspensionReason) -> None:
    if organization.kind == "OPERATOR":
        refuse("OPERATOR_PROTECTED", "The operator is never suspended.")
    holding = [Condition.PAYMENT_SUSPENSION] if reason is SuspensionReason.PAYMENT else []
    allow(uow, action, organization, holding)


async def _standing(uow: UnitOfWork, organization: OrganizationFacts, reason: SuspensionReason) -> Sequence[Row]:
    """The suspensions for this reason that stand; `is_mine`: the actor's organization or one below it set it."""
    setter = (
        f"SELECT 1 FROM organization b WHERE b.id = s.set_by_organization_id AND {uow.visible('b', 'organization')}"
    )
    return await uow.tx.fetch(
        f"SELECT s.id, s.set_by_organization_id, EXISTS ({setter}) AS is_mine FROM suspension s "
        f"WHERE s.organization_id = $4 AND s.reason = $5 AND s.lifted_at IS NULL AND {uow.visible('s', 'suspension')}",
        *uow.scope, organization.id, reason.value,
    )  # fmt: skip


async def _restate(
    uow: UnitOfWork, organization: OrganizationFacts, topic: str, reason: SuspensionReason, note: str | None
) -> str:
    """SUSPENDED while one stands, else ACTIVE; audited, and told once (STOP-2, STOP-10)."""
    standing = await uow.tx.fetch(
        f"SELECT s.id FROM suspension s WHERE s.organization_id = $4 AND s.lifted_at IS NULL "
        f"AND {uow.visible('s', 'suspension')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    status = organization.status
    if status in ("ACTIVE", "SUSPENDED"):
        status = "SUSPENDED" if standing else "ACTIVE"
    await uow.tx.execute(
        f"UPDATE organization AS o SET status = $5, version = version + 1 WHERE o.id = $4 "
        f"AND {uow.visible('o', 'organization')}",
        *uow.scope, organization.id, status,
    )  # fmt: skip
    after = {"status": status, "reason": reason.value}
    uow.audit("Organization", organization.id, organization_id=organization.id, path=organization.path,
              before={"status": organization.status}, after=after, reason=note)  # fmt: skip
    payload = {"organization": organization.name, **after}
    uow.send(topic, organization.id, payload, organization_id=organization.id, path=organization.path)
    return status
