"""undoBatchUpdate: a preview that sets back what a finished job has changed, and can be set back (BAT-56)."""

import json

from accounts.batch_changes import ATTRIBUTES
from accounts.batch_confirm import locked_job
from accounts.batch_preview import store_preview
from accounts.batch_request import changed_fields, undo_request
from accounts.batch_rights import allow_update
from accounts.batches import batch_by_id
from accounts.job_states import JobState, check_finished
from core.refusals import refuse
from tenants.access import require_active
from tenants.commands import Outcome
from tenants.permissions.actions import Action
from tenants.unit_of_work import UnitOfWork


async def undo_batch_update(uow: UnitOfWork, batch_update_id: str) -> Outcome:
    """Preview the before values of the job's SUCCEEDED rows; answers what a preview answers.

    Refused: NOT_FOUND, the codes of the right, JOB_NOT_FINISHED, NOT_REVERSIBLE (no field can be set back),
    ORGANIZATION_NOT_ACTIVE, EMPTY_SELECTION (no row SUCCEEDED), TOO_MANY_PREVIEWS."""
    job, customer = await locked_job(uow, batch_update_id)
    fields = changed_fields(json.loads(job["changes"]))
    allow_update(uow, Action.UNDO_BATCH_UPDATE, customer, fields)
    check_finished(JobState(job["state"]))
    undoable = [name for name in fields if ATTRIBUTES[name].is_undoable]
    if not undoable:
        refuse("NOT_REVERSIBLE", "Nothing that the job has changed can be set back.", ("id",))
    require_active(customer)
    batch = await batch_by_id(uow, job["batch_id"])
    others = [name for name in fields if name not in undoable]
    request = undo_request(job["id"], {"batchIds": [batch.id]}, undoable, others, job["chunk_rows"])
    return await store_preview(uow, batch, request)
