"""Suspensions as rows: writing one, ending some, what status follows, and the notice of it (STOP-2, STOP-7, STOP-10).

Says nothing about who may: suspensions.py (by hand) and platform_stops.py (by itself) do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.calendar import end_of_days, local_date
from core.clock import Instant
from core.ids import new_id
from core.transaction import Row, fetch_value, insert
from tenants.access import OrganizationFacts
from tenants.organization_events import OrganizationActive, on_organization_active
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

SUSPENDED, LIFTED, DELAYED, SUSPENDED_AGAIN = (
    "notice.suspended",
    "notice.lifted",
    "notice.suspension_delayed",
    "notice.suspended_again",
)
"""Topics of the notices: one for each act, whatever else stands (STOP-10)."""


class SuspensionReason(StrEnum):
    """Why an organization is suspended; several stand side by side."""

    SELLER = "SELLER"
    PAYMENT = "PAYMENT"
    POLICY = "POLICY"
    FRAUD = "FRAUD"
    KYC_OVERDUE = "KYC_OVERDUE"


WAY_BACK: Mapping[SuspensionReason, str] = {
    SuspensionReason.SELLER: "Your provider lifts it. Ask it what is open.",
    SuspensionReason.PAYMENT: "Pay what is due: it is lifted as soon as the payment is settled.",
    SuspensionReason.POLICY: "Appeal to your provider. It ends when the appeal is accepted; a payment does not end it.",
    SuspensionReason.FRAUD: "Your provider examines the case and lifts it; a payment does not end it.",
    SuspensionReason.KYC_OVERDUE: "Hand in the documents: it is lifted when they are approved.",
}
WHAT_STOPS = (
    "Nobody signs in, API keys are refused, accounts have no service, nothing is bought or renewed. "
    "Wallet, debts and data stay."
)


@dataclass(frozen=True, slots=True)
class NewSuspension:
    """One suspension to be; `caused_at`: what the platform answered by it, so that it answers once."""

    reason: SuspensionReason
    set_by_organization_id: str
    started_at: Instant
    is_by_platform: bool = False
    caused_at: Instant | None = None
    note: str | None = None


async def lock_organization(uow: UnitOfWork, organization_id: str) -> None:
    """Hold the organization's row: its status follows from rows that others write at the same time."""
    if uow.tx.dialect == "postgres":
        await uow.tx.fetch(
            f"SELECT o.id FROM organization o WHERE o.id = $4 AND {uow.visible('o', 'organization')} "
            "FOR NO KEY UPDATE OF o",
            *uow.scope, organization_id,
        )  # fmt: skip


async def add_suspension(uow: UnitOfWork, organization: OrganizationFacts, new: NewSuspension) -> str:
    """Store it with the values that it keeps (POL-4); answers its id. One for PAYMENT may end by itself (STOP-9)."""
    policies = await policies_for(uow, organization.id)
    suspension_id, days = new_id("sus"), policies.integer_or_none("paymentSuspensionMaxDays")
    is_for_payment = new.reason is SuspensionReason.PAYMENT
    first_day = local_date(new.started_at, organization.timezone)
    ends_at = end_of_days(first_day, days, organization.timezone) if is_for_payment and days is not None else None
    await insert(
        uow.tx, "suspension", id=suspension_id, organization_id=organization.id, path=organization.path,
        reason=new.reason.value, set_by_organization_id=new.set_by_organization_id, started_at=new.started_at,
        is_by_platform=new.is_by_platform, caused_at=new.caused_at,
        lift_mode=policies.choice("paymentSuspensionLift") if is_for_payment else None,
        delay_max_days=policies.integer("suspensionDelayMaxDays") if is_for_payment else None, ends_at=ends_at,
        sign_in_mode=policies.choice("suspendedSignIn") if is_for_payment else None,
        paying_roles=",".join(sorted(policies.roles("renewRoles"))) if is_for_payment else None,
    )  # fmt: skip
    return suspension_id


async def standing_suspensions(
    uow: UnitOfWork, organization_id: str, reason: SuspensionReason | None = None
) -> Sequence[Row]:
    """Those that stand, delayed ones too; `is_mine`: the actor's organization or one below it set it."""
    setter = (
        f"SELECT 1 FROM organization b WHERE b.id = s.set_by_organization_id AND {uow.visible('b', 'organization')}"
    )
    return await uow.tx.fetch(
        "SELECT s.id, s.reason, s.set_by_organization_id, s.lift_mode, s.delay_max_days, s.delayed_until_date, "
        f"s.delayed_until_at, s.ends_at, EXISTS ({setter}) AS is_mine FROM suspension s "
        "WHERE s.organization_id = $4 AND ($5 = '' OR s.reason = $5) AND s.lifted_at IS NULL "
        f"AND {uow.visible('s', 'suspension')} ORDER BY s.id",
        *uow.scope, organization_id, "" if reason is None else reason.value,
    )  # fmt: skip


async def lift_rows(uow: UnitOfWork, suspension_ids: Collection[str], now: Instant) -> int:
    """End these suspensions; how many still stood."""
    lifted = 0
    for suspension_id in suspension_ids:
        lifted += await uow.tx.execute(
            "UPDATE suspension AS s SET lifted_at = $5, delayed_until_date = NULL, delayed_until_at = NULL "
            f"WHERE s.id = $4 AND s.lifted_at IS NULL AND {uow.visible('s', 'suspension')}",
            *uow.scope, suspension_id, now,
        )  # fmt: skip
    return lifted


async def status_by_suspensions(uow: UnitOfWork, organization_id: str, now: Instant) -> str:
    """SUSPENDED while one stands that is not delayed beyond `now`, else ACTIVE (STOP-2, STOP-8)."""
    count = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM suspension s WHERE s.organization_id = $4 AND s.lifted_at IS NULL "
        f"AND (s.delayed_until_at IS NULL OR s.delayed_until_at <= $5) AND {uow.visible('s', 'suspension')}",
        *uow.scope, organization_id, now,
    )  # fmt: skip
    return "SUSPENDED" if count else "ACTIVE"


async def store_status(uow: UnitOfWork, organization_id: str, status: str) -> None:
    """Write the organization's own status."""
    await uow.tx.execute(
        f"UPDATE organization AS o SET status = $5, version = version + 1 WHERE o.id = $4 "
        f"AND {uow.visible('o', 'organization')}",
        *uow.scope, organization_id, status,
    )  # fmt: skip


async def restate(
    uow: UnitOfWork, organization: OrganizationFacts, topic: str, reason: SuspensionReason, now: Instant,
    *, note: str | None = None, details: Mapping[str, object] | None = None,
) -> str:  # fmt: skip
    """The status that follows from what stands, audited and told once (STOP-2, STOP-10); call it after the change.

    An organization that is being deleted keeps its status; its suspensions hold again when it is reversed (DEL-3)."""
    status = organization.status
    if status in ("ACTIVE", "SUSPENDED"):
        status = await status_by_suspensions(uow, organization.id, now)
    await store_status(uow, organization.id, status)
    shown = dict(details or {})
    uow.audit("Organization", organization.id, organization_id=organization.id, path=organization.path,
              before={"status": organization.status}, after={"status": status, "reason": reason.value} | shown,
              reason=note)  # fmt: skip
    payload = notice_of(organization, topic, status, reason) | shown
    uow.send(topic, organization.id, payload, organization_id=organization.id, path=organization.path)
    if status == "ACTIVE" and organization.status == "SUSPENDED":
        await on_organization_active.tell(uow, OrganizationActive(organization.id, now))
    return status


def notice_of(organization: OrganizationFacts, topic: str, status: str, reason: SuspensionReason) -> dict[str, object]:
    """What the notice says: the reason, what stops (nothing if active again), the way back, a link (STOP-10)."""
    is_stopped = status != "ACTIVE"
    return {
        "organization": organization.name, "billingNumber": organization.billing_number, "reason": reason.value,
        "status": status, "whatStops": WHAT_STOPS if is_stopped else "",
        "wayBack": WAY_BACK[reason] if topic != LIFTED else "", "link": f"/organizations/{organization.id}",
    }  # fmt: skip
