"""Money and percentages between the API's decimal texts and the domain's exact figures. Rounds nothing, no float."""

from decimal import Decimal
from fractions import Fraction

from core.money import MICROS, format_amount, parse_amount
from core.refusals import FieldPath, refuse
from graph.schema.scalars import CurrencyCode, DecimalText, Money, MoneyInput

MOST_DECIMALS = 6
LARGEST_AMOUNT_MICROS = 10_000_000_000 * MICROS
"""Far above any real amount, and far below what the books' columns hold as a sum."""


def money_of(micros: int, currency: str) -> Money:
    """Micros of a currency as the API shows them."""
    return Money(amount=DecimalText(format_amount(micros, currency)), currency=CurrencyCode(currency))


def money_values(micros: int, currency: str) -> dict[str, str]:
    """The same as plain values, for a command's outcome."""
    return {"amount": format_amount(micros, currency), "currency": currency}


def micros_of(given: MoneyInput, field: FieldPath) -> int:
    """The amount in micros; whether the currency has so many decimals is the command's to say (MON-1).

    Refused: AMOUNT_PRECISION (more than six decimals), AMOUNT_TOO_LARGE (beyond ten thousand million)."""
    whole, _, decimals = given.amount.partition(".")
    if len(decimals) > MOST_DECIMALS:
        refuse("AMOUNT_PRECISION", "An amount has at most six decimals.", field)
    if abs(int(whole)) * MICROS >= LARGEST_AMOUNT_MICROS:
        refuse("AMOUNT_TOO_LARGE", "The amount is too large.", field)
    return parse_amount(given.amount)


def percent_of(given: str | None) -> Fraction | None:
    """The exact percentage of a Decimal, None when there is none."""
    return None if given is None else Fraction(given)


def percent_text(percent: Fraction) -> DecimalText:
    """A percentage as decimal text without trailing zeros: 12.5, 9, 0.005."""
    exact = (Decimal(percent.numerator) / Decimal(percent.denominator)).normalize()
    return DecimalText(f"{exact:f}")
