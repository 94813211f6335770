"""Selected, started and depleted of a batch, and the asked control numbers that it does not have (BAT-19, BAT-28)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.account_search import AccountFilter, SqlCondition, filter_condition, parse_account_filter
from accounts.account_sql import AroundSql, depleted_expression, threshold
from accounts.batches import BatchOfCustomer, batch_by_id
from accounts.control_numbers import ControlRange, MissingNumbers, missing_numbers
from billing.wallet_sql import usable_expression
from core.refusals import Blockers
from tenants.access import relation_to
from tenants.permissions.reading import decide_read
from tenants.permissions.vocabulary import Area
from tenants.unit_of_work import UnitOfWork

NONE_MISSING = MissingNumbers((), 0)
FIRST_PARAMETER = 6


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts of the filtered accounts of one batch, not of the whole batch (BAT-28)."""

    selected: int
    started: int
    depleted: int
    missing: MissingNumbers


async def batch_counters(uow: UnitOfWork, batch_id: str, request: Mapping[str, Any]) -> Counters:
    """The counters of a batch under a filter (see parse_account_filter); its batchIds do not matter.

    Refused: NOT_FOUND, FORBIDDEN (MEMBER), SCOPE_MISSING, the codes of the filter."""
    batch = await batch_by_id(uow, batch_id)
    decide_read(Area.BATCHES, uow.actor.role, relation_to(uow, batch.customer), uow.actor.via).enforce()
    blockers = Blockers()
    wanted = parse_account_filter(request, ("filter",), blockers)
    blockers.raise_if_any()
    return await count_accounts(uow, batch, wanted)


async def count_accounts(uow: UnitOfWork, batch: BatchOfCustomer, wanted: AccountFilter) -> Counters:
    """The same for a parsed filter; one statement."""
    chosen = filter_condition(uow.tx.dialect, replace(wanted, batch_ids=(batch.id,)), "a", FIRST_PARAMETER)
    return await count_chosen(uow, batch, chosen, missing_of(batch, wanted))


async def count_chosen(
    uow: UnitOfWork, batch: BatchOfCustomer, chosen: SqlCondition, missing: MissingNumbers
) -> Counters:
    """The same for a condition on the account `a` whose parameters begin at FIRST_PARAMETER."""
    (row,) = await uow.tx.fetch(
        _count(uow, f"a.batch_id = $4 AND {uow.visible('a', 'account')} AND {chosen.text}"),
        *uow.scope, batch.id, uow.now, *chosen.arguments,
    )  # fmt: skip
    return Counters(row["selected"], row["started"], row["depleted"], missing)


def missing_of(batch: BatchOfCustomer, wanted: AccountFilter) -> MissingNumbers:
    """Asked numbers that the batch does not have; without gaps it has 1 to its last one (BAT-21)."""
    if wanted.control_numbers is None:
        return NONE_MISSING
    present = (ControlRange(1, batch.last_control_number),) if batch.last_control_number else ()
    return missing_numbers(wanted.control_numbers, present)


def _count(uow: UnitOfWork, condition: str) -> str:
    """Threshold and Wallet are looked up once per plan and once in all, not once per account."""
    around = AroundSql("0", "0", "", "", f"coalesce({usable_expression('w', '$5')}, 0)", "coalesce(p.threshold, 0)")
    plans = f"SELECT DISTINCT n.plan_id FROM account n WHERE n.batch_id = $4 AND {uow.visible('n', 'account')}"
    thresholds = f"SELECT d.plan_id, {threshold(uow.tx.dialect, 'd.plan_id')} AS threshold FROM ({plans}) d"
    return (
        "SELECT count(*) AS selected, count(a.first_used_at) AS started, "
        f"coalesce(sum(CASE WHEN {depleted_expression('a', around)} THEN 1 ELSE 0 END), 0) AS depleted "
        f"FROM account a LEFT JOIN ({thresholds}) p ON p.plan_id = a.plan_id "
        "LEFT JOIN wallet w ON w.organization_id = a.organization_id AND w.closed_at IS NULL "
        f"AND {uow.visible('w', 'wallet')} WHERE {condition}"
    )
