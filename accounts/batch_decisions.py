"""Deciding many rows of a batch update at once: preview and run use this same code (BAT-45, BAT-51).

Equal facts get equal decisions, so each is made once, and neighbours with the same one are written as one run of
control numbers. Reads and writes no table itself."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from accounts.account_facts import fact_columns, facts_of
from accounts.batch_changes import Change, RowContext, RowDecision, decide, facts_read, shown_changes
from accounts.job_states import RowResult
from core.clock import Instant
from core.row_list import row_list
from core.transaction import Dialect, Row

DECISION_COLUMNS = {
    "result": "text",
    "code": "text",
    "field": "text",
    "message": "text",
    "before_values": "jsonb",
    "after_values": "jsonb",
}
"""The columns that a decision fills in `batch_update_row`."""


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """One row with its decision, and whether the preview had not forecast this failure for it (BAT-54)."""

    control_number: int
    decision: RowDecision
    is_unforecast: bool = False


@dataclass(frozen=True, slots=True)
class UndoneValues:
    """What an update has changed of one account, as its row stores it: JSON objects by field."""

    before: str
    after: str


@dataclass(slots=True)
class Decider:
    """Decides the rows of one job at one instant; remembers what it decided for which facts."""

    changes: tuple[Change, ...]
    now: Instant
    zone: str
    facts: tuple[str, ...] = field(init=False)
    _decided: dict[tuple[Any, ...], RowDecision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = tuple(sorted(facts_read(self.changes)))

    def columns(self, alias: str) -> str:
        """The columns of `account` that the decisions need."""
        return fact_columns(self.facts, alias)

    def decide(
        self, row: Row, *, is_changed: bool = False, is_applied: bool = False, undone: UndoneValues | None = None
    ) -> RowDecision:
        """The decision for a row that was read with `columns`; of an undo with the values of that row (BAT-56)."""
        stored = tuple(row[name] for name in self.facts)
        key = (*stored, is_changed, is_applied, undone)
        if key not in self._decided:
            context = RowContext(
                now=self.now, zone=self.zone, is_changed_since_preview=is_changed, is_already_applied=is_applied
            )
            facts = facts_of(self.facts, stored)
            if undone is None:
                self._decided[key] = decide(facts, self.changes, context)
            else:
                changes = shown_changes(json.loads(undone.before), only_undoable=True)
                self._decided[key] = decide(facts, changes, context, json.loads(undone.after))
        return self._decided[key]


def runs_of(rows: Iterable[DecidedRow]) -> list[dict[str, object]]:
    """Neighbouring rows with one decision as one run, in control-number order: the rows of `decided_runs`."""
    runs: list[dict[str, object]] = []
    for _, same in groupby(rows, key=lambda row: id(row.decision)):
        run = list(same)
        numbers = {"first_number": run[0].control_number, "last_number": run[-1].control_number}
        runs.append({**numbers, **_columns(run[0].decision)})
    return runs


def decided_runs(dialect: Dialect, parameter: str, alias: str) -> str:
    """A FROM item over runs that `parameter` holds as `row_list.listed(runs_of(...))`."""
    return row_list(dialect, parameter, alias, {"first_number": "bigint", "last_number": "bigint", **DECISION_COLUMNS})


def rows_listed(rows: Iterable[DecidedRow]) -> list[dict[str, object]]:
    """One entry for each row: the rows of `decided_rows`."""
    return [{"control_number": row.control_number, **_columns(row.decision)} for row in rows]


def decided_rows(dialect: Dialect, parameter: str, alias: str) -> str:
    """A FROM item over rows that `parameter` holds as `row_list.listed(rows_listed(...))`."""
    return row_list(dialect, parameter, alias, {"control_number": "bigint", **DECISION_COLUMNS})


def count_results(rows: Sequence[DecidedRow]) -> Counter[RowResult]:
    """How many rows have which result."""
    return Counter(row.decision.result for row in rows)


def count_codes(rows: Sequence[DecidedRow]) -> Counter[str]:
    """How many rows have which code."""
    return Counter(row.decision.code for row in rows if row.decision.code is not None)


def count_unforecast(rows: Sequence[DecidedRow]) -> Counter[str]:
    """How many rows FAILED with which code that the preview had not forecast for them."""
    return Counter(row.decision.code for row in rows if row.is_unforecast and row.decision.code is not None)


def _columns(decision: RowDecision) -> dict[str, object]:
    return {
        "result": decision.result.value,
        "code": decision.code,
        "field": decision.field,
        "message": decision.message,
        "before_values": decision.before,
        "after_values": decision.after,
    }
