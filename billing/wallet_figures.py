"""What a Wallet shows and what may still be spent (MON-11, MON-12, MON-14, MON-62). Pure; all amounts in micros."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from core.clock import Instant
from core.money import round_to_minor
from core.refusals import refuse


class WalletMode(StrEnum):
    """Whether the buyer pays before or after."""

    PREPAID = "PREPAID"
    POSTPAID = "POSTPAID"


class UsageSettlement(StrEnum):
    """Policy `usageSettlement`: whether a PREPAID Wallet pays usage and one-time charges at once or by period."""

    IMMEDIATE = "IMMEDIATE"
    END_OF_PERIOD = "END_OF_PERIOD"


@dataclass(frozen=True, slots=True)
class WalletSums:
    """Sums of the pair's ledger accounts (negative: debt), open holds and the effective limit (MON-13, MON-14)."""

    wallet_micros: int = 0
    unbilled_micros: int = 0
    due_micros: int = 0
    reserved_micros: int = 0
    limit_micros: int = 0


@dataclass(frozen=True, slots=True)
class PrepaidFigures:
    """What a PREPAID Wallet shows (MON-11)."""

    balance_micros: int
    borrowed_micros: int
    net_balance_micros: int
    free_micros: int
    usable_micros: int


@dataclass(frozen=True, slots=True)
class PostpaidFigures:
    """What a POSTPAID Wallet shows; debts are negative (MON-12)."""

    unbilled_micros: int
    due_micros: int
    current_balance_micros: int
    usable_micros: int


def prepaid_figures(sums: WalletSums) -> PrepaidFigures:
    """MON-11. free is stored money that no hold keeps, without the limit: what may be withdrawn (MON-46, MON-60)."""
    net_balance = sums.wallet_micros + sums.unbilled_micros + sums.due_micros
    return PrepaidFigures(
        balance_micros=sums.wallet_micros,
        borrowed_micros=max(0, -sums.wallet_micros),
        net_balance_micros=net_balance,
        free_micros=max(0, sums.wallet_micros - sums.reserved_micros),
        usable_micros=net_balance - sums.reserved_micros + sums.limit_micros,
    )


def postpaid_figures(sums: WalletSums) -> PostpaidFigures:
    """MON-12: what is overpaid may be spent, unpaid invoices do not lower what is usable."""
    return PostpaidFigures(
        unbilled_micros=sums.unbilled_micros,
        due_micros=sums.due_micros,
        current_balance_micros=sums.unbilled_micros + sums.due_micros,
        usable_micros=sums.limit_micros + max(0, sums.due_micros) + sums.unbilled_micros - sums.reserved_micros,
    )


def usable(mode: WalletMode, sums: WalletSums) -> int:
    """What a checked command may cost (MON-19)."""
    if mode is WalletMode.PREPAID:
        return prepaid_figures(sums).usable_micros
    return postpaid_figures(sums).usable_micros


def missing(mode: WalletMode, sums: WalletSums, price_micros: int) -> int:
    """How much usable falls short of a price, 0 when it covers it (MON-19, `missing` of MON-32)."""
    return max(0, price_micros - usable(mode, sums))


def is_beyond_limit(mode: WalletMode, sums: WalletSums, credit_limit_inclusive: bool = False) -> bool:
    """Whether the credit limit suspends: strictly beyond it, or reaching it when inclusive (MON-62)."""
    if mode is WalletMode.PREPAID:
        room = prepaid_figures(sums).net_balance_micros + sums.limit_micros
    else:
        room = postpaid_figures(sums).usable_micros
    return room <= 0 if credit_limit_inclusive else room < 0


@dataclass(frozen=True, slots=True)
class TemporaryRaise:
    """A raise of the limit in [granted, ends_at); ends_at is the start of the day after its last day (MON-14)."""

    amount_micros: int
    ends_at: Instant


def effective_limit(permanent_micros: int, temporary: TemporaryRaise | None, now: Instant) -> int:
    """Permanent limit plus the raise that runs, never below 0 (MON-14)."""
    raised = temporary.amount_micros if temporary is not None and now < temporary.ends_at else 0
    return max(0, permanent_micros + raised)


def raise_of_percent(permanent_micros: int, percent: Fraction, currency: str) -> int:
    """A percentage of the permanent limit as the amount that is granted (MON-14)."""
    return round_to_minor(permanent_micros * percent / 100, currency)


def check_raise(
    amount_micros: int,
    permanent_micros: int,
    max_percent: Fraction | None,
    running: TemporaryRaise | None,
    now: Instant,
) -> None:
    """Refuses a second raise (`TEMPORARY_LIMIT_RUNNING`) and one too large (`TEMPORARY_LIMIT_TOO_HIGH`) (MON-14)."""
    if running is not None and now < running.ends_at:
        refuse("TEMPORARY_LIMIT_RUNNING", "A temporary raise of the credit limit is running already.")
    if max_percent is not None and amount_micros * 100 > permanent_micros * max_percent:
        refuse("TEMPORARY_LIMIT_TOO_HIGH", "The raise is higher than the policy allows.", ("amount",))
