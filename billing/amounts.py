"""What every amount of a money command has to be (MON-1, MON-4). Pure."""

from core.money import is_whole_minor
from core.refusals import Blockers, FieldPath, refuse


def check_amount(
    found: Blockers, amount_micros: int, currency: str, wallet_currency: str, field: FieldPath = ("amount",)
) -> None:
    """Notes AMOUNT_NOT_POSITIVE, AMOUNT_PRECISION and CURRENCY_MISMATCH."""
    if amount_micros <= 0:
        found.add("AMOUNT_NOT_POSITIVE", "The amount must be above zero.", field)
    elif not is_whole_minor(amount_micros, currency):
        found.add("AMOUNT_PRECISION", "The amount has more decimals than the currency.", field)
    if currency != wallet_currency:
        found.add("CURRENCY_MISMATCH", "The wallet has another currency.", field, currency=wallet_currency)


def require_currency(named: str | None, expected: str, field: FieldPath) -> None:
    """Refused CURRENCY_MISMATCH when the input names another currency than the row's; None names none (MON-4)."""
    if named is not None and named != expected:
        refuse("CURRENCY_MISMATCH", "The amount is in another currency.", field, currency=expected)
