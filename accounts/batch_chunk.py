"""One chunk of a batch update inside one transaction: rows decided, accounts, row results, audit and position written
together, set-based, in ten statements whatever its size (BAT-50 to BAT-54, BAT-82). Never commits."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.batch_changes import RowDecision
from accounts.batch_confirm import FINISHED, leave_unprocessed, locked_job
from accounts.batch_decisions import (
    DecidedRow,
    Decider,
    UndoneValues,
    count_results,
    count_unforecast,
    decided_rows,
    rows_listed,
)
from accounts.batch_effects import columns_written
from accounts.batch_preview import already_applied
from accounts.batch_request import UpdateRequest, stored_update
from accounts.batches import MAX_ACCOUNTS
from accounts.job_states import (
    FINISHED as FINISHED_STATES,
)
from accounts.job_states import (
    FailureReason,
    JobEvent,
    JobState,
    RowResult,
    next_state,
    state_after_chunk,
    stopping_code,
)
from accounts.undone_rows import set_back_accounts, undone_values
from core.id_series import new_series, series_id
from core.row_list import listed
from core.transaction import Row, fetch_one
from tenants.access import OrganizationFacts
from tenants.unit_of_work import UnitOfWork, audit_row

CHANGED, STARTED = "ACCOUNTS_CHANGED", "BATCH_UPDATE_STARTED"
FAILED_ROW_MESSAGES: Mapping[str, str] = {
    "TRANSIENT_ERROR": "The database was not available, also when tried again.",
    "INTERNAL_ERROR": "An unexpected error; nothing of this account was changed.",
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one transaction works on."""

    uow: UnitOfWork
    job: Row
    customer: OrganizationFacts
    request: UpdateRequest

    @property
    def at(self) -> dict[str, str]:
        """Whose rows they are, for audit and messages."""
        return {"organization_id": self.customer.id, "path": self.customer.path}


async def open_chunk(uow: UnitOfWork, job_id: str) -> Chunk:
    """The job, locked until the commit."""
    job, customer = await locked_job(uow, job_id)
    return Chunk(uow, job, customer, stored_update(job))


async def start_job(chunk: Chunk) -> None:
    """QUEUED becomes RUNNING; any other state is left alone."""
    if chunk.job["state"] != JobState.QUEUED:
        return
    state = next_state(JobState.QUEUED, JobEvent.TAKEN_BY_WORKER)
    await _update_job(chunk, {"state": state.value, "started_at": chunk.uow.now})
    chunk.uow.send(STARTED, chunk.job["id"], {"batchId": chunk.job["batch_id"]}, **chunk.at)


async def run_chunk(chunk: Chunk, most_rows: int, forced_code: str | None = None) -> JobState:
    """Work on the next rows and move the job's position; the state after it.

    `forced_code`: they FAILED with this code without being decided (BAT-53)."""
    last = await _last_number(chunk, most_rows)
    rows = await _decided(chunk, last) if forced_code is None else await _failed(chunk, last, forced_code)
    if rows:
        first = rows[0].control_number
        await _write_results(chunk, rows)
        succeeded = count_results(rows)[RowResult.SUCCEEDED]
        if succeeded:
            if chunk.request.undone_id is None:
                await _write_accounts(chunk, first, last)
            else:
                await set_back_accounts(chunk.uow, chunk.job["id"], chunk.customer.timezone, rows)
            await _write_audit(chunk, first, last)
            changed = {"from": first, "to": last, "count": succeeded}
            chunk.uow.send(CHANGED, chunk.job["id"], changed, **chunk.at)
    return await _move_position(chunk, rows)


async def end_job(chunk: Chunk, state: JobState, reason: FailureReason | None, counts: Mapping[str, object]) -> None:
    """Finish the job in `state`; rows without a result are UNPROCESSED. One AuditEntry, one Event (BAT-57, BAT-82)."""
    ended = {"state": state.value, "failure_reason": reason, "finished_at": chunk.uow.now}
    unprocessed = await leave_unprocessed(chunk.uow, chunk.job["id"])
    await _update_job(chunk, {**counts, **ended, "unprocessed": unprocessed})
    after = {"state": state.value, "failureReason": reason}
    before = {"state": chunk.job["state"]}
    chunk.uow.audit("BatchUpdate", chunk.job["id"], before=before, after=after, **chunk.at)
    chunk.uow.send(FINISHED, chunk.job["id"], after, **chunk.at)


async def _last_number(chunk: Chunk, most_rows: int) -> int:
    """Where the chunk ends. It is looked for in windows that grow, so that a planner without statistics reads little:
    most selections have no gaps, and then the first window holds the chunk."""
    begin, window = chunk.job["last_control_number"], most_rows
    while True:
        row = await fetch_one(
            chunk.uow.tx,
            "SELECT count(*) AS found, max(n.control_number) AS last FROM (SELECT r.control_number "
            "FROM batch_update_row r WHERE r.batch_update_id = $4 AND r.control_number > $5 "
            f"AND r.control_number <= $6 AND {chunk.uow.visible('r', 'batch_update_row')} "
            "ORDER BY r.control_number LIMIT $7) n",
            *chunk.uow.scope, chunk.job["id"], begin, begin + window, most_rows,
        )  # fmt: skip
        assert row is not None
        if row["found"] == most_rows or window >= MAX_ACCOUNTS:
            return begin if row["last"] is None else int(row["last"])
        window *= 4


async def _decided(chunk: Chunk, last: int) -> list[DecidedRow]:
    """The next rows against live facts, locked where the database can (BAT-53)."""
    uow, job = chunk.uow, chunk.job
    decider = Decider(chunk.request.parsed_changes, uow.now, chunk.customer.timezone)
    applied = already_applied("$7") if job["root_id"] != job["id"] else "CAST($7 AS text) IS NULL"
    lock = " FOR UPDATE OF a" if uow.tx.dialect == "postgres" else ""
    rows = await uow.tx.fetch(
        "SELECT r.control_number, r.forecast_result, r.forecast_code, a.version <> r.account_version AS is_changed, "
        f"{applied} AS is_applied, {decider.columns('a')} FROM batch_update_row r JOIN account a "
        "ON a.id = r.account_row_id WHERE r.batch_update_id = $4 AND r.control_number > $5 AND r.control_number <= $6 "
        f"AND {uow.visible('r', 'batch_update_row')} AND {uow.visible('a', 'account')} "
        f"ORDER BY r.control_number{lock}",
        *uow.scope, job["id"], job["last_control_number"], last, job["root_id"],
    )  # fmt: skip
    undone = await undone_values(uow, chunk.request, (row["control_number"] for row in rows))
    return [_decided_row(decider, row, undone.get(row["control_number"])) for row in rows]


def _decided_row(decider: Decider, row: Row, undone: UndoneValues | None) -> DecidedRow:
    is_changed, is_applied = bool(row["is_changed"]), bool(row["is_applied"])
    decision = decider.decide(row, is_changed=is_changed, is_applied=is_applied, undone=undone)
    return DecidedRow(row["control_number"], decision, _is_unforecast(row, decision))


def _is_unforecast(row: Row, decision: RowDecision) -> bool:
    forecast = (row["forecast_result"], row["forecast_code"])
    return decision.result is RowResult.FAILED and forecast != (RowResult.FAILED.value, decision.code)


async def _failed(chunk: Chunk, last: int, code: str) -> list[DecidedRow]:
    rows = await chunk.uow.tx.fetch(
        "SELECT r.control_number, r.forecast_result, r.forecast_code FROM batch_update_row r "
        "WHERE r.batch_update_id = $4 AND r.control_number > $5 AND r.control_number <= $6 "
        f"AND {chunk.uow.visible('r', 'batch_update_row')} ORDER BY r.control_number",
        *chunk.uow.scope, chunk.job["id"], chunk.job["last_control_number"], last,
    )  # fmt: skip
    decision = RowDecision(result=RowResult.FAILED, code=code, message=FAILED_ROW_MESSAGES[code])
    return [DecidedRow(row["control_number"], decision, _is_unforecast(row, decision)) for row in rows]


async def _write_results(chunk: Chunk, rows: list[DecidedRow]) -> None:
    """Each row exists since the preview, so each insert meets it: the list drives, whatever a planner thinks of it."""
    uow, job = chunk.uow, chunk.job
    await uow.tx.execute(
        "INSERT INTO batch_update_row AS r (organization_id, path, batch_update_id, control_number, account_row_id, "
        "account_id, account_version, forecast_result, correlation_id, result, code, field, message, before_values, "
        "after_values) SELECT $1, $2, $3, d.control_number, '', '', 0, '', '', d.result, d.code, d.field, d.message, "
        f"d.before_values, d.after_values FROM {decided_rows(uow.tx.dialect, '$4', 'd')} WHERE 1 = 1 "
        "ON CONFLICT (batch_update_id, control_number) DO UPDATE SET result = excluded.result, code = excluded.code, "
        "field = excluded.field, message = excluded.message, before_values = excluded.before_values, "
        "after_values = excluded.after_values",
        job["organization_id"], job["path"], job["id"], listed(rows_listed(rows)),
    )  # fmt: skip


async def _write_accounts(chunk: Chunk, first: int, last: int) -> None:
    """The SUCCEEDED rows' accounts get the new values and the next version (BAT-46)."""
    uow = chunk.uow
    written = columns_written(chunk.request.parsed_changes, chunk.customer.timezone)
    settings = ", ".join(f"{column} = ${place}" for place, column in enumerate(written, 7))
    await uow.tx.execute(
        f"UPDATE account AS a SET {settings}, version = a.version + 1 FROM batch_update_row r "
        "WHERE r.batch_update_id = $4 AND r.control_number BETWEEN $5 AND $6 AND r.result = 'SUCCEEDED' "
        f"AND a.id = r.account_row_id AND {uow.visible('r', 'batch_update_row')} AND {uow.visible('a', 'account')}",
        *uow.scope, chunk.job["id"], first, last, *written.values(),
    )  # fmt: skip


async def _write_audit(chunk: Chunk, first: int, last: int) -> None:
    """One AuditEntry per changed account; its request id is the row's correlation id, which names the job (BAT-82)."""
    uow = chunk.uow
    same = audit_row(uow.actor, uow.credentials, uow.now, uow.action)
    same = {name: value for name, value in same.items() if name not in ("id", "request_id")}
    places = ", ".join(f"${place}" for place in range(8, 8 + len(same)))
    await uow.tx.execute(
        "INSERT INTO audit_entry (id, request_id, organization_id, path, entity_type, entity_id, before_values, "
        f"after_values, {', '.join(same)}) SELECT {series_id('$7', 'r.control_number')}, r.correlation_id, "
        f"r.organization_id, r.path, 'Account', r.account_row_id, r.before_values, r.after_values, {places} "
        "FROM batch_update_row r WHERE r.batch_update_id = $4 AND r.control_number BETWEEN $5 AND $6 "
        f"AND r.result = 'SUCCEEDED' AND {uow.visible('r', 'batch_update_row')}",
        *uow.scope, chunk.job["id"], first, last, new_series("aud"), *same.values(),
    )  # fmt: skip


async def _move_position(chunk: Chunk, rows: list[DecidedRow]) -> JobState:
    job, results = chunk.job, count_results(rows)
    done = job["processed"] + len(rows)
    left = job["selected"] - done if rows else 0
    failed = job["failed"] + results[RowResult.FAILED]
    unforecast = Counter(json.loads(job["unforecast_failures"])) + count_unforecast(rows)
    counts = {
        "last_control_number": rows[-1].control_number if rows else job["last_control_number"],
        "processed": done,
        "succeeded": job["succeeded"] + results[RowResult.SUCCEEDED],
        "no_change": job["no_change"] + results[RowResult.NO_CHANGE],
        "failed": failed,
        "unforecast_failures": json.dumps(unforecast),
    }
    if left and stopping_code(done, unforecast) is not None:
        state = next_state(JobState.RUNNING, JobEvent.FAILURE)
        await end_job(chunk, state, FailureReason.STOP_RULE, counts)
        return state
    state = state_after_chunk(_running(job), rows_left=left, rows_failed=failed)
    if state in FINISHED_STATES:
        await end_job(chunk, state, None, counts)
    else:
        await _update_job(chunk, counts)
    return state


def _running(job: Row) -> JobState:
    return JobState.RUNNING if job["state"] == JobState.QUEUED else JobState(job["state"])


async def _update_job(chunk: Chunk, values: Mapping[str, object]) -> None:
    settings = ", ".join(f"{column} = ${place}" for place, column in enumerate(values, 5))
    await chunk.uow.tx.execute(
        f"UPDATE batch_update AS u SET {settings}, version = u.version + 1 "
        f"WHERE u.id = $4 AND {chunk.uow.visible('u', 'batch_update')}",
        *chunk.uow.scope, chunk.job["id"], *values.values(),
    )  # fmt: skip
