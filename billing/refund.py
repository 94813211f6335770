"""What comes back when a subscription is terminated (SUB-82 to SUB-86, SUB-97, MON-34). Pure, one pair at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from billing.periods import months_since
from billing.tax import TaxedAmount, tax_of_part
from core.calendar import add_months, days_between
from core.money import round_to_minor


class ChargeKind(StrEnum):
    """What a charge was for, as far as a refund tells them apart (SUB-82, SUB-85)."""

    WHOLE_CYCLE = "WHOLE_CYCLE"
    PRORATED = "PRORATED"
    BROKEN = "BROKEN"
    ACTIVATION_FEE = "ACTIVATION_FEE"
    USAGE = "USAGE"
    ONE_TIME = "ONE_TIME"


NEVER_REFUNDED = frozenset({ChargeKind.ACTIVATION_FEE, ChargeKind.USAGE, ChargeKind.ONE_TIME})
"""SUB-85."""


class RefundAfterWindow(StrEnum):
    """Policy `refundAfterWindow`."""

    WHOLE_MONTHS = "WHOLE_MONTHS"
    NONE = "NONE"


class RefundClock(StrEnum):
    """Policy `refundClock`."""

    PERIOD = "PERIOD"
    ACTIVATION = "ACTIVATION"


class ContractBilling(StrEnum):
    """How a contract bills (SUB-95)."""

    AS_INCURRED = "AS_INCURRED"
    MILESTONE = "MILESTONE"


class RefundReason(StrEnum):
    """Why a charge comes back in full, in part or not at all; the quote shows it."""

    NOT_BEGUN = "NOT_BEGUN"
    IN_WINDOW = "IN_WINDOW"
    UNSTARTED_MONTHS = "UNSTARTED_MONTHS"
    AFTER_WINDOW = "AFTER_WINDOW"
    NOT_FIRST_PERIOD = "NOT_FIRST_PERIOD"
    DISCOUNTED = "DISCOUNTED"
    NEVER_REFUNDED = "NEVER_REFUNDED"
    NOT_ALLOWED = "NOT_ALLOWED"
    MILESTONE_CONTRACT = "MILESTONE_CONTRACT"


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """The parameters of one pair (SUB-82, SUB-83); contract is set for what was bought under one (SUB-97)."""

    allow_refund: bool = True
    refund_window_days: int = 14
    refund_after_window: RefundAfterWindow = RefundAfterWindow.WHOLE_MONTHS
    refund_clock: RefundClock = RefundClock.PERIOD
    refund_max_discount_percent: Fraction | None = None
    contract: ContractBilling | None = None


@dataclass(frozen=True, slots=True)
class RefundableCharge:
    """One charge of one pair for the dates [first_day, end).

    anchor is the one its cycle was counted with: months begin on it, not on the day of a change in mid-cycle. charged
    is the net with its original tax snapshot. is_before_move marks a charge of a seller before a move (MOVE-6).
    """

    first_day: date
    end: date
    anchor: date
    charged: TaxedAmount
    kind: ChargeKind
    discount_percent: Fraction = Fraction(0)
    is_of_first_period: bool = True
    is_before_move: bool = False


@dataclass(frozen=True, slots=True)
class ChargeRefund:
    """What comes back of one charge: net and tax by the charge's own snapshot (MON-34), and why."""

    charge: RefundableCharge
    refunded: TaxedAmount
    reason: RefundReason


def refund_charges(
    charges: Iterable[RefundableCharge], policy: RefundPolicy, today: date, activated_on: date, currency: str
) -> tuple[ChargeRefund, ...]:
    """The refund of each charge of one pair, each on its own clock; dates are the buyer's local ones (SUB-82)."""
    return tuple(refund_charge(charge, policy, today, activated_on, currency) for charge in charges)


def refund_charge(
    charge: RefundableCharge, policy: RefundPolicy, today: date, activated_on: date, currency: str
) -> ChargeRefund:
    """The refund of one charge, rounded once; never more than was charged (SUB-82, SUB-83, MON-34)."""
    share, reason = _refunded_share(charge, policy, today, activated_on)
    net_micros = round_to_minor(charge.charged.net_micros * share, currency)
    return ChargeRefund(charge, tax_of_part(net_micros, charge.charged, currency), reason)


def payout_fee(refund_micros: int, fee_micros: int | None) -> int:
    """The fee kept when a refund is paid out to card or bank: that of the currency, at most the refund (SUB-84)."""
    return min(fee_micros or 0, refund_micros)


@dataclass(frozen=True, slots=True)
class MinimumTerm:
    """What a price binds the buyer to, from the first day of the subscription (SUB-86)."""

    first_day: date
    min_term_months: int
    early_end_percent: Fraction

    @property
    def end(self) -> date:
        """The first date on which ending costs nothing."""
        return add_months(self.first_day, self.min_term_months)


def early_end_charge(
    term: MinimumTerm,
    cycle_fee_micros: int,
    cycle_months: int,
    anchor: date,
    paid_until: date,
    today: date,
    currency: str,
) -> int:
    """The percentage of the fees of the whole cycles from the end of paid time to the end of the term (SUB-86)."""
    if today >= term.end:
        return 0
    cycles = max(0, months_since(anchor, term.end) - months_since(anchor, paid_until)) // cycle_months
    return round_to_minor(cycles * cycle_fee_micros * term.early_end_percent / 100, currency)


def _refunded_share(
    charge: RefundableCharge, policy: RefundPolicy, today: date, activated_on: date
) -> tuple[Fraction, RefundReason]:
    """The share of the net that comes back: first what rules a refund out, then the window, then whole months."""
    barred = _what_bars(charge, policy)
    if barred is not None:
        return Fraction(0), barred
    if charge.first_day > today:
        return Fraction(1), RefundReason.NOT_BEGUN
    clock_start = activated_on if _counts_from_activation(policy) else charge.first_day
    if days_between(clock_start, today) <= policy.refund_window_days:
        return Fraction(1), RefundReason.IN_WINDOW
    if policy.contract is not None or policy.refund_after_window is RefundAfterWindow.NONE:
        return Fraction(0), RefundReason.AFTER_WINDOW
    share = _unstarted_share(charge, today)
    return share, RefundReason.UNSTARTED_MONTHS if share else RefundReason.AFTER_WINDOW


def _what_bars(charge: RefundableCharge, policy: RefundPolicy) -> RefundReason | None:
    """The rule that leaves nothing of this charge, whatever the date. A contract goes before SUB-82 (SUB-97)."""
    if charge.kind in NEVER_REFUNDED or charge.is_before_move:
        return RefundReason.NEVER_REFUNDED
    if policy.contract is not None:
        return RefundReason.MILESTONE_CONTRACT if policy.contract is ContractBilling.MILESTONE else None
    if not policy.allow_refund:
        return RefundReason.NOT_ALLOWED
    if _counts_from_activation(policy) and not charge.is_of_first_period:
        return RefundReason.NOT_FIRST_PERIOD
    most = policy.refund_max_discount_percent
    return RefundReason.DISCOUNTED if most is not None and charge.discount_percent >= most else None


def _counts_from_activation(policy: RefundPolicy) -> bool:
    return policy.contract is None and policy.refund_clock is RefundClock.ACTIVATION


def _unstarted_share(charge: RefundableCharge, today: date) -> Fraction:
    """WHOLE_MONTHS: months of a whole cycle, days of a prorated charge, nothing of a broken part (SUB-82)."""
    if charge.kind is ChargeKind.BROKEN:
        return Fraction(0)
    next_month = add_months(charge.anchor, months_since(charge.anchor, today) + 1)
    if next_month >= charge.end:
        return Fraction(0)
    if charge.kind is ChargeKind.PRORATED:
        return Fraction(days_between(next_month, charge.end), days_between(charge.first_day, charge.end))
    ended = months_since(charge.anchor, charge.end)
    return Fraction(
        ended - months_since(charge.anchor, next_month), ended - months_since(charge.anchor, charge.first_day)
    )
