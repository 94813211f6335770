"""`assignNumber` and `restoreAccount`: the number that an account has, and an account whose number is gone (SUB-100).

The pool, giving a number back and its hold are billing/numbers.py."""

from collections.abc import Sequence

from accounts.account_service import Service
from accounts.account_status import Lifecycle
from accounts.account_use import Use, refusal_of_use, usable_account
from billing.numbers import digits_of, give_number, number_to_assign, was_number_released
from core.refusals import Blockers
from core.transaction import Row
from tenants.access import OrganizationFacts, allow
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

_MESSAGES = {
    "ACCOUNT_TERMINATED": "The account is closed for good.",
    "KYC_REQUIRED": "Until the documents are approved the account has messages only.",
    "ORGANIZATION_NOT_ACTIVE": "The organization is not active, or has not paid.",
}


async def assign_number(uow: UnitOfWork, account_id: str, number: str) -> Outcome:
    """Give the account a number of its seller's pool, or one that is held for its customer. Answers numberId.

    Refused: NOT_FOUND, the codes of ASSIGN_NUMBER, NUMBER_INVALID; all at once ACCOUNT_TERMINATED, KYC_REQUIRED
    (DEMO-8), NUMBER_NOT_AVAILABLE (whoever has it), ORGANIZATION_NOT_ACTIVE."""
    row, customer = await usable_account(uow, account_id, locks=True)
    allow(uow, Action.ASSIGN_NUMBER, customer)
    found = Blockers()
    digits = digits_of(found, number)
    found.raise_if_any()
    codes = {await refusal_of_use(uow, row, customer, Use(account_id, Service.NUMBER))} - {None}
    if customer.is_stopped:
        codes.add("ORGANIZATION_NOT_ACTIVE")
    for code in codes:
        found.add(str(code), _MESSAGES[str(code)])
    async with uow.as_platform("SUB-100: the pool is the seller's"):
        free = await number_to_assign(uow, digits, customer)
        if free is None:
            found.add("NUMBER_NOT_AVAILABLE", "This number is not to be had.", ("number",))
        found.raise_if_any()
        assert free is not None
        await give_number(uow, free["id"], customer, account_id)
    return {"numberId": free["id"], "accountId": account_id}


async def restore_account(uow: UnitOfWork, account_id: str) -> Outcome:
    """Put an account back into service: its block is taken away, numbers that are held for it are its own again.

    By the seller (STOP-11). Refused: NOT_FOUND, the codes of REACTIVATE; all at once ACCOUNT_TERMINATED,
    NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED (STOP-12), ORGANIZATION_NOT_ACTIVE. Answers accountId."""
    row, customer = await usable_account(uow, account_id, locks=True)
    allow(uow, Action.REACTIVATE, customer)
    held = await _held_numbers(uow, account_id)
    await _check_restored(uow, account_id, row["lifecycle"], customer)
    await uow.tx.execute(
        "UPDATE account AS a SET is_blocked = $5, version = version + 1 "
        f"WHERE a.id = $4 AND {uow.visible('a', 'account')}",
        *uow.scope, account_id, False,
    )  # fmt: skip
    for number in held:
        await give_number(uow, number["id"], customer, account_id)
    uow.audit("Account", account_id, organization_id=customer.id, path=customer.path,
              before={"isBlocked": bool(row["is_blocked"])}, after={"isBlocked": False})  # fmt: skip
    return {"accountId": account_id}


async def _held_numbers(uow: UnitOfWork, account_id: str) -> Sequence[Row]:
    """Locked before anything is decided: a hold that ends at the same moment waits, or is over (GEN-7)."""
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    return await uow.tx.fetch(
        "SELECT t.id FROM number t WHERE t.account_id = $4 AND t.state = 'RESERVED' "
        f"AND {uow.visible('t', 'number')}{lock}",
        *uow.scope, account_id,
    )  # fmt: skip


async def _check_restored(uow: UnitOfWork, account_id: str, lifecycle: str, customer: OrganizationFacts) -> None:
    found = Blockers()
    if lifecycle == Lifecycle.CLOSED:
        found.add("ACCOUNT_TERMINATED", _MESSAGES["ACCOUNT_TERMINATED"])
    if await was_number_released(uow, account_id):
        message = "Its number is gone: make a new account on the same billing number."
        found.add("NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED", message)
    if customer.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", _MESSAGES["ORGANIZATION_NOT_ACTIVE"])
    found.raise_if_any()
