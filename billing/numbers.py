"""Phone numbers: the pool of a seller, who holds which, giving one back, and its hold (SUB-100, SUB-101, SRCH-4).

A number's row stands with who holds it: the seller of its pool, or the customer. Assigning one is accounts/'s."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.ids import new_id
from core.refusals import Blocker, Blockers, FieldPath, refuse
from core.transaction import Row, fetch_one, fetch_value, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.input_checks import accepted
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.policy_parameters.tables import HoldCause
from tenants.unit_of_work import UnitOfWork

_DIGITS = re.compile(r"\+?[1-9][0-9]{1,14}")


class NumberState(StrEnum):
    """Where a number stands; RETIRED is final."""

    AVAILABLE = "AVAILABLE"
    RESERVED = "RESERVED"
    ASSIGNED = "ASSIGNED"
    LOCKED = "LOCKED"
    ARCHIVED = "ARCHIVED"
    RETIRED = "RETIRED"


TRANSITIONS: Mapping[NumberState, frozenset[NumberState]] = {
    NumberState.AVAILABLE: frozenset({NumberState.RESERVED, NumberState.ASSIGNED, NumberState.LOCKED}),
    NumberState.RESERVED: frozenset({NumberState.ASSIGNED, NumberState.AVAILABLE, NumberState.ARCHIVED}),
    NumberState.ASSIGNED: frozenset({NumberState.RESERVED, NumberState.AVAILABLE, NumberState.ARCHIVED}),
    NumberState.LOCKED: frozenset({NumberState.AVAILABLE}),
    NumberState.ARCHIVED: frozenset({NumberState.AVAILABLE, NumberState.RETIRED}),
    NumberState.RETIRED: frozenset(),
}
"""SUB-100; from ASSIGNED at once into the pool where there is no hold."""


def number_blockers(text: str, field: FieldPath = ("number",)) -> tuple[Blocker, ...]:
    """`NUMBER_INVALID` unless it is of E.164: an optional plus, then 2 to 15 digits, the first not 0."""
    if _DIGITS.fullmatch(text):
        return ()
    return (Blocker("NUMBER_INVALID", "A number has an optional plus and 2 to 15 digits.", field),)


def digits_of(found: Blockers, text: str | None, field: FieldPath = ("number",)) -> str:
    """The digits as they are stored, without the plus; notes FIELD_REQUIRED or NUMBER_INVALID."""
    return accepted(found, text, field, number_blockers).removeprefix("+")


async def add_number(uow: UnitOfWork, number: str) -> Outcome:
    """Put a number into the pool of the acting organization. Answers numberId.

    Refused: the codes of EDIT_PRODUCT, NUMBER_INVALID, ORGANIZATION_NOT_ACTIVE, NUMBER_NOT_AVAILABLE (it is in a pool
    already: a phone number is public, so that this tells nobody anything, VIS-7)."""
    own = await organization_by_id(uow, uow.actor.organization_id)
    allow(uow, Action.EDIT_PRODUCT, own)
    found = Blockers()
    digits = digits_of(found, number)
    found.raise_if_any()
    require_active(own)
    number_id = new_id("num")
    added = await uow.tx.execute(
        "INSERT INTO number (id, organization_id, path, pool_id, digits, state, created_at) "
        "VALUES ($1, $2, $3, $2, $4, 'AVAILABLE', $5) ON CONFLICT (digits) DO NOTHING",
        number_id, own.id, own.path, digits, uow.now,
    )  # fmt: skip
    if not added:
        refuse("NUMBER_NOT_AVAILABLE", "This number is in a pool already.", ("number",))
    uow.audit("Number", number_id, organization_id=own.id, path=own.path, after={"number": digits})
    return {"numberId": number_id}


async def number_to_assign(uow: UnitOfWork, digits: str, customer: OrganizationFacts) -> Row | None:
    """The number, locked, if the customer may have it: free in its seller's pool, or held for the customer itself.

    None for every other one, whoever holds it: call it in `as_platform`, and let nobody tell them apart (VIS-3)."""
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    row = await fetch_one(
        uow.tx, f"SELECT id, organization_id, pool_id, state, account_id FROM number WHERE digits = $1{lock}", digits
    )
    if row is None:
        return None
    is_free = row["state"] == NumberState.AVAILABLE and row["pool_id"] == customer.parent_id
    is_held = row["state"] == NumberState.RESERVED and row["organization_id"] == customer.id
    return row if is_free or is_held else None


async def give_number(uow: UnitOfWork, number_id: str, customer: OrganizationFacts, account_id: str) -> None:
    """It is the account's from now on, and a hold of it ends. Call it in `as_platform`, with the row locked."""
    await uow.tx.execute(
        "UPDATE number SET organization_id = $2, path = $3, state = 'ASSIGNED', account_id = $4, held_until_at = NULL, "
        "after_hold = NULL, version = version + 1 WHERE id = $1",
        number_id, customer.id, customer.path, account_id,
    )  # fmt: skip
    uow.audit("Number", number_id, organization_id=customer.id, path=customer.path,
              after={"state": "ASSIGNED", "accountId": account_id})  # fmt: skip


async def release_number(uow: UnitOfWork, number_id: str) -> Outcome:
    """Give a number back by hand: held for `numberHoldDays`, then it is in the pool again (SUB-101). Answers numberId.

    Refused: NOT_FOUND, the codes of RELEASE_NUMBER; all at once NUMBER_NOT_ASSIGNED, ORGANIZATION_NOT_ACTIVE."""
    row = await row_by_id(uow, "number", number_id, ("numberId",))
    holder = await organization_by_id(uow, row["organization_id"])
    allow(uow, Action.RELEASE_NUMBER, holder)
    if uow.tx.dialect == "postgres":
        sql = f"SELECT t.* FROM number t WHERE t.id = $4 AND {uow.visible('t', 'number')} FOR UPDATE"
        (row,) = await uow.tx.fetch(sql, *uow.scope, number_id)
    found = Blockers()
    if row["state"] != NumberState.ASSIGNED:
        found.add("NUMBER_NOT_ASSIGNED", "Nobody has this number.", ("numberId",))
    if holder.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    found.raise_if_any()
    await _hold(uow, row, holder)
    return {"numberId": number_id}


async def _hold(uow: UnitOfWork, row: Row, holder: OrganizationFacts) -> None:
    """RESERVED for whom it was, with the values that count now (POL-4); without a hold it is free at once."""
    policies = await policies_for(uow, holder.id)
    days, after = policies.hold_days("numberHoldDays")[HoldCause.BY_HAND].own_days, policies.choice("numberAfterHold")
    if not days:
        async with uow.as_platform("SUB-100: the pool is the seller's"):
            await put_back(uow, row, after)
        return
    until = start_of_day(local_date(uow.now, holder.timezone) + timedelta(days=days), holder.timezone)
    await uow.tx.execute(
        "UPDATE number AS t SET state = 'RESERVED', held_until_at = $5, after_hold = $6, version = version + 1 "
        f"WHERE t.id = $4 AND {uow.visible('t', 'number')}",
        *uow.scope, row["id"], until, after,
    )  # fmt: skip
    uow.audit("Number", row["id"], organization_id=holder.id, path=holder.path, before={"state": row["state"]},
              after={"state": "RESERVED", "heldUntil": until})  # fmt: skip


async def put_back(uow: UnitOfWork, row: Row, state: str) -> None:
    """Released: into its pool, and the account that had it is never restored (STOP-12). Call it in `as_platform`.

    `row` has id, organization_id, path, pool_id, digits and account_id."""
    pool_path = await fetch_value(uow.tx, "SELECT path FROM organization WHERE id = $1", row["pool_id"])
    await uow.tx.execute(
        "UPDATE number SET organization_id = pool_id, path = $2, state = $3, account_id = NULL, held_until_at = NULL, "
        "after_hold = NULL, version = version + 1 WHERE id = $1",
        row["id"], pool_path, state,
    )  # fmt: skip
    of = {"organization_id": row["organization_id"], "path": row["path"]}
    if row["account_id"] is not None:
        await insert(
            uow.tx, "number_release", id=new_id("nrl"), **of, digits=row["digits"], account_id=row["account_id"],
            released_at=uow.now,
        )  # fmt: skip
    before = {"number": row["digits"], "accountId": row["account_id"]}
    uow.audit("Number", row["id"], organization_id=of["organization_id"], path=of["path"], before=before, after={})


async def was_number_released(uow: UnitOfWork, account_id: str) -> bool:
    """Whether a number of the account went back into the pool (STOP-12, SUB-53)."""
    count = await fetch_value(
        uow.tx,
        f"SELECT count(*) FROM number_release t WHERE t.account_id = $4 AND {uow.visible('t', 'number_release')}",
        *uow.scope, account_id,
    )  # fmt: skip
    return bool(count)


async def due_numbers(uow: UnitOfWork, until: Instant, clock_id: str | None, most: int) -> list[Row]:
    """Numbers whose hold is over, the earliest first, of those who live by the clock; `uow` is the platform's."""
    lives_by = "c.stands_at IS NULL AND $2 = ''" if clock_id is None else "o.clock_id = $2"
    lock = " FOR UPDATE OF n SKIP LOCKED" if uow.tx.dialect == "postgres" else ""
    return list(
        await uow.tx.fetch(
            "SELECT n.id, n.organization_id, n.path, n.pool_id, n.digits, n.account_id, n.held_until_at, n.after_hold "
            "FROM number n JOIN organization o ON o.id = n.organization_id "
            "LEFT JOIN sandbox_clock c ON c.id = o.clock_id WHERE n.held_until_at <= $1 "
            f"AND {lives_by} ORDER BY n.held_until_at, n.id LIMIT {most}{lock}",
            until, clock_id or "",
        )
    )  # fmt: skip
