"""KYC of an organization: documents handed in, and the seller's decision (KYC-1). Codes are in kyc_codes.py."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.clock import Instant
from core.ids import new_id
from core.refusals import Blockers
from core.transaction import Row, fetch_value, insert_many
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.kyc.kyc_codes import require_unlocked
from tenants.kyc.kyc_rules import KycStatus, is_kyc_lacking
from tenants.names import normalized
from tenants.organization_events import Hooks
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.stops.platform_stops import lift_by_platform
from tenants.stops.suspension_rows import SuspensionReason
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

HANDED_IN_TOPIC, DECIDED_TOPIC = "notice.kyc_handed_in", "notice.kyc_decided"
MOST_DOCUMENTS = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One document: what it is, its number or address, and the name and SHA-256 (hexadecimal) of a file, if any."""

    kind: str
    reference: str
    file_name: str | None = None
    file_hash: str | None = None


@dataclass(frozen=True, slots=True)
class KycChanged:
    """An organization's KYC has another status from now on."""

    organization_id: str
    path: str
    status: KycStatus


@dataclass(frozen=True, slots=True)
class KycOverdue:
    """An organization was suspended for missing documents."""

    organization_id: str
    path: str
    at: Instant


@dataclass(frozen=True, slots=True)
class KycStopLifted:
    """The seller has lifted the suspension for missing documents by hand (STOP-7)."""

    organization_id: str
    at: Instant


on_kyc_changed: Hooks[KycChanged] = Hooks()
"""billing/ brings subscriptions back here once the documents are approved (SUB-22)."""

on_kyc_overdue: Hooks[KycOverdue] = Hooks()
"""billing/ suspends the subscriptions with their organization here (SUB-114)."""

on_kyc_stop_lifted: Hooks[KycStopLifted] = Hooks()
"""billing/ brings them back with it here, the documents missing or not (KYC-1)."""


async def lacks_kyc(uow: UnitOfWork, organization_id: str) -> bool:
    """Whether a visible organization must have its documents approved and has not (DEMO-8, SUB-11)."""
    status = await fetch_value(
        uow.tx,
        f"SELECT o.kyc_status FROM organization o WHERE o.id = $4 AND {uow.visible('o', 'organization')}",
        *uow.scope, organization_id,
    )  # fmt: skip
    return is_kyc_lacking(await policies_for(uow, organization_id), KycStatus(status))


async def hand_in_kyc(uow: UnitOfWork, organization_id: str, documents: Sequence[NewDocument]) -> Outcome:
    """Hand in documents: the status becomes PENDING; approved ones stay APPROVED. Answers organizationId, kycStatus.

    Refused: NOT_FOUND, the codes of HAND_IN_KYC, FIELD_REQUIRED (no document, kind or reference), TOO_MANY_ROWS,
    KYC_DOCUMENT_INVALID (the hash of a file is none), ORGANIZATION_NOT_ACTIVE, KYC_LOCKED (KYC-2)."""
    organization, stored = await _found(uow, organization_id)
    allow(uow, Action.HAND_IN_KYC, organization)
    taken = _checked(documents)
    require_active(organization)
    await require_unlocked(uow, organization.id)
    before = KycStatus(stored["kyc_status"])
    after = before if before is KycStatus.APPROVED else KycStatus.PENDING
    rows = [_document(uow, organization, each) for each in taken]
    await insert_many(uow.tx, "kyc_document", rows)
    for row in rows:
        uow.audit(
            "KycDocument", str(row["id"]), organization_id=organization.id, path=organization.path,
            after={"kind": row["kind"], "reference": row["reference"], "fileHash": row["file_hash"]},
        )  # fmt: skip
    await _restate(uow, organization, before, after, None)
    if after is not before:
        _send(uow, HANDED_IN_TOPIC, organization, {"kycStatus": after.value})
    return {"organizationId": organization.id, "kycStatus": after.value}


async def decide_kyc(uow: UnitOfWork, organization_id: str, decision: KycStatus, reason: str | None) -> Outcome:
    """The seller approves or rejects, also while the organization is stopped (ORG-16); approval lifts KYC_OVERDUE.

    Refused: NOT_FOUND, the codes of DECIDE_KYC, FIELD_REQUIRED (a rejection without reason).
    Answers organizationId, kycStatus."""
    await lock_tree(uow.tx)
    organization, stored = await _found(uow, organization_id)
    allow(uow, Action.DECIDE_KYC, organization)
    reason, found = normalized(reason or "") or None, Blockers()
    if decision is KycStatus.REJECTED and reason is None:
        found.add("FIELD_REQUIRED", "A rejection says why.", ("reason",))
    found.raise_if_any()
    before = KycStatus(stored["kyc_status"])
    await _restate(uow, organization, before, decision, reason)
    if decision is KycStatus.APPROVED:
        await lift_by_platform(uow, organization.id, SuspensionReason.KYC_OVERDUE)
    if decision is not before:
        _send(uow, DECIDED_TOPIC, organization, {"kycStatus": decision.value, "reason": reason})
    return {"organizationId": organization.id, "kycStatus": decision.value}


async def _found(uow: UnitOfWork, organization_id: str) -> tuple[OrganizationFacts, Row]:
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    stored = await row_by_id(uow, "organization", organization_id, ("organizationId",), "t.kyc_status")
    return organization, stored


def _checked(documents: Sequence[NewDocument]) -> list[NewDocument]:
    found, taken = Blockers(), []
    if not documents:
        found.add("FIELD_REQUIRED", "Hand in one document at least.", ("documents",))
    if len(documents) > MOST_DOCUMENTS:
        found.add("TOO_MANY_ROWS", f"At most {MOST_DOCUMENTS} documents at once.", ("documents",))
    for place, each in enumerate(documents[:MOST_DOCUMENTS]):
        field = ("documents", str(place))
        kind, reference = normalized(each.kind), normalized(each.reference)
        for name, value in (("kind", kind), ("reference", reference)):
            if not value:
                found.add("FIELD_REQUIRED", "This field is required.", (*field, name))
        file_hash = None if each.file_hash is None else each.file_hash.strip().lower()
        if file_hash is not None and not _SHA256.fullmatch(file_hash):
            found.add("KYC_DOCUMENT_INVALID", "The hash is a SHA-256 in hexadecimal.", (*field, "fileHash"))
        taken.append(NewDocument(kind, reference, each.file_name, file_hash))
    found.raise_if_any()
    return taken


def _document(uow: UnitOfWork, organization: OrganizationFacts, document: NewDocument) -> dict[str, object]:
    return {
        "id": new_id("kyc"), "organization_id": organization.id, "path": organization.path, "kind": document.kind,
        "reference": document.reference, "file_name": document.file_name, "file_hash": document.file_hash,
        "handed_in_by_member_id": uow.actor.member_id, "handed_in_at": uow.now,
    }  # fmt: skip


async def _restate(
    uow: UnitOfWork, organization: OrganizationFacts, before: KycStatus, after: KycStatus, reason: str | None
) -> None:
    if after is before and reason is None:
        return
    decided_at = uow.now if after in (KycStatus.APPROVED, KycStatus.REJECTED) else None
    await uow.tx.execute(
        "UPDATE organization AS o SET kyc_status = $5, kyc_reason = $6, kyc_decided_at = $7, version = version + 1 "
        f"WHERE o.id = $4 AND {uow.visible('o', 'organization')}",
        *uow.scope, organization.id, after.value, reason, decided_at,
    )  # fmt: skip
    uow.audit(
        "Organization", organization.id, organization_id=organization.id, path=organization.path,
        before={"kycStatus": before.value}, after={"kycStatus": after.value}, reason=reason,
    )  # fmt: skip
    await on_kyc_changed.tell(uow, KycChanged(organization.id, organization.path, after))


def _send(uow: UnitOfWork, topic: str, organization: OrganizationFacts, facts: dict[str, object]) -> None:
    payload = {"organization": organization.name, "link": "/settings/kyc", **facts}
    uow.send(topic, organization.id, payload, organization_id=organization.id, path=organization.path)
