"""previewBatchUpdate: what an update would do, decided by the code of the run and kept as a job that awaits its
confirmation (BAT-36, BAT-44, BAT-45). Changes no account."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.account_search import SqlCondition
from accounts.batch_changes import irreversible_fields
from accounts.batch_decisions import DecidedRow, Decider, count_codes, count_results, decided_runs, runs_of
from accounts.batch_limits import check_open_previews
from accounts.batch_request import UpdateRequest, changed_fields, only_batch, parse_update
from accounts.batch_rights import allow_update
from accounts.batches import BatchOfCustomer, batch_by_id
from accounts.counters import FIRST_PARAMETER, NONE_MISSING, count_chosen, missing_of
from accounts.job_states import PREVIEW_LIFETIME, JobState, RowResult
from accounts.snapshot import snapshot_hash
from accounts.undone_rows import undone_values
from core.ids import new_id
from core.refusals import refuse
from core.row_list import listed
from core.transaction import insert
from tenants.access import require_active
from tenants.commands import Outcome
from tenants.permissions.actions import Action
from tenants.unit_of_work import UnitOfWork

PAGE_ROWS = 5_000
SHOWN_FAILURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOrder:
    """A request in JSON values, as parse_account_filter and parse_changes take them."""

    account_filter: Mapping[str, Any]
    changes: Mapping[str, Any]
    chunk_rows: int | None = None


@dataclass(slots=True)
class _Forecast:
    """Counts over all rows, gathered page by page."""

    results: Counter[RowResult] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, rows: list[DecidedRow]) -> None:
        self.results += count_results(rows)
        self.codes += count_codes(rows)


async def preview_batch_update(uow: UnitOfWork, order: PreviewOrder) -> Outcome:
    """Forecast every row and keep the job; answers `batchUpdateId`, `snapshotHash`, `selected`.

    Refused in this order (BAT-44): BATCH_REQUIRED, EXACTLY_ONE_BATCH; NOT_FOUND; FORBIDDEN, SCOPE_MISSING,
    CONSENT_REQUIRED; all errors of the input together (parse_update); ORGANIZATION_NOT_ACTIVE; EMPTY_SELECTION;
    TOO_MANY_PREVIEWS."""
    batch = await batch_by_id(uow, only_batch(order.account_filter), ("filter", "batchIds"))
    allow_update(uow, Action.PREVIEW_BATCH_UPDATE, batch.customer, changed_fields(order.changes))
    request = parse_update(order.account_filter, order.changes, order.chunk_rows)
    require_active(batch.customer)
    return await store_preview(uow, batch, request)


async def store_preview(uow: UnitOfWork, batch: BatchOfCustomer, request: UpdateRequest) -> Outcome:
    """The job and its rows for a request that is allowed. Refused: EMPTY_SELECTION, TOO_MANY_PREVIEWS."""
    job_id = new_id("bupd")
    await _insert_job(uow, job_id, batch, request)
    forecast = await _forecast_rows(uow, job_id, batch, request)
    selected = forecast.results.total()
    if not selected:
        refuse("EMPTY_SELECTION", "No account of the batch is selected.", ("filter",))
    await check_open_previews(uow, batch.seller_id, job_id)
    digest = await _snapshot(uow, job_id, batch, request)
    shown = await _shown(uow, job_id, batch, request, forecast)
    await uow.tx.execute(
        "UPDATE batch_update SET snapshot_hash = $2, selected = $3, forecast = $4 WHERE id = $1",
        job_id, digest, selected, json.dumps(shown),
    )  # fmt: skip
    after = {"batchId": batch.id, "selected": selected, "changes": request.changes}
    uow.audit("BatchUpdate", job_id, organization_id=batch.customer.id, path=batch.customer.path, after=after)
    return {"batchUpdateId": job_id, "snapshotHash": digest, "selected": selected}


async def _insert_job(uow: UnitOfWork, job_id: str, batch: BatchOfCustomer, request: UpdateRequest) -> None:
    await insert(
        uow.tx,
        "batch_update",
        id=job_id,
        organization_id=batch.customer.id,
        path=batch.customer.path,
        seller_id=batch.seller_id,
        batch_id=batch.id,
        root_id=job_id if request.retried is None else request.retried.root_id,
        state=JobState.AWAITING_CONFIRMATION.value,
        account_filter=json.dumps(request.stored_filter()),
        changes=json.dumps(request.changes),
        snapshot_hash="",
        selected=0,
        forecast="{}",
        unforecast_failures="{}",
        previewed_by_user_id=uow.actor.acting_user_id,
        previewed_by_member_id=uow.actor.member_id,
        previewed_at=uow.now,
        expires_at=uow.now + PREVIEW_LIFETIME,
        chunk_rows=request.chunk_rows,
    )


async def _forecast_rows(uow: UnitOfWork, job_id: str, batch: BatchOfCustomer, request: UpdateRequest) -> _Forecast:
    """Decide the selected accounts page by page in control-number order and store a row for each."""
    forecast, last, is_full = _Forecast(), 0, True
    decider = Decider(request.parsed_changes, uow.now, batch.customer.timezone)
    while is_full:
        rows = await _decided_page(uow, batch, request, decider, last)
        is_full = len(rows) == PAGE_ROWS
        if rows:
            forecast.add(rows)
            await _store_page(uow, job_id, batch, request, rows)
            last = rows[-1].control_number
    return forecast


async def _decided_page(
    uow: UnitOfWork, batch: BatchOfCustomer, request: UpdateRequest, decider: Decider, last: int
) -> list[DecidedRow]:
    chosen = request.chosen(uow.tx.dialect, "a", 7)
    root_id = request.retried.root_id if request.retried else ""
    rows = await uow.tx.fetch(
        f"SELECT a.control_number, {already_applied('$6')} AS is_applied, {decider.columns('a')} FROM account a "
        f"WHERE a.batch_id = $4 AND a.control_number > $5 AND {uow.visible('a', 'account')} AND {chosen.text} "
        f"ORDER BY a.control_number LIMIT {PAGE_ROWS}",
        *uow.scope, batch.id, last, root_id, *chosen.arguments,
    )  # fmt: skip
    undone = await undone_values(uow, request, (row["control_number"] for row in rows))
    return [
        DecidedRow(number, decider.decide(row, is_applied=bool(row["is_applied"]), undone=undone.get(number)))
        for number, row in ((row["control_number"], row) for row in rows)
    ]


def already_applied(root_id: str) -> str:
    """A condition on the account `a`: it has a SUCCEEDED row under this root job (BAT-55); an empty id has none."""
    return (
        "EXISTS (SELECT 1 FROM batch_update past JOIN batch_update_row done ON done.batch_update_id = past.id "
        f"AND done.control_number = a.control_number WHERE past.root_id = {root_id} AND past.batch_id = a.batch_id "
        "AND done.account_row_id = a.id AND done.result = 'SUCCEEDED')"
    )


async def _store_page(
    uow: UnitOfWork, job_id: str, batch: BatchOfCustomer, request: UpdateRequest, rows: list[DecidedRow]
) -> None:
    chosen: SqlCondition = request.chosen(uow.tx.dialect, "a", 7)
    await uow.tx.execute(
        "INSERT INTO batch_update_row (organization_id, path, batch_update_id, control_number, account_row_id, "
        "account_id, account_version, forecast_result, forecast_code, result, code, field, message, before_values, "
        "after_values, correlation_id) SELECT a.organization_id, a.path, $5, a.control_number, a.id, a.account_id, "
        "a.version, d.result, d.code, 'PENDING', d.code, d.field, d.message, d.before_values, d.after_values, "
        "CAST($5 AS text) || '.' || CAST(a.control_number AS text) "
        f"FROM {decided_runs(uow.tx.dialect, '$6', 'd')} CROSS JOIN account a WHERE a.batch_id = $4 "
        "AND a.control_number BETWEEN d.first_number AND d.last_number "
        f"AND {uow.visible('a', 'account')} AND {chosen.text}",
        *uow.scope, batch.id, job_id, listed(runs_of(rows)), *chosen.arguments,
    )  # fmt: skip


async def _snapshot(uow: UnitOfWork, job_id: str, batch: BatchOfCustomer, request: UpdateRequest) -> str:
    stored = await uow.tx.fetch(
        "SELECT r.account_row_id, r.account_version FROM batch_update_row r WHERE r.batch_update_id = $4 "
        f"AND {uow.visible('r', 'batch_update_row')} ORDER BY r.control_number",
        *uow.scope, job_id,
    )  # fmt: skip
    asked = {"batch": batch.id, "filter": request.stored_filter(), "changes": dict(request.changes)}
    return snapshot_hash(asked, ((row["account_row_id"], row["account_version"]) for row in stored))


async def _shown(
    uow: UnitOfWork, job_id: str, batch: BatchOfCustomer, request: UpdateRequest, forecast: _Forecast
) -> dict[str, object]:
    """What the panel shows besides the rows (BAT-36, BAT-45); no attribute moves money yet."""
    missing = NONE_MISSING if request.retried or request.undone_id else missing_of(batch, request.parsed_filter)
    chosen = request.chosen(uow.tx.dialect, "a", FIRST_PARAMETER)
    counters = await count_chosen(uow, batch, chosen, missing)
    failures = await uow.tx.fetch(
        "SELECT r.control_number, r.account_id, r.code, r.field, r.message FROM batch_update_row r "
        f"WHERE r.batch_update_id = $4 AND r.forecast_result = 'FAILED' AND {uow.visible('r', 'batch_update_row')} "
        f"ORDER BY r.control_number LIMIT {SHOWN_FAILURES}",
        *uow.scope, job_id,
    )  # fmt: skip
    return {
        "wouldChange": forecast.results[RowResult.SUCCEEDED],
        "noChange": forecast.results[RowResult.NO_CHANGE],
        "wouldFail": forecast.results[RowResult.FAILED],
        "codes": [{"code": code, "count": count} for code, count in sorted(forecast.codes.items())],
        "firstFailures": [
            {
                "controlNumber": row["control_number"],
                "accountId": row["account_id"],
                "code": row["code"],
                "field": row["field"],
                "message": row["message"],
            }
            for row in failures
        ],
        "irreversibleFields": list(irreversible_fields(request.parsed_changes)),
        "notUndone": list(request.not_undone),
        "counters": {"selected": counters.selected, "started": counters.started, "depleted": counters.depleted},
        "missingControlNumbers": {
            "ranges": [{"first": each.first, "last": each.last} for each in missing.ranges],
            "count": missing.count,
        },
    }
