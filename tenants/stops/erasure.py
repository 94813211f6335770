"""An organization's end for good: its status, its open stops, and what is only its own is erased (DEL-5, 6, STOP-9).

The row itself stays with its billing number, like ledger, payments, invoices, credit notes and audit entries."""

from tenants.access import OrganizationFacts
from tenants.organization_events import (
    DeletionSettled,
    OrganizationErased,
    on_deletion_settled,
    on_organization_erased,
)
from tenants.stops.erased_rows import Erased, erase_rows
from tenants.stops.suspension_rows import store_status
from tenants.support.support_ending import end_session, standing_rows
from tenants.unit_of_work import UnitOfWork

ENDED = "notice.organization_ended"
_OF_IT = "organization_id"
OWN_ROWS = (
    Erased("support_consent", "SupportConsent", {"access": "access", "lastDate": "last_date"}),
    Erased("move_token", "MoveToken", {"state": "state", "expiresAt": "expires_at"}),
    Erased("kyc_code", "KycCode", {"expiresAt": "expires_at"}, _OF_IT),
    Erased("kyc_document", "KycDocument", {"kind": "kind"}),
    Erased("owner_contact_change", "OwnerContactChange", {"memberId": "member_id", "state": "state"}),
    Erased("ownership_recovery", "OwnershipRecovery", {"memberId": "member_id", "state": "state"}),
    Erased("identity_provider", "IdentityProvider", {"issuer": "issuer"}),
    Erased("invitation", "Invitation", {"memberId": "member_id", "state": "state"}),
    Erased("api_key", "ApiKey", {"name": "name", "prefix": "prefix"}),
    Erased(
        "member",
        "Member",
        {"givenName": "given_name", "familyName": "family_name", "email": "email", "role": "role"},
    ),
    Erased("policy_value", "Policy", {"name": "parameter"}, _OF_IT),
    Erased("policy_preset", "PolicyPreset", {"preset": "preset"}, _OF_IT),
    Erased("policy_bound", "Policy", {"name": "parameter"}, _OF_IT),
    Erased("organization_picture", "OrganizationPicture", {"mediaType": "media_type"}, _OF_IT),
    Erased("brand_domain", "Brand", {"domain": "domain"}, _OF_IT),
    Erased("brand", "Brand", {"brandName": "brand_name", "supportEmail": "support_email"}, _OF_IT),
)
"""Members, their documents and consents, keys, settings; what billing/ and accounts/ hold goes before, by the hook."""


async def end_for_good(uow: UnitOfWork, organization: OrganizationFacts, status: str, reason: str | None) -> None:
    """Set DELETED or DEACTIVATED_BY_USER and erase, at the unit of work's now; audited, and told once.

    The addresses of the notice are written into it: afterwards nobody is left to look up."""
    addresses = await _addresses(uow, organization)
    await store_status(uow, organization.id, status)
    await _settle_deletion(uow, organization)
    await uow.tx.execute(
        "UPDATE suspension AS s SET lifted_at = $5, delayed_until_date = NULL, delayed_until_at = NULL "
        f"WHERE s.organization_id = $4 AND s.lifted_at IS NULL AND {uow.visible('s', 'suspension')}",
        *uow.scope, organization.id, uow.now,
    )  # fmt: skip
    await _end_what_stands_open(uow, organization)
    erased = OrganizationErased(organization.id, organization.path, status, uow.now)
    await on_organization_erased.tell(uow, erased)
    for kind in OWN_ROWS:
        await erase_rows(uow, kind, organization.id)
    await uow.tx.execute(  # which notices have left: no fact of the organization's
        f"DELETE FROM notice AS t WHERE t.organization_id = $4 AND {uow.visible('t', 'notice')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    uow.audit("Organization", organization.id, organization_id=organization.id, path=organization.path,
              before={"status": organization.status}, after={"status": status}, reason=reason)  # fmt: skip
    payload = {"organization": organization.name, "billingNumber": organization.billing_number, "status": status,
               "to": addresses}  # fmt: skip
    uow.send(ENDED, organization.id, payload, organization_id=organization.id, path=organization.path)


async def _end_what_stands_open(uow: UnitOfWork, organization: OrganizationFacts) -> None:
    """Support sessions in it end at once, offers to move it lapse."""
    for row in await standing_rows(uow, "a.organization_id = $1", organization.id):
        await end_session(uow, row["support_session_id"], "ORGANIZATION_ENDED", at=uow.now)
    async with uow.as_platform("MOVE-2: an offer is a row of each of the two sellers"):
        rows = await uow.tx.fetch(
            "UPDATE move_offer SET state = 'EXPIRED', ended_at = $2 WHERE moving_id = $1 AND state = 'OPEN' "
            "RETURNING id, organization_id, path",
            organization.id, uow.now,
        )  # fmt: skip
    for row in rows:
        uow.audit("MoveOffer", row["id"], organization_id=row["organization_id"], path=row["path"],
                  before={"state": "OPEN"}, after={"state": "EXPIRED"})  # fmt: skip


async def _addresses(uow: UnitOfWork, organization: OrganizationFacts) -> list[str]:
    rows = await uow.tx.fetch(
        "SELECT m.email FROM member m WHERE m.organization_id = $4 AND m.email IS NOT NULL "
        f"AND (m.role = 'OWNER' OR m.is_accounts_contact) AND {uow.visible('m', 'member')} ORDER BY m.id",
        *uow.scope, organization.id,
    )  # fmt: skip
    return list(dict.fromkeys(row["email"] for row in rows))


async def _settle_deletion(uow: UnitOfWork, organization: OrganizationFacts) -> None:
    rows = await uow.tx.fetch(
        "UPDATE deletion AS d SET ended_at = $5, outcome = 'DELETED', token_hash = NULL WHERE d.organization_id = $4 "
        f"AND d.ended_at IS NULL AND {uow.visible('d', 'deletion')} RETURNING id",
        *uow.scope, organization.id, uow.now,
    )  # fmt: skip
    for row in rows:
        await on_deletion_settled.tell(uow, DeletionSettled(row["id"], organization.id, uow.now))
