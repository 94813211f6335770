"""Wallet, LedgerTransaction, LedgerEntry and Payment: the money between one seller and one buyer."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from billing.ledger import MovementType
from billing.payments import DeclineReason, PaymentMethod
from billing.posting import LedgerAccount
from billing.wallet_sql import (
    balance_expression,
    borrowed_expression,
    current_balance_expression,
    limit_expression,
    net_balance_expression,
    running_raise_expression,
    usable_expression,
)
from graph.schema.scalars import Connection, CurrencyCode, Money, Node
from graph.sql.conditions import before_instant, equals, from_instant, one_of
from graph.sql.reads import column, condition, instant, money, order_input, short_list, table_type, to_many, to_one
from graph.sql.seller import seller_name
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(LedgerAccount, name="LedgerAccount", description="A column of the books (MON-20).")
strawberry.enum(MovementType, name="LedgerTransactionType", description="What a movement of money is about (MON-91).")
strawberry.enum(
    PaymentMethod,
    name="PaymentMethod",
    description="How money comes in (MON-40). BANK_TRANSFER, CHEQUE and VIRTUAL_ACCOUNT wait for the bank (MON-42).",
)
strawberry.enum(DeclineReason, name="DeclineReason", description="Why money did not come (MON-43).")


@strawberry.enum(description="Paid ahead, or billed afterwards within a credit limit.")
class WalletMode(Enum):
    PREPAID = "PREPAID"
    POSTPAID = "POSTPAID"


@table_type(
    "ledger_entry", area=Area.WALLETS, key=("transaction_id", "line"),
    description="One line of a transaction: a positive amount puts money in, a negative one takes it out (MON-20).",
)  # fmt: skip
class LedgerEntry:
    line: int = column("{t}.line")
    ledger_account: LedgerAccount = column("{t}.ledger_account")
    detail: str | None = column("{t}.detail", "The kind of revenue, the tax component, the method of payment.")
    amount: Money = money("{t}.amount_micros")


@strawberry.input(description="Every given condition has to hold.")
class LedgerTransactionFilter:
    wallet_id: strawberry.ID | None = condition(equals("{t}.wallet_id"))
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    sale_id: str | None = condition(equals("{t}.sale_id"))
    source_id: strawberry.ID | None = condition(equals("{t}.source_id"))
    type: list[MovementType] | None = condition(one_of("{t}.type"))
    from_: datetime | None = condition(from_instant("{t}.at"), name="from")
    to: datetime | None = condition(before_instant("{t}.at"))


@table_type(
    "ledger_transaction", prefix="ltx", area=Area.WALLETS, newest_first=True,
    description="One movement of one pair; its entries sum to zero and are never changed (MON-21, MON-23).",
)  # fmt: skip
class LedgerTransaction(Node):
    id: strawberry.ID = column("{t}.id")
    type: MovementType = column("{t}.type")
    at: datetime = instant("{t}.at")
    currency: CurrencyCode = column("{t}.currency")
    sale_id: str | None = column("{t}.sale_id", "The same for all levels of one sale.")
    source_type: str = column("{t}.source_type")
    source_id: strawberry.ID = column("{t}.source_id")
    comment: str | None = column("{t}.comment", "Shown to the buyer.")
    internal_comment: str | None = column(
        lambda made: f"CASE WHEN {{t}}.organization_id <> {made.own_organization} THEN {{t}}.internal_comment END",
        "For the seller's side only.",
    )
    reverses_id: strawberry.ID | None = column("{t}.reverses_id")
    external_number: str | None = column("{t}.external_number", "Of an invoice written elsewhere (MON-90).")
    entries: list[LedgerEntry] = short_list(
        "{t}.transaction_id = {parent}.id", "The lines that the viewer may see (MON-24)."
    )
    wallet: Annotated["Wallet", strawberry.lazy("graph.schema.money")] | None = to_one(
        "wallet", "{t}.id = {parent}.wallet_id"
    )


@strawberry.enum(description="What came in or went back.")
class PaymentKind(Enum):
    PAYMENT = "PAYMENT"
    PAY_OUT = "PAY_OUT"


@strawberry.enum(description="PENDING and DECLINED post nothing (MON-41).")
class PaymentStatus(Enum):
    PENDING = "PENDING"
    SETTLED = "SETTLED"
    DECLINED = "DECLINED"
    REFUNDED = "REFUNDED"


@strawberry.input(description="Every given condition has to hold.")
class PaymentFilter:
    status: list[PaymentStatus] | None = condition(one_of("{t}.status"))
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    wallet_id: strawberry.ID | None = condition(equals("{t}.wallet_id"))
    method: list[PaymentMethod] | None = condition(one_of("{t}.method"))


@strawberry.enum(description="What payments are sorted by.")
class PaymentOrderField(Enum):
    CREATED_AT = "{t}.created_at"
    RECEIVED_DATE = "{t}.received_date"


PaymentOrder = order_input("PaymentOrder", PaymentOrderField)


@table_type(
    "payment", prefix="pay", area=Area.PAYMENTS, newest_first=True, description="Money that came in or went back."
)
class Payment(Node):
    id: strawberry.ID = column("{t}.id")
    kind: PaymentKind = column("{t}.kind")
    status: PaymentStatus = column("{t}.status")
    amount: Money = money("{t}.amount_micros", description="What moves in the wallet; of a pay-out with its fee.")
    fee: Money = money("{t}.fee_micros", description="Kept back from a pay-out (SUB-84): amount less fee arrives.")
    refunded: Money = money("{t}.refunded_micros")
    method: PaymentMethod = column("{t}.method")
    received_date: date = column("{t}.received_date")
    reference: str | None = column("{t}.reference")
    remark: str | None = column("{t}.remark")
    product_category: str | None = column("{t}.product_category", "What it is for (MON-86).")
    seller_state: str | None = column("{t}.seller_state", "Where it differs from the seller's usual one (MON-86).")
    decline_reason: DeclineReason | None = column("{t}.decline_reason")
    created_at: datetime = instant("{t}.created_at")
    settled_at: datetime | None = instant("{t}.settled_at")
    version: int = column("{t}.version")
    ledger_transaction: LedgerTransaction | None = to_one(
        "ledger_transaction", "{t}.id = {parent}.ledger_transaction_id"
    )
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id"
    )


@strawberry.input(description="Every given condition has to hold.")
class WalletFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    mode: list[WalletMode] | None = condition(one_of("{t}.mode"))
    currency: CurrencyCode | None = condition(equals("{t}.currency"))


@table_type(
    "wallet", prefix="wal", area=Area.WALLETS, description="The money between one seller and one buyer (MON-10)."
)
class Wallet(Node):
    id: strawberry.ID = column("{t}.id")
    mode: WalletMode = column("{t}.mode")
    currency: CurrencyCode = column("{t}.currency")
    balance: Money = money(
        balance_expression("{t}"), description="Prepaid money; negative: borrowed (MON-11). POSTPAID: currentBalance."
    )
    borrowed: Money = money(borrowed_expression("{t}"), description="What of the credit limit is taken (MON-11).")
    net_balance: Money = money(net_balance_expression("{t}"), description="Balance, unbilled and due together.")
    current_balance: Money = money(current_balance_expression("{t}"), description="Unbilled and due together (MON-12).")
    unbilled: Money = money("{t}.unbilled_micros", description="Charges not yet on an invoice; negative.")
    due: Money = money("{t}.due_micros", description="Negative: invoiced and unpaid; positive: overpaid.")
    reserved: Money = money("{t}.reserved_micros", description="Held by running transactions (MON-13).")
    credit_limit: Money = money(
        lambda made: limit_expression("{t}", made.now), description="Permanent and temporary limit together (MON-14)."
    )
    permanent_limit: Money = money("{t}.credit_limit_micros")
    temporary_limit: Money = money(
        lambda made: running_raise_expression("{t}", made.now), description="The raise that runs now (MON-14)."
    )
    temporary_limit_until: datetime | None = instant(
        "{t}.temporary_limit_until_at", "00:00 after its last day; null without one."
    )
    alert_threshold: Money | None = money("{t}.alert_threshold_micros", is_nullable=True)
    min_balance: Money | None = money("{t}.min_balance_micros", is_nullable=True)
    top_up: Money | None = money("{t}.top_up_micros", is_nullable=True)
    open_invoices: Money = money("{t}.invoice_open_micros", description="Open on tax and monthly invoices (MON-75).")
    usable: Money = money(
        lambda made: usable_expression("{t}", made.now), description="What can be spent now (MON-11, MON-12)."
    )
    opened_at: datetime = instant("{t}.opened_at")
    closed_at: datetime | None = instant("{t}.closed_at")
    version: int = column("{t}.version")
    seller_name: str | None = column(lambda made: seller_name(made, "{t}.seller_id"), "The seller of the pair (VIS-2).")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "The buyer of the pair."
    )
    transactions: Connection[LedgerTransaction] = to_many("{t}.wallet_id = {parent}.id", filter=LedgerTransactionFilter)
