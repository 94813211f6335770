"""The status of an account as one ordered list of conditions over stored facts (BAT-3). Pure; stores nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from accounts.account_id import AccountRole
from accounts.dates import activates_at, effective_end
from accounts.funds import AccountType, BalanceControl, funds_micros, is_depleted
from core.clock import Instant


class AccountKind(StrEnum):
    """LIVE accounts are sold; DEMO accounts have no money and no batch (BAT-14)."""

    LIVE = "LIVE"
    DEMO = "DEMO"


class Lifecycle(StrEnum):
    """The only state of an account that is stored; CLOSED is final (BAT-4)."""

    INACTIVE = "INACTIVE"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Verification(StrEnum):
    """Whether the account was held back by a check of identity or fraud."""

    NONE = "NONE"
    SCREENED = "SCREENED"
    QUARANTINED = "QUARANTINED"


class AccountStatus(StrEnum):
    """What is shown of an account, exactly one at a time (BAT-3)."""

    CLOSED = "CLOSED"
    CUSTOMER_CLOSED = "CUSTOMER_CLOSED"
    CUSTOMER_BLOCKED = "CUSTOMER_BLOCKED"
    SELLER_BLOCKED = "SELLER_BLOCKED"
    CUSTOMER_SUSPENDED = "CUSTOMER_SUSPENDED"
    SELLER_SUSPENDED = "SELLER_SUSPENDED"
    BLOCKED = "BLOCKED"
    EXPIRED = "EXPIRED"
    INACTIVE = "INACTIVE"
    NOT_YET_ACTIVE = "NOT_YET_ACTIVE"
    QUARANTINED = "QUARANTINED"
    SCREENED = "SCREENED"
    CUSTOMER_NO_FUNDS = "CUSTOMER_NO_FUNDS"
    OVERDRAFT = "OVERDRAFT"
    CREDIT_EXCEEDED = "CREDIT_EXCEEDED"
    DEPLETED = "DEPLETED"
    OK = "OK"


class Sessions(StrEnum):
    """Which sessions an account may have."""

    NONE = "NONE"
    INSIDE_CUSTOMER = "INSIDE_CUSTOMER"
    INCOMING_AND_FREE = "INCOMING_AND_FREE"
    ALL = "ALL"


class SelfCare(StrEnum):
    """What the account owner may do on its own pages."""

    NO = "NO"
    READ_ONLY = "READ_ONLY"
    YES = "YES"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """The stored facts (BAT-2) that rules decide from; by default an open account that has none."""

    kind: AccountKind = AccountKind.LIVE
    account_type: AccountType = AccountType.DEBIT
    balance_control: BalanceControl | None = None
    lifecycle: Lifecycle = Lifecycle.OPEN
    is_blocked: bool = False
    verification: Verification = Verification.NONE
    activation_date: date | None = None
    activated_at: Instant | None = None
    activation_hold: str | None = None
    expiration_date: date | None = None
    availability_days: int | None = None
    first_used_at: Instant | None = None
    last_recharged_at: Instant | None = None
    opening_balance_micros: int = 0
    balance_micros: int = 0
    credit_limit_micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationFacts:
    """The states of one organization, by their names in STOP-1 and STOP-2."""

    status: str = "ACTIVE"
    suspension_reasons: frozenset[str] = frozenset()
    billing_status: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an account takes from elsewhere: billing zone, customer, the organizations above, Wallet, plan."""

    zone: str
    customer: OrganizationFacts = OrganizationFacts()
    above: tuple[OrganizationFacts, ...] = ()
    is_subscription_usable: bool = True
    wallet_usable_micros: int = 0
    availability_threshold_micros: int = 0


Condition = Callable[[AccountFacts, Surroundings, Instant], bool]


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One line of BAT-3: the status, what it leaves, when it holds, and whether DEMO skips it (BAT-14)."""

    status: AccountStatus
    sessions: Sessions
    self_care: SelfCare
    holds: Condition
    skips_demo: bool = False


def account_funds(facts: AccountFacts, around: Surroundings) -> int:
    """What the account can spend, in micro-units (BAT-8)."""
    return funds_micros(
        facts.account_type,
        facts.balance_control,
        balance_micros=facts.balance_micros,
        credit_limit_micros=facts.credit_limit_micros,
        wallet_usable_micros=around.wallet_usable_micros,
    )


def is_account_depleted(facts: AccountFacts, around: Surroundings) -> bool:
    """Depleted by BAT-9, whatever status is shown: what the counter of a batch counts (BAT-28)."""
    return is_depleted(account_funds(facts, around), around.availability_threshold_micros)


def account_end(facts: AccountFacts, around: Surroundings) -> Instant | None:
    """The effective end of the account (BAT-33), or None."""
    return effective_end(
        expiration_date=facts.expiration_date,
        availability_days=facts.availability_days,
        first_used_at=facts.first_used_at,
        last_recharged_at=facts.last_recharged_at,
        zone=around.zone,
    )


_BLOCKING_REASONS = frozenset({"SELLER", "POLICY", "FRAUD"})
_ENDING = frozenset({"SUSPENDED_FOR_DELETION", "DELETED", "DEACTIVATED_BY_USER"})
_UNPAID = frozenset({"INACTIVE", "DEACTIVATED"})


def _is_suspended(organization: OrganizationFacts) -> bool:
    """For PAYMENT or KYC_OVERDUE only, where the lines of the other reasons come first."""
    return organization.status == "SUSPENDED"


def _is_blocked(organization: OrganizationFacts) -> bool:
    return _is_suspended(organization) and not _BLOCKING_REASONS.isdisjoint(organization.suspension_reasons)


def _is_stopped_above(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    """One above that is being deleted stops the service too (STOP-4), so it counts like a blocked one."""
    return any(_is_blocked(each) or each.status in _ENDING for each in around.above)


def _is_customer_suspended(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    unpaid = around.customer.billing_status in _UNPAID or not around.is_subscription_usable
    return unpaid or _is_suspended(around.customer)


def _is_expired(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    end = account_end(facts, around)
    return end is not None and now >= end


def _waits_without_date(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    is_undated = facts.activation_date is None or facts.activation_hold is not None
    return facts.lifecycle is Lifecycle.INACTIVE and is_undated


def _waits_for_date(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    """Once the instant has come the account is shown as active, even before due work has got to it (BAT-31)."""
    if facts.lifecycle is not Lifecycle.INACTIVE or facts.activation_date is None:
        return False
    return activates_at(facts.activation_date, around.zone) > now


def _is_customer_without_funds(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    return facts.balance_control is BalanceControl.SUBORDINATE and around.wallet_usable_micros <= 0


def _is_credit_exceeded(facts: AccountFacts, around: Surroundings, now: Instant) -> bool:
    return facts.balance_control is BalanceControl.INDIVIDUAL and account_funds(facts, around) <= 0


STATUS_LINES: tuple[StatusLine, ...] = (
    StatusLine(
        AccountStatus.CLOSED, Sessions.NONE, SelfCare.NO, lambda facts, around, now: facts.lifecycle is Lifecycle.CLOSED
    ),
    StatusLine(
        AccountStatus.CUSTOMER_CLOSED,
        Sessions.NONE,
        SelfCare.NO,
        lambda facts, around, now: around.customer.status in _ENDING,
    ),
    StatusLine(
        AccountStatus.CUSTOMER_BLOCKED,
        Sessions.NONE,
        SelfCare.NO,
        lambda facts, around, now: _is_blocked(around.customer),
    ),
    StatusLine(AccountStatus.SELLER_BLOCKED, Sessions.NONE, SelfCare.NO, _is_stopped_above),
    StatusLine(
        AccountStatus.CUSTOMER_SUSPENDED, Sessions.NONE, SelfCare.READ_ONLY, _is_customer_suspended, skips_demo=True
    ),
    StatusLine(
        AccountStatus.SELLER_SUSPENDED,
        Sessions.NONE,
        SelfCare.READ_ONLY,
        lambda facts, around, now: any(_is_suspended(each) for each in around.above),
    ),
    StatusLine(AccountStatus.BLOCKED, Sessions.NONE, SelfCare.YES, lambda facts, around, now: facts.is_blocked),
    StatusLine(AccountStatus.EXPIRED, Sessions.NONE, SelfCare.YES, _is_expired),
    StatusLine(AccountStatus.INACTIVE, Sessions.NONE, SelfCare.NO, _waits_without_date),
    StatusLine(AccountStatus.NOT_YET_ACTIVE, Sessions.NONE, SelfCare.YES, _waits_for_date),
    StatusLine(
        AccountStatus.QUARANTINED,
        Sessions.INSIDE_CUSTOMER,
        SelfCare.YES,
        lambda facts, around, now: facts.verification is Verification.QUARANTINED,
    ),
    StatusLine(
        AccountStatus.SCREENED,
        Sessions.INSIDE_CUSTOMER,
        SelfCare.YES,
        lambda facts, around, now: facts.verification is Verification.SCREENED,
    ),
    StatusLine(
        AccountStatus.CUSTOMER_NO_FUNDS,
        Sessions.INCOMING_AND_FREE,
        SelfCare.YES,
        _is_customer_without_funds,
        skips_demo=True,
    ),
    StatusLine(
        AccountStatus.OVERDRAFT,
        Sessions.NONE,
        SelfCare.YES,
        lambda facts, around, now: facts.account_type is AccountType.DEBIT and facts.balance_micros < 0,
        skips_demo=True,
    ),
    StatusLine(
        AccountStatus.CREDIT_EXCEEDED, Sessions.INCOMING_AND_FREE, SelfCare.YES, _is_credit_exceeded, skips_demo=True
    ),
    StatusLine(
        AccountStatus.DEPLETED,
        Sessions.NONE,
        SelfCare.YES,
        lambda facts, around, now: is_account_depleted(facts, around),
        skips_demo=True,
    ),
    StatusLine(AccountStatus.OK, Sessions.ALL, SelfCare.YES, lambda facts, around, now: True),
)


def status_line(facts: AccountFacts, around: Surroundings, now: Instant) -> StatusLine:
    """The first line of BAT-3 that holds at now, with the sessions and the self-care it leaves."""
    is_demo = facts.kind is AccountKind.DEMO
    return next(line for line in STATUS_LINES if not (is_demo and line.skips_demo) and line.holds(facts, around, now))


def allowed_sessions(line: StatusLine, role: AccountRole) -> Sessions:
    """The sessions that are left to an account of this role: a VOUCHER never has any (BAT-13)."""
    return Sessions.NONE if role is AccountRole.VOUCHER else line.sessions
