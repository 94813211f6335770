"""A new OWNER where the present one cannot act, named by the seller's OWNER (OWN-5).

The OWNER may stop it until `ownerRecoveryDays` are over; then it takes effect by itself."""

from dataclasses import dataclass

from core.calendar import end_of_days, local_date
from core.clock import Instant
from core.ids import new_id
from core.periodic import periodic
from core.refusals import Blockers, refuse
from core.transaction import Row, fetch_value, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.input_checks import required
from tenants.members.contact_rows import Contact, contact_by_email
from tenants.members.members import lock_members
from tenants.members.ownership import MEMBER_COLUMNS, hand_over, owner_of, target_of
from tenants.members.ownership_rules import target_blockers
from tenants.names import normalized
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.permissions import Action, Role
from tenants.platform_work import at_instant, in_the_platforms_name, platform_work
from tenants.policy.policy import policies_for
from tenants.sign_in.sessions import require_fresh_password
from tenants.unit_of_work import Platform, UnitOfWork

STARTED_TOPIC, STOPPED_TOPIC = "notice.ownership_recovery_started", "notice.ownership_recovery_stopped"
LAPSED_TOPIC = "notice.ownership_recovery_lapsed"
EVERY_SECONDS = 60
TICKET_LENGTH = 64


@dataclass(frozen=True, slots=True)
class NewRecovery:
    """Who is to be the OWNER of which organization, why, and from whose e-mail it was asked for (CON-4)."""

    organization_id: str
    member_id: str
    reason: str | None
    ticket: str | None
    contact_email: str | None


async def recover_ownership(uow: UnitOfWork, new: NewRecovery) -> Outcome:
    """Name a new OWNER; it counts when `ownerRecoveryDays` are over, unless the present one stops it.

    Refused: NOT_FOUND, FORBIDDEN, REAUTH_REQUIRED; all at once CONTACT_PROOF_REQUIRED, FIELD_REQUIRED; then all at once
    ORGANIZATION_NOT_ACTIVE, RECOVERY_ALREADY_OPEN, TARGET_INVITATION_PENDING, TARGET_IS_OWNER, TARGET_NOT_MEMBER,
    TARGET_NO_PORTAL_ACCESS. Answers organizationId and recoveryId."""
    organization = await organization_by_id(uow, new.organization_id, ("organizationId",))
    await row_by_id(uow, "member", new.member_id, ("memberId",), "t.id")
    allow(uow, Action.RECOVER_OWNERSHIP, organization)
    require_fresh_password(uow)
    contact = await contact_by_email(uow, organization.id, new.contact_email)
    reason, ticket, contact_email = _checked(new, contact)
    await lock_members(uow, organization.id)
    target = await row_by_id(uow, "member", new.member_id, ("memberId",), MEMBER_COLUMNS)
    await _refuse_blocked(uow, organization, target)
    days = (await policies_for(uow, organization.id)).integer("ownerRecoveryDays")
    recovery_id = new_id("rec")
    takes_effect_at = end_of_days(local_date(uow.now, organization.timezone), days, organization.timezone)
    await insert(
        uow.tx, "ownership_recovery", id=recovery_id, organization_id=organization.id, path=organization.path,
        member_id=new.member_id, reason=reason, ticket=ticket, contact_email=contact_email,
        requested_by_name=uow.actor.name, requested_by_member_id=uow.actor.member_id,
        requested_by_organization_id=uow.actor.organization_id, state="OPEN", created_at=uow.now,
        takes_effect_at=takes_effect_at,
    )  # fmt: skip
    after = {"memberId": new.member_id, "contactEmail": contact_email, "takesEffectAt": takes_effect_at}
    uow.audit("OwnershipRecovery", recovery_id, organization_id=organization.id, path=organization.path,
              after=after, reason=reason, ticket=ticket)  # fmt: skip
    _send(uow, organization.id, organization.path, STARTED_TOPIC, {
        "organization": organization.name, "owner": target["given_name"], "reason": reason,
        "takesEffectAt": takes_effect_at, "audience": "OWNER_AND_CONTACTS",
        "how_to_stop": "The OWNER can stop this until then.", "link": f"/ownership-recovery/{recovery_id}",
    })  # fmt: skip
    return {"organizationId": organization.id, "recoveryId": recovery_id}


async def stop_ownership_recovery(uow: UnitOfWork, recovery_id: str) -> Outcome:
    """The OWNER stays. Refused: NOT_FOUND, FORBIDDEN (anybody but the OWNER), IRREVERSIBLE (it is over).

    Answers organizationId and recoveryId."""
    recovery = await row_by_id(uow, "ownership_recovery", recovery_id, ("recoveryId",))
    organization = await organization_by_id(uow, recovery["organization_id"])
    allow(uow, Action.TRANSFER_OWNERSHIP, organization)
    if organization.id != uow.actor.organization_id or uow.actor.role is not Role.OWNER:
        refuse("FORBIDDEN", "Only the OWNER stops a recovery.")
    stopped = await uow.tx.execute(
        "UPDATE ownership_recovery AS r SET state = 'STOPPED', ended_at = $5 WHERE r.id = $4 AND r.state = 'OPEN' "
        f"AND r.takes_effect_at > $5 AND {uow.visible('r', 'ownership_recovery')}",
        *uow.scope, recovery_id, uow.now,
    )  # fmt: skip
    if not stopped:
        refuse("IRREVERSIBLE", "This recovery is over.", ("recoveryId",))
    uow.audit("OwnershipRecovery", recovery_id, organization_id=organization.id, path=organization.path,
              before={"state": "OPEN"}, after={"state": "STOPPED"})  # fmt: skip
    payload = {"organization": organization.name, "audience": "OWNER_AND_CONTACTS", "ticket": recovery["ticket"]}
    _send(uow, organization.id, organization.path, STOPPED_TOPIC, payload)
    return {"organizationId": organization.id, "recoveryId": recovery_id}


@periodic("ownership recoveries", every_seconds=EVERY_SECONDS)
async def carry_out_recoveries(platform: Platform, last: Instant) -> int:
    """Those whose days are over take effect; answers how many."""
    async with platform_work(platform, "recoverOwnership") as uow:
        return 0 if uow is None else await _carry_out_due(uow, None)


@on_clock_advanced
async def carry_out_in_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """The same for a sandbox whose clock was moved."""
    async with in_the_platforms_name(uow, "recoverOwnership", event.now) as theirs:
        await _carry_out_due(theirs, event.clock_id)


async def _carry_out_due(uow: UnitOfWork, clock_id: str | None) -> int:
    """Every open recovery that is due by its organization's own clock; `uow` is the platform's."""
    rows = await uow.tx.fetch(
        "SELECT r.*, coalesce(c.stands_at, $1) AS organization_now FROM ownership_recovery r "
        "JOIN organization o ON o.id = r.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        "WHERE r.state = 'OPEN' AND r.takes_effect_at <= coalesce(c.stands_at, $1) "
        "AND ($2 = '' OR o.clock_id = $2) ORDER BY r.takes_effect_at, r.id",
        uow.now, clock_id or "",
    )  # fmt: skip
    for row in rows:
        theirs = at_instant(uow, int(row["organization_now"]))
        await _take_effect(theirs, row)
        await theirs.flush()
    return len(rows)


async def _take_effect(uow: UnitOfWork, recovery: Row) -> None:
    """Hand over, or let it lapse where the member is no longer one who may be OWNER."""
    organization = await organization_by_id(uow, recovery["organization_id"])
    await lock_members(uow, organization.id)
    targets = await uow.tx.fetch(f"SELECT {MEMBER_COLUMNS} FROM member t WHERE t.id = $1", recovery["member_id"])
    is_fit = bool(targets) and not target_blockers(target_of(organization, targets[0]))
    state = "DONE" if is_fit else "LAPSED"
    claimed = await uow.tx.execute(
        "UPDATE ownership_recovery SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'OPEN'",
        recovery["id"], state, uow.now,
    )  # fmt: skip
    if not claimed:
        return
    uow.audit("OwnershipRecovery", recovery["id"], organization_id=organization.id, path=organization.path,
              before={"state": "OPEN"}, after={"state": state}, reason=recovery["reason"],
              ticket=recovery["ticket"])  # fmt: skip
    if is_fit:
        await hand_over(uow, organization, await owner_of(uow, organization), targets[0])
    else:
        payload = {"organization": organization.name, "audience": "OWNER_AND_CONTACTS", "ticket": recovery["ticket"]}
        _send(uow, organization.id, organization.path, LAPSED_TOPIC, payload)


def _checked(new: NewRecovery, contact: Contact | None) -> tuple[str, str, str]:
    """Reason and ticket, normalized, and the contact's e-mail. Refused, all at once: the codes of input."""
    found = Blockers()
    reason, ticket = normalized(new.reason or ""), normalized(new.ticket or "")
    required(found, reason or None, ("reason",))
    required(found, ticket[:TICKET_LENGTH] or None, ("ticket",))
    if contact is None:
        message = "A recovery is asked for from a contact's e-mail, never by phone."
        found.add("CONTACT_PROOF_REQUIRED", message, ("contactEmail",))
    found.raise_if_any()
    assert contact is not None
    return reason, ticket, contact.email


async def _refuse_blocked(uow: UnitOfWork, organization: OrganizationFacts, target: Row) -> None:
    found = Blockers()
    if organization.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    is_open = await fetch_value(
        uow.tx,
        "SELECT 1 FROM ownership_recovery r WHERE r.organization_id = $4 AND r.state = 'OPEN' "
        f"AND {uow.visible('r', 'ownership_recovery')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    if is_open:
        found.add("RECOVERY_ALREADY_OPEN", "A recovery is running already.")
    for blocker in target_blockers(target_of(organization, target)):
        found.add(blocker.code, blocker.message, blocker.field, **blocker.details)
    found.raise_if_any()


def _send(uow: UnitOfWork, organization_id: str, path: str, topic: str, payload: dict[str, object]) -> None:
    uow.send(topic, organization_id, payload, organization_id=organization_id, path=path)
