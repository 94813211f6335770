"""The TAX invoices of a purchase: one of each pair that is invoiced at once (MON-70, MON-75), and overdue ones."""

from billing.invoice_figures import InvoiceType
from billing.invoices import InvoiceLine, NewInvoice
from billing.sale import LevelSale, Sale
from core.clock import Instant
from core.refusals import Blocker
from core.transaction import fetch_value
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork


def invoices_of(sale: Sale, subscription_id: str, sale_id: str, now: Instant) -> list[NewInvoice]:
    """What is issued with the sale, from the buyer's pair upward."""
    return [
        NewInvoice(
            each.level.pair.wallet, each.level.pair.buyer, each.level.pair.seller, InvoiceType.TAX,
            invoice_lines(each, subscription_id), each.level.policies.integer("invoiceDueDays"),
            each.opened_micros(now), sale_id,
        )
        for each in sale.levels
        if each.is_invoiced_at_once
    ]  # fmt: skip


def invoice_lines(sold: LevelSale, subscription_id: str) -> tuple[InvoiceLine, ...]:
    """One for each item in each segment of paid time."""
    return tuple(
        InvoiceLine(
            "SUBSCRIPTION", line.item.name, line.taxed, line.item.quantity, line.segment.start, line.segment.end,
            subscription_id,
        )
        for line in sold.lines
    )  # fmt: skip


async def overdue_blocker(uow: UnitOfWork, wallet_id: str, policies: Policies) -> Blocker | None:
    """OVERDUE_INVOICE, with `blockWhenOverdue` and an open invoice past its due date (MON-12, MON-74)."""
    if not policies.boolean("blockWhenOverdue"):
        return None
    overdue = await fetch_value(
        uow.tx, "SELECT number FROM invoice WHERE wallet_id = $1 AND open_micros > 0 "
        "AND overdue_at <= $2 AND type <> 'PROFORMA' LIMIT 1",
        wallet_id, uow.now,
    )  # fmt: skip
    return (
        None if overdue is None else Blocker("OVERDUE_INVOICE", "An invoice is overdue.", details={"number": overdue})
    )
