"""Queries of the catalogue, of money, of subscriptions and of the audit log."""

import strawberry

from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.audit import AuditEntry, AuditEntryFilter
from graph.schema.catalogue import PriceList, PriceListFilter, Product, ProductFilter, ProductOrder
from graph.schema.invoice import Invoice, InvoiceFilter, InvoiceOrder
from graph.schema.money import (
    LedgerTransaction,
    LedgerTransactionFilter,
    Payment,
    PaymentFilter,
    PaymentOrder,
    Wallet,
    WalletFilter,
)
from graph.schema.scalars import Connection
from graph.schema.subscription import Subscription, SubscriptionFilter, SubscriptionOrder


@strawberry.type
class MoneyQueries:
    products: Connection[Product] = root_connection(
        filter=ProductFilter, order=ProductOrder, description="Own products, and those that the seller offers."
    )
    price_lists: Connection[PriceList] = root_connection(
        filter=PriceListFilter, description="The price lists that the viewer sees: its own and those below."
    )
    wallets: Connection[Wallet] = root_connection(filter=WalletFilter, description="The wallets that the viewer sees.")
    ledger_transactions: Connection[LedgerTransaction] = root_connection(
        filter=LedgerTransactionFilter, description="Movements of money, newest first."
    )
    payments: Connection[Payment] = root_connection(
        filter=PaymentFilter, order=PaymentOrder, description="Money that came in or went back, newest first."
    )
    invoices: Connection[Invoice] = root_connection(
        filter=InvoiceFilter, order=InvoiceOrder, description="Documents of the viewer's sales and purchases (VIS-6)."
    )
    invoice: Invoice | None = root_by_id("Invoice", "inv", "One invoice; NOT_FOUND for a stranger's.")
    subscriptions: Connection[Subscription] = root_connection(
        filter=SubscriptionFilter, order=SubscriptionOrder, description="Subscriptions, newest first."
    )
    subscription: Subscription | None = root_by_id(
        "Subscription", "sub", "One subscription; NOT_FOUND for a stranger's."
    )
    audit_entries: Connection[AuditEntry] = root_connection(
        filter=AuditEntryFilter, description="The audit log, newest first."
    )
