"""KYC of an organization, and the seller's way to change a locked billing name. The rules are in tenants/."""

from datetime import datetime
from enum import Enum
from typing import Any

import orjson
import strawberry

from core.clock import format_instant
from core.refusals import Refused
from graph.context import Context
from graph.resolvers.commands import or_none, plain, run
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization
from graph.schema.scalars import UserError
from graph.sql.payloads import Payload
from graph.sql.reads import entity, from_outcome
from tenants.authentication import Unauthenticated
from tenants.commands import Command, Outcome, run_command
from tenants.kyc.kyc import NewDocument, decide_kyc, hand_in_kyc
from tenants.kyc.kyc_codes import blocker_of, request_kyc_code, verify_kyc_code
from tenants.kyc.kyc_rules import KycStatus
from tenants.kyc.locked_billing_name import BillingNameEdit, edit_locked_billing_name
from tenants.unit_of_work import UnitOfWork


@strawberry.enum(description="What the seller makes of the documents.")
class KycDecision(Enum):
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@strawberry.input(description="One document.")
class KycDocumentInput:
    kind: str = strawberry.field(description="What it is, e.g. a certificate of incorporation.")
    reference: str = strawberry.field(description="Its number, or where it lies.")
    file_name: str | None = strawberry.UNSET
    file_hash: str | None = strawberry.field(default=strawberry.UNSET, description="SHA-256 in hexadecimal.")


@strawberry.input(description="The documents of an organization, 1 to 20 at once.")
class HandInKycInput:
    organization_id: strawberry.ID
    documents: list[KycDocumentInput]
    idempotency_key: str | None = optional_key()


@strawberry.input(description="The seller's decision on a buyer's documents.")
class DecideKycInput:
    organization_id: strawberry.ID
    decision: KycDecision
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="A rejection needs one.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Whose KYC.")
class RequestKycCodeInput:
    organization_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A one-time code to be tried.")
class VerifyKycCodeInput:
    organization_id: strawberry.ID
    code: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A new billing name of a buyer whose own one is locked (KYC-4).")
class EditLockedBillingNameInput:
    organization_id: strawberry.ID
    billing_name: str
    reason: str | None = strawberry.UNSET
    document: str | None = strawberry.field(default=strawberry.UNSET, description="Which document shows the new name.")
    contact_email: str | None = strawberry.field(
        default=strawberry.UNSET, description="The contact's e-mail from which the request came (CON-4)."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class KycPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.type
class KycCodePayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")
    expires_at: datetime | None = from_outcome("expiresAt", "Until when the code works.")


@strawberry.type
class KycMutations:
    @strawberry.mutation(description="Hand in documents; the status becomes PENDING (KYC-1).")
    async def hand_in_kyc(self, info: strawberry.Info, input: HandInKycInput) -> KycPayload:
        documents = [
            NewDocument(each.kind, each.reference, or_none(each.file_name), or_none(each.file_hash))
            for each in input.documents
        ]
        return await run(info, input, lambda uow: hand_in_kyc(uow, input.organization_id, documents))

    @strawberry.mutation(description="Approve or reject a buyer's documents; approval lifts KYC_OVERDUE (STOP-7).")
    async def decide_kyc(self, info: strawberry.Info, input: DecideKycInput) -> KycPayload:
        decision, reason = KycStatus(input.decision.value), or_none(input.reason)
        return await run(info, input, lambda uow: decide_kyc(uow, input.organization_id, decision, reason))

    @strawberry.mutation(description="Send a one-time code to the member who asks, or to a contact (KYC-2).")
    async def request_kyc_code(self, info: strawberry.Info, input: RequestKycCodeInput) -> KycCodePayload:
        async def request(uow: UnitOfWork) -> Outcome:
            made = await request_kyc_code(uow, input.organization_id)
            return made | {"expiresAt": format_instant(made["expiresAt"])}

        return await run(info, input, request)

    @strawberry.mutation(description="Try a one-time code; the 6th wrong one locks KYC for 24 hours (KYC-2).")
    async def verify_kyc_code(self, info: strawberry.Info, input: VerifyKycCodeInput) -> KycPayload:
        return await _try_code(info, input)

    @strawberry.mutation(description="The seller changes a locked billing name; issued invoices stay (KYC-4).")
    async def edit_locked_billing_name(self, info: strawberry.Info, input: EditLockedBillingNameInput) -> KycPayload:
        edit = BillingNameEdit(
            input.organization_id, input.billing_name, or_none(input.reason), or_none(input.document),
            or_none(input.contact_email),
        )  # fmt: skip
        return await run(info, input, lambda uow: edit_locked_billing_name(uow, edit))


async def _try_code(info: strawberry.Info, input: VerifyKycCodeInput) -> Any:
    """A wrong code commits its count and is answered as the refusal that it is; the code itself is kept nowhere."""
    context: Context = info.context
    payload = Payload(context.statements, info._raw_info)
    values: dict[str, object] = plain(input)
    key: Any = values.pop("idempotency_key", None)

    async def answer(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> orjson.Fragment:
        refused = blocker_of(outcome)
        return payload.refused([refused]) if refused else await payload.done(uow, outcome, replayed)

    try:
        return await run_command(
            context.platform, context.credentials, Command("verifyKycCode", values, key),
            lambda uow: verify_kyc_code(uow, input.organization_id, input.code), answer,
        )  # fmt: skip
    except Unauthenticated:
        raise
    except Refused as refusal:
        return payload.refused(refusal.blockers)
