"""The status list of BAT-3: each line, what it leaves to the account, and which line wins."""

from dataclasses import replace
from datetime import date

import pytest

from accounts.account_id import AccountRole
from accounts.account_status import (
    STATUS_LINES,
    AccountFacts,
    AccountKind,
    AccountStatus,
    Lifecycle,
    OrganizationFacts,
    SelfCare,
    Sessions,
    StatusLine,
    Surroundings,
    Verification,
    account_funds,
    allowed_sessions,
    is_account_depleted,
    status_line,
)
from accounts.funds import AccountType, BalanceControl
from core.clock import parse_instant
from core.money import parse_amount

NOW = parse_instant("2026-02-02T12:00:00Z")
A_CARD = AccountFacts(balance_micros=parse_amount("4.20"))
CLOSED = replace(A_CARD, lifecycle=Lifecycle.CLOSED)
EXPIRED = replace(A_CARD, expiration_date=date(2026, 2, 2))
WAITING = replace(A_CARD, lifecycle=Lifecycle.INACTIVE)
DATED = replace(WAITING, activation_date=date(2026, 2, 3))
INDIVIDUAL = AccountFacts(
    account_type=AccountType.CREDIT,
    balance_control=BalanceControl.INDIVIDUAL,
    balance_micros=parse_amount("19.99"),
    credit_limit_micros=parse_amount("20"),
)
SUBORDINATE = AccountFacts(account_type=AccountType.CREDIT, balance_control=BalanceControl.SUBORDINATE)

AROUND = Surroundings(zone="America/New_York", wallet_usable_micros=parse_amount("2.50"))
THRESHOLD = replace(AROUND, availability_threshold_micros=parse_amount("4.21"))
NO_WALLET_FUNDS = replace(AROUND, wallet_usable_micros=0)


def an_organization(*reasons: str, status: str = "SUSPENDED") -> OrganizationFacts:
    return OrganizationFacts(status=status, suspension_reasons=frozenset(reasons))


def customer(*reasons: str, status: str = "SUSPENDED") -> Surroundings:
    return replace(AROUND, customer=an_organization(*reasons, status=status))


def above(*reasons: str, status: str = "SUSPENDED") -> Surroundings:
    return replace(AROUND, above=(OrganizationFacts(), an_organization(*reasons, status=status)))


def billing(status: str) -> Surroundings:
    return replace(AROUND, customer=OrganizationFacts(billing_status=status))


CASES = [
    (CLOSED, AROUND, "CLOSED"),
    (A_CARD, customer(status="SUSPENDED_FOR_DELETION"), "CUSTOMER_CLOSED"),
    (A_CARD, customer("SELLER"), "CUSTOMER_BLOCKED"),
    (A_CARD, customer("POLICY"), "CUSTOMER_BLOCKED"),
    (A_CARD, customer("PAYMENT", "FRAUD"), "CUSTOMER_BLOCKED"),
    (A_CARD, above("KYC_OVERDUE", "SELLER"), "SELLER_BLOCKED"),
    (A_CARD, above(status="SUSPENDED_FOR_DELETION"), "SELLER_BLOCKED"),
    (A_CARD, customer("PAYMENT", "KYC_OVERDUE"), "CUSTOMER_SUSPENDED"),
    (A_CARD, billing("INACTIVE"), "CUSTOMER_SUSPENDED"),
    (A_CARD, billing("DEACTIVATED"), "CUSTOMER_SUSPENDED"),
    (A_CARD, billing("GRACE"), "OK"),
    (A_CARD, replace(AROUND, is_subscription_usable=False), "CUSTOMER_SUSPENDED"),
    (A_CARD, above("PAYMENT"), "SELLER_SUSPENDED"),
    (replace(A_CARD, is_blocked=True), AROUND, "BLOCKED"),
    (EXPIRED, AROUND, "EXPIRED"),
    (replace(EXPIRED, expiration_date=date(2026, 2, 3)), AROUND, "OK"),
    (WAITING, AROUND, "INACTIVE"),
    (replace(DATED, activation_hold="INSUFFICIENT_FUNDS"), AROUND, "INACTIVE"),
    (DATED, AROUND, "NOT_YET_ACTIVE"),
    (replace(DATED, activation_date=date(2026, 2, 2)), AROUND, "OK"),
    (replace(A_CARD, verification=Verification.QUARANTINED), AROUND, "QUARANTINED"),
    (replace(A_CARD, verification=Verification.SCREENED), AROUND, "SCREENED"),
    (SUBORDINATE, NO_WALLET_FUNDS, "CUSTOMER_NO_FUNDS"),
    (SUBORDINATE, AROUND, "OK"),
    (replace(A_CARD, balance_micros=-1), AROUND, "OVERDRAFT"),
    (replace(INDIVIDUAL, balance_micros=parse_amount("20")), AROUND, "CREDIT_EXCEEDED"),
    (INDIVIDUAL, AROUND, "OK"),
    (replace(A_CARD, balance_micros=0), AROUND, "DEPLETED"),
    (A_CARD, THRESHOLD, "DEPLETED"),
    (SUBORDINATE, THRESHOLD, "DEPLETED"),
    (A_CARD, AROUND, "OK"),
]


@pytest.mark.parametrize(("facts", "around", "status"), CASES)
def test_the_first_line_that_holds_is_shown(facts: AccountFacts, around: Surroundings, status: str) -> None:
    assert status_line(facts, around, NOW).status == status


def test_every_status_is_one_line_and_the_list_ends_with_ok() -> None:
    assert [line.status for line in STATUS_LINES] == list(AccountStatus)
    assert {status for _, _, status in CASES} == set(AccountStatus)


def test_a_line_above_wins_over_all_lines_below() -> None:
    everything_at_once = replace(
        CLOSED, is_blocked=True, expiration_date=date(2026, 1, 1), verification=Verification.SCREENED, balance_micros=-1
    )
    worst = replace(customer("SELLER"), above=(an_organization("PAYMENT"), an_organization("FRAUD")))
    assert status_line(everything_at_once, worst, NOW).status is AccountStatus.CLOSED
    still_open = replace(everything_at_once, lifecycle=Lifecycle.OPEN)
    assert status_line(still_open, worst, NOW).status is AccountStatus.CUSTOMER_BLOCKED
    assert status_line(still_open, replace(worst, customer=OrganizationFacts()), NOW).status is (
        AccountStatus.SELLER_BLOCKED
    )
    assert status_line(still_open, AROUND, NOW).status is AccountStatus.BLOCKED
    unblocked = replace(still_open, is_blocked=False)
    assert status_line(unblocked, AROUND, NOW).status is AccountStatus.EXPIRED
    revived = replace(unblocked, expiration_date=None)
    assert status_line(revived, AROUND, NOW).status is AccountStatus.SCREENED


LEFT = {
    AccountStatus.CUSTOMER_SUSPENDED: (Sessions.NONE, SelfCare.READ_ONLY),
    AccountStatus.SELLER_SUSPENDED: (Sessions.NONE, SelfCare.READ_ONLY),
    AccountStatus.BLOCKED: (Sessions.NONE, SelfCare.YES),
    AccountStatus.EXPIRED: (Sessions.NONE, SelfCare.YES),
    AccountStatus.NOT_YET_ACTIVE: (Sessions.NONE, SelfCare.YES),
    AccountStatus.QUARANTINED: (Sessions.INSIDE_CUSTOMER, SelfCare.YES),
    AccountStatus.SCREENED: (Sessions.INSIDE_CUSTOMER, SelfCare.YES),
    AccountStatus.CUSTOMER_NO_FUNDS: (Sessions.INCOMING_AND_FREE, SelfCare.YES),
    AccountStatus.OVERDRAFT: (Sessions.NONE, SelfCare.YES),
    AccountStatus.CREDIT_EXCEEDED: (Sessions.INCOMING_AND_FREE, SelfCare.YES),
    AccountStatus.DEPLETED: (Sessions.NONE, SelfCare.YES),
    AccountStatus.OK: (Sessions.ALL, SelfCare.YES),
}


@pytest.mark.parametrize("line", STATUS_LINES, ids=lambda line: line.status.value)
def test_each_status_leaves_its_sessions_and_self_care(line: StatusLine) -> None:
    assert (line.sessions, line.self_care) == LEFT.get(line.status, (Sessions.NONE, SelfCare.NO))


def test_a_demo_account_skips_what_is_about_money() -> None:
    for facts, around, status in CASES:
        demo = replace(facts, kind=AccountKind.DEMO)
        if status in ("CUSTOMER_SUSPENDED", "CUSTOMER_NO_FUNDS", "OVERDRAFT", "CREDIT_EXCEEDED", "DEPLETED"):
            assert status_line(demo, around, NOW).status is AccountStatus.OK
        else:
            assert status_line(demo, around, NOW).status == status


def test_a_voucher_never_has_sessions() -> None:
    line = status_line(A_CARD, AROUND, NOW)
    assert allowed_sessions(line, AccountRole.VOUCHER) is Sessions.NONE
    assert allowed_sessions(line, AccountRole.PREPAID_CARD) is Sessions.ALL


def test_depleted_is_counted_whatever_status_is_shown() -> None:
    spent = replace(CLOSED, balance_micros=0)
    assert status_line(spent, AROUND, NOW).status is AccountStatus.CLOSED
    assert is_account_depleted(spent, AROUND)
    assert account_funds(INDIVIDUAL, AROUND) == parse_amount("0.01")
