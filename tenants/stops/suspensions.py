"""Suspending, delaying, lifting and accepting an appeal, each by hand (STOP-2, 3, 7, 8, 10).

What is stopped by a suspension is read upward: stopped.py. What ends by itself: platform_stops.py, due_stops.py."""

from collections.abc import Sequence
from datetime import date, timedelta

from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.refusals import Blockers, refuse
from core.transaction import Row
from tenants.access import OrganizationFacts, allow, organization_by_id, relation_to
from tenants.commands import Outcome
from tenants.kyc.kyc import KycOverdue, KycStopLifted, on_kyc_overdue, on_kyc_stop_lifted
from tenants.permissions import Action, Condition, Relation, decide
from tenants.platform_work import time_of_organization
from tenants.policy.policy import policies_for
from tenants.stops.suspension_rows import (
    DELAYED,
    LIFTED,
    SUSPENDED,
    NewSuspension,
    SuspensionReason,
    add_suspension,
    lift_rows,
    lock_organization,
    restate,
    standing_suspensions,
)
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

__all__ = ["SuspensionReason", "accept_appeal", "delay_suspension", "lift", "suspend"]

FROM_AFAR = frozenset({SuspensionReason.POLICY, SuspensionReason.FRAUD})
"""The reasons of those above the seller."""


async def suspend(uow: UnitOfWork, organization_id: str, reason: SuspensionReason, note: str | None = None) -> Outcome:
    """Suspend an organization below; everything below it stops with it, without a write there (STOP-6).

    Refused: NOT_FOUND, OPERATOR_PROTECTED, CANNOT_ACT_ON_SELF, FORBIDDEN (by role; above the seller but for POLICY
    and FRAUD), ALREADY_SUSPENDED, ORGANIZATION_NOT_ACTIVE (it is being deleted or gone).
    Answers organizationId, suspensionId and status."""
    organization = await _seen(uow, organization_id, Action.SUSPEND, reason)
    if relation_to(uow, organization) is Relation.BELOW_BUYER and reason not in FROM_AFAR:
        refuse("FORBIDDEN", "Above the seller only POLICY and FRAUD are reasons.", ("reason",))
    own, found = uow.actor.organization_id, Blockers()
    if organization.status not in ("ACTIVE", "SUSPENDED"):
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is being deleted or gone.")
    standing = await standing_suspensions(uow, organization.id, reason)
    if any(row["set_by_organization_id"] == own for row in standing):
        found.add("ALREADY_SUSPENDED", "It is suspended for this reason already.", ("reason",))
    found.raise_if_any()
    now = await time_of_organization(uow, organization)
    suspension_id = await add_suspension(uow, organization, NewSuspension(reason, own, now))
    status = await restate(uow, organization, SUSPENDED, reason, now, note=note)
    if reason is SuspensionReason.KYC_OVERDUE:
        await on_kyc_overdue.tell(uow, KycOverdue(organization.id, organization.path, now))
    return {"organizationId": organization.id, "suspensionId": suspension_id, "status": status}


async def lift(uow: UnitOfWork, organization_id: str, reason: SuspensionReason, note: str | None = None) -> Outcome:
    """Lift the suspensions for this reason that the actor's organization or one below it set (STOP-7).

    Refused: NOT_FOUND (also when none stands), FORBIDDEN, LIFT_NOT_ALLOWED (set above; PAYMENT that started with
    `paymentSuspensionLift` PAID_OR_DELAY). Answers organizationId and status."""
    organization = await _seen(uow, organization_id, Action.LIFT_SUSPENSION, reason)
    mine = await _mine(uow, organization, reason)
    if reason is SuspensionReason.PAYMENT and await _lift_mode(uow, organization, mine) == "PAID_OR_DELAY":
        _lift_not_allowed()
    return await _lift(uow, organization, mine, reason, note)


async def accept_appeal(uow: UnitOfWork, organization_id: str, note: str | None = None) -> Outcome:
    """The appeal against a POLICY suspension was right: it ends (STOP-7). By whom it was set, or one above that.

    Refused: NOT_FOUND (also when none stands), FORBIDDEN, LIFT_NOT_ALLOWED. Answers organizationId and status."""
    reason = SuspensionReason.POLICY
    organization = await _seen(uow, organization_id, Action.LIFT_SUSPENSION, reason)
    mine = await _mine(uow, organization, reason)
    return await _lift(uow, organization, mine, reason, note, appeal="ACCEPTED")


async def delay_suspension(uow: UnitOfWork, organization_id: str, until_date: date, note: str | None = None) -> Outcome:
    """Give service through the end of a local date though the PAYMENT suspension stands (STOP-8).

    Refused: NOT_FOUND (also when none stands), FORBIDDEN, DATE_OUT_OF_RANGE (before today), DELAY_TOO_LONG (more than
    `suspensionDelayMaxDays` ahead), LIFT_NOT_ALLOWED (not offered, or set above).
    Answers organizationId, status and untilDate."""
    reason = SuspensionReason.PAYMENT
    organization = await _seen(uow, organization_id, Action.DELAY_SUSPENSION, reason)
    standing = await _standing(uow, organization, reason)
    now = await time_of_organization(uow, organization)
    _check_delay(standing, until_date, local_date(now, organization.timezone))
    mine = [row for row in standing if row["is_mine"]]
    if not mine or await _lift_mode(uow, organization, mine) != "PAID_OR_DELAY":
        _lift_not_allowed()
    ends_at = start_of_day(until_date + timedelta(days=1), organization.timezone)
    for row in mine:
        await uow.tx.execute(
            "UPDATE suspension AS s SET delayed_until_date = $5, delayed_until_at = $6 WHERE s.id = $4 "
            f"AND {uow.visible('s', 'suspension')}",
            *uow.scope, row["id"], until_date.isoformat(), ends_at,
        )  # fmt: skip
    details = {"delayedUntil": until_date.isoformat()}
    status = await restate(uow, organization, DELAYED, reason, now, note=note, details=details)
    return {"organizationId": organization.id, "status": status, "untilDate": until_date.isoformat()}


def _check_delay(standing: Sequence[Row], until_date: date, today: date) -> None:
    most = max(row["delay_max_days"] or 0 for row in standing)
    if until_date < today:
        refuse("DATE_OUT_OF_RANGE", "A delay ends today or later.", ("untilDate",), first=today.isoformat())
    if until_date > today + timedelta(days=most):
        refuse("DELAY_TOO_LONG", "This is too far ahead.", ("untilDate",), maximumDays=most)


async def _seen(uow: UnitOfWork, organization_id: str, action: Action, reason: SuspensionReason) -> OrganizationFacts:
    """The organization under the tree's lock, and its row's, if the actor may do this to it."""
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    holding = [Condition.PAYMENT_SUSPENSION] if reason is SuspensionReason.PAYMENT else []
    if organization.kind == "OPERATOR":
        _protect_operator(uow, action, organization, holding)
    allow(uow, action, organization, holding)
    await lock_organization(uow, organization.id)
    return await organization_by_id(uow, organization_id, ("organizationId",))


def _protect_operator(
    uow: UnitOfWork, action: Action, operator: OrganizationFacts, holding: Sequence[Condition]
) -> None:
    """It stands above everybody who could; whoever has no such right at all hears that first (GEN-1)."""
    decision = decide(action, uow.actor.role, relation_to(uow, operator), uow.actor.via, holding)
    if decision.code == "CANNOT_ACT_ON_SELF":
        refuse("OPERATOR_PROTECTED", "The operator is never suspended.")


async def _standing(uow: UnitOfWork, organization: OrganizationFacts, reason: SuspensionReason) -> Sequence[Row]:
    standing = await standing_suspensions(uow, organization.id, reason)
    if not standing:
        refuse("NOT_FOUND", "There is no such row.", ("reason",))
    return standing


async def _mine(uow: UnitOfWork, organization: OrganizationFacts, reason: SuspensionReason) -> list[Row]:
    mine = [row for row in await _standing(uow, organization, reason) if row["is_mine"]]
    if not mine:
        _lift_not_allowed()
    return mine


async def _lift_mode(uow: UnitOfWork, organization: OrganizationFacts, mine: Sequence[Row]) -> str:
    """What the suspension started with (POL-4)."""
    kept = next((row["lift_mode"] for row in mine if row["lift_mode"] is not None), None)
    return str(kept or (await policies_for(uow, organization.id)).choice("paymentSuspensionLift"))


async def _lift(
    uow: UnitOfWork, organization: OrganizationFacts, rows: Sequence[Row], reason: SuspensionReason,
    note: str | None, **details: object,
) -> Outcome:  # fmt: skip
    now: Instant = await time_of_organization(uow, organization)
    await lift_rows(uow, [row["id"] for row in rows], now)
    status = await restate(uow, organization, LIFTED, reason, now, note=note, details=details)
    if reason is SuspensionReason.KYC_OVERDUE and not await standing_suspensions(uow, organization.id, reason):
        await on_kyc_stop_lifted.tell(uow, KycStopLifted(organization.id, now))
    return {"organizationId": organization.id, "status": status}


def _lift_not_allowed() -> None:
    refuse("LIFT_NOT_ALLOWED", "This suspension is not lifted by hand here.", ("reason",))
