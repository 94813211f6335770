"""The seller changes a billing name that KYC has locked: with reason, document and contact proof (KYC-3, KYC-4)."""

from dataclasses import dataclass

from core.refusals import Blockers
from tenants.access import allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.input_checks import accepted
from tenants.kyc.kyc_rules import KycStatus, is_billing_name_locked
from tenants.members.contact_rows import contact_by_email
from tenants.names import name_blockers, normalized
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

TOPIC = "notice.billing_name_changed"


@dataclass(frozen=True, slots=True)
class BillingNameEdit:
    """The new name, why, which document shows it, and the contact's e-mail from which the request came."""

    organization_id: str
    billing_name: str
    reason: str | None
    document: str | None
    contact_email: str | None


async def edit_locked_billing_name(uow: UnitOfWork, edit: BillingNameEdit) -> Outcome:
    """Change it; issued invoices keep the name they have. Answers organizationId.

    A name that is not locked takes the right to edit the organization besides. Refused: NOT_FOUND, the codes of
    EDIT_LOCKED_BILLING_NAME (BILLING_NAME_LOCKED to the organization itself), CONSENT_REQUIRED; FIELD_REQUIRED,
    NAME_LENGTH, NAME_CHARACTERS, CONTACT_PROOF_REQUIRED (no contact of it has that e-mail, CON-4);
    ORGANIZATION_NOT_ACTIVE."""
    organization = await organization_by_id(uow, edit.organization_id, ("organizationId",))
    allow(uow, Action.EDIT_LOCKED_BILLING_NAME, organization)
    stored = await row_by_id(
        uow, "organization", organization.id, ("organizationId",), "t.kyc_status, t.billing_name, t.is_billing_name_own"
    )
    policies = await policies_for(uow, organization.id)
    if not is_billing_name_locked(policies, KycStatus(stored["kyc_status"])):
        allow(uow, Action.EDIT_ORGANIZATION, organization)
    found = Blockers()
    name = accepted(found, edit.billing_name, ("billingName",), name_blockers)
    reason, document = normalized(edit.reason or ""), normalized(edit.document or "")
    for field, value in (("reason", reason), ("document", document)):
        if not value:
            found.add("FIELD_REQUIRED", "This field is required.", (field,))
    contact = await contact_by_email(uow, organization.id, edit.contact_email)
    if contact is None:
        message = "The request has to come from the e-mail of a contact."
        found.add("CONTACT_PROOF_REQUIRED", message, ("contactEmail",))
    found.raise_if_any()
    assert contact is not None
    if organization.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    found.raise_if_any()
    await uow.tx.execute(
        "UPDATE organization AS o SET billing_name = $5, is_billing_name_own = $6, version = version + 1 "
        f"WHERE o.id = $4 AND {uow.visible('o', 'organization')}",
        *uow.scope, organization.id, name, True,
    )  # fmt: skip
    uow.audit(
        "Organization", organization.id, organization_id=organization.id, path=organization.path,
        before={"billingName": stored["billing_name"]},
        after={"billingName": name, "document": document, "contactEmail": contact.email}, reason=reason,
    )  # fmt: skip
    payload = {"organization": organization.name, "billingName": name, "link": "/settings"}
    uow.send(TOPIC, organization.id, payload, organization_id=organization.id, path=organization.path)
    return {"organizationId": organization.id}
