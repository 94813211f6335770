"""What an account can still spend, and when it is too little (BAT-6 to BAT-9). Pure; integer micro-units."""

from enum import StrEnum


class AccountType(StrEnum):
    """DEBIT spends what was put on it, CREDIT owes what it spent."""

    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


class BalanceControl(StrEnum):
    """Who pays for a CREDIT account: itself, or the Wallet of its customer. A DEBIT account has none (BAT-2)."""

    SUBORDINATE = "SUBORDINATE"
    INDIVIDUAL = "INDIVIDUAL"


def funds_micros(
    account_type: AccountType,
    control: BalanceControl | None,
    *,
    balance_micros: int,
    credit_limit_micros: int,
    wallet_usable_micros: int,
) -> int:
    """What the account can spend (BAT-8): its balance, limit less owed, or its customer's Wallet."""
    if account_type is AccountType.DEBIT:
        return balance_micros
    if control is BalanceControl.SUBORDINATE:
        return wallet_usable_micros
    return credit_limit_micros - balance_micros


def is_depleted(funds: int, threshold_micros: int) -> bool:
    """Whether funds are gone or below the plan's availabilityThreshold; equal to a positive one is enough (BAT-9)."""
    return funds <= 0 or funds < threshold_micros


def session_refusal(funds: int, threshold_micros: int, price_micros: int) -> str | None:
    """NO_FUNDS when a new paid session cannot start, else None; a price equal to the funds is allowed (BAT-9)."""
    return "NO_FUNDS" if is_depleted(funds, threshold_micros) or price_micros > funds else None


def balance_after_opening(balance_micros: int, old_opening_micros: int, new_opening_micros: int) -> int:
    """The balance of a DEBIT account as if always opened with the new sum (BAT-6); may be negative."""
    return balance_micros + new_opening_micros - old_opening_micros
