"""retryBatchUpdate: a new preview of the same changes over the rows that did not come through (BAT-55)."""

from dataclasses import dataclass, replace

from accounts.batch_confirm import locked_job
from accounts.batch_preview import store_preview
from accounts.batch_request import RetriedRows, changed_fields, stored_update
from accounts.batch_rights import allow_update
from accounts.batches import batch_by_id
from accounts.job_states import JobState, RowResult, check_retryable
from tenants.access import require_active
from tenants.commands import Outcome
from tenants.permissions.actions import Action
from tenants.unit_of_work import UnitOfWork

RETRYABLE = frozenset({RowResult.FAILED, RowResult.UNPROCESSED})


@dataclass(frozen=True, slots=True)
class RetryOrder:
    """Which job, and which of its rows: FAILED, UNPROCESSED or both."""

    batch_update_id: str
    only: frozenset[RowResult] = RETRYABLE


async def retry_batch_update(uow: UnitOfWork, order: RetryOrder) -> Outcome:
    """Preview the same changes over exactly these accounts; answers what a preview answers.

    Refused: NOT_FOUND, the codes of the right, JOB_NOT_FINISHED, NOTHING_TO_RETRY, ORGANIZATION_NOT_ACTIVE,
    TOO_MANY_PREVIEWS."""
    job, customer = await locked_job(uow, order.batch_update_id)
    request = stored_update(job)
    allow_update(uow, Action.RETRY_BATCH_UPDATE, customer, changed_fields(request.changes))
    results = order.only & RETRYABLE
    rows = {RowResult.FAILED: job["failed"], RowResult.UNPROCESSED: job["unprocessed"]}
    check_retryable(JobState(job["state"]), rows, results)
    require_active(customer)
    batch = await batch_by_id(uow, job["batch_id"])
    retried = RetriedRows(job_id=job["id"], root_id=job["root_id"], results=results)
    return await store_preview(uow, batch, replace(request, retried=retried))
