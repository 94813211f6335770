"""BatchUpdate: a change of many accounts of one batch, from its preview to a result per row (BAT-45 to BAT-50)."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from accounts.batch_changes import BlockTarget
from accounts.batch_confirm import state_expression
from accounts.job_states import FailureReason, JobState, RowResult
from graph.schema.account import Account, Batch
from graph.schema.member import Member
from graph.schema.scalars import Connection, Node
from graph.sql.compile import Compilation
from graph.sql.conditions import equals, one_of, status_in
from graph.sql.reads import column, condition, instant, order_input, part, stored_json, table_type, to_many, to_one
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(JobState, name="BatchUpdateState", description="Where a batch update stands (BAT-49).")
strawberry.enum(FailureReason, name="BatchUpdateFailureReason", description="Why it FAILED as a whole (BAT-49).")
strawberry.enum(RowResult, name="BatchUpdateRowResult", description="What became of one account (BAT-50).")
strawberry.enum(BlockTarget, name="AccountStatusTarget", description="What an update sets the status to (BAT-41).")


def current_state(made: Compilation) -> str:
    """The state of the job under `{t}`: an open preview is EXPIRED from 15 minutes on, whoever has looked (BAT-47)."""
    return state_expression("{t}", made.now)


@strawberry.input(description="Every given condition has to hold.")
class BatchUpdateRowFilter:
    result: list[RowResult] | None = condition(one_of("{t}.result"))
    code: list[str] | None = condition(one_of("{t}.code"))


@table_type(
    "batch_update_row", area=Area.BATCHES, key=("batch_update_id", "control_number"),
    description="What became of one account, or is forecast for it; in the order of control numbers (BAT-50).",
)  # fmt: skip
class BatchUpdateRow:
    control_number: int = column("{t}.control_number")
    account_id: str = column("{t}.account_id", "As it was at the preview.")
    result: RowResult | None = column(
        "CASE WHEN {t}.result <> 'PENDING' THEN {t}.result END",
        "Null until the row is done; until then the fields below tell what is forecast.",
    )
    forecast_result: RowResult = column("{t}.forecast_result", "What the preview forecast.")
    forecast_code: str | None = column("{t}.forecast_code")
    code: str | None = column("{t}.code", "Why it FAILED, or why there was no change.")
    field: str | None = column("{t}.field", "The attribute that refused it.")
    message: str | None = column("{t}.message")
    before: JSON | None = stored_json("{t}.before_values", "The changed fields of a SUCCEEDED row as they were.")
    after: JSON | None = stored_json("{t}.after_values", "The same fields as they are then.")
    correlation_id: str = column("{t}.correlation_id", "Stands in the row's AuditEntry too (BAT-82).")
    account: Account | None = to_one("account", "{t}.id = {parent}.account_row_id")


@strawberry.type(description="What a preview found: the outcome of the run's own code over all rows (BAT-45).")
class BatchUpdateForecast:
    would_change: int = stored_json("{t}.forecast -> 'wouldChange'")
    no_change: int = stored_json("{t}.forecast -> 'noChange'")
    would_fail: int = stored_json("{t}.forecast -> 'wouldFail'")
    codes: JSON = stored_json("{t}.forecast -> 'codes'", "A list of `{code, count}`.")
    first_failures: JSON = stored_json(
        "{t}.forecast -> 'firstFailures'", "At most 20 of `{controlNumber, accountId, code, field, message}`."
    )
    irreversible_fields: list[str] = stored_json(
        "{t}.forecast -> 'irreversibleFields'", "The changed fields that an undo cannot set back (BAT-56)."
    )
    not_undone: list[str] | None = stored_json(
        "{t}.forecast -> 'notUndone'", "Of an undo: the fields of that job that nothing sets back (BAT-56)."
    )
    counters: JSON = stored_json("{t}.forecast -> 'counters'", "`{selected, started, depleted}` (BAT-28).")
    missing_control_numbers: JSON = stored_json(
        "{t}.forecast -> 'missingControlNumbers'", "`{ranges: [{first, last}], count}`: asked, not there (BAT-19)."
    )


@strawberry.input(description="Every given condition has to hold.")
class BatchUpdateFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    batch_id: strawberry.ID | None = condition(equals("{t}.batch_id"))
    state: list[JobState] | None = condition(status_in(current_state))


@strawberry.enum(description="What batch updates are sorted by.")
class BatchUpdateOrderField(Enum):
    PREVIEWED_AT = "{t}.previewed_at"


BatchUpdateOrder = order_input("BatchUpdateOrder", BatchUpdateOrderField)


@table_type(
    "batch_update", prefix="bupd", area=Area.BATCHES, newest_first=True,
    description="One change of the chosen accounts of one batch: first a preview, then a job (BAT-49).",
)  # fmt: skip
class BatchUpdate(Node):
    id: strawberry.ID = column("{t}.id")
    state: JobState = column(current_state)
    failure_reason: FailureReason | None = column("{t}.failure_reason")
    filter: JSON = stored_json("{t}.account_filter", "Which accounts were asked for; a retry names the job it is of.")
    changes: JSON = stored_json("{t}.changes", "What was asked to be changed.")
    snapshot_hash: str = column("{t}.snapshot_hash", "What confirming has to name (BAT-47).")
    selected: int = column("{t}.selected", "How many accounts the filter chose.")
    forecast: BatchUpdateForecast = part("What the preview found.")
    processed: int = column("{t}.processed", "Rows that the job has done so far.")
    succeeded: int = column("{t}.succeeded")
    no_change: int = column("{t}.no_change")
    failed: int = column("{t}.failed")
    unprocessed: int = column("{t}.unprocessed", "Rows that an early end left out.")
    chunk_rows: int = column("{t}.chunk_rows", "How many rows one transaction does.")
    root_id: strawberry.ID = column("{t}.root_id", "The job that a chain of retries began with; without one, itself.")
    previewed_at: datetime = instant("{t}.previewed_at")
    expires_at: datetime = instant("{t}.expires_at", "From then on an unconfirmed preview is EXPIRED.")
    confirmed_at: datetime | None = instant("{t}.confirmed_at")
    started_at: datetime | None = instant("{t}.started_at")
    finished_at: datetime | None = instant("{t}.finished_at")
    version: int = column("{t}.version")
    rows: Connection[BatchUpdateRow] = to_many(
        "{t}.batch_update_id = {parent}.id", filter=BatchUpdateRowFilter,
        description="One per chosen account, in the order of control numbers (BAT-59).",
    )  # fmt: skip
    previewed_by: Member | None = to_one("member", "{t}.id = {parent}.previewed_by_member_id")
    confirmed_by: Member | None = to_one("member", "{t}.id = {parent}.confirmed_by_member_id")
    batch: Batch | None = to_one("batch", "{t}.id = {parent}.batch_id")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "The customer."
    )
