"""What may be asked of accounts (BAT-15 to BAT-19) and the SQL condition it becomes, for lists and batch updates alike.

The tenant's predicate is not part of it: whoever runs a statement puts it on each table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from accounts.control_numbers import ControlRange, parse_control_numbers
from accounts.search_value import DEFAULT_SEARCH_MODE, SearchMode, like_pattern, parse_search_value
from core.refusals import Blockers, FieldPath
from core.row_list import listed, row_list
from core.transaction import Dialect

Bind = Callable[[object], str]
"""Takes a value, answers its place in the statement, such as `$4`."""

_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class StatusFilter(StrEnum):
    """Which lifecycles are found (BAT-17); what is blocked or expired is OPEN here."""

    ALL_EXCEPT_CLOSED = "ALL_EXCEPT_CLOSED"
    ANY = "ANY"
    OPEN = "OPEN"
    INACTIVE = "INACTIVE"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFilter:
    """What accounts must fulfil, all of it; an empty tuple or None asks nothing. `account_id` is parsed and folded."""

    batch_ids: tuple[str, ...] = ()
    account_id: str | None = None
    account_id_mode: SearchMode = DEFAULT_SEARCH_MODE
    control_numbers: tuple[ControlRange, ...] | None = None
    customer_id: str | None = None
    status: StatusFilter = StatusFilter.ALL_EXCEPT_CLOSED
    plan_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SqlCondition:
    """A condition and the values of its parameters, in order."""

    text: str
    arguments: tuple[object, ...]


def parse_account_filter(request: Mapping[str, Any], field: FieldPath, blockers: Blockers) -> AccountFilter:
    """The filter of a request: batchIds, accountId {value, mode}, controlNumbers, customerId, status, planIds.

    Notes FILTER_VALUE_EMPTY, FILTER_VALUE_TOO_LONG and the CONTROL_NUMBER_* codes, all at once (BAT-16, BAT-18).
    """
    searched, numbers = request.get("accountId"), request.get("controlNumbers")
    return AccountFilter(
        batch_ids=tuple(request.get("batchIds") or ()),
        account_id=None if searched is None else _searched(searched, field, blockers),
        account_id_mode=SearchMode((searched or {}).get("mode") or DEFAULT_SEARCH_MODE),
        control_numbers=None
        if numbers is None
        else parse_control_numbers(numbers, (*field, "controlNumbers"), blockers),
        customer_id=request.get("customerId"),
        status=StatusFilter(request.get("status") or StatusFilter.ALL_EXCEPT_CLOSED),
        plan_ids=tuple(request.get("planIds") or ()),
    )


def filter_condition(dialect: Dialect, wanted: AccountFilter, alias: str, first: int) -> SqlCondition:
    """The condition on `account` under `alias`; its parameters are `$first` and the following."""
    arguments: list[object] = []

    def bind(value: object) -> str:
        arguments.append(value)
        return f"${first + len(arguments) - 1}"

    return SqlCondition(bound_condition(dialect, wanted, alias, bind), tuple(arguments))


def bound_condition(dialect: Dialect, wanted: AccountFilter, alias: str, bind: Bind) -> str:
    """The same for a statement that numbers its parameters itself."""
    parts = [status_condition(wanted.status, alias)]
    batches = [bind(batch_id) for batch_id in wanted.batch_ids]
    if batches:
        parts.append(f"{alias}.batch_id IN ({', '.join(batches)})")
    if wanted.account_id is not None:
        column = f"{alias}.account_id_folded"
        parts.append(account_id_condition(column, wanted.account_id, wanted.account_id_mode, bind))
    if wanted.control_numbers is not None:
        parts.append(control_number_condition(dialect, wanted.control_numbers, batches, alias, bind))
    if wanted.customer_id is not None:
        parts.append(f"{alias}.organization_id = {bind(wanted.customer_id)}")
    if wanted.plan_ids:
        parts.append(f"{alias}.plan_id IN ({', '.join(map(bind, wanted.plan_ids))})")
    return " AND ".join(parts)


def status_condition(status: StatusFilter, alias: str) -> str:
    """BAT-17: the stored lifecycle alone."""
    if status is StatusFilter.ANY:
        return "1 = 1"
    if status is StatusFilter.ALL_EXCEPT_CLOSED:
        return f"{alias}.lifecycle <> 'CLOSED'"
    return f"{alias}.lifecycle = '{status.value}'"


def account_id_condition(column: str, value: str, mode: SearchMode, bind: Bind) -> str:
    """BAT-16 on a folded column: equality and beginnings by the index, byte by byte the same on both engines."""
    if mode is SearchMode.EXACT:
        return f"{column} = {bind(value)}"
    if mode is SearchMode.STARTS_WITH:
        end = _after_every_text_with(value)
        lower = f"{column} >= {bind(value)}"
        return lower if end is None else f"{lower} AND {column} < {bind(end)}"
    return f"{column} LIKE {bind(like_pattern(value, mode))} ESCAPE '\\'"


def control_number_condition(
    dialect: Dialect, ranges: Sequence[ControlRange], batches: Sequence[str], alias: str, bind: Bind
) -> str:
    """BAT-19: ranges are compared, never expanded. Within named batches each range is one look into their index."""
    if not ranges:
        return "1 = 0"
    number = f"{alias}.control_number"
    if len(ranges) == 1:
        return f"{number} BETWEEN {bind(ranges[0].first)} AND {bind(ranges[0].last)}"
    value = listed([{"first_number": each.first, "last_number": each.last} for each in ranges])
    asked = row_list(dialect, bind(value), "asked", {"first_number": "bigint", "last_number": "bigint"})
    between = "control_number BETWEEN asked.first_number AND asked.last_number"
    if not batches:
        return f"EXISTS (SELECT 1 FROM {asked} WHERE {alias}.{between})"
    numbered = f"SELECT numbered.id FROM {asked} CROSS JOIN account numbered"
    return f"{alias}.id IN ({numbered} WHERE numbered.batch_id IN ({', '.join(batches)}) AND numbered.{between})"


def _searched(searched: Mapping[str, Any], field: FieldPath, blockers: Blockers) -> str:
    return parse_search_value(searched.get("value") or "", (*field, "accountId"), blockers)


def _after_every_text_with(beginning: str) -> str | None:
    """The first text that sorts after all those with this beginning, by code points as by UTF-8; None if none does."""
    head = beginning.rstrip(chr(_LAST_CHARACTER))
    if not head:
        return None
    following = ord(head[-1]) + 1
    return head[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
