"""Billing numbers (ORG-4): drawn or given, unique on the platform, never given out again. Call under the tree lock."""

import secrets

from core.refusals import refuse
from core.transaction import Transaction, fetch_value
from tenants.names import DRAWN_BILLING_NUMBER_DIGITS

_IS_TAKEN = """SELECT EXISTS (SELECT 1 FROM organization WHERE billing_number = $1)
OR EXISTS (SELECT 1 FROM retired_billing_number WHERE billing_number = $1)"""


async def billing_number_for(tx: Transaction, given: str | None) -> str:
    """The given number, else ten random digits that nobody ever had; `tx` sees as the platform.

    Refused: BILLING_NUMBER_TAKEN."""
    if given is not None:
        if await _is_taken(tx, given):
            refuse("BILLING_NUMBER_TAKEN", "This billing number was given out before.", ("billingNumber",))
        return given
    while await _is_taken(tx, number := _drawn()):
        pass
    return number


def _drawn() -> str:
    lowest = 10 ** (DRAWN_BILLING_NUMBER_DIGITS - 1)  # no leading zero: spreadsheets would eat it
    return str(lowest + secrets.randbelow(9 * lowest))


async def _is_taken(tx: Transaction, number: str) -> bool:
    return bool(await fetch_value(tx, _IS_TAKEN, number))
