"""Refunds: SUB-82 to SUB-86, SUB-97, MON-34."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.refund import (
    ChargeKind,
    ContractBilling,
    MinimumTerm,
    RefundableCharge,
    RefundAfterWindow,
    RefundClock,
    RefundPolicy,
    RefundReason,
    early_end_charge,
    payout_fee,
    refund_charge,
    refund_charges,
)
from billing.tax import INDIAN_RULES, TaxedAmount, tax_on_top
from core.calendar import add_months

DEFAULT = RefundPolicy()
FROM_ACTIVATION = RefundPolicy(
    refund_window_days=30,
    refund_after_window=RefundAfterWindow.NONE,
    refund_clock=RefundClock.ACTIVATION,
    refund_max_discount_percent=Fraction(10),
)
START = date(2021, 4, 1)
YEAR = RefundableCharge(START, date(2022, 4, 1), START, TaxedAmount(1_200_000_000, ()), ChargeKind.WHOLE_CYCLE)


def refunded(charge: RefundableCharge, policy: RefundPolicy, today: date) -> tuple[int, RefundReason]:
    answer = refund_charge(charge, policy, today, START, "USD")
    return answer.refunded.net_micros, answer.reason


@pytest.mark.parametrize(
    ("today", "net", "reason"),
    [
        (date(2021, 3, 31), 1_200_000_000, RefundReason.NOT_BEGUN),
        (date(2021, 4, 1), 1_200_000_000, RefundReason.IN_WINDOW),
        (date(2021, 4, 15), 1_200_000_000, RefundReason.IN_WINDOW),
        (date(2021, 4, 16), 1_100_000_000, RefundReason.UNSTARTED_MONTHS),
        (date(2021, 4, 30), 1_100_000_000, RefundReason.UNSTARTED_MONTHS),
        (date(2021, 5, 1), 1_000_000_000, RefundReason.UNSTARTED_MONTHS),
        (date(2022, 2, 28), 100_000_000, RefundReason.UNSTARTED_MONTHS),
        (date(2022, 3, 1), 0, RefundReason.AFTER_WINDOW),
        (date(2022, 6, 1), 0, RefundReason.AFTER_WINDOW),
    ],
)
def test_a_whole_cycle_comes_back_in_the_window_then_by_unstarted_months(
    today: date, net: int, reason: RefundReason
) -> None:
    assert refunded(YEAR, DEFAULT, today) == (net, reason)


def test_months_begin_on_the_anchors_day() -> None:
    # Anchor 31 August: the months of this half-year begin on 29 February, 31 March, 30 April ...
    charge = replace(YEAR, first_day=date(2024, 2, 29), end=date(2024, 8, 31), anchor=date(2023, 8, 31))
    assert refunded(charge, DEFAULT, date(2024, 3, 30)) == (1_000_000_000, RefundReason.UNSTARTED_MONTHS)
    assert refunded(charge, DEFAULT, date(2024, 3, 31)) == (800_000_000, RefundReason.UNSTARTED_MONTHS)


def test_a_prorated_charge_comes_back_by_the_days_of_unstarted_months() -> None:
    # Upgraded on 20 June 2021: 285 days to 1 April; on 10 July the months from 1 August are left: 243 days.
    charge = replace(YEAR, first_day=date(2021, 6, 20), kind=ChargeKind.PRORATED, charged=TaxedAmount(285_000_000, ()))
    assert refunded(charge, DEFAULT, date(2021, 7, 4)) == (285_000_000, RefundReason.IN_WINDOW)
    assert refunded(charge, DEFAULT, date(2021, 7, 10)) == (243_000_000, RefundReason.UNSTARTED_MONTHS)
    assert refunded(charge, DEFAULT, date(2022, 3, 5)) == (0, RefundReason.AFTER_WINDOW)


def test_a_broken_part_comes_back_in_the_window_only() -> None:
    charge = replace(YEAR, end=date(2021, 6, 20), kind=ChargeKind.BROKEN)
    assert refunded(charge, DEFAULT, date(2021, 4, 15)) == (1_200_000_000, RefundReason.IN_WINDOW)
    assert refunded(charge, DEFAULT, date(2021, 4, 16)) == (0, RefundReason.AFTER_WINDOW)


@pytest.mark.parametrize("kind", [ChargeKind.ACTIVATION_FEE, ChargeKind.USAGE, ChargeKind.ONE_TIME])
def test_fees_usage_and_one_time_charges_never_come_back(kind: ChargeKind) -> None:
    assert refunded(replace(YEAR, kind=kind), DEFAULT, START) == (0, RefundReason.NEVER_REFUNDED)


def test_charges_of_a_seller_before_a_move_never_come_back() -> None:
    assert refunded(replace(YEAR, is_before_move=True), DEFAULT, START) == (0, RefundReason.NEVER_REFUNDED)


def test_nothing_comes_back_where_refunds_are_off() -> None:
    assert refunded(YEAR, RefundPolicy(allow_refund=False), START) == (0, RefundReason.NOT_ALLOWED)


def test_the_clock_of_activation_counts_the_first_period_only() -> None:
    upgrade = replace(YEAR, first_day=date(2021, 4, 20), kind=ChargeKind.PRORATED)
    assert refunded(upgrade, FROM_ACTIVATION, date(2021, 5, 1)) == (1_200_000_000, RefundReason.IN_WINDOW)
    assert refunded(upgrade, FROM_ACTIVATION, date(2021, 5, 2)) == (0, RefundReason.AFTER_WINDOW)
    paid_ahead = replace(YEAR, first_day=date(2022, 4, 1), end=date(2023, 4, 1), is_of_first_period=False)
    assert refunded(paid_ahead, FROM_ACTIVATION, START) == (0, RefundReason.NOT_FIRST_PERIOD)


def test_a_discount_from_the_policys_most_on_leaves_nothing() -> None:
    for percent, reason in (("10", RefundReason.DISCOUNTED), ("9.99", RefundReason.IN_WINDOW)):
        charge = replace(YEAR, discount_percent=Fraction(percent))
        assert refunded(charge, FROM_ACTIVATION, START)[1] is reason


def test_a_contract_goes_before_the_policy() -> None:
    policy = replace(FROM_ACTIVATION, allow_refund=False, contract=ContractBilling.AS_INCURRED, refund_window_days=14)
    renewal = replace(YEAR, first_day=date(2022, 4, 1), end=date(2023, 4, 1), is_of_first_period=False)
    assert refunded(renewal, policy, date(2022, 4, 15)) == (1_200_000_000, RefundReason.IN_WINDOW)
    assert refunded(renewal, policy, date(2022, 4, 16)) == (0, RefundReason.AFTER_WINDOW)
    by_month = replace(DEFAULT, contract=ContractBilling.AS_INCURRED)
    assert refunded(YEAR, by_month, date(2021, 5, 1)) == (0, RefundReason.AFTER_WINDOW)


def test_tax_comes_back_by_the_snapshot_of_the_charge() -> None:
    charge = replace(YEAR, charged=tax_on_top(1_000_000_000, INDIAN_RULES[1], "KA", "INR"))
    whole = refund_charge(charge, DEFAULT, START, START, "INR")
    assert whole.refunded == charge.charged
    part = refund_charge(charge, DEFAULT, date(2021, 8, 10), START, "INR")
    assert part.refunded.net_micros == 583_330_000
    assert [tax.amount_micros for tax in part.refunded.taxes] == [52_500_000, 52_500_000]


def test_each_charge_has_its_own_clock() -> None:
    renewal = replace(YEAR, first_day=date(2022, 4, 1), end=date(2023, 4, 1))
    answers = refund_charges([YEAR, renewal], DEFAULT, date(2022, 3, 20), START, "USD")
    assert [answer.refunded.net_micros for answer in answers] == [0, 1_200_000_000]


@given(
    st.integers(0, 10**7),
    st.integers(1, 24),
    st.integers(0, 700),
    st.integers(-40, 900),
    st.sampled_from(ChargeKind),
    st.sampled_from([DEFAULT, FROM_ACTIVATION, replace(DEFAULT, contract=ContractBilling.AS_INCURRED)]),
)
def test_a_refund_is_never_negative_and_never_above_the_charge(
    cents: int, months: int, delay: int, day: int, kind: ChargeKind, policy: RefundPolicy
) -> None:
    end = add_months(START, months)
    first_day = min(START + timedelta(days=delay), end - timedelta(days=1))
    first_day = START if kind is ChargeKind.WHOLE_CYCLE else first_day
    charged = tax_on_top(cents * 10_000, INDIAN_RULES[1], "KA", "INR")
    charge = RefundableCharge(first_day, end, START, charged, kind)
    back = refund_charge(charge, policy, START + timedelta(days=day), START, "INR").refunded
    assert 0 <= back.net_micros <= charged.net_micros
    assert all(
        0 <= one.amount_micros <= all_.amount_micros for one, all_ in zip(back.taxes, charged.taxes, strict=True)
    )


def test_a_pay_out_fee_is_at_most_the_refund() -> None:
    assert payout_fee(1_100_000_000, 21_400_000) == 21_400_000
    assert payout_fee(10_000_000, 17_000_000) == 10_000_000
    assert payout_fee(10_000_000, None) == 0


TERM = MinimumTerm(date(2025, 1, 1), 12, Fraction(50))


@pytest.mark.parametrize(
    ("cycle_months", "paid_until", "today", "charge"),
    [
        (1, date(2025, 5, 1), date(2025, 4, 20), 120_000_000),
        (1, date(2026, 1, 1), date(2025, 12, 20), 0),
        (1, date(2026, 3, 1), date(2025, 12, 20), 0),
        (1, date(2025, 12, 1), date(2026, 1, 1), 0),
        (5, date(2025, 6, 1), date(2025, 5, 20), 15_000_000),
    ],
)
def test_ending_before_the_minimum_term_costs_its_share_of_the_whole_cycles_left(
    cycle_months: int, paid_until: date, today: date, charge: int
) -> None:
    anchor = date(2025, 1, 1)
    assert early_end_charge(TERM, 30_000_000, cycle_months, anchor, paid_until, today, "USD") == charge
