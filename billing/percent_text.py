"""A percentage as the text that is stored and shown: exact decimal digits, never a fraction. Checks nothing."""

from fractions import Fraction

MOST_DECIMALS = 30
"""More than anybody gives; beyond them a percentage without an end is cut off."""


def percent_text(percent: Fraction) -> str:
    """Decimal text without trailing zeros: 12.5, 9, 0.005. `percent` is never negative."""
    scaled = percent.numerator * 10**MOST_DECIMALS // percent.denominator
    whole, decimals = divmod(scaled, 10**MOST_DECIMALS)
    digits = f"{decimals:0{MOST_DECIMALS}}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def percent_text_or_none(percent: Fraction | None) -> str | None:
    """The same for a column that may be empty."""
    return None if percent is None else percent_text(percent)
