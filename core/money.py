"""Amounts in micro-units (MON-1, MON-2): rounding, reading, writing. Never a float, and no business word."""

import re
from fractions import Fraction

MICROS = 1_000_000
"""Micro-units in one unit of a currency."""

LARGEST_MICROS = 2**63 - 1
"""The largest amount that the database's BIGINT holds."""

_DIGITS_OF_CURRENCY = dict.fromkeys(("JPY", "KRW", "VND"), 0) | dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 3)
_AMOUNT = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,6}))?")


def minor_unit_digits(currency: str) -> int:
    """Decimals of the currency's minor unit, by MON-2 (not by ISO 4217)."""
    return _DIGITS_OF_CURRENCY.get(currency, 2)


def minor_unit_micros(currency: str) -> int:
    """One minor unit in micros: 10,000 for a cent, 1,000,000 for a yen."""
    return MICROS // int(10 ** minor_unit_digits(currency))


def round_half_up(value: Fraction | int) -> int:
    """The nearest integer, halves away from zero: a negative value mirrors the positive one (MON-2)."""
    doubled = 2 * abs(value.numerator) + value.denominator
    magnitude = doubled // (2 * value.denominator)
    return magnitude if value >= 0 else -magnitude


def round_to_minor(value: Fraction | int, currency: str) -> int:
    """Exact micros, rounded half up to whole minor units of the currency; the answer is in micros (MON-2)."""
    step = minor_unit_micros(currency)
    return round_half_up(Fraction(value) / step) * step


def is_whole_minor(micros: int, currency: str) -> bool:
    """Whether the amount needs no rounding (MON-1, `AMOUNT_PRECISION`)."""
    return micros % minor_unit_micros(currency) == 0


def parse_amount(text: str) -> int:
    """Micros of a text such as -12.5; ValueError when it is no plain decimal of at most six decimals, or too large."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError("not a decimal amount with at most six decimals")
    sign, whole, decimals = match.groups()
    micros = int(whole) * MICROS + int((decimals or "").ljust(6, "0"))
    if micros > LARGEST_MICROS:
        raise ValueError("the amount is too large")
    return -micros if sign else micros


def format_amount(micros: int, currency: str) -> str:
    """Decimal text: at least the currency's digits, up to six when there are more, never an exponent."""
    whole, rest = divmod(abs(micros), MICROS)
    shown = minor_unit_digits(currency)
    decimals = f"{rest:06d}"
    decimals = decimals[:shown] + decimals[shown:].rstrip("0")
    sign = "-" if micros < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
