"""Product, Plan, AddOn, PriceList and Price: what is sold, and what one seller asks of its buyers."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from billing.catalogue import ProductKind
from graph.schema.scalars import Connection, CurrencyCode, DecimalText, Money, Node
from graph.sql.conditions import equals, equals_seen, one_of
from graph.sql.reads import (
    column,
    condition,
    flag,
    instant,
    money,
    order_input,
    stored_json,
    table_type,
    to_many,
    to_one,
)
from tenants.permissions import Area

strawberry.enum(
    ProductKind,
    name="ProductKind",
    description="What kind of thing is sold (SUB-1); the contents of a BUNDLE are fixed.",
)


@strawberry.input(description="Every given condition has to hold.")
class ProductFilter:
    kind: list[ProductKind] | None = condition(one_of("{t}.kind"))
    category: str | None = condition(equals("{t}.category"))
    organization_id: strawberry.ID | None = condition(equals_seen("{t}.organization_id", "organization"))


@strawberry.enum(description="What products are sorted by.")
class ProductOrderField(Enum):
    NAME = "{t}.name"
    CREATED_AT = "{t}.created_at"


ProductOrder = order_input("ProductOrder", ProductOrderField)


@table_type(
    "plan", prefix="plan", area=Area.CATALOGUE, own_row="1 = 1",
    description="One way to buy a product; also seen by those whose seller offers it.",
)  # fmt: skip
class Plan(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    is_taxable: bool = flag("{t}.is_taxable")
    features: JSON = stored_json("{t}.features")
    account_role: str | None = column("{t}.account_role", "The role of Accounts that this plan serves.")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    product: Annotated["Product", strawberry.lazy("graph.schema.catalogue")] | None = to_one(
        "product", "{t}.id = {parent}.product_id"
    )


@table_type("add_on", prefix="addon", area=Area.CATALOGUE, description="An extra to a plan, with a quantity (SUB-5).")
class AddOn(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    is_taxable: bool = flag("{t}.is_taxable")
    priority: int = column("{t}.priority", "The higher one decides a feature that two set.")
    features: JSON = stored_json("{t}.features")
    allowed_plan_ids: list[strawberry.ID] | None = stored_json(
        "{t}.allowed_plan_ids", "The plans that it goes with; null: every plan of its product."
    )
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    product: Annotated["Product", strawberry.lazy("graph.schema.catalogue")] | None = to_one(
        "product", "{t}.id = {parent}.product_id"
    )


@table_type(
    "product",
    prefix="prod",
    area=Area.CATALOGUE,
    description="What is sold; also seen by those it is offered to.",
)
class Product(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    kind: ProductKind = column("{t}.kind")
    category: str = column("{t}.category")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    plans: Connection[Plan] = to_many("{t}.product_id = {parent}.id")
    add_ons: Connection[AddOn] = to_many("{t}.product_id = {parent}.id")


@table_type("price", prefix="price", area=Area.PRICES, description="Amount and cycle of a plan or an add-on (SUB-2).")
class Price(Node):
    id: strawberry.ID = column("{t}.id")
    item_id: strawberry.ID = column("{t}.item_id", "The plan or the add-on.")
    cycle_months: int = column("{t}.cycle_months", "0: one-time.")
    amount: Money = money("{t}.amount_micros", "(SELECT l.currency FROM price_list l WHERE l.id = {t}.price_list_id)")
    valid_from: date = column("{t}.valid_from_date", "The first local day on which it holds.")
    min_term_months: int | None = column("{t}.min_term_months")
    early_end_percent: DecimalText | None = column("{t}.early_end_percent")
    created_at: datetime = instant("{t}.created_at")


@strawberry.input(description="Every given condition has to hold.")
class PriceListFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    currency: CurrencyCode | None = condition(equals("{t}.currency"))


@table_type("price_list", prefix="plist", area=Area.PRICES, description="What one seller asks of its buyers.")
class PriceList(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    currency: CurrencyCode = column("{t}.currency")
    is_default: bool = flag("{t}.is_default", "Holds for every buyer in this currency that was given no other list.")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    prices: Connection[Price] = to_many("{t}.price_list_id = {parent}.id")
