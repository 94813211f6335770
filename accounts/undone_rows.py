"""What an undo reads of the job that it undoes and writes into the accounts, each row with its own values (BAT-56).

Set-based: a statement for each combination of columns, however many accounts there are (BAT-51)."""

from collections.abc import Iterable, Sequence

from accounts.batch_changes import shown_changes
from accounts.batch_decisions import DecidedRow, UndoneValues
from accounts.batch_effects import COLUMN_TYPES, columns_written
from accounts.batch_request import UpdateRequest
from accounts.job_states import RowResult
from core.row_list import listed, row_list
from tenants.unit_of_work import UnitOfWork


async def undone_values(
    uow: UnitOfWork, request: UpdateRequest, control_numbers: Iterable[int]
) -> dict[int, UndoneValues]:
    """By control number what the undone job has changed, for ascending numbers; empty unless the request undoes."""
    numbers = list(control_numbers)
    if request.undone_id is None or not numbers:
        return {}
    rows = await uow.tx.fetch(
        "SELECT r.control_number, r.before_values, r.after_values FROM batch_update_row r "
        "WHERE r.batch_update_id = $4 AND r.control_number BETWEEN $5 AND $6 AND r.result = 'SUCCEEDED' "
        f"AND {uow.visible('r', 'batch_update_row')}",
        *uow.scope, request.undone_id, numbers[0], numbers[-1],
    )  # fmt: skip
    return {row["control_number"]: UndoneValues(row["before_values"], row["after_values"]) for row in rows}


async def set_back_accounts(uow: UnitOfWork, job_id: str, zone: str, rows: Sequence[DecidedRow]) -> None:
    """The SUCCEEDED rows' accounts get their values of before, and the next version (BAT-46)."""
    by_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows:
        if row.decision.result is RowResult.SUCCEEDED:
            written = columns_written(shown_changes(row.decision.after or {}), zone)
            by_columns.setdefault(tuple(written), []).append({"control_number": row.control_number, **written})
    for columns, values in by_columns.items():
        types = {"control_number": "bigint", **{name: COLUMN_TYPES[name] for name in columns}}
        settings = ", ".join(f"{name} = v.{name}" for name in columns)
        await uow.tx.execute(
            f"UPDATE account AS a SET {settings}, version = a.version + 1 "
            f"FROM {row_list(uow.tx.dialect, '$5', 'v', types)} CROSS JOIN batch_update_row r "
            "WHERE r.batch_update_id = $4 AND r.control_number = v.control_number AND a.id = r.account_row_id "
            f"AND {uow.visible('r', 'batch_update_row')} AND {uow.visible('a', 'account')}",
            *uow.scope, job_id, listed(values),
        )  # fmt: skip
