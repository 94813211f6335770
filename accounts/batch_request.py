"""What a batch update was asked to do, from the request or from the stored job: filter, changes, the accounts chosen.

The same condition chooses the accounts at preview and again at confirm (BAT-47)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.account_search import AccountFilter, SqlCondition, filter_condition, parse_account_filter
from accounts.batch_changes import ATTRIBUTES, Change, parse_changes
from accounts.job_states import RowResult
from core.refusals import Blockers, refuse
from core.transaction import Dialect, Row

DEFAULT_CHUNK_ROWS, MAX_CHUNK_ROWS = 1_000, 5_000
_KEPT_BESIDES = frozenset({"retryOf", "only", "undoOf", "notUndone"})
"""What a stored filter holds besides the asked one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetriedRows:
    """The rows of an earlier job that a retry is about (BAT-55)."""

    job_id: str
    root_id: str
    results: frozenset[RowResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """The request as given, in JSON values, and what it parses to."""

    account_filter: Mapping[str, Any]
    changes: Mapping[str, Any]
    chunk_rows: int
    parsed_filter: AccountFilter
    parsed_changes: tuple[Change, ...]
    """Of an undo: which attributes, without their values, which each row has by itself (BAT-56)."""
    retried: RetriedRows | None = None
    undone_id: str | None = None
    not_undone: tuple[str, ...] = ()
    """The fields of the undone job that nothing sets back."""

    def chosen(self, dialect: Dialect, alias: str, first: int) -> SqlCondition:
        """The condition on `account` that the selected rows fulfil; its parameters are `$first` and the following."""
        if self.retried is None and self.undone_id is not None:
            done = f"SELECT d.account_row_id FROM batch_update_row d WHERE d.batch_update_id = ${first}"
            return SqlCondition(f"{alias}.id IN ({done} AND d.result = 'SUCCEEDED')", (self.undone_id,))
        if self.retried is None:
            return filter_condition(dialect, self.parsed_filter, alias, first)
        results = sorted(self.retried.results)
        places = ", ".join(f"${place}" for place in range(first + 1, first + 1 + len(results)))
        text = (
            f"{alias}.id IN (SELECT tried.account_row_id FROM batch_update_row tried "
            f"WHERE tried.batch_update_id = ${first} AND tried.result IN ({places}))"
        )
        return SqlCondition(text, (self.retried.job_id, *(result.value for result in results)))

    def stored_filter(self) -> dict[str, Any]:
        """What the job keeps of the filter."""
        kept = dict(self.account_filter)
        if self.undone_id is not None:
            kept |= {"undoOf": self.undone_id, "notUndone": list(self.not_undone)}
        if self.retried is not None:
            kept |= {"retryOf": self.retried.job_id, "only": sorted(self.retried.results)}
        return kept


def parse_update(
    account_filter: Mapping[str, Any], changes: Mapping[str, Any], chunk_rows: int | None = None
) -> UpdateRequest:
    """Refuses all errors of filter, values and combinations together (BAT-44); batchIds were looked at before.

    CUSTOM_FIELD_FILTER_NOT_SUPPORTED, FILTER_VALUE_*, CONTROL_NUMBER_*, NOTHING_TO_UPDATE, VALUE_REQUIRED, the codes
    of the attributes, CONFLICTING_ATTRIBUTES, and CHUNK_ROWS_OUT_OF_RANGE outside 1 to 5,000 (BAT-51)."""
    blockers = Blockers()
    rows = DEFAULT_CHUNK_ROWS if chunk_rows is None else chunk_rows
    if account_filter.get("customFields"):
        message = "A batch update does not filter by custom fields."
        blockers.add("CUSTOM_FIELD_FILTER_NOT_SUPPORTED", message, ("filter", "customFields"))
    parsed_filter = parse_account_filter(account_filter, ("filter",), blockers)
    parsed_changes = parse_changes(changes, ("changes",), blockers)
    if not 1 <= rows <= MAX_CHUNK_ROWS:
        message = f"A chunk has 1 to {MAX_CHUNK_ROWS} rows."
        blockers.add("CHUNK_ROWS_OUT_OF_RANGE", message, ("chunkRows",), maximum=MAX_CHUNK_ROWS)
    blockers.raise_if_any()
    return UpdateRequest(
        account_filter=account_filter,
        changes=changes,
        chunk_rows=rows,
        parsed_filter=parsed_filter,
        parsed_changes=parsed_changes,
    )


def stored_update(job: Row) -> UpdateRequest:
    """The request of a row of `batch_update`."""
    kept = json.loads(job["account_filter"])
    asked = {name: value for name, value in kept.items() if name not in _KEPT_BESIDES}
    changes = json.loads(job["changes"])
    if "undoOf" in kept:
        request = undo_request(kept["undoOf"], asked, changes, kept["notUndone"], job["chunk_rows"])
    else:
        request = parse_update(asked, changes, job["chunk_rows"])
    return request if "retryOf" not in kept else replace(request, retried=_retried(kept, job["root_id"]))


def undo_request(
    undone_id: str, account_filter: Mapping[str, Any], fields: Iterable[str], not_undone: Iterable[str], chunk_rows: int
) -> UpdateRequest:
    """What sets these fields of the job's SUCCEEDED rows back (BAT-56)."""
    attributes = [ATTRIBUTES[name] for name in fields]
    return UpdateRequest(
        account_filter=account_filter,
        changes={each.field: {"undo": True} for each in attributes},
        chunk_rows=chunk_rows,
        parsed_filter=AccountFilter(),
        parsed_changes=tuple(Change(each, None) for each in attributes),
        undone_id=undone_id,
        not_undone=tuple(not_undone),
    )


def changed_fields(changes: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields of a request for the question of rights, which comes before their values (BAT-80)."""
    return tuple(changes)


def only_batch(account_filter: Mapping[str, Any]) -> str:
    """The one batch of the filter. Refused: BATCH_REQUIRED without one, EXACTLY_ONE_BATCH with several (BAT-36)."""
    batch_ids = account_filter.get("batchIds") or ()
    if not batch_ids:
        refuse("BATCH_REQUIRED", "Choose the batch to update.", ("filter", "batchIds"))
    if len(set(batch_ids)) > 1:
        refuse("EXACTLY_ONE_BATCH", "Only one batch is updated at a time.", ("filter", "batchIds"))
    return str(batch_ids[0])


def _retried(kept: Mapping[str, Any], root_id: str) -> RetriedRows:
    return RetriedRows(job_id=kept["retryOf"], root_id=root_id, results=frozenset(map(RowResult, kept["only"])))
