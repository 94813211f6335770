"""Deleting by the seller, and taking it back: `deleteOrganization`, `reverseDeletion`, `previewDeletion` (DEL-1 to 5).

By the OWNER: deactivation.py. What time does to a deletion: due_stops.py."""

import secrets
from dataclasses import dataclass

from core.calendar import end_of_days, local_date
from core.clock import Instant
from core.ids import new_id
from core.refusals import Blocker, Refused, refuse
from core.transaction import Row, fetch_one, insert
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.organization_events import (
    ClosingConsidered,
    DeletionSettled,
    on_closing_considered,
    on_deletion_settled,
)
from tenants.permissions import Action, Relation, decide
from tenants.platform_work import at_instant, time_of_organization
from tenants.policy.policy import policies_for
from tenants.sign_in.sessions import require_fresh_password
from tenants.stops.closing_blockers import GONE, closing_facts, deletion_blockers
from tenants.stops.erasure import end_for_good
from tenants.stops.suspension_rows import WHAT_STOPS, lock_organization, status_by_suspensions, store_status
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

REQUESTED, REVERSED = "notice.deletion_requested", "notice.deletion_reversed"
TOKEN_BYTES = 32
FOR_DELETION = "SUSPENDED_FOR_DELETION"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for a deletion: the seller, or the OWNER, who gets a link to take it back (DEL-3)."""

    by: str
    member_id: str | None
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class DeletionPreview:
    """What an end would do now, and everything that stands in its way (DEL-2, DEL-7)."""

    organization_id: str
    status: str | None
    """SUSPENDED_FOR_DELETION, DELETED or DEACTIVATED_BY_USER; None: it is not offered."""
    reversible_until_at: Instant | None
    blockers: tuple[Blocker, ...]
    forfeited_credit: str = "0"
    forfeited_subscriptions: int = 0


async def delete_organization(uow: UnitOfWork, organization_id: str, reason: str | None = None) -> Outcome:
    """SUSPENDED_FOR_DELETION, open for `deletionReverseDays`; with 0 days DELETED at once, without return (DEL-1).

    Refused: NOT_FOUND, FORBIDDEN, REAUTH_REQUIRED, OPERATOR_PROTECTED, ORGANIZATION_NOT_ACTIVE (it is being deleted),
    with all blockers of DEL-2 at once, each with its count; IRREVERSIBLE alone (it is gone).
    Answers organizationId, status and reversibleUntil (an Instant, or None)."""
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    _allow_delete(uow, organization)
    require_fresh_password(uow)
    organization = await consider_closing(uow, organization)
    at = at_instant(uow, await time_of_organization(uow, organization))
    refuse_all(await against_deletion(at, organization))
    return await ask_for_deletion(at, organization, Asked("SELLER", uow.actor.member_id, uow.actor.name), reason)


async def reverse_deletion(uow: UnitOfWork, organization_id: str, note: str | None = None) -> Outcome:
    """Take it back while the time runs, or while something still stands in the way (DEL-3, DEL-4).

    ACTIVE again, or SUSPENDED where a suspension stands. Refused: NOT_FOUND (also when it is not being deleted),
    FORBIDDEN, IRREVERSIBLE. Answers organizationId and status."""
    await lock_tree(uow.tx)
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.REVERSE_DELETION, organization)
    organization = await consider_closing(uow, organization)
    return await take_back(uow, organization, note)


async def preview_deletion(uow: UnitOfWork, organization_id: str) -> DeletionPreview:
    """What `deleteOrganization` would do and all blockers, with counts; changes nothing.

    Refused: NOT_FOUND, FORBIDDEN."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    _allow_delete(uow, organization)
    at = at_instant(uow, await time_of_organization(uow, organization))
    days, until = await time_to_reverse(at, organization)
    blockers = await against_deletion(at, organization)
    return DeletionPreview(organization.id, FOR_DELETION if days else "DELETED", until if days else None, blockers)


async def consider_closing(uow: UnitOfWork, organization: OrganizationFacts) -> OrganizationFacts:
    """Hold the organization and its Wallet still, and read it again behind the locks (GEN-7)."""
    await on_closing_considered.tell(uow, ClosingConsidered(organization.id))
    await lock_organization(uow, organization.id)
    return await organization_by_id(uow, organization.id, ("organizationId",))


def require_deletable(organization: OrganizationFacts) -> None:
    """Only from ACTIVE or SUSPENDED (DEL-1). Refused: ORGANIZATION_NOT_ACTIVE, IRREVERSIBLE."""
    refuse_all(_standing_in_the_way(organization))


async def against_deletion(uow: UnitOfWork, organization: OrganizationFacts) -> tuple[Blocker, ...]:
    """Everything against its deletion now, sorted by code: its state and what is open (DEL-1, DEL-2)."""
    if organization.status in GONE:
        return _standing_in_the_way(organization)
    blockers = (*_standing_in_the_way(organization), *deletion_blockers(await closing_facts(uow, organization)))
    return tuple(sorted(blockers, key=lambda blocker: blocker.code))


def refuse_all(blockers: tuple[Blocker, ...]) -> None:
    """Raises Refused with all of them, if there are any."""
    if blockers:
        raise Refused(blockers)


async def ask_for_deletion(
    uow: UnitOfWork, organization: OrganizationFacts, asked: Asked, reason: str | None
) -> Outcome:
    """Start the time in which it may be taken back, or end it at once where there is none (DEL-1)."""
    days, until = await time_to_reverse(uow, organization)
    if days == 0:
        await end_for_good(uow, organization, "DELETED", reason)
        return {"organizationId": organization.id, "status": "DELETED", "reversibleUntil": None}
    deletion_id, token = new_id("del"), secrets.token_urlsafe(TOKEN_BYTES) if asked.by == "OWNER" else None
    await insert(
        uow.tx, "deletion", id=deletion_id, organization_id=organization.id, path=organization.path, asked_by=asked.by,
        asked_by_member_id=asked.member_id, asked_by_name=asked.name, reverse_days=days, asked_at=uow.now,
        token_hash=None if token is None else secret_hash(token), reversible_until_at=until, next_check_at=until,
    )  # fmt: skip
    await store_status(uow, organization.id, FOR_DELETION)
    after = {"status": FOR_DELETION, "askedBy": asked.by, "reversibleUntil": until}
    uow.audit("Organization", organization.id, organization_id=organization.id, path=organization.path,
              before={"status": organization.status}, after=after, reason=reason)  # fmt: skip
    _send_request(uow, organization, asked, until, token)
    return {"organizationId": organization.id, "status": FOR_DELETION, "reversibleUntil": until}


async def take_back(uow: UnitOfWork, organization: OrganizationFacts, note: str | None) -> Outcome:
    """The deletion ends as REVERSED; standing suspensions hold again (DEL-3). Refused: NOT_FOUND, IRREVERSIBLE."""
    if organization.status in GONE:
        irreversible()
    row = await open_deletion(uow, organization.id)
    if row is None:
        not_found(("organizationId",))
    at = at_instant(uow, await time_of_organization(uow, organization))
    if at.now >= row["reversible_until_at"] and not deletion_blockers(await closing_facts(at, organization)):
        irreversible()
    await at.tx.execute(
        "UPDATE deletion AS d SET ended_at = $5, outcome = 'REVERSED', token_hash = NULL "
        f"WHERE d.id = $4 AND {at.visible('d', 'deletion')}",
        *at.scope, row["id"], at.now,
    )  # fmt: skip
    status = await status_by_suspensions(at, organization.id, at.now)
    await store_status(at, organization.id, status)
    at.audit("Organization", organization.id, organization_id=organization.id, path=organization.path,
             before={"status": organization.status}, after={"status": status}, reason=note)  # fmt: skip
    payload = {"organization": organization.name, "billingNumber": organization.billing_number, "status": status,
               "link": f"/organizations/{organization.id}"}  # fmt: skip
    at.send(REVERSED, organization.id, payload, organization_id=organization.id, path=organization.path)
    await on_deletion_settled.tell(at, DeletionSettled(row["id"], organization.id, at.now))
    return {"organizationId": organization.id, "status": status}


async def open_deletion(uow: UnitOfWork, organization_id: str) -> Row | None:
    """The deletion that runs, if one does."""
    return await fetch_one(
        uow.tx,
        "SELECT d.id, d.asked_by, d.reverse_days, d.reversible_until_at, d.next_check_at FROM deletion d "
        f"WHERE d.organization_id = $4 AND d.ended_at IS NULL AND {uow.visible('d', 'deletion')}",
        *uow.scope, organization_id,
    )  # fmt: skip


def irreversible() -> None:
    """Refuse IRREVERSIBLE (DEL-3, DEL-6, STOP-9)."""
    refuse("IRREVERSIBLE", "The organization has ended for good.")


def _allow_delete(uow: UnitOfWork, organization: OrganizationFacts) -> None:
    if organization.kind == "OPERATOR":  # its OWNER would have the right over a buyer; who has none hears that first
        decide(Action.DELETE_ORGANIZATION, uow.actor.role, Relation.BUYER_MANAGED_BY_CUSTOMER, uow.actor.via).enforce()
        refuse("OPERATOR_PROTECTED", "The operator is never deleted.")
    allow(uow, Action.DELETE_ORGANIZATION, organization)


def _standing_in_the_way(organization: OrganizationFacts) -> tuple[Blocker, ...]:
    if organization.status in GONE:
        return (Blocker("IRREVERSIBLE", "The organization has ended for good."),)
    if organization.status == FOR_DELETION:
        return (Blocker("ORGANIZATION_NOT_ACTIVE", "The organization is being deleted already."),)
    return ()


async def time_to_reverse(uow: UnitOfWork, organization: OrganizationFacts) -> tuple[int, Instant]:
    """`deletionReverseDays`, and the first instant at which they are over (GEN-3)."""
    days = (await policies_for(uow, organization.id)).integer("deletionReverseDays")
    return days, end_of_days(local_date(uow.now, organization.timezone), days, organization.timezone)


def _send_request(
    uow: UnitOfWork, organization: OrganizationFacts, asked: Asked, until: Instant, token: str | None
) -> None:
    """One notice; only the OWNER who asked gets the link, in a part of the payload of its own (DEL-3)."""
    last_day = local_date(until - 1, organization.timezone).isoformat()
    back = "Use the link below" if token else "Ask your provider"
    payload: dict[str, object] = {
        "organization": organization.name, "billingNumber": organization.billing_number, "askedBy": asked.by,
        "whatStops": WHAT_STOPS, "reversibleUntil": until, "lastDay": last_day,
        "wayBack": f"{back} to take it back through {last_day}.", "link": f"/organizations/{organization.id}",
    }  # fmt: skip
    if token is not None:
        payload["ownerLink"] = {"to": asked.email, "token": token, "path": "/reverse-deletion"}
    uow.send(REQUESTED, organization.id, payload, organization_id=organization.id, path=organization.path)
