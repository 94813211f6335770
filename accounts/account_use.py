"""Using an account: may it, and what a use leaves behind (DEMO-6, DEMO-8, BAT-3, BAT-9, BAT-10)."""

from dataclasses import dataclass

from accounts.account_id import AccountRole
from accounts.account_service import PAID, Service, is_ended_demo, service_refusal
from accounts.account_sql import around_row, status_expression_of
from accounts.account_status import AccountKind, AccountStatus
from accounts.activation_due import activate_if_due
from accounts.dates import availability_end
from accounts.demo_rules import demo_erasure
from billing.usable_above import is_exhausted_above
from core.refusals import refuse
from core.transaction import Row, fetch_one
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, relation_to
from tenants.commands import Outcome
from tenants.kyc.kyc import lacks_kyc
from tenants.permissions import Action
from tenants.permissions.reading import decide_read
from tenants.permissions.vocabulary import Area, Condition
from tenants.unit_of_work import UnitOfWork

_MESSAGES = {
    "ACCOUNT_TERMINATED": "The account is closed for good.",
    "ACCOUNT_READ_ONLY": "The demo is over: the account can be read, but not used.",
    "KYC_REQUIRED": "Until the documents are approved the account has messages only.",
    "DEMO_OUTBOUND_REFUSED": "A demo account receives calls, but makes none.",
    "ORGANIZATION_NOT_ACTIVE": "The customer, or an organization above it, is not active or has not paid.",
    "ACCOUNT_BLOCKED": "The account is blocked.",
    "ACCOUNT_EXPIRED": "The account has expired.",
    "ACCOUNT_INACTIVE": "The account is not active yet.",
    "ACCOUNT_RESTRICTED": "The account has no such sessions.",
    "NO_FUNDS": "The account has no funds.",
    "USABLE_EXHAUSTED": "A paid session cannot be started at the moment.",
}


@dataclass(frozen=True, slots=True)
class AccountService:
    """The answer: the code and message of the refusal, or None twice."""

    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """One use; `minutes` count against a demo's own."""

    account_id: str
    service: Service
    minutes: int = 0
    is_inside_customer: bool = False


async def check_account_service(uow: UnitOfWork, use: Use) -> AccountService:
    """Whether the account may do this now; changes nothing. Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING (VIS-8)."""
    row, customer = await usable_account(uow, use.account_id)
    is_own = row["member_id"] is not None and row["member_id"] == uow.actor.member_id
    relation = relation_to(uow, customer)
    decide_read(Area.ACCOUNTS, uow.actor.role, relation, uow.actor.via, is_own_row=is_own).enforce()
    code = await refusal_of_use(uow, row, customer, use)
    return AccountService(code, None if code is None else _MESSAGES[code])


async def use_account(uow: UnitOfWork, use: Use) -> Outcome:
    """Note one use: the first one starts the availability period (BAT-10, BAT-33), a demo's minutes go down (DEMO-6).

    Refused: NOT_FOUND, the codes of EDIT_ACCOUNT, AMOUNT_NEGATIVE (minutes), the codes of service_refusal.
    Answers accountId."""
    row, customer = await usable_account(uow, use.account_id, locks=True)
    is_own = row["member_id"] is not None and row["member_id"] == uow.actor.member_id
    allow(uow, Action.EDIT_ACCOUNT, customer, [Condition.OWN_ACCOUNT_SETTINGS] if is_own else [])
    if use.minutes < 0:
        refuse("AMOUNT_NEGATIVE", "Minutes are never below 0.", ("minutes",))
    code = await refusal_of_use(uow, row, customer, use)
    if code is not None:
        refuse(code, _MESSAGES[code])
    await activate_if_due(uow, row["id"])
    await _note(uow, row, customer, use)
    return {"accountId": use.account_id}


async def usable_account(uow: UnitOfWork, account_id: str, *, locks: bool = False) -> tuple[Row, OrganizationFacts]:
    """The visible account with its status, and its customer. Refused: NOT_FOUND."""
    lock = " FOR UPDATE OF a" if locks and uow.tx.dialect == "postgres" else ""
    status = status_expression_of("a", "$5", around_row("a", uow.tx.dialect, "$5", uow.visible))
    row = await fetch_one(
        uow.tx,
        f"SELECT a.id, a.organization_id, a.path, a.kind, a.account_role, a.lifecycle, a.is_blocked, a.member_id, "
        "a.first_used_at, a.last_recharged_at, a.availability_days, a.demo_ends_at, a.demo_minutes_left, "
        f"a.demo_retention_days, {status} AS status FROM account a "
        f"WHERE a.id = $4 AND {uow.visible('a', 'account')}{lock}",
        *uow.scope, account_id, uow.now,
    )  # fmt: skip
    if row is None:
        not_found(("accountId",))
    return row, await organization_by_id(uow, row["organization_id"])


async def refusal_of_use(uow: UnitOfWork, row: Row, customer: OrganizationFacts, use: Use) -> str | None:
    """The code of service_refusal for the account of `usable_account`, or None.

    A paid session of a LIVE account needs money at every level above as well: USABLE_EXHAUSTED (MON-19, BAT-9)."""
    kind = AccountKind(row["kind"])
    code = service_refusal(
        kind, AccountRole(row["account_role"]), AccountStatus(row["status"]), use.service,
        is_ended=is_ended_demo(kind, row["demo_ends_at"], uow.now), lacks_kyc=await lacks_kyc(uow, customer.id),
        is_inside_customer=use.is_inside_customer,
    )  # fmt: skip
    if code is None and kind is AccountKind.LIVE and use.service in PAID:
        return "USABLE_EXHAUSTED" if await is_exhausted_above(uow, customer.id) else None
    return code


async def _note(uow: UnitOfWork, row: Row, customer: OrganizationFacts, use: Use) -> None:
    first_used_at, ends_at = row["first_used_at"] or uow.now, None
    if row["availability_days"] is not None:
        ends_at = availability_end(row["availability_days"], first_used_at, row["last_recharged_at"], customer.timezone)
    columns = {"first_used_at": first_used_at, "last_used_at": uow.now, "availability_ends_at": ends_at}
    if row["kind"] == AccountKind.DEMO and row["demo_minutes_left"] is not None and use.minutes:
        left = max(row["demo_minutes_left"] - use.minutes, 0)
        columns["demo_minutes_left"] = left
        if left == 0:
            columns["demo_ends_at"] = uow.now
            columns["demo_erases_at"] = demo_erasure(uow.now, row["demo_retention_days"] or 0, customer.timezone)
    setting = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 5))
    await uow.tx.execute(
        f"UPDATE account AS a SET {setting} WHERE a.id = $4 AND {uow.visible('a', 'account')}",
        *uow.scope, row["id"], *columns.values(),
    )  # fmt: skip
