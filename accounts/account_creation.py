"""Making accounts, one by a command or many at once as they stand (demo data, imports): BAT-1, 2, 11, 12, 20 to 23."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from accounts.account_id import AccountRole, parse_account_id
from accounts.account_references import check_named, named_rows
from accounts.account_status import AccountKind, Lifecycle, Verification
from accounts.batches import BatchOfCustomer, batch_by_id, require_customer, take_control_numbers
from accounts.dates import (
    activates_at,
    availability_end,
    check_availability_days,
    expires_at,
    is_after_activation,
    parse_date,
)
from accounts.funds import AccountType, BalanceControl
from accounts.search_value import fold_ascii
from core.clock import Instant
from core.ids import new_id
from core.refusals import Blockers, refuse
from core.transaction import MAX_PARAMETERS, Transaction
from tenants.access import OrganizationFacts, allow, hold_active, organization_by_id, require_active
from tenants.commands import Outcome
from tenants.permissions.actions import Action
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """The facts an account is made with; `balance_micros` None is the opening balance of a DEBIT, else 0 (BAT-2)."""

    account_id: str
    account_role: AccountRole
    kind: AccountKind = AccountKind.LIVE
    account_type: AccountType = AccountType.DEBIT
    balance_control: BalanceControl | None = None
    lifecycle: Lifecycle = Lifecycle.INACTIVE
    is_blocked: bool = False
    verification: Verification = Verification.NONE
    activation_date: date | None = None
    activated_at: Instant | None = None
    expiration_date: date | None = None
    availability_days: int | None = None
    first_used_at: Instant | None = None
    last_recharged_at: Instant | None = None
    opening_balance_micros: int = 0
    balance_micros: int | None = None
    credit_limit_micros: int = 0
    plan_id: str | None = None
    subscription_id: str | None = None
    member_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOrder:
    """One new account of a customer; `starts_inactive` is what the maker asks for (BAT-23 has the last word).

    Dates as the maker wrote them take the place of the account's own, once they are read (BAT-29)."""

    organization_id: str
    account: NewAccount
    batch_id: str | None = None
    starts_inactive: bool = False
    activation_date: str | None = None
    expiration_date: str | None = None


async def create_account(uow: UnitOfWork, order: AccountOrder) -> Outcome:
    """Make one account; answers `accountId`. Its currency, zone and seller are the customer's (BAT-1).

    Refused: NOT_FOUND, the codes of CREATE_ACCOUNT, then all input at once (ACCOUNT_ID_TOO_LONG, ACCOUNT_ID_FORMAT,
    BATCH_ROLE_MISMATCH, CREDIT_LIMIT_NOT_ALLOWED, NOT_A_DEBIT_ACCOUNT, DEMO_HAS_NO_MONEY, DEMO_NOT_IN_BATCH,
    FIELD_REQUIRED, CONFLICTING_ATTRIBUTES, DATE_INVALID, DATE_OUT_OF_RANGE, REFERENCE_INVALID,
    AVAILABILITY_DAYS_OUT_OF_RANGE, EXPIRATION_NOT_AFTER_ACTIVATION, the codes of plans), then
    ORGANIZATION_NOT_ACTIVE, BATCH_TOO_LARGE, ACCOUNT_ID_TAKEN."""
    customer = await organization_by_id(uow, order.organization_id, ("organizationId",))
    batch = None if order.batch_id is None else await batch_by_id(uow, order.batch_id)
    account = order.account
    named = await named_rows(uow, account.plan_id, account.member_id, account.subscription_id)
    allow(uow, Action.CREATE_ACCOUNT, customer)
    require_customer(customer)
    found = Blockers()
    order = _dated(order, found)
    _check(order, batch, found)
    _check_times(order, customer.timezone, uow.now, found)
    await check_named(uow, named, customer, account.account_role, found)
    found.raise_if_any()
    require_active(customer)
    await hold_active(uow, customer.id)
    (row_id,) = await insert_accounts(uow.tx, customer, [_started(order, uow.now, customer.timezone)], uow.now, batch)
    after = {"accountId": order.account.account_id.strip(), "batchId": order.batch_id}
    uow.audit("Account", row_id, organization_id=customer.id, path=customer.path, after=after)
    return {"accountId": row_id}


async def insert_accounts(
    tx: Transaction,
    customer: OrganizationFacts,
    accounts: Sequence[NewAccount],
    now: Instant,
    batch: BatchOfCustomer | None = None,
) -> list[str]:
    """Insert accounts with exactly these facts and, in a batch, the next control numbers in their order; their ids.

    For commands that have checked them, for demo data and imports. Refused: BATCH_TOO_LARGE, ACCOUNT_ID_TAKEN naming
    the IDs that are taken among the not-CLOSED accounts of all customers of the seller (BAT-12)."""
    first = None if batch is None else await take_control_numbers(tx, batch.id, len(accounts))
    rows = [
        _row(customer, each, now, batch, None if first is None else first + place)
        for place, each in enumerate(accounts)
    ]
    columns = tuple(rows[0]) if rows else ()
    at_once = MAX_PARAMETERS // max(len(columns), 1)
    for start in range(0, len(rows), at_once):
        await _insert(tx, columns, rows[start : start + at_once])
    return [str(row["id"]) for row in rows]


async def _insert(tx: Transaction, columns: Sequence[str], rows: Sequence[dict[str, object]]) -> None:
    width = len(columns)
    values = ", ".join(
        "(" + ", ".join(f"${place * width + column + 1}" for column in range(width)) + ")" for place in range(len(rows))
    )
    made = await tx.fetch(
        f"INSERT INTO account ({', '.join(columns)}) VALUES {values} "
        "ON CONFLICT (seller_id, account_id_folded) WHERE lifecycle <> 'CLOSED' DO NOTHING RETURNING id",
        *(row[column] for row in rows for column in columns),
    )
    if len(made) < len(rows):
        kept = {row["id"] for row in made}
        taken = [str(row["account_id"]) for row in rows if row["id"] not in kept]
        refuse("ACCOUNT_ID_TAKEN", f"The account ID {taken[0]} is taken.", ("accountId",), account_ids=taken[:20])


def _dated(order: AccountOrder, blockers: Blockers) -> AccountOrder:
    account = order.account
    if order.activation_date is not None:
        day = parse_date(order.activation_date, ("activationDate",), blockers)
        account = replace(account, activation_date=day)
    if order.expiration_date is not None:
        day = parse_date(order.expiration_date, ("expirationDate",), blockers)
        account = replace(account, expiration_date=day)
    return replace(order, account=account)


def _check(order: AccountOrder, batch: BatchOfCustomer | None, blockers: Blockers) -> None:
    account = order.account
    parse_account_id(account.account_id, account.account_role, ("accountId",), blockers)
    if batch is not None and batch.customer.id != order.organization_id:
        blockers.add("REFERENCE_INVALID", "The batch belongs to another organization.", ("batchId",))
    elif batch is not None and batch.account_role is not account.account_role:
        blockers.add("BATCH_ROLE_MISMATCH", f"The batch is for {batch.account_role} only.", ("accountRole",))
    if account.credit_limit_micros and account.balance_control is not BalanceControl.INDIVIDUAL:
        blockers.add("CREDIT_LIMIT_NOT_ALLOWED", "Only CREDIT INDIVIDUAL has a credit limit.", ("creditLimit",))
    if account.opening_balance_micros and account.account_type is not AccountType.DEBIT:
        blockers.add("NOT_A_DEBIT_ACCOUNT", "Only a DEBIT account has an opening balance.", ("openingBalance",))
    if account.kind is AccountKind.DEMO:
        if account.opening_balance_micros or account.credit_limit_micros:
            blockers.add("DEMO_HAS_NO_MONEY", "A DEMO account has no money.", ("openingBalance",))
        if order.batch_id is not None:
            blockers.add("DEMO_NOT_IN_BATCH", "A DEMO account is in no batch.", ("batchId",))
    _check_type(account, blockers)


def _check_type(account: NewAccount, blockers: Blockers) -> None:
    """Who pays is said of CREDIT accounts, and each of them (BAT-2, BAT-7); a VOUCHER is DEBIT (BAT-13)."""
    is_credit, has_control = account.account_type is AccountType.CREDIT, account.balance_control is not None
    if is_credit and not has_control:
        blockers.add("FIELD_REQUIRED", "A CREDIT account says who pays for it.", ("balanceControl",))
    if has_control and not is_credit:
        blockers.add("CONFLICTING_ATTRIBUTES", "A DEBIT account has no balance control.", ("balanceControl",))
    if is_credit and account.account_role is AccountRole.VOUCHER:
        blockers.add("NOT_A_DEBIT_ACCOUNT", "A voucher is a DEBIT account.", ("type",))


def _check_times(order: AccountOrder, zone: str, now: Instant, blockers: Blockers) -> None:
    """The availability period's range, and an expiration date after the activation (BAT-32, BAT-40 #3)."""
    account = _started(order, now, zone)
    if account.availability_days is not None:
        check_availability_days(account.availability_days, ("availabilityDays",), blockers)
    if account.expiration_date is not None and not is_after_activation(
        account.expiration_date, activation_date=account.activation_date, activated_at=account.activated_at, zone=zone
    ):
        message = "The expiration date lies after the activation date."
        blockers.add("EXPIRATION_NOT_AFTER_ACTIVATION", message, ("expirationDate",))


def must_start_inactive(account_type: AccountType, role: AccountRole) -> bool:
    """BAT-23: unsold cards must be worthless to a thief."""
    return account_type is AccountType.DEBIT and role in (AccountRole.PREPAID_CARD, AccountRole.VOUCHER)


def _started(order: AccountOrder, now: Instant, zone: str) -> NewAccount:
    """As it begins: a date whose instant is not after now activates at once, whatever the role (BAT-23, BAT-31)."""
    account = order.account
    waits = order.starts_inactive or must_start_inactive(account.account_type, account.account_role)
    if account.activation_date is not None:
        waits = activates_at(account.activation_date, zone) > now
    if waits:
        return replace(account, lifecycle=Lifecycle.INACTIVE, activated_at=None)
    return replace(account, lifecycle=Lifecycle.OPEN, activated_at=now)


def _row(
    customer: OrganizationFacts,
    account: NewAccount,
    now: Instant,
    batch: BatchOfCustomer | None,
    control_number: int | None,
) -> dict[str, object]:
    account_id = account.account_id.strip()
    control = account.balance_control
    return {
        "id": new_id("acct"),
        "organization_id": customer.id,
        "path": customer.path,
        "seller_id": customer.parent_id,
        "account_id": account_id,
        "account_id_folded": fold_ascii(account_id),
        "kind": account.kind.value,
        "type": account.account_type.value,
        "balance_control": None if control is None else control.value,
        "account_role": account.account_role.value,
        "lifecycle": account.lifecycle.value,
        "is_blocked": account.is_blocked,
        "verification": account.verification.value,
        "opening_balance_micros": account.opening_balance_micros,
        "balance_micros": account.opening_balance_micros if account.balance_micros is None else account.balance_micros,
        "credit_limit_micros": account.credit_limit_micros,
        "plan_id": account.plan_id,
        "subscription_id": account.subscription_id,
        "member_id": account.member_id,
        "batch_id": None if batch is None else batch.id,
        "control_number": control_number,
        "created_at": now,
        **_times(account, customer.timezone),
    }


def _times(account: NewAccount, zone: str) -> dict[str, object]:
    """The dates as given, and the instants that they stand for in the billing zone (BAT-31 to BAT-33)."""
    activation, expiration = account.activation_date, account.expiration_date
    ends_at = None
    if account.availability_days is not None and account.first_used_at is not None:
        recharged = account.last_recharged_at
        ends_at = availability_end(account.availability_days, account.first_used_at, recharged, zone)
    return {
        "activation_date": None if activation is None else activation.isoformat(),
        "activated_at": account.activated_at,
        "activates_at": None if activation is None else activates_at(activation, zone),
        "expiration_date": None if expiration is None else expiration.isoformat(),
        "expires_at": None if expiration is None else expires_at(expiration, zone),
        "availability_days": account.availability_days,
        "availability_ends_at": ends_at,
        "first_used_at": account.first_used_at,
        "last_used_at": account.first_used_at,
        "last_recharged_at": account.last_recharged_at,
    }
