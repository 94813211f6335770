"""Invoice: a document of one pair with its lines, and what settled it (MON-70 to MON-75)."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from billing.invoice_figures import InvoiceType
from graph.schema.brand import DocumentBrand
from graph.schema.money import Payment, Wallet
from graph.schema.scalars import CurrencyCode, Money, Node
from graph.sql.conditions import before_instant, equals, from_instant, is_true, one_of
from graph.sql.reads import (
    column,
    condition,
    flag,
    instant,
    money,
    order_input,
    part,
    short_list,
    stored_json,
    table_type,
    to_one,
)
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(InvoiceType, name="InvoiceType", description="What a document is (MON-70).")


@table_type(
    "invoice_line", area=Area.INVOICES, key=("invoice_id", "line"),
    description="One line: net and taxes as they were, for a CORPORATE one of each of its children (ORG-14).",
)  # fmt: skip
class InvoiceLine:
    line: int = column("{t}.line")
    kind: str = column("{t}.kind", "SUBSCRIPTION, CHILD, or the kind of charge.")
    name: str = column("{t}.name")
    quantity: int = column("{t}.quantity")
    first_date: date | None = column("{t}.first_date", "First local day that it covers.")
    end_date: date | None = column("{t}.end_date", "The day after the last one.")
    net: Money = money("{t}.net_micros")
    tax: Money = money("{t}.tax_micros")
    taxes: JSON = stored_json("{t}.taxes", "Component, rate, base, amount, country and state (MON-83).")
    child_name: str | None = column("{t}.child_name")
    child_billing_number: str | None = column("{t}.child_billing_number")


@table_type("invoice_allocation", area=Area.INVOICES, description="Money that settled a part of an invoice (MON-47).")
class InvoiceAllocation:
    at: datetime = instant("{t}.at")
    amount: Money = money("{t}.amount_micros")
    payment: Payment | None = to_one("payment", "{t}.id = {parent}.payment_id", "Null for a credit or a refund.")


@strawberry.input(description="Every given condition has to hold.")
class InvoiceFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    wallet_id: strawberry.ID | None = condition(equals("{t}.wallet_id"))
    type: list[InvoiceType] | None = condition(one_of("{t}.type"))
    number: str | None = condition(equals("{t}.number"))
    sale_id: str | None = condition(equals("{t}.sale_id"))
    is_open: bool | None = condition(is_true("{t}.open_micros > 0"))
    issued_from: datetime | None = condition(from_instant("{t}.issued_at"))
    issued_before: datetime | None = condition(before_instant("{t}.issued_at"))


@strawberry.enum(description="What invoices are sorted by.")
class InvoiceOrderField(Enum):
    ISSUED_AT = "{t}.issued_at"
    DUE_DATE = "{t}.due_date"


InvoiceOrder = order_input("InvoiceOrder", InvoiceOrderField)


@table_type(
    "invoice", prefix="inv", area=Area.INVOICES, newest_first=True,
    description="A document of one seller and one buyer; nothing of it changes but what is open (MON-78).",
)  # fmt: skip
class Invoice(Node):
    id: strawberry.ID = column("{t}.id")
    number: str = column("{t}.number", "Of the seller, without gaps (MON-72).")
    type: InvoiceType = column("{t}.type")
    currency: CurrencyCode = column("{t}.currency")
    net: Money = money("{t}.net_micros")
    tax: Money = money("{t}.tax_micros")
    total: Money = money("{t}.total_micros")
    open: Money = money("{t}.open_micros", description="What is not paid yet (MON-75).")
    issued_at: datetime = instant("{t}.issued_at")
    issue_date: date = column("{t}.issue_date", "Local date of the buyer.")
    due_date: date = column("{t}.due_date")
    is_overdue: bool = flag(
        lambda made: f"({{t}}.open_micros > 0 AND {{t}}.overdue_at <= {made.now})", "Open past its due date (MON-74)."
    )
    seller: JSON = stored_json("{t}.seller", "The seller as it was: name, country, stateCode (MON-71).")
    buyer: JSON = stored_json("{t}.buyer", "The buyer as it was (MON-71).")
    brand: DocumentBrand = part("Under which brand the document is shown (WL-2).")
    sale_id: str | None = column("{t}.sale_id")
    lines: list[InvoiceLine] = short_list("{t}.invoice_id = {parent}.id")
    allocations: list[InvoiceAllocation] = short_list("{t}.invoice_id = {parent}.id", "What settled it.")
    wallet: Wallet | None = to_one("wallet", "{t}.id = {parent}.wallet_id")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "The buyer."
    )
