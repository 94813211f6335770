"""Funds, depletion and the opening balance (BAT-6 to BAT-9)."""

import pytest

from accounts.funds import (
    AccountType,
    BalanceControl,
    balance_after_opening,
    funds_micros,
    is_depleted,
    session_refusal,
)
from core.money import parse_amount

DEBIT, CREDIT = AccountType.DEBIT, AccountType.CREDIT
INDIVIDUAL, SUBORDINATE = BalanceControl.INDIVIDUAL, BalanceControl.SUBORDINATE


@pytest.mark.parametrize(
    ("account_type", "control", "balance", "limit", "wallet", "funds"),
    [
        (DEBIT, None, "4.20", "0", "99", "4.20"),
        (DEBIT, None, "-1", "0", "99", "-1"),
        (CREDIT, INDIVIDUAL, "10", "20", "99", "10"),
        (CREDIT, INDIVIDUAL, "-5", "0", "99", "5"),
        (CREDIT, INDIVIDUAL, "20", "20", "99", "0"),
        (CREDIT, SUBORDINATE, "0", "0", "2.50", "2.50"),
    ],
)
def test_funds_are_what_the_account_can_spend(
    account_type: AccountType, control: BalanceControl | None, balance: str, limit: str, wallet: str, funds: str
) -> None:
    found = funds_micros(
        account_type,
        control,
        balance_micros=parse_amount(balance),
        credit_limit_micros=parse_amount(limit),
        wallet_usable_micros=parse_amount(wallet),
    )
    assert found == parse_amount(funds)


@pytest.mark.parametrize(
    ("funds", "threshold", "expected"),
    [
        ("0.50", "0.50", False),
        ("0.499999", "0.50", True),
        ("0.49", "0.50", True),
        ("0", "0", True),
        ("-1", "0", True),
        ("0.000001", "0", False),
    ],
)
def test_funds_equal_to_a_positive_threshold_are_not_depleted(funds: str, threshold: str, expected: bool) -> None:
    assert is_depleted(parse_amount(funds), parse_amount(threshold)) is expected


@pytest.mark.parametrize(
    ("funds", "threshold", "price", "expected"),
    [
        ("10", "0.50", "3.40", None),
        ("10", "0.50", "10", None),
        ("10", "0.50", "10.000001", "NO_FUNDS"),
        ("0.49", "0.50", "0.01", "NO_FUNDS"),
        ("0", "0", "0", "NO_FUNDS"),
    ],
)
def test_a_paid_session_may_cost_exactly_the_funds(
    funds: str, threshold: str, price: str, expected: str | None
) -> None:
    assert session_refusal(parse_amount(funds), parse_amount(threshold), parse_amount(price)) == expected


def test_a_new_opening_balance_counts_as_if_it_had_always_been_so() -> None:
    assert balance_after_opening(parse_amount("8"), parse_amount("10"), parse_amount("15")) == parse_amount("13")
    assert balance_after_opening(parse_amount("8"), parse_amount("10"), parse_amount("1")) == parse_amount("-1")
