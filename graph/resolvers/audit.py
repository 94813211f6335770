"""The mutation that tries an entry of the audit log. The rule: tenants/audit/audit_log.py."""

import strawberry

from graph.resolvers.commands import run
from graph.schema.audit import AuditEntry
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.sql.reads import entity
from tenants.audit.audit_log import delete_audit_entry


@strawberry.input(description="Which entry.")
class DeleteAuditEntryInput:
    audit_entry_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.type
class DeleteAuditEntryPayload:
    errors: list[UserError]
    replayed: bool
    audit_entry: AuditEntry | None = entity("auditEntryId")


@strawberry.type
class AuditMutations:
    @strawberry.mutation(description="Refused for everybody, the operator included: AUDIT_IMMUTABLE (AUD-5).")
    async def delete_audit_entry(self, info: strawberry.Info, input: DeleteAuditEntryInput) -> DeleteAuditEntryPayload:
        return await run(info, input, lambda uow: delete_audit_entry(uow, input.audit_entry_id))
