"""What of an invoice stays open at issue, and how money settles open ones (MON-47, MON-75). Pure, in micros."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from billing.wallet_figures import WalletMode, WalletSums


class InvoiceType(StrEnum):
    """What a document is (MON-70)."""

    TOP_UP = "TOP_UP"
    PROFORMA = "PROFORMA"
    TAX = "TAX"
    MONTHLY = "MONTHLY"


def debt_micros(mode: WalletMode, sums: WalletSums) -> int:
    """What the buyer owes and an open invoice may stand for: borrowed in PREPAID, invoiced and unpaid in POSTPAID."""
    standing = sums.due_micros if mode is WalletMode.POSTPAID else sums.wallet_micros + sums.due_micros
    return max(0, -standing)


def open_at_issue(total_micros: int, debt_after_micros: int, open_before_micros: int) -> int:
    """MON-75: min(total, max(0, debt - open of earlier invoices)); the rest was paid from stored money."""
    return max(0, min(total_micros, debt_after_micros - open_before_micros))


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that something is open of."""

    id: str
    open_micros: int


def settle_oldest_first(invoices: Iterable[OpenInvoice], money_micros: int) -> Iterator[tuple[OpenInvoice, int]]:
    """Which invoice gets how much; the invoices come in the order of MON-47."""
    for invoice in invoices:
        part = min(invoice.open_micros, money_micros)
        if part <= 0:
            return
        money_micros -= part
        yield invoice, part
