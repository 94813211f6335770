"""Amounts in micro-units: MON-1 and MON-2."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import (
    LARGEST_MICROS,
    format_amount,
    is_whole_minor,
    minor_unit_digits,
    minor_unit_micros,
    parse_amount,
    round_half_up,
    round_to_minor,
)

CURRENCIES = st.sampled_from(["USD", "EUR", "INR", "JPY", "KRW", "VND", "BHD", "KWD", "TND"])
AMOUNTS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("currency", "digits", "smallest"),
    [("JPY", 0, 1_000_000), ("KRW", 0, 1_000_000), ("VND", 0, 1_000_000), ("USD", 2, 10_000), ("SGD", 2, 10_000)]
    + [(currency, 3, 1_000) for currency in ("BHD", "JOD", "KWD", "OMR", "TND")],
)
def test_minor_units(currency: str, digits: int, smallest: int) -> None:
    assert minor_unit_digits(currency) == digits
    assert minor_unit_micros(currency) == smallest


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Fraction(1, 2), 1),
        (Fraction(-1, 2), -1),
        (Fraction(49, 100), 0),
        (Fraction(-5, 3), -2),
        (7, 7),
        (-7, -7),
        (0, 0),
    ],
)
def test_halves_go_away_from_zero(value: Fraction | int, rounded: int) -> None:
    assert round_half_up(value) == rounded


@given(st.fractions(max_denominator=10_000))
def test_a_negative_amount_mirrors_the_positive_one(value: Fraction) -> None:
    assert round_half_up(-value) == -round_half_up(value)
    assert abs(round_half_up(value) - value) <= Fraction(1, 2)


@given(AMOUNTS, CURRENCIES)
def test_rounding_agrees_with_decimal_arithmetic(micros: int, currency: str) -> None:
    step = Decimal(1).scaleb(-minor_unit_digits(currency))
    expected = (Decimal(micros) / 1_000_000).quantize(step, ROUND_HALF_UP)
    rounded = round_to_minor(micros, currency)
    assert Decimal(rounded) / 1_000_000 == expected
    assert is_whole_minor(rounded, currency)
    assert is_whole_minor(micros, currency) == (rounded == micros)


@pytest.mark.parametrize(
    ("text", "micros"),
    [("12.5", 12_500_000), ("-0.000001", -1), ("0", 0), ("007", 7_000_000), ("9223372036854.775807", LARGEST_MICROS)],
)
def test_amounts_are_read(text: str, micros: int) -> None:
    assert parse_amount(text) == micros


@pytest.mark.parametrize(
    "text",
    ["", "1e3", "1.", ".5", "1.0000001", "+1", "1,5", " 1", "1\n", "NaN", "٣", "--1", "9223372036854.775808", "1" * 14],
)
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (86_101_480, "USD", "86.10148"),
        (50_000_000, "USD", "50.00"),
        (-8_670_000, "USD", "-8.67"),
        (1_235_000_000, "JPY", "1235"),
        (1_001_000, "KWD", "1.001"),
        (-1, "JPY", "-0.000001"),
        (0, "USD", "0.00"),
    ],
)
def test_amounts_are_written_with_at_least_the_currencys_digits(micros: int, currency: str, text: str) -> None:
    assert format_amount(micros, currency) == text


@given(AMOUNTS, CURRENCIES)
def test_what_is_written_is_read_again(micros: int, currency: str) -> None:
    assert parse_amount(format_amount(micros, currency)) == micros
