"""Demo accounts: made by the seller for a contact of a customer, and going live once it pays (DEMO-1 to 5, 7)."""

import secrets
from dataclasses import dataclass, replace
from typing import NoReturn

from accounts.account_creation import NewAccount, insert_accounts
from accounts.account_id import AccountRole, parse_account_id
from accounts.account_status import AccountKind, Lifecycle
from accounts.demo_rules import demo_end, demo_erasure
from accounts.funds import AccountType, BalanceControl
from billing.billing_status_sql import billing_status_expression
from core.refusals import Blockers, refuse
from core.transaction import Row, fetch_one, fetch_value
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.members.contact_rows import is_contact
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork

ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 12
_OPEN_STOPS = "('PAYMENT', 'KYC_OVERDUE')"


@dataclass(frozen=True, slots=True)
class NewDemo:
    """A demo of one customer, named by its id or its billing number, for one of its contacts.

    Without an account ID the platform draws one."""

    contact_id: str
    organization_id: str | None = None
    billing_number: str | None = None
    account_id: str | None = None
    account_role: AccountRole = AccountRole.UNIVERSAL


async def create_demo(uow: UnitOfWork, new: NewDemo) -> Outcome:
    """Make one account of kind DEMO; nothing else of the customer changes (DEMO-2). Answers accountId.

    Refused: NOT_FOUND (customer, contact), the codes of CREATE_DEMO; then of input FIELD_REQUIRED (neither id nor
    billing number), CONTACT_NOT_IN_ORGANIZATION, ACCOUNT_ID_TOO_LONG, ACCOUNT_ID_FORMAT; then of state, all at once,
    DEMO_LIMIT_REACHED, DEMO_NOT_OFFERED, ORGANIZATION_NOT_ACTIVE; ACCOUNT_ID_TAKEN."""
    customer = await _customer(uow, new)
    allow(uow, Action.CREATE_DEMO, customer)
    contact = await row_by_id(uow, "member", new.contact_id, ("contactId",))
    is_theirs = contact["organization_id"] == customer.id and await is_contact(uow, customer.id, contact["id"])
    account = _checked(new, contact, is_theirs=is_theirs)
    policies = await policies_for(uow, customer.id)
    await _check_state(uow, customer, policies.choices("demoBillingStatuses"), policies.integer("demoMaxOpen"))
    (row_id,) = await insert_accounts(uow.tx, customer, [replace(account, activated_at=uow.now)], uow.now)
    ends_at, days = demo_end(uow.now, policies.integer("demoDays")), policies.integer("demoRetentionDays")
    minutes = policies.integer_or_none("demoMinutes")
    await uow.tx.execute(
        "UPDATE account AS a SET demo_ends_at = $5, demo_minutes_left = $6, demo_retention_days = $7, "
        f"demo_erases_at = $8 WHERE a.id = $4 AND {uow.visible('a', 'account')}",
        *uow.scope, row_id, ends_at, minutes, days, demo_erasure(ends_at, days, customer.timezone),
    )  # fmt: skip
    after = {"accountId": account.account_id.strip(), "kind": "DEMO", "memberId": contact["id"], "demoEndsAt": ends_at}
    uow.audit("Account", row_id, organization_id=customer.id, path=customer.path, after=after)
    return {"accountId": row_id}


async def go_live(uow: UnitOfWork, account_id: str) -> Outcome:
    """Make a demo LIVE, also one that is over; its settings stay, its minutes become 0 (DEMO-7). Answers accountId.

    Refused: NOT_FOUND, the codes of GO_LIVE, REFERENCE_INVALID (no demo); all at once ACCOUNT_TERMINATED,
    BILLING_NOT_ACTIVE (no settled payment, or the billing status is not ACTIVE), ORGANIZATION_NOT_ACTIVE."""
    row = await _locked(uow, account_id)
    customer = await organization_by_id(uow, row["organization_id"])
    allow(uow, Action.GO_LIVE, customer)
    if row["kind"] != AccountKind.DEMO:
        refuse("REFERENCE_INVALID", "The account is no demo.", ("accountId",))
    found = Blockers()
    if row["lifecycle"] == Lifecycle.CLOSED:
        found.add("ACCOUNT_TERMINATED", "The account is closed for good.", ("accountId",))
    if customer.is_stopped:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    if row["billing_status"] != "ACTIVE" or not row["has_paid"]:
        found.add("BILLING_NOT_ACTIVE", "It goes live once a payment is settled and the billing status is ACTIVE.")
    found.raise_if_any()
    await uow.tx.execute(
        "UPDATE account AS a SET kind = 'LIVE', demo_ends_at = NULL, demo_minutes_left = 0, demo_erases_at = NULL, "
        f"demo_retention_days = NULL, version = version + 1 WHERE a.id = $4 AND {uow.visible('a', 'account')}",
        *uow.scope, account_id,
    )  # fmt: skip
    before = {"kind": "DEMO", "demoMinutesLeft": row["demo_minutes_left"], "demoEndsAt": row["demo_ends_at"]}
    after = {"kind": "LIVE", "demoMinutesLeft": 0, "demoEndsAt": None}
    uow.audit("Account", account_id, organization_id=customer.id, path=customer.path, before=before, after=after)
    return {"accountId": account_id}


async def _customer(uow: UnitOfWork, new: NewDemo) -> OrganizationFacts:
    """The customer by its id, its billing number, or both when they agree."""
    if new.billing_number is None:
        if new.organization_id is None:
            refuse("FIELD_REQUIRED", "Name the organization or its billing number.", ("organizationId",))
        return await organization_by_id(uow, new.organization_id, ("organizationId",))
    found = await fetch_value(
        uow.tx,
        f"SELECT o.id FROM organization o WHERE o.billing_number = $4 AND {uow.visible('o', 'organization')}",
        *uow.scope, new.billing_number.strip(),
    )  # fmt: skip
    if found is None or new.organization_id not in (None, found):
        not_found(("billingNumber",))
    return await organization_by_id(uow, found, ("billingNumber",))


def _checked(new: NewDemo, contact: Row, *, is_theirs: bool) -> NewAccount:
    """The account to be made: the customer's Wallet will pay for it once it is live."""
    found = Blockers()
    if not is_theirs:
        message = "A demo is made for a contact of the organization."
        found.add("CONTACT_NOT_IN_ORGANIZATION", message, ("contactId",))
    account_id = new.account_id
    if account_id is None:
        account_id = "demo" + "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))
    account_id = parse_account_id(account_id, new.account_role, ("accountId",), found)
    found.raise_if_any()
    return NewAccount(
        account_id=account_id, account_role=new.account_role, kind=AccountKind.DEMO, lifecycle=Lifecycle.OPEN,
        account_type=AccountType.CREDIT, balance_control=BalanceControl.SUBORDINATE, member_id=contact["id"],
    )  # fmt: skip


async def _check_state(
    uow: UnitOfWork, customer: OrganizationFacts, billing_statuses: frozenset[str], most_open: int
) -> None:
    """All at once (GEN-2). The customer's row is held, so that of two at a time the second one counts the first."""
    lock = " FOR NO KEY UPDATE OF o" if uow.tx.dialect == "postgres" else ""
    await uow.tx.fetch(
        f"SELECT o.id FROM organization o WHERE o.id = $4 AND {uow.visible('o', 'organization')}{lock}",
        *uow.scope, customer.id,
    )  # fmt: skip
    row = await fetch_one(uow.tx, _state(uow), *uow.scope, customer.id, uow.now)
    assert row is not None, "the customer was read in this transaction"
    found = Blockers()
    if customer.kind != "CUSTOMER" or row["billing_status"] not in billing_statuses:
        message = "A demo is not offered to this organization, or not with this billing status."
        found.add("DEMO_NOT_OFFERED", message, billingStatus=row["billing_status"])
    if row["is_stopped"]:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    if row["open_demos"] >= most_open:
        found.add("DEMO_LIMIT_REACHED", "The organization has as many open demos as it may have.", maximum=most_open)
    found.raise_if_any()


def _state(uow: UnitOfWork) -> str:
    """A suspension for want of payment or documents alone is no hindrance; anything above the customer is (DEMO-3)."""
    visible = uow.visible
    other_stop = (
        f"SELECT 1 FROM suspension s WHERE s.organization_id = o.id AND s.lifted_at IS NULL "
        f"AND s.reason NOT IN {_OPEN_STOPS} AND {visible('s', 'suspension')}"
    )
    return (
        f"SELECT {billing_status_expression('o.id', '$5', visible)} AS billing_status, "
        f"(o.status NOT IN ('ACTIVE', 'SUSPENDED') OR EXISTS ({other_stop}) "
        f"OR {is_stopped(uow.tx.dialect, 'o.parent_id')}) AS is_stopped, "
        "(SELECT count(*) FROM account a WHERE a.organization_id = o.id AND a.kind = 'DEMO' "
        "AND a.lifecycle <> 'CLOSED' AND (a.demo_ends_at IS NULL OR a.demo_ends_at > $5) "
        f"AND {visible('a', 'account')}) AS open_demos "
        f"FROM organization o WHERE o.id = $4 AND {visible('o', 'organization')}"
    )


async def _locked(uow: UnitOfWork, account_id: str) -> Row:
    lock = " FOR UPDATE OF a" if uow.tx.dialect == "postgres" else ""
    paid = (
        "SELECT 1 FROM payment p WHERE p.organization_id = a.organization_id AND p.kind = 'PAYMENT' "
        f"AND p.status = 'SETTLED' AND {uow.visible('p', 'payment')}"
    )
    row = await fetch_one(
        uow.tx,
        "SELECT a.organization_id, a.kind, a.lifecycle, a.demo_ends_at, a.demo_minutes_left, "
        f"{billing_status_expression('a.organization_id', '$5', uow.visible)} AS billing_status, "
        f"EXISTS ({paid}) AS has_paid FROM account a WHERE a.id = $4 AND {uow.visible('a', 'account')}{lock}",
        *uow.scope, account_id, uow.now,
    )  # fmt: skip
    return row if row is not None else _missing()


def _missing() -> NoReturn:
    not_found(("accountId",))
