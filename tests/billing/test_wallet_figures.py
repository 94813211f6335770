"""Figures of a Wallet: MON-11, MON-12, MON-14, MON-19, MON-62."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.wallet_figures import (
    PostpaidFigures,
    PrepaidFigures,
    TemporaryRaise,
    WalletMode,
    WalletSums,
    check_raise,
    effective_limit,
    is_beyond_limit,
    missing,
    postpaid_figures,
    prepaid_figures,
    raise_of_percent,
    usable,
)
from core.refusals import Refused

MICROS = st.integers(-(10**12), 10**12)
NATURAL = st.integers(0, 10**12)


def test_a_prepaid_wallet_that_settles_at_the_end_of_the_period() -> None:
    sums = WalletSums(500_000_000, -510_000_000, -20_000_000, 5_000_000, 100_000_000)
    assert prepaid_figures(sums) == PrepaidFigures(500_000_000, 0, -30_000_000, 495_000_000, 65_000_000)


def test_borrowed_money_is_not_free() -> None:
    figures = prepaid_figures(WalletSums(wallet_micros=-5_000_000, limit_micros=100_000_000))
    assert (figures.borrowed_micros, figures.free_micros, figures.usable_micros) == (5_000_000, 0, 95_000_000)


def test_a_postpaid_wallet_counts_what_is_overpaid_but_not_what_is_owed() -> None:
    owing = WalletSums(unbilled_micros=-10, due_micros=-300, reserved_micros=5, limit_micros=1000)
    assert postpaid_figures(owing) == PostpaidFigures(-10, -300, -310, 985)
    overpaid = WalletSums(unbilled_micros=-10, due_micros=300, reserved_micros=5, limit_micros=1000)
    assert postpaid_figures(overpaid) == PostpaidFigures(-10, 300, 290, 1285)


@given(MICROS, MICROS, MICROS, NATURAL, NATURAL, NATURAL)
def test_what_is_missing_is_exactly_what_would_make_it_enough(
    wallet: int, unbilled: int, due: int, reserved: int, limit: int, price: int
) -> None:
    sums = WalletSums(wallet, unbilled, due, reserved, limit)
    for mode in WalletMode:
        short = missing(mode, sums, price)
        assert short == 0 or usable(mode, sums) + short == price
        assert (short == 0) == (price <= usable(mode, sums))


@pytest.mark.parametrize(
    ("mode", "sums", "strict", "inclusive"),
    [
        (WalletMode.PREPAID, WalletSums(wallet_micros=-99, reserved_micros=50, limit_micros=100), False, False),
        (WalletMode.PREPAID, WalletSums(wallet_micros=-100, limit_micros=100), False, True),
        (WalletMode.PREPAID, WalletSums(wallet_micros=-101, limit_micros=100), True, True),
        (WalletMode.POSTPAID, WalletSums(unbilled_micros=-99, limit_micros=100), False, False),
        (WalletMode.POSTPAID, WalletSums(unbilled_micros=-100, limit_micros=100), False, True),
        (WalletMode.POSTPAID, WalletSums(unbilled_micros=-101, limit_micros=100), True, True),
    ],
)
def test_the_limit_suspends_strictly_beyond_unless_inclusive(
    mode: WalletMode, sums: WalletSums, strict: bool, inclusive: bool
) -> None:
    assert is_beyond_limit(mode, sums) is strict
    assert is_beyond_limit(mode, sums, credit_limit_inclusive=True) is inclusive


def test_a_raise_lapses_at_its_end_and_the_limit_never_falls_below_zero() -> None:
    raised = TemporaryRaise(20, ends_at=1000)
    assert effective_limit(100, raised, 999) == 120
    assert effective_limit(100, raised, 1000) == 100
    assert effective_limit(100, None, 0) == 100
    assert effective_limit(10, TemporaryRaise(-20, 1000), 0) == 0


def test_a_raise_by_percent_becomes_an_amount() -> None:
    assert raise_of_percent(33_330_000, Fraction(20), "USD") == 6_670_000


def test_one_raise_runs_at_a_time_and_within_the_policy() -> None:
    check_raise(20, 100, Fraction(20), TemporaryRaise(5, ends_at=50), now=50)
    check_raise(2000, 100, None, None, now=50)
    with pytest.raises(Refused) as refused:
        check_raise(20, 100, Fraction(20), TemporaryRaise(5, ends_at=51), now=50)
    assert refused.value.codes == ("TEMPORARY_LIMIT_RUNNING",)
    with pytest.raises(Refused) as refused:
        check_raise(21, 100, Fraction(20), None, now=50)
    assert refused.value.codes == ("TEMPORARY_LIMIT_TOO_HIGH",)
