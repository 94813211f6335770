"""Batch updates: preview, confirm, cancel, retry, and looking at them. The rules are in accounts/."""

from typing import Any

import strawberry

from accounts.batch_changes import BlockTarget
from accounts.batch_confirm import ConfirmOrder, cancel_batch_update, confirm_batch_update
from accounts.batch_preview import PreviewOrder, preview_batch_update
from accounts.batch_retry import RETRYABLE, RetryOrder, retry_batch_update
from accounts.batch_undo import undo_batch_update
from accounts.job_states import RowResult
from core.refusals import Refused
from graph.context import Context
from graph.resolvers.accounts import by_client_names
from graph.resolvers.commands import or_none, plain, run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.account import AccountFilter
from graph.schema.batch_update import BatchUpdate, BatchUpdateFilter, BatchUpdateOrder
from graph.schema.idempotency import optional_key
from graph.schema.scalars import Connection, UserError
from graph.sql.payloads import Payload
from graph.sql.reads import entity
from tenants.authentication import Unauthenticated
from tenants.commands import Command, Outcome, run_command
from tenants.unit_of_work import UnitOfWork


@strawberry.type
class BatchUpdateQueries:
    batch_updates: Connection[BatchUpdate] = root_connection(
        filter=BatchUpdateFilter, order=BatchUpdateOrder, description="Previews and jobs, newest first."
    )
    batch_update: BatchUpdate | None = root_by_id(
        "BatchUpdate", "bupd", "One batch update; NOT_FOUND for a stranger's."
    )


@strawberry.input(description="A date, or `{clear: true}` for none; anything else is refused VALUE_REQUIRED (BAT-37).")
class DateChange:
    value: str | None = strawberry.field(
        default=strawberry.UNSET, description="YYYY-MM-DD, read in the customer's billing zone (BAT-29)."
    )
    clear: bool | None = strawberry.UNSET


@strawberry.input(description="A new status (BAT-41).")
class AccountStatusChange:
    to: BlockTarget | None = strawberry.UNSET


@strawberry.input(description="What is to change. A field left out keeps its value; null is refused VALUE_REQUIRED.")
class BatchChangesInput:
    expiration_date: DateChange | None = strawberry.field(
        default=strawberry.UNSET, description="Unusable from the start of this local day on (BAT-32)."
    )
    status: AccountStatusChange | None = strawberry.UNSET


@strawberry.input(description="Which accounts of which one batch, and what is to change (BAT-36).")
class PreviewBatchUpdateInput:
    filter: AccountFilter = strawberry.field(description="Exactly one batch in `batchIds`; the rest narrows it.")
    changes: BatchChangesInput
    chunk_rows: int | None = strawberry.field(
        default=strawberry.UNSET, description="Rows of one transaction, 1 to 5,000; 1,000 when left out (BAT-51)."
    )
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A preview as it was seen (BAT-47).")
class ConfirmBatchUpdateInput:
    id: strawberry.ID
    snapshot_hash: str
    expected_selected: int
    confirm_text: str | None = strawberry.field(
        default=strawberry.UNSET, description="The batch's name, when accounts are to be terminated (BAT-48)."
    )
    idempotency_key: str = strawberry.field(
        description="1 to 255 characters, kept as long as the job: the same key and input answers the same job "
        "(`replayed`); another key on a confirmed job is ALREADY_CONFIRMED."
    )


@strawberry.input(description="Which job to stop.")
class CancelBatchUpdateInput:
    id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which rows of a finished job to try again (BAT-55).")
class RetryBatchUpdateInput:
    id: strawberry.ID
    only: list[RowResult] | None = strawberry.field(
        default=strawberry.UNSET, description="FAILED, UNPROCESSED; both when left out. Others are never tried again."
    )
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which finished job to undo (BAT-56).")
class UndoBatchUpdateInput:
    id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.type
class BatchUpdatePayload:
    errors: list[UserError]
    replayed: bool
    batch_update: BatchUpdate | None = entity("batchUpdateId")


@strawberry.type
class BatchUpdateMutations:
    @strawberry.mutation(
        description="Decide every row by the code of the run and keep the forecast for 15 minutes (BAT-45). Changes no "
        "account."
    )
    async def preview_batch_update(self, info: strawberry.Info, input: PreviewBatchUpdateInput) -> BatchUpdatePayload:
        order = PreviewOrder(
            account_filter=by_client_names(input.filter),
            changes=by_client_names(input.changes),
            chunk_rows=or_none(input.chunk_rows),
        )
        return await run(info, input, lambda uow: preview_batch_update(uow, order))

    @strawberry.mutation(description="Queue the job that was previewed, once (BAT-47). It runs in the background.")
    async def confirm_batch_update(self, info: strawberry.Info, input: ConfirmBatchUpdateInput) -> BatchUpdatePayload:
        order = ConfirmOrder(
            batch_update_id=input.id,
            snapshot_hash=input.snapshot_hash,
            expected_selected=input.expected_selected,
            idempotency_key=input.idempotency_key,
        )
        return await _confirm(info, input, order)

    @strawberry.mutation(description="Stop a job after the chunk that is running; done rows stay (BAT-55).")
    async def cancel_batch_update(self, info: strawberry.Info, input: CancelBatchUpdateInput) -> BatchUpdatePayload:
        return await run(info, input, lambda uow: cancel_batch_update(uow, input.id))

    @strawberry.mutation(description="Preview the same changes over the rows that did not come through (BAT-55).")
    async def retry_batch_update(self, info: strawberry.Info, input: RetryBatchUpdateInput) -> BatchUpdatePayload:
        only = or_none(input.only)
        order = RetryOrder(input.id, RETRYABLE if only is None else frozenset(only))
        return await run(info, input, lambda uow: retry_batch_update(uow, order))

    @strawberry.mutation(
        description="Preview setting back what a finished job has changed (BAT-56). Confirmed it is a job like any "
        "other, and can be undone itself."
    )
    async def undo_batch_update(self, info: strawberry.Info, input: UndoBatchUpdateInput) -> BatchUpdatePayload:
        return await run(info, input, lambda uow: undo_batch_update(uow, input.id))


async def _confirm(info: strawberry.Info, input: ConfirmBatchUpdateInput, order: ConfirmOrder) -> Any:
    """As `run`, but the job itself keeps the key, behind the right, and so tells whether it is a replay (BAT-47)."""
    context: Context = info.context
    payload = Payload(context.statements, info._raw_info)
    command = Command("confirmBatchUpdate", plain(input))

    async def answer(uow: UnitOfWork, outcome: Outcome, _: bool) -> Any:
        return await payload.done(uow, outcome, bool(outcome["replayed"]))

    try:
        return await run_command(
            context.platform, context.credentials, command, lambda uow: confirm_batch_update(uow, order), answer
        )
    except Unauthenticated:
        raise
    except Refused as refusal:
        return payload.refused(refusal.blockers)
