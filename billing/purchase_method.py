"""How a purchase is paid: NORMAL, or on an invoice that the seller writes elsewhere (SUB-13, MON-90). Reads nothing."""

from enum import StrEnum

from core.refusals import refuse
from tenants.policy.policy_resolution import Policies


class PurchaseMethod(StrEnum):
    """What a purchase may name."""

    NORMAL = "NORMAL"
    EXTERNAL_INVOICE = "EXTERNAL_INVOICE"


def external_number(method: PurchaseMethod, number: str | None, policies: Policies) -> str | None:
    """The number to record, None for a NORMAL purchase; `policies` are the buyer's.

    Refused: EXTERNAL_INVOICE_NOT_ALLOWED (`invoicing` is not NONE), EXTERNAL_NUMBER_REQUIRED."""
    if method is PurchaseMethod.NORMAL:
        return None
    if policies.choice("invoicing") != "NONE":
        refuse("EXTERNAL_INVOICE_NOT_ALLOWED", "The seller writes this buyer's invoices here.", ("method",))
    named = (number or "").strip()
    if not named:
        refuse("EXTERNAL_NUMBER_REQUIRED", "Name the number of the invoice.", ("externalNumber",))
    return named
