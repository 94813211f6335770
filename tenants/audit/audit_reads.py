"""Reads in the audit log (AUD-6, SUP-15): those of support sessions always, a member's where `auditReads` is ALL.

Called once per operation, by graph/noted_reads.py and by whatever exports; a mutation is in the log by itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.transaction import insert
from tenants.actor import Actor, Credentials
from tenants.permissions import ViaKind
from tenants.policy.policy import policies_for
from tenants.unit_of_work import Platform, UnitOfWork, audit_row, working_as


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the operation's own name, its root fields, the entity if it names one, codes if it was refused."""

    fields: Sequence[str]
    operation_name: str | None = None
    entity_id: str | None = None
    codes: Sequence[str] = field(default=())


def may_be_noted(actor: Actor) -> bool:
    """Whether the reads of this actor are noted, or may be by a policy that is not looked up here."""
    kind = actor.via.kind
    return kind is ViaKind.SUPPORT_SESSION or (kind is ViaKind.SESSION and actor.may_audit_reads)


async def note_read(
    platform: Platform, credentials: Credentials, actor: Actor, read: Read, *, is_export: bool = False
) -> bool:
    """Write one entry of the read into the log of the organization the actor stands in, if its rules ask for one.

    Answers whether it was written. Free of charge where nobody above has set `auditReads`."""
    is_always = is_export or actor.via.kind is ViaKind.SUPPORT_SESSION
    if not is_always and not may_be_noted(actor):
        return False
    async with working_as(platform, actor, ",".join(read.fields)) as uow:
        if not is_always and not await _asks_for_all(uow):
            return False
        await insert(uow.tx, "audit_entry", **_entry(uow, credentials, read))
    return True


async def _asks_for_all(uow: UnitOfWork) -> bool:
    return (await policies_for(uow, uow.actor.organization_id)).choice("auditReads") == "ALL"


def _entry(uow: UnitOfWork, credentials: Credentials, read: Read) -> Mapping[str, object]:
    of = {"organization_id": uow.actor.organization_id, "path": uow.actor.path, "entity_type": "Read"}
    after = {"fields": list(read.fields), "operationName": read.operation_name}
    return {
        **audit_row(uow.actor, credentials, uow.now, uow.action),
        **of,
        "entity_id": None if read.codes else read.entity_id,  # what was not shown may be a stranger's (VIS-4)
        "after_values": json.dumps(after, sort_keys=True),
        "result_code": ",".join(sorted(set(read.codes))) or None,
    }
