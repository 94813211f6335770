"""Money and percentages between the API's decimal texts and the domain's exact figures. Rounds nothing, no float."""

from decimal import Decimal
from fractions import Fraction

from core.money import format_amount, parse_amount
from core.refusals import FieldPath, refuse
from graph.schema.scalars import CurrencyCode, DecimalText, Money, MoneyInput

MOST_DECIMALS = 6


def money_of(micros: int, currency: str) -> Money:
    """Micros of a currency as the API shows them."""
    return Money(amount=DecimalText(format_amount(micros, currency)), currency=CurrencyCode(currency))


def money_values(micros: int, currency: str) -> dict[str, str]:
    """The same as plain values, for a command's outcome."""
    return {"amount": format_amount(micros, currency), "currency": currency}


def micros_of(given: MoneyInput, field: FieldPath) -> int:
    """The amount in micros; whether the currency has so many decimals is the command's to say (MON-1).

    Refused: AMOUNT_PRECISION (more than six decimals), AMOUNT_TOO_LARGE (more than the books hold)."""
    if len(given.amount.partition(".")[2]) > MOST_DECIMALS:
        refuse("AMOUNT_PRECISION", "An amount has at most six decimals.", field)
    try:
        return parse_amount(given.amount)
    except ValueError:
        refuse("AMOUNT_TOO_LARGE", "The amount is larger than the books hold.", field)


def percent_of(given: str | None) -> Fraction | None:
    """The exact percentage of a Decimal, None when there is none."""
    return None if given is None else Fraction(given)


def percent_text(percent: Fraction) -> DecimalText:
    """A percentage as decimal text without trailing zeros: 12.5, 9, 0.005."""
    exact = (Decimal(percent.numerator) / Decimal(percent.denominator)).normalize()
    return DecimalText(f"{exact:f}")
