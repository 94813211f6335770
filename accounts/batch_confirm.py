"""confirmBatchUpdate and cancelBatchUpdate: from a preview to a queued job, once per key (BAT-47, BAT-48, BAT-55)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.batch_limits import check_running_jobs, one_at_a_time
from accounts.batch_request import UpdateRequest, changed_fields, stored_update
from accounts.batch_rights import allow_update
from accounts.job_states import JobState, check_confirmable, state_after_cancel
from core.refusals import refuse
from core.transaction import Row, fetch_one
from tenants.access import OrganizationFacts, not_found, organization_by_id, require_active
from tenants.commands import Outcome
from tenants.idempotency import MAX_KEY_LENGTH, input_hash
from tenants.permissions.actions import Action
from tenants.unit_of_work import UnitOfWork

RUN_TOPIC = "batch_update.run"
CONFIRMED, FINISHED = "BATCH_UPDATE_CONFIRMED", "BATCH_UPDATE_FINISHED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrder:
    """Which preview is confirmed, as it was seen; the key lives as long as the job, per organization (BAT-47)."""

    batch_update_id: str
    snapshot_hash: str
    expected_selected: int
    idempotency_key: str


async def confirm_batch_update(uow: UnitOfWork, order: ConfirmOrder) -> Outcome:
    """Queue the job; answers `batchUpdateId`, `state` and `replayed` (the same key and input again).

    The key is looked at here, behind the right, so run_command is called without it. Refused in this order (BAT-47):
    NOT_FOUND; FORBIDDEN, SCOPE_MISSING, CONSENT_REQUIRED; IDEMPOTENCY_KEY_REUSED; ALREADY_CONFIRMED;
    PREVIEW_EXPIRED; ORGANIZATION_NOT_ACTIVE; PREVIEW_STALE; OPERATION_IN_PROGRESS, TOO_MANY_JOBS."""
    job, customer = await locked_job(uow, order.batch_update_id)
    request = stored_update(job)
    allow_update(uow, Action.CONFIRM_BATCH_UPDATE, customer, changed_fields(request.changes))
    digest = _digest(order)
    if await _is_confirmed_by(uow, order, digest):
        return {"batchUpdateId": job["id"], "state": job["state"], "replayed": True}
    check_confirmable(JobState(job["state"]), job["previewed_at"], uow.now)
    require_active(customer)
    await _check_fresh(uow, order, job, request)
    await check_running_jobs(uow, job["batch_id"], job["seller_id"])
    await _queue(uow, order, digest)
    _note(uow, job, customer, JobState.AWAITING_CONFIRMATION, JobState.QUEUED)
    at = {"organization_id": customer.id, "path": customer.path}
    uow.send(CONFIRMED, job["id"], {"batchId": job["batch_id"], "selected": job["selected"]}, **at)
    uow.send(RUN_TOPIC, job["id"], {}, **at)
    return {"batchUpdateId": job["id"], "state": JobState.QUEUED.value, "replayed": False}


async def cancel_batch_update(uow: UnitOfWork, batch_update_id: str) -> Outcome:
    """Stop a job, after the chunk that is running; done rows stay. Cancelling again answers the same (BAT-55).

    Answers `batchUpdateId` and `state`. Refused: NOT_FOUND, the codes of the right, JOB_NOT_CANCELLABLE, then
    ORGANIZATION_NOT_ACTIVE (a stopped customer's job ends by itself, BAT-49)."""
    job, customer = await locked_job(uow, batch_update_id)
    allow_update(uow, Action.CANCEL_BATCH_UPDATE, customer, changed_fields(json.loads(job["changes"])))
    before = _state_now(job, uow.now)
    after = state_after_cancel(before)
    if after is not before:
        require_active(customer)
        await _set_cancelled(uow, job, after)
        _note(uow, job, customer, before, after)
    return {"batchUpdateId": job["id"], "state": after.value}


async def locked_job(uow: UnitOfWork, batch_update_id: str) -> tuple[Row, OrganizationFacts]:
    """A visible job and its customer; nobody else moves the job until the commit. Refused: NOT_FOUND."""
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    job = await fetch_one(
        uow.tx,
        f"SELECT u.* FROM batch_update u WHERE u.id = $4 AND {uow.visible('u', 'batch_update')}{lock}",
        *uow.scope, batch_update_id,
    )  # fmt: skip
    if job is None:
        not_found(("id",))
    return job, await organization_by_id(uow, job["organization_id"])


async def leave_unprocessed(uow: UnitOfWork, batch_update_id: str) -> int:
    """Mark the rows that have no result as UNPROCESSED, without what was forecast for them; how many (BAT-50)."""
    return await uow.tx.execute(
        "UPDATE batch_update_row AS r SET result = 'UNPROCESSED', code = NULL, field = NULL, message = NULL, "
        "before_values = NULL, after_values = NULL WHERE r.batch_update_id = $4 AND r.result = 'PENDING' "
        f"AND {uow.visible('r', 'batch_update_row')}",
        *uow.scope, batch_update_id,
    )  # fmt: skip


def state_expression(alias: str, now: str) -> str:
    """The state that is shown of the `batch_update` under `alias`: an open preview is EXPIRED from 15 minutes on."""
    waits = f"{alias}.state = 'AWAITING_CONFIRMATION' AND {now} >= {alias}.expires_at"
    return f"CASE WHEN {waits} THEN 'EXPIRED' ELSE {alias}.state END"


def _state_now(job: Row, now: int) -> JobState:
    state = JobState(job["state"])
    is_over = state is JobState.AWAITING_CONFIRMATION and now >= job["expires_at"]
    return JobState.EXPIRED if is_over else state


def _digest(order: ConfirmOrder) -> str:
    if not 1 <= len(order.idempotency_key) <= MAX_KEY_LENGTH:
        refuse("FIELD_REQUIRED", "An idempotency key has 1 to 255 characters.", ("idempotencyKey",))
    given = {"id": order.batch_update_id, "hash": order.snapshot_hash, "selected": order.expected_selected}
    return input_hash("confirmBatchUpdate", given)


async def _is_confirmed_by(uow: UnitOfWork, order: ConfirmOrder, digest: str) -> bool:
    """Whether this key has confirmed this job; whoever uses it for another one at once waits here (GEN-6).

    Refused: IDEMPOTENCY_KEY_REUSED with another input."""
    async with uow.as_platform("BAT-47: keys are per organization of the one who confirms"):
        await one_at_a_time(uow, uow.actor.organization_id)
    used: Sequence[Row] = await uow.tx.fetch(
        "SELECT u.id, u.confirm_hash FROM batch_update u WHERE u.confirmed_by_organization_id = $4 "
        f"AND u.confirm_key = $5 AND {uow.visible('u', 'batch_update')}",
        *uow.scope, uow.actor.organization_id, order.idempotency_key,
    )  # fmt: skip
    if any(row["confirm_hash"] != digest for row in used):
        refuse("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used with another input.", ("idempotencyKey",))
    return bool(used)


async def _check_fresh(uow: UnitOfWork, order: ConfirmOrder, job: Row, request: UpdateRequest) -> None:
    """The filter chooses the same accounts in the same versions as the preview did. Refused: PREVIEW_STALE."""
    chosen = request.chosen(uow.tx.dialect, "a", 6)
    found = await fetch_one(
        uow.tx,
        "SELECT count(*) AS selected, count(r.control_number) AS same FROM account a LEFT JOIN batch_update_row r "
        "ON r.batch_update_id = $5 AND r.control_number = a.control_number AND r.account_row_id = a.id "
        f"AND r.account_version = a.version AND {uow.visible('r', 'batch_update_row')} "
        f"WHERE a.batch_id = $4 AND {uow.visible('a', 'account')} AND {chosen.text}",
        *uow.scope, job["batch_id"], job["id"], *chosen.arguments,
    )  # fmt: skip
    assert found is not None
    counts = {found["selected"], found["same"], job["selected"], order.expected_selected}
    if len(counts) > 1 or order.snapshot_hash != job["snapshot_hash"]:
        refuse(
            "PREVIEW_STALE", "The selected accounts are no longer those of the preview.",
            selected=found["selected"], expected_selected=order.expected_selected,
        )  # fmt: skip


async def _queue(uow: UnitOfWork, order: ConfirmOrder, digest: str) -> None:
    actor = uow.actor
    await uow.tx.execute(
        "UPDATE batch_update AS u SET state = 'QUEUED', confirm_key = $5, confirm_hash = $6, confirmed_at = $7, "
        "confirmed_by_user_id = $8, confirmed_by_member_id = $9, confirmed_by_role = $10, "
        "confirmed_by_organization_id = $11, confirmed_by_name = $12, confirmed_by_api_key_id = $13, "
        "confirmed_by_support_session_id = $14, "
        f"version = u.version + 1 WHERE u.id = $4 AND {uow.visible('u', 'batch_update')}",
        *uow.scope, order.batch_update_id, order.idempotency_key, digest, uow.now, actor.acting_user_id,
        actor.member_id, str(actor.role), actor.organization_id, actor.name, actor.api_key_id,
        actor.support and actor.support.session_id,
    )  # fmt: skip


async def _set_cancelled(uow: UnitOfWork, job: Row, after: JobState) -> None:
    ends = after is JobState.CANCELLED
    unprocessed = await leave_unprocessed(uow, job["id"]) if ends else job["unprocessed"]
    await uow.tx.execute(
        "UPDATE batch_update AS u SET state = $5, finished_at = $6, unprocessed = $7, version = u.version + 1 "
        f"WHERE u.id = $4 AND {uow.visible('u', 'batch_update')}",
        *uow.scope, job["id"], after.value, uow.now if ends else None, unprocessed,
    )  # fmt: skip


def _note(uow: UnitOfWork, job: Row, customer: OrganizationFacts, before: JobState, after: JobState) -> None:
    """BAT-82: one entry for confirm, one for cancel."""
    uow.audit(
        "BatchUpdate", job["id"], organization_id=customer.id, path=customer.path,
        before={"state": before.value}, after={"state": after.value},
    )  # fmt: skip
    if after is JobState.CANCELLED:
        counts = {name: job[name] for name in ("succeeded", "no_change", "failed")}
        payload = {"state": after.value, **counts}
        uow.send(FINISHED, job["id"], payload, organization_id=customer.id, path=customer.path)
