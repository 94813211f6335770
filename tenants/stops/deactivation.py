"""The OWNER ends its own organization: `deactivateOrganization`, as `userDeactivation` offers it (DEL-6, DEL-7).

Also the OWNER's way back by the link of the notice, without a session: nobody signs in to a stopped organization."""

from core.clock import Instant
from core.refusals import refuse
from core.transaction import Row, Transaction, fetch_one, fetch_value
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id
from tenants.actor import Actor, Credentials
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.permissions import SIGNED_IN, Action, Role
from tenants.platform_work import at_instant, time_of_organization
from tenants.policy.policy import policies_for
from tenants.sign_in.sessions import require_fresh_password
from tenants.stops.closing_blockers import closing_facts, credit_of, deactivation_blockers, deletion_blockers
from tenants.stops.deletion import (
    FOR_DELETION,
    Asked,
    DeletionPreview,
    ask_for_deletion,
    consider_closing,
    preview_deletion,
    refuse_all,
    require_deletable,
    take_back,
    time_to_reverse,
)
from tenants.stops.erasure import end_for_good
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

FINAL = "DEACTIVATED_BY_USER"


async def deactivate_organization(
    uow: UnitOfWork, *, confirm_forfeit: bool = False, reason: str | None = None
) -> Outcome:
    """End the acting organization: REVERSIBLE as a deletion, FINAL at once and for good; credit and running
    subscriptions are lost then, which must be confirmed.

    Refused: FORBIDDEN, REAUTH_REQUIRED, OPERATOR_PROTECTED, ORGANIZATION_NOT_ACTIVE, DEACTIVATION_NOT_OFFERED, then
    all blockers at once (DEL-2, or DEL-7 with FORFEIT_NOT_CONFIRMED). Answers organizationId, status, reversibleUntil.
    """
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, uow.actor.organization_id)
    _allow(uow, organization)
    require_fresh_password(uow)
    organization = await consider_closing(uow, organization)
    await _still_allowed(uow)
    offer = (await policies_for(uow, organization.id)).choice("userDeactivation")
    _require_offered(organization, offer)
    at = at_instant(uow, await time_of_organization(uow, organization))
    facts = await closing_facts(at, organization)
    if offer == "FINAL":
        refuse_all(deactivation_blockers(facts, is_forfeit_confirmed=confirm_forfeit))
        await end_for_good(at, organization, FINAL, reason)
        return {"organizationId": organization.id, "status": FINAL, "reversibleUntil": None}
    refuse_all(deletion_blockers(facts))
    return await ask_for_deletion(at, organization, await _asked(uow), reason)


async def preview_closing(uow: UnitOfWork, organization_id: str) -> DeletionPreview:
    """`previewDeletion`: of a buyer what its deletion would do, of the own organization what its deactivation would.

    Refused: NOT_FOUND, FORBIDDEN."""
    if organization_id != uow.actor.organization_id:
        return await preview_deletion(uow, organization_id)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    _allow(uow, organization)
    offer = (await policies_for(uow, organization.id)).choice("userDeactivation")
    at = at_instant(uow, await time_of_organization(uow, organization))
    facts = await closing_facts(at, organization)
    if offer == "FINAL":
        blockers = deactivation_blockers(facts, is_forfeit_confirmed=True)
        lost = max(facts.business.running_subscriptions, 0)
        return DeletionPreview(organization.id, FINAL, None, blockers, credit_of(facts), lost)
    if offer == "OFF":
        return DeletionPreview(organization.id, None, None, deletion_blockers(facts))
    days, until = await time_to_reverse(at, organization)
    status = FOR_DELETION if days else "DELETED"
    return DeletionPreview(organization.id, status, until if days else None, deletion_blockers(facts))


async def reverse_by_link(platform: Platform, token: str, came: Credentials) -> Outcome:
    """The OWNER who asked takes it back with the link's token. Answers organizationId and status.

    Refused: NOT_FOUND (unknown, or taken back before), IRREVERSIBLE."""
    async with platform_transaction(platform) as tx:
        await lock_tree(tx)
        row = await _asked_for(tx, token)
        now = platform.clock.now()
        time: Instant = now if row["stands_at"] is None else row["stands_at"]
        actor = Actor(row["organization_id"], row["name"], row["kind"], row["path"], Role.OWNER, SIGNED_IN,
                      row["asked_by_name"], row["user_id"], row["asked_by_member_id"],
                      clock_id=row["clock_id"], clock_stands_at=row["stands_at"])  # fmt: skip
        uow = UnitOfWork(tx, actor, came, time, now, "reverseDeletion", platform_depth=1)
        organization = await consider_closing(uow, await organization_by_id(uow, row["organization_id"]))
        outcome = await take_back(uow, organization, None)
        await uow.flush()
    return outcome


async def _asked_for(tx: Transaction, token: str) -> Row:
    row = await fetch_one(
        tx,
        "SELECT d.asked_by_member_id, d.asked_by_name, o.id AS organization_id, o.name, o.kind, o.path, o.clock_id, "
        "c.stands_at, m.user_id FROM deletion d JOIN organization o ON o.id = d.organization_id "
        "LEFT JOIN sandbox_clock c ON c.id = o.clock_id LEFT JOIN member m ON m.id = d.asked_by_member_id "
        "WHERE d.token_hash = $1 AND d.asked_by = 'OWNER'",
        secret_hash(token),
    )
    if row is None:
        not_found(("token",))
    return row


def _allow(uow: UnitOfWork, organization: OrganizationFacts) -> None:
    if organization.kind == "OPERATOR":
        refuse("OPERATOR_PROTECTED", "The operator is never deactivated.")
    allow(uow, Action.DEACTIVATE_OWN_ORGANIZATION, organization)


async def _still_allowed(uow: UnitOfWork) -> None:
    """The role was read before the lock: ownership may have been transferred meanwhile (GEN-7)."""
    role = await fetch_value(
        uow.tx, f"SELECT m.role FROM member m WHERE m.id = $4 AND {uow.visible('m', 'member')}",
        *uow.scope, uow.actor.member_id,
    )  # fmt: skip
    if role != Role.OWNER:
        refuse("FORBIDDEN", "This role may not do this here.")


def _require_offered(organization: OrganizationFacts, offer: str) -> None:
    if organization.is_stopped:
        refuse("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    require_deletable(organization)
    if offer == "OFF":
        refuse("DEACTIVATION_NOT_OFFERED", "Ask your provider to end the organization.")


async def _asked(uow: UnitOfWork) -> Asked:
    email = await fetch_value(
        uow.tx, f"SELECT m.email FROM member m WHERE m.id = $4 AND {uow.visible('m', 'member')}",
        *uow.scope, uow.actor.member_id,
    )  # fmt: skip
    return Asked("OWNER", uow.actor.member_id, uow.actor.name, email)
